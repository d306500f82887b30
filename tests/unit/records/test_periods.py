"""Periods are calendar months."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.records.periods import first_day, period_of


@given(st.dates())
def test_the_first_day_of_a_days_period_is_the_first_of_its_month(day: date) -> None:
    first = first_day(period_of(day))
    assert first == day.replace(day=1)
    assert period_of(first) == period_of(day)


@given(st.dates(max_value=date(9999, 12, 30)))
def test_periods_change_with_the_first_of_a_month_only_and_sort_like_dates(day: date) -> None:
    after = day + timedelta(days=1)
    assert (period_of(day) != period_of(after)) == (after.day == 1)
    assert period_of(day) <= period_of(after)


def test_periods_are_written_with_leading_zeros() -> None:
    assert period_of(date(2026, 1, 31)) == "2026-01"
    assert period_of(date(987, 12, 1)) == "0987-12"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026",
        "2026-1",
        "2026-00",
        "2026-13",
        "01-2026",
        "012026",
        "2026-01-01",
        "26-01",
        "2026-01\n",
        "\uff12\uff10\uff12\uff16-01",
        "0000-01",
    ],
)
def test_what_is_no_period_is_refused_with_what_to_write(text: str) -> None:
    with pytest.raises(ValueError, match="YYYY-MM"):
        first_day(text)
