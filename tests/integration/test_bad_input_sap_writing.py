"""SAP Business One: documents that are refused, half answered, or of which no answer came: none lost, none twice."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from jobsite import CONCRETE, Jobsite
from sap_stage import BATCH, INVOICES, SapStage
from sap_world import SapWorld, sap_world

from ml_connector.hub import clocks
from ml_connector.hub.models import Attempt, Record

COSTS = "direct-costs"
SETTLE = 6 * 60
ONE = "SC-25-012-005"
JOURNAL = {"method": "POST", "path": r"/JournalEntries$"}


@pytest.fixture(scope="module")
def running() -> Iterator[SapWorld]:
    with sap_world() as world:
        yield world


@pytest.fixture
def sap(tenant: int, running: SapWorld, monkeypatch: pytest.MonkeyPatch) -> SapStage:
    monkeypatch.setattr(clocks, "clock", lambda: running.clock)
    return SapStage(running)


@pytest.fixture
def one_journal(sap: SapStage) -> SapStage:
    """All is posted but one new direct cost, so that its journal goes by itself."""
    sap.install(COSTS)
    sap.sync()
    line = {"wbs_code_id": CONCRETE, "amount": "830.25", "quantity": "1", "unit_cost": "830.25", "uom": "ls"}
    Jobsite(sap.world.procore).cost("invoice", "D-NEW", line, vendor_id=562949953000101)
    sap.sap.forget_calls()
    return sap


def posted_once(sap: SapStage) -> None:
    """The new direct cost is in the books once, and nothing waits."""
    record = sap.record("D-NEW")
    assert (record.state, sap.posted()["D-NEW"], sap.sessions()) == ("posted", 1, []), record.message


def test_a_refusal_of_the_companys_own_procedure_is_passed_on_and_the_rest_goes(sap: SapStage) -> None:
    sap.install()
    sap.switch(notification_code=-1116, notification_text="Vendor needs a W-9", notification_match=ONE)
    sap.sync()
    refused = sap.record(ONE)
    assert (refused.state, "SAP refused: Vendor needs a W-9" in refused.message) == ("refused", True)
    assert "put right what it names, then replay the record" in refused.message
    sap.assert_posted_once(but={ONE})
    sap.switch(notification_code=0)
    sap.replayed(ONE)
    sap.sync()
    sap.assert_posted_once()


def test_behind_a_failing_part_of_a_batch_nothing_is_lost_and_before_it_nothing_is_sent_again(sap: SapStage) -> None:
    sap.install()
    sap.switch(notification_code=-1, notification_text="No", notification_match=ONE)
    sap.sync()
    assert sap.called("/$batch") == 2
    sent = {number: Attempt.objects.filter(record__business_number=number).count() for number in INVOICES}
    assert sorted(sent.values())[0] == 1
    assert max(sent.values()) <= 2
    sap.assert_posted_once(but={ONE})


def test_a_journal_that_comes_out_a_cent_apart_there_is_refused_with_the_vendor_s_words(one_journal: SapStage) -> None:
    sap = one_journal
    body = {"error": {"code": "-5002", "message": "Unbalanced Transaction"}}
    sap.sap.fault("status", **JOURNAL, status=400, body=body)
    sap.sync()
    refused = sap.record("D-NEW")
    assert (refused.state, "Unbalanced Transaction" in refused.message) == ("refused", True)
    assert sap.logins == 1
    sap.replayed("D-NEW")
    sap.sync()
    posted_once(sap)


def test_a_date_out_of_range_there_is_held_as_a_closed_period(one_journal: SapStage) -> None:
    sap = one_journal
    body = {"error": {"code": "-5002", "message": "Date deviates from permissible range [OJDT.RefDate]"}}
    sap.sap.fault("status", **JOURNAL, status=400, body=body)
    sap.sync()
    record = sap.record("D-NEW")
    assert (record.state, record.cause) == ("held", "period_closed")
    assert "open the period there" in record.message
    sap.replayed("D-NEW")
    sap.sync()
    posted_once(sap)


@pytest.mark.parametrize("status", ["400", "500"])
def test_a_deadlock_is_looked_up_before_anything_is_sent_again(one_journal: SapStage, status: str) -> None:
    sap = one_journal
    sap.switch(deadlocks=1, deadlock_status=status)
    sap.sync(wait=0)
    record = sap.record("D-NEW")
    assert record.state == "unknown"
    assert "it is looked up before" in record.message or "looked up before it is sent again" in record.message
    sap.sap.forget_calls()
    sap.sync()
    calls = [call["method"] for call in sap.sap.get("/calls") if call["path"].endswith("/JournalEntries")]
    assert (calls[0], calls[-1], calls.count("POST")) == ("GET", "POST", 1)
    posted_once(sap)


def test_a_deadlock_in_a_batch_was_undone_and_is_sent_again(sap: SapStage) -> None:
    sap.install()
    sap.switch(deadlocks=1)
    sap.sync()
    sap.assert_posted_once()


@pytest.mark.parametrize("times", [1, 3])
def test_a_request_that_is_too_large_is_sent_in_halves(sap: SapStage, times: int) -> None:
    sap.install()
    sap.sap.fault("html_error", **BATCH, times=times, status=413)
    assert sap.sync().in_flight == 0
    sap.assert_posted_once()


@pytest.mark.parametrize(
    ("effect", "args", "done"),
    [
        ("drop_after_write", {}, True),
        ("drop_before_write", {}, False),
        ("truncate", {"bytes": 900}, True),
        ("html_error", {"status": 502}, False),
        ("status", {"status": 200, "body": "<html>Please sign in</html>"}, False),
    ],
)
def test_a_batch_whose_answer_was_lost_is_looked_up_and_nothing_of_it_is_posted_twice(
    sap: SapStage, effect: str, args: dict[str, Any], done: bool
) -> None:
    sap.install()
    sap.sap.fault(effect, **BATCH, **args)
    sap.sync(wait=0)
    unknown = Record.objects.filter(state="unknown")
    assert set(unknown.values_list("business_number", flat=True)) == INVOICES
    assert sap.called("/$batch") == 1
    for record in unknown:
        assert "looked up before anything is sent again" in record.message
        assert record.due is not None
        assert (record.due - sap.clock.now()).total_seconds() > SETTLE - 20
    sap.sync()
    sap.assert_posted_once()
    assert (sap.called("/$batch") == 1) == done


@pytest.mark.parametrize(
    ("effect", "args"),
    [("drop_after_write", {}), ("truncate", {"bytes": 60}), ("html_error", {"status": 503})],
)
def test_a_single_document_whose_answer_was_lost_is_looked_up(
    one_journal: SapStage, effect: str, args: dict[str, Any]
) -> None:
    sap = one_journal
    sap.sap.fault(effect, **JOURNAL, **args)
    sap.sync(wait=0)
    assert sap.record("D-NEW").state == "unknown"
    sap.sync()
    posted_once(sap)


@pytest.mark.parametrize(("effect", "args"), [("truncate", {"bytes": 100}), ("html_error", {"status": 502})])
def test_a_read_that_is_half_or_a_page_is_asked_again(sap: SapStage, effect: str, args: dict[str, Any]) -> None:
    sap.install()
    sap.sap.fault(effect, path="BusinessPartners", **args)
    sap.sync(wait=0)
    sap.assert_posted_once()
    assert sap.logins == 1


@pytest.mark.parametrize("path", [BATCH["path"], "/Login$", "BusinessPartners"])
def test_a_proxy_s_429_is_waited_for_as_long_as_it_says(sap: SapStage, path: str) -> None:
    sap.install()
    begun = sap.clock.now()
    sap.sap.fault("rate_limit", path=path, retry_after=90)
    ended = sap.sync()
    assert ended.in_flight == 0
    assert (sap.clock.now() - begun).total_seconds() >= 90
    assert not Attempt.objects.filter(state="lost").exists()
    sap.sync()
    sap.assert_posted_once()


def test_a_company_that_cannot_be_opened_for_a_moment_is_asked_again(sap: SapStage) -> None:
    sap.install()
    sap.switch(switch_company_failures=2)
    assert sap.sync().in_flight == 0
    sap.assert_posted_once()
