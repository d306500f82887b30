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


class Window(models.Model):
    """Calls counted in one of a vendor's windows: `counts` by tenths of it, numbered since 1970.

    No tenant's data: `scope` is a hash of what the vendor counts by, which several tenants' connections may share. The
    row with `seconds` 0 holds the vendor's own word: nobody calls before `blocked_until`.
    """

    scope = models.TextField()
    seconds = models.IntegerField()
    counts = models.JSONField(default=dict)
    blocked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint("scope", "seconds", name="window_scope")]
