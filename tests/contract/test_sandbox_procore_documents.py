"""Procore sandbox: commitments, change orders, requisitions, direct costs, payments (vendors/procore.md §5-§9)."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest
from procore_month import (
    ACME,
    ANNEX,
    BOLT,
    COMPANY,
    DRAFT_ORDER,
    FRAME,
    ORDER,
    REBAR,
    ROOF,
    SUBCONTRACT,
    TOWER,
    UNUSED,
    Api,
    month,
)
from sandbox_harness import served

from ml_connector.sandbox.procore.vendor import Procore

ORDERS = "/rest/v1.0/purchase_order_contracts"
SUBCONTRACTS = "/rest/v1.0/work_order_contracts"
REQUISITIONS = "/rest/v1.1/requisitions"
COSTS = f"/rest/v1.1/projects/{TOWER}/direct_costs"
PAYMENTS = "/rest/v1.0/contract_payments"
MATERIAL, SUBWORK, ROOFING = 47111, 47112, 47113


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with served([Procore], month, "known") as ready:
        yield Api(ready["procore"])


@pytest.fixture
def api(server: Api) -> Api:
    server.fresh()
    return server


def subcontract(api: Api) -> dict[str, Any]:
    return dict(api.get(f"{SUBCONTRACTS}/{SUBCONTRACT}?project_id={TOWER}"))


def requisition(api: Api, number: int) -> dict[str, Any]:
    return dict(api.get(f"{REQUISITIONS}/{number}?project_id={TOWER}&view=items"))


# §5


def test_contract_totals_follow_lines_change_orders_and_requisitions(api: Api) -> None:
    row = subcontract(api)
    assert row["vendor"] == {"id": ACME, "company": "Acme Concrete", "origin_id": None, "origin_data": None}
    assert (row["grand_total"], row["approved_change_orders"]) == ("120000.00", "5000.00")
    assert (row["pending_change_orders"], row["draft_change_orders_amount"]) == ("700.00", "30.00")
    assert (row["revised_contract"], row["pending_revised_contract"]) == ("125000.00", "125700.00")
    assert row["total_requisitions_amount"] == "28800.00"
    api.act("approve", kind="requisition", id=1002, status="approved_as_noted")
    assert subcontract(api)["total_requisitions_amount"] == "38570.45"
    api.act("approve", kind="change_order", id=95002)
    assert subcontract(api)["revised_contract"] == "125700.00"


def test_list_is_thinner_than_show(api: Api) -> None:
    compact = api.get(f"{SUBCONTRACTS}?project_id={TOWER}")[0]
    assert "line_items" not in compact
    assert compact["vendor"] == {"id": ACME, "company": "Acme Concrete"}
    assert len(api.get(f"{SUBCONTRACTS}?project_id={TOWER}&view=extended")[0]["line_items"]) == 2
    assert {"line_items", "payments_issued", "change_order_packages"} <= set(subcontract(api))


def test_push_order_of_a_purchase_order(api: Api) -> None:
    update = {"origin_id": "PO-1", "origin_code": "1", "number": "PO-1", "title": "Rebar", "vendor_id": ACME}
    made = api.patch(f"{ORDERS}/sync", {"project_id": TOWER, "updates": [{**update, "status": "Draft"}]})
    contract = made["entities"][0]
    assert (contract["status"], contract["grand_total"], made["errors"]) == ("Draft", "0.00", [])
    lines = [
        {"origin_id": "PO-1-1", "amount": "125000.00", "wbs_code_id": MATERIAL},
        {"origin_id": "PO-1-2", "amount": "10.005", "cost_code_id": 47116, "line_item_type_id": 3100},
        {"origin_id": "PO-1-3", "amount": "1", "wbs_code_id": 5},
    ]
    path = f"{ORDERS}/{contract['id']}/line_items"
    synced = api.patch(f"{path}/sync?project_id={TOWER}", {"updates": lines})
    assert [row["amount"] for row in synced["entities"]] == ["125000.00", "10.01"]
    assert synced["entities"][1]["wbs_code"]["id"] == ROOFING
    assert synced["errors"][0]["errors"] == {"wbs_code_id": ["must exist"]}
    approved = api.patch(
        f"{ORDERS}/{contract['id']}", {"project_id": TOWER, "purchase_order_contract": {"status": "Approved"}}
    )
    assert (approved["status"], approved["grand_total"]) == ("Approved", "125010.01")
    again = api.patch(f"{ORDERS}/sync", {"project_id": TOWER, "updates": [{"origin_id": "PO-1", "title": "Rebar B"}]})
    assert (again["entities"][0]["id"], again["entities"][0]["title"]) == (contract["id"], "Rebar B")
    found = api.get(f"{ORDERS}?project_id={TOWER}&filters[origin_id]=PO-1")
    assert [row["id"] for row in found] == [contract["id"]]


def test_approved_contract_keeps_its_company_and_lines(api: Api) -> None:
    path = f"{ORDERS}/{ORDER}"
    body = {"project_id": TOWER, "purchase_order_contract": {"vendor_id": BOLT}}
    assert "vendor_id" in api.patch(path, body, 422)["errors"]
    line = {"project_id": TOWER, "line_item": {"amount": "1", "wbs_code_id": MATERIAL}}
    api.post(f"{path}/line_items", line, 422)
    api.patch(f"{path}/line_items/{REBAR}", line, 422)
    api.delete(f"{path}/line_items/{REBAR}?project_id={TOWER}", 422)
    api.delete(f"{path}?project_id={TOWER}", 422)
    synced = api.patch(f"{path}/line_items/sync?project_id={TOWER}", {"updates": [{"id": REBAR, "amount": "1"}]})
    assert (synced["entities"], len(synced["errors"])) == ([], 1)
    api.patch(path, {"project_id": TOWER, "purchase_order_contract": {"title": "Still fine"}})
    api.switch(approved_contract_lock=False)
    assert api.patch(f"{path}/line_items/{REBAR}", line)["amount"] == "1.00"


def test_commitment_vendor_must_be_in_the_directory(api: Api) -> None:
    body = {"project_id": TOWER, "purchase_order_contract": {"title": "x", "vendor_id": UNUSED}}
    assert "vendor_id" in api.post(ORDERS, body, 422)["errors"]
    api.post(f"/rest/v1.1/projects/{TOWER}/vendors/{UNUSED}/actions/add", {})
    made = api.post(ORDERS, body)
    assert (made["status"], made["number"].startswith("PO-")) == ("Draft", True)
    body["purchase_order_contract"]["vendor_id"] = 1  # type: ignore[index]
    assert api.post(ORDERS, body, 422) == {"errors": {"vendor_id": ["must exist"]}}
    body["purchase_order_contract"] = {"status": "Complete"}
    assert "status" in api.post(ORDERS, body, 422)["errors"]


def test_unit_method_multiplies_and_rounds_half_up(api: Api) -> None:
    body = {"project_id": TOWER, "purchase_order_contract": {"title": "u", "accounting_method": "unit"}}
    made = api.post(ORDERS, body)
    line = {"quantity": "1.5", "unit_cost": "0.33", "wbs_code_id": MATERIAL}
    row = api.post(f"{ORDERS}/{made['id']}/line_items", {"project_id": TOWER, "line_item": line})
    assert (row["amount"], row["extended_type"], row["quantity"]) == ("0.50", "calculated", "1.5")


def test_deleted_contracts_are_shown_only_on_demand(api: Api) -> None:
    api.delete(f"{ORDERS}/{DRAFT_ORDER}?project_id={TOWER}")
    assert [row["id"] for row in api.get(f"{ORDERS}?project_id={TOWER}")] == [ORDER]
    only = api.get(f"{ORDERS}?project_id={TOWER}&filters[include_deleted]=only")
    assert [row["id"] for row in only] == [DRAFT_ORDER]
    assert only[0]["deleted_at"]
    assert len(api.get(f"{ORDERS}?project_id={TOWER}&filters[include_deleted]=with")) == 2
    api.get(f"{ORDERS}/{DRAFT_ORDER}?project_id={TOWER}", 404)


def test_lines_have_a_time_filter_of_their_own(api: Api) -> None:
    lines = f"{ORDERS}/{DRAFT_ORDER}/line_items"
    before = api.get(f"{ORDERS}/{DRAFT_ORDER}?project_id={TOWER}")["updated_at"]
    api.post(lines, {"project_id": TOWER, "line_item": {"amount": "5", "wbs_code_id": SUBWORK}})
    assert api.get(f"{ORDERS}/{DRAFT_ORDER}?project_id={TOWER}")["updated_at"] == before
    assert len(api.get(f"{lines}?project_id={TOWER}&filters[updated_at]=2026-02-01...2100-01-01")) == 1
    api.get(f"{ORDERS}/{DRAFT_ORDER}?project_id={ANNEX}", 404)


def test_thin_commitments_hold_both_kinds(api: Api) -> None:
    rows = api.get(f"/rest/v1.0/commitments?project_id={TOWER}")
    assert {row["id"] for row in rows} == {SUBCONTRACT, ORDER, DRAFT_ORDER}
    assert rows[0]["vendor"] == {"id": ACME, "name": "Acme Concrete"}


# §5.1


def test_change_orders_are_listed_in_both_ways(api: Api) -> None:
    rows = api.get(f"/rest/v1.0/change_order_packages?project_id={TOWER}&contract_id={SUBCONTRACT}")
    assert [row["status"] for row in rows] == ["approved", "pending", "draft", "void"]
    assert (rows[0]["grand_total"], rows[0]["contract_id"]) == ("5000.00", SUBCONTRACT)
    assert api.get(f"/rest/v1.0/change_order_packages?project_id={TOWER}&contract_id={ORDER}") == []
    shown = api.get(f"/rest/v1.0/change_order_packages/95001?project_id={TOWER}")
    assert (shown["type"], len(shown["line_items"])) == ("CommitmentContractChangeOrder", 2)
    newer = f"/rest/v1.0/projects/{TOWER}/commitment_change_orders"
    assert [row["id"] for row in api.get(f"{newer}?filters[status]=approved&filters[vendor_id]={ACME}")] == [95001]
    assert [row["id"] for row in api.get(f"{newer}?sort=-id")] == [95004, 95003, 95002, 95001]


def test_change_order_create_and_approve(api: Api) -> None:
    body = {"project_id": TOWER, "contract_id": SUBCONTRACT, "change_order": {"title": "More", "grand_total": "-50.00"}}
    made = api.post("/rest/v1.0/change_order_packages", body)
    assert (made["status"], made["number"]) == ("draft", "005")
    path = f"/rest/v1.0/change_order_packages/{made['id']}"
    api.patch(path, {"project_id": TOWER, "change_order": {"status": "approved"}})
    assert subcontract(api)["revised_contract"] == "124950.00"
    api.patch(path, {"project_id": TOWER, "change_order": {"status": "Approved"}}, 422)


# §6


def test_summary_follows_the_items(api: Api) -> None:
    first, second = requisition(api, 1001), requisition(api, 1002)
    assert first["summary"]["current_payment_due"] == "28800.00"
    s = second["summary"]
    assert s["total_completed_and_stored_to_date"] == "42300.50"
    assert (s["completed_work_retainage_amount"], s["stored_materials_retainage_amount"]) == ("3650.05", "80.00")
    assert (s["total_retainage"], s["total_earned_less_retainage"]) == ("3730.05", "38570.45")
    assert s["less_previous_certificates_for_payment"] == "28800.00"
    assert s["current_payment_due"] == "9770.45"
    assert s["contract_sum_to_date"] == "125000.00"
    assert sum(Decimal(item["net_amount"]) for item in second["items"]) == Decimal("9770.45")
    assert second["previous_requisition_id"] == 1001


def test_item_amounts_are_those_of_the_form(api: Api) -> None:
    frame, roof = requisition(api, 1002)["items"]
    assert frame["line_item_id"] == FRAME
    assert frame["wbs_code"] == {"id": MATERIAL, "flat_code": "03-200.M", "description": "Rebar.Materials"}
    assert frame["work_completed_from_previous_application"] == "30000.00"
    assert frame["work_completed_retainage_from_previous_application"] == "3000.00"
    assert (frame["gross_amount"], frame["net_amount"]) == ("10000.00", "9500.00")
    assert roof["materials_presently_stored"] == "800.00"
    assert (roof["gross_amount"], roof["net_amount"]) == ("300.50", "270.45")
    assert roof["materials_stored_retainage_currently_retained"] == "80.00"
    assert roof["total_completed_and_stored_to_date"] == "2300.50"
    assert frame["scheduled_unit_price"] == "100000.0000"


def test_requisition_lists_by_version_view_and_filter(api: Api) -> None:
    default = api.get(f"{REQUISITIONS}?project_id={TOWER}")
    assert ["items" in row for row in default] == [False, False]
    assert (default[0]["vendor_id"], default[0]["vendor_name"]) == (ACME, "Acme Concrete")
    assert default[0]["percent_complete"] == "25.60%"
    assert "items" in api.get(f"{REQUISITIONS}?project_id={TOWER}&view=items")[0]
    assert "item_packages" in api.get(f"{REQUISITIONS}?project_id={TOWER}&view=extended")[0]
    older = api.get(f"/rest/v1.0/requisitions?project_id={TOWER}")
    assert ("vendor_id" in older[0], older[0]["vendor_name"]) == (False, "Acme Concrete")
    approved = api.get(f"{REQUISITIONS}?project_id={TOWER}&filters[status]=approved")
    assert [row["id"] for row in approved] == [1001]
    last = api.get(f"{REQUISITIONS}?project_id={TOWER}&filters[is_last]=true")
    assert [row["id"] for row in last] == [1002]
    by_commitment = api.get(f"{REQUISITIONS}?project_id={TOWER}&filters[commitment_id]={ORDER}")
    assert by_commitment == []


def test_item_calls_of_the_older_version(api: Api) -> None:
    base = "/rest/v1.0/requisitions/1002"
    items = api.get(f"{base}/contract_items?project_id={TOWER}")
    assert [item["id"] for item in items] == [53, 54]
    assert "net_amount" not in items[0]
    assert api.get(f"{base}/change_order_items?project_id={TOWER}") == []
    detail = api.call("GET", f"{base}/detail?project_id={TOWER}")
    assert "total" not in detail.headers
    assert detail.json()[0]["balance_to_finish"] == "60000.00"


def test_requisition_not_found_has_its_own_shape(api: Api) -> None:
    assert set(api.get(f"{REQUISITIONS}/1?project_id={TOWER}", 404)) == {"message", "exception"}


def test_bulk_item_update_moves_summary_and_later_requisitions(api: Api) -> None:
    items = [{"id": 51, "item_type": "contract_item", "work_completed_this_period": "29000.00"}]
    path = f"/rest/v1.0/requisitions/1001/bulk_item_update?project_id={TOWER}"
    api.patch(path, {"requisition_items": items})
    assert requisition(api, 1001)["summary"]["current_payment_due"] == "27800.00"
    later = requisition(api, 1002)
    assert later["summary"]["less_previous_certificates_for_payment"] == "27800.00"
    assert later["summary"]["current_payment_due"] == "9770.45"
    assert requisition(api, 1001)["updated_at"] > "2026-01-15T12:00:05Z"
    api.patch(path, {"requisition_items": [{"id": 53, "work_completed_this_period": "1"}]}, 422)


def test_new_requisition_holds_every_line_and_the_contract_retainage(api: Api) -> None:
    items = [{"item_type": "contract_item", "line_item_id": ROOF, "work_completed_this_period": "1000.00"}]
    body = {
        "project_id": TOWER,
        "commitment_id": SUBCONTRACT,
        "requisition": {"period_id": 47119, "invoice_number": "INV-3", "items": items},
    }
    made = api.post(REQUISITIONS, body)
    assert (made["number"], made["status"], made["requisition_end"]) == (3, "draft", "2026-01-31")
    frame, roof = made["items"]
    assert (frame["net_amount"], roof["gross_amount"]) == ("0.00", "200.00")
    assert roof["work_completed_retainage_retained_this_period"] == "100.00"
    body["requisition"]["items"] = [{**items[0], "line_item_id": 1}]  # type: ignore[index]
    api.post(REQUISITIONS, body, 422)
    assert len(api.get(f"{REQUISITIONS}?project_id={TOWER}")) == 3
    api.post(REQUISITIONS, {**body, "commitment_id": DRAFT_ORDER}, 422)
    api.post(REQUISITIONS, {**body, "commitment_id": 5}, 404)


def test_only_the_latest_open_requisition_can_be_deleted(api: Api) -> None:
    api.delete(f"{REQUISITIONS}/1001?project_id={TOWER}", 422)
    api.delete(f"{REQUISITIONS}/1002?project_id={TOWER}", 422)
    api.act("revise", kind="requisition", id=1002)
    api.delete(f"{REQUISITIONS}/1002?project_id={TOWER}")
    assert [row["id"] for row in api.get(f"{REQUISITIONS}?project_id={TOWER}")] == [1001]


def test_without_admin_rights_only_the_latest_open_one_changes(api: Api) -> None:
    api.switch(invoice_admin=False)
    body = {"project_id": TOWER, "commitment_id": SUBCONTRACT, "requisition": {"payment_date": "2026-02-01"}}
    api.patch(f"{REQUISITIONS}/1002", body, 422)
    api.switch(invoice_admin=True)
    assert api.patch(f"{REQUISITIONS}/1002", body)["payment_date"] == "2026-02-01"


def test_origin_id_locks_a_requisition(api: Api) -> None:
    def write(answered: int = 200, **fields: object) -> Any:
        body = {"project_id": TOWER, "commitment_id": SUBCONTRACT, "requisition": fields}
        return api.patch(f"{REQUISITIONS}/1001", body, answered)

    marked = write(origin_id="BILL-1", origin_data="{}")
    assert (marked["origin_id"], marked["erp_status"]) == ("BILL-1", "synced")
    write(422, status="revise_and_resubmit")
    items = [{"id": 51, "work_completed_this_period": "1"}]
    path = f"/rest/v1.0/requisitions/1001/bulk_item_update?project_id={TOWER}"
    api.patch(path, {"requisition_items": items}, 422)
    write(origin_data="still mine")
    assert [row["id"] for row in api.get(f"{REQUISITIONS}?project_id={TOWER}&filters[origin_id]=BILL-1")] == [1001]
    api.switch(origin_lock=False)
    write(status="revise_and_resubmit")


def test_requisition_patch_names_its_commitment(api: Api) -> None:
    body = {"project_id": TOWER, "requisition": {"payment_date": "2026-02-01"}}
    assert "commitment_id" in api.patch(f"{REQUISITIONS}/1001", body, 400)["message"]
    api.patch(f"{REQUISITIONS}/1001", {**body, "commitment_id": ORDER}, 404)
    empty = api.call("PATCH", f"{REQUISITIONS}/1001?project_id={TOWER}")
    assert (empty.status_code, empty.json()["updated_at"]) == (200, "2026-01-15T12:00:05Z")


def test_billing_periods(api: Api) -> None:
    path = f"/rest/v1.0/projects/{TOWER}/billing_periods"
    rows = api.get(path)
    assert [(row["end_date"], row["status"]) for row in rows] == [("2025-12-31", "closed"), ("2026-01-31", "open")]
    body = {"billing_period": {"start_date": "2026-02-01", "end_date": "2026-02-28", "due_date": "2026-03-05"}}
    assert api.post(path, body)["position"] == 3
    api.post(path, {"billing_period": {"start_date": "2026-02-01"}}, 422)
    api.act("close_period", id=47119)
    assert api.get(f"{path}/47119")["status"] == "closed"


def test_due_date_by_the_v2_call(api: Api) -> None:
    path = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/requisitions/1001/payment_details"
    assert api.patch(path, {"due_date": "2026-02-05"}) == {"data": {"due_date": "2026-02-05"}}
    assert "error" in api.patch(path, {"due_date": "soon"}, 400)


# §7


def test_direct_costs_are_listed_thin_and_shown_whole(api: Api) -> None:
    rows = api.get(COSTS)
    assert [row["direct_cost_type"] for row in rows] == ["invoice", "expense", "payroll"]
    assert (rows[0]["vendor"], rows[0]["vendor_id"], rows[0]["amount"]) == ("Bolt Supply", BOLT, "300.50")
    assert "line_items" not in rows[0]
    shown = api.get(f"{COSTS}/9100")
    assert shown["vendor"] == {"id": BOLT, "name": "Bolt Supply"}
    line = shown["line_items"][0]
    assert (line["amount"], line["quantity"], line["unit_cost"]) == ("300.50", "2.0", "150.25")
    assert rows[1]["employee"]["id"] == 77
    assert len(api.get(f"{COSTS}?filters[status]=draft")) == 3
    assert [row["id"] for row in api.get(f"{COSTS}?filters[invoice_number]=INV-77")] == [9100]


def test_direct_cost_create_with_lines(api: Api) -> None:
    lines = [
        {"wbs_code_id": MATERIAL, "quantity": 2, "unit_cost": 150.25, "description": "Crane"},
        {"wbs_code_id": ROOFING, "quantity": 3, "unit_cost": 0.335, "manual_amount": 0.99},
        {"wbs_code_id": ROOFING, "quantity": 3, "unit_cost": 0.335},
    ]
    given = {"direct_cost_type": "invoice", "invoice_number": "I-1", "vendor_id": ACME, "status": "approved"}
    made = api.post(COSTS, {"direct_cost": {**given, "line_items": lines}})
    assert [line["amount"] for line in made["line_items"]] == ["300.50", "0.99", "1.01"]
    assert (made["grand_total"], made["line_items_count"]) == ("302.50", 3)
    assert made["line_items"][1]["extended_type"] == "manual"
    older = api.post(f"/rest/v1.0/projects/{TOWER}/direct_costs", {"item": {"direct_cost_type": "payroll"}})
    assert ("line_items" in older, older["grand_total"]) == (False, "0.00")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({}, "direct_cost_type"),
        ({"direct_cost_type": "gift"}, "direct_cost_type"),
        ({"direct_cost_type": "invoice", "vendor_id": ACME}, "invoice_number"),
        ({"direct_cost_type": "invoice", "invoice_number": "1"}, "vendor_id"),
        ({"direct_cost_type": "expense", "vendor_id": 1}, "vendor_id"),
        ({"direct_cost_type": "expense", "status": "paid"}, "status"),
        ({"direct_cost_type": "expense", "line_items": [{"quantity": 1}]}, "wbs_code_id"),
        ({"direct_cost_type": "expense", "line_items": [{"wbs_code_id": MATERIAL}] * 101}, "line_items"),
        ({"direct_cost_type": "expense", "direct_cost_date": "today"}, "direct_cost_date"),
    ],
)
def test_invalid_direct_costs_store_nothing(api: Api, given: dict[str, object], field: str) -> None:
    assert field in api.post(COSTS, {"direct_cost": given}, 422)["errors"]
    assert len(api.get(COSTS)) == 3


def test_lines_of_all_direct_costs_in_one_listing(api: Api) -> None:
    base = f"/rest/v1.0/projects/{TOWER}/direct_costs"
    rows = api.get(f"{base}/line_items")
    assert [row["holder"] for row in rows] == [{"id": n, "holder_type": "DirectCost"} for n in (9100, 9101, 9102)]
    assert len(api.get(f"{base}/line_items?filters[direct_cost_id]=9101")) == 1
    assert len(api.get(f"{base}/line_items?filters[direct_cost_id]=9101...9102")) == 2
    line = {"line_item": {"wbs_code_id": ROOFING, "amount": "10.00"}}
    made = api.post(f"{base}/9101/line_items", line)
    assert api.get(f"{COSTS}/9101")["grand_total"] == "310.50"
    api.patch(f"{base}/9101/line_items/{made['id']}", {"line_item": {"amount": "11.00"}})
    assert api.get(f"{COSTS}/9101")["grand_total"] == "311.50"
    api.delete(f"{base}/9101/line_items/{made['id']}")
    assert api.get(f"{COSTS}/9101")["line_items_count"] == 1


def test_direct_cost_syncs(api: Api) -> None:
    base = f"/rest/v1.0/projects/{TOWER}/direct_costs"
    updates = [{"origin_id": "D1", "direct_cost_type": "expense"}, {"origin_id": "D2", "direct_cost_type": "invoice"}]
    answer = api.patch(f"{base}/sync", {"updates": updates})
    made = answer["entities"][0]
    assert set(answer["errors"][0]["errors"]) == {"invoice_number", "vendor_id"}
    locked = api.patch(f"{base}/sync", {"updates": [{"origin_id": "D1", "description": "no"}]})
    assert locked["errors"][0]["errors"]["base"]
    lines = [
        {"origin_id": "L1", "direct_cost_id": 9100, "wbs_code_id": ROOFING, "amount": 7.5},
        {"origin_id": "L2", "wbs_code_id": ROOFING, "amount": 7.5},
        {"origin_id": "L3", "direct_cost_id": made["id"], "wbs_code_id": ROOFING, "amount": 7.5},
    ]
    answer = api.patch(f"{base}/line_items/sync", {"updates": lines})
    assert [row["origin_id"] for row in answer["entities"]] == ["L1"]
    assert [set(row["errors"]) for row in answer["errors"]] == [{"direct_cost_id"}, {"base"}]


def test_origin_id_locks_a_direct_cost_whole(api: Api) -> None:
    api.patch(f"{COSTS}/9100", {"direct_cost": {"origin_id": "E-1"}})
    api.patch(f"{COSTS}/9100", {"direct_cost": {"status": "draft"}}, 422)
    api.patch(f"/rest/v1.0/projects/{TOWER}/direct_costs/9100/line_items/91000", {"line_item": {"amount": "1"}}, 422)
    api.delete(f"{COSTS}/9100", 422)
    api.delete(f"{COSTS}/9101")
    api.get(f"{COSTS}/9101", 404)


def test_second_writer_of_a_direct_cost_gets_409(api: Api) -> None:
    api.switch(direct_cost_write_ms=300)

    def write(text: str) -> int:
        return api.call("PATCH", f"{COSTS}/9100", json={"direct_cost": {"description": text}}).status_code

    with ThreadPoolExecutor(2) as pool:
        assert sorted(pool.map(write, ("a", "b"))) == [200, 409]


# §8


def test_payments_raise_the_paid_share(api: Api) -> None:
    given = {"amount": "28800.00", "date": "2026-02-01", "requisition_id": 1001, "check_number": "77"}
    body = {"project_id": TOWER, "contract_id": SUBCONTRACT, "contract_payment": given}
    made = api.post(PAYMENTS, body)
    assert (made["amount"], made["requisition_id"], made["payment_number"]) == ("28800.00", 1001, 1)
    row = subcontract(api)
    assert (row["total_payments"], row["percentage_paid"]) == ("28800.00", "23.04")
    assert row["payments_issued"][0]["id"] == made["id"]
    where = f"?project_id={TOWER}&contract_id={SUBCONTRACT}"
    assert [one["id"] for one in api.get(PAYMENTS + where)] == [made["id"]]
    assert api.get(f"{PAYMENTS}?project_id={TOWER}&contract_id={ORDER}") == []
    api.get(f"{PAYMENTS}?project_id={TOWER}", 400)
    api.delete(f"{PAYMENTS}/{made['id']}{where}")
    assert subcontract(api)["total_payments"] == "0.00"


def test_payment_validation_and_lock(api: Api) -> None:
    def body(**given: object) -> dict[str, object]:
        return {"project_id": TOWER, "contract_id": SUBCONTRACT, "contract_payment": given}

    assert "amount" in api.post(PAYMENTS, body(date="2026-02-01"), 422)["errors"]
    assert "requisition_id" in api.post(PAYMENTS, body(amount="1", requisition_id=5), 422)["errors"]
    made = api.post(PAYMENTS, body(amount="1.00", origin_id="PAY-1"))
    api.patch(f"{PAYMENTS}/{made['id']}", body(amount="2.00"), 422)
    api.delete(f"{PAYMENTS}/{made['id']}?project_id={TOWER}&contract_id={SUBCONTRACT}", 422)
    assert api.patch(f"{PAYMENTS}/{made['id']}", body(origin_data="x"))["origin_data"] == "x"
    assert "origin_id" in api.post(PAYMENTS, body(amount="1.00", origin_id="PAY-1"), 422)["errors"]


# the control API of this vendor


def test_books_show_documents_with_net_lines(api: Api) -> None:
    rows = {(row["document"], row["number"]): row for row in api.control.get("/books").json()}
    bill = rows["requisition", "1002"]
    assert (bill["kind"], bill["total"], bill["party"]) == ("WorkOrderContract", "9770.45", "Acme Concrete")
    assert (bill["business_number"], bill["status"], bill["period"]) == ("INV-2", "under_review", "2026-01")
    assert [(line["cost_code"], line["amount"]) for line in bill["lines"]] == [
        ("03-200", "9500.00"),
        ("03-200", "270.45"),
    ]
    assert rows["commitment", str(SUBCONTRACT)]["total"] == "125000.00"
    assert rows["direct_cost", "9100"]["lines"][0]["project"] == f"P-{TOWER}"


def test_people_revise_edit_and_delete(api: Api) -> None:
    sent_back = api.act("revise", kind="requisition", id=1001)
    assert sent_back["status"] == "revise_and_resubmit"
    changed = api.act("revise", kind="requisition", id=1001, items=[{"id": 51, "work_completed_this_period": "31000"}])
    assert changed["summary"]["current_payment_due"] == "29800.00"
    api.act("approve", kind="requisition", id=1001)
    line = api.act("edit_line", kind="direct_cost", id=9100, line=91000, fields={"amount": "1.00"})
    assert line["amount"] == "1.00"
    api.act("delete", kind="requisition", id=1001)
    assert requisition(api, 1002)["summary"]["less_previous_certificates_for_payment"] == "0.00"
    api.act("void", kind="commitment", id=SUBCONTRACT)
    assert subcontract(api)["status"] == "Void"
    api.act("deactivate", kind="vendor", id=ACME)
    api.act("deactivate", kind="project", id=ANNEX)
    assert [row["id"] for row in api.get(f"/rest/v1.1/projects?company_id={COMPANY}")] == [TOWER, 4713]


def test_people_key_documents_and_pay(api: Api) -> None:
    fields = {"title": "By hand", "vendor_id": ACME, "status": "Approved"}
    made = api.act(
        "key_document",
        kind="commitment",
        parent=TOWER,
        fields=fields,
        lines=[{"amount": "50", "wbs_code_id": MATERIAL}],
    )
    assert (made["status"], made["grand_total"]) == ("Approved", "50.00")
    item = {
        "item_type": "contract_item",
        "line_item_id": made["line_items"][0]["id"],
        "work_completed_this_period": "9",
    }
    bill = api.act("key_document", kind="requisition", parent=made["id"], fields={"items": [item]})
    assert bill["summary"]["current_payment_due"] == "9.00"
    payment = api.act("pay", id=bill["id"], date="2026-02-03")
    assert (payment["amount"], requisition(api, bill["id"])["payment_date"]) == ("9.00", "2026-02-03")
    api.act("void_payment", id=payment["id"])
    assert api.get(f"{PAYMENTS}?project_id={TOWER}&contract_id={made['id']}") == []


def test_people_cannot_change_what_is_locked(api: Api) -> None:
    api.patch(f"{COSTS}/9100", {"direct_cost": {"origin_id": "E-1"}})
    for order in (
        {"action": "delete", "kind": "direct_cost", "id": 9100},
        {"action": "edit", "kind": "direct_cost", "id": 9100, "fields": {"status": "draft"}},
        {"action": "void", "kind": "requisition", "id": 1001},
        {"action": "approve", "kind": "requisition", "id": 5},
    ):
        answer = api.control.post("/act", json=order)
        assert answer.status_code == 409, order
        assert answer.json()["error"]
    api.act("delete", kind="direct_cost", id=9100, unlock=True)
    api.get(f"{COSTS}/9100", 404)


def test_state_holds_every_object_in_wire_form(api: Api) -> None:
    state = api.control.get("/state").json()
    assert [row["id"] for row in state["requisitions"]] == [1001, 1002]
    assert len(state["projects"]) == 5
    assert state["work_order_contracts"][0] == subcontract(api)
    assert state["direct_costs"][0] == api.get(f"{COSTS}/9100")
