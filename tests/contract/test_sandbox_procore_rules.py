"""Procore sandbox: rights, codes, syncs, locks and the rarer calls (vendors/procore.md §2-§5, §7-§10, §13)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from procore_month import (
    ACME,
    ANNEX,
    BOLT,
    COMPANY,
    DRAFT_ORDER,
    ORDER,
    REBAR,
    SUBCONTRACT,
    TOWER,
    UNUSED,
    Api,
    month,
)
from sandbox_harness import served

from ml_connector.sandbox.procore.vendor import Procore

VENDORS = f"/rest/v1.0/vendors?company_id={COMPANY}"
ORDERS = "/rest/v1.0/purchase_order_contracts"
REQUISITIONS = "/rest/v1.1/requisitions"
PAYMENTS = "/rest/v1.0/contract_payments"
COSTS = f"/rest/v1.1/projects/{TOWER}/direct_costs"
OLDER_COSTS = f"/rest/v1.0/projects/{TOWER}/direct_costs"
CONTRACTS = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/commitment_contracts"
WBS = f"/rest/v1.0/projects/{TOWER}/work_breakdown_structure/wbs_codes"
MATERIAL, SUBWORK, ROOFING = 47111, 47112, 47113


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with served([Procore], month, "known") as ready:
        yield Api(ready["procore"])


@pytest.fixture
def api(server: Api) -> Api:
    server.fresh()
    return server


# §2, §3, §9.1


def test_a_tool_without_rights_is_403(api: Api) -> None:
    api.switch(tools_off="direct_costs change_orders commitments")
    assert api.get(COSTS, 403)["code"] == 403
    api.get(f"/rest/v1.0/change_order_packages?project_id={TOWER}", 403)
    api.get(f"/rest/v1.0/potential_change_orders?project_id={TOWER}", 403)
    assert api.get(CONTRACTS, 403)["error"]["code"] == "FORBIDDEN"
    assert len(api.get(f"{REQUISITIONS}?project_id={TOWER}")) == 2
    api.switch(tools_off="")
    assert len(api.get(COSTS)) == 3


def test_a_too_large_unfiltered_read_is_408(api: Api) -> None:
    api.switch(read_most=2)
    assert api.get(VENDORS, 408)["code"] == 408
    assert len(api.get(f"{VENDORS}&per_page=2")) == 2
    assert len(api.get(f"{VENDORS}&filters[updated_at]=2026-01-01...2026-12-31")) == 3
    assert api.get(CONTRACTS, 408)["error"]["code"] == "REQUEST_TIMEOUT"
    assert len(api.get(f"{REQUISITIONS}?project_id={TOWER}")) == 2


def test_only_json_is_spoken(api: Api) -> None:
    api.headers["Accept"] = "application/xml"
    assert api.get(VENDORS, 406)["code"] == 406
    api.headers["Accept"] = "application/json, text/plain"
    api.get(VENDORS)
    del api.headers["Accept"]


# §10, §15


def test_page_sizes_are_switches(api: Api) -> None:
    def size(path: str) -> str:
        return str(api.call("GET", path).headers["per-page"])

    api.switch(page_default=2, page_most=3, page_default_requisitions=1, page_most_short=5, page_most_projects=4)
    assert (size(VENDORS), size(f"{VENDORS}&per_page=9")) == ("2", "3")
    assert size(f"{REQUISITIONS}?project_id={TOWER}") == "1"
    assert size(f"/rest/v1.0/tax_codes?company_id={COMPANY}&per_page=9") == "5"
    assert size(f"/rest/v1.1/projects?company_id={COMPANY}&per_page=9") == "4"


def test_the_directory_rule_can_be_off(api: Api) -> None:
    body = {"project_id": TOWER, "purchase_order_contract": {"title": "x", "vendor_id": UNUSED}}
    api.post(ORDERS, body, 422)
    api.switch(vendor_in_directory=False)
    assert api.post(ORDERS, body)["vendor"]["id"] == UNUSED


# §4.1


def test_projects_are_created_changed_and_synced(api: Api) -> None:
    made = api.post(
        "/rest/v1.0/projects", {"company_id": COMPANY, "project": {"name": "Dock", "project_number": "D-1"}}
    )
    assert (made["display_name"], made["active"], made["is_erp_integrated"]) == ("D-1 - Dock", True, False)
    path = f"/rest/v1.0/projects/{made['id']}"
    body = {"company_id": COMPANY, "project": {"accounting_project_number": "ACC-1", "total_value": "12.5"}}
    changed = api.patch(path, body)
    assert (changed["accounting_project_number"], changed["total_value"]) == ("ACC-1", "12.50")
    api.post("/rest/v1.0/projects", {"company_id": COMPANY, "project": {"project_number": "D-2"}}, 422)
    updates = [
        {"id": made["id"], "origin_id": "J1"},
        {"origin_id": "J2", "name": "Pier"},
        {"id": 5},
        {"origin_id": "J3"},
    ]
    answer = api.patch("/rest/v1.0/projects/sync", {"company_id": COMPANY, "updates": updates})
    assert [row["origin_id"] for row in answer["entities"]] == ["J1", "J2"]
    assert [set(row["errors"]) for row in answer["errors"]] == [{"id"}, {"name"}]
    listed = f"/rest/v1.1/projects?company_id={COMPANY}"
    assert [row["name"] for row in api.get(f"{listed}&filters[origin_id]=J2")] == ["Pier"]
    assert len(api.get(f"{listed}&filters[synced]=true")) == 2
    assert [row["id"] for row in api.get(f"{listed}&filters[vendor_id]={ACME}")] == [TOWER]
    assert api.get(f"{listed}&filters[project_number]=D-1&view=compact") == [{"id": made["id"], "name": "Dock"}]


# §4.2


def test_vendors_by_trade_and_by_number_of_projects(api: Api) -> None:
    body = {"company_id": COMPANY, "vendor": {"trade_ids": [7, 8]}}
    assert [row["id"] for row in api.patch(f"/rest/v1.0/vendors/{BOLT}", body)["trades"]] == [7, 8]
    assert [row["id"] for row in api.get(f"{VENDORS}&filters[trade_id][]=8&filters[trade_id][]=9")] == [BOLT]
    api.post(f"/rest/v1.1/projects/{TOWER}/vendors/{BOLT}/actions/add", {})
    api.post(f"/rest/v1.1/projects/{ANNEX}/vendors/{BOLT}/actions/add", {})
    assert [row["id"] for row in api.get(f"{VENDORS}&sort=-project_and_bid_counts")] == [BOLT, ACME, UNUSED]
    assert api.get(f"{VENDORS}&sort=-main_office_name")[0]["id"] == UNUSED


def test_vendors_have_two_levels(api: Api) -> None:
    def under(vendor: int, parent: int, status: int = 200) -> Any:
        body = {"company_id": COMPANY, "vendor": {"parent_id": parent}}
        return api.patch(f"/rest/v1.0/vendors/{vendor}", body, status)

    assert under(BOLT, ACME)["parent"]["id"] == ACME
    assert api.get(f"/rest/v1.0/vendors/{ACME}?company_id={COMPANY}")["children_count"] == 1
    assert [row["id"] for row in api.get(f"{VENDORS}&filters[parent_id][]={ACME}")] == [BOLT]
    under(UNUSED, BOLT, 422)
    under(ACME, UNUSED, 422)


# §4.3


@pytest.mark.parametrize(
    ("path", "more"),
    [
        (f"line_item_types/sync?company_id={COMPANY}", {}),
        (f"tax_codes/sync?company_id={COMPANY}", {}),
        (f"sub_jobs/sync?project_id={TOWER}", {}),
        (f"standard_cost_codes/sync?company_id={COMPANY}&standard_cost_code_list_id=", {}),
        ("sub_jobs/sync", {"project_id": TOWER}),
    ],
)
def test_syncs_follow_the_key_rules(api: Api, path: str, more: dict[str, object]) -> None:
    given = {"code": "Z", "name": "Zinc", "description": "Zinc"}
    if path.endswith("="):
        path += str(api.get(f"/rest/v1.0/standard_cost_code_lists?company_id={COMPANY}")[0]["id"])
    path = f"/rest/v1.0/{path}"
    updates = [{"origin_id": "O1", **given}, {"origin_id": "O2"}, {"id": 5, **given}]
    answer = api.patch(path, {**more, "updates": updates})
    (made,) = answer["entities"]
    assert (made["code"], made["origin_id"]) == ("Z", "O1")
    assert [("code" in row["errors"], row.get("origin_id")) for row in answer["errors"]] == [
        (True, "O2"),
        (False, None),
    ]
    assert answer["errors"][1]["errors"] == {"id": ["Entity with this ID not found"]}
    again = api.patch(
        path, {**more, "updates": [{"id": made["id"], "origin_id": "O9"}, {"origin_id": "O9", "code": "Y"}]}
    )
    assert [(row["id"], row["origin_id"], row["code"]) for row in again["entities"]] == [(made["id"], "O9", "Y")]
    api.patch(path, more, 400)


def test_wbs_code_id_wins_over_the_legacy_pair(api: Api) -> None:
    pair = {"cost_code_id": 47116, "line_item_type_id": 3100}
    line = {"amount": "5", "wbs_code_id": SUBWORK, **pair}
    made = api.post(f"{ORDERS}/{DRAFT_ORDER}/line_items", {"project_id": TOWER, "line_item": line})
    assert made["wbs_code"]["id"] == SUBWORK
    line = {"line_item": {"project_id": TOWER, **pair}, "project_id": TOWER}
    changed = api.patch(f"{ORDERS}/{DRAFT_ORDER}/line_items/{made['id']}", line)
    assert changed["wbs_code"]["id"] == ROOFING
    line = {"project_id": TOWER, "line_item": {"amount": "5", "cost_code_id": 47116}}
    assert "line_item_type_id" in api.post(f"{ORDERS}/{DRAFT_ORDER}/line_items", line, 422)["errors"]


def test_wbs_codes_in_bulk_and_inactive_ones(api: Api) -> None:
    segments = [item["segment"]["id"] for item in api.get(WBS)[0]["segment_items"]]

    def pair(code: int, cost_type: int) -> dict[str, object]:
        ids = zip(segments, (code, cost_type), strict=True)
        return {"segment_items": [{"segment_id": one, "segment_item_id": item} for one, item in ids]}

    answer = api.patch(f"{WBS}/bulk_create", {"bulk": [pair(47116, 3101), pair(47115, 3100), {}]}, 201)
    assert [row["flat_code"] for row in answer["entities"]] == ["07-110.S"]
    assert [set(row["errors"]) for row in answer["errors"]] == [{"segment_items"}, {"segment_items"}]
    made = answer["entities"][0]
    changed = api.patch(f"{WBS}/{made['id']}", {"status": "inactive", "description": "Old"})
    assert (changed["status"], changed["description"]) == ("inactive", "Old")
    assert [row["id"] for row in api.get(f"{WBS}?filters[status][]=inactive")] == [made["id"]]
    assert len(api.get(f"{WBS}?filters[status][]=active&filters[status][]=inactive")) == 4
    assert len(api.get(f"{WBS}?filters[updated_at]=2026-02-01...2100-01-01")) == 1


def test_lines_on_codes_without_budget_make_a_line_of_zero(api: Api) -> None:
    rows = f"/rest/v1.0/budget_views/{TOWER * 10 + 1}/detail_rows?project_id={TOWER}"
    pair = {"cost_code_id": 47116, "line_item_type_id": 3101}
    line = {"project_id": TOWER, "line_item": {"amount": "5", **pair}}
    wbs = api.post(f"{ORDERS}/{DRAFT_ORDER}/line_items", line)["wbs_code"]["id"]
    new = next(row for row in api.get(rows) if row["wbs_code_id"] == wbs)
    assert (new["original_budget_amount"], new["unbudgeted_reason"]) == ("0.00", "commitment")
    body = {"project_id": TOWER, "budget_line_item": {"wbs_code_id": wbs, "original_budget_amount": 1}}
    api.post("/rest/v1.1/budget_line_items", body, 422)
    body["budget_line_item"] = {"quantity": 3, "unit_cost": 0.335}
    assert api.patch(f"/rest/v1.1/budget_line_items/{new['id']}", body)["original_budget_amount"] == 1.01
    assert "wbs_code_id" in api.post("/rest/v1.1/budget_line_items", body, 422)["errors"]


# §5


def test_v2_contracts_are_changed_with_their_lines(api: Api) -> None:
    path = f"{CONTRACTS}/{DRAFT_ORDER}"
    line = api.post(f"{path}/line_items", {"amount": "5.00", "wbs_code_id": str(SUBWORK)})["data"]
    changed = api.patch(f"{path}/line_items/{line['id']}", {"amount": "6.00"})["data"]
    assert (changed["amount"], changed["id"]) == ("6.00", line["id"])
    assert api.get(f"{path}/line_items/{line['id']}")["data"]["wbs_code_id"] == str(SUBWORK)
    api.delete(f"{path}/line_items/{line['id']}", 204)
    assert api.patch(path, {"title": "Renamed", "origin_id": "no"})["data"]["title"] == "Renamed"
    assert api.get(path)["data"]["origin_id"] is None
    api.delete(path, 204)
    api.get(path, 404)
    assert "error" in api.patch(f"{CONTRACTS}/{ORDER}/line_items/{REBAR}", {"amount": "1"}, 400)
    assert [
        row["id"] for row in api.get(f"{CONTRACTS}?filters[vendor_id]={ACME}&filters[status]=Approved")["data"]
    ] == [
        str(SUBCONTRACT),
        str(ORDER),
    ]


def test_syncs_of_lines_take_a_thousand_and_leave_the_rest_alone(api: Api) -> None:
    path = f"{ORDERS}/{DRAFT_ORDER}/line_items"
    rows = [{"origin_id": f"L{n}", "amount": "1", "wbs_code_id": SUBWORK} for n in range(3)]
    api.patch(f"{path}/sync?project_id={TOWER}", {"updates": rows})
    answer = api.patch(f"{path}/sync?project_id={TOWER}", {"updates": [{"origin_id": "L1", "amount": "2"}]})
    assert [row["amount"] for row in answer["entities"]] == ["2.00"]
    assert [row["amount"] for row in api.get(f"{path}?project_id={TOWER}")] == ["1.00", "2.00", "1.00"]
    api.patch(f"{path}/sync?project_id={TOWER}", {"updates": rows * 334}, 413)


# §7


def test_older_direct_costs_have_their_lines_apart(api: Api) -> None:
    line = {"wbs_code_id": MATERIAL, "amount": "5.00"}
    made = api.post(OLDER_COSTS, {"item": {"direct_cost_type": "expense", "line_items": [line]}})
    assert made["line_items_count"] == 0
    synced = api.patch(f"{OLDER_COSTS}/sync", {"updates": [{"id": made["id"], "line_items": [line]}]})
    assert synced["entities"][0]["line_items_count"] == 0
    api.patch(f"{COSTS}/{made['id']}", {"direct_cost": {"line_items": [line]}})
    assert api.get(f"{COSTS}/{made['id']}")["grand_total"] == "5.00"
    kind = api.patch(f"{COSTS}/{made['id']}", {"direct_cost": {"direct_cost_type": "payroll"}})["direct_cost_type"]
    assert kind == "expense"


def test_two_writers_of_the_lines_of_a_direct_cost_conflict(api: Api) -> None:
    api.switch(direct_cost_write_ms=300)
    line = f"{OLDER_COSTS}/9100/line_items/91000"
    updates = {"updates": [{"id": 91000, "amount": 3}]}

    def write(path: str, body: object) -> int:
        return api.call("PATCH", path, json=body).status_code

    calls = [(line, {"line_item": {"amount": "2"}}), (f"{OLDER_COSTS}/line_items/sync", updates)]
    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(lambda call: write(*call), calls)) == [200, 409]


def test_direct_costs_have_a_currency_of_their_own(api: Api) -> None:
    fields = {"currency_iso_code": "CAD", "currency_exchange_rate": "0.73"}
    api.act("edit", kind="direct_cost", id=9100, fields=fields)
    assert api.get(COSTS)[0]["currency_configuration"] == {
        "currency_iso_code": "CAD",
        "base_currency_iso_code": "USD",
        "currency_exchange_rate": "0.73",
    }
    books = {row["number"]: row for row in api.control.get("/books").json() if row["document"] == "direct_cost"}
    assert (books["9100"]["currency"], books["9101"]["currency"]) == ("CAD", "USD")
    api.act("edit", kind="commitment", id=SUBCONTRACT, fields=fields)
    rows = api.get(f"{REQUISITIONS}?project_id={TOWER}&view=items")
    assert {row["currency_configuration"]["currency_iso_code"] for row in rows} == {"CAD"}
    api.switch(multicurrency=False)
    assert api.get(COSTS)[0]["currency_configuration"] is None
    assert api.get(f"{REQUISITIONS}?project_id={TOWER}")[0]["currency_configuration"] is None


# §8, §9


def test_a_locked_requisition_takes_origin_fields_only(api: Api) -> None:
    def write(answered: int = 200, **fields: object) -> Any:
        body = {"project_id": TOWER, "commitment_id": SUBCONTRACT, "requisition": fields}
        return api.patch(f"{REQUISITIONS}/1001", body, answered)

    assert write(payment_date="2026-02-02")["payment_date"] == "2026-02-02"
    write(origin_id="BILL-1")
    assert write(422, payment_date="2026-02-03")["errors"]["base"]
    assert write(422, origin_data="x", status="draft")["errors"]["base"]
    due = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/requisitions/1001/payment_details"
    assert "error" in api.patch(due, {"due_date": "2026-02-09"}, 400)
    api.delete(f"{REQUISITIONS}/1001?project_id={TOWER}", 422)
    assert write(origin_id="BILL-2", origin_data="{}")["origin_id"] == "BILL-2"
    write(origin_id=None)
    assert write(payment_date="2026-02-03")["payment_date"] == "2026-02-03"
    assert write(origin_id="BILL-1")["erp_status"] == "synced"


def test_a_locked_direct_cost_takes_origin_fields_only(api: Api) -> None:
    sync = f"{OLDER_COSTS}/sync"
    api.patch(sync, {"updates": [{"id": 9100, "origin_id": "B-1", "origin_data": "before"}]})
    answer = api.patch(sync, {"updates": [{"id": 9100, "origin_id": "B-2"}, {"origin_id": "B-2", "terms": "30"}]})
    assert ([row["origin_id"] for row in answer["entities"]], len(answer["errors"])) == (["B-2"], 1)
    line = f"{OLDER_COSTS}/9100/line_items"
    api.patch(f"{line}/91000", {"line_item": {"origin_id": "B-2-1"}})
    api.patch(f"{line}/91000", {"line_item": {"description": "x"}}, 422)
    api.delete(f"{line}/91000", 422)
    api.post(line, {"line_item": {"amount": "1", "wbs_code_id": MATERIAL}}, 422)
    api.patch(sync, {"updates": [{"id": 9100, "origin_id": None}]})
    api.delete(f"{line}/91000")


def test_a_locked_payment_is_deleted_only_after_its_origin_is_cleared(api: Api) -> None:
    def body(**given: object) -> dict[str, object]:
        return {"project_id": TOWER, "contract_id": SUBCONTRACT, "contract_payment": given}

    where = f"?project_id={TOWER}&contract_id={SUBCONTRACT}"
    made = api.post(PAYMENTS, body(amount="1250.00", origin_id="PAY-1", payment_method="electronic"))
    path = f"{PAYMENTS}/{made['id']}"
    for fields in ({"amount": "1.00"}, {"date": "2026-02-02"}, {"notes": "x", "origin_data": "y"}):
        assert api.patch(path, body(**fields), 422)["errors"]["base"]
    api.delete(path + where, 422)
    assert len(api.get(f"{PAYMENTS}{where}&filters[origin_id]=other")) == 1
    api.patch(path, body(origin_id=None))
    api.patch(path, body(amount="2500.00"))
    contract = f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}"
    assert api.get(contract)["percentage_paid"] == "2.00"
    assert api.get(contract)["remaining_balance_outstanding"] == "122500.00"
    api.delete(path + where)
    assert api.get(contract)["percentage_paid"] == "0.00"
    api.get(path + where, 404)


def test_commitments_and_vendors_with_origin_id_stay_open(api: Api) -> None:
    body: dict[str, Any] = {"project_id": TOWER, "purchase_order_contract": {"origin_id": "PO-9"}}
    api.patch(f"{ORDERS}/{DRAFT_ORDER}", body)
    body["purchase_order_contract"] = {"title": "Changed", "vendor_id": ACME}
    assert api.patch(f"{ORDERS}/{DRAFT_ORDER}", body)["title"] == "Changed"
    vendor: dict[str, Any] = {"company_id": COMPANY, "vendor": {"origin_id": "V-9"}}
    assert api.patch(f"/rest/v1.0/vendors/{ACME}", vendor)["synced_to_erp"] is True
    vendor["vendor"] = {"city": "Erie"}
    assert api.patch(f"/rest/v1.0/vendors/{ACME}", vendor)["city"] == "Erie"


def test_origin_ids_are_unique_per_kind_in_the_whole_company(api: Api) -> None:
    def order(project: int) -> dict[str, object]:
        return {"project_id": project, "purchase_order_contract": {"title": "x", "origin_id": "SAME"}}

    made = api.post(ORDERS, order(TOWER))
    taken = {"origin_id": ["has already been taken"]}
    assert api.post(ORDERS, order(ANNEX), 422) == {"errors": taken}
    updates = [{"origin_id": "SAME", "title": "y"}]
    answer = api.patch(f"{ORDERS}/sync", {"project_id": ANNEX, "updates": updates})
    assert answer["errors"][0]["errors"] == taken
    api.post("/rest/v1.0/vendors", {"company_id": COMPANY, "vendor": {"name": "Other kind", "origin_id": "SAME"}})
    api.delete(f"{ORDERS}/{made['id']}?project_id={TOWER}")
    assert api.post(ORDERS, order(ANNEX))["origin_id"] == "SAME"


# §15


def test_state_names_every_kind_of_record(api: Api) -> None:
    state = api.control.get("/state").json()
    wanted = (
        "vendors projects standard_cost_codes cost_codes line_item_types tax_codes sub_jobs wbs_codes "
        "budget_line_items billing_periods work_order_contracts purchase_order_contracts change_order_packages "
        "change_order_requests potential_change_orders requisitions direct_costs contract_payments hooks triggers"
    )
    assert set(wanted.split()) == set(state)
    assert [len(row["line_items"]) for row in state["change_order_packages"]] == [2, 1, 1, 1]
    assert state["potential_change_orders"][0]["change_order_package_id"] == 95001
    assert len(state["standard_cost_codes"]) == 4
