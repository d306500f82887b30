"""What every pair with Procore shows of a project's budget."""

from __future__ import annotations

from ml_connector.integrations.declaration import Facts
from ml_connector.records.budgets import Budget
from ml_connector.records.money import ZERO


def facts(budget: Budget) -> Facts:
    """What the record shows of itself."""
    amount = sum((line.amount for line in budget.lines), ZERO)
    return Facts(title=f"budget of {budget.project_name}", number="", day=None, amount=amount, currency="")
