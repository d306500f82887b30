"""Offers due lanes to the workers, and finishes the jobs of workers that died.

Due times live in the lanes, not in the queue: an offer says only "work on this lane", at most one of them waits per
lane, and a job always ends as done. Exclusivity is the lane's lease; the queue's lock merely avoids wasted work.
"""

from __future__ import annotations

import asyncio
import threading

import structlog
from django.db import connections, transaction
from procrastinate import exceptions, jobs
from procrastinate.contrib.django import app

from ml_connector.hub import clocks, lanes
from ml_connector.hub.tasks import work

TICK_SECONDS = 0.5
DEAD_AFTER_SECONDS = 20
_log = structlog.get_logger("ml_connector.jobs")


def offer(keys: list[str]) -> int:
    """Put lanes into the queue unless they wait there already; returns how many were put."""
    return sum(_offer(key) for key in keys)


def _offer(key: str) -> bool:
    """Each offer has a savepoint of its own: a conflict would break the transaction around it."""
    try:
        with transaction.atomic():
            work.configure(lock=key, queueing_lock=key).defer(lane=key)
    except exceptions.AlreadyEnqueued:
        return False
    return True


class Ticker:
    """Offers what is due, twice a second, from a thread of its own; several workers may tick at once."""

    def __init__(self) -> None:
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="tick", daemon=True)

    def start(self) -> None:
        """Begin to tick."""
        self._thread.start()

    def stop(self) -> None:
        """End after the tick under way."""
        self._stop.set()
        self._thread.join()

    def _run(self) -> None:
        count = 0
        while not self._stop.wait(TICK_SECONDS):
            try:
                offer([lane.key for lane in lanes.due(clocks.clock().now())])
                if count % 10 == 0:
                    finish_dead()
            except Exception:  # the tick must outlive a restart of the database
                _log.exception("tick failed, the next one follows")
                connections.close_all()
            count += 1
        connections.close_all()


def finish_dead() -> int:
    """End the jobs of workers whose heartbeat stopped, so that their lanes can be offered anew; returns how many."""
    return asyncio.run(_finish_dead())


async def _finish_dead() -> int:
    manager = app.job_manager
    stalled = list(await manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_SECONDS))
    for job in stalled:
        await manager.finish_job(job, status=jobs.Status.FAILED, delete_job=True)
    return len(stalled)
