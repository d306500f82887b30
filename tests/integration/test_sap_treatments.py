"""The treatments of commitments: cost is in the ledger once, to the cent, and what was not cleared is listed."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
import sap_costs
from jobsite import CONCRETE, EARTH, PERIOD, PROJECT
from sap_people import ERP_PROJECT, ERP_VENDOR, SapPeople, balance, unbalanced
from sap_world import ACCRUAL, CLEARING, GIVEN, RETAINAGE, SapWorld

from ml_connector.hub import accruals, reconcile
from ml_connector.hub.models import Record

TREATMENTS = ("invoice_clearing", "journal_clearing", "purchase_order")
NEW = {"cut_over": sap_costs.CUT_OVER, "earlier_commitments": "accrual"}
BILLED = {"work": "12345.60", "held": "1234.56"}
SIGNED = Decimal("204150.25")
"""Two lines of 100,000.00, changed by 7,250.40 and -3,100.15."""
GROSS, HELD, RELEASED = Decimal("24691.20"), Decimal("2469.12"), Decimal("500.00")
"""Billed on both lines, what of it is held, and what of that is released by a second requisition."""
DUE = GROSS - HELD + RELEASED
SIGNED_FLOWS = ("commitments", "change-orders", "requisitions")
WAITING = Counter(
    unmapped=6, keyed_by_hand=2, does_not_add_up=1, no_match=2, period_closed=2,
)  # fmt: skip
"""Why papers of the month wait for a person: nothing else does."""


@pytest.fixture
def people(sap: SapWorld) -> SapPeople:
    return SapPeople(sap)


def sign(people: SapPeople, number: str, project: int, state: dict[str, Any]) -> dict[str, Any]:
    """A subcontract of January that was changed up and down, billed once, and then a part of what was held."""
    codes = {row["flat_code"]: row["id"] for row in state["wbs_codes"] if row["project_id"] == project}
    earth, concrete = codes["02-300.S"], codes["03-410.S"]
    (period,) = [
        row["id"] for row in state["billing_periods"]
        if row["project_id"] == project and row["end_date"] == "2026-01-31"
    ]  # fmt: skip
    signed = people.commitment(number, earth, concrete, project=project, contract_date="2026-01-05")
    people.change(signed, "CO-1", (earth, "7250.40"))
    people.change(signed, "CO-2", (concrete, "-3100.15"))
    people.invoice(signed, f"{number} / 1", BILLED, BILLED, day="2026-01-20", period=period)
    people.invoice(signed, f"{number} / 2", {"released": "500.00"}, {}, period=period)
    return signed


def sign_some(people: SapPeople) -> None:
    """SC-NEW-1 to 3, each on another project."""
    state = people.procore.get("/state")
    projects = [row["id"] for row in state["projects"] if row["active"]][:3]
    for place, project in enumerate(projects, start=1):
        sign(people, f"SC-NEW-{place}", project, state)


def not_posted(papers: list[sap_costs.Paper]) -> dict[tuple[str, str], str]:
    """Why papers are not posted, by flow and key."""
    keys = {(paper.flow, paper.key) for paper in papers}
    found = Record.objects.filter(flow__in=("requisitions", "direct-costs")).exclude(state="posted")
    return {key: row.cause for row in found if (key := (row.flow, row.source_key)) in keys}


def cost_accounts(people: SapPeople) -> set[str]:
    """The accounts of SAP's result that take costs."""
    chart = people.sap.get("/state")["ChartOfAccounts"]
    return {row["Code"] for row in chart if row["AccountType"] == "at_Expenses"}


class TestTheMonth:
    @pytest.fixture
    def people(self, sap: SapWorld) -> SapPeople:
        sap.reset("month")
        return SapPeople(sap)

    @pytest.mark.parametrize("treatment", TREATMENTS)
    def test_cost_is_in_the_ledger_once_and_to_the_cent(self, sap: SapWorld, people: SapPeople, treatment: str) -> None:
        sign_some(people)
        before = people.books()
        sap.install(treatment=treatment, **NEW)
        sap.sync()
        after = people.books()

        papers = sap_costs.approved(people.procore.get("/state"))
        left = not_posted(papers)
        posted = [paper for paper in papers if (paper.flow, paper.key) not in left]
        expected = sap_costs.by_place(sap, posted)
        accounts = cost_accounts(people)
        added = sap_costs.difference(sap_costs.in_ledger(after, accounts), sap_costs.in_ledger(before, accounts))
        assert len(posted) > 150
        assert Counter(left.values()) == WAITING
        assert added == expected
        assert unbalanced(new(before, after)) == []

        compared = reconcile.of_period(sap.installation, "2026-01")
        assert (compared.unexplained, compared.troubles) == (0, ())
        costs = [line for line in compared.lines if line.posted and not line.cell.cost_code.startswith("(")]
        assert by_center((line.cell.center, line.ledger) for line in costs) == by_center(
            (place.center, amount) for place, amount in expected.items()
        )


def new(before: list[dict[str, Any]], after: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Documents of the ledger that were not there before."""
    known = {(row["kind"], row["number"]) for row in before}
    return [row for row in after if (row["kind"], row["number"]) not in known and row["document"] != "order"]


def by_center(amounts: Iterable[tuple[str, Decimal]]) -> dict[str, Decimal]:
    """Sums by profit centre."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for center, amount in amounts:
        sums[center] += amount
    return sums


class TestNotCleared:
    @pytest.mark.parametrize(
        ("treatment", "listed"),
        [
            ("invoice_clearing", {CLEARING: SIGNED - DUE, RETAINAGE: RELEASED - HELD}),
            ("journal_clearing", {CLEARING: SIGNED - GROSS, ACCRUAL: -DUE, RETAINAGE: RELEASED - HELD}),
            ("purchase_order", {ACCRUAL: -DUE, RETAINAGE: RELEASED - HELD}),
        ],
    )
    def test_it_is_listed_by_subcontract(
        self, sap: SapWorld, people: SapPeople, treatment: str, listed: dict[str, Decimal]
    ) -> None:
        sign_some(people)
        sap.install(SIGNED_FLOWS, treatment=treatment, **NEW)
        sap.sync()
        found = accruals.of_installation(sap.installation, None)
        for number in ("SC-NEW-1", "SC-NEW-2", "SC-NEW-3"):
            mine = [one for one in found if one.commitment.startswith(f"{number} ")]
            assert {one.account: one.open for one in mine} == listed
            assert {one.vendor for one in mine} == {ERP_VENDOR}
        books = people.books()
        for account in listed:
            assert sum(one.open for one in found if one.account == account) == balance(books, account)

    def test_an_invoice_that_a_person_books_on_the_accrual_account_lowers_it(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        sign_some(people)
        sap.install(SIGNED_FLOWS, treatment="purchase_order", **NEW)
        sap.sync()

        def owed() -> Decimal:
            found = accruals.of_installation(sap.installation, None)
            return sum((one.open for one in found if (one.account, one.vendor) == (ACCRUAL, ERP_VENDOR)), Decimal(0))

        before = owed()
        people.key("PAPER-77", {"account": ACCRUAL, "amount": "20000.00"})
        assert before + Decimal("20000.00") == owed() < 0
        (by_hand,) = [one for one in accruals.of_installation(sap.installation, None) if not one.commitment]
        assert (by_hand.account, by_hand.vendor, by_hand.debit) == (ACCRUAL, ERP_VENDOR, Decimal("20000.00"))

    def test_as_of_a_day_what_came_later_is_not_counted(self, sap: SapWorld, people: SapPeople) -> None:
        sign_some(people)
        sap.install(SIGNED_FLOWS, **NEW)
        sap.sync()
        found = accruals.of_installation(sap.installation, date(2026, 1, 20))
        (mine,) = [one for one in found if one.commitment.startswith("SC-NEW-1 ") and one.account == CLEARING]
        assert mine.open == Decimal("200000.00") - (GROSS - HELD)
        assert (mine.oldest, mine.entries) == (date(2026, 1, 5), 4)


class TestRetainage:
    @pytest.mark.parametrize("treatment", TREATMENTS)
    @pytest.mark.parametrize(("retainage", "kept"), [("ledger", RELEASED - HELD), ("in_accrual", Decimal(0))])
    def test_gross_is_cost_and_what_is_held_is_owed(
        self, sap: SapWorld, people: SapPeople, treatment: str, retainage: str, kept: Decimal
    ) -> None:
        sign(people, "SC-NEW-1", PROJECT, people.procore.get("/state"))
        sap.install(SIGNED_FLOWS, projects=str(PROJECT), treatment=treatment, retainage=retainage, **NEW)
        sap.sync()
        books = [row for row in people.books() if (row["business_number"] or "").startswith("SC-NEW-1")]
        assert balance(books, "54000") == GROSS
        assert balance(books, RETAINAGE) == kept
        owed = {"invoice_clearing": balance(books, CLEARING) - SIGNED}.get(treatment, balance(books, ACCRUAL))
        assert owed == -GROSS - kept
        assert reconcile.of_period(sap.installation, "2026-01").unexplained == 0


class TestRelief:
    @pytest.mark.parametrize("retainage", ["ledger", "in_accrual"])
    def test_the_pair_of_a_commitment_comes_to_nothing_when_it_is_billed_in_full(
        self, sap: SapWorld, people: SapPeople, retainage: str
    ) -> None:
        signed = people.commitment("SC-1", EARTH, CONCRETE, contract_date="2026-01-05")
        people.invoice(signed, "PA-1", {"work": "60000.00", "held": "6000.00"}, {"stored": "1000.00"}, day="2026-01-20")
        people.invoice(
            signed, "PA-2", {"work": "40000.00", "released": "6000.00"}, {"work": "100000.00", "stored": "0.00"}
        )
        sap.install(
            SIGNED_FLOWS, projects=str(PROJECT), treatment="journal_clearing", retainage=retainage, **NEW
        )  # fmt: skip
        sap.sync()
        books = [row for row in people.books() if row["business_number"] in ("SC-1", "PA-1", "PA-2")]
        assert len(books) == 3
        for account in (CLEARING, GIVEN):
            for center in ("PC-0200", "PC-0300"):
                assert balance(books, account, project=ERP_PROJECT, center=center) == 0
        assert balance(books, "54000") == Decimal("200000.00")
        assert balance(books, ACCRUAL) == Decimal("-200000.00")
        found = accruals.of_installation(sap.installation, None)
        mine = {one.account: one.open for one in found if one.commitment.startswith("SC-1 ")}
        assert {account: amount for account, amount in mine.items() if amount} == {ACCRUAL: Decimal("-200000.00")}

    def test_with_the_change_orders_on_it_as_well(self, sap: SapWorld, people: SapPeople) -> None:
        self.billed_with_its_change(sap, people, "change_order_item")
        books = [row for row in people.books() if row["business_number"] in ("SC-1", "SC-1/CO-1", "PA-1")]
        assert len(books) == 3
        for account in (CLEARING, GIVEN):
            assert {balance(books, account, center=center) for center in ("PC-0200", "PC-0300")} == {0}
        assert balance(books, "54000", center="PC-0300") == Decimal("250.00")

    def test_a_change_order_that_is_billed_as_a_whole_names_no_code_and_waits(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        self.billed_with_its_change(sap, people, "whole_change_order_item")
        assert sap.state("requisitions", "PA-1") == ("held", "no_code")
        assert "bill the lines of the change order" in sap.record("requisitions", "PA-1").message

    def billed_with_its_change(self, sap: SapWorld, people: SapPeople, kind: str) -> None:
        """A commitment of 1,000 with a change of 250 on another code, billed in full as a line or as a whole."""
        signed = people.commitment("SC-1", EARTH, contract_date="2026-01-05", amount="1000.00")
        change = people.change(signed, "CO-1", (CONCRETE, "250.00"))
        changes = people.procore.get("/state")["change_order_packages"]
        (line,) = [one["id"] for row in changes if row["id"] == change for one in row["line_items"]]
        work, held = "work_completed_this_period", "work_completed_retainage_retained_this_period"
        number = line if kind == "change_order_item" else change
        item = {"item_type": kind, "line_item_id": number, work: "250.00", held: "0.00"}
        fields = {"period_id": PERIOD, "billing_date": "2026-01-31", "invoice_number": "PA-1", "items": [item]}
        made = people.work("key_document", kind="requisition", parent=signed["id"], fields=fields)
        people.says(made["id"], {"work": "1000.00"}, {"work": "250.00"})
        people.work("approve", kind="requisition", id=made["id"])
        sap.install(SIGNED_FLOWS, projects=str(PROJECT), treatment="journal_clearing", **NEW)
        sap.sync()
