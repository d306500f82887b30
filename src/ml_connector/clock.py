"""The one source of business and vendor time; leases and beats use the database's clock instead."""

from __future__ import annotations

import json
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Injected wherever a token, a due time or a vendor's time stamp is compared with now."""

    def now(self) -> datetime:
        """The current time, aware, in UTC."""

    def sleep(self, seconds: float) -> None:
        """Return when this clock has advanced by `seconds`."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        time.sleep(seconds)


class RemoteClock:
    """A clock served over HTTP (`GET url` -> `{"now": "2026-01-31T12:00:00.000Z"}`), for rehearsals.

    The offset to the machine's time is asked for anew at most every `refresh` seconds.
    """

    def __init__(self, url: str, refresh: float = 0.2) -> None:
        self._url = url
        self._refresh = refresh
        self._asked = float("-inf")
        self._offset = timedelta(0)

    def now(self) -> datetime:
        if time.monotonic() - self._asked >= self._refresh:
            with urllib.request.urlopen(self._url, timeout=10) as answer:
                served = datetime.fromisoformat(json.load(answer)["now"])
            self._offset = served - datetime.now(UTC)
            self._asked = time.monotonic()
        return datetime.now(UTC) + self._offset

    def sleep(self, seconds: float) -> None:
        until = self.now() + timedelta(seconds=seconds)
        while (left := (until - self.now()).total_seconds()) > 0:
            time.sleep(min(left, 0.1))
