"""One exchange on the wire: counted against the budget, with its fault points, timed, logged and reported."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import cast

import httpx2
import structlog
from msgspec import Struct

from ml_connector import points
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Call, Context

_log = structlog.get_logger("ml_connector.calls")


class Rate(Struct, frozen=True, kw_only=True):
    """What an answer's headers tell of the vendor's call window."""

    remaining: int
    resets: datetime


Rates = Callable[[Mapping[str, str]], Rate | None]


class Meter(httpx2.BaseTransport):
    """Wraps the real transport, so that a repeated call and a token request are seen like any other.

    The answer is read completely here, within the call's time-out as a whole (a vendor that trickles bytes
    does not keep us longer).
    """

    def __init__(self, inner: httpx2.BaseTransport, context: Context, connector: str, scope: str, rates: Rates) -> None:
        self._inner = inner
        self._context = context
        self._connector = connector
        self._scope = scope
        self._rates = rates

    def handle_request(self, request: httpx2.Request) -> httpx2.Response:
        operation = str(request.extensions["operation"])
        point = f"call.{self._connector}.{operation}"
        self._context.budget.take(self._scope)
        started = time.monotonic()
        try:
            points.reach(f"{point}.before")
            self._check_send_by(request, operation)
            answer = self._whole(request, started)
            if request.extensions["grants"] and answer.status_code < 300:
                self._context.unstored.append(f"{point}.after")
            else:
                points.reach(f"{point}.after")
        except httpx2.RequestError:
            self._tell(request, operation, None, started)
            raise
        self._tell(request, operation, answer, started)
        if (rate := self._rates(answer.headers)) is not None:
            self._context.budget.observed(self._scope, remaining=rate.remaining, resets=rate.resets)
        return answer

    def close(self) -> None:
        self._inner.close()

    def _check_send_by(self, request: httpx2.Request, operation: str) -> None:
        """A worker that was frozen must not send what others may have looked up meanwhile."""
        until = self._context.send_by
        if (
            request.extensions["write"]
            and not request.extensions["grants"]
            and until is not None
            and self._context.clock.now() > until
        ):
            raise errors.TryLater(f"{operation}: not sent, its time to be sent has passed", operation=operation)

    def _whole(self, request: httpx2.Request, started: float) -> httpx2.Response:
        limit = float(request.extensions["timeout"]["read"])
        answer = self._inner.handle_request(request)
        content = bytearray()
        try:
            for chunk in cast(Iterable[bytes], answer.stream):
                content += chunk
                if time.monotonic() - started > limit:
                    raise httpx2.ReadTimeout(f"the answer was not complete after {limit:g} s", request=request)
        finally:
            answer.close()
        return httpx2.Response(answer.status_code, headers=answer.headers, content=bytes(content), request=request)

    def _tell(self, request: httpx2.Request, operation: str, answer: httpx2.Response | None, started: float) -> None:
        status = None if answer is None else answer.status_code
        seconds = round(time.monotonic() - started, 4)
        _log.info("call", operation=f"{self._connector}.{operation}", status=status, seconds=seconds)
        self._context.report(
            Call(
                operation=operation,
                method=request.method,
                path=request.url.path,
                status=status,
                seconds=seconds,
                request_id="" if answer is None else answer.headers.get("x-request-id", ""),
            )
        )
