"""Reading: records, lists, filters, pages, joins, metadata (vendors/sap_b1.md §1, §4, §6, §8)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
from sap_b1_over_http import Instance, error, instance

FIRST_TAG = 'W/"356A192B7913B04C54574D18C28D46E6395428AB"'
NOT_SUPPORTED = (400, "201", "Not supported query string")


@pytest.fixture(scope="module")
def b1() -> Iterator[Instance]:
    """Read only, but for the projects Q-01 to Q-45 and the invoices that are made here."""
    with instance() as found:
        found.log_in()
        for number in range(1, 46):
            body = {"Code": f"Q-{number:02}", "Name": f"Quay {number % 3}", "Active": "tNO" if number > 40 else "tYES"}
            found.saved("Projects", body | ({} if number == 1 else {"ValidFrom": f"2026-01-{number % 28 + 1:02}"}))
        for number in range(1, 4):
            lines = [
                {"AccountCode": found.account(), "ItemDescription": f"Line {n}", "LineTotal": 10 * n} for n in (1, 2)
            ]
            found.bill(NumAtCard=f"R-{number}", DocumentLines=lines)
        yield found


@pytest.fixture(autouse=True)
def switches_as_at_start(b1: Instance) -> Iterator[None]:
    yield
    b1.switch(page_size=20, next_link="relative", next_link_keeps_query=False, case_sensitive=True)


def codes(b1: Instance, text: str, **options: str) -> list[str]:
    wanted = f"startswith(Code,'Q-') and ({text})"
    return [row["Code"] for row in b1.rows("Projects", filter=wanted, select="Code", **options)]


# one record


def test_record_by_each_spelling_of_its_key(b1: Instance) -> None:
    for path in ("Projects('Q-01')", "Projects(Code='Q-01')", "Projects( Code = 'Q-01' )"):
        assert b1.get(path).json()["Code"] == "Q-01"
    entry = b1.rows("PurchaseInvoices", filter="NumAtCard eq 'R-1'")[0]["DocEntry"]
    assert b1.get(f"PurchaseInvoices({entry})").json()["NumAtCard"] == "R-1"
    assert b1.get(f"PurchaseInvoices(DocEntry={entry})").json()["NumAtCard"] == "R-1"
    b1.saved("Projects", {"Code": "O'Hare", "Name": "Quote"})
    assert b1.get("Projects('O''Hare')").json()["Name"] == "Quote"
    assert error(b1.get("Projects(Q)"))[:2] == (400, "-1000")
    assert error(b1.get("PurchaseInvoices('x')"))[:2] == (400, "-1000")


def test_record_has_context_and_etag_first(b1: Instance) -> None:
    row = b1.rows("PurchaseInvoices", filter="NumAtCard eq 'R-1'")[0]
    answer = b1.get(f"PurchaseInvoices({row['DocEntry']})")
    body = answer.json()
    assert list(body)[:3] == ["@odata.context", "@odata.etag", "DocEntry"]
    assert body["@odata.context"] == f"{b1.host}/b1s/v2/$metadata#PurchaseInvoices/$entity"
    assert answer.headers["etag"] == body["@odata.etag"]
    if body["DataVersion"] == 1:
        assert body["@odata.etag"] == FIRST_TAG
    old = b1.get(f"PurchaseInvoices({row['DocEntry']})", version="v1").json()
    assert list(old)[:3] == ["odata.metadata", "odata.etag", "DocEntry"]
    assert old["odata.metadata"] == f"{b1.host}/b1s/v1/$metadata#PurchaseInvoices/@Element"
    assert "etag" not in b1.get("Projects('Q-01')").headers
    assert "@odata.etag" not in b1.get("Projects('Q-01')").json()


def test_select_on_a_record_hides_the_real_etag(b1: Instance) -> None:
    entry = b1.rows("PurchaseInvoices", filter="NumAtCard eq 'R-2'")[0]["DocEntry"]
    for _ in range(2):
        assert b1.patch(f"PurchaseInvoices({entry})", {"Comments": "again"}).status_code == 204
    answer = b1.get(f"PurchaseInvoices({entry})", select="NumAtCard,DocEntry")
    assert "etag" not in answer.headers
    assert {name: value for name, value in answer.json().items() if "context" not in name} == {
        "@odata.etag": FIRST_TAG,
        "DocEntry": entry,
        "NumAtCard": "R-2",
    }
    assert b1.get(f"PurchaseInvoices({entry})").json()["@odata.etag"] != FIRST_TAG


def test_if_none_match_still_gets_the_record(b1: Instance) -> None:
    entry = b1.rows("PurchaseInvoices")[0]["DocEntry"]
    tag = b1.get(f"PurchaseInvoices({entry})").headers["etag"]
    assert b1.get(f"PurchaseInvoices({entry})", headers={"If-None-Match": tag}).status_code == 200


def test_dates_are_bare_in_v1_and_decorated_in_v2(b1: Instance) -> None:
    assert b1.get("Projects('Q-02')").json()["ValidFrom"] == "2026-01-03T00:00:00Z"
    assert b1.get("Projects('Q-02')", version="v1").json()["ValidFrom"] == "2026-01-03"
    assert b1.get("Projects('Q-01')").json()["ValidFrom"] is None


def test_numbers_are_written_as_doubles(b1: Instance) -> None:
    entry = b1.rows("PurchaseInvoices", filter="NumAtCard eq 'R-1'")[0]["DocEntry"]
    text = b1.get(f"PurchaseInvoices({entry})").text
    assert '"DocTotal":30.0' in text
    assert '"LineTotal":10.0' in text


def test_single_properties_and_raw_values(b1: Instance) -> None:
    assert b1.get("Projects('Q-02')/Name").json() == {"value": "Quay 2"}
    assert b1.get("Projects('Q-02')/Name/$value").text == "Quay 2"
    assert b1.get("Projects('Q-01')/ValidFrom").json() == {"@odata.null": True}
    assert b1.get("Projects('Q-01')/ValidFrom", version="v1").json() == {"odata.null": True}
    missing = (404, "-2028", "No matching records found (ODBC -2028)")
    assert error(b1.get("Projects('Q-01')/ValidFrom/$value")) == missing
    assert error(b1.get("Projects('Q-01')/Nonsense")) == (400, "-1000", "Property 'Nonsense' of 'Project' is invalid")
    assert error(b1.get("Projects('NONE')")) == missing


# lists


def test_pages_have_twenty_rows_and_a_relative_next_link(b1: Instance) -> None:
    first = b1.get("Projects", orderby="Code", filter="startswith(Code,'Q-')").json()
    assert (len(first["value"]), first["@odata.nextLink"]) == (20, "Projects?$skip=20")
    last = b1.get("Projects", orderby="Code", filter="startswith(Code,'Q-')", skip="40").json()
    assert ([row["Code"] for row in last["value"]][-1], "@odata.nextLink" in last) == ("Q-45", False)
    old = b1.get("Projects", version="v1").json()
    assert old["odata.nextLink"] == "Projects?$skip=20"


def test_next_link_can_be_rooted_absolute_and_complete(b1: Instance) -> None:
    b1.switch(next_link="rooted")
    assert b1.get("Projects", version="v1").json()["odata.nextLink"] == "/b1s/v1/Projects?$skip=20"
    b1.switch(next_link="absolute", next_link_keeps_query=True)
    wanted = "startswith(Code,'Q-') and Active eq 'tYES'"
    body = b1.get("Projects", filter=wanted, orderby="Code desc", top="30").json()
    link = body["@odata.nextLink"]
    assert link.startswith(f"{b1.host}/b1s/v2/Projects?")
    rest = b1.http.get(link).json()
    assert len(rest["value"]) == 10
    assert [row["Code"] for row in body["value"] + rest["value"]] == [f"Q-{n:02}" for n in range(40, 10, -1)]


@pytest.mark.parametrize("headers", [{"Prefer": "odata.maxpagesize=30"}, {"B1S-PageSize": "30"}])
def test_page_size_by_header(b1: Instance, headers: dict[str, str]) -> None:
    answer = b1.get("Projects", headers=headers)
    assert len(answer.json()["value"]) == 30
    assert answer.json()["@odata.nextLink"] == "Projects?$skip=30"
    assert answer.headers.get("preference-applied") == ("odata.maxpagesize=30" if "Prefer" in headers else None)
    whole = b1.get("Projects", headers={name: value.replace("30", "0") for name, value in headers.items()})
    assert len(whole.json()["value"]) >= 45
    assert "@odata.nextLink" not in whole.json()


def test_top_does_not_raise_the_page_size(b1: Instance) -> None:
    few = b1.get("Projects", top="5", skip="2", orderby="Code").json()
    assert (len(few["value"]), "@odata.nextLink" in few) == (5, False)
    many = b1.get("Projects", top="25").json()
    assert (len(many["value"]), many["@odata.nextLink"]) == (20, "Projects?$skip=20")


def test_counts(b1: Instance) -> None:
    wanted = "startswith(Code,'Q-')"
    assert b1.get("Projects/$count", filter=wanted).text == "45"
    assert b1.get("Projects/$count", filter=wanted).headers["content-type"].startswith("text/plain")
    assert b1.get("Projects", filter=wanted, count="true", top="1").json()["@odata.count"] == 45
    assert b1.get("Projects", filter=wanted, inlinecount="allpages").json()["@odata.count"] == 45
    assert b1.get("Projects", version="v1", filter=wanted, inlinecount="allpages").json()["odata.count"] == "45"
    assert "@odata.count" not in b1.get("Projects", inlinecount="none").json()
    assert error(b1.get("Projects", inlinecount="some"))[0] == 400
    assert b1.get("Projects", version="v1", count="true").status_code == 400


def test_rows_of_lists_carry_their_etag(b1: Instance) -> None:
    row = b1.get("PurchaseInvoices", filter="NumAtCard eq 'R-1'", select="DocEntry").json()["value"][0]
    assert list(row) == ["@odata.etag", "DocEntry"]
    assert row["@odata.etag"] == b1.get(f"PurchaseInvoices({row['DocEntry']})").headers["etag"]


def test_select_names_only_known_properties(b1: Instance) -> None:
    assert list(b1.rows("Projects", select="Name, Code")[0]) == ["Code", "Name"]
    assert error(b1.get("Projects", select="Code,PrjName")) == (
        400,
        "-1000",
        "Property 'PrjName' of 'Project' is invalid",
    )
    assert error(b1.get("PurchaseInvoices(1)", select="U_Missing"))[1] == "-1000"


def test_order_by_several_fields_nulls_first(b1: Instance) -> None:
    rows = b1.rows("Projects", filter="startswith(Code,'Q-')", orderby="Name desc, Code asc", select="Code,Name")
    assert rows == sorted(sorted(rows, key=lambda row: row["Code"]), key=lambda row: row["Name"], reverse=True)
    assert codes(b1, "Code ne ''", orderby="ValidFrom")[0] == "Q-01"
    assert error(b1.get("Projects", orderby="Nonsense")) == (400, "201", "Property 'Nonsense' is invalid")


# filters


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Code eq 'Q-03'", ["Q-03"]),
        ("'Q-03' eq Code", ["Q-03"]),
        ("Code gt 'Q-43'", ["Q-44", "Q-45"]),
        ("Code ge 'Q-44' and not (Code eq 'Q-45')", ["Q-44"]),
        ("not startswith(Name,'Quay') or Code le 'Q-01'", ["Q-01"]),
        ("Code eq 'Q-01' or Code eq 'Q-02' and Code eq 'Q-03'", ["Q-01"]),
        ("(Code eq 'Q-01' or Code eq 'Q-03') and Code eq 'Q-03'", ["Q-03"]),
        ("endswith(Code,'-07')", ["Q-07"]),
        ("contains(Code,'-1') and Code lt 'Q-12'", ["Q-10", "Q-11"]),
        ("substringof('44',Code)", ["Q-44"]),
        ("Active eq 'tNO' and Code lt 'Q-43'", ["Q-41", "Q-42"]),
        ("Active eq 'N' and Code lt 'Q-43'", ["Q-41", "Q-42"]),
        ("Active ne 'tYES' and Code lt 'Q-42'", ["Q-41"]),
        ("ValidFrom eq null", ["Q-01"]),
        ("ValidFrom ne null and Code lt 'Q-03'", ["Q-02"]),
        ("ValidFrom lt '2026-01-03'", ["Q-28", "Q-29"]),
        ("ValidFrom eq '20260103'", ["Q-02", "Q-30"]),
        ("ValidFrom eq datetime'2026-01-03'", ["Q-02", "Q-30"]),
        ("ValidFrom eq '2026-01-03T12:21:21'", ["Q-02", "Q-30"]),
        ("Projects/ValidFrom eq '20260103000000'", ["Q-02", "Q-30"]),
        ("not (ValidFrom ge '2026-01-01')", []),
    ],
)
def test_filter(b1: Instance, text: str, found: list[str]) -> None:
    assert codes(b1, text) == found


def test_numbers_compare_as_numbers_also_when_they_are_texts(b1: Instance) -> None:
    for text in ("DocTotal eq 30", "DocTotal eq 30.00", "DocTotal eq '30'", "DocTotal gt 29.99 and DocTotal lt 30.01"):
        found = b1.rows("PurchaseInvoices", filter=text, select="NumAtCard", orderby="NumAtCard")
        assert [row["NumAtCard"] for row in found] == ["R-1", "R-2", "R-3"]


def test_of_times_only_hours_and_minutes_count(b1: Instance) -> None:
    row = b1.rows("PurchaseInvoices", filter="NumAtCard eq 'R-1'")[0]
    hours, minutes, _ = row["UpdateTime"].split(":")
    texts = (f"{hours}:{minutes}:59", f"{hours}:{minutes}", f"{hours}{minutes}", f"2014-06-18T{hours}:{minutes}:00Z")
    for text in texts:
        found = b1.rows("PurchaseInvoices", filter=f"UpdateTime eq '{text}' and DocEntry eq {row['DocEntry']}")
        assert len(found) == 1
    day = row["UpdateDate"][:10]
    delta = f"(UpdateDate gt '{day}') or (UpdateDate eq '{day}' and UpdateTime ge '{hours}:{minutes}')"
    assert row["DocEntry"] in [one["DocEntry"] for one in b1.rows("PurchaseInvoices", filter=delta)]


def test_case_counts_unless_the_request_or_the_database_says_otherwise(b1: Instance) -> None:
    path = "Projects/$count"
    assert b1.get(path, filter="startswith(Code,'q-')").text == "0"
    assert b1.get(path, filter="startswith(Code,'q-')", headers={"B1S-CaseInsensitive": "true"}).text == "45"
    assert b1.get(path, filter="Code eq 'q-07'", headers={"B1S-CaseInsensitive": "true"}).text == "1"
    b1.switch(case_sensitive=False)
    assert b1.get(path, filter="contains(Code,'q-')").text == "45"


@pytest.mark.parametrize(
    ("entity", "text", "refusal"),
    [
        ("PurchaseInvoices", "DocStatus eq 'O'", (400, "201", "Property 'DocStatus' is invalid")),
        ("PurchaseInvoices", "DocumentStatus eq bost_Open", (400, "201", "Property 'bost_Open' is invalid")),
        (
            "PurchaseInvoices",
            "DocumentLines/LineTotal gt 1",
            (400, "201", "Property 'DocumentLines/LineTotal' is invalid"),
        ),
        (
            "PurchaseInvoices",
            "toupper(CardName) eq 'X'",
            (400, "-1000", "Property 'toupper' of 'Document' is invalid"),
        ),
        ("PurchaseInvoices", "DocTotal add 1 gt 2", NOT_SUPPORTED),
        ("Projects", "Code eq", NOT_SUPPORTED),
        ("Projects", "Code eq 'x", NOT_SUPPORTED),
        ("Projects", "(Code eq 'x'", NOT_SUPPORTED),
        ("Projects", "Code is 'x'", NOT_SUPPORTED),
        ("Projects", "1 eq 1", NOT_SUPPORTED),
        ("Projects", "Code", NOT_SUPPORTED),
    ],
)
def test_bad_filters(b1: Instance, entity: str, text: str, refusal: tuple[int, str, str]) -> None:
    assert error(b1.get(entity, filter=text)) == refusal


def test_addresses_have_a_longest_length(b1: Instance) -> None:
    wanted = " or ".join(f"Code eq 'Q-{number:02}'" for number in range(1, 46))
    assert len(b1.rows("Projects", filter=wanted)) == 45
    answer = b1.get("Projects", filter=" or ".join([wanted] * 12))
    assert (answer.status_code, answer.headers["content-type"][:9]) == (414, "text/html")


def test_unknown_options_and_paths(b1: Instance) -> None:
    assert error(b1.get("Projects", search="x")) == NOT_SUPPORTED
    assert error(b1.get("Projects", top="x")) == NOT_SUPPORTED
    assert error(b1.get("Nonsense")) == (400, "-1002", "Unrecognized resource path")
    assert error(b1.get("projects")) == (400, "-1002", "Unrecognized resource path")
    assert error(b1.get("Projects/Nonsense")) == (400, "-1002", "Unrecognized resource path")
    assert error(b1.post("NonsenseService_Do", {})) == (400, "200", "Service Not Found")


def test_errors_of_v1_are_objects(b1: Instance) -> None:
    assert b1.get("Projects('NONE')", version="v1").json() == {
        "error": {"code": -2028, "message": {"lang": "en-us", "value": "No matching records found (ODBC -2028)"}}
    }
    b1.switch(error_details=True)
    told = b1.get("Projects('NONE')").json()["error"]
    b1.switch(error_details=False)
    assert told["details"] == [{"code": "", "message": ""}]


# expand, apply, joins


def test_expand_shows_the_business_partner(b1: Instance) -> None:
    row = b1.rows("PurchaseInvoices", filter="NumAtCard eq 'R-1'")[0]
    path = f"PurchaseInvoices({row['DocEntry']})"
    body = b1.get(path, select="DocEntry", expand="BusinessPartner($select=CardCode,CardType)").json()
    assert body["BusinessPartner"] == {"CardCode": row["CardCode"], "CardType": "cSupplier"}
    listed = b1.rows("PurchaseInvoices", expand="BusinessPartner", select="DocEntry,BusinessPartner/CardCode")
    assert listed[0]["BusinessPartner"] == {"CardCode": row["CardCode"]}
    assert error(b1.get(path, expand="Nonsense")) == (400, "201", "Property 'Nonsense' is invalid")
    assert error(b1.get(path, expand="BusinessPartner($select=X)"))[1] == "-1000"


def test_apply_aggregates_and_groups(b1: Instance) -> None:
    total = b1.get("PurchaseInvoices", apply="aggregate(DocTotal with sum as Total, $count as Bills)").json()
    assert total["@odata.context"].endswith("$metadata#PurchaseInvoices(Total,Bills)")
    assert total["value"] == [{"@odata.id": None, "Total": 90.0, "Bills": 3}]
    none = b1.get(
        "PurchaseInvoices", filter="DocEntry eq 0", apply="aggregate(DocTotal with sum as Total)", version="v1"
    )
    assert none.json()["value"] == [{"odata.id": None, "Total": None}]
    wanted = "filter(startswith(Code,'Q-'))/groupby((Projects/Name,Active),aggregate(Code with countdistinct as Codes))"
    groups = b1.get("Projects", apply=wanted).json()["value"]
    assert sum(row["Codes"] for row in groups) == 45
    assert {"@odata.id": None, "Name": "Quay 1", "Active": "tYES", "Codes": 14} in groups
    least = b1.get("Projects", filter="startswith(Code,'Q-')", apply="aggregate(ValidFrom with min as First)").json()
    assert [row["First"] for row in least["value"]] == ["2026-01-01T00:00:00Z"]
    assert error(b1.get("Projects", apply="compute(1)")) == NOT_SUPPORTED
    assert error(b1.get("Projects", apply="aggregate(Name with sum as X)")) == NOT_SUPPORTED


def lines(b1: Instance, option: str, **more: Any) -> dict[str, Any]:
    path = "$crossjoin(PurchaseInvoices,PurchaseInvoices/DocumentLines)"
    answer = b1.post("QueryService_PostQuery", {"QueryPath": path, "QueryOption": option}, **more)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/plain")
    found: dict[str, Any] = answer.json()
    return found


def test_lines_are_found_by_a_query_that_joins_them(b1: Instance) -> None:
    wanted = (
        "PurchaseInvoices($select=DocEntry, NumAtCard)",
        "PurchaseInvoices/DocumentLines($select=LineNum,LineTotal)",
    )
    select = f"$expand={','.join(wanted)}"
    join = "PurchaseInvoices/DocEntry eq PurchaseInvoices/DocumentLines/DocEntry"
    body = lines(b1, f"{select}&$filter={join} and PurchaseInvoices/DocumentLines/LineTotal gt 15")
    assert [row["PurchaseInvoices"]["NumAtCard"] for row in body["value"]] == ["R-1", "R-2", "R-3"]
    assert {row["PurchaseInvoices/DocumentLines"]["LineTotal"] for row in body["value"]} == {20.0}
    assert len(lines(b1, select)["value"]) == 18  # every invoice beside every line
    page = lines(b1, f"{select}&$filter={join}", headers={"Prefer": "odata.maxpagesize=4"})
    assert (len(page["value"]), page["@odata.nextLink"].endswith("$skip=4")) == (4, True)
    sets = "$crossjoin(PurchaseInvoices,BusinessPartners)"
    answer = b1.get(
        sets,
        expand="PurchaseInvoices($select=NumAtCard),BusinessPartners($select=CardCode)",
        filter="PurchaseInvoices/CardCode eq BusinessPartners/CardCode and PurchaseInvoices/NumAtCard eq 'R-2'",
    )
    assert len(answer.json()["value"]) == 1


def test_bad_joins(b1: Instance) -> None:
    bad = (400, "-1000", "invalid $crossjoin query")
    query = {"QueryPath": "$crossjoin(PurchaseInvoices,Nonsense)", "QueryOption": "$expand=PurchaseInvoices"}
    assert error(b1.post("QueryService_PostQuery", query)) == bad
    assert error(b1.post("QueryService_PostQuery", query | {"QueryPath": "PurchaseInvoices"})) == bad
    query["QueryPath"] = "$crossjoin(PurchaseInvoices,PurchaseInvoices/DocumentLines)"
    assert error(b1.post("QueryService_PostQuery", query | {"QueryOption": "$filter=x"})) == bad
    query["QueryOption"] = "$expand=PurchaseInvoices&$filter=PurchaseInvoices/X eq 1"
    assert error(b1.post("QueryService_PostQuery", query)) == (400, "201", "Property 'PurchaseInvoices/X' is invalid")


# what there is


def test_service_document_lists_the_entity_sets(b1: Instance) -> None:
    body = b1.get("").json()
    assert body["@odata.context"] == f"{b1.host}/b1s/v2/$metadata"
    assert {"name": "PurchaseInvoices", "kind": "EntitySet", "url": "PurchaseInvoices"} in body["value"]
    assert "UserFieldsMD" in [row["name"] for row in body["value"]]


def test_metadata_of_both_versions(b1: Instance) -> None:
    new = b1.get("$metadata")
    assert new.headers["content-type"].startswith("application/xml")
    root = ElementTree.fromstring(new.content)
    edm = "{http://docs.oasis-open.org/odata/ns/edm}"
    assert root.attrib["Version"] == "4.0"
    schema = next(root.iter(f"{edm}Schema"))
    assert schema.attrib["Namespace"] == "SAPB1"
    types = {one.attrib["Name"]: one for one in schema.iter(f"{edm}EntityType")}
    date = next(one for one in types["Document"].iter(f"{edm}Property") if one.attrib["Name"] == "DocDate")
    assert date.attrib["Type"] == "Edm.DateTimeOffset"
    invoices = next(one for one in schema.iter(f"{edm}EntitySet") if one.attrib["Name"] == "PurchaseInvoices")
    assert [one.text for one in invoices.iter(f"{edm}PropertyPath")] == ["DataVersion"]
    old = ElementTree.fromstring(b1.get("$metadata", version="v1").content)
    assert old.attrib["Version"] == "1.0"
    fixed = [one.attrib["Name"] for one in old.iter() if one.attrib.get("ConcurrencyMode") == "Fixed"]
    assert set(fixed) == {"DataVersion"}
    names = [one.attrib["Name"] for one in schema.iter(f"{edm}EnumType")]
    assert len(names) == len(set(names))


def test_services_answer_post_and_v2_also_get(b1: Instance) -> None:
    body = b1.post("CompanyService_GetAdminInfo", {}).json()
    assert body["TotalsAccuracy"] == 2
    assert b1.get("CompanyService_GetAdminInfo").json() == body
    assert b1.post("CompanyService_GetAdminInfo", {}, version="v1").json()["TotalsAccuracy"] == 2
    assert b1.get("CompanyService_GetAdminInfo", version="v1").status_code == 400
    listed = b1.post("ProjectsService_GetProjectList", {}).json()["value"]
    assert "Q-01" in [row["Code"] for row in listed]
    assert error(b1.post("CompanyService_GetAdminInfo", {"X": 1}))[1] == "-1000"


def test_services_that_answer_a_single_value(b1: Instance) -> None:
    assert b1.get("SBOBobService_GetLocalCurrency()").json()["value"] == "USD"
    assert b1.post("SBOBobService_GetLocalCurrency", {}, version="v1").json() == "USD"
    day = {"Currency": "USD", "Date": "20260301"}
    assert b1.post("SBOBobService_GetCurrencyRate", day).json()["value"] == 1.0
    assert b1.get("SBOBobService_GetCurrencyRate(Currency='USD',Date='20260301')").json()["value"] == 1.0
    assert error(b1.get("SBOBobService_GetCurrencyRate('USD')"))[:2] == (400, "-1000")
