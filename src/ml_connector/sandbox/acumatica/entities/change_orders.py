"""Change orders: entry, hold, approval, and their effect on orders and budgets (vendors/acumatica.md §8.6)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica import budget, coding
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Perform, Rules, Save

ZERO = Decimal(0)
_APPROVED = ("Document", "Approved")


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    if save.before is not None and save.before.text("Status") not in ("On Hold", "Open", "Rejected"):
        raise business(f"The change order is {save.before.text('Status')} and cannot be changed.")
    if save.is_new:
        draft["RefNbr"] = desk.store.next_number("ChangeOrder")
        draft["ReverseStatus"] = "None"
        draft.values.setdefault("Class", "DEFAULT")
        draft.values.setdefault("Hold", True)
        draft.values.setdefault("ChangeDate", desk.today)
    project = draft.text("ProjectID")
    if not project:
        draft.errors["ProjectID"] = cannot_be_empty("Project")
    elif desk.find("Project", project) is None:
        draft.errors["ProjectID"] = cannot_find("Project")
    for line in draft.lines("Commitments"):
        _commitment_line(desk, line)
    for member in ("CostBudget", "RevenueBudget"):
        for line in draft.lines(member):
            _budget_line(desk, draft, line)
    total_up(draft)
    draft["Status"] = _status(desk, draft)


def _status(desk: Desk, row: Row) -> str:
    if row.flag("Hold"):
        return "On Hold"
    waits = desk.switches.on("change_order_approval") and not row.beyond_flag(*_APPROVED)
    return "Pending Approval" if waits else "Open"


def _commitment_line(desk: Desk, line: Row) -> None:
    """A line raises an order line, or (without its number) adds one, or (without an order) makes an order."""
    if line["Amount"] is None:
        line["Amount"] = desk.money(line.amount("Qty") * line.amount("UnitCost"))
    line["LineAmount"] = line["AmountinBaseCurrency"] = line["Amount"]
    if not line.text("PONbr"):
        line["Status"] = "New Document"
        if desk.find("Vendor", line.text("Vendor")) is None:
            line.errors["Vendor"] = cannot_find("Vendor")
        return
    order = orders.find(desk, line.text("POType") or "Normal", line.text("PONbr"))
    if order is None:
        line.errors["PONbr"] = cannot_find("Commitment Nbr.")
        return
    line["Vendor"] = order["VendorID"]
    line["Status"] = "Update" if line["POLineNbr"] is not None else "New Line"
    if line["POLineNbr"] is not None and orders.line_of(order, line.whole("POLineNbr")) is None:
        line.errors["POLineNbr"] = cannot_find("Commitment Line Nbr.")


def _budget_line(desk: Desk, draft: Row, line: Row) -> None:
    for field, kind, label in (
        ("AccountGroup", "AccountGroup", "Account Group"),
        ("CostCode", "CostCode", "Cost Code"),
    ):
        if line.text(field) and desk.find(kind, line.text(field)) is None:
            line.errors[field] = cannot_find(label)
    task = line.text("ProjectTaskID")
    if task and desk.find("ProjectTask", draft.text("ProjectID"), task) is None:
        line.errors["ProjectTaskID"] = cannot_find("Project Task")


def total_up(draft: Row) -> None:
    """The three totals from the lines."""
    for member, total in (
        ("Commitments", "CommitmentsChangeTotal"),
        ("CostBudget", "CostBudgetChangeTotal"),
        ("RevenueBudget", "RevenueBudgetChangeTotal"),
    ):
        draft[total] = sum((line.amount("Amount") for line in draft.lines(member)), ZERO)


def release(desk: Desk, row: Row, _parameters: Parameters) -> None:
    """Closed; the order lines and the budgets carry the change."""
    if row.text("Status") != "Open":
        raise business(f"The change order is {row.text('Status')} and cannot be released.")
    changed = [(line, _ordered(desk, line)) for line in row.lines("Commitments")]
    for line, order in changed:
        _change_order(desk, row, line, order)
    for member, kind in (("CostBudget", "Expense"), ("RevenueBudget", "Income")):
        for line in row.lines(member):
            place = Coding("", "", row.text("ProjectID"), line.text("ProjectTaskID"), line.text("CostCode"))
            movement = budget.Movement(budgeted_change=line.amount("Amount"))
            budget.move_in_group(desk, place, line.text("AccountGroup"), movement, kind=kind)
    row["Status"] = "Closed"
    desk.store.touch(row)


def _ordered(desk: Desk, line: Row) -> Row | None:
    """The order that the line changes; None: a new one is to be made. Raises Fault."""
    if not line.text("PONbr"):
        return None
    order = orders.find(desk, line.text("POType") or "Normal", line.text("PONbr"))
    if order is None or (line["POLineNbr"] is not None and orders.line_of(order, line.whole("POLineNbr")) is None):
        raise business("A commitment line of the change order has no order line.")
    if order.text("Status") in ("Canceled", "Closed"):
        raise business(f"The order {line.text('PONbr')} is {order.text('Status')} and cannot be changed.")
    return order


def _change_order(desk: Desk, row: Row, line: Row, order: Row | None) -> None:
    before = order.copy() if order is not None else None
    if order is None:
        order = _new_order(desk, row, line)
    if line["POLineNbr"] is None:
        line["POLineNbr"] = _new_order_line(desk, row, line, order)
    ordered = orders.line_of(order, line.whole("POLineNbr"))
    if ordered is None:
        raise business("A commitment line of the change order has no order line.")
    ordered["ExtendedCost"] = ordered.amount("ExtendedCost") + line.amount("Amount")
    ordered["OrderQty"] = ordered.amount("OrderQty") + line.amount("Qty")
    if order.kind == "Subcontract":
        ordered["Amount"] = ordered["ExtendedCost"]
        percent = ordered.amount("RetainagePct")
        ordered["RetainageAmount"] = desk.money(ordered.amount("Amount") * percent / 100)
    ordered.beyond[orders.CHANGED] = ordered.beyond_amount(*orders.CHANGED) + line.amount("Amount")
    ordered.beyond.pop(orders.BY_HAND, None)
    orders.follow(desk, order)
    if before is None:
        desk.store.add(order)
    orders.commit(desk, before, order)
    desk.store.touch(order)


def _new_order(desk: Desk, row: Row, line: Row) -> Row:
    kind = "Subcontract" if line.text("POType") == orders.SUBCONTRACT_TYPE else "PurchaseOrder"
    order = Row(kind, {"VendorID": line["Vendor"], "Description": row["Description"], "Date": desk.today})
    number = orders.WORDS[kind].number
    order[number] = line["PONbr"] = desk.store.next_number(kind)
    order["CurrencyID"] = order["BaseCurrencyID"] = desk.set_up.currency
    order["CurrencyRate"], order["Branch"], order["TaxTotal"] = Decimal(1), desk.branch, ZERO
    if kind == "PurchaseOrder":
        order["Type"], order["Hold"] = line.text("POType") or "Normal", False
        line["POType"] = order["Type"]
    else:
        order["ApplyRetainage"], order["RetainagePct"] = False, ZERO
    return order


def _new_order_line(desk: Desk, row: Row, line: Row, order: Row) -> int:
    words = orders.WORDS[order.kind]
    ordered = Row(f"{order.kind}Detail", {"LineDescription": line["LineDescription"], "Account": line["Account"]})
    ordered["LineNbr"] = max((other.whole("LineNbr") for other in order.lines()), default=0) + 1
    ordered["OrderNbr"], ordered["OrderType"] = order[words.number], line["POType"]
    ordered["OrderQty"], ordered["UnitCost"], ordered["ExtendedCost"] = ZERO, line.amount("UnitCost"), ZERO
    ordered["Project"], ordered[words.task] = row["ProjectID"], line["ProjectTaskID"]
    ordered["CostCode"], ordered["UOM"] = line["CostCode"], line["UOM"]
    ordered["Completed"], ordered[words.cancelled] = False, False
    if order.kind == "Subcontract":
        ordered["RetainagePct"], ordered["Closed"] = order["RetainagePct"], False
    coding.check(desk, ordered, module="PO", task_field=words.task)
    if ordered.has_errors():
        raise business("; ".join(ordered.errors.values()))
    order.lines().append(ordered)
    return ordered.whole("LineNbr")


def _reverse(desk: Desk, row: Row, _parameters: Parameters) -> None:
    if row.text("Status") != "Closed":
        raise business(f"The change order is {row.text('Status')} and cannot be reversed.")
    made = row.copy()
    twin = Row("ChangeOrder", made.values)
    twin.values.pop("LastModifiedDateTime", None)
    for member in ("Commitments", "CostBudget", "RevenueBudget"):
        twin.details[member] = [_negative(line) for line in row.lines(member)]
    twin["RefNbr"] = desk.store.next_number("ChangeOrder")
    twin["OriginalCORefNbr"], twin["ReverseStatus"] = row["RefNbr"], "Reversing"
    twin["Hold"], twin["Status"], twin["ChangeDate"] = True, "On Hold", desk.today
    total_up(twin)
    row["ReverseStatus"] = "Reversed"
    desk.store.add(twin)
    desk.store.touch(row)


def _negative(line: Row) -> Row:
    twin = Row(line.kind, dict(line.values))
    twin["Amount"], twin["Qty"] = -line.amount("Amount"), -line.amount("Qty")
    return twin


def _to(status: str, allowed: tuple[str, ...], *, held: bool) -> Perform:
    def perform(desk: Desk, row: Row, _parameters: Parameters) -> None:
        if row.text("Status") not in allowed:
            raise business(f"The action is not available for a change order that is {row.text('Status')}.")
        row["Hold"] = held
        if held:
            row.beyond.pop(_APPROVED, None)
        row["Status"] = status or _status(desk, row)
        desk.store.touch(row)

    return perform


def decide(desk: Desk, row: Row, *, approved: bool) -> None:
    """Approve or reject a change order that is pending approval; the decision is listed on it."""
    if row.text("Status") != "Pending Approval":
        raise business(f"The action is not available for a change order that is {row.text('Status')}.")
    row["Status"] = "Open" if approved else "Rejected"
    row.beyond[_APPROVED] = approved
    listed = Row("Approval", {"Approver": desk.user, "ApprovedBy": desk.user, "Date": desk.today})
    listed["Status"] = "Approved" if approved else "Rejected"
    row.lines("ApprovalDetails").append(listed)
    desk.store.touch(row)


def _deciding(*, approved: bool) -> Perform:
    return lambda desk, row, _parameters: decide(desk, row, approved=approved)


def _email(_desk: Desk, row: Row, _parameters: Parameters) -> None:
    if row.text("Status") == "On Hold":
        raise business("A change order on hold cannot be sent.")


def _erase(_desk: Desk, row: Row) -> None:
    if row.text("Status") == "Closed":
        raise business("The change order is released and cannot be deleted.")


CHANGE_ORDER = Rules(
    read_only=frozenset(
        {"Status", "ReverseStatus", "CommitmentsChangeTotal", "CostBudgetChangeTotal", "RevenueBudgetChangeTotal"}
    ),
    read_only_details=frozenset({"ApprovalDetails"}),
    read_only_lines={"Commitments": frozenset({"Status", "OrderQty", "OpenQty"})},
    line_keys={"Attributes": "AttributeID"},
    prepare=_prepare,
    erase=_erase,
    actions={
        "RemoveChangeOrderFromHold": Action(_to("", ("On Hold",), held=False)),
        "HoldChangeOrder": Action(_to("On Hold", ("Open", "Pending Approval", "Rejected"), held=True)),
        "ApproveChangeOrder": Action(_deciding(approved=True)),
        "RejectChangeOrder": Action(_deciding(approved=False)),
        "ReleaseChangeOrder": Action(release, long=True),
        "ReverseChangeOrder": Action(_reverse, long=True),
        "EmailChangeOrder": Action(_email, long=True),
    },
)
