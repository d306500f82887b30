"""A tenant's use of an integration: choices, flows, mapping tables and matches."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.base import TenantRow
from ml_connector.hub.models.connections import Connection


class Installation(TenantRow):
    """Two connections joined by an integration. `rules` are the choices made; `recovering` see `hub.recover`.

    `matched` says when each kind of pair was last looked for, `closed` which posting periods were closed then.
    """

    id = models.TextField(primary_key=True)
    integration = models.TextField()
    left = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+")
    rules = models.JSONField(default=dict)
    paused = models.BooleanField(default=False)
    recovering = models.BooleanField(default=False)
    matched = models.JSONField(default=dict)
    closed = models.JSONField(null=True)
    created = models.DateTimeField()


class FlowState(TenantRow):
    """One flow of an installation: whether it is on, when it reads, and the walk that is under way.

    `every` (seconds) or `cron` say when it reads, or `on_event` what it waits for, and `called` when that happened,
    until it is read. `next_sweep` is when it compares all keys. `walk_run` is the run whose walk is not complete yet.
    """

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE, related_name="flows")
    flow = models.TextField()
    enabled = models.BooleanField(default=False)
    every = models.IntegerField(null=True)
    cron = models.TextField(default="")
    on_event = models.TextField(default="")
    called = models.DateTimeField(null=True)
    next_sweep = models.DateTimeField(null=True)
    walk_run = models.BigIntegerField(null=True)
    failures = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("installation", "flow", name="flow_of_installation")]


class ScopeState(TenantRow):
    """How far one scope (a project) of a flow has been read.

    `cursor` is in the vendor's time and moves only when the scope's pages are complete. `highest` is the newest
    modification seen in the walk under way or before it; `ceiling` is the vendor's clock when that walk began, which
    the cursor never passes. `pending`: the walk under way is not done with it; it is read from `position` on, and
    when `swept`, all pages of a sweep are read and what was not seen has still to be asked for.
    """

    flow = models.ForeignKey(FlowState, on_delete=models.CASCADE, related_name="scopes")
    key = models.TextField()
    name = models.TextField()
    cursor = models.DateTimeField(null=True)
    highest = models.DateTimeField(null=True)
    ceiling = models.DateTimeField(null=True)
    pending = models.BooleanField(default=False)
    swept = models.BooleanField(default=False)
    position = models.TextField(null=True)
    trouble = models.TextField(default="")

    class Meta:
        constraints = [models.UniqueConstraint("flow", "key", name="scope_of_flow")]


class MappingRow(TenantRow):
    """Source value -> target value in one table of an installation, in force from `valid_from` to `valid_to`."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE)
    table = models.TextField()
    source = models.TextField()
    source_name = models.TextField(default="")
    target = models.TextField()
    target_name = models.TextField(default="")
    valid_from = models.DateField(null=True)
    valid_to = models.DateField(null=True)

    class Meta:
        indexes = [models.Index("installation", "table", "source", name="mapping_source")]


class MappingVersion(TenantRow):
    """How often a table was imported; records are audited with the number in force."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE)
    table = models.TextField()
    number = models.IntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("installation", "table", name="mapping_version")]


class Match(TenantRow):
    """The same thing in both systems, found by first-day matching. `accepted_by` is empty for a candidate.

    An accepted row with one key empty says that a person decided that the other key has no counterpart. `base` holds
    the fields that both sides agreed on last, where both sides may change them; `sent` what we wrote last to each side
    (`{"left": {field: {"value", "modified", "answered"}}}`, see `hub.twins`), which stands until it is read there.
    """

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE)
    kind = models.TextField()
    left_key = models.TextField()
    left_name = models.TextField()
    right_key = models.TextField()
    right_name = models.TextField()
    score = models.IntegerField()
    reason = models.TextField()
    accepted_by = models.TextField(default="")
    accepted = models.DateTimeField(null=True)
    base = models.JSONField(default=dict)
    sent = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("installation", "kind", "left_key", "right_key", name="match_pair"),
            models.UniqueConstraint(
                "installation",
                "kind",
                "left_key",
                name="match_accepted",
                condition=~models.Q(accepted_by="") & ~models.Q(left_key=""),
            ),
            models.UniqueConstraint(
                "installation",
                "kind",
                "right_key",
                name="match_accepted_right",
                condition=~models.Q(accepted_by="") & ~models.Q(right_key=""),
            ),
        ]
        indexes = [models.Index("installation", "kind", "right_key", name="match_right")]


class Approval(TenantRow):
    """A person's word that the fix of a difference may be carried out. `difference` is its id."""

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE)
    difference = models.TextField()
    text = models.TextField()
    by = models.TextField()
    at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("installation", "difference", name="approval_of_difference")]
