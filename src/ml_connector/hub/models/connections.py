"""A tenant's connections to vendor systems, their secrets and call windows."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.base import TenantRow


class Connection(TenantRow):
    """Credentials and settings for one connector. `settings` holds the fields that are no secrets.

    `trouble` is empty, or says why the connection's flows are stopped and what to do.
    """

    id = models.TextField(primary_key=True)
    connector = models.TextField()
    name = models.TextField()
    settings = models.JSONField(default=dict)
    trouble = models.TextField(default="")
    created = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("tenant", "name", name="connection_name")]


class Secret(TenantRow):
    """A sealed value of a connection: a credential, the token, the webhook secret."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    name = models.TextField()
    sealed = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("connection", "name", name="secret_name")]


class Window(TenantRow):
    """Calls counted in one of the vendor's windows. `blocked_until`: nobody calls in the scope before."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE)
    scope = models.TextField()
    seconds = models.IntegerField()
    started = models.DateTimeField(null=True)
    used = models.IntegerField(default=0)
    remaining = models.IntegerField(null=True)
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("connection", "scope", "seconds", name="window_scope")]
