"""The hour's calls of a company and client (vendors/visma_net.md §10)."""

from __future__ import annotations

import math
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

HOUR: Final = timedelta(hours=1)
POLICY: Final = "4-fixed-window"


class _Window(Struct):
    begins: datetime
    used: int = 0


class Limits:
    """Fixed windows: each begins with the first call after the one before."""

    def __init__(self) -> None:
        self._windows: dict[tuple[int, str], _Window] = {}

    def take(self, company: int, client: str, now: datetime, limit: int) -> bool:
        """Count a call; false when the window is used up (such a call is not counted)."""
        window = self._window(company, client, now)
        if window.used >= limit:
            return False
        window.used += 1
        return True

    def headers(self, company: int, client: str, now: datetime, limit: int) -> dict[str, str]:
        """The four headers of every answer."""
        window = self._window(company, client, now)
        return {
            "X-RateLimit-Limit": str(limit),
            "X-RateLimit-Remaining": str(max(limit - window.used, 0)),
            "X-RateLimit-Reset": str(self.rest(company, client, now)),
            "X-RateLimit-Policy": POLICY,
        }

    def rest(self, company: int, client: str, now: datetime) -> int:
        """Seconds to the window's end, rounded up."""
        window = self._window(company, client, now)
        return math.ceil((window.begins + HOUR - now).total_seconds())

    def _window(self, company: int, client: str, now: datetime) -> _Window:
        window = self._windows.get((company, client))
        if window is None or now >= window.begins + HOUR:
            window = self._windows[company, client] = _Window(now)
        return window
