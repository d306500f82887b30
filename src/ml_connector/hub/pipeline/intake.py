"""Takes pages of source rows into records and versions, a few statements per page whatever its size."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec
from django.db import connection
from msgspec import Struct

from ml_connector.connectors.kit.source import Document, Page, Row, Unreadable
from ml_connector.hub import clocks, ids, tenancy, twins
from ml_connector.hub.models import Run
from ml_connector.hub.pipeline import route
from ml_connector.hub.pipeline.work import FlowWork, corrects
from ml_connector.hub.states import BEFORE_SENDING, Correction, Held, State, is_looked_for
from ml_connector.integrations.declaration import Facts, Revisions

_KNOWN = """
SELECT r.id, r.source_key, r.newest, r.newest_hash, r.state, r.cause, r.due, r.target_key, r.correction, r.step,
       (SELECT v.hash FROM hub_version v WHERE v.record_id = r.id AND v.number = r.posted_version) AS posted_hash
FROM hub_record r
WHERE r.installation_id = %(installation)s AND r.flow = %(flow)s AND r.source_key = ANY(%(keys)s)
ORDER BY r.id
FOR UPDATE OF r
"""

_INSERT_RECORDS = """
INSERT INTO hub_record (
    tenant_id, ref, installation_id, flow, lane, scope, source_key, title, business_number, business_date, amount,
    currency, state, cause, message, version, newest, newest_hash, step, memo, target_key, target_number, failures,
    urgent, seen_run, correction, again, created, updated)
SELECT %(tenant)s, n.ref, %(installation)s, %(flow)s, n.lane, %(scope)s, n.key, n.title, n.number, n.day, n.amount,
    n.currency, 'new', '', '', 1, 1, n.hash, '', '{}', '', '', 0, %(urgent)s, %(run)s, '', false, %(now)s, %(now)s
FROM unnest(%(refs)s::text[], %(lanes)s::int[], %(keys)s::text[], %(titles)s::text[], %(numbers)s::text[],
    %(days)s::date[], %(amounts)s::numeric[], %(currencies)s::text[], %(hashes)s::bytea[])
    AS n(ref, lane, key, title, number, day, amount, currency, hash)
RETURNING id, source_key
"""

_UPDATE_RECORDS = """
UPDATE hub_record r SET
    newest = n.newest, newest_hash = n.hash, state = n.state, cause = n.cause,
    message = CASE WHEN n.state = r.state AND n.cause = r.cause THEN r.message ELSE n.message END,
    version = CASE WHEN n.state IN ('new', 'posted') THEN n.newest ELSE r.version END,
    posted_version = CASE WHEN n.state = 'posted' THEN n.newest ELSE r.posted_version END,
    due = CASE WHEN n.state = 'new' OR n.state <> r.state THEN NULL ELSE r.due END,
    failures = CASE WHEN n.state = 'new' THEN 0 ELSE r.failures END,
    step = CASE WHEN n.state = 'new' AND r.correction = '' THEN '' ELSE r.step END,
    correction = CASE WHEN n.state = 'posted' THEN '' ELSE r.correction END,
    checked = CASE WHEN n.state = 'new' THEN NULL ELSE r.checked END,
    title = n.title, business_number = n.number, business_date = n.day, amount = n.amount, currency = n.currency,
    urgent = r.urgent OR %(urgent)s, updated = %(now)s
FROM unnest(%(ids)s::bigint[], %(newest)s::int[], %(hashes)s::bytea[], %(states)s::text[], %(causes)s::text[],
    %(messages)s::text[], %(titles)s::text[], %(numbers)s::text[], %(days)s::date[], %(amounts)s::numeric[],
    %(currencies)s::text[])
    AS n(id, newest, hash, state, cause, message, title, number, day, amount, currency)
WHERE r.id = n.id
"""

_INSERT_VERSIONS = """
INSERT INTO hub_version (
    tenant_id, record_id, number, hash, modified, run_id, amount, currency, document, unreadable, target, whole,
    mapping)
SELECT %(tenant)s, n.record, n.number, n.hash, n.modified, %(run)s, n.amount, n.currency, n.document, n.unreadable,
    '', '', '{}'
FROM unnest(%(records)s::bigint[], %(numbers)s::int[], %(hashes)s::bytea[], %(modified)s::timestamptz[],
    %(amounts)s::numeric[], %(currencies)s::text[], %(documents)s::text[], %(unreadable)s::text[])
    AS n(record, number, hash, modified, amount, currency, document, unreadable)
"""

_SEEN = """
UPDATE hub_record SET seen_run = %(run)s
WHERE installation_id = %(installation)s AND flow = %(flow)s AND source_key = ANY(%(keys)s)
"""

CHANGED_MESSAGE = (
    "the source changed after this was posted: compare both, correct the target by hand, "
    "then set the record aside or change the source back"
)
_SETTLED = (*BEFORE_SENDING, State.POSTED)


_LONG_AGO = datetime.min.replace(tzinfo=UTC)


class Counted(Struct):
    """Rows of a page by what became of them, with money by currency."""

    unchanged: int = 0
    repeated: int = 0
    taken: int = 0
    unchanged_money: dict[str, Decimal] = msgspec.field(default_factory=dict)
    repeated_money: dict[str, Decimal] = msgspec.field(default_factory=dict)


class _Seen(Struct, frozen=True):
    """A row of a page with what intake needs of it; `unreadable` is empty, or says why there is no document."""

    key: str
    modified: datetime | None
    hash: bytes
    document: str
    unreadable: str
    facts: Facts


class _Fresh(Struct, frozen=True):
    """What is new or changed; `known` is its record's row, None for a new record."""

    row: _Seen
    known: Any = None
    state: str = State.NEW
    cause: str = ""
    message: str = ""


def fingerprint(document: Document) -> bytes:
    """Our version of a record: a hash of all that matters to the books."""
    return hashlib.sha256(msgspec.json.encode(document.for_the_books())).digest()


def take_in(work: FlowWork, run: Run, scope: str, page: Page, lanes: int, asked: datetime) -> Counted:
    """Store what is new or changed, inside the caller's transaction. Of several rows of a key the newest goes on.

    `asked` is when the page was asked for, by the database's clock.
    """
    twins.lock(work)
    counted = Counted()
    newest: dict[str, _Seen] = {}
    for row in [*(_seen(work, row) for row in page.rows), *(_not_understood(row) for row in page.unreadable)]:
        other = newest.get(row.key)
        if other is not None:
            older, row = sorted((other, row), key=lambda seen: seen.modified or _LONG_AGO)
            counted.repeated += 1
            _add(counted.repeated_money, older.facts)
        newest[row.key] = row
    known = _known(work, list(newest))
    fresh: list[_Fresh] = []
    for key, row in newest.items():
        record = known.get(key)
        if record is not None and bytes(record["newest_hash"]) == row.hash and not _revives(record):
            counted.unchanged += 1
            _add(counted.unchanged_money, row.facts)
        else:
            fresh.append(_judge(work, _Fresh(row, record)))
    counted.taken = len(fresh)
    _store(work, run, scope, fresh, lanes)
    twins.seen(work, {key: row.modified for key, row in newest.items()}, asked)
    twins.touch(work, [one.row.key for one in fresh])
    if run.kind == "sweep":
        _execute(_SEEN, _base(work) | {"run": run.pk, "keys": list(newest)})
    return counted


def _seen(work: FlowWork, row: Row) -> _Seen:
    text = msgspec.json.encode(row.document).decode()
    return _Seen(row.key, row.modified, fingerprint(row.document), text, "", work.flow.facts(row.document))


def _not_understood(row: Unreadable) -> _Seen:
    facts = Facts(title=f"unreadable {row.key}", number="", day=None, amount=Decimal(0), currency="")
    return _Seen(row.key, row.modified, hashlib.sha256(row.message.encode()).digest(), "", row.message, facts)


def _add(sums: dict[str, Decimal], facts: Facts) -> None:
    sums[facts.currency] = sums.get(facts.currency, Decimal(0)) + facts.amount


def _revives(record: dict[str, Any]) -> bool:
    """A record that was gone and is there again."""
    return bool(
        record["state"] == State.WITHDRAWN
        or record["cause"] == Held.GONE_AFTER_POSTING
        or record["correction"] == Correction.GONE
    )


def _judge(work: FlowWork, fresh: _Fresh) -> _Fresh:
    """What a new version does to its record: start anew, wait until the one in flight is done, or correct."""
    record = fresh.known
    if record is None:
        return fresh
    meanwhile = msgspec.structs.replace(fresh, state=record["state"], cause=record["cause"], message="")
    if work.flow.revisions is Revisions.UPDATE:
        return meanwhile if record["state"] not in _SETTLED or _is_half_done(work, record) else fresh
    if record["state"] not in _SETTLED or is_looked_for(record["state"], record["cause"], record["due"]):
        return msgspec.structs.replace(meanwhile, cause=_cause_meanwhile(record))
    corrected = record["cause"] in (Held.CHANGED_AFTER_POSTING, Held.GONE_AFTER_POSTING)
    if record["posted_hash"] is not None or corrected:
        return _corrected(work, fresh, begun=_is_begun(work, record))
    if record["state"] in BEFORE_SENDING and not record["target_key"]:
        return fresh
    return meanwhile


def _cause_meanwhile(record: dict[str, Any]) -> str:
    """The cause of a record that is in flight or looked for; one that was gone at the source is there again."""
    if record["cause"] != Held.GONE_AFTER_POSTING:
        return str(record["cause"])
    return Held.NOT_SEARCHABLE if record["state"] == State.HELD else ""


def _is_half_done(work: FlowWork, record: dict[str, Any]) -> bool:
    """Whether steps of a record are done and it waits before the next: what was read may show just them."""
    state, step = record["state"], record["step"]
    return bool(state == State.RETRYING and step and not route.is_first(work.flow.target, step))


def _corrected(work: FlowWork, fresh: _Fresh, *, begun: bool) -> _Fresh:
    """A new version of a posted record: what was posted after all, a correction by rule, or a hold."""
    posted_hash = fresh.known["posted_hash"]
    if posted_hash is not None and bytes(posted_hash) == fresh.row.hash and not begun:
        return msgspec.structs.replace(fresh, state=State.POSTED)
    if corrects(work):
        return fresh
    return msgspec.structs.replace(fresh, state=State.HELD, cause=Held.CHANGED_AFTER_POSTING, message=CHANGED_MESSAGE)


def _is_begun(work: FlowWork, record: dict[str, Any]) -> bool:
    """Whether the posted document is being taken back, or made good, already."""
    return bool(record["correction"] and record["step"] and not route.is_first(work.flow.target, record["step"]))


def _known(work: FlowWork, keys: list[str]) -> dict[str, dict[str, Any]]:
    with connection.cursor() as cursor:
        cursor.execute(_KNOWN, _base(work) | {"keys": keys})
        names = [column.name for column in cursor.description or ()]
        return {row[1]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def _base(work: FlowWork) -> dict[str, Any]:
    return {"installation": work.installation.pk, "flow": work.flow.name, "tenant": tenancy.current()}


def _store(work: FlowWork, run: Run, scope: str, fresh: list[_Fresh], lanes: int) -> None:
    now = clocks.clock().now()
    common = _base(work) | {"run": run.pk, "scope": scope, "now": now, "urgent": run.kind == "scope"}
    created = [one for one in fresh if one.known is None]
    changed = [one for one in fresh if one.known is not None]
    record_ids = {one.row.key: one.known["id"] for one in changed}
    if created:
        record_ids |= _insert_records(common, created, lanes)
    if changed:
        _update_records(common, changed)
    if fresh:
        _insert_versions(common, fresh, record_ids)


def _columns(fresh: Iterable[_Fresh]) -> dict[str, list[Any]]:
    rows = list(fresh)
    return {
        "titles": [one.row.facts.title for one in rows],
        "numbers": [one.row.facts.number for one in rows],
        "days": [one.row.facts.day for one in rows],
        "amounts": [one.row.facts.amount for one in rows],
        "currencies": [one.row.facts.currency for one in rows],
        "hashes": [one.row.hash for one in rows],
    }


def _insert_records(common: dict[str, Any], created: list[_Fresh], lanes: int) -> dict[str, int]:
    keys = [one.row.key for one in created]
    values = common | _columns(created) | {
        "keys": keys,
        "refs": [ids.of_record(common["installation"], common["flow"], key) for key in keys],
        "lanes": [zlib.crc32(key.encode()) % lanes for key in keys],
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_INSERT_RECORDS, values)
        return {key: pk for pk, key in cursor.fetchall()}


def _update_records(common: dict[str, Any], changed: list[_Fresh]) -> None:
    values = common | _columns(changed) | {
        "ids": [one.known["id"] for one in changed],
        "newest": [one.known["newest"] + 1 for one in changed],
        "states": [str(one.state) for one in changed],
        "causes": [str(one.cause) for one in changed],
        "messages": [one.message for one in changed],
    }  # fmt: skip
    _execute(_UPDATE_RECORDS, values)


def _insert_versions(common: dict[str, Any], fresh: list[_Fresh], record_ids: dict[str, int]) -> None:
    modified: list[datetime | None] = [one.row.modified for one in fresh]
    values = common | _columns(fresh) | {
        "records": [record_ids[one.row.key] for one in fresh],
        "numbers": [one.known["newest"] + 1 if one.known else 1 for one in fresh],
        "modified": modified,
        "documents": [one.row.document for one in fresh],
        "unreadable": [one.row.unreadable for one in fresh],
    }  # fmt: skip
    _execute(_INSERT_VERSIONS, values)


def _execute(statement: str, values: dict[str, Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
