"""The audit trail: entries are only ever added, and sealed into a hash chain per tenant afterwards."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.base import TenantRow


class AuditEntry(TenantRow):
    """One thing that happened. `subject` is the id of what it happened to (a record, connection, installation)."""

    at = models.DateTimeField()
    actor = models.TextField()
    action = models.TextField()
    subject = models.TextField()
    detail = models.TextField()

    class Meta:
        indexes = [models.Index("tenant", "subject", name="audit_subject")]


class AuditSeal(TenantRow):
    """An entry's place in the chain. `hash` covers the entry, its place and the hash before it."""

    entry_id = models.BigIntegerField(unique=True)
    place = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint("tenant", "place", name="audit_place")]
