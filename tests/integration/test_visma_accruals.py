"""What stands on the accrual account of Visma.net until the vendors' invoices are booked, by subcontract and vendor."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from jobsite import EARTH, PROJECT, VENDOR
from visma_people import VismaPeople
from visma_world import ACCRUAL, RETAINAGE, VismaWorld

from ml_connector.hub import accruals, undo
from ml_connector.hub.accruals import Open

FLOWS = ("requisitions", "direct-costs", "journals")
ERP_VENDOR = "V00001"
WORK = {"work": "1000.00", "held": "100.00"}


@pytest.fixture
def people(visma: VismaWorld) -> VismaPeople:
    return VismaPeople(visma)


def posted(visma: VismaWorld, people: VismaPeople, **rules: str) -> None:
    """SC-1 billed twice, SC-2 once, and a direct cost of the same vendor."""
    first, second = people.commitment("SC-1", EARTH), people.commitment("SC-2", EARTH)
    people.invoice(first, "PA-1", WORK, day="2026-01-20")
    people.invoice(first, "PA-2", {"work": "500.00", "released": "60.00"})
    people.invoice(second, "PA-3", {"work": "70.00"})
    people.cost("invoice", "INV-7", {"wbs_code_id": EARTH, "manual_amount": "8.00"}, vendor_id=VENDOR)
    visma.install(FLOWS, projects=str(PROJECT), **rules)
    visma.sync()


def listed(visma: VismaWorld, until: date | None = None) -> dict[tuple[str, str], Open]:
    """What is listed of the vendor, by account and subcontract."""
    found = accruals.of_installation(visma.installation, until)
    return {(one.account, one.commitment): one for one in found if one.vendor == ERP_VENDOR}


def opened(visma: VismaWorld, until: date | None = None) -> dict[tuple[str, str], str]:
    """What is not cleared of it: of the subcontracts of these tests, and of what names none."""
    return {
        place: f"{one.open.quantize(Decimal('0.01')):f}"
        for place, one in listed(visma, until).items()
        if one.open and (place[1].startswith("SC-1: ") or place[1].startswith("SC-2: ") or not place[1])
    }


def balance(people: VismaPeople, account: str) -> Decimal:
    """What the books hold on an account, of journals."""
    lines = [line for row in people.books() if row["document"] == "journal" for line in row["lines"]]
    return sum(
        (Decimal(one["debit"]) - Decimal(one["credit"]) for one in lines if one["account"] == account), Decimal(0)
    )


def test_it_is_listed_by_what_people_call_the_subcontract_and_by_vendor(visma: VismaWorld, people: VismaPeople) -> None:
    before = {account: balance(people, account) for account in (ACCRUAL, RETAINAGE)}
    posted(visma, people)
    assert opened(visma) == {
        (ACCRUAL, "SC-1: Work SC-1"): "-1460.00",
        (ACCRUAL, "SC-2: Work SC-2"): "-70.00",
        (ACCRUAL, ""): "-8.00",
        (RETAINAGE, "SC-1: Work SC-1"): "-40.00",
    }
    assert listed(visma)[ACCRUAL, "SC-1: Work SC-1"].oldest == date(2026, 1, 20)
    found = [one for one in accruals.of_installation(visma.installation, None) if one.vendor]
    for account, was in before.items():
        ours = sum((one.open for one in found if one.account == account), Decimal(0))
        assert ours == balance(people, account) - was


def test_within_the_accrual_retainage_is_not_apart(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people, retainage="in_accrual")
    assert opened(visma) == {
        (ACCRUAL, "SC-1: Work SC-1"): "-1500.00",
        (ACCRUAL, "SC-2: Work SC-2"): "-70.00",
        (ACCRUAL, ""): "-8.00",
    }


def test_an_invoice_that_a_person_books_on_the_accrual_account_lowers_it(
    visma: VismaWorld, people: VismaPeople
) -> None:
    posted(visma, people)
    before = owed(visma)
    line = {"account": ACCRUAL, "amount": "900.00"}
    people.office(
        "key_document", supplier=ERP_VENDOR, supplier_reference="PA-1", date="2026-01-31", lines=[line], release=True
    )
    assert owed(visma) == before + Decimal("900.00")
    assert opened(visma)[ACCRUAL, ""] == "892.00"
    assert opened(visma)[ACCRUAL, "SC-1: Work SC-1"] == "-1460.00"


def owed(visma: VismaWorld) -> Decimal:
    """What is not cleared of the vendor on the accrual account, for whatever subcontract."""
    return sum((one.open for (account, _), one in listed(visma).items() if account == ACCRUAL), Decimal(0))


def test_what_was_taken_back_leaves_nothing_open_whoever_did_it(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    undo.carry_out(visma.record("requisitions", "PA-3"))
    visma.sync()
    people.office("reverse_journal", number=people.batch("PA-2"), date="2026-01-31")
    left = opened(visma)
    assert (ACCRUAL, "SC-2: Work SC-2") not in left
    assert left[ACCRUAL, "SC-1: Work SC-1"] == "-900.00"
    assert left[RETAINAGE, "SC-1: Work SC-1"] == "-100.00"


def test_as_of_a_day_what_came_later_is_not_counted(visma: VismaWorld, people: VismaPeople) -> None:
    posted(visma, people)
    assert opened(visma, date(2026, 1, 25)) == {
        (ACCRUAL, "SC-1: Work SC-1"): "-900.00", (ACCRUAL, ""): "-8.00", (RETAINAGE, "SC-1: Work SC-1"): "-100.00",
    }  # fmt: skip
