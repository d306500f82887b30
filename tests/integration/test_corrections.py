"""Requisitions that change after they were posted: held, taken back and posted anew, or made good, never when paid."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from corrected import (
    NUMBER,
    WORK,
    approve,
    by_hand,
    close_period,
    delete,
    documents,
    in_ledger,
    kinds,
    posted,
    revise,
    rule,
    send_back,
    standing,
)
from stage import Stage

from ml_connector.hub import matching
from ml_connector.hub.models import Posting, Record

ANEW = "reverse_and_repost"
DELTA = "post_delta"
REVERSE = {"method": "POST", "path": r"/Bill/ReverseBill$"}
RELEASE = {"method": "POST", "path": r"/Bill/ReleaseBill$"}


def quiet(stage: Stage) -> None:
    """Another read, and a sweep, move nothing."""
    before = documents(stage)
    stage.sync()
    stage.sync(sweep=True)
    assert documents(stage) == before


@pytest.mark.parametrize("work", ["15000.00", "21000.10"])
def test_a_revised_requisition_is_taken_back_and_posted_anew(stage: Stage, work: str) -> None:
    first = posted(stage, corrections=ANEW)
    revise(stage, work)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand(work)
    bill, adjustment, anew = documents(stage)
    assert [row["kind"] for row in (bill, adjustment, anew)] == ["Bill", "Debit Adj.", "Bill"]
    assert (bill["number"], bill["reversed_by"]) == (first.target_number, adjustment["number"])
    assert anew["reference"] == f"ML-{first.ref}-2"
    assert anew["period"] == bill["period"] == "2026-01"
    quiet(stage)


@pytest.mark.parametrize(("work", "kind"), [("15000.00", "Debit Adj."), ("21000.10", "Bill")])
def test_only_the_difference_is_posted_where_the_rule_says_so(stage: Stage, work: str, kind: str) -> None:
    posted(stage, corrections=DELTA)
    revise(stage, work)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand(work)
    assert kinds(stage) == ["Bill", kind]
    assert documents(stage)[1]["business_number"] == f"{NUMBER}/2"
    quiet(stage)


def test_differences_add_up_over_several_revisions_and_back_again(stage: Stage) -> None:
    posted(stage, corrections=DELTA)
    for work in ("15000.00", "21000.10", str(WORK)):
        revise(stage, work)
        stage.sync()
        assert in_ledger(stage) == by_hand(work)
    assert standing(stage) == ("posted", "")
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill", "Debit Adj."]
    quiet(stage)


@pytest.mark.parametrize("how", [ANEW, DELTA])
def test_a_held_correction_is_made_when_the_rule_was_changed_and_it_is_replayed(stage: Stage, how: str) -> None:
    posted(stage, corrections="hold")
    revise(stage, "15000.00")
    stage.sync()
    assert standing(stage) == ("held", "changed_after_posting")
    assert in_ledger(stage) == by_hand()
    rule(stage, corrections=how)
    stage.replayed(NUMBER)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")
    quiet(stage)


@pytest.mark.parametrize("how", ["hold", ANEW, DELTA])
def test_what_is_changed_back_to_what_was_posted_moves_nothing(stage: Stage, how: str) -> None:
    posted(stage, corrections=how)
    stage.acumatica.post("/act", {"action": "pay", "number": stage.record(NUMBER).target_number, "amount": "1.00"})
    if how == DELTA:  # a difference is posted whether the bill is paid or not: both happen between two reads
        revise(stage, "15000.00")
    else:
        revise(stage, "15000.00")
        stage.sync()
        assert standing(stage)[0] == "held"
    revise(stage, WORK)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand()
    assert kinds(stage) == ["Bill"]


def test_a_difference_is_still_right_after_a_change_that_was_taken_back(stage: Stage) -> None:
    posted(stage, corrections="hold")
    for work in ("15000.00", str(WORK)):
        revise(stage, work)
        stage.sync()
    assert standing(stage) == ("posted", "")
    rule(stage, corrections=DELTA)
    revise(stage, "15000.00")
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")


@pytest.mark.parametrize("how", [ANEW, DELTA])
def test_an_approval_taken_back_takes_the_bill_back_until_it_is_given_again(stage: Stage, how: str) -> None:
    posted(stage, corrections=how)
    send_back(stage)
    stage.sync()
    assert standing(stage) == ("skipped", "not_approved")
    assert in_ledger(stage) == {}
    assert kinds(stage) == ["Bill", "Debit Adj."]
    quiet(stage)
    approve(stage)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand()
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill"]


@pytest.mark.parametrize("how", [ANEW, DELTA])
def test_a_deleted_requisition_is_taken_back_by_the_sweep(stage: Stage, how: str) -> None:
    posted(stage, corrections=how)
    delete(stage)
    stage.sync(sweep=True)
    assert standing(stage) == ("withdrawn", "gone")
    assert in_ledger(stage) == {}
    assert kinds(stage) == ["Bill", "Debit Adj."]
    quiet(stage)


@pytest.mark.parametrize(("status", "state"), [(429, "ready"), (500, "unknown")])
def test_a_requisition_deleted_before_posting_is_withdrawn_and_never_posted(
    stage: Stage, status: int, state: str
) -> None:
    stage.install(corrections=ANEW)
    stage.acumatica.fault("status", method="PUT", path=r"/Bill(\?|$)", times="always", status=status, body="?")
    stage.sync(wait=0)
    assert {stage.record(NUMBER).state} <= {state, "retrying"}
    delete(stage)
    stage.acumatica.post("/faults", None, method="DELETE")
    stage.sync(sweep=True)
    assert standing(stage) == ("withdrawn", "gone")
    assert documents(stage) == []


@pytest.mark.parametrize("amount", ["1.00", "23787.45"])
@pytest.mark.parametrize("change", [lambda stage: revise(stage, "15000.00"), send_back, delete])
def test_a_paid_or_partly_paid_bill_is_never_touched(stage: Stage, amount: str, change: Any) -> None:
    first = posted(stage, corrections=ANEW)
    stage.act("acumatica", "pay", number=first.target_number, amount=amount)
    before = documents(stage)
    change(stage)
    stage.sync(sweep=True)
    held = stage.record(NUMBER)
    assert (held.state, held.cause) == ("held", "paid_there")
    assert "paid" in held.message
    assert documents(stage) == before
    assert not held_again(stage)


def held_again(stage: Stage) -> list[dict[str, Any]]:
    """What a further sync makes of a record that waits: nothing."""
    before = documents(stage)
    stage.sync(sweep=True)
    return [row for row in documents(stage) if row not in before]


def test_a_voided_payment_lets_the_correction_go_on(stage: Stage) -> None:
    first = posted(stage, corrections=ANEW)
    paid = stage.act("acumatica", "pay", number=first.target_number, amount="1.00")
    revise(stage, "15000.00")
    stage.sync()
    assert standing(stage) == ("held", "paid_there")
    stage.act("acumatica", "void_payment", number=paid["payment"])
    stage.replayed(NUMBER)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")


def test_a_closed_period_keeps_the_posted_bill_until_the_new_one_can_be_posted(stage: Stage) -> None:
    posted(stage, corrections=ANEW)
    close_period(stage, "2026-01")
    revise(stage, "15000.00")
    stage.sync()
    assert standing(stage) == ("held", "period_closed")
    assert in_ledger(stage) == by_hand()
    stage.replayed(NUMBER)
    stage.sync()
    assert standing(stage) == ("held", "period_closed")
    assert kinds(stage) == ["Bill"]
    stage.act("acumatica", "open_period", period="2026-01")
    stage.replayed(NUMBER)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")


def test_a_closed_period_moves_the_new_bill_where_the_rule_says_so(stage: Stage) -> None:
    posted(stage, corrections=ANEW, closed_period="next_open_day")
    close_period(stage, "2026-01")
    revise(stage, "15000.00")
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")
    bill, _, anew = documents(stage)
    assert (bill["period"], anew["period"]) == ("2026-01", "2026-03")
    assert bill["date"] == anew["date"] == "2026-01-25"


def test_a_closed_period_does_not_keep_what_is_gone_from_being_taken_back(stage: Stage) -> None:
    posted(stage, corrections=ANEW)
    close_period(stage, "2026-01")
    delete(stage)
    stage.sync(sweep=True)
    assert standing(stage) == ("withdrawn", "gone")
    assert in_ledger(stage) == {}


def test_a_reversal_that_falls_into_a_closed_period_waits_and_goes_on_where_it_was(stage: Stage) -> None:
    posted(stage, corrections=ANEW)
    today = f"{stage.clock.now():%Y-%m}"
    close_period(stage, today)
    revise(stage, "15000.00")
    stage.sync()
    assert standing(stage) == ("held", "period_closed")
    stage.act("acumatica", "open_period", period=today)
    stage.replayed(NUMBER)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill"]


@pytest.mark.parametrize("effect", ["drop_before_write", "drop_after_write"])
@pytest.mark.parametrize("call", [REVERSE, RELEASE], ids=["reverse", "release"])
def test_a_lost_answer_of_a_reversal_is_looked_up_and_nothing_is_taken_back_twice(
    stage: Stage, call: dict[str, str], effect: str
) -> None:
    posted(stage, corrections=ANEW)
    revise(stage, "15000.00")
    stage.acumatica.fault(effect, **call)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("15000.00")
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill"]
    quiet(stage)


def test_a_revision_while_the_bill_is_being_taken_back_ends_in_the_newest_version(stage: Stage) -> None:
    posted(stage, corrections=ANEW)
    revise(stage, "15000.00")
    stage.acumatica.fault("drop_after_write", **REVERSE)
    stage.sync(wait=0)
    assert stage.record(NUMBER).state == "unknown"
    revise(stage, "16000.00")
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand("16000.00")
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill"]


def test_a_change_back_while_the_bill_is_being_taken_back_posts_it_anew(stage: Stage) -> None:
    posted(stage, corrections=ANEW)
    revise(stage, "15000.00")
    stage.acumatica.fault("drop_after_write", **REVERSE)
    stage.sync(wait=0)
    revise(stage, WORK)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert in_ledger(stage) == by_hand()
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill"]


@pytest.mark.parametrize("how", ["hold", ANEW, DELTA])
def test_a_bill_that_somebody_keyed_is_left_alone_when_its_requisition_changes(stage: Stage, how: str) -> None:
    stage.install(corrections=how)
    stage.sync()
    held = Record.objects.get(cause="keyed_by_hand")
    (keyed,) = documents(stage, held.business_number)
    pair = [(1, str(keyed["number"]), held.source_key)]
    matching.accept_pairs(stage.installation, "requisitions", pair, "test")
    stage.replayed(held.business_number)
    stage.sync()
    assert stage.record(held.business_number).state == "posted"
    revise(stage, "1.00", held.business_number)
    stage.sync()
    changed = stage.record(held.business_number)
    assert (changed.state, changed.cause) == ("held", "changed_after_posting")
    assert documents(stage, held.business_number) == [keyed]
    assert Counter(Posting.objects.values_list("kind", flat=True))["adopted"] == 1
