"""The read forms of supplier invoices and of AP documents in general (vendors/visma_net.md §6.2)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.visma_net import coding, periods
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount, day, quantity
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.query import Query

_PAIRS = {
    "balance": "balance",
    "detailTotal": "detailTotal",
    "vatTaxableTotal": "vatTaxableTotal",
    "vatExemptTotal": "vatExemptTotal",
    "vatTotal": "vatTotal",
    "roundingDiff": "roundingDiff",
}
_ZEROS = ("discountTotal", "withholdingTax", "cashDiscount")


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    """An invoice with its lines; approvals, notes and attachments of a list come only on request."""
    v, rate = row.values, row["exchangeRate"]
    shown = header(desk, row)
    for name, held in _PAIRS.items():
        shown[name] = amount(desk.company.in_base(v.get(held) or ZERO, rate))
        shown[f"{name}InCurrency"] = amount(v.get(held))
    shown |= {name: amount(ZERO) for zero in _ZEROS for name in (zero, f"{zero}InCurrency")}
    shown |= {
        "hold": bool(v.get("hold")),
        "exchangeRate": quantity(rate),
        "creditTerms": desk.ref("CreditTerm", v.get("creditTermsId"), "id"),
        "paymentRefNo": v.get("paymentRefNo"),
        "cashDiscountDate": day(v.get("cashDiscountDate")),
        "amount": amount(v.get("total")),
        "vatAmount": amount(v.get("vatTotal")),
        "taxCalculationMode": v.get("taxCalculationMode") or "TaxSetting",
        "supplierTaxZone": desk.ref("VatZone", v.get("supplierTaxZone"), "id"),
        "taxDetailLines": [_tax(desk, one) for one in v.get("taxes") or []],
        "invoiceLines": [_line(desk, one, rate) for one in row.lines],
        "attachments": v.get("attachments") or [],
    }
    if query is not None and not query.flag("expandAttachment"):
        shown["attachments"] = []
    if query is not None and not query.flag("expandNote"):
        shown["note"] = ""
    return shown


def document(desk: Desk, row: Record, query: Query | None) -> Values:
    """The short form of /v1/supplierdocument."""
    v, rate = row.values, row["exchangeRate"]
    shown = header(desk, row)
    payables = desk.company.set_up.payables
    return {
        **shown,
        "account": coding.account_ref(desk, payables),
        "amount": amount(desk.company.in_base(v.get("total") or ZERO, rate)),
        "amountInCurrency": amount(v.get("total")),
        "balance": amount(desk.company.in_base(v.get("balance") or ZERO, rate)),
        "balanceInCurrency": amount(v.get("balance")),
        "vatTotal": amount(desk.company.in_base(v.get("vatTotal") or ZERO, rate)),
        "vatTotalInCurrency": amount(v.get("vatTotal")),
        "branch": coding.branch_ref(desk, v.get("branchNumber")),
    }


def header(desk: Desk, row: Record) -> Values:
    """What both forms share."""
    v = row.values
    return {
        "supplier": coding.supplier_ref(desk, v.get("supplierNumber")),
        "documentType": v["documentType"],
        "referenceNumber": v["referenceNumber"],
        "postPeriod": periods.post_form(v["period"]),
        "financialPeriod": v["period"],
        "closedFinancialPeriod": v.get("closedPeriod"),
        "date": day(v.get("date")),
        "origInvoiceDate": day(v.get("origInvoiceDate") or v.get("date")),
        "dueDate": day(v.get("dueDate")),
        "payDate": day(v.get("payDate") or v.get("dueDate")),
        "status": v["status"],
        "approvalStatus": v.get("approvalStatus") or "New",
        "currencyId": v.get("currencyId"),
        "paymentMethod": desk.ref("PaymentMethod", v.get("paymentMethod"), "id"),
        "supplierReference": v.get("supplierReference"),
        "description": v.get("description") or "",
        "note": v.get("note") or "",
        "location": {"id": v.get("locationId") or "MAIN", "name": "Main"},
        "branchNumber": coding.branch_ref(desk, v.get("branchNumber")),
        "paymentMessage": v.get("paymentMessage"),
        "cashAccount": v.get("cashAccount"),
        "createdDateTime": desk.stamp(row.created),
        "lastModifiedDateTime": desk.stamp(row.modified),
        "timeStamp": row.stamp,
        "errorInfo": "",
    }


def _tax(desk: Desk, one: Values) -> Values:
    return {
        "taxId": one["taxId"],
        "vatId": desk.ref("Vat", one["taxId"], "number"),
        "vatRate": quantity(one["rate"]),
        "taxableAmount": amount(one["taxable"]),
        "vatAmount": amount(one["vat"]),
    }


def _line(desk: Desk, line: Values, rate: Decimal) -> Values:
    base = desk.company.in_base
    unit, cost = line.get("unitCostInCurrency") or ZERO, line.get("cost") or ZERO
    discount = line.get("discountAmountInCurrency") or ZERO
    link = line.get("link") or {}
    return {
        "lineNumber": line["lineNumber"],
        "inventoryNumber": line.get("inventory"),
        "transactionDescription": line.get("transactionDescription") or "",
        "quantity": quantity(line.get("quantity")),
        "uom": line.get("uom"),
        "unitCost": quantity(unit * rate),
        "unitCostInCurrency": quantity(unit),
        "cost": amount(base(cost, rate)),
        "costInCurrency": amount(cost),
        "discountPercent": quantity(line.get("discountPercent")),
        "discountAmount": amount(base(discount, rate)),
        "discountAmountInCurrency": amount(discount),
        "account": coding.account_ref(desk, line.get("account")),
        "subaccount": coding.subaccount_form(desk, line.get("subaccount")),
        "vatCode": desk.ref("Vat", line.get("vatCodeId"), "id"),
        "project": coding.project_ref(desk, line),
        "projectTask": coding.task_ref(desk, line),
        "branchNumber": coding.branch_ref(desk, line.get("branch")),
        "poNumber": link.get("order"),
        "poLineNr": link.get("line"),
        "poReceiptNbr": link.get("receipt"),
        "poReceiptLineNbr": link.get("receipt_line"),
        "deferralCode": line.get("deferralCode"),
        "note": line.get("note"),
        "attachments": [],
    }
