"""Approved direct costs become AP bills: invoices of vendors, expenses by the table of employees, payroll by rule."""

from __future__ import annotations

from datetime import date

from ml_connector.integrations import posting
from ml_connector.integrations.acumatica_procore import bills
from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Skip
from ml_connector.records.costs import Cost, CostPart, DirectCost, DirectCostLine
from ml_connector.records.documents import Bill, BillLine
from ml_connector.records.money import ZERO

PAYROLL = Choice(
    name="payroll",
    question="What happens with direct costs of type payroll?",
    advice="skip when payroll posts them itself, or post them as bills by the table employees",
    default="skip",
    options=("skip", "post"),
)
_KINDS = ("invoice", "expense", "payroll")


def facts(cost: DirectCost) -> Facts:
    """What the record shows of itself."""
    who = cost.vendor_name or cost.employee_name or cost.vendor or cost.employee
    return Facts(
        title=f"{cost.invoice_number or cost.kind} · {who} · {cost.project_name}",
        number=cost.invoice_number,
        day=cost.date,
        amount=cost.total,
        currency=cost.currency,
    )


def bill_of(cost: DirectCost, reference: str, desk: Desk) -> Bill:
    """An approved direct cost as the AP bill that Acumatica should hold. Raises Hold or Skip."""
    _require_postable(cost, desk)
    day = posting.require_day(cost.date, desk)
    currency = posting.currency_of(cost.currency, desk)
    number = bills.require_number(cost.invoice_number) if cost.kind == "invoice" else cost.invoice_number
    bills.require_owed(cost.total)
    posting.require_whole_units([cost.total, *(line.amount for line in cost.lines)], currency)
    tax = ZERO
    if any(line.tax_code for line in cost.lines):
        tax = cost.total - sum((line.amount for line in cost.lines), ZERO)
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


def _require_postable(cost: DirectCost, desk: Desk) -> None:
    if cost.status != "approved":
        raise Skip("not_approved", f"not approved yet: its status is {cost.status}")
    if cost.kind not in _KINDS:
        raise Hold("unknown_kind", f"nobody has said how direct costs of type {cost.kind} are posted: enter it by hand")
    if cost.kind == "payroll" and desk.rule("payroll") == "skip":
        raise Skip("payroll", "payroll posts it itself (rule payroll)")


def _vendor(cost: DirectCost, day: date, desk: Desk) -> str:
    """The vendor that is owed: of the invoice, or the one that stands for the employee."""
    if cost.kind == "invoice" or (cost.vendor and not cost.employee):
        if not cost.vendor:
            raise Hold("no_vendor", "it is an invoice without a vendor: enter the vendor at the source")
        return bills.vendor_of(cost.vendor, cost.vendor_name, desk)
    if not cost.employee:
        raise Hold("no_vendor", f"this {cost.kind} names neither vendor nor employee: enter one at the source")
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


def cost_of(cost: DirectCost) -> Cost:
    """What it says of cost, for the month-end comparison."""
    tax = ZERO
    if any(line.tax_code for line in cost.lines):
        tax = cost.total - sum((line.amount for line in cost.lines), ZERO)
    return Cost(
        approved=cost.status == "approved",
        project=cost.project,
        project_name=cost.project_name,
        number=cost.invoice_number,
        day=cost.date,
        currency=cost.currency,
        total=cost.total,
        tax=tax,
        parts=tuple(
            CostPart(cost_code=line.cost_code, cost_type=line.cost_type, amount=line.amount) for line in cost.lines
        ),
    )
