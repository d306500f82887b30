"""Vendors and cost codes: what is sent, what counts as stored, what is left to a person."""

from __future__ import annotations

from typing import Any

import httpx2
import msgspec
import pytest
from acumatica_instance import Instance, failure, reply, wire

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import cost_code_changes, vendor_changes
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.records.masters import MasterChange

(VENDOR,) = vendor_changes.steps
(CODE,) = cost_code_changes.steps
PRECONDITION = failure("The record exists.", kind="PX.Api.ContractBased.PreconditionException", status=412)
GONE = failure("No entity.", kind="PX.Api.ContractBased.NoEntitySatisfiesTheConditionException")


def change(key: str = "V1", *, expected: dict[str, str] | None = None, **values: str) -> Item:
    document = MasterChange(
        reference="ML-7K2QX9M4T0AB-3", key=key, code="03-310", name="North", values=values, expected=expected or {}
    )
    return Item(reference=document.reference, document=document)


def stored(phone: str = "555", city: str = "Erie", **changes: Any) -> dict[str, Any]:
    contact = wire(Email="a@b.c", Phone1=phone) | {"Address": wire(City=city, AddressLine1="1 Quay")}
    fields = wire(VendorID="V1", VendorName="North", Status="Active", **changes)
    return {"id": "g", "MainContact": contact} | fields


def run(step: Step, client: AcumaticaClient, item: Item) -> Outcome:
    (outcome,) = step.run(client, [item])
    return outcome


def look_up(step: Step, client: AcumaticaClient, item: Item) -> Finding:
    assert step.look_up is not None
    (finding,) = step.look_up(client, [item])
    return finding


def sent(instance: Instance) -> tuple[dict[str, Any], dict[str, str]]:
    (call,) = instance.asked("PUT")
    headers = {name: call.headers[name] for name in ("if-match", "if-none-match") if name in call.headers}
    return msgspec.json.decode(call.content), headers


class TestVendors:
    def test_only_what_is_left_is_sent_and_only_to_a_vendor_that_is_there(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("GET", "Vendor/V1", reply(stored()))
        instance.answers("PUT", "Vendor", reply(stored(city="Salem")))
        thing = change(city="Salem", name="North", email="x@y.z", expected={"city": "Erie", "email": "old@b.c"})
        outcome = run(VENDOR, client, thing)
        assert isinstance(outcome, Done)
        assert outcome.memo == {"overtaken": "email"}
        body = {"VendorID": {"value": "V1"}, "MainContact": {"Address": {"City": {"value": "Salem"}}}}
        assert sent(instance) == (body, {"if-match": "*"})

    def test_a_new_vendor_has_our_mark_and_no_key(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "Vendor", reply(stored()))
        outcome = run(VENDOR, client, change("", city="Erie", tax_id="", active="no"))
        assert isinstance(outcome, Held)  # it came back active
        body, headers = sent(instance)
        assert headers == {"if-none-match": "*"}
        assert body == {
            "AccountRef": {"value": "ML-7K2QX9M4T0AB"},
            "VendorName": {"value": "North"},
            "Status": {"value": "Inactive"},
            "MainContact": {"Address": {"City": {"value": "Erie"}}},
        }

    def test_a_phone_that_the_screen_formats_is_stored_and_not_overtaken(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        shown = reply(stored(phone="+1 (614) 555-7470"))
        instance.answers("GET", "Vendor/V1", reply(stored()), shown)
        instance.answers("PUT", "Vendor", shown)
        thing = change(phone="1614-5557470", expected={"phone": "555"})
        assert isinstance(run(VENDOR, client, thing), Done)
        assert look_up(VENDOR, client, thing) == Done(key="V1", number="V1", memo={"overtaken": ""})

    def test_what_is_taken_but_not_stored_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Vendor/V1", reply(stored()))
        instance.answers("PUT", "Vendor", reply(stored()))
        outcome = run(VENDOR, client, change(city="Salem"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.STORED_DIFFERENTLY
        assert "city" in outcome.message

    @pytest.mark.parametrize("answer", [httpx2.ReadTimeout("slow"), reply({"id": "g"}), reply({"id": "g"}, 502)])
    def test_an_answer_that_does_not_tell_is_a_lost_one(
        self, client: AcumaticaClient, instance: Instance, answer: httpx2.Response | Exception
    ) -> None:
        instance.answers("GET", "Vendor/V1", reply(stored()))
        instance.answers("PUT", "Vendor", answer)
        with pytest.raises(errors.AnswerLost):
            run(VENDOR, client, change(city="Salem"))

    @pytest.mark.parametrize(("read", "written"), [(GONE, PRECONDITION), (reply(stored()), PRECONDITION)])
    def test_a_vendor_that_is_gone_is_held(
        self, client: AcumaticaClient, instance: Instance, read: httpx2.Response, written: httpx2.Response
    ) -> None:
        instance.answers("GET", "Vendor/V1", read)
        instance.answers("PUT", "Vendor", written)
        outcome = run(VENDOR, client, change(city="Salem"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE

    def test_other_refusals_are_the_vendors_words(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Vendor/V1", reply(stored()))
        echo = {"MainContact": {"Address": {"Country": {"value": "XX", "error": "'XX' is not allowed."}}}}
        instance.answers("PUT", "Vendor", reply(echo, 422))
        outcome = run(VENDOR, client, change(country="XX"))
        assert isinstance(outcome, Refused)
        assert "MainContact, Address, Country: 'XX' is not allowed." in outcome.message

    def test_without_numbering_a_person_must_help(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "Vendor", reply({"VendorID": {"error": "'Vendor ID' cannot be empty."}}, 422))
        outcome = run(VENDOR, client, change(""))
        assert isinstance(outcome, Held)
        assert outcome.cause == "no_numbering"

    def test_two_with_our_mark_are_never_adopted(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Vendor", reply([wire(VendorID="V1"), wire(VendorID="V2")]))
        finding = look_up(VENDOR, client, change(""))
        assert isinstance(finding, Held)
        assert finding.cause == Cause.NOT_SEARCHABLE
        assert instance.filters("/Vendor") == ["AccountRef eq 'ML-7K2QX9M4T0AB'"]

    def test_a_lost_change_that_was_overtaken_is_done(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Vendor/V1", reply(stored(city="Elsewhere")))
        finding = look_up(VENDOR, client, change(city="Salem", expected={"city": "Erie"}))
        assert finding == Done(key="V1", number="V1", memo={"overtaken": "city"})


class TestCostCodes:
    def test_precondition_of_a_new_one_and_of_a_renamed_one(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "CostCode", reply(wire(CostCodeID="03-310", Description="Slabs")))
        assert isinstance(run(CODE, client, change("", name="Slabs")), Done)
        assert sent(instance) == (
            {"CostCodeID": {"value": "03-310"}, "Description": {"value": "Slabs"}},
            {"if-none-match": "*"},
        )

    def test_one_that_was_there_before_is_no_find_of_ours(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "CostCode", PRECONDITION)
        instance.answers("GET", "CostCode/03-310", reply(wire(CostCodeID="03-310", Description="Walls")))
        for found in (run(CODE, client, change("", name="Slabs")), look_up(CODE, client, change("", name="Slabs"))):
            assert isinstance(found, Held)
            assert found.cause == Cause.KEYED_BY_HAND
        assert isinstance(look_up(CODE, client, change("", name="Walls")), Done)

    @pytest.mark.parametrize(
        ("there", "expected"),
        [("Slabs", Done(key="03-310", number="03-310", memo={"overtaken": ""})), ("Walls", Absent())],
    )
    def test_a_lost_renaming(self, client: AcumaticaClient, instance: Instance, there: str, expected: Finding) -> None:
        instance.answers("GET", "CostCode/03-310", reply(wire(CostCodeID="03-310", Description=there)))
        assert look_up(CODE, client, change("03-310", name="Slabs", expected={"name": "Walls"})) == expected

    def test_a_name_that_is_not_stored_is_held(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("PUT", "CostCode", reply(wire(CostCodeID="03-310", Description="Sla")))
        outcome = run(CODE, client, change("", name="Slabs"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.STORED_DIFFERENTLY
