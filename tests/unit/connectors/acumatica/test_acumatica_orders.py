"""Changes to orders: what is sent of them, what counts as stored, and every step by itself."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest
from acumatica_instance import Instance, failure, reply, wire
from msgspec import structs

from ml_connector.connectors.acumatica import orders
from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import order_changes
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused, Waiting
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.records.commitments import OrderChange, OrderLineChange

LOOK, OPEN, CHANGE, CLOSE = order_changes.steps
STATUS = "/entity/Default/24.200.001/Subcontract/PutOnHold/status/7d1"
RUNNING = httpx2.Response(202, headers={"location": f"/inst{STATUS}"})
NEW = OrderLineChange(
    line=0, amount=Decimal("10.50"), text="Extra", mark="CO-1-1", account="54000", task="03", cost_code="03-300"
)
MEMO = {"on_hold": "yes", "was_held": "no", "todo": "yes"}


def change(*lines: OrderLineChange, **changes: Any) -> OrderChange:
    document = OrderChange(
        reference="ML-7K2QX9M4T0AB-1",
        kind="Normal",
        number="PO1",
        vendor="NORTHCONC",
        vendor_number="PO-7",
        date=date(2026, 3, 31),
        currency="USD",
        text="Frame",
        lines=lines,
    )
    return structs.replace(document, **changes)


def item(*lines: OrderLineChange, memo: dict[str, str] | None = None, **changes: Any) -> Item:
    document = change(*lines, **changes)
    return Item(reference=document.reference, document=document, memo=MEMO if memo is None else memo)


def amount(line: int, value: str) -> OrderLineChange:
    return OrderLineChange(line=line, amount=Decimal(value))


def row(number: int, cost: str = "100", quantity: str = "0", **changes: Any) -> dict[str, Any]:
    fields = {"LineDescription": "Mix", "Account": "54000", "ProjectTask": "03", "CostCode": "03-300"} | changes
    return {"id": f"row-{number}", "rowNumber": number} | wire(
        LineNbr=number, ExtendedCost=Decimal(cost), OrderQty=Decimal(quantity), **fields
    )


def stored(*rows: dict[str, Any], status: str = "On Hold", **changes: Any) -> dict[str, Any]:
    fields = {"Type": "Normal", "OrderNbr": "PO1", "Status": status, "VendorID": "NORTHCONC"} | changes
    return {"id": "g", "Details": list(rows)} | wire(**fields)


def run(step: Step, client: AcumaticaClient, thing: Item) -> Outcome:
    (outcome,) = step.run(client, [thing])
    return outcome


def look_up(step: Step, client: AcumaticaClient, thing: Item) -> Finding:
    assert step.look_up is not None
    (finding,) = step.look_up(client, [thing])
    return finding


class TestWhatIsSent:
    @pytest.mark.parametrize(
        ("quantity", "to", "expected"),
        [
            ("0", "120", {"ExtendedCost": 120}),
            ("1", "120.25", {"ExtendedCost": 120.25, "UnitCost": 120.25}),
            ("40", "8100", {"ExtendedCost": 8100, "UnitCost": 202.5}),
            ("3", "100.10", {"ExtendedCost": 100.1}),
        ],
    )
    def test_the_price_goes_along_where_it_gives_the_amount_exactly(
        self, quantity: str, to: str, expected: dict[str, float]
    ) -> None:
        (sent,) = orders.changed(change(amount(2, to)), stored(row(1), row(2, quantity=quantity)))
        assert {
            name: float(entry["value"]) for name, entry in sent.items() if name in ("ExtendedCost", "UnitCost")
        } == (expected)
        assert (sent["id"], sent["LineNbr"]) == ("row-2", {"value": 2})

    @pytest.mark.parametrize(("kind", "field"), [("Normal", "Cancelled"), ("Subcontract", "Canceled")])
    def test_a_line_ends_in_the_entitys_own_spelling(self, kind: str, field: str) -> None:
        line = OrderLineChange(line=1, ended="cancelled")
        (sent,) = orders.changed(change(line, kind=kind), stored(row(1)))
        assert sent == {
            "id": "row-1",
            "LineNbr": {"value": 1},
            "ExtendedCost": {"value": Decimal(100)},
            field: {"value": True},
        }

    def test_lines_that_are_as_they_should_be_are_not_sent(self) -> None:
        lines = (amount(1, "100.00"), OrderLineChange(line=2, ended="completed"), NEW)
        there = stored(row(1), row(2, Completed=True), row(3, "10.50", LineDescription="CO-1-1: Extra"))
        assert orders.changed(change(*lines), there) == []

    def test_a_mark_is_not_taken_for_a_longer_one(self) -> None:
        there = stored(row(1, "10.50", LineDescription="CO-1-10: Extra"))
        (sent,) = orders.changed(change(NEW), there)
        assert "id" not in sent
        assert sent["LineDescription"] == {"value": "CO-1-1: Extra"}

    @pytest.mark.parametrize(("kind", "field"), [("Normal", "ProjectTask"), ("Subcontract", "Task")])
    def test_a_new_line_has_an_amount_and_no_quantity(self, kind: str, field: str) -> None:
        (sent,) = orders.changed(change(NEW, kind=kind), stored())
        assert sent == {
            "LineDescription": {"value": "CO-1-1: Extra"},
            "ExtendedCost": {"value": Decimal("10.50")},
            "Account": {"value": "54000"},
            field: {"value": "03"},
            "CostCode": {"value": "03-300"},
        }

    def test_a_line_that_is_not_there_is_an_error(self) -> None:
        with pytest.raises(LookupError, match="7"):
            orders.changed(change(amount(7, "1")), stored(row(1)))


class TestCompare:
    def differences(self, meant: OrderChange, *rows: dict[str, Any], **changes: Any) -> list[str]:
        record = stored(*rows, **changes)
        return [str(each) for each in orders.compare(meant, orders.stored(meant, record))]

    def test_what_is_meant_is_there(self) -> None:
        there = (row(1), row(2, "120"), row(3, "10.50", LineDescription="CO-1-1: Extra"))
        assert self.differences(change(amount(2, "120.00"), NEW), *there) == []

    def test_each_difference_is_told(self) -> None:
        lines = (amount(1, "90"), OrderLineChange(line=2, ended="completed"), NEW, structs.replace(NEW, mark="CO-2"))
        there = (row(1), row(2), row(3, "10.50", LineDescription="CO-1-1: Extra", Account="55000"))
        assert self.differences(change(*lines), *there) == [
            "line 1 amount: meant 90, stored 100",
            "line 2 ended: meant completed, stored nothing",
            "new line CO-1-1 account: meant 54000, stored 55000",
            "new line CO-2: meant 10.50, stored nothing",
        ]

    def test_a_new_order_has_its_vendor_and_no_other_lines(self) -> None:
        there = (row(1), row(2, "10.50", LineDescription="CO-1-1: Extra"))
        assert self.differences(change(NEW, number=""), *there, VendorID="OTHER") == [
            "order vendor: meant NORTHCONC, stored OTHER",
            "number of lines: meant 1, stored 2",
        ]


class TestSteps:
    def test_an_order_is_looked_at_first(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "PurchaseOrder/Normal/PO1", reply(stored(row(1), status="Open")))
        outcome = run(LOOK, client, item(amount(1, "120"), memo={}))
        assert outcome == Done(key="Normal|PO1", number="PO1", memo={"on_hold": "no", "was_held": "no", "todo": "yes"})

    @pytest.mark.parametrize("status", ["Completed", "Closed", "Canceled"])
    def test_an_ended_order_is_held(self, client: AcumaticaClient, instance: Instance, status: str) -> None:
        instance.answers("GET", "PurchaseOrder/Normal/PO1", reply(stored(row(1), status=status)))
        outcome = run(LOOK, client, item(amount(1, "120"), memo={}))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.LOCKED_THERE

    @pytest.mark.parametrize("memo", [{"on_hold": "yes", "todo": "yes"}, {"on_hold": "no", "todo": "no"}])
    def test_nothing_is_put_on_hold_without_need(
        self, client: AcumaticaClient, instance: Instance, memo: dict[str, str]
    ) -> None:
        assert run(OPEN, client, item(memo=memo)) == Done()
        assert instance.requests == []

    def test_a_purchase_order_is_put_on_hold_by_its_field(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "PurchaseOrder", reply(stored()))
        outcome = run(OPEN, client, item(memo={"on_hold": "no", "todo": "yes"}))
        assert isinstance(outcome, Done)
        assert outcome.memo["on_hold"] == "yes"
        (call,) = instance.asked("PUT")
        assert msgspec.json.decode(call.content) == {
            "Type": {"value": "Normal"},
            "OrderNbr": {"value": "PO1"},
            "Hold": {"value": True},
        }
        assert call.headers["if-match"] == "*"

    def test_a_subcontract_is_put_on_hold_by_an_action_that_may_run(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("POST", "Subcontract/PutOnHold", RUNNING)
        instance.answers("GET", STATUS, RUNNING, httpx2.Response(204))
        thing = item(kind="Subcontract", number="SC1", memo={"on_hold": "no", "todo": "yes"})
        waiting = run(OPEN, client, thing)
        assert isinstance(waiting, Waiting)
        thing = structs.replace(thing, memo=thing.memo | waiting.memo)
        assert OPEN.poll is not None
        assert isinstance(OPEN.poll(client, thing), Waiting)
        assert OPEN.poll(client, thing) == Done(memo={"on_hold": "yes"})

    def test_one_that_does_not_go_on_hold_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "PurchaseOrder", reply(stored(status="Open")))
        outcome = run(OPEN, client, item(memo={"on_hold": "no", "todo": "yes"}))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.STORED_DIFFERENTLY

    def test_an_answer_without_lines_is_completed_by_one_read(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        whole = stored(row(1, "120"))
        instance.answers("GET", "PurchaseOrder/Normal/PO1", reply(stored(row(1))), reply(whole))
        instance.answers("PUT", "PurchaseOrder", reply(wire(Type="Normal", OrderNbr="PO1")))
        outcome = run(CHANGE, client, item(amount(1, "120")))
        assert isinstance(outcome, Done)
        assert outcome.stored.lines[0].amount == 120

    @pytest.mark.parametrize("second", [httpx2.Response(503), failure("No.", status=403)])
    def test_a_changed_order_that_cannot_be_read_is_an_unknown_one(
        self, client: AcumaticaClient, instance: Instance, second: httpx2.Response
    ) -> None:
        instance.answers("GET", "PurchaseOrder/Normal/PO1", reply(stored(row(1))), second)
        instance.answers("PUT", "PurchaseOrder", reply(wire(Type="Normal", OrderNbr="PO1")))
        with pytest.raises(errors.AnswerLost):
            run(CHANGE, client, item(amount(1, "120")))

    def test_a_refusal_tells_that_the_order_is_on_hold_now(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "PurchaseOrder/Normal/PO1", reply(stored(row(1))))
        instance.answers("PUT", "PurchaseOrder", reply({"Details": [{"Account": {"error": "No such."}}]}, 422))
        outcome = run(CHANGE, client, item(amount(1, "120")))
        assert isinstance(outcome, Refused)
        assert "order PO1 was put on hold" in outcome.message

    def test_a_new_order_of_which_nothing_was_sent_is_not_looked_for(self, client: AcumaticaClient) -> None:
        step = next(step for step in order_changes.steps if step.name == "open")
        assert isinstance(look_up(step, client, item(NEW, number="", memo={"todo": "yes"})), Absent)

    def test_a_lost_creation_is_found_by_vendor_and_our_reference(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        listed = wire(Type="Normal", OrderNbr="PO9", Description="ML-7K2QX9M4T0AB-1: Frame")
        other = wire(Type="Normal", OrderNbr="PO8", Description="ML-7K2QX9M4T0AB-1: Frame")
        instance.answers("GET", "PurchaseOrder", reply([listed]), reply([]), reply([listed, other]))
        instance.answers("GET", "PurchaseOrder/Normal/PO9", reply(stored(row(1), OrderNbr="PO9")))
        thing = item(NEW, number="", memo={"todo": "yes"})
        found = look_up(CHANGE, client, thing)
        assert isinstance(found, Done)
        assert (found.key, found.number) == ("Normal|PO9", "PO9")
        assert isinstance(look_up(CHANGE, client, thing), Absent)
        several = look_up(CHANGE, client, thing)
        assert isinstance(several, Held)
        assert several.cause == Cause.NOT_SEARCHABLE
        assert instance.filters("/PurchaseOrder")[0] == (
            "Type eq 'Normal' and VendorID eq 'NORTHCONC' and startswith(Description,'ML-7K2QX9M4T0AB-1:')"
        )

    @pytest.mark.parametrize(
        ("was_held", "held", "sent"),
        [("no", None, False), ("no", True, None), ("yes", None, None), ("yes", False, False)],
    )
    def test_it_is_closed_as_is_meant_or_as_it_was(
        self, client: AcumaticaClient, instance: Instance, was_held: str, held: bool | None, sent: bool | None
    ) -> None:
        instance.answers("PUT", "PurchaseOrder", reply(stored(status="Open")))
        outcome = run(CLOSE, client, item(held=held, memo=MEMO | {"was_held": was_held}))
        assert isinstance(outcome, Done)
        calls = [msgspec.json.decode(call.content)["Hold"]["value"] for call in instance.asked("PUT")]
        assert calls == ([] if sent is None else [sent])
