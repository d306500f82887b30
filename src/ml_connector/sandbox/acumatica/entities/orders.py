"""Purchase orders and subcontracts: lines, totals, hold, and the commitment they put on project budgets."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.acumatica import budget, coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Rules, Save

ORDER_TYPES: Final = ("Normal", "Drop-Ship", "Blanket", "Standard", "Project Drop-Ship")
SUBCONTRACT_TYPE: Final = "Subcontract"
"""How bill and change order lines name the type of a subcontract."""
COUNTING: Final = ("Pending Printing", "Pending Email", "Open", "Completed", "Closed")
BILLED: Final = ("Transactions", "CuryBilledAmt")
CHANGED: Final = ("Transactions", "ChangeOrderAmt")
_HELD: Final = ("Document", "Hold")


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


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    words = WORDS[draft.kind]
    if save.is_new:
        _fill(save, words)
    if draft.kind == "PurchaseOrder" and draft.text("Type") not in ORDER_TYPES:
        draft.errors["Type"] = not_allowed(draft["Type"])
    _vendor(desk, draft)
    changeable = save.before is None or save.before.text("Status") in ("On Hold", "Open", "Pending Approval")
    if save.before is not None and save.touched and not changeable:
        raise business(f"The order with the status '{save.before.text('Status')}' cannot be changed.")
    for line in draft.lines():
        if line.id in save.touched:
            _line(save, line, words)
    total_up(draft)
    _set_status(draft)


def _fill(save: Save, words: Words) -> None:
    draft, desk = save.draft, save.desk
    if draft.kind == "PurchaseOrder":
        draft.values.setdefault("Type", "Normal")
        draft.values.setdefault("Hold", True)
    else:
        draft.beyond.setdefault(_HELD, True)
        draft.values.setdefault("ApplyRetainage", False)
        draft.values.setdefault("RetainagePct", Decimal(0))
    if not save.sent(words.number) or draft.text(words.number) in ("", "<NEW>"):
        draft[words.number] = desk.store.next_number(draft.kind)
    draft.values.setdefault("Date", desk.today)
    draft.values.setdefault("CurrencyID", desk.set_up.currency)
    draft.values.setdefault("BaseCurrencyID", desk.set_up.currency)
    draft.values.setdefault("CurrencyRate", Decimal(1))
    draft.values.setdefault("Branch", desk.branch)
    draft.values.setdefault("TaxTotal", Decimal(0))
    draft.values.setdefault("Terms", "30D")


def _vendor(desk: Desk, draft: Row) -> None:
    vendor = desk.find("Vendor", draft.text("VendorID")) if draft.text("VendorID") else None
    if vendor is None:
        draft.errors["VendorID"] = cannot_find("Vendor") if draft.text("VendorID") else cannot_be_empty("Vendor")
        return
    draft["VendorID"] = vendor["VendorID"]
    if vendor.text("Status") == "Inactive":
        draft.errors["VendorID"] = "The vendor status is 'Inactive'."


def _line(save: Save, line: Row, words: Words) -> None:
    draft, desk = save.draft, save.desk
    sent = save.sent_for(line)
    if line["LineNbr"] is None:
        line["LineNbr"] = max((other.whole("LineNbr") for other in draft.lines()), default=0) + 1
        line["OrderNbr"] = draft[words.number]
        line["OrderType"] = draft["Type"] if draft.kind == "PurchaseOrder" else SUBCONTRACT_TYPE
        line.values.setdefault("OrderQty", Decimal(0))
        line.values.setdefault("UnitCost", Decimal(0))
        line.values.setdefault("Completed", False)
        line.values.setdefault(words.cancelled, False)
        if draft.kind == "PurchaseOrder":
            line.values.setdefault("LineType", "Service")
    if sent is None or "ExtendedCost" not in sent.values:
        line["ExtendedCost"] = line.amount("OrderQty") * line.amount("UnitCost")
    line["ExtendedCost"] = desk.money(line.amount("ExtendedCost"))
    if draft.kind == "Subcontract":
        line["Amount"] = line["ExtendedCost"]
        line.values.setdefault("RetainagePct", draft["RetainagePct"])
        line["RetainageAmount"] = desk.money(line.amount("Amount") * line.amount("RetainagePct") / 100)
    coding.check(desk, line, module="PO", task_field=words.task)


def total_up(draft: Row) -> None:
    """Header totals from the lines."""
    words = WORDS[draft.kind]
    live = [line for line in draft.lines() if not line.flag(words.cancelled)]
    total = sum((line.amount("ExtendedCost") for line in live), Decimal(0))
    draft["LineTotal"] = total
    draft[words.total] = total + draft.amount("TaxTotal")
    draft["ControlTotal"] = draft[words.total]
    if draft.kind == "Subcontract":
        draft["RetainageTotal"] = sum((line.amount("RetainageAmount") for line in live), Decimal(0))


def _set_status(draft: Row) -> None:
    held = draft.flag("Hold") if draft.kind == "PurchaseOrder" else draft.beyond_flag(*_HELD)
    status = draft.text("Status")
    if held:
        draft["Status"] = "On Hold"
    elif status in ("", "On Hold"):
        draft["Status"] = "Open"


def commitment(order: Row) -> list[tuple[coding.Coding, budget.Movement]]:
    """What the order commits, line by line; nothing while it is on hold or cancelled."""
    if order.text("Status") not in COUNTING:
        return []
    words = WORDS[order.kind]
    found = []
    for line in order.lines():
        if not line.flag(words.cancelled):
            changed = line.beyond_amount(*CHANGED)
            movement = budget.Movement(original=line.amount("ExtendedCost") - changed, change_orders=changed)
            found.append((coding.of(line, words.task), movement))
    return found


def commit(desk: Desk, before: Row | None, after: Row | None) -> None:
    """Take the old commitment off the budgets and put the new one on."""
    for place, movement in commitment(before) if before is not None else []:
        undone = budget.Movement(original=-movement.original, change_orders=-movement.change_orders)
        budget.move(desk, place, undone)
    for place, movement in commitment(after) if after is not None else []:
        budget.move(desk, place, movement)


def _stored(save: Save, row: Row) -> None:
    commit(save.desk, save.before, row)


def _erase(desk: Desk, row: Row) -> None:
    if any(line.beyond_amount(*BILLED) for line in row.lines()):
        raise business("The order cannot be deleted because it is billed.")
    commit(desk, row, None)


def hold(desk: Desk, row: Row, *, held: bool) -> None:
    """Put an order on hold or take it off."""
    if row.text("Status") not in ("On Hold", "Open", "Pending Approval"):
        raise business(f"The action is not available for an order with the status '{row.text('Status')}'.")
    before = row.copy()
    if row.kind == "PurchaseOrder":
        row["Hold"] = held
    else:
        row.beyond[_HELD] = held
    row["Status"] = "On Hold" if held else "Open"
    commit(desk, before, row)
    desk.store.touch(row)


def cancel(desk: Desk, row: Row) -> None:
    """Cancel an order that is not billed."""
    if any(line.beyond_amount(*BILLED) for line in row.lines()):
        raise business("The order cannot be canceled because it is billed.")
    before = row.copy()
    row["Status"] = "Canceled"
    commit(desk, before, row)
    desk.store.touch(row)


def bill(desk: Desk, order: Row, line: Row, amount: Decimal) -> None:
    """Count a released bill line (negative: a reversal) against the order line and its budget cell."""
    words = WORDS[order.kind]
    line.beyond[BILLED] = line.beyond_amount(*BILLED) + amount
    if order.kind == "PurchaseOrder":
        line["ReceivedAmount"] = line.beyond_amount(*BILLED)
    line["Completed"] = line.amount("ExtendedCost") > 0 and line.beyond_amount(*BILLED) >= line.amount("ExtendedCost")
    live = [other for other in order.lines() if not other.flag(words.cancelled)]
    if order.text("Status") in ("Open", "Completed"):
        order["Status"] = "Completed" if live and all(other.flag("Completed") for other in live) else "Open"
    budget.move(desk, coding.of(line, words.task), budget.Movement(invoiced=amount))
    desk.store.touch(order)


def _release_hold(desk: Desk, row: Row, _parameters: Parameters) -> None:
    hold(desk, row, held=False)


def _put_on_hold(desk: Desk, row: Row, _parameters: Parameters) -> None:
    hold(desk, row, held=True)


_HOLD_ACTIONS = {"ReleaseFromHold": Action(_release_hold), "PutOnHold": Action(_put_on_hold)}
_LINE_READ_ONLY = frozenset({"Description", "OrderNbr", "OrderType", "Completed", "ReceivedAmount", "QtyOnReceipts"})

PURCHASE_ORDER = Rules(
    read_only=frozenset({"Status", "LineTotal", "OrderTotal", "TaxTotal", "BaseCurrencyID"}),
    read_only_details=frozenset({"TaxDetails"}),
    read_only_lines={"Details": _LINE_READ_ONLY},
    key_defaults={"Type": "Normal"},
    line_keys={"Details": "LineNbr"},
    prepare=_prepare,
    stored=_stored,
    erase=_erase,
    screen_actions=_HOLD_ACTIONS,
)
SUBCONTRACT = Rules(
    read_only=frozenset({"Status", "LineTotal", "SubcontractTotal", "TaxTotal", "RetainageTotal", "BaseCurrencyID"}),
    read_only_details=frozenset({"TaxDetails"}),
    read_only_lines={"Details": _LINE_READ_ONLY | {"Amount", "RetainageAmount", "Closed"}},
    line_keys={"Details": "LineNbr"},
    prepare=_prepare,
    stored=_stored,
    erase=_erase,
    actions=_HOLD_ACTIONS,
)
