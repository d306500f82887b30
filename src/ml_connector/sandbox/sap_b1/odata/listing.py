"""Rows filtered, sorted and cut into pages."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any
from urllib.parse import quote

from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.odata.fields import Fields
from ml_connector.sandbox.sap_b1.odata.filters import compile_filter
from ml_connector.sandbox.sap_b1.odata.options import Order, Window
from ml_connector.sandbox.sap_b1.request import Request

_PLAIN = "$,()'/:"


def filtered(rows: Iterable[Row], text: str, fields: Fields, *, exact: bool) -> list[Row]:
    """All of them without a filter. Raises B1Error."""
    if not text:
        return list(rows)
    wanted = compile_filter(text, fields, exact=exact)
    return [row for row in rows if wanted.keeps(row)]


def exact(request: Request, switches: Switches) -> bool:
    """Whether texts are compared with case."""
    return switches.on("case_sensitive") and not request.flag("b1s-caseinsensitive")


def ordered(rows: list[Row], orders: Sequence[Order], fields: Fields) -> list[Row]:
    """Nulls first, as in the database. Raises B1Error."""
    for order in reversed([(fields.find(one.name), one.descending) for one in orders]):
        field, descending = order
        rows = sorted(rows, key=lambda row: _sortable(field.read(row)), reverse=descending)
    return rows


def _sortable(value: Any) -> tuple[bool, Any]:
    return (False, 0) if value is None else (True, value)


def cut(rows: Sequence[Row], window: Window) -> tuple[Sequence[Row], bool]:
    """One page, and whether more follow: $skip, then $top, then the page size."""
    wanted = rows[window.skip :]
    if window.top is not None:
        wanted = wanted[: window.top]
    if window.page_size == 0 or len(wanted) <= window.page_size:
        return wanted, False
    return wanted[: window.page_size], True


def next_link(request: Request, window: Window, switches: Switches, path: str = "") -> dict[str, str]:
    """The member that leads to the next page; it drops the other options unless the switch says otherwise."""
    query = f"$skip={window.skip + window.page_size}"
    if switches.on("next_link_keeps_query"):
        kept = dict(request.options) | {"$skip": str(window.skip + window.page_size)}
        if window.top is not None:
            kept["$top"] = str(window.top - window.page_size)
        query = "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in kept.items())
    link = f"{path or request.path.strip('/')}?{query}"
    if switches["next_link"] == "rooted":
        link = f"/b1s/{request.dialect.version}/{link}"
    elif switches["next_link"] == "absolute":
        link = f"{request.root}/{link}"
    return {f"{request.dialect.prefix}nextLink": link}
