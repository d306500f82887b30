"""Call budgets: the connector declares its windows, the hub counts calls over all workers.

Counting is one statement without waiting for the disk: a count lost in a crash costs nothing that the vendor's own
answer would not tell.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from ml_connector.clock import Clock
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import CallWindow
from ml_connector.hub import tenancy

_OBSERVED = 0  # `seconds` of the row that holds the vendor's own word

_TAKE = """
INSERT INTO hub_window (tenant_id, connection_id, scope, seconds, started, used)
VALUES (%(tenant)s, %(connection)s, %(scope)s, %(seconds)s, %(now)s, 1)
ON CONFLICT (connection_id, scope, seconds) DO UPDATE SET
    started = CASE WHEN hub_window.started + make_interval(secs => %(seconds)s) <= %(now)s
                   THEN %(now)s ELSE hub_window.started END,
    used = CASE WHEN hub_window.started + make_interval(secs => %(seconds)s) <= %(now)s
                THEN 1 ELSE hub_window.used + 1 END
WHERE hub_window.used < %(limit)s OR hub_window.started + make_interval(secs => %(seconds)s) <= %(now)s
RETURNING used
"""
_STARTED = """
SELECT started FROM hub_window WHERE connection_id = %(connection)s AND scope = %(scope)s AND seconds = %(seconds)s
"""
_BLOCKED = """
SELECT blocked_until FROM hub_window
WHERE connection_id = %(connection)s AND scope = %(scope)s AND seconds = 0 AND blocked_until > %(now)s
"""
_BLOCK = """
INSERT INTO hub_window (tenant_id, connection_id, scope, seconds, used, blocked_until)
VALUES (%(tenant)s, %(connection)s, %(scope)s, 0, 0, %(until)s)
ON CONFLICT (connection_id, scope, seconds) DO UPDATE SET
    blocked_until = GREATEST(hub_window.blocked_until, excluded.blocked_until)
"""


class StoredBudget:
    """A `kit.context.Budget` in the database, shared by all workers of a connection."""

    def __init__(self, connection: str, windows: tuple[CallWindow, ...], clock: Clock) -> None:
        self._connection = connection
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
                self._count(window, now)

    def observed(self, scope: str, *, remaining: int, resets: datetime) -> None:
        if remaining <= 0 and resets > self._clock.now():
            self._block(scope, resets)

    def limited(self, scope: str, *, wait: timedelta) -> None:
        self._block(scope, self._clock.now() + wait)

    def _count(self, window: CallWindow, now: datetime) -> None:
        values: dict[str, Any] = {
            "tenant": tenancy.current(), "connection": self._connection, "scope": window.scope,
            "seconds": window.seconds, "limit": window.limit - window.reserve, "now": now,
        }  # fmt: skip
        with transaction.atomic(), connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")
            cursor.execute(_TAKE, values)
            if cursor.fetchone():
                return
            cursor.execute(_STARTED, values)
            (started,) = cursor.fetchone()
        wait = started + timedelta(seconds=window.seconds) - now
        raise _used_up(f"our budget of {window.limit} calls in {window.seconds} s", wait)

    def _blocked_until(self, scope: str, now: datetime) -> datetime | None:
        """Ask the table at most once a second: another worker may have been told to wait."""
        if now - self._asked.get(scope, datetime.min.replace(tzinfo=now.tzinfo)) >= timedelta(seconds=1):
            self._asked[scope] = now
            with connection.cursor() as cursor:
                cursor.execute(_BLOCKED, {"connection": self._connection, "scope": scope, "now": now})
                row = cursor.fetchone()
            if row:
                self._blocked[scope] = row[0]
        until = self._blocked.get(scope)
        return until if until is not None and until > now else None

    def _block(self, scope: str, until: datetime) -> None:
        self._blocked[scope] = until
        with connection.cursor() as cursor:
            cursor.execute(
                _BLOCK,
                {"tenant": tenancy.current(), "connection": self._connection, "scope": scope, "until": until},
            )


def _used_up(what: str, wait: timedelta) -> errors.RateLimited:
    return errors.RateLimited(f"{what} is used up: calls go on in {wait.total_seconds():.0f} s", after=wait)
