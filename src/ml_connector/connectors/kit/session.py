"""The one HTTP session type: every vendor call goes through `Session.call` and ends in an answer or a kit error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any, Final, Literal, Self
from urllib.parse import urlsplit

import httpx2
import msgspec
from msgspec import Struct

from ml_connector.connectors.kit import address, classify, errors
from ml_connector.connectors.kit import trust as certificates
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.classify import Classify
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.transport import Meter, Rates
from ml_connector.connectors.kit.trust import Trust

Params = Sequence[tuple[str, str]] | Mapping[str, str]
BACKOFF: Final = timedelta(seconds=10)
"""The wait after a 429 that names none."""
_PAUSES: Final = (0.2, 0.8)
"""Seconds before a read is repeated inside the call, after a hiccup."""
_NOT_SENT: Final = (httpx2.ConnectError, httpx2.ConnectTimeout, httpx2.PoolTimeout, httpx2.ProxyError)
_NOT_SENDABLE: Final = (httpx2.LocalProtocolError, httpx2.UnsupportedProtocol)


class Timeouts(Struct, frozen=True, kw_only=True):
    """Seconds: until connected, until a read's answer is complete, until a write's answer is complete."""

    connect: float = 5
    read: float = 30
    write: float = 60


class Session:
    """Calls to one base address with one kind of authentication.

    `scope` is what the vendor counts calls by (an app, a company, an address). `classify` gives the vendor's own
    reading of an answer outside 2xx, `rates` reads its call-window headers, `headers` go with every call.
    Decimals in JSON are written as text unless `decimals` is "number". Cookies are never kept: what authenticates
    lives in the token store alone. `trust` says whose certificates are accepted. `transport` replaces the network in
    tests. Raises BadConfiguration for an address that address.complaint refuses.
    """

    def __init__(
        self,
        context: Context,
        base_url: str,
        auth: httpx2.Auth | None,
        *,
        connector: str,
        scope: str,
        timeouts: Timeouts = Timeouts(),  # noqa: B008 - frozen
        classify: Classify = lambda answer: None,
        rates: Rates = lambda headers: None,
        headers: Mapping[str, str] | None = None,
        decimals: Literal["string", "number"] = "string",
        trust: Trust = certificates.SYSTEM,
        transport: httpx2.BaseTransport | None = None,
    ) -> None:
        self.base_url = address.clean(base_url)
        self._host = urlsplit(self.base_url).hostname or ""
        self._context = context
        self._scope = scope
        self._timeouts = timeouts
        self._classify = classify
        self._rates = rates
        self._encoder = msgspec.json.Encoder(decimal_format=decimals)
        own = not address.is_loopback(self._host)
        self._client = httpx2.Client(
            auth=auth,
            headers={"Accept": "application/json", "User-Agent": "ml-connector", **(headers or {})},
            transport=Meter(transport or _network(trust, trust_env=own), context, connector, scope, rates),
            cookies=CookieJar(policy=DefaultCookiePolicy(allowed_domains=[])),
            trust_env=False,
            follow_redirects=False,
        )

    def __repr__(self) -> str:
        return f"Session({self.base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *problem: object) -> None:
        self.close()

    def close(self) -> None:
        """Close sockets; nothing is logged out."""
        self._client.close()

    def call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Params | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        content: bytes | None = None,
        headers: Mapping[str, str] | None = None,
        write: bool,
        timeout: float | None = None,
        grants: bool = False,
    ) -> Answer:
        """The vendor's 2xx answer to one call; `path` starts with a slash and is added to the base address.

        `write`: the call changes something, so it is sent once and a lost answer raises AnswerLost; a read is
        repeated after a hiccup, then raises TryLater. `content` is a body that is sent as it is. `timeout` (seconds,
        for the whole answer) replaces the session's. `grants`: the answer is a token or a session, and the call is
        over only once that is stored (see Context.unstored). Raises kit.errors and nothing else.
        """
        request = self._request(operation, method, path, params, json, form, content, headers, write, timeout)
        request.extensions["grants"] = grants
        outcome = self._send(request, operation, write)
        for pause in () if write else _PAUSES:
            if not self._is_hiccup(outcome):
                break
            self._context.clock.sleep(pause)
            outcome = self._send(request, operation, write)
        if isinstance(outcome, httpx2.RequestError):
            raise self._broken(outcome, operation, write)
        return self._judged(outcome)

    def path_of(self, url: str) -> str:
        """The path that `call` takes for an address which the vendor gave (`Location`, a next link).

        Raises BadConfiguration when it leads away from the base address: credentials are not sent elsewhere.
        """
        base = urlsplit(self.base_url)
        full = urlsplit(url if "://" in url else f"{base.scheme}://{base.netloc}{url}")
        path = full.path.removeprefix(base.path) if full.path.startswith(base.path + "/") else None
        if (full.scheme, full.netloc.lower()) != (base.scheme, base.netloc.lower()) or path is None:
            raise errors.BadConfiguration(f"the vendor points to {url[:100]!r}, which is outside {self.base_url}")
        return f"{path}?{full.query}" if full.query else path

    def _limit(self, write: bool) -> float:
        return self._timeouts.write if write else self._timeouts.read

    def _request(
        self,
        operation: str,
        method: str,
        path: str,
        params: Params | None,
        json: Any,
        form: Mapping[str, str] | None,
        content: bytes | None,
        headers: Mapping[str, str] | None,
        write: bool,
        timeout: float | None,
    ) -> httpx2.Request:
        if not path.startswith("/"):
            raise ValueError(f"{operation}: the path {path!r} must start with a slash")
        sent = content if json is None else self._encoder.encode(json)
        kind = {} if json is None else {"Content-Type": "application/json"}
        pairs = httpx2.QueryParams(list(params.items() if isinstance(params, Mapping) else params)) if params else None
        try:
            return self._client.build_request(
                method,
                self.base_url + path,
                params=pairs,
                content=sent,
                data=form,
                headers={**kind, **(headers or {})},
                timeout=httpx2.Timeout(timeout or self._limit(write), connect=self._timeouts.connect),
                extensions={"operation": operation, "write": write},
            )
        except (httpx2.InvalidURL, UnicodeError):
            raise errors.BadConfiguration(
                f"{operation}: {self.base_url} with {path[:100]!r} is no address that can be called",
                operation=operation,
            ) from None

    def _send(self, request: httpx2.Request, operation: str, write: bool) -> Answer | httpx2.RequestError:
        try:
            answer = self._client.send(request)
        except httpx2.RequestError as problem:
            return problem
        return Answer(
            operation=operation, write=write, status=answer.status_code, headers=answer.headers, body=answer.content
        )

    def _is_hiccup(self, outcome: Answer | httpx2.RequestError) -> bool:
        """Whether the same read may well succeed a moment later."""
        if isinstance(outcome, httpx2.RequestError):
            return not isinstance(outcome, (*_NOT_SENT, *_NOT_SENDABLE, httpx2.TimeoutException))
        if outcome.status in (500, 502, 503, 504):
            return "retry-after" not in outcome.headers and self._classify(outcome) is None
        return outcome.status < 300 and outcome.is_cut

    def _broken(self, problem: httpx2.RequestError, operation: str, write: bool) -> errors.VendorError:
        """The error for an exchange that ended without an answer."""
        what = f"{operation}: {self._host}"
        if isinstance(problem, _NOT_SENDABLE):
            # The library's own text may quote a header, and with it a secret.
            text = f"{what}: the call cannot be sent: check the connection's fields for stray characters"
            return errors.BadConfiguration(text, operation=operation)
        if wrong := certificates.problem_of(problem, self._host):
            return errors.BadConfiguration(f"{operation}: {wrong}", operation=operation)
        if isinstance(problem, _NOT_SENT):
            text = f"{what} is unreachable ({_reason(problem)}), nothing was sent: check the address and the network"
            return errors.TryLater(text, operation=operation)
        if write:
            text = (
                f"{what}: the answer to a write was lost ({_reason(problem)}): "
                "it is looked up before anything is sent again"
            )
            return errors.AnswerLost(text, operation=operation)
        return errors.TryLater(f"{what}: the answer did not arrive ({_reason(problem)})", operation=operation)

    def _judged(self, answer: Answer) -> Answer:
        """The answer itself when it is a whole 2xx; else raises what follows from it."""
        if 200 <= answer.status < 300:
            if answer.is_cut:
                raise _cut(answer)
            if answer.write and answer.is_html:
                raise answer.unreadable("an HTML page came back for a write")
            return answer
        error = self._classify(answer)
        if error is None:
            error = self._limited(answer) if answer.status == 429 else classify.default(answer, self._now())
        if isinstance(error, errors.RateLimited):
            self._context.budget.limited(self._scope, wait=error.after or BACKOFF)
        raise error

    def _limited(self, answer: Answer) -> errors.RateLimited:
        """How long a 429 asks us to wait: the longer of the window's reset and `Retry-After`."""
        rate = self._rates(answer.headers)
        waits = [
            wait
            for wait in (
                None if rate is None else rate.resets - self._now(),
                classify.retry_after(answer, self._now()),
            )
            if wait is not None and wait > timedelta(0)
        ]
        wait = min(max(waits, default=BACKOFF), classify.LONGEST_WAIT)
        return errors.RateLimited(
            f"{answer.operation}: the vendor's call limit is used up ({classify.words(answer)}): "
            f"calls go on in {wait.total_seconds():.0f} s",
            after=wait,
            operation=answer.operation,
            status=answer.status,
        )

    def _now(self) -> datetime:
        return self._context.clock.now()


def _cut(answer: Answer) -> errors.VendorError:
    if answer.write:
        return answer.unreadable("the answer is cut off")
    text = f"{answer.operation}: the answer is cut off, it began: {answer.excerpt}"
    return errors.TryLater(text, operation=answer.operation, status=answer.status)


def _reason(problem: httpx2.RequestError) -> str:
    """What went wrong on the wire, in words that hold no address and no secret."""
    if isinstance(problem, httpx2.TimeoutException):
        return "no connection in time" if isinstance(problem, _NOT_SENT) else "no complete answer in time"
    return " ".join(str(problem).split())[:120] or type(problem).__name__


def _network(trust: Trust, *, trust_env: bool) -> httpx2.BaseTransport:
    """Keep-alive is given up before the 4-5 s after which many servers close: a stale socket would lose a write."""
    limits = httpx2.Limits(max_connections=20, max_keepalive_connections=10, keepalive_expiry=3.5)
    return httpx2.HTTPTransport(verify=certificates.context(trust), limits=limits, trust_env=trust_env)
