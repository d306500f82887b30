"""Pairs of records that both sides may change: what both agreed on last, and looking at a pair again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import F, Max
from msgspec import Struct

from ml_connector.hub import audit, clocks, installations, lanes
from ml_connector.hub.models import Installation, Match, Record, Run, Version
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.hub.states import IN_FLIGHT, Held, State
from ml_connector.integrations.declaration import Flow, Side
from ml_connector.records.masters import MasterChange

_SETTLED = (State.POSTED, State.SKIPPED, State.HELD, State.REFUSED)
_TOUCH = """
UPDATE hub_record r SET
    state = CASE WHEN r.state = ANY(%(settled)s) THEN 'new' ELSE r.state END,
    again = r.again OR r.state = ANY(%(in_flight)s),
    updated = %(now)s
WHERE r.installation_id = %(installation)s AND r.flow = %(twin)s
  AND r.state = ANY(%(touched)s)
  AND r.source_key IN (
    SELECT CASE WHEN %(is_left)s THEN m.right_key ELSE m.left_key END FROM hub_match m
    WHERE m.installation_id = %(installation)s AND m.kind = %(kind)s AND m.accepted_by <> ''
      AND CASE WHEN %(is_left)s THEN m.left_key ELSE m.right_key END = ANY(%(keys)s))
"""


class Read(Struct, frozen=True):
    """What was last read of a record, as JSON, and that state's time by the vendor's clock."""

    document: str
    modified: datetime | None


def newest_documents(installation: Installation, flow: str) -> dict[str, Read]:
    """What was last read of every record of a flow, by its key."""
    rows = (
        Version.objects.filter(record__installation=installation, record__flow=flow, number=F("record__newest"))
        .exclude(record__state=State.WITHDRAWN)
        .exclude(document="")
    )
    found = rows.values_list("record__source_key", "document", "modified")
    return {key: Read(document, modified) for key, document, modified in found}


def changed_since_read(installation: Installation, flow: Flow) -> set[str]:
    """The records of a flow that were carried out after the last complete walk of the other flow began."""
    walks = Run.objects.filter(installation=installation, flow=flow.twin, ended__isnull=False, since=None)
    last = walks.exclude(kind="scope").aggregate(last=Max("started"))["last"]
    records = Record.objects.filter(installation=installation, flow=flow.name, posted__isnull=False)
    if last is not None:
        records = records.filter(posted__gte=last)
    return set(records.values_list("source_key", flat=True))


def look_after_walk(work: FlowWork, run: Run) -> None:
    """A walk is about to be complete: pairs that waited for it are looked at, and those changed since the last one.

    What somebody set back since is the version that we knew before: no change of the record tells of it.
    """
    twin = installations.declaration(work.installation.integration).flow(work.flow.twin)
    if twin.differences is None or run.kind == "scope" or run.since is not None:
        return
    records = Record.objects.filter(installation=work.installation, flow=twin.name)
    changed = records.filter(
        state=State.POSTED, source_key__in=changed_since_read(work.installation, twin), posted__lt=run.started
    )
    waiting = records.filter(state=State.HELD, cause=Held.NOT_READ)
    values = {"state": State.NEW, "cause": "", "message": "", "updated": clocks.clock().now()}
    if changed.update(**values) + waiting.update(**values):
        _offer_twin(work)


def is_gone(installation: Installation, flow: str, key: str) -> bool:
    """Whether a record of a flow was read once, and is no longer at its source."""
    found = Record.objects.filter(installation=installation, flow=flow, source_key=key, state=State.WITHDRAWN)
    return found.exists()


def sent_since(sent: dict[str, Any], side: Side, modified: datetime | None) -> dict[str, str]:
    """The fields that we wrote to a side after the state that was read of it; reading may lag behind writing."""
    written = sent.get(side.value)
    if not written or (modified is not None and modified >= datetime.fromisoformat(written["at"])):
        return {}
    values: dict[str, str] = written["values"]
    return values


def touch(work: FlowWork, keys: Sequence[str]) -> None:
    """One side of some pairs changed: the flow that goes the other way looks at them again."""
    if not work.flow.twin or not keys:
        return
    values: dict[str, Any] = {
        "installation": work.installation.pk, "twin": work.flow.twin, "kind": work.flow.matching, "keys": list(keys),
        "is_left": work.flow.source_side is Side.LEFT, "settled": [str(state) for state in _SETTLED],
        "in_flight": [str(state) for state in (*IN_FLIGHT, State.RETRYING, State.READY)],
        "touched": [str(state) for state in (*_SETTLED, *IN_FLIGHT, State.RETRYING, State.READY)],
        "now": clocks.clock().now(),
    }  # fmt: skip
    with connection.cursor() as cursor:
        cursor.execute(_TOUCH, values)
        touched = cursor.rowcount
    if touched:
        _offer_twin(work)


def _offer_twin(work: FlowWork) -> None:
    twin = installations.declaration(work.installation.integration).flow(work.flow.twin)
    target = installations.target_of(work.installation, twin)
    lanes.offer([lane.key for lane in lanes.of_connection(target.pk)])


def confirm(work: FlowWork, read_again: dict[str, datetime]) -> None:
    """Records that hold at a later time what they held before: what we wrote to some meanwhile was set back there."""
    side = work.flow.source_side
    mine = f"{side.value}_key"
    pairs = Match.objects.filter(installation=work.installation, kind=work.flow.matching).exclude(sent={})
    for row in pairs.filter(**{f"{mine}__in": list(read_again)}).order_by("pk"):
        key = getattr(row, mine)
        record = Record.objects.get(installation=work.installation, flow=work.flow.name, source_key=key)
        versions = Version.objects.filter(record=record, number=record.newest)
        if not sent_since(row.sent, side, versions.get().modified) or sent_since(row.sent, side, read_again[key]):
            continue
        versions.update(modified=read_again[key])
        Record.objects.filter(pk=record.pk, state__in=_SETTLED).update(state=State.NEW, updated=clocks.clock().now())


def keep_agreed(work: FlowWork, key: str, agreed: dict[str, str]) -> None:
    """Both sides hold the same in these fields: that is what the next comparison starts from."""
    mine = "left_key" if work.flow.source_side is Side.LEFT else "right_key"
    rows = Match.objects.filter(installation=work.installation, kind=work.flow.matching, **{mine: key})
    for row in rows.exclude(accepted_by="").select_for_update():
        if any(row.base.get(name) != value for name, value in agreed.items()):
            row.base = {**row.base, **agreed}
            row.save(update_fields=["base"])


def _keep_sent(work: FlowWork, record: Record, values: dict[str, str]) -> None:
    """Remember what the other side holds since this write, until a later state of it is read."""
    to = Side.RIGHT if work.flow.source_side is Side.LEFT else Side.LEFT
    at = record.memo.get("modified") or clocks.clock().now().isoformat()
    mine = "left_key" if work.flow.source_side is Side.LEFT else "right_key"
    rows = Match.objects.filter(installation=work.installation, kind=work.flow.matching, **{mine: record.source_key})
    for row in rows.exclude(accepted_by="").select_for_update():
        before = row.sent.get(to.value, {}).get("values", {})
        row.sent = {**row.sent, to.value: {"at": at, "values": {**before, **values}}}
        row.save(update_fields=["sent"])


def written(work: FlowWork, record: Record, change: MasterChange) -> None:
    """A change is on the other side now: both agree on its fields. A record made there is matched with its source."""
    overtaken = set(filter(None, str(record.memo.get("overtaken", "")).split(",")))
    values = {name: value for name, value in change.values.items() if name not in overtaken}
    if change.key:
        keep_agreed(work, record.source_key, change.agreed | values)
        _keep_sent(work, record, values)
        return
    paired(work, record, change.name, values)
    _keep_sent(work, record, values)


def paired(work: FlowWork, record: Record, name: str, base: dict[str, str]) -> None:
    """A record was made on the other side: it is the source record's counterpart, in place of one that is gone."""
    is_left = work.flow.source_side is Side.LEFT
    left, right = (record.source_key, record.target_key) if is_left else (record.target_key, record.source_key)
    pairs = Match.objects.filter(installation=work.installation, kind=work.flow.matching)
    if pairs.filter(left_key=left, right_key=right).exclude(accepted_by="").exists():
        return
    pairs.filter(**{"left_key" if is_left else "right_key": record.source_key}).delete()
    pairs.create(
        tenant_id=work.installation.tenant_id, installation=work.installation, kind=work.flow.matching, left_key=left,
        right_key=right, left_name=name, right_name=name, score=100, reason="made by the hub", accepted_by="hub",
        accepted=clocks.clock().now(), base=base,
    )  # fmt: skip
    audit.write("match.made", work.installation.pk, kind=work.flow.matching, left=left, right=right)
    touch(work, [record.source_key])
    Record.objects.filter(installation=work.installation, state=State.HELD, cause=Held.NO_MATCH).update(
        state=State.NEW, cause="", message="", updated=clocks.clock().now()
    )
