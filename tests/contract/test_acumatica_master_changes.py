"""Vendors and cost codes that the Acumatica connector changes and creates, over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from acumatica_connected import count, look_up, lost, opened, run, value
from acumatica_over_http import Instance, instance, wrapped

from ml_connector.connectors.acumatica import connector
from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import cost_code_changes, vendor_changes
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held
from ml_connector.connectors.kit.source import Scope
from ml_connector.connectors.kit.target import Item
from ml_connector.records.documents import Supplier
from ml_connector.records.masters import MasterChange

(VENDOR,) = vendor_changes.steps
(CODE,) = cost_code_changes.steps


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


def change(key: str = "V00001", *, code: str = "9001", expected: dict[str, str] | None = None, **values: str) -> Item:
    document = MasterChange(
        reference="ML-7K2QX9M4T0AB-3",
        key=key,
        code=code,
        name=values.get("name", "North Concrete"),
        values=values,
        expected=expected or {},
    )
    return Item(reference=document.reference, document=document)


def vendor(erp: Instance, key: str = "V00001") -> dict[str, str]:
    found = erp.record(f"Vendor/{key}", expand="MainContact,MainContact/Address")
    contact = found["MainContact"]
    place = contact["Address"]
    return {
        "name": value(found, "VendorName"),
        "status": value(found, "Status"),
        "tax_id": value(found, "TaxRegistrationID"),
        "origin": value(found, "AccountRef"),
        "email": value(contact, "Email"),
        "phone": value(contact, "Phone1"),
        "address": value(place, "AddressLine1"),
        "city": value(place, "City"),
        "state": value(place, "State"),
        "postal_code": value(place, "PostalCode"),
        "country": value(place, "Country"),
    }


class TestVendors:
    def test_every_field_is_set_with_one_read_and_one_write(self, erp: Instance, client: AcumaticaClient) -> None:
        new = {
            "name": "North Concrete Ltd",
            "tax_id": "99-1",
            "address": "1 Quay",
            "city": "Erie",
            "state": "PA",
            "postal_code": "16501",
            "country": "US",
            "email": "ap@north.test",
            "phone": "555-0100",
        }
        outcome = run(VENDOR, client, change(**new, active="no"))
        assert isinstance(outcome, Done)
        assert (outcome.key, outcome.number, outcome.memo["overtaken"]) == ("V00001", "V00001", "")
        assert (count(erp, "GET"), count(erp, "PUT")) == (1, 1)
        assert vendor(erp).items() >= (new | {"status": "Inactive"}).items()

    def test_an_answer_with_few_or_more_fields_tells_enough(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.switch(sparse_put_answers=True, extra_keys=True)
        assert isinstance(run(VENDOR, client, change(city="Erie", name="North")), Done)
        assert (vendor(erp)["city"], vendor(erp)["name"]) == ("Erie", "North")

    def test_a_street_on_two_lines_is_one(self, erp: Instance, client: AcumaticaClient) -> None:
        place = {"Address": wrapped(AddressLine1="1 Quay", AddressLine2="Floor 2")}
        erp.saved("Vendor", {**wrapped(VendorID="V00001"), "MainContact": place})
        thing = change(address="2 Quay, Floor 3", expected={"address": "1 Quay, Floor 2"})
        outcome = run(VENDOR, client, thing)
        assert isinstance(outcome, Done)
        assert outcome.memo["overtaken"] == ""
        (read,) = connector.vendors.by_keys(client, Scope(key="company", name=""), ["V00001"]).rows
        assert isinstance(read.document, Supplier)
        assert read.document.address == "2 Quay, Floor 3"

    def test_only_what_changed_is_touched(self, erp: Instance, client: AcumaticaClient) -> None:
        before = vendor(erp)
        run(VENDOR, client, change(city="Erie"))
        assert vendor(erp) == before | {"city": "Erie"}

    def test_what_was_edited_meanwhile_is_left_alone(self, erp: Instance, client: AcumaticaClient) -> None:
        before = vendor(erp)
        thing = change(
            city="Erie", email="new@x.test", expected={"city": before["city"], "email": "what it was before"}
        )
        outcome = run(VENDOR, client, thing)
        assert isinstance(outcome, Done)
        assert outcome.memo["overtaken"] == "email"
        assert vendor(erp) == before | {"city": "Erie"}

    def test_nothing_left_is_no_write(self, erp: Instance, client: AcumaticaClient) -> None:
        before = vendor(erp)
        outcome = run(VENDOR, client, change(city=before["city"] or "", name="Other", expected={"name": "Else"}))
        assert isinstance(outcome, Done)
        assert outcome.memo["overtaken"] == "name"
        assert count(erp, "PUT") == 0

    @pytest.mark.parametrize(
        ("status", "active", "after"),
        [("On Hold", "yes", "On Hold"), ("Inactive", "yes", "Active"), ("On Hold", "no", "Inactive")],
    )
    def test_active_is_inactive_or_not(
        self, erp: Instance, client: AcumaticaClient, status: str, active: str, after: str
    ) -> None:
        erp.saved("Vendor", wrapped(VendorID="V00001", Status=status))
        assert isinstance(run(VENDOR, client, change(active=active)), Done)
        assert vendor(erp)["status"] == after

    def test_a_field_can_be_emptied(self, erp: Instance, client: AcumaticaClient) -> None:
        assert isinstance(run(VENDOR, client, change(email="")), Done)
        assert not vendor(erp)["email"]

    def test_a_vendor_that_is_gone_is_held(self, erp: Instance, client: AcumaticaClient) -> None:
        outcome = run(VENDOR, client, change("NOBODY", city="Erie"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE

    def test_a_lost_answer_to_a_change_is_found(self, erp: Instance, client: AcumaticaClient) -> None:
        thing = change(city="Erie")
        assert isinstance(look_up(VENDOR, client, thing), Absent)
        assert isinstance(lost(erp, VENDOR, client, thing, method="PUT", path="/Vendor"), Done)

    def test_a_new_vendor_is_numbered_and_carries_our_mark(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.switch(auto_number_vendors=True)
        outcome = run(VENDOR, client, change("", name="North Concrete", city="Erie", email="", active="yes"))
        assert isinstance(outcome, Done)
        there = vendor(erp, outcome.key)
        assert (there["name"], there["city"], there["origin"]) == ("North Concrete", "Erie", "ML-7K2QX9M4T0AB")

    def test_a_lost_answer_to_a_creation_is_found_by_our_mark(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.switch(auto_number_vendors=True)
        thing = change("", name="North Concrete")
        assert isinstance(look_up(VENDOR, client, thing), Absent)
        found = lost(erp, VENDOR, client, thing, method="PUT", path="/Vendor")
        assert isinstance(found, Done)
        assert vendor(erp, found.key)["name"] == "North Concrete"

    @pytest.mark.parametrize("weather", [{}, {"inner_exceptions": True}, {"echo_names_exception": False}])
    def test_without_numbering_a_person_must_help(
        self, erp: Instance, client: AcumaticaClient, weather: dict[str, Any]
    ) -> None:
        erp.switch(**weather)
        outcome = run(VENDOR, client, change("", name="North Concrete"))
        assert isinstance(outcome, Held)
        assert outcome.cause == "no_numbering"
        assert "automatic numbering" in outcome.message


class TestCostCodes:
    def test_created_under_our_code_then_renamed(self, erp: Instance, client: AcumaticaClient) -> None:
        made = run(CODE, client, change("", code="03-310", name="Slabs"))
        assert isinstance(made, Done)
        assert made.key == "03-310"
        assert count(erp, "GET", "PUT") == 1
        assert value(erp.record("CostCode/03-310"), "Description") == "Slabs"
        assert isinstance(run(CODE, client, change("03-310", name="Slabs on grade", expected={"name": "Slabs"})), Done)
        assert value(erp.record("CostCode/03-310"), "Description") == "Slabs on grade"

    def test_what_was_renamed_meanwhile_is_left_alone(self, erp: Instance, client: AcumaticaClient) -> None:
        outcome = run(CODE, client, change("03-300", name="Other", expected={"name": "Not this"}))
        assert isinstance(outcome, Done)
        assert outcome.memo["overtaken"] == "name"
        assert count(erp, "PUT") == 0

    def test_a_code_that_is_there_is_not_overwritten(self, erp: Instance, client: AcumaticaClient) -> None:
        before = value(erp.record("CostCode/03-300"), "Description")
        outcome = run(CODE, client, change("", code="03-300", name="Something else"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.KEYED_BY_HAND
        assert value(erp.record("CostCode/03-300"), "Description") == before
        assert isinstance(run(CODE, client, change("", code="03-300", name=before)), Done)

    def test_a_code_that_is_gone_is_held(self, client: AcumaticaClient) -> None:
        outcome = run(CODE, client, change("99-999", name="Other"))
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.CHANGED_THERE

    def test_lost_answers_are_found(self, erp: Instance, client: AcumaticaClient) -> None:
        for thing in (change("", code="03-310", name="Slabs"), change("03-310", name="Slabs on grade")):
            assert isinstance(look_up(CODE, client, thing), Absent)
            assert isinstance(lost(erp, CODE, client, thing, method="PUT", path="/CostCode"), Done)
