"""Contracts as Procore holds them now, seen by what of them is ours (vendors/procore.md §5, §9)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.procore import master_changes, objects
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.contracts import KINDS, WireCompany, WireLine
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.records.contracts import APPROVED, CLOSED, VOID, Contract, ContractLine
from ml_connector.records.money import ZERO

DRAFT: Final = "draft"
TERMINATED: Final = "terminated"
_STANDING: Final = {
    "subcontract": {"Approved": APPROVED, "Complete": CLOSED, "Void": VOID, "Terminated": TERMINATED},
    "purchase_order": {
        "Approved": APPROVED,
        "Partially Received": APPROVED,
        "Received": APPROVED,
        "Closed": CLOSED,
    },
}
"""What Procore's statuses come to; all others are drafts, which commit nothing yet."""
_WORDS: Final = {
    "subcontract": {DRAFT: "Draft", APPROVED: "Approved", CLOSED: "Complete", VOID: "Void"},
    "purchase_order": {DRAFT: "Draft", APPROVED: "Approved", CLOSED: "Closed", VOID: "Closed"},
}
"""Procore's words. A purchase order knows no void, only closed."""
_PATHS: Final = {kind.name: kind.path for kind in KINDS}
_SHOWS: Final = {kind.name: kind.show for kind in KINDS}
_WITH_DELETED: Final = ("filters[include_deleted]", "with")


class Line(Struct, frozen=True):
    """Where a line of ours goes, and how much."""

    code: str
    amount: Decimal


Lines = dict[str, Line]
"""Lines of ours by the key of their order line."""


class WireOurLine(WireLine, frozen=True, kw_only=True):
    origin_id: str | None = None


class WireStored(Struct, frozen=True, kw_only=True):
    """A contract as Show gives it, or a list or sync does without its lines."""

    id: int
    number: Id = None
    title: str | None = None
    status: str | None = None
    vendor: WireCompany | None = None
    currency_configuration: objects.WireCurrency | None = None
    approved_change_orders: Amount = None
    total_requisitions_amount: Amount = None
    total_payments: Amount = None
    line_items: list[WireOurLine] | None = None
    origin_id: str | None = None
    deleted_at: str | None = None


class Numbered(Struct, frozen=True, kw_only=True):
    """Any record, of which it only counts that it is there."""

    id: int


class SyncedContracts(Struct, frozen=True, kw_only=True):
    """What a sync of contracts stored."""

    entities: list[WireStored] = field(default_factory=list)


class SyncedLines(Struct, frozen=True, kw_only=True):
    """What a sync of lines stored."""

    entities: list[WireOurLine] = field(default_factory=list)


class Stored(Struct, frozen=True, kw_only=True):
    """A contract with its lines. `standing` is draft, approved, closed, void or terminated; `status` Procore's word.

    `lines` are ours; `total` is that of all lines, and `others` counts those that somebody else added. `changes` is
    what approved change orders add.
    """

    id: str
    kind: str
    number: str
    title: str
    vendor: str
    currency: str
    status: str
    standing: str
    lines: Lines
    others: int
    total: Decimal
    changes: Decimal
    billed: bool
    deleted: bool


def path_of(kind: str) -> str:
    """Where contracts of a kind are."""
    return _PATHS[kind]


def word(kind: str, status: str) -> str:
    """Procore's word for a status."""
    return _WORDS[kind][status]


def standing(kind: str, said: str | None) -> str:
    """What Procore's word for a status comes to."""
    return _STANDING[kind].get(said or "", DRAFT)


def wanted_standing(document: Contract, kind: str) -> str:
    """What a contract is to come to in Procore."""
    return standing(kind, word(kind, document.status))


def origin_of(item: Item) -> str:
    """The contract's origin_id: our mark of the record, the same for all its versions."""
    return master_changes.mark(item)


def line_origin(item: Item, key: str) -> str:
    """A line's origin_id."""
    return f"{origin_of(item)}-{key}"


def show(client: Client, item: Item, kind: str, key: str) -> Stored | None:
    """A contract with its lines, None where it is gone. Raises Unreadable."""
    try:
        wire = client.show(_SHOWS[kind], f"{_PATHS[kind]}/{key}", _project(item)).decode(WireStored)
    except errors.NotFound:
        return None
    return _stored(wire, kind, origin_of(item))


def find(client: Client, item: Item) -> Stored | None:
    """The contract that bears the item's mark, deleted ones too; None where there is none."""
    kind = item.document.kind
    params = [*_project(item), ("filters[origin_id]", origin_of(item)), _WITH_DELETED]
    found = client.rows("commitments.by_origin", _PATHS[kind], params, WireStored)
    if not found:
        return None
    if found[0].deleted_at:
        return _stored(msgspec.structs.replace(found[0], line_items=[]), kind, origin_of(item))
    return show(client, item, kind, str(found[0].id))


def lines_of(wires: Iterable[WireOurLine], about: str, mark: str) -> Lines:
    """Those lines that bear a contract's mark, by the key of their order line. Raises Unreadable."""
    return {key: _line(wire, about) for wire in wires if (key := _key(wire, mark))}


def as_contract(item: Item, lines: Mapping[str, Line], vendor: str, currency: str) -> Contract:
    """What Procore holds, in the form of what was meant."""
    stored = []
    for key, line in lines.items():
        code, kind = objects.split_code(line.code)
        stored.append(ContractLine(key=key, cost_code=code, cost_type=kind, text="", amount=line.amount))
    total = sum((line.amount for line in stored), ZERO)
    replaced: Contract = msgspec.structs.replace(
        item.document, vendor=vendor, currency=currency, lines=tuple(stored), total=total
    )
    return replaced


def there(wire: WireStored) -> dict[str, str]:
    """The memo of what Procore says in a contract's head, for the comparison of its lines."""
    return {"vendor_there": vendor_of(wire), "currency_there": objects.currency(wire.currency_configuration)}


def _stored(wire: WireStored, kind: str, mark: str) -> Stored:
    about = f"{kind.replace('_', ' ')} {wire.id} (number {wire.number})"
    if wire.line_items is None:
        raise objects.unreadable(about, "line_items", None)
    amounts = [_line(line, about).amount for line in wire.line_items]
    ours = lines_of(wire.line_items, about, mark)
    billed = (wire.total_requisitions_amount, wire.total_payments)
    return Stored(
        id=str(wire.id),
        kind=kind,
        number=objects.text(wire.number),
        title=wire.title or "",
        vendor=vendor_of(wire),
        currency=objects.currency(wire.currency_configuration),
        status=wire.status or "",
        standing=standing(kind, wire.status),
        lines=ours,
        others=len(amounts) - len(ours),
        total=sum(amounts, ZERO),
        changes=objects.amount(about, "approved_change_orders", wire.approved_change_orders),
        billed=any(objects.amount(about, "billed", one) for one in billed),
        deleted=bool(wire.deleted_at),
    )


def vendor_of(wire: WireStored) -> str:
    """The id of a contract's vendor."""
    return objects.text(wire.vendor.id) if wire.vendor else ""


def _line(wire: WireOurLine, about: str) -> Line:
    code, kind = objects.coding(wire.wbs_code, wire.cost_code, wire.line_item_type)
    told: Any = next((one for one in (wire.amount, wire.total_amount) if one not in (None, "")), "")
    return Line(f"{code}.{kind}", objects.amount(about, f"line {wire.id} amount", told))


def _key(wire: WireOurLine, mark: str) -> str:
    origin = wire.origin_id or ""
    return origin.removeprefix(f"{mark}-") if origin.startswith(f"{mark}-") else ""


def _project(item: Item) -> list[tuple[str, str]]:
    return [("project_id", item.document.project)]
