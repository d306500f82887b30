"""The company's vendors as a source, and for matching (vendors/procore.md §4.2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit.source import Page, Row, Scope, Window
from ml_connector.connectors.procore import objects
from ml_connector.connectors.procore.client import Client, Listed, changed_since
from ml_connector.connectors.procore.objects import WireVendor
from ml_connector.connectors.procore.positions import Positions
from ml_connector.records.documents import Supplier

_PATH: Final = "/rest/v1.0/vendors"


class Vendors:
    """Vendors of the company, in one scope (a kit.source.Source).

    Procore lists inactive vendors apart and without a filter by time, so all of them are asked for also in a window,
    and those that rested are left out here.
    """

    kind = "vendor"

    def scopes(self, client: Client) -> list[Scope]:
        return [Scope(key=client.company, name=f"company {client.company}")]

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        at = Positions.parse(position, ("active", "inactive"))
        wires: list[WireVendor] = []
        when: datetime | None = None
        if page := at.page("active"):
            params = [*_company(client), *changed_since(window.start if window else None)]
            listed = client.page("vendors.list", _PATH, params, WireVendor, page=page)
            wires, when, at = listed.rows, listed.at, at.moved("active", listed.following)
        if page := at.page("inactive"):
            retired = _inactive(client, page)
            changed = [wire for wire in retired.rows if _is_in(window, wire)]
            wires, when, at = [*wires, *changed], when or retired.at, at.moved("inactive", retired.following)
        return _page(client, wires, at.text, when)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        return _page(client, by_id(client, keys), None, None)


vendors: Final = Vendors()


def suppliers(client: Client) -> list[Supplier]:
    """The company's active vendors, for matching."""
    return [objects.supplier(wire) for wire in client.vendors()]


def by_id(client: Client, ids: Sequence[str]) -> list[WireVendor]:
    """Those of `ids` that there are; the inactive list is looked into when the active one lacks some."""
    found = client.by_id("vendors.by_id", _PATH, _company(client), WireVendor, ids)
    missing = set(ids) - {str(wire.id) for wire in found}
    page: int | None = 1 if missing else None
    while page is not None:
        listed = _inactive(client, page)
        found += [wire for wire in listed.rows if str(wire.id) in missing]
        page = listed.following
    return found


def by_origin(client: Client, origin: str) -> list[WireVendor]:
    """The active vendor that carries `origin`, if there is one."""
    params = [*_company(client), ("filters[origin_id]", origin)]
    return client.rows("vendors.by_origin", _PATH, params, WireVendor)


def _inactive(client: Client, page: int) -> Listed[WireVendor]:
    path = f"/rest/v1.0/companies/{client.company}/vendors/inactive"
    listed = client.page("vendors.inactive", path, [], WireVendor, page=page)
    return structs.replace(listed, rows=[structs.replace(wire, is_active=False) for wire in listed.rows])


def _is_in(window: Window | None, wire: WireVendor) -> bool:
    at = objects.time(wire.updated_at)
    return window is None or at is None or at >= window.start.replace(microsecond=0)


def _company(client: Client) -> list[tuple[str, str]]:
    return [("company_id", client.company), ("view", "extended")]


def _page(client: Client, wires: Iterable[WireVendor], position: str | None, at: datetime | None) -> Page:
    """A vendor without a time of change counts as changed when it was read."""
    now = at or client.context.clock.now()
    rows = [
        Row(key=str(wire.id), modified=objects.time(wire.updated_at) or now, document=objects.supplier(wire))
        for wire in wires
    ]
    return Page(rows=tuple(rows), position=position, vendor_time=at)
