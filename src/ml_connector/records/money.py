"""Money: exact decimals from wire to wire, quantised by the currency's digits."""

from __future__ import annotations

import re
from decimal import ROUND_HALF_UP, Decimal
from functools import lru_cache
from typing import Final

import iso4217

ZERO: Final = Decimal(0)
_PLAIN: Final = re.compile(r"-?[0-9]+(\.[0-9]+)?")


class BadAmount(ValueError):
    """A text that is no plain decimal number (`NaN`, `1_000`, `12%`, `1,50`)."""


class UnknownCurrency(ValueError):
    """A code that ISO 4217 does not list, or one without minor units (gold, test codes)."""


def parse(text: str | int | Decimal) -> Decimal:
    """A plain decimal number as Decimal; exponents, signs other than `-` and separators are refused.

    Raises BadAmount. An empty text is an error too: whether it means zero is the reader's knowledge.
    """
    if isinstance(text, Decimal):
        if not text.is_finite():
            raise BadAmount(f"{text} is not a finite amount")
        return text
    if isinstance(text, int):
        return Decimal(text)
    if not _PLAIN.fullmatch(text):
        raise BadAmount(f"{text[:40]!r} is not an amount")
    return Decimal(text)


@lru_cache(maxsize=256)
def quantum(currency: str) -> Decimal:
    """The currency's minor unit, `Decimal("0.01")` for USD. Raises UnknownCurrency."""
    try:
        digits = iso4217.Currency(currency).exponent
    except ValueError:
        digits = None
    if digits is None:
        raise UnknownCurrency(f"{currency!r} is not a currency of ISO 4217 with minor units")
    return Decimal(1).scaleb(-digits)


def quantise(amount: Decimal, currency: str) -> Decimal:
    """`amount` in whole minor units, half up (away from zero). Raises UnknownCurrency."""
    return amount.quantize(quantum(currency), rounding=ROUND_HALF_UP)


def fits(amount: Decimal, currency: str) -> bool:
    """Whether `amount` has no digits below the currency's minor unit. Raises UnknownCurrency."""
    return amount == quantise(amount, currency)
