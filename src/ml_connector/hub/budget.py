"""Call budgets: the connector declares its windows, the hub counts calls over all workers.

A window is counted in tenths of its length, so that no stretch of that length ever holds more calls than allowed; the
price is that up to a tenth of the window goes unused. Counters belong to the vendor's scope (an app, an instance), not
to a tenant: connections that share one share its budget. Counting does not wait for the disk: a count lost in a crash
costs nothing that the vendor's own answer would not tell.
"""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta

from django.db import connection, transaction

from ml_connector.clock import Clock
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import CallWindow
from ml_connector.hub.models import Window

_PARTS = 10
_ASK_EVERY = timedelta(seconds=1)
_LONG_AGO = datetime.min.replace(tzinfo=UTC)

_COUNTS = "SELECT counts::text FROM hub_window WHERE scope = %s AND seconds = %s FOR UPDATE"
_FIRST = "INSERT INTO hub_window (scope, seconds, counts) VALUES (%s, %s, '{}') ON CONFLICT DO NOTHING"
_COUNTED = "UPDATE hub_window SET counts = %s WHERE scope = %s AND seconds = %s"


class StoredBudget:
    """A `kit.context.Budget` in the database, shared by all workers."""

    def __init__(self, windows: tuple[CallWindow, ...], clock: Clock) -> None:
        self._windows = [window for window in windows if window.limit]
        self._clock = clock
        self._blocked: dict[str, datetime] = {}
        self._asked: dict[str, datetime] = {}

    def take(self, scope: str) -> None:
        now = self._clock.now()
        until = self._blocked_until(scope, now)
        if until is not None:
            raise _used_up("the vendor's call limit", until - now)
        if connection.in_atomic_block:  # a login, once an hour: its transaction must not hold the counter's row
            return
        for window in self._windows:
            if window.scope == scope:
                _count(window, now)

    def observed(self, scope: str, *, remaining: int, resets: datetime) -> None:
        if remaining <= 0 and resets > self._clock.now():
            self._block(scope, resets)

    def limited(self, scope: str, *, wait: timedelta) -> None:
        self._block(scope, self._clock.now() + wait)

    def _blocked_until(self, scope: str, now: datetime) -> datetime | None:
        """Ask the table at most once a second: another worker may have been told to wait."""
        if now - self._asked.get(scope, _LONG_AGO) >= _ASK_EVERY:
            self._asked[scope] = now
            row = Window.objects.filter(scope=_key(scope), seconds=0, blocked_until__gt=now).first()
            if row is not None and row.blocked_until is not None:
                self._blocked[scope] = row.blocked_until
        until = self._blocked.get(scope)
        return until if until is not None and until > now else None

    def _block(self, scope: str, until: datetime) -> None:
        self._blocked[scope] = max(until, self._blocked.get(scope, until))
        Window.objects.update_or_create(scope=_key(scope), seconds=0, defaults={"blocked_until": self._blocked[scope]})


def _key(scope: str) -> str:
    """Scopes hold ids of customers' apps: the table keeps a hash."""
    return hashlib.sha256(scope.encode()).hexdigest()[:32]


def _count(window: CallWindow, now: datetime) -> None:
    """Count one call. Raises RateLimited with the time until the oldest counted part leaves the window."""
    part = window.seconds / _PARTS
    current = int(now.timestamp() / part)
    row: list[str | int] = [_key(window.scope), window.seconds]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(_COUNTS, row)
        if (found := cursor.fetchone()) is None:
            cursor.execute(_FIRST, row)
            cursor.execute(_COUNTS, row)
            found = cursor.fetchone()
        stored: dict[str, int] = json.loads(found[0])
        counts = {int(number): count for number, count in stored.items() if int(number) >= current - _PARTS}
        if sum(counts.values()) < window.limit - window.reserve:
            counts[current] = counts.get(current, 0) + 1
            cursor.execute(_COUNTED, [json.dumps(counts), *row])
            return
    free = datetime.fromtimestamp((min(counts) + _PARTS + 1) * part, UTC)
    wait = max(free - now, timedelta(milliseconds=100))
    raise _used_up(f"our budget of {window.limit} calls in {window.seconds} s", wait)


def _used_up(what: str, wait: timedelta) -> errors.RateLimited:
    return errors.RateLimited(f"{what} is used up: calls go on in {wait.total_seconds():.0f} s", after=wait)
