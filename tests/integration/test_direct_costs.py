"""Direct costs become bills: invoices, expenses by the table of employees, payroll by rule."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from contractor import CONCRETE, EARTH, VENDOR, Contractor, written
from stage import Stage

from ml_connector.hub import replay
from ml_connector.hub.models import Record

FLOW = "direct-costs"
EMPLOYEE = 562949953900007


@pytest.fixture
def people(stage: Stage) -> Contractor:
    return Contractor(stage.sandboxes)


def line(amount: str, code: int = EARTH, **fields: Any) -> dict[str, Any]:
    return {"wbs_code_id": code, "manual_amount": amount, "description": "Crane hire", **fields}


def of(key: int) -> Record:
    """The record of a direct cost."""
    return Record.objects.get(flow=FLOW, source_key=str(key))


def ledger_of(stage: Stage, people: Contractor, key: int) -> list[str]:
    """The books of the bill that a direct cost was posted as."""
    number = of(key).target_number
    (found,) = [row for row in people.acumatica.get("/books") if row["number"] == number and row["kind"] == "Bill"]
    return written(found)


def test_an_invoice_is_owed_to_its_vendor(stage: Stage, people: Contractor) -> None:
    key = people.cost("invoice", "INV-77", line("300.50"), line("99.50", CONCRETE), vendor_id=VENDOR)
    stage.install(FLOW)
    stage.sync()
    assert people.ledger("INV-77") == [
        "Bill 400.00 2026-01 Open",
        "Dr 54000 HARBOR1/02/02-300 300.50",
        "Dr 54000 HARBOR1/03/03-410 99.50",
        "Cr 20000 400.00",
    ]
    assert people.documents("INV-77")[0]["party"] == "V00001"
    assert of(key).state == "posted"


def test_an_expense_is_owed_to_the_vendor_that_stands_for_the_employee(stage: Stage, people: Contractor) -> None:
    key = people.cost("expense", "", line("42.10"), employee_id=EMPLOYEE)
    stage.install(FLOW)
    stage.sync()
    assert (of(key).state, of(key).cause) == ("held", "unmapped")
    assert f"table employees has no target for {EMPLOYEE}" in of(key).message
    stage.fill("employees", f"{EMPLOYEE},Jo Miller,V00003,,,")
    assert replay.replay([of(key)])[1] == []
    stage.sync()
    assert ledger_of(stage, people, key) == [
        "Bill 42.10 2026-01 Open",
        "Dr 54000 HARBOR1/02/02-300 42.10",
        "Cr 20000 42.10",
    ]


def test_several_expenses_without_a_number_are_no_duplicates(stage: Stage, people: Contractor) -> None:
    keys = [people.cost("expense", "", line("42.10"), employee_id=EMPLOYEE) for _ in range(3)]
    stage.install(FLOW)
    stage.fill("employees", f"{EMPLOYEE},Jo Miller,V00003,,,")
    stage.sync()
    assert {of(key).state for key in keys} == {"posted"}
    assert len({of(key).target_number for key in keys}) == 3


def test_payroll_is_left_out_unless_the_rule_says_otherwise(stage: Stage, people: Contractor) -> None:
    key = people.cost("payroll", "", line("900.00"), employee_id=EMPLOYEE)
    stage.install(FLOW)
    ended = stage.sync()
    assert (of(key).state, of(key).cause) == ("skipped", "payroll")
    (statement,) = ended.statements
    assert ("skipped", "payroll") in {(one.what, one.cause) for one in statement.lines}


def test_payroll_is_posted_where_the_rule_says_so(stage: Stage, people: Contractor) -> None:
    key = people.cost("payroll", "", line("900.00"), employee_id=EMPLOYEE)
    stage.install(FLOW, payroll="post")
    stage.fill("employees", f"{EMPLOYEE},Jo Miller,V00003,,,")
    stage.sync()
    assert ledger_of(stage, people, key) == [
        "Bill 900.00 2026-01 Open",
        "Dr 54000 HARBOR1/02/02-300 900.00",
        "Cr 20000 900.00",
    ]


@pytest.mark.parametrize("status", ["draft", "pending", "revise_and_resubmit"])
def test_what_is_not_approved_is_not_posted(stage: Stage, people: Contractor, status: str) -> None:
    key = people.cost("invoice", "INV-77", line("300.50"), vendor_id=VENDOR, status=status)
    stage.install(FLOW)
    stage.sync()
    assert (of(key).state, of(key).cause) == ("skipped", "not_approved")
    people.work("approve", kind="direct_cost", id=key)
    stage.sync()
    assert len(people.documents("INV-77")) == 1


def test_what_the_vendor_owes_waits_for_a_person(stage: Stage, people: Contractor) -> None:
    key = people.cost("invoice", "INV-77", line("-300.50"), vendor_id=VENDOR)
    stage.install(FLOW)
    stage.sync()
    assert (of(key).state, of(key).cause) == ("held", "negative_total")
    assert "debit adjustment" in of(key).message


def test_an_expense_of_nobody_waits_for_a_person(stage: Stage, people: Contractor) -> None:
    key = people.cost("expense", "", line("42.10"))
    stage.install(FLOW)
    stage.sync()
    assert (of(key).state, of(key).cause) == ("held", "no_vendor")


def test_two_invoices_of_a_vendor_with_one_number_are_not_both_posted(stage: Stage, people: Contractor) -> None:
    keys = [people.cost("invoice", "INV-77", line("300.50"), vendor_id=VENDOR) for _ in range(2)]
    stage.install(FLOW)
    stage.sync()
    assert sorted(of(key).state for key in keys) == ["held", "posted"]
    assert {of(key).cause for key in keys} == {"", "duplicate_number"}
    assert len(people.documents("INV-77")) == 1


def test_a_requisition_and_a_direct_cost_with_one_number_are_not_both_posted(stage: Stage, people: Contractor) -> None:
    people.invoice(people.commitment("SC-1", EARTH), "INV-77", {"work": "10.00"})
    people.cost("invoice", "INV-77", line("300.50"), vendor_id=VENDOR)
    stage.install("requisitions", FLOW)
    stage.sync()
    states = Counter(Record.objects.filter(business_number="INV-77").values_list("state", "cause"))
    assert states == {("posted", ""): 1, ("held", "duplicate_number"): 1}
    assert len(people.documents("INV-77")) == 1


def test_a_line_that_is_edited_after_posting_is_noticed(stage: Stage, people: Contractor) -> None:
    key = people.cost("invoice", "INV-77", line("300.50"), vendor_id=VENDOR)
    stage.install(FLOW)
    stage.sync()
    before = people.ledger("INV-77")
    (shown,) = people.direct_cost(key)["line_items"]
    people.work("edit_line", kind="direct_cost", id=key, line=shown["id"], fields={"amount": "310.50"})
    stage.sync()
    assert (of(key).state, of(key).cause) == ("held", "changed_after_posting")
    assert people.ledger("INV-77") == before


def test_a_deleted_one_is_noticed_by_the_sweep(stage: Stage, people: Contractor) -> None:
    key = people.cost("invoice", "INV-77", line("300.50"), vendor_id=VENDOR)
    stage.install(FLOW)
    stage.sync()
    people.work("delete", kind="direct_cost", id=key)
    stage.sync(sweep=True)
    assert (of(key).state, of(key).cause) == ("held", "gone_after_posting")


def test_tax_goes_by_the_table_of_tax_codes_and_must_come_to_the_same(stage: Stage, people: Contractor) -> None:
    code = people.work("key_document", kind="tax_code", fields={"code": "PA", "rate1": "6.0", "description": "PA"})[
        "id"
    ]
    key = people.cost("invoice", "INV-77", line("100.00", tax_code_id=code), vendor_id=VENDOR)
    stage.install(FLOW)
    stage.sync()
    assert (of(key).state, of(key).cause) == ("held", "unmapped")
    assert f"table tax has no target for {code}" in of(key).message
    stage.fill("tax", f"{code},PA,TAXABLE,,,")
    assert replay.replay([of(key)])[1] == []
    stage.sync()
    assert (of(key).state, of(key).cause) == ("held", "stored_differently")
    assert "tax: meant 0, stored 7.50" in of(key).message
    assert people.ledger("INV-77") == ["Bill 107.50 2026-01 Balanced", "-- 54000 HARBOR1/02/02-300 100.00"]


def test_a_quiet_project_costs_two_calls(stage: Stage, people: Contractor) -> None:
    stage.install(FLOW)
    stage.sync()
    stage.procore.forget_calls()
    stage.acumatica.forget_calls()
    stage.clock.sleep(3600)
    stage.sync()
    calls = {path: count for (_, path), count in stage.procore.calls().items() if "direct_costs" in path}
    assert sorted(calls.values()) == [3, 3]  # headers and changed lines, of three projects
    assert stage.acumatica.calls() == {}
