"""Payments as the ledger holds them, and payment status as it is shown where the work is managed."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs


class Payment(Struct, frozen=True, kw_only=True):
    """One payment as applied to one bill. `amount` is what it pays of that bill; `status` is applied or voided.

    `number` names the payment in the ledger, `reference` is the check or wire number, `bill` the ledger's number of
    the bill and `vendor_number` the vendor's own number on it. `balance` is what is left of the bill now.
    """

    key: str
    number: str
    reference: str
    method: str
    vendor: str
    bill: str
    vendor_number: str
    date: date
    amount: Decimal
    currency: str
    status: str
    balance: Decimal

    def for_the_books(self) -> Payment:
        """The same without the bill's balance, which other payments move."""
        return structs.replace(self, balance=Decimal(0))


class PaymentNote(Struct, frozen=True, kw_only=True):
    """A payment as the other system should show it on a commitment, or on a direct cost.

    `commitment` and `requisition` are keys there; for a direct cost both are empty and `direct_cost` is its key.
    `pays_off`: the document is paid in full with it, so that its payment date is shown. `mark`: our mark, to be set
    on the document when it is paid off (which locks it there), or "".
    """

    reference: str
    project: str
    commitment: str
    requisition: str
    direct_cost: str
    amount: Decimal
    date: date
    check_number: str
    method: str
    invoice_number: str
    notes: str
    pays_off: bool
    mark: str = ""
