"""Fields of Visma.net's objects: read plain, written wrapped (vendors/visma_net.md §5)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from ml_connector.connectors.kit import errors
from ml_connector.records import money

_CENT: Final = Decimal("0.01")
Record = dict[str, Any]
"""One object as it came."""


class BadRecord(errors.Unreadable):
    """An object that does not have the shape which the contract promises."""


def text(record: Record, name: str, *inner: str) -> str:
    """A text or number as text, without padding; empty when there is none. `inner` leads into nested objects."""
    found: Any = record.get(name)
    for part in inner:
        found = found.get(part) if isinstance(found, dict) else found
    return "" if found is None or isinstance(found, (dict, list)) else str(found).strip()


def amount(record: Record, name: str) -> Decimal | None:
    """An amount or quantity; None when the field is empty. Raises BadRecord."""
    found = record.get(name)
    if found is None or found == "":
        return None
    if isinstance(found, bool) or not isinstance(found, (str, int, Decimal)):
        raise BadRecord(f"{name} holds {found!r}, which is no amount")
    try:
        return _plain(money.parse(found))
    except money.BadAmount as problem:
        raise BadRecord(f"{name}: {problem}") from None


def _plain(found: Decimal) -> Decimal:
    """Without the third and fourth decimal that the database adds, where they are zeros (§11)."""
    cents = found.quantize(_CENT)
    return cents if cents == found else found


def whole(record: Record, name: str) -> int | None:
    """A whole number; None when the field is empty. Raises BadRecord."""
    found = amount(record, name)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise BadRecord(f"{name} holds {found}, which is no whole number")
    return int(found)


def flag(record: Record, name: str) -> bool | None:
    """A boolean; None when the field is empty. Raises BadRecord."""
    found = record.get(name)
    if found is None or isinstance(found, bool):
        return found
    raise BadRecord(f"{name} holds {found!r}, which is neither true nor false")


def day(record: Record, name: str) -> date | None:
    """The calendar day of a date field, whose time and zone mean nothing (§11). Raises BadRecord."""
    found = text(record, name)
    try:
        return date.fromisoformat(found[:10]) if found else None
    except ValueError:
        raise BadRecord(f"{name} holds {found!r}, which is no date") from None


def moment(record: Record, name: str) -> datetime | None:
    """A time of change; one without a zone is taken for UTC, as `stamp` writes it (§7). Raises BadRecord."""
    found = text(record, name)
    try:
        read = datetime.fromisoformat(found) if found else None
    except ValueError:
        raise BadRecord(f"{name} holds {found!r}, which is no time stamp") from None
    return None if read is None else read.replace(tzinfo=read.tzinfo or UTC).astimezone(UTC)


def changed(record: Record, name: str = "lastModifiedDateTime") -> dict[str, str]:
    """The record's time of change for the memo of a write, `{"modified": ISO 8601 in UTC}`; empty when it has none."""
    try:
        found = moment(record, name)
    except BadRecord:  # the write is done all the same
        return {}
    return {"modified": found.isoformat()} if found else {}


def stamp(at: datetime) -> str:
    """A time as filters take it: milliseconds, rounded down, and never a zone (§7)."""
    bare = at.astimezone(UTC).replace(tzinfo=None)
    return (bare - timedelta(microseconds=bare.microsecond % 1000)).isoformat(timespec="milliseconds")


def rows(record: Record, name: str) -> list[Record]:
    """Child rows in their order; empty when there are none. Raises BadRecord."""
    return objects(record.get(name) or [], name)


def objects(found: Any, name: str) -> list[Record]:
    """A list of objects. Raises BadRecord."""
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadRecord(f"{name} is not an array of objects")
    return found


def wrapped(values: Mapping[str, str | bool | int | Decimal | date | None]) -> Record:
    """Fields to send; those without a value (None or empty text) are left out and so get the vendor's defaults."""
    return {name: wrap(entry) for name, entry in values.items() if entry is not None and entry != ""}


def wrap(entry: Any) -> Record:
    """One value in its wrapper; an empty text clears a field, days are written with midnight (§5, §11)."""
    return {"value": f"{entry.isoformat()}T00:00:00" if isinstance(entry, date) else entry}


def segments(record: Record) -> dict[str, str]:
    """The parts of a subaccount by their number, in the order of the segments."""
    found = rows(record, "segments")
    return {text(row, "segmentId"): text(row, "segmentValue") for row in sorted(found, key=_place)}


def _place(row: Record) -> int:
    return whole(row, "segmentId") or 0


def metadata(listed: Sequence[Record]) -> tuple[int | None, int | None]:
    """Total count and largest page of a list, told by its rows; None where the list is not paged (§7)."""
    told: Record = next((row["metadata"] for row in listed if isinstance(row.get("metadata"), dict)), {})
    return whole(told, "totalCount"), whole(told, "maxPageSize")
