"""Approved direct costs become journals: cost by project and profit centre against accrual or an employee's account."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.integrations import cost_journals, costs, posting
from ml_connector.integrations.declaration import Desk, Difference
from ml_connector.integrations.procore_sap_b1 import budgets
from ml_connector.integrations.procore_sap_b1.coding import BOOKS
from ml_connector.records.costs import DirectCost, DirectCostLine
from ml_connector.records.journals import Journal


def journal_of(cost: DirectCost, reference: str, desk: Desk) -> Journal:
    """An approved direct cost as the journal that SAP Business One should hold. Raises Hold or Skip."""

    def require(number: str, currency: str) -> None:
        budgets.require_budgeted(cost.project, cost.project_name, number, _amounts(cost), currency, desk)

    return cost_journals.of_direct_cost(cost, reference, desk, BOOKS, before_coding=require)


def unbudgeted(cost: DirectCost, desk: Desk) -> list[Difference]:
    """The codes of an approved direct cost that have no budget. Raises Hold or Skip."""
    costs.require_postable(cost, desk)
    posting.require_day(cost.date, desk)
    number, currency = cost_journals.number_of_direct_cost(cost), posting.currency_of(cost.currency, desk)
    return budgets.unbudgeted(cost.project, cost.project_name, number, _amounts(cost), currency, desk)


def _amounts(cost: DirectCost) -> list[tuple[DirectCostLine, Decimal]]:
    return [(line, line.amount) for line in cost.lines]
