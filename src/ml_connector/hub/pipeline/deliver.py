"""Delivers on one lane: settles what is unknown, polls what waits, sends what is ready, in that order."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from functools import reduce
from itertools import groupby
from operator import or_
from typing import Any

from django.db.models import Min, Q, QuerySet
from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.outcomes import Held, Outcome, Refused
from ml_connector.connectors.kit.target import Step
from ml_connector.hub import clocks, connections
from ml_connector.hub.models import Connection, Lane, Record
from ml_connector.hub.pipeline import attempts, confirm, gate, route, translate
from ml_connector.hub.pipeline.attempts import Job
from ml_connector.hub.pipeline.work import FlowWork, Slice, backoff, words_of_wait
from ml_connector.hub.states import FOR_GOOD, State

CHUNK = 50
_TROUBLES_IN_A_ROW = 3


class Rest(Struct, frozen=True):
    """Where a delivering job stopped: when the lane is due again (None = nothing left), and why it stopped early.

    `failed`: the target could not be asked, so that the wait grows with each such slice in a row.
    """

    due: datetime | None
    trouble: str = ""
    failed: bool = False


class Stop(Exception):
    """The lane must rest: `after` says how long, the text why."""

    def __init__(self, message: str, after: timedelta | None) -> None:
        super().__init__(message)
        self.message = message
        self.after = after


class Shift(Struct):
    """What one slice of delivering works with. `troubles` counts calls in a row that could not be made."""

    piece: Slice
    lane: Lane
    works: list[FlowWork]
    client: Any
    context: Context
    troubles: int = 0


def deliver_slice(target: Connection, works: list[FlowWork], lane: Lane, piece: Slice) -> Rest:
    """Work on a lane until nothing is due, the slice is over, or the target says wait."""
    confirm.adopt_orphans(piece, works)
    for work in works:
        while translate.translate_new(work, lane.number, piece) and not piece.over:
            pass
    if target.trouble:
        return Rest(due=None, trouble=target.trouble)
    try:
        with connections.opened(target) as (client, context):
            shift = Shift(piece, lane, works, client, context)
            while not piece.over and _something_done(shift):
                pass
    except Stop as stop:
        return Rest(due=clocks.clock().now() + (stop.after or timedelta(seconds=1)), trouble=stop.message)
    except errors.RateLimited as limited:
        after = limited.after or timedelta(seconds=1)
        return Rest(due=clocks.clock().now() + after, trouble=limited.message)
    except (errors.TryLater, errors.Unreadable) as later:
        after = backoff(lane.failures + 1, getattr(later, "after", None))
        return Rest(due=clocks.clock().now() + after, trouble=words_of_wait(later, after), failed=True)
    except errors.VendorError as broken:  # a refusal of one record ends with that record; this one concerns them all
        connections.report_trouble(target, broken.message)
        return Rest(due=None, trouble=target.trouble)
    return Rest(due=next_due(works, lane))


def next_due(works: Sequence[FlowWork], lane: Lane) -> datetime | None:
    """When the lane has work again: now, the earliest due time of its records, or None."""
    now = clocks.clock().now()
    earliest = None
    for work in works:
        records = _records(work, lane)
        if records.filter(Q(state__in=[State.NEW, State.READY]) | Q(state=State.SENDING)).exists():
            return now
        due = records.exclude(state=State.POSTED).aggregate(first=Min("due"))["first"]
        earliest = min((t for t in (earliest, due) if t), default=None)
    return earliest


def _records(work: FlowWork, lane: Lane) -> QuerySet[Record]:
    return Record.objects.filter(installation=work.installation, flow=work.flow.name, lane=lane.number)


def _something_done(shift: Shift) -> bool:
    """One round over all flows of the lane; True while there was something to do."""
    done = False
    for work in shift.works:
        done |= _round(shift, work)
    return done


def _round(shift: Shift, work: FlowWork) -> bool:
    now = clocks.clock().now()
    records = _records(work, shift.lane)
    due = Q(due__lte=now)
    stages: list[tuple[Q, Callable[[Shift, FlowWork, list[Record]], bool]]] = [
        (due & Q(state=State.UNKNOWN), _settle),
        (due & Q(state=State.WAITING), _poll),
        (due & Q(state=State.HELD), _look_again),
        (Q(state=State.SENDING) | due & Q(state=State.RETRYING), _go_on),
        (Q(state=State.READY), _begin),
    ]
    if not records.filter(reduce(or_, (wanted for wanted, _ in stages))).exists():  # mostly so: one question for all
        return False
    done = False
    for wanted, stage in stages:
        if shift.piece.over or (stage is _begin and _blocked(shift, work)):
            break
        found = list(records.filter(wanted).order_by("-urgent", "pk")[: _chunk(work)])
        if found:
            done |= stage(shift, work, found)
    return done


def _chunk(work: FlowWork) -> int:
    return max([CHUNK, *(step.batch for step in work.flow.target.steps)])


def _blocked(shift: Shift, work: FlowWork) -> bool:
    """Whether an item waits at a step during which nothing else may be sent on the lane."""
    return any(_waits_at(shift.lane, one) for one in shift.works if one.target.pk == work.target.pk)


def _waits_at(lane: Lane, work: FlowWork) -> bool:
    target = work.flow.target
    blocking = [step.name for step in (*target.steps, *target.reversal) if step.blocks_lane]
    return bool(blocking) and _records(work, lane).filter(state=State.WAITING, step__in=blocking).exists()


def _by_step(records: list[Record]) -> list[tuple[str, list[Record]]]:
    ordered = sorted(records, key=lambda record: record.step)
    return [(name, list(group)) for name, group in groupby(ordered, key=lambda record: record.step)]


def _settle(shift: Shift, work: FlowWork, records: list[Record]) -> bool:
    for name, group in _by_step(records):
        confirm.settle(shift.client, shift.piece, work, route.step_named(work.flow.target, name), group)
    return True


def _poll(shift: Shift, work: FlowWork, records: list[Record]) -> bool:
    for job in attempts.load(work, records):
        if shift.piece.over:
            break
        _ask(shift, work, job)
        _run_through(shift, work, job)
    return True


def _look_again(shift: Shift, work: FlowWork, records: list[Record]) -> bool:
    """Held records whose hold may have ended by itself, such as a document that waited for approval there."""
    return _settle(shift, work, records)


def _go_on(shift: Shift, work: FlowWork, records: list[Record]) -> bool:
    """Resume records between two steps: later steps first, steps in bulk last.

    Nothing is done where all of them wait for a fuller call: what they wait for may have to be translated first, which
    is done as the next slice begins.
    """
    target, done = work.flow.target, False
    groups = sorted(_by_step(records), key=lambda pair: -route.place(target, pair[0]))
    for name, group in groups:
        step = route.step_named(target, name)
        jobs = attempts.load(work, group)
        if step.batch > 1:
            if len(jobs) >= step.batch or not _more_to_come(shift, work, name):
                _in_bulk(shift, work, step, jobs)
                done = True
            continue
        if _blocked(shift, work):  # one that comes to wait here is waited for before the next one
            return True
        for job in jobs:
            if shift.piece.over:
                return True
            _run_through(shift, work, job)
            done = True
    return done


def _more_to_come(shift: Shift, work: FlowWork, step: str) -> bool:
    """Whether other records of the lane may soon stand before the same step, so that a full call can be made.

    Those that are past it do not count: two steps in bulk would wait for each other.
    """
    earlier = route.before(work.flow.target, step)
    on_their_way = Q(state__in=[State.NEW, State.READY]) | Q(state=State.SENDING, step__in=earlier)
    return _records(work, shift.lane).filter(on_their_way).exists()


def _begin(shift: Shift, work: FlowWork, records: list[Record]) -> bool:
    """Take back and create documents: pass the gate in bulk, then each on its way as far as it gets.

    What is taken back goes first: a new payment must not lose its date to the voided one that it replaces.
    """
    records = gate.passed_before(records) or records
    meant = attempts.load_meant(work, [record for record in records if record.correction not in FOR_GOOD])
    passed = gate.pass_gate(work, shift.piece, shift.client, meant)
    jobs = _to_take_back(work, records, meant, passed)
    jobs += [job for job in passed if not route.is_reversal(work.flow.target, job.record.step)]
    for name, group in groupby(jobs, key=lambda job: job.record.step):
        step = route.step_named(work.flow.target, name)
        if step.batch > 1:
            _in_bulk(shift, work, step, list(group))
            continue
        for job in group:
            if shift.piece.over:
                return True
            _run_through(shift, work, job)
    return True


def _to_take_back(work: FlowWork, records: list[Record], meant: list[Job], passed: list[Job]) -> list[Job]:
    """Records whose posted document is to be taken back, if what comes instead passed the gate or nothing does."""
    refused = {job.record.pk for job in meant} - {job.record.pk for job in passed}
    return attempts.load(
        work,
        [record for record in records if route.is_reversal(work.flow.target, record.step) and record.pk not in refused],
    )


def _run_through(shift: Shift, work: FlowWork, job: Job) -> None:
    """Take one record through its steps until it waits, is held, or stands before a step that is sent in bulk."""
    while job.record.state in (State.READY, State.SENDING, State.RETRYING) and job.record.step:
        step = route.step_named(work.flow.target, job.record.step)
        if step.batch > 1 or (shift.piece.over and job.record.state != State.SENDING):
            return
        _send(shift, work, step, [job])
        job.item = attempts.refreshed(job)
        while job.record.state == State.WAITING and step.blocks_lane and not shift.piece.over:
            _wait_for(job.record)
            _ask(shift, work, job)
        if job.record.state == State.RETRYING:
            return


def _wait_for(record: Record) -> None:
    clock = clocks.clock()
    if record.due is not None:
        clock.sleep(max((record.due - clock.now()).total_seconds(), 0))


def _in_bulk(shift: Shift, work: FlowWork, step: Step, jobs: list[Job]) -> None:
    for start in range(0, len(jobs), step.batch):
        if shift.piece.over:
            return
        _send(shift, work, step, jobs[start : start + step.batch])


def _ask(shift: Shift, work: FlowWork, job: Job) -> None:
    """Poll one waiting item; it goes on waiting while the question cannot be asked."""
    step = route.step_named(work.flow.target, job.record.step)
    assert step.poll is not None
    try:
        outcome: Outcome = step.poll(shift.client, job.item)
    except (errors.BrokenConnection, errors.RateLimited):
        raise
    except (errors.NotFound, errors.AnswerLost) as forgotten:
        with shift.piece.commit("outcome"):
            attempts.lost(work, job, forgotten.message)
        return
    except (errors.TryLater, errors.Unreadable) as later:
        with shift.piece.commit("outcome"):
            attempts.ask_later(job.record, later)
        _count_trouble(shift, later)
        return
    except errors.VendorError as refused:
        outcome = _as_outcome(refused)
    shift.troubles = 0
    with shift.piece.commit("outcome"):
        attempts.conclude(work, step, job, outcome)
    job.item = attempts.refreshed(job)


def _send(shift: Shift, work: FlowWork, step: Step, jobs: list[Job]) -> None:
    """One call of a step: the intent first (for writes), then the call, then what became of each item."""
    if step.writes:
        high_water = work.flow.target.high_water
        jobs = attempts.intend(shift.piece, step, jobs, high_water(shift.client) if high_water else "")
        if not jobs:
            return
        shift.context.send_by = next(job.attempt.send_by for job in jobs if job.attempt)
    try:
        outcomes: Sequence[Outcome] = step.run(shift.client, [job.item for job in jobs])
    except errors.AnswerLost as answer_lost:
        with shift.piece.commit("outcome"):
            for job in sorted(jobs, key=lambda one: one.record.pk):
                attempts.lost(work, job, answer_lost.message)
        if step.blocks_lane:  # it may be running: what is sent meanwhile would be turned away
            raise Stop(answer_lost.message, backoff(2)) from answer_lost
        return
    except (errors.BrokenConnection, errors.RateLimited) as stopped:
        _none_sent(shift, work, jobs, stopped, retry=False)
        raise
    except (errors.TryLater, errors.Unreadable) as later:
        _none_sent(shift, work, jobs, later, retry=True)
        _count_trouble(shift, later)
        return
    except errors.VendorError as refused:
        outcomes = [_as_outcome(refused) for _ in jobs]
    shift.troubles = 0
    ended = sorted(zip(jobs, outcomes, strict=True), key=lambda pair: pair[0].record.pk)
    for start in range(0, len(ended), CHUNK):  # a large call is written down bit by bit: nobody waits long for a lock
        with shift.piece.commit("outcome"):
            for job, outcome in ended[start : start + CHUNK]:
                attempts.conclude(work, step, job, outcome)


def _none_sent(shift: Shift, work: FlowWork, jobs: list[Job], error: errors.VendorError, *, retry: bool) -> None:
    after = getattr(error, "after", None)
    with shift.piece.commit("outcome"):
        for job in sorted(jobs, key=lambda one: one.record.pk):
            attempts.not_sent(work, job, error.message, retry=retry, after=after)


def _count_trouble(shift: Shift, error: errors.VendorError) -> None:
    shift.troubles += 1
    if shift.troubles >= _TROUBLES_IN_A_ROW:
        raise Stop(error.message, backoff(shift.troubles, getattr(error, "after", None)))


def _as_outcome(error: errors.VendorError) -> Outcome:
    """A refusal as the outcome of every item of the call."""
    if isinstance(error, errors.Refusal) and error.cause != "refused":
        return Held(cause=error.cause, message=error.message)
    if isinstance(error, errors.NotPermitted):
        return Held(cause="not_permitted", message=f"{error.message}, then replay the record")
    return Refused(message=error.message)
