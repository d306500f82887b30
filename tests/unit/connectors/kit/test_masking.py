"""Secrets and bank details do not come through, whatever they are wrapped in."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ml_connector.connectors.kit import masking


@pytest.mark.parametrize(
    "sent",
    [
        b'{"client_secret": "s3cret", "grant_type": "password"}',
        b'{"a": [{"Password": "s3cret"}, {"iban": "s3cret"}], "b": {"accountNumber": "s3cret"}}',
        b'{"access_token": "s3cret", "refreshToken": "s3cret"}',
        b'{"Authorization": "Bearer s3cret-token"}',
        b'{"message": "bad header Authorization: Bearer s3cret-token"}',
        b"grant_type=password&password=s3cret&client_secret=s3cret",
        b'{"client_secret": "s3cret", "cut": ',
        b'<input name="x"> password: s3cret </input>',
        b'{"BankAccount": {"number": "s3cret"}}',
    ],
)
def test_no_secret_comes_through(sent: bytes) -> None:
    shown = masking.body(sent)
    assert "s3cret" not in shown
    assert masking.HIDDEN in shown


def test_what_is_no_secret_stays_exact() -> None:
    sent = b'{"amount":10.10,"account":"2010","account_id":7,"number":"FB-1","token_type":"bearer"}'
    assert masking.body(sent) == sent.decode()


def test_an_empty_secret_is_shown_as_empty() -> None:
    assert masking.value({"password": "", "iban": None}) == {"password": "", "iban": None}


def test_long_bodies_are_cut() -> None:
    assert len(masking.body(b"x" * 1000, 100)) < 110


@given(st.binary(max_size=200))
def test_any_bytes_can_be_shown(sent: bytes) -> None:
    assert isinstance(masking.body(sent), str)


def test_decimals_survive_the_copy() -> None:
    assert masking.value([Decimal("1.10")]) == [Decimal("1.10")]
