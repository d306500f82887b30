"""The documents that records stand with in the target: made, adopted, taken back."""

from __future__ import annotations

from ml_connector.hub import clocks
from ml_connector.hub.models import Posting, Record
from ml_connector.hub.states import Correction, State

DOCUMENT = "document"
DELTA = "delta"
ADOPTED = "adopted"


def standing(record: Record) -> list[Posting]:
    """The documents that make up what the record amounts to in the target, oldest first."""
    return list(Posting.objects.filter(record=record, reversed_at=None).order_by("pk"))


def made(record: Record) -> None:
    """The record's document is in the target for good. A change sent to the same document again adds nothing."""
    kind = DELTA if record.correction == Correction.DELTA else DOCUMENT
    Posting.objects.get_or_create(
        record=record, key=record.target_key, number=record.target_number, reversed_at=None,
        defaults={
            "tenant_id": record.tenant_id, "version": record.version, "kind": kind, "at": clocks.clock().now()
        },
    )  # fmt: skip


def adopt(record: Record, number: str) -> None:
    """A person matched the record with a document that somebody keyed in: it is not posted again.

    Payments of that document, read before, are looked at again: they are of this record now.
    """
    now = clocks.clock().now()
    Record.objects.filter(pk=record.pk).update(target_number=number)
    Posting.objects.create(
        tenant_id=record.tenant_id, record=record, version=record.newest, kind=ADOPTED, key="", number=number, at=now
    )
    Record.objects.filter(
        installation=record.installation_id, state=State.SKIPPED, cause="not_ours", business_number=number
    ).update(state=State.NEW, cause="", message="", updated=now)


def taken_back(record: Record) -> None:
    """The only standing document was reversed, by the document that the last steps left in the memo."""
    Posting.objects.filter(record=record, reversed_at=None).update(
        reversal=record.memo.get("reversal") or "reversed", reversed_at=clocks.clock().now()
    )
