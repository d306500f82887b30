"""Turns new versions into target documents, or into holds that name what is missing and the money behind it."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection
from django.db.models import QuerySet

from ml_connector.hub import audit, clocks, ids, twins
from ml_connector.hub.desk import InstallationDesk
from ml_connector.hub.mapping import Gap
from ml_connector.hub.models import AuditEntry, Record, Version
from ml_connector.hub.pipeline import corrections, postings
from ml_connector.hub.pipeline.translation import Translation
from ml_connector.hub.pipeline.work import FlowWork, Slice
from ml_connector.hub.states import Held, State
from ml_connector.integrations.declaration import Hold, InStep, Revisions, Skip

BATCH = 500

_SETTLE_RECORDS = """
UPDATE hub_record r SET state = n.state, cause = n.cause, message = n.message, step = n.step, version = r.newest,
    posted_version = CASE WHEN n.state = 'posted' THEN r.newest ELSE r.posted_version END,
    posted = CASE WHEN n.state = 'posted' THEN COALESCE(r.posted, %(now)s::timestamptz) ELSE r.posted END,
    correction = n.correction, again = false, checked = NULL,
    target_key = CASE WHEN n.correction = 'delta' THEN '' ELSE r.target_key END,
    memo = CASE WHEN n.correction = 'delta' THEN '{}' ELSE r.memo END,
    due = CASE WHEN n.state = 'unknown' THEN %(now)s::timestamptz END, updated = %(now)s
FROM unnest(%(ids)s::bigint[], %(versions)s::int[], %(states)s::text[], %(causes)s::text[], %(messages)s::text[],
    %(steps)s::text[], %(corrections)s::text[]) AS n(id, version, state, cause, message, step, correction)
WHERE r.id = n.id AND r.state = 'new' AND r.newest = n.version
"""
_SETTLE_VERSIONS = """
UPDATE hub_version v SET target = n.target, whole = n.whole, mapping = %(mapping)s
FROM unnest(%(ids)s::bigint[], %(versions)s::int[], %(targets)s::text[], %(wholes)s::text[])
    AS n(record, version, target, whole)
WHERE v.record_id = n.record AND v.number = n.version AND n.target <> ''
"""


def translate_new(work: FlowWork, lane: int, piece: Slice) -> int:
    """Translate up to BATCH new records of a lane; returns how many there were."""
    if not _new(work, lane).exists():
        return 0
    if not work.flow.twin:
        done = _translations(work, lane)
        with piece.commit("translated"):
            _store(work, done)
        return len(done.translations)
    with piece.commit("translated"):
        twins.lock(work)
        done = _translations(work, lane)
        _store(work, done)
    return len(done.translations)


def _new(work: FlowWork, lane: int) -> QuerySet[Record]:
    return Record.objects.filter(installation=work.installation, flow=work.flow.name, lane=lane, state=State.NEW)


class _Translated(msgspec.Struct, frozen=True):
    """What becomes of some records, the versions of the mapping tables that were used, and the keys that they name."""

    translations: list[Translation]
    mapping: dict[str, int]
    named: set[str]


def _translations(work: FlowWork, lane: int) -> _Translated:
    """What becomes of up to BATCH new records."""
    records = list(_new(work, lane).order_by("id")[:BATCH])
    desk = InstallationDesk(work.installation, work.flow)
    documents = _documents(records)
    translations = [translate_version(work, desk, record, documents[record.pk]) for record in records]
    return _Translated(translations, desk.tables.versions, _named(work, desk, documents.values()))


def _named(work: FlowWork, desk: InstallationDesk, versions: Iterable[Version]) -> set[str]:
    if work.flow.names is None:
        return set()
    read = (msgspec.json.decode(one.document, type=work.flow.record_type) for one in versions if one.document)
    return {work.flow.names(document, desk) for document in read} - {""}


def _documents(records: list[Record]) -> dict[int, Version]:
    newest = {record.pk: record.newest for record in records}
    rows = Version.objects.filter(record_id__in=list(newest))
    return {version.record_id: version for version in rows if newest[version.record_id] == version.number}


def translate_version(work: FlowWork, desk: InstallationDesk, record: Record, version: Version) -> Translation:
    """What becomes of the newest version of a record; nothing is stored."""
    if version.unreadable:
        return Translation(record, State.HELD, Held.UNREADABLE, f"{version.unreadable}: correct it at the source")
    adopted = desk.adopted(record.source_key)
    if adopted and not record.posted_version:
        message = f"somebody keyed it in as {adopted}, and a person matched the two"
        return Translation(record, State.POSTED, Held.KEYED_BY_HAND, message, adopted=adopted)
    done = translate_one(work, desk, record, version.document)
    if record.posted_version and work.flow.revisions is not Revisions.UPDATE:
        return corrections.of_posted(work, record, done)
    return _after_matching(work, desk, done) if done.state is State.READY else done


def _after_matching(work: FlowWork, desk: InstallationDesk, done: Translation) -> Translation:
    """Nothing is created before a person has looked for what is there already, and decided of what was found."""
    match = f"ml-connector match {work.installation.pk}"
    missing = [kind for kind in work.flow.after if kind not in work.installation.matched]
    if missing:
        message = (
            f"nobody has looked yet for {' and '.join(missing)} that both systems hold already: run '{match}', "
            "then accept what is the same ('--accept all-above 90')"
        )
        return Translation(done.record, State.HELD, Held.NOT_MATCHED, message)
    if candidate := desk.undecided(done.record.source_key):
        message = (
            f"it may have been keyed by hand already, as {candidate}: accept the pair, or say that it is another "
            f"document ('{match} --accept FILE', with - for the key of the target)"
        )
        return Translation(done.record, State.HELD, Held.KEYED_BY_HAND, message)
    return done


def translate_one(work: FlowWork, desk: InstallationDesk, record: Record, document: str) -> Translation:
    """Translate one version by the flow's rules."""
    source = msgspec.json.decode(document, type=work.flow.record_type)
    if work.flow.twin:
        source = desk.as_it_stands(record.source_key, source)
    desk.gaps.clear()
    try:
        target = work.flow.translate(source, ids.reference(record.ref, record.newest), desk)
    except Skip as skipped:
        return Translation(record, State.SKIPPED, skipped.cause, skipped.message)
    except Hold as held:
        return Translation(record, State.HELD, held.cause, held.message)
    except InStep as same:
        if record.target_key:
            return Translation(record, State.POSTED, agreed=same.agreed)
        return Translation(record, State.SKIPPED, "in_step", "both systems agree already", agreed=same.agreed)
    if desk.gaps:
        return Translation(record, State.HELD, Held.UNMAPPED, describe_gaps(desk.gaps))
    state = State.UNKNOWN if work.installation.recovering else State.READY
    ready = Translation(record, state, document=target, step=work.flow.target.steps[0].name)
    return _after_recovery(work, ready) if work.installation.recovering else ready


def _after_recovery(work: FlowWork, ready: Translation) -> Translation:
    """After our own notes were lost, what bears no reference of ours in the target is a person's to look for."""
    unsearchable = work.flow.target.unsearchable
    part = unsearchable(ready.document) if unsearchable else ""
    if not part:
        return ready
    message = (
        f"whether {part} was done before the hub was restored cannot be looked up: if it was not, replay this record; "
        "if it was, set it aside"
    )
    return msgspec.structs.replace(ready, state=State.HELD, cause=Held.NOT_SEARCHABLE, message=message)


def describe_gaps(gaps: list[Gap]) -> str:
    """One sentence per table and value that is not mapped, with the money behind it."""
    money: dict[tuple[str, str, str, str], Decimal] = defaultdict(Decimal)
    for gap in gaps:
        money[gap.table, gap.source, gap.target, gap.name] += gap.money
    sentences = [
        f"table {table} has no {'source' if target else 'target'} for {target or source} ({name}), "
        f"{amount} depend on it"
        for (table, source, target, name), amount in money.items()
    ]
    return "; ".join(sentences) + ": add the rows with 'ml-connector mapping import'"


def _store(work: FlowWork, done: _Translated) -> None:
    translations, mapping = done.translations, done.mapping
    values: dict[str, Any] = {
        "now": clocks.clock().now(),
        "mapping": json.dumps(mapping),
        "ids": [t.record.pk for t in translations],
        "versions": [t.record.newest for t in translations],
        "states": [str(t.state) for t in translations],
        "causes": [str(t.cause) for t in translations],
        "messages": [t.message for t in translations],
        "steps": [t.step for t in translations],
        "corrections": [t.correction for t in translations],
        "targets": [msgspec.json.encode(t.document).decode() if t.document else "" for t in translations],
        "wholes": [msgspec.json.encode(t.whole).decode() if t.whole else "" for t in translations],
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE_RECORDS, values)
        cursor.execute(_SETTLE_VERSIONS, values)
    for one in translations:
        if one.agreed:
            twins.keep_agreed(work, one.record.source_key, one.agreed)
        if one.adopted:
            postings.adopt(one.record, one.adopted)
    skipped = {one.record.scope for one in translations if one.state is State.SKIPPED}
    if skipped or done.named:
        postings.wake(work.installation, work.flow, skipped, named=done.named)
    AuditEntry.objects.bulk_create(
        audit.entry(
            f"record.{t.state}",
            t.record.ref,
            version=t.record.newest,
            cause=t.cause,
            message=t.message,
            mapping=mapping,
        )
        for t in translations
    )
