"""What a sync would post, worked out in memory: no run, no cursor, no record is written.

Vendor calls are made (and counted), tokens are renewed and stored as always.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

import msgspec
from django.db.models import Q
from msgspec import Struct

from ml_connector.connectors.kit.source import Row, Scope, Window
from ml_connector.connectors.kit.target import Item
from ml_connector.hub import connections, ids, installations, survey
from ml_connector.hub.desk import InstallationDesk
from ml_connector.hub.models import FlowState, Installation, Posting, Record, ScopeState, Version
from ml_connector.hub.pipeline import corrections, gate, intake, postings, translate
from ml_connector.hub.pipeline.translation import Translation
from ml_connector.hub.pipeline.work import FlowWork, corrects, flow_work
from ml_connector.hub.states import BEFORE_SENDING, Correction, Held, State, is_looked_for
from ml_connector.integrations.declaration import Facts, Revisions

_ON_ITS_WAY = (State.NEW, State.READY, State.SENDING, State.RETRYING, State.UNKNOWN, State.WAITING)


class Planned(Struct, frozen=True, kw_only=True):
    """What would become of one source record: `document` is what would be posted, else cause and message say why not.

    `verdict` is post, correction, held, skipped, withdrawn, adopted (somebody keyed it in), or the state of a record
    that is on its way already. A correction takes the documents `takes_back` out of the target, and posts `document`
    where there is one: instead of them, or the difference to what stands there.
    """

    record: str
    flow: str
    verdict: str
    facts: Facts
    cause: str = ""
    message: str = ""
    takes_back: tuple[str, ...] = ()
    document: Any = None


class Plan(Struct, frozen=True, kw_only=True):
    """What a sync would do now. `unchanged` rows were read and are known; `troubles` are scopes that forbid reading."""

    read: int
    unchanged: int
    planned: tuple[Planned, ...]
    troubles: tuple[str, ...]


class Wish(Struct, frozen=True, kw_only=True):
    """What to plan for: all flows or one, from the cursors, from a date, or everything."""

    flow: str | None = None
    since: datetime | None = None
    sweep: bool = False


def of_installation(row: Installation, wish: Wish, progress: Callable[[str], None] = lambda text: None) -> Plan:
    """Read the source, translate, and ask the target what would stop a document. Raises Problem, kit.errors."""
    installations.require_choices(row)
    total = _Counts()
    states = installations.flow_states(row, wish.flow)
    for state in [state for state in states if state.enabled] or states:
        _plan_flow(flow_work(state), wish, total, progress)
    return Plan(
        read=total.read, unchanged=total.unchanged, planned=tuple(total.planned), troubles=tuple(total.troubles)
    )


class _Counts:
    def __init__(self) -> None:
        self.read = 0
        self.unchanged = 0
        self.planned: list[Planned] = []
        self.troubles: list[str] = []


def _plan_flow(work: FlowWork, wish: Wish, total: _Counts, progress: Callable[[str], None]) -> None:
    found = survey.of_source(work, lambda scope: _window(work.state, scope, wish), progress)
    total.read += found.read
    total.troubles += found.troubles
    planned = _judge(work, list(found.rows.values()), total)
    total.planned += _judge_there(work, planned, progress)
    total.planned += _earlier(work, set(found.rows))
    if wish.sweep:
        total.planned += _vanished(work, found)


def _window(state: FlowState, scope: Scope, wish: Wish) -> Window | None:
    """The same window as a sync's."""
    if wish.since is not None:
        return Window(start=wish.since)
    stored = ScopeState.objects.filter(flow=state, key=scope.key).first()
    if wish.sweep or stored is None or stored.cursor is None:
        return None
    return Window(start=stored.cursor - installations.flow_of(state).overlap)


def _judge(work: FlowWork, rows: Sequence[Row], total: _Counts) -> list[Planned]:
    known = {
        record.source_key: record
        for record in Record.objects.filter(
            installation=work.installation, flow=work.flow.name, source_key__in=[row.key for row in rows]
        )
    }
    posted = postings.hashes(known.values())
    desk = InstallationDesk(work.installation, work.flow)
    planned = []
    for row in rows:
        record = known.get(row.key)
        digest = intake.fingerprint(row.document)
        is_known = record is not None and bytes(record.newest_hash) == digest
        as_posted = record is not None and posted.get(record.pk) == digest and not record.correction
        one = None
        if record is None or not (is_known or as_posted) or record.state in _ON_ITS_WAY:
            one = _translate(work, desk, row, record, 0 if is_known else 1)
        if one is None:
            total.unchanged += 1
        else:
            planned.append(one)
    return planned


def _translate(work: FlowWork, desk: InstallationDesk, row: Row, record: Record | None, newer: int) -> Planned | None:
    """What would become of a row, None when nothing would: its target agrees already."""
    facts = work.flow.facts(row.document)
    if record is not None and not _may_move(record):
        return Planned(
            record=record.ref, flow=work.flow.name, verdict=str(record.state), facts=facts,
            message="the target holds an earlier version, or will soon",
        )  # fmt: skip
    draft = copy.copy(record) if record is not None else _draft(work, row)
    draft.newest += newer
    version = Version(document=msgspec.json.encode(row.document).decode(), modified=row.modified)
    done = translate.translate_version(work, desk, draft, version)
    if done.state is State.POSTED and not done.adopted:
        return None
    return Planned(
        record=draft.ref, flow=work.flow.name, verdict=_verdict(done), cause=str(done.cause), message=done.message,
        facts=facts, document=done.document,
        takes_back=_numbers(draft) if done.correction == Correction.REPOST else (),
    )  # fmt: skip


def _draft(work: FlowWork, row: Row) -> Record:
    ref = ids.of_record(work.installation.pk, work.flow.name, row.key)
    return Record(ref=ref, source_key=row.key, newest=0)


def _may_move(record: Record) -> bool:
    """Whether a newer version would be taken up now: nothing of the record is under way in the target."""
    if record.posted_version:
        return record.state in (*BEFORE_SENDING, State.POSTED)
    if is_looked_for(record.state, record.cause, record.due):
        return False
    return record.state in BEFORE_SENDING and not record.target_key


def _verdict(done: Translation) -> str:
    if done.adopted:
        return "adopted"
    if done.correction:
        return "correction"
    return "post" if done.document else str(done.state)


def _numbers(record: Record) -> tuple[str, ...]:
    return tuple(one.number for one in postings.standing(record))


def _vanished(work: FlowWork, found: survey.Survey) -> list[Planned]:
    """What a sweep would make of records whose source is gone."""
    if work.flow.revisions is Revisions.UPDATE:
        return []
    planned = []
    for scope in found.scopes:
        unseen = Record.objects.filter(
            ~Q(state=State.WITHDRAWN), ~Q(cause=Held.GONE_AFTER_POSTING), ~Q(correction=Correction.GONE),
            installation=work.installation, flow=work.flow.name, scope=scope.key,
        ).exclude(source_key__in=list(found.rows))  # fmt: skip
        records = {record.source_key: record for record in unseen.order_by("pk")}
        planned += [_gone(work, records[key]) for key in survey.missing(work, scope, list(records))]
    return planned


def _gone(work: FlowWork, record: Record) -> Planned:
    verdict, cause, message = "withdrawn", "gone", "it is gone at the source"
    takes_back: tuple[str, ...] = ()
    if not _may_move(record):
        verdict, cause, message = str(record.state), Held.GONE_AFTER_POSTING, corrections.GONE_MESSAGE
    elif record.posted_version:
        reason = corrections.can_take_back(work, record) if corrects(work) else corrections.GONE_MESSAGE
        verdict, cause = ("held", str(Held.GONE_AFTER_POSTING)) if reason else ("correction", "gone")
        message, takes_back = (reason, ()) if reason else (message, _numbers(record))
    version = Version.objects.get(record=record, number=record.newest)
    facts = work.flow.facts(msgspec.json.decode(version.document, type=work.flow.record_type))
    return Planned(
        record=record.ref, flow=work.flow.name, verdict=verdict, cause=cause, message=message, facts=facts,
        takes_back=takes_back,
    )  # fmt: skip


def _judge_there(work: FlowWork, planned: list[Planned], progress: Callable[[str], None]) -> list[Planned]:
    """Ask the target what the gate would ask: its master data, closed periods, documents with the same number."""
    going = [one for one in planned if one.document]
    if not going:
        return planned
    progress(f"{work.flow.name}: asking the target about {len(going)} documents")
    with connections.opened(work.target) as (client, _):
        stopped = _examined(work, client, going) | _closed(work, client, going) | _keyed(work, client, going)
    return [stopped.get(one.record, one) for one in planned]


def _closed(work: FlowWork, client: object, going: list[Planned]) -> dict[str, Planned]:
    periods = work.flow.target.periods(client) if work.flow.target.periods else None
    if periods is None or installations.rule(work.installation, "closed_period") == "next_open_day":
        return {}
    stopped = {}
    for one in going:
        assert one.document is not None
        day = one.document.date
        if not any(period.open and period.first <= day <= period.last for period in periods):
            stopped[one.record] = _stopped(one, Held.PERIOD_CLOSED, f"the target has no open posting period for {day}")
    return stopped


def _examined(work: FlowWork, client: object, going: list[Planned]) -> dict[str, Planned]:
    if wrong := gate.currency_refusal(work, client):
        return {one.record: _stopped(one, *wrong) for one in going}
    if work.flow.target.examine is None:
        return {}
    answers = work.flow.target.examine(client, _items(work, going))
    return {
        one.record: _stopped(one, held.cause, held.message)
        for one, held in zip(going, answers, strict=True)
        if held is not None
    }


def _keyed(work: FlowWork, client: object, going: list[Planned]) -> dict[str, Planned]:
    target = work.flow.target
    stopped: dict[str, Planned] = {}
    if target.find_keyed is None:
        return stopped
    ours = _references(going)
    for start in range(0, len(going), target.keyed_batch):
        some = going[start : start + target.keyed_batch]
        for one, found in zip(some, target.find_keyed(client, _items(work, some)), strict=True):
            there = [document for document in found if document.reference not in ours[one.record]]
            if there:
                message = f"the target holds {there[0].number} with the same vendor and number"
                stopped[one.record] = _stopped(one, Held.KEYED_BY_HAND, message)
    return stopped


def _items(work: FlowWork, going: list[Planned]) -> list[Item]:
    """The documents as the gate would show them to the target: with what it holds of their records already."""
    records = Record.objects.filter(installation=work.installation, flow=work.flow.name)
    known = {record.ref: record for record in records.filter(ref__in=[one.record for one in going])}
    items = []
    for one in going:
        assert one.document is not None
        item = Item(reference=one.document.reference, document=one.document)
        record = known.get(one.record)
        if record is not None:
            there = {"key": record.target_key, "number": record.target_number, "memo": record.memo}
            item = msgspec.structs.replace(item, **there)
        items.append(item)
    return items


def _references(going: list[Planned]) -> dict[str, set[str]]:
    """The marks of the documents that each record was posted as."""
    found: dict[str, set[str]] = {one.record: set() for one in going}
    for ref, version in Posting.objects.filter(record__ref__in=list(found)).values_list("record__ref", "version"):
        found[ref].add(ids.reference(ref, version))
    return found


def _stopped(one: Planned, cause: str, message: str) -> Planned:
    return msgspec.structs.replace(one, verdict="held", cause=str(cause), message=message, document=None, takes_back=())


def _earlier(work: FlowWork, read: set[str]) -> list[Planned]:
    """Records of earlier reads that a sync would take up as well."""
    waiting = Record.objects.filter(installation=work.installation, flow=work.flow.name, state__in=_ON_ITS_WAY)
    planned = []
    for record in waiting.exclude(source_key__in=read).order_by("pk"):
        version = Version.objects.get(record=record, number=record.newest)
        if not version.document:
            continue  # it could not be understood: the next read says so
        facts = work.flow.facts(msgspec.json.decode(version.document, type=work.flow.record_type))
        document = msgspec.json.decode(version.target, type=work.flow.document_type) if version.target else None
        planned.append(
            Planned(
                record=record.ref, flow=work.flow.name, verdict=record.state, cause=record.cause,
                message=record.message, facts=facts, document=document,
            )
        )  # fmt: skip
    return planned
