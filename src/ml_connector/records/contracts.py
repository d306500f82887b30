"""A commitment to a vendor as the target should hold it, made of an order that the ledger keeps."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.records.compare import Difference

APPROVED = "approved"
CLOSED = "closed"
VOID = "void"


class ContractLine(Struct, frozen=True, kw_only=True):
    """A line of the schedule of values. `key` is the order line's number, which stays the same over all versions."""

    key: str
    cost_code: str
    cost_type: str
    text: str
    amount: Decimal

    @property
    def code(self) -> str:
        """Cost code and cost type together, `03-200.M`."""
        return f"{self.cost_code}.{self.cost_type}"


class Contract(Struct, frozen=True, kw_only=True):
    """A commitment as it should be. `kind` is subcontract or purchase_order, `vendor` the target's own key.

    `status` is approved, closed or void; `total` the sum of its lines, which do not count while it is void. `reopens`:
    an approved one may be made a draft again, so that its lines can be changed.
    """

    reference: str
    kind: str
    project: str
    number: str
    title: str
    vendor: str
    currency: str
    day: date | None
    status: str
    lines: tuple[ContractLine, ...]
    total: Decimal
    reopens: bool = True


def differences(meant: Contract, stored: Contract) -> list[Difference]:
    """What forbids to approve the stored contract; lines are paired by key, those over nothing count as absent.

    The currency counts only where both sides state one. Number and texts are not compared.
    """
    return [*_of_heads(meant, stored), *_of_lines(meant, stored)]


def _of_heads(meant: Contract, stored: Contract) -> Iterator[Difference]:
    if meant.vendor != stored.vendor:
        yield Difference(field="vendor", meant=meant.vendor, stored=stored.vendor)
    if meant.currency and stored.currency and meant.currency != stored.currency:
        yield Difference(field="currency", meant=meant.currency, stored=stored.currency)
    if meant.total != stored.total:
        yield Difference(field="total", meant=f"{meant.total:f}", stored=f"{stored.total:f}")


def _of_lines(meant: Contract, stored: Contract) -> Iterator[Difference]:
    ours, theirs = (
        {line.key: (line.code, line.amount) for line in one.lines if line.amount} for one in (meant, stored)
    )
    for key in sorted(ours.keys() | theirs.keys()):
        if ours.get(key) != theirs.get(key):
            yield Difference(field=f"line {key}", meant=_told(ours.get(key)), stored=_told(theirs.get(key)))


def _told(line: tuple[str, Decimal] | None) -> str:
    return f"{line[0]} {line[1]:f}" if line else ""
