"""Amounts stay exact from text to text, and are rounded half away from zero in the currency's own digits."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.records.money import BadAmount, UnknownCurrency, fits, parse, quantise, quantum

DIGITS = {"USD": 2, "NOK": 2, "JPY": 0, "CLP": 0, "KWD": 3, "TND": 3}
currencies = st.sampled_from(sorted(DIGITS))
amounts = st.decimals(min_value=-(10**13), max_value=10**13, places=6)


@given(st.decimals(allow_nan=False, allow_infinity=False, min_value=-(10**20), max_value=10**20))
def test_a_plain_decimal_survives_as_it_was_written(amount: Decimal) -> None:
    text = f"{amount:f}"
    assert f"{parse(text):f}" == text
    assert parse(text) == amount


@given(st.integers())
def test_whole_numbers_are_taken_as_they_are(number: int) -> None:
    assert parse(number) == number
    assert parse(str(number)) == number


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "NaN",
        "Infinity",
        "-Infinity",
        "1_000",
        "1,50",
        "1,000.00",
        "12%",
        "96.36%",
        "1e3",
        "+1",
        ".5",
        "5.",
        "--1",
        "- 1",
        " 1",
        "1 ",
        "1\n",
        "0x10",
        "$1",
        "1.2.3",
    ],
)
def test_what_is_no_plain_number_is_refused(text: str) -> None:
    with pytest.raises(BadAmount, match="is not an amount"):
        parse(text)


@pytest.mark.parametrize("digits", ["\u0661\u0662", "\uff11\uff12", "\u0967.\u0966"])
def test_digits_of_other_scripts_are_refused(digits: str) -> None:
    with pytest.raises(BadAmount):
        parse(digits)


@given(st.text(max_size=12))
def test_any_text_is_either_a_plain_number_or_refused(text: str) -> None:
    try:
        amount = parse(text)
    except BadAmount:
        return
    assert amount.is_finite()
    assert set(text) <= set("-.0123456789")


@pytest.mark.parametrize("amount", [Decimal("NaN"), Decimal("sNaN"), Decimal("Infinity"), Decimal("-Infinity")])
def test_a_decimal_that_is_no_amount_is_refused(amount: Decimal) -> None:
    with pytest.raises(BadAmount, match="not a finite amount"):
        parse(amount)


def test_a_bad_amount_is_quoted_in_part_only() -> None:
    with pytest.raises(BadAmount) as caught:
        parse("x" * 5000)
    assert len(str(caught.value)) < 80


@pytest.mark.parametrize("currency", sorted(DIGITS))
def test_the_minor_unit_is_the_currencys_own(currency: str) -> None:
    assert quantum(currency) == Decimal(1).scaleb(-DIGITS[currency])


@pytest.mark.parametrize("currency", ["", "ZZZ", "usd", "XAU", "XTS", "XXX", "US", "USDX"])
def test_what_is_no_currency_with_minor_units_is_refused(currency: str) -> None:
    for use in (lambda: quantum(currency), lambda: quantise(Decimal(1), currency), lambda: fits(Decimal(1), currency)):
        with pytest.raises(UnknownCurrency, match="not a currency"):
            use()


@given(amounts, currencies)
def test_rounding_is_to_the_nearest_minor_unit_and_halves_go_away_from_zero(amount: Decimal, currency: str) -> None:
    units = Fraction(amount) * 10 ** DIGITS[currency]
    whole = int(abs(units) + Fraction(1, 2)) * (1 if units >= 0 else -1)
    assert Fraction(quantise(amount, currency)) == Fraction(whole, 10 ** DIGITS[currency])


@given(amounts, currencies)
def test_a_rounded_amount_fits_and_stays_as_it_is(amount: Decimal, currency: str) -> None:
    rounded = quantise(amount, currency)
    assert fits(rounded, currency)
    assert quantise(rounded, currency) == rounded
    assert quantise(-amount, currency) == -rounded
    assert fits(amount, currency) == (amount == rounded)


@pytest.mark.parametrize(
    ("amount", "rounded"),
    [
        ("0.005", "0.01"),
        ("-0.005", "-0.01"),
        ("0.004999", "0.00"),
        ("2.675", "2.68"),
        ("12345678901.235", "12345678901.24"),
    ],
)
def test_half_cents(amount: str, rounded: str) -> None:
    assert str(quantise(Decimal(amount), "USD")) == rounded
    assert not fits(Decimal(amount), "USD")


def test_trailing_zeros_fit() -> None:
    assert fits(Decimal("1.5000"), "USD")
    assert fits(Decimal("100.00"), "JPY")
    assert not fits(Decimal("100.01"), "JPY")
