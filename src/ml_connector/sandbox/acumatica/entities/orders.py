"""Purchase orders and subcontracts after entry: totals, status, billing, and what they commit on project budgets."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.acumatica import budget, coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters

ORDER_TYPES: Final = ("Normal", "Drop-Ship", "Blanket", "Standard", "Project Drop-Ship")
SUBCONTRACT_TYPE: Final = "Subcontract"
"""How bill and change order lines name the type of a subcontract."""
COUNTING: Final = ("Pending Printing", "Pending Email", "Open", "Completed", "Closed")
BILLED: Final = ("Transactions", "CuryBilledAmt")
CHANGED: Final = ("Transactions", "ChangeOrderAmt")
BY_HAND: Final = ("Transactions", "CompletedByHand")
HELD: Final = ("Document", "Hold")
_APPROVED: Final = ("Document", "Approved")
_REJECTED: Final = ("Document", "Rejected")
_SENT: Final = ("Document", "Sent")
_ENDED: Final = ("Document", "EndedAs")
_ZERO: Final = Decimal(0)


class Words(Struct, frozen=True):
    """What the two entities call the same thing."""

    number: str
    task: str
    cancelled: str
    total: str


WORDS: Final = {
    "PurchaseOrder": Words("OrderNbr", "ProjectTask", "Cancelled", "OrderTotal"),
    "Subcontract": Words("SubcontractNbr", "Task", "Canceled", "SubcontractTotal"),
}


def find(desk: Desk, order_type: str, number: str) -> Row | None:
    """The order that a bill line names by type label and number."""
    if order_type == SUBCONTRACT_TYPE:
        return desk.find("Subcontract", number)
    return desk.find("PurchaseOrder", order_type, number)


def line_of(order: Row, number: int) -> Row | None:
    """The order line with the line number."""
    return next((line for line in order.lines() if line["LineNbr"] == number), None)


def live_lines(order: Row) -> list[Row]:
    """The lines that are not cancelled."""
    words = WORDS[order.kind]
    return [line for line in order.lines() if not line.flag(words.cancelled)]


def is_billed(order: Row) -> bool:
    """Whether any line is billed."""
    return any(line.beyond_amount(*BILLED) for line in order.lines())


def on_bills(desk: Desk, order: Row) -> set[int]:
    """The numbers of the order lines that bills name, released ones or not."""
    label = SUBCONTRACT_TYPE if order.kind == "Subcontract" else order.text("Type")
    number = order.text(WORDS[order.kind].number)
    return {
        line.whole("POLine")
        for bill_row in desk.store["Bill"]
        for line in bill_row.lines()
        if line.text("POOrderNbr") == number and line.text("POOrderType") == label
    }


# totals and status


def follow(desk: Desk, order: Row) -> None:
    """Completion of the lines, header totals and status, from what the order holds now."""
    for line in order.lines():
        line["Completed"] = line.beyond_flag(*BY_HAND) or _billed_in_full(line)
    total_up(order)
    order["Status"] = _status(desk, order)
    if order.text("Status") in COUNTING:
        order.beyond[_APPROVED] = True
    if order.text("Status") in ("Open", "Completed", "Closed"):
        order.beyond[_SENT] = True


def _billed_in_full(line: Row) -> bool:
    return line.amount("ExtendedCost") > 0 and line.beyond_amount(*BILLED) >= line.amount("ExtendedCost")


def total_up(order: Row) -> None:
    """Header totals from the lines."""
    words = WORDS[order.kind]
    live = live_lines(order)
    total = sum((line.amount("ExtendedCost") for line in live), _ZERO)
    order["LineTotal"] = total
    order[words.total] = total + order.amount("TaxTotal")
    order["ControlTotal"] = order[words.total]
    if order.kind == "Subcontract":
        order["RetainageTotal"] = sum((line.amount("RetainageAmount") for line in live), _ZERO)


def _status(desk: Desk, order: Row) -> str:
    if ended := order.beyond_text(*_ENDED):
        return ended
    if order.flag("Hold") if order.kind == "PurchaseOrder" else order.beyond_flag(*HELD):
        return "On Hold"
    live = live_lines(order)
    if order.lines() and not live:
        return "Canceled"
    if order.beyond_flag(*_REJECTED):
        return "Rejected"
    if desk.switches.on("order_approval") and not order.beyond_flag(*_APPROVED):
        return "Pending Approval"
    if unsent := _unsent(desk, order):
        return unsent
    return "Completed" if live and all(line.flag("Completed") for line in live) else "Open"


def _unsent(desk: Desk, order: Row) -> str:
    """Orders of vendors that want them printed or emailed wait for that."""
    vendor = desk.find("Vendor", order.text("VendorID"))
    if vendor is None or order.beyond_flag(*_SENT):
        return ""
    if vendor.flag("PrintOrders"):
        return "Pending Printing"
    return "Pending Email" if vendor.flag("SendOrdersbyEmail") else ""


# budgets


def commitment(order: Row) -> list[tuple[coding.Coding, budget.Movement]]:
    """What the order commits, line by line; nothing while it is on hold, not approved or cancelled.

    A line that somebody completed has nothing open any more.
    """
    if order.text("Status") not in COUNTING:
        return []
    words = WORDS[order.kind]
    found = []
    for line in live_lines(order):
        changed = line.beyond_amount(*CHANGED)
        open_amount = line.amount("ExtendedCost") - line.beyond_amount(*BILLED)
        movement = budget.Movement(
            original=line.amount("ExtendedCost") - changed,
            change_orders=changed,
            given_up=max(open_amount, _ZERO) if line.beyond_flag(*BY_HAND) else _ZERO,
        )
        found.append((coding.of(line, words.task), movement))
    return found


def commit(desk: Desk, before: Row | None, after: Row | None) -> None:
    """Take the old commitment off the budgets and put the new one on."""
    for place, movement in commitment(before) if before is not None else []:
        budget.move(desk, place, budget.opposite(movement))
    for place, movement in commitment(after) if after is not None else []:
        budget.move(desk, place, movement)


def bill(desk: Desk, order: Row, line: Row, amount: Decimal) -> None:
    """Count a released bill line (negative: a reversal) against the order line and its budget cell."""
    before = order.copy()
    line.beyond[BILLED] = line.beyond_amount(*BILLED) + amount
    if order.kind == "PurchaseOrder":
        line["ReceivedAmount"] = line.beyond_amount(*BILLED)
    budget.move(desk, coding.of(line, WORDS[order.kind].task), budget.Movement(invoiced=amount))
    _changed(desk, before, order)


def _changed(desk: Desk, before: Row, order: Row) -> None:
    follow(desk, order)
    commit(desk, before, order)
    desk.store.touch(order)


# what the form's buttons do


def _require(order: Row, *statuses: str) -> None:
    if order.text("Status") not in statuses:
        raise business(f"The action is not available for an order with the status '{order.text('Status')}'.")


_WAITING = ("Pending Approval", "Pending Printing", "Pending Email", "Rejected")


def hold(desk: Desk, order: Row, *, held: bool) -> None:
    """Put an order on hold (its approval is lost) or take it off."""
    _require(order, *(("Open", *_WAITING) if held else ("On Hold",)))
    before = order.copy()
    if order.kind == "PurchaseOrder":
        order["Hold"] = held
    else:
        order.beyond[HELD] = held
    if held:
        forget_approval(order)
    _changed(desk, before, order)


def forget_approval(order: Row) -> None:
    """Back to before approval and sending."""
    for place in (_APPROVED, _REJECTED, _SENT):
        order.beyond.pop(place, None)


def decide(desk: Desk, order: Row, *, approved: bool) -> None:
    """Approve or reject an order that is pending approval."""
    _require(order, "Pending Approval")
    before = order.copy()
    order.beyond[_APPROVED if approved else _REJECTED] = True
    _changed(desk, before, order)


def send(desk: Desk, order: Row) -> None:
    """Print or email an order that waits for it."""
    _require(order, "Pending Printing", "Pending Email")
    before = order.copy()
    order.beyond[_SENT] = True
    if order.kind == "Subcontract":
        order["Printed" if before.text("Status") == "Pending Printing" else "Emailed"] = True
    _changed(desk, before, order)


def cancel(desk: Desk, order: Row) -> None:
    """Cancel an order that is not billed, with all its lines."""
    if on_bills(desk, order):
        raise business("The order cannot be canceled because it is billed.")
    _require(order, "On Hold", "Open", *_WAITING)
    before = order.copy()
    for line in order.lines():
        line[WORDS[order.kind].cancelled] = True
    order.beyond[_ENDED] = "Canceled"
    _changed(desk, before, order)


def complete(desk: Desk, order: Row) -> None:
    """Nothing more is expected: every line is completed, the open commitment is given up."""
    _require(order, "Open")
    before = order.copy()
    for line in live_lines(order):
        line.beyond[BY_HAND] = True
    _changed(desk, before, order)


def close(desk: Desk, order: Row) -> None:
    """Close a completed order; nothing can be billed against it."""
    _require(order, "Completed")
    before = order.copy()
    order.beyond[_ENDED] = "Closed"
    if order.kind == "Subcontract":
        for line in order.lines():
            line["Closed"] = True
    _changed(desk, before, order)


def reopen(desk: Desk, order: Row) -> None:
    """Make a cancelled, completed or closed order open again."""
    _require(order, "Canceled", "Completed", "Closed")
    before = order.copy()
    order.beyond.pop(_ENDED, None)
    for line in order.lines():
        line.beyond.pop(BY_HAND, None)
        line[WORDS[order.kind].cancelled] = False
        if order.kind == "Subcontract":
            line["Closed"] = False
    _changed(desk, before, order)


def _put_on_hold(desk: Desk, order: Row, _parameters: Parameters) -> None:
    hold(desk, order, held=True)


def _release_from_hold(desk: Desk, order: Row, _parameters: Parameters) -> None:
    hold(desk, order, held=False)


def _approve(desk: Desk, order: Row, _parameters: Parameters) -> None:
    decide(desk, order, approved=True)


def _reject(desk: Desk, order: Row, _parameters: Parameters) -> None:
    decide(desk, order, approved=False)


def _plain(work: Callable[[Desk, Row], None]) -> Action:
    def perform(desk: Desk, order: Row, _parameters: Parameters) -> None:
        work(desk, order)

    return Action(perform)


HOLD_ACTIONS: Final = {"ReleaseFromHold": Action(_release_from_hold), "PutOnHold": Action(_put_on_hold)}
SCREEN_ACTIONS: Final = {
    "Approve": Action(_approve),
    "Reject": Action(_reject),
    "CancelOrder": _plain(cancel),
    "CompleteOrder": _plain(complete),
    "ReopenOrder": _plain(reopen),
    "PrintOrder": _plain(send),
    "EmailOrder": _plain(send),
}
