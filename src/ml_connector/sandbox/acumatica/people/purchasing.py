"""What people do with orders, subcontracts and change orders."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.sandbox.acumatica import saving
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import change_orders, orders
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.people.work import (
    CODING,
    Order,
    People,
    Work,
    amount,
    day,
    found,
    line_at,
    lines,
    texts,
    whole,
)
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.kit.vendor import Act, ActRefused

_ORDER = {
    "number": "OrderNbr or SubcontractNbr",
    "type?": "Normal, …, or Subcontract; Subcontract unless given",
}
_LINE = "{account, amount | quantity and unit_cost, project?, task?, cost_code?, subaccount?, text?}"
_HEADER = {
    "description?": "Description",
    "vendor_ref?": "VendorRef",
    "date?": "YYYY-MM-DD, today unless given",
    "retainage_percent?": "of a subcontract",
}
_NEW = {"vendor": "VendorID", "lines": f"[{_LINE}]", **_HEADER, "hold?": "true leaves it on hold; open without it"}
_EDITS = {
    "vendor?": "new VendorID",
    **_HEADER,
    "line?": "number of the line to change, from 1",
    "amount?": "its new amount (line 1 if no line is given)",
    "quantity?": "its new quantity",
    "unit_cost?": "its new unit cost",
    "text?": "its new text",
    "cost_code?": "its new cost code",
    "account?": "its new account",
    "completed?": "the line is completed, or not",
    "cancelled?": "the line is cancelled, or not",
    "new_line?": f"a line to append: {_LINE}",
    "delete_line?": "number of the line to remove, from 1",
    "status?": "the order is to be On Hold, Open, Canceled, Completed or Closed",
}
_CHANGE = {
    "number": "OrderNbr or SubcontractNbr of the order to change",
    "type?": "its type, Subcontract unless given",
    "project": "ProjectID",
    "amount": "what the line is raised by (below zero: lowered)",
    "line?": "LineNbr of the order line, 1 unless given",
    "description?": "Description",
    "release?": "false leaves it open",
}
_NUMBERS = {"amount": "ExtendedCost", "quantity": "OrderQty", "unit_cost": "UnitCost"}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    create = _create("PurchaseOrder"), _create("Subcontract")
    kind = {"type?": "Normal unless given"}
    return {
        "create_order": people.act("enter a purchase order", _NEW | kind, create[0]),
        "create_subcontract": people.act("enter a subcontract", _NEW, create[1]),
        "edit_order": people.act("change an order or subcontract", _ORDER | _EDITS, _edit),
        "approve_order": people.act("approve an order that is pending approval", _ORDER, _decide(approved=True)),
        "reject_order": people.act("reject an order that is pending approval", _ORDER, _decide(approved=False)),
        "send_order": people.act("print or email an order that waits for it", _ORDER, _button(orders.send)),
        "cancel_order": people.act("cancel an order that is not billed", _ORDER, _button(orders.cancel)),
        "complete_order": people.act("complete an open order: nothing is expected", _ORDER, _button(orders.complete)),
        "close_order": people.act("close a completed order", _ORDER, _button(orders.close)),
        "reopen_order": people.act("open a cancelled, completed or closed order", _ORDER, _button(orders.reopen)),
        "delete_order": people.act("delete an order that is not billed", _ORDER, _delete),
        "change_order": people.act("change an order line by a change order, released at once", _CHANGE, _change_order),
        "approve_change_order": people.act(
            "approve a change order", {"number": "RefNbr"}, _decide_change(approved=True)
        ),
        "reject_change_order": people.act(
            "reject a change order", {"number": "RefNbr"}, _decide_change(approved=False)
        ),
    }


def _order(desk: Desk, order: Order) -> Row:
    row = orders.find(desk, str(order.get("type", orders.SUBCONTRACT_TYPE)), str(order["number"]))
    if row is None:
        raise ActRefused(f"there is no order {order['number']}")
    return row


def _told(row: Row) -> dict[str, Value]:
    words = orders.WORDS[row.kind]
    return {
        "id": row.id,
        "type": row["Type"] if row.kind == "PurchaseOrder" else orders.SUBCONTRACT_TYPE,
        "number": row[words.number],
        "status": row["Status"],
        "total": format(row.amount(words.total), "f"),
    }


def _header(order: Order, change: Change) -> None:
    change.values |= texts(order, {"description": "Description", "vendor_ref": "VendorRef", "vendor": "VendorID"})
    if "date" in order:
        change.values["Date"] = day(order["date"])
    if "retainage_percent" in order and change.kind == "Subcontract":
        change.values["RetainagePct"] = amount(order["retainage_percent"])
        change.values["ApplyRetainage"] = amount(order["retainage_percent"]) > 0


def _line(line: Order, kind: str) -> dict[str, Value]:
    values = texts(line, CODING | {"task": orders.WORDS[kind].task, "text": "LineDescription"})
    return values | {field: amount(line[name]) for name, field in _NUMBERS.items() if name in line}


def _create(kind: str) -> Work:
    def work(desk: Desk, order: Order) -> object:
        change = Change(kind)
        _header(order, change)
        if kind == "PurchaseOrder":
            change.values["Type"] = str(order.get("type", "Normal"))
        change.details["Details"] = [
            Change(f"{kind}Detail", values=_line(line, kind)) for line in lines(order["lines"])
        ]
        row = saving.save(desk, RULES[kind], change)
        if not order.get("hold"):
            orders.hold(desk, row, held=False)
        return _told(row)

    return work


def _edit(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    change = Change(row.kind, id=row.id)
    _header(order, change)
    changes = [_edited(row, order)] if _touches_line(order) else []
    if order.get("new_line"):
        added = lines([order["new_line"]])[0]
        changes.append(Change(f"{row.kind}Detail", values=_line(added, row.kind)))
    if order.get("delete_line"):
        gone = line_at(row, {"line": order["delete_line"]}, f"{row.kind}Detail")
        gone.delete = True
        changes.append(gone)
    if changes:
        change.details["Details"] = changes
    row = saving.save(desk, RULES[row.kind], change)
    if order.get("status"):
        _bring_to(desk, row, str(order["status"]))
    return _told(row)


_LINE_EDITS = {*_NUMBERS, "text", "cost_code", "account", "completed", "cancelled"}


def _touches_line(order: Order) -> bool:
    return bool(_LINE_EDITS & order.keys())


def _edited(row: Row, order: Order) -> Change:
    change = line_at(row, order, f"{row.kind}Detail")
    change.values = _line({name: order[name] for name in _LINE_EDITS & order.keys()}, row.kind)
    if "completed" in order:
        change.values["Completed"] = bool(order["completed"])
    if "cancelled" in order:
        change.values[orders.WORDS[row.kind].cancelled] = bool(order["cancelled"])
    return change


def _bring_to(desk: Desk, row: Row, status: str) -> None:
    """Press the button that leads to the status."""
    if status == row.text("Status"):
        return
    match status:
        case "On Hold":
            orders.hold(desk, row, held=True)
        case "Open" if row.text("Status") == "On Hold":
            orders.hold(desk, row, held=False)
        case "Open":
            orders.reopen(desk, row)
        case "Canceled":
            orders.cancel(desk, row)
        case "Completed":
            orders.complete(desk, row)
        case "Closed":
            if row.text("Status") == "Open":
                orders.complete(desk, row)
            orders.close(desk, row)
        case _:
            raise ActRefused(f"no button leads to the status {status!r}")


def _button(press: Callable[[Desk, Row], None]) -> Work:
    def work(desk: Desk, order: Order) -> object:
        row = _order(desk, order)
        press(desk, row)
        return _told(row)

    return work


def _decide(*, approved: bool) -> Work:
    return _button(lambda desk, row: orders.decide(desk, row, approved=approved))


def _delete(desk: Desk, order: Order) -> object:
    row = _order(desk, order)
    erase = RULES[row.kind].erase
    if erase is not None:
        erase(desk, row)
    desk.store.drop(row)
    return {"deleted": order["number"]}


def _change_order(desk: Desk, order: Order) -> object:
    _order(desk, order)
    line = Change("ChangeOrderCommitment", values={"POType": str(order.get("type", orders.SUBCONTRACT_TYPE))})
    line.values["PONbr"], line.values["POLineNbr"] = str(order["number"]), whole(order.get("line", 1))
    line.values["Amount"] = amount(order["amount"])
    change = Change("ChangeOrder", values={"ProjectID": str(order["project"]), "Hold": False})
    change.values |= texts(order, {"description": "Description"})
    change.details["Commitments"] = [line]
    row = saving.save(desk, RULES["ChangeOrder"], change)
    if order.get("release", True):
        change_orders.release(desk, row, {})
    return {"number": row["RefNbr"], "status": row["Status"]}


def _decide_change(*, approved: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        row = found(desk, "ChangeOrder", str(order["number"]))
        change_orders.decide(desk, row, approved=approved)
        return {"number": row["RefNbr"], "status": row["Status"]}

    return work
