"""A stopped clock, a recorder of budget calls, and a vendor made of plain functions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx2
import pytest

from ml_connector import points
from ml_connector.connectors.kit.context import Call, Context

ACME_CALLS = ("token.fetch", "things.list", "things.create")
points.declare(*(f"call.acme.{call}.{side}" for call in ACME_CALLS for side in ("before", "after")))


class StoppedClock:
    """Advances only when it is told to, or when somebody sleeps."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
        self.slept: list[float] = []

    def now(self) -> datetime:
        return self.time

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.advance(seconds)

    def advance(self, seconds: float) -> None:
        self.time += timedelta(seconds=seconds)


class RecordingBudget:
    """Remembers what it was told; refuses with `refusal` when that is set."""

    def __init__(self) -> None:
        self.taken: list[str] = []
        self.seen: list[tuple[int, datetime]] = []
        self.waits: list[timedelta] = []
        self.refusal: Exception | None = None

    def take(self, scope: str) -> None:
        if self.refusal:
            raise self.refusal
        self.taken.append(scope)

    def observed(self, scope: str, *, remaining: int, resets: datetime) -> None:
        self.seen.append((remaining, resets))

    def limited(self, scope: str, *, wait: timedelta) -> None:
        self.waits.append(wait)


class Vendor:
    """A vendor's server: answers requests with `reply`, and keeps them."""

    def __init__(self, reply: Callable[[httpx2.Request], httpx2.Response]) -> None:
        self.reply = reply
        self.requests: list[httpx2.Request] = []
        self.transport = httpx2.MockTransport(self._handle)

    def _handle(self, request: httpx2.Request) -> httpx2.Response:
        self.requests.append(request)
        return self.reply(request)

    @property
    def paths(self) -> list[str]:
        return [request.url.path for request in self.requests]


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture
def budget() -> RecordingBudget:
    return RecordingBudget()


@pytest.fixture
def calls() -> list[Call]:
    return []


@pytest.fixture
def context(clock: StoppedClock, budget: RecordingBudget, calls: list[Call]) -> Context:
    return Context(connection="c1", settings={}, clock=clock, budget=budget, report=calls.append)


@pytest.fixture
def vendor() -> Callable[[Callable[[httpx2.Request], httpx2.Response]], Vendor]:
    return Vendor
