"""Procore sandbox: what people do in its screens, in every state a record can have (vendors/procore.md §5-§9)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from procore_month import (
    ACME,
    ANNEX,
    BOLT,
    COMPANY,
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

MATERIAL, SUBWORK = 47111, 47112
COSTS = f"/rest/v1.1/projects/{TOWER}/direct_costs"
STANDARD = f"/rest/v1.0/standard_cost_codes?company_id={COMPANY}&standard_cost_code_list_id="


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with served([Procore], month, "known") as ready:
        yield Api(ready["procore"])


@pytest.fixture
def api(server: Api) -> Api:
    server.fresh()
    return server


def refused(api: Api, action: str, **fields: object) -> str:
    answer = api.control.post("/act", json={"action": action, **fields})
    assert answer.status_code == 409, answer.text
    return str(answer.json()["error"])


def subcontract(api: Api) -> dict[str, Any]:
    return dict(api.get(f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}"))


def books(api: Api) -> dict[tuple[str, str], Any]:
    return {(row["document"], row["number"]): row for row in api.control.get("/books").json()}


def test_acts_tell_of_their_kinds_and_fields(api: Api) -> None:
    acts = {row["action"]: row for row in api.control.get("/act").json()}
    wanted = "approve revise void delete edit unlock key_document pay void_payment add_line edit_line delete_line"
    assert set(wanted.split()) <= set(acts)
    assert {"close_period", "open_period", "deactivate", "activate", "hide", "show", "set_tiers"} <= set(acts)
    meanings = {name: {one["name"]: one["meaning"] for one in row["fields"]} for name, row in acts.items()}
    kinds = meanings["edit"]["kind"]
    for kind in ("vendor", "commitment", "change_order", "requisition", "direct_cost", "payment", "standard_cost_code"):
        assert kind in kinds
    assert "commitment, change_order, potential_change_order, direct_cost" in meanings["add_line"]["kind"]


def test_people_create_edit_and_deactivate_vendors(api: Api) -> None:
    register = {"type": "ein", "identifier": "98-7654321"}
    fields = {"name": "Delta Steel", "city": "Erie", "business_register_attributes": register}
    made = api.act("key_document", kind="vendor", fields=fields)
    assert (made["name"], made["business_register"]["identifier"]) == ("Delta Steel", "98-7654321")
    changed = api.act("edit", kind="vendor", id=made["id"], fields={"email_address": "x@delta.example"})
    assert (changed["email_address"], changed["city"]) == ("x@delta.example", "Erie")
    assert "name" in refused(api, "edit", kind="vendor", id=made["id"], fields={"name": ""})
    assert api.act("deactivate", kind="vendor", id=made["id"])["is_active"] is False
    assert api.act("activate", kind="vendor", id=made["id"])["is_active"] is True
    assert "deactivate" in refused(api, "delete", kind="vendor", id=made["id"])


def test_lines_of_an_approved_commitment_need_the_lock_taken_off(api: Api) -> None:
    where: dict[str, Any] = {"kind": "commitment", "id": SUBCONTRACT}
    new = {"amount": "400.00", "wbs_code_id": MATERIAL, "description": "Extra"}
    assert "Approved" in refused(api, "add_line", **where, fields=new)
    assert "Approved" in refused(api, "edit_line", **where, line=ROOF, fields={"amount": "1"})
    assert "Approved" in refused(api, "delete_line", **where, line=ROOF)
    added = api.act("add_line", **where, fields=new, unlock=True)
    assert (added["amount"], subcontract(api)["grand_total"]) == ("400.00", "120400.00")
    api.act("edit_line", **where, line=FRAME, fields={"amount": "100000.01"}, unlock=True)
    assert subcontract(api)["grand_total"] == "120400.01"
    api.act("delete_line", **where, line=added["id"], unlock=True)
    assert [row["id"] for row in subcontract(api)["line_items"]] == [FRAME, ROOF]
    assert "no line" in refused(api, "delete_line", **where, line=REBAR, unlock=True)
    assert "Approved" in refused(api, "add_line", **where, fields=new)
    line = {"project_id": TOWER, "line_item": {"amount": "1"}}
    api.patch(f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}/line_items/{ROOF}", line, 422)


@pytest.mark.parametrize("status", ["Draft", "Out For Bid", "Approved", "Complete", "Terminated", "Void"])
def test_commitments_are_changed_in_every_status(api: Api, status: str) -> None:
    where: dict[str, Any] = {"kind": "commitment", "id": SUBCONTRACT}
    api.act("edit", **where, fields={"status": status})
    fields = {"number": "SC-X", "title": "Other", "vendor_id": UNUSED}
    changed = api.act("edit", **where, fields=fields, unlock=True)
    assert (changed["status"], changed["number"], changed["vendor"]["id"]) == (status, "SC-X", UNUSED)
    assert TOWER in api.get(f"/rest/v1.0/vendors/{UNUSED}?company_id={COMPANY}")["project_ids"]
    api.act("add_line", **where, fields={"amount": "1", "wbs_code_id": SUBWORK}, unlock=True)
    assert subcontract(api)["grand_total"] == "120001.00"
    api.act("delete", **where)
    assert books(api)["commitment", str(SUBCONTRACT)]["status"] == "Deleted"


def test_vendor_and_number_of_commitments(api: Api) -> None:
    where: dict[str, Any] = {"kind": "commitment", "id": SUBCONTRACT}
    assert "vendor_id" in refused(api, "edit", **where, fields={"vendor_id": BOLT})
    second = api.act("key_document", kind="commitment", parent=TOWER, fields={"title": "Second"})
    assert "number" in refused(api, "edit", **where, fields={"number": second["number"]})
    assert api.act("edit", **where, fields={"number": "SC-9"})["number"] == "SC-9"


def test_people_plant_differences_between_commitments_and_orders(api: Api) -> None:
    """Amount, status, line added or removed, change order of one side, commitment without order."""
    lines = [{"amount": "75.00", "wbs_code_id": SUBWORK}, {"amount": "25.00", "wbs_code_id": MATERIAL}]
    fields = {"number": "PO-77", "title": "Only here", "vendor_id": BOLT, "status": "Approved"}
    alone = api.act(
        "key_document", kind="commitment", type="PurchaseOrderContract", parent=TOWER, fields=fields, lines=lines
    )
    assert (alone["status"], alone["grand_total"], alone["number"]) == ("Approved", "100.00", "PO-77")
    change = api.act(
        "key_document",
        kind="change_order",
        parent=alone["id"],
        fields={"title": "Not carried over", "status": "approved"},
        lines=[{"amount": "9.50", "wbs_code_id": SUBWORK}],
    )
    assert (change["grand_total"], len(change["line_items"])) == ("9.50", 1)
    book = books(api)["commitment", str(alone["id"])]
    assert (book["total"], [row["amount"] for row in book["lines"]]) == ("109.50", ["75.00", "25.00", "9.50"])
    api.act("edit", kind="commitment", id=alone["id"], fields={"status": "Closed"})
    assert books(api)["commitment", str(alone["id"])]["status"] == "Closed"


def test_people_change_approve_and_void_change_orders(api: Api) -> None:
    where: dict[str, Any] = {"kind": "change_order", "id": 95001}
    line = api.act("add_line", **where, fields={"amount": "10.00", "wbs_code_id": SUBWORK})
    assert subcontract(api)["approved_change_orders"] == "5010.00"
    api.act("edit_line", **where, line=line["id"], fields={"amount": "20.00"})
    assert subcontract(api)["approved_change_orders"] == "5020.00"
    api.act("delete_line", **where, line=line["id"])
    assert subcontract(api)["approved_change_orders"] == "5000.00"
    api.act("edit", **where, fields={"grand_total": "5000.01"})
    assert subcontract(api)["approved_change_orders"] == "5000.01"
    api.act("void", **where)
    assert subcontract(api)["approved_change_orders"] == "0.00"
    api.act("approve", kind="change_order", id=95004)
    assert subcontract(api)["approved_change_orders"] == "2.00"
    api.act("delete", kind="change_order", id=95004)
    assert subcontract(api)["approved_change_orders"] == "0.00"
    assert books(api)["change_order", "95004"]["status"] == "Deleted"


@pytest.mark.parametrize("status", ["draft", "pending", "revise_and_resubmit", "approved"])
def test_direct_costs_are_changed_in_every_status_unless_locked(api: Api, status: str) -> None:
    where: dict[str, Any] = {"kind": "direct_cost", "id": 9100}
    api.act("edit", **where, fields={"status": status})
    api.act("edit_line", **where, line=91000, fields={"amount": "10.00"})
    added = api.act("add_line", **where, fields={"amount": "5.00", "wbs_code_id": SUBWORK})
    assert api.get(f"{COSTS}/9100")["grand_total"] == "15.00"
    api.act("delete_line", **where, line=added["id"])
    api.act("revise", **where, items=[{"id": 91000, "amount": "11.00"}])
    assert books(api)["direct_cost", "9100"]["total"] == "11.00"
    api.act("approve", **where)
    api.patch(f"{COSTS}/9100", {"direct_cost": {"origin_id": "BILL-9"}})
    assert books(api)["direct_cost", "9100"]["reference"] == "BILL-9"
    for action, more in (
        ("edit", {"fields": {"status": "draft"}}),
        ("add_line", {"fields": {"amount": "5.00", "wbs_code_id": SUBWORK}}),
        ("edit_line", {"line": 91000, "fields": {"amount": "1"}}),
        ("delete_line", {"line": 91000}),
        ("revise", {}),
        ("approve", {}),
        ("delete", {}),
    ):
        assert "synced" in refused(api, action, **where, **more)
    assert "no void" in refused(api, "void", **where)
    assert api.act("unlock", **where)["origin_id"] is None
    api.act("delete", **where)
    assert ("direct_cost", "9100") not in books(api)


def test_people_key_direct_costs_of_every_kind(api: Api) -> None:
    line = {"wbs_code_id": MATERIAL, "quantity": "1.5", "unit_cost": "0.33"}
    invoice = {"direct_cost_type": "invoice", "invoice_number": "B-1", "vendor_id": BOLT, "line_items": [line]}
    for fields in (invoice, {"direct_cost_type": "expense"}, {"direct_cost_type": "payroll"}):
        made = api.act(
            "key_document", kind="direct_cost", parent=TOWER, fields=fields, lines=[{**line, "quantity": "2"}]
        )
        assert books(api)["direct_cost", str(made["id"])]["kind"] == fields["direct_cost_type"]
    assert "subcontractor_invoice" not in str(api.get(COSTS))
    fields = {**invoice, "direct_cost_type": "subcontractor_invoice"}
    refused(api, "key_document", kind="direct_cost", parent=TOWER, fields=fields)
    api.switch(subcontractor_invoice_costs=True)
    made = api.act("key_document", kind="direct_cost", parent=TOWER, fields=fields)
    assert (made["direct_cost_type"], made["grand_total"]) == ("subcontractor_invoice", "0.50")


def test_an_approved_requisition_is_changed_unlocked_and_deleted(api: Api) -> None:
    where: dict[str, Any] = {"kind": "requisition", "id": 1001}
    items = [{"id": 51, "work_completed_this_period": "31000"}]
    changed = api.act("revise", **where, items=items)
    assert (changed["status"], changed["summary"]["current_payment_due"]) == ("approved", "29800.00")
    api.act("edit", **where, fields={"origin_id": "BILL-1", "origin_data": "by hand"})
    assert books(api)["requisition", "1001"]["reference"] == "BILL-1"
    for action, more in (("revise", {"items": items}), ("approve", {}), ("delete", {})):
        assert "synced" in refused(api, action, **where, **more)
    items = [{"id": 51, "work_completed_this_period": "30000"}]
    changed = api.act("revise", **where, items=items, unlock=True)
    assert (changed["origin_id"], changed["summary"]["current_payment_due"]) == (None, "28800.00")
    assert "no void" in refused(api, "void", **where)
    api.switch(invoice_admin=False)
    assert api.act("revise", **where)["status"] == "revise_and_resubmit"
    assert api.act("approve", **where, status="approved_as_noted")["status"] == "approved_as_noted"
    api.act("delete", **where)
    assert ("requisition", "1001") not in books(api)
    assert "lock a commitment" in refused(api, "unlock", kind="commitment", id=SUBCONTRACT)


def test_payments_are_in_the_books_until_they_are_deleted(api: Api) -> None:
    payment = api.act("pay", id=1001, amount="800.00", date="2026-02-03")
    where: dict[str, Any] = {"kind": "payment", "id": payment["id"]}
    api.act("edit", **where, fields={"check_number": "5501", "origin_id": "PAY-1"})
    book = books(api)["contract_payment", str(payment["id"])]
    assert (book["reference"], book["business_number"], book["total"]) == ("PAY-1", "5501", "800.00")
    assert (book["date"], book["party"]) == ("2026-02-03", "Acme Concrete")
    assert book["lines"][0]["dimensions"] == {"contract": str(SUBCONTRACT), "requisition": "1001"}
    assert "synced" in refused(api, "void_payment", id=payment["id"])
    assert "synced" in refused(api, "edit", **where, fields={"amount": "1"})
    api.act("void_payment", id=payment["id"], unlock=True)
    assert subcontract(api)["total_payments"] == "0.00"


def test_paying_a_locked_requisition_leaves_its_date(api: Api) -> None:
    api.act("edit", kind="requisition", id=1001, fields={"origin_id": "BILL-1"})
    api.act("pay", id=1001, date="2026-02-03")
    path = f"/rest/v1.1/requisitions/1001?project_id={TOWER}"
    assert api.get(path)["payment_date"] is None
    assert subcontract(api)["total_payments"] == "28800.00"


def test_people_add_rename_and_delete_codes(api: Api) -> None:
    listing = api.get(f"/rest/v1.0/standard_cost_code_lists?company_id={COMPANY}")[0]["id"]
    top = api.get(f"{STANDARD}{listing}")[0]
    fields = {"code": "900", "name": "Odds", "parent_id": top["id"]}
    made = api.act("key_document", kind="standard_cost_code", fields=fields)
    assert made["full_code"] == "03-900"
    api.act("edit", kind="standard_cost_code", id=made["id"], fields={"name": "Odds and ends"})
    assert api.get(f"{STANDARD}{listing}")[-1]["name"] == "Odds and ends"
    assert "in use" in refused(api, "delete", kind="standard_cost_code", id=top["id"])
    api.act("delete", kind="standard_cost_code", id=made["id"])
    assert len(api.get(f"{STANDARD}{listing}")) == 4
    code = api.act("key_document", kind="cost_code", parent=TOWER, fields={"code": "99", "name": "Late"})
    cost_type = api.act("key_document", kind="cost_type", fields={"code": "X", "name": "Extra", "base_type": "other"})
    pair = {"cost_code_id": code["id"], "line_item_type_id": cost_type["id"]}
    wbs = api.act("key_document", kind="wbs_code", parent=TOWER, fields=pair)
    assert wbs["flat_code"] == "99.X"
    line = {"wbs_code_id": wbs["id"], "original_budget_amount": "12.50"}
    budget = api.act("key_document", kind="budget_line", parent=TOWER, fields=line)
    assert budget["original_budget_amount"] == 12.5
    for kind, row in (("wbs_code", wbs), ("cost_type", cost_type), ("cost_code", code)):
        assert "in use" in refused(api, "delete", kind=kind, id=row["id"])
    renamed = api.act("edit", kind="cost_code", id=code["id"], fields={"code": "98"})
    assert renamed["full_code"] == "98"
    for kind, row in (("budget_line", budget), ("wbs_code", wbs), ("cost_type", cost_type), ("cost_code", code)):
        api.act("delete", kind=kind, id=row["id"])
    assert len(api.get(f"/rest/v1.0/cost_codes?project_id={TOWER}")) == 4
    assert "in use" in refused(api, "delete", kind="wbs_code", id=MATERIAL)


def test_people_key_tax_codes_and_periods(api: Api) -> None:
    tax = api.act("key_document", kind="tax_code", fields={"code": "R", "rate1": "4.5"})
    assert api.act("edit", kind="tax_code", id=tax["id"], fields={"archived": True})["archived"] is True
    days = {"start_date": "2026-02-01", "end_date": "2026-02-28", "due_date": "2026-03-05"}
    period = api.act("key_document", kind="billing_period", parent=ANNEX, fields=days)
    assert api.act("close_period", id=period["id"])["status"] == "closed"
    api.act("delete", kind="billing_period", id=period["id"])
    assert "in use" in refused(api, "delete", kind="billing_period", id=47119)
    project = api.act("key_document", kind="project", fields={"name": "New job"})
    assert api.get(f"/rest/v1.0/projects/{project['id']}?company_id={COMPANY}")["active"] is True


def test_acts_say_what_is_wrong(api: Api) -> None:
    assert "no kind 'spoon'" in refused(api, "edit", kind="spoon", id=1, fields={})
    assert "no commitment 5" in refused(api, "key_document", kind="requisition", parent=5, fields={})
    assert "no type" in refused(api, "key_document", kind="commitment", type="X", parent=TOWER, fields={})
    assert "has no lines" in refused(api, "add_line", kind="vendor", id=ACME, fields={})
    assert "takes no lines" in refused(api, "key_document", kind="vendor", fields={"name": "x"}, lines=[{}])
    assert "no JSON object" in refused(api, "edit", kind="vendor", id=ACME, fields=[])
    assert "not approved" in refused(api, "approve", kind="vendor", id=ACME)
    assert "not sent back" in refused(api, "revise", kind="commitment", id=ORDER)
    assert "1, 2 or 3" in refused(api, "set_tiers", id=TOWER, tiers=4)


def test_books_add_up(api: Api) -> None:
    for (document, number), row in books(api).items():
        lines = sum((Decimal(line["amount"]) for line in row["lines"]), Decimal(0))
        assert lines + Decimal(row["tax"] or 0) == Decimal(row["total"]), (document, number)
