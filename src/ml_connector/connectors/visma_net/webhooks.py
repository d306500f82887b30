"""Notifications: signed when a secret is set, sent once, and only a reason to look (vendors/visma_net.md §9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import Notice, Webhooks
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.form import SIGNATURE

EVENTS: Final = ("supplier_changed", "purchaseorder_changed", "project_changed", "dimension_changed", "account_changed")
SETUP: Final = (
    "Switch webhook notifications on in Visma.net (GL102000 for accounts, the screens of suppliers, projects and "
    "purchase orders likewise), have the company approve the application's webhook scopes, and add a subscription with "
    "this connection's address and secret in Visma's Developer Portal for suppliers, purchase orders, projects, "
    "dimensions and accounts. Deliveries are sent once: the polls find what they miss"
)
_FIRST_TICK: Final = datetime(1, 1, 1, tzinfo=UTC)
_LAST_TICK: Final = 3_155_378_975_999_999_999


def verify(headers: Mapping[str, str], body: bytes, secret: str) -> bool:
    """Whether the delivery is signed with the secret: base64 of HMAC-SHA256 over the raw body."""
    given = headers.get(SIGNATURE, "")
    if not secret or not given:
        return False
    wanted = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest())
    return hmac.compare_digest(given.strip().encode(), wanted)


def parse(body: bytes) -> list[Notice]:
    """One notice per notification of a delivery. Raises ValueError."""
    try:
        told = msgspec.json.decode(body, type=list[_Notification])
    except (msgspec.DecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"this is no delivery of Visma.net: {problem}") from None
    if not told or not all(one.notification and one.event for one in told):
        raise ValueError("this is no delivery of Visma.net: notificationId or event is missing")
    return [Notice(event=one.notification, resource=one.event, at=_time(one.ticks)) for one in told]


def register(client: VismaClient, url: str, secret: str) -> list[str]:
    """Subscribe to every event that is offered, in words; where that is no longer possible, what a person does."""
    try:
        mine = {wire.text(row, "event"): row for row in client.find(calls.SUBSCRIPTIONS)}
        offered = {wire.text(row, "eventType") for row in client.find(calls.EVENTS)}
    except errors.NotFound:
        return [f"subscriptions are no longer made through the API: {SETUP}"]
    return [_subscribed(client, event, url, mine.get(event)) for event in EVENTS if event in offered or event in mine]


def _subscribed(client: VismaClient, event: str, url: str, there: wire.Record | None) -> str:
    body = {"event": event, "hookUri": url}
    if there is not None and wire.text(there, "hookUri") == url:
        return f"{event} is in place"
    try:
        if there is None:
            client.send(calls.CREATES[calls.SUBSCRIPTIONS], "POST", calls.SUBSCRIPTIONS, body)
            return f"{event} made"
        path = f"{calls.SUBSCRIPTIONS}/{wire.text(there, 'id')}"
        client.send(calls.CHANGES[calls.SUBSCRIPTIONS], "PUT", path, body)
        return f"{event} leads here now"
    except (errors.Refusal, errors.NotPermitted) as refused:
        return f"{event} refused: {refused.message}"


def _time(ticks: int | None) -> datetime | None:
    """The time of .NET ticks: 100 ns since the year 1, taken for UTC."""
    if ticks is None or not 0 <= ticks <= _LAST_TICK:
        return None
    return _FIRST_TICK + timedelta(microseconds=ticks // 10)


class _Notification(Struct, frozen=True):
    notification: str = msgspec.field(name="notificationId")
    event: str
    ticks: int | None = msgspec.field(name="timeStamp", default=None)


webhooks: Final = Webhooks(verify=verify, parse=parse, header=SIGNATURE, setup=SETUP, register=register)
