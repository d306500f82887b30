"""When flows are read: every so often, by a cron line, or when a posting period of the ledger was closed."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from croniter import croniter
from django.db import transaction

from ml_connector.hub import audit, clocks, closings, lanes
from ml_connector.hub.models import FlowState
from ml_connector.hub.problems import WrongUse

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
_SHORTEST = 10


def seconds_of(text: str) -> int:
    """`5m`, `90s`, `2h`, `1d` in seconds. Raises WrongUse."""
    match = re.fullmatch(r"(\d{1,6})([smhd])", text)
    if not match or int(match[1]) * _UNITS[match[2]] < _SHORTEST:
        raise WrongUse(f"{text!r} is no interval: write for example 5m, 90s, 2h or 1d, at least {_SHORTEST}s")
    return int(match[1]) * _UNITS[match[2]]


def set_schedule(state: FlowState, *, every: str = "", cron: str = "", on: str = "") -> datetime:
    """Change a flow's schedule; returns its next read, or look for its event. Raises WrongUse, Problem, kit.errors."""
    if sum(map(bool, (every, cron, on))) != 1:
        raise WrongUse(
            f"name either an interval (--every 5m), a cron line (--cron '0 6 * * *') or an event "
            f"(--on {closings.PERIOD_CLOSED})"
        )
    if cron and not croniter.is_valid(cron):
        raise WrongUse(f"{cron!r} is no cron line: write minute hour day month weekday, for example '0 6 * * 1-5'")
    if on and on != closings.PERIOD_CLOSED:
        raise WrongUse(f"there is no event {on!r}; there is: {closings.PERIOD_CLOSED}")
    seconds = seconds_of(every) if every else None
    if on:
        closings.begin(state.installation)
    state.every, state.cron, state.on_event, state.called = seconds, cron, on, None
    with transaction.atomic():
        state.save(update_fields=["every", "cron", "on_event", "called"])
        audit.write("flow.scheduled", state.installation_id, flow=state.flow, every=every, cron=cron, on=on)
    following = next_read(state, clocks.clock().now())
    lanes.set_due(lanes.read_key(state.pk), following)
    return following


def next_read(state: FlowState, after: datetime) -> datetime:
    """The flow's next read after a point in time (cron lines are in UTC), or its next look for what it waits for."""
    if state.on_event:
        return after + closings.LOOK_EVERY
    if state.cron:
        following: datetime = croniter(state.cron, after).get_next(datetime)
        return following
    return after + timedelta(seconds=state.every or 300)


def in_words(*, every: int | None, cron: str, on: str) -> str:
    """`every 300 s`, the cron line, or `on period-closed`."""
    return f"on {on}" if on else cron or f"every {every} s"
