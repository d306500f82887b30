"""Orders that change after entry: lines, flags, hold, approval, sending, budgets (vendors/acumatica.md §8.4-§8.6)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from acumatica_over_http import ENDPOINT, Instance, instance, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


ENTITIES = pytest.mark.parametrize("entity", ["PurchaseOrder", "Subcontract"])


def task(entity: str) -> str:
    return "ProjectTask" if entity == "PurchaseOrder" else "Task"


def cancelled(entity: str) -> str:
    return "Cancelled" if entity == "PurchaseOrder" else "Canceled"


def total(entity: str) -> str:
    return "OrderTotal" if entity == "PurchaseOrder" else "SubcontractTotal"


def detail(entity: str, **changes: Any) -> dict[str, Any]:
    values = {"Account": "54000", "Project": "TOWER1", task(entity): "03", "CostCode": "03-300"} | changes
    return wrapped(**values)


def key(entity: str, row: dict[str, Any]) -> dict[str, Any]:
    """The key fields of an order, as a body sends them."""
    names = ("Type", "OrderNbr") if entity == "PurchaseOrder" else ("SubcontractNbr",)
    return {name: row[name] for name in names}


def press(erp: Instance, entity: str, row: dict[str, Any], action: str) -> int:
    return erp.http.post(f"{ENDPOINT}/{entity}/{action}", json={"entity": key(entity, row)}).status_code


def opened(erp: Instance, entity: str, *lines: dict[str, Any]) -> dict[str, Any]:
    """An open order of V00001 with the lines."""
    body = {**wrapped(VendorID="V00001", VendorRef="PO-77", Description="ML-o-1: Slabs"), "Details": list(lines)}
    made = erp.saved(entity, body, expand="Details")
    assert press(erp, entity, made, "ReleaseFromHold") == 204
    return erp.record(f"{entity}/{made['id']}", expand="Details")


def changed(erp: Instance, entity: str, row: dict[str, Any], *lines: dict[str, Any], **header: Any) -> dict[str, Any]:
    return erp.saved(entity, {**key(entity, row), **wrapped(**header), "Details": list(lines)}, expand="Details")


def committed(erp: Instance, cost_code: str = "03-300") -> dict[str, float]:
    test = f"ProjectID eq 'TOWER1' and CostCode eq '{cost_code}' and AccountGroup eq 'SUBCON'"
    found = erp.rows("ProjectBudget", filter=test)
    names = ("OriginalCommittedAmount", "RevisedCommittedAmount", "CommittedOpenAmount", "CommittedInvoicedAmount")
    return {name: found[0][name]["value"] if found else 0.0 for name in names}


def revised(erp: Instance, cost_code: str = "03-300") -> float:
    return committed(erp, cost_code)["RevisedCommittedAmount"]


def billed(erp: Instance, entity: str, row: dict[str, Any], amount: float, line_number: int = 1) -> str:
    """The number of a released bill of an order line."""
    label = "Normal" if entity == "PurchaseOrder" else "Subcontract"
    number = row["OrderNbr" if entity == "PurchaseOrder" else "SubcontractNbr"]["value"]
    link = wrapped(POOrderType=label, POOrderNbr=number, POLine=line_number, ExtendedCost=amount)
    return erp.released(Details=[link])


# lines


@ENTITIES
def test_lines_are_changed_by_number_or_id_appended_and_deleted(erp: Instance, entity: str) -> None:
    before = revised(erp)
    order = opened(erp, entity, detail(entity, ExtendedCost=100), detail(entity, ExtendedCost=50))
    assert revised(erp) == before + 150
    first, second = order["Details"]
    again = changed(
        erp,
        entity,
        order,
        wrapped(LineNbr=1, ExtendedCost=120),
        {"id": second["id"], **wrapped(LineDescription="Second")},
        detail(entity, ExtendedCost=7),
    )
    assert [row["LineNbr"]["value"] for row in again["Details"]] == [1, 2, 3]
    assert [row["ExtendedCost"]["value"] for row in again["Details"]] == [120.0, 50.0, 7.0]
    assert again["Details"][1]["LineDescription"] == {"value": "Second"}
    assert again["Details"][0]["id"] == first["id"]
    assert again[total(entity)] == {"value": 177.0}
    assert revised(erp) == before + 177
    fewer = changed(erp, entity, order, {"id": second["id"], "delete": True})
    assert [row["LineNbr"]["value"] for row in fewer["Details"]] == [1, 3]
    assert revised(erp) == before + 127
    appended = changed(erp, entity, order, detail(entity, ExtendedCost=1))
    assert appended["Details"][-1]["LineNbr"] == {"value": 4}


@ENTITIES
def test_a_line_moves_its_commitment_to_another_cost_code(erp: Instance, entity: str) -> None:
    erp.saved("CostCode", wrapped(CostCodeID="03-310", Description="Slabs"))
    order = opened(erp, entity, detail(entity, ExtendedCost=100))
    before = revised(erp)
    changed(erp, entity, order, wrapped(LineNbr=1, CostCode="03-310"))
    assert revised(erp) == before - 100
    assert revised(erp, "03-310") == 100


@ENTITIES
def test_a_sent_extended_cost_wins_over_quantity_and_price(erp: Instance, entity: str) -> None:
    order = opened(erp, entity, detail(entity, OrderQty=10, UnitCost=5), detail(entity, ExtendedCost=99))
    assert [row["ExtendedCost"]["value"] for row in order["Details"]] == [50.0, 99.0]
    assert order["Details"][1]["OrderQty"] == {"value": 0.0}
    again = changed(erp, entity, order, wrapped(LineNbr=1, ExtendedCost=61.5))
    assert again["Details"][0]["ExtendedCost"] == {"value": 61.5}
    assert (again["Details"][0]["OrderQty"], again["Details"][0]["UnitCost"]) == ({"value": 10.0}, {"value": 5.0})
    described = changed(erp, entity, order, wrapped(LineNbr=2, LineDescription="Lump"))
    assert described["Details"][1]["ExtendedCost"] == {"value": 99.0}
    repriced = changed(erp, entity, order, wrapped(LineNbr=1, UnitCost=6))
    assert repriced["Details"][0]["ExtendedCost"] == {"value": 60.0}


def test_an_amount_sent_with_a_new_quantity_is_dropped_by_put_and_kept_by_patch(erp: Instance) -> None:
    order = opened(erp, "PurchaseOrder", detail("PurchaseOrder", OrderQty=10, UnitCost=5))
    sent = wrapped(LineNbr=1, OrderQty=12, UnitCost=5, ExtendedCost=61)
    assert changed(erp, "PurchaseOrder", order, sent)["Details"][0]["ExtendedCost"] == {"value": 60.0}
    patch = {**key("PurchaseOrder", order), "Details": [wrapped(LineNbr=1, OrderQty=13, ExtendedCost=64)]}
    answer = erp.http.patch("/entity/Default/25.200.001/PurchaseOrder?$expand=Details", json=patch)
    assert answer.json()["Details"][0]["ExtendedCost"] == {"value": 64.0}
    erp.switch(put_drops_recalculated=False)
    again = changed(erp, "PurchaseOrder", order, wrapped(LineNbr=1, OrderQty=12, ExtendedCost=61))
    assert again["Details"][0]["ExtendedCost"] == {"value": 61.0}


def test_quantities_and_prices_have_the_companys_decimal_places(erp: Instance) -> None:
    order = opened(erp, "PurchaseOrder", detail("PurchaseOrder", OrderQty=3, UnitCost=1.23456))
    assert order["Details"][0]["UnitCost"] == {"value": 1.2346}
    assert order["Details"][0]["ExtendedCost"] == {"value": 3.70}


@ENTITIES
def test_cancelled_lines_leave_totals_and_budget_and_cancel_the_order_when_all_are(erp: Instance, entity: str) -> None:
    before = revised(erp)
    order = opened(erp, entity, detail(entity, ExtendedCost=100), detail(entity, ExtendedCost=50))
    one = changed(erp, entity, order, wrapped(LineNbr=1, **{cancelled(entity): True}))
    assert (one[total(entity)]["value"], one["Status"]["value"]) == (50.0, "Open")
    assert revised(erp) == before + 50
    both = changed(erp, entity, order, wrapped(LineNbr=2, **{cancelled(entity): True}))
    assert both["Status"] == {"value": "Canceled"}
    assert revised(erp) == before


@ENTITIES
def test_completed_lines_give_up_what_is_open_and_complete_the_order_when_all_are(erp: Instance, entity: str) -> None:
    order = opened(erp, entity, detail(entity, ExtendedCost=100), detail(entity, ExtendedCost=50))
    before = committed(erp)
    one = changed(erp, entity, order, wrapped(LineNbr=1, Completed=True))
    assert one["Status"] == {"value": "Open"}
    after = committed(erp)
    assert after["CommittedOpenAmount"] == before["CommittedOpenAmount"] - 100
    assert after["RevisedCommittedAmount"] == before["RevisedCommittedAmount"]
    assert changed(erp, entity, order, wrapped(LineNbr=2, Completed=True))["Status"] == {"value": "Completed"}
    back = changed(erp, entity, order, wrapped(LineNbr=1, Completed=False))
    assert (back["Status"]["value"], back["Details"][0]["Completed"]["value"]) == ("Open", False)
    assert committed(erp)["CommittedOpenAmount"] == before["CommittedOpenAmount"] - 50


@ENTITIES
def test_what_is_billed_stays(erp: Instance, entity: str) -> None:
    order = opened(erp, entity, detail(entity, ExtendedCost=100), detail(entity, ExtendedCost=50))
    billed(erp, entity, order, 40)
    line_id = order["Details"][0]["id"]

    def refused(*lines: dict[str, Any], **header: Any) -> dict[str, Any]:
        answer = erp.put(entity, {**key(entity, order), **wrapped(**header), "Details": list(lines)})
        assert answer.status_code in (422, 500)
        found: dict[str, Any] = answer.json()
        return found

    assert "billed" in refused({"id": line_id, "delete": True})["exceptionMessage"]
    assert "billed" in refused(wrapped(LineNbr=1, CostCode="01-100"))["Details"][0]["CostCode"]["error"]
    flag = cancelled(entity)
    assert "billed" in refused(wrapped(LineNbr=1, **{flag: True}))["Details"][0][flag]["error"]
    assert "billed" in refused(VendorID="V00002")["VendorID"]["error"]
    assert erp.http.delete(f"{ENDPOINT}/{entity}/{order['id']}").status_code == 500
    more = changed(erp, entity, order, wrapped(LineNbr=1, ExtendedCost=140))
    assert more["Details"][0]["ExtendedCost"] == {"value": 140.0}


def test_an_order_that_grows_after_it_was_billed_in_full_is_open_again(erp: Instance) -> None:
    order = opened(erp, "PurchaseOrder", detail("PurchaseOrder", ExtendedCost=100))
    billed(erp, "PurchaseOrder", order, 100)
    assert erp.record(f"PurchaseOrder/{order['id']}")["Status"] == {"value": "Completed"}
    grown = changed(erp, "PurchaseOrder", order, wrapped(LineNbr=1, ExtendedCost=130))
    assert grown["Status"] == {"value": "Open"}
    assert grown["Details"][0]["Completed"] == {"value": False}
    assert grown["Details"][0]["ReceivedAmount"] == {"value": 100.0}


# header


@ENTITIES
def test_orders_are_found_by_description_and_vendor_reference(erp: Instance, entity: str) -> None:
    order = opened(erp, entity, detail(entity, ExtendedCost=100))
    for test in ("startswith(Description,'ML-o-1:')", "VendorID eq 'V00001' and VendorRef eq 'PO-77'"):
        assert [row["id"] for row in erp.rows(entity, filter=test)] == [order["id"]]


@ENTITIES
def test_every_change_bumps_the_change_time(erp: Instance, entity: str) -> None:
    order = opened(erp, entity, detail(entity, ExtendedCost=100))
    seen = order["LastModifiedDateTime"]["value"]
    for change in ({"Description": "other"}, {"VendorRef": "other"}, {"line": 1}):
        erp.order("/clock", {"advance_s": 10})
        lines = [wrapped(LineNbr=1, ExtendedCost=101)] if change.pop("line", None) else []
        changed(erp, entity, order, *lines, **change)
        now = erp.record(f"{entity}/{order['id']}")["LastModifiedDateTime"]["value"]
        assert now > seen
        seen = now
    erp.order("/clock", {"advance_s": 10})
    billed(erp, entity, order, 10)
    assert erp.record(f"{entity}/{order['id']}")["LastModifiedDateTime"]["value"] > seen


def test_hold_is_a_field_of_purchase_orders_and_two_actions_of_subcontracts(erp: Instance) -> None:
    before = revised(erp)
    order = opened(erp, "PurchaseOrder", detail("PurchaseOrder", ExtendedCost=100))
    assert changed(erp, "PurchaseOrder", order, Hold=True)["Status"] == {"value": "On Hold"}
    assert revised(erp) == before
    assert changed(erp, "PurchaseOrder", order, Hold=False)["Status"] == {"value": "Open"}
    contract = opened(erp, "Subcontract", detail("Subcontract", ExtendedCost=30))
    assert press(erp, "Subcontract", contract, "PutOnHold") == 204
    assert revised(erp) == before + 100
    assert press(erp, "Subcontract", contract, "PutOnHold") == 500  # it is on hold already
    assert press(erp, "Subcontract", contract, "ReleaseFromHold") == 204
    assert revised(erp) == before + 130


@ENTITIES
def test_orders_wait_for_approval_by_switch_and_commit_only_after_it(erp: Instance, entity: str) -> None:
    erp.switch(order_approval=True)
    before = revised(erp)
    order = opened(erp, entity, detail(entity, ExtendedCost=100))
    assert order["Status"] == {"value": "Pending Approval"}
    assert revised(erp) == before
    assert press(erp, entity, order, "Reject") == 204
    assert erp.record(f"{entity}/{order['id']}")["Status"] == {"value": "Rejected"}
    assert press(erp, entity, order, "PutOnHold") == 204
    assert press(erp, entity, order, "ReleaseFromHold") == 204
    assert press(erp, entity, order, "Approve") == 204
    assert erp.record(f"{entity}/{order['id']}")["Status"] == {"value": "Open"}
    assert revised(erp) == before + 100
    assert erp.record("Subcontract/SC000001")["Status"] == {"value": "Open"}  # orders from before stay open


@pytest.mark.parametrize(("flag", "status"), [("print_orders", "Pending Printing"), ("send_orders", "Pending Email")])
def test_orders_of_some_vendors_are_sent_before_they_are_open_and_commit_before_that(
    erp: Instance, flag: str, status: str
) -> None:
    erp.act("edit_vendor", id="V00001", **{flag: True})
    before = revised(erp)
    order = opened(erp, "PurchaseOrder", detail("PurchaseOrder", ExtendedCost=100))
    assert order["Status"] == {"value": status}
    assert revised(erp) == before + 100
    assert press(erp, "PurchaseOrder", order, "EmailOrder") == 204
    assert erp.record(f"PurchaseOrder/{order['id']}")["Status"] == {"value": "Open"}


@ENTITIES
def test_orders_are_cancelled_completed_and_opened_by_their_form(erp: Instance, entity: str) -> None:
    before = revised(erp)
    order = opened(erp, entity, detail(entity, ExtendedCost=100))
    assert press(erp, entity, order, "CompleteOrder") == 204
    assert erp.record(f"{entity}/{order['id']}")["Status"] == {"value": "Completed"}
    assert press(erp, entity, order, "ReopenOrder") == 204
    assert press(erp, entity, order, "CancelOrder") == 204
    gone = erp.record(f"{entity}/{order['id']}", expand="Details")
    assert gone["Status"] == {"value": "Canceled"}
    assert gone["Details"][0][cancelled(entity)] == {"value": True}
    assert revised(erp) == before
    refused = erp.put(entity, {**key(entity, order), "Details": [wrapped(LineNbr=1, ExtendedCost=1)]})
    assert "Canceled" in refused.json()["exceptionMessage"]


@ENTITIES
def test_deleted_orders_take_their_commitment_along(erp: Instance, entity: str) -> None:
    before = revised(erp)
    order = opened(erp, entity, detail(entity, ExtendedCost=100))
    assert erp.http.delete(f"{ENDPOINT}/{entity}/{order['id']}").status_code == 204
    assert revised(erp) == before
    assert erp.get(f"{entity}/{order['id']}").status_code == 500


# change orders and external commitments


def change_order(erp: Instance, *lines: dict[str, Any], **members: Any) -> dict[str, Any]:
    """A change order off hold."""
    header = wrapped(ProjectID="TOWER1", Description="Extra", Hold=False)
    return erp.saved("ChangeOrder", {**header, "Commitments": list(lines), **members}, expand="Commitments")


def act_on(erp: Instance, row: dict[str, Any], action: str) -> int:
    body = {"entity": {"RefNbr": row["RefNbr"]}}
    answer = erp.http.post(f"{ENDPOINT}/ChangeOrder/{action}", json=body)
    return erp.poll(answer).status_code if answer.status_code == 202 else answer.status_code


def test_a_released_change_order_raises_the_line_and_the_revised_commitment_only(erp: Instance) -> None:
    order = opened(erp, "Subcontract", detail("Subcontract", ExtendedCost=100))
    before = committed(erp)
    line = wrapped(POType="Subcontract", PONbr=order["SubcontractNbr"]["value"], POLineNbr=1, Amount=25)
    change = change_order(erp, line)
    assert committed(erp) == before
    assert act_on(erp, change, "ReleaseChangeOrder") == 204
    after = committed(erp)
    assert after["OriginalCommittedAmount"] == before["OriginalCommittedAmount"]
    assert after["RevisedCommittedAmount"] == before["RevisedCommittedAmount"] + 25
    assert erp.record(f"Subcontract/{order['id']}")["SubcontractTotal"] == {"value": 125.0}
    assert act_on(erp, change, "ReverseChangeOrder") == 204
    twin = erp.rows("ChangeOrder", filter="ReverseStatus eq 'Reversing'")[0]
    assert act_on(erp, twin, "RemoveChangeOrderFromHold") == 204
    assert act_on(erp, twin, "ReleaseChangeOrder") == 204
    assert committed(erp) == before


def test_a_change_order_adds_lines_and_makes_orders(erp: Instance) -> None:
    order = opened(erp, "PurchaseOrder", detail("PurchaseOrder", ExtendedCost=100))
    before = committed(erp)
    coded = {"Account": "54000", "ProjectTaskID": "03", "CostCode": "03-300"}
    added = wrapped(POType="Normal", PONbr=order["OrderNbr"]["value"], Amount=10, LineDescription="More", **coded)
    made = wrapped(POType="Normal", Vendor="V00002", Qty=2, UnitCost=4, LineDescription="New", **coded)
    change = change_order(erp, added, made)
    assert [row["Status"]["value"] for row in change["Commitments"]] == ["New Line", "New Document"]
    assert act_on(erp, change, "ReleaseChangeOrder") == 204
    lines = erp.record(f"PurchaseOrder/{order['id']}", expand="Details")["Details"]
    assert (lines[1]["LineNbr"]["value"], lines[1]["ExtendedCost"]["value"]) == (2, 10.0)
    listed = erp.record(f"ChangeOrder/{change['RefNbr']['value']}", expand="Commitments")["Commitments"]
    new = erp.record(f"PurchaseOrder/Normal/{listed[1]['PONbr']['value']}", expand="Details")
    assert (new["VendorID"]["value"], new["OrderTotal"]["value"], new["Status"]["value"]) == ("V00002", 8.0, "Open")
    assert revised(erp) == before["RevisedCommittedAmount"] + 18


def test_change_orders_wait_for_approval_by_switch(erp: Instance) -> None:
    erp.switch(change_order_approval=True)
    change = change_order(erp)
    assert change["Status"] == {"value": "Pending Approval"}
    assert act_on(erp, change, "ReleaseChangeOrder") == 500
    assert act_on(erp, change, "ApproveChangeOrder") == 204
    shown = erp.record(f"ChangeOrder/{change['RefNbr']['value']}", expand="ApprovalDetails")
    assert shown["Status"] == {"value": "Open"}
    assert shown["ApprovalDetails"][0]["Status"] == {"value": "Approved"}
    assert act_on(erp, change, "ReleaseChangeOrder") == 204


def test_change_orders_change_cost_and_revenue_budgets(erp: Instance) -> None:
    group = wrapped(AccountGroupID="REVENUE", Description="Revenue", Type="Income")
    erp.saved("AccountGroup", group)
    place = {"ProjectTaskID": "03", "CostCode": "03-300"}
    change = change_order(
        erp,
        CostBudget=[wrapped(AccountGroup="SUBCON", Amount=70, **place)],
        RevenueBudget=[wrapped(AccountGroup="REVENUE", Amount=90, **place)],
    )
    assert change["RevenueBudgetChangeTotal"] == {"value": 90.0}
    assert act_on(erp, change, "ReleaseChangeOrder") == 204
    rows = erp.rows("ProjectBudget", filter="ProjectID eq 'TOWER1' and CostCode eq '03-300'")
    found = {row["Type"]["value"]: row["BudgetedCOAmount"]["value"] for row in rows if row["BudgetedCOAmount"]["value"]}
    assert found == {"Expense": 70.0, "Income": 90.0}


def test_external_commitments_count_in_the_budget(erp: Instance) -> None:
    before = committed(erp)
    place = {"ProjectID": "TOWER1", "ProjectTaskID": "03", "CostCode": "03-300", "AccountGroup": "SUBCON"}
    sent = wrapped(ExternalRefNbr="EXT-1", OriginalCommittedAmount=500, CommittedInvoicedAmount=200, **place)
    made = erp.saved("ExternalCommitment", sent)
    assert made["CommittedOpenAmount"] == {"value": 300.0}
    after = committed(erp)
    assert after["OriginalCommittedAmount"] == before["OriginalCommittedAmount"] + 500
    assert after["CommittedOpenAmount"] == before["CommittedOpenAmount"] + 300
    erp.saved("ExternalCommitment", wrapped(ExternalRefNbr="EXT-1", RevisedCommittedAmount=650))
    assert committed(erp)["OriginalCommittedAmount"] == before["OriginalCommittedAmount"] + 500
    assert revised(erp) == before["RevisedCommittedAmount"] + 650
    wrong = erp.put("ExternalCommitment", wrapped(ExternalRefNbr="EXT-2", **(place | {"CostCode": "77-777"})))
    assert wrong.json()["CostCode"]["error"] == "'Cost Code' cannot be found in the system."
    assert erp.http.delete(f"{ENDPOINT}/ExternalCommitment/EXT-1").status_code == 204
    assert committed(erp) == before


def test_budget_lines_are_entered_and_keep_what_is_computed(erp: Instance) -> None:
    erp.saved("CostCode", wrapped(CostCodeID="03-310", Description="Slabs"))
    place = {"ProjectID": "TOWER1", "ProjectTaskID": "03", "CostCode": "03-310", "AccountGroup": "SUBCON"}
    made = erp.saved("ProjectBudget", wrapped(OriginalBudgetedAmount=900, ActualAmount=5, **place))
    assert (made["Type"]["value"], made["InventoryID"]["value"]) == ("Expense", "<N/A>")
    assert (made["RevisedBudgetedAmount"]["value"], made["ActualAmount"]["value"]) == (900.0, 0.0)
    again = erp.saved("ProjectBudget", wrapped(OriginalBudgetedAmount=950, **place))
    assert again["id"] == made["id"]
    body = {"entity": wrapped(ProjectID="TOWER1")}
    assert erp.http.post(f"{ENDPOINT}/Project/LockProjectBudget", json=body).status_code == 204
    assert erp.put("ProjectBudget", wrapped(OriginalBudgetedAmount=1, **place)).status_code == 500
    assert erp.http.delete(f"{ENDPOINT}/ProjectBudget/{made['id']}").status_code == 204


def test_an_order_pulled_whole_gives_only_lines_with_something_left(erp: Instance) -> None:
    lines = [detail("PurchaseOrder", ExtendedCost=amount) for amount in (100, 50, 30)]
    order = opened(erp, "PurchaseOrder", *lines)
    changed(erp, "PurchaseOrder", order, wrapped(LineNbr=3, Cancelled=True))
    billed(erp, "PurchaseOrder", order, 100)
    billed(erp, "PurchaseOrder", order, 20, line_number=2)
    pulled = erp.bill(Details=[wrapped(POOrderType="Normal", POOrderNbr=order["OrderNbr"]["value"])])["Details"]
    assert [(row["POLine"]["value"], row["ExtendedCost"]["value"]) for row in pulled] == [(2, 30.0)]


def test_journals_are_coded_like_bills_and_count_in_the_budget(erp: Instance) -> None:
    coded = {"Account": "54000", "Project": "TOWER1", "ProjectTask": "03", "CostCode": "03-300"}
    other = wrapped(Account="20500", CreditAmount=40)
    header = wrapped(TransactionDate="2026-01-31", Hold=False)

    def spent() -> float:
        test = "ProjectID eq 'TOWER1' and CostCode eq '03-300' and AccountGroup eq 'SUBCON'"
        value: float = erp.rows("ProjectBudget", filter=test)[0]["ActualAmount"]["value"]
        return value

    before = spent()
    wrong = [wrapped(DebitAmount=40, **(coded | {"CostCode": "77-777"})), other]
    echo = erp.put("JournalTransaction", {**header, "Details": wrong}).json()
    assert echo["Details"][0]["CostCode"]["error"] == "'Cost Code' cannot be found in the system."
    made = erp.saved("JournalTransaction", {**header, "Details": [wrapped(DebitAmount=40, **coded), other]})
    body = {"entity": wrapped(Module="GL", BatchNbr=made["BatchNbr"]["value"])}
    started = erp.http.post(f"{ENDPOINT}/JournalTransaction/ReleaseJournalTransaction", json=body)
    assert erp.poll(started).status_code == 204
    assert spent() == before + 40
