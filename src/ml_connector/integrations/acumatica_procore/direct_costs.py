"""Approved direct costs become AP bills: invoices of vendors, expenses by the table of employees, payroll by rule."""

from __future__ import annotations

from datetime import date

from ml_connector.integrations import costs, posting
from ml_connector.integrations.acumatica_procore import bills
from ml_connector.integrations.declaration import Desk, Skip
from ml_connector.records.costs import DirectCost, DirectCostLine
from ml_connector.records.documents import Bill, BillLine


def bill_of(cost: DirectCost, reference: str, desk: Desk) -> Bill:
    """An approved direct cost as the AP bill that Acumatica should hold. Raises Hold or Skip."""
    costs.require_postable(cost, desk)
    day = posting.require_day(cost.date, desk)
    currency = posting.currency_of(cost.currency, desk)
    number = cost.invoice_number
    if cost.kind == "invoice":
        posting.require_number(number, bills.LONGEST_NUMBER, bills.SYSTEM)
    bills.require_owed(cost.total)
    posting.require_whole_units([cost.total, *(line.amount for line in cost.lines)], currency)
    tax = costs.tax_of(cost)
    rest = posting.residue(cost.total - tax, [line.amount for line in cost.lines], currency, desk)
    vendor = _vendor(cost, day, desk)
    project = desk.map("projects", cost.project, name=cost.project_name, day=day, money=cost.total)
    lines = [_line(cost, line, project, day, desk) for line in cost.lines if line.amount]
    if rest:
        lines.append(posting.ledger_line(desk.rule("rounding_account"), rest, "Rounding"))
    if not lines:
        raise Skip("nothing_due", "no line of it moves any money")
    return Bill(
        reference=reference,
        vendor=vendor,
        number=number,
        date=day,
        period="",
        currency=currency,
        text=f"Direct cost {cost.key}, {cost.project_name}",
        total=cost.total,
        tax=tax,
        lines=tuple(lines),
    )


def _vendor(cost: DirectCost, day: date, desk: Desk) -> str:
    """The vendor that is owed: of the invoice, or the one that stands for the employee."""
    if costs.is_owed_to_vendor(cost):
        return posting.vendor_of(cost.vendor, cost.vendor_name, bills.SYSTEM, desk)
    return desk.map("employees", cost.employee, name=cost.employee_name, day=day, money=cost.total)


def _line(cost: DirectCost, line: DirectCostLine, project: str, day: date, desk: Desk) -> BillLine:
    code = f"{line.cost_code}.{line.cost_type}"
    coding = bills.coding_of(cost.project, code, name=line.text, day=day, money=line.amount, desk=desk)
    category = ""
    if line.tax_code:
        category = desk.map("tax", line.tax_code, name="tax of direct costs", day=day, money=line.amount)
    return BillLine(
        account=coding.account,
        subaccount=coding.subaccount,
        project=project,
        task=coding.task,
        cost_code=coding.cost_code,
        amount=line.amount,
        text=line.text,
        tax_category=category,
    )
