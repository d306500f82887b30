"""Documents that somebody keyed into SAP Business One: those like ours, those of the first day (§7)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import date

from ml_connector.connectors.kit.target import Item, Keyed
from ml_connector.connectors.sap_b1 import objects, wire
from ml_connector.connectors.sap_b1.client import INVOICES, JOURNALS, ORDERS, Query, SapClient
from ml_connector.connectors.sap_b1.objects import OURS, REFERENCE, Document
from ml_connector.connectors.sap_b1.odata import all_of, any_of, eq, ge
from ml_connector.connectors.sap_b1.wire import Record
from ml_connector.records.documents import Bill, PurchaseOrder
from ml_connector.records.journals import Journal


def find_keyed(client: SapClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """Per item, the living documents of its kind with its vendor and number that do not carry its reference.

    A document with another reference is returned with it, so that the hub can tell ours from others. Journals have no
    number of a vendor's, and match nothing.
    """
    found: dict[tuple[str, str, str], list[Record]] = defaultdict(list)
    asked: dict[str, list[str]] = defaultdict(list)
    for item in items:
        if _has_number(item.document):
            both = all_of(eq("CardCode", item.document.vendor), eq("NumAtCard", item.document.number))
            asked[objects.entity_of(item.document)].append(f"({both})")
    for entity, conditions in asked.items():
        for condition in any_of(conditions):
            query = Query(filter=condition, select=objects.DOCUMENT_FIELDS, order="DocEntry")
            for record in client.find(entity, query):
                if not objects.is_cancelled(record) and not objects.is_cancellation(record):
                    found[_key(entity, record)].append(record)
    return [_keyed(item, found) for item in items]


def keyed_documents(client: SapClient, since: date) -> list[tuple[str, Bill | PurchaseOrder | Journal]]:
    """Names (`invoice 1004`) and documents without a mark of ours, dated `since` or later: invoices, orders, journals.

    Invoices and orders come without lines. Journals that SAP made of documents are left out.
    """
    books = objects.open_books(client)
    found: list[tuple[str, Document]] = []
    for entity in (INVOICES, ORDERS, JOURNALS):
        dated = "ReferenceDate" if entity == JOURNALS else "DocDate"
        select = objects.JOURNAL_FIELDS if entity == JOURNALS else objects.DOCUMENT_FIELDS
        query = Query(filter=ge(dated, since), select=select, order=objects.key_field(entity))
        for record in client.everything(entity, query):
            if _is_keyed(entity, record):
                found.append((objects.name_of(entity, record), objects.document(entity, record, books)))
    return found


def _has_number(document: Document) -> bool:
    return not isinstance(document, Journal) and bool(document.vendor and document.number)


def _is_keyed(entity: str, record: Record) -> bool:
    if wire.text(record, REFERENCE).startswith(OURS):
        return False
    if entity == JOURNALS:
        return objects.is_by_itself(record)
    return not objects.is_cancelled(record) and not objects.is_cancellation(record)


def _keyed(item: Item, found: dict[tuple[str, str, str], list[Record]]) -> list[Keyed]:
    if not _has_number(item.document):
        return []
    entity = objects.entity_of(item.document)
    key = (entity, item.document.vendor, item.document.number)
    return [
        Keyed(number=objects.name_of(entity, record), reference=reference, text=_words(record))
        for record in found.get(key, [])
        if (reference := wire.text(record, REFERENCE)) != item.reference
    ]


def _key(entity: str, record: Record) -> tuple[str, str, str]:
    return entity, wire.text(record, "CardCode"), wire.text(record, "NumAtCard")


def _words(record: Record) -> str:
    total, day = wire.amount(record, "DocTotal"), wire.day(record, "DocDate")
    return ": ".join(filter(None, (f"of {day} over {total}", wire.text(record, "Comments"))))
