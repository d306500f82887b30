"""Lanes and their due times: what could be worked on now."""

from __future__ import annotations

from datetime import datetime

from django.db import connection

from ml_connector.hub import clocks, tenancy
from ml_connector.hub.models import FlowState, Lane

READ = "read"
DELIVER = "deliver"

_EARLIER = "UPDATE hub_lane SET due = LEAST(due, %s) WHERE key = ANY(%s)"


def read_key(flow_state: int) -> str:
    """The lane on which a flow is read."""
    return f"read:{flow_state}"


def deliver_key(connection_id: str, number: int) -> str:
    """One of the lanes on which documents are delivered to a connection."""
    return f"deliver:{connection_id}:{number}"


def ensure_read(flow_state: FlowState) -> Lane:
    """The reading lane of a flow, made when it is not there."""
    return Lane.objects.get_or_create(
        key=read_key(flow_state.pk),
        defaults={"tenant_id": tenancy.current(), "kind": READ, "subject": str(flow_state.pk)},
    )[0]


def ensure_delivery(connection_id: str, count: int) -> list[Lane]:
    """The delivery lanes of a connection, `count` of them."""
    return [
        Lane.objects.get_or_create(
            key=deliver_key(connection_id, number),
            defaults={"tenant_id": tenancy.current(), "kind": DELIVER, "subject": connection_id, "number": number},
        )[0]
        for number in range(count)
    ]


def of_connection(connection_id: str) -> list[Lane]:
    """The delivery lanes of a connection."""
    return list(Lane.objects.filter(kind=DELIVER, subject=connection_id).order_by("number"))


def offer(keys: list[str], at: datetime | None = None) -> None:
    """Make lanes due at `at` (default now), unless they are due earlier."""
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [at or clocks.clock().now(), keys])


def offer_connection(connection_id: str) -> None:
    """Make the delivery lanes of a connection due now, and the reading lanes of the flows that read from it."""
    from ml_connector.hub import installations

    keys = [lane.key for lane in of_connection(connection_id)]
    keys += [read_key(flow.pk) for flow in installations.flows_reading(connection_id)]
    offer(keys)


def set_due(key: str, at: datetime | None) -> None:
    """State a lane's next due time, whatever it was."""
    Lane.objects.filter(pk=key).update(due=at)


def due(now: datetime) -> list[Lane]:
    """All lanes of all tenants that are due and not held by a living worker's lease."""
    return list(
        Lane.objects.filter(due__lte=now)
        .extra(where=["leased_until IS NULL OR leased_until < clock_timestamp()"])
        .order_by("due")
    )
