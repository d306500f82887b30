"""The states of a record and the causes for which it waits; the same words in code, console and docs."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum


class State(StrEnum):
    """Where a record is on its way (design: `new -> held | ready -> sending -> (waiting) -> posted`)."""

    NEW = "new"
    HELD = "held"
    READY = "ready"
    SENDING = "sending"
    WAITING = "waiting"
    POSTED = "posted"
    REFUSED = "refused"
    UNKNOWN = "unknown"
    RETRYING = "retrying"
    SKIPPED = "skipped"
    WITHDRAWN = "withdrawn"


BEFORE_SENDING = (State.NEW, State.HELD, State.READY, State.RETRYING, State.REFUSED, State.SKIPPED, State.WITHDRAWN)
"""States in which a newer version may take the place of the present one, unless the target already holds it."""

IN_FLIGHT = (State.SENDING, State.WAITING, State.UNKNOWN)
"""States in which the target may be working on the record: nothing about it is decided anew before that is settled."""

FOR_A_PERSON = (State.HELD, State.REFUSED)
"""States that end only when somebody acts."""


class AttemptState(StrEnum):
    """What is known of one write call."""

    OPEN = "open"
    DONE = "done"
    WAITING = "waiting"
    REFUSED = "refused"
    HELD = "held"
    LOST = "lost"
    FOUND = "found"
    ABSENT = "absent"
    NOT_SENT = "not_sent"


class Held(StrEnum):
    """Causes that the hub itself finds; connectors add those of `kit.outcomes.Cause`, flows their own."""

    UNREADABLE = "unreadable"
    UNMAPPED = "unmapped"
    NO_MATCH = "no_match"
    DOES_NOT_ADD_UP = "does_not_add_up"
    BAD_AMOUNT = "bad_amount"
    KEYED_BY_HAND = "keyed_by_hand"
    DUPLICATE_NUMBER = "duplicate_number"
    PERIOD_CLOSED = "period_closed"
    BASE_CURRENCY = "base_currency"
    STORED_DIFFERENTLY = "stored_differently"
    CHANGED_AFTER_POSTING = "changed_after_posting"
    GONE_AFTER_POSTING = "gone_after_posting"
    NOT_SEARCHABLE = "not_searchable"
    NOT_MATCHED = "not_matched"
    DIFFERS = "differs"
    NOT_READ = "not_read"


def is_looked_for(state: str, cause: str, due: datetime | None) -> bool:
    """Whether a held record may be in the target all the same, or become a document there (a draft that waits).

    Nothing about it is decided anew before the target was asked again.
    """
    return state == State.HELD and (due is not None or cause == Held.NOT_SEARCHABLE)


class Correction(StrEnum):
    """What is being done about a posted document."""

    REPOST = "repost"
    GONE = "gone"
    UNDO = "undo"
    DELTA = "delta"


FOR_GOOD = (Correction.GONE, Correction.UNDO)
"""Corrections after which nothing of the record is in the target: no gate has to be passed."""
