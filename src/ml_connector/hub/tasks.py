"""The job queue's only task; its body is one call."""

from __future__ import annotations

from django.db import connections
from procrastinate.contrib.django import app

from ml_connector.hub import leases, working


@app.task(name="work", queue="lanes")
def work(lane: str) -> None:
    """Work on a lane for a slice of time. A lane that was taken over meanwhile is somebody else's."""
    try:
        working.work(lane)
    except leases.LeaseLost:
        return
    finally:
        connections.close_all()
