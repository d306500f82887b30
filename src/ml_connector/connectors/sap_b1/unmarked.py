"""Documents that carry our reference no more: somebody deleted the user field, and it came back empty (§5.8)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from ml_connector.connectors.kit.outcomes import Cause, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1 import objects, wire
from ml_connector.connectors.sap_b1.client import JOURNALS, Query, SapClient
from ml_connector.connectors.sap_b1.comparison import compare
from ml_connector.connectors.sap_b1.objects import REFERENCE, Books
from ml_connector.connectors.sap_b1.odata import all_of, any_of, eq
from ml_connector.connectors.sap_b1.wire import BadRecord, Record


def unmarked(client: SapClient, items: Sequence[Item], books: Books) -> dict[str, Held]:
    """By reference, word of a document without one that is just what an item would post: a person must tell them apart.

    For items whose answer was lost and whose reference is not found; posting them again might double them.
    """
    by_entity: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        by_entity[objects.entity_of(item.document)].append(item)
    return {
        item.reference: _held(item, entity, found)
        for entity, some in by_entity.items()
        for item, found in _twins(client, entity, some, books)
    }


def _twins(client: SapClient, entity: str, items: Sequence[Item], books: Books) -> list[tuple[Item, Record]]:
    free = [
        record
        for condition in any_of(_place(entity, item, books) for item in items)
        for record in client.find(
            entity, Query(filter=condition, select=objects.fields_of(entity), order=objects.key_field(entity))
        )
        if _is_free(entity, record)
    ]
    pairs = [(item, next((one for one in free if _is_as_meant(item, entity, one, books)), None)) for item in items]
    return [(item, found) for item, found in pairs if found is not None]


def _place(entity: str, item: Item, books: Books) -> str:
    """Those of the same day and number; the rest is compared here."""
    day, number = ("ReferenceDate", "Reference") if entity == JOURNALS else ("DocDate", "NumAtCard")
    named = eq(number, item.document.number) if item.document.number else ""
    return f"({all_of(eq(day, books.posting_day(item.document)), named)})"


def _is_free(entity: str, record: Record) -> bool:
    if wire.text(record, REFERENCE) or objects.is_cancelled(record) or objects.is_cancellation(record):
        return False
    return entity != JOURNALS or objects.is_by_itself(record)


def _is_as_meant(item: Item, entity: str, record: Record, books: Books) -> bool:
    try:
        stored = objects.document(entity, record, books, item.document)
    except BadRecord:  # whatever it is, we did not write it
        return False
    return not compare(item.document, stored)


def _held(item: Item, entity: str, record: Record) -> Held:
    name = objects.name_of(entity, record)
    message = (
        f"the answer was lost, our reference is not found, and {name} in SAP is the same without one: perhaps the user "
        f"field {REFERENCE} was deleted and made anew. If {name} is ours, write {item.reference} into {REFERENCE} "
        "there; if not, write any other text; then replay the record"
    )
    return Held(cause=Cause.NOT_SEARCHABLE, message=message)
