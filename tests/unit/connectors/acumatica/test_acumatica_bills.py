"""Bills: created once, released, confirmed, and found again after anything went wrong."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest
from acumatica_instance import DOCUMENT, Instance, failure, item, posted, reply, stored, wire
from msgspec import structs

from ml_connector.connectors.acumatica.bills import bills
from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held, Outcome, Refused, Waiting
from ml_connector.connectors.kit.target import Item, Step

CREATE, RELEASE, CONFIRM = bills.steps[:3]
STATUS = "/entity/Default/24.200.001/Bill/ReleaseBill/status/7d1"
RUNNING = httpx2.Response(202, headers={"location": f"/inst{STATUS}"})
DONE = httpx2.Response(204)
SAME = {"id": "guid-000412"}


def run(step: Step, client: AcumaticaClient, *items: Item) -> Outcome:
    (outcome,) = step.run(client, items)
    return outcome


def look_up(step: Step, client: AcumaticaClient, *items: Item) -> Any:
    assert step.look_up is not None
    (finding,) = step.look_up(client, items)
    return finding


def poll(client: AcumaticaClient, thing: Item) -> Outcome:
    assert RELEASE.poll is not None
    return RELEASE.poll(client, thing)


def narrow(number: str = "000412", **changes: Any) -> dict[str, Any]:
    """A row of a list without lines."""
    return {name: entry for name, entry in stored(number, **changes).items() if name != "Details"}


class TestCreate:
    def test_the_answer_tells_what_was_stored(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "Bill", reply(stored()))
        outcome = run(CREATE, client, item())
        assert isinstance(outcome, Done)
        assert (outcome.key, outcome.number, outcome.stored) == ("guid-000412", "000412", DOCUMENT)
        assert outcome.memo["status"] == "Balanced"
        assert '"ReferenceNbr":{"value":"000412"}' in outcome.answer
        (call,) = instance.asked("PUT")
        assert call.url.params["$expand"] == "Details,TaxDetails"
        assert b'"ExtendedCost":{"value":1250.50}' in call.content
        assert "if-none-match" not in call.headers

    @pytest.mark.parametrize("status", ["Pending Approval", "On Hold", "Rejected"])
    def test_a_bill_that_waits_there_is_created_all_the_same(
        self, client: AcumaticaClient, instance: Instance, status: str
    ) -> None:
        instance.answers("PUT", "Bill", reply(stored(status=status)))
        outcome = run(CREATE, client, item())
        assert isinstance(outcome, Done)
        assert outcome.memo["status"] == status

    def test_an_answer_that_holds_too_little_is_completed_by_one_read(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("PUT", "Bill", reply(SAME | wire(Type="Bill", ReferenceNbr="000412")))
        instance.answers("GET", "Bill/Bill/000412", reply(stored()))
        outcome = run(CREATE, client, item())
        assert isinstance(outcome, Done)
        assert outcome.stored == DOCUMENT

    @pytest.mark.parametrize("second", [reply([], 503), failure("No.", status=403), reply(narrow(Date="soon"))])
    def test_a_created_bill_that_cannot_be_read_is_an_unknown_one(
        self, client: AcumaticaClient, instance: Instance, second: httpx2.Response
    ) -> None:
        instance.answers("PUT", "Bill", reply(SAME | wire(ReferenceNbr="000412")))
        instance.answers("GET", "Bill/Bill/000412", second)
        with pytest.raises(errors.AnswerLost):
            run(CREATE, client, item())

    def test_a_refused_bill_is_told_in_the_vendors_words(self, client: AcumaticaClient, instance: Instance) -> None:
        line = {"Project": {"value": "TOWER1", "error": "Project 'TOWER1' is not active."}}
        instance.answers("PUT", "Bill", reply({"Details": [line]}, 422))
        outcome = run(CREATE, client, item())
        assert outcome == Refused(message="Acumatica refused: Details line 1, Project: Project 'TOWER1' is not active.")

    def test_a_closed_period_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        body = {"PostPeriod": {"value": "032026", "error": "'Post Period' cannot be empty."}}
        instance.answers("PUT", "Bill", reply(body, 422))
        outcome = run(CREATE, client, item())
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.PERIOD_CLOSED

    @pytest.mark.parametrize(
        "lost",
        [
            httpx2.ReadTimeout("slow"),
            httpx2.RemoteProtocolError("cut"),
            httpx2.Response(502, content=b"<html>Bad Gateway</html>"),
            httpx2.Response(200, headers={"content-type": "text/html"}, content=b"<html>Login</html>"),
            httpx2.Response(200, content=b'{"id": "guid-0004'),
            httpx2.Response(200, content=b""),
        ],
    )
    def test_a_lost_answer_is_sent_once_and_never_repeated_here(
        self, client: AcumaticaClient, instance: Instance, lost: httpx2.Response | Exception
    ) -> None:
        instance.answers("PUT", "Bill", lost)
        with pytest.raises(errors.AnswerLost):
            run(CREATE, client, item())
        assert len(instance.asked("PUT")) == 1

    def test_retainage_is_asked_back(self, client: AcumaticaClient, instance: Instance) -> None:
        line = structs.replace(DOCUMENT.lines[0], retainage=Decimal("125.05"))
        custom = {"Transactions": {"CuryRetainageAmt": {"type": "CustomDecimalField", "value": Decimal("125.05")}}}
        answer = stored(Amount=Decimal("1125.45"))
        answer["Details"][0]["custom"] = custom
        instance.answers("PUT", "Bill", reply(answer))
        outcome = run(CREATE, client, item(document={"lines": (line,), "total": Decimal("1125.45")}))
        assert isinstance(outcome, Done)
        assert outcome.stored is not None
        assert outcome.stored.lines == (line,)
        assert instance.asked("PUT")[0].url.params["$custom"] == "Document.RetainageApply,Transactions.CuryRetainageAmt"


class TestLookUpOfACreatedBill:
    def test_it_is_found_by_vendor_and_our_reference(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([stored()]))
        finding = look_up(CREATE, client, item())
        assert (finding.key, finding.number, finding.stored) == ("guid-000412", "000412", DOCUMENT)
        assert instance.filters("/Bill") == [
            "Type eq 'Bill' and Vendor eq 'NORTHCONC' and startswith(Description,'mlc-7k2-1:')"
        ]

    def test_a_vendor_that_was_written_in_small_letters_is_found(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("GET", "Bill", reply([stored()]))
        finding = look_up(CREATE, client, item(document={"vendor": "northconc"}))
        assert finding.stored.vendor == "northconc"
        assert "(Vendor eq 'northconc' or Vendor eq 'NORTHCONC')" in instance.filters("/Bill")[0]

    def test_it_is_absent_when_nothing_is_found(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([]))
        assert look_up(CREATE, client, item()) == Absent()

    def test_several_are_shown_to_a_person(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([stored("000412"), stored("000413")]))
        finding = look_up(CREATE, client, item())
        assert finding.cause == Cause.NOT_SEARCHABLE
        assert "000412, 000413" in finding.message

    def test_a_voided_bill_is_still_ours(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([stored(status="Voided")]))
        assert look_up(CREATE, client, item()).memo["status"] == "Voided"

    @pytest.mark.parametrize(
        "first",
        [
            [failure("Optimization cannot be performed.The following fields cause the error"), reply([narrow()])],
            [reply([narrow()])],
            [reply([narrow() | {"Details": []}])],
        ],
    )
    def test_lists_that_fail_or_come_without_lines_are_completed_by_key(
        self, client: AcumaticaClient, instance: Instance, first: list[httpx2.Response]
    ) -> None:
        instance.answers("GET", "Bill", *first)
        instance.answers("GET", "Bill/Bill/000412", reply(stored()))
        assert look_up(CREATE, client, item()).stored == DOCUMENT

    def test_a_failing_look_up_never_says_absent(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", httpx2.Response(503))
        with pytest.raises(errors.TryLater):
            look_up(CREATE, client, item())


class TestRelease:
    def test_done_at_once(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseBill", httpx2.Response(204, headers={"location": f"/inst{STATUS}"}))
        assert isinstance(run(RELEASE, client, posted(memo={"status": "Balanced"})), Done)
        (call,) = instance.asked("POST", "ReleaseBill")
        assert msgspec.json.decode(call.content) == {
            "entity": {"Type": {"value": "Bill"}, "ReferenceNbr": {"value": "000412"}}
        }
        assert instance.asked("GET") == []

    def test_running_until_its_status_says_done(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseBill", RUNNING)
        instance.answers("GET", STATUS, httpx2.Response(202), DONE)
        waiting = run(RELEASE, client, posted(memo={"status": "Balanced"}))
        assert isinstance(waiting, Waiting)
        assert waiting.after == timedelta(seconds=0.25)
        going = poll(client, posted(memo=waiting.memo))
        assert isinstance(going, Waiting)
        assert going.after == timedelta(seconds=1)
        assert isinstance(poll(client, posted(memo=going.memo)), Done)

    def test_a_status_address_elsewhere_is_not_followed(self, client: AcumaticaClient) -> None:
        with pytest.raises(errors.BadConfiguration, match="outside"):
            poll(client, posted(memo={"location": "https://evil.example/inst/x"}))

    def test_a_lost_answer_is_raised(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseBill", httpx2.ReadTimeout("slow"))
        with pytest.raises(errors.AnswerLost):
            run(RELEASE, client, posted())

    def test_running_without_an_address_is_a_lost_answer(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseBill", httpx2.Response(202))
        with pytest.raises(errors.AnswerLost):
            run(RELEASE, client, posted())

    def test_another_operation_in_the_session_waits(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseBill", failure("The previous operation has not been completed yet."))
        with pytest.raises(errors.TryLater):
            run(RELEASE, client, posted())

    def test_a_period_that_closed_meanwhile_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("POST", "Bill/ReleaseBill", RUNNING)
        instance.answers("GET", STATUS, failure("The 03-2026 financial period is closed in AP."))
        waiting = run(RELEASE, client, posted())
        assert isinstance(waiting, Waiting)
        outcome = poll(client, posted(memo=waiting.memo))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.PERIOD_CLOSED

    @pytest.mark.parametrize("where", ["run", "poll"])
    @pytest.mark.parametrize(
        ("status", "expected"), [("Balanced", Refused), ("Open", Done), ("On Hold", Held), ("Voided", Held)]
    )
    def test_a_refused_release_is_explained_by_the_bill_itself(
        self, client: AcumaticaClient, instance: Instance, where: str, status: str, expected: type[Outcome]
    ) -> None:
        refusal = failure("The document cannot be released.")
        instance.answers("POST", "Bill/ReleaseBill", refusal)
        instance.answers("GET", STATUS, refusal)
        instance.answers("GET", "Bill", reply([narrow(status=status)]))
        started = posted(memo={"location": f"/inst{STATUS}"})
        outcome = run(RELEASE, client, started) if where == "run" else poll(client, started)
        assert isinstance(outcome, expected)

    @pytest.mark.parametrize("status", ["Pending Approval", "On Hold"])
    def test_a_bill_that_waits_there_is_looked_at_and_not_released(
        self, client: AcumaticaClient, instance: Instance, status: str
    ) -> None:
        instance.answers("GET", "Bill", reply([narrow(status=status)]))
        outcome = run(RELEASE, client, posted(memo={"status": status}))
        assert isinstance(outcome, Held)
        assert outcome.look_after == timedelta(minutes=15)
        assert instance.asked("POST", "ReleaseBill") == []

    def test_a_bill_that_was_approved_meanwhile_is_released(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Bill", reply([narrow()]))
        instance.answers("POST", "Bill/ReleaseBill", DONE)
        assert isinstance(run(RELEASE, client, posted(memo={"status": "Pending Approval"})), Done)

    @pytest.mark.parametrize("status", ["Rejected", "Voided", "Scheduled", ""])
    def test_a_bill_that_somebody_ended_waits_for_a_person(
        self, client: AcumaticaClient, instance: Instance, status: str
    ) -> None:
        instance.answers("GET", "Bill", reply([narrow(status=status)]))
        outcome = run(RELEASE, client, posted(memo={"status": "Rejected"}))
        assert isinstance(outcome, Held)
        assert (outcome.cause, outcome.look_after) == (Cause.CHANGED_THERE, None)

    @pytest.mark.parametrize(
        ("status", "expected"),
        [("Open", Done), ("Closed", Done), ("Balanced", Absent), ("Pending Approval", Held), ("Voided", Held)],
    )
    def test_look_up_by_status(
        self, client: AcumaticaClient, instance: Instance, status: str, expected: type[Outcome]
    ) -> None:
        instance.answers("GET", "Bill", reply([narrow(status=status)]))
        assert isinstance(look_up(RELEASE, client, posted()), expected)

    def test_a_number_that_belongs_to_another_bill_now_is_not_released(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("GET", "Bill", reply([narrow() | {"id": "guid-of-another"}]))
        assert look_up(RELEASE, client, posted()).cause == Cause.CHANGED_THERE

    @pytest.mark.parametrize(("status", "expected"), [("Open", Done), ("On Hold", Held)])
    def test_a_forgotten_status_is_replaced_by_the_bill(
        self, client: AcumaticaClient, instance: Instance, status: str, expected: type[Outcome]
    ) -> None:
        instance.answers("GET", STATUS, httpx2.Response(404))
        instance.answers("GET", "Bill", reply([narrow(status=status)]))
        assert isinstance(poll(client, posted(memo={"location": f"/inst{STATUS}"})), expected)

    def test_a_forgotten_status_of_an_unreleased_bill_is_looked_up_later(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("GET", STATUS, httpx2.Response(404))
        instance.answers("GET", "Bill", reply([narrow()]))
        with pytest.raises(errors.AnswerLost):
            poll(client, posted(memo={"location": f"/inst{STATUS}"}))


class TestConfirm:
    def test_many_bills_are_confirmed_by_one_call(self, client: AcumaticaClient, instance: Instance) -> None:
        rows = [narrow("3", status="Balanced"), narrow("1", status="Open"), narrow("2", status="Closed", Balance=0)]
        instance.answers("GET", "Bill", reply(rows))
        items = [posted(number) for number in ("1", "2", "3", "4")]
        outcomes = CONFIRM.run(client, items)
        assert [type(outcome) for outcome in outcomes] == [Done, Done, Held, Held]
        assert isinstance(outcomes[0], Done)
        assert outcomes[0].memo == {"status": "Open", "balance": "1250.50"}
        causes = {outcome.cause for outcome in outcomes if isinstance(outcome, Held)}
        assert causes == {Cause.CHANGED_THERE}
        numbers = " or ".join(f"ReferenceNbr eq '{thing.number}'" for thing in items)
        assert instance.filters("/Bill") == [f"Type eq 'Bill' and ({numbers})"]
        assert len(instance.asked("GET")) == 1


class TestRead:
    def test_what_is_there_now(self, client: AcumaticaClient, instance: Instance) -> None:
        changed = stored("2", status="Open", Amount=Decimal("1200.00"))
        instance.answers("GET", "Bill", reply([changed, stored("1", status="Open"), stored("4", status="Voided")]))
        same, other, gone, void = bills.read(client, [posted(number) for number in ("1", "2", "3", "4")])
        assert isinstance(same, Done)
        assert same.stored == DOCUMENT
        assert isinstance(other, Done)
        assert other.stored is not None
        assert other.stored.total == Decimal("1200.00")
        assert gone == Absent()
        assert isinstance(void, Held)
        assert void.cause == Cause.CHANGED_THERE

    def test_nothing_asked_is_nothing_read(self, client: AcumaticaClient, instance: Instance) -> None:
        assert (bills.read(client, []), CONFIRM.run(client, []), bills.find_keyed(client, [])) == ([], [], [])
        assert instance.requests == []


class TestFindKeyed:
    def test_bills_of_others_are_found_and_our_own_is_not(self, client: AcumaticaClient, instance: Instance) -> None:
        rows = [
            narrow("1", Description="keyed by Ann"),
            narrow("2"),
            narrow("3", Description="mlc-7k2-0: an earlier version"),
            narrow("4", status="Voided", Description=None),
            narrow("6", Vendor="THIRD", Description="same number, another vendor"),
            narrow("5", Vendor="OTHER", VendorRef="A 1", Description="O"),
        ]
        instance.answers("GET", "Bill", reply(rows))
        other = item(reference="x", document={"vendor": "OTHER", "number": "a 1"})
        unknown = item(reference="y", document={"number": "REQ-9"})
        mine, theirs, nothing = bills.find_keyed(client, [item(), other, unknown])
        assert [(found.number, found.reference) for found in mine] == [("1", ""), ("3", "mlc-7k2-0")]
        assert [found.number for found in theirs] == ["5"]
        assert nothing == []
        assert "keyed by Ann" in mine[0].text
        assert instance.filters("/Bill") == [
            "Type eq 'Bill' and (VendorRef eq 'REQ-7-0003' or VendorRef eq 'a 1' or VendorRef eq 'REQ-9')"
        ]

    def test_bills_without_a_number_ask_nothing(self, client: AcumaticaClient, instance: Instance) -> None:
        assert bills.find_keyed(client, [item(document={"number": ""})]) == [[]]
        assert instance.requests == []
