"""Which bills a native release takes from, and when it waits for a person."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from desks import MemoryDesk
from msgspec import structs
from test_requisitions_to_bills import RULES, TABLES, line, requisition

from ml_connector.integrations import deltas
from ml_connector.integrations.acumatica_procore import requisitions
from ml_connector.integrations.declaration import Hold, Sibling, Skip, Standing
from ml_connector.records.documents import Bill, BillLine, Requisition, RetainageRelease


def withholding(number: str, amount: str, *, credit: bool = False) -> Standing:
    """A bill of ours that withholds something."""
    cost = BillLine(
        account="54000", subaccount="", project="TOWER1", task="03", cost_code="03-300", amount=Decimal(1000),
        text="", retainage=Decimal(amount),
    )  # fmt: skip
    return Standing(number=number, document=bill(lines=(cost,), credit=credit))


def releasing(*parts: tuple[str, str]) -> Standing:
    releases = tuple(RetainageRelease(bill=number, amount=Decimal(amount)) for number, amount in parts)
    return Standing(number="", document=bill(releases=releases))


def bill(**changes: object) -> Bill:
    plain = Bill(
        reference="ML-2-1", vendor="V00017", number="INV", date=date(2026, 1, 31), period="2026-01", currency="USD",
        text="", total=Decimal(0), tax=Decimal(0), lines=(),
    )  # fmt: skip
    return structs.replace(plain, **changes)


def other(sequence: int, *standing: Standing, settled: bool = True, commitment: str = "88") -> Sibling:
    document = requisition(due="0", key=f"r{sequence}", sequence=sequence, commitment=commitment)
    return Sibling(key=f"r{sequence}", document=document, settled=settled, standing=standing)


def post(record: Requisition, *others: Sibling) -> Bill:
    at = MemoryDesk({**RULES, "retainage": "native"}, TABLES, {"7": "V00017"})
    at.others = [Sibling(key=record.key, document=record, settled=False, standing=()), *others]
    return requisitions.bill_of(record, "ML-1-1", at)


def release(amount: str, due: str = "", **changes: object) -> Requisition:
    return requisition(line(released=amount), due=due or amount, **changes)


def taken(record: Requisition, *others: Sibling) -> list[tuple[str, str]]:
    return [(one.bill, str(one.amount)) for one in post(record, *others).releases]


def test_the_oldest_requisition_gives_first_whatever_the_order_of_posting() -> None:
    others = [other(2, withholding("B2", "50.00")), other(1, withholding("B1", "100.00"))]
    assert taken(release("120.00"), *others) == [("B1", "100.00"), ("B2", "20.00")]


def test_a_release_alone_is_a_document_without_lines_and_total() -> None:
    made = post(release("100.00"), other(1, withholding("B1", "100.00")))
    assert (made.lines, made.total) == ((), Decimal(0))


def test_work_and_release_are_a_bill_over_the_work_and_a_release() -> None:
    record = requisition(line(work="500.00", held="50.00", released="100.00"), due="550.00")
    made = post(record, other(1, withholding("B1", "100.00")))
    assert (made.total, made.lines[0].amount, made.lines[0].retainage) == (Decimal(450), Decimal(500), Decimal(50))
    assert made.releases == (RetainageRelease(bill="B1", amount=Decimal("100.00")),)


def test_what_others_released_is_gone() -> None:
    others = [other(1, withholding("B1", "100.00")), other(2, releasing(("B1", "60.00")))]
    assert taken(release("40.00"), *others) == [("B1", "40.00")]
    with pytest.raises(Hold, match=r"withhold only 40\.00 \(B1: 40\.00\)"):
        post(release("40.01"), *others)


@pytest.mark.parametrize(
    "sibling",
    [
        other(1, withholding("B1", "100.00"), commitment="89"),
        other(4, withholding("B1", "100.00")),
        other(1, Standing(number="B1", document=None)),
        other(1),
    ],
    ids=["another commitment", "a later requisition", "keyed by hand", "not posted"],
)
def test_other_bills_do_not_count(sibling: Sibling) -> None:
    with pytest.raises(Hold, match="withhold only 0;") as held:
        post(release("10.00"), sibling)
    assert held.value.cause == "retainage_release"


def test_it_waits_for_what_comes_before() -> None:
    others = [other(1, withholding("B1", "100.00")), other(2, settled=False)]
    with pytest.raises(Hold, match=r"requisition 2 \(INV-3\) of its commitment is not posted yet"):
        post(release("10.00"), *others)


def test_what_a_credit_took_back_is_a_person_s() -> None:
    with pytest.raises(Hold, match="B2 took some back"):
        post(release("10.00"), other(1, withholding("B1", "100.00"), withholding("B2", "20.00", credit=True)))


def test_less_than_nothing_is_no_release() -> None:
    with pytest.raises(Hold, match="correct it at the source"):
        post(requisition(line(work="50.00", released="-10.00"), due="40.00"))


def test_work_taken_back_beside_a_release_is_no_bill() -> None:
    record = requisition(line(work="-50.00", released="100.00"), due="50.00")
    with pytest.raises(Hold, match="debit adjustment"):
        post(record, other(1, withholding("B1", "100.00")))


def test_nothing_at_all_is_skipped() -> None:
    with pytest.raises(Skip):
        post(requisition(line(), due="0.00"))


def test_a_difference_cannot_change_what_was_released() -> None:
    before = bill(releases=(RetainageRelease(bill="B1", amount=Decimal(10)),))
    with pytest.raises(Hold, match="releases other retainage"):
        deltas.delta_of(bill(), before)
    assert deltas.delta_of(before, before) is None
