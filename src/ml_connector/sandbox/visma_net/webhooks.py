"""Subscriptions and notifications: one attempt each, in the old API's form (vendors/visma_net.md §9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import uuid
from datetime import UTC, datetime
from typing import Any, Final
from urllib.parse import urlsplit

from msgspec import Struct

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.kit.deliveries import Deliveries
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.visma_net.errors import Refused, malformed
from ml_connector.sandbox.visma_net.records import Record

EVENTS: Final = {
    "Supplier": ("supplier_changed", "Supplier changed", "/v1/supplier/{key}"),
    "Order": ("purchaseorder_changed", "Purchase order changed", "/v1/purchaseorder/{key}"),
    "Project": ("project_changed", "Project changed", "/v1/project/{key}"),
    "Segment": ("dimension_changed", "Dimension changed", "/v1/dimension/{key}"),
    "Account": ("account_changed", "Account changed", "/v1/account/{key}"),
}
"""Kind -> event type, its name, the address of a record. Journals and supplier invoices have none."""
NAMES: Final = tuple(name for name, _, _ in EVENTS.values())
HEADER: Final = "x-vwd-signature-v1"
_EPOCH: Final = datetime(1, 1, 1, tzinfo=UTC)
_LOOPBACK: Final = ("127.0.0.1", "localhost", "::1")


class Subscription(Struct):
    """One event of one company, for one client."""

    id: int
    client: str
    company: int
    event: str
    hook_uri: str

    def row(self) -> dict[str, Any]:
        return {"id": self.id, "event": self.event, "hookUri": self.hook_uri}


class Webhooks:
    """The subscriptions of all companies."""

    def __init__(self, deliveries: Deliveries, switches: Switches) -> None:
        self._deliveries = deliveries
        self._switches = switches
        self._subscriptions: dict[int, Subscription] = {}
        self._last = 659

    def events(self) -> list[dict[str, str]]:
        """The catalogue."""
        return [{"eventType": event, "name": name, "description": f"{name}."} for event, name, _ in EVENTS.values()]

    def subscribe(self, client: str, company: int, body: object) -> Subscription:
        """Raises Refused: unknown event, address that is not https, a second subscription to an event."""
        event, uri = _wanted(body)
        if any(one.event == event for one in self.of(client, company)):
            status = self._switches.number("duplicate_subscription_status")
            raise Refused(status, f"There is a subscription to '{event}' already.")
        self._last += 1
        made = Subscription(self._last, client, company, event, uri)
        self._subscriptions[made.id] = made
        return made

    def of(self, client: str, company: int) -> list[Subscription]:
        """The client's subscriptions in the company."""
        return [one for one in self._subscriptions.values() if (one.client, one.company) == (client, company)]

    def get(self, client: str, company: int, number: str) -> Subscription:
        """Raises Refused with 404."""
        found = next((one for one in self.of(client, company) if str(one.id) == number), None)
        if found is None:
            raise Refused(404, f"Subscription '{number}' cannot be found in the system.")
        return found

    def change(self, one: Subscription, body: object) -> None:
        """Raises Refused."""
        one.event, one.hook_uri = _wanted(body)

    def remove(self, one: Subscription) -> None:
        del self._subscriptions[one.id]

    def publish(self, company: int, changed: dict[str, list[Record]], base: str, now: datetime) -> None:
        """Tell the subscribers of the records that one transaction wrote, grouped by event."""
        if not self._switches.on("webhooks_enabled"):
            return
        for kind, records in changed.items():
            event, _, address = EVENTS.get(kind, ("", "", ""))
            for one in self._subscriptions.values():
                if one.company == company and one.event == event:
                    self._send(one, address, list({record.key: record for record in records}.values()), base, now)

    def _send(self, one: Subscription, address: str, records: list[Record], base: str, now: datetime) -> None:
        rows = [_notification(one, address.format(key=record.key.replace(" ", "/")), base, now) for record in records]
        first = str(rows[0]["notificationId"])
        headers = {"Content-Type": "application/json", "User-Agent": "Visma.net ERP webhooks"}
        if self._switches["webhook_secret"]:
            headers |= {
                "x-vwd-notification-id": first,
                "x-vwd-event-id": one.event,
                "x-vwd-subscription-id": str(one.id),
                "x-vwd-tenant-id": str(one.company),
                "x-vwd-application-id": one.client,
                "x-vwd-notification-timestamp": iso(now, "milliseconds"),
            }
        self._deliveries.queue(
            hook=str(one.id), event=first, destination=one.hook_uri, headers=headers, body=wire.encode(rows)
        )


def signature(secret: str, body: bytes) -> str:
    """base64(HMAC-SHA256) over the raw body."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def _notification(one: Subscription, address: str, base: str, now: datetime) -> dict[str, Any]:
    since = now - _EPOCH
    ticks = (since.days * 86_400 + since.seconds) * 10_000_000 + since.microseconds * 10
    return {
        "notificationId": str(uuid.uuid4()),
        "contextId": str(one.company),
        "event": one.event,
        "relativeResourceUri": f"api{address}",
        "resourceUri": base + address,
        "status": "Completed",
        "timeStamp": ticks,
    }


def _wanted(body: object) -> tuple[str, str]:
    event = body.get("event") if isinstance(body, dict) else None
    uri = body.get("hookUri") if isinstance(body, dict) else None
    if event not in NAMES:
        raise malformed(f"The event '{event or ''}' does not exist.")
    parts = urlsplit(uri if isinstance(uri, str) else "")
    if not parts.hostname or (parts.scheme != "https" and (parts.scheme != "http" or parts.hostname not in _LOOPBACK)):
        raise malformed("hookUri must be an https address.")
    return str(event), str(uri)
