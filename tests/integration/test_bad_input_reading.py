"""Answers to reads that are late, refused, broken or empty: nothing is lost, nothing is taken for gone."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from stage import REQUISITIONS, SOUND, Stage

from ml_connector.hub import connections
from ml_connector.hub.models import Record, Run, ScopeState

BILLS = {"method": "GET", "path": r"/Bill\?"}


def limited(stage: Stage, side: str, **args: Any) -> None:
    """A 429 at a call in the middle of a run."""
    place = REQUISITIONS | {"nth": 2} if side == "procore" else BILLS
    getattr(stage, side).fault("rate_limit", **place, **args)


@pytest.mark.parametrize("side", ["procore", "acumatica"])
def test_a_429_with_retry_after_is_waited_for_exactly(stage: Stage, side: str) -> None:
    stage.install()
    limited(stage, side, retry_after=120)
    begun = stage.clock.now()
    ended = stage.sync()
    assert ended.in_flight == 0
    assert 120 <= (stage.clock.now() - begun).total_seconds() < 200
    calls = getattr(stage, side).get("/calls")
    (refused,) = [call["n"] for call in calls if call["status"] == 429]
    assert len([call for call in calls if call["n"] > refused]) > 0
    stage.assert_posted_once()


@pytest.mark.parametrize("side", ["procore", "acumatica"])
def test_a_429_without_retry_after_is_waited_for_too(stage: Stage, side: str) -> None:
    stage.install()
    limited(stage, side)
    assert stage.sync().in_flight == 0
    calls = getattr(stage, side).get("/calls")
    (refused,) = [place for place, call in enumerate(calls) if call["status"] == 429]
    assert seconds(calls[refused]["at"], calls[refused + 1]["at"]) >= 1
    stage.assert_posted_once()


def seconds(earlier: str, later: str) -> float:
    """Between two calls."""
    return (datetime.fromisoformat(later) - datetime.fromisoformat(earlier)).total_seconds()


@pytest.mark.parametrize("side", ["procore", "acumatica"])
def test_a_limit_that_outlasts_the_patience_says_when_calls_go_on(stage: Stage, side: str) -> None:
    stage.install()
    limited(stage, side, retry_after=600)
    ended = stage.sync(wait=0)
    assert "call limit is used up" in ended.troubles[0]
    assert "calls go on in 600 s" in ended.troubles[0]
    assert connections.find(side).trouble == ""
    before = len(getattr(stage, side).get("/calls"))
    stage.sync(wait=0)
    assert len(getattr(stage, side).get("/calls")) == before
    stage.sync()
    stage.assert_posted_once()


@pytest.mark.parametrize("side", ["procore", "acumatica"])
def test_a_silent_delay_is_only_slow(stage: Stage, side: str) -> None:
    stage.install()
    place = REQUISITIONS if side == "procore" else BILLS
    getattr(stage, side).fault("delay_before_write", **place, times=2, seconds=0.3)
    assert stage.sync().troubles == ()
    stage.assert_posted_once()


def test_the_licence_s_silent_queue_is_only_slow(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("delay_after_write", method="PUT", path="/Bill", seconds=0.3)
    assert stage.sync().troubles == ()
    stage.assert_posted_once()


HICCUPS: dict[str, dict[str, Any]] = {
    "html_error": {"status": 502},
    "truncate": {},
    "drop_before_write": {},
}


@pytest.mark.parametrize("side", ["procore", "acumatica"])
@pytest.mark.parametrize("effect", list(HICCUPS))
def test_a_hiccup_of_a_read_is_repeated_at_once(stage: Stage, side: str, effect: str) -> None:
    stage.install()
    place = REQUISITIONS if side == "procore" else BILLS
    getattr(stage, side).fault(effect, **place, **HICCUPS[effect])
    ended = stage.sync()
    assert (ended.troubles, ended.in_flight) == ((), 0)
    stage.assert_posted_once()


@pytest.mark.parametrize(
    ("side", "effect", "args", "words"),
    [
        ("procore", "html_error", {"status": 502}, ("HTTP 502", "an HTML page")),
        ("acumatica", "html_error", {"status": 502}, ("HTTP 502", "an HTML page")),
        ("procore", "status", {"status": 503, "headers": {"Retry-After": "300"}}, ("HTTP 503", "in 300 s")),
        ("acumatica", "status", {"status": 500, "body": "boom"}, ("HTTP 500", "boom")),
        ("procore", "truncate", {"bytes": 40}, ("did not arrive",)),
        ("acumatica", "drop_before_write", {}, ("did not arrive",)),
        ("procore", "status", {"status": 200, "body": "<html>Maintenance</html>"}, ("HTML page", "Maintenance")),
        ("acumatica", "status", {"status": 200, "body": "[{"}, ("cut off",)),
        ("acumatica", "status", {"status": 200, "body": "so sorry"}, ("so sorry",)),
    ],
)
def test_a_read_that_stays_broken_is_tried_later_and_says_why(
    stage: Stage, side: str, effect: str, args: dict[str, Any], words: tuple[str, ...]
) -> None:
    stage.install()
    sandbox = getattr(stage, side)
    place = REQUISITIONS if side == "procore" else BILLS
    sandbox.fault(effect, **place, times="always", **args)
    ended = stage.sync(wait=0)
    for word in words:
        assert word in ended.troubles[0]
    assert "tried again" in ended.troubles[0]
    assert connections.find(side).trouble == ""
    assert not stage.bills("")
    assert not Record.objects.filter(state__in=["refused", "unknown", "withdrawn"]).exists()
    sandbox.post("/faults", None, method="DELETE")
    stage.sync()
    stage.assert_posted_once()


def test_a_project_that_is_out_of_sight_takes_no_record_with_it(stage: Stage) -> None:
    stage.install()
    stage.sync()
    stage.procore.post("/act", {"action": "hide", "id": 4711})
    stage.sync(sweep=True)
    assert not Record.objects.filter(state="withdrawn").exists()
    stage.assert_posted_once()


def test_a_project_that_is_404_while_it_is_read_is_named_and_the_others_go_on(stage: Stage) -> None:
    stage.install()
    stage.procore.fault("status", path=r"requisitions\?.*project_id=4711", times="always", status=404)
    ended = stage.sync()
    (trouble,) = ended.statements[0].troubles
    assert ScopeState.objects.get(key="4711").name in trouble
    assert "not visible to our user" in trouble
    assert stage.bills() == {"PAY APP 1 / 88002": 1, "1002": 1, "88005-2": 1}
    stage.procore.post("/faults", None, method="DELETE")
    stage.sync()
    stage.assert_posted_once()


def test_a_requisition_that_is_gone_before_posting_is_withdrawn_by_the_sweep(stage: Stage) -> None:
    stage.install()
    stage.acumatica.post("/act", {"action": "close_period", "period": "2026-01"})
    stage.sync()
    assert stage.record("1002").cause == "period_closed"
    stage.procore.post("/act", {"action": "delete", "kind": "requisition", "id": stage.requisition("1002")["id"]})
    stage.acumatica.post("/act", {"action": "open_period", "period": "2026-01"})
    ended = stage.sync(sweep=True)
    gone = stage.record("1002")
    assert (gone.state, gone.cause) == ("withdrawn", "gone")
    assert "gone at the source" in gone.message
    assert ended.statements[0].complete
    for number in SOUND - {"1002"}:
        stage.replayed(number)
    stage.sync()
    stage.assert_posted_once(but={"1002"})


def test_the_cursor_stays_where_it_was_when_a_walk_is_broken_off(stage: Stage) -> None:
    stage.install()
    stage.procore.fault("html_error", **REQUISITIONS, nth=2, times="always")
    stage.sync(wait=0)
    read = {scope.key: scope.cursor is not None for scope in ScopeState.objects.all()}
    assert list(read.values()).count(True) == 1
    stage.procore.post("/faults", None, method="DELETE")
    stage.sync()
    assert Run.objects.count() == 1
    stage.assert_posted_once()
