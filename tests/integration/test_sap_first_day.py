"""The first day: what people keyed into SAP Business One before the switch-on is matched, and nothing is doubled."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from jobsite import EARTH
from msgspec import Struct
from sap_people import ERP_VENDOR, SapPeople
from sap_world import NAME, SapWorld

from ml_connector.hub import matching, replay
from ml_connector.hub.models import Record
from ml_connector.hub.states import Held
from ml_connector.integrations.catalogue import INTEGRATIONS

NEW = {"cut_over": "2026-01-01", "earlier_commitments": "accrual"}
COST = {"account": "54000", "project": "P-24-011", "profit_center": "PC-0200"}
WAYS = (
    "invoice", "invoice", "invoice with a typo", "invoice over another amount",
    "journal", "journal with its vendor", "journal over the gross", "journal with a typo",
    "journal over another amount",
)  # fmt: skip
SURE = {"invoice", "journal with its vendor"}
"""What is matched with a score of 90 and more; a person decides on the rest."""


class Paper(Struct, frozen=True):
    """A document that a person keyed: its flow and key in Procore, how it was typed, and what SAP calls it."""

    flow: str
    key: str
    how: str
    name: str


@pytest.fixture
def people(sap: SapWorld) -> SapPeople:
    return SapPeople(sap)


def signed(people: SapPeople, number: str, amount: str = "100000.00") -> dict[str, Any]:
    """A commitment of January."""
    return people.commitment(number, EARTH, contract_date="2026-01-05", amount=amount)


def key_commitments(people: SapPeople) -> list[Paper]:
    """Four commitments of January; three of them were booked by hand, right, with a typo, over another amount."""
    papers = []
    for number, keyed, amount, how in (
        ("SC-1", "SC-1", "100000.00", "invoice"),
        ("SC-2", "SC-22", "100000.00", "invoice with a typo"),
        ("SC-3", "SC-3", "99000.00", "invoice over another amount"),
    ):
        key = str(signed(people, number)["id"])
        line = COST | {"account": "20600", "amount": amount}
        name = f"invoice {people.key(keyed, line, date='2026-01-06')}"
        papers.append(Paper("commitments", key, how, name))
    signed(people, "SC-4", "4444.00")
    return papers


def key_requisitions(people: SapPeople) -> list[Paper]:
    """Requisitions of January with retainage, each booked by hand in one of the ways that people have."""
    contract = people.commitment("SC-0", EARTH, contract_date="2025-11-05", amount="900000.00")
    papers = []
    for place, how in enumerate(WAYS, start=1):
        gross, held = Decimal(1000 * place) + Decimal("0.40"), Decimal(100 * place)
        number = f"PA-{place}"
        key = people.invoice(contract, number, {"work": f"{gross}", "held": f"{held}"}, day=f"2026-01-{place + 10}")
        papers.append(Paper("requisitions", str(key), how, _booked(people, how, number, gross, held, place + 10)))
    people.invoice(contract, "PA-NEW", {"work": "77.00"})
    return papers


def _booked(people: SapPeople, how: str, number: str, gross: Decimal, held: Decimal, day: int) -> str:
    """A person books a requisition; returns what SAP calls it."""
    date = f"2026-01-{day + 1}"
    if "typo" in how:
        number += "7"
    due = gross - held + (Decimal(30) if "another amount" in how else 0)
    if how.startswith("invoice"):
        return f"invoice {people.key(number, COST | {'amount': f'{due}'}, date=date)}"
    lines = [COST | {"debit": f"{due}"}, {"account": "20510", "credit": f"{due}"}]
    if "gross" in how:
        retained = {"account": "20100", "credit": f"{held}"}
        lines = [COST | {"debit": f"{gross}"}, retained, {"account": "20510", "credit": f"{due}"}]
    made = people.key(number, *lines, kind="journal", date=date)
    if "vendor" in how:
        people.office("edit", kind="journal", number=made, reference2=ERP_VENDOR)
    return f"journal {made}"


def state_of(paper: Paper) -> tuple[str, str]:
    record = Record.objects.get(flow=paper.flow, source_key=paper.key)
    return record.state, record.cause


def ours(people: SapPeople) -> Counter[str]:
    """How many documents in SAP bear our reference, by record."""
    return Counter(
        row["reference"].split("-")[1] for row in people.books() if (row["reference"] or "").startswith("ML-")
    )


def doubled(people: SapPeople, papers: list[Paper]) -> list[str]:
    """Records that SAP holds by us though a person keyed them, or more than once by us."""
    by_hand = {(paper.flow, paper.key) for paper in papers}
    posted = ours(people)
    return [
        record.title
        for record in Record.objects.all()
        if posted[record.ref] + ((record.flow, record.source_key) in by_hand) > 1
    ]


def look_and_accept(sap: SapWorld) -> None:
    """A person looks for what is there already, kind by kind, and accepts what is sure."""
    for declared in INTEGRATIONS[NAME].matchings:
        matching.find(sap.installation, declared)
        matching.accept_above(sap.installation, 90, "test", declared.kind)


def decide(sap: SapWorld, kind: str, papers: list[Paper]) -> None:
    """A person decides what was left, as `match --accept FILE` does."""
    pairs = [(line, paper.key, paper.name) for line, paper in enumerate(papers, start=2)]
    matching.accept_pairs(sap.installation, kind, pairs, "test")
    replay.release_waiting(sap.installation.pk, [Held.NO_MATCH, Held.NOT_MATCHED, Held.KEYED_BY_HAND])


def test_a_month_that_people_keyed_in_part_ends_with_none_doubled(sap: SapWorld, people: SapPeople) -> None:
    commitments, requisitions = key_commitments(people), key_requisitions(people)
    papers = [*commitments, *requisitions]
    sap.install(**NEW)
    look_and_accept(sap)
    sap.sync()
    assert doubled(people, papers) == []
    states = {(one.flow, one.how): state_of(one) for one in papers}
    sure = {place: state for place, state in states.items() if place[1] in SURE}
    assert set(sure.values()) == {("posted", "keyed_by_hand")}, states
    assert {state for place, state in states.items() if place not in sure} == {("held", "keyed_by_hand")}, states
    assert len(people.documents("SC-4")) == len(people.documents("PA-NEW")) == 1

    before = sum(ours(people).values())
    decide(sap, "commitments", [one for one in commitments if one.how not in SURE])
    decide(sap, "requisitions", [one for one in requisitions if one.how not in SURE])
    sap.sync()
    assert {state_of(one) for one in papers} == {("posted", "keyed_by_hand")}
    assert doubled(people, papers) == []
    assert sum(ours(people).values()) == before

    books = people.books()
    sap.sap.forget_calls()
    sap.sync(sweep=True)
    assert people.books() == books
    assert not [call for call in sap.sap.calls() if call[1].endswith("$batch")]
    assert not [call for call in sap.procore.calls() if call[0] != "GET" and not call[1].endswith("/oauth/token")]
