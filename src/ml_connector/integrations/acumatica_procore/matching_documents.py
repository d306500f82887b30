"""First-day matching of documents: bills that somebody keyed into Acumatica for what Procore has as well."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import Struct

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.kit.source import Source
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations.declaration import Entry
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Requisition

_NEAR_DAYS = 31


class Invoice(Struct, frozen=True, kw_only=True):
    """What two systems say of the same invoice. `vendor` is the key of the system that it comes from."""

    vendor: str
    number: str
    amount: Decimal
    day: date


def keyed_bills(client: Any, since: date) -> list[Entry]:
    """Bills in Acumatica without our mark, dated `since` or later."""
    return [
        _entry(
            number,
            f"bill {number}: {bill.vendor} {bill.number} over {bill.total} of {bill.date}",
            Invoice(vendor=bill.vendor, number=bill.number, amount=bill.total, day=bill.date),
        )
        for number, bill in acumatica.keyed_bills(client, since)
    ]


def requisitions(client: Any, since: date) -> list[Entry]:
    """Approved requisitions billed `since` or later."""
    found = []
    for document in all_of(procore.requisitions, client):
        assert isinstance(document, Requisition)
        if document.status == "approved" and document.billing_date and document.billing_date >= since:
            invoice = Invoice(
                vendor=document.vendor, number=document.invoice_number, amount=document.due, day=document.billing_date
            )
            found.append(_entry(document.key, _words(document.vendor_name, invoice), invoice))
    return found


def direct_costs(client: Any, since: date) -> list[Entry]:
    """Approved direct costs dated `since` or later."""
    found = []
    for document in all_of(procore.direct_costs, client):
        assert isinstance(document, DirectCost)
        if document.status == "approved" and document.date and document.date >= since:
            invoice = Invoice(
                vendor=document.vendor, number=document.invoice_number, amount=document.total, day=document.date
            )
            found.append(_entry(document.key, _words(document.vendor_name or document.kind, invoice), invoice))
    return found


def score(left: Invoice, right: Invoice, counterpart: Callable[[str, str], str]) -> tuple[int, str]:
    """How surely a bill is the source's invoice, 0 to 100, and why.

    The same number of the same vendor is 85, and 100 with the same amount; the same amount of the same vendor on a
    near day is 70. Without a matched vendor, number and amount together are 75.
    """
    same_vendor = bool(right.vendor) and counterpart("vendors", right.vendor).upper() == left.vendor.upper()
    same_number = bool(bare(left.number)) and bare(left.number) == bare(right.number)
    same_amount = left.amount == right.amount
    near = abs((left.day - right.day).days) <= _NEAR_DAYS
    if same_vendor and same_number:
        if same_amount:
            return 100, "same vendor, number and amount"
        return 85, f"same vendor and number, but {left.amount} there and {right.amount} here"
    if same_number and same_amount:
        return 75, "same number and amount, but another vendor"
    if same_vendor and same_amount and near:
        return 70, f"same vendor and amount, {left.day} there and {right.day} here"
    return 0, ""


def bare(number: str) -> str:
    """An invoice number as people compare it: letters and digits, leading zeros aside."""
    return re.sub(r"[\W_]", "", number).upper().lstrip("0")


def _entry(key: str, name: str, invoice: Invoice) -> Entry:
    tokens = {f"number {bare(invoice.number)}" if bare(invoice.number) else "", f"amount {invoice.amount.normalize()}"}
    return Entry(key=key, name=name, tokens=frozenset(tokens - {""}), subject=invoice)


def _words(who: str, invoice: Invoice) -> str:
    return f"{who} {invoice.number} over {invoice.amount} of {invoice.day}"


def all_of(source: Source, client: Any) -> Iterator[Any]:
    for scope in source.scopes(client):
        position: str | None = None
        while True:
            page = source.read(client, scope, None, position)
            yield from (row.document for row in page.rows)
            position = page.position
            if position is None:
                break
