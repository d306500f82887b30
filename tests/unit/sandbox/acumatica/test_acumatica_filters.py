"""The $filter reader: words, types, precedence, and what it refuses (vendors/acumatica.md §6)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.sandbox.acumatica.contract import kinds
from ml_connector.sandbox.acumatica.odata import filters
from ml_connector.sandbox.acumatica.odata.lexer import BadFilter, instant, tokens
from ml_connector.sandbox.acumatica.rows import Row

KIND = kinds()["Bill"]


def row() -> Row:
    return Row(
        "Bill",
        {
            "Vendor": "V1",
            "VendorRef": "A-1",
            "Amount": Decimal("10.50"),
            "Hold": False,
            "Date": date(2026, 1, 31),
            "LastModifiedDateTime": datetime(2026, 2, 1, 7, 31, 28, 402000, tzinfo=UTC),
        },
    )


def holds(text: str, leniency: filters.Leniency | None = None) -> bool:
    return filters.compile_filter(text, KIND, kinds(), leniency)(row())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Vendor eq 'V1' or Vendor eq 'V2' and VendorRef eq 'no'", True),  # and binds tighter
        ("(Vendor eq 'V1' or Vendor eq 'V2') and VendorRef eq 'no'", False),
        ("not Hold", True),
        ("not Hold eq true", True),
        ("Hold", False),
        ("'V1' eq Vendor", True),
        ("10.5M eq Amount", True),
        ("Amount ge 10", True),
        ("Amount lt 11L", True),
        ("TaxTotal eq null", True),
        ("TaxTotal ne null", False),
        ("TaxTotal gt 0M", False),
        ("VendorRef ne null", True),
        ("Terms eq ''", True),
        ("Date eq datetimeoffset'2026-01-31T00:00:00+00:00'", True),
        ("LastModifiedDateTime eq datetimeoffset'2026-02-01T10:31:28.402+03:00'", True),
        ("LastModifiedDateTime eq datetimeoffset'2026-02-01T07:31:28.4020000Z'", True),
        ("startswith(Vendor,'v') and endswith(Vendor,'1') and substringof('V',Vendor)", True),
        ("startswith(Vendor,'v') eq false", False),
    ],
)
def test_expressions(text: str, expected: bool) -> None:
    assert holds(text) is expected


@pytest.mark.parametrize(
    "text",
    [
        "Vendor",
        "Vendor eq 'V1' and",
        "(Vendor eq 'V1'",
        "Vendor eq 'V1')",
        "Vendor eq 'V1",
        "Vendor like 'V1'",
        "Vendor eq 'V1' Vendor eq 'V2'",
        "startswith(Vendor)",
        "startswith(Amount,'1')",
        "tolower(Vendor) eq 'v1'",
        "Amount eq 'x'",
        "Amount eq 1.5",
        "Amount eq 1.5d",
        "Hold eq 0",
        "Date eq datetimeoffset'yesterday'",
        "Applications/DocType eq 'Payment'",
        "cf.String(g='a.b') eq 'x'",
        "5",
        "",
    ],
)
def test_refusals(text: str) -> None:
    with pytest.raises(BadFilter):
        holds(text)


def test_unknown_fields_have_an_error_of_their_own() -> None:
    with pytest.raises(filters.UnknownField, match="Nothing"):
        holds("Nothing eq 'x'")
    with pytest.raises(filters.UnknownField, match="Nowhere"):
        holds("Nowhere/Email eq 'x'")


def test_leniencies() -> None:
    assert holds("Amount eq 10.5", filters.Leniency(bare_decimals=True))
    assert not holds("Vendor eq 'v1'", filters.Leniency(exact_case=True))


@given(st.text(alphabet=st.characters(codec="utf-8", exclude_characters="\x00"), max_size=40))
def test_any_text_survives_quoting(text: str) -> None:
    quoted = "'" + text.replace("'", "''") + "'"
    found = tokens(f"Vendor eq {quoted}")
    assert found[2].value == text


@given(st.datetimes(timezones=st.sampled_from([UTC, timezone(timedelta(hours=-8)), timezone(timedelta(hours=3))])))
def test_instants_keep_the_moment(moment: datetime) -> None:
    assert instant(moment.isoformat()) == moment


def test_quotes_are_doubled() -> None:
    found = filters.compile_filter("Vendor eq 'O''Brien'", KIND, kinds())
    assert found(Row("Bill", {"Vendor": "O'Brien"}))
