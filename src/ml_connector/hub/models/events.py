"""Webhook deliveries as they came in."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.base import TenantRow
from ml_connector.hub.models.connections import Connection


class Event(TenantRow):
    """One delivery, stored before it is acknowledged. `event` is the vendor's id of it, by which repeats are known.

    `handled_by` are the ids of the flow states that have begun to read because of it, `handled` when none was left.
    """

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    event = models.TextField()
    resource = models.TextField()
    scope = models.TextField(default="")
    body = models.TextField()
    received = models.DateTimeField()
    handled_by = models.JSONField(default=list)
    handled = models.DateTimeField(null=True)
    repeats = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "event", name="event_id")]
        indexes = [models.Index("connection", name="event_unhandled", condition=models.Q(handled=None))]
