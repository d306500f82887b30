"""Actions that may run on: started once, asked after until they are done (vendors/acumatica.md §7.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.outcomes import Cause, Done, Held, Refused, Waiting
from ml_connector.connectors.kit.target import Item

_FIRST_POLL: Final = timedelta(seconds=0.25)
_POLL: Final = timedelta(seconds=1)


def still_running(item: Item, answer: Answer, place: str = "location") -> Waiting | None:
    """How to ask after an action that runs (202), kept as `place` in the memo; None when it is done.

    204 is done, its `Location` is never followed.
    """
    if answer.status != 202:
        return None
    location = answer.headers.get("location") or item.memo.get(place)
    if not location:
        raise answer.unreadable("the action runs, but the answer does not tell where to ask after it")
    return Waiting(after=_POLL if place in item.memo else _FIRST_POLL, memo={**item.memo, place: location})


def refused(refusal: errors.Refusal) -> Held | Refused:
    """A refusal as an outcome: held where a person can do something definite about it."""
    if refusal.cause == Cause.REFUSED:
        return Refused(message=refusal.message)
    return Held(cause=refusal.cause, message=refusal.message)


def finished(item: Item) -> Done:
    """The action is done; its answer has no body."""
    return Done(key=item.key, number=item.number)
