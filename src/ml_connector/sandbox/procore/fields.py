"""Takes what a caller wrote for a record: known fields only, coerced to what is stored."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ml_connector.sandbox.procore.refusals import Errors, Invalid

Row = dict[str, Any]
Fields = dict[str, str | tuple[str, ...]]
"""Field -> type word (text, whole, money, number, flag, date, ids, any), or the texts it may be."""

_NUMBER = re.compile(r"-?\d+(\.\d+)?")
_MOST = 10**15
CENT = Decimal("0.01")
CURRENCY: Fields = {"currency_iso_code": "text", "currency_exchange_rate": "number"}
ORIGIN: Fields = {"origin_id": "text", "origin_data": "text"}
ORIGIN_CODE: Fields = {**ORIGIN, "origin_code": "text"}


def fields(**words: str) -> Fields:
    """Space-separated field names per type word."""
    return {name: word for word, names in words.items() for name in names.split()}


def taken(given: Row, known: Fields) -> Row:
    """The known fields that were given; others are ignored as v1 does. Raises Invalid."""
    values: Row = {}
    errors: Errors = {}
    for name, kind in known.items():
        if name not in given:
            continue
        try:
            values[name] = _coerced(given[name], kind)
        except ValueError as error:
            errors[name] = [str(error)]
    if errors:
        raise Invalid(errors)
    return values


def cents(amount: Decimal) -> Decimal:
    """Half up, as the precision note of §13 has it."""
    return amount.quantize(CENT, rounding=ROUND_HALF_UP)


def whole(value: object) -> int | None:
    """An id as it comes: number or digits of at most 64 bits; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 20:
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    return None


def _coerced(value: object, kind: str | tuple[str, ...]) -> object:
    if kind == "any":
        return value
    if value is None or (value == "" and kind != "text"):
        return None
    if isinstance(kind, tuple):
        if value not in kind:
            raise ValueError("is not included in the list")
        return value
    return _COERCE[kind](value)


def _text(value: object) -> str:
    if isinstance(value, dict | list):
        raise ValueError("is invalid")
    return str(value)


def _whole(value: object) -> int:
    number = whole(value)
    if number is None:
        raise ValueError("is not a number")
    return number


def _number(value: object) -> Decimal:
    if isinstance(value, str) and _NUMBER.fullmatch(value.strip()):
        value = Decimal(value.strip())
    if isinstance(value, bool) or not isinstance(value, int | Decimal) or not Decimal(value).is_finite():
        raise ValueError("is not a number")
    number = Decimal(value)
    if abs(number) >= _MOST:
        raise ValueError("is too large")
    return number


def _money(value: object) -> Decimal:
    return cents(_number(value))


def _flag(value: object) -> bool:
    if value in (True, "true", "1", "on"):
        return True
    if value in (False, "false", "0", "off"):
        return False
    raise ValueError("must be true or false")


def _date(value: object) -> date:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError as error:
        raise ValueError("is not a date") from error


def _ids(value: object) -> list[int]:
    if not isinstance(value, list):
        raise ValueError("is not a list")
    return [_whole(one) for one in value]


def moment(text: str) -> datetime:
    """An ISO time as aware UTC; one without zone is UTC. Raises ValueError."""
    parsed = datetime.fromisoformat(text)
    return parsed.replace(tzinfo=UTC) if parsed.tzinfo is None else parsed.astimezone(UTC)


_COERCE = {
    "text": _text,
    "whole": _whole,
    "money": _money,
    "number": _number,
    "flag": _flag,
    "date": _date,
    "ids": _ids,
}
