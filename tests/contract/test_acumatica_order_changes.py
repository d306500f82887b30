"""Purchase orders and subcontracts that the Acumatica connector changes and creates, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from acumatica_connected import count, forget_calls, look_up, lost, moved, opened, run, through, value
from acumatica_over_http import Instance, instance

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import order_changes
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held, Refused
from ml_connector.connectors.kit.target import Item
from ml_connector.records.commitments import OrderChange, OrderLineChange

LOOK, OPEN, CHANGE, CLOSE = order_changes.steps
ORDERS = [("Normal", "PO000003", "V00003"), ("Subcontract", "SC000002", "")]
kinds = pytest.mark.parametrize(("kind", "number", "vendor"), ORDERS)


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


def change(kind: str, number: str, *lines: OrderLineChange, held: bool | None = None, vendor: str = "") -> Item:
    document = OrderChange(
        reference="ML-7K2QX9M4T0AB-1",
        kind=kind,
        number=number,
        vendor=vendor,
        vendor_number="SC-77",
        date=date(2026, 1, 31),
        currency="USD",
        text="Frame",
        lines=lines,
        held=held,
    )
    return Item(reference=document.reference, document=document)


def line(number: int, amount: str | None = None, *, ended: str = "") -> OrderLineChange:
    return OrderLineChange(line=number, amount=None if amount is None else Decimal(amount), ended=ended)


def new(amount: str, mark: str = "CO-1-1") -> OrderLineChange:
    return OrderLineChange(
        line=0,
        amount=Decimal(amount),
        text="Extra work",
        mark=mark,
        account="54000",
        project="TOWER1",
        task="03",
        cost_code="03-300",
    )


def stored(erp: Instance, kind: str, number: str) -> dict[str, Any]:
    path = f"Subcontract/{number}" if kind == "Subcontract" else f"PurchaseOrder/{kind}/{number}"
    return erp.record(path, expand="Details")


def amounts(erp: Instance, kind: str, number: str) -> list[Decimal]:
    return [Decimal(str(value(row, "ExtendedCost"))) for row in stored(erp, kind, number)["Details"]]


WEATHER: list[dict[str, Any]] = [
    {"new_line_ids": True},
    {"sparse_put_answers": True, "extra_keys": True},
    {"put_drops_recalculated": False},
    {"empty_in_lists": "PurchaseOrder.Details,Subcontract.Details"},
]


@kinds
class TestChanges:
    def test_lines_change_and_come_and_the_order_is_open_again(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        before = amounts(erp, kind, number)
        forget_calls(erp)
        done = through(order_changes.steps, client, change(kind, number, line(2, "150000.25"), new("1234.50")))
        assert (done.key, done.number) == (f"{kind}|{number}", number)
        assert amounts(erp, kind, number) == [before[0], Decimal("150000.25"), *before[2:], Decimal("1234.50")]
        there = stored(erp, kind, number)
        assert value(there, "Status") == "Open"
        assert value(there["Details"][-1], "LineDescription") == "CO-1-1: Extra work"
        assert count(erp, "PUT", "POST") == 3

    def test_the_change_is_compared_before_the_order_is_open_again(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        thing = change(kind, number, line(2, "150000.25"), new("1234.50"))
        for step in (LOOK, OPEN):
            thing = moved(thing, run(step, client, thing))
        outcome = run(CHANGE, client, thing)
        assert isinstance(outcome, Done)
        assert order_changes.compare is not None
        assert order_changes.compare(thing.document, outcome.stored) == []
        other = change(kind, number, line(2, "150000.26"), line(1, ended="completed")).document
        assert [difference.field for difference in order_changes.compare(other, outcome.stored)] == [
            "line 2 amount",
            "line 1 ended",
        ]
        assert value(stored(erp, kind, number), "Status") == "On Hold"

    @pytest.mark.parametrize("weather", WEATHER, ids=lambda each: next(iter(each)))
    def test_it_ends_the_same_however_the_tenant_answers(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str, weather: dict[str, Any]
    ) -> None:
        before = amounts(erp, kind, number)
        erp.switch(**weather)
        through(order_changes.steps, client, change(kind, number, line(2, "150000.25"), new("1234.50")))
        assert amounts(erp, kind, number) == [before[0], Decimal("150000.25"), *before[2:], Decimal("1234.50")]

    def test_an_order_that_needs_approval_then_is_changed_all_the_same(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        erp.switch(order_approval=True)
        through(order_changes.steps, client, change(kind, number, new("10")))
        assert value(stored(erp, kind, number), "Status") == "Pending Approval"

    def test_nothing_to_do_is_one_look(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        amount = str(amounts(erp, kind, number)[0])
        forget_calls(erp)
        through(order_changes.steps, client, change(kind, number, line(1, amount), held=False))
        assert (count(erp, "GET"), count(erp, "PUT", "POST")) == (1, 0)

    @pytest.mark.parametrize(("held", "after"), [(True, "On Hold"), (False, "Open"), (None, "On Hold")])
    def test_an_order_on_hold_is_left_so_unless_told(
        self,
        erp: Instance,
        client: AcumaticaClient,
        kind: str,
        number: str,
        vendor: str,
        held: bool | None,
        after: str,
    ) -> None:
        through(order_changes.steps, client, change(kind, number, held=True))
        assert value(stored(erp, kind, number), "Status") == "On Hold"
        through(order_changes.steps, client, change(kind, number, new("10"), held=held))
        assert value(stored(erp, kind, number), "Status") == after

    def test_lost_answers_change_nothing_twice(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        before = amounts(erp, kind, number)
        holding = {"method": "PUT", "path": "/PurchaseOrder"}
        if kind == "Subcontract":
            holding = {"method": "POST", "path": "/Subcontract/"}
        thing = change(kind, number, line(1, "99999.99"), new("10"))
        thing = moved(thing, run(LOOK, client, thing))
        assert isinstance(look_up(OPEN, client, thing), Absent)
        thing = moved(thing, lost(erp, OPEN, client, thing, **holding))
        assert thing.memo["on_hold"] == "yes"
        assert isinstance(look_up(CHANGE, client, thing), Absent)
        writing = {"method": "PUT", "path": "/Subcontract" if kind == "Subcontract" else "/PurchaseOrder"}
        found = lost(erp, CHANGE, client, thing, **writing)
        assert isinstance(found, Done)
        assert found.stored is not None
        assert isinstance(run(CHANGE, client, thing), Done)  # a blind second try appends nothing either
        assert isinstance(look_up(CLOSE, client, thing), Absent)
        assert isinstance(lost(erp, CLOSE, client, thing, **holding), Done)
        assert amounts(erp, kind, number) == [Decimal("99999.99"), *before[1:], Decimal(10)]

    def test_a_line_that_is_not_there_is_held(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        outcome = run(LOOK, client, change(kind, number, line(77, "1")))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE

    def test_an_order_that_is_gone_ended_or_of_another_vendor_is_held(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        gone = run(LOOK, client, change(kind, "XX999", line(1, "1")))
        other = run(LOOK, client, change(kind, number, line(1, "1"), vendor="V00009"))
        assert isinstance(gone, Held)
        assert isinstance(other, Held)
        assert (gone.cause, other.cause) == (Cause.CHANGED_THERE, Cause.CHANGED_THERE)

    def test_a_refused_change_tells_that_the_order_is_on_hold_now(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        wrong = OrderLineChange(line=0, amount=Decimal(1), text="x", mark="CO", account="99999", project="TOWER1")
        thing = change(kind, number, wrong)
        for step in (LOOK, OPEN):
            thing = moved(thing, run(step, client, thing))
        outcome = run(CHANGE, client, thing)
        assert isinstance(outcome, Refused)
        assert f"order {number} was put on hold" in outcome.message


class TestEnds:
    @kinds
    def test_a_line_is_completed(
        self, erp: Instance, client: AcumaticaClient, kind: str, number: str, vendor: str
    ) -> None:
        before = amounts(erp, kind, number)
        through(order_changes.steps, client, change(kind, number, line(2, ended="completed")))
        there = stored(erp, kind, number)
        assert [bool(value(row, "Completed")) for row in there["Details"]][:3] == [False, True, False][: len(before)]
        assert amounts(erp, kind, number) == before

    def test_a_line_is_cancelled(self, erp: Instance, client: AcumaticaClient) -> None:
        through(order_changes.steps, client, change("Subcontract", "SC000002", new("10")))
        last = value(stored(erp, "Subcontract", "SC000002")["Details"][-1], "LineNbr")
        through(order_changes.steps, client, change("Subcontract", "SC000002", line(last, ended="cancelled")))
        assert value(stored(erp, "Subcontract", "SC000002")["Details"][-1], "Canceled") is True

    def test_a_cancelled_order_is_held(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.act("cancel_order", number="SC000002")
        outcome = run(LOOK, client, change("Subcontract", "SC000002", line(1, "1")))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.LOCKED_THERE


@pytest.mark.parametrize("kind", ["Normal", "Subcontract"])
class TestNewOrders:
    @pytest.mark.parametrize(("held", "status"), [(None, "On Hold"), (False, "Open"), (True, "On Hold")])
    def test_created_on_hold_then_as_is_meant(
        self, erp: Instance, client: AcumaticaClient, kind: str, held: bool | None, status: str
    ) -> None:
        done = through(
            order_changes.steps, client, change(kind, "", new("100.50"), new("10"), held=held, vendor="V00002")
        )
        there = stored(erp, kind, done.number)
        assert (value(there, "VendorID"), value(there, "VendorRef"), value(there, "Status")) == (
            "V00002",
            "SC-77",
            status,
        )
        assert value(there, "Description") == "ML-7K2QX9M4T0AB-1: Frame"
        assert amounts(erp, kind, done.number) == [Decimal("100.50"), Decimal(10)]
        assert done.key == f"{kind}|{done.number}"

    def test_a_lost_answer_is_found_by_our_mark(self, erp: Instance, client: AcumaticaClient, kind: str) -> None:
        thing = change(kind, "", new("100.50"), vendor="V00002")
        thing = moved(thing, run(LOOK, client, thing))
        assert isinstance(look_up(CHANGE, client, thing), Absent)
        path = "/Subcontract" if kind == "Subcontract" else "/PurchaseOrder"
        found = lost(erp, CHANGE, client, thing, method="PUT", path=path)
        assert isinstance(found, Done)
        assert order_changes.compare is not None
        assert order_changes.compare(thing.document, found.stored) == []

    def test_it_is_read_back(self, erp: Instance, client: AcumaticaClient, kind: str) -> None:
        done = through(order_changes.steps, client, change(kind, "", new("100.50"), vendor="V00002"))
        assert order_changes.read is not None
        (held,) = order_changes.read(client, [done])
        assert isinstance(held, Done)
        assert held.stored.number == done.number
