"""What a request asks to see of a record: $select, $expand, $custom; and $top, $skip of a list."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ml_connector.sandbox.acumatica.contract import Kind
from ml_connector.sandbox.acumatica.errors import Fault


class Selection(Struct, frozen=True):
    """The members to show below one record; `fields` None shows all. `below` holds what is expanded.

    `beyond` are the asked form fields (view, field).
    """

    fields: frozenset[str] | None = None
    below: dict[str, Selection] = {}
    beyond: tuple[tuple[str, str], ...] = ()
    files: bool = False


def read(query: Mapping[str, str], kind: Kind, kinds: dict[str, Kind]) -> Selection:
    """The selection of a request. Raises Fault for names that the entity lacks."""
    expand = _names(query.get("$expand", ""))
    select = _names(query.get("$select", ""))
    if any("(" in name for name in expand):
        raise Fault(400, "The $expand syntax with nested options is not supported.")
    beyond = tuple(
        (view, field) for view, _, field in (name.partition(".") for name in _names(query.get("$custom", "")))
    )
    return _below("", kind, kinds, expand, select, beyond)


def _below(
    prefix: str,
    kind: Kind,
    kinds: dict[str, Kind],
    expand: list[str],
    select: list[str],
    beyond: tuple[tuple[str, str], ...],
) -> Selection:
    below: dict[str, Selection] = {}
    files = False
    for path in expand:
        if not path.startswith(prefix):
            continue
        name = path[len(prefix) :].split("/")[0]
        if name == "files":
            files = True
            continue
        target = kind.linked.get(name) or kind.details.get(name)
        if target is None:
            raise Fault(500, f"Could not find a property named '{name}' on type '{kind.name}'.")
        if name not in below:
            below[name] = _below(f"{prefix}{name}/", kinds[target], kinds, expand, select, beyond)
    return Selection(_fields(prefix, kind, select), below, beyond, files)


def _fields(prefix: str, kind: Kind, select: list[str]) -> frozenset[str] | None:
    chosen = {path[len(prefix) :] for path in select if path.startswith(prefix)}
    if not chosen:
        return None
    plain = {name for name in chosen if "/" not in name}
    known = plain & (kind.fields.keys() | kind.linked.keys() | kind.details.keys())
    unknown = plain - known - {"id", "rowNumber", "note", "custom", "_links", "files"}
    if unknown:
        raise Fault(500, f"Could not find a property named '{min(unknown)}' on type '{kind.name}'.")
    return frozenset(plain)


def window(query: Mapping[str, str]) -> tuple[int, int | None]:
    """($skip, $top); without $top the list is whole. Raises Fault."""
    return _count(query, "$skip") or 0, _count(query, "$top")


def _count(query: Mapping[str, str], name: str) -> int | None:
    text = query.get(name)
    if text is None or text == "":
        return None
    if not text.isdigit():
        raise Fault(400, f"Invalid value for {name}: '{text}'.")
    return int(text)


def _names(text: str) -> list[str]:
    return [name.strip() for name in text.split(",") if name.strip()]


def everything(kind: Kind, kinds: dict[str, Kind], beyond: tuple[tuple[str, str], ...], depth: int = 3) -> Selection:
    """All members, `depth` levels down."""
    if depth == 0:
        return Selection(beyond=beyond)
    below = {
        name: everything(kinds[target], kinds, beyond, depth - 1)
        for name, target in (*kind.linked.items(), *kind.details.items())
    }
    return Selection(None, below, beyond, files=True)
