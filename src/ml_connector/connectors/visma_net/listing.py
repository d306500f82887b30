"""Reading one kind of record for the hub: page by page, since a time, by keys (vendors/visma_net.md §7)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Document, Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.visma_net import objects, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.objects import MODIFIED
from ml_connector.connectors.visma_net.wire import BadRecord, Record

COMPANY: Final = "company"
Read = Callable[[VismaClient, Record], Document]
Filter = Callable[[Window | None], Mapping[str, str]]


def since(window: Window | None) -> dict[str, str]:
    """Rows changed at the window's start or later."""
    if window is None:
        return {}
    return {MODIFIED: wire.stamp(window.start), f"{MODIFIED}Condition": ">="}


class Listing(Struct, frozen=True, kw_only=True):
    """How one kind of record is listed. `key` names a row for the hub, `place` is the address of a hub's key.

    `completed` puts right what a page cannot hold whole, knowing the key with which the page before it ended; `finish`
    tells whether a record that was read by its key is of this list at all.
    """

    name: str
    path: str
    key: Callable[[Record], str]
    place: Callable[[str], tuple[str, ...]]
    read: Read
    filter: Filter = since
    completed: Callable[[VismaClient, Sequence[Record], str], list[Record]] = lambda client, records, before: list(
        records
    )
    finish: Callable[[Record, str], bool] = lambda record, key: True


class ListSource:
    """A source with one scope, the company (a kit.source.Source).

    A position is the page's number, how much was seen before it, and the key with which the page before it ended.

    The vendor's time of a page is the newest time of change on it, since the zone of these times is not told and the
    `Date` header is another clock (§7): the cursor never goes further than the data do.
    """

    def __init__(self, kind: str, listing: Listing) -> None:
        self.kind = kind
        self._listing = listing

    def scopes(self, client: VismaClient) -> list[Scope]:
        return [Scope(key=COMPANY, name=self._listing.name)]

    def read(self, client: VismaClient, scope: Scope, window: Window | None, position: str | None) -> Page:
        listing = self._listing
        number, seen, before = (position or "1|0|").split("|", 2)
        listed = client.page(listing.path, listing.filter(window), number=int(number), seen=int(seen))
        last = listing.key(listed.records[-1]) if listed.records else ""
        records = listing.completed(client, listed.records, before)
        following = f"{int(number) + 1}|{listed.seen}|{last}" if listed.more else None
        return page_of(rows_of(client, listing, records), position=following)

    def by_keys(self, client: VismaClient, scope: Scope, keys: Sequence[str]) -> Page:
        listing = self._listing
        found = []
        for key in keys:
            try:
                record = client.read(listing.path, *listing.place(key)).record
            except errors.NotFound:
                continue
            if listing.finish(record, key):
                found.append(record)
        return page_of(rows_of(client, listing, found), position=None)


def rows_of(client: VismaClient, listing: Listing, records: Iterable[Record]) -> list[Row | Unreadable]:
    """Each record as a row, or with what is wrong with it."""
    return [_row(client, listing, record) for record in records]


def page_of(rows: Sequence[Row | Unreadable], *, position: str | None) -> Page:
    """Rows as a page, each key once."""
    good = {row.key: row for row in rows if isinstance(row, Row)}
    newest = max((row.modified for row in good.values()), default=None)
    return Page(
        rows=tuple(good.values()),
        position=position,
        vendor_time=newest,
        unreadable=tuple(row for row in rows if isinstance(row, Unreadable)),
    )


def _row(client: VismaClient, listing: Listing, record: Record) -> Row | Unreadable:
    at: datetime | None = None
    try:
        at = wire.moment(record, MODIFIED)
        if at is None:
            raise BadRecord(f"{MODIFIED} is empty")
        return Row(key=listing.key(record), modified=at, document=listing.read(client, record))
    except BadRecord as problem:
        return Unreadable(key=listing.key(record), modified=at, message=problem.message)


def batches_since(window: Window | None) -> dict[str, str]:
    """Journals take no condition and always want a time, a moment earlier: "since" may leave the time itself out."""
    start = _FIRST if window is None else wire.stamp(window.start - timedelta(milliseconds=1))
    return {"module": objects.GENERAL_LEDGER, MODIFIED: start}


_FIRST: Final = "2000-01-01T00:00:00.000"
