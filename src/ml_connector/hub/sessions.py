"""Sessions that are logged out at the end of each cycle, where a connector asks for that.

The delivery lane of the connection is the owner: while it has work, or a flow of the connection is being read, the
session stays open for all processes. A lane is due once more after each log-in, so that a session which its process
left behind is found and logged out by whoever runs next.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import Q
from django.db.models.functions import Now

from ml_connector.connectors.kit import errors
from ml_connector.hub import audit, clocks, connections, installations, lanes, leases, vault
from ml_connector.hub.models import Connection, Lane
from ml_connector.hub.tokens import NAME

SOON = timedelta(seconds=10)
"""A lane that is due within this time keeps the session."""
_AGAIN = timedelta(seconds=60)


def rest(row: Connection, due: datetime | None) -> datetime | None:
    """After a slice of the delivery lane that is due next at `due`: log out, unless work is left or about to come.

    To be called by the lane's holder. Returns when the lane is to be due.
    """
    if not _is_open(row):
        return due
    now = clocks.clock().now()
    if due is not None and due <= now + SOON:
        return due
    if _being_read(row, now):
        following = now + SOON
    elif _log_out(row):
        return due
    else:
        following = now + _AGAIN
    return min(following, due) if due else following


def end_all() -> None:
    """At the end of a command or a worker: log out what no other process works with, for the current tenant."""
    for row in Connection.objects.order_by("pk"):
        if _is_open(row):
            with leases.held(lanes.of_connection(row.pk)[0].key) as lease:
                if lease is not None:
                    _log_out(row)


def _is_open(row: Connection) -> bool:
    if not connections.declaration(row.connector).session_per_cycle:
        return False
    return vault.holds(row.pk, NAME)


def _being_read(row: Connection, now: datetime) -> bool:
    """Whether another process reads a flow that works with this connection, so that more is about to come."""
    flows = {state.pk for state in (*installations.flows_delivering(row.pk), *installations.flows_reading(row.pk))}
    keys = [lanes.read_key(flow) for flow in flows]
    alive = Q(leased_until__gte=Now()) | Q(due__lte=now + SOON, due__gte=now - SOON)
    return Lane.objects.filter(alive, key__in=keys).exists()


def _log_out(row: Connection) -> bool:
    """Whether nothing is open any more; what the vendor does not answer is tried again later."""
    try:
        connections.log_out(row)
    except errors.VendorError as problem:
        audit.write("connection.log_out_failed", row.pk, message=problem.message)
        return False
    return True
