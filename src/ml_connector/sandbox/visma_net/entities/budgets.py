"""Project budgets: entered amounts, and what orders commit and batches cost (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final, TypeAlias

from msgspec import Struct

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


class Sums(Struct):
    """What documents add to a cell; orders on hold, cancelled and voided commit nothing."""

    actual: Decimal = ZERO
    committed: Decimal = ZERO
    open: Decimal = ZERO
    billed: Decimal = ZERO


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
    sums = Sums()
    if v["inventoryNumber"] == NO_ITEM:
        cell = (v["projectID"].upper(), v["projectTaskID"].upper(), v["accountGroupID"].upper())
        sums = _all_sums(desk).get(cell, sums)
    return {
        **{name: v.get(name) for name in (*_KEY, "description", "uom")},
        "rate": quantity(v.get("rate")),
        "originalBudgetQty": quantity(v.get("originalBudgetQty")),
        "originalBudgetAmount": amount(v.get("originalBudgetAmount")),
        "revisedBudgetQty": quantity(v.get("revisedBudgetQty")),
        "revisedBudgetAmount": amount(v.get("revisedBudgetAmount")),
        "actualQty": quantity(ZERO),
        "actualAmount": amount(sums.actual),
        "type": "Expense",
        "committedQty": quantity(ZERO),
        "committedAmount": amount(sums.committed),
        "committedOpenQty": quantity(ZERO),
        "committedOpenAmount": amount(sums.open),
        "committedReceivedQty": quantity(ZERO),
        "committedInvoicedQty": quantity(ZERO),
        "committedInvoicedAmount": amount(sums.billed),
        "errorInfo": "",
    }


def _cell(desk: Desk, line: Values) -> Cell:
    account = desk.find("Account", line.get("account"))
    group = (account["accountGroupCD"] if account else None) or ""
    return str(line.get("project") or "").upper(), str(line.get("task") or "").upper(), str(group).upper()


def _all_sums(desk: Desk) -> dict[Cell, Sums]:
    """By cell; counted anew only after something was written."""
    company = desk.company
    kept: tuple[int, dict[Cell, Sums]] | None = company.kept_sums
    if kept is not None and kept[0] == company.version:
        return kept[1]
    found: dict[Cell, Sums] = {}
    for row in company["Journal"]:
        for line in row.lines if row["status"] == "Posted" else ():
            if line.get("project"):
                found.setdefault(_cell(desk, line), Sums()).actual += line["debit"] - line["credit"]
    for row in company["Order"]:
        for line in row.lines if row["status"] not in ("Hold", "Cancelled", "Voided") else ():
            if line.get("project") and not line.get("canceled"):
                _commit(found.setdefault(_cell(desk, line), Sums()), line)
    company.kept_sums = (company.version, found)
    return found


def _commit(sums: Sums, line: Values) -> None:
    billed = line.get("billed") or ZERO
    sums.committed += line["amount"]
    sums.billed += billed
    sums.open += ZERO if line.get("completed") else line["amount"] - billed


BUDGETS = Entity(
    path="/v1/projectbudget", kind="Budget", noun="project budget", show=show, keep=keep, fields=FIELDS, create=create
)
