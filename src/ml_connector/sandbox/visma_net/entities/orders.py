"""Purchase orders (vendors/visma_net.md §6.3)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ml_connector.sandbox.visma_net import coding, numbering
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import order_form, suppliers
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.errors import rule, stop_at
from ml_connector.sandbox.visma_net.lines import merge, renamed
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import DAY, FLAG, NUMBER, SEGMENTS, WHOLE, Fields, choice, lines, texts
from ml_connector.sandbox.visma_net.web.query import Query

TYPES: Final = ("RegularOrder", "DropShip", "Blanket", "StandardBlanket")
LINE_TYPES: Final = (
    *("GoodsForInventory", "GoodsForSalesOrder", "GoodsForReplenishment", "GoodsForDropShip", "NonStockForDropShip"),
    *("NonStockForSalesOrder", "NonStock", "Service", "Freight", "Description"),
)
_UNIT: Final = Decimal("0.000001")
_OWN: Final[Fields] = {
    **texts("customStr1 customStr2 customStr3 customStr4 customStr5"),
    "customDec1": NUMBER,
    "customDec2": NUMBER,
    "customInt1": WHOLE,
    "customInt2": WHOLE,
    "customDateTimeUTC1": DAY,
}
_LINE: Final[Fields] = {
    **texts("branch inventory lineDescription uom account project projectTask taxCategory warehouse note orderNumber"),
    **_OWN,
    "lineNumber": WHOLE,
    "lineType": choice(*LINE_TYPES),
    "orderType": choice(*TYPES),
    "sub": SEGMENTS,
    **dict.fromkeys(("orderQty", "unitCost", "amount", "discountPercent", "discountAmount"), NUMBER),
    "completed": FLAG,
    "requested": DAY,
    "promised": DAY,
}
_NAMES = {"sub": "segments", "projectTask": "task"}
FIELDS: Final[Fields] = {
    **texts("orderNumber description supplier location owner currency supplierRef branch terms note supplierVatZone"),
    **_OWN,
    "orderType": choice(*TYPES),
    "hold": FLAG,
    "date": DAY,
    "promisedOn": DAY,
    "exchangeRate": NUMBER,
    "controlTotal": NUMBER,
    "overrideNumberSeries": FLAG,
    "lines": lines(_LINE),
}
_PRICED = frozenset({"orderQty", "unitCost", "discountPercent", "discountAmount"})
_DONE: Final = ("Closed", "Cancelled", "Voided")


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    values = {"orderType": "RegularOrder", "branch": desk.company.set_up.branch, "hold": True}
    draft = Record(kind="Order", key="", values=values)
    supplier = desk.find("Supplier", sent.get("supplier"))
    if supplier is not None:
        draft.values |= {"currency": supplier["currencyId"], "terms": supplier["creditTermsId"]}
        draft["supplierVatZone"] = supplier["vatZoneId"]
    apply(desk, draft, {"date": desk.company.today(), **sent})
    number = numbering.number(desk, "order", "Order", sent.get("orderNumber"), sent.get("overrideNumberSeries"))
    for line in draft.lines:
        coding.settle(desk, line)
    return desk.company.add("Order", number, draft.values, draft.lines)


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """Fill and check an order that is not done. Raises Refused."""
    doing = "updating the purchase order" if draft.key else "inserting the purchase order"
    if draft["status"] in _DONE:
        raise rule(f"Error {doing}. Error: The order {draft.key} is {draft['status']} and cannot be changed.")
    problems: list[str] = []
    before = {line["lineNumber"] for line in draft.lines if line.get("received") or line.get("billed")}
    draft.values |= {
        name: value
        for name, value in sent.items()
        if name not in ("lines", "orderNumber", "overrideNumberSeries", "exchangeRate")
    }
    for line, named in merge(draft, renamed(sent.get("lines", []), _NAMES), problems):
        check_line(desk, draft, line, named, problems)
    if gone := before - {line["lineNumber"] for line in draft.lines}:
        problems.append(f"Line '{min(gone)}' is received or billed and cannot be deleted.")
    _header(desk, draft, sent, problems)
    if not draft["hold"] and draft["controlTotal"] and draft["controlTotal"] != total(desk, draft):
        problems.append("The control total does not equal the order total.")
    stop_at(problems, doing)
    set_status(desk, draft)


def _header(desk: Desk, draft: Record, sent: Values, problems: list[str]) -> None:
    draft["supplier"] = suppliers.check(desk, draft["supplier"], problems)
    draft["orderType"] = draft["orderType"] or "RegularOrder"
    for kind, name in (
        ("Branch", "branch"),
        ("Currency", "currency"),
        ("CreditTerm", "terms"),
        ("VatZone", "supplierVatZone"),
    ):
        if draft[name] and desk.find(kind, draft[name]) is None:
            problems.append(f"{kind} '{draft[name]}' cannot be found in the system.")
    if draft["date"] is None:
        problems.append("'Date' cannot be empty.")
    draft["exchangeRate"] = desk.company.rate_of(sent, draft["currency"], draft["exchangeRate"], problems)


def check_line(desk: Desk, draft: Record, line: Values, named: frozenset[str], problems: list[str]) -> None:
    """Item, coding and price of a line."""
    item = desk.find("Inventory", line.get("inventory"))
    if line.get("inventory") and item is None:
        problems.append(f"Inventory ID '{line['inventory']}' cannot be found in the system.")
    line["lineType"] = line.get("lineType") or ("NonStock" if item else "Service")
    if line["lineType"] == "Description":
        line |= {"amount": ZERO, "orderQty": ZERO, "unitCost": ZERO}
        return
    if item is not None and not line.get("account"):
        line["account"] = item["account"]
    coding.check(desk, line, problems)
    category = line.get("taxCategory")
    if category and desk.find("VatCategory", category) is None:
        problems.append(f"VAT category '{category}' cannot be found in the system.")
    _price(desk, draft, line, named)
    if line["orderQty"] < (line.get("received") or ZERO):
        problems.append(f"Line '{line['lineNumber']}': the quantity is less than what was received.")


def _price(desk: Desk, draft: Record, line: Values, named: frozenset[str]) -> None:
    line["orderQty"] = line["orderQty"] if line.get("orderQty") is not None else Decimal(1)
    line["unitCost"] = (line.get("unitCost") or ZERO).quantize(_UNIT, rounding=ROUND_HALF_UP)
    currency = draft["currency"] or ""
    if "amount" in named and line.get("amount") is not None:
        line["amount"] = desk.company.money(line["amount"], currency)
    elif named & _PRICED or line.get("amount") is None:
        gross = line["orderQty"] * line["unitCost"]
        discount = line.get("discountAmount") or gross * (line.get("discountPercent") or ZERO) / 100
        line["amount"] = desk.company.money(gross - discount, currency)


def total(desk: Desk, row: Record) -> Decimal:
    """The order's total with VAT."""
    return sum((one["amount"] for one in live(row)), ZERO) + sum((one["vat"] for one in taxes(desk, row)), ZERO)


def live(row: Record) -> Iterable[Values]:
    """The lines that count."""
    return [line for line in row.lines if not line.get("canceled")]


def taxes(desk: Desk, row: Record) -> list[Values]:
    """VAT by code, from the categories of the lines and the supplier's zone."""
    found: dict[str, Values] = {}
    for line in live(row):
        category = desk.find("VatCategory", line.get("taxCategory"))
        vat = desk.find("Vat", category["vat"]) if category else None
        if vat is None or row["supplierVatZone"] not in vat["zones"]:
            continue
        one = found.setdefault(vat.key, {"taxId": vat.key, "rate": Decimal(vat["rate"]), "taxable": ZERO})
        one["taxable"] += line["amount"]
    for one in found.values():
        one["vat"] = desk.company.money(one["taxable"] * one["rate"] / 100, row["currency"] or "")
    return list(found.values())


def set_status(desk: Desk, row: Record) -> None:
    """What the hold flag and the lines make of an order that is not cancelled."""
    lines_of = [line for line in live(row) if line["lineType"] != "Description"]
    if row["hold"]:
        row["status"], row["approved"] = "Hold", False
    elif lines_of and all(line.get("completed") for line in lines_of):
        row["status"] = "Closed"
    elif desk.switches.on("order_approval") and not row["approved"]:
        row["status"] = "Balanced"
    elif row["status"] not in ("PendingPrint", "PendingEmail", "Printed"):
        row["status"] = "Open"


def follow_billing(desk: Desk, invoice: Record) -> None:
    """Order lines that an invoice has billed in full are complete."""
    numbers = {line["link"]["order"] for line in invoice.lines if (line.get("link") or {}).get("order")}
    for number in sorted(numbers):
        order = desk.find("Order", number)
        if order is None or order["status"] in _DONE:
            continue
        for line in order.lines:
            if line["amount"] and (line.get("billed") or ZERO) >= line["amount"]:
                line["completed"] = True
        set_status(desk, order)
        desk.company.touch(order)


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters; there is none on projects."""
    fits = same(query, orderType="orderType", status="orderStatus", supplier="supplier", branch="branch")
    days = [(name, query.when(param)) for name, param in (("date", "orderDate"), ("promisedOn", "deliveryDate"))]

    def test(row: Record) -> bool:
        return fits(row) and all(one is None or one(row[name]) for name, one in days) and query.changed(row)

    return test


def _settled(desk: Desk, row: Record) -> None:
    for line in row.lines:
        coding.settle(desk, line)


def _entity(path: str, *, basic: bool) -> Entity:
    def show(desk: Desk, row: Record, query: Query | None) -> Values:
        return order_form.show(desk, row, taxes(desk, row), query, basic=basic)

    return Entity(
        path=path,
        kind="Order",
        noun="purchase order",
        show=show,
        keep=keep,
        fields={name: field for name, field in FIELDS.items() if not basic or name not in ("terms", "supplierVatZone")},
        create=create,
        apply=apply,
        settled=_settled,
    )


ORDERS = _entity("/v1/purchaseorder", basic=False)
BASIC_ORDERS = _entity("/v1/purchaseorderbasic", basic=True)
