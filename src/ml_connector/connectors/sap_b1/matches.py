"""Documents that somebody keyed into SAP Business One (vendors/sap_b1.md §7)."""

from __future__ import annotations

from datetime import date

from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.records.documents import Bill, PurchaseOrder
from ml_connector.records.journals import Journal


def keyed_documents(client: SapClient, since: date) -> list[tuple[str, Bill | PurchaseOrder | Journal]]:
    """Numbers and documents without a mark of ours, dated `since` or later: invoices, orders, journals."""
    raise NotImplementedError
