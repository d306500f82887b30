"""The licence's limits on requests: a queue for concurrency, delays per minute, and the decline (§9)."""

from __future__ import annotations

import heapq
from datetime import datetime, timedelta

from msgspec import Struct

from ml_connector.sandbox.kit.windows import Window


class Declined(Exception):
    """429: the queue is full, the wait too long, or (hard limit) the minute used up."""


class Figures(Struct, frozen=True):
    """The licence (switches of the same names)."""

    concurrent_requests: int
    requests_per_minute: int
    request_ms: int
    queue_length: int
    queue_seconds: int
    hard_limit: bool


class Limits:
    """Answers are made at once and held back as long as the real server would take."""

    def __init__(self) -> None:
        self._minute = Window(60)
        self._ends: list[datetime] = []
        self._starts: list[datetime] = []

    def wait(self, now: datetime, figures: Figures, *, bypass: bool = False) -> float:
        """Seconds until the answer may go out; `bypass` (logout) does not queue. Raises Declined."""
        if bypass:
            return 0.0
        processed = self._minute.used(now)
        if figures.hard_limit and processed >= figures.requests_per_minute:
            raise Declined("The number of requests per minute exceeds the license limit.")
        start = self._place(now, figures)
        delay = 0.0 if figures.hard_limit else self._delay(now, processed, figures)
        end = start + timedelta(seconds=delay, milliseconds=figures.request_ms)
        heapq.heappush(self._ends, end)
        self._starts.append(start)
        self._minute.take(now)
        return (end - now).total_seconds()

    def _place(self, now: datetime, figures: Figures) -> datetime:
        """When a concurrent place is free for this request."""
        while self._ends and self._ends[0] <= now:
            heapq.heappop(self._ends)
        self._starts = [start for start in self._starts if start > now]
        if len(self._ends) < figures.concurrent_requests:
            return now
        if len(self._starts) >= figures.queue_length:
            raise Declined("The request queue is full.")
        start = sorted(self._ends)[len(self._ends) - figures.concurrent_requests]
        if (start - now).total_seconds() > figures.queue_seconds:
            raise Declined("The request has waited in the queue too long.")
        return start

    def _delay(self, now: datetime, processed: int, figures: Figures) -> float:
        """From half of the minute's limit on: the rest of the minute spread over the requests left."""
        if processed * 2 < figures.requests_per_minute:
            return 0.0
        rest = (self._minute.frees_at(now) - now).total_seconds()
        return max(rest, 0.0) / max(figures.requests_per_minute - processed, 1)
