"""Currencies and exchange rates; a rate says how much of the local currency one unit is worth."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import enter_valid_code, validation
from ml_connector.sandbox.sap_b1.rules import rounding

ANY = "##"
"""A business partner or account of all currencies."""


def rate_of(desk: Desk, currency: str, day: date) -> Decimal | None:
    """The rate of a day; None when nobody entered one."""
    if currency == desk.local:
        return Decimal(1)
    row = desk.store["ORTT"].find(currency)
    if row is None:
        return None
    rate: Decimal | None = row["Days"].get(day.isoformat(), row["Usual"])
    return rate


def check(desk: Desk, currency: str, table: str, column: str, line: int | None = None) -> str:
    """A known currency."""
    if desk.store["OCRN"].find(currency) is None:
        raise enter_valid_code(table, column, line)
    return currency


def document_rate(desk: Desk, row: Row, table: str) -> Decimal:
    """The document's own rate, else that of its date. Raises when there is neither."""
    if row["DocCurrency"] == desk.local:
        return Decimal(1)
    rate = row["DocRate"] or rate_of(desk, row["DocCurrency"], row["DocDate"])
    if not rate or rate <= 0:
        raise validation(f"Specify exchange rate for the posting date  [{table}.DocRate]")
    return rounding.rounded(rate, desk.setting("RateAccuracy"))
