"""OAuth2 and other token logins over a token row that all processes share."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from datetime import datetime, timedelta
from typing import Final, Protocol

import httpx2
from msgspec import Struct

from ml_connector import points
from ml_connector.connectors.kit import classify, errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.classify import Classify
from ml_connector.connectors.kit.context import Context, Token
from ml_connector.connectors.kit.session import Session, Timeouts

_MARGIN: Final = timedelta(seconds=60)


class Grant(Protocol):
    """How a token is got from the vendor; given by the connector."""

    def fetch(self, old: Token | None) -> Token:
        """A new token; `old` is the one to renew, if any. Raises BadCredentials, TryLater or AnswerLost."""


def bearer(request: httpx2.Request, token: Token) -> None:
    """Put the token where OAuth2 wants it."""
    request.headers["Authorization"] = f"Bearer {token.access}"


class OAuth2(httpx2.Auth):
    """Puts a valid token on every call; renews it before it expires, and once when the vendor answers 401.

    A 401 means that the call was not processed, so it is repeated once with a new token, writes too. Renewal is
    single flight over all processes (`TokenStore.exclusive`). `place` puts the token on a request (a cookie, for
    example), `refused` tells that an answer refuses the token, `given_up` ends what a token stands for at the vendor
    when it was refused as soon as it was granted.
    """

    def __init__(
        self,
        context: Context,
        grant: Grant,
        *,
        place: Callable[[httpx2.Request, Token], None] = bearer,
        refused: Callable[[httpx2.Response], bool] = lambda answer: answer.status_code == 401,
        given_up: Callable[[Token], None] = lambda token: None,
    ) -> None:
        self._context = context
        self._tokens = context.tokens
        self._clock = context.clock
        self._grant = grant
        self._place = place
        self._refused = refused
        self._given_up = given_up

    def sync_auth_flow(self, request: httpx2.Request) -> Generator[httpx2.Request, httpx2.Response, None]:
        token = self.token()
        self._place(request, token)
        answer = yield request
        if not self._refused(answer):
            return
        token = self._renewed(token)
        self._place(request, token)
        answer = yield request
        if self._refused(answer):
            self._forget(token)

    def token(self) -> Token:
        """A token that is good for a while yet; fetched when there is none."""
        token = self._tokens.read()
        if token is not None and not self._is_due(token):
            return token
        return self._fetched(lambda stored: not self._is_due(stored))

    def _renewed(self, used: Token) -> Token:
        """Another token than the one that was just refused."""
        return self._fetched(lambda stored: stored.access != used.access and not self._is_due(stored))

    def _fetched(self, will_do: Callable[[Token], bool]) -> Token:
        """What another process has just stored, if it will do, else a new token."""
        try:
            with self._tokens.exclusive() as stored:
                if stored is not None and will_do(stored):
                    return stored
                token = self._grant.fetch(stored)
                self._tokens.save(token)
            self._stored()
            return token
        except errors.BadCredentials:
            self._tokens.drop()
            raise
        except errors.AnswerLost as lost:
            raise errors.TryLater(lost.message, operation=lost.operation, status=lost.status) from lost

    def _stored(self) -> None:
        """The new token is durable: only now are the calls that granted it over."""
        passed, self._context.unstored = self._context.unstored, []
        for point in passed:
            points.reach(point)

    def _forget(self, refused: Token) -> None:
        stored = self._tokens.read()
        if stored is not None and stored.access == refused.access:
            self._given_up(refused)
            self._tokens.drop()

    def _is_due(self, token: Token) -> bool:
        """Within 60 s or 10 % of its life of expiry; never more than half its life, for very short ones."""
        margin = _MARGIN
        if token.issued is not None:
            life = token.expires - token.issued
            margin = min(max(_MARGIN, life / 10), life / 2)
        return self._clock.now() >= token.expires - margin


class TokenEndpoint:
    """The vendor's token address. Logins go through a session of their own that is closed after each answer.

    `repeatable`: an extra login does no harm, so hiccups are repeated at once; without it a lost answer raises
    AnswerLost. `classify` reads the vendor's special answers (a login limit) before the usual rule that a 4xx
    means refused credentials. The connector lists `operation` among its operations.
    """

    def __init__(
        self,
        context: Context,
        base_url: str,
        path: str,
        *,
        connector: str,
        scope: str,
        repeatable: bool,
        classify: Classify = lambda answer: None,
        operation: str = "token.fetch",
        timeouts: Timeouts = Timeouts(read=20, write=20),  # noqa: B008 - frozen
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self._context = context
        self._base_url = base_url
        self._path = path
        self._connector = connector
        self._scope = scope
        self._repeatable = repeatable
        self._classify = classify
        self._operation = operation
        self._timeouts = timeouts
        self._transport = transport

    def ask(self, form: Mapping[str, str]) -> Token:
        """The token that the vendor gives for `form`. Raises BadCredentials, BadConfiguration, TryLater, AnswerLost."""
        asked = self._context.clock.now()
        with Session(
            self._context,
            self._base_url,
            None,
            connector=self._connector,
            scope=self._scope,
            timeouts=self._timeouts,
            classify=self._read_refusal,
            transport=self._transport,
        ) as session:
            answer = session.call(
                self._operation, "POST", self._path, form=form, write=not self._repeatable, grants=True
            )
            try:
                return answer.decode(_TokenAnswer).token(asked)
            except errors.Unreadable as problem:
                raise errors.BadConfiguration(
                    f"{self._base_url}{self._path} does not answer like a token address: check it ({problem.message})",
                    operation=self._operation,
                ) from problem

    def _read_refusal(self, answer: Answer) -> errors.VendorError | None:
        if (special := self._classify(answer)) is not None:
            return special
        if answer.status in (404, 405) or 300 <= answer.status < 400:
            return errors.BadConfiguration(
                f"{self._base_url}{self._path} is no token address (HTTP {answer.status}): check it",
                operation=answer.operation,
                status=answer.status,
            )
        if 400 <= answer.status < 500 and answer.status not in (408, 429):
            return errors.BadCredentials(
                f"{self._base_url} refused the login ({classify.words(answer)}): check client id, secret and user",
                operation=answer.operation,
                status=answer.status,
            )
        return None


class Login:
    """A grant that always logs in with the same form (client credentials)."""

    def __init__(self, endpoint: TokenEndpoint, form: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._form = form

    def fetch(self, old: Token | None) -> Token:
        return self._endpoint.ask(self._form)


class RenewableLogin:
    """A grant with refresh tokens that are used once: refreshes, and logs in anew when that fails.

    The answer to a refresh may be lost after the vendor has killed the old refresh token; then, and when the
    refresh token is refused, the `login` form is used. `client` holds what both forms share.
    """

    def __init__(self, endpoint: TokenEndpoint, login: Mapping[str, str], client: Mapping[str, str]) -> None:
        self._endpoint = endpoint
        self._login = login
        self._client = client

    def fetch(self, old: Token | None) -> Token:
        if old is not None and old.refresh:
            form = {"grant_type": "refresh_token", "refresh_token": old.refresh, **self._client}
            try:
                return self._endpoint.ask(form)
            except (errors.BadCredentials, errors.AnswerLost):
                pass  # the refresh token is dead either way: the login below is the way on
        return self._endpoint.ask({**self._login, **self._client})


class _TokenAnswer(Struct, frozen=True, kw_only=True):
    access_token: str
    expires_in: float = 3600
    refresh_token: str | None = None

    def __repr__(self) -> str:
        return f"_TokenAnswer(expires_in={self.expires_in})"

    def token(self, asked: datetime) -> Token:
        """Its life counts from before the question, so it is never thought longer than it is."""
        return Token(
            access=self.access_token,
            refresh=self.refresh_token or "",
            issued=asked,
            expires=asked + timedelta(seconds=self.expires_in),
        )
