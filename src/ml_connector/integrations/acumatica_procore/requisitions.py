"""Approved requisitions become coded, released AP bills."""

from __future__ import annotations

from datetime import date

from ml_connector.integrations import posting, retainage
from ml_connector.integrations.acumatica_procore import bills
from ml_connector.integrations.declaration import Choice, Desk, Skip
from ml_connector.records.documents import Bill, BillLine, OrderLine, Requisition, RequisitionLine
from ml_connector.records.money import ZERO

UNLINKED = Choice(
    name="unlinked",
    question="What happens with a line whose commitment is not linked to an order in Acumatica?",
    advice="set post to bill it without relieving an order, or hold to wait for the link (table orders)",
    options=("post", "hold"),
)


def bill_of(requisition: Requisition, reference: str, desk: Desk) -> Bill:
    """An approved requisition as the AP bill that Acumatica should hold. Raises Hold or Skip."""
    posting.require_approved(requisition)
    day = posting.require_day(requisition.billing_date, desk)
    currency = posting.currency_of(requisition.currency, desk)
    number = posting.require_number(requisition.invoice_number, bills.LONGEST_NUMBER, bills.SYSTEM)
    bills.require_owed(requisition.due)
    amounts = [requisition.due, requisition.tax]
    amounts += [amount for line in requisition.lines for amount in (line.gross, line.retainage_held, line.net)]
    posting.require_whole_units(amounts, currency)
    nets = [line.net for line in requisition.lines]
    rest = posting.residue(requisition.due - requisition.tax, nets, currency, desk)
    vendor = posting.vendor_of(requisition.vendor, requisition.vendor_name, bills.SYSTEM, desk)
    project = desk.map("projects", requisition.project, name=requisition.project_name, day=day, money=requisition.due)
    category = _tax_category(requisition, day, desk)
    lines = posting.requisition_lines(
        requisition, desk, lambda line: _cost_line(requisition, line, project, category, day, desk)
    )
    if rest:
        lines.append(posting.ledger_line(desk.rule("rounding_account"), rest, "Rounding"))
    releases = retainage.releases_of(requisition, desk)
    if not lines and not releases:
        raise Skip("nothing_due", "no line of it moves any money")
    total = requisition.due - sum((release.amount for release in releases), ZERO)
    bills.require_owed(total)
    return Bill(
        reference=reference,
        vendor=vendor,
        number=number,
        date=day,
        period="",
        currency=currency,
        text=f"Requisition {requisition.sequence}, {requisition.project_name}",
        total=total,
        tax=requisition.tax,
        lines=tuple(lines),
        releases=releases,
    )


def _tax_category(requisition: Requisition, day: date, desk: Desk) -> str:
    if not requisition.tax:
        return ""
    return desk.map("tax", "requisition", name="tax of requisitions", day=day, money=requisition.tax)


def _cost_line(
    requisition: Requisition, line: RequisitionLine, project: str, category: str, day: date, desk: Desk
) -> BillLine:
    code = f"{line.cost_code}.{line.cost_type}"
    coding = bills.coding_of(requisition.project, code, name=line.text, day=day, money=line.gross, desk=desk)
    native = desk.rule("retainage") == "native"
    return BillLine(
        account=coding.account,
        subaccount=coding.subaccount,
        project=project,
        task=coding.task,
        cost_code=coding.cost_code,
        amount=line.gross,
        text=line.text,
        retainage=line.retainage_held if native else ZERO,
        order=_order_line(requisition, line, day, desk),
        tax_category=category,
    )


def _order_line(requisition: Requisition, line: RequisitionLine, day: date, desk: Desk) -> OrderLine | None:
    linked = desk.find("orders", line.commitment_line, day=day)
    if linked:
        kind, number, position = linked.split("|")
        return OrderLine(kind=kind, number=number, line=int(position))
    if desk.rule("unlinked") == "hold":
        desk.map("orders", line.commitment_line, name=line.text, day=day, money=line.gross)
    return None
