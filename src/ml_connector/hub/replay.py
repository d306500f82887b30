"""Sends records on their way again: one, all of a cause, or all since a time. An ordinary delivery, so none doubles."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from django.db import transaction
from django.db.models import Q, QuerySet

from ml_connector.hub import audit, clocks, installations, lanes
from ml_connector.hub.models import Attempt, FlowState, Record, Version
from ml_connector.hub.pipeline import corrections, postings, route
from ml_connector.hub.pipeline.work import FlowWork, corrects, flow_work
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.states import AttemptState, Correction, Held, State, is_looked_for
from ml_connector.integrations.declaration import Revisions

_REPLAYABLE = (State.HELD, State.REFUSED, State.RETRYING, State.SKIPPED, State.READY)
_RELATED = ("installation", "installation__left", "installation__right")
_CORRECTIONS = (Held.CHANGED_AFTER_POSTING, Held.GONE_AFTER_POSTING)


def find(ref: str) -> Record:
    """A record by its id, or by the beginning of one when that is unique. Raises WrongUse."""
    found = list(Record.objects.filter(ref__startswith=ref.upper())[:2])
    if len(found) != 1:
        what = "there is no record" if not found else "there are several records that begin with"
        raise WrongUse(f"{what} {ref!r}: 'ml-connector records' lists them")
    return found[0]


def chosen(refs: Sequence[str], cause: str | None, since: datetime | None) -> list[Record]:
    """The records that a person names. Raises WrongUse when nothing is named or found."""
    if refs:
        return [find(ref) for ref in refs]
    if not cause and not since:
        raise WrongUse("name records, --cause C or --since T")
    records = Record.objects.filter(state__in=_REPLAYABLE)
    if cause:
        records = records.filter(cause=cause)
    if since:
        records = records.filter(updated__gte=since)
    return list(records.order_by("pk"))


def replay(records: Iterable[Record]) -> tuple[list[Record], list[tuple[Record, str]]]:
    """Put records back on their way; returns those that go, and those that stay with the reason."""
    gone: list[Record] = []
    stayed: list[tuple[Record, str]] = []
    for record in records:
        with transaction.atomic():
            locked = Record.objects.select_for_update().get(pk=record.pk)
            reason = _send_back(locked)
        if reason:
            stayed.append((locked, reason))
        else:
            gone.append(locked)
    _offer(gone)
    return gone, stayed


def _send_back(record: Record) -> str:
    """Change the record's state; returns why it stays as it is, or ""."""
    if record.state not in _REPLAYABLE:
        return _why_not(record)
    if _is_to_be_asked(record):
        gone = record.cause if record.cause == Held.GONE_AFTER_POSTING else ""
        record.state, record.due = State.UNKNOWN, clocks.clock().now()
        _save(record, cause=gone)
        return ""
    if record.cause in _CORRECTIONS:
        return _send_back_correction(record)
    is_update = _work_of(record).flow.revisions is Revisions.UPDATE
    may_be_there = _may_be_there(record)
    if is_update and may_be_there and not record.target_key:
        record.state, record.due = State.UNKNOWN, clocks.clock().now()
    elif record.correction not in ("", Correction.DELTA) and _is_before_first(record):
        record.state, record.due, record.checked = State.READY, None, None
    elif not is_update and ((record.target_key and record.step) or may_be_there):
        record.state, record.due = State.SENDING, None
    else:
        record.state, record.step, record.due, record.checked = State.NEW, "", None, None
    _save(record)
    return ""


def _is_to_be_asked(record: Record) -> bool:
    """Whether the target may hold it, or a draft of it, so that it is looked up before anything is sent."""
    is_gone = record.cause == Held.GONE_AFTER_POSTING and bool(record.step)
    never_found = is_gone and not record.posted_version and not record.target_key
    return is_looked_for(record.state, record.cause, record.due) or never_found


def _why_not(record: Record) -> str:
    if record.state == State.POSTED:
        return f"it is posted as {record.target_number}"
    return f"it is {record.state} already"


def _is_before_first(record: Record) -> bool:
    """Whether nothing has been done yet of taking a document back: what comes instead passes the gate before that."""
    return route.is_first(_work_of(record).flow.target, record.step)


def _work_of(record: Record) -> FlowWork:
    states = FlowState.objects.select_related(*_RELATED)
    return flow_work(states.get(installation=record.installation_id, flow=record.flow))


def _send_back_correction(record: Record) -> str:
    """A correction is made by the rule as it is now, or ends when the source says again what was posted.

    Anything else is a person's work.
    """
    work = _work_of(record)
    versions = dict(Version.objects.filter(record=record).values_list("number", "hash"))
    posted = versions.get(record.posted_version or 0)
    changed = record.cause == Held.CHANGED_AFTER_POSTING and posted is not None
    if changed and bytes(posted or b"") == bytes(record.newest_hash):
        record.state, record.posted_version = State.POSTED, record.newest
        _save(record)
        return ""
    if corrects(work) and not corrections.can_take_back(work, record):
        if changed:
            record.state = State.NEW
        else:
            corrections.take_back(work, record, Correction.GONE)
        _save(record)
        return ""
    return record.message


def _may_be_there(record: Record) -> bool:
    lost = Attempt.objects.filter(record=record, version=record.version, state=AttemptState.LOST)
    return lost.exists()


def set_aside(record: Record, why: str) -> None:
    """A person says that this record needs no posting (any more). Raises WrongUse for one that is on its way."""
    with transaction.atomic():
        locked = Record.objects.select_for_update().get(pk=record.pk)
        if locked.state not in (State.HELD, State.REFUSED, State.SKIPPED):
            raise WrongUse(f"record {locked.ref} is {locked.state}: only held or refused records can be set aside")
        locked.state, locked.cause, locked.message = State.SKIPPED, "set_aside", why
        locked.due = None
        _save(locked)
        row = installations.find(locked.installation_id)
        flow = installations.declaration(row.integration).flow(locked.flow)
        postings.wake(row, flow, [locked.scope])


def _save(record: Record, cause: str = "") -> None:
    if record.state not in (State.SKIPPED,):
        record.cause, record.message = cause, ""
    record.failures = 0
    record.updated = clocks.clock().now()
    record.save()
    audit.write("record.replayed", record.ref, state=record.state, message=record.message)


def _offer(records: list[Record]) -> None:
    keys = set()
    for record in records:
        row = installations.find(record.installation_id)
        target = installations.target_of(row, installations.declaration(row.integration).flow(record.flow))
        keys.add(lanes.deliver_key(target.pk, record.lane))
    lanes.offer(sorted(keys))


def release_waiting(installation_id: str, causes: Sequence[str]) -> int:
    """Translate again what waits for mappings or matches, after those changed; returns how many records."""
    gone, _ = replay(list(waiting(installation_id, causes)))
    return len(gone)


def waiting(installation_id: str, causes: Sequence[str]) -> QuerySet[Record]:
    """What waits for one of these causes before it was sent."""
    held = Record.objects.filter(installation=installation_id, state=State.HELD, cause__in=causes)
    return held.filter(Q(target_key="") | Q(step=""))
