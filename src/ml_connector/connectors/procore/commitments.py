"""Subcontracts and purchase orders with their lines and change orders as a source (vendors/procore.md §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.procore import objects, projects
from ml_connector.connectors.procore.client import Client, changed_since
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.connectors.procore.positions import Positions
from ml_connector.records.commitments import ChangeOrder, Commitment, CommitmentLine
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
_SHOWS: Final = 15
"""Records shown one by one in a single page, so that it fits into Procore's window of 10 seconds (§11)."""
_ORDERS: Final = "/rest/v1.0/change_order_packages"
_WITH_DELETED: Final = ("filters[include_deleted]", "with")
_CHANGE_ORDERS: Final = "change_orders"


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


class WireChangeOrder(Struct, frozen=True, kw_only=True):
    id: int
    contract_id: Id = None
    number: Id = None
    title: str | None = None
    status: str | None = None
    grand_total: Amount = None
    line_items: list[WireLine] | None = None
    updated_at: str | None = None


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


class Commitments:
    """Subcontracts and purchase orders, walked per active project (a kit.source.Source).

    A row's key is the contract's plain id, a line's key the line's id: what requisitions call `commitment_id` and
    `line_item_id`. In a window a quiet project costs three calls: both kinds of contract, and change orders. A line
    that was edited without a trace on its contract is seen by the next full read.
    """

    kind = "commitment"

    def scopes(self, client: Client) -> list[Scope]:
        return projects.scopes(client)

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page. Raises NotPermitted or NotFound when the project is not ours to read."""
        lists = [kind.name for kind in KINDS] + ([_CHANGE_ORDERS] if window else [])
        at = Positions.parse(position, lists)
        if at.rest:
            return _page(client, scope, {}, at.rest, structs.replace(at, rest=()), None)
        since = window.start if window else None
        found: Found = {}
        wanted: set[str] = set()
        when: datetime | None = None
        for kind in KINDS:
            if page := at.page(kind.name):
                params = [*_whole(scope.key), *changed_since(since)]
                listed = client.page(kind.listing, kind.path, params, WireContract, page=page)
                found |= {str(wire.id): (kind, wire) for wire in listed.rows}
                at, when = at.moved(kind.name, listed.following), when or listed.at
        if page := at.page(_CHANGE_ORDERS):
            params = [("project_id", scope.key), _WITH_DELETED, *changed_since(since)]
            changed = client.page("change_orders.changed", _ORDERS, params, WireChangeOrder, page=page)
            wanted = {objects.text(wire.contract_id) for wire in changed.rows} - {""}
            at, when = at.moved(_CHANGE_ORDERS, changed.following), when or changed.at
        return _page(client, scope, found, sorted(wanted - found.keys()), at, when)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        found = _by_id(client, scope.key, keys)
        orders = _orders(client, scope.key, found)
        chosen = [(kind, wire, orders[key], _shows(wire, orders[key])[1]) for key, (kind, wire) in found.items()]
        rows, unreadable = _rows(client, scope, chosen)
        return Page(rows=rows, position=None, vendor_time=None, unreadable=unreadable)


commitments: Final = Commitments()
_Chosen = tuple[Kind, WireContract, Sequence[WireChangeOrder], bool]
"""A contract with its change orders, and whether the lines of these are to be read."""


def _page(
    client: Client, scope: Scope, found: Found, wanted: Sequence[str], at: Positions, when: datetime | None
) -> Page:
    """The contracts found and wanted, as far as they can be completed with few calls; the rest on the next page."""
    found |= _by_id(client, scope.key, wanted)
    orders = _orders(client, scope.key, found)
    chosen: list[_Chosen] = []
    rest: list[str] = []
    left = _SHOWS
    for key, (kind, wire) in sorted(found.items(), key=lambda pair: int(pair[0])):
        shows, whole = _shows(wire, orders[key])
        if shows > left:
            rest.append(key)
            continue
        left -= shows
        chosen.append((kind, wire, orders[key], whole))
    rows, unreadable = _rows(client, scope, chosen)
    position = structs.replace(at, rest=tuple(rest)).text
    return Page(rows=rows, position=position, vendor_time=when, unreadable=unreadable)


def _whole(project: str) -> list[tuple[str, str]]:
    return [("project_id", project), ("view", "extended"), _WITH_DELETED]


def _by_id(client: Client, project: str, ids: Sequence[str]) -> Found:
    """Contracts of either kind; an id does not say of which."""
    found: Found = {}
    for kind in KINDS:
        missing = [key for key in ids if key not in found]
        wires = client.by_id(kind.by_id, kind.path, _whole(project), WireContract, missing)
        found |= {str(wire.id): (kind, wire) for wire in wires}
    return found


def _orders(client: Client, project: str, found: Found) -> Mapping[str, list[WireChangeOrder]]:
    """The change orders of the contracts, in one listing: of the project, or of the one contract."""
    orders: dict[str, list[WireChangeOrder]] = defaultdict(list)
    live = [key for key, (_, wire) in found.items() if not wire.deleted_at]
    if live:
        params = [("project_id", project), *([("contract_id", live[0])] if len(live) == 1 else [])]
        for wire in client.rows("change_orders.list", _ORDERS, params, WireChangeOrder):
            orders[objects.text(wire.contract_id)].append(wire)
    return orders


def _shows(wire: WireContract, orders: Sequence[WireChangeOrder]) -> tuple[int, bool]:
    """How many records are to be shown for a contract, and whether the lines of its change orders are among them."""
    own, others = int(_needs_show(wire)), sum(map(_has_lines, orders))
    return (own + others, True) if own + others <= _SHOWS else (own, False)


def _needs_show(wire: WireContract) -> bool:
    """Whether the listing left out the lines of a contract that is still there."""
    return wire.line_items is None and not wire.deleted_at


def _has_lines(wire: WireChangeOrder) -> bool:
    """Whether a change order counts, and its lines are to be asked for."""
    return wire.status == "approved" and wire.line_items is None


def _rows(client: Client, scope: Scope, chosen: Iterable[_Chosen]) -> tuple[tuple[Row, ...], tuple[Unreadable, ...]]:
    rows, unreadable = [], []
    for kind, wire, orders, whole in chosen:
        try:
            rows.append(_row(client, scope, kind, wire, orders, whole=whole))
        except errors.Unreadable as problem:
            unreadable.append(Unreadable(key=str(wire.id), modified=None, message=problem.message))
    return tuple(rows), tuple(unreadable)


def _row(
    client: Client, scope: Scope, kind: Kind, wire: WireContract, orders: Sequence[WireChangeOrder], *, whole: bool
) -> Row:
    """`modified` is the newest of the contract and its change orders, which leave the contract's own time alone."""
    about = f"{kind.name.replace('_', ' ')} {wire.id} (number {wire.number})"
    params = [("project_id", scope.key)]
    if _needs_show(wire):
        wire = client.show(kind.show, f"{kind.path}/{wire.id}", params).decode(WireContract)
    if whole:
        orders = [
            client.show("change_orders.show", f"{_ORDERS}/{order.id}", params).decode(WireChangeOrder)
            if _has_lines(order)
            else order
            for order in orders
        ]
    times = [objects.moment(about, "updated_at", wire.updated_at)]
    times += [found for order in orders if (found := objects.time(order.updated_at))]
    return Row(key=str(wire.id), modified=max(times), document=_document(about, scope, kind, wire, orders))


def _document(
    about: str, scope: Scope, kind: Kind, wire: WireContract, orders: Sequence[WireChangeOrder]
) -> Commitment:
    lines = tuple(_line(about, line) for line in sorted(wire.line_items or (), key=lambda line: line.id))
    changes = tuple(_change_order(about, order) for order in sorted(orders, key=lambda order: order.id))
    original = sum((line.amount for line in lines), ZERO)
    revised = original + sum((change.amount for change in changes if change.approved), ZERO)
    told = wire.revised_contract not in (None, "")
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
        day=objects.day(about, "contract_date", wire.contract_date or wire.issued_on_date),
        original=original,
        total=objects.amount(about, "revised_contract", wire.revised_contract) if told else revised,
        lines=lines,
        change_orders=changes,
    )


def _change_order(about: str, wire: WireChangeOrder) -> ChangeOrder:
    number = objects.text(wire.number)
    return ChangeOrder(
        key=str(wire.id),
        number=number,
        title=wire.title or "",
        status=wire.status or "",
        approved=wire.status == "approved",
        amount=objects.amount(about, f"change order {number} grand_total", wire.grand_total),
        lines=tuple(_line(about, line, number) for line in wire.line_items or ()),
    )


def _line(about: str, wire: WireLine, change_order: str = "") -> CommitmentLine:
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
