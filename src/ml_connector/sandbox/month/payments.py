"""Payments that people made in the ERP on the bills of December: in full, in part, voided."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from ml_connector.sandbox.month.facts import Commitment, Payment, Requisition
from ml_connector.sandbox.month.shapes import cents

CUT_OVER = date(2026, 1, 1)


def make(commitments: Iterable[Commitment], requisitions: Iterable[Requisition]) -> tuple[Payment, ...]:
    """One or two payments on most bills that were keyed in before the cut-over."""
    vendors = {commitment.key: commitment.vendor for commitment in commitments}
    earlier = [r for r in requisitions if r.keyed_by_hand and r.billing_date < CUT_OVER]
    made: list[Payment] = []
    for place, requisition in enumerate(earlier):
        made += _payments(place, requisition, vendors[requisition.commitment])
    return tuple(made)


def _payments(place: int, requisition: Requisition, vendor: int) -> list[Payment]:
    """By turns: in full; half of it; voided and paid again; not yet paid."""
    due = first_due(requisition)
    way = place % 4
    if way == 3:
        return []
    paid = Payment(
        number=f"{5501 + 2 * place:06d}",
        vendor=vendor,
        bill_number=requisition.invoice_number,
        date=date(2026, 1, 5) + timedelta(days=place % 20),
        amount=cents(due / 2) if way == 1 else due,
        voided=way == 2,
    )
    if way != 2:
        return [paid]
    again = Payment(
        number=f"{5502 + 2 * place:06d}", vendor=vendor, bill_number=paid.bill_number, date=paid.date, amount=due
    )
    return [paid, again]


def first_due(requisition: Requisition) -> Decimal:
    """What a commitment's first requisition makes due: nothing was stored before it."""
    return sum(
        (
            line.work
            + line.stored
            - line.work_retained
            - line.stored_retained
            + line.work_released
            + line.stored_released
            for line in requisition.lines
        ),
        requisition.tax + requisition.off_by,
    )
