"""Project budgets: what orders commit and what released documents spend, cell by cell."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, structs

from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.rows import Row

ANY_ITEM = "<N/A>"
ZERO = Decimal(0)
_GIVEN_UP = ("Items", "GivenUpAmt")
AMOUNTS = (
    "ActualAmount",
    "ActualPlusOpenCommittedAmount",
    "BudgetedCOAmount",
    "CommittedCOAmount",
    "CommittedInvoicedAmount",
    "CommittedOpenAmount",
    "OriginalBudgetedAmount",
    "OriginalCommittedAmount",
    "Retainage",
    "RevisedBudgetedAmount",
    "RevisedCommittedAmount",
    "VarianceAmount",
)
QUANTITIES = (
    "ActualQty",
    "BudgetedCOQty",
    "CommittedCOQty",
    "CommittedInvoicedQty",
    "CommittedOpenQty",
    "CommittedReceivedQty",
    "OriginalBudgetedQty",
    "OriginalCommittedQty",
    "RevisedBudgetedQty",
    "RevisedCommittedQty",
    "UnitRate",
)
"""Budgets of this instance are in amounts; quantities stay zero."""


class Movement(Struct, frozen=True, kw_only=True):
    """What changes in one cell."""

    actual: Decimal = ZERO
    original: Decimal = ZERO
    change_orders: Decimal = ZERO
    invoiced: Decimal = ZERO
    budgeted_change: Decimal = ZERO
    retained: Decimal = ZERO
    given_up: Decimal = ZERO
    """Committed, not invoiced, and not expected any more."""


def opposite(movement: Movement) -> Movement:
    """What takes the movement back."""
    return Movement(**{name: -amount for name, amount in structs.asdict(movement).items()})


def new_cell(project: str, task: str, cost_code: str, group: str, *, kind: str = "Expense") -> Row:
    """An empty cell."""
    row = Row("ProjectBudget", dict.fromkeys((*AMOUNTS, *QUANTITIES), ZERO))
    row["ProjectID"], row["ProjectTaskID"], row["CostCode"] = project, task, cost_code
    row["AccountGroup"], row["InventoryID"], row["Type"] = group, ANY_ITEM, kind
    return row


def budgeted(cell: Row, amount: Decimal) -> None:
    """Set the original budget of a cell."""
    cell["OriginalBudgetedAmount"] = amount
    derive(cell)


def move(desk: Desk, coding: Coding, movement: Movement) -> None:
    """Book a movement on the coding's cell, made when it does not exist; codings without project are ignored."""
    if not coding.on_project:
        return
    account = desk.find("Account", coding.account)
    group = account.text("AccountGroup") if account is not None else ""
    move_in_group(desk, coding, group, movement)


def move_in_group(desk: Desk, coding: Coding, group: str, movement: Movement, *, kind: str = "Expense") -> None:
    """Book a movement on the cell of an account group."""
    table = desk.store["ProjectBudget"]
    cell = table.find(coding.project, coding.task, coding.cost_code, group, ANY_ITEM)
    if cell is None:
        cell = desk.store.add(new_cell(coding.project, coding.task, coding.cost_code, group, kind=kind))
    _add(cell, "ActualAmount", movement.actual)
    _add(cell, "OriginalCommittedAmount", movement.original)
    _add(cell, "CommittedCOAmount", movement.change_orders)
    _add(cell, "RevisedCommittedAmount", movement.original + movement.change_orders)
    _add(cell, "CommittedInvoicedAmount", movement.invoiced)
    _add(cell, "BudgetedCOAmount", movement.budgeted_change)
    _add(cell, "Retainage", movement.retained)
    cell.beyond[_GIVEN_UP] = cell.beyond_amount(*_GIVEN_UP) + movement.given_up
    derive(cell)
    desk.store.touch(cell)


def _add(cell: Row, field: str, amount: Decimal) -> None:
    cell[field] = cell.amount(field) + amount


def derive(cell: Row) -> None:
    """The columns that follow from others."""
    cell["RevisedBudgetedAmount"] = cell.amount("OriginalBudgetedAmount") + cell.amount("BudgetedCOAmount")
    committed = cell.amount("RevisedCommittedAmount") - cell.beyond_amount(*_GIVEN_UP)
    cell["CommittedOpenAmount"] = committed - cell.amount("CommittedInvoicedAmount")
    spent = cell.amount("ActualAmount") + cell.amount("CommittedOpenAmount")
    cell["ActualPlusOpenCommittedAmount"] = spent
    cell["VarianceAmount"] = cell.amount("RevisedBudgetedAmount") - spent
