"""What a person matches on the first day: vendors, and documents that somebody keyed in already."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.sap_b1 import connector as sap_b1
from ml_connector.integrations import likeness, procore_documents
from ml_connector.integrations.declaration import Entry, Matching, Side
from ml_connector.integrations.likeness import Invoice
from ml_connector.integrations.procore_sap_b1 import commitments
from ml_connector.records.commitments import Commitment, CommitmentChange
from ml_connector.records.documents import Bill, PurchaseOrder
from ml_connector.records.journals import Journal


def _vendors_left(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in procore.suppliers(client)]


def _vendors_right(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in sap_b1.suppliers(client)]


def _keyed(client: Any, since: date) -> list[Entry]:
    """Invoices, credit notes, orders and journals in SAP Business One without our mark, dated `since` or later."""
    return [_entry(number, document) for number, document in sap_b1.keyed_documents(client, since)]


def _change_orders(client: Any, since: date) -> list[Entry]:
    """Change orders approved `since` or later, under the vendors and numbers of their commitments."""
    agreed: dict[str, Commitment] = {one.key: one for one in procore_documents.all_of(procore.contracts, client)}
    found = []
    for change in procore_documents.all_of(procore.change_orders, client):
        assert isinstance(change, CommitmentChange)
        commitment = agreed.get(change.commitment)
        if commitment is None or change.status != "approved" or change.day is None or change.day < since:
            continue
        number = commitments.number_of(commitment, change)
        invoice = Invoice(vendor=commitment.vendor, number=number, amount=change.amount, day=change.day)
        name = f"{commitment.vendor_name} {number} over {change.amount} of {change.day}"
        found.append(likeness.invoice_entry(change.key, name, invoice))
    return found


def _entry(number: str, document: Bill | PurchaseOrder | Journal) -> Entry:
    total = -document.total if isinstance(document, Bill) and document.credit else document.total
    invoice = Invoice(
        vendor=document.vendor,
        number=document.number,
        amount=total,
        day=document.date,
        names_vendor=not isinstance(document, Journal),
    )
    who = document.vendor or document.text
    return likeness.invoice_entry(number, f"{number}: {who} {document.number} over {total} of {document.date}", invoice)


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
CHANGE_ORDERS = Matching(
    kind="change orders",
    title="Change orders that were keyed by hand",
    left=_change_orders,
    right=_keyed,
    score=likeness.of_invoices,
    adopts="change-orders",
)
REQUISITIONS = procore_documents.keyed_requisitions(_keyed, Side.RIGHT)
DIRECT_COSTS = procore_documents.keyed_direct_costs(_keyed, Side.RIGHT)
