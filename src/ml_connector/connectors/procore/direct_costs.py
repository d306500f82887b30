"""Costs without a commitment as a source: headers and lines come in lists of their own (vendors/procore.md §7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.procore import objects, projects
from ml_connector.connectors.procore.client import Client, Listed, changed_since
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.connectors.procore.positions import Positions
from ml_connector.records.costs import DirectCost, DirectCostLine

STATUS: Final = {
    "draft": "draft",
    "revise_and_resubmit": "draft",
    "pending": "in_review",
    "approved": "approved",
}


class WireHolder(Struct, frozen=True, kw_only=True):
    id: int


class WireEmployee(Struct, frozen=True, kw_only=True):
    id: Id = None
    name: str | None = None


class WireCostLine(Struct, frozen=True, kw_only=True):
    """A line. `holder` is the direct cost that it belongs to."""

    id: int
    holder: WireHolder | None = None
    amount: Amount = None
    description: str | None = None
    wbs_code: objects.WireWbsCode | None = None
    cost_code: objects.WireCostCode | None = None
    line_item_type: objects.WireCostType | None = None
    tax_code_id: Id = None
    updated_at: str | None = None


class WireDirectCost(Struct, frozen=True, kw_only=True):
    """A header. `vendor` is a name in lists and an object in Show; `amount` and `grand_total` are the same."""

    id: int
    direct_cost_type: str | None = None
    direct_cost_date: str | None = None
    invoice_number: str | None = None
    vendor_id: Id = None
    vendor_name: str | None = None
    vendor: Any = None
    employee: WireEmployee | None = None
    description: str | None = None
    status: str | None = None
    amount: Amount = None
    grand_total: Amount = None
    payment_date: str | None = None
    origin_id: str | None = None
    currency_configuration: objects.WireCurrency | None = None
    updated_at: str | None = None
    deleted_at: str | None = None


class DirectCosts:
    """Direct costs, walked per active project (a kit.source.Source)."""

    kind = "direct cost"

    def scopes(self, client: Client) -> list[Scope]:
        return projects.scopes(client)

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page of headers, and in a window one page of changed lines too: these may leave their header unchanged.

        A quiet project costs two calls. Raises NotPermitted or NotFound when the project is not ours to read.
        """
        since = window.start if window else None
        at = Positions.parse(position, ("headers", "lines") if window else ("headers",))
        headers, when = [], None
        if page := at.page("headers"):
            listed = _headers(client, scope.key, since, page)
            headers, when = listed.rows, listed.at
            at = at.moved("headers", listed.following)
        found = {header.id: header for header in headers}
        if page := at.page("lines"):
            changed = _changed_lines(client, scope.key, since, page)
            when = when or changed.at
            at = at.moved("lines", changed.following)
            holders = {line.holder.id for line in changed.rows if line.holder} - found.keys()
            found |= {header.id: header for header in _headers_by_id(client, scope.key, sorted(holders))}
        whole = window is None and position is None and at.text is None
        lines = _lines(client, scope.key, None if whole else list(found)) if found else {}
        return _page(scope, found.values(), lines, at.text, when)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        headers = _headers_by_id(client, scope.key, [int(key) for key in keys])
        lines = _lines(client, scope.key, [header.id for header in headers])
        return _page(scope, headers, lines, None, None)


direct_costs: Final = DirectCosts()


def _headers(client: Client, project: str, since: datetime | None, page: int) -> Listed[WireDirectCost]:
    path = f"/rest/v1.1/projects/{project}/direct_costs"
    return client.page("direct_costs.list", path, changed_since(since), WireDirectCost, page=page)


def _headers_by_id(client: Client, project: str, ids: Sequence[int]) -> list[WireDirectCost]:
    path = f"/rest/v1.1/projects/{project}/direct_costs"
    return client.by_id("direct_costs.by_id", path, [], WireDirectCost, [str(key) for key in ids])


def _changed_lines(client: Client, project: str, since: datetime | None, page: int) -> Listed[WireCostLine]:
    path = f"/rest/v1.0/projects/{project}/direct_costs/line_items"
    return client.page("direct_cost_lines.changed", path, changed_since(since), WireCostLine, page=page)


def _lines(client: Client, project: str, ids: Sequence[int] | None) -> Mapping[int, list[WireCostLine]]:
    """Lines by header, in one listing: of the whole project, or of the range of ids, which may hold others too."""
    if ids is not None and not ids:
        return {}
    only = "" if ids is None else str(min(ids)) if len(ids) == 1 else f"{min(ids)}...{max(ids)}"
    path = f"/rest/v1.0/projects/{project}/direct_costs/line_items"
    params = [("filters[direct_cost_id]", only)] if only else []
    found: dict[int, list[WireCostLine]] = defaultdict(list)
    for line in client.rows("direct_cost_lines.list", path, params, WireCostLine):
        if line.holder is not None:
            found[line.holder.id].append(line)
    return found


def _page(
    scope: Scope,
    headers: Iterable[WireDirectCost],
    lines: Mapping[int, Sequence[WireCostLine]],
    position: str | None,
    at: datetime | None,
) -> Page:
    """What cannot be understood is told apart; what is marked as deleted is left out."""
    rows, unreadable = [], []
    for wire in headers:
        if wire.deleted_at:
            continue
        try:
            rows.append(_row(wire, lines.get(wire.id, ()), scope))
        except errors.Unreadable as problem:
            unreadable.append(Unreadable(key=str(wire.id), modified=None, message=problem.message))
    return Page(rows=tuple(rows), position=position, vendor_time=at, unreadable=tuple(unreadable))


def _row(wire: WireDirectCost, lines: Sequence[WireCostLine], scope: Scope) -> Row:
    """`modified` is the newest of header and lines, for a changed line may leave the header's time alone."""
    about = f"direct cost {wire.id} ({wire.direct_cost_type} {wire.invoice_number or ''}, {_vendor_name(wire)})"
    times = [objects.moment(about, "updated_at", wire.updated_at)]
    times += [found for line in lines if (found := objects.time(line.updated_at))]
    return Row(key=str(wire.id), modified=max(times), document=_document(about, wire, lines, scope))


def _document(about: str, wire: WireDirectCost, lines: Sequence[WireCostLine], scope: Scope) -> DirectCost:
    """Nothing in it moves when payment date, origin_id or origin_data are written back."""
    total = wire.amount if wire.grand_total in (None, "") else wire.grand_total
    return DirectCost(
        key=str(wire.id),
        project=scope.key,
        project_name=scope.name,
        kind=wire.direct_cost_type or "",
        vendor=objects.text(wire.vendor_id),
        vendor_name=_vendor_name(wire),
        employee=objects.text(wire.employee.id) if wire.employee else "",
        employee_name=(wire.employee.name if wire.employee else None) or "",
        invoice_number=wire.invoice_number or "",
        date=objects.day(about, "direct_cost_date", wire.direct_cost_date),
        status=STATUS.get(wire.status or "draft", "in_review"),
        currency=objects.currency(wire.currency_configuration),
        total=objects.amount(about, "grand_total", total),
        text=wire.description or "",
        lines=tuple(_line(about, line) for line in sorted(lines, key=lambda line: line.id)),
    )


def _line(about: str, wire: WireCostLine) -> DirectCostLine:
    cost, kind = objects.coding(wire.wbs_code, wire.cost_code, wire.line_item_type)
    return DirectCostLine(
        key=str(wire.id),
        cost_code=cost,
        cost_type=kind,
        text=wire.description or "",
        amount=objects.amount(about, f"line {wire.id} amount", wire.amount),
        tax_code=objects.text(wire.tax_code_id),
    )


def _vendor_name(wire: WireDirectCost) -> str:
    named = wire.vendor.get("name") if isinstance(wire.vendor, dict) else wire.vendor
    return wire.vendor_name or (named if isinstance(named, str) else "")
