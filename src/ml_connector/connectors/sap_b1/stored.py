"""What SAP Business One holds of our documents: by our reference, by key, by number, and what took them back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

import msgspec
from msgspec import structs

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1 import objects, wire
from ml_connector.connectors.sap_b1.client import JOURNALS, Query, SapClient
from ml_connector.connectors.sap_b1.comparison import compare
from ml_connector.connectors.sap_b1.objects import REFERENCE, REVERSING, Books
from ml_connector.connectors.sap_b1.odata import all_of, any_of, eq, one_of
from ml_connector.connectors.sap_b1.unmarked import unmarked
from ml_connector.connectors.sap_b1.wire import Record
from ml_connector.records.journals import Journal

LOOK_AGAIN: Final = timedelta(minutes=15)
CANCELLED: Final = "cancelled"
"""Stands for what took a document back, where nothing had to be made for it."""
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_DRAFT: Final = ("DocEntry", "DocObjectCode", "DocumentStatus", "AuthorizationStatus", REFERENCE)
_CANCELLATION: Final = (*objects.DOCUMENT_FIELDS, "DocumentLines")
_Found = dict[str, list[Record]]


def look_up(client: SapClient, items: Sequence[Item]) -> list[Finding]:
    """Whether documents were created, by our reference: one call per kind of document (vendors/sap_b1.md §7)."""
    books = objects.open_books(client)
    by_mark: dict[str, _Found] = {}
    for entity, some in _by_entity(items).items():
        marks = [item.reference for item in some]
        if entity == JOURNALS:
            both = with_mark(client, entity, [*marks, *(mark + REVERSING for mark in marks)])
            by_mark[entity] = {mark: in_force(both[mark], both[mark + REVERSING]) for mark in marks}
        else:
            by_mark[entity] = with_mark(client, entity, marks)
    findings = [_created(item, by_mark[objects.entity_of(item.document)], books) for item in items]
    absent = [item for item, found in zip(items, findings, strict=True) if isinstance(found, Absent)]
    if not absent:
        return findings
    told = unmarked(client, absent, books) | _drafts(client, absent)
    return [told.get(item.reference, found) for item, found in zip(items, findings, strict=True)]


def with_mark(client: SapClient, entity: str, references: Iterable[str]) -> _Found:
    """The living documents that carry these references, in the order in which they were made.

    Journal entries live whatever takes them back (see `in_force`).
    """
    found: _Found = defaultdict(list)
    for condition in one_of(REFERENCE, references):
        query = Query(filter=condition, select=objects.fields_of(entity), order=objects.key_field(entity))
        for record in client.find(entity, query):
            if not objects.is_cancelled(record) and not objects.is_cancellation(record):
                found[wire.text(record, REFERENCE)].append(record)
    return found


def in_force(entries: Sequence[Record], back: Sequence[Record]) -> list[Record]:
    """The journal entries of one reference that none of ours took back: each undid one that was made before it.

    A record that was undone and is replayed is posted with the reference that it had.
    """
    left = list(entries)
    for one in back:
        if undone := [record for record in left if is_after(one, record)]:
            left.remove(undone[-1])
    return left


def is_after(one: Record, other: Record) -> bool:
    """Whether a journal entry was made after another."""
    return (wire.whole(one, "JdtNum") or 0) > (wire.whole(other, "JdtNum") or 0)


def waits_for_approval(client: SapClient, item: Item) -> Held | None:
    """Word of the draft that an approval procedure has made of a document, if there is one (vendors/sap_b1.md §7)."""
    return _drafts(client, [item]).get(item.reference)


def done(item: Item, entity: str, record: Record, books: Books, *, masked: str = "") -> Done:
    """A stored document. Raises BadRecord."""
    return Done(
        key=objects.key_of(entity, record),
        number=wire.text(record, objects.number_field(entity)),
        stored=objects.document(entity, record, books, item.document),
        answer=masked,
    )


def read(client: SapClient, items: Sequence[Item]) -> list[Finding]:
    """What SAP holds now: the whole document, nothing, or word that it is not what it was.

    One that was taken back, by us or by a person, names in its memo (`reversal`) the document that did it.
    """
    books = objects.open_books(client)
    findings: dict[int, Finding] = {}
    for entity, some in _by_entity(items).items():
        if not entity:
            findings |= dict.fromkeys(map(id, some), Absent())
        elif entity == JOURNALS:
            findings |= _journals_now(client, some, books)
        else:
            findings |= _documents_now(client, entity, some, books)
    return [findings[id(item)] for item in items]


def records_of(client: SapClient, entity: str, items: Sequence[Item]) -> dict[int, Record]:
    """The records of items, by key or, for those that were adopted, by number; missing ones are left out."""
    conditions = [_place(entity, item) for item in items if _place(entity, item)]
    records = [
        record
        for condition in any_of(conditions)
        for record in client.find(
            entity,
            Query(filter=condition, select=objects.fields_of(entity), order=objects.key_field(entity)),
        )
    ]
    found = {id(item): _best(entity, item, records) for item in items}
    return {item: record for item, record in found.items() if record is not None}


def cancellations(client: SapClient, entity: str, records: Sequence[Record]) -> dict[int, Record]:
    """The documents with which SAP cancelled others, by the cancelled ones' internal numbers.

    They name the document that they cancel in the base of their lines; where that is not told, vendor, number and
    total must be the same.
    """
    if not records:
        return {}
    pairs = [_party(record) for record in records]
    candidates = [
        record
        for condition in any_of(pairs)
        for record in client.find(
            entity,
            Query(
                filter=all_of(eq("CancelStatus", "csCancellation"), condition), select=_CANCELLATION, order="DocEntry"
            ),
        )
        if objects.is_cancellation(record)
    ]
    return paired(records, candidates)


def paired(cancelled: Sequence[Record], candidates: Sequence[Record]) -> dict[int, Record]:
    """Which candidate cancels which document: those that say so first, then by likeness, each used once."""
    found: dict[int, Record] = {}
    left = list(candidates)
    for says in (_says_so, _is_like):
        for record in cancelled:
            entry = wire.whole(record, "DocEntry") or 0
            match = next((one for one in left if says(record, one)), None) if entry not in found else None
            if match is not None:
                found[entry] = match
                left.remove(match)
    return found


def journal_reversals(client: SapClient, items: Sequence[Item], books: Books) -> dict[int, Record]:
    """The journal entries that take items' journals back: ours by their reference, people's by their lines."""
    found = _around(client, items)
    return {id(item): record for item in items if (record := _reversal(item, found, books)) is not None}


def gone(item: Item) -> Held:
    """A document that is not there any more."""
    message = (
        f"document {item.number or item.key} is no longer in SAP: perhaps the company was restored from a backup; if "
        "it is still due, enter it there by hand, then set this record aside"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message, key=item.key, number=item.number)


def not_ours(item: Item, mark: str) -> Held:
    """A document that does not carry our reference any more."""
    message = (
        f"document {item.number or item.key} carries {mark or 'no reference'} instead of our reference "
        f"{item.reference}: somebody changed {REFERENCE} there; put it back, then replay the record"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message, key=item.key, number=item.number)


def _created(item: Item, by_mark: _Found, books: Books) -> Finding:
    entity, found = objects.entity_of(item.document), by_mark.get(item.reference, [])
    if len(found) > 1:
        numbers = ", ".join(wire.text(record, objects.number_field(entity)) for record in found)
        message = f"documents {numbers} all carry our reference {item.reference}: cancel all but one, then replay"
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    return done(item, entity, found[0], books, masked=_shown(found[0])) if found else Absent()


def _drafts(client: SapClient, items: Sequence[Item]) -> dict[str, Held]:
    """Open drafts of documents of ours, by reference; journals have none."""
    references = [item.reference for item in items if not isinstance(item.document, Journal)]
    found: dict[str, Held] = {}
    for condition in one_of(REFERENCE, references):
        try:
            records = client.find("Drafts", Query(filter=condition, select=_DRAFT, order="DocEntry"))
        except (errors.NotFound, errors.Refusal):  # a server without drafts; a forbidden look is not the same
            return found
        for record in records:
            if wire.text(record, "DocumentStatus") not in ("bost_Close", "C"):
                found[wire.text(record, REFERENCE)] = _draft(record)
    return found


def _draft(record: Record) -> Held:
    number = wire.text(record, "DocEntry")
    if wire.text(record, "AuthorizationStatus") in ("dasRejected", "N"):
        message = f"its draft {number} was rejected in SAP: delete the draft there and replay, or set this record aside"
        return Held(cause=Cause.CHANGED_THERE, message=message, look_after=LOOK_AGAIN)
    message = f"it waits for approval in SAP as draft {number}: approve it and add the document there"
    return Held(cause=Cause.WAITS_FOR_APPROVAL, message=message, look_after=LOOK_AGAIN)


def _by_entity(items: Sequence[Item]) -> dict[str, list[Item]]:
    grouped: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[_entity_now(item)].append(item)
    return grouped


def _entity_now(item: Item) -> str:
    """Where an item's document is, by its key, its name or its kind; "" where nothing tells."""
    entry, name = objects.entry_of(item.key), objects.named(item.number)
    if entry:
        return entry[0]
    if name and name.entity:
        return name.entity
    return objects.entity_of(item.document) if isinstance(item.document, objects.Document) else ""


def _documents_now(client: SapClient, entity: str, items: Sequence[Item], books: Books) -> dict[int, Finding]:
    found = records_of(client, entity, items)
    counter = cancellations(client, entity, [record for record in found.values() if objects.is_cancelled(record)])
    return {id(item): _now(item, entity, found.get(id(item)), counter, books) for item in items}


def _now(item: Item, entity: str, record: Record | None, counter: dict[int, Record], books: Books) -> Finding:
    if record is None:
        return Absent()
    if item.key and wire.text(record, REFERENCE) != item.reference:
        return not_ours(item, wire.text(record, REFERENCE))
    if not objects.is_cancelled(record):
        return done(item, entity, record, books)
    by = counter.get(wire.whole(record, "DocEntry") or 0)
    if by is None:
        number = wire.text(record, objects.number_field(entity))
        return Held(cause=Cause.CHANGED_THERE, message=f"document {number} was cancelled in SAP", key=item.key)
    return structs.replace(done(item, entity, record, books), memo={"reversal": objects.name_of(entity, by)})


def _journals_now(client: SapClient, items: Sequence[Item], books: Books) -> dict[int, Finding]:
    found = _around(client, items)
    return {id(item): _journal_now(item, found, books) for item in items}


def _journal_now(item: Item, found: Sequence[Record], books: Books) -> Finding:
    record = _best(JOURNALS, item, found)
    if record is None:
        return Absent()
    if item.key and wire.text(record, REFERENCE) != item.reference:
        return not_ours(item, wire.text(record, REFERENCE))
    stored = done(item, JOURNALS, record, books)
    by = _reversal(item, found, books) if item.key else None
    return structs.replace(stored, memo={"reversal": wire.text(by, "Number")}) if by is not None else stored


def _around(client: SapClient, items: Sequence[Item]) -> list[Record]:
    """Items' journal entries, and all that may take one back."""
    conditions: list[str] = []
    for item in items:
        journal = item.document
        if place := _place(JOURNALS, item):
            conditions.append(place)
        conditions.append(eq(REFERENCE, item.reference + REVERSING))
        if item.key and journal.number:
            both = all_of(eq("Reference", journal.number), eq("Reference2", journal.vendor) if journal.vendor else "")
            conditions.append(f"({both})")
    found = {
        wire.text(record, "JdtNum"): record
        for condition in any_of(conditions)
        for record in client.find(JOURNALS, Query(filter=condition, select=objects.JOURNAL_FIELDS, order="JdtNum"))
    }
    return list(found.values())


def _reversal(item: Item, found: Sequence[Record], books: Books) -> Record | None:
    own = objects.entry_of(item.key)
    for record in found:
        mark = wire.text(record, REFERENCE)
        entry = wire.whole(record, "JdtNum") or 0
        if mark == item.reference + REVERSING and (own is None or entry > own[1]):
            return record
        is_later = own is not None and entry > own[1] and mark in ("", item.reference)
        if is_later and objects.is_by_itself(record) and _takes_back(item.document, record, books):
            return record
    return None


def _takes_back(journal: Journal, record: Record, books: Books) -> bool:
    stored = objects.journal(record, books, journal)
    meant = journal.reversed()
    same = structs.replace(meant, date=stored.date, period="", currency=stored.currency, vendor=stored.vendor)
    return not compare(same, structs.replace(stored, number=same.number))


def _place(entity: str, item: Item) -> str:
    entry, name = objects.entry_of(item.key), objects.named(item.number)
    if entry:
        return eq(objects.key_field(entity), entry[1])
    return eq(objects.number_field(entity), name.number) if name else ""


def _best(entity: str, item: Item, records: Sequence[Record]) -> Record | None:
    """The record of an item: the one with its key; of several with its number, the one that fits best."""
    entry, name = objects.entry_of(item.key), objects.named(item.number)
    if entry:
        return next((one for one in records if wire.whole(one, objects.key_field(entity)) == entry[1]), None)
    if name is None:
        return None
    number, party = objects.number_field(entity), "Reference2" if entity == JOURNALS else "CardCode"
    found = [
        one
        for one in records
        if wire.whole(one, number) == name.number and objects.is_cancellation(one) == name.cancellation
    ]
    marks, vendor = (item.reference, item.reference + REVERSING), getattr(item.document, "vendor", "")
    found.sort(key=lambda one: (wire.text(one, REFERENCE) not in marks, wire.text(one, party) != vendor))
    return found[0] if found else None


def _party(record: Record) -> str:
    number = wire.text(record, "NumAtCard")
    both = all_of(eq("CardCode", wire.text(record, "CardCode")), eq("NumAtCard", number) if number else "")
    return f"({both})"


def _says_so(cancelled: Record, candidate: Record) -> bool:
    entry = wire.whole(cancelled, "DocEntry")
    return any(wire.whole(row, "BaseEntry") == entry for row in wire.rows(candidate, "DocumentLines"))


def _is_like(cancelled: Record, candidate: Record) -> bool:
    """A later one that says nothing of another base."""
    told = any(wire.whole(row, "BaseEntry") is not None for row in wire.rows(candidate, "DocumentLines"))
    later = (wire.whole(candidate, "DocEntry") or 0) > (wire.whole(cancelled, "DocEntry") or 0)
    same = all(wire.text(cancelled, name) == wire.text(candidate, name) for name in ("CardCode", "NumAtCard"))
    totals = [abs(wire.amount(one, "DocTotal") or 0) for one in (cancelled, candidate)]
    return later and not told and same and totals[0] == totals[1]


def _shown(record: Record) -> str:
    return masking.body(_ENCODER.encode(record))
