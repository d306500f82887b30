"""Direct costs become bills as the rules of the books say; every expectation is worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from desks import MemoryDesk

from ml_connector.integrations.acumatica_procore import direct_costs
from ml_connector.integrations.declaration import Hold, Skip
from ml_connector.records.costs import DirectCost, DirectCostLine
from ml_connector.records.documents import Bill

RULES = {"cut_over": "2026-01-01", "currency": "USD", "payroll": "skip", "rounding_account": ""}
TABLES = {
    ("projects", "4711"): "TOWER1",
    ("coding", "02-300.S"): "54000|000|02|02-300",
    ("coding", "03-200.M"): "52000|000|03|03-200",
    ("employees", "31"): "V00099",
}


def desk(rules: dict[str, str] | None = None, tables: dict[tuple[str, str], str] | None = None) -> MemoryDesk:
    return MemoryDesk({**RULES, **(rules or {})}, {**TABLES, **(tables or {})}, {"7": "V00017"})


def line(amount: str, code: str = "02-300", kind: str = "S", tax: str = "") -> DirectCostLine:
    return DirectCostLine(key=code, cost_code=code, cost_type=kind, text="Crane", amount=Decimal(amount), tax_code=tax)


def cost(*lines: DirectCostLine, total: str, **changes: Any) -> DirectCost:
    """An approved invoice of January."""
    values: dict[str, Any] = {
        "key": "9100",
        "project": "4711",
        "project_name": "Euclid Tower",
        "kind": "invoice",
        "vendor": "7",
        "vendor_name": "Acme",
        "employee": "",
        "employee_name": "",
        "invoice_number": "INV-77",
        "date": date(2026, 1, 20),
        "status": "approved",
        "currency": "",
        "total": Decimal(total),
        "text": "",
        "lines": lines,
    }
    return DirectCost(**{**values, **changes})


def post(record: DirectCost, at: MemoryDesk | None = None) -> Bill:
    return direct_costs.bill_of(record, "ML-1-1", at or desk())


def amounts(bill: Bill) -> list[tuple[str, str]]:
    return [(one.account, str(one.amount)) for one in bill.lines]


def test_an_invoice_is_coded_line_by_line() -> None:
    bill = post(cost(line("300.50"), line("99.50", "03-200", "M"), line("0.00"), total="400.00"))
    assert amounts(bill) == [("54000", "300.50"), ("52000", "99.50")]
    assert (bill.vendor, bill.number, bill.currency, bill.total) == ("V00017", "INV-77", "USD", Decimal("400.00"))
    assert {(one.project, one.order) for one in bill.lines} == {("TOWER1", None)}


@pytest.mark.parametrize("kind", ["expense", "payroll"])
def test_what_an_employee_spent_is_owed_to_the_vendor_that_stands_for_them(kind: str) -> None:
    record = cost(line("42.10"), total="42.10", kind=kind, vendor="", employee="31", invoice_number="")
    bill = post(record, desk({"payroll": "post"}))
    assert (bill.vendor, bill.number) == ("V00099", "")
    other = desk({"payroll": "post"})
    post(cost(line("42.10"), total="42.10", kind=kind, vendor="", employee="32"), other)
    assert other.gaps == [("employees", "32", Decimal("42.10"))]


def test_an_expense_of_a_vendor_is_owed_to_the_vendor() -> None:
    assert post(cost(line("42.10"), total="42.10", kind="expense")).vendor == "V00017"


def test_an_expense_of_an_employee_is_never_owed_to_the_shop() -> None:
    assert post(cost(line("42.10"), total="42.10", kind="expense", employee="31")).vendor == "V00099"


def test_tax_is_what_the_total_has_over_the_lines() -> None:
    record = cost(line("100.00", tax="5"), total="107.50")
    at = desk()
    post(record, at)
    assert at.gaps == [("tax", "5", Decimal("100.00"))]
    bill = post(record, desk(tables={("tax", "5"): "TAXABLE"}))
    assert (bill.total, bill.tax, bill.lines[0].tax_category) == (Decimal("107.50"), Decimal("7.50"), "TAXABLE")


def test_without_a_tax_code_the_lines_must_come_to_the_total() -> None:
    with pytest.raises(Hold, match=r"100\.00 USD.*107\.50 USD") as held:
        post(cost(line("100.00"), total="107.50"))
    assert held.value.cause == "does_not_add_up"


def test_a_residue_within_half_a_cent_a_line_goes_to_the_rounding_account() -> None:
    record = cost(line("10.00"), line("10.00", "03-200", "M"), total="20.01")
    assert amounts(post(record, desk({"rounding_account": "61000|000"})))[-1] == ("61000", "0.01")


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"vendor": ""}, "no_vendor"),
        ({"vendor": "8"}, "no_match"),
        ({"kind": "expense", "vendor": ""}, "no_vendor"),
        ({"invoice_number": ""}, "no_number"),
        ({"invoice_number": "9" * 41}, "number_too_long"),
        ({"date": None}, "no_date"),
        ({"currency": "ZZZ"}, "unknown_currency"),
        ({"currency": "JPY"}, "bad_amount"),
        ({"kind": "subcontractor_invoice"}, "unknown_kind"),
    ],
)
def test_what_is_missing_is_held_and_says_what_to_do(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(Hold, match=":") as held:
        post(cost(line("10.50"), total="10.50", **changes))
    assert held.value.cause == cause


def test_what_the_vendor_owes_is_no_bill() -> None:
    with pytest.raises(Hold, match="debit adjustment"):
        post(cost(line("-10.00"), total="-10.00"))


@pytest.mark.parametrize(
    ("changes", "cause"),
    [
        ({"status": "in_review"}, "not_approved"),
        ({"date": date(2025, 12, 31)}, "before_cut_over"),
        ({"kind": "payroll"}, "payroll"),
    ],
)
def test_what_a_rule_leaves_out_is_skipped(changes: dict[str, Any], cause: str) -> None:
    with pytest.raises(Skip) as skipped:
        post(cost(line("10.00"), total="10.00", **changes))
    assert skipped.value.cause == cause


def test_a_cost_without_any_amount_is_skipped() -> None:
    with pytest.raises(Skip):
        post(cost(line("0.00"), total="0.00"))
