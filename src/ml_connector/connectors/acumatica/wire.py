"""Fields of Acumatica's objects: every value sits in an object of its own (vendors/acumatica.md §5, envelope)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from ml_connector.connectors.kit import errors
from ml_connector.records import money

Record = dict[str, Any]
"""One entity as it came: wrapped fields, linked entities, detail rows and a few bare system fields."""


class BadRecord(errors.Unreadable):
    """An object that does not have the shape which the contract promises."""


def value(record: Record, name: str) -> Any:
    """What the wrapper of `name` holds; None for an empty (`{}`) or absent field."""
    wrapper = record.get(name)
    if wrapper is None:
        return None
    if not isinstance(wrapper, dict):
        raise BadRecord(f"{name} is not wrapped in a value object")
    return wrapper.get("value")


def text(record: Record, name: str) -> str:
    """A text without the padding that key values may come with; empty when there is none."""
    found = value(record, name)
    return "" if found is None else str(found).strip()


def amount(record: Record, name: str) -> Decimal | None:
    """An amount or quantity; None when the field is empty. Raises BadRecord."""
    return _amount(value(record, name), name)


def whole(record: Record, name: str) -> int | None:
    """An integer; None when the field is empty. Raises BadRecord."""
    found = value(record, name)
    if found is None or (isinstance(found, int) and not isinstance(found, bool)):
        return found
    raise BadRecord(f"{name} holds {found!r}, which is no whole number")


def flag(record: Record, name: str) -> bool | None:
    """A boolean; None when the field is empty. Raises BadRecord."""
    found = value(record, name)
    if found is None or isinstance(found, bool):
        return found
    raise BadRecord(f"{name} holds {found!r}, which is neither true nor false")


def day(record: Record, name: str) -> date | None:
    """The date part of a date field, whose zone means nothing (vendors/acumatica.md §11). Raises BadRecord."""
    found = text(record, name)
    try:
        return date.fromisoformat(found[:10]) if found else None
    except ValueError:
        raise BadRecord(f"{name} holds {found!r}, which is no date") from None


def moment(record: Record, name: str) -> datetime | None:
    """A time stamp in UTC. Raises BadRecord."""
    found = text(record, name)
    try:
        stamp = datetime.fromisoformat(found) if found else None
    except ValueError:
        raise BadRecord(f"{name} holds {found!r}, which is no time stamp") from None
    return None if stamp is None else stamp.replace(tzinfo=stamp.tzinfo or UTC).astimezone(UTC)


def changed(record: Record) -> dict[str, str]:
    """The record's time of change for the memo of a write, `{"modified": ISO 8601 in UTC}`; empty when it has none."""
    try:
        found = moment(record, "LastModifiedDateTime")
    except BadRecord:  # the write is done all the same
        return {}
    return {"modified": found.isoformat()} if found else {}


def linked(record: Record, name: str) -> Record:
    """A linked entity, empty when it was not expanded."""
    found = record.get(name) or {}
    if not isinstance(found, dict):
        raise BadRecord(f"{name} is not an object")
    return found


def rows(record: Record, name: str) -> list[Record]:
    """Detail rows in the order of their row numbers; empty when they were not expanded."""
    found = record.get(name) or []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadRecord(f"{name} is not an array of objects")
    return sorted(found, key=lambda row: row.get("rowNumber") or 0)


def custom_amount(record: Record, path: str) -> Decimal | None:
    """The amount of a custom field, `path` being `View.Field`; None when it did not come. Raises BadRecord."""
    view, _, name = path.partition(".")
    fields = linked(linked(record, "custom"), view)
    return _amount(value(fields, name), path)


def wrapped(values: Mapping[str, str | bool | int | Decimal | date | None]) -> Record:
    """Fields to send; those without a value (None or empty text) are left out and so get the vendor's defaults."""
    return {
        name: {"value": entry.isoformat() if isinstance(entry, date) else entry}
        for name, entry in values.items()
        if entry is not None and entry != ""
    }


def custom(path: str, kind: str, entry: bool | Decimal) -> Record:
    """A custom field to send; `path` is `View.Field`, `kind` such as `CustomDecimalField`."""
    view, _, name = path.partition(".")
    return {view: {name: {"type": kind, "value": entry}}}


def _amount(found: Any, name: str) -> Decimal | None:
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, (str, int, Decimal)):
        raise BadRecord(f"{name} holds {found!r}, which is no amount")
    try:
        return money.parse(found)
    except money.BadAmount as problem:
        raise BadRecord(f"{name}: {problem}") from None
