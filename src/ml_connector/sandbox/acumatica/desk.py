"""Whoever works on the books: the tables, the company's set-up, the switches, and the day and branch of the work."""

from __future__ import annotations

from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.store import Store
from ml_connector.sandbox.kit.switches import Switches

NO_PROJECT: Final = "X"
"""The non-project code (vendors/acumatica.md §8.2)."""


class SetUp(Struct, frozen=True, kw_only=True):
    """The company's preferences that no entity shows."""

    currency: str
    branch: str
    ledger: str
    subaccount: str
    payables: str
    retainage_payable: str
    cash: str
    tax: str
    tax_zone: str
    tax_rates: dict[str, Decimal]
    """Tax id -> percent."""
    digits: int = 2
    unit_digits: int = 4


class Desk(Struct):
    """Passed to every rule. `today` is the business date."""

    store: Store
    set_up: SetUp
    switches: Switches
    today: date
    branch: str
    user: str = "admin"
    session: str = ""
    archived: bool = False
    """Whether the caller wants to see archived records."""

    def money(self, amount: Decimal, currency: str = "") -> Decimal:
        """Rounded to the currency (the company's unless given), half away from zero (vendors/acumatica.md §11)."""
        row = self.find("Currency", currency) if currency else None
        digits = row["DecimalPrecision"] if row is not None else None
        places = digits if isinstance(digits, int) else self.set_up.digits
        return amount.quantize(Decimal(1).scaleb(-places), rounding=ROUND_HALF_UP)

    def units(self, amount: Decimal) -> Decimal:
        """A quantity or unit cost to the company's decimal places (vendors/acumatica.md §11)."""
        step = Decimal(1).scaleb(-self.set_up.unit_digits)
        return amount if amount == amount.quantize(step) else amount.quantize(step, rounding=ROUND_HALF_UP)

    def find(self, kind: str, *key: str) -> Row | None:
        """The record with the key."""
        return self.store[kind].find(*key)
