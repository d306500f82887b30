"""The last look before a document is created: its posting period, and whether the target holds it already."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from django.db import connection

from ml_connector.connectors.kit.target import Keyed, PeriodState
from ml_connector.hub import clocks, ids, installations
from ml_connector.hub.leases import Lease
from ml_connector.hub.models import Posting, Record
from ml_connector.hub.pipeline import attempts
from ml_connector.hub.pipeline.attempts import Job
from ml_connector.hub.pipeline.work import FlowWork, Slice
from ml_connector.hub.states import Held, State

CHECK_HOLDS = timedelta(minutes=10)
"""How long the answer to "was it keyed by hand?" is good for."""

_TARGETS = """
UPDATE hub_version v SET target = n.target
FROM unnest(%(records)s::bigint[], %(versions)s::int[], %(targets)s::text[]) AS n(record, version, target)
WHERE v.record_id = n.record AND v.number = n.version AND v.target <> n.target
"""
_PERIODS_HOLD = timedelta(minutes=5)
_periods: dict[str, tuple[datetime, Lease, list[PeriodState] | None]] = {}


def pass_gate(work: FlowWork, piece: Slice, client: Any, jobs: list[Job]) -> list[Job]:
    """The jobs that may be created now; the others are held, with the reason. Asks the target in bulk."""
    now = clocks.clock().now()
    stale = [job for job in jobs if not _is_fresh(job.record, now)]
    if not stale:
        return jobs
    asks_periods = work.flow.target.periods is not None
    periods = (
        _known_periods(work, piece, client, now, [job.item.document.date for job in stale]) if asks_periods else None
    )
    keyed = _keyed(work, client, stale)
    forbidden = _forbidden(work, client, stale, periods)
    asked = {job.record.pk for job in stale}
    passed = [job for job in jobs if job.record.pk not in asked]
    with piece.commit("gated"):
        twins = _twins(stale) if work.flow.target.find_keyed else {}
        fresh = []
        for job in _still_ready(stale):
            refusal = _judge_keyed(job, keyed[job.record.pk]) or _judge_twin(job, twins) or forbidden.get(job.record.pk)
            if refusal:
                job.record.state, (job.record.cause, job.record.message) = State.HELD, refusal
                attempts.save(job.record)
            else:
                job.record.checked = now
                fresh.append(job)
        _store(fresh, now)
    passed += fresh
    return [job for job in passed if job.record.state != State.UNKNOWN]


def _forbidden(
    work: FlowWork, client: Any, jobs: Sequence[Job], periods: list[PeriodState] | None
) -> dict[int, tuple[str, str]]:
    """Why documents cannot be posted, by record: their period, and what the target's own master data say of them."""
    if wrong := currency_refusal(work, client):
        return {job.record.pk: wrong for job in jobs}
    found: dict[int, tuple[str, str]] = {}
    for job in jobs:
        if refusal := _judge_period(work, job, periods):
            found[job.record.pk] = refusal
    rest = [job for job in jobs if job.record.pk not in found]
    if work.flow.target.examine is not None and rest:
        answers = work.flow.target.examine(client, [job.item for job in rest])
        for job, held in zip(rest, answers, strict=True):
            if held is not None:
                found[job.record.pk] = (held.cause, held.message)
    return found


def currency_refusal(work: FlowWork, client: Any) -> tuple[str, str] | None:
    """Why nothing is posted into books that are kept in another currency than the company said; None when all is well.

    Documents that state no currency were given the company's.
    """
    ledger = installations.declaration(work.installation.integration).ledger
    if ledger.currency is None or work.target != installations.connection_of(work.installation, ledger.side):
        return None
    chosen, kept = installations.rule(work.installation, "currency"), ledger.currency(client)
    if kept in ("", chosen):
        return None
    return (
        Held.BASE_CURRENCY,
        f"the rule currency says {chosen}, but {work.target.name} keeps its books in {kept}: set the rule to {kept}, "
        "or connect the right company, then replay the record",
    )


def passed_before(records: list[Record]) -> list[Record]:
    """Those that passed in an earlier slice and are still good, so that they go first and nothing is asked twice."""
    now = clocks.clock().now()
    return [record for record in records if _is_fresh(record, now)]


def _is_fresh(record: Record, now: datetime) -> bool:
    return record.checked is not None and now - record.checked <= CHECK_HOLDS


def _still_ready(jobs: Sequence[Job]) -> list[Job]:
    """Those that stand where they stood when they were loaded; their rows are locked."""
    found = Record.objects.select_for_update().filter(pk__in=[job.record.pk for job in jobs], state=State.READY)
    versions = dict(found.order_by("pk").values_list("pk", "version"))
    ready = [job for job in jobs if versions.get(job.record.pk) == job.record.version]
    return sorted(ready, key=lambda one: one.record.pk)


def _store(jobs: Sequence[Job], now: datetime) -> None:
    """Keep what passed: when it was looked at, and its document with the period that it was given."""
    Record.objects.filter(pk__in=[job.record.pk for job in jobs]).update(checked=now)
    values: dict[str, Any] = {
        "records": [job.record.pk for job in jobs],
        "versions": [job.record.version for job in jobs],
        "targets": [msgspec.json.encode(job.item.document).decode() for job in jobs],
    }
    with connection.cursor() as cursor:
        cursor.execute(_TARGETS, values)


def _keyed(work: FlowWork, client: Any, jobs: Sequence[Job]) -> dict[int, list[Keyed]]:
    target = work.flow.target
    if target.find_keyed is None:
        return {job.record.pk: [] for job in jobs}
    found: dict[int, list[Keyed]] = {}
    for start in range(0, len(jobs), target.keyed_batch):
        some = jobs[start : start + target.keyed_batch]
        answers = target.find_keyed(client, [job.item for job in some])
        found |= {job.record.pk: answer for job, answer in zip(some, answers, strict=True)}
    return found


def _judge_keyed(job: Job, keyed: list[Keyed]) -> tuple[str, str] | None:
    """What a document with the same vendor and number means: ours, another record's, or a person's work."""
    known = {ids.reference(job.record.ref, one.version) for one in _postings(job, keyed)}
    for there in keyed:
        owner = ids.record_of(there.reference)
        if there.reference in known:  # posted before, and taken back or made good by this one
            continue
        if owner == job.record.ref and there.reference == job.item.reference:
            job.record.state, job.record.due = State.UNKNOWN, clocks.clock().now()
            attempts.save(job.record)
            return None
        if owner == job.record.ref:
            return (
                Held.CHANGED_AFTER_POSTING,
                f"the target holds {there.number} from an earlier version of this record: correct it there by hand",
            )
        if owner:
            return (
                Held.DUPLICATE_NUMBER,
                f"the vendor's number {job.item.document.number} is on {there.number} already, which came from "
                f"record {owner}: give one of them another number at the source",
            )
        return (
            Held.KEYED_BY_HAND,
            f"somebody keyed {there.number} ({there.text or 'no text'}) with the vendor's number "
            f"{job.item.document.number}: if it is the same document, accept the pair (ml-connector match) or set this "
            f"record aside; if not, change the number",
        )
    return None


def _postings(job: Job, keyed: list[Keyed]) -> list[Posting]:
    return list(Posting.objects.filter(record=job.record)) if keyed else []


def _twins(jobs: Sequence[Job]) -> dict[tuple[str, str], list[Job]]:
    by_number: dict[tuple[str, str], list[Job]] = defaultdict(list)
    for job in jobs:
        if job.item.document.vendor and job.item.document.number:
            by_number[job.item.document.vendor, job.item.document.number].append(job)
    return by_number


def _judge_twin(job: Job, twins: dict[tuple[str, str], list[Job]]) -> tuple[str, str] | None:
    """Two records of the same batch with one vendor's number: the first goes, the others wait for a person."""
    same = twins.get((job.item.document.vendor, job.item.document.number)) if twins else None
    if not same or same[0] is job:
        return None
    first = same[0]
    return (
        Held.DUPLICATE_NUMBER,
        f"record {first.record.ref} has the same vendor and number {job.item.document.number}: "
        f"give one of them another number at the source",
    )


def _known_periods(
    work: FlowWork, piece: Slice, client: Any, now: datetime, days: Sequence[date]
) -> list[PeriodState] | None:
    """The target's periods, asked anew in the next slice when one was closed: a person may just have opened it."""
    asked, asker, known = _periods.get(work.target.pk, (None, None, None))
    is_old = asked is None or not asked <= now <= asked + _PERIODS_HOLD
    if is_old or (asker != piece.lease and not _are_open(known, days)):
        assert work.flow.target.periods is not None
        known = work.flow.target.periods(client)
        _periods[work.target.pk] = (now, piece.lease, known)
    return known


def _are_open(periods: list[PeriodState] | None, days: Sequence[date]) -> bool:
    if periods is None:
        return True
    found = [_period_of(day, periods) for day in days]
    return all(period is not None and period.open for period in found)


def _judge_period(work: FlowWork, job: Job, periods: list[PeriodState] | None) -> tuple[str, str] | None:
    """Give the document its posting period, by the installation's rule when that is closed."""
    if periods is None:
        return None
    document = job.item.document
    period = _period_of(document.date, periods)
    if period is None:
        return Held.PERIOD_CLOSED, f"the target has no posting period for {document.date}: open one there"
    if not period.open:
        following = _next_open(period, periods)
        if installations.rule(work.installation, "closed_period") != "next_open_day" or following is None:
            return (
                Held.PERIOD_CLOSED,
                f"period {period.period} of {document.date} is closed in the target: open it there, "
                f"or set the rule closed_period=next_open_day, then replay the record",
            )
        period = following
    job.item = msgspec.structs.replace(job.item, document=msgspec.structs.replace(document, period=period.period))
    return None


def _period_of(day: date, periods: list[PeriodState]) -> PeriodState | None:
    return next((period for period in periods if period.first <= day <= period.last), None)


def _next_open(closed: PeriodState, periods: list[PeriodState]) -> PeriodState | None:
    later = [period for period in periods if period.open and period.first > closed.last]
    return min(later, key=lambda period: period.first, default=None)
