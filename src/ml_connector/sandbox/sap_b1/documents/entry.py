"""A marketing document as it is entered: defaults of the head, its lines, its totals."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1 import company_rules
from ml_connector.sandbox.sap_b1.declared.documents import DOCUMENT, DOCUMENT_LINE
from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import kinds, lines
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import business_rule, enter_valid_code, validation
from ml_connector.sandbox.sap_b1.rules import coding, currencies, periods, rounding
from ml_connector.sandbox.sap_b1.rules.coding import Place
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

_BLANK: Final = blank(DOCUMENT) | {
    "DocType": "dDocument_Items",
    "HandWritten": "tNO",
    "Printed": "psNo",
    "Rounding": "tNO",
    "Confirmed": "tYES",
    "PartialSupply": "tYES",
    "PaymentBlock": "tNO",
    "DeferredTax": "tNO",
    "ReserveInvoice": "tNO",
    "NumberOfInstallments": 1,
    "DocumentStatus": "bost_Open",
    "AuthorizationStatus": "dasWithout",
    "Cancelled": "tNO",
    "CancelStatus": "csNo",
    "PaidToDate": ZERO,
    "PaidToDateFC": ZERO,
    "PaidToDateSys": ZERO,
}
_OWN: Final = frozenset({"DocNum", "DocTotal", "DocTotalFc", "DocRate", "FinancialPeriod"})
_TERMS: Final = {-1: 0, 1: 30, 2: 60, 3: 10}
"""Days until payment by payment terms group."""
_HUNDRED: Final = Decimal(100)


def prepared(desk: Desk, kind: Kind, body: Row, *, lenient: bool = False) -> Row:
    """A checked document, not numbered yet. `lenient`: a draft, which may lack codes and lines."""
    head = _head(desk, kind, body, lenient=lenient)
    sent = body.get("DocumentLines") or []
    if not sent and not lenient:
        raise validation(f"Document must contain at least one line  [{kind.table}.DocTotal]")
    head["DocumentLines"] = [
        lines.prepared(desk, kind, head, line, number, lenient=lenient) for number, line in enumerate(sent)
    ]
    _totals(desk, head, body)
    if head["DocTotal"] < 0 and not lenient and desk.switches["negative_totals"] == "refuse":
        raise validation(f"Total amount must be zero or greater than zero  [{kind.table}.DocTotal]")
    return head


def _head(desk: Desk, kind: Kind, body: Row, *, lenient: bool) -> Row:
    row = _BLANK | {name: value for name, value in body.items() if value is not None and name != "DocNum"}
    row["DocDate"] = day = row["DocDate"] or desk.today
    row["TaxDate"] = row["TaxDate"] or day
    row["VatDate"] = row["VatDate"] or day
    vendor = coding.vendor(desk, row["CardCode"], day, kind.table)
    period = periods.of_day(desk, day) if lenient else periods.check(desk, day, kind.table, "DocDate")
    row["FinancialPeriod"] = period["AbsoluteEntry"] if period is not None else None
    row["Series"] = company_rules.check_series(desk, row["Series"], kind.series, kind.table)
    company_rules.check_branch(desk, row["BPL_IDAssignedToInvoice"], kind.table, "BPLId")
    coding.check_project(desk, row["Project"], day, Place(kind.table))
    _vendor_defaults(desk, kind, row, vendor)
    row["DocDueDate"] = row["DocDueDate"] or (None if lenient and kind is kinds.ORDER else _due(kind, row, day))
    row["DocObjectCode"] = kind.object
    row["JournalMemo"] = row["JournalMemo"] or f"{_WORDS[kind.object_type]} - {row['CardCode']}"[:50]
    row["DocTime"] = row["DocTime"] or f"{desk.now:%H:%M:%S}"
    row["CreationDate"] = row["CreationDate"] or desk.today
    _check_number(desk, kind, row)
    return row


_WORDS: Final = {18: "A/P Invoices", 19: "A/P Credit Memos", 20: "Goods Receipt POs", 22: "Purchase Orders"}


def _vendor_defaults(desk: Desk, kind: Kind, row: Row, vendor: Row) -> None:
    row["CardName"] = row["CardName"] or vendor["CardName"]
    row["FederalTaxID"] = row["FederalTaxID"] or vendor["FederalTaxID"]
    if row["PaymentGroupCode"] is None:
        row["PaymentGroupCode"] = vendor["PayTermsGrpCode"]
    usual = desk.local if vendor["Currency"] in (None, currencies.ANY) else vendor["Currency"]
    row["DocCurrency"] = currencies.check(desk, row["DocCurrency"] or usual, kind.table, "DocCur")
    if vendor["Currency"] not in (None, currencies.ANY, row["DocCurrency"]) and row["DocCurrency"] != desk.local:
        raise enter_valid_code(kind.table, "DocCur")
    row["DocRate"] = currencies.document_rate(desk, row, kind.table)
    row["ControlAccount"] = row["ControlAccount"] or vendor["DebitorAccount"] or desk.account("payables")
    account = coding.account(desk, row["ControlAccount"], row["DocDate"], Place(kind.table))
    if not coding.is_locked(account):
        raise enter_valid_code(kind.table, "CtlAccount")


def _due(kind: Kind, row: Row, day: date) -> date:
    """An order needs its own; the others follow the payment terms."""
    if kind is kinds.ORDER:
        raise validation(f"Enter delivery date  [{kind.table}.DocDueDate]")
    return day + timedelta(days=_TERMS.get(row["PaymentGroupCode"], 0))


def _check_number(desk: Desk, kind: Kind, row: Row) -> None:
    """A vendor's number that was used before, where the company does not want that."""
    number = row["NumAtCard"]
    if not number or desk.switches["duplicate_num_at_card"] == "allow" or desk.opening is not None:
        return
    same = desk.store[kind.table].where(("CardCode", "NumAtCard"), row["CardCode"], number)
    if any(one["CancelStatus"] == "csNo" and one["DocEntry"] != row["DocEntry"] for one in same):
        raise business_rule(10001145, f"Vendor reference number '{number}' already exists for '{row['CardCode']}'")


def _totals(desk: Desk, row: Row, body: Row) -> None:
    """DocTotal and its parts; a total that was sent is met by a discount."""
    goods = sum((line["LineTotal"] for line in row["DocumentLines"]), ZERO)
    tax = sum((line["TaxTotal"] for line in row["DocumentLines"]), ZERO)
    share = (row["DiscountPercent"] or ZERO) / _HUNDRED
    wanted = body.get("DocTotal")
    if wanted is not None and goods + tax and wanted != goods + tax and row["DocCurrency"] == desk.local:
        share = 1 - Decimal(wanted) / (goods + tax)
    discount = rounding.amount(desk, goods * share, desk.local)
    vat = rounding.amount(desk, tax * (1 - share), desk.local)
    if wanted is not None and row["DocCurrency"] == desk.local and goods + tax:
        vat += rounding.amount(desk, Decimal(wanted), desk.local) - (goods - discount + vat) if tax else ZERO
    extra = rounding.amount(desk, row["RoundingDiffAmount"] or ZERO, desk.local) if row["Rounding"] == "tYES" else ZERO
    row["DiscountPercent"] = rounding.rounded(share * _HUNDRED, desk.setting("PercentageAccuracy"))
    row["TotalDiscount"], row["VatSum"], row["RoundingDiffAmount"] = discount, vat, extra
    row["VatSumSys"], row["BaseAmount"] = vat, goods
    row["DocTotal"] = row["DocTotalSys"] = goods - discount + vat + extra
    _foreign_totals(desk, row, share)


def _foreign_totals(desk: Desk, row: Row, share: Decimal) -> None:
    goods = sum((line["RowTotalFC"] for line in row["DocumentLines"]), ZERO)
    tax = sum((line["NetTaxAmountFC"] for line in row["DocumentLines"]), ZERO)
    row["TotalDiscountFC"] = rounding.amount(desk, goods * share, row["DocCurrency"])
    row["VatSumFc"] = rounding.amount(desk, tax * (1 - share), row["DocCurrency"])
    row["DocTotalFc"] = goods - row["TotalDiscountFC"] + row["VatSumFc"]


def as_sent(row: Row, changes: Row) -> Row:
    """A stored document as if it were entered again: what is calculated is left out unless `changes` gives it."""
    read_only = {one.name for one in DOCUMENT.properties if one.read_only}
    kept = {name: value for name, value in row.items() if name not in read_only | _OWN or name in changes}
    if "DocTotal" in changes:
        kept["DiscountPercent"] = None
    by_number = {line.get("LineNum"): line for line in changes.get("DocumentLines") or []}
    kept["DocumentLines"] = [
        _line_as_sent(row, line, by_number.get(line["LineNum"], {})) for line in row["DocumentLines"]
    ]
    return kept


def _line_as_sent(head: Row, line: Row, changes: Row) -> Row:
    """One amount leads: the one that changed, else the price of an item and the total of a service.

    A line that is new stays as it was sent.
    """
    if "OpenAmount" not in line:
        return dict(line)
    read_only = {one.name for one in DOCUMENT_LINE.properties if one.read_only}
    kept = {name: value for name, value in line.items() if name not in read_only}
    amounts = ("LineTotal", "RowTotalFC", "UnitPrice", "Price")
    leading = [name for name in amounts if name in changes]
    if not leading:
        leading = ["UnitPrice"] if head["DocType"] == "dDocument_Items" else ["LineTotal"]
        if leading == ["LineTotal"] and line.get("RowTotalFC"):
            leading = ["RowTotalFC"]
    return {name: value for name, value in kept.items() if name not in amounts or name in leading}
