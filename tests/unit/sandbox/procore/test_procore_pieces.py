"""Bracket keys, coercion and wording of the Procore sandbox."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from ml_connector.sandbox.procore import wording
from ml_connector.sandbox.procore.brackets import nested
from ml_connector.sandbox.procore.fields import fields, moment, taken, whole
from ml_connector.sandbox.procore.refusals import Invalid


def test_bracket_keys_nest_as_rails_reads_them() -> None:
    given = [
        ("project_id", "1"),
        ("cost[number]", "INV"),
        ("cost[lines][][id]", "1"),
        ("cost[lines][][amount]", "2"),
        ("cost[lines][][id]", "3"),
        ("cost[tags][]", "a"),
        ("cost[tags][]", "b"),
    ]
    lines = [{"id": "1", "amount": "2"}, {"id": "3"}]
    assert nested(given) == {"project_id": "1", "cost": {"number": "INV", "lines": lines, "tags": ["a", "b"]}}


def test_contradictory_bracket_keys_keep_the_first_form() -> None:
    assert nested([("a", "1"), ("a[b]", "2"), ("a[]", "3")]) == {"a": "1"}


KNOWN = {
    **fields(text="name", whole="id", number="amount", money="paid", flag="on", date="day", ids="them"),
    "status": ("draft", "approved"),
}


def test_known_fields_are_coerced_and_others_ignored() -> None:
    given = {"name": 5, "id": "7", "amount": "1.005", "paid": "1.005", "on": "1", "day": "2026-01-02T03:04:05Z"}
    got = taken({**given, "them": ["1", 2], "status": "draft", "else": 1}, KNOWN)
    assert got == {
        "name": "5",
        "id": 7,
        "amount": Decimal("1.005"),
        "paid": Decimal("1.01"),
        "on": True,
        "day": date(2026, 1, 2),
        "them": [1, 2],
        "status": "draft",
    }
    assert taken({"amount": "", "day": None, "name": ""}, KNOWN) == {"amount": None, "day": None, "name": ""}


@pytest.mark.parametrize(
    "given",
    [
        {"id": "x"},
        {"id": True},
        {"amount": "1,5"},
        {"amount": Decimal("NaN")},
        {"amount": "9" * 20},
        {"on": "maybe"},
        {"day": "2026-02-30"},
        {"status": "Draft"},
        {"name": []},
        {"them": "1"},
    ],
)
def test_bad_values_name_their_field(given: dict[str, object]) -> None:
    with pytest.raises(Invalid) as refused:
        taken(given, KNOWN)
    assert set(refused.value.errors) == set(given)


@pytest.mark.parametrize(("value", "number"), [("12", 12), (12, 12), ("1" * 30, None), ("٣", None), ("-1", None)])
def test_ids_are_digits_of_64_bits(value: object, number: int | None) -> None:
    assert whole(value) == number


def test_values_are_worded_as_the_vendor_words_them() -> None:
    assert [wording.money(Decimal(x)) for x in ("300.5", "0.005", "-0.005", "1E+3")] == [
        "300.50",
        "0.01",
        "-0.01",
        "1000.00",
    ]
    assert [wording.quantity(Decimal(x)) for x in ("15", "2.50", "1E+2")] == ["15.0", "2.5", "100.0"]
    assert wording.price(Decimal("100")) == "100.0000"
    assert (wording.percent(Decimal(1), Decimal(3)), wording.percent(Decimal(1), Decimal(0))) == ("33.33", "0.00")
    assert wording.time(datetime(2026, 1, 2, 3, 4, 5, 999, tzinfo=UTC)) == "2026-01-02T03:04:05Z"


def test_times_without_a_zone_are_utc() -> None:
    assert moment("2026-01-02T03:04:05") == moment("2026-01-02T03:04:05Z") == moment("2026-01-02T05:04:05+02:00")
