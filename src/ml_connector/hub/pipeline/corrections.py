"""What is done about a posted document when its source changed or is gone, by the installation's rule."""

from __future__ import annotations

from typing import Any

import msgspec

from ml_connector.hub import installations
from ml_connector.hub.desk import InstallationDesk
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
_CHANGED = "the source changed after this was posted"
_BY_HAND = "correct it in the target by hand, then set this record aside"


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
    reason = can_take_back(work, record)
    if reason:
        record.state, record.cause, record.message = State.HELD, Held.GONE_AFTER_POSTING, f"{_CHANGED}; {reason}"
        record.due = None
        return
    record.state, record.correction, record.step = State.READY, why, _first_step(work, record)
    record.cause, record.message, record.due = "", "", None


def can_take_back(work: FlowWork, record: Record) -> str:
    """Why the hub cannot take a posted document back by itself, with what a person does instead, or ""."""
    if not work.flow.target.reversal:
        return f"it cannot be taken back from here: {_BY_HAND}"
    documents = postings.standing(record)
    if len(documents) != 1:
        numbers = ", ".join(one.number for one in documents) or "none"
        return f"the record stands with several documents ({numbers}): {_BY_HAND}"
    if documents[0].kind == postings.ADOPTED:
        return f"its document {documents[0].number} was keyed in by a person: {_BY_HAND}"
    if work.flow.bound is not None:
        return work.flow.bound(record.source_key, record.scope, InstallationDesk(work.installation, work.flow))
    return ""


def _take_back(work: FlowWork, record: Record, done: Translation) -> Translation:
    reason = can_take_back(work, record)
    if reason:
        return Translation(record, State.HELD, Held.CHANGED_AFTER_POSTING, f"{_CHANGED}; {reason}")
    return Translation(
        record, State.READY, document=done.document, step=_first_step(work, record), correction=Correction.REPOST
    )


def _first_step(work: FlowWork, record: Record) -> str:
    """Where taking back begins, or goes on when it had begun already."""
    if record.step and route.is_reversal(work.flow.target, record.step):
        return record.step
    return work.flow.target.reversal[0].name


def _difference(work: FlowWork, record: Record, done: Translation) -> Translation:
    before = _posted_document(work, record)
    if before is None:
        message = f"{_CHANGED}; its document was keyed in by a person: {_BY_HAND}"
        return Translation(record, State.HELD, Held.CHANGED_AFTER_POSTING, message)
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


def _posted_document(work: FlowWork, record: Record) -> Any:
    """What the record amounts to in the target, as it was meant, or None where a person keyed it in.

    Versions that changed nothing there (changed back, no amount moved) have no document of their own.
    """
    documents = postings.standing(record)
    if not documents or any(one.kind == postings.ADOPTED for one in documents):
        return None
    posted = Version.objects.get(record=record, number=documents[-1].version)
    return msgspec.json.decode(posted.whole or posted.target, type=work.flow.document_type)
