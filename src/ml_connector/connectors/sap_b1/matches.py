"""Documents that somebody keyed into SAP Business One: those like ours, those of the first day (§7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from ml_connector.connectors.kit.target import Item, Keyed
from ml_connector.connectors.sap_b1 import objects, stored, wire
from ml_connector.connectors.sap_b1.client import CREDITS, INVOICES, JOURNALS, ORDERS, Query, SapClient
from ml_connector.connectors.sap_b1.objects import OURS, REFERENCE, REVERSING, Document
from ml_connector.connectors.sap_b1.odata import all_of, any_of, eq, ge
from ml_connector.connectors.sap_b1.wire import Record
from ml_connector.records.documents import Bill, PurchaseOrder
from ml_connector.records.journals import Journal, Role
from ml_connector.records.money import ZERO


def find_keyed(client: SapClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """Per item, the living documents with its vendor and number that do not carry its reference.

    A document of its kind with another reference is returned with it, so that the hub can tell ours from others. For a
    journal these are journals and invoices of people that book the same cost, credit notes too where the cost is
    negative; an invoice on other accounts may be the one that clears it. What stands of its own record is returned
    too, whatever reference it carries: the hub may have lost its notes of that.
    """
    return [[*one, *other] for one, other in zip(_numbered(client, items), _booked(client, items), strict=True)]


def _numbered(client: SapClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """Invoices, credit notes and orders that are like an item of their kind."""
    found: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    asked: dict[str, list[str]] = defaultdict(list)
    for item in items:
        if _has_number(item.document) and not isinstance(item.document, Journal):
            asked[objects.entity_of(item.document)].append(_of_vendor(item.document))
    for entity, conditions in asked.items():
        for record in _found(client, entity, conditions, objects.DOCUMENT_FIELDS):
            if _is_alive(record):
                found[_key(entity, record)].append(record)
    return [_keyed(item, found) for item in items]


def _booked(client: SapClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """What people booked of the costs of journals, and what stands of the journals' own records."""
    costs = [item.document for item in items if _has_number(item.document) and _cost_accounts(item.document)]
    numbered = [item.document for item in items if isinstance(item.document, Journal) and item.document.number]
    numbers = sorted({eq("Reference", journal.number) for journal in numbered})
    entries = list(_found(client, JOURNALS, numbers, objects.JOURNAL_FIELDS))
    journals = [row for row in entries if _is_keyed(JOURNALS, row)]
    invoices = [
        (entity, row)
        for entity, some in ((INVOICES, costs), (CREDITS, [journal for journal in costs if _cost(journal) < 0]))
        for row in _found(client, entity, sorted({_of_vendor(journal) for journal in some}), objects.WHOLE)
        if _is_keyed(entity, row)
    ]
    return [
        [
            *(_told(JOURNALS, row) for row in _own(item, entries)),
            *(_told(JOURNALS, row) for row in journals if _is_same_journal(item.document, row)),
            *(_told(entity, row) for entity, row in invoices if _is_same_invoice(item.document, entity, row)),
        ]
        for item in items
    ]


def _own(item: Item, entries: Sequence[Record]) -> Iterator[Record]:
    """The journal entries of an item's record, whatever its version, that none of ours took back."""
    record = item.reference.rpartition("-")[0]
    by_mark: dict[str, list[Record]] = defaultdict(list)
    for row in entries if isinstance(item.document, Journal) else ():
        by_mark[wire.text(row, REFERENCE)].append(row)
    for mark in list(by_mark):
        if mark.rpartition("-")[0] == record and not mark.endswith(REVERSING):
            yield from stored.in_force(by_mark[mark], by_mark[mark + REVERSING])


def _found(client: SapClient, entity: str, conditions: Sequence[str], select: tuple[str, ...]) -> Iterator[Record]:
    for condition in any_of(conditions) if conditions else ():
        yield from client.find(entity, Query(filter=condition, select=select, order=objects.key_field(entity)))


def _of_vendor(document: Document) -> str:
    return f"({all_of(eq('CardCode', document.vendor), eq('NumAtCard', document.number))})"


def _cost_accounts(document: Document) -> frozenset[str]:
    """The accounts of a journal's costs; other documents have none of their own here."""
    if not isinstance(document, Journal):
        return frozenset()
    return frozenset(line.account for line in document.lines if line.role is Role.COST)


def _is_same_journal(journal: Document, record: Record) -> bool:
    """By number and by vendor, which people need not name, or else by the money, with or without retainage."""
    if not isinstance(journal, Journal) or not journal.vendor or not _cost_accounts(journal):
        return False
    if wire.text(record, "Reference") != journal.number:
        return False
    cost = _cost(journal)
    held = sum((line.amount for line in journal.lines if line.role is Role.RETAINAGE), ZERO)
    debits = sum((wire.amount(line, "Debit") or ZERO for line in wire.rows(record, "JournalEntryLines")), ZERO)
    return wire.text(record, "Reference2") == journal.vendor or debits in {journal.total, abs(cost), abs(cost + held)}


def _cost(journal: Journal) -> Decimal:
    return sum((line.amount for line in journal.lines if line.role is Role.COST), ZERO)


def _is_same_invoice(journal: Document, entity: str, record: Record) -> bool:
    """By vendor and number, on a cost account; a credit note where the journal lowers cost."""
    if not isinstance(journal, Journal) or (entity == CREDITS and _cost(journal) >= 0):
        return False
    accounts = {wire.text(line, "AccountCode") for line in wire.rows(record, "DocumentLines")}
    named = (wire.text(record, "CardCode"), wire.text(record, "NumAtCard"))
    return named == (journal.vendor, journal.number) and bool(accounts & _cost_accounts(journal))


def keyed_documents(client: SapClient, since: date) -> list[tuple[str, Bill | PurchaseOrder | Journal]]:
    """Names (`invoice 1004`) and documents without a mark of ours, dated `since` or later.

    Invoices, credit notes and orders come without lines. Journals that SAP made of documents are left out.
    """
    books = objects.open_books(client)
    found: list[tuple[str, Document]] = []
    for entity in (INVOICES, CREDITS, ORDERS, JOURNALS):
        dated = "ReferenceDate" if entity == JOURNALS else "DocDate"
        select = objects.JOURNAL_FIELDS if entity == JOURNALS else objects.DOCUMENT_FIELDS
        query = Query(filter=ge(dated, since), select=select, order=objects.key_field(entity))
        for record in client.everything(entity, query):
            if _is_keyed(entity, record):
                found.append((objects.name_of(entity, record), objects.document(entity, record, books)))
    return found


def _has_number(document: Document) -> bool:
    return bool(document.vendor and document.number)


def _is_alive(record: Record) -> bool:
    return not objects.is_cancelled(record) and not objects.is_cancellation(record)


def _is_keyed(entity: str, record: Record) -> bool:
    if wire.text(record, REFERENCE).startswith(OURS):
        return False
    if entity == JOURNALS:
        return objects.is_by_itself(record)
    return _is_alive(record)


def _told(entity: str, record: Record) -> Keyed:
    return Keyed(number=objects.name_of(entity, record), reference=wire.text(record, REFERENCE), text=_words(record))


def _keyed(item: Item, found: dict[tuple[str, str, str], list[Record]]) -> list[Keyed]:
    if not _has_number(item.document) or isinstance(item.document, Journal):
        return []
    entity = objects.entity_of(item.document)
    key = (entity, item.document.vendor, item.document.number)
    return [_told(entity, record) for record in found.get(key, []) if wire.text(record, REFERENCE) != item.reference]


def _key(entity: str, record: Record) -> tuple[str, str, str]:
    return entity, wire.text(record, "CardCode"), wire.text(record, "NumAtCard")


def _words(record: Record) -> str:
    if wire.text(record, "JdtNum"):
        return ": ".join(filter(None, (f"of {wire.day(record, 'ReferenceDate')}", wire.text(record, "Memo"))))
    total, day = wire.amount(record, "DocTotal"), wire.day(record, "DocDate")
    return ": ".join(filter(None, (f"of {day} over {total}", wire.text(record, "Comments"))))
