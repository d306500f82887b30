"""Accounts, subaccounts, dimensions, projects, budgets and reference lists of the Visma.net sandbox (§6.5)."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

import pytest
from visma_over_http import JOURNALS, Erp, erp, journal, journal_line, segments, wrapped

CENTRES = "/v1/dimension/SUBACCOUNT/2"


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


# accounts


def test_accounts_are_entered_and_changed_under_their_odd_names(visma: Erp) -> None:
    body = wrapped(accountCD="57000", description="Haulage", type="Expense", extenalCode1="E1", accountGroupCD="OTHER")
    assert visma.create("/v1/account", body) == "57000"
    row = visma.get("/v1/account/57000")
    assert (row["accountCD"], row["type"], row["active"], row["accountGroupCD"]) == ("57000", "Expense", True, "OTHER")
    assert (row["externalCode1Info"]["number"], row["analisysCodeInfo"]) == ("E1", None)
    assert visma.changed("/v1/account/57000", wrapped(active=False, accountCD="1"))["active"] is False
    assert [one["accountCD"] for one in visma.rows("/v1/account", externalCode1="E1")] == ["57000"]
    assert "57000" not in [one["accountCD"] for one in visma.rows("/v1/account", active="true")]
    assert "already exists" in visma.refused("/v1/account", body)
    assert "'Type'" in visma.refused("/v1/account", wrapped(accountCD="57001"))
    assert "cannot be empty" in visma.refused("/v1/account", wrapped(type="Asset"))


def test_the_chart_is_the_months_own(visma: Erp) -> None:
    chart = {row["accountCD"]: row for row in visma.rows("/v1/account")}
    assert (chart["20500"]["description"], chart["20500"]["allowManualEntry"]) == ("Accrued job costs", True)
    assert (chart["20000"]["controlAccountModule"], chart["20000"]["allowManualEntry"]) == ("AP", False)
    assert chart["54900"]["active"] is False


# dimensions


def test_dimensions_are_a_list_of_names(visma: Erp) -> None:
    assert visma.http.get("/v1/dimension").json() == ["ACCOUNT", "PROJECT", "PROTASK", "SUBACCOUNT", "VENDOR"]
    assert visma.http.get("/v1/dimension/NONE").status_code == 404
    assert visma.http.get("/v1/dimension/SUBACCOUNT/9").status_code == 404


def test_segments_hold_projects_and_cost_codes(visma: Erp) -> None:
    whole = visma.get("/v1/dimension/SUBACCOUNT")
    assert (whole["id"], whole["length"], len(whole["segments"])) == ("SUBACCOUNT", 11, 3)
    centres = {one["valueId"]: one["description"] for one in whole["segments"][1]["segmentValues"]}
    assert centres["011"] == "Harborfront Medical Office"
    codes = {one["valueId"] for one in whole["segments"][2]["segmentValues"]}
    assert "03-300" in codes
    assert "13-280" not in codes
    bare = visma.get("/v1/dimension/SUBACCOUNT", expandSegmentsValues="false")
    assert [one["segmentValues"] for one in bare["segments"]] == [[], [], []]


def test_cost_centres_are_kept_with_one_put(visma: Erp) -> None:
    etag = visma.http.get(CENTRES).headers["ETag"]
    rows = [
        {"operation": "Insert", "value": "204", "description": {"value": "Tower B"}, "active": {"value": True}},
        {"operation": "Insert", "value": "205", "description": {"value": "Tower C"}},
        {"operation": "Update", "value": "011", "description": {"value": "Harbour"}},
    ]
    answer = visma.change(CENTRES, {"segmentValues": rows}, **{"If-Match": etag})
    assert (answer.status_code, answer.headers["ETag"] != etag) == (204, True)
    held = {one["valueId"]: one for one in visma.get(CENTRES)["segmentValues"]}
    assert (held["204"]["description"], held["204"]["active"], held["011"]["description"]) == (
        "Tower B",
        True,
        "Harbour",
    )
    assert visma.change(CENTRES, {"segmentValues": rows[:1]}, **{"If-Match": etag}).status_code == 412
    coded = base64.b64encode(b"204").decode()
    assert visma.get(f"{CENTRES}/{coded}")["description"] == "Tower B"
    assert visma.get(f"{CENTRES}/publicid/{held['205']['publicId']}")["valueId"] == "205"
    gone = {"segmentValues": [{"operation": "Delete", "value": "205"}]}
    assert visma.change(CENTRES, gone).status_code == 204
    assert visma.http.get(f"{CENTRES}/{base64.b64encode(b'205').decode()}").status_code == 404


@pytest.mark.parametrize(
    "row",
    [
        {"operation": "Insert", "value": "011"},
        {"operation": "Insert", "value": "12345"},
        {"operation": "Insert", "value": ""},
        {"operation": "Update", "value": "999"},
        {"operation": "Delete", "value": "011"},
    ],
)
def test_a_refused_value_refuses_the_whole_put(visma: Erp, row: dict[str, Any]) -> None:
    good = {"operation": "Insert", "value": "301", "description": {"value": "Good"}}
    before = visma.get(CENTRES)
    assert visma.change(CENTRES, {"segmentValues": [good, row]}).status_code == 400
    assert visma.get(CENTRES) == before


def test_values_are_found_by_their_change_time(visma: Erp) -> None:
    since = visma.get(CENTRES)["lastModified"]
    visma.advance(1)
    visma.act("add_segment_value", segment=2, value="310", name="New job")
    found = visma.get("/v1/dimension/SUBACCOUNT", lastModifiedDateTime=since)
    assert [one["valueId"] for one in found["segments"][1]["segmentValues"]] == ["310"]


def test_an_inactive_cost_centre_takes_no_postings(visma: Erp) -> None:
    visma.act("deactivate", kind="segment_value", id="2/011")
    assert "not a valid value" in visma.refused(JOURNALS, journal())
    visma.act("activate", kind="segment_value", id="2/011")
    visma.journal()


# subaccounts


def test_subaccounts_are_entered_by_their_whole_number(visma: Erp) -> None:
    assert visma.create("/v1/subaccount", wrapped(subaccountNumber="0001232-310", description="Own")) == "0001232-310"
    row = visma.get("/v1/subaccount/0001232-310")
    assert (row["description"], row["active"]) == ("Own", True)
    assert [one["segmentId"] for one in row["segments"]] == [1, 2, 3]
    assert visma.changed("/v1/subaccount/0001232-310", wrapped(active=False))["active"] is False
    line = journal_line("54000", debit=1, subaccount=segments("012", "32-310"))
    body = journal(journalTransactionLines=[line, journal_line("20500", credit=1)])
    assert "inactive" in visma.refused(JOURNALS, body)
    listed = [one["subaccountNumber"] for one in visma.rows("/v1/subaccount", active="false")]
    assert listed == ["0001232-310"]
    assert visma.rows("/v1/subaccount", pageSize=1)[0]["metadata"]["maxPageSize"] == 1000
    for wrong in ("0001232-310", "00012", "0099932-310"):
        visma.refused("/v1/subaccount", wrapped(subaccountNumber=wrong))


# projects


def test_projects_and_their_tasks(visma: Erp) -> None:
    tasks = [{"operation": "Insert", **wrapped(taskId="01", description="Groundwork")}]
    body = wrapped(projectID="P-204", description="Tower B", status="Active", startDate="2026-01-01", tasks=tasks)
    assert visma.create("/v1/project", body) == "P-204"
    row = visma.get("/v1/project/P-204")
    assert (row["status"], row["tasks"][0]["taskId"], row["hold"]) == ("Active", "01", False)
    internal = row["internalID"]
    assert visma.get(f"/v1/project/internal/{internal}")["projectID"] == "P-204"
    assert visma.changed(f"/v1/project/internal/{internal}", wrapped(hold=True))["status"] == "OnHold"
    task = visma.http.post(f"/v1/projecttask/{internal}", json=wrapped(taskId="02", description="Frame"))
    number = task.headers["Location"].rpartition("/")[2]
    found = visma.get(f"/v1/projecttask/{number}")
    assert (found["taskId"], found["projectInternalId"], found["status"]) == ("02", internal, "Active")
    assert visma.changed(f"/v1/projecttask/{number}", wrapped(status="Completed"))["status"] == "Completed"
    assert [one["taskId"] for one in visma.rows("/v1/projecttask", projectId="P-204")] == ["01", "02"]
    assert len(visma.rows("/v1/project/tasks", projectInternalId=internal)) == 2
    changes = {
        "tasks": [{"operation": "Delete", **wrapped(taskId="01")}, {"operation": "Update", **wrapped(taskId="09")}]
    }
    assert visma.change("/v1/project/P-204", changes).status_code == 400
    assert len(visma.get("/v1/project/P-204")["tasks"]) == 2
    visma.refused("/v1/project", body)
    assert [one["projectID"] for one in visma.rows("/v1/projectbasic", status="OnHold")] == ["P-204"]
    assert [one["projectID"] for one in visma.rows("/v1/project", onHold="true")] == ["P-204"]


def test_the_months_projects_are_named_by_their_public_id(visma: Erp) -> None:
    row = visma.get("/v1/project/HARBOR1")
    assert visma.rows("/v1/project", publicId=row["publicId"])[0]["projectID"] == "HARBOR1"
    assert {task["taskId"] for task in row["tasks"]} >= {"03", "26"}


def test_budgets_are_entered_and_follow_orders_and_journals(visma: Erp) -> None:
    def cell() -> dict[str, Any]:
        rows = visma.rows("/v1/projectbudget", project="HARBOR1")
        found = [row for row in rows if (row["projectTaskID"], row["accountGroupID"]) == ("03", "SUBCON")]
        return found[0]

    before = cell()
    assert before["originalBudgetAmount"] > 0
    number = visma.order_of()
    visma.release(f"{JOURNALS}/{visma.journal()}")
    after = cell()
    assert after["committedAmount"] == before["committedAmount"] + 250000
    assert after["actualAmount"] == before["actualAmount"] + 1250.5
    visma.act("cancel_order", number=number)
    assert cell()["committedAmount"] == before["committedAmount"]
    body = wrapped(projectID="HARBOR1", projectTaskID="03", accountGroupID="SUBCON", originalBudgetAmount=5)
    assert visma.http.post("/v1/projectbudget", json=body).status_code == 201
    assert cell()["revisedBudgetAmount"] == 5
    assert "NONE" in visma.refused("/v1/projectbudget", body | wrapped(accountGroupID="NONE"))


# lists


def test_periods_tell_what_is_closed(visma: Erp) -> None:
    rows = {f"{row['year']}{row['period']}": row for row in visma.rows("/v1/financialPeriod")}
    assert rows["202512"]["closedInGeneralLedger"]
    assert not rows["202601"]["closedInGeneralLedger"]
    assert rows["202602"]["closedInSupplierLedger"]
    assert (rows["202601"]["startDate"], rows["202601"]["active"]) == ("2026-01-01T00:00:00", True)
    assert visma.get("/v1/financialPeriod/202601")["description"] == "January 2026"
    visma.act("close_period", period="2026-01", ledger="SupplierLedger")
    row = visma.get("/v1/financialPeriod/202601")
    assert (row["closedInSupplierLedger"], row["closedInGeneralLedger"]) == (True, False)
    visma.journal()


@pytest.mark.parametrize(
    ("path", "field", "value"),
    [
        ("ledger/1", "balanceType", "Actual"),
        ("branch/1", "isMainBranch", True),
        ("organization/1", "baseCurrency", "USD"),
        ("vat/1", "vatCategoryId", "01"),
        ("vatCategory/01", "active", True),
        ("currency/USD", "isBaseCurrency", True),
        ("paymentmethod/1", "useInAP", True),
        ("numberSequence/BATCH", "manualNumbering", False),
        ("projectaccountgroup/SUBCON", "active", True),
    ],
)
def test_reference_records(visma: Erp, path: str, field: str, value: Any) -> None:
    assert visma.get(f"/v1/{path}")[field] == value
    assert visma.http.get(f"/v1/{path}X").status_code == 404
    assert visma.http.put(f"/v1/{path}", json={}).status_code == 405


def test_number_sequences_follow_the_switches_and_the_numbers_given(visma: Erp) -> None:
    number = visma.journal()
    visma.switch(series_journal="manual")
    row = visma.get("/v1/numberSequence/BATCH")
    assert (row["manualNumbering"], row["sequence"][0]["lastNbr"]) == (True, number)


def test_credit_terms_and_payments_are_paged(visma: Erp) -> None:
    assert visma.rows("/v1/creditTerm")[0]["metadata"]["totalCount"] == 3
    payments = visma.rows("/v1/supplierPayment", pageSize=1)
    assert payments[0]["paymentLines"][0]["invoiceRefNbr"]
    number = payments[0]["refNbr"]
    assert visma.get(f"/v1/supplierPayment/{number}")["type"] == "Payment"
    assert visma.get(f"/v1/supplierPayment/Payment/{number}")["released"] is True
    only = visma.rows("/v1/supplierPayment", invoiceRefNbr=payments[0]["paymentLines"][0]["invoiceRefNbr"])
    assert number in [one["refNbr"] for one in only]
    assert visma.http.get("/v1/supplierPayment/Refund/1").status_code == 404
