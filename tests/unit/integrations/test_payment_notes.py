"""What Procore is told of a payment: by the document that it pays, once that is ours."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from desks import MemoryDesk
from test_direct_costs_to_bills import cost
from test_direct_costs_to_bills import line as cost_line
from test_requisitions_to_bills import line, requisition

from ml_connector.integrations.acumatica_procore import payments
from ml_connector.integrations.declaration import Origin, Skip
from ml_connector.records.payments import Payment, PaymentNote

INVOICE = Origin(flow="requisitions", key="1280646", document=requisition(line(work="900.00"), due="900.00"))
COST = Origin(flow="direct-costs", key="9100", document=cost(cost_line("300.00"), total="300.00"))


def payment(**changes: Any) -> Payment:
    """A check over all of bill 000412."""
    values: dict[str, Any] = {
        "key": "Payment/000077/000412",
        "number": "000077",
        "reference": "5501",
        "method": "CHECK",
        "vendor": "V00017",
        "bill": "000412",
        "vendor_number": "INV-3",
        "date": date(2026, 3, 10),
        "amount": Decimal("900.00"),
        "currency": "USD",
        "status": "applied",
        "balance": Decimal(0),
    }
    return Payment(**{**values, **changes})


def note(record: Payment, origin: Origin | None = INVOICE, mark: str = "no") -> PaymentNote:
    at = MemoryDesk({"mark_paid": mark}, {("payment methods", "CHECK"): "check"}, {})
    at.origins = {"000412": origin} if origin else {}
    return payments.note_of(record, "ML-1-1", at)


def test_a_payment_of_a_requisition_is_shown_on_its_commitment() -> None:
    shown = note(payment())
    assert (shown.project, shown.commitment, shown.requisition, shown.direct_cost) == ("4711", "88", "1280646", "")
    assert (shown.amount, shown.date, shown.check_number) == (Decimal("900.00"), date(2026, 3, 10), "5501")
    assert (shown.method, shown.invoice_number, shown.reference) == ("check", "INV-3", "ML-1-1")
    assert "000077" in shown.notes


def test_only_what_leaves_nothing_pays_off() -> None:
    assert note(payment()).pays_off
    assert not note(payment(amount=Decimal("400.00"), balance=Decimal("500.00"))).pays_off


def test_the_mark_is_set_with_the_last_payment_where_the_rule_says_so() -> None:
    part = payment(amount=Decimal("400.00"), balance=Decimal("500.00"))
    assert [note(one, mark="yes").mark for one in (part, payment())] == ["", "000412"]
    assert note(payment()).mark == ""


def test_a_direct_cost_is_shown_as_paid_when_nothing_is_left() -> None:
    shown = note(payment(amount=Decimal("300.00")), COST)
    assert (shown.commitment, shown.requisition, shown.direct_cost) == ("", "", "9100")
    with pytest.raises(Skip) as skipped:
        note(payment(amount=Decimal("100.00"), balance=Decimal("200.00")), COST)
    assert skipped.value.cause == "partly_paid"


@pytest.mark.parametrize(
    ("changes", "origin", "cause"),
    [({}, None, "not_ours"), ({"status": "voided"}, INVOICE, "voided"), ({"status": "voided"}, None, "not_ours")],
)
def test_what_is_not_shown_says_why(changes: dict[str, Any], origin: Origin | None, cause: str) -> None:
    with pytest.raises(Skip) as skipped:
        note(payment(**changes), origin)
    assert skipped.value.cause == cause


def test_a_method_that_nobody_mapped_is_left_out() -> None:
    assert note(payment(method="WIRE")).method == ""
