"""What commitments, requisitions and direct costs say of themselves and of cost, whatever they become in the ledger."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Skip
from ml_connector.records.commitments import Commitment
from ml_connector.records.costs import Cost, CostPart, DirectCost
from ml_connector.records.documents import Requisition
from ml_connector.records.money import ZERO

PAYROLL = Choice(
    name="payroll",
    question="What happens with direct costs of type payroll?",
    advice="skip when payroll posts them itself, or post them by the table employees",
    default="skip",
    options=("skip", "post"),
)
_KINDS = ("invoice", "expense", "payroll")


def requisition_facts(requisition: Requisition) -> Facts:
    """What a requisition shows of itself."""
    return Facts(
        title=f"{requisition.invoice_number or '(no number)'} · {requisition.vendor_name} · {requisition.project_name}",
        number=requisition.invoice_number,
        day=requisition.billing_date,
        amount=requisition.due,
        currency=requisition.currency,
    )


def direct_cost_facts(cost: DirectCost) -> Facts:
    """What a direct cost shows of itself."""
    who = cost.vendor_name or cost.employee_name or cost.vendor or cost.employee
    return Facts(
        title=f"{cost.invoice_number or cost.kind} · {who} · {cost.project_name}",
        number=cost.invoice_number,
        day=cost.date,
        amount=cost.total,
        currency=cost.currency,
    )


def commitment_facts(commitment: Commitment) -> Facts:
    """What a commitment shows of itself."""
    return Facts(
        title=f"{commitment.number} {commitment.title} · {commitment.vendor_name} · {commitment.project_name}",
        number=commitment.number,
        day=commitment.day,
        amount=commitment.total,
        currency=commitment.currency,
    )


def require_postable(cost: DirectCost, desk: Desk) -> None:
    """Approved, and of a kind that is posted. Raises Skip or Hold."""
    if cost.status != "approved":
        raise Skip("not_approved", f"not approved yet: its status is {cost.status}")
    if cost.kind not in _KINDS:
        raise Hold("unknown_kind", f"nobody has said how direct costs of type {cost.kind} are posted: enter it by hand")
    if cost.kind == "payroll" and desk.rule("payroll") == "skip":
        raise Skip("payroll", "payroll posts it itself (rule payroll)")


def is_owed_to_vendor(cost: DirectCost) -> bool:
    """Whether a vendor is owed a direct cost, and not an employee or whoever the table employees names for one.

    Raises Hold where it names neither.
    """
    if cost.kind == "invoice" and not cost.vendor:
        raise Hold("no_vendor", "it is an invoice without a vendor: enter the vendor at the source")
    if cost.kind == "invoice" or (cost.vendor and not cost.employee):
        return True
    if not cost.employee:
        raise Hold("no_vendor", f"this {cost.kind} names neither vendor nor employee: enter one at the source")
    return False


def tax_of(cost: DirectCost) -> Decimal:
    """The tax in a direct cost: what its total is above its lines, where a line has a tax code."""
    if not any(line.tax_code for line in cost.lines):
        return ZERO
    return cost.total - sum((line.amount for line in cost.lines), ZERO)


def commitment_of_requisition(requisition: Requisition) -> tuple[str, str]:
    """The mark of its commitment on ledger lines, and what people call that."""
    mark = f"commitment:{requisition.commitment}"
    return mark, requisition.commitment_name or mark


def cost_of_requisition(requisition: Requisition) -> Cost:
    """What a requisition says of cost, for the month-end comparison."""
    return Cost(
        approved=requisition.status == "approved",
        project=requisition.project,
        project_name=requisition.project_name,
        number=requisition.invoice_number,
        day=requisition.billing_date,
        currency=requisition.currency,
        total=requisition.due,
        tax=requisition.tax,
        parts=tuple(
            CostPart(
                cost_code=line.cost_code,
                cost_type=line.cost_type,
                amount=line.gross,
                retainage=line.retainage_released - line.retainage_held,
            )
            for line in requisition.lines
        ),
    )


def cost_of_direct_cost(cost: DirectCost) -> Cost:
    """What a direct cost says of cost, for the month-end comparison."""
    return Cost(
        approved=cost.status == "approved",
        project=cost.project,
        project_name=cost.project_name,
        number=cost.invoice_number,
        day=cost.date,
        currency=cost.currency,
        total=cost.total,
        tax=tax_of(cost),
        parts=tuple(
            CostPart(cost_code=line.cost_code, cost_type=line.cost_type, amount=line.amount) for line in cost.lines
        ),
    )
