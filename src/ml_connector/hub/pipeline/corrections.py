"""What is done about a posted document when its source changed or is gone, by the installation's rule."""

from __future__ import annotations

import msgspec

from ml_connector.hub import installations
from ml_connector.hub.models import Record, Version
from ml_connector.hub.pipeline import intake, postings, route
from ml_connector.hub.pipeline.translation import Translation
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.hub.states import Correction, Held, State
from ml_connector.integrations.declaration import Hold, Revisions

GONE_MESSAGE = (
    "it was deleted or voided at the source after it was posted: reverse it in the target by hand, "
    "then set this record aside"
)


def of_posted(work: FlowWork, record: Record, done: Translation) -> Translation:
    """A new version of a posted record, translated: take back and post anew, post the difference, or ask a person."""
    if done.state is State.HELD:
        return done
    rule = installations.rule(work.installation, "corrections")
    if done.state is State.SKIPPED or work.flow.revisions is Revisions.WITHDRAWAL or rule == "reverse_and_repost":
        return _take_back(work, record, done)
    if rule == "post_delta" and work.flow.delta is not None:
        return _difference(work, record, done)
    return Translation(record, State.HELD, Held.CHANGED_AFTER_POSTING, intake.CHANGED_MESSAGE)


def take_back(work: FlowWork, record: Record, why: Correction) -> None:
    """Put a posted record before the first step of taking its document back. The caller saves it."""
    reason = _why_not(work, record)
    if reason:
        record.state, record.cause, record.message = State.HELD, Held.GONE_AFTER_POSTING, reason
        return
    record.state, record.correction, record.step = State.READY, why, _first_step(work, record)
    record.cause, record.message, record.due = "", "", None


def can_take_back(work: FlowWork, record: Record) -> str:
    """Why the hub cannot take a posted document back by itself, or ""."""
    return _why_not(work, record)


def _take_back(work: FlowWork, record: Record, done: Translation) -> Translation:
    reason = _why_not(work, record)
    if reason:
        return Translation(record, State.HELD, Held.CHANGED_AFTER_POSTING, reason)
    return Translation(
        record, State.READY, document=done.document, step=_first_step(work, record), correction=Correction.REPOST
    )


def _first_step(work: FlowWork, record: Record) -> str:
    """Where taking back begins, or goes on when it had begun already."""
    if record.step and route.is_reversal(work.flow.target, record.step):
        return record.step
    return work.flow.target.reversal[0].name


def _why_not(work: FlowWork, record: Record) -> str:
    by_hand = "correct it in the target by hand, then set this record aside"
    if not work.flow.target.reversal:
        return f"the source changed after this was posted, and it cannot be taken back from here: {by_hand}"
    documents = postings.standing(record)
    if len(documents) != 1:
        numbers = ", ".join(one.number for one in documents) or "none"
        return f"the source changed; the record stands with several documents ({numbers}): {by_hand}"
    if documents[0].kind == postings.ADOPTED:
        return f"the source changed; its document {documents[0].number} was keyed in by a person: {by_hand}"
    return ""


def _difference(work: FlowWork, record: Record, done: Translation) -> Translation:
    posted = Version.objects.get(record=record, number=record.posted_version or 0)
    before = msgspec.json.decode(posted.whole or posted.target, type=work.flow.document_type)
    assert work.flow.delta is not None
    try:
        difference = work.flow.delta(done.document, before)
    except Hold as held:
        return Translation(record, State.HELD, held.cause, held.message)
    if difference is None:
        return Translation(record, State.POSTED)
    return Translation(
        record, State.READY, document=difference, whole=done.document, step=work.flow.target.steps[0].name,
        correction=Correction.DELTA,
    )  # fmt: skip
