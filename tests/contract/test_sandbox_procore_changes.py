"""Procore sandbox: change orders with their lines, in one, two and three tiers (vendors/procore.md §5.1, §9)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from procore_month import ACME, COMPANY, ORDER, SUBCONTRACT, TOWER, Api, month
from sandbox_harness import served

from ml_connector.sandbox.month.build import build
from ml_connector.sandbox.procore.vendor import Procore

PACKAGES = "/rest/v1.0/change_order_packages"
POTENTIAL = "/rest/v1.0/potential_change_orders"
REQUESTS = "/rest/v1.0/change_order_requests"
NEWER = f"/rest/v1.0/projects/{TOWER}/commitment_change_orders"
V2_LINES = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/commitment_change_orders"
MATERIAL, SUBWORK = 47111, 47112
APPROVED, PENDING = 95001, 95002


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with served([Procore], month, "known") as ready:
        yield Api(ready["procore"])


@pytest.fixture
def api(server: Api) -> Api:
    server.fresh()
    return server


def package(api: Api, number: int) -> dict[str, Any]:
    return dict(api.get(f"{PACKAGES}/{number}?project_id={TOWER}"))


def revised(api: Api) -> str:
    row = api.get(f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}")
    return str(row["revised_contract"])


def potential_of(api: Api, number: int) -> int:
    """The potential change order that was made along with a package."""
    rows = api.get(f"{POTENTIAL}?project_id={TOWER}&per_page=2000")
    found = [api.get(f"{POTENTIAL}/{row['id']}?project_id={TOWER}") for row in rows]
    return next(int(row["id"]) for row in found if row["change_order_package_id"] == number)


def order(**fields: object) -> dict[str, object]:
    return {"project_id": TOWER, "contract_id": SUBCONTRACT, "change_order": fields}


def line(**fields: object) -> dict[str, object]:
    return {"project_id": TOWER, "line_item": fields}


def test_a_package_shows_the_lines_that_make_its_total(api: Api) -> None:
    shown = package(api, APPROVED)
    assert shown["grand_total"] == "5000.00"
    assert [(row["total_amount"], row["wbs_code"]["flat_code"]) for row in shown["line_items"]] == [
        ("3000.00", "03-200.M"),
        ("2000.00", "03-200.S"),
    ]
    held = shown["line_items"][0]
    assert held["holder"] == {"id": potential_of(api, APPROVED), "holder_type": "PotentialChangeOrder"}
    assert (held["cost_code"]["full_code"], held["line_item_type"]["code"]) == ("03-200", "M")
    assert "amount" not in held
    assert "line_items" not in api.get(f"{PACKAGES}?project_id={TOWER}")[0]


def test_with_one_tier_a_package_and_its_potential_change_order_are_one(api: Api) -> None:
    made = api.post(PACKAGES, order(title="Door", status="pending", number="D1"))
    number = potential_of(api, made["id"])
    path = f"{POTENTIAL}/{number}"
    alike = api.get(f"{path}?project_id={TOWER}")
    assert (alike["title"], alike["status"], alike["number"], alike["change_order_tiers"]) == (
        "Door", "pending", "D1", 1,
    )  # fmt: skip
    assert alike["potential_change_order_acronym_number"] == ""
    assert alike["change_order_package_acronym_number"] == "CCO D1"
    changed = api.patch(path, order(title="Doors", status="approved"))
    assert (changed["title"], changed["status"]) == ("Doors", "pending")
    assert package(api, made["id"])["title"] == "Doors"
    api.patch(f"{PACKAGES}/{made['id']}", order(status="approved"))
    assert api.get(f"{path}?project_id={TOWER}")["status"] == "approved"
    assert api.get(f"{path}?project_id={TOWER}")["reviewed_at"]
    other = api.post(POTENTIAL, order(title="Window", grand_total="12.50"))
    assert other["status"] == "draft"
    along = package(api, other["change_order_package_id"])
    assert (along["title"], along["grand_total"], along["line_items"]) == ("Window", "12.50", [])
    api.post(POTENTIAL, order(status="draft"), 422)


def test_lines_of_potential_change_orders_make_the_totals_above(api: Api) -> None:
    number = potential_of(api, PENDING)
    lines = f"{POTENTIAL}/{number}/line_items"
    (old,) = api.get(f"{lines}?project_id={TOWER}")
    assert (old["amount"], old["wbs_code"]["id"]) == ("700.00", MATERIAL)
    made = api.post(lines, line(quantity="3", unit_cost="0.335", cost_code_id=47116, line_item_type_id=3101))
    assert (made["amount"], made["wbs_code"]["flat_code"], made["extended_type"]) == ("1.01", "07-110.S", "calculated")
    assert package(api, PENDING)["grand_total"] == "701.01"
    assert api.get(f"{POTENTIAL}/{number}?project_id={TOWER}")["line_items_total"] == "701.01"
    budget = api.get(f"/rest/v1.0/budget_views/{TOWER * 10 + 1}/detail_rows?project_id={TOWER}")
    assert [row["original_budget_amount"] for row in budget if row["wbs_code_id"] == made["wbs_code"]["id"]] == ["0.00"]
    assert api.patch(f"{lines}/{made['id']}", line(amount="9.00"))["amount"] == "9.00"
    assert package(api, PENDING)["grand_total"] == "709.00"
    api.delete(f"{lines}/{made['id']}?project_id={TOWER}")
    api.get(f"{lines}/{made['id']}?project_id={TOWER}", 404)
    assert package(api, PENDING)["grand_total"] == "700.00"
    updates = [{"origin_id": "L1", "amount": "5", "wbs_code_id": SUBWORK}, {"origin_id": "L2", "wbs_code_id": 1}]
    answer = api.patch(f"{lines}/sync?project_id={TOWER}", {"updates": updates})
    assert ([row["origin_id"] for row in answer["entities"]], len(answer["errors"])) == (["L1"], 1)
    updates = [{"origin_id": "L1", "amount": "6"}]
    assert api.patch(f"{lines}/sync?project_id={TOWER}", {"updates": updates})["entities"][0]["amount"] == "6.00"
    assert package(api, PENDING)["grand_total"] == "706.00"
    assert revised(api) == "125000.00"
    api.act("approve", kind="change_order", id=PENDING)
    assert revised(api) == "125706.00"


def test_a_total_written_on_a_package_stays_the_sum_of_its_lines(api: Api) -> None:
    api.patch(f"{PACKAGES}/{APPROVED}", order(grand_total="4800.50"))
    shown = package(api, APPROVED)
    assert [row["total_amount"] for row in shown["line_items"]] == ["3000.00", "1800.50"]
    assert (shown["grand_total"], revised(api)) == ("4800.50", "124800.50")
    potential = api.get(f"{POTENTIAL}/{potential_of(api, APPROVED)}?project_id={TOWER}")
    assert potential["grand_total"] == "4800.50"
    api.patch(f"{POTENTIAL}/{potential['id']}", order(grand_total="4000"))
    assert sum(Decimal(row["total_amount"]) for row in package(api, APPROVED)["line_items"]) == 4000
    api.patch(f"{PACKAGES}/{APPROVED}", order(grand_total=None), 422)


def test_potential_change_orders_are_listed_filtered_and_synced(api: Api) -> None:
    rows = api.get(f"{POTENTIAL}?project_id={TOWER}")
    assert [row["status"] for row in rows] == ["approved", "pending", "draft", "void"]
    assert api.get(f"{POTENTIAL}?project_id={TOWER}&filters[contract_id]={ORDER}") == []
    assert api.get(f"{POTENTIAL}?project_id={TOWER}&filters[updated_at]=2030-01-01...2030-01-02") == []
    path = f"{POTENTIAL}/sync?project_id={TOWER}&contract_id={SUBCONTRACT}"
    answer = api.patch(path, {"updates": [{"origin_id": "P1", "title": "New"}, {"origin_id": "P2"}]})
    assert [row["origin_id"] for row in answer["entities"]] == ["P1"]
    assert answer["errors"][0]["errors"] == {"title": ["can't be blank"]}
    again = api.patch(path, {"updates": [{"origin_id": "P1", "title": "Newer"}]})["entities"][0]
    assert (again["id"], again["title"]) == (answer["entities"][0]["id"], "Newer")
    assert [r["id"] for r in api.get(f"{POTENTIAL}?project_id={TOWER}&filters[origin_id]=P1")] == [again["id"]]
    api.patch(f"{POTENTIAL}/sync?project_id={TOWER}", {"updates": []}, 400)
    contract = api.get(f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}")
    assert again["id"] in [row["id"] for row in contract["potential_change_orders"]]


def test_the_newer_calls_create_change_and_delete(api: Api) -> None:
    made = api.post(NEWER, {"change_order": {"contract_id": SUBCONTRACT, "title": "Gate", "grand_total": "77"}})
    assert (made["type"], made["status"], made["grand_total"]) == ("CommitmentChangeOrder", "draft", "0.00")
    api.post(NEWER, {"change_order": {"title": "Gate"}}, 400)
    path = f"{NEWER}/{made['id']}"
    assert api.patch(path, {"change_order": {"status": "pending_billable"}})["status"] == "pending_billable"
    api.patch(f"{PACKAGES}/{made['id']}", order(status="pending_billable"), 422)
    lines = f"{V2_LINES}/{made['id']}/line_items"
    added = api.post(lines, {"amount": "40.00", "wbs_code_id": str(SUBWORK)})["data"]
    assert (added["wbs_code_id"], added["amount"]) == (str(SUBWORK), "40.00")
    assert api.get(path)["grand_total"] == "40.00"
    api.patch(f"{lines}/{added['id']}", {"amount": "41.00"})
    assert [row["amount"] for row in api.get(lines)["data"]] == ["41.00"]
    assert api.get(f"{lines}/{added['id']}")["data"]["wbs_code"]["flat_code"] == "03-200.S"
    assert "error" in api.post(lines, {"wbs_code_id": 1}, 400)
    api.delete(f"{lines}/{added['id']}", 204)
    assert api.get(lines)["data"] == []
    api.delete(path, 204)
    api.get(path, 404)
    gone = api.get(f"{PACKAGES}?project_id={TOWER}&filters[include_deleted]=only")
    assert [row["id"] for row in gone] == [made["id"]]
    assert len(api.get(f"{POTENTIAL}?project_id={TOWER}&filters[include_deleted]=only")) == 1


def test_two_tiers_group_potential_change_orders_into_packages(api: Api) -> None:
    api.act("set_tiers", id=TOWER, tiers=2)
    one = api.post(POTENTIAL, order(title="One", status="pending"))
    assert (one["change_order_package_id"], one["status"]) == (None, "pending")
    assert one["potential_change_order_acronym_number"].startswith("PCO ")
    api.post(f"{POTENTIAL}/{one['id']}/line_items", line(amount="10.00", wbs_code_id=MATERIAL))
    batch = api.post(PACKAGES, order(title="Batch", status="approved"))
    assert revised(api) == "125000.00"
    two = api.post(POTENTIAL, order(title="Two", change_order_request={"change_order_package_id": batch["id"]}))
    api.post(f"{POTENTIAL}/{two['id']}/line_items", line(amount="2.00", wbs_code_id=SUBWORK))
    api.patch(f"{POTENTIAL}/{one['id']}", order(change_order_request={"change_order_package_id": batch["id"]}))
    shown = package(api, batch["id"])
    assert (shown["grand_total"], len(shown["line_items"]), revised(api)) == ("12.00", 2, "125012.00")
    api.patch(f"{POTENTIAL}/{one['id']}", order(change_order_request={"change_order_package_id": 1}), 422)
    api.delete(f"{NEWER}/{batch['id']}", 204)
    assert revised(api) == "125000.00"
    free = api.get(f"{POTENTIAL}/{one['id']}?project_id={TOWER}")
    assert (free["change_order_package_id"], free["grand_total"]) == (None, "10.00")


def test_three_tiers_have_requests_between(api: Api) -> None:
    asked = order(title="Ask")
    assert "base" in api.post(REQUESTS, asked, 422)["errors"]
    api.act("set_tiers", id=TOWER, tiers=3)
    made = api.post(REQUESTS, asked)
    one = api.post(POTENTIAL, order(title="One", change_order_request_id=made["id"]))
    api.post(f"{POTENTIAL}/{one['id']}/line_items", line(amount="10.00", wbs_code_id=MATERIAL))
    assert api.get(f"{REQUESTS}/{made['id']}?project_id={TOWER}")["grand_total"] == "10.00"
    batch = api.post(PACKAGES, order(title="Batch", status="approved"))
    changed = api.patch(f"{REQUESTS}/{made['id']}", order(change_order_package_id=batch["id"], status="approved"))
    assert changed["batch"]["id"] == batch["id"]
    assert (package(api, batch["id"])["grand_total"], revised(api)) == ("10.00", "125010.00")
    path = f"{REQUESTS}/sync?project_id={TOWER}&contract_id={SUBCONTRACT}"
    updates = [{"id": made["id"], "title": "Asked"}, {"origin_id": "R2", "title": "More"}, {"id": 5}]
    answer = api.patch(path, {"updates": updates})
    assert [row["title"] for row in answer["entities"]] == ["Asked", "More"]
    assert answer["errors"][0]["errors"] == {"id": ["Entity with this ID not found"]}
    listed = f"{REQUESTS}?project_id={TOWER}&contract_id={SUBCONTRACT}"
    assert [row["status"] for row in api.get(listed)] == ["approved", "draft"]
    assert len(api.get(f"{listed}&filters[status]=draft")) == 1
    api.get(NEWER, 400)
    contract = api.get(f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}")
    assert [row["id"] for row in contract["change_order_requests"]] == [row["id"] for row in answer["entities"]]


def test_an_approved_change_order_is_invoiced_by_line_or_whole(api: Api) -> None:
    first = package(api, APPROVED)["line_items"][0]
    items = [
        {"item_type": "change_order_item", "line_item_id": first["id"], "work_completed_this_period": "100.00"},
        {"item_type": "whole_change_order_item", "line_item_id": APPROVED, "work_completed_this_period": "50.00"},
    ]
    body = {"project_id": TOWER, "commitment_id": SUBCONTRACT, "requisition": {"period_id": 47119, "items": items}}
    made = api.post("/rest/v1.1/requisitions", body)
    by_line, whole = made["items"][2:]
    assert (by_line["scheduled_value"], by_line["wbs_code"]["id"]) == ("3000.00", MATERIAL)
    assert (whole["scheduled_value"], whole["wbs_code"]) == ("5000.00", None)
    assert [item["change_order_package_id"] for item in (by_line, whole)] == [APPROVED, APPROVED]
    assert [item["net_amount"] for item in (by_line, whole)] == ["90.00", "45.00"]
    path = f"/rest/v1.0/requisitions/{made['id']}/change_order_items?project_id={TOWER}"
    assert len(api.get(f"{path}&filters[change_order_id]={APPROVED}")) == 2
    items[0]["line_item_id"] = package(api, PENDING)["line_items"][0]["id"]
    api.post("/rest/v1.1/requisitions", body, 422)


def test_change_orders_of_prime_contracts_stand_in_the_same_list(api: Api) -> None:
    made = api.act(
        "key_document", kind="prime_change_order", parent=TOWER, fields={"title": "Owner", "grand_total": "1"}
    )
    listed = {row["id"]: row["contract_id"] for row in api.get(f"{PACKAGES}?project_id={TOWER}")}
    assert listed[made["id"]] not in (SUBCONTRACT, ORDER)
    assert package(api, made["id"])["type"] == "PrimeContractChangeOrder"
    assert made["id"] not in [row["id"] for row in api.get(NEWER)]
    api.get(f"{NEWER}/{made['id']}", 404)
    assert revised(api) == "125000.00"


def test_books_hold_change_orders_and_the_lines_of_approved_ones(api: Api) -> None:
    rows = {(row["document"], row["number"]): row for row in api.control.get("/books").json()}
    book = rows["change_order", str(APPROVED)]
    assert (book["business_number"], book["status"], book["total"]) == ("001", "approved", "5000.00")
    assert [(row["cost_code"], row["dimensions"]["cost_type"], row["amount"]) for row in book["lines"]] == [
        ("03-200", "M", "3000.00"),
        ("03-200", "S", "2000.00"),
    ]
    assert book["party"] == "Acme Concrete"
    contract = rows["commitment", str(SUBCONTRACT)]
    assert sum(Decimal(row["amount"]) for row in contract["lines"]) == Decimal(contract["total"]) == 125000
    changed = [row for row in contract["lines"] if "change_order" in row["dimensions"]]
    assert [row["dimensions"]["change_order"] for row in changed] == [str(APPROVED)] * 2


def test_every_package_of_the_seeded_month_is_the_sum_of_its_lines() -> None:
    with served([Procore], build, "month") as ready:
        state = httpx2.get(f"{ready['procore']['control_url']}/state", trust_env=False, timeout=30).json()
    packages = state["change_order_packages"]
    assert len(packages) == len(state["potential_change_orders"]) == 117
    for row in packages:
        lines = row["line_items"]
        assert sum(Decimal(line["total_amount"]) for line in lines) == Decimal(row["grand_total"])
        assert lines and all(line["wbs_code"] for line in lines)
    contracts = state["work_order_contracts"] + state["purchase_order_contracts"]
    totals = {row["id"]: Decimal(0) for row in contracts}
    for row in packages:
        totals[row["contract_id"]] += Decimal(row["grand_total"]) if row["status"] == "approved" else 0
    assert totals == {row["id"]: Decimal(row["approved_change_orders"]) for row in contracts}


def test_a_foreign_currency_is_that_of_the_contract(api: Api) -> None:
    fields = {"title": "Abroad", "vendor_id": ACME, "currency_iso_code": "CAD", "currency_exchange_rate": "0.73"}
    made = api.act("key_document", kind="commitment", parent=TOWER, fields=fields)
    assert made["currency_configuration"] == {"currency_iso_code": "CAD"}
    body = {"project_id": TOWER, "contract_id": made["id"], "change_order": {"title": "x"}}
    assert api.post(PACKAGES, body)["currency_configuration"] == {
        "currency_iso_code": "CAD",
        "base_currency_iso_code": "USD",
    }
    api.switch(multicurrency=False)
    path = f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}"
    assert api.get(path)["currency_configuration"] is None


def test_lists_of_commitments_leave_their_lines_out_by_switch(api: Api) -> None:
    path = f"/rest/v1.0/work_order_contracts?project_id={TOWER}&view=extended"
    assert all(row["line_items"] for row in api.get(path))
    api.switch(contract_lists_have_lines=False)
    assert not any("line_items" in row for row in api.get(path))
    assert api.get(f"/rest/v1.0/work_order_contracts/{SUBCONTRACT}?project_id={TOWER}")["line_items"]
