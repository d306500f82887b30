"""Requisitions become bills as the rules of the books say; every expectation is worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from desks import MemoryDesk

from ml_connector.integrations.acumatica_procore import requisitions, tables
from ml_connector.integrations.declaration import Hold, Skip
from ml_connector.records.documents import Bill, OrderLine, Requisition, RequisitionLine

RULES = {
    "cut_over": "2026-01-01",
    "currency": "USD",
    "retainage": "ledger",
    "retainage_account": "20100|000",
    "unlinked": "post",
    "rounding_account": "",
}
TABLES = {
    ("projects", "4711"): "TOWER1",
    ("coding", "03-300.S"): "54000|000|03|03-300",
    ("coding", "03-200.M"): "52000|000|03|03-200",
}


class Desk(MemoryDesk):
    """Choices and tables of this company, some of them changed."""

    def __init__(self, rules: dict[str, str] | None = None, tables: dict[tuple[str, str], str] | None = None) -> None:
        super().__init__({**RULES, **(rules or {})}, {**TABLES, **(tables or {})}, {"7": "V00017"})


def line(code: str = "03-300", kind: str = "S", **amounts: str) -> RequisitionLine:
    """A line; `work`, `materials`, `held`, `released` as texts."""
    return RequisitionLine(
        key=f"{code}-{kind}",
        commitment_line="900",
        cost_code=code,
        cost_type=kind,
        text=f"Line {code}",
        work=Decimal(amounts.get("work", "0")),
        materials=Decimal(amounts.get("materials", "0")),
        retainage_held=Decimal(amounts.get("held", "0")),
        retainage_released=Decimal(amounts.get("released", "0")),
    )


def requisition(*lines: RequisitionLine, due: str, tax: str = "0", **changes: Any) -> Requisition:
    """An approved January requisition."""
    values: dict[str, Any] = {
        "key": "1",
        "project": "4711",
        "project_name": "Euclid Tower",
        "commitment": "88",
        "commitment_kind": "WorkOrderContract",
        "vendor": "7",
        "vendor_name": "Acme",
        "sequence": 3,
        "invoice_number": "INV-3",
        "billing_date": date(2026, 1, 31),
        "status": "approved",
        "currency": "",
        "due": Decimal(due),
        "tax": Decimal(tax),
        "lines": lines,
    }
    return Requisition(**{**values, **changes})


def post(record: Requisition, desk: Desk | None = None) -> Bill:
    return requisitions.bill_of(record, "ML-1-1", desk or Desk())


def amounts(bill: Bill) -> list[tuple[str, str]]:
    """Account and amount of each line."""
    return [(one.account, str(one.amount)) for one in bill.lines]


def test_work_is_coded_by_cost_code_and_cost_type() -> None:
    bill = post(requisition(line(work="1000.00"), line("03-200", "M", work="250.50"), due="1250.50"))
    assert amounts(bill) == [("54000", "1000.00"), ("52000", "250.50")]
    assert {(one.project, one.task) for one in bill.lines} == {("TOWER1", "03")}
    assert (bill.vendor, bill.number, bill.currency, bill.total) == ("V00017", "INV-3", "USD", Decimal("1250.50"))


def test_a_project_s_own_coding_comes_before_the_general_one() -> None:
    desk = Desk(tables={("coding", "4711:03-300.S"): "54900|000|07|03-300"})
    assert amounts(post(requisition(line(work="10.00"), due="10.00"), desk)) == [("54900", "10.00")]


def test_ledger_retainage_goes_gross_to_cost_and_held_to_its_account() -> None:
    bill = post(requisition(line(work="1000.00", held="100.00"), due="900.00"))
    assert amounts(bill) == [("54000", "1000.00"), ("20100", "-100.00")]
    assert (bill.lines[1].project, bill.lines[1].task, bill.lines[1].cost_code) == ("", "", "")


def test_a_release_alone_is_owed_from_the_retainage_account() -> None:
    bill = post(requisition(line(released="300.00"), due="300.00"))
    assert amounts(bill) == [("20100", "300.00")]


def test_held_and_released_stay_two_lines() -> None:
    bill = post(requisition(line(work="500.00", held="50.00", released="20.00"), due="470.00"))
    assert amounts(bill) == [("54000", "500.00"), ("20100", "-50.00"), ("20100", "20.00")]


def test_native_retainage_stays_in_the_line() -> None:
    bill = post(requisition(line(work="1000.00", held="100.00"), due="900.00"), Desk({"retainage": "native"}))
    assert [(one.account, one.amount, one.retainage) for one in bill.lines] == [
        ("54000", Decimal("1000.00"), Decimal("100.00"))
    ]


def test_a_native_release_of_bills_that_were_not_posted_from_here_waits_for_a_person() -> None:
    with pytest.raises(Hold, match=r"releases 300\.00 of retainage.* withhold only 0") as held:
        post(requisition(line(released="300.00"), due="300.00"), Desk({"retainage": "native"}))
    assert held.value.cause == "retainage_release"


def test_stored_materials_that_shrink_lower_the_cost() -> None:
    bill = post(requisition(line(work="800.00", materials="-300.00", held="50.00"), due="450.00"))
    assert amounts(bill) == [("54000", "500.00"), ("20100", "-50.00")]


def test_lines_on_which_nothing_moves_are_left_out_and_all_of_them_is_skipped() -> None:
    assert len(post(requisition(line(work="5.00"), line("03-200", "M"), due="5.00")).lines) == 1
    with pytest.raises(Skip):
        post(requisition(line(), due="0.00"))


def test_lines_that_do_not_add_up_show_both_figures() -> None:
    with pytest.raises(Hold, match=r"100\.00 USD.*110\.00 USD") as held:
        post(requisition(line(work="100.00"), due="110.00"))
    assert held.value.cause == "does_not_add_up"


def test_a_residue_within_half_a_cent_a_line_goes_to_the_rounding_account() -> None:
    record = requisition(line(work="10.00"), line("03-200", "M", work="10.00"), due="20.01")
    bill = post(record, Desk({"rounding_account": "61000|000"}))
    assert amounts(bill)[-1] == ("61000", "0.01")
    with pytest.raises(Hold):
        post(requisition(line(work="10.00"), due="10.01"), Desk({"rounding_account": "61000|000"}))


def test_tax_is_apart_from_the_lines_and_needs_a_category() -> None:
    record = requisition(line(work="1000.00"), due="1075.00", tax="75.00")
    desk = Desk()
    post(record, desk)
    assert desk.gaps == [("tax", "requisition", Decimal("75.00"))]
    bill = post(record, Desk(tables={("tax", "requisition"): "TAXABLE"}))
    assert (bill.total, bill.tax, bill.lines[0].tax_category) == (Decimal("1075.00"), Decimal("75.00"), "TAXABLE")


def test_linked_lines_relieve_their_order_and_unlinked_ones_follow_the_rule() -> None:
    linked = Desk(tables={("orders", "900"): "Subcontract|SC-0001|2"})
    bill = post(requisition(line(work="10.00"), due="10.00"), linked)
    assert bill.lines[0].order == OrderLine(kind="Subcontract", number="SC-0001", line=2)
    strict = Desk({"unlinked": "hold"})
    post(requisition(line(work="10.00"), due="10.00"), strict)
    assert strict.gaps == [("orders", "900", Decimal("10.00"))]


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"vendor": "8"}, "no_match"),
        ({"invoice_number": ""}, "no_number"),
        ({"invoice_number": "9" * 41}, "number_too_long"),
        ({"billing_date": None}, "no_date"),
        ({"currency": "ZZZ"}, "unknown_currency"),
    ],
)
def test_what_is_missing_is_held_and_says_what_to_do(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(Hold, match=":") as held:
        post(requisition(line(work="10.00"), due="10.00", **changes))
    assert held.value.cause == cause


def test_amounts_finer_than_the_currency_are_held() -> None:
    with pytest.raises(Hold) as held:
        post(requisition(line(work="10.005"), due="10.005"))
    assert held.value.cause == "bad_amount"
    with pytest.raises(Hold):
        post(requisition(line(work="10.50"), due="10.50", currency="JPY"))


def test_what_the_vendor_owes_is_no_bill() -> None:
    with pytest.raises(Hold, match="debit adjustment"):
        post(requisition(line(work="-10.00"), due="-10.00"))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [({"status": "in_review"}, "not_approved"), ({"billing_date": date(2025, 12, 31)}, "before_cut_over")],
)
def test_what_a_rule_leaves_out_is_skipped(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(Skip) as skipped:
        post(requisition(line(work="10.00"), due="10.00", **changes))
    assert skipped.value.cause == cause


def test_thirteen_digits_keep_every_cent() -> None:
    bill = post(requisition(line(work="9999999999999.99"), due="9999999999999.99"))
    assert bill.total == Decimal("9999999999999.99")


@pytest.mark.parametrize("target", ["54000", "|000|03|03-300", "54000|000|03"])
def test_a_coding_target_of_the_wrong_form_is_complained_about(target: str) -> None:
    assert "account|subaccount|task|cost code" in tables.check_coding(target)


@pytest.mark.parametrize("target", ["Normal|45", "Order|45|1", "Normal|45|x"])
def test_an_order_target_of_the_wrong_form_is_complained_about(target: str) -> None:
    assert "Normal|number|line" in tables.check_order(target)
