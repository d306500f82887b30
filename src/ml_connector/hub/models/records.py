"""Records, their versions, and every write call that was made for them."""

from __future__ import annotations

from django.db import models

from ml_connector.hub.models.base import TenantRow
from ml_connector.hub.models.installations import Installation


class Run(TenantRow):
    """One execution of a flow's read. Counters are rows read; the statement is made from versions (hub.statements).

    `kind` is delta, sweep or scope (an event named one scope); `since` is the stated start instead of the cursors.
    `repeated` counts rows of a page that another row of the same key took the place of. Money is {currency: amount}.
    """

    installation = models.ForeignKey(Installation, on_delete=models.CASCADE)
    flow = models.TextField()
    kind = models.TextField()
    trigger = models.TextField()
    since = models.DateTimeField(null=True)
    started = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    read = models.IntegerField(default=0)
    unchanged = models.IntegerField(default=0)
    repeated = models.IntegerField(default=0)
    unchanged_money = models.JSONField(default=dict)
    repeated_money = models.JSONField(default=dict)
    troubles = models.JSONField(default=list)


class Record(TenantRow):
    """One source record's life in one flow.

    `version` is the one being worked on, `newest` the last one read, `posted_version` the one in the target.
    `step` names the next step at the target, `memo` what earlier steps left for it. `due` is when the record is to
    be looked at again (injected clock). `checked` is when the target was last asked for documents keyed by hand.
    `lane` is the number of the delivery lane. `correction` is what is being done about a posted document: repost (it
    is taken back, then the record is translated anew), gone or undo (it is taken back for good), delta (a document
    makes good the difference). `again`: something it depends on changed while it was on its way.
    """

    ref = models.TextField(unique=True)
    installation = models.ForeignKey(Installation, on_delete=models.CASCADE)
    flow = models.TextField()
    lane = models.IntegerField(default=0)
    scope = models.TextField()
    source_key = models.TextField()
    title = models.TextField(default="")
    business_number = models.TextField(default="")
    business_date = models.DateField(null=True)
    amount = models.DecimalField(max_digits=30, decimal_places=6, default=0)
    currency = models.TextField(default="")
    state = models.TextField()
    cause = models.TextField(default="")
    message = models.TextField(default="")
    version = models.IntegerField(default=1)
    newest = models.IntegerField(default=1)
    newest_hash = models.BinaryField()
    posted_version = models.IntegerField(null=True)
    posted = models.DateTimeField(null=True)
    step = models.TextField(default="")
    memo = models.JSONField(default=dict)
    target_key = models.TextField(default="")
    target_number = models.TextField(default="")
    due = models.DateTimeField(null=True)
    failures = models.IntegerField(default=0)
    checked = models.DateTimeField(null=True)
    urgent = models.BooleanField(default=False)
    correction = models.TextField(default="")
    again = models.BooleanField(default=False)
    seen_run = models.BigIntegerField(default=0)
    created = models.DateTimeField()
    updated = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("installation", "flow", "source_key", name="record_key")]
        indexes = [
            models.Index("installation", "flow", "state", "lane", name="record_state"),
            models.Index(
                "installation",
                "lane",
                name="record_work",
                condition=models.Q(state__in=["new", "ready", "sending", "waiting", "unknown", "retrying"]),
            ),
            models.Index(
                "installation", "flow", "cause", name="record_cause", condition=models.Q(state__in=["held", "skipped"])
            ),
        ]


class Version(TenantRow):
    """One version of a source record. `document` is the record, `target` what it was translated into.

    A record that could not be understood has no document; `unreadable` says why. Where `target` is only the document
    of a difference, `whole` is what the record amounts to with it.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="versions")
    number = models.IntegerField()
    hash = models.BinaryField()
    modified = models.DateTimeField(null=True)
    run_id = models.BigIntegerField()
    amount = models.DecimalField(max_digits=30, decimal_places=6, default=0)
    currency = models.TextField(default="")
    document = models.TextField()
    unreadable = models.TextField(default="")
    target = models.TextField(default="")
    whole = models.TextField(default="")
    mapping = models.JSONField(default=dict)

    class Meta:
        constraints = [models.UniqueConstraint("record", "number", name="version_number")]
        indexes = [models.Index("run_id", name="version_run")]


class Attempt(TenantRow):
    """One write call to a vendor for one record; rows of the same call share `call`. Committed before it is sent.

    `digest` is the SHA-256 of what was to be sent, `send_by` the last moment at which it may have been sent,
    `high_water` the newest document of the target at that time (for targets that cannot be searched by reference).
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="attempts")
    version = models.IntegerField()
    step = models.TextField()
    call = models.UUIDField()
    reference = models.TextField()
    digest = models.TextField()
    high_water = models.TextField(default="")
    lane = models.TextField()
    fence = models.BigIntegerField()
    started = models.DateTimeField()
    send_by = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    state = models.TextField()
    answer = models.TextField(default="")
    message = models.TextField(default="")

    class Meta:
        indexes = [
            models.Index("lane", name="attempt_open", condition=models.Q(state="open")),
            models.Index("record", name="attempt_record"),
        ]


class Posting(TenantRow):
    """A document of a record in the target. `kind` is document, delta or adopted (keyed by hand); amounts see Version.

    `reversal` is the number of the document that took it back, "" while it stands. A record stands with the sum of its
    postings that stand.
    """

    record = models.ForeignKey(Record, on_delete=models.CASCADE, related_name="postings")
    version = models.IntegerField()
    kind = models.TextField()
    key = models.TextField()
    number = models.TextField()
    at = models.DateTimeField()
    reversal = models.TextField(default="")
    reversed_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index("tenant", "number", name="posting_number"),
            models.Index("record", name="posting_record"),
        ]
