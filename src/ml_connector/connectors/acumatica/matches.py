"""Bills that somebody keyed into Acumatica: those like ours, those of the first day (vendors/acumatica.md §7.1)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from typing import Final

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica import objects, states, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.objects import BILL
from ml_connector.connectors.acumatica.odata import all_of, any_of, eq, one_of, since
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit.target import Item, Keyed
from ml_connector.records.documents import Bill

_NARROW: Final = ("Type", "ReferenceNbr", "Status", "Vendor", "VendorRef", "Date", "Amount", "Description")

_HEADER: Final = (*_NARROW, "PostPeriod", "CurrencyID", "TaxTotal")
_OURS: Final = "ML-"


def find_keyed(client: AcumaticaClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """Per item, the living bills with its vendor and invoice number that do not carry its own reference.

    A bill with another reference is returned with it, so that the hub can tell ours from others. Items without
    an invoice number match nothing. Other vendors' bills with the same number come along and are dropped here: naming
    each vendor in the filter would make it too long for an address.
    """
    numbers = [item.document.number for item in items if item.document.number]
    found: dict[tuple[str, str], list[Record]] = {}
    for condition in one_of("VendorRef", numbers):
        query = Query(filter=all_of(eq("Type", BILL), condition), select=_NARROW)
        for record in client.find(calls.LIST_BILLS, BILL, query):
            if wire.text(record, "Status") not in states.NOT_COUNTED:
                found.setdefault(_key(wire.text(record, "Vendor"), wire.text(record, "VendorRef")), []).append(record)
    return [_keyed(item, found.get(_key(item.document.vendor, item.document.number), [])) for item in items]


def keyed_bills(client: AcumaticaClient, first: date) -> list[tuple[str, Bill]]:
    """Reference numbers and bills, without lines: living ones dated `first` or later that bear no mark of ours."""
    start = datetime.combine(first, time(), UTC)
    query = Query(filter=all_of(eq("Type", BILL), since("Date", start)), select=_HEADER)
    return [
        (wire.text(record, "ReferenceNbr"), objects.bill(record, client.settings.chart))
        for record in client.walk(BILL, query)
        if wire.text(record, "Status") not in states.NOT_COUNTED and not objects.reference_of(record).startswith(_OURS)
    ]


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


def _key(vendor: str, number: str) -> tuple[str, str]:
    """The vendor's own comparison of texts may overlook capitals; what it found must not be lost here."""
    return vendor.strip().casefold(), number.strip().casefold()
