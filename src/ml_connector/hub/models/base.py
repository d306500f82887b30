"""The base of every table that holds a tenant's data."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from django.db import models

from ml_connector.hub import tenancy


class TenantManager(models.Manager[Any]):
    """Sees and makes rows of the current tenant only."""

    def get_queryset(self) -> models.QuerySet[Any]:
        return super().get_queryset().filter(tenant_id=tenancy.current())


class TenantRow(models.Model):
    """A row that belongs to one tenant; the database's policies say the same (migration `0002_guards`)."""

    tenant = models.ForeignKey("hub.Tenant", on_delete=models.PROTECT, db_index=False)

    objects: ClassVar[models.Manager[Self]] = TenantManager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if self.tenant_id is None:
            self.tenant_id = tenancy.current()
        super().save(*args, **kwargs)
