"""Payments between the connector and the Procore sandbox: shown, locked, lost and withdrawn (vendors/procore.md §8)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from procore_month import SUBCONTRACT, TOWER
from procore_over_http import World, world

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.connectors.procore.connector import payments
from ml_connector.records.payments import PaymentNote

PAY, SHOW = payments.steps
UNLOCK, WITHDRAW, HIDE = payments.reversal
POST, LIST = "POST /contract_payments", "GET /contract_payments"
REFERENCE = "ML-7K2QX9M4T0AB-1"


@pytest.fixture(scope="module")
def served_world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def site(served_world: World) -> World:
    served_world.fresh()
    return served_world


def item(**changes: Any) -> Item:
    note = PaymentNote(
        reference=REFERENCE,
        project=str(TOWER),
        commitment=str(SUBCONTRACT),
        requisition="1001",
        direct_cost="",
        amount=Decimal("28800"),
        date=date(2026, 2, 1),
        check_number="4711",
        method="check",
        invoice_number="INV-1",
        notes="Check 4711",
        pays_off=True,
    )
    return Item(reference=REFERENCE, document=structs.replace(note, **changes))


def for_a_cost(**changes: Any) -> Item:
    return item(commitment="", requisition="", direct_cost="9100", **changes)


def run(site: World, step: Step, one: Item) -> Outcome:
    site.forget_calls()
    (outcome,) = step.run(site.client, [one])
    return outcome


def found(site: World, step: Step, one: Item) -> Finding:
    site.forget_calls()
    assert step.look_up is not None
    (finding,) = step.look_up(site.client, [one])
    return finding


def after(one: Item, outcome: Outcome | Finding) -> Item:
    """The item as the next step gets it."""
    assert isinstance(outcome, Done)
    return structs.replace(one, key=outcome.key, number=outcome.number, memo={**one.memo, **outcome.memo})


def paid(site: World) -> Item:
    """A requisition that was paid off and shown so."""
    one = item()
    for step in (PAY, SHOW):
        one = after(one, run(site, step, one))
    return one


def payment(site: World) -> dict[str, Any]:
    (row,) = site.state("contract_payments").values()
    return row


def requisition(site: World) -> dict[str, Any]:
    return site.state("requisitions")[1001]


def test_a_payment_is_shown_on_its_commitment_and_requisition(site: World) -> None:
    one = item()
    one = after(one, run(site, PAY, one))
    assert site.calls() == [POST]
    run(site, SHOW, one)
    assert site.calls() == ["PATCH /requisitions"]
    row = payment(site)
    assert one.key == str(row["id"])
    shown = {
        name: row[name] for name in ("amount", "date", "check_number", "invoice_number", "notes", "requisition_id")
    }
    assert shown == {
        "amount": "28800.00",
        "date": "2026-02-01",
        "check_number": "4711",
        "invoice_number": "INV-1",
        "notes": "Check 4711",
        "requisition_id": 1001,
    }
    assert row["origin_id"] == REFERENCE
    assert (requisition(site)["payment_date"], requisition(site)["origin_id"]) == ("2026-02-01", None)
    assert site.state("work_order_contracts")[SUBCONTRACT]["total_payments"] == "28800.00"


def test_part_of_a_payment_shows_no_payment_date(site: World) -> None:
    one = item(amount=Decimal("100.5"), pays_off=False, method="wire")
    run(site, PAY, one)
    assert isinstance(run(site, SHOW, one), Done)
    assert site.calls() == []
    assert (payment(site)["amount"], requisition(site)["payment_date"]) == ("100.50", None)


def test_more_than_two_decimals_are_refused_before_they_are_sent(site: World) -> None:
    assert isinstance(run(site, PAY, item(amount=Decimal("1.005"))), Refused)
    assert site.calls() == []


def test_the_mark_goes_with_the_payment_date_in_one_write(site: World) -> None:
    one = item(mark="ML-BILL-1")
    run(site, SHOW, one)
    assert (requisition(site)["payment_date"], requisition(site)["origin_id"]) == ("2026-02-01", "ML-BILL-1")
    assert found(site, SHOW, one) == Done()
    assert isinstance(found(site, SHOW, item(mark="ML-OTHER-1")), Absent)


def test_a_requisition_that_is_locked_is_respected(site: World) -> None:
    body = {"project_id": TOWER, "commitment_id": SUBCONTRACT, "requisition": {"origin_id": "THEIRS"}}
    site.api.patch("/rest/v1.1/requisitions/1001", body)
    outcome = run(site, SHOW, item())
    assert isinstance(outcome, Done)
    assert "requisitions.update" in outcome.memo["locked"]
    assert requisition(site)["payment_date"] is None
    assert isinstance(run(site, HIDE, after(item(), outcome)), Done)
    assert site.calls() == []


def test_another_refusal_is_not_taken_for_a_lock(site: World) -> None:
    site.api.switch(invoice_admin=False)
    assert isinstance(run(site, SHOW, item()), Refused)


def test_direct_costs_get_a_payment_date_only(site: World) -> None:
    one = for_a_cost(mark="ML-BILL-2")
    assert run(site, PAY, one) == Done(key="9100")
    assert found(site, PAY, one) == Done(key="9100")
    assert site.calls() == []
    assert isinstance(found(site, SHOW, one), Absent)
    run(site, SHOW, one)
    cost = site.state("direct_costs")[9100]
    assert (cost["payment_date"], cost["origin_id"]) == ("2026-02-01", "ML-BILL-2")
    assert isinstance(found(site, SHOW, one), Done)
    again = run(site, SHOW, one)
    assert isinstance(again, Done)
    assert again.memo["locked"]


def test_a_busy_direct_cost_is_tried_again_later(site: World) -> None:
    site.fault("status", method="PATCH", path="direct_costs", status=409, body={"message": "Conflict"})
    with pytest.raises(errors.TryLater, match="somebody else is changing it"):
        run(site, SHOW, for_a_cost())


def test_a_lost_payment_is_found_by_its_mark_and_never_sent_twice(site: World) -> None:
    one = item()
    assert isinstance(found(site, PAY, one), Absent)
    site.fault("drop_after_write", method="POST", path="contract_payments")
    with pytest.raises(errors.AnswerLost):
        run(site, PAY, one)
    finding = found(site, PAY, one)
    assert site.calls() == [LIST]
    again = run(site, PAY, one)
    assert isinstance(finding, Done)
    assert isinstance(again, Done)
    assert finding.key == again.key == str(payment(site)["id"])


def test_a_payment_that_procore_refuses_is_told_in_its_words(site: World) -> None:
    outcome = run(site, PAY, item(requisition="5"))
    assert isinstance(outcome, Refused)
    assert "requisition_id" in outcome.message
    assert site.state("contract_payments") == {}


def test_a_lost_payment_date_is_looked_up(site: World) -> None:
    one = item()
    assert isinstance(found(site, SHOW, one), Absent)
    site.fault("drop_after_write", method="PATCH", path="requisitions")
    with pytest.raises(errors.AnswerLost):
        run(site, SHOW, one)
    assert isinstance(found(site, SHOW, one), Done)


def test_a_voided_payment_is_withdrawn_and_no_longer_shown(site: World) -> None:
    one = paid(site)
    assert isinstance(run(site, UNLOCK, one), Done)
    assert (payment(site)["origin_id"], payment(site)["origin_data"]) == (None, REFERENCE)
    assert isinstance(found(site, PAY, one), Done)
    assert isinstance(run(site, WITHDRAW, one), Done)
    assert site.calls() == ["DELETE /contract_payments"]
    assert site.state("contract_payments") == {}
    assert isinstance(run(site, HIDE, one), Done)
    assert requisition(site)["payment_date"] is None
    assert [isinstance(run(site, step, one), Done) for step in payments.reversal] == [True, True, True]


@pytest.mark.parametrize(
    ("place", "method", "path"),
    [(0, "PATCH", "contract_payments"), (1, "DELETE", "contract_payments"), (2, "PATCH", "requisitions")],
)
def test_a_lost_answer_while_withdrawing_is_looked_up(site: World, place: int, method: str, path: str) -> None:
    one = paid(site)
    for step in payments.reversal[:place]:
        run(site, step, one)
    step = payments.reversal[place]
    assert isinstance(found(site, step, one), Absent)
    site.fault("drop_after_write", method=method, path=path)
    with pytest.raises(errors.AnswerLost):
        run(site, step, one)
    assert isinstance(found(site, step, one), Done)


def test_a_payment_that_procore_keeps_waits_for_a_person(site: World) -> None:
    one = paid(site)
    refused = run(site, WITHDRAW, one)
    assert isinstance(refused, Held)
    assert refused.cause == Cause.LOCKED_THERE
    assert "delete it there by hand" in refused.message
    assert payment(site)["origin_id"] == REFERENCE


def test_a_payment_of_another_system_is_not_unlocked(site: World) -> None:
    one = paid(site)
    fields = {"origin_id": "THEIRS"}
    body = {"project_id": TOWER, "contract_id": SUBCONTRACT, "contract_payment": fields}
    site.api.patch(f"/rest/v1.0/contract_payments/{one.key}", body)
    held = run(site, UNLOCK, one)
    assert isinstance(held, Held)
    assert "THEIRS" in held.message
    assert payment(site)["origin_id"] == "THEIRS"


def test_a_payment_date_that_somebody_changed_stays(site: World) -> None:
    one = paid(site)
    fields = {"payment_date": "2026-02-03"}
    site.api.patch(
        "/rest/v1.1/requisitions/1001", {"project_id": TOWER, "commitment_id": SUBCONTRACT, "requisition": fields}
    )
    assert isinstance(run(site, HIDE, one), Done)
    assert requisition(site)["payment_date"] == "2026-02-03"


def test_withdrawing_what_paid_a_direct_cost_takes_its_date_back(site: World) -> None:
    one = for_a_cost()
    one = after(one, run(site, PAY, one))
    run(site, SHOW, one)
    for step in payments.reversal:
        assert isinstance(run(site, step, one), Done)
    assert site.state("direct_costs")[9100]["payment_date"] is None


def test_a_date_that_our_mark_locks_goes_with_the_mark(site: World) -> None:
    one = item(mark="ML-BILL-1")
    run(site, SHOW, one)
    assert isinstance(run(site, HIDE, one), Done)
    assert (requisition(site)["payment_date"], requisition(site)["origin_id"]) == (None, None)


def test_a_date_that_another_mark_locks_stays_and_is_told(site: World) -> None:
    run(site, SHOW, item(mark="ML-BILL-1"))
    outcome = run(site, HIDE, item())
    assert isinstance(outcome, Held)
    assert outcome.cause == Cause.LOCKED_THERE
    assert "origin_id is ML-BILL-1" in outcome.message
    assert requisition(site)["payment_date"] == "2026-02-01"
