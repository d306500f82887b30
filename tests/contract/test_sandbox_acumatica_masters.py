"""Vendors, cost codes and other lists of the Acumatica sandbox, and who may write them (§4, §5, §7.1, §8.1, §8.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from acumatica_over_http import ENDPOINT, Instance, bill_body, instance, line, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


CONTACT = "MainContact,MainContact/Address"


def north(**changes: Any) -> dict[str, Any]:
    return wrapped(VendorID="NORTHCONC", VendorName="North Concrete", **changes)


# vendors


def test_a_vendor_id_is_required_unless_vendors_are_numbered(erp: Instance) -> None:
    refused = erp.put("Vendor", wrapped(VendorName="North Concrete"))
    assert refused.json()["VendorID"]["error"] == "'Vendor ID' cannot be empty."
    erp.switch(auto_number_vendors=True)
    first = erp.saved("Vendor", wrapped(VendorName="North Concrete"))
    second = erp.saved("Vendor", wrapped(VendorID="<NEW>", VendorName="South Concrete"))
    assert first["VendorID"]["value"] != second["VendorID"]["value"]
    assert erp.saved("Vendor", north())["VendorID"] == {"value": "NORTHCONC"}


def test_a_vendor_needs_a_name_and_its_id_is_trimmed_and_upper_case(erp: Instance) -> None:
    refused = erp.put("Vendor", wrapped(VendorID="NORTH"))
    assert refused.json()["VendorName"]["error"] == "'Vendor Name' cannot be empty."
    made = erp.saved("Vendor", wrapped(VendorID=" north ", VendorName="North"))
    assert made["VendorID"] == {"value": "NORTH"}
    assert erp.record("Vendor/north")["id"] == made["id"]


def test_vendors_are_found_by_account_ref(erp: Instance) -> None:
    erp.saved("Vendor", north(AccountRef="procore-4711"))
    assert [row["VendorID"]["value"] for row in erp.rows("Vendor", filter="AccountRef eq 'procore-4711'")] == [
        "NORTHCONC"
    ]
    assert erp.rows("Vendor", filter="AccountRef eq 'procore-4712'") == []


def test_a_put_touches_only_what_is_sent(erp: Instance) -> None:
    contact = {**wrapped(Email="ap@north.test", Phone1="555"), "Address": wrapped(AddressLine1="1 Quay", City="Erie")}
    erp.saved("Vendor", {**north(LegalName="North Inc"), "MainContact": contact})
    moved = {"MainContact": {"Address": wrapped(City="Ohio")}}
    after = erp.saved("Vendor", {**wrapped(VendorID="NORTHCONC"), **moved}, expand=CONTACT)
    assert after["MainContact"]["Email"] == {"value": "ap@north.test"}
    assert after["MainContact"]["Address"]["AddressLine1"] == {"value": "1 Quay"}
    assert after["MainContact"]["Address"]["City"] == {"value": "Ohio"}
    assert (after["LegalName"]["value"], after["VendorName"]["value"]) == ("North Inc", "North Concrete")
    emptied = {"MainContact": wrapped(Phone1="")}
    assert erp.saved("Vendor", {"id": after["id"], **emptied}, expand=CONTACT)["MainContact"]["Phone1"] == {}
    wrong = {"MainContact": {"Address": wrapped(Country="Atlantis")}}
    echo = erp.put("Vendor", {"id": after["id"], **wrong}).json()
    assert echo["MainContact"]["Address"]["Country"]["error"] == "'Country' cannot be found in the system."


def test_new_vendors_take_their_defaults_from_their_class(erp: Instance) -> None:
    plain = erp.saved("Vendor", north())
    assert (plain["VendorClass"]["value"], plain["Terms"]["value"], plain["TaxZone"]["value"]) == (
        "DEFAULT",
        "30D",
        "LOCAL",
    )
    service = erp.saved("Vendor", wrapped(VendorID="SERV", VendorName="Serv", VendorClass="SERVICES"))
    assert (service["Terms"]["value"], service["TaxZone"]["value"]) == ("10D", "EXEMPT")
    field = {"type": "CustomStringField", "value": "20100"}
    erp.saved("VendorClass", {**wrapped(ClassID="SUBS"), "custom": {"VendorClassRecord": {"APAcctID": field}}})
    sub = erp.saved("Vendor", wrapped(VendorID="SUB", VendorName="Sub", VendorClass="SUBS", Terms="45D"))
    assert (sub["APAccount"]["value"], sub["Terms"]["value"]) == ("20100", "45D")
    unknown = erp.put("Vendor", wrapped(VendorID="NONE", VendorName="None", VendorClass="NOPE")).json()
    assert unknown["VendorClass"]["error"] == "'Vendor Class' cannot be found in the system."


def test_a_bill_of_a_vendor_outside_the_tax_zone_carries_no_tax(erp: Instance) -> None:
    erp.saved("Vendor", wrapped(VendorID="SERV", VendorName="Serv", VendorClass="SERVICES"))
    lines = [line(ExtendedCost=5500, TaxCategory="TAXABLE")]
    assert erp.bill(Vendor="SERV", Details=lines)["TaxTotal"] == {"value": 0.0}
    assert erp.bill(Vendor="V00001", Details=lines)["TaxTotal"] == {"value": 412.5}


@pytest.mark.parametrize(("status", "taken"), [("Inactive", False), ("On Hold", True), ("One-Time", True)])
def test_the_status_is_set_by_put_and_decides_on_bills(erp: Instance, status: str, taken: bool) -> None:
    assert erp.saved("Vendor", wrapped(VendorID="V00001", Status=status))["Status"] == {"value": status}
    assert (erp.put("Bill", bill_body()).status_code == 200) is taken
    erp.saved("Vendor", wrapped(VendorID="V00001", Status="Active"))
    assert erp.put("Bill", bill_body()).status_code == 200


def test_vendors_with_payments_on_hold_are_billed_and_not_paid(erp: Instance) -> None:
    number = erp.released()
    erp.saved("Vendor", wrapped(VendorID="V00001", Status="Hold Payments"))
    body = {**wrapped(Vendor="V00001"), "Details": [wrapped(DocType="Bill", ReferenceNbr=number)]}
    assert "Hold Payments" in erp.put("Check", body).json()["Vendor"]["error"]


def test_vendors_without_documents_are_deleted(erp: Instance) -> None:
    erp.saved("Vendor", north())
    assert erp.http.delete(f"{ENDPOINT}/Vendor/NORTHCONC").status_code == 204
    assert erp.get("Vendor/NORTHCONC").status_code == 500
    erp.saved("Vendor", north())
    erp.saved("PurchaseOrder", wrapped(VendorID="NORTHCONC"))
    assert erp.http.delete(f"{ENDPOINT}/Vendor/NORTHCONC").status_code == 500


def test_attributes_are_known_by_their_id(erp: Instance) -> None:
    for value in ("North", "South"):
        sent = [wrapped(AttributeID="REGION", Value=value)]
        row = erp.saved("Vendor", {**wrapped(VendorID="V00001"), "Attributes": sent}, expand="Attributes")
        assert [item["Value"]["value"] for item in row["Attributes"]] == [value]


# preconditions and writers


@pytest.mark.parametrize(
    ("entity", "known", "new"),
    [
        ("Vendor", wrapped(VendorID="V00001"), wrapped(VendorID="NEW1", VendorName="New")),
        ("CostCode", wrapped(CostCodeID="03-300"), wrapped(CostCodeID="99-100", Description="New")),
    ],
)
def test_preconditions_hold_for_vendors_and_cost_codes(
    erp: Instance, entity: str, known: dict[str, Any], new: dict[str, Any]
) -> None:
    insert, update = {"If-None-Match": "*"}, {"If-Match": "*"}
    assert erp.put(entity, known, headers=insert).status_code == 412
    assert erp.put(entity, new, headers=update).status_code == 412
    assert erp.put(entity, new, headers=insert).status_code == 200
    assert erp.put(entity, new, headers=insert).status_code == 412
    assert erp.put(entity, known, headers=update).status_code == 200
    assert erp.put(entity, known).status_code == 200


def test_the_later_of_two_writers_is_refused_by_switch(erp: Instance) -> None:
    erp.switch(write_window_ms=5000)
    number = erp.bill()["ReferenceNbr"]["value"]
    key = wrapped(Type="Bill", ReferenceNbr=number)
    erp.saved("Bill", key | wrapped(Description="mine"))  # the same session may
    erp.sign_in()
    refused = erp.put("Bill", key | wrapped(Description="yours"))
    assert refused.status_code == 500
    assert refused.json()["exceptionMessage"].startswith("Another process has updated the 'AP Document' record.")
    assert erp.start("Bill", "ReleaseBill", number).status_code == 500
    assert erp.http.delete(f"{ENDPOINT}/Bill/Bill/{number}").status_code == 500
    assert erp.record(f"Bill/Bill/{number}")["Description"] == {"value": "mine"}
    erp.order("/clock", {"advance_s": 6})
    erp.saved("Bill", key | wrapped(Description="yours"))
    erp.act("edit_vendor", id="V00001", name="By hand")
    assert erp.put("Vendor", wrapped(VendorID="V00001", LegalName="x")).status_code == 500  # a person is a writer too


def test_preconditions_hold_for_actions(erp: Instance) -> None:
    known = {"entity": wrapped(Type="Bill", ReferenceNbr=erp.bill()["ReferenceNbr"]["value"])}
    unknown = {"entity": wrapped(Type="Bill", ReferenceNbr="999999")}
    path = f"{ENDPOINT}/Bill/ReleaseBill"
    assert erp.http.post(path, json=known, headers={"If-None-Match": "*"}).status_code == 412
    assert erp.http.post(path, json=unknown, headers={"If-Match": "*"}).status_code == 412


def test_a_key_with_a_slash_is_reached_by_id(erp: Instance) -> None:
    made = erp.saved("CostCode", wrapped(CostCodeID="03/9", Description="Slash"))
    assert erp.get("CostCode/03/9").status_code == 500
    assert erp.record(f"CostCode/{made['id']}")["CostCodeID"] == {"value": "03/9"}


def test_notes_are_wrapped_and_kept(erp: Instance) -> None:
    erp.saved("Vendor", {**wrapped(VendorID="V00001"), "note": {"value": "call first"}})
    assert erp.record("Vendor/V00001", select="VendorID")["note"] == {"value": "call first"}
    erp.saved("Vendor", wrapped(VendorID="V00001", LegalName="x"))
    assert erp.record("Vendor/V00001")["note"] == {"value": "call first"}


# archive, files, lists


def test_archived_records_are_hidden_unless_asked_for(erp: Instance) -> None:
    erp.act("archive", kind="bill", id="Bill/000001")
    show = {"PX-ApiArchive": "SHOW"}
    assert erp.get("Bill/Bill/000001").status_code == 500
    assert erp.rows("Bill", filter="ReferenceNbr eq '000001'") == []
    assert erp.http.get(f"{ENDPOINT}/Bill/Bill/000001", headers=show).status_code == 200
    listed = erp.http.get(f"{ENDPOINT}/Bill?$filter=ReferenceNbr eq '000001'", headers=show).json()
    assert len(listed) == 1
    change = wrapped(Type="Bill", ReferenceNbr="000001", Description="x")
    assert "archived" in erp.put("Bill", change).json()["exceptionMessage"]
    erp.act("restore", kind="bill", id="Bill/000001")
    assert erp.get("Bill/Bill/000001").status_code == 200


def test_files_keep_the_comment_of_the_header(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    headers = {"PX-CbFileComment": "signed", "Content-Type": "application/octet-stream"}
    path = f"{ENDPOINT}/Bill/Bill/{number}/files/a.pdf"
    assert erp.http.put(path, content=b"%PDF", headers=headers).status_code == 204
    found = erp.record(f"Bill/Bill/{number}", expand="files")["files"]
    assert [(file["filename"], file["comment"]) for file in found] == [("a.pdf", "signed")]


def test_lists_over_the_governors_limit_fail_and_pages_do_not(erp: Instance) -> None:
    erp.switch(row_limit=3)
    assert erp.get("Account").status_code == 500
    assert len(erp.rows("Account", top="3")) == 3


def test_line_ids_change_with_the_session_by_switch(erp: Instance) -> None:
    erp.switch(new_line_ids=True)
    bill = erp.bill()
    path = f"Bill/{bill['id']}"
    assert erp.record(path, expand="Details")["Details"][0]["id"] == bill["Details"][0]["id"]
    erp.sign_in()
    after = erp.record(path, expand="Details")
    assert after["id"] == bill["id"]
    assert after["Details"][0]["id"] != bill["Details"][0]["id"]


def test_records_may_carry_keys_outside_the_contract(erp: Instance) -> None:
    assert "_workflowActions" not in erp.record("Vendor/V00001")
    erp.switch(extra_keys=True)
    assert erp.record("Vendor/V00001")["_workflowActions"] == []


# errors and versions


def test_the_echo_may_come_without_the_exceptions_name(erp: Instance) -> None:
    erp.switch(echo_names_exception=False)
    echo = erp.put("Bill", bill_body(Vendor="NOBODY")).json()
    assert "exceptionType" not in echo
    assert "exceptionMessage" not in echo
    assert echo["Vendor"]["error"] == "'Vendor' cannot be found in the system."


def test_errors_may_be_wrapped(erp: Instance) -> None:
    erp.switch(inner_exceptions=True)
    body = erp.get("Vendor/NOBODY").json()
    assert body["exceptionMessage"] != "No entity satisfies the condition."
    assert body["innerException"]["exceptionMessage"] == "No entity satisfies the condition."


def test_old_builds_list_versions_as_a_bare_array(erp: Instance) -> None:
    erp.switch(bare_version_list=True)
    found = erp.http.get("/entity").json()
    assert [row["version"] for row in found][-1] == "25.200.001"


def test_one_user_may_have_a_cap_of_sessions() -> None:
    with instance(rate_limits=True) as licence:
        licence.switch(sessions_per_user=1)
        licence.sign_in()
        refused = licence.grant()
        assert refused.status_code == 429
        assert "API Login Limit" in refused.text
        assert licence.login(name="admin").status_code == 204
        assert licence.login().status_code == 429
        licence.http.post("/entity/auth/logout")
        assert licence.login().status_code == 204


def test_other_flows_and_other_proofs_of_the_client_are_refused(erp: Instance) -> None:
    assertion = {
        "client_secret": "",
        "client_assertion_type": "urn:ietf:params:oauth:client-assertion-type:jwt-bearer",
        "client_assertion": "x.y.z",
    }
    assert erp.grant(**assertion).json()["error"] == "invalid_client"
    query = {"response_type": "token", "client_id": erp.ready["client_id"], "redirect_uri": "https://hub.example/cb"}
    implicit = httpx2.get(f"{erp.ready['base_url']}/identity/connect/authorize", params=query, trust_env=False)
    assert implicit.json()["error"] == "unsupported_response_type"


# codes


def test_whatever_is_coded_with_a_cost_code_follows_its_new_id(erp: Instance) -> None:
    number = erp.released()
    order = erp.record("Subcontract/SC000001", expand="Details")
    coded = [row["LineNbr"]["value"] for row in order["Details"] if row["CostCode"]["value"] == "03-300"]
    body = {"entity": wrapped(CostCodeID="03-300"), "parameters": wrapped(CostCodeID="03-399")}
    assert erp.http.post(f"{ENDPOINT}/CostCode/ChangeCostCodeID", json=body).status_code == 204
    assert erp.book(number)["lines"][0]["cost_code"] == "03-399"
    assert erp.rows("ProjectBudget", filter="CostCode eq '03-300'") == []
    assert erp.rows("ProjectBudget", filter="ProjectID eq 'TOWER1' and CostCode eq '03-399'")
    lines = erp.record("Subcontract/SC000001", expand="Details")["Details"]
    assert [row["LineNbr"]["value"] for row in lines if row["CostCode"]["value"] == "03-399"] == coded
    assert erp.released(Details=[line(CostCode="03-399")])


def test_a_project_takes_its_tasks_budget_and_documents_to_its_new_id(erp: Instance) -> None:
    number = erp.released()
    cells = len(erp.rows("ProjectBudget", filter="ProjectID eq 'TOWER1'"))
    body = {"entity": wrapped(ProjectID="TOWER1"), "parameters": wrapped(ProjectID="TOWER9")}
    assert erp.http.post(f"{ENDPOINT}/Project/ChangeProjectID", json=body).status_code == 204
    assert erp.record("ProjectTask/TOWER9/03")["Status"] == {"value": "Active"}
    assert len(erp.rows("ProjectBudget", filter="ProjectID eq 'TOWER9'")) == cells
    assert erp.book(number)["lines"][0]["project"] == "TOWER9"


def test_cost_codes_bump_their_change_time(erp: Instance) -> None:
    before = erp.record("CostCode/03-300")["LastModifiedDateTime"]["value"]
    erp.order("/clock", {"advance_s": 10})
    after = erp.saved("CostCode", wrapped(CostCodeID="03-300", Description="Concrete"))["LastModifiedDateTime"]["value"]
    assert after > before
    url = f"{ENDPOINT}/CostCode?$filter=LastModifiedDateTime ge datetimeoffset'{after.replace('+', '%2B')}'"
    assert [row["CostCodeID"]["value"] for row in erp.http.get(url).json()] == ["03-300"]
