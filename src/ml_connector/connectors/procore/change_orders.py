"""Change orders on commitments as a source (vendors/procore.md §5.1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.procore import objects, projects
from ml_connector.connectors.procore.client import Client, changed_since
from ml_connector.connectors.procore.contracts import SHOWS, WITH_DELETED, WireLine, line
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.connectors.procore.positions import Positions
from ml_connector.records.commitments import CommitmentChange

PATH: Final = "/rest/v1.0/change_order_packages"
STATUS: Final = {"approved": "approved", "void": "void", "rejected": "void"}
"""All other statuses are drafts: only approved ones change what is committed."""
_LIST: Final = "change_orders"
_PRIME: Final = "PrimeContractChangeOrder"
"""The type of a change order on the owner's contract; the listing has both kinds, and only Show tells them apart."""


class WireChangeOrder(Struct, frozen=True, kw_only=True):
    id: int
    contract_id: Id = None
    type: str | None = None
    number: Id = None
    title: str | None = None
    status: str | None = None
    grand_total: Amount = None
    line_items: list[WireLine] | None = None
    reviewed_at: str | None = None
    signed_change_order_received_date: str | None = None
    created_at: str | None = None
    currency_configuration: objects.WireCurrency | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class ChangeOrders:
    """Change orders of commitments, walked per active project (a kit.source.Source).

    A quiet project costs one call; each one that changed is shown, for its lines and for what kind it is.
    """

    kind = "change order"

    def scopes(self, client: Client) -> list[Scope]:
        return projects.scopes(client)

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page. Raises NotPermitted or NotFound when the project is not ours to read."""
        at = Positions.parse(position, [_LIST])
        if at.rest:
            return _page(client, scope, _by_id(client, scope, at.rest), structs.replace(at, rest=()), None)
        params = [*_all(scope), *changed_since(window.start if window else None)]
        listed = client.page("change_orders.changed", PATH, params, WireChangeOrder, page=at.page(_LIST))
        return _page(client, scope, listed.rows, at.moved(_LIST, listed.following), listed.at)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        rows, unreadable = _rows(client, scope, _by_id(client, scope, keys))
        return Page(rows=rows, position=None, vendor_time=None, unreadable=unreadable)


change_orders: Final = ChangeOrders()


def _all(scope: Scope) -> list[tuple[str, str]]:
    return [("project_id", scope.key), WITH_DELETED]


def _by_id(client: Client, scope: Scope, keys: Sequence[str]) -> list[WireChangeOrder]:
    return client.by_id("change_orders.list", PATH, _all(scope), WireChangeOrder, keys)


def _page(client: Client, scope: Scope, wires: Iterable[WireChangeOrder], at: Positions, when: datetime | None) -> Page:
    """The change orders, as far as they can be shown with few calls; the rest on the next page."""
    ordered = sorted(wires, key=lambda wire: wire.id)
    rest = {wire.id for wire in [wire for wire in ordered if _needs_show(wire)][SHOWS:]}
    rows, unreadable = _rows(client, scope, [wire for wire in ordered if wire.id not in rest])
    position = structs.replace(at, rest=tuple(str(key) for key in sorted(rest))).text
    return Page(rows=rows, position=position, vendor_time=when, unreadable=unreadable)


def _needs_show(wire: WireChangeOrder) -> bool:
    """Whether the listing left out what kind it is, or the lines of one that counts; a deleted one has no more."""
    if wire.deleted_at:
        return False
    return wire.type is None or (wire.status == "approved" and wire.line_items is None)


def _rows(
    client: Client, scope: Scope, wires: Iterable[WireChangeOrder]
) -> tuple[tuple[Row, ...], tuple[Unreadable, ...]]:
    rows, unreadable = [], []
    for wire in wires:
        if _needs_show(wire):
            params = [("project_id", scope.key)]
            wire = client.show("change_orders.show", f"{PATH}/{wire.id}", params).decode(WireChangeOrder)
        if wire.type == _PRIME:
            continue
        try:
            rows.append(_row(client, scope, wire))
        except errors.Unreadable as problem:
            unreadable.append(Unreadable(key=str(wire.id), modified=None, message=problem.message))
    return tuple(rows), tuple(unreadable)


def _row(client: Client, scope: Scope, wire: WireChangeOrder) -> Row:
    number = objects.text(wire.number)
    about = f"change order {wire.id} (number {number})"
    approved = wire.reviewed_at or wire.signed_change_order_received_date or wire.created_at
    counts = wire.status == "approved" and not wire.deleted_at
    lines = sorted(wire.line_items or (), key=lambda each: each.id)
    document = CommitmentChange(
        key=str(wire.id),
        project=scope.key,
        project_name=scope.name,
        commitment=objects.text(wire.contract_id),
        number=number,
        title=wire.title or "",
        status="void" if wire.deleted_at else STATUS.get(wire.status or "", "draft"),
        currency=objects.currency(wire.currency_configuration),
        day=objects.local_day(about, "reviewed_at", approved, client.zone(scope.key) if counts else ""),
        amount=objects.amount(about, "grand_total", wire.grand_total),
        lines=tuple(line(about, each, number) for each in lines),
    )
    modified = objects.moment(about, "updated_at", wire.updated_at)
    return Row(key=document.key, modified=modified, document=document)
