"""What buyers do with purchase orders and receipts."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import orders, receipts
from ml_connector.sandbox.visma_net.people.documents import cancel_order, told
from ml_connector.sandbox.visma_net.people.work import (
    LINE,
    Order,
    People,
    Work,
    amount,
    coded,
    day,
    found,
    lines,
    picked,
)
from ml_connector.sandbox.visma_net.records import Record, Values

_NUMBER = {"number": "orderNbr"}
_NEW = {
    "supplier": "number",
    "lines": f"[{{amount, or quantity and unit_cost, inventory?, {LINE}}}]",
    "type?": "RegularOrder, DropShip, Blanket, StandardBlanket",
    "description?": "text",
    "reference?": "supplierRef",
    "date?": "YYYY-MM-DD, today unless given",
    "hold?": "true leaves it on hold",
}
_EDITS = {
    "description?": "new description",
    "supplier?": "new supplier",
    "reference?": "new supplierRef",
    "line?": "number of the line to change, the first unless given",
    "amount?": "its new amount",
    "quantity?": "its new quantity",
    "unit_cost?": "its new unit cost",
    "text?": "its new text",
    "account?": "its new account",
    "project?": "its new project",
    "task?": "its new task",
    "add?": f"lines to add: [{{amount, {LINE}}}]",
    "remove?": "number of a line to delete",
}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    received = {
        "number": "orderNbr",
        "quantity?": "of the line, all that is left unless given",
        "line?": "one line only",
    }
    return {
        "create_order": people.act("enter a purchase order", _NEW, _create),
        "edit_order": people.act("change a purchase order and its lines", _NUMBER | _EDITS, _edit),
        "receive": people.act("receive goods of an order: a receipt, released", received, _receive),
        "cancel_receipt": people.act("take a released receipt back", {"number": "receiptNbr"}, _cancel_receipt),
        "close_order": people.act("complete all lines of an order", _NUMBER, _close),
        "reopen_order": people.act("open a closed order again", _NUMBER, _reopen),
        "cancel_order": people.act("cancel an order that nothing came of", _NUMBER, _cancel),
        "cancel_order_line": people.act("cancel one line", {**_NUMBER, "line": "its number"}, _cancel_line),
        "print_order": people.act("print an open order", _NUMBER, _status("Open", "Printed")),
        "await_print": people.act("let an open order wait for printing", _NUMBER, _status("Open", "PendingPrint")),
    }


def _order(desk: Desk, order: Order) -> Record:
    return found(desk, "Order", order["number"])


def _line(line: Order) -> Values:
    made: Values = {"operation": "Insert", **coded(line), "lineDescription": str(line.get("text") or "")}
    if line.get("inventory"):
        made["inventory"] = str(line["inventory"])
    if line.get("unit_cost") is not None:
        return made | {"orderQty": amount(line.get("quantity", 1)), "unitCost": amount(line["unit_cost"])}
    return made | {"orderQty": Decimal(1), "unitCost": amount(line.get("amount"))}


def _create(desk: Desk, order: Order) -> object:
    sent: Values = {
        "supplier": str(order["supplier"]),
        "orderType": str(order.get("type", "RegularOrder")),
        "description": str(order.get("description") or ""),
        "supplierRef": order.get("reference"),
        "hold": bool(order.get("hold")),
        "lines": [_line(line) for line in lines(order["lines"])],
    }
    if "date" in order:
        sent["date"] = day(order["date"])
    return told(orders.create(desk, sent))


def _edit(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    names = {"description": "description", "supplier": "supplier", "reference": "supplierRef"}
    sent: Values = {held: str(order[name]) for name, held in names.items() if name in order}
    changes = []
    if {"amount", "quantity", "unit_cost", "text", "account", "project", "task"} & order.keys():
        changes.append(_line_change(picked(row, order), order))
    if "add" in order:
        changes += [_line(line) for line in lines(order["add"])]
    if "remove" in order:
        changes.append({"operation": "Delete", "lineNumber": order["remove"]})
    orders.ORDERS.change(desk, row, sent | {"lines": changes})
    return told(row)


def _line_change(line: Values, order: Order) -> Values:
    change: Values = {"operation": "Update", "lineNumber": line["lineNumber"]}
    for name, held in (("quantity", "orderQty"), ("unit_cost", "unitCost")):
        if name in order:
            change[held] = amount(order[name])
    if "amount" in order:
        quantity = change.get("orderQty", line["orderQty"]) or Decimal(1)
        change |= {"amount": amount(order["amount"]), "unitCost": amount(order["amount"]) / quantity}
    for name, held in (("text", "lineDescription"), ("account", "account"), ("project", "project"), ("task", "task")):
        if name in order:
            change[held] = str(order[name])
    return change


def _receive(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    if "line" in order or "quantity" in order:
        line = picked(row, order)
        wanted: Values = {"operation": "Insert", "poOrderNbr": row.key, "poOrderLineNbr": line["lineNumber"]}
        if "quantity" in order:
            wanted["receiptQty"] = amount(order["quantity"])
        receipt = receipts.create(desk, {"supplierId": row["supplier"], "lines": [wanted]})
    else:
        receipt = receipts.of_order(desk, row)
    receipts.release(desk, receipt)
    return told(row) | {"receipt": receipt.key}


def _cancel_receipt(desk: Desk, order: Order) -> object:
    row = found(desk, "Receipt", order["number"])
    receipts.cancel(desk, row)
    return told(row)


def _close(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    if row["status"] in ("Hold", "Closed", "Cancelled", "Voided"):
        raise ActRefused(f"the order {row.key} is {row['status']}")
    for line in row.lines:
        line["completed"] = True
    row["status"] = "Closed"
    desk.company.touch(row)
    return told(row)


def _reopen(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    if row["status"] not in ("Closed", "Cancelled"):
        raise ActRefused(f"the order {row.key} is {row['status']}")
    for line in row.lines:
        line["completed"] = line["canceled"] = False
    row["status"] = "Open"
    desk.company.touch(row)
    return told(row)


def _cancel(desk: Desk, order: Order) -> object:
    return cancel_order(desk, _order(desk, order))


def _cancel_line(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    line = picked(row, order)
    if line.get("received") or line.get("billed"):
        raise ActRefused(f"line {order['line']} is received or billed")
    line["canceled"] = True
    orders.set_status(desk, row)
    desk.company.touch(row)
    return told(row)


def _status(before: str, after: str) -> Work:
    def work(desk: Desk, order: Order) -> object:
        row = _order(desk, order)
        if row["status"] != before and not (after == "Printed" and row["status"] == "PendingPrint"):
            raise ActRefused(f"the order {row.key} is {row['status']}")
        row["status"] = after
        desk.company.touch(row)
        return told(row)

    return work
