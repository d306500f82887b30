"""The first day: journals that people keyed into Visma.net before the switch-on are matched, and nothing is doubled."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest
from jobsite import EARTH, PROJECT, VENDOR
from msgspec import Struct
from visma_people import CENTRE, ERP_PROJECT, VismaPeople
from visma_world import ACCRUAL, RETAINAGE, VismaWorld

from ml_connector.hub import matching, reconcile, replay
from ml_connector.hub.models import Match, Record
from ml_connector.hub.states import Held
from ml_connector.integrations.catalogue import INTEGRATIONS

FLOWS = ("requisitions", "direct-costs", "journals")
COST = {"account": "54000", "project": ERP_PROJECT, "task": "02", "segments": {"2": CENTRE, "3": "02-300"}}
WAYS = ("over what is due", "over the gross", "with a typo", "over another amount", "without a number")
TIMES = 6
PAPERS = ("requisitions", "direct-costs")
KINDS = {"requisitions": "requisitions", "direct-costs": "direct costs"}
"""What the matchings of the flows are called."""


class Paper(Struct, frozen=True):
    """A document that a person keyed: its flow and key in Procore, how it was typed, and its batch."""

    flow: str
    key: str
    how: str
    batch: str


@pytest.fixture
def people(visma: VismaWorld) -> VismaPeople:
    return VismaPeople(visma)


def key_papers(people: VismaPeople) -> list[Paper]:
    """Thirty papers of January, each entered by hand in one of the ways that people have, a day or two later."""
    contract = people.commitment("SC-0", EARTH, amount="900000.00")
    papers = []
    for place in range(len(WAYS) * TIMES):
        how = WAYS[place % len(WAYS)]
        gross, held = Decimal(1000 + 7 * place) + Decimal("0.40"), Decimal(100 + place)
        day = 2 + place % 25
        if place % TIMES == 5:
            flow, number, held = "direct-costs", f"INV-{place}", Decimal(0)
            line = {"wbs_code_id": EARTH, "manual_amount": f"{gross}", "description": "Crane hire"}
            key = people.cost("invoice", number, line, vendor_id=VENDOR, direct_cost_date=f"2026-01-{day:02}")
        else:
            flow, number = "requisitions", f"PA-{place}"
            said = {"work": f"{gross}", "held": f"{held}"}
            key = people.invoice(contract, number, said, day=f"2026-01-{day:02}")
        papers.append(Paper(flow, str(key), how, booked(people, how, number, gross, held, day + place % 3)))
    return papers


def booked(people: VismaPeople, how: str, number: str, gross: Decimal, held: Decimal, day: int) -> str:
    """A person enters a paper as a journal; returns the batch number."""
    number = {"with a typo": f"{number}x", "without a number": ""}.get(how, number)
    due = gross - held + (Decimal(30) if how == "over another amount" else 0)
    named = {"reference": number} if number else {}
    lines = [COST | named | {"debit": f"{due}"}, {"account": ACCRUAL, "credit": f"{due}"} | named]
    if how == "over the gross" and held:
        retained = {"account": RETAINAGE, "credit": f"{held}"} | named
        lines = [COST | named | {"debit": f"{gross}"}, retained, {"account": ACCRUAL, "credit": f"{due}"} | named]
    return people.key(*lines, date=f"2026-01-{day:02}", description=f"Hand entry {number}")


def new_ones(people: VismaPeople) -> None:
    """Two papers that nobody has entered."""
    people.invoice(people.commitment("SC-9", EARTH), "PA-NEW", {"work": "77.15"})
    line = {"wbs_code_id": EARTH, "manual_amount": "12.34", "description": "Crane hire"}
    people.cost("invoice", "INV-NEW", line, vendor_id=VENDOR)


def state_of(paper: Paper) -> tuple[str, str]:
    record = Record.objects.get(flow=paper.flow, source_key=paper.key)
    return record.state, record.cause


def ours(visma: VismaWorld) -> Counter[str]:
    """How many batches in Visma.net bear our reference, by record."""
    return Counter(row["reference"].split("-")[1] for row in visma.ours())


def doubled(visma: VismaWorld, papers: list[Paper]) -> list[str]:
    """Records that Visma.net holds by us though a person keyed them, or more than once by us."""
    by_hand = {(paper.flow, paper.key) for paper in papers}
    posted = ours(visma)
    return [
        record.title
        for record in Record.objects.filter(flow__in=PAPERS)
        if posted[record.ref] + ((record.flow, record.source_key) in by_hand) > 1
    ]


def look_and_accept(visma: VismaWorld) -> None:
    """A person looks for what is there already, kind by kind, and accepts what is sure."""
    for declared in INTEGRATIONS["visma-procore"].matchings:
        if declared.kind in ("vendors", *KINDS.values()):
            matching.find(visma.installation, declared)
            matching.accept_above(visma.installation, 90, "test", declared.kind)


def decide(visma: VismaWorld, kind: str, papers: list[Paper]) -> None:
    """A person decides what was left, as `match --accept FILE` does."""
    pairs = [(line, paper.batch, paper.key) for line, paper in enumerate(papers, start=2)]
    matching.accept_pairs(visma.installation, kind, pairs, "test")
    replay.release_waiting(visma.installation.pk, [Held.NO_MATCH, Held.NOT_MATCHED, Held.KEYED_BY_HAND])


def test_thirty_that_people_keyed_are_none_doubled(visma: VismaWorld, people: VismaPeople) -> None:
    papers = key_papers(people)
    new_ones(people)
    visma.install(FLOWS, projects=str(PROJECT))
    look_and_accept(visma)
    visma.sync()
    assert len(papers) == 30
    assert {state_of(one) for one in papers} == {
        ("held", "keyed_by_hand")
    }  # a journal names no vendor: a person decides
    assert doubled(visma, papers) == []
    assert len(people.ledger("PA-NEW")) == len(people.ledger("INV-NEW")) == 3
    scores = {paper.how: set() for paper in papers}
    for match in Match.objects.filter(kind__in=KINDS.values()):
        for paper in (one for one in papers if (one.key, one.batch) == (match.right_key, match.left_key)):
            scores[paper.how].add(match.score)
    assert scores == {
        "over what is due": {75}, "over the gross": {75}, "with a typo": {50}, "over another amount": {60},
        "without a number": {50},
    }  # fmt: skip

    before = sum(ours(visma).values())
    for flow in PAPERS:
        decide(visma, KINDS[flow], [one for one in papers if one.flow == flow])
    visma.sync()
    assert {state_of(one) for one in papers} == {("posted", "keyed_by_hand")}
    assert doubled(visma, papers) == []
    assert sum(ours(visma).values()) == before
    assert reconcile.of_period(visma.installation, "2026-01").unexplained == 0

    books = people.books()
    visma.visma.forget_calls()
    visma.sync(sweep=True)
    assert people.books() == books
    assert {method for method, path in visma.visma.calls() if not path.endswith("/token")} == {"GET"}


def test_a_paper_that_a_person_says_is_another_document_is_posted(visma: VismaWorld, people: VismaPeople) -> None:
    paper = next(one for one in key_papers(people) if one.how == "without a number")
    visma.install(FLOWS, projects=str(PROJECT))
    look_and_accept(visma)
    visma.sync()
    matching.accept_pairs(visma.installation, KINDS[paper.flow], [(2, "-", paper.key)], "test")
    replay.release_waiting(visma.installation.pk, [Held.KEYED_BY_HAND])
    visma.sync()
    assert state_of(paper) == ("posted", "")
    assert [row["status"] for row in people.journals("PA-4")] == ["Posted"]


def test_one_that_was_adopted_and_then_reversed_is_shown(visma: VismaWorld, people: VismaPeople) -> None:
    paper = key_papers(people)[0]
    visma.install(FLOWS, projects=str(PROJECT))
    look_and_accept(visma)
    decide(visma, KINDS[paper.flow], [paper])
    visma.sync()
    assert state_of(paper) == ("posted", "keyed_by_hand")
    people.office("reverse_journal", number=paper.batch)
    visma.sync()
    (held,) = Record.objects.filter(flow="journals", state="held")
    assert held.cause == "reversed_there"
    assert f"requisition PA-0: batch {paper.batch} was reversed" in held.message


KEYED = [COST | {"debit": "870.00", "reference": "PA-LATE"}, {"account": ACCRUAL, "credit": "870.00"}]


def late(visma: VismaWorld, people: VismaPeople) -> None:
    """The pair is in use; then a requisition comes."""
    visma.install(FLOWS, projects=str(PROJECT))
    visma.sync()
    people.invoice(people.commitment("SC-1", EARTH), "PA-LATE", {"work": "1000.00", "held": "100.00"})


def test_a_paper_that_somebody_enters_later_waits(visma: VismaWorld, people: VismaPeople) -> None:
    late(visma, people)
    number = people.key(*KEYED, date="2026-03-02")
    visma.sync()
    held = visma.record("requisitions", "PA-LATE")
    assert (held.state, held.cause) == ("held", "keyed_by_hand")
    assert f"somebody keyed batch {number}" in held.message
    assert len(people.journals("PA-LATE")) == 1


@pytest.mark.parametrize("released", [False, True])
def test_one_that_was_taken_back_again_does_not_count(visma: VismaWorld, people: VismaPeople, released: bool) -> None:
    late(visma, people)
    people.office("void", number=people.key(*KEYED, release=released), document="journal")
    visma.sync()
    assert visma.state("requisitions", "PA-LATE") == ("posted", "")


def test_the_entry_that_clears_it_may_come_first(visma: VismaWorld, people: VismaPeople) -> None:
    late(visma, people)
    named = {"reference": "PA-LATE"}
    people.key({"account": ACCRUAL, "debit": "900.00"} | named, {"account": "21500", "credit": "900.00"} | named)
    visma.sync()
    assert visma.state("requisitions", "PA-LATE") == ("posted", "")


def test_the_same_number_elsewhere_over_something_else_is_another_paper(visma: VismaWorld, people: VismaPeople) -> None:
    late(visma, people)
    other = {"account": COST["account"], "debit": "5.00", "reference": "PA-LATE"}
    people.key(other, {"account": ACCRUAL, "credit": "5.00"})
    visma.sync()
    assert visma.state("requisitions", "PA-LATE") == ("posted", "")
