"""The read form of purchase orders: plain amounts are in order currency (vendors/visma_net.md §6.3, §11)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount, day, quantity
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.query import Query

OWN = (
    *(f"customStr{number}" for number in range(1, 6)),
    *("customDec1", "customDec2", "customInt1", "customInt2", "customDateTimeUTC1"),
)


def show(desk: Desk, row: Record, taxes: list[Values], query: Query | None, *, basic: bool) -> Values:
    """The order; `basic` leaves the addresses, terms and open amounts out."""
    v, rate = row.values, row["exchangeRate"]
    counted = [line for line in row.lines if not line.get("canceled")]
    details = sum((line["amount"] for line in counted), ZERO)
    vat = sum((one["vat"] for one in taxes), ZERO)
    exempt = details - sum((one["taxable"] for one in taxes if one["rate"]), ZERO)
    totals = {"lineTotal": details, "taxTotal": vat, "vatExemptTotal": exempt, "orderTotal": details + vat}
    totals["controlTotal"] = v.get("controlTotal") or totals["orderTotal"]
    shown: Values = {
        "orderType": v["orderType"],
        "orderNbr": row.key,
        "hold": bool(v.get("hold")),
        "status": v["status"],
        "date": day(v["date"]),
        "promisedOn": day(v.get("promisedOn") or v["date"]),
        "description": v.get("description") or "",
        "supplier": coding.supplier_ref(desk, v["supplier"]),
        "location": {"id": 1, "name": v.get("location") or "Main"},
        "owner": v.get("owner") and {"id": v["owner"], "name": v["owner"]},
        "currency": v.get("currency"),
        "supplierRef": v.get("supplierRef"),
        "exchangeRate": quantity(rate),
        "branch": coding.branch_ref(desk, v.get("branch")),
        "lines": [_line(desk, line, rate, query) for line in row.lines],
        "taxDetails": [_tax(desk, one, place) for place, one in enumerate(taxes, start=1)],
        "purchaseReceipts": _receipts(desk, row),
        "note": v.get("note") or "",
        "lastModifiedDateTime": desk.stamp(row.modified),
        "timeStamp": row.stamp,
        "errorInfo": "",
    }
    for name, value in totals.items():
        shown[name] = amount(value)
        shown[f"{name}InBaseCurrency"] = amount(desk.company.in_base(value, rate))
    if query is None or query.flag("includeCustomFreeFields"):
        shown |= _own(v)
    return shown if basic else shown | _more(desk, row)


def _more(desk: Desk, row: Record) -> Values:
    open_lines = [line for line in row.lines if not line.get("completed") and not line.get("canceled")]
    left = [
        line["amount"] - max(line.get("received_amount") or ZERO, line.get("billed") or ZERO) for line in open_lines
    ]
    return {
        "terms": desk.ref("CreditTerm", row["terms"], "id"),
        "supplierVatZone": desk.ref("VatZone", row["supplierVatZone"], "id"),
        "openQuantity": quantity(sum((line["orderQty"] - (line.get("received") or ZERO) for line in open_lines), ZERO)),
        "openBalance": amount(sum(left, ZERO)),
        "shippingDestinationType": "CompanyLocation",
        "dontPrint": True,
        "printed": row["status"] == "Printed",
        "dontEmail": True,
        "emailed": False,
        "discountDetails": [],
    }


def _own(held: Values) -> Values:
    return {name: day(held.get(name)) if name.startswith("customDate") else held.get(name) for name in OWN}


def _line(desk: Desk, line: Values, rate: Decimal, query: Query | None) -> Values:
    item = desk.find("Inventory", line.get("inventory"))
    gross = line["orderQty"] * line["unitCost"]
    shown = {
        "lineNbr": line["lineNumber"],
        "branch": coding.branch_ref(desk, line.get("branch")),
        "inventory": item and {"number": item.key, "description": item["description"]},
        "lineType": line["lineType"],
        "warehouse": line.get("warehouse") and {"id": line["warehouse"], "description": line["warehouse"]},
        "lineDescription": line.get("lineDescription") or "",
        "uom": line.get("uom"),
        "orderQty": quantity(line["orderQty"]),
        "baseOrderQty": quantity(line["orderQty"]),
        "qtyOnReceipts": quantity(line.get("received")),
        "unitCost": quantity(line["unitCost"]),
        "unitCostInBaseCurrency": quantity(line["unitCost"] * rate),
        "extCost": amount(desk.company.money(gross)),
        "discountPercent": quantity(line.get("discountPercent")),
        "discountAmount": amount(line.get("discountAmount")),
        "amount": amount(line["amount"]),
        "receivedAmt": amount(line.get("received_amount")),
        "taxCategory": desk.ref("VatCategory", line.get("taxCategory"), "number"),
        "account": coding.account_ref(desk, line.get("account")),
        "sub": coding.subaccount_form(desk, line.get("subaccount")),
        "project": coding.project_ref(desk, line),
        "projectTask": coding.task_ref(desk, line),
        "requested": day(line.get("requested")),
        "promised": day(line.get("promised")),
        "completed": bool(line.get("completed")),
        "canceled": bool(line.get("canceled")),
        "orderType": line.get("orderType"),
        "orderNumber": line.get("orderNumber"),
        "note": line.get("note"),
    }
    return shown | _own(line) if query is None or query.flag("includeCustomFreeFields") else shown


def _tax(desk: Desk, one: Values, place: int) -> Values:
    return {
        "taxId": one["taxId"],
        "recordId": place,
        "vatId": desk.ref("Vat", one["taxId"], "number"),
        "vatRate": quantity(one["rate"]),
        "taxableAmount": amount(one["taxable"]),
        "vatAmount": amount(one["vat"]),
    }


def _receipts(desk: Desk, row: Record) -> list[Values]:
    return [_receipt(desk, one) for one in desk.company["Receipt"] if row.key in (one["orders"] or ())]


def _receipt(desk: Desk, row: Record) -> Values:
    supplier = desk.find("Supplier", row["supplierId"])
    return {
        "type": row["receiptType"],
        "receiptNumber": row.key,
        "status": row["status"],
        "supplierName": supplier["name"] if supplier else None,
        "currency": row["currency"],
        "totalQty": quantity(sum((line["receiptQty"] for line in row.lines), ZERO)),
        "totalAmt": amount(sum((line["amount"] for line in row.lines), ZERO)),
    }
