"""VendorPayments: how people pay invoices, and take payments back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1 import company_rules, ledger
from ml_connector.sandbox.sap_b1.declared.documents import PAID_DOCUMENT, PAYMENT
from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk, stamped
from ml_connector.sandbox.sap_b1.documents import copying, kinds
from ml_connector.sandbox.sap_b1.edm import Key, Row
from ml_connector.sandbox.sap_b1.errors import (
    no_matching_records,
    not_supported_action,
    not_updatable,
    validation,
)
from ml_connector.sandbox.sap_b1.ledger import Entry, Head, Origin
from ml_connector.sandbox.sap_b1.merging import merged
from ml_connector.sandbox.sap_b1.rules import coding, currencies, periods, rounding
from ml_connector.sandbox.sap_b1.rules.coding import Place
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

TABLE: Final = "OVPM"
SERIES: Final = 15
_BLANK: Final = blank(PAYMENT) | {"DocType": "rSupplier", "Cancelled": "tNO", "CashSum": ZERO, "TransferSum": ZERO}
_BLANK_LINE: Final = blank(PAID_DOCUMENT) | {"InvoiceType": "it_PurchaseInvoice", "InstallmentId": 1}
_KINDS: Final = {"it_PurchaseInvoice": kinds.INVOICE, "it_PurchaseCreditNote": kinds.CREDIT_NOTE}
_TEXTS: Final = frozenset({"Remarks", "JournalRemarks", "Reference1", "Reference2", "TransferReference"})


class Payments:
    """The entity set. What it pays is in local currency; invoices in another one are paid at the payment's rate."""

    name = "VendorPayments"
    type = PAYMENT
    table = TABLE

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.actions: Mapping[str, Callable[[Key, Row], Row | None]] = {"Cancel": self.cancel}

    def rows(self) -> list[Row]:
        """By DocEntry."""
        return self._desk.store[TABLE].rows()

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""
        row = self._desk.store[TABLE].find(key)
        if row is None:
            raise no_matching_records()
        return row

    def create(self, body: Row) -> Row:
        """Check, settle the invoices, post."""
        row = _prepared(self._desk, body)
        company_rules.ask(self._desk, "46", row)
        row["DocEntry"] = self._desk.store.next_number(TABLE)
        row["DocNum"] = self._desk.store.next_number("numbers of OVPM")
        for kind, invoice, amount, foreign in [_found(self._desk, line) for line in row["PaymentInvoices"]]:
            self._desk.store[kind.table].put(stamped(self._desk, copying.paid(invoice, amount, foreign)))
        _post(self._desk, row)
        return self._desk.store[TABLE].put(row)

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """Texts only."""
        stored = self.get(key)
        row = merged(self.type, stored, body, whole=False, replace_collections=False)
        if any(value != stored.get(name) for name, value in row.items() if name not in _TEXTS):
            raise not_updatable()
        self._desk.store[TABLE].put(row)

    def delete(self, key: Key) -> None:
        """Raises -5006."""
        self.get(key)
        raise not_supported_action()

    def cancel(self, key: Key, body: Row) -> None:
        """Reverse the posting; the invoices are open again."""
        row, desk = self.get(key), self._desk
        if row["Cancelled"] == "tYES":
            raise validation("Payment has already been cancelled  [OVPM.Canceled]")
        day = company_rules.cancellation_day(desk, row["DocDate"])
        periods.check(desk, day, TABLE, "DocDate")
        for kind, invoice, amount, foreign in [_found(desk, line) for line in row["PaymentInvoices"]]:
            desk.store[kind.table].put(stamped(desk, copying.paid(invoice, -amount, -foreign)))
        posted = desk.store["OJDT"].where(("OriginalJournal", "Original"), "ttVendorPayment", row["DocEntry"])
        ledger.reversal(desk, posted[0], day, _origin(row))
        desk.store.reverse(TABLE, row["DocEntry"], row["DocEntry"])
        desk.store[TABLE].put(row | {"Cancelled": "tYES"})


def _prepared(desk: Desk, body: Row) -> Row:
    row = _BLANK | {name: value for name, value in body.items() if value is not None}
    row["DocDate"] = day = row["DocDate"] or desk.today
    row["DueDate"], row["TaxDate"] = row["DueDate"] or day, row["TaxDate"] or day
    vendor = coding.vendor(desk, row["CardCode"], day, TABLE)
    periods.check(desk, day, TABLE, "DocDate")
    row["Series"] = company_rules.check_series(desk, row["Series"], SERIES, TABLE)
    row["CardName"], row["DocCurrency"] = vendor["CardName"], row["DocCurrency"] or desk.local
    row["ControlAccount"] = row["ControlAccount"] or vendor["DebitorAccount"] or desk.account("payables")
    row["DocRate"] = currencies.document_rate(desk, row, TABLE)
    for amount, account in (("CashSum", "CashAccount"), ("TransferSum", "TransferAccount")):
        row[amount] = rounding.amount(desk, row[amount], desk.local)
        if row[amount]:
            row[account] = row[account] or desk.account("bank")
            coding.account(desk, row[account], day, Place(TABLE))
    row["PaymentInvoices"] = [
        _BLANK_LINE | {name: value for name, value in line.items() if value is not None} | {"LineNum": number}
        for number, line in enumerate(body.get("PaymentInvoices") or [])
    ]
    _check_sums(desk, row)
    return row


def _check_sums(desk: Desk, row: Row) -> None:
    """What is paid is what is settled; without invoices it stays on the vendor's account."""
    applied = ZERO
    if len({(line["InvoiceType"], line["DocEntry"]) for line in row["PaymentInvoices"]}) < len(row["PaymentInvoices"]):
        raise validation("An invoice is paid twice by one payment  [VPM2.DocNum]")
    for line in row["PaymentInvoices"]:
        kind, invoice, _, _ = _found(desk, line)
        if invoice["CardCode"] != row["CardCode"] or invoice["DocumentStatus"] != "bost_Open":
            raise validation(f"Invoice is closed or of another vendor  [VPM2.DocNum][line: {line['LineNum'] + 1}]")
        if line["SumApplied"] is None:
            line["SumApplied"] = invoice["DocTotal"] - invoice["PaidToDate"]
        copying.paid(invoice, line["SumApplied"], ZERO)
        applied += kind.sign * line["SumApplied"]
    total = row["CashSum"] + row["TransferSum"]
    if total <= 0 or (row["PaymentInvoices"] and applied != total):
        raise validation("Payment amount does not match the applied amounts  [OVPM.DocTotal]")


def _found(desk: Desk, line: Row) -> tuple[kinds.Kind, Row, Decimal, Decimal]:
    """The document that a line pays, and how much of it in local and in its own currency."""
    kind = _KINDS.get(line["InvoiceType"])
    row = desk.store[kind.table].find(line["DocEntry"]) if kind is not None else None
    if kind is None or row is None:
        raise no_matching_records(400)
    amount = line["SumApplied"] or ZERO
    foreign = rounding.amount(desk, amount / row["DocRate"], row["DocCurrency"]) if row["DocTotalFc"] else ZERO
    return kind, row, amount, foreign


def _origin(row: Row) -> Origin:
    return Origin(kind="ttVendorPayment", entry=row["DocEntry"], number=str(row["DocNum"]))


def _post(desk: Desk, row: Row) -> None:
    head = Head(
        origin=_origin(row),
        day=row["DocDate"],
        due=row["DueDate"],
        tax_day=row["TaxDate"],
        memo=row["JournalRemarks"] or f"Outgoing Payments - {row['CardCode']}",
        currency=desk.local,
        reference=str(row["DocNum"]),
        project=row["ProjectCode"],
    )
    entries = [
        Entry(account=row["ControlAccount"], amount=row["CashSum"] + row["TransferSum"], partner=row["CardCode"]),
        Entry(account=row["CashAccount"] or "", amount=-row["CashSum"]),
        Entry(account=row["TransferAccount"] or "", amount=-row["TransferSum"]),
    ]
    ledger.post(desk, head, entries)
