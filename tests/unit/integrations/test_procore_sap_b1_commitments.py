"""Commitments and change orders by each treatment; every figure is worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sap_b1_month import (
    ACCRUAL,
    CLEARING,
    CONCRETE,
    GIVEN,
    REFERENCE,
    ROUNDING,
    STEEL,
    TREATMENTS,
    Desk,
    budget,
    change,
    commitment,
    imbalance,
    lines,
    order_line,
    posted,
)

from ml_connector.integrations import deltas
from ml_connector.integrations.declaration import Hold, Skip
from ml_connector.integrations.procore_sap_b1 import commitments
from ml_connector.records.documents import Bill, PurchaseOrder
from ml_connector.records.journals import Journal, Role

STEEL_UP = order_line("911", "05-100.S", "250.00")
STEEL_DOWN = order_line("911", "05-100.S", "-250.00")


def agreed(treatment: str, record: Any = None, **rules: str) -> Any:
    return commitments.document_of(record or commitment(), REFERENCE, Desk({"treatment": treatment, **rules}))


def changed(treatment: str, *given: Any, **rules: str) -> Any:
    return commitments.change_of(change(*given), REFERENCE, Desk({"treatment": treatment, **rules}))


def held(record: Any, desk: Desk) -> Hold:
    with pytest.raises(Hold) as found:
        commitments.document_of(record, REFERENCE, desk)
    return found.value


def test_invoice_clearing_posts_a_purchase_invoice_on_the_clearing_account_by_profit_centre() -> None:
    bill = agreed("invoice_clearing")
    assert isinstance(bill, Bill)
    assert lines(bill) == [(CLEARING, "1000.00", "P-100", "PC-NORTH"), (CLEARING, "500.00", "P-100", "PC-STEEL")]
    assert (bill.vendor, bill.number, bill.total, bill.tax, bill.credit) == ("V10007", "SC-1", 1500, 0, False)
    assert (bill.date, bill.currency, bill.reference) == (date(2026, 1, 5), "USD", REFERENCE)
    assert (bill.source, bill.order, [one.source for one in bill.lines]) == (
        "commitment:88", "commitment:88", ["901", "902"]
    )  # fmt: skip


def test_journal_clearing_posts_clearing_against_commitments_given() -> None:
    journal = agreed("journal_clearing")
    assert isinstance(journal, Journal)
    assert lines(journal) == [
        (CLEARING, "1000.00", "P-100", "PC-NORTH"),
        (CLEARING, "500.00", "P-100", "PC-STEEL"),
        (GIVEN, "-1000.00", "P-100", "PC-NORTH"),
        (GIVEN, "-500.00", "P-100", "PC-STEEL"),
    ]
    assert {one.role for one in journal.lines} == {Role.COMMITMENT}
    assert (imbalance(journal), journal.total) == (0, 1500)
    assert (journal.source, journal.order, journal.vendor) == ("commitment:88", "commitment:88", "V10007")


def test_lines_of_one_profit_centre_are_given_in_one_sum() -> None:
    record = commitment(order_line("1", "03-300.S", "70"), order_line("2", "03-200.M", "30"))
    assert lines(agreed("journal_clearing", record))[2:] == [(GIVEN, "-100", "P-100", "PC-NORTH")]


def test_purchase_order_orders_on_the_cost_accounts() -> None:
    order = agreed("purchase_order")
    assert isinstance(order, PurchaseOrder)
    assert lines(order) == [(CONCRETE, "1000.00", "P-100", "PC-NORTH"), (STEEL, "500.00", "P-100", "PC-STEEL")]
    assert (order.number, order.total, order.source) == ("SC-1", 1500, "commitment:88")


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_change_order_in_mid_month_posts_its_delta_under_the_commitments_vendor_and_number(treatment: str) -> None:
    document = changed(treatment, STEEL_UP)
    assert (document.vendor, document.number, document.date) == ("V10007", "SC-1/001", date(2026, 1, 20))
    assert (document.source, document.order, document.total) == ("change_order:5", "commitment:88", 250)
    account = STEEL if treatment == "purchase_order" else CLEARING
    assert lines(document)[0] == (account, "250.00", "P-100", "PC-STEEL")


def test_a_negative_change_order_is_a_credit_note() -> None:
    bill = changed("invoice_clearing", STEEL_DOWN, order_line("912", "03-300.S", "50.00"))
    assert (bill.credit, bill.total) == (True, Decimal(200))
    assert [str(one.amount) for one in bill.lines] == ["250.00", "-50.00"]
    assert lines(bill) == [(CLEARING, "-250.00", "P-100", "PC-STEEL"), (CLEARING, "50.00", "P-100", "PC-NORTH")]


def test_a_negative_change_order_turns_the_sides_of_a_journal() -> None:
    journal = changed("journal_clearing", STEEL_DOWN)
    assert lines(journal) == [(CLEARING, "-250.00", "P-100", "PC-STEEL"), (GIVEN, "250.00", "P-100", "PC-STEEL")]
    assert imbalance(journal) == 0


def test_a_change_order_that_lowers_an_order_is_a_persons_work() -> None:
    with pytest.raises(Hold, match=r"lowers what was ordered by 250\.00 USD.* order SC-1 in") as found:
        changed("purchase_order", STEEL_DOWN)
    assert found.value.cause == "negative_total"


def test_a_commitment_that_is_owed_by_the_vendor_is_a_credit_note() -> None:
    assert agreed("invoice_clearing", commitment(order_line("1", "03-300.S", "-9.00"))).credit


@pytest.mark.parametrize(("status", "cause"), [("draft", "not_approved"), ("void", "void")])
def test_what_is_not_committed_is_skipped_and_so_taken_back_where_it_was_posted(status: str, cause: str) -> None:
    desk = Desk()
    for translate, record in (
        (commitments.document_of, commitment(status=status)),
        (commitments.change_of, change(STEEL_UP, status=status)),
    ):
        with pytest.raises(Skip) as skipped:
            translate(record, REFERENCE, desk)  # type: ignore[operator]
        assert skipped.value.cause == cause


def test_a_completed_commitment_counts() -> None:
    assert agreed("invoice_clearing", commitment(status="complete")).total == 1500


def test_dates_before_cut_over_are_skipped_and_none_is_a_hold() -> None:
    with pytest.raises(Skip, match="before the cut-over date"):
        agreed("invoice_clearing", commitment(day=date(2025, 12, 31)))
    assert held(commitment(day=None), Desk()).cause == "no_date"


def test_the_companys_currency_stands_for_none_and_an_unknown_one_is_a_hold() -> None:
    assert agreed("invoice_clearing", commitment(currency="")).currency == "USD"
    assert held(commitment(currency="XXQ"), Desk()).cause == "unknown_currency"
    assert changed("invoice_clearing", STEEL_UP).currency == "USD"


def test_amounts_below_the_minor_unit_are_a_hold() -> None:
    assert held(commitment(order_line("1", "03-300.S", "10.005")), Desk()).cause == "bad_amount"


def test_markup_that_no_line_shows_is_a_hold_and_a_cent_goes_to_rounding() -> None:
    with pytest.raises(Hold) as found:
        commitments.change_of(change(STEEL_UP, amount=Decimal(300)), REFERENCE, Desk())
    assert found.value.cause == "does_not_add_up"
    record = change(STEEL_UP, order_line("912", "03-300.S", "50.00"), amount=Decimal("300.01"))
    for treatment in TREATMENTS:
        desk = Desk({"treatment": treatment, "rounding_account": ROUNDING})
        document = commitments.change_of(record, REFERENCE, desk)
        assert (ROUNDING, "0.01", "", "") in lines(document)
        if isinstance(document, Journal):
            assert imbalance(document) == 0
            assert (document.total, lines(document)[-1][1]) == (Decimal("300.01"), "-50.01")
        else:
            assert sum(one.amount for one in document.lines) == document.total == Decimal("300.01")


def test_a_change_order_without_lines_cannot_be_coded() -> None:
    with pytest.raises(Hold) as found:
        commitments.change_of(change(amount=Decimal(300)), REFERENCE, Desk())
    assert found.value.cause == "does_not_add_up"
    with pytest.raises(Skip) as skipped:
        commitments.change_of(change(), REFERENCE, Desk())
    assert skipped.value.cause == "nothing_due"


def test_lines_without_amount_are_left_out() -> None:
    record = commitment(order_line("1", "03-300.S", "10"), order_line("2", "99-999.S", "0"))
    assert len(agreed("invoice_clearing", record).lines) == 1


def test_what_no_table_knows_is_a_gap_with_the_money_behind_it() -> None:
    desk = Desk(tables={("projects", "4711"): "", ("coding", "05-100.S"): ""})
    commitments.document_of(commitment(), REFERENCE, desk)
    assert desk.gaps == [("projects", "4711", Decimal(1500)), ("coding", "05-100.S", Decimal(500))]


def test_a_projects_own_coding_comes_first() -> None:
    desk = Desk({"treatment": "purchase_order"}, {("coding", "4711:03-300.S"): "5990|PC-9"})
    assert lines(commitments.document_of(commitment(), REFERENCE, desk))[0] == ("5990", "1000.00", "P-100", "PC-9")


def test_without_a_profit_centre_in_either_table_it_waits() -> None:
    desk = Desk(tables={("projects", "4711"): "P-100"})
    found = held(commitment(), desk)
    assert found.cause == "no_profit_center"
    assert "North Quay" in found.message and "03-300.S" in found.message
    only_steel = commitment(order_line("1", "05-100.S", "10"))
    assert lines(commitments.document_of(only_steel, REFERENCE, desk)) == [(CLEARING, "10", "P-100", "PC-STEEL")]


def test_an_unmatched_vendor_and_a_missing_or_endless_number_are_holds() -> None:
    assert held(commitment(vendor="8"), Desk()).cause == "no_match"
    assert held(commitment(number=""), Desk()).cause == "no_number"
    assert held(commitment(number="9" * 101), Desk()).cause == "number_too_long"


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_change_order_waits_for_its_commitment(treatment: str) -> None:
    for known in (
        posted(settled=False, standing=()),
        posted(document=commitment(status="draft"), standing=()),
    ):
        with pytest.raises(Hold, match="SC-1 is not posted yet") as found:
            commitments.change_of(change(STEEL_UP), REFERENCE, Desk({"treatment": treatment}, commitment=known))
        assert found.value.cause == "commitment_not_posted"
    with pytest.raises(Hold, match="commitment 99 is not posted yet"):
        commitments.change_of(change(STEEL_UP, commitment="99"), REFERENCE, Desk({"treatment": treatment}))


def test_a_change_order_of_an_earlier_commitment_waits_or_is_left_out_by_rule() -> None:
    earlier = posted(document=commitment(day=date(2025, 11, 1)), standing=())
    with pytest.raises(Hold) as found:
        commitments.change_of(change(STEEL_UP), REFERENCE, Desk(commitment=earlier))
    assert found.value.cause == "earlier_commitment"
    with pytest.raises(Skip) as skipped:
        commitments.change_of(change(STEEL_UP), REFERENCE, Desk({"earlier_commitments": "accrual"}, commitment=earlier))
    assert skipped.value.cause == "earlier_commitment"


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_change_orders_of_a_commitment_over_nothing_are_posted(treatment: str) -> None:
    nothing = commitment(order_line("901", "03-300.S", "0"))
    desk = Desk({"treatment": treatment}, commitment=posted(document=nothing, standing=()))
    with pytest.raises(Skip, match="no line of it has an amount"):
        commitments.document_of(nothing, REFERENCE, desk)
    assert commitments.change_of(change(STEEL_UP), REFERENCE, desk).total == 250
    assert commitments.is_posted("88", desk)
    for other in (
        commitment(order_line("901", "03-300.S", "0"), day=date(2025, 12, 31)),
        commitment(order_line("901", "03-300.S", "0"), day=None),
        commitment(order_line("901", "03-300.S", "0"), status="void"),
    ):
        desk = Desk({"earlier_commitments": "accrual"}, commitment=posted(document=other, standing=()))
        assert not commitments.is_posted("88", desk)


def test_a_change_order_in_another_currency_than_its_commitment_waits() -> None:
    with pytest.raises(Hold, match="it is in EUR, its commitment SC-1 in USD") as found:
        commitments.change_of(change(STEEL_UP, currency="EUR"), REFERENCE, Desk())
    assert found.value.cause == "other_currency"
    desk = Desk(commitment=posted(document=commitment(currency="EUR")))
    assert commitments.change_of(change(STEEL_UP, currency=""), REFERENCE, desk).currency == "EUR"


def test_a_change_order_of_a_void_commitment_is_void_too_and_told_of() -> None:
    desk = Desk(commitment=posted(document=commitment(status="void"), standing=()))
    with pytest.raises(Skip, match="its commitment SC-1 is void"):
        commitments.change_of(change(STEEL_UP), REFERENCE, desk)
    (told,) = commitments.change_differences(change(STEEL_UP), desk)
    assert (told.kind, told.source, told.by_hand) == ("void commitment", "SC-1/001", "void the change order in Procore")


def test_codes_without_budget_are_named_once_with_their_money() -> None:
    desk = Desk()
    desk.records["budgets", "4711"] = budget("03-300.S", "05-100.M")
    record = commitment(*commitment().lines, order_line("903", "05-100.S", "1.50"))
    (told,) = commitments.unbudgeted(record, desk)
    assert (told.kind, told.source, told.source_amount) == ("unbudgeted", "SC-1", Decimal("501.50"))
    assert (told.project, told.fix, told.by_hand) == ("North Quay", "", "add a budget line in Procore")
    assert "05-100.S" in told.text
    assert commitments.unbudgeted(record, desk)[0].id == told.id
    assert commitments.change_differences(change(STEEL_UP), desk)[0].kind == "unbudgeted"
    with pytest.raises(Skip):
        commitments.unbudgeted(commitment(status="draft"), desk)


def test_a_budget_over_nothing_is_none() -> None:
    desk = Desk()
    desk.records["budgets", "4711"] = budget("03-300.S", "05-100.S", amount="0")
    assert len(commitments.unbudgeted(commitment(), desk)) == 2


def test_unbudgeted_commitments_are_posted_or_held_by_rule() -> None:
    desk = Desk({"unbudgeted": "hold"})
    desk.records["budgets", "4711"] = budget("03-300.S")
    found = held(commitment(), desk)
    assert found.cause == "unbudgeted"
    assert "05-100.S has no budget, 500.00 USD" in found.message
    del desk.records["budgets", "4711"]
    assert held(commitment(), desk).cause == "budget_not_read"
    desk.rules["unbudgeted"] = "flag"
    assert commitments.document_of(commitment(), REFERENCE, desk).total == 1500


def test_a_corrected_commitment_posts_the_difference_by_profit_centre() -> None:
    before = agreed("invoice_clearing")
    record = commitment(order_line("901", "03-300.S", "1000.00"), order_line("902", "05-100.S", "400.00"))
    after = commitments.document_of(record, REFERENCE.replace("-1", "-2"), Desk())
    credit = deltas.delta_of(after, before)
    assert isinstance(credit, Bill)
    assert (credit.credit, credit.total, credit.number) == (True, Decimal(100), "SC-1/2")
    assert lines(credit) == [(CLEARING, "-100.00", "P-100", "PC-STEEL")]
    assert deltas.delta_of(after, after) is None


def test_the_difference_of_two_credit_notes_counts_their_sign() -> None:
    before = changed("invoice_clearing", STEEL_DOWN)
    after = changed("invoice_clearing", order_line("911", "05-100.S", "-300.00"))
    more = deltas.delta_of(after, before)
    assert isinstance(more, Bill)
    assert (more.credit, more.total, lines(more)) == (True, 50, [(CLEARING, "-50.00", "P-100", "PC-STEEL")])
    less = deltas.delta_of(before, after)
    assert isinstance(less, Bill)
    assert (less.credit, less.total, lines(less)) == (False, 50, [(CLEARING, "50.00", "P-100", "PC-STEEL")])
    turned = deltas.delta_of(changed("invoice_clearing", STEEL_UP), before)
    assert isinstance(turned, Bill)
    assert (turned.credit, turned.total) == (False, 500)


def test_a_corrected_journal_posts_a_balanced_difference_and_an_order_only_more() -> None:
    up = commitment(order_line("901", "03-300.S", "1100.00"), order_line("902", "05-100.S", "500.00"))
    journal = deltas.delta_of(agreed("journal_clearing", up), agreed("journal_clearing"))
    assert isinstance(journal, Journal)
    assert lines(journal) == [(CLEARING, "100.00", "P-100", "PC-NORTH"), (GIVEN, "-100.00", "P-100", "PC-NORTH")]
    order = deltas.delta_of(agreed("purchase_order", up), agreed("purchase_order"))
    assert isinstance(order, PurchaseOrder)
    assert (order.total, lines(order)) == (100, [(CONCRETE, "100.00", "P-100", "PC-NORTH")])
    with pytest.raises(Hold, match="lower or close the order"):
        deltas.delta_of(agreed("purchase_order"), agreed("purchase_order", up))


def test_another_treatment_vendor_or_commitment_is_no_difference_in_amounts() -> None:
    bill, journal = agreed("invoice_clearing"), agreed("journal_clearing")
    for new, old in ((bill, journal), (bill, agreed("invoice_clearing", commitment(key="89")))):
        with pytest.raises(Hold) as found:
            deltas.delta_of(new, old)
        assert found.value.cause == "changed_after_posting"


def test_accrual_is_no_part_of_a_commitment() -> None:
    assert all(ACCRUAL not in {one.account for one in agreed(treatment).lines} for treatment in TREATMENTS)
