"""JSON of bodies to typed Rows and back (vendors/sap_b1.md §4)."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from ml_connector.sandbox.kit.wire import plain
from ml_connector.sandbox.sap_b1.dialect import Dialect
from ml_connector.sandbox.sap_b1.edm import EntityType, Enum, Property, Row
from ml_connector.sandbox.sap_b1.errors import B1Error, bad_request, invalid_property, too_long
from ml_connector.sandbox.sap_b1.schema import Schema

# A date may carry a time, a time a date: neither counts.
_DATE = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[T ].*|\d{6})?")
_TIME = re.compile(r"(?:[\d-]+T)?(\d{1,2}):?(\d{2})(?::?(\d{2}))?Z?")


def decoded(schema: Schema, type_: EntityType, body: Mapping[str, Any], *, nested: bool = False) -> Row:
    """A body as a Row: read-only properties are left out, but keys of nested rows stay. Raises B1Error."""
    properties = schema.properties(type_)
    row: Row = {}
    for name, value in body.items():
        if name.startswith("odata.") or "@odata." in name:
            continue
        known = properties.get(name)
        if known is None:
            raise invalid_property(name, type_.name)
        if not known.read_only or (nested and name in type_.keys):
            row[name] = _decoded_value(schema, known, type_.name, value)
    return row


def _decoded_value(schema: Schema, known: Property, type_name: str, value: Any) -> Any:
    if value is None:
        return [] if known.kind == "collection" else None
    if known.kind == "collection":
        assert known.type is not None
        if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
            raise _wrong(known, type_name, value)
        return [decoded(schema, known.type, row, nested=True) for row in value]
    if known.kind == "complex":
        assert known.type is not None
        if not isinstance(value, dict):
            raise _wrong(known, type_name, value)
        return decoded(schema, known.type, value, nested=True)
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise _wrong(known, type_name, value)
    found = parsed(known, value)
    if found is None and value != "":
        raise _wrong(known, type_name, value)
    if known.kind == "string" and known.size is not None and len(found or "") > known.size:
        raise too_long(known.name, type_name)
    return found


def parsed(known: Property, value: str | int | Decimal) -> Any:
    """A scalar as the property's kind holds it; None where it does not fit. Numbers may come as text."""
    text = plain(value) if isinstance(value, Decimal) else str(value)
    match known.kind:
        case "string":
            return text
        case "int":
            number = _number(text)
            return int(number) if number is not None and number == number.to_integral_value() else None
        case "number":
            return _number(text)
        case "date":
            return _day(text)
        case "time":
            return _time(text)
        case "enum":
            assert known.enum is not None
            return member(known.enum, text)
    return None


def member(enum: Enum, text: str) -> str | None:
    """The member's name, given by name or by its value in the database."""
    if text in enum.members:
        return text
    return next((name for name, value in enum.members.items() if value == text), None)


def _number(text: str) -> Decimal | None:
    try:
        number = Decimal(text.strip())
    except InvalidOperation:
        return None
    return number if number.is_finite() else None


def _day(text: str) -> date | None:
    found = _DATE.fullmatch(text.strip())
    try:
        return date(int(found[1]), int(found[2]), int(found[3])) if found else None
    except ValueError:
        return None


def _time(text: str) -> str | None:
    found = _TIME.fullmatch(text.strip())
    if found is None or int(found[1]) > 23 or int(found[2]) > 59 or int(found[3] or 0) > 59:
        return None
    return f"{int(found[1]):02}:{found[2]}:{found[3] or '00'}"


def _wrong(known: Property, type_name: str, value: object) -> B1Error:
    return bad_request(f"Invalid value '{value}' of property '{known.name}' of '{type_name}'")


def encoded(
    schema: Schema, type_: EntityType, row: Row, dialect: Dialect, select: Collection[str] | None = None
) -> dict[str, Any]:
    """A Row as JSON: every property, or those of `select`, in the order of the type."""
    return {
        name: value_of(schema, known, row.get(name), dialect)
        for name, known in schema.properties(type_).items()
        if select is None or name in select
    }


def value_of(schema: Schema, known: Property, value: Any, dialect: Dialect) -> Any:
    """One property as JSON."""
    if known.kind == "collection":
        assert known.type is not None
        return [encoded(schema, known.type, row, dialect) for row in value or []]
    if value is None:
        return None
    if known.kind == "complex":
        assert known.type is not None
        return encoded(schema, known.type, value, dialect)
    if known.kind == "number":
        return _double(Decimal(value))
    if known.kind == "date":
        return f"{value.isoformat()}T00:00:00Z" if dialect.v4 else value.isoformat()
    return value


def _double(value: Decimal) -> Decimal:
    """As a double is written: no trailing zeros, at least one decimal place."""
    text = plain(value.normalize() + 0)
    return Decimal(text if "." in text else f"{text}.0")
