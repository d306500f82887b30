"""Subcontracts and purchase orders with their own lines as a source (vendors/procore.md §5)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.procore import objects, projects
from ml_connector.connectors.procore.client import Client, changed_since
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.connectors.procore.positions import Positions
from ml_connector.records.commitments import Commitment, CommitmentLine
from ml_connector.records.money import ZERO

STATUS: Final = {
    "Approved": "approved",
    "Partially Received": "approved",
    "Complete": "complete",
    "Closed": "complete",
    "Received": "complete",
    "Terminated": "void",
    "Void": "void",
}
"""All other statuses are drafts: nothing is committed yet."""
SHOWS: Final = 15
"""Records shown one by one in a single page, so that it fits into Procore's window of 10 seconds (§11)."""
WITH_DELETED: Final = ("filters[include_deleted]", "with")


class WireCompany(Struct, frozen=True, kw_only=True):
    """The vendor of a contract: `company` is its name."""

    id: Id = None
    company: str | None = None


class WireLine(Struct, frozen=True, kw_only=True):
    """A line of a contract, or of a change order, where the amount has another name."""

    id: int
    description: str | None = None
    amount: Amount = None
    extended_amount: Amount = None
    total_amount: Amount = None
    wbs_code: objects.WireWbsCode | None = None
    cost_code: objects.WireCostCode | None = None
    line_item_type: objects.WireCostType | None = None


class WireContract(Struct, frozen=True, kw_only=True):
    id: int
    number: Id = None
    title: str | None = None
    status: str | None = None
    vendor: WireCompany | None = None
    contract_date: str | None = None
    issued_on_date: str | None = None
    revised_contract: Amount = None
    line_items: list[WireLine] | None = None
    currency_configuration: objects.WireCurrency | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class Kind(Struct, frozen=True, kw_only=True):
    """One of the two kinds of contract, with its path and what its calls are called."""

    name: str
    path: str
    listing: str
    by_id: str
    show: str


KINDS: Final = (
    Kind(
        name="subcontract",
        path="/rest/v1.0/work_order_contracts",
        listing="subcontracts.list",
        by_id="subcontracts.by_id",
        show="subcontracts.show",
    ),
    Kind(
        name="purchase_order",
        path="/rest/v1.0/purchase_order_contracts",
        listing="purchase_orders.list",
        by_id="purchase_orders.by_id",
        show="purchase_orders.show",
    ),
)
Found = dict[str, tuple[Kind, WireContract]]
"""Contracts by id. Requisitions name a contract by its id alone, so ids are taken to be unique over both kinds."""


class Contracts:
    """Subcontracts and purchase orders as they were agreed, walked per active project (a kit.source.Source).

    Keys are those of `commitments.Commitments`; change orders are left out, so that `total` is the original amount and
    a change order is no new version. In a window a quiet project costs two calls.
    """

    kind = "commitment"

    def scopes(self, client: Client) -> list[Scope]:
        return projects.scopes(client)

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page. Raises NotPermitted or NotFound when the project is not ours to read."""
        at = Positions.parse(position, [kind.name for kind in KINDS])
        if at.rest:
            return _page(client, scope, by_id(client, scope.key, at.rest), structs.replace(at, rest=()), None)
        found, at, when = listed(client, scope.key, window, at)
        return _page(client, scope, found, at, when)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        rows, unreadable = _rows(client, scope, by_id(client, scope.key, keys))
        return Page(rows=rows, position=None, vendor_time=None, unreadable=unreadable)


contracts: Final = Contracts()


def listed(
    client: Client, project: str, window: Window | None, at: Positions
) -> tuple[Found, Positions, datetime | None]:
    """The next page of each kind of contract, where the walk stands then, and Procore's time."""
    since = window.start if window else None
    found: Found = {}
    when: datetime | None = None
    for kind in KINDS:
        if page := at.page(kind.name):
            params = [*_whole(project), *changed_since(since)]
            answer = client.page(kind.listing, kind.path, params, WireContract, page=page)
            found |= {str(wire.id): (kind, wire) for wire in answer.rows}
            at, when = at.moved(kind.name, answer.following), when or answer.at
    return found, at, when


def by_id(client: Client, project: str, ids: Sequence[str]) -> Found:
    """Contracts of either kind; an id does not say of which."""
    found: Found = {}
    for kind in KINDS:
        missing = [key for key in ids if key not in found]
        wires = client.by_id(kind.by_id, kind.path, _whole(project), WireContract, missing)
        found |= {str(wire.id): (kind, wire) for wire in wires}
    return found


def needs_show(wire: WireContract) -> bool:
    """Whether the listing left out the lines of a contract that is still there."""
    return wire.line_items is None and not wire.deleted_at


def whole(client: Client, scope: Scope, kind: Kind, wire: WireContract) -> WireContract:
    """The contract with its lines, shown where the listing left them out."""
    if not needs_show(wire):
        return wire
    return client.show(kind.show, f"{kind.path}/{wire.id}", [("project_id", scope.key)]).decode(WireContract)


def about(kind: Kind, wire: WireContract) -> str:
    """What a message calls the contract."""
    return f"{kind.name.replace('_', ' ')} {wire.id} (number {wire.number})"


def document(scope: Scope, kind: Kind, wire: WireContract) -> Commitment:
    """The commitment as it was agreed: `total` is the sum of its lines. Raises Unreadable."""
    name = about(kind, wire)
    lines = tuple(line(name, each) for each in sorted(wire.line_items or (), key=lambda each: each.id))
    original = sum((each.amount for each in lines), ZERO)
    return Commitment(
        key=str(wire.id),
        kind=kind.name,
        project=scope.key,
        project_name=scope.name,
        number=objects.text(wire.number),
        title=wire.title or "",
        vendor=objects.text(wire.vendor.id) if wire.vendor else "",
        vendor_name=(wire.vendor.company if wire.vendor else None) or "",
        status="void" if wire.deleted_at else STATUS.get(wire.status or "", "draft"),
        currency=objects.currency(wire.currency_configuration),
        day=objects.day(name, "contract_date", wire.contract_date or wire.issued_on_date),
        original=original,
        total=original,
        lines=lines,
    )


def line(about: str, wire: WireLine, change_order: str = "") -> CommitmentLine:
    """A line of a contract, or of the change order with the number `change_order`. Raises Unreadable."""
    cost, kind = objects.coding(wire.wbs_code, wire.cost_code, wire.line_item_type)
    told = next((each for each in (wire.amount, wire.extended_amount, wire.total_amount) if each not in (None, "")), "")
    return CommitmentLine(
        key=str(wire.id),
        cost_code=cost,
        cost_type=kind,
        text=wire.description or "",
        amount=objects.amount(about, f"line {wire.id} amount", told),
        change_order=change_order,
    )


def _whole(project: str) -> list[tuple[str, str]]:
    return [("project_id", project), ("view", "extended"), WITH_DELETED]


def _page(client: Client, scope: Scope, found: Found, at: Positions, when: datetime | None) -> Page:
    """The contracts found, as far as they can be completed with few calls; the rest on the next page."""
    keys = sorted(found, key=int)
    shown = [key for key in keys if needs_show(found[key][1])]
    rest = shown[SHOWS:]
    rows, unreadable = _rows(client, scope, {key: found[key] for key in keys if key not in rest})
    position = structs.replace(at, rest=tuple(rest)).text
    return Page(rows=rows, position=position, vendor_time=when, unreadable=unreadable)


def _rows(client: Client, scope: Scope, found: Found) -> tuple[tuple[Row, ...], tuple[Unreadable, ...]]:
    rows, unreadable = [], []
    for kind, wire in found.values():
        try:
            complete = whole(client, scope, kind, wire)
            modified = objects.moment(about(kind, wire), "updated_at", complete.updated_at)
            rows.append(Row(key=str(wire.id), modified=modified, document=document(scope, kind, complete)))
        except errors.Unreadable as problem:
            unreadable.append(Unreadable(key=str(wire.id), modified=None, message=problem.message))
    return tuple(rows), tuple(unreadable)
