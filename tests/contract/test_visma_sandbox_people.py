"""Acts, books, state and seeds of the Visma.net sandbox (contracts.md: sandbox control API)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from visma_over_http import INVOICES, JOURNALS, ORDERS, SUPPLIERS, Erp, erp, wrapped

from ml_connector.sandbox.month.build import build


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


LINE = {"account": "54000", "project": "HARBOR1", "task": "03", "segments": {"2": "011", "3": "03-300"}}


def totals(book: dict[str, Any]) -> dict[str, Decimal]:
    """Account -> debit less credit."""
    found: Counter[str] = Counter()
    for line in book["lines"]:
        found[line["account"]] += Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0)  # type: ignore[assignment]
    return dict(found)  # type: ignore[arg-type]


# journals


def test_a_journal_is_keyed_by_hand_and_reversed(visma: Erp) -> None:
    lines = [LINE | {"debit": "100.50"}, {"account": "20500", "credit": "100.50"}]
    made = visma.act(
        "key_document", document="journal", lines=lines, date="2026-01-15", description="By hand", release=True
    )
    assert made["status"] == "Posted"
    reversal = visma.act("reverse_journal", number=made["number"])
    row = visma.get(f"{JOURNALS}/{reversal['number']}")
    assert (row["originalBatchNumber"], row["reversingEntry"], row["status"]) == (made["number"], True, "Posted")
    assert row["journalTransactionLines"][0]["creditAmount"] == 100.5
    book = visma.book("journal", made["number"])
    assert (book["reversed_by"], book["reference"], book["status"]) == (reversal["number"], "", "Posted")
    assert totals(book) == {"54000": Decimal("100.50"), "20500": Decimal("-100.50")}


def test_a_reversal_may_touch_the_original(visma: Erp) -> None:
    number = visma.journal()
    visma.release(f"{JOURNALS}/{number}")
    before = visma.get(f"{JOURNALS}/{number}")["timeStamp"]
    visma.act("reverse_journal", number=number, date="2026-01-31", release=False)
    assert visma.get(f"{JOURNALS}/{number}")["timeStamp"] == before
    visma.switch(reversal_touches_original=True)
    visma.act("reverse_journal", number=number)
    assert visma.get(f"{JOURNALS}/{number}")["timeStamp"] != before
    visma.act("close_period", period="2026-03")
    assert "closed" in visma.cannot("reverse_journal", number=number, date="2026-03-01")


def test_unreleased_journals_are_voided_released_ones_reversed(visma: Erp) -> None:
    number = visma.journal()
    assert visma.act("void", document="journal", number=number)["status"] == "Voided"
    assert visma.http.post(f"{JOURNALS}/{number}/action/release", json={}).status_code == 400
    assert "void it" in visma.cannot("reverse_journal", number=number)
    posted = visma.journal()
    visma.act("release", document="journal", number=posted)
    assert visma.act("void", document="journal", number=posted)["reverses"] == posted


def test_a_journal_is_edited_held_and_let_go(visma: Erp) -> None:
    number = visma.journal()
    visma.act("put_on_hold", document="journal", number=number)
    visma.act("edit", document="journal", number=number, line=1, amount="1300", account="52000", text="Other")
    assert "out of balance" in visma.cannot("remove_hold", document="journal", number=number)
    visma.act("edit", document="journal", number=number, line=2, amount="1300")
    assert visma.act("remove_hold", document="journal", number=number)["status"] == "Balanced"
    line = visma.get(f"{JOURNALS}/{number}")["journalTransactionLines"][0]
    assert (line["accountNumber"], line["debitAmount"], line["transactionDescription"]) == ("52000", 1300, "Other")


# invoices and payments


def test_an_invoice_is_keyed_paid_in_part_and_unpaid(visma: Erp) -> None:
    lines = [LINE | {"amount": "200", "vat": "1"}]
    made = visma.act(
        "key_document", supplier="V00001", supplier_reference="H-1", lines=lines, date="2026-01-15", release=True
    )
    number = made["number"]
    assert visma.act("pay", number=number, amount="100")["balance"] == "150.00"
    assert visma.get(f"{INVOICES}/{number}")["status"] == "Open"
    last = visma.act("pay", number=number)
    assert last["status"] == "Closed"
    assert "cannot be paid" in visma.cannot("pay", number=number)
    visma.act("void_payment", number=last["payment"])
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["status"], row["balance"]) == ("Open", 150)
    payments = {(book["kind"], book["status"]) for book in visma.books("payment") if book["number"] == last["payment"]}
    assert payments == {("Payment", "Voided"), ("VoidPayment", "Closed")}
    assert "cannot be voided" in visma.cannot("void_payment", number=last["payment"])
    rows = visma.rows("/v1/GeneralLedgerTransactions", ledger="1", account="10200", fromPeriod="202611")
    assert sum(one["debitAmount"] - one["creditAmount"] for one in rows) == -100


def test_a_released_invoice_is_voided_by_a_debit_adjustment(visma: Erp) -> None:
    number = visma.invoice()
    visma.act("release", number=number)
    made = visma.act("void", number=number)
    assert (made["type"], made["status"]) == ("DebitAdj", "Closed")
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["status"], row["balance"]) == ("Closed", 0)
    assert visma.book("bill", number)["reversed_by"] == made["number"]


def test_an_unreleased_invoice_is_edited_and_deleted(visma: Erp) -> None:
    number = visma.invoice()
    visma.act("revise", number=number, reference="NEW-1", amount="77.70", date="2026-01-21")
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["supplierReference"], row["balance"], row["date"]) == ("NEW-1", 77.7, "2026-01-21T00:00:00")
    visma.act("put_on_hold", number=number)
    assert "Hold" in visma.cannot("release", number=number)
    visma.act("delete", number=number)
    assert "there is no invoice" in visma.cannot("release", number=number)


# orders


def test_orders_are_entered_changed_received_closed_and_cancelled(visma: Erp) -> None:
    made = visma.act(
        "create_order", supplier="V00001", lines=[LINE | {"quantity": 4, "unit_cost": "25"}], reference="R1"
    )
    number = made["number"]
    assert made["status"] == "Open"
    visma.act("edit_order", number=number, amount="120", text="Changed", add=[LINE | {"amount": "30"}])
    row = visma.get(f"{ORDERS}/{number}")
    assert [(line["amount"], line["unitCost"]) for line in row["lines"]] == [(120, 30), (30, 30)]
    visma.act("edit_order", number=number, remove=2)
    assert "remove" not in visma.act("receive", number=number, line=1, quantity=1)
    assert "received" in visma.cannot("cancel_order", number=number)
    visma.act("close_order", number=number)
    assert visma.get(f"{ORDERS}/{number}")["status"] == "Closed"
    visma.act("reopen_order", number=number)
    assert visma.act("print_order", number=number)["status"] == "Printed"
    other = visma.order_of()
    visma.act("await_print", number=other)
    assert visma.get(f"{ORDERS}/{other}")["status"] == "PendingPrint"
    visma.act("void", document="order", number=other)
    row = visma.get(f"{ORDERS}/{other}")
    assert (row["status"], row["orderTotal"], row["lines"][0]["canceled"]) == ("Cancelled", 0, True)
    two = visma.act("create_order", supplier="V00001", lines=[LINE | {"amount": "5"}, LINE | {"amount": "6"}])["number"]
    visma.act("cancel_order_line", number=two, line=1)
    assert visma.get(f"{ORDERS}/{two}")["orderTotal"] == 6
    assert visma.book("purchase_order", two)["total"] == "6.00"


def test_receipts_are_taken_back(visma: Erp) -> None:
    number = visma.order_of()
    receipt = visma.act("receive", number=number)["receipt"]
    assert visma.get(f"{ORDERS}/{number}")["status"] == "Closed"
    visma.act("cancel_receipt", number=receipt)
    assert visma.get(f"{ORDERS}/{number}")["status"] == "Open"


# lists


def test_suppliers_are_entered_changed_and_deactivated(visma: Erp) -> None:
    made = visma.act("create_supplier", number="S1", name="New AS", city="Oslo", country="NO", email="a@b.example")
    assert made["number"] == "S1"
    visma.act("edit_supplier", number="S1", street="Gate 1", status="HoldPayments", corporate_id="9")
    row = visma.get(f"{SUPPLIERS}/S1")
    assert (row["status"], row["corporateId"], row["mainAddress"]["addressLine1"]) == ("HoldPayments", "9", "Gate 1")
    visma.act("deactivate", kind="supplier", id="S1")
    assert visma.get(f"{SUPPLIERS}/S1")["status"] == "Inactive"
    visma.act("activate", kind="supplier", id="S1")
    assert "already exists" in visma.cannot("create_supplier", number="S1", name="Twice")
    assert "status is one of" in visma.cannot("edit_supplier", number="S1", status="Asleep")


def test_whatever_is_coded_with_can_be_deactivated(visma: Erp) -> None:
    for kind, key, word in (
        ("account", "54000", "inactive"),
        ("project", "HARBOR1", "not active"),
        ("task", "HARBOR1/03", "not active"),
    ):
        visma.act("deactivate", kind=kind, id=key)
        answer = visma.http.post(ORDERS, json=wrapped(supplier="V00001", lines=[{"operation": "Insert", **_line()}]))
        assert word in answer.json()["message"]
        visma.act("activate", kind=kind, id=key)
    visma.act("add_segment_value", segment=3, value="99-100", name="New code")
    visma.act("rename_segment_value", segment=3, value="99-100", name="Renamed")
    visma.act("delete_segment_value", segment=3, value="99-100")
    assert "cannot be found" in visma.cannot("delete_segment_value", segment=3, value="99-100")
    visma.act("create_account", code="58000", name="Permits")
    visma.act("create_project", id="NEW1", name="New job")
    assert visma.get("/v1/project/NEW1")["status"] == "Active"


def _line() -> dict[str, Any]:
    return wrapped(account="54000", project="HARBOR1", projectTask="03", unitCost=1)


def test_unknown_names_are_refused_with_the_reason(visma: Erp) -> None:
    assert "there is no" in visma.cannot("close_period", period="2040-01")
    assert "document is" in visma.cannot("release", document="letter", number="1")
    assert "there is no kind" in visma.cannot("deactivate", kind="weather", id="1")
    assert "there is no kind" in visma.cannot("upgrade", kind="Weather")
    assert "no company tenant" in visma.cannot("withdraw_application", tenant_id="x")
    assert "lines is a list" in visma.cannot("create_order", supplier="V00001", lines="none")


# the whole


def test_every_posted_document_of_the_month_balances(visma: Erp) -> None:
    for book in visma.books("journal") + [one for one in visma.books("bill") if one["status"] != "Balanced"]:
        assert sum(totals(book).values()) == 0, book


def test_state_shows_every_entity_in_its_read_form(visma: Erp) -> None:
    state = visma.control.get("/state").json()
    assert state["supplier"] == [visma.get(f"{SUPPLIERS}/{row['number']}") for row in state["supplier"]]
    assert {
        "purchaseorder",
        "supplierInvoice",
        "journaltransaction",
        "account",
        "subaccount",
        "dimension",
    } <= state.keys()
    assert {
        "project",
        "projecttask",
        "projectbudget",
        "financialPeriod",
        "supplierPayment",
        "PurchaseReceipt",
    } <= state.keys()
    assert len(state["purchaseorder"]) == len(visma.books("purchase_order"))


def test_the_months_commitments_are_orders_with_their_changes(visma: Erp) -> None:
    month = build("small")
    linked = [one for one in month.commitments if one.erp_number]
    assert linked
    for fact in linked:
        row = visma.get(f"{ORDERS}/{fact.erp_number}")
        changes = sum(one.amount for one in fact.change_orders if one.in_erp and one.status == "approved")
        assert Decimal(str(row["orderTotal"])) == sum(line.amount for line in fact.lines) + changes
        assert row["supplierRef"] == fact.number
        assert all(line["sub"]["segments"][2]["segmentValue"] != "" for line in row["lines"])


def test_december_was_invoiced_and_january_keyed_as_a_journal(visma: Erp) -> None:
    bills = [one for one in visma.books("bill") if one["business_number"] != "R-2026-01"]
    keyed = [one for one in visma.books("journal") if not one["reference"]]
    assert {one["period"] for one in bills} == {"2025-12"}
    assert {one["period"] for one in keyed} == {"2026-01"}
    month = build("small")
    numbers = {one.invoice_number for one in month.requisitions if one.keyed_by_hand}
    assert {one["business_number"] for one in bills + keyed} == numbers


@pytest.mark.parametrize("seed", ["month", "empty", "scale:40", "small"])
def test_seeds(running: Erp, seed: str) -> None:
    running.order("/reset", {"seed": seed})
    running.sign_in()
    suppliers, orders = len(running.rows(SUPPLIERS)), len(running.rows(ORDERS))
    expected = {"month": (200, 100), "empty": (0, 0), "scale:40": (200, 40), "small": (9, 9)}[seed]
    assert suppliers >= expected[0]
    assert orders >= expected[1]
    assert (seed != "empty") == bool(orders)
    assert running.rows("/v1/account")
    assert running.rows("/v1/project")


def test_a_moment_can_be_kept_and_taken_up_again(visma: Erp) -> None:
    visma.switch(auto_post=False)
    number = visma.journal()
    visma.order("/keep", {"name": "here"})
    visma.release(f"{JOURNALS}/{number}")
    visma.act("edit_supplier", number="V00001", name="Gone")
    visma.order("/reset", {"kept": "here"})
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Balanced"
    assert visma.get(f"{SUPPLIERS}/V00001")["name"] != "Gone"
    visma.release(f"{JOURNALS}/{number}")
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Unposted"


def test_calls_are_counted_by_pattern(visma: Erp) -> None:
    visma.control.delete("/calls")
    visma.get(f"{SUPPLIERS}/V00001")
    visma.get("/API/controller/api/v1/Supplier/V00002")
    visma.journal()
    counts = {(row["method"], row["path"]): row["count"] for row in visma.control.get("/calls/counts").json()}
    assert counts == {("GET", "/v1/supplier/{key}"): 2, ("POST", "/v2/journaltransaction"): 1}
    sessions = {row["session"] for row in visma.control.get("/calls").json()}
    assert sessions == {visma.control.get("/sessions").json()[0]["id"]}


def test_an_invoice_is_of_a_supplier_that_procore_lacks(visma: Erp) -> None:
    (bill,) = [one for one in visma.books("bill") if one["business_number"] == "R-2026-01"]
    assert (bill["status"], bill["period"], bill["total"]) == ("Open", "2026-01", "1800.00")
    known = {one.erp_id: one.in_procore for one in build("small").vendors}
    assert known[bill["party"]] is False


def test_some_orders_are_the_erps_alone(visma: Erp) -> None:
    linked = {one.erp_number for one in build("small").commitments}
    alone = [row for row in visma.rows(ORDERS) if row["orderNbr"] not in linked]
    assert Counter(row["status"] for row in alone) == {"Open": 5, "Hold": 1, "Cancelled": 1, "Closed": 1}
    assert [row["orderType"] for row in alone].count("Blanket") == 1
    jobs = [{(line["project"] or {}).get("id") for line in row["lines"]} for row in alone]
    assert [len(one) for one in jobs].count(2) == 1
    assert {None} in jobs
    known = {one.erp_id: one.in_procore for one in build("small").vendors}
    assert [known[row["supplier"]["number"]] for row in alone].count(False) == 1
