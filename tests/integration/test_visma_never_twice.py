"""Visma.net: what may be there already is never posted again, whatever is lost on the way and whatever people do."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_plus

import processes
import pytest
from jobsite import EARTH, PROJECT
from visma_people import VismaPeople, net
from visma_world import VismaWorld

from ml_connector.connectors.visma_net import batches, client, form
from ml_connector.hub import recover, undo
from ml_connector.hub.models import Attempt, Posting, Record

FLOWS = ("requisitions", "direct-costs", "journals")
ANEW = "reverse_and_repost"
WORK = {"work": "1000.00", "held": "100.00"}
COST = {"54000 HARBOR1/02/011/02-300": "1000.00", "20100": "-100.00", "20500": "-900.00"}
JOURNALS = "/v2/journaltransaction"
CREATE = {"method": "POST", "path": r"/journaltransaction$"}
RELEASE = {"method": "POST", "path": r"/action/release$"}
LOST: list[tuple[str, dict[str, Any]]] = [
    ("drop_after_write", {}),
    ("drop_before_write", {}),
    ("html_error", {"status": 502}),
    ("status", {"status": 500, "body": {"message": "An error has occurred."}}),
    ("status", {"status": 201, "body": {}}),
    ("status", {"status": 202, "body": {"id": "00000000-0000-0000-0000-000000000000"}}),
]


@pytest.fixture
def people(visma: VismaWorld) -> VismaPeople:
    return VismaPeople(visma)


def install(visma: VismaWorld, **rules: str) -> None:
    visma.install(FLOWS, projects=str(PROJECT), **rules)


def one_new(visma: VismaWorld, people: VismaPeople, **rules: str) -> int:
    """All is posted but one new requisition, PA-1; returns its id."""
    install(visma, **rules)
    visma.sync()
    key = people.invoice(people.commitment("SC-1", EARTH), "PA-1", WORK)
    visma.clock.sleep(600)
    visma.visma.forget_calls()
    return key


def posted_once(visma: VismaWorld, people: VismaPeople) -> None:
    """PA-1 is in the books once, released, and the hub says so."""
    record = visma.record("requisitions", "PA-1")
    assert (record.state, record.cause) == ("posted", ""), record.message
    assert [row["status"] for row in people.journals("PA-1")] == ["Posted"]
    assert net(people.ledger("PA-1")) == COST


class TestLostAnswers:
    @pytest.mark.parametrize(("effect", "args"), LOST)
    def test_a_create_is_looked_up_before_anything_is_sent_again(
        self, visma: VismaWorld, people: VismaPeople, effect: str, args: dict[str, Any]
    ) -> None:
        one_new(visma, people)
        visma.visma.fault(effect, **CREATE, **args)
        visma.sync(wait=0)
        unknown = visma.record("requisitions", "PA-1")
        assert unknown.state == "unknown"
        assert unknown.due is not None
        assert (unknown.due - visma.clock.now()).total_seconds() > 240
        visma.visma.forget_calls()
        visma.sync()
        posted_once(visma, people)
        calls = [(one["method"], one["query"]) for one in visma.visma.get("/calls") if one["path"] == JOURNALS]
        created = [method for method, _ in calls].count("POST")
        assert created == (0 if effect == "drop_after_write" else 1)

    @pytest.mark.parametrize("knows", [True, False])
    def test_it_is_looked_for_among_what_is_newer_than_what_was_known(
        self, visma: VismaWorld, people: VismaPeople, knows: bool
    ) -> None:
        """A process that has just begun knows by its look for what people keyed."""
        one_new(visma, people)
        if not knows:
            batches._newest.clear()
        visma.visma.fault("drop_after_write", **CREATE)
        visma.sync(wait=0)
        mark = Attempt.objects.get(state="lost").high_water
        visma.visma.forget_calls()
        visma.sync()
        asked = [one["query"] for one in visma.visma.get("/calls") if one["path"] == JOURNALS]
        assert mark and [query for query in asked if quote_plus(mark) in query]
        posted_once(visma, people)

    @pytest.mark.parametrize(("effect", "args"), [one for one in LOST if one[1].get("status") != 201])
    def test_a_release_is_asked_after(
        self, visma: VismaWorld, people: VismaPeople, effect: str, args: dict[str, Any]
    ) -> None:
        one_new(visma, people)
        visma.visma.fault(effect, **RELEASE, **args)
        visma.sync()
        posted_once(visma, people)

    @pytest.mark.parametrize("step", [CREATE, RELEASE])
    @pytest.mark.parametrize(("effect", "args"), LOST[:2])
    def test_taking_back_is_not_done_twice_either(
        self, visma: VismaWorld, people: VismaPeople, step: dict[str, str], effect: str, args: dict[str, Any]
    ) -> None:
        one_new(visma, people)
        visma.sync()
        undo.carry_out(visma.record("requisitions", "PA-1"))
        visma.visma.fault(effect, **step, **args)
        visma.sync()
        assert visma.state("requisitions", "PA-1") == ("skipped", "set_aside")
        assert [row["status"] for row in people.journals("PA-1")] == ["Posted", "Posted"]
        assert net(people.ledger("PA-1")) == {}

    @pytest.mark.parametrize(("effect", "args"), LOST[:2])
    @pytest.mark.parametrize("by_accountant", [False, True])
    def test_after_an_undo_a_lost_answer_is_not_taken_for_the_old_batch(
        self, visma: VismaWorld, people: VismaPeople, effect: str, args: dict[str, Any], by_accountant: bool
    ) -> None:
        one_new(visma, people)
        visma.sync()
        if by_accountant:
            people.office("reverse_journal", number=people.batch("PA-1"))
        undo.carry_out(visma.record("requisitions", "PA-1"))
        visma.sync()
        visma.replayed(visma.record("requisitions", "PA-1"))
        visma.visma.fault(effect, **CREATE, **args)
        visma.sync()
        assert visma.state("requisitions", "PA-1") == ("posted", "")
        assert len(people.journals("PA-1")) == 3
        assert net(people.ledger("PA-1")) == COST
        undo.carry_out(visma.record("requisitions", "PA-1"))
        visma.sync()
        assert net(people.ledger("PA-1")) == {}

    @pytest.mark.parametrize("step", [CREATE, RELEASE])
    @pytest.mark.parametrize("effect", ["delay_after_write", "delay_before_write"])
    def test_a_call_that_is_cut_after_its_longest_time_is_looked_up(
        self, visma: VismaWorld, people: VismaPeople, monkeypatch: pytest.MonkeyPatch, step: dict[str, str], effect: str
    ) -> None:
        monkeypatch.setattr(form, "LONGEST_WRITE", 0.4)
        one_new(visma, people)
        visma.visma.fault(effect, **step, seconds=0.9)
        visma.sync(wait=0)
        assert visma.record("requisitions", "PA-1").state == "unknown"
        wanted = "Balanced" if step is CREATE else "Posted"
        processes.wait_for(
            lambda: [row["status"] for row in people.journals("PA-1")] == [wanted], "the write to be done"
        )
        visma.sync()
        posted_once(visma, people)


class TestTwoOfOurs:
    def test_two_batches_with_our_mark_are_shown_and_no_third_is_made(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        one_new(visma, people)
        visma.visma.fault("drop_after_write", **CREATE)
        visma.sync(wait=0)
        record = visma.record("requisitions", "PA-1")
        lines = ({"account": "56000", "debit": "1.00"}, {"account": "20500", "credit": "1.00"})
        copy = people.key(*lines, description=f"ML-{record.ref}-1: copied by hand", release=False)
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "not_searchable")
        assert f"{people.batch('PA-1')}, {copy} all carry our reference" in held.message
        assert len(people.journals("PA-1")) == 1
        people.office("void", number=copy, document="journal")
        visma.replayed(held)
        visma.sync()
        posted_once(visma, people)


class TestRestoredBackup:
    def test_recovering_finds_everything_where_it_is(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(people.commitment("SC-1", EARTH), "PA-1", WORK)
        install(visma)
        visma.sync()
        before = people.books()
        Record.objects.all().delete()
        batches._newest.clear()
        visma.visma.forget_calls()
        found = recover.recover(visma.installation, 7 * 24 * 3600.0)
        assert visma.visma.calls()["GET", JOURNALS] <= 6  # listed once per flow and step, not per journal
        assert found.finished
        assert found.created == ()
        assert len(found.adopted) == len(visma.ours()) > 3
        assert people.books() == before

    def test_what_was_posted_before_is_not_posted_again_with_what_it_says_now(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        """The backup was made after it was read and before it was posted; the source has changed since."""
        key = one_new(visma, people)
        visma.sync()
        record = visma.record("requisitions", "PA-1")
        Posting.objects.filter(record=record).delete()
        Record.objects.filter(pk=record.pk).update(
            state="ready", step="create", posted=None, posted_version=None, target_key="", target_number=""
        )
        people.says(key, {"work": "1300.00", "held": "130.00"})
        recover.recover(visma.installation, 7 * 24 * 3600.0)
        assert visma.state("requisitions", "PA-1") == ("held", "changed_after_posting")
        assert net(people.ledger("PA-1")) == COST

    def test_what_was_reposted_before_is_not_posted_again(self, visma: VismaWorld, people: VismaPeople) -> None:
        """The backup was made before any of it was read; the source says by now what it said at first."""
        key = one_new(visma, people, corrections=ANEW)
        visma.sync()
        for work, held in (("1300.00", "130.00"), ("1000.00", "100.00")):
            people.says(key, {"work": work, "held": held})
            visma.sync()
        assert net(people.ledger("PA-1")) == COST
        visma.record("requisitions", "PA-1").delete()
        recover.recover(visma.installation, 7 * 24 * 3600.0)
        assert visma.state("requisitions", "PA-1") == ("held", "changed_after_posting")
        assert net(people.ledger("PA-1")) == COST


class TestSlowAnswers:
    @pytest.mark.parametrize("answer", ["Queued", "InProcess"])
    def test_a_queued_release_is_waited_for(self, visma: VismaWorld, people: VismaPeople, answer: str) -> None:
        one_new(visma, people)
        visma.visma.post("/switches", {"release_answer": answer, "release_ms": 20_000})
        visma.sync(wait=0)
        assert visma.record("requisitions", "PA-1").state == "waiting"
        visma.sync()
        posted_once(visma, people)
        assert sum(count for (_, path), count in visma.visma.calls().items() if path.endswith("release")) == 1

    def test_one_that_is_never_done_is_shown_and_adopted_when_a_person_did_it(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        one_new(visma, people)
        visma.visma.post("/switches", {"release_answer": "Queued", "release_ms": 10**9})
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "changed_there")
        assert "has not done it: look there, release it by hand" in held.message
        visma.visma.post("/switches", {"release_answer": "Done"})
        people.office("release", number=people.batch("PA-1"), document="journal")
        visma.clock.sleep(16 * 60)
        visma.sync()
        posted_once(visma, people)

    @pytest.mark.parametrize("polls", [1, 99])
    def test_answers_that_are_made_in_the_background_are_asked_for(
        self, visma: VismaWorld, people: VismaPeople, monkeypatch: pytest.MonkeyPatch, polls: int
    ) -> None:
        one_new(visma, people)
        slow = {"background_polls": polls, "background_ms": 600_000 if polls > 1 else 200}
        visma.visma.post("/switches", slow)
        real = client.VismaClient._call

        def in_background(self: Any, operation: str, method: str, path: str, **more: Any) -> Any:
            headers = {"erp-api-background": "none"} if method == "POST" else {}
            return real(
                self, operation, method, path, **{**more, "headers": {**(more.get("headers") or {}), **headers}}
            )

        monkeypatch.setattr(client.VismaClient, "_call", in_background)
        visma.sync()
        posted_once(visma, people)


class TestAccess:
    @pytest.mark.parametrize("step", [CREATE, RELEASE, {"method": "GET", "path": r"/journaltransaction"}])
    def test_a_token_that_expires_in_mid_run_is_renewed_once(
        self, visma: VismaWorld, people: VismaPeople, step: dict[str, str]
    ) -> None:
        one_new(visma, people)
        visma.visma.fault("expire_token", **step)
        visma.sync(wait=0)
        posted_once(visma, people)
        assert len([one for one in visma.visma.get("/calls") if one["path"].endswith("/connect/token")]) == 1

    @pytest.mark.parametrize("step", [CREATE, RELEASE, {"method": "GET", "path": r"/journaltransaction"}])
    def test_a_429_is_waited_for_as_long_as_it_says(
        self, visma: VismaWorld, people: VismaPeople, step: dict[str, str]
    ) -> None:
        one_new(visma, people)
        begun = visma.clock.now()
        visma.visma.fault("rate_limit", **step, retry_after=90)
        visma.sync()
        visma.sync()
        posted_once(visma, people)
        assert (visma.clock.now() - begun).total_seconds() >= 90
        assert not Attempt.objects.filter(state="lost").exists()
