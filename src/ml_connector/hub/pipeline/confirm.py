"""Finds out what became of calls whose answer was lost, before anything is sent again."""

from __future__ import annotations

from typing import Any

import msgspec

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Finding, Held, Waiting
from ml_connector.connectors.kit.target import HIGH_WATER, Step
from ml_connector.hub import breaks, clocks, twins
from ml_connector.hub.models import Attempt, Record
from ml_connector.hub.pipeline import attempts, route
from ml_connector.hub.pipeline.attempts import Job
from ml_connector.hub.pipeline.work import FlowWork, Slice
from ml_connector.hub.states import AttemptState, State
from ml_connector.hub.states import Held as HeldBy


def adopt_orphans(piece: Slice, works: list[FlowWork]) -> None:
    """Open attempts on this lane are of a worker that died: their records are unknown, until the vendor can be asked.

    Not before the last moment at which that worker may have sent, plus the time the vendor may need.
    """
    orphans = list(Attempt.objects.filter(lane=piece.lease.key, state=AttemptState.OPEN).select_related("record"))
    if not orphans:
        return
    settle = {(work.installation.pk, work.flow.name): work.flow.target.settle for work in works}
    with piece.commit("settled"):
        for attempt in sorted(orphans, key=lambda one: one.record_id):
            record = attempt.record
            declared = settle.get((record.installation_id, record.flow))
            if declared is None:  # its flow is switched off: it stays as it is until that is on again
                continue
            attempt.state = AttemptState.LOST
            attempt.message = "the worker died during the call: it is looked up before anything is sent again"
            attempt.ended = clocks.clock().now()
            attempt.save(update_fields=["state", "message", "ended"])
            record.state, record.message = State.UNKNOWN, attempt.message
            record.due = attempt.send_by + clocks.settle(declared)
            attempts.save(record)


def settle(client: Any, piece: Slice, work: FlowWork, step: Step, records: list[Record]) -> None:
    """Look up what became of a step, in batches as large as the step's own calls."""
    if step.look_up is None:
        _run_again(piece, work, records)
        return
    jobs = _since(step, attempts.load(work, records))
    for start in range(0, len(jobs), step.batch):
        if piece.over:
            return
        _settle_batch(client, piece, work, step, jobs[start : start + step.batch])


def _since(step: Step, jobs: list[Job]) -> list[Job]:
    """The jobs with what was the target's newest document before the first call of the step whose answer was lost."""
    lost = Attempt.objects.filter(
        record__in=[job.record for job in jobs], step=step.name, state=AttemptState.LOST
    ).order_by("-pk")
    known = dict(lost.values_list("record_id", "high_water"))
    for job in jobs:
        if mark := known.get(job.record.pk):
            job.item = msgspec.structs.replace(job.item, memo={**job.item.memo, HIGH_WATER: mark})
    return jobs


def _run_again(piece: Slice, work: FlowWork, records: list[Record]) -> None:
    """A step that only reads needs no look-up."""
    with piece.commit("settled"):
        for record in sorted(records, key=lambda one: one.pk):
            attempts.back(work, record)
            attempts.save(record)


def _settle_batch(client: Any, piece: Slice, work: FlowWork, step: Step, jobs: list[Job]) -> None:
    try:
        findings = breaks.look_up(client, step, [job.item for job in jobs])
    except (errors.BrokenConnection, errors.RateLimited):
        raise
    except (errors.TryLater, errors.Unreadable, errors.AnswerLost) as later:
        with piece.commit("settled"):
            for job in jobs:
                attempts.ask_later(job.record, later)
        return
    except errors.VendorError as refused:
        message = f"whether it was posted cannot be found out: {refused.message}: look in the target, then replay"
        findings = [Held(cause=HeldBy.NOT_SEARCHABLE, message=message) for _ in jobs]
    with piece.commit("settled"):
        twins.lock(work)
        for job, finding in sorted(zip(jobs, findings, strict=True), key=lambda pair: pair[0].record.pk):
            _conclude(work, step, job, finding)


def _conclude(work: FlowWork, step: Step, job: Job, finding: Finding) -> None:
    lost = Attempt.objects.filter(record=job.record, step=step.name, state=AttemptState.LOST)
    now = clocks.clock().now()
    if isinstance(finding, Absent):
        lost.update(state=AttemptState.ABSENT, ended=now)
        if not _withdrawn_meanwhile(work, job.record):
            job.record.cause = job.record.message = ""
            attempts.back(work, job.record)
        attempts.save(job.record)
        Record.objects.filter(pk=job.record.pk).update(checked=None)  # somebody may have keyed it there meanwhile
        return
    if not isinstance(finding, Held | Waiting):
        lost.update(state=AttemptState.FOUND, ended=now)
    attempts.conclude(work, step, job, finding)


def _withdrawn_meanwhile(work: FlowWork, record: Record) -> bool:
    """Nothing of it is in the target, and its source is gone since: it is not posted any more."""
    if record.cause != HeldBy.GONE_AFTER_POSTING or record.posted_version or not _begins(work, record):
        return False
    record.state, record.cause, record.message = State.WITHDRAWN, "gone", "it is gone at the source"
    record.step, record.due = "", None
    return True


def _begins(work: FlowWork, record: Record) -> bool:
    return bool(record.step) and route.is_first(work.flow.target, record.step)
