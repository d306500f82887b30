"""Payments, orders, change orders, budgets and lists of the Acumatica sandbox (vendors/acumatica.md §8.3-§8.7)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from acumatica_over_http import ENDPOINT, Instance, instance, line, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


def check_body(number: str, amount: float | None = None, **changes: Any) -> dict[str, Any]:
    """A payment of one bill."""
    values = {"Type": "Payment", "Vendor": "V00001", "ApplicationDate": "2026-01-31", "Hold": False} | changes
    applied = {"DocType": "Bill", "ReferenceNbr": number} | ({} if amount is None else {"AmountPaid": amount})
    return {**wrapped(**values), "Details": [wrapped(**applied)]}


def paid(erp: Instance, number: str, amount: float | None = None) -> str:
    """The number of a released payment."""
    made = erp.saved("Check", check_body(number, amount), expand="Details")
    check: str = made["ReferenceNbr"]["value"]
    assert made["Status"] == {"value": "Balanced"}
    assert erp.run("Check", "ReleaseCheck", check, "Payment").status_code == 204
    return check


def cell(erp: Instance, cost_code: str = "03-300", group: str = "SUBCON", project: str = "TOWER1") -> dict[str, Any]:
    test = f"ProjectID eq '{project}' and CostCode eq '{cost_code}' and AccountGroup eq '{group}'"
    found = erp.rows("ProjectBudget", filter=test)
    return {name: item.get("value") for name, item in found[0].items() if isinstance(item, dict)} if found else {}


# payments


def test_a_released_check_closes_the_bill_and_moves_to_history(erp: Instance) -> None:
    number = erp.released()
    before = erp.record(f"Bill/Bill/{number}")["LastModifiedDateTime"]["value"]
    check = paid(erp, number)
    shown = erp.record(f"Check/Payment/{check}", expand="Details,History")
    assert shown["Status"] == {"value": "Closed"}
    assert shown["PaymentAmount"] == {"value": 1250.5}
    assert shown["UnappliedBalance"] == {"value": 0.0}
    assert shown["Details"] == []
    assert shown["History"][0]["VendorRef"] == {"value": "REQ-7-0003"}
    assert shown["History"][0]["Balance"] == {"value": 0.0}
    bill = erp.record(f"Bill/Bill/{number}", expand="Applications")
    assert (bill["Status"]["value"], bill["Balance"]["value"]) == ("Closed", 0.0)
    assert bill["Applications"][0]["ReferenceNbr"] == {"value": check}
    assert bill["Applications"][0]["Status"] == {"value": "Closed"}
    assert bill["LastModifiedDateTime"]["value"] > before


def test_partial_payments_leave_the_bill_open(erp: Instance) -> None:
    number = erp.released()
    paid(erp, number, 1000)
    bill = erp.record(f"Bill/Bill/{number}")
    assert (bill["Status"]["value"], bill["Balance"]["value"], bill["Amount"]["value"]) == ("Open", 250.5, 1250.5)


def test_voided_payments_open_the_bill_again(erp: Instance) -> None:
    number = erp.released()
    check = paid(erp, number)
    assert erp.run("Check", "VoidCheck", check, "Payment").status_code == 204
    assert erp.record(f"Check/Payment/{check}")["Status"] == {"value": "Voided"}
    opposite = erp.record(f"Check/Voided Payment/{check}", expand="History")
    assert opposite["PaymentAmount"] == {"value": -1250.5}
    bill = erp.record(f"Bill/Bill/{number}", expand="Applications")
    assert (bill["Status"]["value"], bill["Balance"]["value"]) == ("Open", 1250.5)
    assert [row["AmountPaid"]["value"] for row in bill["Applications"]] == [1250.5, -1250.5]
    assert erp.book(check, "Payment", "payment")["reversed_by"] == check
    assert erp.run("Check", "VoidCheck", check, "Payment").status_code == 500


def test_payments_do_not_bump_bills_when_the_switch_is_off(erp: Instance) -> None:
    number = erp.released()
    before = erp.record(f"Bill/Bill/{number}")["LastModifiedDateTime"]
    erp.switch(payment_bumps_bill=False)
    paid(erp, number)
    assert erp.record(f"Bill/Bill/{number}")["LastModifiedDateTime"] == before


def test_payments_above_the_balance_or_of_unreleased_bills_are_refused(erp: Instance) -> None:
    number = erp.released()
    assert erp.put("Check", check_body(number, 2000)).status_code == 422
    assert erp.put("Check", check_body(number, Vendor="V00002")).status_code == 422
    unreleased = erp.bill()["ReferenceNbr"]["value"]
    assert erp.put("Check", check_body(unreleased)).status_code == 422


def test_held_payments_are_not_released_and_rests_stay_open(erp: Instance) -> None:
    number = erp.released()
    held = erp.saved("Check", check_body(number, 100, Hold=True))
    assert held["Status"] == {"value": "On Hold"}
    check = held["ReferenceNbr"]["value"]
    assert erp.run("Check", "ReleaseCheck", check, "Payment").status_code == 500
    erp.saved("Check", {"id": held["id"]} | wrapped(PaymentAmount=150, Hold=False))
    assert erp.run("Check", "ReleaseCheck", check, "Payment").status_code == 204
    shown = erp.record(f"Check/Payment/{check}")
    assert (shown["Status"]["value"], shown["UnappliedBalance"]["value"]) == ("Open", 50.0)


def test_one_put_may_lose_the_amount_by_switch(erp: Instance) -> None:
    number = erp.released()
    erp.switch(check_amount_lost=True)
    refused = erp.put("Check", check_body(number, 100, PaymentAmount=100))
    assert "out of balance" in refused.json()["PaymentAmount"]["error"]


def test_seeded_payments_pay_seeded_bills(erp: Instance) -> None:
    bill = erp.record("Bill/Bill/000001")
    assert (bill["Status"]["value"], bill["VendorRef"]["value"]) == ("Closed", "1001")
    assert not bill["Description"]["value"].startswith("ML-")
    check = erp.record("Check/Payment/005501", expand="History")
    assert check["History"][0]["ReferenceNbr"] == bill["ReferenceNbr"]
    second = erp.rows("Bill", filter="VendorRef eq '88005-1'")[0]
    assert second["Status"] == {"value": "Open"}
    assert 0 < second["Balance"]["value"] < second["Amount"]["value"]


# orders


def test_seeded_orders_carry_their_lines_and_commit_the_budget(erp: Instance) -> None:
    order = erp.record("Subcontract/SC000001", expand="Details")
    assert [row["LineNbr"]["value"] for row in order["Details"]] == [1, 2, 3, 4]
    assert order["Status"] == {"value": "Open"}
    assert order["SubcontractTotal"]["value"] == sum(row["ExtendedCost"]["value"] for row in order["Details"])
    assert "Task" in order["Details"][0]
    assert "ProjectTask" not in order["Details"][0]
    first = order["Details"][0]
    group = erp.record(f"Account/{first['Account']['value']}")["AccountGroup"]["value"]
    found = cell(erp, first["CostCode"]["value"], group, first["Project"]["value"])
    assert found["RevisedCommittedAmount"] >= first["ExtendedCost"]["value"]


def test_billing_an_order_line_takes_its_coding_and_relieves_the_commitment(erp: Instance) -> None:
    first = erp.record("Subcontract/SC000001", expand="Details")["Details"][0]
    group = erp.record(f"Account/{first['Account']['value']}")["AccountGroup"]["value"]
    place = (first["CostCode"]["value"], group, first["Project"]["value"])
    before = cell(erp, *place)
    linked = wrapped(POOrderType="Subcontract", POOrderNbr="SC000001", POLine=1, ExtendedCost=500)
    bill = erp.bill(Details=[linked])
    detail = bill["Details"][0]
    assert detail["Account"] == first["Account"]
    assert detail["ProjectTask"] == first["Task"]
    erp.release(bill["ReferenceNbr"]["value"])
    after = cell(erp, *place)
    assert after["ActualAmount"] - before["ActualAmount"] == 500
    assert after["CommittedInvoicedAmount"] - before["CommittedInvoicedAmount"] == 500
    assert after["CommittedOpenAmount"] - before["CommittedOpenAmount"] == -500


def test_order_and_type_alone_pull_all_lines(erp: Instance) -> None:
    order = erp.record("PurchaseOrder/Normal/PO000003", expand="Details")
    bill = erp.bill(Vendor=order["VendorID"]["value"], Details=[wrapped(POOrderType="Normal", POOrderNbr="PO000003")])
    assert [row["POLine"]["value"] for row in bill["Details"]] == [1, 2, 3]


def test_a_linked_line_without_amount_bills_what_is_left(erp: Instance) -> None:
    first = erp.record("Subcontract/SC000001", expand="Details")["Details"][0]
    link = wrapped(POOrderType="Subcontract", POOrderNbr="SC000001", POLine=1)
    erp.released(Details=[link | wrapped(ExtendedCost=500)])
    rest = erp.bill(Details=[link])
    assert rest["Amount"]["value"] == first["ExtendedCost"]["value"] - 500


def test_order_links_are_checked(erp: Instance) -> None:
    def refusal(**changes: Any) -> dict[str, Any]:
        sent = {"POOrderType": "Subcontract", "POOrderNbr": "SC000001", "POLine": 1, "ExtendedCost": 5} | changes
        answer = erp.put("Bill", {**wrapped(Vendor="V00001", Hold=False), "Details": [wrapped(**sent)]})
        assert answer.status_code == 422
        found: dict[str, Any] = answer.json()["Details"][0]
        return found

    assert "cannot be found" in refusal(POOrderNbr="SC999999")["POOrderNbr"]["error"]
    assert "cannot be found" in refusal(POOrderType="Normal")["POOrderNbr"]["error"]
    assert "another vendor" in refusal(POOrderNbr="SC000002")["POOrderNbr"]["error"]
    assert "cannot be found" in refusal(POLine=77)["POLine"]["error"]
    assert "not allowed" in refusal(POOrderType="Sideways")["POOrderType"]["error"]


def test_new_orders_are_on_hold_and_commit_when_open(erp: Instance) -> None:
    before = cell(erp).get("RevisedCommittedAmount", 0)
    detail = wrapped(
        Account="54000",
        Project="TOWER1",
        ProjectTask="03",
        CostCode="03-300",
        OrderQty=40,
        UnitCost=200,
        LineDescription="Mix",
    )
    made = erp.saved("PurchaseOrder", {**wrapped(VendorID="V00001"), "Details": [detail]}, expand="Details")
    assert (made["Type"]["value"], made["Status"]["value"]) == ("Normal", "On Hold")
    assert made["OrderTotal"] == {"value": 8000.0}
    assert made["Details"][0]["LineNbr"] == {"value": 1}
    assert cell(erp).get("RevisedCommittedAmount", 0) == before
    erp.saved("PurchaseOrder", {"id": made["id"]} | wrapped(Hold=False))
    assert cell(erp)["RevisedCommittedAmount"] == before + 8000


def test_subcontracts_are_held_by_actions(erp: Instance) -> None:
    body = {"entity": wrapped(SubcontractNbr="SC000002")}
    assert erp.http.post(f"{ENDPOINT}/Subcontract/PutOnHold", json=body).status_code == 204
    assert erp.record("Subcontract/SC000002")["Status"] == {"value": "On Hold"}
    assert erp.http.post(f"{ENDPOINT}/Subcontract/ReleaseFromHold", json=body).status_code == 204
    assert erp.record("Subcontract/SC000002")["Status"] == {"value": "Open"}


def test_a_fully_billed_order_is_completed_and_a_reversal_opens_it(erp: Instance) -> None:
    erp.switch(hold_on_entry=False)
    detail = wrapped(Account="54000", Project="TOWER1", ProjectTask="03", CostCode="03-300", ExtendedCost=100)
    order = erp.saved("PurchaseOrder", {**wrapped(VendorID="V00001", Hold=False), "Details": [detail]})
    nbr = order["OrderNbr"]["value"]
    number = erp.released(Details=[wrapped(POOrderType="Normal", POOrderNbr=nbr, POLine=1, ExtendedCost=100)])
    assert erp.record(f"PurchaseOrder/Normal/{nbr}")["Status"] == {"value": "Completed"}
    erp.act("void", number=number)
    assert erp.record(f"PurchaseOrder/Normal/{nbr}")["Status"] == {"value": "Open"}


def test_cancelled_orders_commit_nothing_and_are_not_billed(erp: Instance) -> None:
    first = erp.record("Subcontract/SC000002", expand="Details")["Details"][0]
    group = erp.record(f"Account/{first['Account']['value']}")["AccountGroup"]["value"]
    place = (first["CostCode"]["value"], group, first["Project"]["value"])
    before = cell(erp, *place)["RevisedCommittedAmount"]
    assert erp.act("cancel_order", number="SC000002")["status"] == "Canceled"
    assert cell(erp, *place)["RevisedCommittedAmount"] < before
    link = wrapped(POOrderType="Subcontract", POOrderNbr="SC000002", POLine=1, ExtendedCost=5)
    refused = erp.put("Bill", {**wrapped(Vendor="V00002", Hold=False), "Details": [link]})
    assert "Canceled" in refused.json()["Details"][0]["POOrderNbr"]["error"]


def test_change_orders_change_their_order_line_when_released(erp: Instance) -> None:
    before = erp.record("Subcontract/SC000001", expand="Details")
    sent = wrapped(POType="Subcontract", PONbr="SC000001", POLineNbr=1, Amount=750)
    made = erp.saved("ChangeOrder", {**wrapped(ProjectID="TOWER1", Description="Extra"), "Commitments": [sent]})
    assert made["CommitmentsChangeTotal"] == {"value": 750.0}
    entity = {"entity": wrapped(RefNbr=made["RefNbr"]["value"])}
    held = erp.http.post(f"{ENDPOINT}/ChangeOrder/ReleaseChangeOrder", json=entity)
    assert erp.poll(held).status_code == 500
    assert erp.http.post(f"{ENDPOINT}/ChangeOrder/RemoveChangeOrderFromHold", json=entity).status_code == 204
    released = erp.http.post(f"{ENDPOINT}/ChangeOrder/ReleaseChangeOrder", json=entity)
    assert erp.poll(released).status_code == 204
    after = erp.record("Subcontract/SC000001", expand="Details")
    assert after["SubcontractTotal"]["value"] == before["SubcontractTotal"]["value"] + 750
    assert after["Details"][0]["Amount"]["value"] == before["Details"][0]["Amount"]["value"] + 750


def test_seeded_change_orders_are_in_the_order_lines() -> None:
    with instance() as erp:
        erp.order("/reset", {"seed": "month"})
        erp.sign_in()
        changes = erp.rows("ChangeOrder", expand="Commitments")
        assert changes
        sent = changes[0]["Commitments"][0]
        kind = sent["POType"]["value"]
        path = f"{sent['PONbr']['value']}"
        path = f"Subcontract/{path}" if kind == "Subcontract" else f"PurchaseOrder/{kind}/{path}"
        order = erp.record(path, expand="Details")
        assert changes[0]["Status"] == {"value": "Closed"}
        assert order["LineTotal"]["value"] == pytest.approx(
            sum(row["ExtendedCost"]["value"] for row in order["Details"])
        )


# budgets and lists


def test_the_months_open_bills_are_the_payables_of_the_ledger(erp: Instance) -> None:
    erp.order("/reset", {"seed": "month"})
    erp.sign_in()
    owed = sum(round(row["Balance"]["value"] * 100) for row in erp.rows("Bill"))
    posted = sum(
        round((line["CreditAmount"]["value"] - line["DebitAmount"]["value"]) * 100)
        for batch in erp.rows("JournalTransaction", expand="Details")
        for line in batch["Details"]
        if line["Account"]["value"] == "20000"
    )
    assert owed == posted > 0


def test_budgets_hold_the_original_amount_and_follow_what_is_spent(erp: Instance) -> None:
    found = cell(erp)
    assert found["Type"] == "Expense"
    assert found["RevisedBudgetedAmount"] == found["OriginalBudgetedAmount"]
    erp.released()
    after = cell(erp)
    assert after["ActualAmount"] == found["ActualAmount"] + 1250.5
    assert after["VarianceAmount"] == found["VarianceAmount"] - 1250.5


def test_spending_without_budget_makes_a_cell(erp: Instance) -> None:
    erp.saved("CostCode", wrapped(CostCodeID="03-310", Description="Slabs"))
    assert cell(erp, "03-310") == {}
    erp.released(Details=[line(CostCode="03-310")])
    assert cell(erp, "03-310")["ActualAmount"] == 1250.5


def test_projects_name_the_procore_project_and_have_tasks(erp: Instance) -> None:
    project = erp.record("Project/TOWER1", expand="ProjectProperties,VisibilitySettings")
    assert project["ExternalRefNbr"]["value"].isdigit()
    assert project["Status"] == {"value": "Active"}
    assert project["VisibilitySettings"]["AP"] == {"value": True}
    assert erp.rows("ProjectTask", filter="ProjectID eq 'TOWER1'")


def test_project_actions_change_the_status(erp: Instance) -> None:
    body = {"entity": wrapped(ProjectID="TOWER1")}
    for action, status in (
        ("SuspendProject", "Suspended"),
        ("ActivateProject", "Active"),
        ("HoldProject", "In Planning"),
    ):
        assert erp.http.post(f"{ENDPOINT}/Project/{action}", json=body).status_code == 204
        assert erp.record("Project/TOWER1")["Status"] == {"value": status}
    assert erp.http.post(f"{ENDPOINT}/Project/CompleteProject", json=body).status_code == 500


def test_cost_code_ids_are_changed_by_their_action(erp: Instance) -> None:
    erp.saved("CostCode", wrapped(CostCodeID="98-100", Description="Old"))
    body = {"entity": wrapped(CostCodeID="98-100"), "parameters": wrapped(CostCodeID="98-200")}
    assert erp.http.post(f"{ENDPOINT}/CostCode/ChangeCostCodeID", json=body).status_code == 204
    assert erp.record("CostCode/98-200")["Description"] == {"value": "Old"}
    assert erp.get("CostCode/98-100").status_code == 500


def test_contacts_are_created_from_a_vendor(erp: Instance) -> None:
    body = {"entity": wrapped(VendorID="V00001"), "parameters": wrapped(FirstName="Ann", LastName="Lee")}
    assert erp.http.post(f"{ENDPOINT}/Vendor/CreateContactFromVendor", json=body).status_code == 204
    vendor = erp.record("Vendor/V00001", expand="Contacts,Contacts/Contact")
    assert vendor["Contacts"][-1]["Contact"]["DisplayName"] == {"value": "Lee, Ann"}


@pytest.mark.parametrize(
    "entity",
    [
        "AccountGroup",
        "CostCode",
        "Currency",
        "ExternalCommitment",
        "FinancialPeriod",
        "JournalTransaction",
        "Ledger",
        "Subaccount",
        "TaxCategory",
        "VendorClass",
    ],
)
def test_every_other_entity_is_listed(erp: Instance, entity: str) -> None:
    rows = erp.rows(entity)
    assert rows or entity == "ExternalCommitment"


def test_financial_periods_show_what_is_closed(erp: Instance) -> None:
    year = erp.record("FinancialPeriod/2026", expand="Details")
    closed = {row["FinancialPeriodID"]["value"]: row["ClosedInAP"]["value"] for row in year["Details"]}
    assert closed["012026"] is False
    assert closed["022026"] is True


def test_entered_journals_balance_and_are_released(erp: Instance) -> None:
    lines = [wrapped(Account="54000", DebitAmount=10), wrapped(Account="20500", CreditAmount=10)]
    header = wrapped(TransactionDate="2026-01-31", Description="ML-j-1: accrual", Hold=False)
    made = erp.saved("JournalTransaction", {**header, "Details": lines})
    assert (made["Module"]["value"], made["Status"]["value"]) == ("GL", "Balanced")
    body = {"entity": wrapped(Module="GL", BatchNbr=made["BatchNbr"]["value"])}
    started = erp.http.post(f"{ENDPOINT}/JournalTransaction/ReleaseJournalTransaction", json=body)
    assert erp.poll(started).status_code == 204
    assert erp.books("journal")[0]["reference"] == "ML-j-1"
    assert erp.put("JournalTransaction", {**header, "Details": lines[:1]}).status_code == 422
