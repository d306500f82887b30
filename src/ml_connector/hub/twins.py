"""Pairs of records that both sides may change: what both agreed on last, and looking at a pair again."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import F, Max, Q, QuerySet
from msgspec import Struct

from ml_connector.hub import audit, clocks, installations, lanes
from ml_connector.hub.models import Installation, Match, Record, Run, Version
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.hub.states import IN_FLIGHT, Held, State
from ml_connector.integrations.declaration import Flow, Side
from ml_connector.records.masters import MasterChange

_SETTLED = (State.POSTED, State.SKIPPED, State.HELD, State.REFUSED)
_NOT_BEGUN = (State.READY, State.RETRYING)
_LOOK_AGAIN = """
WITH touched AS (
    SELECT id, state = ANY(%(settled)s) OR state = ANY(%(not_begun)s) AND step = %(first)s AS renewed
    FROM hub_record
    WHERE installation_id = %(installation)s AND flow = %(flow)s AND source_key = ANY(%(keys)s)
      AND state = ANY(%(touched)s) AND cause <> 'set_aside'
    ORDER BY id FOR UPDATE)
UPDATE hub_record r SET
    state = CASE WHEN renewed THEN 'new' ELSE r.state END,
    again = r.again OR NOT renewed,
    due = CASE WHEN renewed THEN NULL ELSE r.due END,
    updated = %(now)s
FROM touched WHERE r.id = touched.id
"""
_TICK = timedelta(seconds=1)
"""How coarsely a vendor may tell the time of a change in one answer and not in another."""


class Sent(Struct, frozen=True):
    """What we wrote to a field. `modified` is the record's time of change then, by its own system, if that told.

    `answered` is when the answer had come, by the database's clock.
    """

    value: str
    modified: datetime | None
    answered: datetime


def lock(work: FlowWork) -> None:
    """Let nobody else decide of this flow's pairs until the transaction ends; to be taken before any record's row.

    What is read of both sides, what was agreed and what was written are one picture only while none of them moves.
    """
    if work.flow.twin:
        lock_kind(work.installation, work.flow.matching)


def lock_kind(installation: Installation, kind: str) -> None:
    """The same for a person who accepts pairs."""
    name = f"pairs {installation.pk} {kind}"
    number = int.from_bytes(hashlib.sha256(name.encode()).digest()[:8], "big", signed=True)
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [number])


def now() -> datetime:
    """The database's clock, which orders reads and writes of all workers."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        found: datetime = cursor.fetchone()[0]
    return found


def newest_documents(installation: Installation, flow: str) -> dict[str, str]:
    """What was last read of every record of a flow that is still there, as JSON, by its key."""
    rows = (
        Version.objects.filter(record__installation=installation, record__flow=flow, number=F("record__newest"))
        .exclude(record__state=State.WITHDRAWN)
        .exclude(document="")
    )
    return dict(rows.values_list("record__source_key", "document"))


def changed_since_read(installation: Installation, flow: Flow) -> set[str]:
    """The records of a flow that were carried out after the last complete walk of the other flow began."""
    walks = Run.objects.filter(installation=installation, flow=flow.twin, ended__isnull=False, since=None)
    last = walks.exclude(kind="scope").aggregate(last=Max("started"))["last"]
    records = Record.objects.filter(installation=installation, flow=flow.name, posted__isnull=False)
    if last is not None:
        records = records.filter(posted__gte=last)
    return set(records.values_list("source_key", flat=True))


def was_read(installation: Installation, flow: str) -> bool:
    """Whether a flow was ever read to the end."""
    return Run.objects.filter(installation=installation, flow=flow, ended__isnull=False, since=None).exists()


def look_after_walk(work: FlowWork, run: Run) -> None:
    """A walk is about to be complete: pairs that waited for it are looked at, and those changed since the last one.

    What somebody set back since is the version that we knew before: no change of the record tells of it.
    """
    twin = _twin(work)
    if run.kind == "scope" or run.since is not None:
        return
    records = Record.objects.filter(installation=work.installation, flow=twin.name)
    values = {"state": State.NEW, "cause": "", "message": "", "updated": clocks.clock().now()}
    waiting = records.filter(state=State.HELD, cause=Held.NOT_READ).update(**values)
    if twin.differences is not None:
        keys = changed_since_read(work.installation, twin)
        waiting += records.filter(state=State.POSTED, source_key__in=keys, posted__lt=run.started).update(**values)
    if waiting:
        _offer(work.installation, twin)


def is_gone(installation: Installation, flow: str, key: str) -> bool:
    """Whether a record of a flow was read once, and is no longer at its source."""
    found = Record.objects.filter(installation=installation, flow=flow, source_key=key, state=State.WITHDRAWN)
    return found.exists()


def sent_to(sent: Mapping[str, Any], side: Side) -> dict[str, str]:
    """The fields that we wrote to a side and have not read there since, as in `Match.sent`."""
    return {name: each["value"] for name, each in sent.get(side.value, {}).items()}


def seen(work: FlowWork, read: Mapping[str, datetime | None], asked: datetime) -> None:
    """Records were read, each with its time of change; the page was asked for at `asked`, by the database's clock.

    What we had written to them before is part of what was read, or was overwritten there: both sides are compared
    again, even where the record holds what it held before our write.
    """
    if not work.flow.twin or not read:
        return
    side = work.flow.source_side
    renewed: list[Match] = []
    for row in _pairs(work, list(read)).exclude(sent={}).order_by("pk").select_for_update():
        kept = {
            name: each
            for name, each in row.sent.get(side.value, {}).items()
            if not _is_part_of(_sent(each), read[_own_key(row, side)], asked)
        }
        if kept != row.sent.get(side.value, {}):
            row.sent = {**row.sent, side.value: kept} if kept else _without(row.sent, side)
            renewed.append(row)
    Match.objects.bulk_update(renewed, ["sent"], batch_size=500)
    keys = [_own_key(row, side) for row in renewed]
    look_again(work.installation, work.flow, keys)
    touch(work, keys)


def _is_part_of(sent: Sent, modified: datetime | None, asked: datetime) -> bool:
    is_lagging = modified is not None and sent.modified is not None and modified + _TICK <= sent.modified
    return asked > sent.answered and not is_lagging


def _without(sent: Mapping[str, Any], side: Side) -> dict[str, Any]:
    return {name: each for name, each in sent.items() if name != side.value}


def _sent(each: Mapping[str, str]) -> Sent:
    modified = datetime.fromisoformat(each["modified"]) if each["modified"] else None
    return Sent(each["value"], modified, datetime.fromisoformat(each["answered"]))


def touch(work: FlowWork, keys: Sequence[str]) -> None:
    """One side of some pairs changed: the flow that goes the other way looks at them again."""
    if not work.flow.twin or not keys:
        return
    side = work.flow.source_side
    others = [_own_key(row, _other(side)) for row in _pairs(work, keys)]
    look_again(work.installation, _twin(work), others)


def look_again(installation: Installation, flow: Flow, keys: Iterable[str]) -> None:
    """Translate records anew: now, or once the call that is under way has ended."""
    values: dict[str, Any] = {
        "installation": installation.pk, "flow": flow.name, "keys": [key for key in keys if key],
        "settled": [str(state) for state in _SETTLED], "not_begun": [str(state) for state in _NOT_BEGUN],
        "first": flow.target.steps[0].name if flow.target.steps else "",
        "touched": [str(state) for state in (*_SETTLED, *_NOT_BEGUN, *IN_FLIGHT)],
        "now": clocks.clock().now(),
    }  # fmt: skip
    if not values["keys"]:
        return
    with connection.cursor() as cursor:
        cursor.execute(_LOOK_AGAIN, values)
        touched = cursor.rowcount
    if touched:
        _offer(installation, flow)


def _offer(installation: Installation, flow: Flow) -> None:
    target = installations.target_of(installation, flow)
    lanes.offer([lane.key for lane in lanes.of_connection(target.pk)])


def keep_agreed(work: FlowWork, key: str, agreed: Mapping[str, str]) -> None:
    """Both sides hold the same in these fields: that is what the next comparison starts from."""
    for row in _pairs(work, [key]).select_for_update():
        if any(row.base.get(name) != value for name, value in agreed.items()):
            row.base = {**row.base, **agreed}
            row.save(update_fields=["base"])


def written(work: FlowWork, record: Record, change: MasterChange) -> None:
    """A change is on the other side now: both agree on its fields. A record made there is matched with its source."""
    overtaken = set(filter(None, str(record.memo.get("overtaken", "")).split(",")))
    values = {name: value for name, value in change.values.items() if name not in overtaken}
    if change.key:
        keep_agreed(work, record.source_key, change.agreed | values)
        _keep_sent(work, record, values)
    else:
        paired(work, record, change.name, values)


def _keep_sent(work: FlowWork, record: Record, values: Mapping[str, str]) -> None:
    """Remember what the other side holds since this write, until it is read there."""
    side = _other(work.flow.source_side)
    modified, answered = str(record.memo.get("modified", "")), now().isoformat()
    fresh = {name: {"value": value, "modified": modified, "answered": answered} for name, value in values.items()}
    if not fresh:
        return
    for row in _pairs(work, [record.source_key]).select_for_update():
        row.sent = {**row.sent, side.value: {**row.sent.get(side.value, {}), **fresh}}
        row.save(update_fields=["sent"])


def paired(work: FlowWork, record: Record, name: str, base: Mapping[str, str]) -> None:
    """Pair a record with what was made for it, in place of a counterpart that is gone.

    When a person has paired one of the two otherwise meanwhile, that stands.
    """
    is_left = work.flow.source_side is Side.LEFT
    left, right = (record.source_key, record.target_key) if is_left else (record.target_key, record.source_key)
    rows = Match.objects.filter(installation=work.installation, kind=work.flow.matching)
    rivals = rows.filter(Q(left_key=left) | Q(right_key=right))
    for rival in rivals.exclude(accepted_by="").order_by("pk"):
        there = rival.right_key if is_left else rival.left_key
        if there and not is_gone(work.installation, work.flow.twin, there):
            if (rival.left_key, rival.right_key) != (left, right):
                taken = f"{rival.left_key} with {rival.right_key}"
                audit.write("match.not_made", work.installation.pk, kind=rival.kind, left=left, right=right, kept=taken)
            return
    rivals.delete()
    rows.create(
        tenant_id=work.installation.tenant_id, installation=work.installation, kind=work.flow.matching, left_key=left,
        right_key=right, left_name=name, right_name=name, score=100, reason="made by the hub", accepted_by="hub",
        accepted=clocks.clock().now(), base=dict(base),
    )  # fmt: skip
    audit.write("match.made", work.installation.pk, kind=work.flow.matching, left=left, right=right)
    touch(work, [record.source_key])
    _release_unmatched(work.installation)


def _release_unmatched(installation: Installation) -> None:
    """Records that waited for a match are judged again; those that wait for another one will be held again."""
    waiting = Record.objects.filter(installation=installation, state=State.HELD, cause=Held.NO_MATCH)
    keys = list(waiting.order_by("pk").select_for_update().values_list("pk", flat=True))
    if keys:
        Record.objects.filter(pk__in=keys).update(
            state=State.NEW, cause="", message="", updated=clocks.clock().now()
        )  # fmt: skip


def _pairs(work: FlowWork, keys: Sequence[str]) -> QuerySet[Match]:
    """The accepted pairs of these records of the flow."""
    mine = "left_key" if work.flow.source_side is Side.LEFT else "right_key"
    rows = Match.objects.filter(installation=work.installation, kind=work.flow.matching, **{f"{mine}__in": keys})
    return rows.exclude(accepted_by="").exclude(left_key="").exclude(right_key="")


def _own_key(row: Match, side: Side) -> str:
    return row.left_key if side is Side.LEFT else row.right_key


def _other(side: Side) -> Side:
    return Side.RIGHT if side is Side.LEFT else Side.LEFT


def _twin(work: FlowWork) -> Flow:
    return installations.declaration(work.installation.integration).flow(work.flow.twin)
