"""Journal batches: found by mark or number, put together where pages cut them (vendors/visma_net.md §6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final
from weakref import WeakKeyDictionary

from ml_connector.connectors.kit.target import HIGH_WATER, Item
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import objects, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.objects import GENERAL_LEDGER, LINES, MODIFIED
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.money import ZERO

_OVERLAP: Final = timedelta(minutes=65)
"""For what is being saved right now, and for the hour that a company with local times has twice in October (§7)."""

_FRESH: Final = timedelta(minutes=1)


def completed(client: VismaClient, records: Sequence[Record], before: str) -> list[Record]:
    """A page's batches, whole: one that the page cut is read by itself, and its other parts are left out.

    `before` is the key of the batch with which the page before ended, "" on the first page.
    """
    found = []
    for place, part in enumerate(calls.merged(records)):
        key = f"{objects.module_of(part)}|{wire.text(part, 'batchNumber')}"
        if place == 0 and key == before:
            continue  # it came whole with the page before
        found.append(part if is_whole(part) else _read(client, part))
    return found


def is_whole(record: Record) -> bool:
    """Whether the lines come to the batch's own totals."""
    lines = wire.rows(record, LINES)
    return all(
        sum((wire.amount(line, f"{side}AmountInCurrency") or ZERO for line in lines), ZERO)
        == (wire.amount(record, f"{side}TotalInCurrency") or ZERO)
        for side in ("debit", "credit")
    )


def high_water(client: VismaClient) -> str:
    """The newest time of change among the batches of this company that this process has read; "" for none yet.

    A batch that is made from now on has a later one, but for what the overlap is for.
    """
    newest = _newest.get(_company(client))
    return wire.stamp(newest - _OVERLAP) if newest else ""


def seen(client: VismaClient, record: Record) -> None:
    """Take note of a batch's time of change."""
    at, company = wire.moment(record, MODIFIED), _company(client)
    if at is not None and at > _newest.get(company, at - _OVERLAP):
        _newest[company] = at


def around(client: VismaClient, item: Item) -> list[Record]:
    """The batches among which an item's must be: those since the high-water mark, else since well before its day."""
    if mark := item.memo.get(HIGH_WATER, ""):
        return _noted(client, client.everything(calls.JOURNALS, {"module": GENERAL_LEDGER, MODIFIED: mark}))
    return lately(client, item.document.date)


def lately(client: VismaClient, day: date) -> list[Record]:
    """The batches that were changed since the month before a day: whatever came of a document of that day.

    A client lists them once, until it makes one itself, and for a minute at most.
    """
    start, now = day.replace(day=1) - timedelta(days=31), client.context.clock.now()
    known = _listed.get(client)
    if known is None or start < known[0] or not now - _FRESH <= known[1] <= now:
        known = (start, now, since(client, datetime(start.year, start.month, start.day, tzinfo=UTC)))
        _listed[client] = known
    return known[2]


def was_known(item: Item, record: Record) -> bool:
    """Whether a batch stood already when the high-water mark of the call that is looked up was taken."""
    mark, at = wire.moment(item.memo, HIGH_WATER), wire.moment(record, MODIFIED)
    return mark is not None and at is not None and at <= mark + _OVERLAP


def forget(client: VismaClient) -> None:
    """A batch is about to be made: what was listed before is not all any more."""
    _listed.pop(client, None)


def since(client: VismaClient, start: datetime) -> list[Record]:
    """The batches that were changed at a time or later."""
    early = wire.stamp(start - timedelta(milliseconds=1))
    return _noted(client, client.everything(calls.JOURNALS, {"module": GENERAL_LEDGER, MODIFIED: early}))


def with_mark(records: Sequence[Record], mark: str) -> list[Record]:
    """The batches that bear a mark of ours, living ones before voided ones; those that reverse others do not count."""
    found = [record for record in records if objects.reference_of(record) == mark]
    living = [record for record in found if wire.text(record, "status") != objects.VOIDED]
    return living or found


def _noted(client: VismaClient, records: list[Record]) -> list[Record]:
    for record in records:
        seen(client, record)
    return records


def _read(client: VismaClient, part: Record) -> Record:
    return client.read(calls.JOURNALS, wire.text(part, "batchNumber")).record


def _company(client: VismaClient) -> tuple[str, str, str]:
    return client.settings.base_url, client.settings.tenant, client.settings.company


_listed: WeakKeyDictionary[VismaClient, tuple[date, datetime, list[Record]]] = WeakKeyDictionary()
_newest: dict[tuple[str, str, str], datetime] = {}
