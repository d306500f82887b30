"""What Visma.net holds of our journals: found by our mark or number, and what took them back (§6.4, §8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import batches, entries, objects, wire
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.entries import REVERSING
from ml_connector.connectors.visma_net.objects import GENERAL_LEDGER, MODIFIED
from ml_connector.connectors.visma_net.wire import Record

MANY: Final = 50
LOOK_AGAIN: Final = timedelta(minutes=15)
_FEW: Final = 5
"""So many batches are read one by one; for more, the list of their period is read where that takes fewer calls."""


def look_up(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether a journal was created, by our mark among the batches since the high-water mark, or of its period."""
    (item,) = items
    _, own_period = entries.place_of(item.document, Company(client))
    return [created(item, item.reference, batches.around(client, item, own_period))]


def created(item: Item, mark: str, records: Sequence[Record]) -> Finding:
    """What became of a create, among these batches."""
    found = batches.with_mark(records, mark)
    if len(found) > 1:
        numbers = ", ".join(wire.text(record, "batchNumber") for record in found)
        message = f"batches {numbers} all carry our reference {mark}: void or reverse all but one there, then replay"
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    if not found:
        return Absent()
    number = wire.text(found[0], "batchNumber")
    return Done(key=number, number=number)


def read(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """What Visma.net holds now: the whole batch, nothing, or word that it is not what it was.

    A released one that was taken back, by us or by a person, names in its memo (`reversal`) the batch that did it.
    """
    records = records_of(client, items)
    backs = taken_back(client, [item for item in items if item.key], records)
    return [_now(client, item, records.get(_number(item)), backs.get(_number(item))) for item in items]


def records_of(client: VismaClient, items: Sequence[Item]) -> dict[str, Record]:
    """Batches by number; those that are not there are left out."""
    found: dict[str, Record] = {}
    for own_period, numbers in _by_period(client, items).items():
        found |= _listed(client, own_period, numbers) if own_period and len(numbers) > _FEW else {}
    for number in dict.fromkeys(filter(None, map(_number, items))):
        if number not in found and (record := one(client, number)) is not None:
            found[number] = record
    for record in found.values():
        batches.seen(client, record)
    return found


def one(client: VismaClient, number: str) -> Record | None:
    """A batch as it is now, or None."""
    try:
        return client.read(calls.JOURNALS, number).record
    except errors.NotFound:
        return None


def taken_back(client: VismaClient, items: Sequence[Item], records: dict[str, Record]) -> dict[str, Record]:
    """By number, the released batch that reverses an item's: ours by its mark, people's by the number that it names."""
    released = [item for item in items if is_released(records.get(_number(item)))]
    later = since(client, [records[_number(item)] for item in released])
    found = {_number(item): [one for one in later if takes_back(item, one)] for item in released}
    return {number: some[0] for number, some in found.items() if some}


def since(client: VismaClient, records: Sequence[Record]) -> list[Record]:
    """The batches that were changed no earlier than the oldest of these."""
    times = [at for record in records if (at := wire.moment(record, MODIFIED)) is not None]
    return batches.since(client, min(times)) if times else []


def takes_back(item: Item, record: Record) -> bool:
    """Whether a batch reverses an item's, and counts."""
    ours = objects.reference_of(record) == item.reference + REVERSING
    theirs = wire.text(record, "originalBatchNumber") == _number(item)
    return (ours or theirs) and is_released(record)


def gone(item: Item) -> Held:
    """A batch that is not there any more."""
    message = (
        f"batch {item.number or item.key} is no longer in Visma.net: look there; if it is still due, enter it by hand, "
        "then set this record aside"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message, key=item.key, number=item.number)


def changed(item: Item, record: Record) -> Held | None:
    """Why a batch is not ours any more: voided there, or without our mark."""
    number, mark = _number(item), objects.reference_of(record)
    if wire.text(record, "status") == objects.VOIDED:
        message = f"batch {number} was voided in Visma.net: if it is still due, enter it by hand; set this record aside"
        return Held(cause=Cause.CHANGED_THERE, message=message, key=item.key, number=item.number)
    if mark != item.reference:
        message = (
            f"batch {number} carries {mark or 'no reference'} instead of our reference {item.reference}: somebody "
            "changed its description; put it back at its start, then replay the record"
        )
        return Held(cause=Cause.CHANGED_THERE, message=message, key=item.key, number=item.number)
    return None


def _now(client: VismaClient, item: Item, record: Record | None, back: Record | None) -> Finding:
    if record is None:
        return Absent()
    if item.key and (held := changed(item, record)) is not None:
        return held
    found = Done(key=_number(item), number=_number(item), stored=entries.stored(record, item.document, client))
    return found if back is None else structs.replace(found, memo={"reversal": wire.text(back, "batchNumber")})


def _by_period(client: VismaClient, items: Sequence[Item]) -> dict[str, set[str]]:
    """Numbers of items by their own periods; without many there is no use in a list."""
    grouped: dict[str, set[str]] = defaultdict(set)
    if len(items) > _FEW:
        company = Company(client)
        for item in items:
            if item.key:
                grouped[entries.place_of(item.document, company)[1]].add(_number(item))
    return grouped


def _listed(client: VismaClient, own_period: str, numbers: set[str]) -> dict[str, Record]:
    """Those of a period that its list holds; nothing where reading them one by one takes fewer calls."""
    params = {"module": GENERAL_LEDGER, "periodId": own_period}
    first = client.page(calls.JOURNALS, params)
    if not first.records or (first.more and _pages(first) > len(numbers)):
        return {}
    records, number, seen = list(first.records), 1, first.seen
    more = first.more
    while more:
        number += 1
        listed = client.page(calls.JOURNALS, params, number=number, seen=seen)
        records += listed.records
        seen, more = listed.seen, listed.more
    whole = [record for record in calls.merged(records) if batches.is_whole(record)]
    return {key: record for record in whole if (key := wire.text(record, "batchNumber")) in numbers}


def _pages(first: calls.Listed) -> int:
    total, _ = wire.metadata(first.records)
    return -(-(total or 0) // max(first.seen, 1))


def is_released(record: Record | None) -> bool:
    """Whether a batch counts, or soon will, and can no longer be changed."""
    return record is not None and wire.text(record, "status") in objects.RELEASED


def _number(item: Item) -> str:
    return item.key or item.number
