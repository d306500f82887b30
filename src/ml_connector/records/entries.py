"""What a posted document amounts to, part by part, whatever kind it is: for the month-end comparison."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import Protocol, Self

from msgspec import Struct


class Part(StrEnum):
    """What an amount of a document stands for."""

    COST = "cost"
    RETAINAGE = "retainage"
    TAX = "tax"
    ROUNDING = "rounding"


class Entry(Struct, frozen=True, kw_only=True):
    """One amount of a document, positive where it adds to what is due. `coding` says where a cost was posted.

    Codings are upper-case and bare of blanks, since keys come back padded or in another case from some targets.
    """

    part: Part
    amount: Decimal
    coding: tuple[str, ...] = ()
    center: str = ""


class Posted(Protocol):
    """A document in the ledger. `period` is `YYYY-MM`, "" where it is that of the date."""

    @property
    def date(self) -> date: ...

    @property
    def period(self) -> str: ...

    @property
    def currency(self) -> str: ...

    def entries(self, meant: Self) -> list[Entry]:
        """Its amounts, which come to what is due. `meant` is the document as it was to be: it says what lines mean."""

    def reversed(self) -> Self:
        """The document that takes it back."""


def bare(*keys: str) -> tuple[str, ...]:
    """Keys as they are compared."""
    return tuple(key.strip().upper() for key in keys)
