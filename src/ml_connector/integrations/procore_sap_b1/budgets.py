"""Budgets are kept to tell which costs have none; nothing of them is posted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import NoReturn

from ml_connector.integrations import differences
from ml_connector.integrations.cost_journals import Line
from ml_connector.integrations.declaration import Desk, Difference, Hold, Skip
from ml_connector.records.budgets import Budget

KIND = "unbudgeted"


def kept(budget: Budget, reference: str, desk: Desk) -> NoReturn:
    """Nothing is posted."""
    raise Skip("kept", "budgets are kept here to tell which costs have none")


def unbudgeted(
    project: str, project_name: str, number: str, costs: Iterable[tuple[Line, Decimal]], currency: str, desk: Desk
) -> list[Difference]:
    """One difference per code of a document that its project has no budget for. Raises Hold before that is known."""
    found = desk.record("budgets", project)
    if found is None:
        raise Hold(
            "budget_not_read",
            f"the budget of {project_name} has not been read yet: switch on the flow budgets, then replay this record",
        )
    budget = found.document
    assert isinstance(budget, Budget)
    amounts: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for line, amount in costs:
        if amount and not budget.allots(line.cost_code, line.cost_type):
            amounts[line.cost_code, line.cost_type] += amount
    return [
        Difference(
            id=differences.id_of(KIND, project, number, code, kind, amount),
            kind=KIND,
            project=project_name,
            source=number,
            target="",
            text=f"{code}.{kind} has no budget, {amount} {currency} of {number} are under it",
            currency=currency,
            source_amount=amount,
            target_amount=None,
            by_hand="add a budget line in Procore",
        )
        for (code, kind), amount in sorted(amounts.items())
    ]


def require_budgeted(
    project: str, project_name: str, number: str, costs: Iterable[tuple[Line, Decimal]], currency: str, desk: Desk
) -> None:
    """Raises Hold for costs without budget, where the company wants them to wait."""
    if desk.rule("unbudgeted") != "hold":
        return
    if found := unbudgeted(project, project_name, number, costs, currency, desk):
        told = "; ".join(one.text for one in found)
        raise Hold(KIND, f"{told}: add a budget line in Procore, then replay this record")
