"""Reads write forms: wrapped scalars and blocks, bare arrays; ignores unknown names (vendors/visma_net.md §5)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any, Final, Literal, TypeAlias

from msgspec import Struct

from ml_connector.sandbox.visma_net.company import LARGEST
from ml_connector.sandbox.visma_net.errors import malformed
from ml_connector.sandbox.visma_net.records import Values

Kind = Literal["text", "number", "whole", "flag", "day", "choice", "block", "lines", "segments", "bare"]
OPERATIONS: Final = ("Insert", "Update", "Delete")
_DAY: Final = re.compile(r"(\d{4}-\d{2}-\d{2})([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?", re.IGNORECASE)


class Field(Struct, frozen=True):
    """One name of a write form. `of`: the names below a block or of a line."""

    kind: Kind
    choices: tuple[str, ...] = ()
    of: dict[str, Field] | None = None


Fields: TypeAlias = dict[str, Field]
TEXT, NUMBER, WHOLE, FLAG, DAY = Field("text"), Field("number"), Field("whole"), Field("flag"), Field("day")
SEGMENTS, BARE = Field("segments"), Field("bare")


def choice(*names: str) -> Field:
    """A wrapped value out of a list; case does not matter, as in .NET."""
    return Field("choice", names)


def block(of: Fields) -> Field:
    """A wrapped object whose own fields are wrapped."""
    return Field("block", of=of)


def lines(of: Fields) -> Field:
    """A bare array of write forms with a bare `operation`."""
    return Field("lines", of=of)


def texts(names: str) -> Fields:
    """Wrapped texts, by their names."""
    return dict.fromkeys(names.split(), TEXT)


def read(fields: Fields, body: object) -> Values:
    """What the body says of the known fields; None clears. Raises Refused."""
    if not isinstance(body, dict):
        raise malformed("The request body must be an object.")
    found: Values = {}
    for name, value in body.items():
        field = fields.get(name)
        if field is None or value is None:
            continue
        if field.kind in ("lines", "segments", "bare"):
            found[name] = _bare(field, name, value)
        elif not isinstance(value, dict):
            raise malformed(f"Error converting value of '{name}': an object with a value is expected.")
        elif "value" in value:
            found[name] = _value(field, name, value["value"])
    return found


def _bare(field: Field, name: str, value: object) -> Any:
    if field.kind == "bare":
        return value
    if not isinstance(value, list):
        raise malformed(f"Error converting value of '{name}': an array is expected.")
    if field.kind == "segments":
        return _segments(name, value)
    return [_line(field.of or {}, row) for row in value]


def _line(of: Fields, row: object) -> Values:
    found = read(of, row)
    sent = row.get("operation") if isinstance(row, dict) else None
    known = {operation.lower(): operation for operation in OPERATIONS}
    operation = known.get(str(sent).lower()) if sent is not None else OPERATIONS[0]
    if operation is None:
        raise malformed(f"Error converting value '{sent}' of 'operation'.")
    return {"operation": operation, **found}


def _segments(name: str, rows: list[object]) -> dict[int, str]:
    found = {}
    for row in rows:
        number = row.get("segmentId") if isinstance(row, dict) else None
        value = row.get("segmentValue") if isinstance(row, dict) else None
        if isinstance(number, bool) or not isinstance(number, int) or not isinstance(value, str | None):
            raise malformed(f"Error converting value of '{name}': segmentId and segmentValue are expected.")
        found[number] = value or ""
    return found


def _value(field: Field, name: str, value: object) -> Any:
    if field.kind == "block":
        return read(field.of or {}, value) if value is not None else {}
    if value is None or value == "":
        return None
    converted = _converted(field, value)
    if converted is None:
        raise malformed(f"Error converting value '{value}' of '{name}'.")
    return converted


def _converted(field: Field, value: object) -> Any:
    """None: it does not fit. Numbers as text and the like are taken, as the vendor's JSON reader does."""
    if isinstance(value, dict | list):
        return None
    if field.kind == "text":
        return str(value)
    if field.kind == "flag":
        return value if isinstance(value, bool) else {"true": True, "false": False}.get(str(value).lower())
    if field.kind == "choice":
        return {name.lower(): name for name in field.choices}.get(str(value).lower())
    if field.kind == "day":
        return as_day(str(value))
    if isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        return None
    if not number.is_finite() or abs(number) >= LARGEST:
        return None
    if field.kind == "whole":
        return int(number) if number == int(number) else None
    return number


def as_day(text: str) -> date | None:
    """The calendar date of a date with or without time and zone (vendors/visma_net.md §11)."""
    match = _DAY.fullmatch(text)
    if match is None:
        return None
    try:
        return date.fromisoformat(match[1])
    except ValueError:
        return None
