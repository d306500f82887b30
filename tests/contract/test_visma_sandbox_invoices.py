"""Supplier invoices of the Visma.net sandbox (vendors/visma_net.md §6.2, §11)."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from visma_over_http import INVOICES, JOURNALS, ORDERS, Erp, erp, invoice, invoice_line, order_line, wrapped


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


def test_an_invoice_is_stored_with_its_defaults(visma: Erp) -> None:
    number = visma.invoice()
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["documentType"], row["referenceNumber"], row["status"]) == ("Invoice", number, "Balanced")
    assert row["supplier"]["number"] == "V00001"
    assert (row["supplierReference"], row["currencyId"], row["dueDate"]) == ("FB-7781", "USD", "2026-02-19T00:00:00")
    assert (row["postPeriod"], row["financialPeriod"], row["approvalStatus"]) == ("012026", "202601", "New")
    assert row["detailTotalInCurrency"] == row["balance"] == row["amount"] == 9000
    line = row["invoiceLines"][0]
    assert (line["account"]["number"], line["project"]["id"], line["projectTask"]["id"]) == ("52000", "HARBOR1", "03")
    assert (line["costInCurrency"], line["branchNumber"]["number"], line["poNumber"]) == (9000, "1", None)


def test_release_opens_the_invoice_and_posts_it(visma: Erp) -> None:
    number = visma.invoice(invoiceLines=[invoice_line(vatCodeId="1")])
    visma.release(f"{INVOICES}/{number}")
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["status"], row["balance"], row["vatTotal"]) == ("Open", 11250, 2250)
    batch = next(
        one for one in visma.rows(JOURNALS, periodId="202601", module="AP") if one["description"].startswith("ML-abc-2")
    )
    posted = {
        line["accountNumber"]: line["debitAmount"] - line["creditAmount"] for line in batch["journalTransactionLines"]
    }
    assert posted == {"52000": 9000, "21600": 2250, "20000": -11250}
    assert visma.http.post(f"{INVOICES}/{number}/action/release", json={}).status_code == 400
    book = visma.book("bill", number)
    assert (book["reference"], book["business_number"], book["party"], book["tax"]) == (
        "ML-abc-2", "FB-7781", "V00001", "2250.00",
    )  # fmt: skip
    assert sum(Decimal(line["debit"]) - Decimal(line["credit"]) for line in book["lines"]) == 0


def test_a_released_invoice_takes_only_what_the_books_do_not_depend_on(visma: Erp) -> None:
    path = f"{INVOICES}/{visma.invoice()}"
    visma.release(path)
    assert visma.changed(path, wrapped(description="Corrected text"))["description"] == "Corrected text"
    assert visma.change(path, {"invoiceLines": [invoice_line(1)]}).status_code == 400
    assert visma.http.delete(path).status_code == 400


def test_an_unreleased_invoice_is_changed_and_deleted(visma: Erp) -> None:
    path = f"{INVOICES}/{visma.invoice(hold=True)}"
    assert visma.get(path)["status"] == "Hold"
    change = {"operation": "Update", **wrapped(lineNumber=1, transactionDescription="More", costInCurrency=100.005)}
    row = visma.changed(path, {"invoiceLines": [change, invoice_line(50)], **wrapped(hold=False)})
    assert (row["status"], row["detailTotalInCurrency"], len(row["invoiceLines"])) == ("Balanced", 150.01, 2)
    row = visma.changed(path, {"invoiceLines": [{"operation": "Delete", **wrapped(lineNumber=1)}]})
    assert [line["lineNumber"] for line in row["invoiceLines"]] == [2]
    assert visma.http.delete(path).status_code == 204
    assert visma.http.get(path).status_code == 404


def test_a_text_alone_does_not_price_a_line_anew(visma: Erp) -> None:
    line = invoice_line(100, quantity=3, unitCostInCurrency=30)
    path = f"{INVOICES}/{visma.invoice(invoiceLines=[line])}"
    change = {"operation": "Update", **wrapped(lineNumber=1, transactionDescription="Text")}
    assert visma.changed(path, {"invoiceLines": [change]})["invoiceLines"][0]["costInCurrency"] == 100
    change = {"operation": "Update", **wrapped(lineNumber=1, quantity=4)}
    assert visma.changed(path, {"invoiceLines": [change]})["invoiceLines"][0]["costInCurrency"] == 120


@pytest.mark.parametrize(
    ("line", "cost"),
    [
        ({"quantity": 2, "unitCostInCurrency": 4500.0}, 9000),
        ({"quantity": 3, "unitCostInCurrency": 0.335}, 1.01),
        ({"unitCostInCurrency": 12.3456789}, 12.35),
        ({"quantity": 2, "unitCostInCurrency": 50, "discountPercent": 10}, 90),
        ({"quantity": 2, "unitCostInCurrency": 50, "discountAmountInCurrency": 5}, 95),
        ({"costInCurrency": -5.005}, -5.01),
    ],
)
def test_costs_of_lines_are_rounded_half_away_from_zero(visma: Erp, line: dict[str, Any], cost: float) -> None:
    number = visma.invoice(invoiceLines=[invoice_line(None, **line)])
    assert visma.get(f"{INVOICES}/{number}")["invoiceLines"][0]["costInCurrency"] == cost


def test_unit_costs_keep_six_decimals(visma: Erp) -> None:
    number = visma.invoice(invoiceLines=[invoice_line(None, quantity=1, unitCostInCurrency=1.23456789)])
    assert '"unitCostInCurrency":1.234568' in visma.http.get(f"{INVOICES}/{number}").text


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"supplierNumber": None}, "'Supplier' cannot be empty"),
        ({"supplierNumber": "NOBODY"}, "NOBODY"),
        ({"invoiceLines": []}, "no lines"),
        ({"invoiceLines": [invoice_line(accountNumber=None)]}, "'Account' cannot be empty"),
        ({"invoiceLines": [invoice_line(vatCodeId="01")]}, "TaxID '01' cannot be found"),
        ({"invoiceLines": [invoice_line(inventoryNumber="NONE")]}, "Inventory ID 'NONE'"),
        ({"documentType": "Invoice", "financialPeriod": "202512"}, "is closed"),
        ({"creditTermsId": "7"}, "'7'"),
        ({"amount": 1}, "out of balance"),
    ],
)
def test_what_the_books_refuse(visma: Erp, changes: dict[str, Any], word: str) -> None:
    assert word in visma.refused(INVOICES, invoice(**changes))


def test_a_wrong_name_of_the_type_makes_an_invoice(visma: Erp) -> None:
    body = invoice(documentType=None) | {"documentTypeId": {"value": "DebitAdj"}}
    number = visma.create(INVOICES, body)
    assert visma.get(f"{INVOICES}/{number}")["documentType"] == "Invoice"


def test_suppliers_that_are_inactive_or_on_hold(visma: Erp) -> None:
    number = visma.invoice()
    for status, word in (("Inactive", "inactive"), ("OnHold", "on hold")):
        visma.act("edit_supplier", number="V00001", status=status)
        assert word in visma.refused(INVOICES, invoice())
        assert word in visma.http.post(f"{INVOICES}/{number}/action/release", json={}).json()["message"]
    visma.switch(on_hold_supplier="take")
    visma.release(f"{INVOICES}/{number}")


# types


def test_a_number_without_a_type_is_of_an_invoice(visma: Erp) -> None:
    number = visma.invoice(documentType="DebitAdj")
    assert visma.http.get(f"{INVOICES}/{number}").status_code == 404
    row = visma.get(f"{INVOICES}/debitadj/{number}")
    assert row["documentType"] == "DebitAdj"
    assert visma.change(f"{INVOICES}/DebitAdj/{number}", wrapped(description="Credit")).status_code == 204
    visma.release(f"{INVOICES}/DebitAdj/{number}")
    assert visma.book("bill", number)["lines"][0]["credit"] == "9000.00"
    assert visma.http.delete(f"{INVOICES}/DebitAdj/{number}").status_code == 400


def test_all_types_are_in_the_list_of_documents(visma: Erp) -> None:
    visma.invoice(documentType="CreditAdj")
    kinds = {row["documentType"] for row in visma.rows("/v1/supplierdocument")}
    assert {"Invoice", "CreditAdj"} <= kinds


# VAT


@pytest.mark.parametrize(
    ("mode", "code", "vat", "total"),
    [("Net", "1", 250, 1250), ("TaxSetting", "11", 150, 1150), ("Gross", "1", 200, 1000), ("Net", "0", 0, 1000)],
)
def test_vat_by_code_and_mode(visma: Erp, mode: str, code: str, vat: float, total: float) -> None:
    number = visma.invoice(taxCalculationMode=mode, invoiceLines=[invoice_line(1000, vatCodeId=code)])
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["vatTotalInCurrency"], row["balanceInCurrency"]) == (vat, total)
    assert row["taxDetailLines"][0]["taxId"] == code
    visma.release(f"{INVOICES}/{number}")
    lines = visma.book("bill", number)["lines"]
    assert sum(Decimal(line["debit"]) - Decimal(line["credit"]) for line in lines) == 0
    assert Decimal(lines[0]["debit"]) == Decimal(str(total)) - Decimal(str(vat))


def test_lines_that_hold_their_vat_cost_what_is_left_of_them(visma: Erp) -> None:
    lines = [invoice_line(125, vatCodeId="1"), invoice_line(115, vatCodeId="11"), invoice_line(10)]
    number = visma.invoice(taxCalculationMode="Gross", invoiceLines=lines)
    visma.release(f"{INVOICES}/{number}")
    booked = visma.book("bill", number)["lines"]
    assert [Decimal(line["debit"]) for line in booked[:4]] == [100, 100, 10, 40]
    assert visma.get(f"{INVOICES}/{number}")["balance"] == 250


def test_vat_that_is_sent_stands(visma: Erp) -> None:
    taxes = [{"operation": "Insert", **wrapped(taxId="1", taxableAmount=1000, vatAmount=249.99)}]
    number = visma.invoice(invoiceLines=[invoice_line(1000, vatCodeId="1")], taxDetailLines=taxes)
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["vatTotalInCurrency"], row["balance"]) == (249.99, 1249.99)
    assert row["taxDetailLines"][0]["vatRate"] == 25


def test_vat_must_fit_the_zone_of_the_supplier(visma: Erp) -> None:
    lines = [invoice_line(1000, vatCodeId="1")]
    assert "TaxID '1'" in visma.refused(INVOICES, invoice(supplierTaxZone="02", invoiceLines=lines))


def test_cash_rounding_is_part_of_the_total(visma: Erp) -> None:
    number = visma.invoice(roundingDiffInCurrency=-0.4, invoiceLines=[invoice_line(100.4)])
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["balance"], row["roundingDiff"]) == (100, -0.4)


def test_a_foreign_currency_is_shown_in_both(visma: Erp) -> None:
    number = visma.invoice(currencyId="EUR", invoiceLines=[invoice_line(100)])
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["detailTotalInCurrency"], row["detailTotal"], row["exchangeRate"]) == (100, 115, 1.15)
    assert row["invoiceLines"][0]["cost"] == 115


# life


def test_approval_holds_the_release_back(visma: Erp) -> None:
    visma.act("edit_supplier", number="V00001", approval=True)
    path = f"{INVOICES}/{visma.invoice()}"
    assert visma.get(path)["approvalStatus"] == "SentToApproval"
    assert "not approved" in visma.http.post(f"{path}/action/release", json={}).json()["message"]
    visma.act("reject", number=path.rpartition("/")[2])
    assert visma.get(path)["approvalStatus"] == "RejectedInApproval"
    visma.act("approve", number=path.rpartition("/")[2])
    visma.release(path)
    visma.act("edit_supplier", number="V00001", approval=False)
    visma.switch(invoice_approval=True)
    assert visma.get(f"{INVOICES}/{visma.invoice()}")["approvalStatus"] == "SentToApproval"


def test_sending_to_approval_by_action(visma: Erp) -> None:
    number = visma.invoice()
    answer = visma.http.post(f"{INVOICES}/Invoice/{number}/action/sendtoapproval", json={})
    assert answer.json()["actionResult"] == "Done"
    assert visma.get(f"{INVOICES}/{number}")["approvalStatus"] == "SentToApproval"


def test_prebook_and_void(visma: Erp) -> None:
    number = visma.invoice()
    action = f"{INVOICES}/Invoice/{number}/action"
    assert visma.http.post(f"{action}/voidinvoice", json={}).status_code == 400
    assert visma.http.post(f"{action}/prebook", json={}).status_code == 200
    assert visma.get(f"{INVOICES}/{number}")["status"] == "Prebooked"
    assert visma.http.post(f"{action}/voidinvoice", json={}).status_code == 200
    assert visma.get(f"{INVOICES}/{number}")["status"] == "Voided"
    rows = visma.rows("/v1/GeneralLedgerTransactions", ledger="1", fromPeriod="202601", account="15100")
    assert sum(row["debitAmount"] - row["creditAmount"] for row in rows) == 0


def test_a_prebooked_invoice_is_released_against_the_prebooking(visma: Erp) -> None:
    number = visma.invoice()
    visma.http.post(f"{INVOICES}/Invoice/{number}/action/prebook", json={})
    visma.release(f"{INVOICES}/{number}")
    rows = visma.rows("/v1/GeneralLedgerTransactions", ledger="1", fromPeriod="202601", account="15100")
    assert sum(row["debitAmount"] - row["creditAmount"] for row in rows) == 0
    assert visma.get(f"{INVOICES}/{number}")["status"] == "Open"


def test_reverse_makes_a_debit_adjustment(visma: Erp) -> None:
    number = visma.invoice()
    visma.release(f"{INVOICES}/{number}")
    assert visma.http.post(f"{INVOICES}/Invoice/{number}/action/reverse", json={}).status_code == 200
    made = visma.book("bill", number)["reversed_by"]
    row = visma.get(f"{INVOICES}/DebitAdj/{made}")
    assert (row["status"], row["balance"], row["supplierReference"]) == ("Balanced", 9000, "FB-7781")
    visma.release(f"{INVOICES}/DebitAdj/{made}")


def test_write_off_closes_the_invoice(visma: Erp) -> None:
    number = visma.invoice()
    visma.release(f"{INVOICES}/{number}")
    assert visma.http.post(f"{INVOICES}/Invoice/{number}/action/writeoff", json={}).status_code == 200
    row = visma.get(f"{INVOICES}/{number}")
    assert (row["status"], row["balance"]) == ("Closed", 0)


def test_a_queued_release_shows_in_the_status(visma: Erp) -> None:
    visma.switch(release_answer="InProcess", release_ms=30_000)
    number = visma.invoice()
    answer = visma.http.post(f"{INVOICES}/{number}/action/release", json={})
    assert answer.json()["actionResult"] == "InProcess"
    assert visma.get(f"{INVOICES}/{number}")["status"] == "Balanced"
    visma.advance(31)
    assert visma.get(f"{INVOICES}/{number}")["status"] == "Open"


# orders and receipts


def test_a_line_bills_a_line_of_an_order(visma: Erp) -> None:
    order = visma.order_of(lines=[order_line(100), order_line(200)])
    link = {"linkLine": {"purchaseType": "PurchaseOrder", **wrapped(purchaseNumber=order, purchaseLineNbr=1)}}
    line = {"operation": "Insert", **wrapped(costInCurrency=100), **link}
    number = visma.invoice(invoiceLines=[line])
    row = visma.get(f"{INVOICES}/{number}")["invoiceLines"][0]
    assert (row["poNumber"], row["poLineNr"], row["account"]["number"]) == (order, 1, "54000")
    assert row["subaccount"]["subaccountNumber"] == "0001103-300"
    visma.release(f"{INVOICES}/{number}")
    lines = visma.get(f"{ORDERS}/{order}")["lines"]
    assert [one["completed"] for one in lines] == [True, False]
    wrong = {"linkLine": {"purchaseType": "PurchaseOrder", **wrapped(purchaseNumber=order, purchaseLineNbr=9)}}
    refused = visma.refused(INVOICES, invoice(invoiceLines=[{"operation": "Insert", **wrong}]))
    assert "purchase line" in refused


def test_whole_orders_and_receipt_lines_are_added(visma: Erp) -> None:
    order = visma.order_of(lines=[order_line(100), order_line(200)])
    added = [wrapped(poOrderNumber=order)]
    number = visma.invoice(invoiceLines=None, addPurchaseOrders=added)
    assert visma.get(f"{INVOICES}/{number}")["detailTotal"] == 300
    receipt = visma.act("receive", number=order, line=2)["receipt"]
    number = visma.invoice(invoiceLines=None, addPOReceiptLines=[wrapped(poReceiptNumber=receipt)])
    line = visma.get(f"{INVOICES}/{number}")["invoiceLines"][0]
    assert (line["poReceiptNbr"], line["poNumber"], line["poLineNr"], line["cost"]) == (receipt, order, 2, 200)


def test_files_are_attached_and_listed_on_request(visma: Erp) -> None:
    number = visma.invoice()
    answer = visma.http.post(f"{INVOICES}/{number}/attachment", files={"f": ("scan.pdf", b"%PDF", "application/pdf")})
    assert answer.status_code == 201
    assert visma.get(f"{INVOICES}/{number}")["attachments"][0]["name"] == "scan.pdf"
    assert visma.rows(INVOICES, supplier="V00001")[0]["attachments"] == []
    assert visma.rows(INVOICES, supplier="V00001", expandAttachment="true")[0]["attachments"]
