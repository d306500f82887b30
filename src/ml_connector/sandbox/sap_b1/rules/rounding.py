"""To how many decimals amounts, prices and rates are kept (vendors/sap_b1.md §12)."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ml_connector.sandbox.sap_b1.declared.enums import DECIMALS
from ml_connector.sandbox.sap_b1.desk import Desk

ZERO: Final = Decimal(0)


def places(desk: Desk, currency: str) -> int:
    """Decimals of amounts in a currency: its own, else those of the company's totals."""
    row = desk.store["OCRN"].find(currency)
    own = "cdDefault" if row is None else row["Decimals"]
    return desk.setting("TotalsAccuracy") if own in (None, "cdDefault") else int(DECIMALS.members[own])


def amount(desk: Desk, value: Decimal, currency: str) -> Decimal:
    """Half away from zero."""
    return rounded(value, places(desk, currency))


def rounded(value: Decimal, digits: int) -> Decimal:
    """Half away from zero, to so many digits after the point."""
    return value.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
