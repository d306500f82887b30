"""Credits, reversals and releases of retainage: each step by itself, and what is left to a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest
from acumatica_instance import DOCUMENT, Instance, failure, item, posted, reply, stored, wire
from msgspec import structs

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import bills, keyed_bills
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused, Waiting
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.records.documents import RetainageRelease

CREATE, RELEASE, CONFIRM, WEIGH, RELEASE_RETAINAGE = bills.steps
CHECK, REVERSE, RELEASE_REVERSAL, CONFIRM_REVERSAL = bills.reversal
REVERSING = "/entity/Default/24.200.001/Bill/ReverseBill/status/7d1"
RELEASING = "/entity/Default/24.200.001/Bill/ReleaseRetainage/status/7d2"
DONE = httpx2.Response(204)
CREDIT = {"credit": True}
GONE = failure("No entity.", kind="PX.Api.ContractBased.NoEntitySatisfiesTheConditionException")


def running(location: str) -> httpx2.Response:
    return httpx2.Response(202, headers={"location": f"/inst{location}"})


def run(step: Step, client: AcumaticaClient, thing: Item) -> Outcome:
    (outcome,) = step.run(client, [thing])
    return outcome


def look_up(step: Step, client: AcumaticaClient, thing: Item) -> Finding:
    assert step.look_up is not None
    (finding,) = step.look_up(client, [thing])
    return finding


def open_bill(**changes: Any) -> dict[str, Any]:
    return stored(status="Open", **changes)


def adjustment(status: str = "On Hold", number: str = "000900", **changes: Any) -> dict[str, Any]:
    return stored(number, status, Type="Debit Adj.", **changes)


def sent(instance: Instance, method: str, path: str) -> Any:
    return msgspec.json.decode(instance.asked(method, path)[-1].content)


class TestCredits:
    def test_a_credit_is_a_debit_adjustment_everywhere(self, client: AcumaticaClient, instance: Instance) -> None:
        credit = structs.replace(DOCUMENT, credit=True)
        instance.answers("PUT", "Bill", reply(adjustment("Balanced")))
        instance.answers("GET", "Bill", reply([adjustment("Open")]))
        instance.answers("POST", "Bill/ReleaseBill", DONE)
        thing = item(document=CREDIT)
        outcome = run(CREATE, client, thing)
        assert isinstance(outcome, Done)
        assert outcome.stored == credit
        assert sent(instance, "PUT", "/Bill")["Type"] == {"value": "Debit Adj."}
        thing = structs.replace(thing, key=outcome.key, number=outcome.number, memo=outcome.memo)
        assert isinstance(run(RELEASE, client, thing), Done)
        assert sent(instance, "POST", "/ReleaseBill")["entity"]["Type"] == {"value": "Debit Adj."}
        assert isinstance(run(CONFIRM, client, thing), Done)
        look_up(CREATE, client, thing)
        assert all(condition.startswith("Type eq 'Debit Adj.' and ") for condition in instance.filters("/Bill"))

    def test_a_bill_and_a_credit_may_have_one_number(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers(
            "GET", "Bill", reply([open_bill(Balance=Decimal(7))]), reply([adjustment("Closed", "000412") | {"id": "c"}])
        )
        credit = structs.replace(item(document=CREDIT), key="c", number="000412")
        outcomes = CONFIRM.run(client, [posted(), credit])
        assert [outcome.memo["status"] for outcome in outcomes if isinstance(outcome, Done)] == ["Open", "Closed"]

    def test_keyed_documents_count_for_their_own_type(self, client: AcumaticaClient, instance: Instance) -> None:
        by_hand = {"Description": "by hand"}
        instance.answers("GET", "Bill", reply([stored("000001", **by_hand), adjustment("Open", "000002", **by_hand)]))
        assert bills.find_keyed is not None
        found = bills.find_keyed(client, [item(), item(document=CREDIT)])
        assert [[each.number for each in keyed] for keyed in found] == [["000001"], ["000002"]]
        assert instance.filters("/Bill") == ["(Type eq 'Bill' or Type eq 'Debit Adj.') and VendorRef eq 'REQ-7-0003'"]

    def test_the_first_days_bills_are_the_living_ones_of_others(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        rows = [
            stored("000001", Description="by hand: March"),
            stored("000002", "Voided", Description="by hand"),
            stored("000003", Description="ML-7K2QX9M4T0AB-1: ours"),
        ]
        instance.answers("GET", "Bill", reply(rows))
        ((number, bill),) = keyed_bills(client, date(2026, 3, 1))
        assert (number, bill.number, bill.total) == ("000001", "REQ-7-0003", Decimal("1250.50"))
        assert instance.filters("/Bill") == ["Type eq 'Bill' and Date ge datetimeoffset'2026-03-01T00:00:00.000+00:00'"]


class TestCheck:
    def check(self, client: AcumaticaClient, instance: Instance, record: Any, *found: Any, **changes: Any) -> Outcome:
        instance.answers("GET", "Bill/Bill/000412", record if isinstance(record, httpx2.Response) else reply(record))
        instance.answers("GET", "Bill", reply(list(found)))
        return run(CHECK, client, posted(**changes))

    def test_an_open_bill_of_ours_may_be_taken_back(self, client: AcumaticaClient, instance: Instance) -> None:
        outcome = self.check(client, instance, open_bill())
        assert isinstance(outcome, Done)
        assert outcome.memo["reversal"] == ""
        assert instance.asked("GET", "000412")[0].url.params["$expand"] == "Applications"
        assert instance.filters("/Bill") == [
            "Type eq 'Debit Adj.' and Vendor eq 'NORTHCONC' and startswith(Description,'mlc-7k2-1:')"
        ]
        assert instance.asked("PUT") == instance.asked("POST", "Bill") == []

    @pytest.mark.parametrize(
        ("changes", "cause"),
        [
            ({"Balance": Decimal("250.50")}, Cause.PAID_THERE),
            ({"Balance": Decimal(0), "Status": "Closed"}, Cause.PAID_THERE),
            ({"Applications": [wire(DocType="Payment", ReferenceNbr="000077")]}, Cause.PAID_THERE),
            ({"Description": "Pay app 3"}, Cause.CHANGED_THERE),
            ({"Status": "Voided"}, Cause.CHANGED_THERE),
            ({"Status": "Balanced"}, Cause.CHANGED_THERE),
            ({"id": "another"}, Cause.CHANGED_THERE),
        ],
    )
    def test_what_is_left_to_a_person(
        self, client: AcumaticaClient, instance: Instance, changes: dict[str, Any], cause: Cause
    ) -> None:
        bare = {"id": changes.pop("id")} if "id" in changes else {}
        outcome = self.check(client, instance, open_bill() | wire(**changes) | bare)
        assert isinstance(outcome, Held)
        assert outcome.cause == cause

    def test_a_bill_that_is_gone_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        outcome = self.check(client, instance, GONE)
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE

    @pytest.mark.parametrize(("unreleased", "ok"), [("125.05", True), ("100", False), (None, True)])
    def test_retainage_must_be_withheld_still(
        self, client: AcumaticaClient, instance: Instance, unreleased: str | None, ok: bool
    ) -> None:
        line = structs.replace(DOCUMENT.lines[0], retainage=Decimal("125.05"))
        total = Decimal("1125.45")
        record = open_bill(Amount=total, Balance=total)
        if unreleased:
            record["custom"] = {"Document": {"CuryRetainageUnreleasedAmt": {"value": Decimal(unreleased)}}}
        outcome = self.check(client, instance, record, document={"lines": (line,), "total": total})
        assert isinstance(outcome, Done) is ok
        asked = instance.asked("GET", "000412")[0].url.params
        assert asked["$custom"] == "Document.CuryRetainageUnreleasedAmt"

    @pytest.mark.parametrize("document", [CREDIT, {"releases": (RetainageRelease(bill="000001", amount=Decimal(1)),)}])
    def test_credits_and_releases_are_not_taken_back(
        self, client: AcumaticaClient, instance: Instance, document: dict[str, Any]
    ) -> None:
        outcome = run(CHECK, client, posted(document=document))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.LOCKED_THERE
        assert instance.requests == []

    def test_a_reversal_that_was_begun_is_gone_on_with(self, client: AcumaticaClient, instance: Instance) -> None:
        outcome = self.check(client, instance, open_bill(Balance=Decimal(0)), adjustment("Open"))
        assert isinstance(outcome, Done)
        assert outcome.memo == {"reversal": "000900"}

    def test_two_reversals_are_for_a_person(self, client: AcumaticaClient, instance: Instance) -> None:
        outcome = self.check(client, instance, open_bill(), adjustment(), adjustment(number="000901"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.NOT_SEARCHABLE


class TestReverse:
    def test_it_runs_and_then_the_adjustment_is_found(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReverseBill", running(REVERSING))
        instance.answers("GET", REVERSING, running(REVERSING), DONE)
        instance.answers("GET", "Bill", reply([adjustment()]))
        thing = posted(memo={"reversal": "", "location": "of the bill's release"})
        waiting = run(REVERSE, client, thing)
        assert isinstance(waiting, Waiting)
        thing = structs.replace(thing, memo=thing.memo | waiting.memo)
        assert REVERSE.poll is not None
        assert isinstance(REVERSE.poll(client, thing), Waiting)
        assert REVERSE.poll(client, thing) == Done(memo={"reversal": "000900"})

    def test_one_that_is_there_is_not_made_again(self, client: AcumaticaClient, instance: Instance) -> None:
        assert run(REVERSE, client, posted(memo={"reversal": "000900"})) == Done()
        assert instance.requests == []

    def test_a_refusal_is_explained_by_an_adjustment_that_is_there(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("POST", "Bill/ReverseBill", failure("The document has been reversed."))
        instance.answers("GET", "Bill", reply([adjustment()]), reply([]))
        assert run(REVERSE, client, posted()) == Done(memo={"reversal": "000900"})
        assert isinstance(run(REVERSE, client, posted()), Refused)

    def test_a_reversal_without_a_trace_is_for_a_person(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReverseBill", DONE)
        instance.answers("GET", "Bill", reply([adjustment(Description="Pay app 3"), adjustment("Voided")]))
        outcome = run(REVERSE, client, posted())
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.NOT_SEARCHABLE

    @pytest.mark.parametrize("found", [[], [adjustment()]])
    def test_a_forgotten_run_is_looked_up(
        self, client: AcumaticaClient, instance: Instance, found: list[dict[str, Any]]
    ) -> None:
        instance.answers("GET", REVERSING, httpx2.Response(404))
        instance.answers("GET", "/entity", reply({"endpoints": [{"name": "Default", "version": "24.200.001"}]}))
        instance.answers("GET", "Bill", reply(found))
        thing = posted(memo={"reverse_location": f"/inst{REVERSING}"})
        assert REVERSE.poll is not None
        with pytest.raises(errors.AnswerLost):
            REVERSE.poll(client, thing)
        finding = look_up(REVERSE, client, thing)
        assert finding == (Done(memo={"reversal": "000900"}) if found else Absent())


class TestReleaseOfTheReversal:
    thing = posted(memo={"reversal": "000900"})

    def test_it_is_taken_off_hold_and_released(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([open_bill(), adjustment()]))
        instance.answers("PUT", "Bill", reply(adjustment("Balanced")))
        instance.answers("POST", "Bill/ReleaseBill", DONE)
        assert run(RELEASE_REVERSAL, client, self.thing) == Done()
        named = {"Type": {"value": "Debit Adj."}, "ReferenceNbr": {"value": "000900"}}
        assert sent(instance, "PUT", "/Bill") == named | {"Hold": {"value": False}}
        assert sent(instance, "POST", "/ReleaseBill") == {"entity": named}

    def test_another_amount_is_never_released(self, client: AcumaticaClient, instance: Instance) -> None:
        for status in ("On Hold", "Balanced"):
            instance.answers("GET", "Bill", reply([adjustment(status, Amount=Decimal(1))]))
            outcome = run(RELEASE_REVERSAL, client, self.thing)
            assert isinstance(outcome, Held)
            assert outcome.cause == Cause.STORED_DIFFERENTLY

    def test_a_closed_period_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([adjustment()]))
        error = {"PostPeriod": {"error": "'Post Period' cannot be empty."}}
        instance.answers("PUT", "Bill", reply(error, 422))
        outcome = run(RELEASE_REVERSAL, client, self.thing)
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.PERIOD_CLOSED

    def test_one_that_waits_for_approval_is_looked_at_again(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([adjustment()]))
        instance.answers("PUT", "Bill", reply(adjustment("Pending Approval")))
        outcome = run(RELEASE_REVERSAL, client, self.thing)
        assert isinstance(outcome, Held)
        assert (outcome.cause, outcome.key, outcome.number) == (Cause.WAITS_FOR_APPROVAL, "", "")
        assert outcome.look_after is not None
        assert "debit adjustment 000900" in outcome.message

    @pytest.mark.parametrize(
        ("status", "expected"), [("On Hold", Absent()), ("Balanced", Absent()), ("Open", Done()), ("Closed", Done())]
    )
    def test_a_lost_release_is_told_by_the_status(
        self, client: AcumaticaClient, instance: Instance, status: str, expected: Finding
    ) -> None:
        instance.answers("GET", "Bill", reply([adjustment(status)]))
        assert look_up(RELEASE_REVERSAL, client, self.thing) == expected

    def test_a_refused_release_that_somebody_made_is_done(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([adjustment("Balanced")]), reply([adjustment("Open")]))
        instance.answers("POST", "Bill/ReleaseBill", failure("Document status is invalid for processing."))
        assert run(RELEASE_REVERSAL, client, self.thing) == Done()

    @pytest.mark.parametrize("step", [RELEASE_REVERSAL, CONFIRM_REVERSAL])
    def test_one_that_somebody_deleted_is_held(self, client: AcumaticaClient, instance: Instance, step: Step) -> None:
        instance.answers("GET", "Bill", reply([open_bill()]))
        outcome = run(step, client, self.thing)
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE


class TestConfirmationOfTheReversal:
    thing = posted(memo={"reversal": "000900"})

    @pytest.mark.parametrize(
        ("due", "left", "applied"), [("0", "0", "yes"), ("1250.50", "1250.50", "no"), ("1250.50", "0", None)]
    )
    def test_settled_or_both_open(
        self, client: AcumaticaClient, instance: Instance, due: str, left: str, applied: str | None
    ) -> None:
        rows = [open_bill(Balance=Decimal(due)), adjustment("Open", Balance=Decimal(left))]
        instance.answers("GET", "Bill", reply(rows))
        outcome = run(CONFIRM_REVERSAL, client, self.thing)
        if applied is None:
            assert isinstance(outcome, Held)
            return
        assert outcome == Done(
            memo={
                "reversal_status": "Open",
                "reversal_date": "2026-03-31",
                "reversal_period": "2026-03",
                "reversal_applied": applied,
            }
        )
        assert len(instance.asked("GET", "/Bill")) == 1

    def test_one_that_is_not_released_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([open_bill(), adjustment("Balanced")]))
        outcome = run(CONFIRM_REVERSAL, client, self.thing)
        assert isinstance(outcome, Held)
        assert (outcome.key, outcome.number) == ("", "")


def releasing(*amounts: str, lines: tuple[Any, ...] = (), memo: dict[str, str] | None = None) -> Item:
    releases = tuple(RetainageRelease(bill="000412", amount=Decimal(amount)) for amount in amounts)
    return item(document={"releases": releases, "lines": lines}, memo=memo or {})


def withheld(amount: str | None) -> httpx2.Response:
    custom = {} if amount is None else {"Document": {"CuryRetainageUnreleasedAmt": {"value": Decimal(amount)}}}
    return reply([wire(Type="Bill", ReferenceNbr="000412") | {"custom": custom}])


class TestReleaseOfRetainage:
    @pytest.mark.parametrize("step", [CREATE, RELEASE, CONFIRM])
    def test_a_release_alone_makes_no_bill(self, client: AcumaticaClient, instance: Instance, step: Step) -> None:
        outcome = run(step, client, releasing("1"))
        assert isinstance(outcome, Done)
        assert outcome.number == ""
        assert bills.find_keyed is not None
        assert bills.find_keyed(client, [releasing("1")]) == [[]]
        assert instance.requests == []

    def test_what_is_withheld_is_written_down_first(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", withheld("100.05"))
        outcome = run(WEIGH, client, releasing("60", "40"))
        assert isinstance(outcome, Done)
        assert outcome.memo == {"unreleased:000412": "100.05"}
        assert instance.asked("GET", "/Bill")[0].url.params["$custom"] == "Document.CuryRetainageUnreleasedAmt"

    def test_weighing_again_halfway_counts_what_was_released(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", withheld("40.05"))
        outcome = run(WEIGH, client, releasing("60", "40", memo={"released:mlc-7k2-1": "1"}))
        assert isinstance(outcome, Done)
        assert outcome.memo == {"unreleased:000412": "100.05"}

    @pytest.mark.parametrize(("shown", "cause"), [("99.99", Cause.CHANGED_THERE), (None, Cause.NOT_SEARCHABLE)])
    def test_too_little_or_nothing_told_is_held(
        self, client: AcumaticaClient, instance: Instance, shown: str | None, cause: Cause
    ) -> None:
        instance.answers("GET", "Bill", withheld(shown))
        outcome = run(WEIGH, client, releasing("60", "40"))
        assert isinstance(outcome, Held)
        assert outcome.cause == cause

    def test_one_action_per_amount_dated_as_the_document(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseRetainage", running(RELEASING), DONE)
        instance.answers("GET", RELEASING, DONE)
        thing = releasing("60", "40.50")
        waiting = run(RELEASE_RETAINAGE, client, thing)
        assert isinstance(waiting, Waiting)
        assert RELEASE_RETAINAGE.poll is not None
        assert RELEASE_RETAINAGE.again is not None
        thing = structs.replace(thing, memo=waiting.memo)
        done = RELEASE_RETAINAGE.poll(client, thing)
        assert isinstance(done, Done)
        thing = structs.replace(thing, memo=thing.memo | done.memo)
        assert RELEASE_RETAINAGE.again(thing)
        done = run(RELEASE_RETAINAGE, client, thing)
        assert isinstance(done, Done)
        thing = structs.replace(thing, memo=thing.memo | done.memo)
        assert not RELEASE_RETAINAGE.again(thing)
        assert sent(instance, "POST", "/ReleaseRetainage") == {
            "entity": {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000412"}},
            "parameters": {
                "AmtToRelease": {"value": 40.5},
                "Date": {"value": "2026-03-31"},
                "PostPeriod": {"value": "032026"},
            },
        }
        assert run(RELEASE_RETAINAGE, client, thing) == Done()

    @pytest.mark.parametrize(
        ("shown", "expected"),
        [("100.05", Absent), ("40.05", Done), ("70", Held), (None, Held)],
    )
    def test_a_lost_answer_is_told_by_what_is_withheld(
        self, client: AcumaticaClient, instance: Instance, shown: str | None, expected: type
    ) -> None:
        instance.answers("GET", "Bill", withheld(shown))
        thing = releasing("60", "40", memo={"unreleased:000412": "100.05"})
        assert isinstance(look_up(RELEASE_RETAINAGE, client, thing), expected)

    def test_a_refusal_names_the_bill(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseRetainage", failure("There is no retainage to release."))
        outcome = run(RELEASE_RETAINAGE, client, releasing("60"))
        assert isinstance(outcome, Refused)
        assert outcome.message.startswith("retainage of bill 000412: ")

    def test_a_later_version_counts_its_own_releases(self, client: AcumaticaClient, instance: Instance) -> None:
        assert RELEASE_RETAINAGE.again is not None
        thing = releasing("60", memo={"released:mlc-7k2-0": "1"})
        assert RELEASE_RETAINAGE.again(thing)
