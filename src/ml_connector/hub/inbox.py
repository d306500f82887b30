"""Webhook deliveries: checked on the raw bytes, stored, then only a trigger; the poll is the truth."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from enum import Enum
from typing import Any

from django.db import connection as database
from django.db import transaction
from django.db.models import F, QuerySet
from msgspec import Struct

from ml_connector.connectors.kit.declaration import Notice
from ml_connector.hub import clocks, connections, installations, lanes, tenancy, vault
from ml_connector.hub.models import Connection, Event, FlowState, HookAddress, Record
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.hub.states import State
from ml_connector.integrations.declaration import EVERYTHING

_STORE = """
INSERT INTO hub_event (tenant_id, connection_id, event, resource, scope, body, received, handled_by, handled, repeats)
VALUES (%s, %s, %s, %s, %s, %s, %s, '[]', %s, 0)
ON CONFLICT (connection_id, event) DO UPDATE SET repeats = hub_event.repeats + 1
RETURNING repeats
"""

_HANDLED = """
UPDATE hub_event SET handled_by = handled_by || %(flow)s::jsonb,
    handled = CASE WHEN handled_by || %(flow)s::jsonb @> %(listening)s::jsonb THEN %(now)s::timestamptz END
WHERE id = ANY(%(events)s)
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
    flows = installations.flows_reading(row.pk)
    listening = [[state for state in flows if _listens(state, notice.resource)] for notice in notices]
    with transaction.atomic():
        is_new = [
            _store(row, notice, delivery.body, now, nobody=not states)
            for notice, states in zip(notices, listening, strict=True)
        ]
        if any(is_new):
            _trigger(
                row, [state for states, new in zip(listening, is_new, strict=True) if new for state in states], now
            )
    return Verdict.STORED if any(is_new) or not notices else Verdict.REPEATED


def _store(row: Connection, notice: Notice, body: bytes, now: datetime, *, nobody: bool) -> bool:
    """Whether it was not there before. With `nobody` to read for it, it is done with at once."""
    values: list[Any] = [
        tenancy.current(), row.pk, notice.event, notice.resource, notice.scope, body.decode(), now,
        now if nobody else None,
    ]  # fmt: skip
    with database.cursor() as cursor:
        cursor.execute(_STORE, values)
        return bool(cursor.fetchone()[0] == 0)


def _trigger(row: Connection, listening: list[FlowState], now: datetime) -> None:
    due = [lanes.read_key(pk) for pk in {state.pk for state in listening}]
    if installations.flows_delivering(row.pk):
        installed = connections.installations_of(row)
        waiting = Record.objects.filter(state=State.HELD, due__gt=now, installation__in=installed)
        if waiting.update(due=now):
            due += [lane.key for lane in lanes.of_connection(row.pk)]
    lanes.offer(due, now)


def _listens(state: FlowState, resource: str) -> bool:
    """Whether an event makes a flow read: one that is on, and is not read on an occasion of its own."""
    triggers = installations.flow_of(state).triggers
    return (resource in triggers or EVERYTHING in triggers) and installations.is_on(state) and not state.on_event


def _waiting_for(state: FlowState) -> QuerySet[Event]:
    """Stored events that a flow has not read for yet."""
    flow = installations.flow_of(state)
    source = installations.source_of(state.installation, flow)
    events = Event.objects.filter(connection=source, handled=None).exclude(handled_by__contains=[state.pk])
    return events if EVERYTHING in flow.triggers else events.filter(resource__in=flow.triggers)


def scopes_asked_for(work: FlowWork) -> tuple[set[str], list[int]]:
    """The scopes that events name which the flow has not read for yet, and the events' ids.

    The set is empty when an event names none: then everything is read.
    """
    rows = list(_waiting_for(work.state).values_list("pk", "scope"))
    scopes = {scope for _, scope in rows}
    return (set() if "" in scopes else scopes), [pk for pk, _ in rows]


def mark_handled(state: FlowState, events: list[int], now: datetime) -> None:
    """The flow's read for these events has begun; it is sure to be finished, since an open walk survives everything.

    An event is done with when every flow that listens to it has begun. Inside the caller's transaction.
    """
    by_resource: dict[str, list[int]] = defaultdict(list)
    for pk, resource in Event.objects.select_for_update().filter(pk__in=events).order_by("pk").values_list(
        "pk", "resource"
    ):  # fmt: skip
        by_resource[resource].append(pk)
    if not by_resource:
        return
    flows = installations.flows_reading(installations.source_of(state.installation, installations.flow_of(state)).pk)
    for resource, some in by_resource.items():
        listening = [one.pk for one in flows if _listens(one, resource)]
        values: dict[str, Any] = {
            "flow": f"[{state.pk}]",
            "listening": json.dumps(listening),
            "events": some,
            "now": now,
        }
        with database.cursor() as cursor:
            cursor.execute(_HANDLED, values)


def pending_of(state: FlowState) -> int:
    """How many stored events wait for a flow's read."""
    return 0 if state.on_event else _waiting_for(state).count()


def is_reachable() -> bool:
    """Whether the database answers; raises what the database raises when it does not."""
    with database.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())
