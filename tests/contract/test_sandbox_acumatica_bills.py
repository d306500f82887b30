"""The life of a bill in the Acumatica sandbox (vendors/acumatica.md §7.2, §8.2, §11)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from acumatica_over_http import ENDPOINT, Instance, bill_body, instance, line, retained, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.sign_in()
    return running


def status_of(erp: Instance, number: str, kind: str = "Bill") -> str:
    value: str = erp.record(f"Bill/{kind}/{number}")["Status"]["value"]
    return value


def field_error(erp: Instance, field: str, **changes: Any) -> str:
    """The error on a header field of a refused bill."""
    answer = erp.put("Bill", bill_body(**changes))
    assert answer.status_code == 422, answer.text
    text: str = answer.json()[field]["error"]
    return text


def line_error(erp: Instance, field: str, **changes: Any) -> str:
    """The error on a field of a refused bill's only line."""
    answer = erp.put("Bill", bill_body(Details=[line(**changes)]))
    assert answer.status_code == 422, answer.text
    text: str = answer.json()["Details"][0][field]["error"]
    return text


# entry


def test_header_defaults_come_from_vendor_date_and_company(erp: Instance) -> None:
    bill = erp.bill(Type=None)
    assert bill["Type"] == {"value": "Bill"}
    assert bill["PostPeriod"] == {"value": "012026"}
    assert bill["DueDate"]["value"] == "2026-03-02T00:00:00+00:00"
    assert bill["CurrencyID"] == {"value": "USD"}
    assert bill["Details"][0]["Subaccount"] == {"value": "000000"}
    assert bill["Details"][0]["Description"]["value"]  # the account's own name


def test_amounts_follow_from_the_lines(erp: Instance) -> None:
    priced = line(ExtendedCost=None, Qty=3, UnitCost=10.335)
    bill = erp.bill(Details=[priced, line(ExtendedCost=-5.25)])
    assert [row["ExtendedCost"]["value"] for row in bill["Details"]] == [31.01, -5.25]
    assert bill["Details"][1]["Qty"] == {"value": 0.0}
    assert bill["Amount"] == {"value": 25.76} == bill["Balance"]


def test_hold_is_the_default_and_can_be_turned_off(erp: Instance) -> None:
    assert erp.bill(Hold=None)["Status"] == {"value": "On Hold"}
    assert erp.bill(Hold=False)["Status"] == {"value": "Balanced"}
    erp.switch(hold_on_entry=False)
    assert erp.bill(Hold=None)["Status"] == {"value": "Balanced"}


def test_a_held_bill_is_balanced_when_hold_is_taken_off(erp: Instance) -> None:
    bill = erp.bill(Hold=True)
    assert erp.saved("Bill", {"id": bill["id"]} | wrapped(Hold=False))["Status"] == {"value": "Balanced"}


def test_vendor_is_required_known_and_active(erp: Instance) -> None:
    assert field_error(erp, "Vendor", Vendor=None) == "'Vendor' cannot be empty."
    assert field_error(erp, "Vendor", Vendor="NOBODY") == "'Vendor' cannot be found in the system."
    assert "Inactive" in field_error(erp, "Vendor", Vendor="V00008")


def test_closed_or_missing_period_cannot_be_empty(erp: Instance) -> None:
    assert field_error(erp, "PostPeriod", Date="2026-02-10") == "'Post Period' cannot be empty."
    assert field_error(erp, "PostPeriod", Date="2031-02-10") == "'Post Period' cannot be empty."
    assert erp.bill(Date="2026-02-10", PostPeriod="03-2026")["PostPeriod"] == {"value": "032026"}


def test_line_coding_is_checked(erp: Instance) -> None:
    assert line_error(erp, "Account", Account=None) == "'Account' cannot be empty."
    assert line_error(erp, "Account", Account="99999") == "'Account' cannot be found in the system."
    assert "inactive" in line_error(erp, "Account", Account="54900")
    assert line_error(erp, "Subaccount", Subaccount="999999") == "'Subaccount' cannot be found in the system."
    assert line_error(erp, "CostCode", CostCode="77-777") == "'Cost Code' cannot be found in the system."
    assert line_error(erp, "CostCode", CostCode=None) == "'Cost Code' cannot be empty."
    assert line_error(erp, "ProjectTask", ProjectTask=None) == "'Project Task' cannot be empty."
    assert line_error(erp, "ProjectTask", ProjectTask="zz") == "'Project Task' cannot be found in the system."
    assert "account group" in line_error(erp, "Account", Account="61000")
    assert "not active" in line_error(erp, "Project", Project="DEPOT")


def test_lines_without_project_need_no_task_and_no_account_group(erp: Instance) -> None:
    for project in (None, "X"):
        detail = erp.bill(Details=[line(Account="20100", Project=project, ProjectTask=None, CostCode=None)])["Details"][
            0
        ]
        assert detail["Project"] == {"value": "X"}
        assert detail["ProjectTask"] == {}


def test_projects_and_tasks_hidden_from_payables_are_refused(erp: Instance) -> None:
    hidden = {"ProjectID": {"value": "TOWER1"}, "VisibilitySettings": wrapped(AP=False)}
    erp.saved("Project", hidden)
    assert "not visible in AP" in line_error(erp, "Project")
    erp.saved("Project", {"ProjectID": {"value": "TOWER1"}, "VisibilitySettings": wrapped(AP=True)})
    body = {"entity": wrapped(ProjectID="TOWER1", ProjectTaskID="03")}
    assert erp.http.post(f"{ENDPOINT}/ProjectTask/CompleteProjectTask", json=body).status_code == 204
    assert "not active" in line_error(erp, "ProjectTask")


def test_vendor_references_are_short_and_by_switch_unique_or_required(erp: Instance) -> None:
    assert "longer" in field_error(erp, "VendorRef", VendorRef="x" * 41)
    erp.bill(VendorRef="INV-1")
    erp.bill(VendorRef="INV-1")
    erp.switch(duplicate_vendor_ref="refuse", require_vendor_ref=True)
    assert "INV-1" in field_error(erp, "VendorRef", VendorRef="INV-1")
    assert field_error(erp, "VendorRef", VendorRef=None) == "'Vendor Ref.' cannot be empty."
    assert erp.bill(VendorRef="INV-1", Vendor="V00002")["VendorRef"] == {"value": "INV-1"}


def test_a_bill_needs_a_line_and_may_not_total_below_zero(erp: Instance) -> None:
    assert erp.put("Bill", bill_body(Details=[])).status_code == 422
    assert "negative" in field_error(erp, "Balance", Details=[line(ExtendedCost=-1)])
    erp.switch(negative_totals="allow")
    assert erp.bill(Details=[line(ExtendedCost=-1)])["Amount"] == {"value": -1.0}


def test_control_totals_are_checked_only_by_switch(erp: Instance) -> None:
    assert erp.bill(Amount=1)["Amount"] == {"value": 1250.5}
    erp.switch(validate_control_totals=True)
    assert "out of balance" in field_error(erp, "Amount", Amount=1)
    assert erp.bill(Amount=1250.50)["Status"] == {"value": "Balanced"}


# tax


def test_tax_is_computed_from_category_and_zone(erp: Instance) -> None:
    bill = erp.saved("Bill", bill_body(Details=[line(ExtendedCost=5500, TaxCategory="TAXABLE")]), expand="TaxDetails")
    assert bill["TaxTotal"] == {"value": 412.5}
    assert bill["Amount"] == {"value": 5912.5}
    assert bill["TaxDetails"][0]["TaxRate"] == {"value": 7.5}
    assert erp.bill()["TaxTotal"] == {"value": 0.0}


def test_sent_tax_counts_only_when_valid_and_applicable(erp: Instance) -> None:
    tax = [wrapped(TaxID="SALESTAX", TaxAmount=99.99), wrapped(TaxID="OTHER", TaxAmount=5)]
    lines = [line(ExtendedCost=5500, TaxCategory="TAXABLE")]
    assert erp.bill(Details=lines, TaxDetails=tax)["TaxTotal"] == {"value": 412.5}
    assert erp.bill(Details=lines, TaxDetails=tax, IsTaxValid=True)["TaxTotal"] == {"value": 99.99}
    assert erp.bill(TaxDetails=tax, IsTaxValid=True)["TaxTotal"] == {"value": 0.0}


# release


def test_release_is_asked_for_until_204_and_opens_the_bill(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    started = erp.start("Bill", "ReleaseBill", number)
    assert started.status_code == 202
    assert started.headers["Location"].startswith(f"/inst{ENDPOINT}/Bill/ReleaseBill/status/")
    assert started.content == b""
    assert erp.book(number)["status"] == "Balanced"
    assert erp.poll(started).status_code == 204
    assert status_of(erp, number) == "Open"


def test_release_by_id_and_without_the_default_type(erp: Instance) -> None:
    first, second = erp.bill(), erp.bill()
    for entity in ({"id": first["id"]}, {"ReferenceNbr": second["ReferenceNbr"]}):
        answer = erp.http.post(f"{ENDPOINT}/Bill/ReleaseBill", json={"entity": entity})
        assert erp.poll(answer).status_code == 204


def test_other_requests_on_the_form_fail_in_the_session_while_the_action_runs(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    started = erp.start("Bill", "ReleaseBill", number)
    assert erp.get("Bill/Bill/000001").status_code == 500
    assert erp.put("Bill", bill_body()).status_code == 500
    assert erp.get("Vendor/V00001").status_code == 200
    running_token = erp.http.headers["Authorization"]
    erp.sign_in()  # another session
    assert erp.get("Bill/Bill/000001").status_code == 200
    erp.http.headers["Authorization"] = running_token
    assert erp.poll(started).status_code == 204
    assert erp.get("Bill/Bill/000001").status_code == 200


def test_an_action_ends_by_itself_when_nobody_asks(erp: Instance) -> None:
    erp.switch(action_polls=1000, action_ms=5000)
    number = erp.bill()["ReferenceNbr"]["value"]
    started = erp.start("Bill", "ReleaseBill", number)
    assert erp.book(number)["status"] == "Balanced"
    erp.order("/clock", {"advance_s": 6})
    assert erp.book(number)["status"] == "Open"
    assert erp.poll(started).status_code == 204


def test_polls_before_the_end_are_a_switch(erp: Instance) -> None:
    erp.switch(action_polls=3, action_ms=600_000)
    started = erp.start("Bill", "ReleaseBill", erp.bill()["ReferenceNbr"]["value"])
    location = erp.ready["base_url"].removesuffix("/inst") + started.headers["Location"]
    assert [erp.http.get(location).status_code for _ in range(5)] == [202, 202, 202, 204, 204]


def test_short_actions_run_on_by_switch(erp: Instance) -> None:
    erp.switch(all_actions_run_on=True, action_ms=600_000)
    number = erp.bill()["ReferenceNbr"]["value"]
    started = erp.start("Bill", "PutOnHold", number)
    assert (started.status_code, erp.book(number)["status"]) == (202, "Balanced")
    location = erp.ready["base_url"].removesuffix("/inst") + started.headers["Location"]
    assert [erp.http.get(location).status_code for _ in range(2)] == [202, 204]
    assert erp.book(number)["status"] == "On Hold"


def test_actions_can_answer_204_at_once(erp: Instance) -> None:
    erp.switch(action_answer="204")
    number = erp.bill()["ReferenceNbr"]["value"]
    assert erp.start("Bill", "ReleaseBill", number).status_code == 204
    assert status_of(erp, number) == "Open"


@pytest.mark.parametrize("status", ["500", "422"])
def test_release_of_a_held_bill_fails_in_the_poll_and_changes_nothing(erp: Instance, status: str) -> None:
    erp.switch(action_failure_status=status)
    number = erp.bill(Hold=True)["ReferenceNbr"]["value"]
    failed = erp.run("Bill", "ReleaseBill", number)
    assert failed.status_code == int(status)
    assert "on hold" in failed.json()["exceptionMessage"]
    assert status_of(erp, number) == "On Hold"


def test_release_fails_for_a_period_closed_meanwhile(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    erp.act("close_period", period="2026-01")
    assert erp.run("Bill", "ReleaseBill", number).json()["exceptionMessage"] == "'Post Period' cannot be empty."
    erp.act("open_period", period="2026-01")
    erp.release(number)


def test_release_twice_fails(erp: Instance) -> None:
    number = erp.released()
    assert erp.run("Bill", "ReleaseBill", number).status_code == 500
    assert erp.book(number)["total"] == "1250.50"


def test_action_errors(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    assert erp.start("Bill", "Nonsense", number).status_code == 404
    assert erp.start("Bill", "ReleaseBill", "999999").status_code == 500
    assert erp.http.post(f"{ENDPOINT}/Bill/ReleaseBill", json={}).status_code == 400
    assert erp.get("Bill/ReleaseBill/status/00000000-0000-0000-0000-000000000000").status_code == 404


def test_release_posts_a_balanced_batch(erp: Instance) -> None:
    number = erp.released(Details=[line(ExtendedCost=100), line(Account="52000", ExtendedCost=20.05)])
    lines = erp.book(number)["lines"]
    assert [(row["account"], row["debit"], row["credit"]) for row in lines] == [
        ("54000", "100.00", "0"),
        ("52000", "20.05", "0"),
        ("20000", "0", "120.05"),
    ]
    assert (lines[0]["project"], lines[0]["cost_code"]) == ("TOWER1", "03-300")
    assert lines[0]["dimensions"] == {"subaccount": "000000", "task": "03"}
    batch = erp.rows("JournalTransaction", expand="Details")[-1]
    assert {row["ReferenceNbr"]["value"] for row in batch["Details"]} == {number}
    assert sum(row["DebitAmount"]["value"] - row["CreditAmount"]["value"] for row in batch["Details"]) == 0


def test_released_bills_keep_their_amounts(erp: Instance) -> None:
    number = erp.released()
    key = wrapped(Type="Bill", ReferenceNbr=number)
    assert erp.put("Bill", key | {"Details": [line()]}).status_code == 422
    assert erp.put("Bill", key | wrapped(VendorRef="OTHER")).status_code == 422
    same = wrapped(Description="note", PostPeriod="01-2026", VendorRef="REQ-7-0003")
    assert erp.saved("Bill", key | same)["Description"] == {"value": "note"}
    assert erp.http.delete(f"{ENDPOINT}/Bill/Bill/{number}").status_code == 500


# approval


def test_bills_of_a_vendor_with_approval_wait_for_it(erp: Instance) -> None:
    bill = erp.bill(Vendor="V00009")
    assert bill["Status"] == {"value": "Pending Approval"}
    number = bill["ReferenceNbr"]["value"]
    assert "Pending Approval" in erp.run("Bill", "ReleaseBill", number).json()["exceptionMessage"]
    assert erp.put("Bill", {"id": bill["id"], "Details": [line()]}).status_code == 500
    erp.act("approve", number=number)
    assert status_of(erp, number) == "Balanced"
    erp.release(number)


def test_approval_by_the_forms_own_actions(erp: Instance) -> None:
    erp.switch(bill_approval=True)
    number = erp.bill()["ReferenceNbr"]["value"]
    assert erp.start("Bill", "Approve", number).status_code == 204
    assert status_of(erp, number) == "Balanced"
    assert erp.start("Bill", "PutOnHold", number).status_code == 204
    assert erp.start("Bill", "ReleaseFromHold", number).status_code == 204
    assert status_of(erp, number) == "Pending Approval"  # the approval was lost with the hold


def test_rejected_bills_are_held_changed_and_sent_again(erp: Instance) -> None:
    bill = erp.bill(Vendor="V00009")
    number = bill["ReferenceNbr"]["value"]
    erp.act("reject", number=number)
    assert status_of(erp, number) == "Rejected"
    held = erp.saved("Bill", {"id": bill["id"]} | wrapped(Hold=True))
    assert held["Status"] == {"value": "On Hold"}
    again = erp.saved("Bill", {"id": bill["id"]} | wrapped(Hold=False))
    assert again["Status"] == {"value": "Pending Approval"}


# reversal and retainage


def test_reverse_makes_a_debit_adjustment_that_settles_the_bill(erp: Instance) -> None:
    number = erp.released()
    assert erp.run("Bill", "ReverseBill", number).status_code == 204
    made = erp.rows("Bill", filter="Type eq 'Debit Adj.'")[0]
    assert made["Status"] == {"value": "On Hold"}
    assert made["Amount"] == {"value": 1250.5}
    assert made["VendorRef"] == {"value": "REQ-7-0003"}
    adjustment = made["ReferenceNbr"]["value"]
    erp.saved("Bill", {"id": made["id"]} | wrapped(Hold=False))
    erp.release(adjustment, "Debit Adj.")
    bill = erp.record(f"Bill/Bill/{number}", expand="Applications")
    assert (bill["Status"]["value"], bill["Balance"]["value"]) == ("Closed", 0.0)
    assert bill["Applications"][0]["DocType"] == {"value": "Debit Adj."}
    assert erp.book(number)["reversed_by"] == adjustment
    credits = {row["account"]: row["credit"] for row in erp.book(adjustment, "Debit Adj.")["lines"]}
    assert credits["54000"] == "1250.50"


def test_only_released_bills_are_reversed_and_only_once(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    assert erp.run("Bill", "ReverseBill", number).status_code == 500
    erp.release(number)
    assert erp.run("Bill", "ReverseBill", number).status_code == 204
    assert erp.run("Bill", "ReverseBill", number).status_code == 500


def test_retainage_lowers_the_bill_and_is_posted_apart(erp: Instance) -> None:
    bill = erp.bill(Details=[retained(line(ExtendedCost=1000), 100)])
    assert bill["Amount"] == {"value": 900.0}
    number = bill["ReferenceNbr"]["value"]
    erp.release(number)
    amounts = {row["account"]: Decimal(row["debit"]) - Decimal(row["credit"]) for row in erp.book(number)["lines"]}
    assert amounts == {"54000": Decimal(1000), "20100": Decimal(-100), "20000": Decimal(-900)}
    wanted = "Transactions.CuryRetainageAmt,Document.CuryRetainageUnreleasedAmt"
    shown = erp.record(f"Bill/Bill/{number}", custom=wanted, expand="Details")
    assert shown["custom"]["Document"]["CuryRetainageUnreleasedAmt"]["value"] == 100.0
    assert shown["Details"][0]["custom"]["Transactions"]["CuryRetainageAmt"]["value"] == 100.0


def test_release_of_retainage_makes_a_bill_without_our_mark(erp: Instance) -> None:
    number = erp.released(Details=[retained(line(ExtendedCost=1000), 100)])
    assert erp.run("Bill", "ReleaseRetainage", number, AmtToRelease=60, Date="2026-01-31").status_code == 204
    made = erp.rows("Bill", filter="cf.Boolean(f='Document.IsRetainageDocument') eq true")[0]
    assert made["Amount"] == {"value": 60.0}
    assert not made["Description"]["value"].startswith("ML-")
    shown = erp.record(f"Bill/Bill/{number}", custom="Document.CuryRetainageUnreleasedAmt")
    assert shown["custom"]["Document"]["CuryRetainageUnreleasedAmt"]["value"] == 40.0
    newest = erp.http.get(f"/entity/Default/25.200.001/Bill/Bill/{number}?$expand=RetainageDocuments").json()
    assert newest["RetainageDocuments"][0]["ReferenceNbr"] == made["ReferenceNbr"]
    assert erp.run("Bill", "ReleaseRetainage", number, AmtToRelease=41, Date="2026-01-31").status_code == 500
    assert erp.http.delete(f"{ENDPOINT}/Bill/{made['id']}").status_code == 204
    shown = erp.record(f"Bill/Bill/{number}", custom="Document.CuryRetainageUnreleasedAmt")
    assert shown["custom"]["Document"]["CuryRetainageUnreleasedAmt"]["value"] == 100.0


def test_released_retainage_moves_from_retainage_to_payables(erp: Instance) -> None:
    erp.switch(retainage_bills_released=True)
    number = erp.released(Details=[retained(line(ExtendedCost=1000), 100)])
    assert erp.run("Bill", "ReleaseRetainage", number, Date="2026-01-31").status_code == 204
    made = erp.rows("Bill", filter="cf.Boolean(f='Document.IsRetainageDocument') eq true")[0]
    assert made["Status"] == {"value": "Open"}
    lines = erp.book(made["ReferenceNbr"]["value"])["lines"]
    assert [(row["account"], row["debit"], row["credit"]) for row in lines] == [
        ("20100", "100.00", "0"),
        ("20000", "0", "100.00"),
    ]


def test_post_period_with_a_dash_by_switch(erp: Instance) -> None:
    erp.switch(post_period_dash=True)
    assert erp.bill()["PostPeriod"] == {"value": "01-2026"}


def test_a_reversal_keeps_the_tax_that_was_sent(erp: Instance) -> None:
    lines = [line(ExtendedCost=5500, TaxCategory="TAXABLE")]
    number = erp.released(Details=lines, TaxDetails=[wrapped(TaxID="SALESTAX", TaxAmount=99.99)], IsTaxValid=True)
    erp.run("Bill", "ReverseBill", number)
    made = erp.rows("Bill", filter="Type eq 'Debit Adj.'")[0]
    freed = erp.saved("Bill", {"id": made["id"]} | wrapped(Hold=False))
    assert (freed["TaxTotal"]["value"], freed["Amount"]["value"]) == (99.99, 5599.99)


def test_a_bill_of_retainage_is_no_duplicate_reference(erp: Instance) -> None:
    number = erp.released(Details=[retained(line(ExtendedCost=1000), 100)])
    erp.switch(duplicate_vendor_ref="refuse")
    erp.run("Bill", "ReleaseRetainage", number)
    made = erp.rows("Bill", filter="cf.Boolean(f='Document.IsRetainageDocument') eq true")[0]
    assert made["VendorRef"] == {"value": "REQ-7-0003"}
    erp.saved("Bill", {"id": made["id"]} | wrapped(Hold=False))
    erp.release(made["ReferenceNbr"]["value"])
