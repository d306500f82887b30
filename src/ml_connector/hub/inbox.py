"""Webhook deliveries: checked on the raw bytes, stored, then only a trigger; the poll is the truth."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import F
from msgspec import Struct

from ml_connector.connectors.kit.declaration import Notice
from ml_connector.hub import clocks, connections, installations, lanes, tenancy, vault
from ml_connector.hub.models import Connection, Event, FlowState, HookAddress, Record
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.hub.states import State

_STORE = """
INSERT INTO hub_event (tenant_id, connection_id, event, resource, scope, body, received, repeats)
VALUES (%s, %s, %s, %s, %s, %s, %s, 0)
ON CONFLICT (connection_id, event) DO UPDATE SET repeats = hub_event.repeats + 1
RETURNING repeats
"""


class Verdict(Enum):
    """What became of a delivery, as its HTTP status."""

    STORED = 200
    REPEATED = 202
    UNREADABLE = 400
    UNVERIFIED = 401
    UNKNOWN = 404


class Delivery(Struct, frozen=True):
    """A delivery as it arrived; header names in lower case."""

    public_id: str
    headers: Mapping[str, str]
    body: bytes


def receive(delivery: Delivery) -> Verdict:
    """Check and store one delivery and make the work that it asks for due; committed when this returns."""
    address = HookAddress.objects.filter(pk=delivery.public_id).first()
    if address is None:
        return Verdict.UNKNOWN
    with tenancy.of(address.tenant_id):
        return _receive(address, delivery)


def _receive(address: HookAddress, delivery: Delivery) -> Verdict:
    row = Connection.objects.get(pk=address.connection_id)
    webhooks = connections.declaration(row.connector).webhooks
    if webhooks is None:
        return Verdict.UNKNOWN
    now = clocks.clock().now()
    if not webhooks.verify(delivery.headers, delivery.body, vault.get(row.pk, connections.HOOK_SECRET) or ""):
        HookAddress.objects.filter(pk=address.pk).update(refused=F("refused") + 1, last_refused=now)
        return Verdict.UNVERIFIED
    try:
        notices = webhooks.parse(delivery.body)
    except ValueError:
        return Verdict.UNREADABLE
    with transaction.atomic():
        is_new = [_store(row, notice, delivery.body, now) for notice in notices]
        if any(is_new):
            _trigger(row, [notice for notice, new in zip(notices, is_new, strict=True) if new], now)
    return Verdict.STORED if any(is_new) or not notices else Verdict.REPEATED


def _store(row: Connection, notice: Notice, body: bytes, now: datetime) -> bool:
    values: list[Any] = [tenancy.current(), row.pk, notice.event, notice.resource, notice.scope, body.decode(), now]
    with database.cursor() as cursor:
        cursor.execute(_STORE, values)
        return bool(cursor.fetchone()[0] == 0)


def _trigger(row: Connection, notices: list[Notice], now: datetime) -> None:
    resources = {notice.resource for notice in notices}
    due = []
    for state in installations.flows_reading(row.pk):
        if resources & installations.flow_of(state).triggers and installations.is_on(state):
            due.append(lanes.read_key(state.pk))
    if installations.flows_delivering(row.pk):
        installed = connections.installations_of(row)
        waiting = Record.objects.filter(state=State.HELD, due__gt=now, installation__in=installed)
        if waiting.update(due=now):
            due += [lane.key for lane in lanes.of_connection(row.pk)]
    lanes.offer(due, now)


def scopes_asked_for(work: FlowWork) -> tuple[set[str], list[int]]:
    """The scopes that unhandled events of the flow's source name, and the events' ids.

    The set is empty when an event names none: then everything is read.
    """
    events = Event.objects.filter(connection=work.source, handled=None, resource__in=work.flow.triggers)
    rows = list(events.values_list("pk", "scope"))
    scopes = {scope for _, scope in rows}
    return (set() if "" in scopes else scopes), [pk for pk, _ in rows]


def mark_handled(events: list[int], now: datetime) -> None:
    """The events' read has begun; it is sure to be finished, since an open walk survives everything."""
    Event.objects.filter(pk__in=events).update(handled=now)


def pending_of(state: FlowState) -> int:
    """How many stored events wait for a flow's read."""
    flow = installations.flow_of(state)
    source = installations.source_of(state.installation, flow)
    return Event.objects.filter(connection=source, handled=None, resource__in=flow.triggers).count()


def is_reachable() -> bool:
    """Whether the database answers; raises what the database raises when it does not."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())
