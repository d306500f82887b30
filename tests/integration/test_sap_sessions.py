"""Our session in SAP: one per cycle, shared, renewed when it dies, and logged out whatever happens."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import serving, typed, wait_for
from sap_stage import BATCH, INVOICES, SapStage
from sap_world import SapWorld, sap_world

from ml_connector.connectors.kit import errors
from ml_connector.connectors.sap_b1.client import JOURNALS, Query
from ml_connector.hub import clocks, connections, lanes, sessions, tenancy, working
from ml_connector.hub.models import AuditEntry, Record, Secret, Tenant

BOTH = ("commitments", "direct-costs")


@pytest.fixture(scope="module")
def running() -> Iterator[SapWorld]:
    with sap_world() as world:
        yield world


@pytest.fixture
def sap(tenant: int, running: SapWorld, monkeypatch: pytest.MonkeyPatch) -> SapStage:
    made = SapStage(running)
    monkeypatch.setattr(clocks, "clock", lambda: running.clock)
    return made


def one_cycle_at_a_time(sap: SapStage) -> int:
    """How many sessions there were one after the other; fails when two were open at once."""
    opened, cycles = False, 0
    for call in sap.sap.get("/calls"):
        if call["path"].endswith("/Login") and call["status"] == 200:
            assert not opened, "a second session was opened"
            opened, cycles = True, cycles + 1
        if call["path"].endswith("/Logout"):
            opened = False
    assert not opened
    return cycles


def test_a_cycle_logs_in_once_and_out_at_its_end(sap: SapStage) -> None:
    sap.install(*BOTH)
    sap.sync()
    assert (sap.logins, one_cycle_at_a_time(sap)) == (1, 1)
    sap.assert_posted_once()


def test_a_quiet_cycle_does_not_even_log_in(sap: SapStage) -> None:
    sap.install(*BOTH)
    sap.sync()
    sap.sap.forget_calls()
    sap.sync()
    assert sap.sap.get("/calls") == []


def test_a_session_that_dies_before_any_call_of_a_cycle_changes_nothing(
    running: SapWorld, tenant: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clocks, "clock", lambda: running.clock)
    wanted: list[Any] = []
    number, calls = 0, 1
    while number < calls:  # the first run is without trouble, and tells how many calls there are
        with tenancy.of(Tenant.objects.create(slug=f"t{number}", name=f"{number}").pk):
            sap = SapStage(running)
            sap.act("edit_vendor", id="V10009", approval=True)  # so that drafts are looked at, too
            sap.install()
            sap.switch(expired_code=("301", "-5002")[number % 2])
            if number:
                sap.sap.fault("expire_token", path="", nth=number + 1)
            sap.sync()
            calls = calls if number else len(sap.sap.get("/calls"))
            wanted = wanted or sap.books()
            assert sap.books() == wanted, f"the session died before call {number + 1} of {calls}"
            assert sap.sessions() == []
            assert sap.logins == (1 if number in (0, calls - 1) else 2)
        number += 1
    assert len(wanted) == len(INVOICES)
    assert calls >= 14


def test_a_session_that_is_ended_there_in_mid_cycle_is_opened_anew_by_everybody(sap: SapStage) -> None:
    sap.install()
    with connections.opened(sap.erp) as (one, _), connections.opened(sap.erp) as (other, _):
        asked(one)
        asked(other)
        sap.act("expire_sessions")
        asked(one)
        asked(other)
    assert (sap.logins, len(sap.sessions())) == (2, 1)
    sap.sync()
    sap.assert_posted_once()


def asked(client: Any) -> None:
    """A call of a client."""
    client.find(JOURNALS, Query(select=("JdtNum",), top=1))


def test_threads_of_a_connection_share_one_session(sap: SapStage, tenant: int) -> None:
    sap.install()
    row, together, failed = sap.erp, threading.Barrier(4), []

    def ask() -> None:
        from django.db import connections as databases

        try:
            with tenancy.of(tenant), connections.opened(row) as (client, _):
                together.wait(10)
                asked(client)
        except Exception as problem:
            failed.append(problem)
        finally:
            databases.close_all()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert (sap.logins, len(sap.sessions())) == (1, 1)
    sessions.end_all()
    assert sap.sessions() == []


def test_each_call_puts_the_end_of_an_idle_session_off(tenant: int, monkeypatch: pytest.MonkeyPatch) -> None:
    with sap_world(token_seconds=90) as world:
        monkeypatch.setattr(clocks, "clock", lambda: world.clock)
        sap = SapStage(world)
        sap.install()
        with connections.opened(sap.erp) as (client, _):
            for seconds, logins in ((0, 1), (80, 1), (80, 1), (90, 2)):
                sap.clock.sleep(seconds)
                asked(client)
                assert (sap.logins, len(sap.sessions())) == (logins, 1)
        sap.clock.sleep(100)
        sap.sync()
        sap.assert_posted_once()


def test_minus_5002_about_data_never_makes_us_log_in(sap: SapStage) -> None:
    sap.install(*BOTH)
    sap.switch(notification_code=-5002, notification_text="Internal error (-5002) occurred")
    sap.sync()
    refused = Record.objects.filter(state="refused")
    assert set(refused.values_list("message", flat=True)) == {
        "SAP refused: Internal error (-5002) occurred: put right what it names, then replay the record"
    }
    assert (refused.count(), sap.logins, sap.posted()) == (11, 1, {})
    sap.switch(notification_code=0)
    sap.replayed(*refused.values_list("business_number", flat=True))
    sap.sync()
    sap.assert_posted_once()


@pytest.mark.parametrize(
    ("effect", "args"),
    [
        ("status", {"status": 500, "body": {"error": {"code": "305", "message": "Switch company error: -1102"}}}),
        ("html_error", {"status": 502}),
        ("drop_before_write", {}),
        ("drop_after_write", {}),
        ("expire_token", {}),
    ],
)
def test_after_an_error_nobody_stays_logged_in(sap: SapStage, effect: str, args: dict[str, Any]) -> None:
    sap.install()
    sap.sap.fault(effect, **BATCH, times="always", **args)
    sap.sync(wait=0)
    sessions.end_all()  # as every command and worker does when it ends
    assert sap.sessions() == []
    sap.well_again()
    if sap.erp.trouble:
        assert "after a new log-in" in sap.erp.trouble or "after one renewal" in sap.erp.trouble
        sap.mended()
    sap.sync()
    sap.assert_posted_once()


def test_a_log_out_that_fails_is_tried_again(sap: SapStage) -> None:
    sap.install()
    sap.sap.fault("html_error", path="/Logout$", times=3, status=503)
    sap.sync()
    assert len(sap.sessions()) == 1
    assert AuditEntry.objects.filter(action="connection.log_out_failed").count() == 1
    worked_when_due(sap)
    sap.assert_posted_once()
    assert not Secret.objects.filter(connection_id=sap.erp.pk, name="token").exists()


def test_a_log_out_waits_for_a_retry_after_and_is_made_up_for(sap: SapStage) -> None:
    sap.install()
    sap.sap.fault("rate_limit", path="BusinessPartners", retry_after=300)
    sap.sync(wait=0)
    assert (len(sap.sessions()), sap.called("/Logout")) == (1, 0)
    while sap.sessions():
        worked_when_due(sap)
    sap.sync()
    sap.assert_posted_once()


def worked_when_due(sap: SapStage) -> None:
    """What a worker does when the lane is due the next time."""
    (lane,) = lanes.of_connection(sap.erp.pk)
    lane.refresh_from_db()
    assert lane.due is not None
    sap.clock.sleep((lane.due - sap.clock.now()).total_seconds())
    working.work(lane.key)


def test_new_settings_end_the_session_of_the_old_ones(sap: SapStage) -> None:
    sap.install()
    with connections.opened(sap.erp) as (client, _):
        asked(client)
        assert len(sap.sessions()) == 1
        connections.change(sap.erp, {"page_size": "50"})
        assert sap.sessions() == []
        with pytest.raises(errors.TryLater, match="goes on with the new ones"):
            asked(client)  # a session of the old settings would be used by all
    sap.sync()
    sap.assert_posted_once()


def test_a_log_out_never_forgets_a_session_that_another_process_has_opened_meanwhile(sap: SapStage) -> None:
    sap.install()
    with connections.opened(sap.erp) as (client, one), connections.opened(sap.erp) as (other, _):
        asked(client)
        asked(other)
        sap.act("expire_sessions")
        asked(other)
        one.tokens.drop()
        assert len(sap.sessions()) == 1
    sessions.end_all()
    assert sap.sessions() == []


def test_every_command_that_asks_sap_logs_out(sap: SapStage) -> None:
    sap.install(*BOTH)
    sap.sync()
    here, erp = sap.world.installation.pk, sap.erp.pk
    for command in (
        ("ping", erp),
        ("match", here),
        ("mapping", "suggest", here, "projects"),
        ("reconcile", here, "--period", "2026-01"),
        ("accruals", here),
        ("sync", here, "--plan"),
    ):
        sap.sap.forget_calls()
        ended = typed(*command)
        assert ended.returncode in (0, 3), (command, ended.stdout, ended.stderr)
        assert sap.sessions() == [], command
        assert (sap.logins, one_cycle_at_a_time(sap)) in ((1, 1), (0, 0)), command


@pytest.mark.parametrize(
    "point",
    [
        "call.sap_b1.session.log_in.after",
        "call.sap_b1.documents.create.after",
        "call.sap_b1.session.log_out.before",
        "call.sap_b1.session.log_out.after",
        "intent.after_commit",
        "outcome.before_commit",
    ],
)
def test_a_killed_sync_leaves_no_session_and_nothing_twice_once_somebody_goes_on(sap: SapStage, point: str) -> None:
    sap.install()
    ended = typed("sync", sap.world.installation.pk, ML_CONNECTOR_KILL_AT=point)
    assert ended.returncode == -9, (ended.stdout, ended.stderr)
    sap.sync()
    sessions.end_all()
    sap.assert_posted_once()


def test_two_workers_share_one_session_and_leave_none(sap: SapStage, tmp_path: Path) -> None:
    sap.install(*BOTH)
    folders = [tmp_path / name for name in ("one", "two")]
    for folder in folders:
        folder.mkdir()
    with serving(folders[0], "worker"), serving(folders[1], "worker"):
        wait_for(lambda: Record.objects.filter(state="posted").count() == 11, "all to be posted")
    sap.assert_posted_once()
    assert one_cycle_at_a_time(sap) <= 2


def test_a_killed_worker_leaves_its_session_to_whoever_works_next(sap: SapStage) -> None:
    sap.install()
    killed = typed("worker", ML_CONNECTOR_KILL_AT="call.sap_b1.documents.create.after")
    assert killed.returncode == -9, killed.stderr
    assert len(sap.sessions()) == 1
    while sap.sessions():
        worked_when_due(sap)
    sap.sync()
    sap.assert_posted_once()
