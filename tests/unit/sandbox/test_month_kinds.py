"""The seeded months hold every kind of record that a contractor meets, and each is what its note says."""

from __future__ import annotations

from collections import Counter, defaultdict
from decimal import ROUND_HALF_UP, Decimal

import pytest
from month_books import (
    CUT_OVER,
    Books,
    clean,
    due_by_lines,
    noted,
)

from ml_connector.sandbox.month.build import build
from ml_connector.sandbox.month.facts import Month


@pytest.fixture(scope="module")
def month() -> Month:
    return build("month")


@pytest.fixture(scope="module")
def small() -> Month:
    return build("small")


def test_the_month_has_the_size_of_a_general_contractor(month: Month) -> None:
    assert len(month.requisitions) == 200
    assert len(month.vendors) == 300
    assert sum(p.active and p.visible for p in month.projects) == 12
    assert sum(not p.active for p in month.projects) == 2
    assert sum(not p.visible for p in month.projects) == 1
    assert len(month.cost_codes) == 41
    assert len(clean(month)) >= 130


def test_every_active_project_is_billed_in_january(month: Month) -> None:
    books = Books(month)
    billed = Counter(books.commitments[r.commitment].project for r in clean(month))
    assert set(billed) == {p.key for p in month.projects if p.active and p.visible}


def test_requisitions_come_in_every_status(month: Month) -> None:
    assert {r.status for r in month.requisitions} == {
        "draft",
        "under_review",
        "revise_and_resubmit",
        "approved",
        "approved_as_noted",
        "pending_owner_approval",
    }


def test_each_odd_requisition_is_what_its_note_says(month: Month) -> None:
    books = Books(month)
    (inactive,) = noted(month, "vendor inactive in the ERP")
    assert books.vendor_of(inactive).erp_status == "Inactive"
    (missing,) = noted(month, "vendor not in the ERP")
    assert books.vendor_of(missing).erp_id == ""
    (approval,) = noted(month, "bill goes to approval")
    assert books.vendor_of(approval).erp_approval
    (off,) = noted(month, "lines do not add up")
    assert off.off_by == Decimal("10.00")
    (taxed,) = noted(month, "tax")
    assert taxed.tax == Decimal("412.50")
    (closed,) = noted(month, "closed period")
    february = next(p for p in month.periods if p.first <= closed.billing_date <= p.last)
    assert closed.billing_date >= CUT_OVER and not february.open
    (withdrawn,) = noted(month, "withdrawn")
    assert due_by_lines(books, withdrawn) == 0 and withdrawn.status == "revise_and_resubmit"
    assert [r.keyed_by_hand for r in noted(month, "keyed by hand")] == [True, True]
    unlinked = noted(month, "order not in the ERP")
    assert unlinked and all(not books.commitments[r.commitment].erp_number for r in unlinked)


def test_december_is_before_the_cut_over_closed_and_keyed_in(month: Month, small: Month) -> None:
    for made in (month, small):
        earlier = [r for r in made.requisitions if r.billing_date < CUT_OVER]
        assert earlier == noted(made, "before cut-over")
        assert all(r.status == "approved" and r.keyed_by_hand for r in earlier)
        assert not next(p for p in made.periods if p.period == "2025-12").open
        assert next(p for p in made.periods if p.period == "2026-01").open


def test_each_shape_of_line_is_what_its_note_says(month: Month, small: Month) -> None:
    for made in (month, small):
        books = Books(made)
        for requisition in noted(made, "stored materials shrink"):
            assert requisition.previous is not None
            before = books.requisitions[requisition.previous].lines
            assert all(now.stored < then.stored for now, then in zip(requisition.lines, before, strict=True))
            shrunk = [now.work + now.stored - then.stored for now, then in zip(requisition.lines, before, strict=True)]
            assert min(shrunk) < 0
        for requisition in noted(made, "release only"):
            history = [line for r in books.chain(requisition) for line in r.lines]
            assert all(line.work == line.stored == 0 for line in requisition.lines)
            assert sum(line.work_retained - line.work_released for line in history) == 0
        charged = [r for r in made.requisitions if "back-charge" in r.note or r.note == "work taken back"]
        assert charged and all(min(line.work for line in r.lines) < 0 for r in charged)


def test_the_remaining_shapes_of_the_month(month: Month) -> None:
    books = Books(month)
    for requisition in noted(month, "stored materials grow"):
        assert any(line.stored_retained > 0 for line in requisition.lines)
    for requisition in noted(month, "lines without work"):
        assert {bool(line.work) for line in requisition.lines} == {True, False}
    for requisition in noted(month, "retainage released with work"):
        assert all(line.work > 0 and line.work_released > 0 for line in requisition.lines)
    (huge,) = noted(month, "thirteen digits")
    assert len(due_by_lines(books, huge).as_tuple().digits) == 13
    for requisition in noted(month, "half cents"):
        for line in requisition.lines:
            quantity = line.work / books.lines[line.line].unit_cost
            halves = round(quantity * 2) * books.lines[line.line].unit_cost / 2
            assert halves * 1000 % 10 == 5
            assert line.work == halves.quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_vendors_are_as_untidy_as_in_life(month: Month) -> None:
    vendors = month.vendors
    both = [v for v in vendors if v.in_procore and v.erp_id]
    assert len(both) > 250
    assert sum(1 for v in both if v.name != v.erp_name) > 30
    assert sum(1 for v in vendors if not v.erp_id) > 10
    assert sum(1 for v in vendors if not v.in_procore) > 10
    assert [n for n, count in Counter(v.name for v in vendors).items() if count > 1] != []
    assert sum(1 for v in vendors if not v.tax_id) == 1
    assert sum(1 for v in vendors if v.erp_status == "Inactive") >= 3
    assert sum(1 for v in vendors if v.erp_approval) == 1
    taxed = [v.tax_id for v in vendors if v.tax_id]
    assert len(set(taxed)) == len(taxed)


def test_commitments_and_change_orders_come_in_every_status(month: Month) -> None:
    statuses = {(c.kind, c.status) for c in month.commitments}
    subcontract = ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated", "Void")
    order = ("Draft", "Processing", "Submitted", "Partially Received", "Received", "Approved", "Closed")
    assert statuses == {("WorkOrderContract", s) for s in subcontract} | {("PurchaseOrderContract", s) for s in order}
    changes = [change for c in month.commitments for change in c.change_orders]
    assert {change.status for change in changes} == {
        "draft",
        "not_pricing",
        "pricing",
        "pending",
        "revised",
        "proceeding",
        "not_proceeding",
        "no_charge",
        "approved",
        "rejected",
        "void",
    }
    linked = [ch for c in month.commitments if c.erp_number for ch in c.change_orders if ch.status == "approved"]
    assert {change.in_erp for change in linked} == {True, False}


def test_direct_costs_come_in_every_kind_and_status(month: Month, small: Month) -> None:
    for made in (month, small):
        statuses = ("approved", "draft", "pending", "revise_and_resubmit")
        wanted = {(kind, status) for kind in ("invoice", "expense", "payroll") for status in statuses}
        assert {(d.kind, d.status) for d in made.direct_costs} == wanted
        for cost in made.direct_costs:
            assert (cost.vendor is not None) == (cost.kind == "invoice") == (cost.invoice_number != "")
            assert (cost.employee is not None) == (cost.kind == "expense")


def test_direct_costs_round_half_cents_up_and_lie_in_their_project(month: Month) -> None:
    books = Books(month)
    exact = []
    for cost in month.direct_costs:
        codes = {w.key for w in books.projects[cost.project].wbs}
        for line in cost.lines:
            exact.append(line.quantity * line.unit_cost)
            assert line.amount == exact[-1].quantize(Decimal("0.01"), ROUND_HALF_UP)
            assert line.wbs in codes
    assert sum(1 for amount in exact if amount * 1000 % 10 == 5) > 20


def test_payments_are_full_partial_and_voided_and_never_more_than_the_bill(month: Month) -> None:
    books = Books(month)
    bills = {(books.vendor_of(r).key, r.invoice_number): r for r in noted(month, "before cut-over")}
    paid: defaultdict[tuple[int, str], Decimal] = defaultdict(Decimal)
    for payment in month.payments:
        assert (payment.vendor, payment.bill_number) in bills
        assert payment.date >= CUT_OVER
        paid[payment.vendor, payment.bill_number] += Decimal(0) if payment.voided else payment.amount
    parts = {key: amount / due_by_lines(books, bills[key]) for key, amount in paid.items()}
    assert any(part == 1 for part in parts.values())
    assert any(0 < part < 1 for part in parts.values())
    assert all(part <= 1 for part in parts.values())
    assert any(payment.voided for payment in month.payments)
    assert len(paid) < len(bills)


def test_small_is_a_dozen_requisitions_of_every_kind(small: Month) -> None:
    assert Counter(r.note for r in small.requisitions) == {
        "before cut-over": 2,
        "plain": 1,
        "retainage": 1,
        "stored materials shrink": 1,
        "approved as noted, back-charge": 1,
        "release only": 1,
        "keyed by hand": 1,
        "cost code not in the ERP": 1,
        "bill goes to approval": 1,
        "lines do not add up": 1,
        "draft": 1,
    }
    assert len(small.vendors) == 10
    assert [(p.active, p.visible) for p in small.projects] == [(True, True)] * 3 + [(False, True), (True, False)]
    assert any(v.name != v.erp_name for v in small.vendors if v.in_procore and v.erp_id)


def test_empty_has_what_coding_needs_and_no_documents() -> None:
    empty = build("empty")
    (project,) = empty.projects
    assert project.active and project.visible and project.wbs and project.billing_periods
    assert empty.accounts and empty.periods and empty.tasks and empty.cost_codes and empty.cost_types
    documents = (empty.vendors, empty.commitments, empty.requisitions, empty.direct_costs, empty.payments)
    assert not any(documents)


def test_scale_holds_clean_requisitions_of_january_only() -> None:
    made = build("scale:60")
    assert len(made.requisitions) == len(clean(made)) == 60
    assert all(r.billing_date >= CUT_OVER and r.status == "approved" for r in made.requisitions)
    assert len({c.project for c in made.commitments}) == len(made.projects) == 20
