"""Push notifications: data queries over entities, sent to registered addresses (vendors/acumatica.md §10)."""

from __future__ import annotations

import uuid
from datetime import UTC, date, datetime
from typing import Any, Final

from msgspec import Struct, structs

from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.acumatica.store import Store
from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.deliveries import Deliveries, Retries
from ml_connector.sandbox.kit.switches import Switches

ATTEMPTS: Final = 5
TIMEOUT_S: Final = 10.0
_EPOCH: Final = datetime(1, 1, 1, tzinfo=UTC)


class Query(Struct, frozen=True):
    """A generic inquiry: its entity, and column -> field; `stamp` is the column of the change time.

    `attributes` are further columns, each an attribute of the record.
    """

    kind: str
    name: str
    columns: dict[str, str]
    stamp: str
    attributes: tuple[str, ...] = ()


def _query(kind: str, name: str, fields: str, stamp: str) -> Query:
    return Query(kind, name, {field: field for field in fields.split()} | {stamp: "LastModifiedDateTime"}, stamp)


QUERIES: Final = {
    "bills": _query(
        "Bill",
        "Bills: payment status",
        "Type ReferenceNbr Status Vendor VendorRef Amount Balance",
        "APInvoice_lastModifiedDateTime",
    ),
    "checks": _query(
        "Check",
        "Payments",
        "Type ReferenceNbr Status Vendor PaymentRef PaymentAmount",
        "APPayment_lastModifiedDateTime",
    ),
    "vendors": _query("Vendor", "Vendors", "VendorID VendorName Status", "VendorR_lastModifiedDateTime"),
    "purchase_orders": _query(
        "PurchaseOrder", "Purchase orders", "Type OrderNbr Status VendorID OrderTotal", "POOrder_lastModifiedDateTime"
    ),
    "subcontracts": _query(
        "Subcontract",
        "Subcontracts",
        "SubcontractNbr Status VendorID SubcontractTotal",
        "POOrder_lastModifiedDateTime",
    ),
    "cost_codes": _query("CostCode", "Cost codes", "CostCodeID Description", "PMCostCode_lastModifiedDateTime"),
}


def with_attributes(query: Query, attributes: tuple[str, ...]) -> Query:
    """The query with columns of attributes."""
    return structs.replace(query, attributes=attributes)


class Destination(Struct, frozen=True, kw_only=True):
    """A definition on the push notifications screen; `tracked` are the columns whose change is sent."""

    name: str
    address: str
    header_name: str
    header_value: str
    query: Query
    tracked: frozenset[str]


class Push:
    """Compares what each query showed before and after a transaction, and queues the difference."""

    def __init__(self, store: Store, deliveries: Deliveries, switches: Switches, company: str) -> None:
        self._store = store
        self._deliveries = deliveries
        self._switches = switches
        self._company = company
        self._destinations: dict[str, Destination] = {}
        self._shown: dict[str, dict[str, dict[str, Any]]] = {}
        self._last_stamp = 0

    def register(self, destination: Destination) -> None:
        """Add or replace a destination by its name; rows that exist already are not sent."""
        self._destinations[destination.name] = destination
        kind = destination.query.kind
        self._shown[destination.name] = {row.id: _columns(destination.query, row) for row in self._store[kind]}

    def remove(self, name: str) -> bool:
        """Delete a destination."""
        self._shown.pop(name, None)
        return self._destinations.pop(name, None) is not None

    def names(self) -> list[str]:
        """The registered destinations."""
        return sorted(self._destinations)

    def publish(self, changes: list[tuple[Row, bool]], now: datetime) -> None:
        """Send what one database transaction changed."""
        if not self._destinations or not changes:
            return
        transaction = str(uuid.uuid4())
        self._last_stamp = max(self._last_stamp + 1, ticks(now))
        for destination in self._destinations.values():
            self._publish(destination, changes, transaction)

    def _publish(self, destination: Destination, changes: list[tuple[Row, bool]], transaction: str) -> None:
        shown = self._shown[destination.name]
        inserted, deleted = [], []
        for row, exists in changes:
            if row.kind != destination.query.kind:
                continue
            before = shown.get(row.id)
            after = _columns(destination.query, row) if exists else None
            if after is None:
                shown.pop(row.id, None)
            else:
                shown[row.id] = after
            if not _differs(before, after, destination.tracked):
                continue
            untouched = _untouched(destination.query, before, after)
            inserted += [after | untouched] if after is not None else []
            deleted += [before | untouched] if before is not None else []
        if (inserted or deleted) and not self._switches.on("drop_notifications"):
            self._queue(destination, transaction, inserted, deleted)

    def _queue(
        self, destination: Destination, transaction: str, inserted: list[dict[str, Any]], deleted: list[dict[str, Any]]
    ) -> None:
        payload = {
            "Inserted": inserted,
            "Deleted": deleted,
            "Query": destination.query.name,
            "CompanyId": self._company,
            "Id": transaction,
            "TimeStamp": self._last_stamp,
            "AdditionalInfo": {},
        }
        headers = {
            "Accept": "application/json",
            "Content-Type": "application/json",
            destination.header_name: destination.header_value,
        }
        self._deliveries.queue(
            hook=destination.name,
            event=transaction,
            destination=destination.address,
            headers=headers,
            body=wire.encode(payload),
        )


def retries(switches: Switches | None = None) -> Retries:
    """At most five attempts, with a short pause that doubles (the real interval is not documented)."""

    def delay(failures: int, _age: float) -> float | None:
        if failures >= ATTEMPTS:
            return None
        first = switches.number("push_retry_ms") if switches is not None else 500
        return float(first / 1000 * 2 ** (failures - 1))

    return Retries(timeout_s=TIMEOUT_S, delay=delay)


def ticks(moment: datetime) -> int:
    """.NET ticks: units of 100 ns since the year 1, UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10


def _columns(query: Query, row: Row) -> dict[str, Any]:
    shown = {column: _flat(row[field]) for column, field in query.columns.items()}
    if query.attributes:
        values = {line.text("AttributeID"): line["Value"] for line in row.lines("Attributes")}
        shown |= {name: _flat(values.get(name)) for name in query.attributes}
    return shown


def _untouched(query: Query, before: dict[str, Any] | None, after: dict[str, Any] | None) -> dict[str, Any]:
    """Attributes that the transaction did not touch come as null (§10)."""
    if before is None or after is None:
        return {}
    return {name: None for name in query.attributes if before[name] == after[name]}


def _flat(value: Value) -> Any:
    """Rows are flat; their times carry no offset (the tenant's local time, here UTC)."""
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3]
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00"
    return value


def _differs(before: dict[str, Any] | None, after: dict[str, Any] | None, tracked: frozenset[str]) -> bool:
    if before is None or after is None:
        return before is not after
    return any(before[column] != after[column] for column in tracked or after.keys())
