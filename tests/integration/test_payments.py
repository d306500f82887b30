"""Payments in Acumatica are shown in Procore: once each, whatever gets lost, and withdrawn when they are voided."""

from __future__ import annotations

import pytest
from contractor import EARTH, Contractor
from stage import Stage

from ml_connector.hub import matching, replay
from ml_connector.hub.models import Record

FLOWS = ("requisitions", "direct-costs", "payments")
WORK = {"work": "1000.00", "held": "100.00"}
CREATE = ("POST", "/rest/v1.0/contract_payments")


@pytest.fixture
def people(stage: Stage) -> Contractor:
    return Contractor(stage.sandboxes)


def posted(stage: Stage, people: Contractor, *numbers: str, **rules: str) -> list[tuple[int, str]]:
    """Invoices over 900.00 each, posted: their ids in Procore and their bills' numbers in Acumatica."""
    contract = people.commitment("SC-1", EARTH)
    keys = [people.invoice(contract, number, WORK) for number in numbers]
    stage.install(*FLOWS, **rules)
    stage.sync()
    stage.procore.forget_calls()
    return [(key, people.bill(number)) for key, number in zip(keys, numbers, strict=True)]


def payment(stage: Stage, number: str) -> Record:
    """The record of the only payment with this number."""
    return Record.objects.get(flow="payments", source_key__startswith=f"Payment/{number}/")


def amounts(people: Contractor) -> list[str]:
    """What Procore shows as paid, payment by payment."""
    return [row["amount"] for row in people.payments()]


def writes(stage: Stage) -> dict[tuple[str, str], int]:
    """Calls that changed something in Procore since they were counted anew."""
    return {call: count for call, count in stage.procore.calls().items() if call[0] != "GET" and "oauth" not in call[1]}


def written(stage: Stage, kind: str) -> int:
    return sum(count for (method, path), count in writes(stage).items() if f"{method} {path}".startswith(kind))


def test_each_payment_costs_one_create(stage: Stage, people: Contractor) -> None:
    bills = posted(stage, people, "PA-1", "PA-2", "PA-3")
    for place, (_, bill) in enumerate(bills):
        people.pay(bill, "400.00", f"55{place}")
    people.pay(bills[0][1], "", "559")
    stage.sync()
    stage.sync()
    assert sorted(amounts(people)) == ["400.00", "400.00", "400.00", "500.00"]
    assert written(stage, "POST /rest/v1.0/contract_payments") == 4
    assert written(stage, "PATCH /rest/v1.1/requisitions") == 1  # the one that is paid off gets its date
    assert sum(writes(stage).values()) == 5


def test_a_check_over_several_bills_is_one_payment_each(stage: Stage, people: Contractor) -> None:
    (first, one), (second, other) = posted(stage, people, "PA-1", "PA-2")
    paid = people.office("pay_in_advance", vendor="V00001", amount="1300.00", date="2026-03-10", payment_ref="5501")
    people.pay(one, "", payment=paid["payment"])
    people.pay(other, "400.00", payment=paid["payment"])
    stage.sync()
    shown = {row["requisition_id"]: row["amount"] for row in people.payments()}
    assert shown == {first: "900.00", second: "400.00"}
    assert people.requisition(first)["payment_date"] == "2026-03-10"
    assert people.requisition(second)["payment_date"] is None


def test_a_payment_of_a_bill_that_is_not_ours_is_left_out(stage: Stage, people: Contractor) -> None:
    posted(stage, people, "PA-1")
    number = people.pay(people.key("BY HAND", "77.00"))
    stage.sync()
    assert people.payments() == []
    record = payment(stage, number)
    assert (record.state, record.cause) == ("skipped", "not_ours")


def test_a_payment_of_a_bill_that_is_adopted_later_is_shown_then(stage: Stage, people: Contractor) -> None:
    contract = people.commitment("SC-1", EARTH)
    key = people.invoice(contract, "PA-1", WORK)
    bill = people.key("PA-1x", "900.00")
    stage.install(*FLOWS)
    people.pay(bill)
    stage.sync()
    assert stage.record("PA-1").cause == "keyed_by_hand"
    assert people.payments() == []
    matching.accept_pairs(stage.installation, "requisitions", [(1, bill, str(key))], "test")
    stage.replayed("PA-1")
    stage.sync()
    assert stage.record("PA-1").state == "posted"
    assert amounts(people) == ["900.00"]
    assert people.requisition(key)["payment_date"] == "2026-03-10"
    assert [row["number"] for row in people.documents("PA-1")] == []


def test_by_the_rule_the_invoice_is_dated_and_locked_in_one_write_after_the_payment(
    stage: Stage, people: Contractor
) -> None:
    ((key, bill),) = posted(stage, people, "PA-1", mark_paid="yes")
    people.pay(bill, "400.00")
    stage.sync()
    assert people.requisition(key)["origin_id"] is None
    people.pay(bill, "", "5502", date="2026-03-20")
    stage.sync()
    shown = people.requisition(key)
    assert (shown["payment_date"], shown["origin_id"]) == ("2026-03-20", bill)
    calls = [
        row["method"] for row in stage.procore.get("/calls") if row["method"] != "GET" and "oauth" not in row["path"]
    ]
    assert calls == ["POST", "POST", "PATCH"]
    assert amounts(people) == ["400.00", "500.00"]


def test_a_requisition_that_is_locked_already_keeps_its_date_and_the_payment_is_shown(
    stage: Stage, people: Contractor
) -> None:
    ((key, bill),) = posted(stage, people, "PA-1")
    people.work("edit", kind="requisition", id=key, fields={"origin_id": "OTHER-1"})
    number = people.pay(bill)
    stage.sync()
    assert amounts(people) == ["900.00"]
    assert people.requisition(key)["payment_date"] is None
    record = payment(stage, number)
    assert record.state == "posted"
    assert record.memo["locked"]


def test_a_voided_payment_is_withdrawn(stage: Stage, people: Contractor) -> None:
    ((key, bill),) = posted(stage, people, "PA-1")
    number = people.pay(bill)
    stage.sync()
    people.office("void_payment", number=number)
    stage.sync()
    assert people.payments() == []
    assert people.requisition(key)["payment_date"] is None
    record = payment(stage, number)
    assert (record.state, record.cause) == ("skipped", "voided")
    stage.sync()
    assert payment(stage, number).state == "skipped"


def test_a_partial_payment_that_is_voided_leaves_the_invoice_unpaid(stage: Stage, people: Contractor) -> None:
    ((key, bill),) = posted(stage, people, "PA-1")
    first = people.pay(bill, "400.00", date="2026-03-10")
    people.pay(bill, "", "5502", date="2026-03-20")
    stage.sync()
    assert people.requisition(key)["payment_date"] == "2026-03-20"
    people.office("void_payment", number=first)
    stage.sync()
    assert amounts(people) == ["500.00"]
    assert people.requisition(key)["payment_date"] is None


def test_a_voided_payment_takes_our_own_mark_off_the_invoice(stage: Stage, people: Contractor) -> None:
    ((key, bill),) = posted(stage, people, "PA-1", mark_paid="yes")
    number = people.pay(bill)
    stage.sync()
    assert people.requisition(key)["origin_id"] == bill
    people.office("void_payment", number=number)
    stage.sync()
    shown = people.requisition(key)
    assert (shown["payment_date"], shown["origin_id"]) == (None, None)
    assert people.payments() == []


def test_an_invoice_that_somebody_locked_as_paid_is_reported(stage: Stage, people: Contractor) -> None:
    ((key, bill),) = posted(stage, people, "PA-1")
    number = people.pay(bill)
    stage.sync()
    people.work("edit", kind="requisition", id=key, fields={"origin_id": "SAGE-1"})
    people.office("void_payment", number=number)
    stage.sync()
    record = payment(stage, number)
    assert (record.state, record.cause) == ("held", "locked_there")
    assert "SAGE-1" in record.message
    assert people.payments() == []
    people.work("edit", kind="requisition", id=key, fields={"payment_date": None}, unlock=True)
    assert replay.replay([record])[1] == []
    stage.sync()
    assert payment(stage, number).cause == "voided"


def test_a_payment_voided_before_it_was_read_is_never_shown(stage: Stage, people: Contractor) -> None:
    ((_, bill),) = posted(stage, people, "PA-1")
    people.office("void_payment", number=people.pay(bill))
    stage.sync()
    assert people.payments() == []
    assert writes(stage) == {}


def test_a_voided_payment_that_somebody_locked_in_procore_is_reported(stage: Stage, people: Contractor) -> None:
    ((_, bill),) = posted(stage, people, "PA-1")
    number = people.pay(bill)
    stage.sync()
    (shown,) = people.payments()
    people.work("edit", kind="payment", id=shown["id"], fields={"origin_id": "SAGE-77"}, unlock=True)
    people.office("void_payment", number=number)
    stage.sync()
    record = payment(stage, number)
    assert (record.state, record.cause) == ("held", "locked_there")
    assert "SAGE-77" in record.message
    assert amounts(people) == ["900.00"]
    people.work("void_payment", id=shown["id"], unlock=True)
    assert replay.replay([record])[1] == []
    stage.sync()
    assert people.payments() == []
    assert payment(stage, number).cause == "voided"


def test_a_direct_cost_is_shown_as_paid_when_all_of_it_is(stage: Stage, people: Contractor) -> None:
    line = {"wbs_code_id": EARTH, "manual_amount": "300.00", "description": "Crane"}
    key = people.cost("invoice", "INV-77", line, vendor_id=562949953000101)
    stage.install(*FLOWS)
    stage.sync()
    bill = people.bill("INV-77")
    people.pay(bill, "100.00")
    stage.sync()
    assert people.direct_cost(key)["payment_date"] is None
    people.pay(bill, "", "5502", date="2026-03-20")
    stage.sync()
    assert people.direct_cost(key)["payment_date"] == "2026-03-20"
    assert people.payments() == []


@pytest.mark.parametrize("effect", ["drop_before_write", "drop_after_write"])
@pytest.mark.parametrize(("method", "path"), [("POST", r"/contract_payments(\?|$)"), ("PATCH", r"/requisitions/\d+")])
def test_a_lost_answer_never_shows_a_payment_twice(
    stage: Stage, people: Contractor, effect: str, method: str, path: str
) -> None:
    ((key, bill),) = posted(stage, people, "PA-1", mark_paid="yes")
    stage.procore.fault(effect, method=method, path=path)
    people.pay(bill)
    stage.sync()
    assert amounts(people) == ["900.00"]
    assert people.requisition(key)["payment_date"] == "2026-03-10"
    assert people.requisition(key)["origin_id"] == bill


@pytest.mark.parametrize("effect", ["drop_before_write", "drop_after_write"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("PATCH", r"/contract_payments/\d+"), ("DELETE", r"/contract_payments/\d+"), ("PATCH", r"/requisitions/\d+")],
)
def test_a_lost_answer_withdraws_a_voided_payment_all_the_same(
    stage: Stage, people: Contractor, effect: str, method: str, path: str
) -> None:
    ((key, bill),) = posted(stage, people, "PA-1")
    number = people.pay(bill)
    stage.sync()
    people.office("void_payment", number=number)
    stage.procore.fault(effect, method=method, path=path)
    stage.sync()
    assert people.payments() == []
    assert people.requisition(key)["payment_date"] is None
    assert payment(stage, number).cause == "voided"
