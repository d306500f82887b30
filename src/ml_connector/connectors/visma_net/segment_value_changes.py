"""Changes to cost centres and other segment values as a target: one PUT per segment for any number (§6.5, §8)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.changes import Left, alike, left_to_write
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import failures, form, wire
from ml_connector.connectors.visma_net.addresses import address_of
from ml_connector.connectors.visma_net.client import DIMENSIONS, VismaClient
from ml_connector.connectors.visma_net.etags import Stored
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.masters import MasterChange

MANY: Final = 200
TRIES: Final = 8
_OPERATION: Final = calls.CHANGES[DIMENSIONS]


class Place(Struct, frozen=True, kw_only=True):
    """Where a value is: `SUBACCOUNT|2|204`."""

    dimension: str
    segment: str
    value: str

    @property
    def key(self) -> str:
        return f"{self.dimension}|{self.segment}|{self.value}"


def write(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Change and add values, segment by segment; nothing behind a failed segment is run."""
    outcomes: dict[int, Outcome] = {id(item): _unplaced(item) for item in items if not is_placed(item)}
    for some in _by_segment(items):
        try:
            outcomes |= _segment(client, some)
        except errors.AnswerLost:  # all values of the call are looked up
            raise
        except errors.VendorError:  # must not make those before it seem undone
            if not any(isinstance(outcome, Done) for outcome in outcomes.values()):
                raise
            break
    return [outcomes.get(id(item), NotRun()) for item in items]


def look_up(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether values hold what was to be written, by their keys."""
    findings: dict[int, Finding] = {}
    for some in _by_segment(items):
        values = _values(_read(client, some[0]).record)
        findings |= {id(item): _found(item, values) for item in some}
    return [findings.get(id(item), Absent()) for item in items]


def _segment(client: VismaClient, items: Sequence[Item]) -> dict[int, Outcome]:
    """All changes of one segment in one call; when it is refused, each by itself, so that one does not stop others."""
    try:
        return _merged(client, items)
    except errors.Refusal as refusal:
        if isinstance(refusal, failures.Changed):
            raise
        if len(items) == 1:
            return {id(items[0]): Refused(message=refusal.message)}
    outcomes: dict[int, Outcome] = {}
    for item in items:
        outcomes |= _segment(client, [item])
    return outcomes


def _merged(client: VismaClient, items: Sequence[Item]) -> dict[int, Outcome]:
    """From the version that was seen last; when somebody has changed the segment since (412), from a new look."""
    place = place_of(items[0])
    seen = client.known(DIMENSIONS, place.dimension, place.segment)
    for _ in range(TRIES):
        stored = seen or _read(client, items[0])
        values = _values(stored.record)
        settled = {id(item): outcome for item in items if (outcome := _settled(item, values)) is not None}
        open_ = [item for item in items if id(item) not in settled]
        if open_:
            try:
                _put(client, place, open_, values, stored)
            except failures.Changed:
                seen = None
                continue
            return settled | _verified(client, open_, values)
        if seen is None:
            return settled
        seen = None
    text = f"segment {place.segment} of {place.dimension} is changed by somebody else all the time"
    raise errors.TryLater(text, after=timedelta(seconds=30), operation=_OPERATION)


def _put(client: VismaClient, place: Place, items: Sequence[Item], values: dict[str, Record], stored: Stored) -> None:
    rows = [_row(item, values.get(place_of(item).value)) for item in items]
    address = DIMENSIONS + address_of(place.dimension, place.segment)
    client.change(_OPERATION, address, {"segmentValues": rows}, stored.etag)


def _row(item: Item, there: Record | None) -> Record:
    change: MasterChange = item.document
    left = {"name": change.name} | change.values if there is None else left_to_write(change, present(there)).values
    row: Record = {"operation": "Insert" if there is None else "Update", "value": place_of(item).value}
    if "name" in left:
        row["description"] = wire.wrap(left["name"])
    if "active" in left or there is None:
        row["active"] = wire.wrap(left.get("active", "yes") == "yes")
    return row


def _settled(item: Item, values: dict[str, Record]) -> Outcome | None:
    """What is to be said of a value before anything is written; None where there is something to write."""
    change: MasterChange = item.document
    there = values.get(place_of(item).value)
    if there is None:
        return _gone(change) if change.key else None
    left = left_to_write(change, present(there))
    if not change.key and not alike(present(there)["name"], change.values.get("name", change.name)):
        return _taken(item, there)
    return None if left.values else _done(item, there, left)


def _verified(client: VismaClient, items: Sequence[Item], before: dict[str, Record]) -> dict[int, Outcome]:
    """What it does not take is ignored without a word (§12): one read tells."""
    try:
        values = _values(_read(client, items[0]).record)
    except (errors.TryLater, errors.NotFound, errors.NotPermitted, errors.Unreadable) as problem:
        text = f"segment values were written, but could not be read back ({problem.message})"
        raise errors.AnswerLost(text, operation=problem.operation, status=problem.status) from problem
    return {id(item): _judged(item, values, before) for item in items}


def _judged(item: Item, values: dict[str, Record], before: dict[str, Record]) -> Outcome:
    change, value = item.document, place_of(item).value
    there = values.get(value)
    old = before.get(value)
    wanted = {"name": change.name} | change.values if old is None else left_to_write(change, present(old)).values
    other = list(wanted)
    if there is not None:
        other = [name for name, text in wanted.items() if not alike(present(there).get(name, ""), text)]
    if there is None or other:
        message = f"Visma.net took the change of {place_of(item).key}, but holds something else in {', '.join(other)}"
        return Held(cause=Cause.STORED_DIFFERENTLY, message=f"{message}: look there why, then replay the record")
    left = left_to_write(change, present(old)) if old is not None else Left(values={}, overtaken=())
    return _done(item, there, left)


def _found(item: Item, values: dict[str, Record]) -> Finding:
    settled = _settled(item, values)
    return settled if isinstance(settled, Done | Held) else Absent()


def present(row: Record) -> dict[str, str]:
    """A stored value in the fields of a change."""
    is_active = wire.flag(row, "active") is not False
    return {"name": wire.text(row, "description"), "active": "yes" if is_active else "no"}


def place_of(item: Item) -> Place:
    """Where a change belongs: by the key there, or for a new value by `code`, which is written like a key."""
    dimension, segment, value = _parts(item)
    return Place(dimension=dimension, segment=segment, value=value)


def is_placed(item: Item) -> bool:
    """Whether key and code of a change name a value at all."""
    parts = _parts(item)
    return len(parts) == 3 and all(parts)


def _parts(item: Item) -> list[str]:
    change: MasterChange = item.document
    return (change.key or change.code).split("|", 2)


def _unplaced(item: Item) -> Refused:
    change: MasterChange = item.document
    text = f"{change.key or change.code!r} names no segment value: it is written DIMENSION|SEGMENT|VALUE"
    return Refused(message=text)


def _by_segment(items: Sequence[Item]) -> list[list[Item]]:
    grouped: dict[tuple[str, str], list[Item]] = {}
    for item in filter(is_placed, items):
        place = place_of(item)
        grouped.setdefault((place.dimension, place.segment), []).append(item)
    return list(grouped.values())


def _read(client: VismaClient, item: Item) -> Stored:
    place = place_of(item)
    return client.read(DIMENSIONS, place.dimension, place.segment)


def _values(record: Record) -> dict[str, Record]:
    return {wire.text(row, "valueId"): row for row in wire.rows(record, "segmentValues")}


def _done(item: Item, there: Record, left: Left) -> Done:
    memo = {"overtaken": ",".join(left.overtaken)} | wire.changed(there, "lastModified")
    return Done(key=place_of(item).key, number=place_of(item).value, memo=memo)


def _gone(change: MasterChange) -> Held:
    message = f"{change.key} is no longer in Visma.net: it was deleted or renamed there; match it anew"
    return Held(cause=Cause.CHANGED_THERE, message=message, key=change.key)


def _taken(item: Item, there: Record) -> Held:
    name = wire.text(there, "description")
    message = f"Visma.net has a value {place_of(item).key} already, named {name!r}: match it, or rename one of both"
    return Held(cause=Cause.KEYED_BY_HAND, message=message)


segment_value_changes: Final = Target(
    kind="segment_value",
    steps=(Step(name="write", run=write, look_up=look_up, batch=MANY),),
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
)
"""Values of segments (records.masters.MasterChange). A key, and the code of a new one, is `SUBACCOUNT|2|204`."""
