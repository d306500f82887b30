"""The month-end comparison of documents that were corrected, taken back, keyed by hand or reversed by people."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

import pytest
from contractor import EARTH, Contractor
from corrected import NUMBER, WORK, delete, documents, kinds, posted, revise, rule, standing
from stage import Stage

from ml_connector.hub import matching, reconcile, undo
from ml_connector.hub.models import Record
from ml_connector.hub.reconcile import Comparison, Line

MONTH = "2026-01"
Sums = tuple[Decimal, Decimal, Decimal]


def compared(stage: Stage, period: str = MONTH) -> Comparison:
    return reconcile.of_period(stage.installation, period)


def of_record(found: Comparison, number: str = NUMBER) -> dict[str, Decimal]:
    """What each cause explains of the documents that bear a number."""
    causes: dict[str, Decimal] = defaultdict(Decimal)
    for line in found.lines:
        for reason in line.reasons:
            if any(f" {number} as" in document for document in reason.documents):
                causes[reason.cause] += reason.amount
    return dict(causes)


def sums(lines: tuple[Line, ...], code: str = "09-250") -> Sums:
    """Approved, posted and in the ledger, of a cost code."""
    some = [line for line in lines if line.cell.cost_code == code]
    return (
        sum((line.approved for line in some), Decimal(0)),
        sum((line.posted for line in some), Decimal(0)),
        sum((line.ledger for line in some), Decimal(0)),
    )


def this_month(stage: Stage) -> str:
    """The period that a reversal of today falls into."""
    return f"{stage.clock.now():%Y-%m}"


def test_a_delta_and_its_document_are_what_is_approved(stage: Stage) -> None:
    posted(stage, corrections="post_delta")
    before = sums(compared(stage).lines)
    for work in ("15000.00", "21000.10"):
        revise(stage, work)
        stage.sync()
    found = compared(stage)
    assert of_record(found) == {}
    moved = Decimal("21000.10") - WORK
    assert sums(found.lines) == tuple(amount + moved for amount in before)
    assert found.unexplained == 0
    assert kinds(stage) == ["Bill", "Debit Adj.", "Bill"]


def test_a_bill_posted_anew_shows_its_reversal_in_the_period_that_it_fell_into(stage: Stage) -> None:
    posted(stage, corrections="reverse_and_repost")
    revise(stage, "15000.00")
    stage.sync()
    january, now = compared(stage), compared(stage, this_month(stage))
    due = Decimal(documents(stage)[0]["total"])
    assert of_record(january) == {"other period": -due}
    assert of_record(now) == {"other period": due}
    assert january.unexplained == now.unexplained == 0
    approved, sent, ledger = sums(now.lines)
    assert (approved, sent, ledger) == (0, Decimal("-9290.45"), Decimal("-9290.45"))


def test_a_bill_corrected_after_posting_is_told_while_source_and_posted_differ(stage: Stage) -> None:
    posted(stage, corrections="hold")
    revise(stage, "15000.00")
    for _ in range(2):  # before and after the next read
        assert of_record(compared(stage)) == {"corrected after posting": Decimal("15000.00") - WORK}
        stage.sync()
    revise(stage, WORK)
    stage.sync()
    assert standing(stage) == ("posted", "")
    assert of_record(compared(stage)) == {}


def test_a_change_that_was_taken_back_leaves_no_difference_under_another_rule(stage: Stage) -> None:
    posted(stage, corrections="hold")
    for work in ("15000.00", WORK):
        revise(stage, work)
        stage.sync()
    rule(stage, corrections="post_delta")
    revise(stage, "15000.00")
    stage.sync()
    assert of_record(compared(stage)) == {}


def test_an_undone_record_is_set_aside_by_a_person(stage: Stage) -> None:
    record = posted(stage)
    undo.carry_out(record)
    stage.sync()
    assert standing(stage) == ("skipped", "set_aside")
    found = compared(stage, this_month(stage))
    due = Decimal(documents(stage)[0]["total"])
    assert of_record(found) == {"set aside by a person": due}
    assert compared(stage).unexplained == found.unexplained == 0


def test_a_deleted_requisition_that_was_taken_back_is_explained(stage: Stage) -> None:
    posted(stage, corrections="reverse_and_repost")
    delete(stage)
    stage.sync(sweep=True)
    due = Decimal(documents(stage)[0]["total"])
    assert of_record(compared(stage)) == {"corrected after posting": -due}
    assert of_record(compared(stage, this_month(stage))) == {"corrected after posting": due}


def test_a_bill_keyed_by_hand_and_adopted_is_read_by_its_number(stage: Stage) -> None:
    stage.install()
    stage.sync()
    held = Record.objects.get(cause="keyed_by_hand")
    (keyed,) = documents(stage, held.business_number)
    matching.accept_pairs(stage.installation, "requisitions", [(1, str(keyed["number"]), held.source_key)], "test")
    stage.replayed(held.business_number)
    stage.sync()
    found = compared(stage)
    assert set(of_record(found, held.business_number)) <= {"keyed by hand"}
    ledger = sum((line.ledger for line in found.lines), Decimal(0))
    sent = sum((line.posted for line in found.lines), Decimal(0))
    assert ledger - sent == Decimal(keyed["total"])
    assert found.unexplained == 0


@pytest.mark.parametrize("release", [True, False])
def test_a_bill_that_somebody_reversed_is_changed_in_the_ledger(stage: Stage, release: bool) -> None:
    record = posted(stage)
    stage.act("acumatica", "reverse", number=record.target_number, release=release)
    assert kinds(stage) == ["Bill", "Debit Adj."]
    found = compared(stage, this_month(stage))
    due = Decimal(documents(stage)[0]["total"])
    assert of_record(found) == ({"changed or reversed in the ledger": due} if release else {})
    assert of_record(compared(stage)) == {}
    assert found.unexplained == 0


def test_native_retainage_held_and_released_is_what_is_approved(stage: Stage) -> None:
    stage.install(retainage="native")
    stage.sync()
    assert Record.objects.filter(state="posted").count() >= 3
    found = compared(stage)
    reasons = {reason.cause for line in found.lines for reason in line.reasons}
    assert found.unexplained == 0
    assert "changed or reversed in the ledger" not in reasons
    held = [line for line in found.lines if line.cell.cost_code == "(retainage)"]
    assert sum((line.ledger for line in held), Decimal(0)) == sum((line.posted for line in held), Decimal(0)) < 0


def test_a_direct_cost_and_its_difference_are_what_is_approved(stage: Stage) -> None:
    stage.install("direct-costs", corrections="post_delta")
    stage.sync()
    record = Record.objects.filter(state="posted", flow="direct-costs").order_by("pk").first()
    assert record is not None
    costs = stage.procore.stored("direct_costs")
    cost = next(row for row in costs if str(row["id"]) == record.source_key)
    line = cost["line_items"][0]
    changed = {"id": line["id"], "amount": str(Decimal(line["amount"]) + 10), "quantity": "1"}
    changed["unit_cost"] = changed["amount"]
    stage.act("procore", "revise", kind="direct_cost", id=cost["id"], items=[changed])
    assert of_record(compared(stage), record.business_number) == {"corrected after posting": Decimal(10)}
    stage.sync(sweep=True)
    found = compared(stage)
    assert of_record(found, record.business_number) == {}
    assert found.unexplained == 0
    assert [row["kind"] for row in documents(stage, record.business_number)] == ["Bill", "Bill"]


def test_native_releases_are_what_is_approved(stage: Stage) -> None:
    people = Contractor(stage.sandboxes)
    contract = people.commitment("SC-1", EARTH)
    people.invoice(contract, "PA-1", {"work": "1000.00", "held": "100.00"}, day="2026-01-20")
    people.invoice(contract, "PA-2", {"work": "200.00", "released": "60.00"})
    people.invoice(contract, "PA-3", {"released": "40.00"})
    stage.install(retainage="native")
    stage.acumatica.post("/switches", {"retainage_bills_released": True})
    stage.sync()
    assert {stage.record(number).state for number in ("PA-1", "PA-2", "PA-3")} == {"posted"}
    found = compared(stage)
    for number in ("PA-1", "PA-2", "PA-3"):
        assert of_record(found, number) == {}
    assert found.unexplained == 0
