"""Suppliers of the Visma.net sandbox, and by their example the rules of all writes (vendors/visma_net.md §5, §6.1)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from visma_over_http import SUPPLIERS, Erp, erp, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


def fjord(**changes: Any) -> dict[str, Any]:
    values = {
        "name": "Fjord Betong AS",
        "supplierClassId": "1",
        "currencyId": "NOK",
        "corporateId": "987654321",
        "mainAddress": {"addressLine1": "Kaigata 2", "postalCode": "5003", "city": "Bergen", "countryId": "NO"},
        "mainContact": {"email": "post@fjordbetong.example"},
    }
    return wrapped(**(values | changes))


# answers


def test_a_new_supplier_is_at_its_location_with_its_etag(visma: Erp) -> None:
    answer = visma.http.post(SUPPLIERS, json=fjord())
    assert (answer.status_code, answer.content) == (201, b"")
    number = answer.headers["Location"].rpartition("/")[2]
    read = visma.http.get(f"{SUPPLIERS}/{number}")
    assert read.headers["ETag"] == answer.headers["ETag"] == f'"{read.json()["timeStamp"]}"'
    assert len(base64.b64decode(read.json()["timeStamp"])) == 8
    row = read.json()
    assert (row["number"], row["name"], row["status"], row["currencyId"]) == (
        number,
        "Fjord Betong AS",
        "Active",
        "NOK",
    )
    assert row["mainAddress"]["country"] == {"id": "NO", "name": "Norge", "errorInfo": ""}
    assert row["supplierClass"] == {"id": "1", "description": "Domestic"}
    assert row["creditTerms"]["id"] == "30"
    assert (row["mainContact"]["email"], row["errorInfo"]) == ("post@fjordbetong.example", "")


def test_a_change_answers_204_with_a_new_etag(visma: Erp) -> None:
    before = visma.http.get(f"{SUPPLIERS}/V00001").headers["ETag"]
    answer = visma.change(f"{SUPPLIERS}/V00001", wrapped(name="Renamed AS"))
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["ETag"] not in ("", before)
    assert visma.http.get(f"{SUPPLIERS}/V00001").headers["ETag"] == answer.headers["ETag"]


def test_lists_have_no_etag_header_but_the_row_version(visma: Erp) -> None:
    answer = visma.http.get(SUPPLIERS, params={"pageSize": "1"})
    assert "ETag" not in answer.headers
    stamp = answer.json()[0]["timeStamp"]
    assert visma.change(f"{SUPPLIERS}/V00001", wrapped(name="X"), **{"If-Match": f'"{stamp}"'}).status_code == 204


# locking


def test_if_match_with_or_without_quotes(visma: Erp) -> None:
    path = f"{SUPPLIERS}/V00001"
    first = visma.get(path)["timeStamp"]
    assert visma.change(path, wrapped(name="One"), **{"If-Match": first}).status_code == 204
    lost = visma.change(path, wrapped(name="Two"), **{"If-Match": f'"{first}"'})
    assert lost.status_code == 412
    assert visma.get(path)["name"] == "One"
    assert visma.change(path, wrapped(name="Three")).status_code == 204


def test_a_person_changes_the_row_version_too(visma: Erp) -> None:
    path = f"{SUPPLIERS}/V00001"
    stamp = visma.get(path)["timeStamp"]
    visma.act("edit_supplier", number="V00001", phone="+47 55 00 00 00")
    assert visma.change(path, wrapped(name="Late"), **{"If-Match": stamp}).status_code == 412
    assert visma.get(path)["mainContact"]["phone1"] == "+47 55 00 00 00"


# bodies


def test_unknown_names_are_ignored(visma: Erp) -> None:
    number = visma.create(SUPPLIERS, fjord() | {"corporateID": {"value": "1"}, "nonsense": 7})
    assert visma.get(f"{SUPPLIERS}/{number}")["corporateId"] == "987654321"


def test_an_unwrapped_block_counts_as_absent(visma: Erp) -> None:
    body = fjord() | {"mainAddress": {"city": {"value": "Oslo"}}}
    number = visma.create(SUPPLIERS, body)
    assert visma.get(f"{SUPPLIERS}/{number}")["mainAddress"]["city"] is None


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "bare"},
        {"name": {"value": {"deep": 1}}},
        {"paymentLeadTime": {"value": "soon"}},
        {"status": {"value": "Sleeping"}},
        {"paySeparately": {"value": "perhaps"}},
        {"attributeLines": {"value": []}},
    ],
)
def test_values_of_the_wrong_kind_are_refused(visma: Erp, wrong: dict[str, Any]) -> None:
    before = len(visma.rows(SUPPLIERS))
    assert visma.http.post(SUPPLIERS, json=fjord() | wrong).status_code == 400
    assert len(visma.rows(SUPPLIERS)) == before


def test_malformed_bodies(visma: Erp) -> None:
    assert visma.http.post(SUPPLIERS, content=b"{", headers={"Content-Type": "application/json"}).status_code == 400
    assert visma.http.post(SUPPLIERS, json=[]).status_code == 400


def test_left_out_fields_stay_and_empty_ones_are_cleared(visma: Erp) -> None:
    path = f"{SUPPLIERS}/{visma.create(SUPPLIERS, fjord(accountReference='K-1', naceCode='41'))}"
    row = visma.changed(
        path, wrapped(mainAddress={"city": "Oslo"}, accountReference="") | {"naceCode": {"value": None}}
    )
    assert (row["mainAddress"]["city"], row["mainAddress"]["addressLine1"]) == ("Oslo", "Kaigata 2")
    assert (row["accountReference"], row["naceCode"], row["corporateId"]) == (None, None, "987654321")


def test_words_of_lists_are_taken_in_any_case(visma: Erp) -> None:
    assert visma.changed(f"{SUPPLIERS}/V00001", wrapped(status="onhold"))["status"] == "OnHold"


def test_arrays_of_suppliers(visma: Erp) -> None:
    details = [{"paymentMethodDetailDescription": "IBAN", "paymentMethodDetailValue": {"value": "NO9386011117947"}}]
    body = {"attributeLines": [wrapped(attributeId="A", attributeValue="1")], "supplierPaymentMethodDetails": details}
    row = visma.changed(f"{SUPPLIERS}/V00001", body)
    assert row["attributes"] == [{"id": "A", "value": "1", "description": "A"}]
    assert row["supplierPaymentMethodDetails"][0]["paymentMethodDetailValue"] == "NO9386011117947"
    row = visma.changed(f"{SUPPLIERS}/V00001", {"attributeLines": [wrapped(attributeId="B", attributeValue="2")]})
    assert [one["id"] for one in row["attributes"]] == ["A", "B"]


# rules


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"name": ""}, "Supplier name"),
        ({"supplierClassId": "99"}, "'99'"),
        ({"currencyId": "XXX"}, "'XXX'"),
        ({"creditTermsId": "7"}, "'7'"),
        ({"vatZoneId": "77"}, "'77'"),
        ({"parentRecordNumber": "NOBODY"}, "NOBODY"),
        ({"mainAddress": {"countryId": "ZZ"}}, "'ZZ'"),
        ({"glAccounts": {"expenseAccount": "1"}}, "'1'"),
    ],
)
def test_what_does_not_exist_is_refused(visma: Erp, changes: dict[str, Any], word: str) -> None:
    text = visma.refused(SUPPLIERS, fjord(**changes))
    assert text.startswith("VismaId: ")
    assert word in text


def test_several_errors_come_as_one_text(visma: Erp) -> None:
    text = visma.refused(SUPPLIERS, fjord(name="", currencyId="XXX"))
    assert text.count("Error: ") == 2
    assert text.endswith("\r\n")


def test_a_class_is_needed_where_the_company_has_no_default(visma: Erp) -> None:
    visma.create(SUPPLIERS, wrapped(name="By default"))
    visma.switch(default_supplier_class="")
    assert "Supplier class" in visma.refused(SUPPLIERS, wrapped(name="No default"))


# numbers


def test_a_sent_number_counts_only_with_the_override(visma: Erp) -> None:
    assert visma.create(SUPPLIERS, fjord(number="OWN1")) != "OWN1"
    assert visma.create(SUPPLIERS, fjord(number="OWN1", overrideNumberSeries=True)) == "OWN1"
    assert "already exists" in visma.refused(SUPPLIERS, fjord(number="OWN1", overrideNumberSeries=True))
    visma.switch(series_supplier="auto_no_override")
    assert visma.create(SUPPLIERS, fjord(number="OWN2", overrideNumberSeries=True)) != "OWN2"


def test_manual_numbers(visma: Erp) -> None:
    visma.switch(series_supplier="manual")
    assert "cannot be empty" in visma.refused(SUPPLIERS, fjord())
    assert visma.create(SUPPLIERS, fjord(number="M1")) == "M1"
    assert "already exists" in visma.refused(SUPPLIERS, fjord(number="m1"))


def test_automatic_numbers_pass_over_those_taken_by_hand(visma: Erp) -> None:
    first = int(visma.create(SUPPLIERS, fjord()))
    visma.create(SUPPLIERS, fjord(number=str(first + 1), overrideNumberSeries=True))
    assert int(visma.create(SUPPLIERS, fjord())) == first + 2


def test_there_is_no_guard_against_a_second_post(visma: Erp) -> None:
    assert visma.create(SUPPLIERS, fjord()) != visma.create(SUPPLIERS, fjord())


def test_a_dropped_answer_has_stored_the_supplier(visma: Erp) -> None:
    visma.order("/faults", {"match": {"method": "POST", "path": "/supplier$"}, "effect": "drop_after_write"})
    with pytest.raises(httpx2.HTTPError):
        visma.http.post(SUPPLIERS, json=fjord(name="Lost AS"))
    assert len(visma.rows(SUPPLIERS, name="Lost AS")) == 1


# below a supplier


def test_documents_contacts_and_balances_of_a_supplier(visma: Erp) -> None:
    number = visma.invoice()
    visma.release(f"/v1/supplierInvoice/{number}")
    assert [row["referenceNumber"] for row in visma.rows(f"{SUPPLIERS}/V00001/invoice")] == [number]
    assert visma.rows(f"{SUPPLIERS}/V00001/document")[0]["amountInCurrency"] == 9000
    assert visma.rows(f"{SUPPLIERS}/V00001/contact")[0]["email"].startswith("ap@")
    assert visma.get(f"{SUPPLIERS}/V00001/balance")["balance"] == 9000
    before = visma.get(f"{SUPPLIERS}/V00001/POBalance")["totalOpenPOLineTotal"]
    visma.order_of()
    assert visma.get(f"{SUPPLIERS}/V00001/POBalance")["totalOpenPOLineTotal"] == before + 250000
    assert visma.http.get(f"{SUPPLIERS}/NOBODY/balance").status_code == 404
    assert len(visma.rows("/v1/supplier/POBalance")) == len(visma.rows(SUPPLIERS))
    assert visma.get("/v1/supplier/supplierClass/1")["description"] == "Domestic"


def test_the_months_vendors_are_found_by_tax_id_and_name(visma: Erp) -> None:
    row = visma.get(f"{SUPPLIERS}/V00001")
    assert row["corporateId"].replace("-", "") == row["vatRegistrationId"]
    statuses = {one["status"] for one in visma.rows(SUPPLIERS)}
    assert {"Active", "Inactive"} <= statuses
