"""Conditions for `$filter` in the OData v3 dialect of the contract-based API (vendors/acumatica.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from urllib.parse import quote_plus

LONGEST: Final = 1650
"""Characters of a list of conditions in the address: IIS takes query strings of 2,048 unless it is told otherwise."""


def literal(value: str | bool | int | Decimal | datetime) -> str:
    """`value` as a typed literal: quoted text, bare booleans and integers, decimals with `M`, UTC time stamps.

    Raises ValueError for a time without zone: the vendor would read it in the tenant's own.
    """
    if isinstance(value, str):
        return "'" + value.replace("'", "''") + "'"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Decimal):
        return f"{value:f}M"
    if value.tzinfo is None:
        raise ValueError(f"{value} has no time zone")
    stamp = value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    return f"datetimeoffset'{stamp}+00:00'"


def eq(name: str, value: str | bool | int | Decimal | datetime) -> str:
    """`name` has exactly this value."""
    return f"{name} eq {literal(value)}"


def since(name: str, start: datetime) -> str:
    """`name` is `start` or later."""
    return f"{name} ge {literal(start)}"


def startswith(name: str, prefix: str) -> str:
    """The text of `name` begins with `prefix`."""
    return f"startswith({name},{literal(prefix)})"


def all_of(*conditions: str) -> str:
    """Every condition that is not empty holds."""
    return " and ".join(condition for condition in conditions if condition)


def any_of(conditions: Iterable[str]) -> str:
    """One of the conditions holds; in parentheses when there are several."""
    listed = list(dict.fromkeys(conditions))
    return f"({' or '.join(listed)})" if len(listed) > 1 else "".join(listed)


def one_of(name: str, values: Iterable[str]) -> Iterator[str]:
    """Conditions that together match every value of `name`: one, unless it would be too long for an address."""
    part: list[str] = []
    length = 0
    for value in dict.fromkeys(values):
        condition = eq(name, value)
        size = len(quote_plus(f"{condition} or "))
        if part and length + size > LONGEST:
            yield any_of(part)
            part, length = [], 0
        part.append(condition)
        length += size
    if part:
        yield any_of(part)
