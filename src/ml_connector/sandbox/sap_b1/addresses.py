"""Resource paths below the service root: segments, keys in their several spellings."""

from __future__ import annotations

import re

from msgspec import Struct

from ml_connector.sandbox.sap_b1.edm import EntityType, Key, Property
from ml_connector.sandbox.sap_b1.errors import bad_request, unrecognized_path

_QUOTED = r"'(?:[^']|'')*'"
_SEGMENT = re.compile(rf"(?P<name>[$\w.]+)(?:\((?P<key>(?:{_QUOTED}|[^'()])*)\))?")
_PART = re.compile(rf"\s*(?:(?P<name>\w+)\s*=\s*)?(?P<value>{_QUOTED}|-?[\w.]+)\s*(?:,|$)")


class Segment(Struct, frozen=True):
    """A name, with what stands in its parentheses (None without any)."""

    name: str
    key: str | None


def segments(path: str) -> list[Segment]:
    """Raises -1002 for what cannot be read."""
    found, at = [], 0
    path = path.strip("/")
    while at < len(path):
        match = _SEGMENT.match(path, at)
        if match is None or (match.end() < len(path) and path[match.end()] != "/"):
            raise unrecognized_path()
        found.append(Segment(match["name"], match["key"]))
        at = match.end() + 1
    return found


def key_of(type_: EntityType, text: str) -> Key:
    """`22`, `'C1'`, `DocEntry=22`, `TableName='OPCH',FieldID=3`. Raises -1000."""
    given: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None:
            raise bad_request(f"Invalid key '{text}' of '{type_.name}'")
        given[match["name"] or type_.keys[0]] = match["value"]
        at = match.end()
    if set(given) != set(type_.keys):
        raise bad_request(f"Invalid key '{text}' of '{type_.name}'")
    declared = {one.name: one for one in type_.properties}
    parts = tuple(_part(declared[name], given[name], type_) for name in type_.keys)
    return parts[0] if len(parts) == 1 else parts


def arguments(text: str) -> dict[str, str]:
    """`Currency='USD',Date='20260301'` of a service that is called by GET. Raises -1000."""
    given: dict[str, str] = {}
    at = 0
    while at < len(text):
        match = _PART.match(text, at)
        if match is None or not match["name"]:
            raise bad_request(f"Invalid parameters '{text}'")
        value = match["value"]
        given[match["name"]] = value[1:-1].replace("''", "'") if value.startswith("'") else value
        at = match.end()
    return given


def _part(known: Property, text: str, type_: EntityType) -> int | str:
    quoted = text.startswith("'")
    value = text[1:-1].replace("''", "'") if quoted else text
    if known.kind == "int":
        if not re.fullmatch(r"-?\d+", value):
            raise bad_request(f"Invalid key '{text}' of '{type_.name}'")
        return int(value)
    if not quoted:
        raise bad_request(f"Invalid key '{text}' of '{type_.name}'")
    return value


def address(set_name: str, type_: EntityType, row: dict[str, object]) -> str:
    """`PurchaseInvoices(91)`, as in Location."""
    texts = {name: _written(row[name]) for name in type_.keys}
    if len(texts) == 1:
        return f"{set_name}({next(iter(texts.values()))})"
    return f"{set_name}({','.join(f'{name}={text}' for name, text in texts.items())})"


def _written(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"
