"""Conditions for `$filter`, the same in both protocols (vendors/sap_b1.md §6)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Final
from urllib.parse import quote_plus

LONGEST: Final = 5500
"""Characters of a list of conditions in the address, which servers take up to about 8 KB (vendors/sap_b1.md §15)."""


def literal(value: str | int | date) -> str:
    """`value` as a literal: quoted text and dates, bare numbers."""
    if isinstance(value, int):
        return str(value)
    text = value.isoformat() if isinstance(value, date) else value
    return "'" + text.replace("'", "''") + "'"


def eq(name: str, value: str | int | date) -> str:
    """`name` has exactly this value."""
    return f"{name} eq {literal(value)}"


def ge(name: str, value: str | int | date) -> str:
    """`name` is this value or more."""
    return f"{name} ge {literal(value)}"


def le(name: str, value: str | int | date) -> str:
    """`name` is this value or less."""
    return f"{name} le {literal(value)}"


def all_of(*conditions: str) -> str:
    """Every condition that is not empty holds."""
    return " and ".join(condition for condition in conditions if condition)


def any_of(conditions: Iterable[str]) -> Iterator[str]:
    """Conditions that together match what one of `conditions` does: one, unless it were too long for an address."""
    part: list[str] = []
    length = 0
    for condition in dict.fromkeys(conditions):
        size = len(quote_plus(f"{condition} or "))
        if part and length + size > LONGEST:
            yield _joined(part)
            part, length = [], 0
        part.append(condition)
        length += size
    if part:
        yield _joined(part)


def one_of(name: str, values: Iterable[str | int]) -> Iterator[str]:
    """Conditions that together match every value of `name`."""
    return any_of(eq(name, value) for value in values)


def _joined(part: Sequence[str]) -> str:
    return f"({' or '.join(part)})" if len(part) > 1 else part[0]
