"""Answers to writes that are lost, late or refused: nothing is doubled, nothing is lost, the other bills go on."""

from __future__ import annotations

import time
from typing import Any

import pytest
from stage import CREATE, RELEASE, SOUND, Stage

from ml_connector.hub import connections
from ml_connector.hub.models import Attempt, Record

PLACES = {"create": CREATE, "release": RELEASE}
SETTLE = 15 * 60


def lost(stage: Stage) -> Record:
    """The one record that is unknown after a sync without patience; the others went on.

    After a lost release the vendor may still be at work, so the others may have to wait there for it.
    """
    stage.sync(wait=0)
    record = Record.objects.get(state="unknown")
    assert record.step == "release" or set(stage.bills()) == SOUND - {record.business_number}
    assert "looked up before anything is sent again" in record.message
    return record


@pytest.mark.parametrize("step", ["create", "release"])
@pytest.mark.parametrize(
    ("effect", "args"),
    [
        ("drop_before_write", {}),
        ("drop_after_write", {}),
        ("html_error", {"status": 502}),
        ("status", {"status": 500, "body": "Runtime error"}),
    ],
)
def test_a_lost_answer_is_looked_up_after_the_settle_time_and_never_sent_blindly(
    stage: Stage, step: str, effect: str, args: dict[str, Any]
) -> None:
    stage.install()
    stage.acumatica.fault(effect, **PLACES[step], nth=2, **args)
    record = lost(stage)
    due = record.due
    assert due is not None
    assert (due - stage.clock.now()).total_seconds() > SETTLE - 10
    sent = Attempt.objects.filter(record=record, step=step)
    assert sent.count() == 1
    assert stage.sync().in_flight == 0
    stage.assert_posted_once()
    assert sent.count() == (1 if effect == "drop_after_write" else 2)


@pytest.mark.parametrize("step", ["create", "release"])
def test_a_truncated_answer_of_a_write_is_looked_up(stage: Stage, step: str) -> None:
    stage.install()
    if step == "create":
        stage.acumatica.fault("truncate", **CREATE, nth=2, bytes=60)
    else:
        stage.acumatica.post("/switches", {"action_answer": "204"})
        stage.acumatica.fault("status", **RELEASE, nth=2, status=200, body='{"begun')
    record = lost(stage)
    assert stage.sync().in_flight == 0
    stage.assert_posted_once()
    assert stage.record(record.business_number).state == "posted"


def test_an_html_page_with_status_200_for_a_write_is_looked_up(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", **CREATE, status=200, body="<html>Please sign in</html>")
    assert "HTML page" in lost(stage).message
    stage.sync()
    stage.assert_posted_once()


@pytest.mark.parametrize("step", ["create", "release"])
@pytest.mark.parametrize("effect", ["delay_before_write", "delay_after_write"])
def test_a_time_out_before_and_after_the_write_is_looked_up(stage: Stage, step: str, effect: str) -> None:
    stage.install()
    connections.change(stage.erp, {"write_seconds": "1"})
    stage.acumatica.fault(effect, **PLACES[step], nth=2, seconds=1.2)
    stage.sync(wait=0)
    record = Record.objects.get(state="unknown")
    assert "no complete answer in time" in record.message
    assert "looked up before anything is sent again" in record.message
    wanted = "Balanced" if step == "create" else "Open"
    until(lambda: stage.bills(wanted)[record.business_number] == 1)  # the slow call has ended there
    assert stage.sync().in_flight == 0
    stage.assert_posted_once()
    assert Attempt.objects.filter(record=record, step=step).count() == 1


def test_a_release_that_goes_on_after_its_status_was_lost_is_settled_by_the_bill(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("html_error", method="GET", path="/ReleaseBill/status/", times=4, status=502)
    assert stage.sync().in_flight == 0
    stage.assert_posted_once()


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (409, {"message": "The record is in use."}, "The record is in use."),
        (412, {"message": "Precondition failed"}, "Precondition failed"),
        (422, {"error": "raised at least one error", "Details": [{"id": "1", "Account": {"value": "54000"}}, {
            "id": "2", "Project": {"value": "TES9", "error": "Project 'TES9' cannot be found in the system."}}]},
         "Details line 2, Project: Project 'TES9' cannot be found"),
        (500, {"message": "An error has occurred.", "exceptionMessage": "The document is out of the balance.",
               "exceptionType": "PX.Data.PXException"}, "out of the balance"),
        (400, "", "no explanation"),
    ],
)  # fmt: skip
def test_a_refused_bill_says_the_vendor_s_words_and_goes_after_a_replay(
    stage: Stage, status: int, body: Any, words: str
) -> None:
    stage.install()
    stage.acumatica.fault("status", **CREATE, nth=2, status=status, body=body)
    ended = stage.sync()
    refused = Record.objects.get(state="refused")
    assert words in refused.message
    assert "put right what it names, then replay the record" in refused.message
    assert stage.bills() == dict.fromkeys(SOUND - {refused.business_number}, 1)
    assert ended.in_flight == 0
    stage.sync()
    assert stage.record(refused.business_number).state == "refused"
    stage.replayed(refused.business_number)
    stage.sync()
    stage.assert_posted_once()


def test_a_refusal_inside_the_vendor_names_the_line_and_the_field(stage: Stage) -> None:
    stage.install()
    line = stage.requisition("INV-8800101")["items"][0]["wbs_code"]["flat_code"]
    stage.fill("coding", f"4711:{line},,54999|000000|22|22-400,,,")
    stage.sync()
    refused = stage.record("INV-8800101")
    assert refused.state == "refused"
    assert "Details line 1, Account" in refused.message
    stage.fill("coding", without=f"4711:{line}")
    stage.replayed("INV-8800101")
    stage.sync()
    stage.assert_posted_once()


def test_a_screen_that_is_busy_with_a_lost_release_is_waited_for(stage: Stage) -> None:
    stage.install()
    stage.acumatica.post("/switches", {"action_ms": 120_000})
    stage.acumatica.fault("drop_after_write", **RELEASE)
    assert (stage.sync().in_flight, Record.objects.filter(state="refused").count()) == (0, 0)
    stage.assert_posted_once()


def test_another_process_that_holds_the_record_is_waited_for(stage: Stage) -> None:
    stage.install()
    text = "Another process has updated the 'AP Document' record. Your changes will be lost."
    body = {"message": "An error has occurred.", "exceptionMessage": text, "exceptionType": "PX.Data.PXException"}
    stage.acumatica.fault("status", **RELEASE, nth=2, status=500, body=body)
    assert (stage.sync().in_flight, Record.objects.filter(state="refused").count()) == (0, 0)
    stage.assert_posted_once()


@pytest.mark.parametrize("step", ["create", "release"])
@pytest.mark.parametrize("args", [{"retry_after": 90}, {}])
def test_a_429_on_a_write_means_that_nothing_was_done(stage: Stage, step: str, args: dict[str, Any]) -> None:
    stage.install()
    stage.acumatica.fault("rate_limit", **PLACES[step], nth=3, **args)
    ended = stage.sync()
    assert ended.in_flight == 0
    assert not Attempt.objects.filter(state="lost").exists()
    stage.assert_posted_once()


def test_a_bill_that_is_gone_before_its_release_is_held_and_not_made_again(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("drop_before_write", **RELEASE, nth=2)
    record = lost(stage)
    stage.acumatica.post("/act", {"action": "delete", "number": record.target_number})
    stage.sync()
    held = stage.record(record.business_number)
    assert (held.state, held.cause) == ("held", "changed_there")
    assert f"bill {record.target_number} is no longer in Acumatica" in held.message
    assert stage.bills("") == stage.bills() + stage.bills("Pending Approval")
    stage.assert_posted_once(but={record.business_number})


def test_all_sessions_taken_is_waited_for(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", path="/identity/connect/token", status=429, body={"message": "API Login Limit"})
    connections.change(stage.erp, {"page_size": "400"})  # forgets the token
    ended = stage.sync(wait=0)
    assert "all API sessions of the Acumatica licence are taken" in ended.troubles[0]
    assert "SM604000" in ended.troubles[0]
    assert stage.erp.trouble == ""
    stage.sync()
    stage.assert_posted_once()


def until(holds: Any, seconds: float = 10) -> None:
    """Poll until something holds; fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)
