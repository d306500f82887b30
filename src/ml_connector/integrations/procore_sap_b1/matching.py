"""What a person matches on the first day: vendors, and documents that somebody keyed in already."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.sap_b1 import connector as sap_b1
from ml_connector.integrations import likeness, procore_documents
from ml_connector.integrations.declaration import Entry, Matching
from ml_connector.integrations.likeness import Invoice
from ml_connector.records.documents import Bill, PurchaseOrder
from ml_connector.records.journals import Journal


def _vendors_left(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in procore.suppliers(client)]


def _vendors_right(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in sap_b1.suppliers(client)]


def _keyed(client: Any, since: date) -> list[Entry]:
    """Invoices, orders and journals in SAP Business One without our mark, dated `since` or later."""
    return [_entry(number, document) for number, document in sap_b1.keyed_documents(client, since)]


def _entry(number: str, document: Bill | PurchaseOrder | Journal) -> Entry:
    invoice = Invoice(
        vendor=document.vendor,
        number=document.number,
        amount=document.total,
        day=document.date,
        names_vendor=not isinstance(document, Journal),
    )
    who = document.vendor or document.text
    return likeness.invoice_entry(
        number, f"{number}: {who} {document.number} over {document.total} of {document.date}", invoice
    )


VENDORS = Matching(
    kind="vendors",
    title="Vendors",
    left=_vendors_left,
    right=_vendors_right,
    score=likeness.of_suppliers,
    entry=likeness.supplier_entry,
)
COMMITMENTS = Matching(
    kind="commitments",
    title="Commitments that were keyed by hand",
    left=procore_documents.contracts,
    right=_keyed,
    score=likeness.of_invoices,
    adopts="commitments",
)
REQUISITIONS = Matching(
    kind="requisitions",
    title="Subcontractor invoices that were keyed by hand",
    left=procore_documents.requisitions,
    right=_keyed,
    score=likeness.of_invoices,
    adopts="requisitions",
)
DIRECT_COSTS = Matching(
    kind="direct costs",
    title="Direct costs that were keyed by hand",
    left=procore_documents.direct_costs,
    right=_keyed,
    score=likeness.of_invoices,
    adopts="direct-costs",
)
