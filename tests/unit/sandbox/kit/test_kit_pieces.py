"""The kit's small parts: JSON with decimals, forms, routes, windows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Call
from ml_connector.sandbox.kit.routes import NoSuchMethod, NoSuchPath, Routes
from ml_connector.sandbox.kit.windows import Window


def call(method: str, path: str, query: str = "", headers: dict[str, str] | None = None) -> Call:
    return Call(method=method, path=path, query_string=query, headers=headers or {}, body=b"", listener="", url="")


@pytest.mark.parametrize("text", ["0.10", "12345678901234567890.12", "1e-7", "300"])
def test_numbers_survive_a_round_trip(text: str) -> None:
    decoded = wire.decode(text.encode())
    assert not isinstance(decoded, float)
    assert Decimal(str(wire.encode(decoded), "ascii")) == Decimal(text)


def test_decimals_as_text_on_request() -> None:
    assert wire.encode([Decimal("1.50")], decimals_as_text=True) == b'["1.50"]'
    assert wire.plain(Decimal("1E+3")) == "1000"


def test_both_form_encodings_give_the_same_fields() -> None:
    boundary = "xx"
    multipart = (
        f'--{boundary}\r\nContent-Disposition: form-data; name="a[b]"\r\n\r\nä\r\n'
        f'--{boundary}\r\nContent-Disposition: form-data; name="c"\r\n\r\n\r\n--{boundary}--\r\n'
    ).encode()
    expected = [("a[b]", "ä"), ("c", "")]
    assert wire.form_fields("application/x-www-form-urlencoded", b"a%5Bb%5D=%C3%A4&c=") == expected
    assert wire.form_fields(f"multipart/form-data; boundary={boundary}", multipart) == expected


def test_routes_prefer_the_earlier_pattern_and_name_what_matched() -> None:
    routes: Routes[type] = Routes()
    routes.add("GET", "/v/sync", int)
    routes.add("GET", "/v/{id:int}", str)
    routes.add("PATCH", "/v/{id:int}", float)
    routes.add("GET", "/w/{name}/x", list)
    asked = call("GET", "/v/17/")
    assert routes.find(asked) == (str, {"id": "17"})
    assert asked.pattern == "/v/{id}"
    assert routes.find(call("GET", "/v/sync"))[0] is int
    assert routes.find(call("GET", "/w/a.b/x")) == (list, {"name": "a.b"})
    with pytest.raises(NoSuchPath):
        routes.find(call("GET", "/v/abc"))
    with pytest.raises(NoSuchMethod) as refused:
        routes.find(call("DELETE", "/v/17"))
    assert refused.value.allowed == ["GET", "PATCH"]


def test_window_forgets_calls_as_they_age() -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    window = Window(10)
    for second in (0, 4, 8):
        window.take(start + timedelta(seconds=second))
    now = start + timedelta(seconds=9)
    assert (window.used(now), window.frees_at(now)) == (3, start + timedelta(seconds=10))
    assert window.used(start + timedelta(seconds=14)) == 1
    assert window.used(start + timedelta(seconds=30)) == 0


def test_call_reads_query_and_credentials() -> None:
    asked = call("GET", "/x", "a=1&a=2&b=&f%5Bx%5D=y", {"authorization": "Basic dTpwOnE="})
    assert (asked.param("a"), asked.param("b"), asked.param("f[x]"), asked.param("z")) == ("2", "", "y", None)
    assert (asked.basic, asked.bearer) == (("u", "p:q"), None)
    assert call("GET", "/", headers={"authorization": "bearer t"}).bearer == "t"
    assert call("GET", "/", headers={"authorization": "Basic ???"}).basic is None
