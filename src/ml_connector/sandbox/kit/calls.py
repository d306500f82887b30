"""The log of vendor calls: every request of a vendor's API, none of the control API."""

from __future__ import annotations

from collections import Counter
from datetime import datetime

from msgspec import Struct

from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.kit.http import Call


class Logged(Struct, frozen=True):
    """One call. `status` None: the connection was cut without an answer. `bytes` is the answer body's size."""

    n: int
    at: str
    method: str
    path: str
    query: str
    status: int | None
    bytes: int
    session: str | None


class CallLog:
    """Numbers run from 1 and start again after `clear`."""

    def __init__(self) -> None:
        self._calls: list[Logged] = []
        self._counts: Counter[tuple[str, str]] = Counter()

    def add(self, at: datetime, call: Call, status: int | None, size: int) -> None:
        n = len(self._calls) + 1
        logged = Logged(
            n, iso(at, "milliseconds"), call.method, call.path, call.query_string, status, size, call.session
        )
        self._calls.append(logged)
        self._counts[call.method, call.pattern] += 1

    def since(self, n: int) -> list[Logged]:
        """The calls numbered above `n`."""
        return self._calls[max(n, 0) :]

    def counts(self) -> list[dict[str, object]]:
        """By method and path pattern, sorted by pattern."""
        rows = sorted(self._counts.items(), key=lambda row: (row[0][1], row[0][0]))
        return [{"method": method, "path": pattern, "count": count} for (method, pattern), count in rows]

    def clear(self) -> None:
        self._calls.clear()
        self._counts.clear()
