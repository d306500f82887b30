"""A line of a marketing document: what it is coded with and what it comes to."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1.declared.documents import DOCUMENT_LINE
from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import copying
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.rules import coding, rounding, taxes
from ml_connector.sandbox.sap_b1.rules.coding import Place
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

_BLANK: Final = blank(DOCUMENT_LINE) | {
    "BaseType": -1,
    "LineType": "dlt_Regular",
    "TaxLiable": "tYES",
    "WTLiable": "tNO",
    "DeferredTax": "tNO",
    "DistributeExpense": "tYES",
    "LineStatus": "bost_Open",
}
_HUNDRED: Final = Decimal(100)


def prepared(desk: Desk, kind: Kind, head: Row, sent: Row, number: int, *, lenient: bool) -> Row:
    """A whole line from what was sent. `lenient`: a draft's, which may lack its codes."""
    place = Place(kind.lines, number)
    line = _BLANK | copying.from_base(desk, kind, head, sent, number)
    line |= {"LineNum": number if sent.get("LineNum") is None else sent["LineNum"], "VisualOrder": number}
    line["ProjectCode"] = line["ProjectCode"] or head["Project"]
    line["Currency"], line["Rate"] = head["DocCurrency"], head["DocRate"]
    if not (lenient and not line["AccountCode"] and not line["ItemCode"]):
        _account(desk, head, line, place)
    coding.check(desk, line, head["DocDate"], place)
    _amounts(desk, head, line)
    _tax(desk, kind, head, line, number)
    return line | {"OpenAmount": line["LineTotal"], "OpenAmountFC": line["RowTotalFC"]}


def _account(desk: Desk, head: Row, line: Row, place: Place) -> None:
    if head["DocType"] == "dDocument_Items":
        item = desk.store["OITM"].find(line["ItemCode"])
        if item is None or item["Frozen"] == "tYES" or item["PurchaseItem"] != "tYES":
            raise place.refused("ItemCode")
        line["ItemDescription"] = line["ItemDescription"] or item["ItemName"]
        line["AccountCode"] = line["AccountCode"] or item["ExpenseAccount"]
    account = coding.account(desk, line["AccountCode"], head["DocDate"], place)
    if coding.is_control(desk, account["Code"]):
        raise place.refused("AcctCode")


def _amounts(desk: Desk, head: Row, line: Row) -> None:
    """RowTotalFC in the document's currency, LineTotal in the local one."""
    is_local = head["DocCurrency"] == desk.local
    if head["DocType"] == "dDocument_Items":
        total = _by_quantity(desk, head, line)
    else:
        line["Quantity"] = line["Quantity"] or ZERO
        total = _service_total(desk, head, line)
    total = rounding.amount(desk, total, head["DocCurrency"])
    exact = line["LineTotal"] if not is_local and line["LineTotal"] and _in_local(desk, line) else None
    line["LineTotal"] = rounding.amount(desk, exact or total * head["DocRate"], desk.local)
    line["RowTotalFC"] = ZERO if is_local else total
    line["RowTotalSC"] = line["LineTotal"]
    if head["DocType"] == "dDocument_Service":
        line["Price"] = line["UnitPrice"] = total
    line["RemainingOpenQuantity"] = line["Quantity"]


def _in_local(desk: Desk, line: Row) -> bool:
    """Whether LineTotal, and nothing else, was sent in local currency for a document in another one."""
    priced = line["RowTotalFC"] or line["UnitPrice"] or line["Price"]
    return not priced and desk.switches["line_total_currency"] == "local"


def _service_total(desk: Desk, head: Row, line: Row) -> Decimal:
    price = line["UnitPrice"] if line["UnitPrice"] is not None else line["Price"]
    if head["DocCurrency"] == desk.local:
        first = line["LineTotal"] if line["LineTotal"] is not None else price
        return Decimal(first or 0)
    if line["RowTotalFC"] or price:
        return Decimal(line["RowTotalFC"] or price)
    total = Decimal(line["LineTotal"] or 0)
    return total / Decimal(head["DocRate"]) if _in_local(desk, line) else total


def _by_quantity(desk: Desk, head: Row, line: Row) -> Decimal:
    """Quantity times price less discount; a total without a price gives the price."""
    digits = desk.setting("PriceAccuracy")
    quantity = rounding.rounded(Decimal(line["Quantity"] or 1), desk.setting("AccuracyofQuantities"))
    discount = Decimal(line["DiscountPercent"] or 0)
    unit = line["UnitPrice"] if line["UnitPrice"] is not None else line["Price"]
    if unit is None:
        rate = head["DocRate"] if _in_local(desk, line) else Decimal(1)
        total = Decimal(line["LineTotal"] or 0) / rate
        unit = total / quantity if quantity else ZERO
        line["Price"] = line["UnitPrice"] = rounding.rounded(unit, digits)
        line["Quantity"], line["DiscountPercent"] = quantity, ZERO
        return total
    unit = rounding.rounded(Decimal(unit), digits)
    line["Quantity"], line["DiscountPercent"], line["UnitPrice"] = quantity, discount, unit
    line["Price"] = rounding.rounded(unit * (1 - discount / _HUNDRED), digits)
    return quantity * unit * (1 - discount / _HUNDRED)


def _tax(desk: Desk, kind: Kind, head: Row, line: Row, number: int) -> None:
    """The line's tax in both currencies. The property of the other localisation is not looked at."""
    name = taxes.field(desk)
    vendor = desk.vendor(head["CardCode"])
    line[name] = code = line[name] or taxes.default(desk, vendor or {})
    percent = taxes.rate(desk, code, kind.lines, number)
    line["TaxPercentagePerRow"] = percent
    line["TaxTotal"] = line["NetTaxAmount"] = tax_of(desk, line["LineTotal"], percent, desk.local)
    line["NetTaxAmountFC"] = tax_of(desk, line["RowTotalFC"], percent, head["DocCurrency"])
    line["GrossTotal"] = line["LineTotal"] + line["TaxTotal"]
    line["PriceAfterVAT"] = rounding.rounded(
        (line["Price"] or ZERO) * (1 + percent / _HUNDRED), desk.setting("PriceAccuracy")
    )


def tax_of(desk: Desk, amount: Decimal, percent: Decimal, currency: str) -> Decimal:
    """The tax on an amount, rounded as the currency is."""
    return rounding.amount(desk, amount * percent / _HUNDRED, currency)
