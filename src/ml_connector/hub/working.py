"""The body of every job: work on one lane for a slice of time, then say when it is due again."""

from __future__ import annotations

import os
import time
from datetime import datetime, timedelta

from django.db import connection
from msgspec import Struct

from ml_connector.hub import audit, clocks, closings, inbox, installations, lanes, leases, schedule, sessions, tenancy
from ml_connector.hub.models import Connection, FlowState, Lane
from ml_connector.hub.pipeline import deliver, read
from ml_connector.hub.pipeline.work import Slice, flow_work

SLICE_SECONDS = 4.0
_SAFETY = timedelta(seconds=30)

_CLAIM = "UPDATE hub_lane SET due = %(safety)s WHERE key = %(key)s"
_NEXT = """
UPDATE hub_lane SET due = CASE WHEN due = %(safety)s THEN %(next)s ELSE LEAST(due, %(next)s) END WHERE key = %(key)s
"""


class Worked(Struct, frozen=True):
    """What a slice did: `busy` when another worker holds the lane, else when it is due again and what troubled it."""

    busy: bool = False
    due: datetime | None = None
    trouble: str = ""
    run: int | None = None
    walked: bool = False


def slice_seconds() -> float:
    """How long a job works before it lets others; tests may lengthen it, so that a slow machine cuts nothing short."""
    override = os.environ.get("ML_CONNECTOR_SLICE_SECONDS") if clocks.testing() else None
    return float(override) if override else SLICE_SECONDS


def work(key: str, seconds: float | None = None, order: read.Order | None = None) -> Worked:
    """Work on the lane `key` for up to `seconds`; never raises for what vendors do. Raises leases.LeaseLost."""
    lane = Lane.objects.get(pk=key)
    with tenancy.of(lane.tenant_id), leases.held(key) as lease:
        if lease is None:
            return Worked(busy=True)
        safety = clocks.clock().now() + _SAFETY
        _execute(_CLAIM, key, safety, None)
        piece = Slice(lease, time.monotonic() + (slice_seconds() if seconds is None else seconds))
        worked = _read(lane, piece, order) if lane.kind == lanes.READ else _deliver(lane, piece)
        _execute(_NEXT, key, safety, worked.due)
        audit.seal()
        return worked


def _execute(statement: str, key: str, safety: datetime, following: datetime | None) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, {"key": key, "safety": safety, "next": following})


def _read(lane: Lane, piece: Slice, order: read.Order | None) -> Worked:
    related = ("installation", "installation__left", "installation__right")
    state = FlowState.objects.select_related(*related).get(pk=int(lane.subject))
    task = flow_work(state)
    if not installations.is_on(state) or task.source.trouble:
        return Worked(trouble=task.source.trouble)
    if order is None and state.on_event and state.walk_run is None:
        trouble = "" if state.called else closings.look(state.installation)
        state.refresh_from_db(fields=["called"])
        if state.called is None:
            return Worked(due=schedule.next_read(state, clocks.clock().now()), trouble=trouble)
        order = read.Order(kind="sweep", trigger=state.on_event)
    progress = read.read_slice(task, piece, order or read.Order())
    now = clocks.clock().now()
    if progress.done:
        following = now if inbox.pending_of(state) else schedule.next_read(state, now)
    elif progress.trouble and progress.after is None:
        following = None
    else:
        following = now + (progress.after or timedelta(0))
    return Worked(due=following, trouble=progress.trouble, run=progress.run, walked=progress.done)


def _deliver(lane: Lane, piece: Slice) -> Worked:
    target = Connection.objects.get(pk=lane.subject)
    works = [flow_work(state) for state in installations.flows_delivering(target.pk) if installations.is_on(state)]
    if not works:
        return Worked(due=sessions.rest(target, None))
    rest = deliver.deliver_slice(target, works, lane, piece)
    if rest.failed or lane.failures:
        Lane.objects.filter(pk=lane.pk).update(failures=lane.failures + 1 if rest.failed else 0)
    return Worked(due=sessions.rest(target, rest.due), trouble=rest.trouble)
