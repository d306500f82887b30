"""Payments in Acumatica of bills that we posted are shown in Procore: one contract payment per applied payment."""

from __future__ import annotations

from ml_connector.integrations.declaration import Choice, Desk, Facts, Skip
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Requisition
from ml_connector.records.payments import Payment, PaymentNote

MARK_PAID = Choice(
    name="mark_paid",
    question="Is a Procore invoice or direct cost locked with our mark when it is paid in full?",
    advice="set yes to lock it (nobody can change it in Procore any more), no to show the payment alone",
    default="no",
    options=("no", "yes"),
)


def facts(payment: Payment) -> Facts:
    """What the record shows of itself; its business number is that of the bill."""
    return Facts(
        title=f"payment {payment.number} of bill {payment.bill} ({payment.vendor_number or 'no number'})",
        number=payment.bill,
        day=payment.date,
        amount=payment.amount,
        currency=payment.currency,
    )


def note_of(payment: Payment, reference: str, desk: Desk) -> PaymentNote:
    """What Procore should show of a payment. Raises Skip for payments of other bills, and for voided ones."""
    origin = desk.origin(payment.bill)
    if origin is None:
        raise Skip("not_ours", f"bill {payment.bill} did not come from Procore")
    if payment.status == "voided":
        raise Skip("voided", f"payment {payment.number} is voided")
    source = origin.document
    pays_off = not payment.balance
    if isinstance(source, DirectCost) and not pays_off:
        raise Skip("partly_paid", "Procore shows a direct cost as paid when all of it is; this payment leaves a rest")
    assert isinstance(source, (DirectCost, Requisition))
    is_direct = isinstance(source, DirectCost)
    return PaymentNote(
        reference=reference,
        project=source.project,
        commitment="" if isinstance(source, DirectCost) else source.commitment,
        requisition="" if is_direct else origin.key,
        direct_cost=origin.key if is_direct else "",
        amount=payment.amount,
        date=payment.date,
        check_number=payment.reference,
        method=desk.find("payment methods", payment.method, day=payment.date),
        invoice_number=source.invoice_number,
        notes=f"Acumatica payment {payment.number} of bill {payment.bill}",
        pays_off=pays_off,
        mark=payment.bill if pays_off and desk.rule("mark_paid") == "yes" else "",
    )
