"""Subcontracts and purchase orders with their change orders as a source (vendors/procore.md §5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.procore import change_orders, contracts, objects, projects
from ml_connector.connectors.procore.change_orders import WireChangeOrder
from ml_connector.connectors.procore.client import Client, changed_since
from ml_connector.connectors.procore.contracts import KINDS, SHOWS, WITH_DELETED, Found, Kind, WireContract, by_id
from ml_connector.connectors.procore.positions import Positions
from ml_connector.records.commitments import ChangeOrder, Commitment
from ml_connector.records.money import ZERO

_CHANGE_ORDERS: Final = "change_orders"


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
        found, at, when = contracts.listed(client, scope.key, window, at)
        wanted: set[str] = set()
        if page := at.page(_CHANGE_ORDERS):
            since = window.start if window else None
            params = [("project_id", scope.key), WITH_DELETED, *changed_since(since)]
            changed = client.page("change_orders.changed", change_orders.PATH, params, WireChangeOrder, page=page)
            wanted = {objects.text(wire.contract_id) for wire in changed.rows} - {""}
            at, when = at.moved(_CHANGE_ORDERS, changed.following), when or changed.at
        return _page(client, scope, found, sorted(wanted - found.keys()), at, when)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        found = by_id(client, scope.key, keys)
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
    found |= by_id(client, scope.key, wanted)
    orders = _orders(client, scope.key, found)
    chosen: list[_Chosen] = []
    rest: list[str] = []
    left = SHOWS
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


def _orders(client: Client, project: str, found: Found) -> Mapping[str, list[WireChangeOrder]]:
    """The change orders of the contracts, in one listing: of the project, or of the one contract."""
    orders: dict[str, list[WireChangeOrder]] = defaultdict(list)
    live = [key for key, (_, wire) in found.items() if not wire.deleted_at]
    if live:
        params = [("project_id", project), *([("contract_id", live[0])] if len(live) == 1 else [])]
        for wire in client.rows("change_orders.list", change_orders.PATH, params, WireChangeOrder):
            orders[objects.text(wire.contract_id)].append(wire)
    return orders


def _shows(wire: WireContract, orders: Sequence[WireChangeOrder]) -> tuple[int, bool]:
    """How many records are to be shown for a contract, and whether the lines of its change orders are among them."""
    own, others = int(contracts.needs_show(wire)), sum(map(_has_lines, orders))
    return (own + others, True) if own + others <= SHOWS else (own, False)


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
    about = contracts.about(kind, wire)
    params = [("project_id", scope.key)]
    wire = contracts.whole(client, scope, kind, wire)
    if whole:
        orders = [
            client.show("change_orders.show", f"{change_orders.PATH}/{order.id}", params).decode(WireChangeOrder)
            if _has_lines(order)
            else order
            for order in orders
        ]
    times = [objects.moment(about, "updated_at", wire.updated_at)]
    times += [found for order in orders if (found := objects.time(order.updated_at))]
    return Row(key=str(wire.id), modified=max(times), document=_document(scope, kind, wire, orders))


def _document(scope: Scope, kind: Kind, wire: WireContract, orders: Sequence[WireChangeOrder]) -> Commitment:
    """The commitment with its change orders. Raises Unreadable."""
    agreed = contracts.document(scope, kind, wire)
    about = contracts.about(kind, wire)
    changes = tuple(_change_order(about, order) for order in sorted(orders, key=lambda order: order.id))
    if wire.revised_contract in (None, ""):
        total = agreed.original + sum((change.amount for change in changes if change.approved), ZERO)
    else:
        total = objects.amount(about, "revised_contract", wire.revised_contract)
    return structs.replace(agreed, total=total, change_orders=changes)


def _change_order(about: str, wire: WireChangeOrder) -> ChangeOrder:
    number = objects.text(wire.number)
    return ChangeOrder(
        key=str(wire.id),
        number=number,
        title=wire.title or "",
        status=wire.status or "",
        approved=wire.status == "approved",
        amount=objects.amount(about, f"change order {number} grand_total", wire.grand_total),
        lines=tuple(contracts.line(about, each, number) for each in wire.line_items or ()),
    )
