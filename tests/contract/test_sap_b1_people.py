"""What the SAP Business One sandbox is seeded with, its books, and what people do beside documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from time import monotonic

import pytest
from sap_b1_books import BANK, COSTS, PAYABLES, VENDOR, balance, book, document, line
from sap_b1_over_http import Instance, error, instance

from ml_connector.sandbox.month.build import build
from ml_connector.sandbox.sap_b1 import seed


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance("month") as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def books(b1: Instance, document: str) -> list[dict[str, object]]:
    return [row for row in b1.control.get("/books").json() if row["document"] == document]


def test_the_months_vendors_are_found_by_tax_id_and_name(b1: Instance) -> None:
    month = build("month")
    rows = {row["CardCode"]: row for row in b1.rows("BusinessPartners")}
    facts = [vendor for vendor in month.vendors if vendor.erp_id]
    assert set(rows) == {seed.vendor_code(vendor) for vendor in facts}
    assert all(re.fullmatch(r"V1\d{4}", code) for code in rows)
    for vendor in facts:
        row = rows[seed.vendor_code(vendor)]
        assert (row["FederalTaxID"], row["CardName"]) == (vendor.tax_id or None, vendor.erp_name)
        assert (row["Frozen"] == "tYES") == (vendor.erp_status in ("Inactive", "On Hold"))
        assert row["CardType"] == "cSupplier"
    changed = b1.rows("BusinessPartners", filter="UpdateDate ge '2026-01-15'")
    assert 0 < len(changed) < len(rows) / 2


def test_the_months_projects_have_codes_and_profit_centers(b1: Instance) -> None:
    rows = {row["Code"]: row for row in b1.rows("Projects")}
    centers = {row["CenterCode"]: row for row in b1.rows("ProfitCenters")}
    for project in build("month").projects:
        row, center = rows[f"P-{project.number}"], centers[seed.center_code(project)]
        assert row["Name"] == project.name
        assert (row["Active"] == "tYES") == (center["Active"] == "tYES") == project.active


def test_what_people_keyed_by_hand_is_there_to_be_matched(b1: Instance) -> None:
    month = build("month")
    keyed = {one.invoice_number for one in month.requisitions if one.keyed_by_hand}
    bills = books(b1, "bill")
    assert {row["business_number"] for row in bills} == keyed
    assert all(row["reference"] is None for row in bills)
    assert len(books(b1, "order")) == 3
    payments = books(b1, "payment")
    assert len([row for row in payments if row["reversed_by"]]) == len([one for one in month.payments if one.voided])
    assert {row["status"] for row in bills} == {"bost_Open", "bost_Close"}
    paid = sum(Decimal(str(row["total"])) for row in payments if not row["reversed_by"])
    assert balance(b1, BANK) == -paid


def test_the_ledger_balances_and_so_do_the_partners(b1: Instance) -> None:
    b1.saved("PurchaseInvoices", document(line("99.95", TaxCode="LOCAL"), CardCode="V10003"))
    accounts = [Decimal(str(row["Balance"])) for row in b1.rows("ChartOfAccounts")]
    assert sum(accounts) == 0
    partners = [Decimal(str(row["CurrentAccountBalance"])) for row in b1.rows("BusinessPartners")]
    assert sum(partners) == balance(b1, PAYABLES)
    entries = b1.rows("JournalEntries")
    for row in entries:
        amounts = [Decimal(str(one["Debit"])) - Decimal(str(one["Credit"])) for one in row["JournalEntryLines"]]
        assert sum(amounts) == 0


@pytest.mark.parametrize("name", ["empty", "small", "scale:50"])
def test_every_seed_gives_a_company(b1: Instance, name: str) -> None:
    b1.order("/reset", {"seed": name})
    b1.log_in()
    assert len(b1.rows("ProfitCenters")) >= 30
    assert len(b1.rows("ChartOfAccounts")) > 20
    assert b1.rows("UserFieldsMD") == []


def test_our_mark_is_the_user_field_that_is_named_for_it(b1: Instance) -> None:
    for name in ("ProcoreId", "ProcoreRef"):
        b1.act("add_user_field", table="OPCH", name=name)
    one = b1.saved("PurchaseInvoices", document(line(1), U_ProcoreId="id:1"))
    two = b1.saved("PurchaseInvoices", document(line(1), U_ProcoreId="id:2", U_ProcoreRef="ML-2"))
    assert book(b1, "bill", one["DocNum"])["reference"] == "id:1"
    assert book(b1, "bill", two["DocNum"])["reference"] == "ML-2"
    stated = book(b1, "bill", two["DocNum"])
    assert (stated["party"], stated["period"], stated["currency"], stated["total"]) == (
        VENDOR,
        "2026-01",
        "USD",
        "1.00",
    )
    assert [(row["debit"], row["credit"]) for row in stated["lines"]] == [("1.00", "0"), ("0", "1.00")]


def test_a_deleted_user_field_takes_its_values_along(b1: Instance) -> None:
    b1.act("add_user_field", table="OPCH", name="Ref")
    b1.act("add_user_field", table="PCH1", name="Ref")
    row = b1.saved("PurchaseInvoices", document(line(1, U_Ref="line"), U_Ref="head"))
    b1.act("delete_user_field", table="OPCH", name="Ref")
    after = b1.get(f"PurchaseInvoices({row['DocEntry']})").json()
    assert "U_Ref" not in after
    assert after["DocumentLines"][0]["U_Ref"] == "line"
    assert error(b1.get("PurchaseInvoices", filter="U_Ref eq 'head'"))[:2] == (400, "201")
    b1.act("add_user_field", table="OPCH", name="Ref")
    assert b1.get(f"PurchaseInvoices({row['DocEntry']})").json()["U_Ref"] is None
    b1.act("delete_user_field", table="PCH1", name="Ref")
    assert "U_Ref" not in b1.get(f"PurchaseInvoices({row['DocEntry']})").json()["DocumentLines"][0]


def test_acts_say_what_is_wrong_and_change_nothing(b1: Instance) -> None:
    before = b1.control.get("/books").json()
    for order in (
        {"action": "void", "number": 99999},
        {"action": "void", "kind": "sandwich", "number": 1},
        {"action": "pay", "number": 1001, "amount": "much"},
        {"action": "close_period", "period": "1999-01"},
        {"action": "deactivate", "kind": "vendor", "id": "NOBODY"},
        {"action": "key_document", "vendor": VENDOR, "lines": [{"account": COSTS}]},
        {"action": "key_document", "vendor": VENDOR, "date": "2026-02-01", "lines": [{"account": COSTS, "amount": 1}]},
        {"action": "edit", "number": 1001, "amount": "5"},
        {"action": "delete_user_field", "table": "OPCH", "name": "Nothing"},
        {"action": "set_rate", "currency": "XXX", "rate": "1"},
        {"action": "set_precision", "totals": 9},
    ):
        answer = b1.control.post("/act", json=order)
        assert answer.status_code == 409, order
        assert answer.json()["error"]
    assert b1.control.get("/books").json() == before


def test_people_create_and_edit_records(b1: Instance) -> None:
    b1.act("create_vendor", id="V90001", name="New Ltd", tax_id="12-3456789")
    b1.act("edit_vendor", id="V90001", name="Newer Ltd")
    assert b1.get("BusinessPartners('V90001')").json()["CardName"] == "Newer Ltd"
    b1.act("create_profit_center", id="PC-NEW", name="New")
    b1.act("create_project", id="P-NEW", name="New")
    coded = line(1, CostingCode="PC-NEW", ProjectCode="P-NEW")
    body = document(coded, CardCode="V90001")
    assert error(b1.post("PurchaseInvoices", body))[2] == "Enter valid code  [PCH1.OcrCode][line: 1]"
    b1.saved("PurchaseInvoices", {name: value for name, value in body.items() if name != "DocDate"})


def test_a_kept_state_comes_back_whole(b1: Instance) -> None:
    row = b1.saved("PurchaseInvoices", document(line(7)))
    b1.order("/keep", {"name": "one"})
    kept = b1.control.get("/state").json()
    b1.act("void", number=row["DocNum"])
    assert b1.control.get("/state").json() != kept
    b1.order("/reset", {"kept": "one"})
    assert b1.control.get("/state").json() == kept
    b1.log_in()
    assert b1.saved("PurchaseInvoices", document(line(7)))["DocEntry"] == row["DocEntry"] + 1


def test_a_failed_change_set_leaves_the_books_as_they_were(b1: Instance) -> None:
    before = b1.control.get("/state").json()
    parts = "".join(
        f"--c\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: {number}\r\n\r\n"
        f"POST /b1s/v2/Projects\r\n\r\n{body}\r\n"
        for number, body in enumerate(('{"Code": "P-1", "Name": "One"}', '{"Code": "P-2"}'), start=1)
    )
    content = f"--b\r\nContent-Type: multipart/mixed;boundary=c\r\n\r\n{parts}--c--\r\n--b--\r\n"
    answer = b1.call("POST", "$batch", content=content.encode(), headers={"Content-Type": "multipart/mixed;boundary=b"})
    assert answer.status_code == 200
    assert "-5002" in answer.text
    assert b1.control.get("/state").json() == before


def test_hundreds_of_documents_are_posted_in_seconds(b1: Instance) -> None:
    start = monotonic()
    for number in range(200):
        b1.saved("PurchaseInvoices", document(line(10), line(20), NumAtCard=f"N{number}"))
    assert monotonic() - start < 10
