"""Rolling windows of calls, for vendors' rate limits."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta


class Window:
    """The calls of the last `seconds`, on the sandbox clock."""

    def __init__(self, seconds: float) -> None:
        self._length = timedelta(seconds=seconds)
        self._calls: deque[datetime] = deque()

    def used(self, now: datetime) -> int:
        while self._calls and self._calls[0] <= now - self._length:
            self._calls.popleft()
        return len(self._calls)

    def take(self, now: datetime) -> None:
        """Count a call."""
        self._calls.append(now)

    def frees_at(self, now: datetime) -> datetime:
        """When the oldest counted call leaves the window; with none counted, a whole window from now."""
        return (self._calls[0] if self.used(now) else now) + self._length
