"""What an accountant does to journals of ours in Visma.net is noticed by the next poll, and shown once."""

from __future__ import annotations

from decimal import Decimal

import pytest
from jobsite import EARTH, PROJECT
from visma_people import VismaPeople, net
from visma_world import VismaWorld

from ml_connector.hub import reconcile, replay, undo
from ml_connector.hub.models import Record

FLOWS = ("requisitions", "direct-costs", "journals")
WORK = {"work": "1000.00", "held": "100.00"}
RELEASE = {"method": "POST", "path": r"/action/release$"}
JOURNALS = "/v2/journaltransaction"


@pytest.fixture
def people(visma: VismaWorld) -> VismaPeople:
    return VismaPeople(visma)


def posted(visma: VismaWorld, people: VismaPeople, **rules: str) -> int:
    """PA-1 is in the books; returns its id in Procore."""
    key = people.invoice(people.commitment("SC-1", EARTH), "PA-1", WORK)
    visma.install(FLOWS, projects=str(PROJECT), **rules)
    visma.sync()
    assert visma.state("requisitions", "PA-1") == ("posted", "")
    return key


def shown(cause: str = "") -> list[Record]:
    """What the flow journals shows to people."""
    found = Record.objects.filter(flow="journals", state="held")
    return list(found.filter(cause=cause) if cause else found)


def causes(visma: VismaWorld, period: str = "2026-01") -> dict[str, Decimal]:
    """Why PA-1 differs between Procore and Visma.net's ledger at month-end, and by how much."""
    found = reconcile.of_period(visma.installation, period)
    assert found.unexplained == 0
    sums: dict[str, Decimal] = {}
    for reason in (reason for line in found.lines for reason in line.reasons):
        if any(" PA-1" in document for document in reason.documents):
            sums[reason.cause] = sums.get(reason.cause, Decimal(0)) + reason.amount
    return sums


@pytest.mark.parametrize("touches", [False, True])
def test_a_reversal_by_an_accountant_is_shown_once_and_explained_at_month_end(
    visma: VismaWorld, people: VismaPeople, touches: bool
) -> None:
    posted(visma, people)
    visma.visma.post("/switches", {"reversal_touches_original": touches})
    batch = people.batch("PA-1")
    made = people.office("reverse_journal", number=batch, date="2026-01-31")["number"]
    visma.sync()
    (held,) = shown()
    assert held.cause == "reversed_there"
    for words in (
        "requisition PA-1",
        f"batch {batch} was reversed in Visma.net by batch {made}",
        "undo its record and replay it",
    ):
        assert words in held.message
    assert visma.state("requisitions", "PA-1") == ("posted", "")
    assert causes(visma) == {"changed or reversed in the ledger": Decimal("900.00")}
    before = held.updated
    visma.clock.sleep(600)
    visma.sync(sweep=True)
    assert [one.ref for one in shown()] == [held.ref]
    assert shown()[0].updated == before


def test_a_reversal_that_was_read_before_we_knew_of_the_release_is_shown(
    visma: VismaWorld, people: VismaPeople
) -> None:
    people.invoice(people.commitment("SC-1", EARTH), "PA-1", WORK)
    visma.install(FLOWS, projects=str(PROJECT))
    visma.visma.fault("drop_after_write", **RELEASE, times="always")
    visma.sync(wait=0)
    assert visma.record("requisitions", "PA-1").state == "unknown"
    visma.visma.post("/faults", None, method="DELETE")
    batch = people.batch("PA-1")
    people.office("reverse_journal", number=batch)
    visma.sync(wait=0)
    assert shown() == []
    visma.sync()
    assert visma.state("requisitions", "PA-1") == ("posted", "")
    (held,) = shown()
    assert f"requisition PA-1: batch {batch} was reversed" in held.message


def test_it_can_be_set_aside_and_stays_away(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    people.office("reverse_journal", number=people.batch("PA-1"))
    visma.sync()
    replay.set_aside(shown()[0], "booked by hand as batch 99")
    visma.clock.sleep(600)
    visma.sync(sweep=True)
    assert shown() == []
    people.office("upgrade", kind="Journal")  # every row has a new change time, and is what it was
    visma.sync()
    assert shown() == []


def test_a_reversal_that_is_not_released_is_no_news_until_it_is(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    made = people.office("reverse_journal", number=people.batch("PA-1"), release=False)["number"]
    visma.sync()
    assert shown() == []
    assert causes(visma) == {}
    people.office("release", number=made, document="journal")
    visma.sync()
    assert [one.cause for one in shown()] == ["reversed_there"]


def test_a_reversal_in_another_period_is_explained_there(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    people.office("reverse_journal", number=people.batch("PA-1"), date="2026-03-02")
    assert causes(visma) == {}
    assert causes(visma, "2026-03") == {"changed or reversed in the ledger": Decimal("900.00")}


def test_a_reversal_that_was_itself_reversed_is_no_difference(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    made = people.office("reverse_journal", number=people.batch("PA-1"))["number"]
    people.office("reverse_journal", number=made)
    visma.sync()
    assert causes(visma) == causes(visma, f"{visma.clock.now():%Y-%m}") == {}
    (held,) = shown()
    assert held.cause == "reversed_there"


def test_a_batch_voided_before_its_release_is_shown(visma: VismaWorld, people: VismaPeople) -> None:
    people.invoice(people.commitment("SC-1", EARTH), "PA-1", WORK)
    visma.install(FLOWS, projects=str(PROJECT))
    visma.visma.fault("status", **RELEASE, status=503, times="always")
    visma.sync(wait=0)
    visma.visma.post("/faults", None, method="DELETE")
    batch = people.batch("PA-1")
    assert people.journal("PA-1")["status"] == "Balanced"
    people.office("void", number=batch, document="journal")
    visma.sync()
    record = visma.record("requisitions", "PA-1")
    assert (record.state, record.cause) == ("held", "changed_there")
    assert f"batch {batch} was voided in Visma.net" in record.message
    assert "enter it there by hand; then set this record aside" in record.message
    assert shown() == []  # the requisition itself says so


def test_what_an_accountant_reversed_is_posted_anew_by_undo_and_replay(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    people.office("reverse_journal", number=people.batch("PA-1"), date="2026-01-31")
    visma.sync()
    undo.carry_out(visma.record("requisitions", "PA-1"))
    visma.sync()
    assert len(people.journals("PA-1")) == 2  # nothing was left to take back
    visma.replayed(visma.record("requisitions", "PA-1"))
    replay.set_aside(shown()[0], "posted anew")
    visma.sync()
    assert visma.state("requisitions", "PA-1") == ("posted", "")
    assert net(people.ledger("PA-1"))["20500"] == "-900.00"
    assert causes(visma) == {}
    visma.clock.sleep(600)
    visma.sync(sweep=True)
    assert shown() == []


def test_a_reversal_of_ours_that_an_accountant_reverses_is_shown(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    undo.carry_out(visma.record("requisitions", "PA-1"))
    visma.sync()
    first, back = (row["number"] for row in people.journals("PA-1"))
    made = people.office("reverse_journal", number=back)["number"]
    visma.sync()
    (held,) = shown()
    assert held.cause == "restored_there"
    for words in ("requisition PA-1", f"batch {back}, by which batch {first}", f"by batch {made}", f"{first} counts"):
        assert words in held.message


@pytest.mark.parametrize("how", ["undo", "reverse_and_repost", "post_delta"])
def test_what_the_hub_takes_back_itself_is_no_news(visma: VismaWorld, people: VismaPeople, how: str) -> None:
    key = posted(visma, people, **({"corrections": how} if how != "undo" else {}))
    if how == "undo":
        undo.carry_out(visma.record("requisitions", "PA-1"))
    else:
        people.says(key, {"work": "800.00", "held": "80.00"})
    visma.sync()
    visma.sync(sweep=True)
    assert net(people.ledger("PA-1"), people.ledger("PA-1/2")).get("20500") == (None if how == "undo" else "-720.00")
    assert shown() == []


def test_what_people_post_and_take_back_themselves_is_nobody_s_business(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    lines = ({"account": "56000", "debit": "10.00"}, {"account": "20500", "credit": "10.00"})
    people.office("reverse_journal", number=people.key(*lines))
    people.office("void", number=people.key(*lines, release=False), document="journal")
    visma.sync()
    visma.sync()
    assert shown() == []


def test_a_poll_of_journals_is_one_call_whatever_people_posted(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    visma.sync()
    visma.visma.forget_calls()
    visma.clock.sleep(300)
    visma.sync()
    assert visma.visma.calls() == {("GET", JOURNALS): 1}
    for _ in range(30):
        people.key({"account": "56000", "debit": "10.00"}, {"account": "20500", "credit": "10.00"})
    visma.visma.forget_calls()
    visma.clock.sleep(300)
    visma.sync()
    assert visma.visma.calls() == {("GET", JOURNALS): 1}
