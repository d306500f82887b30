"""Credits, reversals and releases of retainage by the Acumatica connector, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from acumatica_connected import count, forget_calls, look_up, lost, moved, opened, run, through, value
from acumatica_over_http import Instance, instance
from msgspec import structs

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import bills
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.records.documents import Bill, BillLine, RetainageRelease

WEIGH, RELEASE_RETAINAGE = bills.steps[3:]
CHECK, REVERSE, RELEASE_REVERSAL, CONFIRM_REVERSAL = bills.reversal
LINE = BillLine(
    account="54000",
    subaccount="000000",
    project="TOWER1",
    task="03",
    cost_code="03-300",
    amount=Decimal("1250.50"),
    text="Slab level 2",
)
BILL = Bill(
    reference="ML-7K2QX9M4T0AB-1",
    vendor="V00001",
    number="REQ-7-0003",
    date=date(2026, 1, 31),
    period="2026-01",
    currency="USD",
    text="Pay app 3",
    total=Decimal("1250.50"),
    tax=Decimal(0),
    lines=(LINE,),
)


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


@pytest.fixture
def client(erp: Instance) -> Iterator[AcumaticaClient]:
    found = opened(erp)
    yield found
    found.close()


def item(**changes: Any) -> Item:
    document = structs.replace(BILL, **changes)
    return Item(reference=document.reference, document=document)


def posted(client: AcumaticaClient, **changes: Any) -> Item:
    return through(bills.steps, client, item(**changes))


def retained(client: AcumaticaClient, version: str, withheld: str = "125.05") -> Item:
    """A posted bill that withholds something."""
    line = structs.replace(LINE, retainage=Decimal(withheld))
    return posted(
        client,
        lines=(line,),
        total=line.amount - line.retainage,
        reference=f"ML-7K2QX9M4T0AB-{version}",
        number=f"REQ-{version}",
    )


def unreleased(erp: Instance, number: str) -> Decimal:
    field = "CuryRetainageUnreleasedAmt"
    shown = erp.record(f"Bill/Bill/{number}", custom=f"Document.{field}")
    return Decimal(str(shown["custom"]["Document"][field]["value"]))


def adjustments(erp: Instance) -> list[dict[str, Any]]:
    return erp.rows("Bill", filter="Type eq 'Debit Adj.'")


class TestCredits:
    def test_a_credit_is_a_debit_adjustment_on_the_way_of_a_bill(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.released(Description="by hand")
        done = posted(client, credit=True)
        (made,) = adjustments(erp)
        assert (value(made, "ReferenceNbr"), value(made, "Status"), value(made, "Amount")) == (
            done.number,
            "Open",
            1250.5,
        )
        booked = erp.book(done.number, "Debit Adj.")
        assert {row["account"]: row["credit"] for row in booked["lines"]}["54000"] == "1250.50"
        assert bills.read is not None
        (held,) = bills.read(client, [done])
        assert isinstance(held, Done)
        assert held.stored == BILL.__class__(**{**structs.asdict(BILL), "credit": True})

    def test_bills_and_credits_go_through_the_steps_together(self, erp: Instance, client: AcumaticaClient) -> None:
        bill, credit = posted(client), posted(client, credit=True, reference="ML-7K2QX9M4T0AB-2")
        outcomes = bills.steps[2].run(client, [bill, credit])
        assert [getattr(outcome, "number", "") for outcome in outcomes] == [bill.number, credit.number]

    def test_a_lost_credit_is_found_among_credits_only(self, erp: Instance, client: AcumaticaClient) -> None:
        create, release, _ = bills.steps[:3]
        thing = item(credit=True)
        run(create, client, item())
        assert isinstance(look_up(create, client, thing), Absent)
        found = lost(erp, create, client, thing, method="PUT", path="/Bill")
        assert isinstance(found, Done)
        assert [value(row, "ReferenceNbr") for row in adjustments(erp)] == [found.number]
        ready = moved(thing, found)
        assert isinstance(look_up(release, client, ready), Absent)
        assert isinstance(run(release, client, ready), Done)
        assert isinstance(look_up(release, client, ready), Done)

    def test_a_keyed_credit_with_our_number_is_found(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.bill(Description="by hand")
        number = value(erp.bill(Type="Debit Adj.", Description="by hand"), "ReferenceNbr")
        assert bills.find_keyed is not None
        mine, theirs = bills.find_keyed(client, [item(), item(credit=True)])
        assert [len(mine), [each.number for each in theirs]] == [1, [number]]


class TestReversal:
    @pytest.mark.parametrize(
        "weather", [{}, {"action_answer": "204"}, {"hold_on_entry": False}, {"sparse_put_answers": True}]
    )
    def test_a_bill_is_taken_back_by_one_debit_adjustment(
        self, erp: Instance, client: AcumaticaClient, weather: dict[str, Any]
    ) -> None:
        bill = posted(client)
        erp.switch(**weather)
        done = through(bills.reversal, client, bill)
        (made,) = adjustments(erp)
        assert done.memo["reversal"] == value(made, "ReferenceNbr")
        assert done.memo["reversal_applied"] == "yes"
        assert done.memo["reversal_period"] == erp.book(done.memo["reversal"], "Debit Adj.")["period"]
        assert (done.key, done.number) == (bill.key, bill.number)
        assert erp.book(bill.number)["reversed_by"] == done.memo["reversal"]
        assert value(erp.record(f"Bill/Bill/{bill.number}"), "Balance") == 0.0

    def test_one_that_is_not_applied_by_itself_is_told(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.switch(reversal_applies=False)
        done = through(bills.reversal, client, posted(client))
        assert done.memo["reversal_applied"] == "no"
        assert value(adjustments(erp)[0], "Status") == "Open"

    def test_lost_answers_make_no_second_adjustment(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.switch(action_answer="204")
        bill = posted(client)
        bill = moved(bill, run(CHECK, client, bill))
        assert isinstance(look_up(REVERSE, client, bill), Absent)
        found = lost(erp, REVERSE, client, bill, method="POST", path="/ReverseBill")
        assert isinstance(found, Done)
        bill = moved(bill, found)
        assert isinstance(look_up(RELEASE_REVERSAL, client, bill), Absent)
        assert isinstance(lost(erp, RELEASE_REVERSAL, client, bill, method="PUT", path="/Bill"), Absent)
        assert isinstance(lost(erp, RELEASE_REVERSAL, client, bill, method="POST", path="/ReleaseBill"), Done)
        assert isinstance(run(CONFIRM_REVERSAL, client, bill), Done)
        assert len(adjustments(erp)) == 1

    def test_one_that_a_person_began_is_finished(self, erp: Instance, client: AcumaticaClient) -> None:
        bill = posted(client)
        erp.act("void", number=bill.number, release=False)
        forget_calls(erp)
        done = through(bills.reversal, client, bill)
        assert [value(row, "ReferenceNbr") for row in adjustments(erp)] == [done.memo["reversal"]]
        assert value(adjustments(erp)[0], "Status") == "Closed"

    @pytest.mark.parametrize("amount", [1250.5, 100])
    def test_a_bill_that_is_paid_or_partly_paid_stays(
        self, erp: Instance, client: AcumaticaClient, amount: float
    ) -> None:
        bill = posted(client)
        erp.act("pay", number=bill.number, amount=amount)
        forget_calls(erp)
        outcome = run(CHECK, client, bill)
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.PAID_THERE
        assert count(erp, "PUT", "POST") == 0

    def test_a_closed_period_is_held(self, erp: Instance, client: AcumaticaClient) -> None:
        bill = posted(client)
        period = erp.control.get("/clock").json()["now"][:7]
        for month in {period, "2026-01"}:
            erp.act("close_period", period=month)
        bill = moved(bill, run(CHECK, client, bill))
        outcome = run(REVERSE, client, bill)
        if isinstance(outcome, Done):
            outcome = run(RELEASE_REVERSAL, client, moved(bill, outcome))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.PERIOD_CLOSED
        assert all(value(row, "Status") not in ("Open", "Closed") for row in adjustments(erp))

    def test_a_credit_is_left_to_a_person(self, client: AcumaticaClient) -> None:
        outcome = run(CHECK, client, posted(client, credit=True))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.LOCKED_THERE

    def test_a_bill_with_retainage_is_taken_back_until_some_is_released(
        self, erp: Instance, client: AcumaticaClient
    ) -> None:
        bill = retained(client, "1")
        assert isinstance(run(CHECK, client, bill), Done)
        erp.act("release_retainage", number=bill.number, amount=10)
        forget_calls(erp)
        outcome = run(CHECK, client, bill)
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE

    def test_a_bill_that_somebody_else_keyed_is_left_to_a_person(self, erp: Instance, client: AcumaticaClient) -> None:
        number = erp.released(Description="by hand")
        outcome = run(CHECK, client, structs.replace(item(), number=number))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE


class TestReleaseOfRetainage:
    def releasing(self, *releases: tuple[str, str], **changes: Any) -> Item:
        entries = tuple(RetainageRelease(bill=bill, amount=Decimal(amount)) for bill, amount in releases)
        return item(reference="ML-REL000000000-1", releases=entries, **changes)

    def test_a_release_alone_makes_no_bill(self, erp: Instance, client: AcumaticaClient) -> None:
        first, second = retained(client, "1"), retained(client, "2")
        before = len(erp.rows("Bill", filter="startswith(Description,'ML-')"))
        forget_calls(erp)
        thing = self.releasing((first.number, "125.05"), (second.number, "25.05"), lines=(), total=Decimal(0))
        done = through(bills.steps, client, thing)
        assert (done.key, done.number) == ("ML-REL000000000-1", "")
        assert (unreleased(erp, first.number), unreleased(erp, second.number)) == (Decimal(0), Decimal(100))
        assert len(erp.rows("Bill", filter="startswith(Description,'ML-')")) == before
        assert count(erp, "POST") == 2

    def test_a_bill_and_two_releases_of_one_bill(self, erp: Instance, client: AcumaticaClient) -> None:
        first = retained(client, "1")
        done = through(bills.steps, client, self.releasing((first.number, "25.05"), (first.number, "50")))
        assert erp.book(done.number)["reference"] == "ML-REL000000000-1"
        assert unreleased(erp, first.number) == Decimal(50)

    @pytest.mark.parametrize("nth", [1, 2])
    def test_lost_answers_are_settled_by_what_is_withheld(
        self, erp: Instance, client: AcumaticaClient, nth: int
    ) -> None:
        erp.switch(action_answer="204")
        first = retained(client, "1")
        thing = self.releasing((first.number, "25.05"), (first.number, "25.05"), lines=())
        thing = moved(thing, run(WEIGH, client, thing))
        if nth == 2:
            thing = moved(thing, run(RELEASE_RETAINAGE, client, thing))
            assert RELEASE_RETAINAGE.again is not None
            assert RELEASE_RETAINAGE.again(thing)
        assert isinstance(look_up(RELEASE_RETAINAGE, client, thing), Absent)
        found = lost(erp, RELEASE_RETAINAGE, client, thing, method="POST", path="/ReleaseRetainage")
        assert isinstance(found, Done)
        assert RELEASE_RETAINAGE.again is not None
        assert RELEASE_RETAINAGE.again(moved(thing, found)) is (nth == 1)
        assert unreleased(erp, first.number) == Decimal("125.05") - nth * Decimal("25.05")

    def test_what_somebody_else_released_meanwhile_is_left_to_a_person(
        self, erp: Instance, client: AcumaticaClient
    ) -> None:
        first = retained(client, "1")
        thing = self.releasing((first.number, "25.05"), lines=())
        thing = moved(thing, run(WEIGH, client, thing))
        erp.act("release_retainage", number=first.number, amount=10)
        finding = look_up(RELEASE_RETAINAGE, client, thing)
        assert isinstance(finding, Held)
        assert finding.cause == Cause.NOT_SEARCHABLE

    def test_more_than_is_withheld_is_held_before_anything_is_sent(
        self, erp: Instance, client: AcumaticaClient
    ) -> None:
        first = retained(client, "1")
        for releases in ([(first.number, "125.06")], [(first.number, "100"), (first.number, "25.06")]):
            outcome = run(WEIGH, client, self.releasing(*releases, lines=()))
            assert isinstance(outcome, Held)
            assert outcome.cause == Cause.CHANGED_THERE

    def test_many_are_weighed_by_one_call(self, erp: Instance, client: AcumaticaClient) -> None:
        posted_bills = [retained(client, str(number)) for number in (1, 2)]
        things = [self.releasing((bill.number, "1"), lines=()) for bill in posted_bills]
        forget_calls(erp)
        outcomes = WEIGH.run(client, [*things, item()])
        assert all(isinstance(outcome, Done) for outcome in outcomes)
        assert count(erp, "GET") == 1

    def test_a_bill_that_does_not_tell_is_held(self, client: AcumaticaClient) -> None:
        outcome = run(WEIGH, client, self.releasing(("999999", "1"), lines=()))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.NOT_SEARCHABLE
