"""Suppliers, orders, invoices, batches, projects and segment values as sources (vendors/visma_net.md §6)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.visma_net import batches, company, objects, wire
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.listing import Listing, ListSource, batches_since, page_of
from ml_connector.connectors.visma_net.wire import BadRecord, Record
from ml_connector.records.batches import Batch
from ml_connector.records.documents import Order


def _joined(*names: str) -> str:
    return "|".join(names)


def _order_key(record: Record) -> str:
    return _joined(wire.text(record, "orderType"), wire.text(record, "orderNbr"))


def _invoice_key(record: Record) -> str:
    return _joined(wire.text(record, "documentType"), wire.text(record, "referenceNumber"))


def _batch_key(record: Record) -> str:
    return _joined(objects.module_of(record), wire.text(record, "batchNumber"))


def _number(key: str) -> tuple[str, ...]:
    """The number alone, of a key such as `RegularOrder|700093`."""
    return (key.partition("|")[2],)


def _order(client: VismaClient, record: Record) -> Order:
    return objects.order(record, client.settings.no_project)


def _batch(client: VismaClient, record: Record) -> Batch:
    return objects.batch(record, Company(client).period_of, client.settings.no_project)


suppliers: Final = ListSource(
    "supplier",
    Listing(
        name="Suppliers",
        path=calls.SUPPLIERS,
        key=lambda record: wire.text(record, "number"),
        place=lambda key: (key,),
        read=lambda client, record: objects.supplier(record),
    ),
)
"""Suppliers of every status (records.documents.Supplier)."""

purchase_orders: Final = ListSource(
    "purchase_order",
    Listing(
        name="Purchase orders",
        path=calls.ORDERS,
        key=_order_key,
        place=_number,
        read=_order,
        finish=lambda record, key: _order_key(record) == key,
    ),
)
"""Orders of every type and status, with lines (records.documents.Order). Blanket orders have a kind of their own."""

supplier_invoices: Final = ListSource(
    "supplier_invoice",
    Listing(
        name="Supplier invoices",
        path=calls.INVOICES,
        key=_invoice_key,
        place=lambda key: (key.partition("|")[0], key.partition("|")[2]),
        read=lambda client, record: objects.supplier_invoice(record),
    ),
)
"""Heads of supplier invoices (records.invoices.SupplierInvoice), by which a supplier is first seen."""

posted_journals: Final = ListSource(
    "batch",
    Listing(
        name="Journal batches",
        path=calls.JOURNALS,
        key=_batch_key,
        place=_number,
        read=_batch,
        filter=batches_since,
        completed=batches.completed,
        finish=lambda record, key: _batch_key(record) == key,
    ),
)
"""Batches of the general ledger in every status, also those that reverse others (records.batches.Batch)."""


class WholeProjects:
    """Projects with their tasks, always all of them: a change of a task need not touch its project's time (§6.5)."""

    kind = "project"

    def scopes(self, client: VismaClient) -> list[Scope]:
        return [Scope(key="company", name="Projects")]

    def read(self, client: VismaClient, scope: Scope, window: Window | None, position: str | None) -> Page:
        jobs = company.jobs(client)
        at = client.answered or client.context.clock.now()
        rows = [Row(key=job.key, modified=at, document=job) for job in jobs]
        return Page(rows=tuple(rows), position=None, vendor_time=None)

    def by_keys(self, client: VismaClient, scope: Scope, keys: Sequence[str]) -> Page:
        return _only(self.read(client, scope, None, None), keys)


class SegmentValues:
    """The values of a dimension's segments, one scope per dimension; one call gives all of them."""

    kind = "segment_value"

    def scopes(self, client: VismaClient) -> list[Scope]:
        return [Scope(key=name, name=f"Dimension {name}") for name in client.settings.dimensions]

    def read(self, client: VismaClient, scope: Scope, window: Window | None, position: str | None) -> Page:
        rows = [
            _value(row, segment, scope.key)
            for segment in company.dimension(client, scope.key)
            for row in wire.rows(segment, "segmentValues")
        ]
        if window is not None:
            rows = [row for row in rows if row.modified is None or row.modified >= window.start]
        return page_of(rows, position=None)

    def by_keys(self, client: VismaClient, scope: Scope, keys: Sequence[str]) -> Page:
        return _only(self.read(client, scope, None, None), keys)


def _value(row: Record, segment: Record, dimension: str) -> Row | Unreadable:
    at: datetime | None = None
    try:
        at = wire.moment(row, "lastModified") or wire.moment(segment, "lastModified")
        if at is None:
            raise BadRecord("lastModified is empty")
        found = objects.segment_value(row, segment, dimension)
        return Row(key=found.key, modified=at, document=found)
    except BadRecord as problem:
        key = _joined(dimension, wire.text(segment, "segmentId"), wire.text(row, "valueId"))
        return Unreadable(key=key, modified=at, message=problem.message)


def _only(page: Page, keys: Sequence[str]) -> Page:
    wanted = set(keys)
    rows = tuple(row for row in page.rows if row.key in wanted)
    return Page(rows=rows, position=None, vendor_time=page.vendor_time)


segment_values: Final = SegmentValues()
projects_with_tasks: Final = WholeProjects()
