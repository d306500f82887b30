"""The documents that records stand with in the target: made, adopted, taken back."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from django.db.models import QuerySet

from ml_connector.hub import clocks, installations, lanes
from ml_connector.hub.models import Installation, Posting, Record, Version
from ml_connector.hub.states import Correction, State
from ml_connector.integrations.declaration import Flow, Same, Wakes

DOCUMENT = "document"
DELTA = "delta"
ADOPTED = "adopted"
UNTOLD = "reversed"
"""Stands for the number of what took a document back, where the target did not tell it."""


def standing(record: Record) -> list[Posting]:
    """The documents that make up what the record amounts to in the target, oldest first."""
    return list(Posting.objects.filter(record=record, reversed_at=None).order_by("pk"))


def hashes(records: Iterable[Record]) -> dict[int, bytes]:
    """Our version of what the source said of each record when it was posted last; those never posted are left out."""
    posted = {record.pk: record.posted_version for record in records if record.posted_version}
    rows = Version.objects.filter(record_id__in=list(posted)).values_list("record_id", "number", "hash")
    return {record: bytes(digest) for record, number, digest in rows if posted[record] == number}


def made(record: Record) -> None:
    """The record's document is in the target for good. A change sent to the same document again adds nothing."""
    kind = DELTA if record.correction == Correction.DELTA else DOCUMENT
    _, is_new = Posting.objects.get_or_create(
        record=record, key=record.target_key, number=record.target_number, reversed_at=None,
        defaults={
            "tenant_id": record.tenant_id, "version": record.version, "kind": kind, "at": clocks.clock().now()
        },
    )  # fmt: skip
    if is_new:
        _look_again(record)


def adopt(record: Record, number: str) -> None:
    """A person matched the record with a document that somebody keyed in: it is not posted again."""
    now = clocks.clock().now()
    Record.objects.filter(pk=record.pk).update(target_number=number)
    Posting.objects.create(
        tenant_id=record.tenant_id, record=record, version=record.newest, kind=ADOPTED, key="", number=number, at=now
    )
    record.target_number = number
    _look_again(record)


def wake(
    installation: Installation, flow: Flow, scopes: Collection[str], number: str = "", named: Collection[str] = ()
) -> None:
    """Look again at the records that wait for records of a flow, as it declares: those that were just settled.

    `scopes` are those of the settled records, `number` is the number of the document that was made of one. `named` are
    the keys that records name which were looked at, whatever became of them.
    """
    renewed = sum(_renew(_waiting(installation, wakes, scopes, number, named)) for wakes in flow.wakes)
    if renewed:
        ends = sorted({installation.left_id, installation.right_id})
        lanes.offer([lane.key for end in ends for lane in lanes.of_connection(end)])


def _look_again(record: Record) -> None:
    flow = installations.declaration(record.installation.integration).flow(record.flow)
    wake(record.installation, flow, [record.scope], record.target_number)


def _waiting(
    installation: Installation, wakes: Wakes, scopes: Collection[str], number: str, named: Collection[str]
) -> QuerySet[Record]:
    """Nothing of them is in the target, so that they can begin anew."""
    found = Record.objects.filter(
        installation=installation, flow=wakes.flow, cause=wakes.cause, state__in=(State.HELD, State.SKIPPED),
        target_key="",
    )  # fmt: skip
    if wakes.same is Same.SCOPE:
        return found.filter(scope__in=scopes)
    if wakes.same is Same.NAMED:
        return found.filter(source_key__in=named)
    return found.filter(business_number=number) if number else found.none()


def _renew(waiting: QuerySet[Record]) -> int:
    return waiting.update(state=State.NEW, cause="", message="", updated=clocks.clock().now())


def taken_back(record: Record) -> None:
    """The only standing document was reversed, by the document that the last steps left in the memo."""
    Posting.objects.filter(record=record, reversed_at=None).update(
        reversal=record.memo.get("reversal") or UNTOLD, reversed_at=clocks.clock().now()
    )
