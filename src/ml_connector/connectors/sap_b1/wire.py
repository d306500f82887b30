"""Fields of the Service Layer's objects, whose JSON is loose (vendors/sap_b1.md §4)."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from typing import Any, Final

from ml_connector.connectors.kit import errors
from ml_connector.records import money

Record = dict[str, Any]
"""One entity as it came."""
_YES: Final = {"TYES": True, "Y": True, "TNO": False, "N": False}


class BadRecord(errors.Unreadable):
    """An object that does not have the shape which the contract promises."""


def text(record: Record, name: str) -> str:
    """A text or number as text, without padding; empty when there is none."""
    found = record.get(name)
    return "" if found is None or isinstance(found, dict) else str(found).strip()


def amount(record: Record, name: str) -> Decimal | None:
    """An amount, which may come as text; None when the field is empty. Raises BadRecord."""
    found = record.get(name)
    if found is None or found == "" or isinstance(found, dict):
        return None
    if isinstance(found, bool) or not isinstance(found, (str, int, Decimal)):
        raise BadRecord(f"{name} holds {found!r}, which is no amount")
    try:
        return money.parse(found)
    except money.BadAmount as problem:
        raise BadRecord(f"{name}: {problem}") from None


def whole(record: Record, name: str) -> int | None:
    """A whole number, which may come as text; None when the field is empty. Raises BadRecord."""
    found = amount(record, name)
    if found is None:
        return None
    if found != found.to_integral_value():
        raise BadRecord(f"{name} holds {found}, which is no whole number")
    return int(found)


def flag(record: Record, name: str) -> bool | None:
    """A `tYES` or `tNO`; None when the field is empty. Raises BadRecord."""
    found = record.get(name)
    if found is None or found == "" or isinstance(found, (bool, dict)):
        return found if isinstance(found, bool) else None
    known = _YES.get(str(found).upper())
    if known is None:
        raise BadRecord(f"{name} holds {found!r}, which is neither tYES nor tNO")
    return known


def day(record: Record, name: str) -> date | None:
    """A calendar day, whose time and zone are decoration; None when the field is empty. Raises BadRecord."""
    found = text(record, name)
    bare = f"{found[:4]}-{found[4:6]}-{found[6:8]}" if re.fullmatch(r"\d{8}", found, re.ASCII) else found[:10]
    try:
        return date.fromisoformat(bare) if found else None
    except ValueError:
        raise BadRecord(f"{name} holds {found!r}, which is no date") from None


def rows(record: Record, name: str) -> list[Record]:
    """Child rows in their order; empty when they were not asked for. Raises BadRecord."""
    found = record.get(name) or []
    if not isinstance(found, list) or not all(isinstance(row, dict) for row in found):
        raise BadRecord(f"{name} is not an array of objects")
    return found


def some(values: dict[str, str | int | Decimal | date | None]) -> Record:
    """Fields to send; those without a value (None or empty text) are left out and so get the company's defaults."""
    return {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in values.items()
        if value is not None and value != ""
    }
