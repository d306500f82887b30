"""A worker: takes lanes from the queue, works on them in threads, and ticks."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

import structlog
from procrastinate.contrib.django import app
from procrastinate.contrib.django.django_connector import DjangoConnector

from ml_connector.hub.jobs import Ticker

_log = structlog.get_logger("ml_connector.worker")


async def run(at_once: int, ready: Callable[[], None]) -> None:
    """Work until told to end (SIGTERM, SIGINT), then finish the slices under way.

    A worker that was frozen and declared dead finds its row in the queue gone: it registers anew.
    """
    ticker = Ticker()
    ticker.start()
    try:
        while not await _serve(at_once, ready):
            _log.warning("this worker was declared dead meanwhile, it registers anew")
    finally:
        ticker.stop()


async def _serve(at_once: int, ready: Callable[[], None]) -> bool:
    """One registration in the queue; False when it was lost."""
    from psycopg.errors import ForeignKeyViolation

    connector = cast(DjangoConnector, app.connector).get_worker_connector()
    with app.replace_connector(connector) as own:
        async with own.open_async():
            ready()
            try:
                await own.run_worker_async(
                    queues=["lanes"], concurrency=at_once, delete_jobs="always", update_heartbeat_interval=5.0,
                    stalled_worker_timeout=20.0, shutdown_graceful_timeout=30.0, fetch_job_polling_interval=1.0,
                )  # fmt: skip
            except Exception as problem:
                if _caused_by(problem, ForeignKeyViolation):
                    return False
                raise
    return True


def _caused_by(problem: BaseException | None, kind: type[BaseException]) -> bool:
    while problem is not None:
        if isinstance(problem, kind):
            return True
        problem = problem.__cause__ or problem.__context__
    return False
