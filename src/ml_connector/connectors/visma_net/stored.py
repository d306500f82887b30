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
from ml_connector.connectors.visma_net.objects import GENERAL_LEDGER, MODIFIED
from ml_connector.connectors.visma_net.reversals import Reversals, is_released
from ml_connector.connectors.visma_net.wire import Record

MANY: Final = 50
LOOK_AGAIN: Final = timedelta(minutes=15)
_BY_HAND: Final = "if it is still due, enter it there by hand; then set this record aside"
_FEW: Final = 5
"""So many batches are read one by one; for more, the list of their period is read where that takes fewer calls."""


def look_up(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether a journal was created, by our mark among the batches since the high-water mark, or its day."""
    (item,) = items
    return [created(item, item.reference, batches.around(client, item))]


def created(item: Item, mark: str, records: Sequence[Record]) -> Finding:
    """What became of a create, among these batches. One that was taken back before was an earlier create's."""
    back = Reversals(records)
    found = [
        one
        for one in batches.with_mark(records, mark)
        if not back.ours(item.reference, _named(one))
        and not (back.theirs(_named(one)) and batches.was_known(item, one))
    ]
    if len(found) > 1:
        found = [one for one in found if not back.theirs(_named(one))] or found
    if len(found) > 1:
        numbers = ", ".join(map(_named, found))
        message = f"batches {numbers} all carry our reference {mark}: void or reverse all but one there, then replay"
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    if not found:
        return Absent()
    return Done(key=_named(found[0]), number=_named(found[0]))


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
    """By number, the released batch that takes an item's back."""
    released = [item for item in items if is_released(records.get(_number(item)))]
    later = Reversals(since(client, [records[_number(item)] for item in released]))
    found = {_number(item): later.of(item) for item in released}
    return {number: record for number, record in found.items() if record is not None}


def since(client: VismaClient, records: Sequence[Record]) -> list[Record]:
    """The batches that were changed no earlier than the oldest of these."""
    times = [at for record in records if (at := wire.moment(record, MODIFIED)) is not None]
    return batches.since(client, min(times)) if times else []


def gone(item: Item) -> Held:
    """A batch that is not there any more."""
    message = vanished(item.number or item.key)
    return Held(cause=Cause.CHANGED_THERE, message=message, key=item.key, number=item.number)


def vanished(number: str) -> str:
    """What to do about a batch that is not there any more."""
    return f"batch {number} is no longer in Visma.net: {_BY_HAND}"


def voided(number: str) -> str:
    """What to do about a batch that was voided."""
    return f"batch {number} was voided in Visma.net: {_BY_HAND}"


def changed(item: Item, record: Record) -> Held | None:
    """Why a batch is not ours any more: voided there, or without our mark."""
    number, mark = _number(item), objects.reference_of(record)
    if wire.text(record, "status") == objects.VOIDED:
        return Held(cause=Cause.CHANGED_THERE, message=voided(number), key=item.key, number=item.number)
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


def _named(record: Record) -> str:
    return wire.text(record, "batchNumber")


def _number(item: Item) -> str:
    return item.key or item.number
