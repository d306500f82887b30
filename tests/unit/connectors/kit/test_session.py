"""What a session makes of answers, of silence and of nonsense."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import httpx2
import pytest
import structlog
from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.context import Call, Context
from ml_connector.connectors.kit.session import Session, Timeouts
from ml_connector.connectors.kit.transport import Rate


def opened(context: Context, reply: Any, **rules: Any) -> Session:
    transport = reply if isinstance(reply, httpx2.BaseTransport) else httpx2.MockTransport(reply)
    return Session(
        context, "https://api.vendor.example/base/", None, connector="acme", scope="app", transport=transport, **rules
    )


def answering(*answers: httpx2.Response | Exception) -> Callable[[httpx2.Request], httpx2.Response]:
    """One after the other; the last one for ever."""
    left = list(answers)

    def reply(request: httpx2.Request) -> httpx2.Response:
        answer = left.pop(0) if len(left) > 1 else left[0]
        if isinstance(answer, Exception):
            raise answer
        return httpx2.Response(answer.status_code, headers=answer.headers, content=answer.content)

    return reply


def read(session: Session) -> Answer:
    return session.call("things.list", "GET", "/things", write=False)


def write(session: Session) -> Answer:
    return session.call("things.create", "POST", "/things", json={"amount": Decimal("1.10")}, write=True)


def test_untyped_money_keeps_every_digit(context: Context) -> None:
    session = opened(context, answering(httpx2.Response(200, content=b'{"a": 0.10, "b": 12345678901234567890.01}')))
    assert read(session).decode(dict[str, Any]) == {"a": Decimal("0.10"), "b": Decimal("12345678901234567890.01")}


@pytest.mark.parametrize(("decimals", "sent"), [("string", b'{"amount":"1.10"}'), ("number", b'{"amount":1.10}')])
def test_decimals_are_sent_as_the_vendor_wants_them(context: Context, decimals: str, sent: bytes) -> None:
    bodies: list[bytes] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        bodies.append(request.content)
        return httpx2.Response(201, json={})

    write(opened(context, reply, decimals=decimals))
    assert bodies == [sent]


def test_address_parameters_and_headers_reach_the_vendor(context: Context) -> None:
    seen: list[httpx2.Request] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        seen.append(request)
        return httpx2.Response(200, json=[])

    session = opened(context, reply, headers={"Company": "9"})
    session.call("things.list", "GET", "/things", params=[("id[]", "1"), ("id[]", "2")], write=False)
    assert str(seen[0].url) == "https://api.vendor.example/base/things?id%5B%5D=1&id%5B%5D=2"
    assert seen[0].headers["company"] == "9"


NOT_SENT = [httpx2.ConnectError("refused"), httpx2.ConnectTimeout("slow"), httpx2.PoolTimeout("busy")]
LOST = [
    httpx2.ReadTimeout("slow"),
    httpx2.ReadError("reset"),
    httpx2.RemoteProtocolError("cut"),
    httpx2.WriteError("x"),
]


@pytest.mark.parametrize("problem", NOT_SENT)
def test_a_write_that_was_never_sent_may_be_sent_again(context: Context, problem: Exception) -> None:
    with pytest.raises(errors.TryLater, match=r"api\.vendor\.example is unreachable"):
        write(opened(context, answering(problem)))


@pytest.mark.parametrize("problem", LOST)
def test_a_lost_answer_to_a_write_is_never_resent(context: Context, problem: Exception, calls: list[Call]) -> None:
    with pytest.raises(errors.AnswerLost, match="looked up before anything is sent again"):
        write(opened(context, answering(problem)))
    assert [call.status for call in calls] == [None]


@pytest.mark.parametrize("status", [500, 502, 503, 504, 408, 302])
def test_a_failing_vendor_may_have_done_the_write(context: Context, status: int, calls: list[Call]) -> None:
    answer = httpx2.Response(status, html="<html>Bad gateway</html>", headers={"Retry-After": "5"})
    with pytest.raises(errors.AnswerLost):
        write(opened(context, answering(answer)))
    assert len(calls) == 1


@pytest.mark.parametrize("body", [b'[{"id": 1}, {"id', b'{"id": 5', b'{"a": "x'])
def test_a_cut_answer_to_a_write_is_a_lost_answer(context: Context, body: bytes) -> None:
    with pytest.raises(errors.AnswerLost, match="cut off"):
        write(opened(context, answering(httpx2.Response(201, content=body))))


def test_an_html_page_for_a_write_is_a_lost_answer(context: Context) -> None:
    with pytest.raises(errors.AnswerLost, match="HTML"):
        write(opened(context, answering(httpx2.Response(200, html="<html>Sign in</html>"))))


def test_an_empty_answer_to_a_write_is_whole(context: Context) -> None:
    assert write(opened(context, answering(httpx2.Response(204)))).status == 204


class Thing(Struct):
    id: int


def test_a_write_whose_answer_does_not_fit_is_a_lost_answer(context: Context) -> None:
    answer = write(opened(context, answering(httpx2.Response(201, json={"id": "x"}))))
    with pytest.raises(errors.AnswerLost, match=r"Expected `int`"):
        answer.decode(Thing)


@pytest.mark.parametrize(
    "hiccup", [httpx2.RemoteProtocolError("cut"), httpx2.Response(502), httpx2.Response(200, content=b"[1")]
)
def test_a_read_survives_a_hiccup(context: Context, hiccup: httpx2.Response | Exception) -> None:
    assert read(opened(context, answering(hiccup, httpx2.Response(200, json=[])))).decode(list[Thing]) == []


@pytest.mark.parametrize(
    "trouble", [httpx2.ReadError("reset"), httpx2.Response(503), httpx2.Response(200, content=b"[1")]
)
def test_a_read_gives_up_within_two_seconds(
    context: Context, clock: Any, calls: list[Call], trouble: httpx2.Response | Exception
) -> None:
    with pytest.raises(errors.TryLater):
        read(opened(context, answering(trouble)))
    assert len(calls) == 3
    assert sum(clock.slept) <= 2


def test_a_slow_read_is_not_repeated_at_once(context: Context, calls: list[Call]) -> None:
    with pytest.raises(errors.TryLater, match="in time"):
        read(opened(context, answering(httpx2.ReadTimeout("slow"))))
    assert len(calls) == 1


def test_a_vendor_that_names_its_wait_is_not_asked_before(context: Context, calls: list[Call]) -> None:
    with pytest.raises(errors.TryLater) as caught:
        read(opened(context, answering(httpx2.Response(503, headers={"Retry-After": "120"}))))
    assert caught.value.after == timedelta(seconds=120)
    assert len(calls) == 1


def test_a_web_page_for_a_read_is_unreadable_and_says_so(context: Context) -> None:
    answer = read(opened(context, answering(httpx2.Response(200, html="<html>Sign in, password=hunter2"))))
    with pytest.raises(errors.Unreadable, match="is an HTML page") as caught:
        answer.decode(list[Thing])
    assert "Sign in" in caught.value.message
    assert "hunter2" not in caught.value.message


def test_a_redirection_is_never_followed(context: Context, calls: list[Call]) -> None:
    with pytest.raises(errors.Unreadable, match="redirection"):
        read(opened(context, answering(httpx2.Response(302, headers={"Location": "https://elsewhere.example/"}))))
    assert len(calls) == 1


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, errors.Refusal),
        (401, errors.BadCredentials),
        (403, errors.NotPermitted),
        (404, errors.NotFound),
        (409, errors.Refusal),
        (412, errors.Refusal),
        (422, errors.Refusal),
    ],
)
def test_a_refusal_carries_the_vendors_words(context: Context, status: int, kind: type[errors.VendorError]) -> None:
    body = {"errors": {"vendor_id": ["must exist"], "lines": [{"amount": ["is too long"]}]}, "message": "Invalid"}
    with pytest.raises(kind) as caught:
        write(opened(context, answering(httpx2.Response(status, json=body))))
    assert "Invalid; vendor_id: must exist; lines.amount: is too long" in caught.value.message
    assert caught.value.status == status
    assert caught.value.operation == "things.create"


def test_the_vendors_own_rule_comes_first(context: Context) -> None:
    def classify(answer: Answer) -> errors.VendorError | None:
        return errors.Refusal("the form is not set up", status=answer.status) if answer.status == 500 else None

    with pytest.raises(errors.Refusal, match="not set up"):
        write(opened(context, answering(httpx2.Response(500, json={})), classify=classify))


def rates(headers: Any) -> Rate | None:
    return (
        Rate(remaining=int(headers["left"]), resets=datetime.fromisoformat(headers["reset"]))
        if "left" in headers
        else None
    )


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"Retry-After": "17"}, 17),
        ({"Retry-After": "Sat, 31 Jan 2026 12:01:00 GMT"}, 60),
        ({"left": "0", "reset": "2026-01-31T12:00:40+00:00", "Retry-After": "17"}, 40),
        ({"left": "0", "reset": "2026-01-31T12:00:05+00:00", "Retry-After": "17"}, 17),
        ({"Retry-After": "soon"}, 10),
        ({}, 10),
    ],
)
def test_a_limit_is_waited_out_as_long_as_the_vendor_says(
    context: Context, budget: Any, headers: dict[str, str], seconds: int
) -> None:
    with pytest.raises(errors.RateLimited) as caught:
        write(opened(context, answering(httpx2.Response(429, headers=headers)), rates=rates))
    assert caught.value.after == timedelta(seconds=seconds)
    assert budget.waits == [timedelta(seconds=seconds)]


def test_every_call_is_counted_and_the_vendors_count_is_passed_on(context: Context, budget: Any) -> None:
    headers = {"left": "7", "reset": "2026-01-31T12:00:40+00:00"}
    read(opened(context, answering(httpx2.Response(502), httpx2.Response(200, headers=headers, json=[])), rates=rates))
    assert budget.taken == ["app", "app"]
    assert budget.seen == [(7, datetime(2026, 1, 31, 12, 0, 40, tzinfo=UTC))]


def test_nothing_is_sent_when_the_budget_is_used_up(context: Context, budget: Any, calls: list[Call]) -> None:
    budget.refusal = errors.RateLimited("wait", after=timedelta(seconds=3))
    with pytest.raises(errors.RateLimited):
        write(opened(context, answering(httpx2.Response(200, json={}))))
    assert calls == []


def test_a_write_is_not_sent_after_its_time(context: Context, clock: Any) -> None:
    sent: list[httpx2.Request] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        sent.append(request)
        return httpx2.Response(200, json={})

    session = opened(context, reply)
    context.send_by = clock.now() + timedelta(seconds=30)
    write(session)
    clock.advance(31)
    with pytest.raises(errors.TryLater, match="not sent"):
        write(session)
    read(session)
    assert [request.method for request in sent] == ["POST", "GET"]


def test_calls_are_reported_without_query_and_logged_without_address(context: Context, calls: list[Call]) -> None:
    session = opened(context, answering(httpx2.Response(200, headers={"X-Request-Id": "r-1"}, json=[])))
    with structlog.testing.capture_logs() as logs:
        session.call("things.list", "GET", "/things", params={"token": "s3cret"}, write=False)
    assert [(call.operation, call.method, call.path, call.status, call.request_id) for call in calls] == [
        ("things.list", "GET", "/base/things", 200, "r-1")
    ]
    assert [sorted(log) for log in logs] == [["event", "log_level", "operation", "seconds", "status"]]


def test_a_cookie_of_the_vendor_is_not_kept(context: Context) -> None:
    seen: list[str | None] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        seen.append(request.headers.get("cookie"))
        return httpx2.Response(200, headers={"Set-Cookie": "session=abc; Path=/"}, json=[])

    session = opened(context, reply)
    read(session)
    read(session)
    assert seen == [None, None]


def test_an_address_given_by_the_vendor_stays_at_the_vendor(context: Context) -> None:
    session = opened(context, answering(httpx2.Response(200)))
    assert session.path_of("https://api.vendor.example/base/jobs/1?x=2") == "/jobs/1?x=2"
    assert session.path_of("/base/jobs/1") == "/jobs/1"
    for foreign in ("https://evil.example/base/jobs/1", "http://api.vendor.example/base/jobs/1", "/other/jobs/1"):
        with pytest.raises(errors.BadConfiguration):
            session.path_of(foreign)


def test_a_header_that_cannot_be_sent_does_not_show_its_secret(context: Context) -> None:
    problem = httpx2.LocalProtocolError("Illegal header value b'Bearer s3cret\\n'")
    with pytest.raises(errors.BadConfiguration) as caught:
        write(opened(context, answering(problem)))
    assert "s3cret" not in caught.value.message


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """A real server for one connection: reads the request, then does as told."""
    listener = socket.create_server(("127.0.0.1", 0))

    def run() -> None:
        connection, _ = listener.accept()
        with closing(connection):
            connection.recv(65536)
            behave(connection)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        thread.join(5)
        listener.close()


def cut_before_the_answer(connection: socket.socket) -> None:
    connection.shutdown(socket.SHUT_RDWR)


def cut_within_the_answer(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Type: application/json\r\nContent-Length: 500\r\n\r\n[1,2,3]")


def trickle(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 201 Created\r\nContent-Length: 100000\r\n\r\n")
    try:
        for _ in range(200):
            connection.sendall(b"x")
            threading.Event().wait(0.02)
    except OSError:
        return


@pytest.mark.parametrize("behave", [cut_before_the_answer, cut_within_the_answer, trickle])
def test_on_a_real_socket_a_broken_answer_to_a_write_is_lost(
    context: Context, behave: Callable[[socket.socket], None]
) -> None:
    with server(behave) as url:
        session = Session(context, url, None, connector="acme", scope="app", timeouts=Timeouts(write=0.2))
        with session, pytest.raises(errors.AnswerLost):
            write(session)


def test_on_a_real_socket_a_refused_connection_means_nothing_was_sent(context: Context) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    session = Session(context, f"http://127.0.0.1:{port}", None, connector="acme", scope="app")
    with session, pytest.raises(errors.TryLater, match="unreachable"):
        write(session)


def test_the_fault_points_stand_right_before_and_right_after_the_exchange(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    happened: list[str] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        happened.append("sent")
        return httpx2.Response(200, json=[])

    monkeypatch.setattr("ml_connector.points.reach", happened.append)
    read(opened(context, reply))
    assert happened == ["call.acme.things.list.before", "sent", "call.acme.things.list.after"]
