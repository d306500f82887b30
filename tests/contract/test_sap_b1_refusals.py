"""What the SAP Business One company refuses beyond the usual, and that nothing has changed afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sap_b1_books import ACCRUAL, BANK, COSTS, DAY, VENDOR, credit, debit, document, journal, line
from sap_b1_over_http import Instance, error, instance

INVOICES, ORDERS, PAYMENTS = "PurchaseInvoices", "PurchaseOrders", "VendorPayments"


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance("small") as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def state(b1: Instance) -> Any:
    return b1.control.get("/state").json()


def payment(*entries: int, **more: Any) -> dict[str, Any]:
    lines = [{"DocEntry": entry} for entry in entries]
    head = {"CardCode": VENDOR, "DocDate": DAY, "TransferSum": 100, "TransferAccount": BANK}
    return head | {"PaymentInvoices": lines} | more


@pytest.mark.parametrize(
    ("path", "body", "told"),
    [
        (INVOICES, document(line(1), ControlAccount=COSTS), "[OPCH.CtlAccount]"),
        (INVOICES, document(line(1), Series=99), "[OPCH.Series]"),
        (INVOICES, document(line(1), BPL_IDAssignedToInvoice=9), "[OPCH.BPLId]"),
        (PAYMENTS, payment(99999), "No matching records"),
        (PAYMENTS, payment(TransferSum=0), "[OVPM.DocTotal]"),
        (PAYMENTS, payment(DocDate="2026-02-01"), "Posting period locked"),
        (PAYMENTS, payment(TransferAccount="5"), "[OVPM.AcctCode]"),
        ("JournalEntries", journal(debit(COSTS, 1, Credit=1), credit(ACCRUAL, 0)), "either a debit or a credit"),
        ("JournalEntries", journal(debit(COSTS, 1), credit(ACCRUAL, 1), Series=99), "[OJDT.Series]"),
        (
            "JournalEntries",
            journal(debit(COSTS, 1), credit(ACCRUAL, 1), UseAutoStorno="tYES", StornoDate="2026-01-30"),
            "[OJDT.StornoDate]",
        ),
        ("ProfitCenters", {"CenterCode": "X", "InWhichDimension": 9, "EffectiveFrom": DAY}, "[OPRC.DimCode]"),
        ("Projects", {"Code": "X"}, "[OPRJ.PrjName]"),
        ("Items", {"ItemCode": "X", "ExpenseAccount": "20000"}, "[OITM.ExpensAcct]"),
        ("VatGroups", {"Code": "X", "Name": "X", "TaxAccount": "99999"}, "[OVTG.Account]"),
    ],
)
def test_a_refused_record_leaves_no_trace(b1: Instance, path: str, body: dict[str, Any], told: str) -> None:
    before = state(b1)
    status, _, text = error(b1.post(path, body))
    assert status == 400
    assert told in text
    assert state(b1) == before


def test_payments_settle_open_invoices_of_their_vendor_once(b1: Instance) -> None:
    one = b1.saved(INVOICES, document(line(100)))["DocEntry"]
    other = b1.saved(INVOICES, document(line(100), CardCode="V10002"))["DocEntry"]
    before = state(b1)
    assert "twice" in error(b1.post(PAYMENTS, payment(one, one, TransferSum=200)))[2]
    assert "another vendor" in error(b1.post(PAYMENTS, payment(other)))[2]
    assert state(b1) == before
    made = b1.saved(PAYMENTS, payment(one))
    assert made["PaymentInvoices"][0]["SumApplied"] == 100
    assert "closed" in error(b1.post(PAYMENTS, payment(one)))[2]
    path = f"{PAYMENTS}({made['DocEntry']})"
    assert b1.patch(path, {"Remarks": "checked"}).status_code == 204
    assert error(b1.patch(path, {"TransferSum": 1}))[:2] == (400, "-1029")
    on_account = payment(CardCode="V10002")
    assert b1.saved(PAYMENTS, {name: value for name, value in on_account.items() if name != "PaymentInvoices"})


def test_missing_keys_are_404(b1: Instance) -> None:
    for path in (f"{INVOICES}(99999)", "JournalEntries(99999)", f"{PAYMENTS}(99999)", "Drafts(99999)", "Projects('X')"):
        assert error(b1.get(path))[:2] == (404, "-2028")
    unknown = {"Document": {"DocEntry": 99999}}
    assert error(b1.post("DraftsService_SaveDraftToDocument", unknown))[:2] == (404, "-2028")
    assert error(b1.post("PurchaseInvoicesService_Cancel2", unknown))[:2] == (404, "-2028")
    assert error(b1.post("CompanyService_GetFinancePeriods", {"PeriodCategoryParams": {"AbsoluteEntry": 9}}))[0] == 404


def test_a_draft_that_waits_or_is_closed_does_not_change(b1: Instance) -> None:
    b1.switch(approval_over=0)
    assert error(b1.post(INVOICES, document(line(5))))[1] == "-2028"
    waiting = f"Drafts({b1.rows('Drafts')[0]['DocEntry']})"
    assert error(b1.patch(waiting, {"DocumentLines": [{"LineNum": 0, "LineTotal": 6}]}))[1] == "-1029"
    assert b1.patch(waiting, {"Comments": "please"}).status_code == 204
    undated = {name: value for name, value in document(line(5)).items() if name != "DocDueDate"}
    kept = b1.saved("Drafts", {"DocObjectCode": "oPurchaseOrders"} | undated)
    path = f"Drafts({kept['DocEntry']})"
    assert error(b1.patch(path, {"DocObjectCode": "oPurchaseInvoices"}))[1] == "-1029"
    assert b1.call("POST", f"{path}/Close").status_code == 204
    assert error(b1.call("POST", f"{path}/Close"))[1] == "-5006"
    assert error(b1.post("DraftsService_SaveDraftToDocument", {"Document": {"DocEntry": kept["DocEntry"]}}))[0] == 400


def test_a_draft_that_now_needs_approval_waits_for_it(b1: Instance) -> None:
    draft = b1.saved("Drafts", {"DocObjectCode": "oPurchaseInvoices"} | document(line(5)))
    b1.switch(approval_over=0)
    saving = {"Document": {"DocEntry": draft["DocEntry"]}}
    assert error(b1.post("DraftsService_SaveDraftToDocument", saving))[:2] == (400, "-2028")
    assert b1.get(f"Drafts({draft['DocEntry']})").json()["AuthorizationStatus"] == "dasPending"
    b1.act("approve", draft=draft["DocEntry"], add=False)
    assert b1.act("add_draft", draft=draft["DocEntry"])["total"] == "5.00"


def test_an_order_in_foreign_currency_is_changed_in_its_currency(b1: Instance) -> None:
    row = b1.saved(ORDERS, document(line(None, RowTotalFC=100), line(None, RowTotalFC=50), DocCurrency="EUR"))
    path = f"{ORDERS}({row['DocEntry']})"
    assert b1.patch(path, {"DocumentLines": [{"LineNum": 1, "RowTotalFC": 60}]}).status_code == 204
    changed = b1.get(path).json()
    assert (changed["DocTotalFc"], changed["DocTotal"]) == (160.0, 173.6)
    assert b1.patch(path, {"DiscountPercent": 50}).status_code == 204
    assert b1.get(path).json()["DocTotalFc"] == 80.0
    billed = b1.saved(INVOICES, document({"BaseType": 22, "BaseEntry": row["DocEntry"]}, DocCurrency="EUR"))
    assert billed["DocTotalFc"] == 100.0


def test_an_order_that_is_used_up_stays_closed(b1: Instance) -> None:
    row = b1.saved(ORDERS, document(line(5)))
    b1.saved(INVOICES, document({"BaseType": 22, "BaseEntry": row["DocEntry"], "BaseLine": 0}))
    path = f"{ORDERS}({row['DocEntry']})"
    assert "Nothing is left" in error(b1.call("POST", f"{path}/Reopen"))[2]
    assert b1.saved(ORDERS, document(line(5), DocTotal=4))["DiscountPercent"] == 20


def test_receipts_of_services_post_nothing(b1: Instance) -> None:
    row = b1.saved("PurchaseDeliveryNotes", document(line(5)))
    assert row["TransNum"] is None
    path = f"PurchaseDeliveryNotes({row['DocEntry']})"
    assert b1.call("POST", f"{path}/Close").status_code == 204
    assert "closed" in error(b1.call("POST", f"{path}/Cancel"))[2]
    assert b1.call("POST", f"{path}/Reopen").status_code == 204
    assert b1.call("POST", f"{path}/Cancel").status_code == 204


def test_an_empty_invoice_can_be_asked_for(b1: Instance) -> None:
    blank = b1.post("PurchaseInvoicesService_InitData", {}).json()
    assert (blank["DocObjectCode"], blank["DocEntry"], blank["DocumentLines"]) == ("oPurchaseInvoices", None, [])
