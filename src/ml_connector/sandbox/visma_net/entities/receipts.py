"""Purchase receipts (vendors/visma_net.md §6.3)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.visma_net import coding, numbering, periods
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount, day, quantity
from ml_connector.sandbox.visma_net.entities import orders
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.entities.invoice_links import line_of
from ml_connector.sandbox.visma_net.errors import malformed, not_found, rule, stop_at
from ml_connector.sandbox.visma_net.lines import merge, renamed
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import DAY, FLAG, NUMBER, WHOLE, Fields, choice, lines, texts
from ml_connector.sandbox.visma_net.web.query import Query

_LINE: Final[Fields] = {
    **texts("branchNumber inventoryId transactionDescription uom projectId projectTaskId poOrderNbr note"),
    "lineNbr": WHOLE,
    **dict.fromkeys(("receiptQty", "unitCost", "amount"), NUMBER),
    "poOrderType": choice(*orders.TYPES),
    "poOrderLineNbr": WHOLE,
    "completePoLine": FLAG,
}
FIELDS: Final[Fields] = {
    **texts("receiptNbr postPeriod warehouseId supplierId locationId currency supplierRef branchNumber note"),
    "receiptType": choice("PoReceipt", "PoReturn", "TransferReceipt"),
    **dict.fromkeys(("hold", "createBill"), FLAG),
    "date": DAY,
    **dict.fromkeys(("exchangeRate", "controlQty", "controlAmount"), NUMBER),
    "lines": lines(_LINE),
}
_NAMES = {"lineNbr": "lineNumber", "inventoryId": "inventory"}


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    values = {"receiptType": "PoReceipt", "hold": False, "branchNumber": desk.company.set_up.branch}
    draft = Record(kind="Receipt", key="", values=values)
    apply(desk, draft, {"date": desk.company.today(), **sent})
    return desk.company.add("Receipt", numbering.free(desk, "receipt", "Receipt"), draft.values, draft.lines)


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """Fill and check a receipt that is not released. Raises Refused."""
    doing = "updating the purchase receipt" if draft.key else "inserting the purchase receipt"
    if draft["status"] not in (None, "Hold", "Balanced"):
        raise rule(f"Error {doing}. Error: The receipt {draft.key} is {draft['status']} and cannot be changed.")
    problems: list[str] = []
    draft.values |= {name: value for name, value in sent.items() if name not in ("lines", "receiptNbr", "postPeriod")}
    for line, _ in merge(draft, renamed(sent.get("lines", []), _NAMES), problems):
        _check_line(desk, draft, line, problems)
    if desk.find("Supplier", draft["supplierId"]) is None:
        problems.append(f"Supplier '{draft['supplierId'] or ''}' cannot be found in the system.")
    if draft["date"] is None:
        problems.append("'Date' cannot be empty.")
    draft["period"] = periods.wanted(desk, sent, draft["date"], problems)
    periods.check(desk, draft["period"], "InventoryManagement", problems)
    stop_at(problems, doing)
    draft["status"] = "Hold" if draft["hold"] else "Balanced"
    draft["orders"] = sorted({line["link"]["order"] for line in draft.lines})


def _check_line(desk: Desk, draft: Record, line: Values, problems: list[str]) -> None:
    ref = line.get("link") or {}
    number, at = line.pop("poOrderNbr", ref.get("order")), line.pop("poOrderLineNbr", ref.get("line"))
    order = desk.find("Order", number)
    source = line_of(order, at) if order else None
    if order is None or source is None:
        problems.append(f"The purchase order line {number or ''}, {at or ''} cannot be found in the system.")
        return
    if order["status"] not in ("Open", "Printed"):
        problems.append(f"The purchase order {order.key} is {order['status']}.")
    draft["supplierId"] = draft["supplierId"] or order["supplier"]
    draft["currency"] = draft["currency"] or order["currency"]
    line["link"] = {"order": order.key, "line": source["lineNumber"]}
    for name in ("account", "subaccount", "project", "task", "inventory", "branch"):
        line[name] = line.get(name) or source.get(name)
    left = source["orderQty"] - (source.get("received") or ZERO)
    line["receiptQty"] = line["receiptQty"] if line.get("receiptQty") is not None else left
    if line["receiptQty"] > left:
        problems.append(f"Line '{line['lineNumber']}': the quantity is more than what is left to receive.")
    line["unitCost"] = line.get("unitCost") or source["unitCost"]
    per_unit = source["amount"] / source["orderQty"] if source["orderQty"] else ZERO
    line["amount"] = desk.company.money(line["receiptQty"] * per_unit, draft["currency"] or "")


def of_order(desk: Desk, order: Record) -> Record:
    """A receipt of what is left to receive of an order. Raises Refused."""
    left = [line for line in orders.live(order) if not line.get("completed") and line["lineType"] != "Description"]
    if order["status"] not in ("Open", "Printed") or not left:
        raise rule(f"The purchase order {order.key} has nothing to receive: it is {order['status']}.")
    sent = [_row(order, line["lineNumber"]) for line in left]
    return create(desk, {"supplierId": order["supplier"], "lines": sent})


def _row(order: Record, number: int) -> Values:
    return {"operation": "Insert", "poOrderNbr": order.key, "poOrderLineNbr": number}


def add_orders(desk: Desk, row: Record, body: object) -> None:
    """Whole orders, or lines of orders, are added to a receipt. Raises Refused."""
    named = body if isinstance(body, dict) else {}
    wanted = named.get("purchaseOrders") or named.get("purchaseOrderLines")
    if not isinstance(wanted, list) or not all(isinstance(one, dict) for one in wanted):
        raise malformed("purchaseOrders or purchaseOrderLines is expected.")
    added = []
    for one in wanted:
        order = desk.find("Order", one.get("orderNbr"))
        if order is None:
            raise not_found(f"Purchase order '{one.get('orderNbr')}'")
        chosen = {str(line.get("lineNbr")) for line in one.get("lines") or []}
        lines_of = [line for line in orders.live(order) if not chosen or str(line["lineNumber"]) in chosen]
        added += [_row(order, line["lineNumber"]) for line in lines_of]
    RECEIPTS.change(desk, row, {"lines": added})


def release(desk: Desk, row: Record) -> None:
    """Count what was received on the orders; a line that is there in full is complete. Raises Refused."""
    _need(row, "released", "Balanced")
    problems: list[str] = []
    periods.check(desk, row["period"], "InventoryManagement", problems)
    stop_at(problems, "releasing the purchase receipt")
    _count(desk, row, -1 if row["receiptType"] == "PoReturn" else 1)
    row["status"] = "Released"
    desk.company.touch(row)


def cancel(desk: Desk, row: Record) -> None:
    """Take a released receipt back. Raises Refused."""
    _need(row, "cancelled", "Released")
    _count(desk, row, 1 if row["receiptType"] == "PoReturn" else -1)
    row["status"] = "Cancelled"
    desk.company.touch(row)


def _count(desk: Desk, row: Record, sign: int) -> None:
    for number in row["orders"]:
        order = desk.company["Order"].find(number)
        if order is None:
            continue
        for line in (one for one in row.lines if one["link"]["order"] == order.key):
            target = line_of(order, line["link"]["line"])
            if target is None:
                continue
            target["received"] = (target.get("received") or ZERO) + sign * line["receiptQty"]
            target["received_amount"] = (target.get("received_amount") or ZERO) + sign * line["amount"]
            target["completed"] = bool(line.get("completePoLine")) or target["received"] >= target["orderQty"]
        if order["status"] == "Closed":
            order["status"] = "Open"
        orders.set_status(desk, order)
        desk.company.touch(order)


def _need(row: Record, doing: str, status: str) -> None:
    if row["status"] != status:
        raise rule(f"The purchase receipt {row.key} cannot be {doing}: its status is {row['status']}.")


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    fits = same(
        query,
        receiptType="receiptType",
        status="status",
        supplierId="supplier",
        branchNumber="branch",
        period="finPeriod",
    )
    order, day_of = query.text("poOrderNbr"), query.when("receiptDate")

    def test(row: Record) -> bool:
        return (
            fits(row)
            and (order is None or order.upper() in (number.upper() for number in row["orders"]))
            and (day_of is None or day_of(row["date"]))
            and query.changed(row)
        )

    return test


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    v = row.values
    total = sum((line["amount"] for line in row.lines), ZERO)
    rate = desk.company.rate(v.get("currency") or "")
    return {
        "receiptType": v["receiptType"],
        "receiptNbr": row.key,
        "hold": bool(v.get("hold")),
        "status": v["status"],
        "date": day(v["date"]),
        "postPeriod": periods.post_form(v["period"]),
        "supplier": coding.supplier_ref(desk, v.get("supplierId")),
        "location": {"id": v.get("locationId") or "MAIN", "name": "Main"},
        "currency": v.get("currency"),
        "exchangeRate": quantity(rate),
        "createBill": bool(v.get("createBill")),
        "supplierRef": v.get("supplierRef"),
        "totalQty": quantity(sum((line["receiptQty"] for line in row.lines), ZERO)),
        "controlQty": quantity(v.get("controlQty")),
        "totalAmt": amount(total),
        "controlTotal": amount(v.get("controlAmount")),
        "branchNumber": coding.branch_ref(desk, v["branchNumber"]),
        "lines": [_line(desk, line) for line in row.lines],
        "lastModifiedDateTime": desk.stamp(row.modified),
        "note": v.get("note") or "",
        "timeStamp": row.stamp,
        "errorInfo": "",
    }


def _line(desk: Desk, line: Values) -> Values:
    item = desk.find("Inventory", line.get("inventory"))
    subaccount = desk.find("Subaccount", line.get("subaccount"))
    return {
        "lineNbr": line["lineNumber"],
        "lineType": "NonStock" if item else "Service",
        "inventory": item and {"number": item.key, "description": item["description"]},
        "transactionDescription": line.get("transactionDescription") or "",
        "uom": line.get("uom"),
        "receiptQty": quantity(line["receiptQty"]),
        "unitCost": quantity(line["unitCost"]),
        "amount": amount(line["amount"]),
        "account": coding.account_ref(desk, line.get("account")),
        "sub": subaccount and {"active": True, "id": subaccount.key, "description": subaccount["description"]},
        "project": coding.project_ref(desk, line),
        "projectTask": coding.task_ref(desk, line),
        "poOrderType": "RegularOrder",
        "poOrderNbr": line["link"]["order"],
        "poOrderLineNbr": line["link"]["line"],
        "completePoLine": bool(line.get("completePoLine")),
    }


RECEIPTS = Entity(
    path="/v1/PurchaseReceipt",
    kind="Receipt",
    noun="purchase receipt",
    show=show,
    keep=keep,
    fields=FIELDS,
    create=create,
    apply=apply,
)
RECEIPTS_V2 = Entity(path="/v2/PurchaseReceipt", kind="Receipt", noun="purchase receipt", show=show, keep=keep)
