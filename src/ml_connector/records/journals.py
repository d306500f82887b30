"""Journal entries: costs that are posted to the general ledger without a vendor's bill."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Final

from msgspec import Struct, structs

from ml_connector.records.entries import Entry, Part, bare
from ml_connector.records.money import ZERO


class Role(StrEnum):
    """What a journal's line stands for."""

    COST = "cost"
    RETAINAGE = "retainage"
    OFFSET = "offset"
    """The other side of the costs: what is owed and not invoiced yet, or a commitment that is used up."""
    COMMITMENT = "commitment"
    """A commitment that is noted, or relieved; it is no cost."""
    ROUNDING = "rounding"


class JournalLine(Struct, frozen=True, kw_only=True):
    """One line; a positive `amount` is a debit, a negative one a credit.

    `center` is a profit centre, `source` the key of the source's line, empty for a line that no source line stands
    behind. `role` is what we mean by it; a line that is read back from the target has the role of its account.
    `subaccount` and `task` (of the project) stay empty where the target has none.
    """

    account: str
    amount: Decimal
    text: str
    role: Role = Role.COST
    project: str = ""
    center: str = ""
    source: str = ""
    subaccount: str = ""
    task: str = ""


class Journal(Struct, frozen=True, kw_only=True, tag="journal"):
    """A balanced journal as the target should hold it, or as it holds it when read back.

    The amounts of its lines come to zero. `number` is the source's business number, `vendor` the target's key of the
    vendor behind it, "" where there is none. `period` is `YYYY-MM`, `source` names the source record
    (`requisition:5521`), `order` the commitment that it belongs to (`commitment:7731`). `reference` is our mark.
    """

    reference: str
    number: str
    date: date
    period: str
    currency: str
    text: str
    lines: tuple[JournalLine, ...]
    vendor: str = ""
    source: str = ""
    order: str = ""

    @property
    def total(self) -> Decimal:
        """The sum of its debits."""
        return sum((line.amount for line in self.lines if line.amount > 0), ZERO)

    def entries(self, meant: Journal) -> list[Entry]:
        """Its amounts without the other side of the costs. A line means what lines of its account were meant to be."""
        roles = {bare(line.account): line.role for line in meant.lines if line.role is not Role.COST}
        found = [(roles.get(bare(line.account), Role.COST), line) for line in self.lines]
        return [_entry(role, line) for role, line in found if role in _PARTS]

    def reversed(self) -> Journal:
        """The journal that takes this one back: debits and credits change sides."""
        return structs.replace(self, lines=tuple(structs.replace(line, amount=-line.amount) for line in self.lines))


_PARTS: Final = {Role.COST: Part.COST, Role.RETAINAGE: Part.RETAINAGE, Role.ROUNDING: Part.ROUNDING}


def _entry(role: Role, line: JournalLine) -> Entry:
    return Entry(
        part=_PARTS[role], amount=line.amount, coding=_coding(line) if role is Role.COST else (), center=line.center
    )


def _coding(line: JournalLine) -> tuple[str, ...]:
    divided = (line.subaccount, line.task) if line.subaccount or line.task else ()
    return bare(line.account, line.project, line.center, *divided)
