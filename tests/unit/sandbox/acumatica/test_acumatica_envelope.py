"""The value envelope, the contract's tables and the store, without HTTP."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from ml_connector.sandbox.acumatica import envelope, push
from ml_connector.sandbox.acumatica.access.limits import Declined, Figures, Limits
from ml_connector.sandbox.acumatica.access.sessions import LoginLimit, Sessions
from ml_connector.sandbox.acumatica.books import mark
from ml_connector.sandbox.acumatica.contract import FORMS, kinds
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.errors import Fault
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.store import Store
from ml_connector.sandbox.kit import wire

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def read(body: Any, kind: str = "Bill") -> envelope.Change:
    return envelope.read_change(wire.decode(json.dumps(body).encode()), kinds()[kind], kinds())


def test_decimals_keep_their_digits_both_ways() -> None:
    change = read({"Amount": {"value": 0.1}})
    assert change.values["Amount"] == Decimal("0.1")
    assert wire.encode(envelope.show_value(Decimal("1250.50"))) == b"1250.50"
    assert wire.encode(envelope.show_value(Decimal(0))) == b"0.0"


@pytest.mark.parametrize(
    ("moment", "shown"),
    [
        (date(2026, 1, 31), "2026-01-31T00:00:00+00:00"),
        (NOW, "2026-01-31T12:00:00+00:00"),
        (NOW + timedelta(milliseconds=250), "2026-01-31T12:00:00.25+00:00"),
    ],
)
def test_times_are_shown_as_the_vendor_does(moment: date, shown: str) -> None:
    assert envelope.show_value(moment) == shown


def test_empty_values_and_unknown_members_set_nothing() -> None:
    change = read({"Vendor": {}, "VendorRef": None, "Nothing": 5, "rowNumber": 1, "_links": {}})
    assert change.values == {}


def test_an_explicit_null_empties_a_field() -> None:
    assert read({"Vendor": {"value": None}}).values == {"Vendor": None}


@pytest.mark.parametrize(
    ("body", "place"),
    [
        ({"Vendor": "V1"}, "entity.Vendor"),
        ({"Details": [{"Account": "1"}]}, "entity.Details[0].Account"),
        ({"Amount": {"value": "many"}}, "entity.Amount"),
        ({"Amount": {"value": True}}, "entity.Amount"),
        ({"Date": {"value": "yesterday"}}, "entity.Date"),
        ({"custom": {"Document": {"UsrX": "bare"}}}, "entity.custom.Document.UsrX"),
        ({"id": 5}, "entity.id"),
    ],
)
def test_malformed_bodies_name_the_place(body: Any, place: str) -> None:
    with pytest.raises(Fault) as caught:
        read(body)
    assert caught.value.status == 400
    assert place in (caught.value.model_state or {})


def test_every_form_has_its_keys_and_every_listed_action_its_rule() -> None:
    for entity, form in FORMS.items():
        kind = kinds()[entity]
        assert set(form.keys) <= kind.fields.keys()
        assert set(kind.actions) == set(RULES[entity].actions)


def test_versions_differ_where_the_vendor_says_so() -> None:
    assert "ReleaseRetainage" not in kinds(22)["Bill"].actions
    assert "LCType" in kinds(24)["BillDetail"].fields
    assert "LCType" not in kinds(23)["BillDetail"].fields
    assert "RetainageDocuments" in kinds(25)["Bill"].details
    assert "RetainageDocuments" not in kinds(24)["Bill"].details
    assert kinds(22)["Subcontract"].actions == ()
    assert kinds(22)["Vendor"].fields == kinds(24)["Vendor"].fields


def test_the_store_keeps_key_order_and_tells_changes_once() -> None:
    store = Store(lambda: NOW)
    rows = [store.add(Row("CostCode", {"CostCodeID": code})) for code in ("03-300", "01-100", "02-200")]
    assert [row["CostCodeID"] for row in store["CostCode"]] == ["01-100", "02-200", "03-300"]
    assert store["CostCode"].find("03-300 ") is rows[0]
    store.rename(rows[1], "CostCodeID", "09-900")
    store.drop(rows[2])
    assert [row["CostCodeID"] for row in store["CostCode"]] == ["03-300", "09-900"]
    assert [(row["CostCodeID"], exists) for row, exists in store.changes()] == [
        ("03-300", True),
        ("09-900", True),
        ("02-200", False),
    ]
    assert store.changes() == []
    with pytest.raises(ValueError, match="exists already"):
        store.add(Row("CostCode", {"CostCodeID": "03-300"}))


def figures(**changes: Any) -> Figures:
    known = {"concurrent_requests": 6, "requests_per_minute": 50, "request_ms": 0, "queue_length": 20}
    return Figures(**(known | {"queue_seconds": 600, "hard_limit": False} | changes))


def test_the_delay_is_the_one_of_the_vendors_example() -> None:
    limits = Limits()
    first = NOW.replace(second=20)
    for _ in range(25):
        assert limits.wait(first, figures()) == 0
    assert limits.wait(NOW + timedelta(seconds=60), figures()) == pytest.approx(0.8)


def test_fifty_at_once_on_sixteen_places() -> None:
    limits, taken, declined = Limits(), 0, 0
    for _ in range(50):
        try:
            limits.wait(NOW, figures(concurrent_requests=16, request_ms=1000, requests_per_minute=10_000))
            taken += 1
        except Declined:
            declined += 1
    assert (taken, declined) == (36, 14)


def test_a_wait_above_ten_minutes_is_declined() -> None:
    limits = Limits()
    slow = figures(concurrent_requests=1, request_ms=400_000, requests_per_minute=10_000)
    assert limits.wait(NOW, slow) == 400
    assert limits.wait(NOW, slow) == 800
    with pytest.raises(Declined, match="too long"):
        limits.wait(NOW, slow)


def test_sessions_end_by_time_or_idleness() -> None:
    sessions = Sessions()
    token = sessions.open(user="u", tenant="t", branch="b", now=NOW, ends=NOW + timedelta(hours=1), limit=2)
    cookie = sessions.open(user="u", tenant="t", branch="b", now=NOW, ends=None, limit=2)
    with pytest.raises(LoginLimit):
        sessions.open(user="u", tenant="t", branch="b", now=NOW, ends=None, limit=2)
    sessions.sweep(NOW + timedelta(seconds=601), 600)
    assert sessions.get(cookie.id) is None
    assert sessions.get(token.id) is token
    sessions.sweep(NOW + timedelta(hours=1), 600)
    assert sessions.get(token.id) is None


def test_ticks_are_those_of_the_vendors_sample() -> None:
    assert push.ticks(datetime(2026, 4, 20, 7, 16, 22, 949367, tzinfo=UTC)) == 639_122_661_829_493_670


@pytest.mark.parametrize(
    ("description", "found"),
    [
        ("ML-abc-1-bill: Pay app 3", "ML-abc-1-bill"),
        ("ML-abc-1-bill Pay app 3", ""),
        ("Note: ML-abc", ""),
        ("", ""),
    ],
)
def test_our_mark_stands_before_the_first_colon(description: str, found: str) -> None:
    assert mark(description) == found
