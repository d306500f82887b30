"""Supplier invoices: entry, VAT, changes (vendors/visma_net.md §6.2)."""

from __future__ import annotations

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ml_connector.sandbox.visma_net import coding, numbering, periods
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_form, invoice_links, suppliers
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.errors import not_found, rule, stop_at
from ml_connector.sandbox.visma_net.lines import merge, renamed
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import (
    BARE,
    DAY,
    FLAG,
    NUMBER,
    SEGMENTS,
    TEXT,
    WHOLE,
    choice,
    lines,
    texts,
)
from ml_connector.sandbox.visma_net.web.query import Query

INVOICE: Final = "Invoice"
TYPES: Final = ("Invoice", "CreditAdj", "DebitAdj", "Prepayment", "Refund", "Payment")
READ_TYPES: Final = (*TYPES[:5], "Check", "QuickCheck", "VoidCheck", "VoidQuickCheck")
_UNIT: Final = Decimal("0.000001")
_LINE = {
    **texts(
        "inventoryNumber transactionDescription uom accountNumber vatCodeId projectId projectTaskId branchNumber note"
    ),
    **texts("branch deferralCode"),
    "lineNumber": WHOLE,
    "subaccount": SEGMENTS,
    **dict.fromkeys(("quantity", "unitCostInCurrency", "costInCurrency"), NUMBER),
    **dict.fromkeys(("discountPercent", "discountAmountInCurrency"), NUMBER),
    "projectInternalId": WHOLE,
    "projectTaskInternalId": WHOLE,
    "linkLine": BARE,
}
_NAMES = {
    "inventoryNumber": "inventory",
    "accountNumber": "account",
    "subaccount": "segments",
    "projectId": "project",
    "projectTaskId": "task",
    "projectTaskInternalId": "taskInternalId",
    "branchNumber": "branch",
}
_PRICED = frozenset({"quantity", "unitCostInCurrency", "discountPercent", "discountAmountInCurrency"})
_HEADER = (
    "postPeriod financialPeriod supplierReference description supplierNumber locationId currencyId paymentRefNo"
    " creditTermsId note branchNumber supplierTaxZone cashAccount paymentMethod paymentMessage"
)
FIELDS = {
    **texts(f"referenceNumber {_HEADER}"),
    "documentType": choice(*TYPES),
    **dict.fromkeys(("hold", "overrideNumberSeries", "validateLineDetails"), FLAG),
    **dict.fromkeys(("date", "origInvoiceDate", "dueDate", "cashDiscountDate", "payDate"), DAY),
    **dict.fromkeys(("exchangeRate", "roundingDiffInCurrency", "amount", "vatAmount"), NUMBER),
    "taxCalculationMode": choice("TaxSetting", "Gross", "Net"),
    "invoiceLines": lines(_LINE),
    "taxDetailLines": lines({"taxId": TEXT, "taxableAmount": NUMBER, "vatAmount": NUMBER}),
    "addPOReceiptLines": lines({"poReceiptNumber": TEXT, "poReceiptLineNumber": WHOLE}),
    "addPurchaseOrders": lines({"poOrderNumber": TEXT}),
}
_APART = (
    *("invoiceLines", "taxDetailLines", "addPOReceiptLines", "addPurchaseOrders", "referenceNumber", "documentType"),
    *("overrideNumberSeries", "validateLineDetails", "postPeriod", "financialPeriod", "amount", "vatAmount"),
    "exchangeRate",
)
HARMLESS: Final = frozenset({"description", "note", "dueDate", "payDate", "paymentRefNo", "paymentMessage"})


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    set_up = desk.company.set_up
    values = {"documentType": sent.get("documentType") or INVOICE, "branchNumber": set_up.branch, "hold": False}
    draft = Record(kind="Invoice", key="", values=values)
    supplier = desk.find("Supplier", sent.get("supplierNumber"))
    if supplier is not None:
        draft.values |= {"currencyId": supplier["currencyId"], "creditTermsId": supplier["creditTermsId"]}
        draft.values |= {"paymentMethod": supplier["paymentMethodId"], "supplierTaxZone": supplier["vatZoneId"]}
        draft.values |= {"cashAccount": supplier["cashAccount"]}
    apply(desk, draft, {"date": desk.company.today(), **sent})
    kind, override = draft["documentType"], sent.get("overrideNumberSeries")
    number = numbering.number(desk, "invoice", "Invoice", sent.get("referenceNumber"), override, prefix=f"{kind} ")
    return add(desk, draft, number)


def add(desk: Desk, draft: Record, number: str) -> Record:
    """Store a checked draft."""
    for line in draft.lines:
        coding.settle(desk, line)
    draft["referenceNumber"] = number
    return desk.company.add("Invoice", f"{draft['documentType']} {number}", draft.values, draft.lines)


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """Fill and check a document; a released one takes only what the books do not depend on. Raises Refused."""
    doing = "updating the supplier invoice" if draft.key else "inserting the supplier invoice"
    if draft.key and draft["status"] not in ("Hold", "Balanced") and (sent.keys() - HARMLESS):
        raise rule(f"Error {doing}. Error: The document {draft['referenceNumber']} is {draft['status']}, not changed.")
    problems: list[str] = []
    draft.values |= {name: value for name, value in sent.items() if name not in _APART}
    for line, named in merge(draft, _all_lines(desk, sent, problems), problems):
        _check_line(desk, draft, line, named, problems)
    _header(desk, draft, sent, problems)
    if not draft.lines and not draft["hold"]:
        problems.append("The document has no lines.")
    if not problems:
        totals(desk, draft, sent, problems)
    stop_at(problems, doing)
    if draft["status"] in (None, "Hold", "Balanced"):
        _set_status(desk, draft)


def _all_lines(desk: Desk, sent: Values, problems: list[str]) -> list[Values]:
    found = renamed(sent.get("invoiceLines", []), _NAMES)
    found += invoice_links.of_orders(desk, sent.get("addPurchaseOrders", []), problems)
    return found + invoice_links.of_receipts(desk, sent.get("addPOReceiptLines", []), problems)


def _check_line(desk: Desk, draft: Record, line: Values, named: frozenset[str], problems: list[str]) -> None:
    if "linkLine" in line:
        invoice_links.link(desk, line, line.pop("linkLine"), problems)
    item = desk.find("Inventory", line.get("inventory"))
    if line.get("inventory") and item is None:
        problems.append(f"Inventory ID '{line['inventory']}' cannot be found in the system.")
    if not line.get("account"):
        supplier = desk.find("Supplier", draft["supplierNumber"])
        default = ((supplier["glAccounts"] if supplier else None) or {}).get("expenseAccount")
        line["account"] = item["account"] if item else default
    coding.check(desk, line, problems)
    _price(desk, draft, line, named)
    vat = desk.find("Vat", line.get("vatCodeId"))
    if line.get("vatCodeId") and (vat is None or draft["supplierTaxZone"] not in vat["zones"]):
        problems.append(f"TaxID '{line['vatCodeId']}' cannot be found in the system.")


def _price(desk: Desk, draft: Record, line: Values, named: frozenset[str]) -> None:
    """A cost that is sent stands; otherwise quantity times unit cost, less the discount (§6.2, §11)."""
    unit = line.get("unitCostInCurrency")
    if unit is not None:
        line["unitCostInCurrency"] = unit = unit.quantize(_UNIT, rounding=ROUND_HALF_UP)
    sent = line.pop("costInCurrency", None)
    if sent is not None:
        line["cost"] = desk.company.money(sent, draft["currencyId"] or "")
        return
    line.setdefault("cost", ZERO)
    if unit is None or not named & _PRICED:
        return
    line.setdefault("quantity", Decimal(1))
    gross = (line["quantity"] or ZERO) * unit
    discount = line.get("discountAmountInCurrency") or gross * (line.get("discountPercent") or ZERO) / 100
    line["cost"] = desk.company.money(gross - discount, draft["currencyId"] or "")


def _header(desk: Desk, draft: Record, sent: Values, problems: list[str]) -> None:
    draft["supplierNumber"] = suppliers.check(desk, draft["supplierNumber"], problems)
    lists = (("Branch", "branchNumber"), ("Currency", "currencyId"), ("CreditTerm", "creditTermsId"))
    for kind, name in (*lists, ("PaymentMethod", "paymentMethod"), ("VatZone", "supplierTaxZone")):
        if draft[name] and desk.find(kind, draft[name]) is None:
            problems.append(f"{kind} '{draft[name]}' cannot be found in the system.")
    draft["exchangeRate"] = desk.company.rate_of(sent, draft["currencyId"], draft["exchangeRate"], problems)
    if draft["date"] is None:
        problems.append("'Date' cannot be empty.")
        return
    if draft["dueDate"] is None:
        terms = desk.find("CreditTerm", draft["creditTermsId"])
        draft["dueDate"] = draft["date"] + timedelta(days=int(terms["days"]) if terms else 0)
    if {"financialPeriod", "postPeriod", "date"} & sent.keys() or not draft["period"]:
        draft["period"] = periods.wanted(desk, sent, draft["date"], problems)
    periods.check(desk, draft["period"], "SupplierLedger", problems)


def totals(desk: Desk, draft: Record, sent: Values, problems: list[str]) -> None:
    """Details, VAT and what is due; VAT that is sent stands, else it is computed from the codes (§11)."""
    currency = draft["currencyId"] or ""
    gross = draft["taxCalculationMode"] == "Gross"
    by_code: dict[str, Decimal] = {}
    for line in draft.lines:
        code = line.get("vatCodeId") or ""
        by_code[code] = by_code.get(code, ZERO) + line["cost"]
    if "taxDetailLines" in sent:
        draft["sent_taxes"] = [one for one in sent["taxDetailLines"] if one["operation"] != "Delete"]
    draft["taxes"] = (
        _sent_taxes(desk, draft, problems)
        if draft["sent_taxes"]
        else [_tax(desk, code, cost, gross=gross, currency=currency) for code, cost in sorted(by_code.items()) if code]
    )
    details = sum((line["cost"] for line in draft.lines), ZERO)
    vat = sum((one["vat"] for one in draft["taxes"]), ZERO)
    taxable = sum((one["taxable"] for one in draft["taxes"] if one["rate"]), ZERO)
    rounding = draft["roundingDiff"] = draft.values.pop("roundingDiffInCurrency", draft["roundingDiff"]) or ZERO
    draft.values |= {"detailTotal": details, "vatTotal": vat, "vatTaxableTotal": taxable}
    draft["vatExemptTotal"] = details - taxable - (vat if gross else ZERO)
    draft["total"] = details + (ZERO if gross else vat) + rounding
    if draft["status"] in (None, "Hold", "Balanced"):
        draft["balance"] = draft["total"]
    if sent.get("amount") is not None and not draft["hold"] and sent["amount"] != draft["total"]:
        problems.append("The document is out of balance: the amount does not equal the total of the lines.")


def _tax(desk: Desk, code: str, cost: Decimal, *, gross: bool, currency: str) -> Values:
    row = desk.find("Vat", code)
    rate = Decimal(row["rate"]) if row else ZERO
    vat = desk.company.money(cost * rate / (100 + rate) if gross else cost * rate / 100, currency)
    return {"taxId": code, "rate": rate, "taxable": cost - vat if gross else cost, "vat": vat}


def _sent_taxes(desk: Desk, draft: Record, problems: list[str]) -> list[Values]:
    found = []
    for one in draft["sent_taxes"]:
        row = desk.find("Vat", one.get("taxId"))
        if row is None:
            problems.append(f"TaxID '{one.get('taxId') or ''}' cannot be found in the system.")
            continue
        vat, taxable = one.get("vatAmount") or ZERO, one.get("taxableAmount")
        found.append({"taxId": row.key, "rate": Decimal(row["rate"]), "vat": vat, "taxable": taxable or ZERO})
    return found


def _set_status(desk: Desk, draft: Record) -> None:
    draft["status"] = "Hold" if draft["hold"] else "Balanced"
    supplier = desk.find("Supplier", draft["supplierNumber"])
    marked = bool(supplier and supplier["needs_approval"]) or desk.switches.on("invoice_approval")
    if draft["hold"]:
        draft["approvalStatus"] = "New"
    elif marked and draft["approvalStatus"] in (None, "New"):
        draft["approvalStatus"] = "SentToApproval"


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    fits = same(query, supplierNumber="supplier", documentType="documentType", status="status", branchNumber="branch")
    period, project, item = query.text("financialPeriod"), query.text("project"), query.text("item")
    released = query.flag("released")
    days = [(name, query.when(param)) for name, param in (("dueDate", "dueDate"), ("date", "docDate"))]
    balance = query.amount("balance")

    def test(row: Record) -> bool:
        return (
            fits(row)
            and (period is None or row["period"] == period)
            and (released is None or released == (row["status"] not in ("Hold", "Balanced")))
            and (project is None or any(line.get("project") == project for line in row.lines))
            and (item is None or any(line.get("inventory") == item for line in row.lines))
            and all(one is None or one(row[name]) for name, one in days)
            and (balance is None or balance(row["balance"]))
            and query.changed(row)
        )

    return test


class _Invoices(Entity, frozen=True, kw_only=True):
    """Keyed by type and number; a number alone means the type Invoice (§12)."""

    def get(self, desk: Desk, key: str) -> Record:
        kind, _, number = key.rpartition(" ")
        record = desk.find(self.kind, f"{kind or INVOICE} {number}")
        if record is None:
            raise not_found(f"Supplier invoice '{number}'")
        return record


def _settled(desk: Desk, row: Record) -> None:
    for line in row.lines:
        coding.settle(desk, line)


INVOICES = _Invoices(
    path="/v1/supplierInvoice",
    kind="Invoice",
    noun="supplier invoice",
    show=invoice_form.show,
    keep=keep,
    fields=FIELDS,
    create=create,
    apply=apply,
    settled=_settled,
)
DOCUMENTS = Entity(path="/v1/supplierdocument", kind="Invoice", noun="document", show=invoice_form.document, keep=keep)
