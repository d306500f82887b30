"""Lists: filters, sorting and pages (vendors/procore.md §10)."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

import msgspec

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import refusals
from ml_connector.sandbox.procore.fields import Row, moment, whole
from ml_connector.sandbox.procore.request import Request

Keep = Callable[[Row], bool]
_FILTER = re.compile(r"filters?\[(\w+)\](\[\])?")


class Page:
    """What a list does with `per_page`: its default and its most, by the names of the switches that hold them."""

    def __init__(self, default: str, most: str) -> None:
        self.default = default
        self.most = most


COMMON = Page("page_default", "page_most")
REQUISITIONS = Page("page_default_requisitions", "page_most")
PROJECTS = Page("page_default", "page_most_projects")
SHORT = Page("page_default", "page_most_short")
V2 = Page("page_default_v2", "page_most_v2")


def filters(request: Request) -> dict[str, list[str]]:
    """`filters[name]=v`, `filters[name][]=v` and `filters[name]=[v,w]` alike; `filter[...]` too."""
    found: dict[str, list[str]] = {}
    for key, value in request.call.query:
        match = _FILTER.fullmatch(key)
        if match is None:
            continue
        values = [value]
        if not match[2] and value.startswith("["):
            values = _json_list(value)
        found.setdefault(match[1], []).extend(values)
    return found


def chosen(request: Request, rows: Iterable[Row], known: dict[str, str]) -> list[Row]:
    """The rows that fit every known filter. `known`: filter -> `kind` or `kind:field`.

    Kinds: ids, text, time (a range), date (a range), flag, whole (value or range). Unknown filters are ignored.
    Raises Refusal 400 for a malformed range.
    """
    given = {name: values for name, values in filters(request).items() if name in known and values not in ([], [""])}
    keeps = [_keep(known[name], name, values) for name, values in given.items()]
    return [row for row in rows if all(keep(row) for keep in keeps)]


def ordered(
    request: Request, rows: list[Row], fields: tuple[str, ...], more: dict[str, Callable[[Row], Any]] | None = None
) -> list[Row]:
    """By `sort=-updated_at,id` where the list offers those fields, or `more` ways by name."""
    for term in reversed((request.call.param("sort") or "").split(",")):
        name = term.strip().lstrip("-")
        by = (more or {}).get(name) or (_by_field(name) if name in fields else None)
        if by is not None:
            rows = sorted(rows, key=by, reverse=term.startswith("-"))
    return rows


def _by_field(field: str) -> Callable[[Row], Any]:
    return lambda row: (row.get(field) is None, row.get(field))


def paged(request: Request, rows: list[Row], shape: Callable[[Row], Row], page: Page = COMMON) -> Answer:
    """One page with its `Link`, `Total`, `Per-Page` headers; a page past the end is empty."""
    part, headers = cut(request, rows, page)
    return json_answer([shape(row) for row in part], headers=headers)


def cut(request: Request, rows: list[Row], page: Page) -> tuple[list[Row], dict[str, str]]:
    """The rows of the asked page and the paging headers."""
    switches = request.world.switches
    size = whole(request.call.param("per_page")) or switches.number(page.default)
    size = min(size, switches.number(page.most))
    number = whole(request.call.param("page")) or 1
    most = switches.number("read_most")
    if most and min(size, len(rows)) > most and not filters(request):
        raise refusals.generic(408, "The request took too long. Narrow it by filters or read smaller pages.", "timeout")
    headers = {"Total": str(len(rows)), "Per-Page": str(size)}
    last = max(-(-len(rows) // size), 1)
    links = {"first": 1} if number > 1 else {}
    if number > 2:
        links["prev"] = number - 1
    if number < last:
        links |= {"next": number + 1, "last": last}
    if links:
        headers["Link"] = ", ".join(f'<{_url(request, to, size)}>; rel="{rel}"' for rel, to in links.items())
    return rows[(number - 1) * size : number * size], headers


def _url(request: Request, page: int, size: int) -> str:
    kept = [(key, value) for key, value in request.call.query if key not in ("page", "per_page")]
    query = urlencode([*kept, ("page", str(page)), ("per_page", str(size))])
    return f"{request.call.base_url}{request.call.path}?{query}"


def _json_list(text: str) -> list[str]:
    try:
        return [str(one) for one in msgspec.json.decode(text.encode(), type=list[Any])]
    except msgspec.MsgspecError:
        return [one.strip() for one in text.strip("[]").split(",")]


def _keep(known: str, name: str, values: list[str]) -> Keep:
    kind, _, field = known.partition(":")
    field = field or name
    if kind == "ids":
        wanted = {whole(value.strip()) for given in values for value in given.split(",")}
        return lambda row: row.get(field) in wanted
    if kind == "flag":
        return lambda row: bool(row.get(field)) == (values[-1] in ("true", "1"))
    if kind == "text":
        return lambda row: str(row.get(field)) in values
    if kind == "whole" and "..." not in values[-1]:
        return lambda row: row.get(field) == whole(values[-1])
    low, high = _range(values[-1], kind)
    return lambda row: row.get(field) is not None and low <= row[field] <= high


def _range(text: str, kind: str) -> tuple[Any, Any]:
    """Both ends inclusive; quotes around the whole are allowed. A date as the end of times means all of that day."""
    low, dots, high = text.strip().strip('"').partition("...")
    if not dots:
        raise refusals.bad_request(f"Invalid range: {text}")
    try:
        if kind == "whole":
            return Decimal(low), Decimal(high)
        if kind == "date":
            return date.fromisoformat(low[:10]), date.fromisoformat(high[:10])
        return moment(low), _end(high)
    except (ValueError, ArithmeticError) as error:
        raise refusals.bad_request(f"Invalid range: {text}") from error


def _end(text: str) -> datetime:
    if len(text) == len("2026-01-31"):
        return datetime.combine(date.fromisoformat(text), time.max, UTC)
    return moment(text) + timedelta(microseconds=999_999) * (moment(text).microsecond == 0)
