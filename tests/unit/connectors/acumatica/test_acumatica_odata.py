"""Filters are typed, escaped and unambiguous."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from urllib.parse import parse_qsl

import httpx2
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.connectors.acumatica import odata


@pytest.mark.parametrize(
    ("value", "written"),
    [
        ("O'Neil & Sons", "'O''Neil & Sons'"),
        ("", "''"),
        (True, "true"),
        (False, "false"),
        (7, "7"),
        (Decimal("1250.50"), "1250.50M"),
        (Decimal("1E+3"), "1000M"),
        (
            datetime(2026, 7, 15, 10, 31, 28, 402_000, timezone(timedelta(hours=3))),
            "datetimeoffset'2026-07-15T07:31:28.402+00:00'",
        ),
    ],
)
def test_literals_are_typed(value: str, written: str) -> None:
    assert odata.literal(value) == written


def test_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no time zone"):
        odata.literal(datetime(2026, 1, 31, tzinfo=UTC).replace(tzinfo=None))


@given(st.text(max_size=30))
def test_no_text_can_end_its_literal(text: str) -> None:
    inside = odata.literal(text)[1:-1]
    assert "'" not in inside.replace("''", "")
    assert inside.replace("''", "'") == text


def test_plus_of_an_offset_survives_the_query_string() -> None:
    condition = odata.since("LastModifiedDateTime", datetime(2026, 3, 1, tzinfo=UTC))
    written = str(httpx2.QueryParams([("$filter", condition)]))
    assert "%2B00" in written
    assert dict(parse_qsl(written))["$filter"] == condition


def test_conditions_are_joined_without_repeating_any() -> None:
    several = odata.any_of([odata.eq("A", "x"), odata.eq("A", "y"), odata.eq("A", "x")])
    assert odata.all_of(odata.eq("Type", "Bill"), "", several) == "Type eq 'Bill' and (A eq 'x' or A eq 'y')"
    assert odata.any_of([odata.startswith("Description", "m:")]) == "startswith(Description,'m:')"


def test_fifty_usual_numbers_make_one_condition_and_long_ones_several() -> None:
    assert len(list(odata.one_of("VendorRef", (f"REQ-{n:04d}" for n in range(50))))) == 1
    long = [f"{n:040d}" for n in range(50)]
    parts = list(odata.one_of("VendorRef", long))
    assert all(len(str(httpx2.QueryParams([("$filter", part)]))) < 1750 for part in parts)
    assert [number for part in parts for number in re.findall(r"\d{40}", part)] == long
    assert list(odata.one_of("VendorRef", [])) == []
