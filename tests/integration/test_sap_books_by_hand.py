"""What is posted into SAP Business One, compared with the books that a bookkeeper would write for the same papers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from jobsite import CONCRETE, EARTH, PROJECT, VENDOR
from msgspec import structs
from sap_people import ERP_VENDOR, SapPeople, net
from sap_world import SapWorld

from ml_connector.hub import differences, reconcile

NEW = {"cut_over": "2026-01-01", "earlier_commitments": "accrual"}
"""The rules of these tests: what the small month has of older commitments goes against the accrual."""
SIGNED = ("commitments", "change-orders", "requisitions")
COSTS = ("budgets", "direct-costs")
ANEW, DELTA = "reverse_and_repost", "post_delta"
WORK = {"work": "1000.00", "held": "100.00"}
COST = "Dr 54000 P-24-011/PC-0200"
EMPLOYEE = 562949953900007
INVOICE = [
    "PurchaseInvoices 100000.00 2026-01 bost_Open",
    "Dr 20600 P-24-011/PC-0200 100000.00",
    "Cr 20000 100000.00",
]
JOURNAL = [
    "JournalEntries 100000.00 2026-01 posted",
    "Dr 20600 P-24-011/PC-0200 100000.00",
    "Cr 90100 P-24-011/PC-0200 100000.00",
]
ORDER = ["PurchaseOrders 100000.00 2026-01 bost_Open", "-- 54000 P-24-011/PC-0200 100000.00"]


@pytest.fixture
def people(sap: SapWorld) -> SapPeople:
    return SapPeople(sap)


def install(sap: SapWorld, *flows: str, **rules: str) -> None:
    """The one project of these tests; without `flows` those of commitments and what is billed on them."""
    sap.install(flows or SIGNED, projects=str(PROJECT), **{**NEW, **rules})


def contract(people: SapPeople, *codes: int, day: str = "2026-01-05", **more: Any) -> dict[str, Any]:
    """SC-1 of January, over 100,000 of each code."""
    return people.commitment("SC-1", *(codes or (EARTH,)), contract_date=day, **more)


def today(sap: SapWorld) -> str:
    """The period in which people approve change orders, and take documents back."""
    return f"{sap.clock.now():%Y-%m}"


class TestCommitments:
    @pytest.mark.parametrize(
        ("treatment", "books"),
        [("invoice_clearing", INVOICE), ("journal_clearing", JOURNAL), ("purchase_order", ORDER)],
    )
    def test_each_treatment_has_its_document(
        self, sap: SapWorld, people: SapPeople, treatment: str, books: list[str]
    ) -> None:
        contract(people)
        install(sap, treatment=treatment)
        sap.sync()
        assert people.ledger("SC-1") == books
        assert people.document("SC-1")["date"] == "2026-01-05"
        assert sap.state("commitments", "SC-1") == ("posted", "")

    def test_a_change_order_that_adds_is_an_invoice_and_one_that_takes_away_a_credit_note(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        signed = contract(people)
        people.change(signed, "CO-1", (EARTH, "7250.40"), (CONCRETE, "49.60"))
        people.change(signed, "CO-2", (EARTH, "-3100.15"))
        install(sap)
        sap.sync()
        assert people.ledger("SC-1") == INVOICE
        assert people.ledger("SC-1/CO-1") == [
            f"PurchaseInvoices 7300.00 {today(sap)} bost_Open",
            "Dr 20600 P-24-011/PC-0200 7250.40",
            "Dr 20600 P-24-011/PC-0300 49.60",
            "Cr 20000 7300.00",
        ]
        assert people.ledger("SC-1/CO-2") == [
            f"PurchaseCreditNotes 3100.15 {today(sap)} bost_Open",
            "Cr 20600 P-24-011/PC-0200 3100.15",
            "Dr 20000 3100.15",
        ]

    def test_as_journals_change_orders_go_either_way(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people)
        people.change(signed, "CO-1", (EARTH, "7250.40"))
        people.change(signed, "CO-2", (EARTH, "-3100.15"))
        install(sap, treatment="journal_clearing")
        sap.sync()
        assert people.ledger("SC-1/CO-1") == [
            f"JournalEntries 7250.40 {today(sap)} posted",
            "Dr 20600 P-24-011/PC-0200 7250.40",
            "Cr 90100 P-24-011/PC-0200 7250.40",
        ]
        assert people.ledger("SC-1/CO-2") == [
            f"JournalEntries 3100.15 {today(sap)} posted",
            "Cr 20600 P-24-011/PC-0200 3100.15",
            "Dr 90100 P-24-011/PC-0200 3100.15",
        ]

    def test_a_change_order_that_lowers_an_order_waits_for_a_person(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people)
        people.change(signed, "CO-1", (EARTH, "7250.40"))
        people.change(signed, "CO-2", (EARTH, "-3100.15"))
        install(sap, treatment="purchase_order")
        sap.sync()
        assert people.ledger("SC-1/CO-1") == [
            f"PurchaseOrders 7250.40 {today(sap)} bost_Open", "-- 54000 P-24-011/PC-0200 7250.40",
        ]  # fmt: skip
        assert people.ledger("SC-1/CO-2") == []
        assert sap.state("change-orders", "CO-2") == ("held", "negative_total")
        assert "lower the lines of order SC-1" in sap.record("change-orders", "CO-2").message

    def test_what_is_not_approved_is_not_posted_until_it_is(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people)
        change = people.change(signed, "CO-1", (EARTH, "500.00"), status="draft")
        install(sap)
        sap.sync()
        assert sap.state("change-orders", "CO-1") == ("skipped", "not_approved")
        people.work("approve", kind="change_order", id=change)
        sap.sync()
        assert people.ledger("SC-1/CO-1")[0] == f"PurchaseInvoices 500.00 {today(sap)} bost_Open"
        assert people.ledger("SC-1") == INVOICE

    @pytest.mark.parametrize("treatment", ["invoice_clearing", "journal_clearing", "purchase_order"])
    def test_a_change_order_voided_after_posting_is_taken_back_by_rule(
        self, sap: SapWorld, people: SapPeople, treatment: str
    ) -> None:
        change = people.change(contract(people), "CO-1", (EARTH, "500.00"))
        install(sap, treatment=treatment, corrections=ANEW)
        sap.sync()
        people.work("void", kind="change_order", id=change)
        sap.sync()
        assert sap.state("change-orders", "CO-1") == ("skipped", "void")
        assert net(people.ledger("SC-1/CO-1")) == {}
        posted, *back = people.documents("SC-1/CO-1")
        assert posted["status"] == {"journal_clearing": "reversed"}.get(treatment, "csYes") or back
        assert len(back) == (0 if treatment == "purchase_order" else 1)
        assert len(people.documents("SC-1")) == 1

    def test_a_voided_commitment_is_taken_back_only_when_nothing_of_it_is_posted_any_more(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        signed = contract(people)
        change = people.change(signed, "CO-1", (EARTH, "500.00"))
        install(sap, corrections=ANEW)
        sap.sync()
        people.work("void", kind="commitment", id=signed["id"])
        sap.sync()
        held = sap.record("commitments", "SC-1")
        assert (held.state, held.cause) == ("held", "changed_after_posting")
        assert "change order CO-1 of it are posted or on their way" in held.message
        assert people.ledger("SC-1") == INVOICE
        people.work("void", kind="change_order", id=change)
        sap.sync()
        sap.replayed(held)
        sap.sync()
        assert sap.state("commitments", "SC-1") == ("skipped", "void")
        assert net(people.ledger("SC-1"), people.ledger("SC-1/CO-1")) == {}

    def test_by_the_rule_hold_a_voided_change_order_waits(self, sap: SapWorld, people: SapPeople) -> None:
        change = people.change(contract(people), "CO-1", (EARTH, "500.00"))
        install(sap)
        sap.sync()
        before = people.ledger("SC-1/CO-1")
        people.work("void", kind="change_order", id=change)
        sap.sync()
        assert sap.record("change-orders", "CO-1").state == "held"
        assert people.ledger("SC-1/CO-1") == before

    @pytest.mark.parametrize(("amount", "cause"), [("", "paid_there"), ("1.00", "paid_there")])
    def test_a_paid_invoice_is_never_taken_back(
        self, sap: SapWorld, people: SapPeople, amount: str, cause: str
    ) -> None:
        change = people.change(contract(people), "CO-1", (EARTH, "500.00"))
        install(sap, corrections=ANEW)
        sap.sync()
        paid = people.document("SC-1/CO-1")["number"]
        people.office("pay", number=paid, **({"amount": amount} if amount else {}))
        before = people.books()
        people.work("void", kind="change_order", id=change)
        sap.sync()
        assert sap.state("change-orders", "CO-1") == ("held", cause)
        assert people.books() == before

    def test_source_ids_stand_on_header_and_lines(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people, EARTH, CONCRETE)
        change = people.change(signed, "CO-1", (EARTH, "500.00"))
        requisition = people.invoice(signed, "PA-1", WORK, {"work": "50.00"})
        cost = people.cost("invoice", "INV-7", line("300.50"), vendor_id=VENDOR)
        install(sap, *SIGNED, *COSTS)
        sap.sync()
        of_order = {"U_MlcOrder": f"commitment:{signed['id']}"}
        state = people.procore.get("/state")
        (contracted,) = [one for one in state["work_order_contracts"] if one["id"] == signed["id"]]
        (changed,) = [one for one in state["change_order_packages"] if one["id"] == change]
        billed = people.requisition(requisition)["items"]
        spent = people.direct_cost(cost)["line_items"]
        for entity, lines, flow, number, record, source, keys in (
            ("PurchaseInvoices", "DocumentLines", "commitments", "SC-1", "SC-1", f"commitment:{signed['id']}",
             [one["id"] for one in contracted["line_items"]]),
            ("PurchaseInvoices", "DocumentLines", "change-orders", "SC-1/CO-1", "CO-1", f"change_order:{change}",
             [one["id"] for one in changed["line_items"]]),
            ("JournalEntries", "JournalEntryLines", "requisitions", "PA-1", "PA-1", f"requisition:{requisition}",
             [*(one["id"] for one in billed), None, None, None]),
            ("JournalEntries", "JournalEntryLines", "direct-costs", "INV-7", "INV-7", f"direct_cost:{cost}",
             [spent[0]["id"], None]),
        ):  # fmt: skip
            head, sources = people.marks(entity, number, lines)
            mark = {"U_MlcRef": f"ML-{sap.record(flow, record).ref}-1", "U_MlcSource": source}
            assert head == mark | (of_order if flow != "direct-costs" else {"U_MlcOrder": None})
            assert sources == [str(key) if key else None for key in keys]

    @pytest.mark.parametrize(
        ("rule", "state", "first", "second"),
        [
            ("hold", ("held", "changed_after_posting"), "100000.00", []),
            (DELTA, ("posted", ""), "100000.00", ["Dr 20600 P-24-011/PC-0200 10000.00", "Cr 20000 10000.00"]),
            (ANEW, ("posted", ""), "110000.00", []),
        ],
    )
    def test_a_commitment_whose_lines_change_after_posting_is_corrected_by_rule(
        self, sap: SapWorld, people: SapPeople, rule: str, state: tuple[str, str], first: str, second: list[str]
    ) -> None:
        signed = contract(people)
        install(sap, corrections=rule)
        sap.sync()
        contracts = people.procore.get("/state")["work_order_contracts"]
        (line_id,) = [line["id"] for row in contracts if row["id"] == signed["id"] for line in row["line_items"]]
        people.work(
            "edit_line", kind="commitment", id=signed["id"], line=line_id, fields={"amount": "110000.00"}, unlock=True
        )
        sap.sync()
        assert sap.state("commitments", "SC-1") == state
        assert net(people.ledger("SC-1")) == {"20600 P-24-011/PC-0200": first, "20000": f"-{first}"}
        assert people.ledger("SC-1/2")[1:] == second

    def test_a_commitment_over_nothing_is_posted_by_its_change_orders_and_cleared_by_its_requisitions(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        signed = contract(people, amount="0.00")
        people.change(signed, "CO-1", (EARTH, "1500.00"))
        people.invoice(signed, "PA-1", WORK)
        install(sap, earlier_commitments="hold")
        sap.sync()
        assert sap.state("commitments", "SC-1") == ("skipped", "nothing_due")
        assert people.documents("SC-1") == []
        assert people.ledger("SC-1/CO-1")[1:] == ["Dr 20600 P-24-011/PC-0200 1500.00", "Cr 20000 1500.00"]
        assert people.ledger("PA-1") == list(TestRevisedRequisition.BEFORE)

    def test_by_rule_a_commitment_of_a_closed_period_goes_into_the_next_open_one(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        people.invoice(contract(people, day="2025-12-15"), "PA-1", WORK)
        install(sap, cut_over="2025-12-01", closed_period="next_open_day")
        sap.sync()
        assert people.ledger("SC-1") == INVOICE
        assert people.document("SC-1")["date"] == "2026-01-01"
        assert people.ledger("PA-1") == list(TestRevisedRequisition.BEFORE)


class TestRequisitions:
    def test_with_the_clearing_of_the_commitment_s_invoice(self, sap: SapWorld, people: SapPeople) -> None:
        people.invoice(contract(people, EARTH, CONCRETE), "PA-1", WORK, {"work": "2500.50", "held": "250.05"})
        install(sap)
        sap.sync()
        assert people.ledger("PA-1") == [
            "JournalEntries 3500.50 2026-01 posted",
            f"{COST} 1000.00",
            "Dr 54000 P-24-011/PC-0300 2500.50",
            "Cr 20100 350.05",
            "Cr 20600 P-24-011/PC-0200 900.00",
            "Cr 20600 P-24-011/PC-0300 2250.45",
        ]

    def test_with_the_accrual_and_the_relief_of_the_commitment(self, sap: SapWorld, people: SapPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(sap, treatment="journal_clearing")
        sap.sync()
        assert people.ledger("PA-1") == [
            "JournalEntries 2000.00 2026-01 posted",
            f"{COST} 1000.00",
            "Cr 20100 100.00",
            "Cr 20510 900.00",
            "Dr 90100 P-24-011/PC-0200 1000.00",
            "Cr 20600 P-24-011/PC-0200 1000.00",
        ]

    def test_with_the_accrual_beside_an_order(self, sap: SapWorld, people: SapPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(sap, treatment="purchase_order")
        sap.sync()
        assert people.ledger("PA-1") == [
            "JournalEntries 1000.00 2026-01 posted", f"{COST} 1000.00", "Cr 20100 100.00", "Cr 20510 900.00",
        ]  # fmt: skip

    def test_a_release_goes_from_retainage_to_the_clearing(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people)
        people.invoice(signed, "PA-1", WORK, day="2026-01-20")
        people.invoice(signed, "PA-2", {"released": "100.00"})
        install(sap)
        sap.sync()
        assert people.ledger("PA-2") == [
            "JournalEntries 100.00 2026-01 posted", "Dr 20100 100.00", "Cr 20600 P-24-011/PC-0200 100.00",
        ]  # fmt: skip
        assert net(people.ledger("PA-1"), people.ledger("PA-2")) == {
            "54000 P-24-011/PC-0200": "1000.00", "20600 P-24-011/PC-0200": "-1000.00",
        }  # fmt: skip

    def test_within_the_other_side_retainage_is_no_line_and_a_release_no_journal(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        signed = contract(people)
        people.invoice(signed, "PA-1", WORK, day="2026-01-20")
        people.invoice(signed, "PA-2", {"released": "100.00"})
        install(sap, retainage="in_accrual")
        sap.sync()
        assert people.ledger("PA-1") == [
            "JournalEntries 1000.00 2026-01 posted", f"{COST} 1000.00", "Cr 20600 P-24-011/PC-0200 1000.00",
        ]  # fmt: skip
        assert people.ledger("PA-2") == []
        assert sap.state("requisitions", "PA-2") == ("skipped", "nothing_due")

    def test_stored_materials_count_when_they_grow_and_when_they_shrink(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people)
        people.invoice(signed, "PA-1", {**WORK, "stored": "500.00", "stored_held": "50.00"}, day="2026-01-20")
        people.invoice(
            signed, "PA-2", {"work": "800.00", "held": "80.00", "stored": "200.00", "stored_released": "30.00"}
        )
        install(sap)
        sap.sync()
        assert people.ledger("PA-1")[1:] == [f"{COST} 1500.00", "Cr 20100 150.00", "Cr 20600 P-24-011/PC-0200 1350.00"]
        assert people.ledger("PA-2") == [
            "JournalEntries 530.00 2026-01 posted",
            f"{COST} 500.00",
            "Cr 20100 80.00",
            "Dr 20100 30.00",
            "Cr 20600 P-24-011/PC-0200 450.00",
        ]

    def test_a_line_that_is_taken_back_is_credited_to_cost(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people, EARTH, CONCRETE)
        people.invoice(signed, "PA-1", {"work": "1000.00"}, {"work": "700.00"}, day="2026-01-20")
        people.invoice(signed, "PA-2", {"work": "-250.00"}, {"work": "100.00"})
        install(sap)
        sap.sync()
        assert people.ledger("PA-2") == [
            "JournalEntries 350.00 2026-01 posted",
            "Cr 54000 P-24-011/PC-0200 250.00",
            "Dr 54000 P-24-011/PC-0300 100.00",
            "Dr 20600 P-24-011/PC-0200 250.00",
            "Cr 20600 P-24-011/PC-0300 100.00",
        ]

    def test_a_line_without_money_needs_no_place(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people, EARTH, CONCRETE)
        people.invoice(signed, "PA-1", WORK, {}, day="2026-01-20")
        people.invoice(signed, "PA-2", WORK, {"work": "1.00"})
        install(sap, "requisitions", treatment="purchase_order")
        sap.add("coding", without="03-410.S")
        sap.sync()
        assert people.ledger("PA-1")[1:] == [f"{COST} 1000.00", "Cr 20100 100.00", "Cr 20510 900.00"]
        assert sap.state("requisitions", "PA-2") == ("held", "unmapped")


class TestRevisedRequisition:
    BEFORE = (
        "JournalEntries 1000.00 2026-01 posted",
        f"{COST} 1000.00",
        "Cr 20100 100.00",
        "Cr 20600 P-24-011/PC-0200 900.00",
    )

    def revised(self, sap: SapWorld, people: SapPeople, work: str, held: str, **rules: str) -> None:
        """PA-1 was posted over 1,000 less 100 of retainage and now says something else."""
        key = people.invoice(contract(people), "PA-1", WORK)
        install(sap, **rules)
        sap.sync()
        assert people.ledger("PA-1") == list(self.BEFORE)
        people.says(key, {"work": work, "held": held})
        sap.sync()

    def test_by_the_rule_hold_nothing_changes(self, sap: SapWorld, people: SapPeople) -> None:
        self.revised(sap, people, "1300.00", "130.00")
        assert sap.state("requisitions", "PA-1") == ("held", "changed_after_posting")
        assert people.ledger("PA-1") == list(self.BEFORE)
        assert people.ledger("PA-1/2") == []
        assert causes(sap) == {"corrected after posting": Decimal("270.00")}

    @pytest.mark.parametrize(
        ("work", "held", "delta"),
        [
            ("1300.00", "130.00", ["Dr 54000 P-24-011/PC-0200 300.00", "Cr 20100 30.00",
                                   "Cr 20600 P-24-011/PC-0200 270.00"]),
            ("800.00", "80.00", ["Cr 54000 P-24-011/PC-0200 200.00", "Dr 20100 20.00",
                                 "Dr 20600 P-24-011/PC-0200 180.00"]),
        ],
    )  # fmt: skip
    def test_by_the_rule_post_delta_the_difference_is_a_journal(
        self, sap: SapWorld, people: SapPeople, work: str, held: str, delta: list[str]
    ) -> None:
        self.revised(sap, people, work, held, corrections=DELTA)
        assert people.ledger("PA-1") == list(self.BEFORE)
        assert people.ledger("PA-1/2")[1:] == delta
        assert sap.state("requisitions", "PA-1") == ("posted", "")
        assert causes(sap) == {}

    @pytest.mark.parametrize("treatment", ["invoice_clearing", "journal_clearing", "purchase_order"])
    def test_reversal_and_repost_come_to_the_new_one(self, sap: SapWorld, people: SapPeople, treatment: str) -> None:
        key = people.invoice(contract(people), "PA-1", WORK)
        install(sap, treatment=treatment, corrections=ANEW)
        sap.sync()
        people.says(key, {"work": "800.00", "held": "80.00"})
        sap.sync()
        assert sap.state("requisitions", "PA-1") == ("posted", "")
        assert [one["document"] for one in people.documents("PA-1")] == ["journal"] * 3
        other = {
            "invoice_clearing": {"20600 P-24-011/PC-0200": "-720.00"},
            "journal_clearing": {
                "20510": "-720.00", "20600 P-24-011/PC-0200": "-800.00", "90100 P-24-011/PC-0200": "800.00",
            },
            "purchase_order": {"20510": "-720.00"},
        }[treatment]  # fmt: skip
        assert net(people.ledger("PA-1")) == {"54000 P-24-011/PC-0200": "800.00", "20100": "-80.00", **other}
        assert causes(sap) == {}
        before = people.books()
        sap.sync(sweep=True)
        assert people.books() == before


class TestWhatPeopleTakeBack:
    def test_a_journal_that_somebody_reversed_is_told_at_month_end(self, sap: SapWorld, people: SapPeople) -> None:
        people.invoice(contract(people), "PA-1", WORK)
        install(sap)
        sap.sync()
        people.office("void", kind="journal", number=people.document("PA-1")["number"])
        assert causes(sap) == {"changed or reversed in the ledger": Decimal("900.00")}


def causes(sap: SapWorld) -> dict[str, Decimal]:
    """Why PA-1 differs between Procore and SAP's ledger at month-end, and by how much."""
    sums: dict[str, Decimal] = {}
    for line in reconcile.of_period(sap.installation, "2026-01").lines:
        for reason in line.reasons:
            if any(" PA-1" in document for document in reason.documents):
                sums[reason.cause] = sums.get(reason.cause, Decimal(0)) + reason.amount
    return sums


class TestKeyedLater:
    KEYED = {"account": "54000", "project": "P-24-011", "profit_center": "PC-0200"}

    @pytest.mark.parametrize("vendor", ["", ERP_VENDOR])
    def test_a_requisition_that_somebody_booked_as_a_journal_waits(
        self, sap: SapWorld, people: SapPeople, vendor: str
    ) -> None:
        self.switched_on(sap, people)
        lines = [self.KEYED | {"debit": "900.00"}, {"account": "20510", "credit": "900.00"}]
        number = people.key("PA-1", *lines, kind="journal")
        if vendor:
            people.office("edit", kind="journal", number=number, reference2=vendor)
        self.waits(sap, people, f"journal {number}")

    def test_a_requisition_that_somebody_booked_as_an_invoice_waits(self, sap: SapWorld, people: SapPeople) -> None:
        self.switched_on(sap, people)
        number = people.key("PA-1", self.KEYED | {"amount": "870.00"})
        self.waits(sap, people, f"invoice {number}")

    def test_the_invoice_that_clears_it_may_come_first(self, sap: SapWorld, people: SapPeople) -> None:
        self.switched_on(sap, people)
        people.key("PA-1", {"account": "20510", "amount": "900.00"})
        people.key(
            "PA-1", {"account": "54000", "debit": "7.00"}, {"account": "20510", "credit": "7.00"}, kind="journal"
        )
        sap.sync()
        assert sap.state("requisitions", "PA-1") == ("posted", "")

    def switched_on(self, sap: SapWorld, people: SapPeople) -> None:
        """The pair is in use; then a requisition comes."""
        install(sap, "requisitions", treatment="purchase_order")
        sap.sync()
        people.invoice(contract(people), "PA-1", WORK)

    def waits(self, sap: SapWorld, people: SapPeople, name: str) -> None:
        sap.sync()
        assert sap.state("requisitions", "PA-1") == ("held", "keyed_by_hand")
        assert name in sap.record("requisitions", "PA-1").message
        assert not [row for row in people.documents("PA-1") if row["reference"]]


class TestEarlierCommitments:
    def posted_before(self, people: SapPeople) -> None:
        """A commitment of before the cut-over date, billed in January."""
        signed = contract(people, day="2025-11-05")
        people.change(signed, "CO-1", (EARTH, "500.00"))
        people.invoice(signed, "PA-1", WORK)

    def test_by_the_rule_accrual_its_requisitions_are_accrued_and_its_changes_left_out(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        self.posted_before(people)
        install(sap)
        sap.sync()
        assert people.ledger("PA-1")[1:] == [f"{COST} 1000.00", "Cr 20100 100.00", "Cr 20510 900.00"]
        assert sap.state("change-orders", "CO-1") == ("skipped", "earlier_commitment")
        assert people.ledger("SC-1") == people.ledger("SC-1/CO-1") == []

    def test_by_the_rule_hold_they_wait(self, sap: SapWorld, people: SapPeople) -> None:
        self.posted_before(people)
        install(sap, earlier_commitments="hold")
        sap.sync()
        assert sap.state("requisitions", "PA-1") == ("held", "earlier_commitment")
        assert sap.state("change-orders", "CO-1") == ("held", "earlier_commitment")
        assert people.ledger("PA-1") == []

    def test_what_waits_for_its_commitment_goes_when_that_is_posted(self, sap: SapWorld, people: SapPeople) -> None:
        signed = contract(people, day="2025-12-15")
        people.change(signed, "CO-1", (EARTH, "500.00"))
        people.invoice(signed, "PA-1", WORK)
        install(sap, cut_over="2025-12-01")
        sap.sync()
        assert sap.state("commitments", "SC-1") == ("held", "period_closed")
        assert sap.state("requisitions", "PA-1") == ("held", "commitment_not_posted")
        assert sap.state("change-orders", "CO-1") == ("held", "commitment_not_posted")
        people.office("open_period", period="2025-12")
        sap.clock.sleep(600)
        sap.replayed(sap.record("commitments", "SC-1"))
        sap.sync()
        assert people.ledger("SC-1") == [INVOICE[0].replace("2026-01", "2025-12"), *INVOICE[1:]]
        assert people.ledger("PA-1") == list(TestRevisedRequisition.BEFORE)
        assert len(people.ledger("SC-1/CO-1")) == 3


class TestDirectCosts:
    def test_an_invoice_is_accrued(self, sap: SapWorld, people: SapPeople) -> None:
        people.cost("invoice", "INV-7", line("300.50"), line("99.50", CONCRETE), vendor_id=VENDOR)
        install(sap, *COSTS)
        sap.sync()
        assert people.ledger("INV-7") == [
            "JournalEntries 400.00 2026-01 posted",
            f"{COST} 300.50",
            "Dr 54000 P-24-011/PC-0300 99.50",
            "Cr 20510 400.00",
        ]

    def test_an_expense_is_credited_to_the_account_of_its_employee(self, sap: SapWorld, people: SapPeople) -> None:
        key = people.cost("expense", "", line("42.10"), employee_id=EMPLOYEE)
        install(sap, *COSTS)
        sap.add("employees", f"{EMPLOYEE},Jo Miller,20500,,,")
        sap.sync()
        assert people.ledger(f"DC-{key}") == [
            "JournalEntries 42.10 2026-01 posted", f"{COST} 42.10", "Cr 20500 42.10",
        ]  # fmt: skip

    def test_payroll_is_left_out(self, sap: SapWorld, people: SapPeople) -> None:
        key = people.cost("payroll", "PR-1", line("900.00"), employee_id=EMPLOYEE)
        install(sap, *COSTS)
        sap.sync()
        assert sap.state("direct-costs", "PR-1") == ("skipped", "payroll")
        assert people.ledger("PR-1") == people.ledger(f"DC-{key}") == []
        found = reconcile.of_period(sap.installation, "2026-01")
        left_out = [line for line in found.lines if [one.cause for one in line.reasons] == ["skipped: payroll"]]
        assert left_out
        assert structs.replace(found, lines=tuple(left_out)).waiting == 0

    def test_what_a_vendor_owes_is_credited_to_cost(self, sap: SapWorld, people: SapPeople) -> None:
        people.cost("invoice", "CR-7", line("-300.50"), vendor_id=VENDOR)
        install(sap, *COSTS)
        sap.sync()
        assert people.ledger("CR-7") == [
            "JournalEntries 300.50 2026-01 posted", "Cr 54000 P-24-011/PC-0200 300.50", "Dr 20510 300.50",
        ]  # fmt: skip


class TestPlaces:
    def test_the_profit_centre_of_the_code_comes_before_that_of_the_project(
        self, sap: SapWorld, people: SapPeople
    ) -> None:
        people.cost("invoice", "INV-7", line("300.50"), line("99.50", CONCRETE), vendor_id=VENDOR)
        install(sap, *COSTS)
        sap.add("coding", "03-410.S,Concrete forming,54000,,,", without="03-410.S")
        sap.sync()
        assert people.ledger("INV-7")[1:3] == [f"{COST} 300.50", "Dr 54000 P-24-011/PC-24011 99.50"]

    def test_a_code_of_one_project_comes_before_that_of_all(self, sap: SapWorld, people: SapPeople) -> None:
        people.cost("invoice", "INV-7", line("300.50"), vendor_id=VENDOR)
        install(sap, *COSTS)
        sap.add("coding", "4711:02-300.S,Earthwork,52000|PC-3100,,,")
        sap.sync()
        assert people.ledger("INV-7")[1] == "Dr 52000 P-24-011/PC-3100 300.50"


class TestUnbudgeted:
    def test_it_is_posted_and_listed_where_the_rule_says_flag(self, sap: SapWorld, people: SapPeople) -> None:
        without_budget(people, EARTH)
        people.cost("invoice", "INV-7", line("300.50"), line("10.00", CONCRETE), vendor_id=VENDOR)
        install(sap, *COSTS)
        sap.sync()
        assert people.ledger("INV-7")[1:3] == [f"{COST} 300.50", "Dr 54000 P-24-011/PC-0300 10.00"]
        (found,) = [one.difference for one in differences.report(sap.installation).found]
        assert (found.kind, found.source, found.source_amount) == ("unbudgeted", "INV-7", Decimal("300.50"))
        assert found.text == "02-300.S has no budget, 300.50 USD of INV-7 are under it"

    def test_it_waits_where_the_rule_says_hold_until_there_is_a_budget(self, sap: SapWorld, people: SapPeople) -> None:
        without_budget(people, EARTH)
        people.cost("invoice", "INV-7", line("300.50"), vendor_id=VENDOR)
        signed = contract(people)
        people.change(signed, "CO-1", (EARTH, "500.00"))
        people.invoice(signed, "PA-1", WORK)
        install(sap, *COSTS, *SIGNED, unbudgeted="hold")
        sap.sync()
        for flow, number in (("direct-costs", "INV-7"), ("commitments", "SC-1")):
            assert sap.state(flow, number) == ("held", "unbudgeted")
            assert "add a budget line in Procore" in sap.record(flow, number).message
        for flow, number in (("change-orders", "CO-1"), ("requisitions", "PA-1")):
            assert sap.state(flow, number) == ("held", "commitment_not_posted")
        assert [people.documents(number) for number in ("INV-7", "SC-1", "SC-1/CO-1", "PA-1")] == [[], [], [], []]
        given = {"original_budget_amount": 1.0}
        people.work("edit", kind="budget_line", id=budget_line(people, EARTH), fields=given)
        sap.sync()
        assert [len(people.documents(number)) for number in ("INV-7", "SC-1", "SC-1/CO-1", "PA-1")] == [1, 1, 1, 1]


def line(amount: str, code: int = EARTH) -> dict[str, Any]:
    """A line of a direct cost."""
    return {"wbs_code_id": code, "manual_amount": amount, "description": "Crane hire"}


def without_budget(people: SapPeople, code: int) -> None:
    """Somebody takes the budget of a code away; its first cost makes a line of zero."""
    people.work("delete", kind="budget_line", id=budget_line(people, code))


def budget_line(people: SapPeople, code: int) -> int:
    """The budget line of a code."""
    (found,) = [row for row in people.procore.get("/state")["budget_line_items"] if row["wbs_code"]["id"] == code]
    return int(found["id"])
