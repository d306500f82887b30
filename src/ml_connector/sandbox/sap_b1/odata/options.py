"""The query options of a request, read once and checked (vendors/sap_b1.md §6)."""

from __future__ import annotations

import re

from msgspec import Struct

from ml_connector.sandbox.sap_b1.errors import unsupported_query
from ml_connector.sandbox.sap_b1.request import Request

_ONE = frozenset({"$select", "$expand"})
_LIST = _ONE | {"$filter", "$orderby", "$top", "$skip", "$inlinecount", "$apply"}


class Expansion(Struct, frozen=True):
    """A navigation, or a joined entity, with the properties wanted (none: all)."""

    name: str
    select: tuple[str, ...] = ()


class Order(Struct, frozen=True):
    """A property to sort by."""

    name: str
    descending: bool = False


class Window(Struct, frozen=True):
    """$skip, $top and the page size (0: no paging)."""

    skip: int = 0
    top: int | None = None
    page_size: int = 0


class Options(Struct, frozen=True):
    """`select` None: everything."""

    filter: str = ""
    select: tuple[str, ...] | None = None
    expand: tuple[Expansion, ...] = ()
    order: tuple[Order, ...] = ()
    apply: str = ""
    counted: bool = False
    window: Window = Window()


def of_one(request: Request) -> Options:
    """Of a request for one record. Raises 201 for options that have no meaning there."""
    check(request.options, _ONE)
    return _options(request.options, Window())


def of_list(request: Request, page_size: int) -> Options:
    """Of a request for a list; `page_size` is the server's. Raises 201."""
    allowed = _LIST | {"$count"} if request.dialect.v4 else _LIST
    check(request.options, allowed)
    return of(request.options, page_size_of(request, page_size))


def of(given: dict[str, str], page_size: int) -> Options:
    """Of options already told apart."""
    window = Window(_whole(given, "$skip") or 0, _whole(given, "$top"), page_size)
    return _options(given, window)


def check(given: dict[str, str], allowed: frozenset[str]) -> None:
    """Raises 201 for an option that is not one of these; what does not begin with $ is nobody's business."""
    if any(name.startswith("$") and name not in allowed for name in given):
        raise unsupported_query()


def page_size_of(request: Request, server: int) -> int:
    """Prefer before B1S-PageSize before the server's own."""
    for text in (request.preferences.get("odata.maxpagesize"), request.headers.get("b1s-pagesize")):
        if text is not None and text.strip().isdigit():
            return int(text)
    return server


def _options(given: dict[str, str], window: Window) -> Options:
    select, expand = _selected(given.get("$select", "")), expansions(given.get("$expand", ""))
    if select is not None:
        # V3 selects of an expanded record by path: BusinessPartner/CardName.
        expand = tuple(Expansion(one.name, one.select or _below(select, one.name)) for one in expand)
        names = {one.name for one in expand}
        select = tuple(name for name in select if name.partition("/")[0] not in names)
    return Options(
        filter=given.get("$filter", "").strip(),
        select=select,
        expand=expand,
        order=_orders(given.get("$orderby", "")),
        apply=given.get("$apply", "").strip(),
        counted=_counted(given),
        window=window,
    )


def _selected(text: str) -> tuple[str, ...] | None:
    names = tuple(name.strip() for name in text.split(",") if name.strip())
    return None if not names or "*" in names else names


def _below(select: tuple[str, ...], name: str) -> tuple[str, ...]:
    return tuple(path.partition("/")[2] for path in select if path.startswith(f"{name}/"))


def expansions(text: str) -> tuple[Expansion, ...]:
    """`BusinessPartner($select=CardCode),…`; names may be paths in joins. Raises 201."""
    found = []
    for piece in split(text):
        match = re.fullmatch(r"([\w/]+)\s*(?:\(\s*(?:\$select\s*=\s*([\w\s,/]*))?\s*\))?", piece.strip())
        if match is None:
            raise unsupported_query()
        names = tuple(name.strip() for name in (match[2] or "").split(",") if name.strip())
        found.append(Expansion(match[1], names))
    return tuple(found)


def split(text: str, separator: str = ",") -> list[str]:
    """At separators outside parentheses and quotes; nothing for an empty text."""
    pieces, depth, quoted, piece = [], 0, False, ""
    for sign in text:
        if sign == "'":
            quoted = not quoted
        elif not quoted and sign in "()":
            depth += 1 if sign == "(" else -1
        if sign == separator and depth == 0 and not quoted:
            pieces.append(piece)
            piece = ""
        else:
            piece += sign
    return [one for one in (*pieces, piece) if one.strip()]


def _orders(text: str) -> tuple[Order, ...]:
    found = []
    for piece in split(text):
        name, _, direction = piece.strip().partition(" ")
        if direction.strip().lower() not in ("", "asc", "desc"):
            raise unsupported_query()
        found.append(Order(name, direction.strip().lower() == "desc"))
    return tuple(found)


def _counted(given: dict[str, str]) -> bool:
    inline = given.get("$inlinecount", "none").strip()
    if inline not in ("none", "allpages"):
        raise unsupported_query()
    count = given.get("$count", "false").strip().lower()
    if count not in ("true", "false"):
        raise unsupported_query()
    return inline == "allpages" or count == "true"


def _whole(given: dict[str, str], name: str) -> int | None:
    text = given.get(name, "").strip()
    if not text:
        return None
    if not text.isdigit():
        raise unsupported_query()
    return int(text)
