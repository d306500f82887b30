"""The hourly and the spike limit of the app, and the headers that tell of them (vendors/procore.md §11)."""

from __future__ import annotations

import math
from datetime import datetime

from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.kit.windows import Window

HOUR_S, SPIKE_S = 3600, 10
_WORDS = (
    "You have surpassed the max number of requests for an hour. Please wait until your limit resets."  # both windows
)
_NO_LIMIT = 1_000_000


class Limits:
    """Rolling windows over all tokens of the app. Refused calls are not counted."""

    def __init__(self, clock: SandboxClock, switches: Switches, *, enforced: bool) -> None:
        self._clock = clock
        self._switches = switches
        self._enforced = enforced
        self._windows = {"hourly_limit": Window(HOUR_S), "spike_limit": Window(SPIKE_S)}

    def take(self) -> bool:
        """Count a call; False when it is over a limit."""
        now = self._clock.now()
        if self._enforced and any(self._left(name, now) <= 0 for name in self._windows):
            return False
        for window in self._windows.values():
            window.take(now)
        return True

    def headers(self, *, remaining: int | None = None) -> dict[str, str]:
        """Of whichever limit is nearer."""
        now = self._clock.now()
        if self._enforced:
            name = min(self._windows, key=lambda name: self._left(name, now) / self._switches.number(name))
            limit, left = self._switches.number(name), max(self._left(name, now), 0)
            reset = self._windows[name].frees_at(now)
        else:
            limit, left, reset = _NO_LIMIT, _NO_LIMIT - 1, self._windows["spike_limit"].frees_at(now)
        return {
            "X-Rate-Limit-Limit": str(limit),
            "X-Rate-Limit-Remaining": str(left if remaining is None else remaining),
            "X-Rate-Limit-Reset": str(math.ceil(reset.timestamp())),
        }

    def refusal(self) -> Answer:
        """429 with the time to wait in both ways."""
        now = self._clock.now()
        full = (window for name, window in self._windows.items() if self._left(name, now) <= 0)
        wait = max((window.frees_at(now) - now).total_seconds() for window in full)
        return too_many(self.headers(remaining=0) | {"Retry-After": str(math.ceil(wait))})

    def _left(self, name: str, now: datetime) -> int:
        return self._switches.number(name) - self._windows[name].used(now)


def too_many(headers: dict[str, str]) -> Answer:
    return json_answer({"code": 429, "message": _WORDS}, 429, headers)
