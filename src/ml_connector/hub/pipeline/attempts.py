"""Intents and outcomes: what is written down before a vendor call and after it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
from django.db.models import F, Q
from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Done, Finding, Held, NotRun, Outcome, Refused, Waiting
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.hub import audit, breaks, clocks, differences, ids, twins
from ml_connector.hub.models import Attempt, AuditEntry, Record, Version
from ml_connector.hub.pipeline import corrections, postings, route
from ml_connector.hub.pipeline.intake import CHANGED_MESSAGE
from ml_connector.hub.pipeline.work import FlowWork, Slice, backoff, corrects
from ml_connector.hub.states import FOR_A_PERSON, AttemptState, Correction, State
from ml_connector.hub.states import Held as HeldBy
from ml_connector.integrations.declaration import Revisions, Writes

SEND_WITHIN = timedelta(seconds=5)
"""How long after its intent a call may still be sent; a worker that was frozen longer does not send."""


class Job(Struct):
    """A record at a step, with the document that goes out and the open attempt, if one was made."""

    record: Record
    item: Item
    attempt: Attempt | None = None


def load(work: FlowWork, records: Sequence[Record]) -> list[Job]:
    """Records with the documents that their steps need: what is to be written, or what is to be taken back."""
    return _load(work, {record.pk: (record, _version_at(work, record)) for record in records})


def load_meant(work: FlowWork, records: Sequence[Record]) -> list[Job]:
    """Records with the documents that are to be written, whatever step they stand at; those without one are left out.

    One that is taken back because its source is not approved any more has none.
    """
    return _load(work, {record.pk: (record, record.version) for record in records})


def _load(work: FlowWork, wanted: dict[int, tuple[Record, int]]) -> list[Job]:
    rows = Version.objects.filter(record_id__in=list(wanted)).exclude(target="")
    return [
        Job(wanted[pk][0], _item(work, wanted[pk][0], number, text))
        for pk, number, text in rows.order_by("record_id").values_list("record_id", "number", "target")
        if wanted[pk][1] == number
    ]


def _version_at(work: FlowWork, record: Record) -> int:
    if record.step and route.is_reversal(work.flow.target, record.step):
        return postings.standing(record)[0].version
    return record.version


def _item(work: FlowWork, record: Record, version: int, target: str) -> Item:
    return Item(
        reference=ids.reference(record.ref, version),
        document=msgspec.json.decode(target, type=work.flow.document_type),
        key=record.target_key,
        number=record.target_number,
        memo=record.memo,
    )


def refreshed(job: Job) -> Item:
    """The item with what the last step left on its record."""
    record = job.record
    return msgspec.structs.replace(job.item, key=record.target_key, number=record.target_number, memo=record.memo)


def intend(piece: Slice, step: Step, jobs: list[Job], high_water: str) -> list[Job]:
    """Commit the intent to send a step; returns the jobs that may be sent (a newer version may have come between).

    `high_water` is the target's newest document as far as it is known, "" where it can be searched without.
    """
    now = clocks.clock().now()
    call = uuid.uuid4()

    def commit() -> None:
        with piece.commit("intent"):
            for job in sorted(jobs, key=lambda one: one.record.pk):
                if _claim(job.record, step, now):
                    job.attempt = _attempt(piece, step, job, call, now, high_water)
            Attempt.objects.bulk_create([job.attempt for job in jobs if job.attempt])

    breaks.commit_intent(commit)
    return [job for job in jobs if job.attempt]


def _claim(record: Record, step: Step, now: datetime) -> bool:
    claimed = Record.objects.filter(pk=record.pk, state=record.state, version=record.version, step=record.step).exclude(
        state=State.READY, newest__gt=F("version")
    )
    if not claimed.update(state=State.SENDING, step=step.name, due=None, updated=now):
        return False
    record.state, record.step = State.SENDING, step.name
    return True


def _attempt(piece: Slice, step: Step, job: Job, call: uuid.UUID, now: datetime, high_water: str) -> Attempt:
    return Attempt(
        tenant_id=job.record.tenant_id,
        record=job.record,
        version=job.record.version,
        step=step.name,
        call=call,
        reference=job.item.reference,
        digest=hashlib.sha256(msgspec.json.encode(job.item.document)).hexdigest(),
        high_water=high_water,
        lane=piece.lease.key,
        fence=piece.lease.fence,
        started=now,
        send_by=now + SEND_WITHIN,
        state=AttemptState.OPEN,
    )


def conclude(work: FlowWork, step: Step, job: Job, outcome: Outcome | Finding) -> None:
    """Write down what became of a step, inside the caller's transaction."""
    twins.lock(work)
    record = job.record
    match outcome:
        case Done():
            _done(work, step, job, outcome)
        case Waiting():
            record.state = State.WAITING
            record.memo = {**record.memo, **outcome.memo}
            record.due = clocks.clock().now() + outcome.after
            _close(job, AttemptState.WAITING, outcome.answer)
        case Held():
            _hold(record, *_why(record, outcome), outcome.look_after)
            _name(record, outcome.key, outcome.number)
            _close(job, AttemptState.HELD, outcome.answer, outcome.message)
        case Refused():
            record.state, record.cause, record.due = State.REFUSED, "refused", None
            record.message = f"{outcome.message}: put right what it names, then replay the record"
            _close(job, AttemptState.REFUSED, outcome.answer, outcome.message)
        case NotRun():
            back(work, record)
            _close(job, AttemptState.NOT_SENT)
    if record.state in FOR_A_PERSON and work.flow.writes is Writes.FIELDS and _is_outdated(record):
        record.state, record.cause, record.message, record.due = State.NEW, "", "", None
    save(record)


def _done(work: FlowWork, step: Step, job: Job, outcome: Done) -> None:
    record = job.record
    _name(record, outcome.key, outcome.number)
    record.memo = {**record.memo, **outcome.memo}
    record.failures = 0
    _close(job, AttemptState.DONE, outcome.answer)
    item = refreshed(job)
    following = route.after(work.flow.target, step.name, item)
    if step.again and step.again(item):
        following = step.name
    elif following == route.VERIFY and outcome.stored is not None:
        verdict = route.verdict(work.flow.target, job.item, outcome.stored)
        if isinstance(verdict, Held):
            record.step = route.VERIFY
            _hold(record, verdict.cause, verdict.message, None)
            return
        following = route.after(work.flow.target, route.VERIFY, item)
    if following:
        record.state, record.step, record.cause, record.message, record.due = State.SENDING, following, "", "", None
    elif route.is_reversal(work.flow.target, step.name):
        _taken_back(record)
    else:
        _posted(work, job)


def _posted(work: FlowWork, job: Job) -> None:
    """The last step is done. What was read meanwhile makes it an update, a correction, or a person's work."""
    record = job.record
    postings.made(record)
    if work.flow.writes is Writes.FIELDS:
        twins.written(work, record, job.item.document)
    if work.flow.writes is Writes.FIXES:
        differences.carried_out(work, record, job.item.document)
    record.step, record.due, record.posted, record.posted_version = "", None, clocks.clock().now(), record.version
    record.correction = ""
    newest, cause, again = Record.objects.filter(pk=record.pk).values_list("newest", "cause", "again").get()
    if cause == HeldBy.GONE_AFTER_POSTING and corrects(work):
        corrections.take_back(work, record, Correction.GONE)
    elif cause == HeldBy.GONE_AFTER_POSTING:
        record.state, record.cause, record.message = State.HELD, HeldBy.GONE_AFTER_POSTING, corrections.GONE_MESSAGE
    elif again or (newest != record.version and (work.flow.revisions is Revisions.UPDATE or corrects(work))):
        record.state, record.cause, record.message = State.NEW, "", ""
    elif newest != record.version:
        record.state, record.cause, record.message = State.HELD, HeldBy.CHANGED_AFTER_POSTING, CHANGED_MESSAGE
    else:
        record.state, record.cause, record.message = State.POSTED, "", ""


def _taken_back(record: Record) -> None:
    """The posted document is reversed, and that was verified: nothing of the record is in the target any more."""
    postings.taken_back(record)
    why = record.correction
    record.target_key = record.target_number = record.step = record.correction = ""
    record.posted, record.posted_version, record.due, record.memo = None, None, None, {}
    if why == Correction.GONE:
        record.state, record.cause, record.message = State.WITHDRAWN, "gone", "it was taken back: gone at the source"
    elif why == Correction.UNDO:
        record.state, record.cause, record.message = State.SKIPPED, "set_aside", "it was taken back by a person"
    else:
        record.state, record.cause, record.message = State.NEW, "", ""


def _hold(record: Record, cause: str, message: str, look_after: timedelta | None) -> None:
    record.state, record.cause, record.message = State.HELD, cause, message
    record.due = clocks.clock().now() + look_after if look_after else None


def _why(record: Record, held: Held) -> tuple[str, str]:
    """Cause and message. That the source is gone is remembered of what may become a document in the target yet."""
    if record.cause != HeldBy.GONE_AFTER_POSTING or record.posted_version:
        return held.cause, held.message
    what = held.message.partition(": ")[0]
    return record.cause, f"it is gone at the source, but {what}: delete it there, or set this record aside"


def _name(record: Record, key: str, number: str) -> None:
    record.target_key = key or record.target_key
    record.target_number = number or record.target_number


def _close(job: Job, state: AttemptState, answer: str = "", message: str = "") -> None:
    if job.attempt is None:
        return
    Attempt.objects.filter(pk=job.attempt.pk).update(
        state=state, ended=clocks.clock().now(), answer=answer, message=message
    )


def back(work: FlowWork, record: Record) -> None:
    """The step was certainly not done: the record stands where it stood before it, or begins anew if it changed."""
    record.state = State.READY if route.is_first(work.flow.target, record.step) else State.SENDING
    if record.state == State.READY and _is_outdated(record):
        record.state = State.NEW
    record.due = None


def _is_outdated(record: Record) -> bool:
    """Whether the source, or what the record is compared with, changed while it was on its way."""
    return Record.objects.filter(Q(newest__gt=record.version) | Q(again=True), pk=record.pk).exists()


def not_sent(work: FlowWork, job: Job, message: str, *, retry: bool, after: timedelta | None) -> None:
    """The call did nothing. `retry`: this record waits before the next try, otherwise it may go on at once."""
    record = job.record
    back(work, record)
    if retry and record.state != State.NEW:
        record.failures += 1
        record.state = State.RETRYING
        record.due = clocks.clock().now() + backoff(record.failures, after)
        record.message = message
    _close(job, AttemptState.NOT_SENT, message=message)
    save(record)


def lost(work: FlowWork, job: Job, message: str) -> None:
    """The answer is lost: the record is unknown until the vendor can be asked."""
    record = job.record
    record.state, record.message = State.UNKNOWN, message
    record.due = clocks.clock().now() + clocks.settle(work.flow.target.settle)
    _close(job, AttemptState.LOST, message=message)
    save(record)


def ask_later(record: Record, error: errors.VendorError) -> None:
    """The record's state stays; the vendor could not be asked now."""
    record.failures += 1
    record.due = clocks.clock().now() + backoff(record.failures, getattr(error, "after", None))
    save(record)


def save(record: Record) -> None:
    """Store what a stage decided of a record, and tell it to the audit trail."""
    record.updated = clocks.clock().now()
    record.save(
        update_fields=[
            "state", "cause", "message", "step", "memo", "target_key", "target_number", "due", "failures",
            "posted", "posted_version", "correction", "updated",
        ]
    )  # fmt: skip
    AuditEntry.objects.bulk_create([told(record)])


def told(record: Record) -> AuditEntry:
    """The audit entry of a record's present state."""
    return audit.entry(
        f"record.{record.state}", record.ref, version=record.version, step=record.step, cause=record.cause,
        message=record.message, source=record.source_key, target=record.target_key, number=record.target_number,
    )  # fmt: skip
