"""When flows are read: every so often, or by a cron line; on a closed period, see the flow's rules."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from croniter import croniter

from ml_connector.hub import audit, clocks, lanes
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


def set_schedule(state: FlowState, *, every: str = "", cron: str = "") -> datetime:
    """Change a flow's schedule; returns its next read. Raises WrongUse."""
    if bool(every) == bool(cron):
        raise WrongUse("name either an interval (--every 5m) or a cron line (--cron '0 6 * * *')")
    if cron and not croniter.is_valid(cron):
        raise WrongUse(f"{cron!r} is no cron line: write minute hour day month weekday, for example '0 6 * * 1-5'")
    state.every, state.cron = (seconds_of(every), "") if every else (None, cron)
    state.save(update_fields=["every", "cron"])
    audit.write("flow.scheduled", state.installation_id, flow=state.flow, every=every, cron=cron)
    following = next_read(state, clocks.clock().now())
    lanes.set_due(lanes.read_key(state.pk), following)
    return following


def next_read(state: FlowState, after: datetime) -> datetime:
    """The flow's next read after a point in time (cron lines are in UTC)."""
    if state.cron:
        following: datetime = croniter(state.cron, after).get_next(datetime)
        return following
    return after + timedelta(seconds=state.every or 300)
