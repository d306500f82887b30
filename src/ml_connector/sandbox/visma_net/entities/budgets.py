"""Project budgets: entered amounts, and what orders commit and batches cost (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount, quantity
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.errors import stop_at
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import NUMBER, Fields, texts
from ml_connector.sandbox.visma_net.web.query import Query

NO_ITEM: Final = "<N/A>"
_KEY: Final = ("projectID", "projectTaskID", "accountGroupID", "inventoryNumber")
_AMOUNTS: Final = ("originalBudgetQty", "originalBudgetAmount", "revisedBudgetQty", "revisedBudgetAmount", "rate")
FIELDS: Final[Fields] = {**texts(" ".join((*_KEY, "description", "uom"))), **dict.fromkeys(_AMOUNTS, NUMBER)}
Cell: TypeAlias = tuple[str, str, str]


def create(desk: Desk, sent: Values) -> Record:
    """Enter a budget; one that is there is overwritten. Raises Refused."""
    problems = []
    task = f"{sent.get('projectID')} {sent.get('projectTaskID')}"
    for kind, key, name in (
        ("Project", sent.get("projectID"), "Project ID"),
        ("Task", task, "Project task ID"),
        ("AccountGroup", sent.get("accountGroupID"), "Account group ID"),
    ):
        if desk.find(kind, key) is None:
            problems.append(f"{name} '{key}' cannot be found in the system.")
    stop_at(problems, "inserting the project budget")
    values = {"inventoryNumber": NO_ITEM} | {name: value for name, value in sent.items() if value is not None}
    if "revisedBudgetAmount" not in values:
        values["revisedBudgetAmount"] = values.get("originalBudgetAmount", ZERO)
    key = " ".join(values[name] for name in _KEY)
    known = desk.find("Budget", key)
    if known is None:
        return desk.company.add("Budget", key, values)
    known.values |= values
    desk.company.touch(known)
    return known


def keep(desk: Desk, query: Query) -> Keep:
    fits = same(query, projectID="project")
    return lambda row: fits(row) and query.changed(row)


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    """Amounts of lines count in the cell without an item."""
    v = row.values
    actual, committed, left, billed = ZERO, ZERO, ZERO, ZERO
    if v["inventoryNumber"] == NO_ITEM:
        cell = (v["projectID"].upper(), v["projectTaskID"].upper(), v["accountGroupID"].upper())
        actual = _actuals(desk, cell)
        committed, left, billed = _commitments(desk, cell)
    return {
        **{name: v.get(name) for name in (*_KEY, "description", "uom")},
        "rate": quantity(v.get("rate")),
        "originalBudgetQty": quantity(v.get("originalBudgetQty")),
        "originalBudgetAmount": amount(v.get("originalBudgetAmount")),
        "revisedBudgetQty": quantity(v.get("revisedBudgetQty")),
        "revisedBudgetAmount": amount(v.get("revisedBudgetAmount")),
        "actualQty": quantity(ZERO),
        "actualAmount": amount(actual),
        "type": "Expense",
        "committedQty": quantity(ZERO),
        "committedAmount": amount(committed),
        "committedOpenQty": quantity(ZERO),
        "committedOpenAmount": amount(left),
        "committedReceivedQty": quantity(ZERO),
        "committedInvoicedQty": quantity(ZERO),
        "committedInvoicedAmount": amount(billed),
        "errorInfo": "",
    }


def _cell(desk: Desk, line: Values) -> Cell:
    account = desk.find("Account", line.get("account"))
    group = (account["accountGroupCD"] if account else None) or ""
    return str(line.get("project") or "").upper(), str(line.get("task") or "").upper(), str(group).upper()


def _actuals(desk: Desk, cell: Cell) -> Decimal:
    posted = (row for row in desk.company["Journal"] if row["status"] == "Posted")
    lines = (line for row in posted for line in row.lines if line.get("project") and _cell(desk, line) == cell)
    return sum((line["debit"] - line["credit"] for line in lines), ZERO)


def _commitments(desk: Desk, cell: Cell) -> tuple[Decimal, Decimal, Decimal]:
    """Ordered, not yet billed, billed; on hold, cancelled and voided orders commit nothing."""
    committed, left, billed = ZERO, ZERO, ZERO
    for row in desk.company["Order"]:
        if row["status"] in ("Hold", "Cancelled", "Voided"):
            continue
        for line in row.lines:
            if line.get("canceled") or _cell(desk, line) != cell:
                continue
            done = line.get("billed") or ZERO
            committed, billed = committed + line["amount"], billed + done
            left += ZERO if line.get("completed") else line["amount"] - done
    return committed, left, billed


BUDGETS = Entity(
    path="/v1/projectbudget", kind="Budget", noun="project budget", show=show, keep=keep, fields=FIELDS, create=create
)
