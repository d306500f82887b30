"""Supplier payments of the Visma.net sandbox (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from visma_over_http import INVOICES, Erp, erp, wrapped

PAYMENTS = "/v1/supplierPayment"


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


def line(number: str, paid: float | None = None, **more: Any) -> dict[str, Any]:
    values = {"documentType": "Invoice", "refNbr": number} | ({"amountPaid": paid} if paid is not None else {})
    return {"operation": "Insert", **wrapped(**values), **more}


def payment(*lines: dict[str, Any], **changes: Any) -> dict[str, Any]:
    values = {
        "supplier": "V00001",
        "applicationDate": "2026-01-25T00:00:00",
        "paymentRef": "T-1",
        "description": "ML-p-1: paid",
    }
    return wrapped(**(values | changes), paymentLines=list(lines))


def open_invoice(visma: Erp) -> str:
    number = visma.invoice()
    visma.release(f"{INVOICES}/{number}")
    return number


def test_a_payment_settles_what_it_pays_when_it_is_released(visma: Erp) -> None:
    bill = open_invoice(visma)
    number = visma.create(PAYMENTS, payment(line(bill, 4000)))
    row = visma.get(f"{PAYMENTS}/{number}")
    assert (row["type"], row["status"], row["released"], row["paymentAmount"]) == ("Payment", "Balanced", False, 4000)
    assert (row["paymentLines"][0]["invoiceRefNbr"], row["cashAccount"]) == (bill, "10200")
    assert visma.get(f"{INVOICES}/{bill}")["balance"] == 9000
    visma.release(f"{PAYMENTS}/{number}")
    assert visma.get(f"{PAYMENTS}/Payment/{number}")["status"] == "Closed"
    assert (visma.get(f"{INVOICES}/{bill}")["balance"], visma.get(f"{INVOICES}/{bill}")["status"]) == (5000, "Open")
    rest = visma.create(PAYMENTS, payment(line(bill)))
    visma.release(f"{PAYMENTS}/{rest}")
    assert visma.get(f"{INVOICES}/{bill}")["status"] == "Closed"
    book = next(one for one in visma.books("payment") if one["number"] == number)
    assert (book["reference"], book["business_number"], book["total"]) == ("ML-p-1", "T-1", "4000.00")
    assert book["lines"][0]["dimensions"] == {"document": bill, "document_type": "Invoice"}


def test_a_payment_posts_payable_against_cash_and_a_void_takes_it_back(visma: Erp) -> None:
    number = visma.create(PAYMENTS, payment(line(open_invoice(visma))))
    visma.release(f"{PAYMENTS}/{number}")

    def moved(account: str) -> float:
        rows = visma.rows("/v1/GeneralLedgerTransactions", ledger="1", account=account, fromPeriod="202601")
        return sum(row["debitAmount"] - row["creditAmount"] for row in rows if row["refNumber"] == number)

    assert (moved("20000"), moved("10200")) == (9000, -9000)
    visma.act("void_payment", number=number)
    assert (moved("20000"), moved("10200")) == (0, 0)
    assert visma.get(f"{PAYMENTS}/VoidPayment/{number}")["paymentLines"][0]["amountPaid"] == -9000
    assert visma.get(f"{PAYMENTS}/{number}")["status"] == "Voided"


def test_an_advance_stays_open(visma: Erp) -> None:
    number = visma.create(PAYMENTS, payment(type="Prepayment", paymentAmount=500))
    assert visma.http.get(f"{PAYMENTS}/{number}").status_code == 404
    assert visma.http.post(f"{PAYMENTS}/{number}/action/release", json={}).status_code == 404
    answer = visma.http.post(f"{PAYMENTS}/{number}/action/release", json=wrapped(type="Prepayment"))
    assert answer.json()["actionResult"] == "Done"
    row = visma.get(f"{PAYMENTS}/Prepayment/{number}")
    assert (row["status"], row["unappliedBalance"], row["appliedAmount"]) == ("Open", 500, 0)


def test_a_payment_is_changed_until_it_is_released(visma: Erp) -> None:
    first, second = open_invoice(visma), open_invoice(visma)
    path = f"{PAYMENTS}/{visma.create(PAYMENTS, payment(line(first, 10), hold=True))}"
    changes = [line(second, 20), {**line(first, 15), "operation": "Update"}]
    row = visma.changed(path, wrapped(hold=False) | {"paymentLines": changes})
    assert (row["status"], row["paymentAmount"]) == ("Balanced", 35)
    row = visma.changed(path, {"paymentLines": [{**line(first), "operation": "Delete"}]})
    assert [one["amountPaid"] for one in row["paymentLines"]] == [20]
    visma.release(path)
    assert visma.change(path, wrapped(description="late")).status_code == 400
    assert visma.http.post(f"{path}/action/release", json={}).status_code == 400


@pytest.mark.parametrize(
    ("changes", "word"),
    [
        ({"supplier": "NOBODY"}, "NOBODY"),
        ({"supplier": "V00003"}, "cannot be found"),
        ({"cashAccount": "54000"}, "no cash account"),
        ({"paymentAmount": 1}, "less than what is applied"),
        ({"applicationDate": "2026-02-10T00:00:00"}, "is closed"),
        ({"currency": "EUR"}, "another currency"),
        ({"type": "Refund"}, "cannot be entered"),
    ],
)
def test_what_is_refused(visma: Erp, changes: dict[str, Any], word: str) -> None:
    assert word in visma.refused(PAYMENTS, payment(line(open_invoice(visma)), **changes))


def test_too_much_or_nothing_to_pay(visma: Erp) -> None:
    bill = open_invoice(visma)
    assert "cannot be paid" in visma.refused(PAYMENTS, payment(line(bill, 9001)))
    assert "cannot be paid" in visma.refused(PAYMENTS, payment(line(visma.invoice())))
    number = visma.create(PAYMENTS, payment(line(bill)))
    visma.act("pay", number=bill, amount="9000")
    assert visma.http.post(f"{PAYMENTS}/{number}/action/release", json={}).status_code == 400
    visma.act("edit_supplier", number="V00001", status="HoldPayments")
    assert "on hold" in visma.refused(PAYMENTS, payment(line(open_invoice(visma))))


def test_own_numbers_and_filters(visma: Erp) -> None:
    bill = open_invoice(visma)
    body = payment(line(bill, 1), referenceNumber="OWN-1", overrideNumberSeries=True)
    assert visma.create(PAYMENTS, body) == "OWN-1"
    assert "already exists" in visma.refused(PAYMENTS, body)
    for query in ({"invoiceRefNbr": bill}, {"supplier": "v00001"}, {"status": "Balanced"}, {"docDate": "2026-01-24"}):
        assert "OWN-1" in [row["refNbr"] for row in visma.rows(PAYMENTS, **query)]
    assert visma.rows(PAYMENTS, paymentType="VoidPayment", supplier="V00001") == []
