"""Requisitions and direct costs as journals under every treatment; every figure is worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from sap_b1_month import (
    ACCRUAL,
    CLEARING,
    CONCRETE,
    GIVEN,
    REBAR,
    REFERENCE,
    RETAINAGE,
    ROUNDING,
    STEEL,
    TREATMENTS,
    Desk,
    bill_line,
    budget,
    change,
    commitment,
    cost_line,
    costs,
    direct_cost,
    imbalance,
    lines,
    on,
    order_line,
    posted,
    requisition,
)

from ml_connector.integrations import cost_journals, deltas
from ml_connector.integrations import costs as shared
from ml_connector.integrations.declaration import Hold, Sibling, Skip, Standing
from ml_connector.integrations.procore_sap_b1 import commitments, direct_costs, requisitions
from ml_connector.records.journals import Journal, Role

PROGRESS = (bill_line("51", work="600.00", held="60.00"), bill_line("52", "05-100.S", work="300.00", held="30.00"))
EARLIER = posted(document=commitment(day=date(2025, 11, 1)), standing=())


def journal(record: Any, desk: Desk | None = None, **rules: str) -> Journal:
    """The journal of a requisition or direct cost, which always balances."""
    translate = requisitions.journal_of if hasattr(record, "commitment") else direct_costs.journal_of
    chosen = desk or Desk(rules)
    made = translate(record, REFERENCE, chosen)
    assert imbalance(made) == 0
    return made


def held(record: Any, desk: Desk | None = None, **rules: str) -> Hold:
    with pytest.raises(Hold) as found:
        journal(record, desk, **rules)
    return found.value


def skipped(record: Any, desk: Desk | None = None, **rules: str) -> str:
    with pytest.raises(Skip) as found:
        journal(record, desk, **rules)
    return found.value.cause


def test_invoice_clearing_relieves_the_clearing_account_centre_by_centre() -> None:
    made = journal(requisition(*PROGRESS))
    assert lines(made) == [
        (CONCRETE, "600.00", "P-100", "PC-NORTH"),
        (STEEL, "300.00", "P-100", "PC-STEEL"),
        (RETAINAGE, "-90.00", "", ""),
        (CLEARING, "-540.00", "P-100", "PC-NORTH"),
        (CLEARING, "-270.00", "P-100", "PC-STEEL"),
    ]
    assert [one.role for one in made.lines] == [Role.COST, Role.COST, Role.RETAINAGE, Role.OFFSET, Role.OFFSET]
    assert (made.number, made.date, made.currency, made.vendor) == ("INV-3", date(2026, 1, 31), "USD", "V10007")
    assert (made.source, made.order, made.reference) == ("requisition:1", "commitment:88", REFERENCE)
    assert [one.source for one in made.lines] == ["51", "52", "", "", ""]


def test_journal_clearing_accrues_and_relieves_the_commitment() -> None:
    assert lines(journal(requisition(*PROGRESS), treatment="journal_clearing")) == [
        (CONCRETE, "600.00", "P-100", "PC-NORTH"),
        (STEEL, "300.00", "P-100", "PC-STEEL"),
        (RETAINAGE, "-90.00", "", ""),
        (ACCRUAL, "-810.00", "", ""),
        (GIVEN, "600.00", "P-100", "PC-NORTH"),
        (GIVEN, "300.00", "P-100", "PC-STEEL"),
        (CLEARING, "-600.00", "P-100", "PC-NORTH"),
        (CLEARING, "-300.00", "P-100", "PC-STEEL"),
    ]


def test_purchase_order_accrues_and_does_not_wait_for_the_order() -> None:
    desk = Desk({"treatment": "purchase_order"}, commitment=posted(settled=False, standing=()))
    assert lines(journal(requisition(*PROGRESS), desk)) == [
        (CONCRETE, "600.00", "P-100", "PC-NORTH"),
        (STEEL, "300.00", "P-100", "PC-STEEL"),
        (RETAINAGE, "-90.00", "", ""),
        (ACCRUAL, "-810.00", "", ""),
    ]


@pytest.mark.parametrize(
    ("treatment", "other_side"),
    [
        ("invoice_clearing", [(CLEARING, "-600.00", "P-100", "PC-NORTH"), (CLEARING, "-300.00", "P-100", "PC-STEEL")]),
        ("purchase_order", [(ACCRUAL, "-900.00", "", "")]),
    ],
)
def test_retainage_in_accrual_stays_within_the_other_side(
    treatment: str, other_side: list[tuple[str, str, str, str]]
) -> None:
    made = journal(requisition(*PROGRESS), treatment=treatment, retainage="in_accrual")
    assert lines(made) == [
        (CONCRETE, "600.00", "P-100", "PC-NORTH"), (STEEL, "300.00", "P-100", "PC-STEEL"), *other_side
    ]  # fmt: skip


def test_a_release_alone_moves_retainage_to_what_is_owed() -> None:
    record = requisition(bill_line("51", released="60.00"))
    assert lines(journal(record)) == [(RETAINAGE, "60.00", "", ""), (CLEARING, "-60.00", "P-100", "PC-NORTH")]
    for treatment in ("journal_clearing", "purchase_order"):
        made = journal(record, treatment=treatment)
        assert lines(made) == [(RETAINAGE, "60.00", "", ""), (ACCRUAL, "-60.00", "", "")]
    assert skipped(record, retainage="in_accrual") == "nothing_due"


def test_held_and_released_in_one_requisition_stay_two_lines() -> None:
    made = journal(requisition(bill_line("51", work="500.00", held="50.00", released="20.00")))
    assert lines(made)[1:] == [
        (RETAINAGE, "-50.00", "", ""), (RETAINAGE, "20.00", "", ""), (CLEARING, "-470.00", "P-100", "PC-NORTH")
    ]  # fmt: skip


@pytest.mark.parametrize(("materials", "cost"), [("400.00", "1000.00"), ("-200.00", "400.00")])
def test_stored_materials_count_by_their_movement(materials: str, cost: str) -> None:
    made = journal(requisition(bill_line("51", work="600.00", materials=materials)))
    assert lines(made) == [(CONCRETE, cost, "P-100", "PC-NORTH"), (CLEARING, f"-{cost}", "P-100", "PC-NORTH")]


def test_a_negative_line_lowers_its_cost_and_a_negative_requisition_turns_the_sides() -> None:
    both = requisition(bill_line("51", work="600.00"), bill_line("52", "05-100.S", work="-100.00"))
    assert lines(journal(both, treatment="purchase_order")) == [
        (CONCRETE, "600.00", "P-100", "PC-NORTH"), (STEEL, "-100.00", "P-100", "PC-STEEL"), (ACCRUAL, "-500.00", "", "")
    ]  # fmt: skip
    back = journal(requisition(bill_line("51", work="-100.00", held="-10.00")), treatment="purchase_order")
    assert lines(back) == [
        (CONCRETE, "-100.00", "P-100", "PC-NORTH"), (RETAINAGE, "10.00", "", ""), (ACCRUAL, "90.00", "", "")
    ]  # fmt: skip


@pytest.mark.parametrize("treatment", TREATMENTS)
def test_a_residue_of_a_cent_goes_to_rounding_and_more_is_a_hold(treatment: str) -> None:
    record = requisition(*PROGRESS, due=Decimal("810.01"))
    assert held(record, treatment=treatment).cause == "does_not_add_up"
    made = journal(record, treatment=treatment, rounding_account=ROUNDING)
    assert (ROUNDING, "0.01", "", "") in lines(made)
    other = on(CLEARING if treatment == "invoice_clearing" else ACCRUAL, made)
    assert other == Decimal("-810.01")
    found = held(requisition(*PROGRESS, due=Decimal("820.00")), treatment=treatment, rounding_account=ROUNDING)
    assert "810.00 USD" in found.message and "820.00 USD" in found.message


def test_tax_is_left_out_of_journals_and_must_be_mapped() -> None:
    desk = Desk()
    made = journal(requisition(*PROGRESS, tax="72.00"), desk)
    assert desk.gaps == [("tax", "requisition", Decimal("72.00"))]
    mapped = Desk(tables={("tax", "requisition"): cost_journals.NET})
    assert lines(journal(requisition(*PROGRESS, tax="72.00"), mapped)) == lines(made)
    assert (mapped.gaps, on(CLEARING, made)) == ([], Decimal("-810.00"))
    assert cost_journals.check_tax("net") == ""
    assert "write net" in cost_journals.check_tax("V1")


@pytest.mark.parametrize(("status", "cause"), [("draft", "not_approved"), ("in_review", "not_approved")])
def test_only_approved_requisitions_after_cut_over_are_posted(status: str, cause: str) -> None:
    assert skipped(requisition(*PROGRESS, status=status)) == cause
    assert skipped(requisition(*PROGRESS, billing_date=date(2025, 12, 31))) == "before_cut_over"
    assert held(requisition(*PROGRESS, billing_date=None)).cause == "no_date"


def test_a_requisition_without_invoice_number_is_known_by_its_id() -> None:
    assert journal(requisition(*PROGRESS, invoice_number="")).number == "REQ-1"
    assert held(requisition(*PROGRESS, invoice_number="9" * 101)).cause == "number_too_long"


def test_unmapped_codes_projects_and_vendors_wait() -> None:
    desk = Desk(tables={("projects", "4711"): "", ("coding", "05-100.S"): ""})
    journal(requisition(*PROGRESS), desk)
    assert desk.gaps == [("projects", "4711", Decimal("810.00")), ("coding", "05-100.S", Decimal("300.00"))]
    assert held(requisition(*PROGRESS, vendor="8")).cause == "no_match"
    assert held(requisition(*PROGRESS), Desk(tables={("projects", "4711"): "P-100|"})).cause == "no_profit_center"


@pytest.mark.parametrize("treatment", ["invoice_clearing", "journal_clearing"])
def test_a_requisition_waits_for_its_commitment(treatment: str) -> None:
    for known in (posted(settled=False, standing=()), posted(document=commitment(status="draft"), standing=())):
        desk = Desk({"treatment": treatment, "earlier_commitments": "accrual"}, commitment=known)
        assert held(requisition(*PROGRESS), desk).cause == "commitment_not_posted"
    unread = held(requisition(*PROGRESS, commitment="99"), treatment=treatment)
    assert (unread.cause, "99" in unread.message) == ("commitment_not_posted", True)
    waits_for_correction = Desk({"treatment": treatment}, commitment=posted(settled=False))
    assert journal(requisition(*PROGRESS), waits_for_correction).total


@pytest.mark.parametrize("treatment", ["invoice_clearing", "journal_clearing"])
def test_a_requisition_of_an_earlier_commitment_waits_or_accrues_by_rule(treatment: str) -> None:
    found = held(requisition(*PROGRESS), Desk({"treatment": treatment}, commitment=EARLIER))
    assert found.cause == "earlier_commitment"
    assert "SC-1 was not posted from here" in found.message
    desk = Desk({"treatment": treatment, "earlier_commitments": "accrual"}, commitment=EARLIER)
    assert lines(journal(requisition(*PROGRESS), desk))[2:] == [
        (RETAINAGE, "-90.00", "", ""), (ACCRUAL, "-810.00", "", "")
    ]  # fmt: skip


def test_a_commitment_that_a_person_keyed_in_is_an_earlier_one() -> None:
    keyed = posted(standing=(Standing(number="1007", document=None),))
    assert held(requisition(*PROGRESS), Desk(commitment=keyed)).cause == "earlier_commitment"
    accrued = journal(requisition(*PROGRESS), Desk({"earlier_commitments": "accrual"}, commitment=keyed))
    assert (on(ACCRUAL, accrued), on(CLEARING, accrued)) == (Decimal("-810.00"), 0)


@pytest.mark.parametrize(
    ("treatment", "one", "other", "fine"),
    [
        ("journal_clearing", "commitments_account", "clearing_account", False),
        ("journal_clearing", "accrual_account", "clearing_account", False),
        ("invoice_clearing", "accrual_account", "clearing_account", True),
        ("invoice_clearing", "retainage_account", "clearing_account", False),
        ("purchase_order", "retainage_account", "accrual_account", False),
        ("purchase_order", "clearing_account", "accrual_account", True),
    ],
)
def test_one_account_cannot_stand_for_two_things_of_a_treatment(
    treatment: str, one: str, other: str, fine: bool
) -> None:
    rules = {"treatment": treatment, one: "1234", other: "1234"}
    record = requisition(*PROGRESS)
    if fine:
        assert journal(record, **rules).lines
        assert commitments.document_of(commitment(), REFERENCE, Desk(rules)).lines
        return
    found = held(record, **rules)
    assert found.cause == "same_account"
    assert one in found.message and other in found.message and "both 1234" in found.message
    with pytest.raises(Hold, match="both 1234"):
        commitments.document_of(commitment(), REFERENCE, Desk(rules))
    if "retainage" in one:
        assert journal(record, retainage="in_accrual", **rules).lines


def test_what_is_before_cut_over_is_not_flagged_for_its_budget() -> None:
    desk, before = Desk(), date(2025, 12, 31)
    desk.records["budgets", "4711"] = budget()
    for differences, record, early in (
        (requisitions.unbudgeted, requisition(*PROGRESS), {"billing_date": before}),
        (direct_costs.unbudgeted, direct_cost(cost_line("1", "03-300.S", "9")), {"date": before}),
        (commitments.unbudgeted, commitment(), {"day": before}),
        (commitments.change_differences, change(order_line("911", "05-100.S", "9")), {"day": before}),
    ):
        assert differences(record, desk)  # type: ignore[operator]
        with pytest.raises(Skip, match="before the cut-over date"):
            differences(structs.replace(record, **early), desk)  # type: ignore[operator]


@pytest.mark.parametrize("treatment", TREATMENTS)
@pytest.mark.parametrize("stated", ["USD", ""])
def test_a_requisition_in_another_currency_than_its_commitment_waits(treatment: str, stated: str) -> None:
    desk = Desk({"treatment": treatment}, commitment=posted(document=commitment(currency="EUR")))
    with pytest.raises(Hold, match="it is in USD, its commitment SC-1 in EUR") as found:
        requisitions.journal_of(requisition(bill_line("1", work="10"), currency=stated), REFERENCE, desk)
    assert found.value.cause == "other_currency"
    both = requisitions.journal_of(requisition(bill_line("1", work="10"), currency="EUR"), REFERENCE, desk)
    assert both.currency == "EUR"


def test_unbudgeted_requisitions_are_named_and_held_by_rule() -> None:
    desk = Desk()
    desk.records["budgets", "4711"] = budget("03-300.S")
    (told,) = requisitions.unbudgeted(requisition(*PROGRESS), desk)
    assert (told.kind, told.source, told.source_amount) == ("unbudgeted", "INV-3", Decimal("300.00"))
    assert journal(requisition(*PROGRESS), desk).total
    desk.rules["unbudgeted"] = "hold"
    assert held(requisition(*PROGRESS), desk).cause == "unbudgeted"
    with pytest.raises(Skip):
        requisitions.unbudgeted(requisition(*PROGRESS, status="draft"), desk)
    release = requisition(bill_line("52", "05-100.S", released="30.00"))
    assert requisitions.unbudgeted(release, desk) == []


def test_an_invoice_is_owed_to_its_vendor_through_the_accrual() -> None:
    made = journal(direct_cost(cost_line("1", "03-300.S", "300.50"), cost_line("2", "03-200.M", "20.00")))
    assert lines(made) == [
        (CONCRETE, "300.50", "P-100", "PC-NORTH"), (REBAR, "20.00", "P-100", "PC-NORTH"), (ACCRUAL, "-320.50", "", "")
    ]  # fmt: skip
    assert (made.vendor, made.number, made.source, made.order) == ("V10007", "INV-77", "direct_cost:551", "")
    assert [one.source for one in made.lines] == ["1", "2", ""]


def test_an_expense_credits_the_account_of_the_employee() -> None:
    record = direct_cost(
        cost_line("1", "03-300.S", "80.00"), kind="expense", vendor="", employee="31", invoice_number=""
    )
    made = journal(record)
    assert lines(made)[1:] == [("2410", "-80.00", "", "")]
    assert (made.vendor, made.number) == ("", "DC-551")
    desk = Desk(tables={("employees", "31"): ""})
    journal(record, desk)
    assert desk.gaps == [("employees", "31", Decimal("80.00"))]
    of_vendor = direct_cost(cost_line("1", "03-300.S", "80.00"), kind="expense")
    assert lines(journal(of_vendor))[1:] == [(ACCRUAL, "-80.00", "", "")]


def test_payroll_is_left_out_unless_the_rule_says_otherwise() -> None:
    record = direct_cost(cost_line("1", "03-300.S", "80.00"), kind="payroll", vendor="", employee="31")
    assert skipped(record) == "payroll"
    assert lines(journal(record, payroll="post"))[1:] == [("2410", "-80.00", "", "")]


def test_direct_costs_that_name_nobody_or_a_strange_kind_wait() -> None:
    one = cost_line("1", "03-300.S", "80.00")
    assert held(direct_cost(one, vendor="")).cause == "no_vendor"
    assert held(direct_cost(one, kind="expense", vendor="")).cause == "no_vendor"
    assert held(direct_cost(one, kind="subcontractor_invoice")).cause == "unknown_kind"
    assert held(direct_cost(one, date=None)).cause == "no_date"
    assert skipped(direct_cost(one, status="in_review")) == "not_approved"
    assert skipped(direct_cost(cost_line("1", "03-300.S", "0"))) == "nothing_due"


def test_a_negative_direct_cost_turns_the_sides() -> None:
    made = journal(direct_cost(cost_line("1", "03-300.S", "-80.00")))
    assert lines(made) == [(CONCRETE, "-80.00", "P-100", "PC-NORTH"), (ACCRUAL, "80.00", "", "")]


def test_tax_of_a_direct_cost_is_left_out_and_must_be_mapped() -> None:
    record = direct_cost(cost_line("1", "03-300.S", "100.00", tax_code="4"), total=Decimal("108.00"))
    desk = Desk()
    assert lines(journal(record, desk)) == [(CONCRETE, "100.00", "P-100", "PC-NORTH"), (ACCRUAL, "-100.00", "", "")]
    assert desk.gaps == [("tax", "4", Decimal("100.00"))]
    mapped = Desk(tables={("tax", "4"): cost_journals.NET})
    journal(record, mapped)
    assert mapped.gaps == []
    untold = direct_cost(cost_line("1", "03-300.S", "100.00"), total=Decimal("108.00"))
    assert held(untold).cause == "does_not_add_up"


def test_a_residue_of_a_direct_cost_goes_to_rounding() -> None:
    record = direct_cost(cost_line("1", "03-300.S", "33.33"), total=Decimal("33.34"))
    assert held(record, rounding_account="").cause == "does_not_add_up"
    two = direct_cost(cost_line("1", "03-300.S", "33.33"), cost_line("2", "03-300.S", "33.33"), total=Decimal("66.67"))
    assert lines(journal(two, rounding_account=ROUNDING))[2:] == [
        (ROUNDING, "0.01", "", ""), (ACCRUAL, "-66.67", "", "")
    ]  # fmt: skip


def test_unbudgeted_direct_costs_are_named() -> None:
    desk = Desk()
    desk.records["budgets", "4711"] = Sibling(key="4711", document=budget().document, settled=True, standing=())
    (told,) = direct_costs.unbudgeted(direct_cost(cost_line("1", "03-300.S", "80.00")), desk)
    assert (told.source, told.source_amount) == ("INV-77", Decimal("80.00"))


def test_a_corrected_requisition_posts_the_difference() -> None:
    before = journal(requisition(*PROGRESS))
    less = requisition(bill_line("51", work="500.00", held="50.00"), PROGRESS[1])
    found = deltas.delta_of(journal(less), before)
    assert isinstance(found, Journal)
    assert lines(found) == [
        (CONCRETE, "-100.00", "P-100", "PC-NORTH"),
        (RETAINAGE, "10.00", "", ""),
        (CLEARING, "90.00", "P-100", "PC-NORTH"),
    ]
    assert (imbalance(found), found.number) == (0, "INV-3/1")
    assert deltas.delta_of(before, before) is None


@pytest.mark.parametrize("retainage", ["ledger", "in_accrual"])
@pytest.mark.parametrize("treatment", TREATMENTS)
def test_cost_per_project_and_centre_is_what_was_approved_once(treatment: str, retainage: str) -> None:
    """A commitment of 1,500 with a change order of 250, billed in full by two requisitions, and a direct cost."""
    desk = Desk({"treatment": treatment, "retainage": retainage})
    more = change(order_line("911", "05-100.S", "250.00"))
    bills = [
        requisition(*PROGRESS),
        requisition(
            bill_line("61", work="300.00", materials="100.00", released="60.00"),
            bill_line("62", "05-100.S", work="450.00", released="30.00"),
            key="2", sequence=4, invoice_number="INV-4", billing_date=date(2026, 2, 28),
        ),
    ]  # fmt: skip
    direct = direct_cost(cost_line("1", "03-300.S", "80.00"))
    made = [
        commitments.document_of(commitment(), REFERENCE, desk),
        commitments.change_of(more, REFERENCE, desk),
        *(journal(bill, desk) for bill in bills),
        journal(direct, desk),
    ]
    assert costs(*made) == {
        (CONCRETE, "P-100", "PC-NORTH"): Decimal("1080.00"),
        (STEEL, "P-100", "PC-STEEL"): Decimal("750.00"),
    }
    approved = sum(
        part.amount
        for cost in (*map(shared.cost_of_requisition, bills), shared.cost_of_direct_cost(direct))
        for part in cost.parts
    )
    assert approved == sum(costs(*made).values()) == Decimal("1830.00")
    assert [on(account, *made) for account in (CLEARING, GIVEN, RETAINAGE)] == [0, 0, 0]
    assert on(ACCRUAL, *made) == (Decimal("-80.00") if treatment == "invoice_clearing" else Decimal("-1830.00"))
