"""Tokens: fetched in time, by one at a time, and renewed once when they are refused."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import httpx2
import pytest

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.auth import Login, OAuth2, RenewableLogin, TokenEndpoint
from ml_connector.connectors.kit.context import Context, MemoryTokens, Token
from ml_connector.connectors.kit.session import Session


class TokenServer:
    """Gives numbered tokens that live `life` seconds; `valid` says which ones the API takes."""

    def __init__(self) -> None:
        self.life = 5400
        self.forms: list[dict[str, str]] = []
        self.answers: list[httpx2.Response | Exception] = []
        self.refused: set[str] = set()
        self.used: list[str] = []
        self.transport = httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/token":
            self.forms.append({key: values[0] for key, values in parse_qs(request.content.decode()).items()})
            if self.answers:
                answer = self.answers.pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer
            number = len(self.forms)
            body = {"access_token": f"t{number}", "expires_in": self.life, "refresh_token": f"r{number}"}
            return httpx2.Response(200, json=body)
        token = request.headers["authorization"].removeprefix("Bearer ")
        self.used.append(token)
        return httpx2.Response(401 if token in self.refused else 200, json={})


@pytest.fixture
def tokens() -> TokenServer:
    return TokenServer()


def endpoint(context: Context, tokens: TokenServer, repeatable: bool = True) -> TokenEndpoint:
    return TokenEndpoint(
        context,
        "https://login.example",
        "/token",
        connector="acme",
        scope="app",
        repeatable=repeatable,
        transport=tokens.transport,
    )


def opened(context: Context, tokens: TokenServer) -> Session:
    login = Login(endpoint(context, tokens), {"grant_type": "client_credentials", "client_secret": "s3cret"})
    return session_with(context, tokens, OAuth2(context, login))


def session_with(context: Context, tokens: TokenServer, auth: OAuth2) -> Session:
    return Session(context, "https://api.example", auth, connector="acme", scope="app", transport=tokens.transport)


def write(session: Session) -> None:
    session.call("things.create", "POST", "/things", json={}, write=True)


def test_one_token_serves_many_calls_and_many_sessions(context: Context, tokens: TokenServer) -> None:
    write(opened(context, tokens))
    write(opened(context, tokens))
    assert tokens.used == ["t1", "t1"]


def test_a_token_is_renewed_before_it_expires(context: Context, tokens: TokenServer, clock: Any) -> None:
    session = opened(context, tokens)
    write(session)
    clock.advance(5400 * 0.9 - 1)
    write(session)
    clock.advance(2)
    write(session)
    assert tokens.used == ["t1", "t1", "t2"]


def test_a_short_lived_token_is_used_more_than_once(context: Context, tokens: TokenServer, clock: Any) -> None:
    tokens.life = 20
    session = opened(context, tokens)
    for _ in range(3):
        write(session)
        clock.advance(4)
    write(session)
    assert tokens.used == ["t1", "t1", "t1", "t2"]


def test_a_token_of_unknown_age_is_renewed_a_minute_before(context: Context, tokens: TokenServer, clock: Any) -> None:
    context.tokens.save(Token(access="old", expires=clock.now() + timedelta(seconds=61)))
    session = opened(context, tokens)
    write(session)
    clock.advance(1)
    write(session)
    assert tokens.used == ["old", "t1"]


def test_a_refused_token_is_replaced_once_and_the_write_repeated(context: Context, tokens: TokenServer) -> None:
    tokens.refused = {"t1"}
    write(opened(context, tokens))
    assert tokens.used == ["t1", "t2"]
    stored = context.tokens.read()
    assert stored is not None
    assert stored.access == "t2"


def test_a_second_refusal_ends_in_bad_credentials_and_forgets_the_token(context: Context, tokens: TokenServer) -> None:
    tokens.refused = {"t1", "t2"}
    with pytest.raises(errors.BadCredentials, match="also after one renewal"):
        write(opened(context, tokens))
    assert tokens.used == ["t1", "t2"]
    assert context.tokens.read() is None


def test_a_token_that_another_process_has_just_renewed_is_used(
    context: Context, tokens: TokenServer, clock: Any
) -> None:
    other = Token(access="theirs", expires=clock.now() + timedelta(hours=1))

    class Shared(MemoryTokens):
        @contextmanager
        def exclusive(self) -> Iterator[Token | None]:
            self.save(other)
            yield other

    context.tokens = Shared()
    context.tokens.save(Token(access="t0", expires=clock.now() + timedelta(hours=1)))
    tokens.refused = {"t0"}
    write(opened(context, tokens))
    assert tokens.used == ["t0", "theirs"]
    assert tokens.forms == []


def test_many_threads_cause_one_login(context: Context, tokens: TokenServer) -> None:
    class Locked(MemoryTokens):
        def __init__(self) -> None:
            super().__init__()
            self._lock = threading.Lock()

        @contextmanager
        def exclusive(self) -> Iterator[Token | None]:
            with self._lock:
                yield self.read()

    context.tokens = Locked()
    session = opened(context, tokens)
    threads = [threading.Thread(target=write, args=(session,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(tokens.forms) == 1
    assert tokens.used == ["t1"] * 8


@pytest.mark.parametrize("status", [400, 401, 403])
def test_a_refused_login_says_what_to_check_and_no_secret(context: Context, tokens: TokenServer, status: int) -> None:
    body = {"error": "invalid_client", "error_description": "Unknown client", "client_secret": "s3cret"}
    tokens.answers = [httpx2.Response(status, json=body)]
    with pytest.raises(errors.BadCredentials, match="Unknown client; invalid_client") as caught:
        write(opened(context, tokens))
    assert "s3cret" not in caught.value.message
    assert tokens.used == []


@pytest.mark.parametrize("trouble", [httpx2.Response(503), httpx2.ReadTimeout("x"), httpx2.ConnectError("x")])
def test_a_login_that_is_down_is_tried_later(
    context: Context, tokens: TokenServer, trouble: httpx2.Response | Exception
) -> None:
    tokens.answers = [trouble] * 3
    with pytest.raises(errors.TryLater):
        write(opened(context, tokens))


def test_a_login_that_must_not_be_repeated_is_sent_once(context: Context, tokens: TokenServer) -> None:
    tokens.answers = [httpx2.Response(502)] * 3
    auth = OAuth2(context, Login(endpoint(context, tokens, repeatable=False), {"grant_type": "password"}))
    with pytest.raises(errors.TryLater):
        write(session_with(context, tokens, auth))
    assert len(tokens.forms) == 1


@pytest.mark.parametrize("answer", [httpx2.Response(404), httpx2.Response(302), httpx2.Response(200, html="<html>")])
def test_an_address_that_gives_no_tokens_is_named(
    context: Context, tokens: TokenServer, answer: httpx2.Response
) -> None:
    tokens.answers = [answer]
    with pytest.raises(errors.BadConfiguration, match=r"https://login\.example/token"):
        write(opened(context, tokens))


def renewable(context: Context, tokens: TokenServer) -> Session:
    login = RenewableLogin(
        endpoint(context, tokens, repeatable=False),
        {"grant_type": "password", "username": "u", "password": "p"},
        {"client_id": "c", "client_secret": "s3cret"},
    )
    return session_with(context, tokens, OAuth2(context, login))


def test_a_refresh_token_is_used_once_and_its_successor_kept(context: Context, tokens: TokenServer, clock: Any) -> None:
    session = renewable(context, tokens)
    for _ in range(3):
        write(session)
        clock.advance(5300)
    assert [form.get("refresh_token") for form in tokens.forms] == [None, "r1", "r2"]
    assert all(form["client_id"] == "c" for form in tokens.forms)


@pytest.mark.parametrize(
    "trouble", [httpx2.ReadTimeout("lost"), httpx2.Response(502), httpx2.Response(400, json={"error": "invalid_grant"})]
)
def test_a_lost_or_refused_refresh_falls_back_to_the_login(
    context: Context, tokens: TokenServer, clock: Any, trouble: httpx2.Response | Exception
) -> None:
    session = renewable(context, tokens)
    write(session)
    clock.advance(5300)
    tokens.answers = [trouble]
    write(session)
    assert [form["grant_type"] for form in tokens.forms] == ["password", "refresh_token", "password"]
    assert tokens.used == ["t1", "t3"]


def test_a_refresh_that_was_never_sent_keeps_the_refresh_token(
    context: Context, tokens: TokenServer, clock: Any
) -> None:
    session = renewable(context, tokens)
    write(session)
    clock.advance(5300)
    tokens.answers = [httpx2.ConnectError("refused")]
    with pytest.raises(errors.TryLater):
        write(session)
    write(session)
    assert [form.get("refresh_token") for form in tokens.forms] == [None, "r1", "r1"]


def test_a_token_is_never_printed(clock: Any) -> None:
    assert "s3cret" not in repr(Token(access="s3cret", refresh="s3cret", expires=clock.now()))
