"""Approved direct costs become journals: cost by project and profit centre against accrual or an employee's account."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.integrations import costs, posting
from ml_connector.integrations.declaration import Desk, Difference, Skip
from ml_connector.integrations.procore_sap_b1 import budgets, journals
from ml_connector.integrations.procore_sap_b1.choices import SYSTEM
from ml_connector.integrations.procore_sap_b1.coding import Place, Site, place_of, site_of
from ml_connector.records.costs import DirectCost, DirectCostLine
from ml_connector.records.journals import Journal, JournalLine, Role
from ml_connector.records.money import ZERO


def journal_of(cost: DirectCost, reference: str, desk: Desk) -> Journal:
    """An approved direct cost as the journal that SAP Business One should hold. Raises Hold or Skip."""
    costs.require_postable(cost, desk)
    day = posting.require_day(cost.date, desk)
    currency = posting.currency_of(cost.currency, desk)
    number = _number(cost)
    posting.require_number(number, journals.LONGEST_NUMBER, SYSTEM)
    amounts = [line.amount for line in cost.lines]
    posting.require_whole_units([cost.total, *amounts], currency)
    tax = costs.tax_of(cost)
    rest = posting.residue(cost.total - tax, amounts, currency, desk)
    vendor, account = _owed_to(cost, day, desk)
    budgets.require_budgeted(cost.project, cost.project_name, number, _amounts(cost), currency, desk)
    if tax:
        _require_tax_mapped(cost, day, desk)
    site = site_of(cost.project, cost.project_name, day=day, money=cost.total, desk=desk)
    text = f"Direct cost {cost.key}, {cost.project_name}"
    lines = [
        *_cost(cost, site, desk),
        *journals.rounding(rest, desk),
        *journals.plain(account, tax - cost.total, text, Role.OFFSET),
    ]
    if not lines:
        raise Skip("nothing_due", "no line of it moves any money")
    return Journal(
        reference=reference,
        number=number,
        date=day,
        period="",
        currency=currency,
        text=text,
        lines=tuple(lines),
        vendor=vendor,
        source=f"direct_cost:{cost.key}",
    )


def unbudgeted(cost: DirectCost, desk: Desk) -> list[Difference]:
    """The codes of an approved direct cost that have no budget. Raises Hold or Skip."""
    costs.require_postable(cost, desk)
    posting.require_day(cost.date, desk)
    currency = posting.currency_of(cost.currency, desk)
    return budgets.unbudgeted(cost.project, cost.project_name, _number(cost), _amounts(cost), currency, desk)


def _number(cost: DirectCost) -> str:
    return cost.invoice_number or f"DC-{cost.key}"


def _amounts(cost: DirectCost) -> list[tuple[DirectCostLine, Decimal]]:
    return [(line, line.amount) for line in cost.lines]


def _owed_to(cost: DirectCost, day: date, desk: Desk) -> tuple[str, str]:
    """The vendor, "" for none, and the account to be credited: the accrual, or the one that stands for the employee."""
    if costs.is_owed_to_vendor(cost):
        return posting.vendor_of(cost.vendor, cost.vendor_name, SYSTEM, desk), desk.rule("accrual_account")
    return "", desk.map("employees", cost.employee, name=cost.employee_name, day=day, money=cost.total)


def _require_tax_mapped(cost: DirectCost, day: date, desk: Desk) -> None:
    """A journal is net of tax; that a tax may be left out is said by the table, code by code."""
    for code in sorted({line.tax_code for line in cost.lines if line.tax_code}):
        money = sum((line.amount for line in cost.lines if line.tax_code == code), ZERO)
        desk.map("tax", code, name="tax of direct costs", day=day, money=money)


def _cost(cost: DirectCost, site: Site, desk: Desk) -> list[JournalLine]:
    placed = [(line, place_of(site, line, line.amount, desk)) for line in cost.lines if line.amount]
    return [_cost_line(line, place) for line, place in placed]


def _cost_line(line: DirectCostLine, place: Place) -> JournalLine:
    return JournalLine(
        account=place.account,
        amount=line.amount,
        text=line.text,
        role=Role.COST,
        project=place.project,
        center=place.center,
        source=line.key,
    )
