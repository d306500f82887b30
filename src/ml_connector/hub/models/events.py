"""Webhook deliveries as they came in."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.base import TenantRow
from ml_connector.hub.models.connections import Connection


class Event(TenantRow):
    """One delivery, stored before it is acknowledged. `event` is the vendor's id of it, by which repeats are known."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    event = models.TextField()
    resource = models.TextField()
    scope = models.TextField(default="")
    body = models.TextField()
    received = models.DateTimeField()
    handled = models.DateTimeField(null=True)
    repeats = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "event", name="event_id")]
        indexes = [models.Index("connection", name="event_unhandled", condition=models.Q(handled=None))]
