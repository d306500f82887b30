"""Documents that cannot be posted as they are: held with a reason, posted once when a person has acted."""

from __future__ import annotations

from collections import Counter
from datetime import date
from typing import Any

import pytest
from stage import CREATE, SOUND, Stage

from ml_connector.hub import matching, replay
from ml_connector.hub.models import Record


def act(stage: Stage, side: str, action: str, **fields: Any) -> Any:
    """What a person does in a vendor's screens."""
    return getattr(stage, side).post("/act", {"action": action, **fields})


def vendor_of(stage: Stage, number: str) -> str:
    """The target's vendor of one of our bills' requisitions, by name."""
    name = stage.requisition(number)["vendor_name"]
    vendors = stage.acumatica.stored("Vendor")
    return str(next(row["VendorID"]["value"] for row in vendors if row["VendorName"]["value"] == name))


def test_an_unmapped_cost_code_names_table_value_and_money_and_posts_when_mapped(stage: Stage) -> None:
    stage.install()
    stage.sync()
    held = stage.record("INV-8800701")
    assert (held.state, held.cause) == ("held", "unmapped")
    for words in ("table coding", "13-280.S", "22262.06", "ml-connector mapping import"):
        assert words in held.message
    stage.assert_posted_once()
    stage.fill("coding", "13-280.S,Asbestos abatement,54000||02|02-410,,,")
    assert replay.release_waiting(stage.installation.pk, ["unmapped"]) == 1
    stage.sync()
    stage.assert_posted_once("INV-8800701")


def test_lines_that_do_not_add_up_show_both_sums_and_post_when_corrected(stage: Stage) -> None:
    stage.install()
    stage.sync()
    held = stage.record("1003")
    assert (held.state, held.cause) == ("held", "does_not_add_up")
    for words in ("63409.98 USD", "63419.98 USD", "difference of 10.00", "correct it at the source"):
        assert words in held.message
    assert stage.bills("")["1003"] == 0
    item = stage.requisition("1003")["items"][0]
    correct = {"id": item["id"], "item_type": item["item_type"]}
    correct["work_completed_this_period"] = item["work_completed_this_period"]
    act(stage, "procore", "revise", kind="requisition", id=stage.requisition("1003")["id"], items=[correct])
    stage.sync()
    stage.assert_posted_once("1003")


@pytest.mark.parametrize("periods_are_told", [True, False])
def test_a_closed_period_holds_each_bill_until_it_is_opened(stage: Stage, periods_are_told: bool) -> None:
    stage.install()
    if not periods_are_told:
        stage.acumatica.fault("status", path="/FinancialPeriod", times="always", status=403)
    act(stage, "acumatica", "close_period", period="2026-01")
    ended = stage.sync()
    held = Record.objects.filter(state="held", cause="period_closed")
    assert set(held.values_list("business_number", flat=True)) >= SOUND
    assert ended.in_flight == 0
    assert not stage.bills("")
    assert "period" in held[0].message.lower()
    assert "open" in held[0].message
    assert "replay" in held[0].message
    act(stage, "acumatica", "open_period", period="2026-01")
    replay.replay(held)
    stage.sync()
    stage.assert_posted_once()


def test_a_closed_period_goes_into_the_next_open_one_where_the_rule_says_so(stage: Stage) -> None:
    stage.install(closed_period="next_open_day")
    act(stage, "acumatica", "close_period", period="2026-01")
    stage.sync()
    stage.assert_posted_once()
    assert {stage.bill(number)["period"] for number in SOUND} == {"2026-03"}  # February is closed in the small month
    assert stage.bill("1002")["date"] == "2026-01-25"


def test_a_period_that_closes_between_create_and_release_leaves_one_bill_that_is_released_later(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", method="POST", path="/ReleaseBill$", nth=2, status=422, body={
        "error": "raised at least one error", "PostPeriod": {"value": None, "error": "'Post Period' cannot be empty."},
    })  # fmt: skip
    stage.sync()
    (held,) = Record.objects.filter(cause="period_closed")
    assert "open the period there" in held.message
    assert stage.bills("Balanced") == {held.business_number: 1}
    stage.replayed(held.business_number)
    stage.sync()
    stage.assert_posted_once()


def test_an_inactive_vendor_holds_its_bills_alone(stage: Stage) -> None:
    stage.install()
    vendor = vendor_of(stage, "PAY APP 1 / 88002")
    act(stage, "acumatica", "deactivate", kind="vendor", id=vendor)
    stage.sync()
    held = stage.record("PAY APP 1 / 88002")
    assert (held.state, held.cause) == ("held", "vendor_inactive")
    assert "activate the vendor" in held.message
    assert "replay" in held.message
    stage.assert_posted_once(but={"PAY APP 1 / 88002"})
    act(stage, "acumatica", "activate", kind="vendor", id=vendor)
    stage.replayed("PAY APP 1 / 88002")
    stage.sync()
    stage.assert_posted_once()


def test_a_bill_that_the_target_sends_to_approval_is_released_after_it_by_itself(stage: Stage) -> None:
    stage.install()
    stage.sync()
    held = stage.record("2026880081")
    assert (held.state, held.cause) == ("held", "waits_for_approval")
    assert f"bill {held.target_number} waits for approval in Acumatica" in held.message
    assert "approve it there" in held.message
    act(stage, "acumatica", "approve", number=held.target_number)
    stage.clock.sleep(16 * 60)
    stage.sync()
    stage.assert_posted_once("2026880081")


def test_a_bill_that_is_rejected_there_waits_for_a_person(stage: Stage) -> None:
    stage.install()
    stage.sync()
    number = stage.record("2026880081").target_number
    act(stage, "acumatica", "reject", number=number)
    stage.clock.sleep(16 * 60)
    stage.sync()
    held = stage.record("2026880081")
    assert (held.state, held.cause) == ("held", "changed_there")
    assert f"bill {number} is Rejected" in held.message
    assert "set this record aside" in held.message
    stage.assert_posted_once()
    assert sum(stage.bills("").values()) == len(SOUND) + 1


def test_a_bill_that_somebody_keyed_is_never_adopted_and_goes_under_another_number(stage: Stage) -> None:
    stage.install()
    stage.sync()
    held = stage.record("INV-8800601")
    assert (held.state, held.cause) == ("held", "keyed_by_hand")
    assert "it may have been keyed by hand already, as bill 000003" in held.message
    matching.accept_pairs(stage.installation, "requisitions", [(1, "-", held.source_key)], "test")
    stage.replayed("INV-8800601")
    stage.sync()
    held = stage.record("INV-8800601")
    assert (held.state, held.cause) == ("held", "keyed_by_hand")
    assert "somebody keyed 000003" in held.message
    assert "set this record aside" in held.message
    assert "change the number" in held.message
    stage.assert_posted_once()
    key = stage.requisition("INV-8800601")["id"]
    act(stage, "procore", "edit", kind="requisition", id=key, fields={"invoice_number": "INV-8800601-B"})
    stage.sync()
    stage.assert_posted_once("INV-8800601-B")


def test_a_keyed_bill_may_be_set_aside_and_stays_alone(stage: Stage) -> None:
    stage.install()
    stage.sync()
    replay.set_aside(stage.record("INV-8800601"), "keyed as 000003")
    stage.sync(sweep=True)
    assert stage.record("INV-8800601").state == "skipped"
    numbers = Counter(row["business_number"] for row in stage.acumatica.get("/books") if row["document"] == "bill")
    assert numbers["INV-8800601"] == 1


def test_a_bill_keyed_between_gate_and_create_is_refused_where_the_target_forbids_doubles(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", **CREATE, nth=2, status=422, body={
        "error": "raised at least one error",
        "VendorRef": {"value": "x", "error": "Document with the same vendor reference number already exists."},
    })  # fmt: skip
    stage.sync()
    (held,) = Record.objects.filter(cause="keyed_by_hand").exclude(business_number="INV-8800601")
    assert "compare both bills" in held.message
    stage.replayed(held.business_number)
    stage.sync()
    stage.assert_posted_once()


def test_a_requisition_revised_after_posting_is_held_and_nothing_moves_by_itself(stage: Stage) -> None:
    stage.install()
    stage.sync()
    row = stage.requisition("1002")
    item = row["items"][0]
    changed = {"id": item["id"], "item_type": item["item_type"], "work_completed_this_period": "1.00"}
    act(stage, "procore", "revise", kind="requisition", id=row["id"], items=[changed])
    stage.sync()
    held = stage.record("1002")
    assert (held.state, held.cause) == ("held", "changed_after_posting")
    assert "changed after this was posted" in held.message
    assert "correct the target by hand" in held.message
    assert stage.bills() == Counter(SOUND)
    back = {**changed, "work_completed_this_period": item["work_completed_this_period"]}
    act(stage, "procore", "revise", kind="requisition", id=row["id"], items=[back])
    stage.sync()
    stage.assert_posted_once()


def test_a_requisition_deleted_after_posting_is_held_and_its_bill_stays(stage: Stage) -> None:
    stage.install()
    stage.sync()
    act(stage, "procore", "delete", kind="requisition", id=stage.requisition("1002")["id"])
    stage.sync(sweep=True)
    held = stage.record("1002")
    assert (held.state, held.cause) == ("held", "gone_after_posting")
    assert "deleted or voided at the source" in held.message
    assert "reverse it in the target by hand" in held.message
    assert stage.bills() == Counter(SOUND)
    replay.set_aside(held, "reversed by hand")
    stage.sync(sweep=True)
    assert stage.record("1002").state == "skipped"
    assert stage.bills() == Counter(SOUND)


def test_a_requisition_sent_back_before_posting_waits_for_its_new_approval(stage: Stage) -> None:
    stage.install()
    key = stage.requisition("1002")["id"]
    act(stage, "procore", "revise", kind="requisition", id=key)
    stage.sync()
    waiting = stage.record("1002")
    assert (waiting.state, waiting.cause) == ("skipped", "not_approved")
    stage.assert_posted_once(but={"1002"})
    act(stage, "procore", "approve", kind="requisition", id=key)
    stage.sync()
    stage.assert_posted_once()


def test_a_vendor_without_a_match_is_named_with_the_command_that_helps(stage: Stage) -> None:
    stage.install()
    row = stage.requisition("1002")
    stage.unmatch(str(row["vendor_id"]))
    stage.sync()
    held = stage.record("1002")
    assert (held.state, held.cause) == ("held", "no_match")
    assert row["vendor_name"] in held.message
    assert "ml-connector match" in held.message
    stage.assert_posted_once(but={"1002"})
    stage.match()
    assert replay.release_waiting(stage.installation.pk, ["no_match"]) >= 1
    stage.sync()
    stage.assert_posted_once()


def test_a_bill_that_is_not_what_was_meant_is_not_released(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("drop_after_write", **CREATE, nth=2)
    stage.sync(wait=0)
    record = Record.objects.get(state="unknown")
    number = next(row["number"] for row in stage.sandboxes.bills() if row["business_number"] == record.business_number)
    meant = stage.bill(record.business_number)["lines"][0]["amount"]
    act(stage, "acumatica", "edit", number=number, line=1, amount="1.00")
    stage.sync()
    held = stage.record(record.business_number)
    assert (held.state, held.cause) == ("held", "stored_differently")
    assert "is not released" in held.message
    assert "replay the record" in held.message
    assert stage.bills("Balanced") == {record.business_number: 1}
    stage.assert_posted_once(but={record.business_number})
    act(stage, "acumatica", "edit", number=number, line=1, amount=meant)
    stage.replayed(record.business_number)
    stage.sync()
    stage.assert_posted_once()


def test_a_document_without_a_date_or_number_says_what_to_enter(stage: Stage) -> None:
    stage.install()
    first, second = (stage.requisition(number)["id"] for number in ("1002", "2026880041"))
    act(stage, "procore", "edit", kind="requisition", id=first, fields={"billing_date": None})
    act(stage, "procore", "edit", kind="requisition", id=second, fields={"invoice_number": ""})
    stage.sync()
    undated, unnumbered = stage.record("1002"), Record.objects.get(cause="no_number")
    assert "enter one at the source" in undated.message
    assert "enter the vendor's number" in unnumbered.message
    assert undated.business_date is None
    stage.assert_posted_once(but={"1002", "2026880041"})
    act(stage, "procore", "edit", kind="requisition", id=first, fields={"billing_date": date(2026, 1, 25).isoformat()})
    act(stage, "procore", "edit", kind="requisition", id=second, fields={"invoice_number": "2026880041"})
    stage.sync()
    stage.assert_posted_once()
