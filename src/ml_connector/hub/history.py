"""The whole story of one record: its versions, every call that was made for it, and what the audit trail says."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from ml_connector.hub import ids, lists, replay
from ml_connector.hub.models import Attempt, AuditEntry, Posting, Record, Version


class VersionRow(Struct, frozen=True, kw_only=True):
    """A version as read: the run that read it, our hash of it, and the table versions of its translation."""

    version: int
    run: int
    modified: datetime | None
    amount: Decimal
    currency: str
    hash: str
    mapping: dict[str, int]
    document: msgspec.Raw
    target: msgspec.Raw


class AttemptRow(Struct, frozen=True, kw_only=True):
    """One write call: what was sent (our reference and a digest of the document) and what came back."""

    version: int
    step: str
    state: str
    reference: str
    digest: str
    started: datetime
    ended: datetime | None
    message: str
    answer: str


class PostingRow(Struct, frozen=True, kw_only=True):
    """A document of the record in the target; `reversal` is the number of the one that took it back."""

    version: int
    kind: str
    number: str
    key: str
    at: datetime
    reversal: str
    reversed_at: datetime | None


class AuditRow(Struct, frozen=True, kw_only=True):
    """An entry of the audit trail."""

    at: datetime
    actor: str
    action: str
    detail: dict[str, Any]


class Story(Struct, frozen=True, kw_only=True):
    """Everything that is known of a record."""

    record: lists.RecordRow
    source_key: str
    scope: str
    target_key: str
    step: str
    due: datetime | None
    created: datetime
    version: int
    newest: int
    posted_version: int | None
    posted: datetime | None
    correction: str
    postings: tuple[PostingRow, ...]
    versions: tuple[VersionRow, ...]
    attempts: tuple[AttemptRow, ...]
    audit: tuple[AuditRow, ...]


def find(text: str) -> Record:
    """A record by its id, the beginning of one, or our reference as it stands in the target. Raises WrongUse."""
    return replay.find(ids.record_of(text.strip().upper()) or text.strip())


def of_record(record: Record) -> Story:
    """The record's story, oldest first."""
    return Story(
        record=lists.record_row(record),
        source_key=record.source_key,
        scope=record.scope,
        target_key=record.target_key,
        step=record.step,
        due=record.due,
        created=record.created,
        version=record.version,
        newest=record.newest,
        posted_version=record.posted_version,
        posted=record.posted,
        correction=record.correction,
        postings=tuple(_posting(row) for row in Posting.objects.filter(record=record).order_by("pk")),
        versions=tuple(_version(row) for row in Version.objects.filter(record=record).order_by("number")),
        attempts=tuple(_attempt(row) for row in Attempt.objects.filter(record=record).order_by("pk")),
        audit=tuple(_entry(row) for row in AuditEntry.objects.filter(subject=record.ref).order_by("pk")),
    )


def _version(row: Version) -> VersionRow:
    return VersionRow(
        version=row.number, run=row.run_id, modified=row.modified, amount=row.amount.normalize() + 0,
        currency=row.currency, hash=bytes(row.hash).hex(), mapping=row.mapping,
        document=msgspec.Raw(row.document.encode()), target=msgspec.Raw((row.target or "null").encode()),
    )  # fmt: skip


def _posting(row: Posting) -> PostingRow:
    return PostingRow(
        version=row.version, kind=row.kind, number=row.number, key=row.key, at=row.at, reversal=row.reversal,
        reversed_at=row.reversed_at,
    )  # fmt: skip


def _attempt(row: Attempt) -> AttemptRow:
    return AttemptRow(
        version=row.version, step=row.step, state=row.state, reference=row.reference, digest=row.digest,
        started=row.started, ended=row.ended, message=row.message, answer=row.answer,
    )  # fmt: skip


def _entry(row: AuditEntry) -> AuditRow:
    return AuditRow(at=row.at, actor=row.actor, action=row.action, detail=json.loads(row.detail))
