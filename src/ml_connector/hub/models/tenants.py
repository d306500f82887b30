"""Customer companies, and the public addresses that lead to one before any tenant is known."""

from __future__ import annotations

from django.db import models


class Tenant(models.Model):
    """A customer company; nothing crosses tenants."""

    slug = models.SlugField(unique=True)
    name = models.TextField()


class HookAddress(models.Model):
    """The public id in a webhook URL. `refused` counts deliveries whose secret was wrong."""

    public_id = models.TextField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT)
    connection_id = models.TextField(unique=True)
    refused = models.BigIntegerField(default=0)
    last_refused = models.DateTimeField(null=True)
