"""How values are written on the wire: money with two digits as text, times with seconds and Z (§13)."""

from __future__ import annotations

from datetime import date, datetime
from decimal import ROUND_HALF_UP, Decimal

from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.procore.fields import cents

ZERO = Decimal(0)


def money(amount: Decimal | None) -> str | None:
    return None if amount is None else format(cents(amount), "f")


def sum_text(amount: Decimal) -> str:
    """Money that is never null."""
    return format(cents(amount), "f")


def quantity(amount: Decimal | None) -> str | None:
    """At least one digit after the point, none superfluous: `15.0`, `2.125`."""
    if amount is None:
        return None
    text = format(amount.normalize(), "f")
    return text if "." in text else text + ".0"


def price(amount: Decimal | None) -> str | None:
    """Unit prices of requisition items: four digits."""
    return None if amount is None else format(amount.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP), "f")


def percent(part: Decimal, whole: Decimal) -> str:
    """`96.36`; of nothing `0.00`."""
    return sum_text(part * 100 / whole) if whole else "0.00"


def day(value: date | None) -> str | None:
    return None if value is None else value.isoformat()


def time(value: datetime | None) -> str | None:
    return None if value is None else iso(value)
