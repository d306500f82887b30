"""Envelope, queries, PUT and DELETE of the Acumatica sandbox (vendors/acumatica.md §5-§7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

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


def numbers(rows: list[dict[str, Any]]) -> list[str]:
    return [row["ReferenceNbr"]["value"] for row in rows]


# reading


def test_records_are_wrapped_and_system_fields_are_bare(erp: Instance) -> None:
    vendor = erp.rows("Vendor", top="1")[0]
    assert vendor["VendorID"] == {"value": "V00001"}
    assert vendor["AccountRef"] == {}
    assert vendor["rowNumber"] == 1
    assert vendor["custom"] == {}
    assert vendor["note"] == {"value": ""}
    assert vendor["_links"]["self"] == f"/inst{ENDPOINT}/Vendor/{vendor['id']}"
    assert "{filename}" in vendor["_links"]["files:put"]
    assert "MainContact" not in vendor


def test_dates_are_midnight_with_offset_and_stamps_carry_one(erp: Instance) -> None:
    bill = erp.bill()
    assert bill["Date"]["value"] == "2026-01-31T00:00:00+00:00"
    assert bill["LastModifiedDateTime"]["value"].endswith("+00:00")


@pytest.mark.parametrize("text", ["2026-01-15", "2026-01-15T00:00:00", "2026-01-15T23:30:00-08:00", "1/15/2026"])
def test_dates_are_taken_in_several_shapes_without_conversion(erp: Instance, text: str) -> None:
    assert erp.bill(Date=text)["Date"]["value"] == "2026-01-15T00:00:00+00:00"


@pytest.mark.parametrize("path", ["Bill/Bill/000001", "Bill/Bill%7C000001", "Bill/bill/000001"])
def test_records_are_found_by_their_keys(erp: Instance, path: str) -> None:
    assert erp.record(path)["ReferenceNbr"]["value"] == "000001"


def test_records_are_found_by_one_key_by_five_and_by_id(erp: Instance) -> None:
    vendor = erp.record("Vendor/V00001")
    assert erp.record(f"Vendor/{vendor['id']}")["VendorID"] == {"value": "V00001"}
    assert erp.record("ProjectTask/TOWER1/03")["Status"] == {"value": "Active"}
    cell = erp.rows("ProjectBudget", filter="ProjectID eq 'TOWER1'", top="1")[0]
    keys = [cell[name]["value"] for name in ("ProjectID", "ProjectTaskID", "CostCode", "AccountGroup", "InventoryID")]
    assert keys[-1] == "<N/A>"
    assert erp.record(f"ProjectBudget/{cell['id']}")["AccountGroup"]["value"] == keys[3]


def test_missing_key_is_a_500_and_an_empty_list_is_not(erp: Instance) -> None:
    missing = erp.get("Vendor/NOBODY")
    assert missing.status_code == 500
    assert missing.json()["exceptionMessage"] == "No entity satisfies the condition."
    assert missing.json()["exceptionType"] == "PX.Api.ContractBased.NoEntitySatisfiesTheConditionException"
    assert erp.rows("Vendor", filter="VendorID eq 'NOBODY'") == []


def test_lists_are_bare_arrays_in_key_order_and_whole_without_top(erp: Instance) -> None:
    rows = erp.rows("Account")
    codes = [row["AccountCD"]["value"] for row in rows]
    assert codes == sorted(codes)
    assert [row["rowNumber"] for row in rows] == list(range(1, len(rows) + 1))
    page = erp.rows("Account", skip="3", top="2", orderby="Description")
    assert [row["AccountCD"]["value"] for row in page] == codes[3:5]
    assert [row["rowNumber"] for row in page] == [1, 2]


def test_select_keeps_system_fields_and_expand_is_needed_for_details(erp: Instance) -> None:
    erp.bill()
    row = erp.rows("Bill", select="ReferenceNbr,Details/Qty", expand="Details", top="1")[0]
    assert set(row) == {"id", "rowNumber", "note", "custom", "_links", "ReferenceNbr", "Details"}
    assert set(row["Details"][0]) == {"id", "rowNumber", "note", "custom", "Qty"}
    assert "Details" not in erp.rows("Bill", select="ReferenceNbr,Details/Qty", top="1")[0]


def test_nested_expand_reaches_the_address(erp: Instance) -> None:
    row = erp.record("Vendor/V00001", expand="MainContact,MainContact/Address")
    assert row["MainContact"]["Address"]["Country"] == {"value": "US"}
    assert "Address" not in erp.record("Vendor/V00001", expand="MainContact")["MainContact"]


def test_expand_of_unknown_members_and_v4_options_fail(erp: Instance) -> None:
    assert erp.get("Vendor", expand="Nothing").status_code == 500
    assert erp.get("Bill", expand="Details($select=Qty)").status_code == 400


def test_lists_with_members_that_cannot_be_optimized_fail_and_single_records_do_not(erp: Instance) -> None:
    failed = erp.get("Bill", expand="Applications")
    assert failed.status_code == 500
    assert failed.json()["exceptionMessage"].startswith("Optimization cannot be performed.The following fields")
    assert "Applications" in erp.record("Bill/Bill/000001", expand="Applications")
    erp.switch(unoptimized="", empty_in_lists="Bill.Details")
    assert "Applications" in erp.rows("Bill", expand="Applications", top="1")[0]
    assert erp.rows("Bill", expand="Details", top="1")[0]["Details"] == []


# filters


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("VendorRef eq 'R-1'", True),
        ("VendorRef eq 'r-1 '", True),
        ("VendorRef ne 'R-1'", False),
        ("startswith(Description,'ML-abc')", True),
        ("endswith(Description,'app 3')", True),
        ("substringof('Pay',Description)", True),
        ("substringof('O''Brien',Description)", False),
        ("Amount eq 1250.50M", True),
        ("Amount gt 1250 and Amount le 1250.5M", True),
        ("Hold eq false and not (Status eq 'Open')", True),
        ("Status eq 'Open' or VendorRef eq 'R-1'", True),
        ("Date eq datetimeoffset'2026-01-31'", True),
        ("Date gt date'2026-01-31'", False),
        ("LastModifiedDateTime gt datetimeoffset'2026-07-15T10:31:28.402+03:00'", True),
        ("LastModifiedDateTime gt datetimeoffset'2199-07-15T10:31:28.402+03:00'", False),
        ("cf.String(f='Document.TaxZoneID') eq 'LOCAL'", True),
    ],
)
def test_filters_of_v3(erp: Instance, text: str, found: bool) -> None:
    mine = erp.bill(VendorRef="R-1")["ReferenceNbr"]["value"]
    assert (mine in numbers(erp.rows("Bill", filter=text))) is found


def test_linked_fields_can_be_filtered_by_path(erp: Instance) -> None:
    email = erp.record("Vendor/V00003", expand="MainContact")["MainContact"]["Email"]["value"]
    rows = erp.rows("Vendor", filter=f"MainContact/Email eq '{email}'")
    assert [row["VendorID"]["value"] for row in rows] == ["V00003"]


@pytest.mark.parametrize(
    "text",
    [
        "Hold eq 'false'",
        "Amount eq '12'",
        "Amount eq 12.5",
        "Date eq '2026-01-31'",
        "Vendor eq 5",
        "contains(Description,'x')",
        "Details/Qty gt 1",
        "Vendor eq",
        "Nothing eq 'x'",
        "LastModifiedDateTime gt datetimeoffset'2026-07-15T10:31:28 03:00'",
    ],
)
def test_filters_with_wrong_types_names_or_functions_are_errors(erp: Instance, text: str) -> None:
    answer = erp.get("Bill", filter=text)
    assert answer.status_code == 500
    assert answer.json()["exceptionMessage"]


def test_the_error_for_types_names_both(erp: Instance) -> None:
    text = erp.get("Account", filter="Active eq 'true'").json()["exceptionMessage"]
    assert "incompatible types" in text
    assert "Edm.Boolean" in text
    assert "Edm.String" in text


def test_a_bare_plus_in_the_query_breaks_the_literal(erp: Instance) -> None:
    erp.bill()
    bare = "$filter=LastModifiedDateTime ge datetimeoffset'2026-01-01T00:00:00+00:00'"
    assert erp.http.get(f"{ENDPOINT}/Bill?{bare}").status_code == 500
    assert erp.http.get(f"{ENDPOINT}/Bill?{bare.replace('+', '%2B')}").status_code == 200


def test_leniencies_are_switches(erp: Instance) -> None:
    erp.bill(VendorRef="R-1")
    erp.switch(bare_decimals=True, exact_case=True, cross_view_and_is_empty=True, unknown_filter_status="400")
    assert erp.rows("Bill", filter="Amount eq 1250.5")
    assert erp.rows("Bill", filter="VendorRef eq 'r-1'") == []
    assert erp.rows("Vendor", filter="VendorID eq 'V00001' and MainContact/Phone1Type eq 'Business 1'") == []
    assert erp.get("Bill", filter="Nothing eq 'x'").status_code == 400


# writing


@pytest.mark.parametrize(
    "body",
    [
        {"VendorID": "NORTH"},
        {"VendorID": {"value": "NORTH"}, "MainContact": {"Email": "a@b.c"}},
        {"VendorID": {"value": "NORTH"}, "F1099Vendor": {"value": "perhaps"}},
        {"VendorID": {"value": "NORTH"}, "Contacts": {"value": 1}},
        [],
    ],
)
def test_bodies_that_break_the_envelope_are_400(erp: Instance, body: Any) -> None:
    answer = erp.put("Vendor", body)
    assert answer.status_code == 400
    assert answer.json()["modelState"]
    assert erp.get("Vendor/NORTH").status_code == 500


def test_put_inserts_then_updates_by_key_by_id_and_by_filter(erp: Instance) -> None:
    made = erp.saved("Vendor", wrapped(VendorID="north", VendorName="North Concrete"))
    assert made["VendorID"] == {"value": "NORTH"}
    assert made["Status"] == {"value": "Active"}
    assert made["Terms"]["value"]
    assert made["CurrencyID"] == {"value": "USD"}
    erp.saved("Vendor", wrapped(VendorID="NORTH", LegalName="North Concrete Inc"))
    erp.saved("Vendor", {"id": made["id"]} | wrapped(AccountRef="A-1"))
    last = erp.saved("Vendor", wrapped(TaxRegistrationID="12-3"), filter="VendorID eq 'NORTH'")
    assert last["id"] == made["id"]
    assert last["LegalName"] == {"value": "North Concrete Inc"}
    assert last["AccountRef"] == {"value": "A-1"}
    assert last["LastModifiedDateTime"]["value"] >= made["LastModifiedDateTime"]["value"]


def test_insert_only_and_update_only_are_412_when_not_so(erp: Instance) -> None:
    exists = wrapped(VendorID="V00001", VendorName="Other")
    assert erp.put("Vendor", exists, headers={"If-None-Match": "*"}).status_code == 412
    assert erp.record("Vendor/V00001")["VendorName"] != {"value": "Other"}
    new = wrapped(VendorID="NEW1", VendorName="New")
    assert erp.put("Vendor", new, headers={"If-Match": "*"}).status_code == 412
    assert erp.put("Vendor", new, headers={"If-None-Match": "*"}).status_code == 200
    assert erp.put("Vendor", new, headers={"If-Match": "*"}).status_code == 200
    nobody = {"id": "00000000-0000-0000-0000-000000000000"}
    assert erp.put("Vendor", nobody | new, headers={"If-Match": "*"}).status_code == 412
    assert erp.put("Vendor", nobody | new).status_code == 500


def test_numbered_documents_are_inserted_again_by_each_put(erp: Instance) -> None:
    first, second = erp.bill(), erp.bill()
    assert int(second["ReferenceNbr"]["value"]) == int(first["ReferenceNbr"]["value"]) + 1


def test_read_only_and_unknown_fields_are_ignored(erp: Instance) -> None:
    bill = erp.bill(Status="Closed", Balance=1, Misspelt="x")
    assert bill["Status"] == {"value": "Balanced"}
    assert bill["Balance"] == {"value": 1250.5}


def test_put_answers_top_level_fields_unless_expanded_or_sparse(erp: Instance) -> None:
    plain = erp.saved("Bill", bill_body())
    assert "Details" not in plain
    assert "DueDate" in plain
    erp.switch(sparse_put_answers=True)
    sparse = erp.saved("Bill", bill_body(), select="Status")
    assert sparse["ReferenceNbr"]["value"]
    assert sparse["Status"]
    assert sparse["Vendor"]
    assert "DueDate" not in sparse


def test_lines_without_id_are_appended_with_id_changed_or_deleted(erp: Instance) -> None:
    bill = erp.bill(Details=[line(), line(ExtendedCost=10)])
    first, second = (row["id"] for row in bill["Details"])
    changes = [
        {"id": first, "ExtendedCost": {"value": 100}},
        {"id": second, "delete": True},
        line(ExtendedCost=7),
    ]
    changed = erp.saved("Bill", {"id": bill["id"], "Details": changes}, expand="Details")
    assert [row["ExtendedCost"]["value"] for row in changed["Details"]] == [100.0, 7.0]
    assert changed["Details"][0]["Account"] == {"value": "54000"}
    assert changed["Amount"] == {"value": 107.0}
    again = erp.saved("Bill", {"id": bill["id"], "Details": [line(ExtendedCost=7)]}, expand="Details")
    assert len(again["Details"]) == 3


def test_order_lines_are_known_by_their_line_number(erp: Instance) -> None:
    order = erp.record("PurchaseOrder/Normal/PO000003", expand="Details")
    count = len(order["Details"])
    change = {**wrapped(Type="Normal", OrderNbr="PO000003"), "Details": [wrapped(LineNbr=2, LineDescription="New")]}
    changed = erp.saved("PurchaseOrder", change, expand="Details")
    assert len(changed["Details"]) == count
    assert changed["Details"][1]["LineDescription"] == {"value": "New"}


def test_a_refused_record_is_echoed_with_errors_at_each_level(erp: Instance) -> None:
    body = bill_body(Vendor="NOBODY", Details=[line(), line(Project="TES9")])
    answer = erp.put("Bill", body)
    assert answer.status_code == 422
    echo = answer.json()
    assert echo["error"].startswith("Inserting  '")
    assert echo["error"] == echo["exceptionMessage"]
    assert echo["Vendor"] == {"value": "NOBODY", "error": "'Vendor' cannot be found in the system."}
    assert echo["ReferenceNbr"] == {"value": "<NEW>"}
    assert "error" not in echo["Details"][0]["Project"]
    assert echo["Details"][1]["Project"] == {
        "value": "TES9",
        "error": "Project 'TES9  ' cannot be found in the system.",
    }
    assert erp.rows("Bill", filter="VendorRef eq 'REQ-7-0003'") == []


def test_all_lines_or_nothing(erp: Instance) -> None:
    bill = erp.bill()
    bad = {"id": bill["id"], "Details": [line(ExtendedCost=5), line(Account="99999")]}
    assert erp.put("Bill", bad).status_code == 422
    assert len(erp.record(f"Bill/{bill['id']}", expand="Details")["Details"]) == 1


def test_labels_outside_a_list_are_refused(erp: Instance) -> None:
    echo = erp.put("Vendor", wrapped(VendorID="V00001", Status="Sleeping")).json()
    assert echo["Status"]["error"] == "'Sleeping' is not allowed."


def test_patch_is_of_the_newest_version_and_never_inserts(erp: Instance) -> None:
    url = "/entity/Default/25.200.001/Vendor"
    assert erp.http.patch(url, json=wrapped(VendorID="V00001", LegalName="L")).json()["LegalName"] == {"value": "L"}
    assert erp.http.patch(url, json=wrapped(VendorID="NOBODY", LegalName="L")).status_code == 404
    exists = wrapped(VendorID="V00001")
    assert erp.http.patch(url, json=exists, headers={"If-None-Match": "*"}).status_code == 412


def test_delete_forgets_the_record(erp: Instance) -> None:
    erp.saved("CostCode", wrapped(CostCodeID="99-999", Description="Gone soon"))
    assert erp.http.delete(f"{ENDPOINT}/CostCode/99-999").status_code == 204
    assert erp.get("CostCode/99-999").status_code == 500
    assert erp.http.delete(f"{ENDPOINT}/CostCode/99-999").status_code == 500
    assert erp.http.delete(f"{ENDPOINT}/Vendor/V00001").status_code == 500  # documents refer to it


def test_subaccounts_are_found_with_and_without_separators(erp: Instance) -> None:
    erp.saved("Subaccount", wrapped(SubaccountCD="ABC-001", Description="Yard"))
    assert erp.record("Subaccount/ABC001")["Description"] == {"value": "Yard"}
    assert "LastModifiedDateTime" not in erp.record("Subaccount/ABC-001")


def test_form_fields_beyond_the_contract_travel_in_custom(erp: Instance) -> None:
    field = {"Document": {"UsrProcoreID": {"type": "CustomStringField", "value": "4711"}}}
    erp.bill(custom=field, VendorRef="C-1")
    row = erp.rows("Bill", filter="cf.String(f='Document.UsrProcoreID') eq '4711'", custom="Document.UsrProcoreID")[0]
    assert row["custom"] == field
    assert erp.rows("Bill", filter="VendorRef eq 'C-1'")[0]["custom"] == {}
    schema = erp.record("Bill/$adHocSchema")
    assert schema["custom"]["Transactions"]["CuryRetainageAmt"]["type"] == "CustomDecimalField"


def test_files_are_attached_and_read_back(erp: Instance) -> None:
    bill = erp.bill()
    by_key = erp.http.put(f"{ENDPOINT}/Bill/Bill/{bill['ReferenceNbr']['value']}/files/a.pdf", content=b"%PDF")
    assert by_key.status_code == 204
    link = bill["_links"]["files:put"].replace("{filename}", "b.pdf")
    assert erp.http.put(erp.ready["base_url"].removesuffix("/inst") + link, content=b"two").status_code == 204
    files = erp.record(f"Bill/{bill['id']}", expand="files")["files"]
    assert [file["filename"] for file in files] == ["a.pdf", "b.pdf"]
    origin = erp.ready["base_url"].removesuffix("/inst")
    assert erp.http.get(origin + by_key.headers["Location"]).content == b"%PDF"


def test_empty_seed_serves_a_company_with_its_standing_accounts(erp: Instance) -> None:
    erp.order("/reset", {"seed": "empty"})
    erp.sign_in()
    assert erp.rows("Bill") == []
    assert {"10200", "20000", "20100"} <= {row["AccountCD"]["value"] for row in erp.rows("Account")}
