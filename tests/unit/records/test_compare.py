"""A bill that differs from what was meant must never look equal, and an equal one never different."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from ml_connector.records.compare import Difference, differences
from ml_connector.records.documents import Bill, BillLine, OrderLine

FIRST = BillLine(
    account="54000",
    subaccount="000000",
    project="TOWER1",
    task="03",
    cost_code="03-300",
    amount=Decimal("1250.50"),
    text="Slab level 2",
    retainage=Decimal("125.05"),
    order=OrderLine(kind="Subcontract", number="SC000012", line=1),
)
SECOND = replace(
    FIRST, task="05", cost_code="05-120", amount=Decimal("99.00"), retainage=Decimal("9.90"), text="Steel", order=None
)
MEANT = Bill(
    reference="r1",
    vendor="V00017",
    number="PAY APP 3",
    date=date(2026, 1, 31),
    period="2026-01",
    currency="USD",
    text="Requisition 3",
    total=Decimal("1214.55"),
    tax=Decimal("0.00"),
    lines=(FIRST, SECOND),
)

_keys = st.sampled_from(("", "54000", "52000", "03", "03-300"))
_amounts = st.decimals(min_value=-1000, max_value=1000, places=2)
_lines = st.builds(
    BillLine,
    account=_keys,
    subaccount=_keys,
    project=_keys,
    task=_keys,
    cost_code=_keys,
    amount=_amounts,
    text=st.just(""),
    retainage=_amounts,
    order=st.none() | st.builds(OrderLine, kind=st.just("Subcontract"), number=_keys, line=st.integers(1, 3)),
)
_many_lines = st.lists(_lines, max_size=6)


def told(stored: Bill, *, meant: Bill = MEANT, tax_mapped: bool = True) -> list[str]:
    return [str(difference) for difference in differences(meant, stored, tax_mapped=tax_mapped)]


def test_the_same_bill_has_no_differences() -> None:
    assert differences(MEANT, MEANT, tax_mapped=True) == []


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"vendor": "V00018"}, "vendor: meant V00017, stored V00018"),
        ({"number": "PAY APP"}, "number: meant PAY APP 3, stored PAY APP"),
        ({"number": "pay app 3"}, "number: meant PAY APP 3, stored pay app 3"),
        ({"date": date(2026, 2, 1)}, "date: meant 2026-01-31, stored 2026-02-01"),
        ({"period": "2026-02"}, "period: meant 2026-01, stored 2026-02"),
        ({"currency": "CAD"}, "currency: meant USD, stored CAD"),
        ({"total": Decimal("1214.54")}, "total: meant 1214.55, stored 1214.54"),
        ({"tax": Decimal("0.01")}, "tax: meant 0.00, stored 0.01"),
    ],
)
def test_a_difference_in_the_header_is_told(change: dict[str, object], sentence: str) -> None:
    assert told(replace(MEANT, **change)) == [sentence]


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"account": "54900"}, "line 1 account: meant 54000, stored 54900"),
        ({"subaccount": "000100"}, "line 1 subaccount: meant 000000, stored 000100"),
        ({"project": "HARBOR1"}, "line 1 project: meant TOWER1, stored HARBOR1"),
        ({"project": "X"}, "line 1 project: meant TOWER1, stored nothing"),
        ({"task": "31"}, "line 1 task: meant 03, stored 31"),
        ({"cost_code": "03-100"}, "line 1 cost code: meant 03-300, stored 03-100"),
        ({"amount": Decimal("1250.51")}, "line 1 amount: meant 1250.50, stored 1250.51"),
        ({"retainage": Decimal(0)}, "line 1 retainage: meant 125.05, stored 0"),
        ({"order": None}, "line 1 order: meant SUBCONTRACT SC000012 line 1, stored nothing"),
        (
            {"order": OrderLine(kind="Subcontract", number="SC000012", line=2)},
            "line 1 order: meant SUBCONTRACT SC000012 line 1, stored SUBCONTRACT SC000012 line 2",
        ),
    ],
)
def test_a_difference_in_a_line_names_the_line_and_the_field(change: dict[str, object], sentence: str) -> None:
    assert told(replace(MEANT, lines=(SECOND, replace(FIRST, **change)))) == [sentence]


def test_lines_may_come_back_in_any_order_padded_and_with_other_texts() -> None:
    padded = replace(
        FIRST,
        account="54000     ",
        subaccount=" 000-000 ",
        project="tower1    ",
        task="03  ",
        cost_code="03-300 ",
        amount=Decimal("1250.5000"),
        text="",
        order=OrderLine(kind="Subcontract", number="SC000012 ", line=1),
    )
    stored = replace(MEANT, vendor="V00017    ", lines=(SECOND, padded), text="other", total=Decimal("1214.5500"))
    assert differences(MEANT, stored, tax_mapped=True) == []


def test_no_project_may_be_written_as_x() -> None:
    meant = replace(MEANT, lines=(replace(FIRST, project=""),))
    stored = replace(MEANT, lines=(replace(FIRST, project="X "),))
    assert differences(meant, stored, tax_mapped=True) == []


def test_a_currency_that_one_side_does_not_state_is_no_difference() -> None:
    assert told(replace(MEANT, currency="")) == []
    assert told(MEANT, meant=replace(MEANT, currency="")) == []


def test_two_equal_lines_are_not_one() -> None:
    meant = replace(MEANT, lines=(FIRST, FIRST))
    once = replace(MEANT, lines=(FIRST,))
    whole = "account 54000, subaccount 000000, project TOWER1, task 03, cost code 03-300, amount 1250.50, "
    whole += "retainage 125.05, order SUBCONTRACT SC000012 line 1"
    assert told(once, meant=meant) == [f"line 2: meant {whole}, stored nothing"]
    assert told(meant, meant=once) == [f"line too many: meant nothing, stored {whole}"]


def test_lines_that_have_little_in_common_are_not_told_as_changed() -> None:
    other = BillLine(
        account="61000", subaccount="000100", project="", task="", cost_code="", amount=Decimal(5), text=""
    )
    assert told(replace(MEANT, lines=(FIRST, other))) == [
        "line 2: meant account 54000, subaccount 000000, project TOWER1, task 05, cost code 05-120, amount 99.00, "
        "retainage 9.90, stored nothing",
        "line too many: meant nothing, stored account 61000, subaccount 000100, amount 5",
    ]


def test_amounts_swapped_between_lines_are_seen_although_the_total_is_right() -> None:
    swapped = (replace(FIRST, amount=SECOND.amount), replace(SECOND, amount=FIRST.amount))
    assert told(replace(MEANT, lines=swapped)) == [
        "line 1 amount: meant 1250.50, stored 99.00",
        "line 2 amount: meant 99.00, stored 1250.50",
    ]


def test_without_a_tax_mapping_any_tax_of_the_target_is_a_difference() -> None:
    taxed = replace(MEANT, tax=Decimal("7.50"))
    assert told(taxed, meant=taxed) == []
    assert told(taxed, meant=taxed, tax_mapped=False) == ["tax: meant 0, stored 7.50"]


def test_a_difference_without_a_value_says_nothing() -> None:
    assert str(Difference(field="currency", meant="", stored="CAD")) == "currency: meant nothing, stored CAD"


@given(_many_lines, st.randoms(use_true_random=False))
def test_shuffled_lines_are_the_same_bill(lines: list[BillLine], random: object) -> None:
    shuffled = list(lines)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    meant, stored = replace(MEANT, lines=tuple(lines)), replace(MEANT, lines=tuple(shuffled))
    assert differences(meant, stored, tax_mapped=True) == []


@given(_many_lines, _many_lines)
def test_bills_are_equal_one_way_exactly_when_they_are_the_other_way(a: list[BillLine], b: list[BillLine]) -> None:
    one, other = replace(MEANT, lines=tuple(a)), replace(MEANT, lines=tuple(b))
    there, back = differences(one, other, tax_mapped=True), differences(other, one, tax_mapped=True)
    assert bool(there) == bool(back)
    if sum(line.amount for line in a) != sum(line.amount for line in b):
        assert there


@given(_many_lines, st.integers(0, 5), _amounts)
def test_one_changed_amount_is_always_seen(lines: list[BillLine], place: int, amount: Decimal) -> None:
    if place >= len(lines) or lines[place].amount == amount:
        return
    changed = [replace(line, amount=amount) if i == place else line for i, line in enumerate(lines)]
    found = differences(replace(MEANT, lines=tuple(lines)), replace(MEANT, lines=tuple(changed)), tax_mapped=True)
    assert len(found) == 1
    assert found[0].field.endswith(" amount")
    assert found[0].stored == f"{amount:f}"
