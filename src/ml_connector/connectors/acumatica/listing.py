"""Reading one kind of record for the hub: page by page, since a time, by keys (vendors/acumatica.md §6)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from msgspec import Struct, structs

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica import failures, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.odata import all_of, since
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.source import Document, Page, Row, Scope, Unreadable, Window

MODIFIED: Final = "LastModifiedDateTime"
MANY: Final = 50
"""Records that are read one by one for a page, at most; the page ends there."""

_BARE: Final = "(listed without details)"
"""Marks a record whose details did not come, beside the vendor's own fields."""

Address = tuple[str, ...]
Entries = Sequence[tuple[str, Document]]
"""The keys and documents that one record of the vendor stands for."""


class Listing(Struct, frozen=True, kw_only=True):
    """How the records of one scope are read.

    `addresses` are a record's key fields as in a path, the first that is there counts; `entries` is what it holds for
    the hub; `asked` makes the conditions for keys of the hub. A listed record that is not `whole` is read by its
    address, with `expand_one`.
    """

    name: str
    entity: str
    expand: tuple[str, ...] = ()
    expand_one: tuple[str, ...] = ()
    condition: str = ""
    addresses: Callable[[Record], Sequence[Address]]
    whole: Callable[[Record], bool] = lambda record: True
    entries: Callable[[Record], Entries]
    asked: Callable[[Sequence[str]], Iterator[str]]


class EntitySource:
    """A source whose scopes are entities of the endpoint (a kit.source.Source).

    Pages go by `$top` and `$skip` in the vendor's own order, which is that of keys. A position is how many records to
    skip, and the id with which the last page began: a page that begins with it again means that paging is ignored.
    """

    def __init__(self, kind: str, listings: Mapping[str, Listing]) -> None:
        self.kind = kind
        self._listings = listings

    def scopes(self, client: AcumaticaClient) -> list[Scope]:
        return [Scope(key=key, name=listing.name) for key, listing in self._listings.items()]

    def read(self, client: AcumaticaClient, scope: Scope, window: Window | None, position: str | None) -> Page:
        """One page. Raises Unreadable when the vendor repeats a page."""
        listing, size = self._listings[scope.key], client.settings.page_size
        skipped, _, before = (position or "0").partition("|")
        condition = all_of(listing.condition, since(MODIFIED, window.start) if window else "")
        answer, listed = _listed(client, listing, Query(filter=condition, top=size, skip=int(skipped)))
        first = str(listed[0].get("id") or "") if listed else ""
        if first and first == before:
            raise errors.Unreadable(f"{answer.operation}: page after page is the same, {skipped} rows so far")
        taken, records = _completed(client, listing, listed, most=MANY)
        more = taken < len(listed) or len(listed) == size
        following = f"{int(skipped) + taken}|{first}" if more else None
        return structs.replace(_page(listing, records), position=following, vendor_time=answer.date)

    def by_keys(self, client: AcumaticaClient, scope: Scope, keys: Sequence[str]) -> Page:
        listing = self._listings[scope.key]
        records: list[Record] = []
        for condition in listing.asked(keys):
            _, listed = _listed(client, listing, Query(filter=condition))
            records += _completed(client, listing, listed, most=len(listed))[1]
        page, wanted = _page(listing, records), set(keys)
        return structs.replace(page, rows=tuple(row for row in page.rows if row.key in wanted))


def _listed(client: AcumaticaClient, listing: Listing, query: Query) -> tuple[Answer, list[Record]]:
    """What one list call answers; without any details where both cannot be listed together."""
    operation = calls.LISTS[listing.entity]
    try:
        answer = client.page(operation, listing.entity, structs.replace(query, expand=listing.expand))
        return answer, answer.decode(list[Record])
    except failures.NotListable:
        answer = client.page(operation, listing.entity, query)
        bare = [{**record, _BARE: True} for record in answer.decode(list[Record])]
        return answer, bare


def _completed(
    client: AcumaticaClient, listing: Listing, listed: Sequence[Record], *, most: int
) -> tuple[int, list[Record]]:
    """How many of the listed records were dealt with, and what they are; one deleted meanwhile is left out."""
    records: list[Record] = []
    read = 0
    for place, record in enumerate(listed):
        if _BARE not in record and listing.whole(record):
            records.append(record)
            continue
        if read == most:
            return place, records
        read += 1
        if (found := _read(client, listing, record)) is not None:
            records.append(found)
    return len(listed), records


def _read(client: AcumaticaClient, listing: Listing, record: Record) -> Record | None:
    query = Query(expand=listing.expand_one or listing.expand)
    for address in listing.addresses(record):
        try:
            return client.read(calls.READS[listing.entity], listing.entity, address, query)
        except errors.NotFound:
            continue
    return None


def _page(listing: Listing, records: Sequence[Record]) -> Page:
    rows: dict[str, Row] = {}
    unreadable: list[Unreadable] = []
    for record in records:
        at: datetime | None = None
        try:
            at = wire.moment(record, MODIFIED)
            if at is None:
                raise BadRecord(f"{MODIFIED} is empty")
            rows |= {key: Row(key=key, modified=at, document=entry) for key, entry in listing.entries(record)}
        except BadRecord as problem:
            key = "|".join(listing.addresses(record)[0])
            unreadable.append(Unreadable(key=key, modified=at, message=problem.message))
    return Page(rows=tuple(rows.values()), position=None, vendor_time=None, unreadable=tuple(unreadable))
