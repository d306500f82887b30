"""Acumatica and Procore: approved requisitions become coded, released AP bills."""

from __future__ import annotations

from datetime import date

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import acumatica_procore_suggest as suggest
from ml_connector.integrations import posting
from ml_connector.integrations.declaration import (
    Choice,
    Desk,
    Facts,
    Flow,
    Hold,
    Integration,
    Matching,
    Side,
    Skip,
    Table,
)
from ml_connector.records.documents import Bill, BillLine, OrderLine, Requisition, RequisitionLine
from ml_connector.records.money import ZERO

_LONGEST_NUMBER = 40  # vendors/acumatica.md §8.2, VendorRef
_ORDER_KINDS = ("Normal", "Subcontract")

UNLINKED = Choice(
    name="unlinked",
    question="What happens with a line whose commitment is not linked to an order in Acumatica?",
    advice="set post to bill it without relieving an order, or hold to wait for the link (table orders)",
    options=("post", "hold"),
)


def facts(requisition: Requisition) -> Facts:
    """What the record shows of itself."""
    return Facts(
        title=f"{requisition.invoice_number or '(no number)'} · {requisition.vendor_name} · {requisition.project_name}",
        number=requisition.invoice_number,
        day=requisition.billing_date,
        amount=requisition.due,
        currency=requisition.currency,
    )


def bill_of(requisition: Requisition, reference: str, desk: Desk) -> Bill:
    """An approved requisition as the AP bill that Acumatica should hold. Raises Hold or Skip."""
    posting.require_approved(requisition)
    day = posting.require_day(requisition.billing_date, desk)
    currency = posting.currency_of(requisition.currency, desk)
    _require_postable(requisition)
    amounts = [requisition.due, requisition.tax]
    amounts += [amount for line in requisition.lines for amount in (line.gross, line.retainage_held, line.net)]
    posting.require_whole_units(amounts, currency)
    rest = posting.residue(requisition, currency, desk)
    vendor = _vendor(requisition, desk)
    project = desk.map("projects", requisition.project, name=requisition.project_name, day=day, money=requisition.due)
    category = _tax_category(requisition, day, desk)
    lines = posting.requisition_lines(
        requisition, desk, lambda line: _cost_line(requisition, line, project, category, day, desk)
    )
    if rest:
        lines.append(posting.ledger_line(desk.rule("rounding_account"), rest, "Rounding"))
    if not lines:
        raise Skip("nothing_due", "no line of it moves any money")
    return Bill(
        reference=reference,
        vendor=vendor,
        number=requisition.invoice_number,
        date=day,
        period="",
        currency=currency,
        text=f"Requisition {requisition.sequence}, {requisition.project_name}",
        total=requisition.due,
        tax=requisition.tax,
        lines=tuple(lines),
    )


def _require_postable(requisition: Requisition) -> None:
    number = requisition.invoice_number
    if not number:
        raise Hold("no_number", "it has no invoice number: enter the vendor's number at the source")
    if len(number) > _LONGEST_NUMBER:
        message = f"its invoice number has {len(number)} characters, Acumatica takes {_LONGEST_NUMBER}: shorten it"
        raise Hold("number_too_long", message)
    if requisition.due < 0:
        raise Hold(
            "negative_total",
            f"the vendor owes {-requisition.due}: a bill cannot be negative, enter a debit adjustment in Acumatica",
        )


def _vendor(requisition: Requisition, desk: Desk) -> str:
    vendor = desk.counterpart("vendors", requisition.vendor)
    if not vendor:
        raise Hold(
            "no_match",
            f"vendor {requisition.vendor_name} ({requisition.vendor}) is not matched with a vendor in Acumatica: "
            f"accept or add the match (ml-connector match)",
        )
    return vendor


def _tax_category(requisition: Requisition, day: date, desk: Desk) -> str:
    if not requisition.tax:
        return ""
    return desk.map("tax", "requisition", name="tax of requisitions", day=day, money=requisition.tax)


def _cost_line(
    requisition: Requisition, line: RequisitionLine, project: str, category: str, day: date, desk: Desk
) -> BillLine:
    code = f"{line.cost_code}.{line.cost_type}"
    coding = desk.find("coding", f"{requisition.project}:{code}", day=day)
    coding = coding or desk.map("coding", code, name=line.text, day=day, money=line.gross)
    account, subaccount, task, cost_code = coding.split("|") if coding else ("", "", "", "")
    native = desk.rule("retainage") == "native"
    return BillLine(
        account=account,
        subaccount=subaccount,
        project=project,
        task=task,
        cost_code=cost_code,
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


def check_coding(target: str) -> str:
    """Complains about a coding target that is not `account|subaccount|task|cost code`."""
    parts = target.split("|")
    if len(parts) != 4 or not parts[0]:
        return f"{target!r} is no coding: write account|subaccount|task|cost code, for example 54000|000000|03|03-300"
    return ""


def check_order(target: str) -> str:
    """Complains about an order link that is not `Normal|number|line` or `Subcontract|number|line`."""
    parts = target.split("|")
    if len(parts) != 3 or parts[0] not in _ORDER_KINDS or not parts[1] or not parts[2].isdigit():
        return f"{target!r} is no order line: write Normal|number|line or Subcontract|number|line"
    return ""


def _check_key(target: str) -> str:
    return "" if target.strip() else "the target is empty"


TABLES = (
    Table(
        name="projects",
        title="Projects",
        source="Procore project id",
        target="Acumatica ProjectID",
        check=_check_key,
        suggest=suggest.projects,
    ),
    Table(
        name="coding",
        title="Cost code and cost type",
        source="cost code.cost type as Procore shows it (03-300.S), or project id:cost code.cost type",
        target="account|subaccount|task|cost code",
        check=check_coding,
        suggest=suggest.coding,
    ),
    Table(
        name="orders",
        title="Commitment lines",
        source="Procore commitment line id",
        target="Normal|order number|line or Subcontract|number|line",
        check=check_order,
        suggest=suggest.orders,
    ),
    Table(
        name="tax",
        title="Tax",
        source="the word requisition",
        target="Acumatica tax category",
        check=_check_key,
        suggest=suggest.tax,
    ),
)

INTEGRATION = Integration(
    name="acumatica-procore",
    title="Acumatica and Procore",
    left=acumatica.acumatica,
    right=procore.procore,
    flows=(
        Flow(
            name="requisitions",
            title="requisitions → bills",
            source_side=Side.RIGHT,
            source=procore.requisitions,
            target=acumatica.bills,
            facts=facts,
            translate=bill_of,
            triggers=frozenset({"Payment Applications", "Work Order Contracts", "Purchase Order Contracts"}),
        ),
    ),
    tables=TABLES,
    matchings=(Matching(kind="vendors", left=acumatica.suppliers, right=procore.suppliers),),
    choices=(
        posting.CUT_OVER,
        posting.CURRENCY,
        posting.RETAINAGE,
        posting.RETAINAGE_ACCOUNT,
        UNLINKED,
        posting.ROUNDING_ACCOUNT,
        posting.CLOSED_PERIOD,
        posting.CORRECTIONS,
    ),
)
