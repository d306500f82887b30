"""What is posted into Visma.net, compared with the books that a bookkeeper would write for the same papers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from jobsite import CONCRETE, EARTH, PROJECT, VENDOR
from msgspec import structs
from visma_people import VismaPeople, net
from visma_world import VismaWorld

from ml_connector.connectors.kit.source import Page
from ml_connector.connectors.procore.direct_costs import DirectCosts
from ml_connector.connectors.procore.requisitions import Requisitions
from ml_connector.hub import reconcile, undo
from ml_connector.hub.models import Record

FLOWS = ("requisitions", "direct-costs", "journals")
ANEW, DELTA = "reverse_and_repost", "post_delta"
WORK = {"work": "1000.00", "held": "100.00"}
EARTHWORK, CONCRETING = "54000 HARBOR1/02/011/02-300", "54000 HARBOR1/03/011/03-410"
JANUARY = "2026-01-31 2026-01 Posted"
PAID = [f"1000.00 {JANUARY}", f"Dr {EARTHWORK} 1000.00", "Cr 20100 100.00", "Cr 20500 900.00"]
"""PA-1 over 1,000 less 100 of retainage, as it stands in the books."""
BACK = [f"1000.00 {JANUARY}", f"Cr {EARTHWORK} 1000.00", "Dr 20100 100.00", "Dr 20500 900.00"]
EMPLOYEE = 562949953900007


@pytest.fixture
def people(visma: VismaWorld) -> VismaPeople:
    return VismaPeople(visma)


def install(visma: VismaWorld, **rules: str) -> None:
    """The one project of these tests."""
    visma.install(FLOWS, projects=str(PROJECT), **rules)


def contract(people: VismaPeople, *codes: int, **more: Any) -> dict[str, Any]:
    """SC-1, over 100,000 of each code."""
    return people.commitment("SC-1", *(codes or (EARTH,)), **more)


def line(amount: str, code: int = EARTH, **more: Any) -> dict[str, Any]:
    """A line of a direct cost."""
    return {"wbs_code_id": code, "manual_amount": amount, "description": "Crane hire", **more}


def causes(visma: VismaWorld, number: str = "PA-1") -> dict[str, Decimal]:
    """Why a paper differs between Procore and Visma.net's ledger at month-end, and by how much."""
    found = reconcile.of_period(visma.installation, "2026-01")
    assert found.unexplained == 0
    sums: dict[str, Decimal] = {}
    for reason in (reason for row in found.lines for reason in row.reasons):
        if any(f" {number}" in document for document in reason.documents):
            sums[reason.cause] = sums.get(reason.cause, Decimal(0)) + reason.amount
    return sums


def quiet(visma: VismaWorld, people: VismaPeople) -> None:
    """Another read, and a sweep, move nothing."""
    before = people.books()
    visma.sync()
    visma.sync(sweep=True)
    assert people.books() == before


class TestRequisitions:
    def test_cost_by_place_against_accrual_and_retainage(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people, EARTH, CONCRETE), "PA-1", WORK, {"work": "2500.50", "held": "250.05"})
        install(visma)
        visma.sync()
        assert people.ledger("PA-1") == [
            f"3500.50 {JANUARY}",
            f"Dr {EARTHWORK} 1000.00",
            f"Dr {CONCRETING} 2500.50",
            "Cr 20100 350.05",
            "Cr 20500 3150.45",
        ]
        assert causes(visma) == {}

    def test_no_vat_is_entered(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(visma)
        visma.sync()
        (batch,) = [
            one for one in visma.visma.stored("journaltransaction") if one["batchNumber"] == people.batch("PA-1")
        ]
        assert batch["createVatTransaction"] is False
        assert [one.get("vatCode") for one in batch["journalTransactionLines"]] == [None] * 3

    def test_stored_materials_count_when_they_grow_and_when_they_shrink(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        signed = contract(people)
        people.invoice(signed, "PA-1", {**WORK, "stored": "500.00", "stored_held": "50.00"}, day="2026-01-20")
        people.invoice(
            signed, "PA-2", {"work": "800.00", "held": "80.00", "stored": "200.00", "stored_released": "30.00"}
        )
        install(visma)
        visma.sync()
        assert people.ledger("PA-1")[1:] == [f"Dr {EARTHWORK} 1500.00", "Cr 20100 150.00", "Cr 20500 1350.00"]
        assert people.ledger("PA-2") == [
            f"530.00 {JANUARY}", f"Dr {EARTHWORK} 500.00", "Cr 20100 80.00", "Dr 20100 30.00", "Cr 20500 450.00",
        ]  # fmt: skip

    def test_a_release_alone_goes_from_retainage_to_the_accrual(self, visma: VismaWorld, people: VismaPeople) -> None:
        signed = contract(people)
        people.invoice(signed, "PA-1", WORK, day="2026-01-20")
        people.invoice(signed, "PA-2", {"released": "100.00"})
        install(visma)
        visma.sync()
        assert people.ledger("PA-2") == [f"100.00 {JANUARY}", "Dr 20100 100.00", "Cr 20500 100.00"]
        assert net(people.ledger("PA-1"), people.ledger("PA-2")) == {EARTHWORK: "1000.00", "20500": "-1000.00"}

    def test_within_the_accrual_retainage_is_no_line_and_a_release_no_journal(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        signed = contract(people)
        people.invoice(signed, "PA-1", WORK, day="2026-01-20")
        people.invoice(signed, "PA-2", {"released": "100.00"})
        install(visma, retainage="in_accrual")
        visma.sync()
        assert people.ledger("PA-1") == ["1000.00 2026-01-20 2026-01 Posted", f"Dr {EARTHWORK} 1000.00",
                                         "Cr 20500 1000.00"]  # fmt: skip
        assert people.ledger("PA-2") == []
        assert visma.state("requisitions", "PA-2") == ("skipped", "nothing_due")
        assert set(causes(visma)) == {"retainage"}

    def test_two_lines_of_one_code_stay_two_lines(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people, EARTH, EARTH), "PA-1", WORK, {"work": "0.05"})
        install(visma)
        visma.sync()
        assert people.ledger("PA-1")[1:] == [
            f"Dr {EARTHWORK} 1000.00", f"Dr {EARTHWORK} 0.05", "Cr 20100 100.00", "Cr 20500 900.05",
        ]  # fmt: skip
        assert visma.state("requisitions", "PA-1") == ("posted", "")
        assert causes(visma) == {}

    def test_a_line_that_is_taken_back_is_credited_to_cost(self, visma: VismaWorld, people: VismaPeople) -> None:
        signed = contract(people, EARTH, CONCRETE)
        people.invoice(signed, "PA-1", {"work": "1000.00"}, {"work": "700.00"}, day="2026-01-20")
        people.invoice(signed, "PA-2", {"work": "-250.00"}, {"work": "100.00"})
        install(visma)
        visma.sync()
        assert people.ledger("PA-2") == [
            f"250.00 {JANUARY}", f"Cr {EARTHWORK} 250.00", f"Dr {CONCRETING} 100.00", "Dr 20500 150.00",
        ]  # fmt: skip

    @pytest.mark.parametrize(("off", "side"), [("0.01", "Dr 69000 0.01"), ("-0.01", "Cr 69000 0.01")])
    def test_half_a_cent_a_line_goes_to_the_rounding_account(
        self, visma: VismaWorld, people: VismaPeople, monkeypatch: pytest.MonkeyPatch, off: str, side: str
    ) -> None:
        people.invoice(contract(people, EARTH, CONCRETE), "PA-1", WORK, {"work": "0.30"})
        states_more(monkeypatch, Requisitions, "PA-1", "invoice_number", due=Decimal(off))
        install(visma, rounding_account="69000")
        visma.sync()
        owed = Decimal("900.30") + Decimal(off)
        assert people.ledger("PA-1")[1:] == [
            f"Dr {EARTHWORK} 1000.00", f"Dr {CONCRETING} 0.30", side, "Cr 20100 100.00", f"Cr 20500 {owed}",
        ]  # fmt: skip

    @pytest.mark.parametrize(("off", "account"), [("0.01", ""), ("0.02", "69000"), ("-0.02", "69000")])
    def test_more_than_that_or_no_account_waits_with_both_sums(
        self, visma: VismaWorld, people: VismaPeople, monkeypatch: pytest.MonkeyPatch, off: str, account: str
    ) -> None:
        people.invoice(contract(people, EARTH, CONCRETE), "PA-1", WORK, {"work": "0.30"})
        states_more(monkeypatch, Requisitions, "PA-1", "invoice_number", due=Decimal(off))
        install(visma, rounding_account=account)
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "does_not_add_up")
        assert f"900.30 USD, the document says {Decimal('900.30') + Decimal(off)} USD" in held.message
        assert people.journals("PA-1") == []

    def test_tax_is_left_out_once_the_table_says_so(
        self, visma: VismaWorld, people: VismaPeople, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        tax = Decimal("60.00")
        states_more(monkeypatch, Requisitions, "PA-1", "invoice_number", due=tax, tax=tax)
        install(visma)
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "unmapped")
        assert "table tax has no target for requisition" in held.message
        visma.add("tax", "requisition,tax of requisitions,net,,,")
        visma.replayed(held)
        visma.sync()
        assert people.ledger("PA-1") == PAID
        assert causes(visma) == {"tax": tax}

    def test_a_foreign_currency_is_kept(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people, currency_iso_code="EUR"), "PA-1", WORK)
        install(visma)
        visma.sync()
        assert visma.state("requisitions", "PA-1") == ("posted", "")
        batch = people.batch("PA-1")
        (stored,) = [one for one in visma.visma.stored("journaltransaction") if one["batchNumber"] == batch]
        sides = [
            (one["accountNumber"], one["debitAmountInCurrency"], one["creditAmountInCurrency"])
            for one in stored["journalTransactionLines"]
        ]
        assert stored["currencyId"] == "EUR"
        assert sides == [("54000", 1000, 0), ("20100", 0, 100), ("20500", 0, 900)]
        assert causes(visma) == {}

    def test_books_in_another_currency_than_the_rule_says_take_nothing(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(visma, currency="EUR")
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "base_currency")
        assert visma.ours() == []
        visma.rule(currency="USD")
        visma.replayed(held)
        visma.sync()
        assert people.ledger("PA-1") == PAID

    def test_a_currency_that_the_company_does_not_use_waits(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people, currency_iso_code="CHF"), "PA-1", WORK)
        install(visma)
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "currency_not_known")
        assert "add it to the company's currencies" in held.message
        assert people.journals("PA-1") == []


def states_more(monkeypatch: pytest.MonkeyPatch, source: type[Any], number: str, name: str, **more: Decimal) -> None:
    """Procore states so much more than it would in fields of the document whose field `name` is `number`."""

    def stated(row: Any) -> Any:
        document = getattr(row, "document", None)
        if getattr(document, name, "") != number:
            return row
        added = {field: getattr(document, field) + amount for field, amount in more.items()}
        return structs.replace(row, document=structs.replace(document, **added))

    def told(page: Page) -> Page:
        return structs.replace(page, rows=tuple(map(stated, page.rows)))

    for reading in ("read", "by_keys"):
        real = getattr(source, reading)
        monkeypatch.setattr(source, reading, lambda *given, real=real: told(real(*given)))


class TestDirectCosts:
    def test_an_invoice_is_accrued(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.cost("invoice", "INV-7", line("300.50"), line("99.50", CONCRETE), vendor_id=VENDOR)
        install(visma)
        visma.sync()
        assert people.ledger("INV-7") == [
            "400.00 2026-01-20 2026-01 Posted", f"Dr {EARTHWORK} 300.50", f"Dr {CONCRETING} 99.50", "Cr 20500 400.00",
        ]  # fmt: skip

    def test_an_expense_is_credited_to_the_account_of_its_employee(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        key = people.cost("expense", "", line("42.10"), employee_id=EMPLOYEE)
        people.office("create_account", code="20200", name="Owed to employees", type="Liability")
        install(visma)
        visma.sync()
        (held,) = Record.objects.filter(source_key=str(key))
        assert (held.state, held.cause) == ("held", "unmapped")
        visma.add("employees", f"{EMPLOYEE},Jo Miller,20200,,,")
        visma.replayed(held)
        visma.sync()
        assert people.ledger(f"DC-{key}") == [
            "42.10 2026-01-20 2026-01 Posted", f"Dr {EARTHWORK} 42.10", "Cr 20200 42.10",
        ]  # fmt: skip

    def test_payroll_is_left_out(self, visma: VismaWorld, people: VismaPeople) -> None:
        key = people.cost("payroll", "PR-1", line("900.00"), employee_id=EMPLOYEE)
        install(visma)
        visma.sync()
        assert visma.state("direct-costs", "PR-1") == ("skipped", "payroll")
        assert people.ledger("PR-1") == people.ledger(f"DC-{key}") == []
        assert set(causes(visma, "PR-1")) == {"skipped: payroll"}

    def test_tax_is_left_out_once_the_table_says_so(
        self, visma: VismaWorld, people: VismaPeople, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = people.work("key_document", kind="tax_code", fields={"code": "PA", "rate1": "6.0", "description": "PA"})
        people.cost("invoice", "INV-7", line("100.00", tax_code_id=made["id"]), vendor_id=VENDOR)
        states_more(monkeypatch, DirectCosts, "INV-7", "invoice_number", total=Decimal("6.00"))
        install(visma)
        visma.sync()
        held = visma.record("direct-costs", "INV-7")
        assert (held.state, held.cause) == ("held", "unmapped")
        assert f"table tax has no target for {made['id']}" in held.message
        visma.add("tax", f"{made['id']},PA,net,,,")
        visma.replayed(held)
        visma.sync()
        assert people.ledger("INV-7")[1:] == [f"Dr {EARTHWORK} 100.00", "Cr 20500 100.00"]
        assert causes(visma, "INV-7") == {"tax": Decimal("6.00")}

    def test_what_a_vendor_owes_is_credited_to_cost(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.cost("invoice", "CR-7", line("-300.50"), vendor_id=VENDOR)
        install(visma)
        visma.sync()
        assert people.ledger("CR-7")[1:] == [f"Cr {EARTHWORK} 300.50", "Dr 20500 300.50"]

    def test_a_code_of_one_project_comes_before_that_of_all(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.cost("invoice", "INV-7", line("300.50"), vendor_id=VENDOR)
        install(visma)
        visma.add("coding", "4711:02-300.S,Earthwork,52000|3=03-300|03,,,")
        visma.sync()
        assert people.ledger("INV-7")[1] == "Dr 52000 HARBOR1/03/011/03-300 300.50"


class TestRevised:
    def revised(self, visma: VismaWorld, people: VismaPeople, work: str, held: str, **rules: str) -> None:
        """PA-1 was posted over 1,000 less 100 of retainage and now says something else."""
        key = people.invoice(contract(people), "PA-1", WORK)
        install(visma, **rules)
        visma.sync()
        assert people.ledger("PA-1") == PAID
        people.says(key, {"work": work, "held": held})
        visma.sync()

    def test_by_the_rule_hold_nothing_changes(self, visma: VismaWorld, people: VismaPeople) -> None:
        self.revised(visma, people, "1300.00", "130.00")
        assert visma.state("requisitions", "PA-1") == ("held", "changed_after_posting")
        assert people.ledger("PA-1") == PAID
        assert people.ledger("PA-1/2") == []
        assert causes(visma) == {"corrected after posting": Decimal("270.00")}
        quiet(visma, people)

    @pytest.mark.parametrize(
        ("work", "held", "delta"),
        [
            ("1300.00", "130.00", [f"Dr {EARTHWORK} 300.00", "Cr 20100 30.00", "Cr 20500 270.00"]),
            ("800.00", "80.00", [f"Cr {EARTHWORK} 200.00", "Dr 20100 20.00", "Dr 20500 180.00"]),
        ],
    )
    def test_by_the_rule_post_delta_the_difference_is_a_journal(
        self, visma: VismaWorld, people: VismaPeople, work: str, held: str, delta: list[str]
    ) -> None:
        self.revised(visma, people, work, held, corrections=DELTA)
        assert people.ledger("PA-1") == PAID
        assert people.ledger("PA-1/2")[1:] == delta
        assert visma.state("requisitions", "PA-1") == ("posted", "")
        assert causes(visma) == {}
        quiet(visma, people)

    def test_reversed_and_posted_anew_it_comes_to_the_new_one(self, visma: VismaWorld, people: VismaPeople) -> None:
        self.revised(visma, people, "800.00", "80.00", corrections=ANEW)
        assert visma.state("requisitions", "PA-1") == ("posted", "")
        assert people.ledger("PA-1") == [
            *PAID, *BACK, f"800.00 {JANUARY}", f"Dr {EARTHWORK} 800.00", "Cr 20100 80.00", "Cr 20500 720.00",
        ]  # fmt: skip
        assert causes(visma) == {}
        quiet(visma, people)

    @pytest.mark.parametrize(
        ("rule", "state", "left"),
        [
            ("hold", ("held", "changed_after_posting"), PAID),
            (ANEW, ("skipped", "not_approved"), [*PAID, *BACK]),
        ],
    )
    def test_one_that_lost_its_approval_is_taken_back_by_rule(
        self, visma: VismaWorld, people: VismaPeople, rule: str, state: tuple[str, str], left: list[str]
    ) -> None:
        key = people.invoice(contract(people), "PA-1", WORK)
        install(visma, corrections=rule)
        visma.sync()
        people.work("revise", kind="requisition", id=key, status="draft")
        visma.sync()
        assert visma.state("requisitions", "PA-1") == state
        assert people.ledger("PA-1") == left
        quiet(visma, people)

    @pytest.mark.parametrize(
        ("rule", "state", "left"),
        [
            ("hold", ("held", "gone_after_posting"), {EARTHWORK: "300.50", "20500": "-300.50"}),
            (ANEW, ("withdrawn", "gone"), {}),
            (DELTA, ("withdrawn", "gone"), {}),
        ],
    )
    def test_one_that_vanished_is_taken_back_by_rule(
        self, visma: VismaWorld, people: VismaPeople, rule: str, state: tuple[str, str], left: dict[str, str]
    ) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        key = people.cost("invoice", "INV-7", line("300.50"), vendor_id=VENDOR)
        install(visma, corrections=rule)
        visma.sync()
        people.work("delete", kind="direct_cost", id=key)
        visma.sync(sweep=True)
        assert visma.state("direct-costs", "INV-7") == state
        assert net(people.ledger("INV-7")) == left
        assert people.ledger("PA-1") == PAID
        quiet(visma, people)


class TestTakenBackByAPerson:
    def test_the_plan_says_what_the_hub_does_and_it_does_so(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(visma)
        visma.sync()
        posted = visma.record("requisitions", "PA-1")
        planned = undo.plan(posted)
        assert planned.possible
        assert planned.by_hub == ("check", "take_back", "verify_reversal", "release_reversal")
        assert f"journal {posted.target_number} in visma_net" in planned.steps[0]
        assert people.ledger("PA-1") == PAID
        undo.carry_out(posted)
        visma.sync()
        assert visma.state("requisitions", "PA-1") == ("skipped", "set_aside")
        assert people.ledger("PA-1") == [*PAID, *BACK]
        assert causes(visma) == {"set aside by a person": Decimal("900.00")}
        quiet(visma, people)

    def test_one_that_was_taken_back_and_replayed_stands_again(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(visma)
        visma.sync()
        for _ in range(2):
            undo.carry_out(visma.record("requisitions", "PA-1"))
            visma.sync()
            assert net(people.ledger("PA-1")) == {}
            visma.replayed(visma.record("requisitions", "PA-1"))
            visma.sync()
            assert visma.state("requisitions", "PA-1") == ("posted", "")
            assert net(people.ledger("PA-1")) == net(PAID)


class TestClosedPeriods:
    def test_it_waits_and_goes_when_the_period_is_opened(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK, day="2026-02-10")
        install(visma)
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "period_closed")
        assert "period 2026-02 of 2026-02-10 is closed" in held.message
        people.office("open_period", period="2026-02")
        visma.clock.sleep(600)
        visma.replayed(held)
        visma.sync()
        assert people.ledger("PA-1")[0] == "1000.00 2026-02-10 2026-02 Posted"

    def test_by_rule_it_goes_into_the_next_open_one(self, visma: VismaWorld, people: VismaPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK, day="2026-02-10")
        install(visma, closed_period="next_open_day")
        visma.sync()
        assert people.ledger("PA-1") == ["1000.00 2026-03-01 2026-03 Posted", *PAID[1:]]
        assert visma.state("requisitions", "PA-1") == ("posted", "")

    def test_a_journal_in_a_period_that_was_closed_since_is_not_taken_back_before_it_is_opened(
        self, visma: VismaWorld, people: VismaPeople
    ) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(visma)
        visma.sync()
        people.office("close_period", period="2026-01")
        undo.carry_out(visma.record("requisitions", "PA-1"))
        visma.sync()
        held = visma.record("requisitions", "PA-1")
        assert (held.state, held.cause) == ("held", "period_closed")
        assert "closed in the general ledger: open it" in held.message
        assert people.ledger("PA-1") == PAID
        people.office("open_period", period="2026-01")
        visma.replayed(held)
        visma.sync()
        assert visma.state("requisitions", "PA-1") == ("skipped", "set_aside")
        assert people.ledger("PA-1") == [*PAID, *BACK]
