"""The right to work on a lane: a row with a fencing number, prolonged by the database's clock.

A holder is dead when its lease has run out, or at once when its database session is gone. A worker that was frozen
and wakes up finds the fence raised, and none of its commits succeed.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import TracebackType

from django.db import connection, connections
from msgspec import Struct

LEASE_SECONDS = 20
_BEAT_SECONDS = 5.0

_TAKE = """
UPDATE hub_lane SET
    fence = fence + 1,
    backend = (SELECT pid || '@' || backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()),
    leased_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE key = %(key)s AND (
    leased_until IS NULL OR leased_until < clock_timestamp()
    OR NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.pid || '@' || a.backend_start = hub_lane.backend)
)
RETURNING fence
"""
_PROLONG = """
UPDATE hub_lane SET leased_until = clock_timestamp() + make_interval(secs => %(seconds)s)
WHERE key = %(key)s AND fence = %(fence)s RETURNING fence
"""
_RELEASE = "UPDATE hub_lane SET leased_until = NULL, backend = '' WHERE key = %(key)s AND fence = %(fence)s"
_CHECK = "SELECT fence FROM hub_lane WHERE key = %(key)s AND fence = %(fence)s FOR SHARE"


class LeaseLost(RuntimeError):
    """Another worker holds the lane now; whatever this one was about to commit is void."""


class Lease(Struct, frozen=True):
    """The right to work on lane `key`, as its holder number `fence`."""

    key: str
    fence: int

    def check(self) -> None:
        """To be called inside each transaction that commits work. Raises LeaseLost."""
        if not _execute(_CHECK, self):
            raise LeaseLost(f"the lane {self.key} was taken over by another worker")


@contextmanager
def held(key: str) -> Iterator[Lease | None]:
    """Hold a lane, or yield None when a living worker holds it."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, {"key": key, "seconds": LEASE_SECONDS})
        row = cursor.fetchone()
    if row is None:
        yield None
        return
    lease = Lease(key, row[0])
    with _Heart(lease):
        yield lease
    _execute(_RELEASE, lease)


def _execute(statement: str, lease: Lease) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"key": lease.key, "fence": lease.fence, "seconds": LEASE_SECONDS})
        return bool(cursor.rowcount > 0)


class _Heart:
    """Prolongs a lease from a thread of its own, with a database connection of its own, while work goes on."""

    def __init__(self, lease: Lease) -> None:
        self._lease = lease
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._beat, name=f"lease {lease.key}", daemon=True)

    def __enter__(self) -> None:
        self._thread.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._thread.join()

    def _beat(self) -> None:
        beating = True
        while beating and not self._stop.wait(_BEAT_SECONDS):
            beating = _execute(_PROLONG, self._lease)
        connections.close_all()
