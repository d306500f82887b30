"""Runs flows here and now, in this process: reads, delivers, and waits for what retries, waits or settles."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from msgspec import Struct

from ml_connector.hub import clocks, installations, lanes, statements
from ml_connector.hub.models import FlowState, Installation, Lane, Record, Run
from ml_connector.hub.pipeline.read import Order
from ml_connector.hub.pipeline.work import flow_work
from ml_connector.hub.problems import Problem
from ml_connector.hub.states import FOR_A_PERSON, State
from ml_connector.hub.working import Worked, work

_IN_FLIGHT = (State.NEW, State.READY, State.SENDING, State.WAITING, State.UNKNOWN, State.RETRYING)
_NAP = 0.2
_ROUNDS = 5
"""What one target took may make work for the other: a vendor made there, a pair to look at again."""


class Ended(Struct, frozen=True):
    """How a sync ended: a statement per flow, what troubled it, and how many records wait for a person or for time."""

    statements: tuple[statements.Statement, ...]
    troubles: tuple[str, ...]
    for_a_person: int
    in_flight: int


class Wish(Struct, frozen=True):
    """What to run: all flows or one, from cursors or a date, and how long to wait (seconds) for what is not due yet."""

    flow: str | None = None
    since: datetime | None = None
    sweep: bool = False
    wait: float = 60.0


def run(row: Installation, wish: Wish, progress: Callable[[str], None] = lambda text: None) -> Ended:
    """Run an installation's flows now. Raises Problem when a flow is not switched on."""
    states = _switched_on(row, wish.flow)
    patience = _Patience(wish.wait)
    troubles: list[str] = []
    runs: list[int] = []
    for state in states:
        troubles += _read(state, wish, patience, runs, progress)
    troubles += _deliver(row, states, patience, progress)
    statements_made = [statements.of_run(one) for one in Run.objects.filter(pk__in=runs).order_by("pk")]
    records = Record.objects.filter(installation=row, flow__in=[state.flow for state in states])
    return Ended(
        statements=tuple(statements_made),
        troubles=tuple(dict.fromkeys(trouble for trouble in troubles if trouble)),
        for_a_person=records.filter(state__in=FOR_A_PERSON).count(),
        in_flight=records.filter(state__in=_IN_FLIGHT).count(),
    )


def _switched_on(row: Installation, flow: str | None) -> list[FlowState]:
    """The flows that are on, or the one named. Raises Problem when there is none."""
    installations.require_choices(row)
    states = installations.flow_states(row, flow)
    found = [state for state in states if state.enabled]
    if not found or row.paused:
        what = f"installation {row.pk} is paused" if found else f"{flow or 'no flow'} of {row.pk} is not switched on"
        raise Problem(f"{what}: run 'ml-connector enable {row.pk}'")
    return found


class _Patience:
    """How long this sync may still wait, in real seconds; work itself does not count."""

    def __init__(self, seconds: float) -> None:
        self._left = seconds

    def until(self, due: datetime | None) -> bool:
        """Wait for a due time, or a moment when it is None; False when patience would run out before it."""
        clock = clocks.clock()
        wanted = max((due - clock.now()).total_seconds(), 0.0) if due else _NAP
        if wanted > self._left:
            return False
        begun = time.monotonic()
        clock.sleep(wanted)
        self._left -= time.monotonic() - begun
        return True


def _read(
    state: FlowState, wish: Wish, patience: _Patience, runs: list[int], progress: Callable[[str], None]
) -> list[str]:
    order = Order(kind="sweep" if wish.sweep else "", trigger="sync", since=wish.since)
    while True:
        worked = work(lanes.read_key(state.pk), order=order)
        if worked.run is not None and worked.run not in runs:
            runs.append(worked.run)
        if worked.run is not None:
            read = Run.objects.get(pk=worked.run).read
            progress(f"{state.flow}: {read} read")
        if worked.walked:
            return []
        if _hopeless(worked) or not patience.until(_wait_time(worked)):
            return [worked.trouble or f"{state.flow}: another worker is reading it"]


def _hopeless(worked: Worked) -> bool:
    return bool(worked.trouble) and worked.due is None and not worked.busy


def _wait_time(worked: Worked) -> datetime | None:
    return None if worked.busy else worked.due


def _deliver(
    row: Installation, states: list[FlowState], patience: _Patience, progress: Callable[[str], None]
) -> list[str]:
    targets = {installations.target_of(row, installations.flow_of(state)).pk for state in states}
    keys = [lane.key for target in sorted(targets) for lane in lanes.of_connection(target)]
    troubles: list[str] = []
    for _ in range(_ROUNDS):
        for key in keys:
            troubles += _deliver_lane(key, states, patience, progress)
        if troubles or not Record.objects.filter(
            installation=row, flow__in=[state.flow for state in states], state__in=(State.NEW, State.READY)
        ):
            break
    return troubles


def _deliver_lane(key: str, states: list[FlowState], patience: _Patience, progress: Callable[[str], None]) -> list[str]:
    while True:
        worked = work(key)
        progress(_progress(states))
        if worked.busy:
            if not patience.until(None):
                return [f"{key}: another worker is delivering"]
            continue
        if _hopeless(worked):
            return [worked.trouble]
        if worked.due is None or not _in_flight(key, states):
            return []
        if worked.due > clocks.clock().now() and not patience.until(worked.due):
            return [worked.trouble]


def _in_flight(key: str, states: list[FlowState]) -> bool:
    """Whether records of the lane are on their way; a held one that is looked at again later is not waited for."""
    lane = Lane.objects.get(pk=key)
    flows = [state.flow for state in states if flow_work(state).target.pk == lane.subject]
    return Record.objects.filter(
        installation=states[0].installation_id, lane=lane.number, flow__in=flows, state__in=_IN_FLIGHT
    ).exists()


def _progress(states: list[FlowState]) -> str:
    records = Record.objects.filter(installation=states[0].installation_id, flow__in=[s.flow for s in states])
    posted = records.filter(state=State.POSTED).count()
    left = records.filter(state__in=_IN_FLIGHT).count()
    return f"{', '.join(s.flow for s in states)}: {posted} posted, {left} on their way"
