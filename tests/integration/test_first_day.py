"""The first day: bills that people keyed before the switch-on are matched, and none of the month is doubled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal

import pytest
from contractor import EARTH, VENDOR, Contractor
from msgspec import Struct
from rehearsal import RULES, Rehearsal, rehearsal

from ml_connector.hub import connections, installations, lists, mapping, matching, replay, syncing
from ml_connector.hub.models import Installation, Record
from ml_connector.hub.pipeline import gate
from ml_connector.hub.problems import BadRows
from ml_connector.hub.states import Held
from ml_connector.hub.syncing import Wish
from ml_connector.integrations.catalogue import CONNECTORS, INTEGRATIONS
from ml_connector.sandbox.month.build import build

MONTH = build("month")
CLEAN = ("plain", "retainage", "half cents", "lines without work")
BILLS = "/inst/entity/Default/24.200.001/Bill"
FLOWS = ("requisitions", "direct-costs", "payments")


class Paper(Struct, frozen=True):
    """An invoice that a person keyed: its key and flow in Procore, and how it was typed."""

    key: str
    flow: str
    how: str
    bill: str


@pytest.fixture(scope="module")
def sandboxes() -> Iterator[Rehearsal]:
    with rehearsal("month") as made:
        yield made


@pytest.fixture
def people(tenant: int, sandboxes: Rehearsal) -> Contractor:
    return at_start(sandboxes, "month")


@pytest.fixture
def few(tenant: int, sandboxes: Rehearsal) -> Contractor:
    """A month with little in it, where only one situation counts."""
    return at_start(sandboxes, "small")


def at_start(sandboxes: Rehearsal, seed: str) -> Contractor:
    sandboxes.reset(seed)
    sandboxes.acumatica.post("/switches", {"action_answer": "204"})
    gate._periods.clear()
    return Contractor(sandboxes)


def connect(people: Contractor) -> Installation:
    """Connections, choices and tables; nothing is matched and nothing switched on."""
    left = connections.create(CONNECTORS["acumatica"], "acumatica", people.acumatica.ready)
    right = connections.create(CONNECTORS["procore"], "procore", people.procore.ready)
    row = installations.create(INTEGRATIONS["acumatica-procore"], left, right)
    installations.set_rules(row, RULES)
    for name in ("projects", "coding"):
        table = mapping.table_of(INTEGRATIONS["acumatica-procore"], name)
        with connections.opened(row.left) as (left_client, _), connections.opened(row.right) as (right_client, _):
            text = mapping.suggestions_csv(one for one in table.suggest(left_client, right_client) if one.target)
        mapping.import_csv(row, table, text.encode())
    return row


def key_by_hand(people: Contractor) -> list[Paper]:
    """Thirty invoices of January that people typed into Acumatica, each in one of the ways that people have."""
    vendors = {vendor.key: vendor.erp_id for vendor in MONTH.vendors}
    holders = {commitment.key: commitment.vendor for commitment in MONTH.commitments}
    shown = {row["id"]: row for row in people.procore.stored("requisitions")}
    clean = [one for one in MONTH.requisitions if one.note in CLEAN and str(one.billing_date) >= "2026-01-01"]
    ways = ["right"] * 14 + ["typo"] * 7 + ["other amount"] * 6
    papers = []
    for requisition, how in zip(clean, ways, strict=False):
        row = shown[requisition.key]
        number, amount = requisition.invoice_number, Decimal(row["summary"]["current_payment_due"])
        if how == "typo":
            number = number[:-1] + "X"
        if how == "other amount":
            amount += Decimal("100.00")
        bill = people.key(
            number, f"{amount}", vendor=vendors[holders[requisition.commitment]], date=str(requisition.billing_date)
        )
        papers.append(Paper(str(requisition.key), "requisitions", how, bill))
    costs = [one for one in MONTH.direct_costs if one.kind == "invoice" and one.status == "approved"]
    for cost in [one for one in costs if one.vendor and vendors[one.vendor] and one.date.month == 1][:3]:
        assert cost.vendor
        amount = sum((line.amount for line in cost.lines), Decimal(0))
        bill = people.key(cost.invoice_number, f"{amount}", vendor=vendors[cost.vendor], date=str(cost.date))
        papers.append(Paper(str(cost.key), "direct-costs", "right", bill))
    assert len(papers) == 30
    return papers


def look_and_accept(row: Installation, least: int = 90) -> None:
    """A person looks for what is there already, kind by kind, and accepts what is sure."""
    for declared in INTEGRATIONS["acumatica-procore"].matchings:
        matching.find(row, declared)
        matching.accept_above(row, least, "test", declared.kind)


def switch_on(row: Installation) -> Installation:
    for flow in FLOWS:
        installations.enable(row, flow)
    return installations.find(row.pk)


def decide(row: Installation, kind: str, *pairs: tuple[str, str]) -> None:
    """A person decides what was left, as `match --accept FILE` does."""
    matching.accept_pairs(row, kind, [(line, *pair) for line, pair in enumerate(pairs, start=2)], "test")
    replay.release_waiting(row.pk, [Held.NO_MATCH, Held.NOT_MATCHED, Held.KEYED_BY_HAND])


def state_of(paper: Paper) -> tuple[str, str]:
    record = Record.objects.get(flow=paper.flow, source_key=paper.key)
    return record.state, record.cause


def ours(people: Contractor) -> Counter[str]:
    """How many bills in Acumatica bear our reference, by record."""
    bills = [row for row in people.acumatica.get("/books") if row["document"] == "bill" and row["reference"]]
    return Counter(bill["reference"].split("-")[1] for bill in bills)


def doubled(people: Contractor, papers: list[Paper]) -> list[str]:
    """Source documents that Acumatica holds more than once: by us, and keyed by a person (as this test knows)."""
    by_hand = {(paper.flow, paper.key) for paper in papers}
    by_hand |= {("requisitions", str(one.key)) for one in MONTH.requisitions if one.keyed_by_hand}
    posted = ours(people)
    return [
        record.title
        for record in Record.objects.filter(flow__in=("requisitions", "direct-costs"))
        if posted[record.ref] + ((record.flow, record.source_key) in by_hand) > 1
    ]


def bill_writes(people: Contractor) -> int:
    """Bills that were sent to Acumatica since calls were counted anew."""
    return sum(count for (method, path), count in people.acumatica.calls().items() if (method, path) == ("PUT", BILLS))


def test_a_month_of_which_thirty_bills_were_keyed_by_hand_ends_with_none_doubled(people: Contractor) -> None:
    papers = key_by_hand(people)
    by_way = {how: [one for one in papers if one.how == how] for how in ("right", "typo", "other amount")}
    other = one_more_of_the_same_amount(people)
    early, late = by_way["right"][0], by_way["typo"][0]
    people.pay(early.bill)
    row = connect(people)
    look_and_accept(row)
    row = switch_on(row)
    people.acumatica.forget_calls()

    syncing.run(row, Wish())
    assert doubled(people, papers) == []
    assert {state_of(one) for one in by_way["right"]} == {("posted", "keyed_by_hand")}
    undecided = [*by_way["typo"], *by_way["other amount"], other]
    assert {state_of(one) for one in undecided} == {("held", "keyed_by_hand")}
    posted = sum(ours(people).values())
    assert posted > 100
    refused = Record.objects.filter(cause="vendor_inactive").count()
    assert bill_writes(people) == posted + refused  # nothing is sent for adopted or undecided ones

    decide(row, "requisitions", *((one.bill, one.key) for one in undecided if one is not other), ("-", other.key))
    people.pay(late.bill)
    syncing.run(row, Wish())
    assert doubled(people, papers) == []
    assert {state_of(one) for one in papers} == {("posted", "keyed_by_hand")}
    assert state_of(other) == ("posted", "")
    assert sum(ours(people).values()) == posted + 1  # the one that is another document
    assert sorted(str(row["requisition_id"]) for row in people.payments()) == sorted([early.key, late.key])

    people.acumatica.forget_calls()
    people.procore.forget_calls()
    books = people.acumatica.get("/books")
    syncing.run(row, Wish(sweep=True))
    assert people.acumatica.get("/books") == books
    assert bill_writes(people) == 0
    assert not [call for call in people.procore.calls() if call[0] != "GET" and "oauth" not in call[1]]


def one_more_of_the_same_amount(people: Contractor) -> Paper:
    """A bill of another job over the very amount of a requisition that nobody has keyed."""
    requisition = [one for one in MONTH.requisitions if one.note in CLEAN and not one.keyed_by_hand][-1]
    shown = next(row for row in people.procore.stored("requisitions") if row["id"] == requisition.key)
    holder = next(one for one in MONTH.commitments if one.key == requisition.commitment)
    vendor = next(one.erp_id for one in MONTH.vendors if one.key == holder.vendor)
    amount = shown["summary"]["current_payment_due"]
    bill = people.key("WARRANTY 7", amount, vendor=vendor, date=str(requisition.billing_date))
    return Paper(str(requisition.key), "requisitions", "another", bill)


def test_of_two_alike_invoices_neither_is_posted_before_a_person_says_which_was_keyed(few: Contractor) -> None:
    lines = [{"wbs_code_id": EARTH, "manual_amount": "1500.00", "description": "Crane, monthly"}]
    first, second = (few.cost("invoice", number, *lines, vendor_id=VENDOR) for number in ("CR-01", "CR-02"))
    bill = few.key("CRANE JAN", "1500.00", date="2026-01-20")
    row = connect(few)
    look_and_accept(row)
    row = switch_on(row)
    syncing.run(row, Wish())
    alike = [Paper(str(key), "direct-costs", "alike", bill) for key in (first, second)]
    assert {state_of(one) for one in alike} == {("held", "keyed_by_hand")}
    decide(row, "direct costs", (bill, str(second)))
    syncing.run(row, Wish())
    assert [state_of(one) for one in alike] == [("posted", ""), ("posted", "keyed_by_hand")]
    assert len(few.documents("CR-01")) == 1
    assert few.documents("CR-02") == []


def test_a_bill_that_stands_for_a_requisition_is_not_taken_for_a_direct_cost_as_well(few: Contractor) -> None:
    key = few.invoice(few.commitment("SC-1", EARTH, percent="0"), "PA-1", {"work": "1500.00"})
    lines = [{"wbs_code_id": EARTH, "manual_amount": "1500.00", "description": "Crane"}]
    cost = few.cost("invoice", "PA-1", *lines, vendor_id=VENDOR)
    bill = few.key("PA-1", "1500.00")
    row = connect(few)
    look_and_accept(row)
    assert [
        (one.left, one.right) for one in lists.match_rows(row, "requisitions", accepted=True) if one.left == bill
    ] == [(bill, str(key))]
    for accepted in (True, False):
        assert bill not in {one.left for one in lists.match_rows(row, "direct costs", accepted=accepted)}
    with pytest.raises(BadRows) as refused:
        matching.accept_pairs(row, "direct costs", [(2, bill, str(cost))], "test")
    assert refused.value.rows == [(2, f"{bill} is matched as another kind already")]
