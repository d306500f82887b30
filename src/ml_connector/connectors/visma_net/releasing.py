"""Releasing a batch, which may be queued there; whether it is done shows in its status (§5, §6.4, §12)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused, Waiting
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import objects, stored, wire
from ml_connector.connectors.visma_net.addresses import address_of
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.wire import Record

POLLS: Final = "release_polls"
_MOST_POLLS: Final = 12
_LONGEST: Final = timedelta(minutes=1)


def release(client: VismaClient, operation: str, number: str, why: Callable[[], Held | None]) -> Outcome:
    """Release a batch. `why` names what forbids it, in our own words, when the vendor refuses."""
    try:
        answer = client.act(operation, calls.JOURNALS + address_of(number), "release")
    except errors.Refusal as refusal:
        return _refused(client, number, why, refusal.message)
    result = wire.text(answer.decode(Record), "actionResult")
    if result in ("Queued", "InProcess"):
        return Waiting(after=timedelta(seconds=1), memo={POLLS: "0"}, answer=masking.body(answer.body))
    if result == "Failed":
        said = wire.text(answer.decode(Record), "errorInfo") or "no explanation"
        return _refused(client, number, why, f"Visma.net could not release batch {number}: {said}")
    if result != "Done":
        raise answer.unreadable("it does not tell whether the batch is released")
    return Done(answer=masking.body(answer.body))


def poll(client: VismaClient, number: str, memo: dict[str, str]) -> Outcome:
    """Whether a queued release is done by now."""
    found = standing(client, number)
    if not isinstance(found, Absent):
        return found
    times = int(memo.get(POLLS) or 0) + 1
    if times > _MOST_POLLS:
        message = f"Visma.net took the release of batch {number}, but has not done it: look there, release it by hand"
        return Held(cause=Cause.CHANGED_THERE, message=message, look_after=stored.LOOK_AGAIN)
    return Waiting(after=min(timedelta(seconds=2**times), _LONGEST), memo={POLLS: str(times)})


def standing(client: VismaClient, number: str) -> Done | Held | Absent:
    """Whether a batch is released; Absent while it may still be."""
    record = stored.one(client, number)
    if record is None:
        return Held(cause=Cause.CHANGED_THERE, message=stored.vanished(number))
    status = wire.text(record, "status")
    if status in objects.RELEASED:
        return Done()
    if status == objects.VOIDED:
        return Held(cause=Cause.CHANGED_THERE, message=stored.voided(number))
    if status == "Hold":
        message = f"batch {number} is on hold in Visma.net: take it off hold or release it there"
        return Held(cause=Cause.WAITS_FOR_APPROVAL, message=message, look_after=stored.LOOK_AGAIN)
    return Absent()


def found(client: VismaClient, number: str) -> Finding:
    """Whether a release was done whose answer was lost."""
    return standing(client, number)


def _refused(client: VismaClient, number: str, why: Callable[[], Held | None], said: str) -> Outcome:
    """A refusal; perhaps somebody was quicker, and it is released already."""
    now = standing(client, number)
    if not isinstance(now, Absent):
        return now
    return why() or Refused(message=said)
