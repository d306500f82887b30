"""The seeded months must be believable books: these tests recompute them from the facts, by other ways."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import ROUND_HALF_UP, Decimal
from itertools import chain, pairwise

import pytest
from month_books import (
    APPROVED,
    CUT_OVER,
    Books,
    amounts,
    clean,
    due_by_certificate,
    due_by_lines,
)

from ml_connector.sandbox.month.build import build
from ml_connector.sandbox.month.facts import Commitment, Month, Project, Requisition, Vendor

SEEDS = ("month", "small", "empty", "scale:60")


@pytest.fixture(scope="module", params=SEEDS)
def any_month(request: pytest.FixtureRequest) -> Month:
    return build(str(request.param))


@pytest.fixture(scope="module")
def month() -> Month:
    return build("month")


@pytest.fixture(scope="module")
def small() -> Month:
    return build("small")


def times(month: Month) -> Iterator[datetime]:
    groups: tuple[Iterable[Vendor | Project | Commitment | Requisition], ...] = (
        month.vendors,
        month.projects,
        month.commitments,
        month.requisitions,
    )
    yield from (thing.updated_at for thing in chain(*groups))
    yield from (change.updated_at for commitment in month.commitments for change in commitment.change_orders)
    yield from (cost.updated_at for cost in month.direct_costs)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_same_seed_gives_the_same_month(seed: str) -> None:
    assert build(seed) == build(seed)


@pytest.mark.parametrize("seed", ["", "Month", "scale", "scale:0", "scale:-1", "scale:1.5", "scale:1e3", "scale:01"])
def test_an_unknown_seed_is_refused_with_the_names_that_exist(seed: str) -> None:
    with pytest.raises(ValueError, match="month, small, empty or scale:N"):
        build(seed)


def test_the_month_is_quick_to_build() -> None:
    started = time.process_time()
    build("month")
    assert time.process_time() - started < 0.3


def test_a_large_scale_is_quick_to_build() -> None:
    started = time.process_time()
    made = build("scale:20000")
    assert time.process_time() - started < 10
    assert len(made.requisitions) == 20_000


def test_ids_are_unique_per_kind(any_month: Month) -> None:
    for keys in (
        [v.key for v in any_month.vendors],
        [p.key for p in any_month.projects],
        [w.key for p in any_month.projects for w in p.wbs],
        [b.key for p in any_month.projects for b in p.billing_periods],
        [c.key for c in any_month.commitments],
        [line.key for c in any_month.commitments for line in c.lines],
        [change.key for c in any_month.commitments for change in c.change_orders],
        [line.key for c in any_month.commitments for change in c.change_orders for line in change.lines],
        [r.key for r in any_month.requisitions],
        [line.key for r in any_month.requisitions for line in r.lines],
        [d.key for d in any_month.direct_costs],
        [line.key for d in any_month.direct_costs for line in d.lines],
        [payment.number for payment in any_month.payments],
        [t.key for t in any_month.cost_types],
        [c.code for c in any_month.cost_codes],
        [a.code for a in any_month.accounts],
        [p.period for p in any_month.periods],
        [p.erp_id for p in any_month.projects],
        [p.number for p in any_month.projects],
        [v.erp_id for v in any_month.vendors if v.erp_id],
        [c.number for c in any_month.commitments],
        [c.erp_number for c in any_month.commitments if c.erp_number],
        [(t.project, t.code) for t in any_month.tasks],
    ):
        assert len(set(keys)) == len(keys)


def test_a_cost_code_of_a_project_has_one_key(any_month: Month) -> None:
    owners = {(w.cost_code_key, p.key, w.cost_code) for p in any_month.projects for w in p.wbs}
    assert len({key for key, _, _ in owners}) == len(owners) == len({(p, code) for _, p, code in owners})


def test_some_ids_need_more_than_32_bits(month: Month) -> None:
    assert month.company > 2**32
    assert all(v.key > 2**32 for v in month.vendors)
    assert all(r.key > 2**32 for r in month.requisitions)
    assert all(key < 2**53 for key in (*(v.key for v in month.vendors), *(r.key for r in month.requisitions)))


def test_times_are_utc_seconds_and_none_is_after_the_month(any_month: Month) -> None:
    for moment in times(any_month):
        assert moment.tzinfo is UTC
        assert moment.microsecond == 0
        assert moment < datetime(2026, 2, 1, tzinfo=UTC)


def test_commitments_lie_in_active_visible_projects_and_on_known_vendors(any_month: Month) -> None:
    books = Books(any_month)
    for commitment in any_month.commitments:
        project = books.projects[commitment.project]
        assert project.active and project.visible
        assert books.vendors[commitment.vendor].in_procore
        assert {line.wbs for line in commitment.lines} <= {w.key for w in project.wbs}


def test_a_linked_order_belongs_to_the_same_vendor_and_all_its_lines_are_linked(any_month: Month) -> None:
    books = Books(any_month)
    for commitment in any_month.commitments:
        erp_lines = [line.erp_line for line in commitment.lines]
        if commitment.erp_number:
            assert books.vendors[commitment.vendor].erp_id
            assert erp_lines == list(range(1, len(erp_lines) + 1))
        else:
            assert set(erp_lines) == {None}
            assert not any(change.in_erp for change in commitment.change_orders)


def test_a_line_of_a_commitment_is_quantity_times_unit_cost_half_up(any_month: Month) -> None:
    for line in chain.from_iterable(c.lines for c in any_month.commitments):
        assert line.amount == (line.quantity * line.unit_cost).quantize(Decimal("0.01"), ROUND_HALF_UP)


def test_lines_of_a_change_order_add_up_on_codes_of_the_project(any_month: Month) -> None:
    books = Books(any_month)
    for commitment in any_month.commitments:
        codes = {w.key: w.cost_type for w in books.projects[commitment.project].wbs}
        first = commitment.lines[0].wbs
        for change in commitment.change_orders:
            used = [line.wbs for line in change.lines]
            assert sum(line.amount for line in change.lines) == change.amount
            assert used[0] == first and len(set(used)) == len(used) in (1, 2)
            assert {codes[wbs] for wbs in used} == {codes[first]}
            assert not change.in_erp or used == [first]


def test_change_orders_of_the_month_have_one_line_or_two(month: Month) -> None:
    counts = Counter(len(change.lines) for c in month.commitments for change in c.change_orders)
    assert counts[1] > 30 < counts[2]


def test_totals_of_the_month_stay(month: Month) -> None:
    books = Books(month)
    due = sum(due_by_lines(books, r) + r.tax + r.off_by for r in approved_of_january(month))
    assert (len(month.requisitions), len(approved_of_january(month)), due) == (200, 154, Decimal("12263272828.02"))
    assert sum(change.amount for c in month.commitments for change in c.change_orders) == 519_250


def approved_of_january(month: Month) -> list[Requisition]:
    """The approved ones that are billed from the cut-over on."""
    return [r for r in month.requisitions if r.status in APPROVED and r.billing_date >= CUT_OVER]


def test_each_requisition_speaks_of_every_line_of_its_commitment_once(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        lines = books.commitments[requisition.commitment].lines
        assert [line.line for line in requisition.lines] == [line.key for line in lines]


def test_previous_is_the_requisition_before_it_on_the_same_commitment(any_month: Month) -> None:
    by_commitment: defaultdict[int, list[Requisition]] = defaultdict(list)
    for requisition in any_month.requisitions:
        by_commitment[requisition.commitment].append(requisition)
    for requisitions in by_commitment.values():
        assert [r.sequence for r in requisitions] == list(range(1, len(requisitions) + 1))
        assert [r.previous for r in requisitions] == [None, *(r.key for r in requisitions[:-1])]
        assert all(a.billing_date < b.billing_date for a, b in pairwise(requisitions))


def test_only_approved_requisitions_have_successors(any_month: Month) -> None:
    books = Books(any_month)
    earlier = [books.requisitions[r.previous] for r in any_month.requisitions if r.previous]
    assert all(r.status in APPROVED for r in earlier)


def test_a_requisition_lies_in_a_billing_period_of_its_project(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        project = books.projects[books.commitments[requisition.commitment].project]
        period = next(p for p in project.billing_periods if p.key == requisition.period)
        assert (requisition.start, requisition.end) == (period.start, period.end)
        assert period.status == ("open" if requisition.billing_date >= CUT_OVER else "closed")


def test_lines_and_certificates_make_the_same_payment_due(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        assert due_by_lines(books, requisition) == due_by_certificate(books, requisition)


def test_every_amount_is_in_whole_cents(any_month: Month) -> None:
    stated = [
        a for r in any_month.requisitions for line in r.lines for a in (*amounts(line), line.stored, r.tax, r.off_by)
    ]
    stated += [line.amount for c in any_month.commitments for line in c.lines]
    stated += [line.amount for d in any_month.direct_costs for line in d.lines]
    stated += [line.amount for c in any_month.commitments for change in c.change_orders for line in change.lines]
    stated += [payment.amount for payment in any_month.payments]
    assert all(amount == round(amount, 2) for amount in stated)


def test_retainage_held_is_never_negative(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        work_held: Counter[int] = Counter()
        stored_held: Counter[int] = Counter()
        for line in chain.from_iterable(r.lines for r in books.chain(requisition)):
            work_held[line.line] += int((line.work_retained - line.work_released) * 100)
            stored_held[line.line] += int((line.stored_retained - line.stored_released) * 100)
            assert min(line.work_retained, line.work_released, line.stored_retained, line.stored_released) >= 0
        assert min(chain(work_held.values(), stored_held.values())) >= 0


def test_retainage_follows_the_percentage_of_the_contract(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        percent = books.commitments[requisition.commitment].retainage_percent
        for line in requisition.lines:
            assert line.work_retained in (0, (line.work * percent / 100).quantize(Decimal("0.01"), ROUND_HALF_UP))


def test_stored_materials_are_never_negative_and_their_retainage_needs_materials(any_month: Month) -> None:
    for line in chain.from_iterable(r.lines for r in any_month.requisitions):
        assert line.stored >= 0
        assert line.stored >= line.stored_retained


def test_no_line_is_billed_beyond_its_value(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        billed: defaultdict[int, Decimal] = defaultdict(Decimal)
        for earlier in books.chain(requisition):
            for line in earlier.lines:
                billed[line.line] += line.work
        for line in requisition.lines:
            assert billed[line.line] + line.stored <= books.lines[line.line].amount


def test_a_commitment_is_never_billed_beyond_its_revised_value(any_month: Month) -> None:
    books = Books(any_month)
    for requisition in any_month.requisitions:
        commitment = books.commitments[requisition.commitment]
        approved = sum(change.amount for change in commitment.change_orders if change.status == "approved")
        work = sum(line.work for r in books.chain(requisition) for line in r.lines)
        stored = sum(line.stored for line in requisition.lines)
        assert work + stored <= sum(line.amount for line in commitment.lines) + approved


def test_invoice_numbers_never_repeat_within_a_firm(any_month: Month) -> None:
    books = Books(any_month)
    numbers = [(books.vendor_of(r).key, r.invoice_number) for r in any_month.requisitions]
    numbers += [(d.vendor, d.invoice_number) for d in any_month.direct_costs if d.vendor is not None]
    assert all(0 < len(number) <= 40 for _, number in numbers)
    assert len(set(numbers)) == len(numbers)


def test_two_firms_may_use_the_same_invoice_number(month: Month) -> None:
    numbers = Counter(r.invoice_number for r in month.requisitions)
    assert numbers.most_common(1)[0][1] > 1


def test_each_cost_type_has_an_active_expense_account_of_its_group(any_month: Month) -> None:
    accounts = {account.code: account for account in any_month.accounts}
    assert {t.code for t in any_month.cost_types} == set("LMESCO")
    for cost_type in any_month.cost_types:
        account = accounts[cost_type.erp_account]
        assert account.active
        assert account.kind == "Expense"
        assert account.group == cost_type.erp_account_group
    assert {a.kind for a in any_month.accounts} == {"Asset", "Liability", "Income", "Expense"}
    assert any(not a.active for a in any_month.accounts)
    assert "000000" in any_month.subaccounts


def test_each_project_has_a_task_named_like_each_division(any_month: Month) -> None:
    tasks = {(task.project, task.code) for task in any_month.tasks if task.division == task.code and task.active}
    divisions = {code.division for code in any_month.cost_codes}
    assert divisions == {code.code[:2] for code in any_month.cost_codes}
    assert tasks >= {(project.erp_id, division) for project in any_month.projects for division in divisions}


def test_budget_codes_are_of_known_cost_codes_and_types(any_month: Month) -> None:
    codes = {code.code for code in any_month.cost_codes}
    types = {cost_type.code for cost_type in any_month.cost_types}
    for project in any_month.projects:
        pairs = [(w.cost_code, w.cost_type) for w in project.wbs]
        assert len(set(pairs)) == len(pairs)
        assert {code for code, _ in pairs} == codes
        assert {kind for _, kind in pairs} == types
        assert all(w.budget >= 0 for w in project.wbs)


def test_one_code_is_not_in_the_erp_and_one_requisition_uses_it(month: Month, small: Month) -> None:
    for made in (month, small):
        books = Books(made)
        (missing,) = (code.code for code in made.cost_codes if not code.in_erp)
        users = [r.note for r in made.requisitions if missing in {w.cost_code for w in books.codes(r)}]
        assert users == ["cost code not in the ERP"]
        direct = {books.wbs[line.wbs].cost_code for cost in made.direct_costs for line in cost.lines}
        assert missing not in direct


def test_clean_requisitions_can_be_posted_as_they_are(any_month: Month) -> None:
    books = Books(any_month)
    open_periods = [(p.first, p.last) for p in any_month.periods if p.open]
    in_erp = {code.code for code in any_month.cost_codes if code.in_erp}
    for requisition in clean(any_month):
        vendor, commitment = books.vendor_of(requisition), books.commitments[requisition.commitment]
        assert requisition.status in APPROVED
        assert vendor.erp_id and vendor.erp_status == "Active" and vendor.tax_id and not vendor.erp_approval
        assert commitment.status == "Approved" and commitment.erp_number
        assert any(first <= requisition.billing_date <= last for first, last in open_periods)
        assert requisition.billing_date >= CUT_OVER
        assert requisition.tax == requisition.off_by == 0
        assert not requisition.keyed_by_hand
        assert {w.cost_code for w in books.codes(requisition)} <= in_erp
        assert due_by_lines(books, requisition) > 0
