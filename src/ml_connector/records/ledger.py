"""Lines of the target's general ledger as they stand there, whoever posted them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct


class LedgerLine(Struct, frozen=True, kw_only=True):
    """One posted line on an account. `amount` is in the company's own currency, a debit positive.

    `number` is the ledger's number of the entry, `line` the line's place in it, `text` what it says of itself.
    `vendor` is the key of the vendor behind it, `source` the record that it came from (`requisition:5521`) and `order`
    the commitment (`commitment:7731`), as far as the entry tells; `reference` is our mark, "" where a person posted it.
    """

    account: str
    number: str
    line: int
    date: date
    amount: Decimal
    text: str
    vendor: str = ""
    source: str = ""
    order: str = ""
    reference: str = ""
    project: str = ""
    center: str = ""
