"""Bills that somebody keyed into Acumatica: those like ours, those of the first day (vendors/acumatica.md §7.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica import objects, states, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.objects import BILL
from ml_connector.connectors.acumatica.odata import all_of, any_of, eq, one_of, since, startswith
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit.target import Item, Keyed
from ml_connector.records.documents import Bill

_NARROW: Final = ("Type", "ReferenceNbr", "Status", "Vendor", "VendorRef", "Date", "Amount", "Description")

_HEADER: Final = (*_NARROW, "PostPeriod", "CurrencyID", "TaxTotal")
OURS: Final = "ML-"


def find_keyed(client: AcumaticaClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """Per item, the living documents of its type with its vendor and invoice number that do not carry its reference.

    A bill with another reference is returned with it, so that the hub can tell ours from others. Items without
    an invoice number match nothing. Other vendors' bills with the same number come along and are dropped here: naming
    each vendor in the filter would make it too long for an address.
    """
    asked = [item for item in items if item.document.number and not objects.only_releases(item.document)]
    types = any_of(eq("Type", objects.type_of(item.document)) for item in asked)
    found: dict[tuple[str, str, str], list[Record]] = {}
    for condition in one_of("VendorRef", (item.document.number for item in asked)):
        query = Query(filter=all_of(types, condition), select=_NARROW)
        for record in client.find(calls.LISTS[BILL], BILL, query):
            if wire.text(record, "Status") not in states.NOT_COUNTED:
                found.setdefault(
                    _key(*(wire.text(record, name) for name in ("Type", "Vendor", "VendorRef"))), []
                ).append(record)
    return [_keyed(item, found.get(_wanted(item), [])) if item in asked else [] for item in items]


def keyed_bills(client: AcumaticaClient, first: date) -> list[tuple[str, Bill]]:
    """Reference numbers and bills, without lines: living ones dated `first` or later that bear no mark of ours."""
    start = datetime.combine(first, time(), UTC)
    query = Query(filter=all_of(eq("Type", BILL), since("Date", start)), select=_HEADER)
    return [
        (wire.text(record, "ReferenceNbr"), objects.bill(record, client.settings.chart))
        for record in client.walk(BILL, query)
        if wire.text(record, "Status") not in states.NOT_COUNTED and not objects.reference_of(record).startswith(OURS)
    ]


def marked(item: Item, kind: str) -> str:
    """The condition for documents of a type that carry the item's reference at the start of their description."""
    mark = startswith("Description", f"{item.reference}{objects.MARK_END}")
    return all_of(eq("Type", kind), vendor_is(item.document.vendor), mark)


def vendor_is(key: str) -> str:
    """The condition for a vendor; keys are stored in capitals, people may write them otherwise."""
    return any_of(eq("Vendor", spelling) for spelling in (key.strip(), key.strip().upper()))


def _keyed(item: Item, records: Sequence[Record]) -> list[Keyed]:
    return [
        Keyed(number=wire.text(record, "ReferenceNbr"), reference=reference, text=_words(record))
        for record in records
        if (reference := objects.reference_of(record)) != item.reference
    ]


def _words(record: Record) -> str:
    number, status = wire.text(record, "ReferenceNbr"), wire.text(record, "Status")
    amount = wire.amount(record, "Amount")
    return f"bill {number} of {wire.day(record, 'Date')} over {amount}, {status}: {wire.text(record, 'Description')}"


def _wanted(item: Item) -> tuple[str, str, str]:
    return _key(objects.type_of(item.document), item.document.vendor, item.document.number)


def _key(kind: str, vendor: str, number: str) -> tuple[str, str, str]:
    """The vendor's own comparison of texts may overlook capitals; what it found must not be lost here."""
    return kind.strip().casefold(), vendor.strip().casefold(), number.strip().casefold()
