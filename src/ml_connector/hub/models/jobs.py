"""What can be worked on, by whom, and when next."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.tenants import Tenant


class Lane(models.Model):
    """Work that one worker does at a time: reading one flow, or delivering to one connection.

    No tenant's data, so that the tick sees all lanes at once. `kind` is read or deliver; `subject` is the flow state's
    id or the connection's. `fence` grows with each holder, `backend` names the holder's database session. `due` is in
    the injected clock's time, `leased_until` in the database's. `failures` counts slices in a row
    in which the vendor could not be asked.
    """

    key = models.TextField(primary_key=True)
    tenant = models.ForeignKey(Tenant, on_delete=models.PROTECT)
    kind = models.TextField()
    subject = models.TextField()
    number = models.IntegerField(default=0)
    due = models.DateTimeField(null=True)
    fence = models.BigIntegerField(default=0)
    backend = models.TextField(default="")
    leased_until = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
