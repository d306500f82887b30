"""Change orders: entry, hold, approval, and their effect on orders and budgets (vendors/acumatica.md §8.6)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica import budget
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Perform, Rules, Save

ZERO = Decimal(0)


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    if save.before is not None and save.before.text("Status") not in ("On Hold", "Open"):
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
        if line["PONbr"] and orders.find(desk, line.text("POType") or "Normal", line.text("PONbr")) is None:
            line.errors["PONbr"] = cannot_find("Commitment Nbr.")
    total_up(draft)
    draft["Status"] = "On Hold" if draft.flag("Hold") else "Open"


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
    for line in row.lines("Commitments"):
        _change_order_line(desk, line)
    for line in row.lines("CostBudget"):
        place = Coding("", "", row.text("ProjectID"), line.text("ProjectTaskID"), line.text("CostCode"))
        budget.move_in_group(
            desk, place, line.text("AccountGroup"), budget.Movement(budgeted_change=line.amount("Amount"))
        )
    row["Status"] = "Closed"
    desk.store.touch(row)


def _change_order_line(desk: Desk, line: Row) -> None:
    order = orders.find(desk, line.text("POType") or "Normal", line.text("PONbr"))
    ordered = orders.line_of(order, line.whole("POLineNbr")) if order is not None else None
    if order is None or ordered is None:
        raise business("A commitment line of the change order has no order line.")
    before = order.copy()
    amount = line.amount("Amount")
    ordered["ExtendedCost"] = ordered.amount("ExtendedCost") + amount
    if order.kind == "Subcontract":
        ordered["Amount"] = ordered["ExtendedCost"]
    ordered.beyond[orders.CHANGED] = ordered.beyond_amount(*orders.CHANGED) + amount
    orders.total_up(order)
    orders.commit(desk, before, order)
    desk.store.touch(order)


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
        row["Status"], row["Hold"] = status, held
        desk.store.touch(row)

    return perform


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
    line_keys={"Attributes": "AttributeID"},
    prepare=_prepare,
    erase=_erase,
    actions={
        "RemoveChangeOrderFromHold": Action(_to("Open", ("On Hold",), held=False)),
        "HoldChangeOrder": Action(_to("On Hold", ("Open", "Pending Approval", "Rejected"), held=True)),
        "ApproveChangeOrder": Action(_to("Open", ("Pending Approval",), held=False)),
        "RejectChangeOrder": Action(_to("Rejected", ("Pending Approval",), held=False)),
        "ReleaseChangeOrder": Action(release, long=True),
        "ReverseChangeOrder": Action(_reverse, long=True),
        "EmailChangeOrder": Action(_email, long=True),
    },
)
