"""Which clock this process runs on."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import cache

from ml_connector.clock import Clock, RemoteClock, SystemClock


def testing() -> bool:
    """Whether the test hooks are open (`ML_CONNECTOR_TEST=1`)."""
    return os.environ.get("ML_CONNECTOR_TEST") == "1"


@cache
def clock() -> Clock:
    """Business and vendor time: the machine's, or in tests the one that `ML_CONNECTOR_CLOCK` serves."""
    url = os.environ.get("ML_CONNECTOR_CLOCK") if testing() else None
    return RemoteClock(url) if url else SystemClock()


def settle(declared: timedelta) -> timedelta:
    """How long to wait before a lost answer is looked up; tests may shorten it."""
    override = os.environ.get("ML_CONNECTOR_SETTLE_SECONDS") if testing() else None
    return timedelta(seconds=float(override)) if override else declared
