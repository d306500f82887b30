"""Purchase orders become commitments in Procore, by project, cost centre and account; ends and changes follow."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from ml_connector.integrations import posting
from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Skip
from ml_connector.integrations.visma_procore.job_codes import Job, code_of, job_of, no_job
from ml_connector.records.contracts import APPROVED, CLOSED, VOID, Contract, ContractLine
from ml_connector.records.documents import Order, OrderPosition
from ml_connector.records.money import ZERO

FLOW: Final = "orders"
SYSTEM: Final = "Procore"
LONGEST: Final = 255
"""Characters of a number and of a title: Procore publishes no limit, this fits into any."""
_BLANKET: Final = ("Blanket", "StandardBlanket")
_NOT_OPEN: Final = ("Hold", "Balanced")
_STATUS: Final = {
    "Open": APPROVED,
    "PendingPrint": APPROVED,
    "PendingEmail": APPROVED,
    "Printed": APPROVED,
    "Closed": CLOSED,
    "Cancelled": VOID,
    "Voided": VOID,
}
"""What an order's status comes to (vendors/visma_net.md §6.3)."""

ORDER_KIND = Choice(
    name="order_kind",
    question="What do purchase orders become in Procore?",
    advice="set purchase_order, or subcontract where the company's orders are agreements with subcontractors",
    default="purchase_order",
    options=("purchase_order", "subcontract"),
)
CHANGED_ORDERS = Choice(
    name="changed_orders",
    question="What happens when the lines of an order change whose commitment is approved, and so locked, in Procore?",
    advice="set reopen to make the commitment a draft, change it and approve it again, or hold to have a person "
    "decide; one that was billed or paid is never reopened",
    default="reopen",
    options=("reopen", "hold"),
)
CHOICES: Final = (ORDER_KIND, CHANGED_ORDERS)


def facts(order: Order) -> Facts:
    """What an order shows of itself."""
    return Facts(
        title=f"{order.number} {order.text} · {order.vendor}",
        number=order.number,
        day=order.day,
        amount=order.total,
        currency=order.currency,
    )


def amount_of(position: OrderPosition) -> Decimal:
    """What a line commits: nothing once it is cancelled."""
    return ZERO if position.ended == "cancelled" else position.amount


def contract_of(order: Order, reference: str, desk: Desk) -> Contract:
    """An order as the commitment that Procore should hold. Raises Hold or Skip."""
    status = _status(order)
    day = posting.require_day(order.day, desk)
    counted = [position for position in order.lines if amount_of(position)]
    if (status == VOID or not counted) and not _is_there(order, desk):
        words = "it was cancelled" if status == VOID else "no line of it has an amount"
        raise Skip("cancelled" if status == VOID else "nothing_due", f"{words} before anything of it was in Procore")
    currency = _currency(order, desk)
    total = sum(map(amount_of, counted), ZERO)
    posting.require_whole_units([total, *map(amount_of, counted)], currency)
    job = _job(order, counted, day, desk)
    lines = () if status == VOID else tuple(_line(position, job, day, desk) for position in order.lines)
    return Contract(
        reference=reference,
        kind=desk.rule("order_kind"),
        project=job.project,
        number=posting.require_number(order.number, LONGEST, SYSTEM),
        title=" ".join(order.text.split())[:LONGEST] or f"Order {order.number}",
        vendor=posting.vendor_of(order.vendor, f"of order {order.number}", SYSTEM, desk),
        currency=currency,
        day=day,
        status=status,
        lines=lines,
        total=ZERO if status == VOID else total,
        reopens=desk.rule("changed_orders") == "reopen",
    )


def _status(order: Order) -> str:
    if order.kind in _BLANKET:
        raise Skip("blanket_order", "it is a blanket order, which commits nothing: the orders that call it off do")
    if order.status in _NOT_OPEN:
        raise Skip("not_open", f"it commits nothing yet: its status is {order.status}")
    if order.status not in _STATUS:
        raise Hold(
            "unknown_status", f"nobody has said what status {order.status!r} of an order means: enter it by hand"
        )
    return _STATUS[order.status]


def _is_there(order: Order, desk: Desk) -> bool:
    """Whether a commitment stands for the order in Procore, or may be on its way there."""
    found = desk.record(FLOW, order.key)
    return found is not None and (found.coming or bool(found.standing))


def _currency(order: Order, desk: Desk) -> str:
    """The order's currency, which must be the company's: a commitment is over that, and nothing is converted here."""
    currency, company = posting.currency_of(order.currency, desk), desk.rule("currency")
    if currency != company:
        raise Hold(
            "other_currency",
            f"it is in {currency}, and commitments in Procore are in {company}: enter it there by hand, then set this "
            "record aside",
        )
    return currency


def _job(order: Order, counted: Sequence[OrderPosition], day: date, desk: Desk) -> Job:
    """The one project of an order. Raises Hold."""
    positions = counted or order.lines
    without = [str(position.line) for position in positions if not position.project]
    if without:
        raise Hold(
            "no_project",
            f"line {', '.join(without)} names no project: enter the project on each line in Visma.net, or set this "
            "record aside where the order is none of a project",
        )
    if not positions:
        raise Hold("no_project", "it has no lines, and so no project: enter them in Visma.net")
    found = [(position, job_of(position, day, desk)) for position in positions]
    jobs = {job.project: job for _, job in found if job is not None}
    unknown = [position for position, job in found if job is None]
    names = {job.site.project for job in jobs.values()} | {position.project for position in unknown}
    if len(jobs) > 1 or len(names) > 1:
        raise Hold(
            "several_projects",
            f"its lines are of several projects ({', '.join(sorted(names))}), and a commitment in Procore is of one: "
            "make an order for each in Visma.net",
        )
    if unknown:
        raise no_job(unknown[0], sum(map(amount_of, positions), ZERO), desk)
    return next(iter(jobs.values()))


def _line(position: OrderPosition, job: Job, day: date, desk: Desk) -> ContractLine:
    """A line by its code; one over nothing needs none, and only counts where it is in Procore already."""
    amount = amount_of(position)
    code, kind = code_of(position, job, day, desk) if amount else ("", "")
    text = " ".join(position.text.split())
    return ContractLine(key=str(position.line), cost_code=code, cost_type=kind, text=text, amount=amount)
