"""Writing: bodies, verbs, ETags, user fields (vendors/sap_b1.md §3, §4, §5.8, §7, §8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from sap_b1_over_http import Instance, error, instance

STALE = (
    412,
    "-2039",
    "Another user or another operation modified data; to continue, open the window again (ODBC -2039)",
)
MISSING = (404, "-2028", "No matching records found (ODBC -2028)")


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def field(table: str = "OPCH", name: str = "ProcoreTag", **changes: Any) -> dict[str, Any]:
    """The body of a new user field."""
    known = {"TableName": table, "Name": name, "Description": "Source id", "Type": "db_Alpha", "SubType": "st_None"}
    return known | {"Size": 20} | changes


# verbs


def test_create_answers_the_record_and_its_address(b1: Instance) -> None:
    answer = b1.post("Projects", {"Code": "W-1", "Name": "Wharf", "ValidFrom": "20260301"})
    assert answer.status_code == 201
    assert answer.headers["location"] == f"{b1.host}/b1s/v2/Projects('W-1')"
    body = answer.json()
    assert body["@odata.context"] == f"{b1.host}/b1s/v2/$metadata#Projects/$entity"
    assert (body["ValidFrom"], body["Active"]) == ("2026-03-01T00:00:00Z", "tYES")
    bill = b1.post("PurchaseInvoices", b1.bill_body())
    entry = bill.json()["DocEntry"]
    assert bill.headers["location"] == f"{b1.host}/b1s/v2/PurchaseInvoices({entry})"
    assert bill.headers["etag"] == bill.json()["@odata.etag"]
    assert b1.get(f"PurchaseInvoices({entry})").headers["etag"] == bill.headers["etag"]
    old = b1.post("Projects", {"Code": "W-2", "Name": "Wharf"}, version="v1")
    assert old.headers["location"] == f"{b1.host}/b1s/v1/Projects('W-2')"


def test_create_without_content(b1: Instance) -> None:
    body = {"Code": "W-3", "Name": "Wharf"}
    answer = b1.post("Projects", body, headers={"Prefer": "return-no-content"})
    assert (answer.status_code, answer.content) == (204, b"")
    assert answer.headers["preference-applied"] == "return-no-content"
    assert answer.headers["location"].endswith("/Projects('W-3')")


def test_patch_leaves_what_is_not_sent_and_put_resets_it(b1: Instance) -> None:
    b1.saved("Projects", {"Code": "W-4", "Name": "Wharf", "ValidFrom": "2026-03-01", "ValidTo": "2026-12-31"})
    answer = b1.patch("Projects('W-4')", {"Name": "Pier"})
    assert (answer.status_code, answer.content, "etag" in answer.headers) == (204, b"", False)
    row = b1.get("Projects('W-4')").json()
    assert (row["Name"], row["ValidTo"]) == ("Pier", "2026-12-31T00:00:00Z")
    assert b1.call("PUT", "Projects('W-4')", {"Name": "Dock", "ValidFrom": "2026-03-01"}).status_code == 204
    row = b1.get("Projects('W-4')").json()
    assert (row["Code"], row["Name"], row["ValidTo"]) == ("W-4", "Dock", None)


def test_delete_and_missing_keys(b1: Instance) -> None:
    b1.saved("Projects", {"Code": "W-5", "Name": "Wharf"})
    assert b1.call("DELETE", "Projects('W-5')").status_code == 204
    assert error(b1.call("DELETE", "Projects('W-5')")) == MISSING
    assert error(b1.patch("Projects('W-5')", {"Name": "x"})) == MISSING  # no upsert
    assert error(b1.call("PUT", "Projects('W-5')", {"Name": "x"})) == MISSING
    assert error(b1.post("PurchaseInvoices(999999)/Cancel", None)) == MISSING


@pytest.mark.parametrize("verb", ["PATCH", "MERGE", "PUT", "DELETE"])
def test_verb_in_a_header_of_a_post(b1: Instance, verb: str) -> None:
    b1.saved("Projects", {"Code": "W-6", "Name": "Wharf"})
    answer = b1.post("Projects('W-6')", {"Name": "Pier"}, headers={"X-HTTP-Method-Override": verb})
    assert answer.status_code == 204
    row = b1.get("Projects('W-6')")
    assert row.status_code == 404 if verb == "DELETE" else row.json()["Name"] == "Pier"


def test_actions_answer_204_and_unknown_ones_400(b1: Instance) -> None:
    entry = b1.bill()["DocEntry"]
    assert error(b1.post(f"PurchaseInvoices({entry})/Nonsense", {})) == (400, "-1002", "Unrecognized resource path")
    answer = b1.post(f"PurchaseInvoices({entry})/Cancel", {})
    assert (answer.status_code, answer.content) == (204, b"")
    assert b1.get(f"PurchaseInvoices({entry})").json()["Cancelled"] == "tYES"
    refused = (400, "-5006", "The requested action is not supported for this object.")
    assert error(b1.call("DELETE", f"PurchaseInvoices({entry})")) == refused
    assert error(b1.call("DELETE", "PurchaseInvoices")) == refused


# bodies


def test_bodies_may_come_as_any_content_type_but_must_be_json(b1: Instance) -> None:
    text = b'{"Code": "W-7", "Name": "Wharf"}'
    answer = b1.call("POST", "Projects", content=text, headers={"Content-Type": "text/plain"})
    assert answer.status_code == 201
    for bad in (b"<xml/>", b'{"Code": ', b"[1]", b'"text"', b'{"Code": "\xff"}', b"[" * 5000):
        assert error(b1.call("POST", "Projects", content=bad))[:2] == (400, "-1000")


def test_unknown_and_over_long_properties_are_refused(b1: Instance) -> None:
    assert error(b1.post("PurchaseInvoices", b1.bill_body(DocStatus="O"))) == (
        400,
        "-1000",
        "Property 'DocStatus' of 'Document' is invalid",
    )
    body = b1.bill_body()
    body["DocumentLines"][0]["OcrCode"] = "x"
    assert error(b1.post("PurchaseInvoices", body))[2] == "Property 'OcrCode' of 'DocumentLine' is invalid"
    status, _, text = error(b1.post("PurchaseInvoices", b1.bill_body(NumAtCard="x" * 101)))
    assert (status, text.startswith("Value too long in property")) == (400, True)
    assert b1.bill(NumAtCard="x" * 100)["NumAtCard"] == "x" * 100


def test_numbers_as_texts_and_enums_by_either_name(b1: Instance) -> None:
    body = b1.bill_body(DocType="S", DocDate="20260115")
    body["DocumentLines"][0]["LineTotal"] = "12500.50"
    row = b1.get(f"PurchaseInvoices({b1.saved('PurchaseInvoices', body)['DocEntry']})").json()
    assert (row["DocType"], row["DocumentLines"][0]["LineTotal"]) == ("dDocument_Service", 12500.5)
    assert row["DocDate"] == "2026-01-15T00:00:00Z"
    for name, bad in (("DocDate", "tomorrow"), ("DocType", "dDocument_Other"), ("DocNum", "x"), ("DocNum", True)):
        assert error(b1.post("PurchaseInvoices", b1.bill_body(**{name: bad})))[:2] == (400, "-1000")


def test_read_only_properties_and_annotations_are_ignored(b1: Instance) -> None:
    row = b1.bill()
    sent = {"@odata.etag": "x", "VatSum": 99, "DocumentStatus": "bost_Close", "Comments": "kept", "DocEntry": 5}
    assert b1.patch(f"PurchaseInvoices({row['DocEntry']})", sent).status_code == 204
    now = b1.get(f"PurchaseInvoices({row['DocEntry']})").json()
    assert (now["Comments"], now["VatSum"], now["DocumentStatus"]) == ("kept", row["VatSum"], "bost_Open")


def test_collections_merge_by_row_key_unless_they_are_replaced(b1: Instance) -> None:
    path = f"BusinessPartners('{b1.vendor()}')"

    def cities() -> list[str]:
        return [row["City"] for row in b1.get(path).json()["BPAddresses"]]

    whole = {"B1S-ReplaceCollectionsOnPatch": "true"}
    two = [{"AddressName": "A", "City": "Aarhus"}, {"AddressName": "B", "City": "Bergen"}]
    assert b1.patch(path, {"BPAddresses": two}, headers=whole).status_code == 204
    rows = b1.get(path).json()["BPAddresses"]
    assert b1.patch(path, {"BPAddresses": [{"RowNum": rows[0]["RowNum"], "City": "Odense"}]}).status_code == 204
    assert cities() == ["Odense", "Bergen"]
    b1.patch(path, {"BPAddresses": [{"AddressName": "C", "City": "Cork"}]})
    assert cities() == ["Odense", "Bergen", "Cork"]  # a row without its key is one more
    b1.patch(path, {"BPAddresses": [{"AddressName": "D", "City": "Derry"}]}, headers=whole)
    assert cities() == ["Derry"]


# etags


def test_stale_etag_is_refused(b1: Instance) -> None:
    row = b1.bill()
    path, tag = f"PurchaseInvoices({row['DocEntry']})", row["@odata.etag"]
    assert b1.patch(path, {"Comments": "1"}, headers={"If-Match": tag}).status_code == 204
    assert error(b1.patch(path, {"Comments": "2"}, headers={"If-Match": tag})) == STALE
    assert error(b1.post(f"{path}/Cancel", {}, headers={"If-Match": tag})) == STALE
    old = b1.call("PATCH", path, {"Comments": "3"}, headers={"If-Match": tag}, version="v1")
    assert (old.status_code, old.json()["error"]["code"]) == (412, -2039)
    fresh = b1.get(path).headers["etag"]
    assert fresh != tag
    assert b1.patch(path, {"Comments": "4"}, headers={"If-Match": fresh}).status_code == 204
    assert b1.patch(path, {"Comments": "5"}).status_code == 204  # without If-Match nothing is checked


@pytest.mark.parametrize("value", ['"356A"', "356A", "*", "garbage"])
def test_only_weak_etags_are_checked(b1: Instance, value: str) -> None:
    path = f"PurchaseInvoices({b1.bill()['DocEntry']})"
    assert b1.patch(path, {"Comments": "x"}, headers={"If-Match": value}).status_code == 204


def test_records_of_equal_version_share_their_etag(b1: Instance) -> None:
    first, second = b1.bill(), b1.bill()
    assert first["@odata.etag"] == second["@odata.etag"]
    answer = b1.patch(
        f"PurchaseInvoices({first['DocEntry']})", {"Comments": "x"}, headers={"If-Match": second["@odata.etag"]}
    )
    assert answer.status_code == 204


def test_projects_have_no_version_to_check(b1: Instance) -> None:
    b1.saved("Projects", {"Code": "W-8", "Name": "Wharf"})
    assert b1.patch("Projects('W-8')", {"Name": "Pier"}, headers={"If-Match": 'W/"00"'}).status_code == 204


# user fields


def test_user_field_is_there_at_once_on_all_marketing_documents(b1: Instance) -> None:
    made = b1.saved("UserFieldsMD", field())
    assert {"EditSize": 20, "Mandatory": "tNO", "ValidValuesMD": [], "Name": "ProcoreTag"}.items() <= made.items()
    assert b1.get(f"UserFieldsMD(TableName='OPCH',FieldID={made['FieldID']})").json()["Name"] == "ProcoreTag"
    listed = b1.rows("UserFieldsMD", filter="Name eq 'ProcoreTag'")
    assert {"OPCH", "OPOR", "ORPC"} <= {row["TableName"] for row in listed}
    row = b1.bill(U_ProcoreTag="commitment:1")
    assert row["U_ProcoreTag"] == "commitment:1"
    assert b1.bill()["U_ProcoreTag"] is None
    found = b1.rows("PurchaseInvoices", filter="U_ProcoreTag eq 'commitment:1'", select="DocEntry,U_ProcoreTag")
    assert [one["DocEntry"] for one in found] == [row["DocEntry"]]
    b1.patch(f"PurchaseInvoices({row['DocEntry']})", {"U_ProcoreTag": "commitment:2"})
    assert b1.get(f"PurchaseInvoices({row['DocEntry']})/U_ProcoreTag").json() == {"value": "commitment:2"}
    assert b1.get("PurchaseOrders", select="U_ProcoreTag").status_code == 200
    names = [one.attrib.get("Name") for one in ElementTree.fromstring(b1.get("$metadata").content).iter()]
    assert "U_ProcoreTag" in names


def test_user_field_of_lines_is_not_one_of_headers(b1: Instance) -> None:
    b1.saved("UserFieldsMD", field("PCH1", "LineTag"))
    body = b1.bill_body()
    body["DocumentLines"][0]["U_LineTag"] = "line:9"
    assert b1.saved("PurchaseInvoices", body)["DocumentLines"][0]["U_LineTag"] == "line:9"
    assert error(b1.post("PurchaseInvoices", b1.bill_body(U_LineTag="x"))) == (
        400,
        "-1000",
        "Property 'U_LineTag' of 'Document' is invalid",
    )
    assert error(b1.get("PurchaseInvoices", filter="U_LineTag eq 'x'")) == (
        400,
        "201",
        "Property 'U_LineTag' is invalid",
    )
    status, _, text = error(b1.post("PurchaseInvoices", b1.bill_body(U_ProcoreTag="x")))
    assert (status, text) == (400, "Property 'U_ProcoreTag' of 'Document' is invalid")


def test_user_field_keeps_its_size_name_and_type(b1: Instance) -> None:
    made = b1.saved("UserFieldsMD", field())
    path = f"UserFieldsMD(TableName='OPCH',FieldID={made['FieldID']})"
    duplicate = (400, "-2035", "This entry already exists in the following tables (ODBC -2035)")
    assert error(b1.post("UserFieldsMD", field())) == duplicate
    assert error(b1.post("UserFieldsMD", field("OPOR"))) == duplicate
    b1.saved("UserFieldsMD", field("OPRJ"))
    fixed = (400, "-1029", "Field cannot be updated (ODBC -1029)")
    assert error(b1.patch(path, {"Type": "db_Numeric"})) == fixed
    assert b1.patch(path, {"Description": "Source", "Size": 30}).status_code == 204
    assert {row["Size"] for row in b1.rows("UserFieldsMD", filter="Name eq 'ProcoreTag' and TableName ne 'OPRJ'")} == {
        30
    }
    assert "Value too long" in error(b1.post("PurchaseInvoices", b1.bill_body(U_ProcoreTag="x" * 31)))[2]
    assert b1.call("DELETE", path).status_code == 204
    assert error(b1.get("PurchaseOrders", select="U_ProcoreTag"))[1] == "-1000"
    assert error(b1.get(path)) == MISSING
    assert b1.rows("Projects", select="U_ProcoreTag") is not None  # that of another table is still there


def test_user_fields_of_other_types(b1: Instance) -> None:
    for name, kind in (
        ("TagNumber", "db_Numeric"),
        ("TagDay", "db_Date"),
        ("TagSum", "db_Float"),
        ("TagText", "db_Memo"),
    ):
        b1.saved("UserFieldsMD", field("OPRJ", name, Type=kind))
    sent = {"U_TagNumber": "7", "U_TagDay": "20260304", "U_TagSum": 1.5, "U_TagText": "x" * 500}
    row = b1.saved("Projects", {"Code": "W-9", "Name": "Wharf", **sent})
    assert (row["U_TagNumber"], row["U_TagDay"], row["U_TagSum"]) == (7, "2026-03-04T00:00:00Z", 1.5)
    assert b1.rows("Projects", filter="U_TagDay eq '2026-03-04' and U_TagNumber gt 6", select="Code") == [
        {"Code": "W-9"}
    ]
    assert error(b1.post("UserFieldsMD", field("NOPE")))[:2] == (400, "-5002")


def test_new_user_field_may_wait_for_a_restart(b1: Instance) -> None:
    b1.switch(new_udf_needs_restart=True)
    made = b1.saved("UserFieldsMD", field())
    refused = (400, "-1000", "Property 'U_ProcoreTag' of 'Document' is invalid")
    assert error(b1.post("PurchaseInvoices", b1.bill_body(U_ProcoreTag="x"))) == refused
    assert error(b1.get("PurchaseInvoices", select="U_ProcoreTag")) == refused
    assert b1.get(f"UserFieldsMD(TableName='OPCH',FieldID={made['FieldID']})").status_code == 200
    b1.act("restart_service")
    assert b1.bill(U_ProcoreTag="x")["U_ProcoreTag"] == "x"
