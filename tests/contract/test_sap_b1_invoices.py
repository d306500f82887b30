"""Purchase invoices of the SAP Business One sandbox: what they post, what they refuse, how they are undone."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from sap_b1_books import (
    ACCRUAL,
    BANK,
    COSTS,
    DAY,
    PAYABLES,
    TAX,
    VENDOR,
    balance,
    book,
    document,
    entry,
    line,
    sides,
)
from sap_b1_over_http import Instance, error, instance

INVOICES = "PurchaseInvoices"


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance("small") as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def invoice(b1: Instance, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    return b1.saved(INVOICES, document(*(lines or (line(100),)), **more))


def refused(b1: Instance, *lines: dict[str, Any], **more: Any) -> tuple[int, str, str]:
    before = len(b1.rows("JournalEntries", select="JdtNum"))
    answer = error(b1.post(INVOICES, document(*(lines or (line(100),)), **more)))
    assert len(b1.rows("JournalEntries", select="JdtNum")) == before
    return answer


# posting


def test_an_invoice_posts_its_lines_against_the_vendors_control_account(b1: Instance) -> None:
    costs, payables = balance(b1, COSTS), balance(b1, PAYABLES)
    project = b1.rows("Projects", filter="Active eq 'tYES'")[0]["Code"]
    row = invoice(
        b1,
        line(12500.5, CostingCode="PC-0300", ProjectCode=project),
        line(-500.25, CostingCode="OFFICE"),
        NumAtCard="SC-0042",
    )
    posted = entry(b1, row["TransNum"])
    assert sides(posted) == [
        (COSTS, COSTS, 12500.5, 0),
        (COSTS, COSTS, 0, 500.25),
        (PAYABLES, VENDOR, 0, 12000.25),
    ]
    assert [one["CostingCode"] for one in posted["JournalEntryLines"]] == ["PC-0300", "OFFICE", None]
    assert posted["JournalEntryLines"][0]["ProjectCode"] == project
    assert (posted["OriginalJournal"], posted["Original"]) == ("ttAPInvoice", row["DocEntry"])
    assert (posted["BaseReference"], posted["Reference2"]) == (str(row["DocNum"]), "SC-0042")
    assert balance(b1, COSTS) - costs == Decimal("12000.25")
    assert balance(b1, PAYABLES) - payables == Decimal("-12000.25")


def test_defaults_come_from_vendor_and_clock(b1: Instance) -> None:
    body = document(line(100))
    del body["DocDate"], body["DocDueDate"]
    row = b1.saved(INVOICES, body)
    today = b1.order("/clock", {"advance_s": 0})["now"][:10]
    assert row["DocDate"].startswith(today)
    assert row["TaxDate"] == row["DocDate"] < row["DocDueDate"]
    assert row["UpdateDate"].startswith(today)
    vendor = b1.get(f"BusinessPartners('{VENDOR}')").json()
    assert (row["CardName"], row["ControlAccount"]) == (vendor["CardName"], vendor["DebitorAccount"])
    assert (row["DocCurrency"], row["DocumentStatus"], row["CancelStatus"]) == ("USD", "bost_Open", "csNo")
    assert row["DataVersion"] == 1


def test_amounts_are_rounded_half_away_from_zero_to_the_companys_accuracy(b1: Instance) -> None:
    assert invoice(b1, line("10.125"), line("-0.125"))["DocTotal"] == 10.0
    b1.act("set_precision", totals=3)
    assert invoice(b1, line("10.1255"))["DocTotal"] == 10.126
    assert b1.post("CompanyService_GetAdminInfo", {}).json()["TotalsAccuracy"] == 3
    b1.act("set_precision", totals=2, currency="USD", decimals=0)
    assert invoice(b1, line("10.5"))["DocTotal"] == 11.0


def test_tax_is_posted_by_tax_code(b1: Instance) -> None:
    row = invoice(b1, line(100, TaxCode="LOCAL"), line("33.33", TaxCode="LOCAL"), line(50))
    assert (row["VatSum"], row["DocTotal"]) == (10.0, 193.33)
    assert [one["TaxCode"] for one in row["DocumentLines"]] == ["LOCAL", "LOCAL", "EX"]
    assert (TAX, TAX, 10.0, 0) in sides(entry(b1, row["TransNum"]))
    assert refused(b1, line(1, TaxCode="NONE")) == (400, "-5002", "Enter valid code  [PCH1.TaxCode][line: 1]")
    assert refused(b1, line(1, TaxCode="OLD"))[:2] == (400, "-10")
    assert refused(b1, line(1, TaxCode="SALES"))[2].startswith("10000180 - ")


def test_vat_groups_take_the_place_of_tax_codes(b1: Instance) -> None:
    b1.switch(localisation="VAT groups")
    row = invoice(b1, line(100, VatGroup="V1"), line(10))
    assert (row["VatSum"], row["DocumentLines"][1]["VatGroup"]) == (20.0, "X0")
    assert ("11500", "11500", 20.0, 0) in sides(entry(b1, row["TransNum"]))
    assert refused(b1, line(1, VatGroup="A1"))[:2] == (400, "-10")


def test_a_total_that_was_sent_is_met_by_a_discount(b1: Instance) -> None:
    row = invoice(b1, line(60, TaxCode="LOCAL"), line(40, TaxCode="LOCAL"), DocTotal=86)
    assert (row["DocTotal"], row["DiscountPercent"], row["VatSum"]) == (86.0, 20.0, 6.0)
    assert sides(entry(b1, row["TransNum"]))[:2] == [(COSTS, COSTS, 48.0, 0), (COSTS, COSTS, 32.0, 0)]
    assert invoice(b1, line(100), DiscountPercent=10)["DocTotal"] == 90.0
    rounded = invoice(b1, line("99.98"), Rounding="tYES", RoundingDiffAmount="0.02")
    assert rounded["DocTotal"] == 100.0
    assert ("69900", "69900", 0.02, 0) in sides(entry(b1, rounded["TransNum"]))


def test_items_are_quantity_times_price(b1: Instance) -> None:
    items = {"ItemCode": "SUBWORK", "Quantity": 3, "UnitPrice": "10.335", "DiscountPercent": 10}
    row = b1.saved(INVOICES, document(items, DocType="dDocument_Items"))
    assert (row["DocumentLines"][0]["UnitPrice"], row["DocTotal"]) == (10.34, 27.92)
    assert sides(entry(b1, row["TransNum"]))[0] == ("52000", "52000", 27.92, 0)
    wrong = document({"ItemCode": "NOTHING", "Quantity": 1, "UnitPrice": 1}, DocType="dDocument_Items")
    assert error(b1.post(INVOICES, wrong))[2] == "Enter valid code  [PCH1.ItemCode][line: 1]"


def test_foreign_currency_is_converted_and_needs_a_rate(b1: Instance) -> None:
    row = invoice(b1, line(None, UnitPrice=100, TaxCode="LOCAL"), DocCurrency="EUR")
    assert (row["DocRate"], row["DocTotalFc"], row["DocTotal"]) == (1.085, 107.5, 116.64)
    posted = entry(b1, row["TransNum"])["JournalEntryLines"]
    assert (posted[-1]["FCCredit"], posted[-1]["FCCurrency"], posted[-1]["Credit"]) == (107.5, "EUR", 116.64)
    assert invoice(b1, line(None, RowTotalFC="1000.4"), DocCurrency="JPY")["DocTotalFc"] == 1000.0
    assert invoice(b1, line(217), DocCurrency="EUR", DocRate=2)["DocTotalFc"] == 108.5
    b1.switch(line_total_currency="document")
    assert invoice(b1, line(217), DocCurrency="EUR", DocRate=2)["DocTotal"] == 434.0
    assert "[OPCH.DocRate]" in refused(b1, DocCurrency="CAD")[2]
    assert refused(b1, DocCurrency="XXX")[2] == "Enter valid code  [OPCH.DocCur]"
    b1.act("set_rate", currency="CAD", rate="0.7", date=DAY)
    assert invoice(b1, line(None, UnitPrice=10), DocCurrency="CAD")["DocTotal"] == 7.0


# refusals


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"AccountCode": "99999"}, "[PCH1.AcctCode]"),
        ({"AccountCode": "5"}, "[PCH1.AcctCode]"),
        ({"AccountCode": PAYABLES}, "[PCH1.AcctCode]"),
        ({"AccountCode": "54900"}, "inactive"),
        ({"CostingCode": "NONE"}, "Enter valid code  [PCH1.OcrCode][line: 2]"),
        ({"CostingCode": "PC-OLD"}, "Enter valid code  [PCH1.OcrCode][line: 2]"),
        ({"CostingCode": "PC-2024"}, "Enter valid code  [PCH1.OcrCode][line: 2]"),
        ({"CostingCode": "PC-LATER"}, "Enter valid code  [PCH1.OcrCode][line: 2]"),
        ({"CostingCode": "NORTH"}, "Enter valid code  [PCH1.OcrCode][line: 2]"),
        ({"CostingCode2": "PC-0300"}, "Enter valid code  [PCH1.OcrCode2][line: 2]"),
        ({"CostingCode3": "NORTH"}, "Enter valid code  [PCH1.OcrCode3][line: 2]"),
        ({"ProjectCode": "NONE"}, "Enter valid code  [PCH1.Project][line: 2]"),
    ],
)
def test_a_line_is_refused_for_its_codes(b1: Instance, changes: dict[str, str], text: str) -> None:
    status, code, told = refused(b1, line(1), line(1, **changes))
    assert (status, code) == (400, "-5002")
    assert text in told


def test_a_profit_center_of_dimension_two_belongs_into_costing_code_two(b1: Instance) -> None:
    row = invoice(b1, line(1, CostingCode2="NORTH"))
    assert book(b1, "bill", row["DocNum"])["lines"][0]["dimensions"] == {"profit_center_2": "NORTH"}


def test_posting_dates_must_lie_in_an_open_period(b1: Instance) -> None:
    locked = (400, "-4013", "Posting period locked; specify an alternative date")
    assert refused(b1, DocDate="2026-02-03") == locked
    assert refused(b1, DocDate="2025-12-31") == locked
    outside = "Date deviates from permissible range [OPCH.DocDate]"
    assert refused(b1, DocDate="2019-12-31") == (400, "-5002", outside)
    b1.act("open_period", period="2026-02")
    invoice(b1, DocDate="2026-02-03")
    b1.act("close_period", period="2026-01")
    assert refused(b1) == locked


def test_periods_have_other_states_and_the_future_may_be_shut(b1: Instance) -> None:
    b1.act("close_period", period="2026-01", status="ltPeriodClosing")
    assert refused(b1)[1] == "-4013"
    b1.act("close_period", period="2026-01", status="ltUnlockedExceptSales")
    invoice(b1)
    tomorrow = f"{int(b1.order('/clock', {'advance_s': 0})['now'][:4]) + 1}-06-30"
    invoice(b1, DocDate=tomorrow)
    b1.switch(future_posting_dates=False)
    assert refused(b1, DocDate=tomorrow)[2] == "Date deviates from permissible range [OPCH.DocDate]"
    assert b1.post("CompanyService_GetAdminInfo", {}).json()["AllowFuturePostingDate"] == "tNO"


def test_the_vendor_must_be_an_active_supplier(b1: Instance) -> None:
    assert refused(b1, CardCode="NOBODY") == (400, "-5002", "Enter valid code  [OPCH.CardCode]")
    b1.saved("BusinessPartners", {"CardCode": "C1", "CardName": "Customer"})
    assert refused(b1, CardCode="C1")[2] == "Enter valid code  [OPCH.CardCode]"
    b1.act("deactivate", kind="vendor", id=VENDOR)
    assert refused(b1)[:2] == (400, "-10")
    assert refused(b1)[2].startswith("10001071 - ")
    b1.act("activate", kind="vendor", id=VENDOR)
    invoice(b1)


def test_what_people_deactivate_is_refused(b1: Instance) -> None:
    project = b1.rows("Projects", filter="Active eq 'tYES'")[0]["Code"]
    coded = line(1, CostingCode="PC-0300", ProjectCode=project)
    invoice(b1, coded)
    for kind, code in (("profit_center", "PC-0300"), ("project", project), ("account", COSTS)):
        b1.act("deactivate", kind=kind, id=code)
        assert refused(b1, coded)[1] == "-5002"
        b1.act("activate", kind=kind, id=code)
    invoice(b1, coded)


def test_empty_and_negative_documents_are_refused(b1: Instance) -> None:
    assert error(b1.post(INVOICES, document()))[1] == "-5002"
    assert "zero" in refused(b1, line(-1))[2]
    b1.switch(negative_totals="allow")
    assert sides(entry(b1, invoice(b1, line(-1))["TransNum"]))[0] == (COSTS, COSTS, 0, 1.0)


def test_the_companys_own_rules_refuse_before_anything_is_written(b1: Instance) -> None:
    b1.switch(notification_code=-1116, notification_text="No concrete in January", notification_match="SC-")
    assert refused(b1, NumAtCard="SC-1") == (400, "-1116", "No concrete in January")
    invoice(b1, NumAtCard="PO-1")
    b1.switch(notification_objects="30")
    invoice(b1, NumAtCard="SC-1")
    b1.switch(notification_code=0, deadlocks=1, deadlock_status="500")
    assert refused(b1)[:2] == (500, "-2038")
    invoice(b1)
    b1.switch(no_numbering_series=True)
    assert refused(b1)[:2] == (400, "-4002")


def test_a_vendors_number_may_be_used_twice_unless_the_company_blocks_it(b1: Instance) -> None:
    first = invoice(b1, NumAtCard="A-1")
    invoice(b1, NumAtCard="A-1")
    b1.switch(duplicate_num_at_card="block")
    assert refused(b1, NumAtCard="A-1")[:2] == (400, "-10")
    invoice(b1, NumAtCard="A-1", CardCode="V10002")
    b1.call("POST", f"{INVOICES}({first['DocEntry']})/Cancel")
    assert refused(b1, NumAtCard="A-1")[:2] == (400, "-10")


def test_branches_must_be_named_where_the_company_has_them(b1: Instance) -> None:
    b1.switch(branches=True)
    assert refused(b1)[2] == "Enter valid code  [OPCH.BPLId]"
    assert refused(b1, BPL_IDAssignedToInvoice=9)[2] == "Enter valid code  [OPCH.BPLId]"
    invoice(b1, BPL_IDAssignedToInvoice=1)


# changing and undoing


def test_a_posted_invoice_keeps_its_amounts_dates_and_codes(b1: Instance) -> None:
    b1.act("add_user_field", table="OPCH", name="Ref")
    row = invoice(b1, U_Ref="old")
    path = f"{INVOICES}({row['DocEntry']})"
    allowed = {"Comments": "checked", "NumAtCard": "new", "DocDueDate": "2026-03-31", "U_Ref": "new"}
    assert b1.patch(path, allowed).status_code == 204
    changed = b1.get(path).json()
    assert {name: changed[name][:10] for name in allowed} == allowed
    assert changed["DataVersion"] == 2
    for wrong in (
        {"DocDate": "2026-01-30"},
        {"DocTotal": 5},
        {"CardCode": "V10002"},
        {"DocumentLines": [{"LineNum": 0, "LineTotal": 5}]},
        {"DocumentLines": [{"LineNum": 0, "AccountCode": "52000"}]},
        {"DocumentLines": [line(5)]},
    ):
        assert error(b1.patch(path, wrong)) == (400, "-1029", "Field cannot be updated (ODBC -1029)")
    assert b1.patch(path, {"DocTotal": 100, "DocDate": DAY}).status_code == 204
    assert error(b1.call("DELETE", path))[:2] == (400, "-5006")
    assert error(b1.call("POST", f"{path}/Close"))[:2] == (400, "-5006")


def test_a_cancelled_invoice_has_a_cancellation_document_and_a_reversing_entry(b1: Instance) -> None:
    costs = balance(b1, COSTS)
    row = invoice(b1, line(100), line(-20))
    path = f"{INVOICES}({row['DocEntry']})"
    assert b1.call("POST", f"{path}/Cancel").status_code == 204
    original = b1.get(path).json()
    assert (original["Cancelled"], original["CancelStatus"]) == ("tYES", "csYes")
    assert original["DocumentStatus"] == "bost_Close"
    opposite = b1.rows(INVOICES, filter="CancelStatus eq 'csCancellation'")[0]
    assert (opposite["Cancelled"], opposite["DocDate"]) == ("tNO", original["DocDate"])
    assert opposite["DocumentLines"][0]["BaseEntry"] == row["DocEntry"]
    assert sides(entry(b1, opposite["TransNum"])) == [
        (COSTS, COSTS, 0, 100.0),
        (COSTS, COSTS, 20.0, 0),
        (PAYABLES, VENDOR, 80.0, 0),
    ]
    assert balance(b1, COSTS) == costs
    assert error(b1.call("POST", f"{path}/Cancel"))[0] == 400
    assert error(b1.call("POST", f"{INVOICES}({opposite['DocEntry']})/Cancel"))[0] == 400
    first, second = book(b1, "bill", row["DocNum"]), book(b1, "bill", opposite["DocNum"])
    assert (first["status"], first["reversed_by"]) == ("csYes", second["number"])
    assert second["kind"] != first["kind"]


def test_a_cancellation_needs_an_open_period_of_the_original_or_of_today(b1: Instance) -> None:
    row = invoice(b1)
    b1.act("close_period", period="2026-01")
    path = f"{INVOICES}({row['DocEntry']})"
    assert error(b1.call("POST", f"{path}/Cancel"))[:2] == (400, "-4013")
    assert b1.get(path).json()["Cancelled"] == "tNO"
    b1.switch(cancellation_date="today")
    made = b1.call("POST", f"{path}/CreateCancellationDocument")
    assert made.status_code == 200
    assert made.json()["CancelStatus"] == "csCancellation"
    assert made.json()["DocDate"] > row["DocDate"]


def test_cancel_two_takes_a_date(b1: Instance) -> None:
    row = invoice(b1)
    body = {"Document": {"DocEntry": row["DocEntry"], "DocDate": "2026-03-02"}}
    assert b1.post("PurchaseInvoicesService_Cancel2", body).status_code == 204
    opposite = b1.rows(INVOICES, filter="CancelStatus eq 'csCancellation'")[0]
    assert opposite["DocDate"].startswith("2026-03-02")


def test_user_fields_go_with_the_cancellation_unless_switched_off(b1: Instance) -> None:
    b1.act("add_user_field", table="OPCH", name="Ref")
    for keeps in (True, False):
        b1.switch(reversal_keeps_user_fields=keeps)
        row = invoice(b1, U_Ref=f"x{keeps}")
        b1.call("POST", f"{INVOICES}({row['DocEntry']})/Cancel")
    same = b1.rows(INVOICES, filter="U_Ref eq 'xTrue' or U_Ref eq 'xFalse'", select="U_Ref,CancelStatus")
    assert [(one["U_Ref"], one["CancelStatus"]) for one in same] == [
        ("xTrue", "csYes"),
        ("xTrue", "csCancellation"),
        ("xFalse", "csYes"),
    ]


def test_payments_close_invoices_and_keep_them_from_being_cancelled(b1: Instance) -> None:
    row = invoice(b1)
    path = f"{INVOICES}({row['DocEntry']})"
    bank = balance(b1, BANK)
    first = b1.act("pay", number=row["DocNum"], amount="40", date="2026-03-02")
    assert (first["status"], first["open"]) == ("bost_Open", "60.00")
    assert error(b1.call("POST", f"{path}/Cancel"))[0] == 400
    second = b1.act("pay", number=row["DocNum"], date="2026-03-03", reference="7001")
    paid = b1.get(path).json()
    assert (paid["DocumentStatus"], paid["PaidToDate"]) == ("bost_Close", 100.0)
    assert balance(b1, BANK) - bank == -100
    b1.act("void_payment", number=second["payment"])
    b1.act("void_payment", number=first["payment"])
    assert b1.get(path).json()["PaidToDate"] == 0
    assert balance(b1, BANK) == bank
    assert b1.call("POST", f"{path}/Cancel").status_code == 204
    rows = [one for one in b1.control.get("/books").json() if one["document"] == "payment"]
    assert [one["status"] for one in rows if one["number"] == str(second["payment"])] == ["cancelled"]


def test_payments_over_http_settle_what_they_name(b1: Instance) -> None:
    row = invoice(b1)
    pays: dict[str, Any] = {"CardCode": VENDOR, "DocDate": DAY, "TransferSum": 100, "TransferAccount": BANK}
    too_much = pays | {"TransferSum": 101, "PaymentInvoices": [{"DocEntry": row["DocEntry"], "SumApplied": 101}]}
    assert error(b1.post("VendorPayments", too_much))[0] == 400
    applied = [{"DocEntry": row["DocEntry"], "SumApplied": 60, "InvoiceType": "it_PurchaseInvoice"}]
    assert error(b1.post("VendorPayments", pays | {"PaymentInvoices": applied}))[0] == 400
    made = b1.saved("VendorPayments", pays | {"TransferSum": 60, "PaymentInvoices": applied})
    assert b1.get(f"{INVOICES}({row['DocEntry']})").json()["PaidToDate"] == 60
    assert b1.call("POST", f"VendorPayments({made['DocEntry']})/Cancel").status_code == 204
    assert error(b1.call("POST", f"VendorPayments({made['DocEntry']})/Cancel"))[0] == 400
    assert error(b1.call("DELETE", f"VendorPayments({made['DocEntry']})"))[1] == "-5006"


# approval


def test_what_needs_approval_becomes_a_draft_and_the_caller_is_told_little(b1: Instance) -> None:
    b1.act("add_user_field", table="OPCH", name="Ref")
    b1.switch(approval_over=1000)
    invoice(b1)
    assert refused(b1, line(1001), U_Ref="commitment:7")[:2] == (400, "-2028")
    draft = b1.rows("Drafts", filter="U_Ref eq 'commitment:7'")[0]
    assert (draft["AuthorizationStatus"], draft["DocObjectCode"]) == ("dasPending", "oPurchaseInvoices")
    waits = {"Document": {"DocEntry": str(draft["DocEntry"])}}
    assert error(b1.post("DraftsService_SaveDraftToDocument", waits))[0] == 400
    assert book(b1, "draft", draft["DocNum"])["reference"] == "commitment:7"
    made = b1.act("approve", draft=draft["DocEntry"])
    row = b1.get(f"{INVOICES}({made['entry']})").json()
    assert (row["U_Ref"], row["DocTotal"], row["DraftKey"]) == ("commitment:7", 1001.0, draft["DocEntry"])
    assert b1.get(f"Drafts({draft['DocEntry']})").json()["DocumentStatus"] == "bost_Close"


def test_a_vendor_may_need_approval_and_a_draft_may_be_rejected(b1: Instance) -> None:
    b1.act("edit_vendor", id=VENDOR, approval=True)
    assert refused(b1)[1] == "-2028"
    draft = b1.rows("Drafts")[0]["DocEntry"]
    b1.act("reject", draft=draft)
    answer = b1.control.post("/act", json={"action": "add_draft", "draft": draft})
    assert answer.status_code == 409
    b1.act("delete", draft=draft)
    assert b1.rows("Drafts") == []
    b1.act("edit_vendor", id=VENDOR, approval=False)
    assert refused(b1, line(-1))[1] == "-5002"
    invoice(b1)


def test_an_approved_draft_is_added_by_its_author(b1: Instance) -> None:
    b1.switch(approval_over=0)
    assert refused(b1)[1] == "-2028"
    draft = b1.rows("Drafts")[0]["DocEntry"]
    b1.act("approve", draft=draft, add=False)
    assert b1.post("DraftsService_SaveDraftToDocument", {"Document": {"DocEntry": draft}}).status_code == 204
    assert [one["AuthorizationStatus"] for one in b1.rows("Drafts")] == ["dasGenerated"]
    assert b1.rows(INVOICES)[-1]["DraftKey"] == draft


def test_drafts_are_kept_changed_and_posted(b1: Instance) -> None:
    body = {"DocObjectCode": "oPurchaseInvoices"} | document(line(10, AccountCode=None))
    draft = b1.saved("Drafts", body)
    assert (draft["TransNum"], draft["DocTotal"]) == (None, 10.0)
    path = f"Drafts({draft['DocEntry']})"
    saving = {"Document": {"DocEntry": draft["DocEntry"]}}
    assert error(b1.post("DraftsService_SaveDraftToDocument", saving))[1] == "-5002"
    change = {"DocumentLines": [{"LineNum": 0, "AccountCode": COSTS, "LineTotal": 25}]}
    assert b1.patch(path, change).status_code == 204
    assert b1.post("DraftsService_SaveDraftToDocument", saving).status_code == 204
    assert b1.rows(INVOICES)[-1]["DocTotal"] == 25.0
    assert error(b1.post("DraftsService_SaveDraftToDocument", saving))[0] == 400
    assert b1.call("DELETE", path).status_code == 204
    assert error(b1.post("Drafts", document(line(1))))[1] == "-5002"


def test_goods_are_received_against_the_accrual_and_cleared_by_the_invoice(b1: Instance) -> None:
    item = {"ItemCode": "SUBWORK", "Quantity": 4, "UnitPrice": 25}
    receipt = b1.saved("PurchaseDeliveryNotes", document(item, DocType="dDocument_Items"))
    assert balance(b1, ACCRUAL) == -100
    based = {"BaseType": 20, "BaseEntry": receipt["DocEntry"], "BaseLine": 0}
    row = b1.saved(INVOICES, document(based, DocType="dDocument_Items"))
    assert row["DocTotal"] == 100.0
    assert balance(b1, ACCRUAL) == 0
    assert b1.get(f"PurchaseDeliveryNotes({receipt['DocEntry']})").json()["DocumentStatus"] == "bost_Close"
