"""Procore's documents for first-day matching with what somebody keyed into the ledger."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from ml_connector.connectors.kit.source import Source
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import likeness
from ml_connector.integrations.declaration import Entry, Matching, Side
from ml_connector.integrations.likeness import Invoice
from ml_connector.records.commitments import Commitment
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Requisition


def requisitions(client: Any, since: date) -> list[Entry]:
    """Approved requisitions billed `since` or later."""
    found = []
    for document in all_of(procore.requisitions, client):
        assert isinstance(document, Requisition)
        if document.status == "approved" and document.billing_date and document.billing_date >= since:
            gross = sum((line.gross for line in document.lines), document.tax)
            found.append(
                _entry(
                    document.key, document.vendor_name, document.vendor, document.invoice_number, document.due,
                    document.billing_date, gross,
                )
            )  # fmt: skip
    return found


def direct_costs(client: Any, since: date) -> list[Entry]:
    """Approved direct costs dated `since` or later."""
    found = []
    for document in all_of(procore.direct_costs, client):
        assert isinstance(document, DirectCost)
        if document.status == "approved" and document.date and document.date >= since:
            who = document.vendor_name or document.kind
            found.append(
                _entry(document.key, who, document.vendor, document.invoice_number, document.total, document.date)
            )
    return found


def contracts(client: Any, since: date) -> list[Entry]:
    """Approved commitments dated `since` or later, without their change orders."""
    found = []
    for document in all_of(procore.contracts, client):
        assert isinstance(document, Commitment)
        if document.status in ("approved", "complete") and document.day and document.day >= since:
            found.append(
                _entry(
                    document.key, document.vendor_name, document.vendor, document.number, document.total, document.day
                )
            )
    return found


def all_of(source: Source, client: Any) -> Iterator[Any]:
    """Every record that a source holds now."""
    for scope in source.scopes(client):
        position: str | None = None
        while True:
            page = source.read(client, scope, None, position)
            yield from (row.document for row in page.rows)
            position = page.position
            if position is None:
                break


def _entry(
    key: str, who: str, vendor: str, number: str, amount: Decimal, day: date, gross: Decimal | None = None
) -> Entry:
    invoice = Invoice(vendor=vendor, number=number, amount=amount, day=day, gross=gross)
    return likeness.invoice_entry(key, f"{who} {number} over {amount} of {day}", invoice)


Listed = Callable[[Any, date], Sequence[Entry]]


def keyed_requisitions(ledger: Listed, side: Side) -> Matching:
    """Requisitions with what somebody keyed into the ledger, which is on this side of the pair."""
    return _matching("requisitions", "Subcontractor invoices that were keyed by hand", requisitions, ledger, side)


def keyed_direct_costs(ledger: Listed, side: Side) -> Matching:
    """Direct costs with what somebody keyed into the ledger, which is on this side of the pair."""
    return _matching("direct costs", "Direct costs that were keyed by hand", direct_costs, ledger, side)


def _matching(kind: str, title: str, ours: Listed, ledger: Listed, side: Side) -> Matching:
    left, right = (ledger, ours) if side is Side.LEFT else (ours, ledger)
    return Matching(
        kind=kind, title=title, left=left, right=right, score=likeness.of_invoices, adopts=kind.replace(" ", "-")
    )
