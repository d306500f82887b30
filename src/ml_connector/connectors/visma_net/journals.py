"""Journals as a target: created off hold, read back, released (vendors/visma_net.md §6.4)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.outcomes import Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.visma_net import (
    batches,
    comparison,
    entries,
    examine,
    form,
    matches,
    releasing,
    reversal,
    stored,
)
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company, posting_periods

KEYED: Final = 500
"""So many journals are compared with one list of what was keyed by hand."""


def create(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Make one batch; it is saved whole or not at all, and counts only once it is released."""
    (item,) = items
    day, own_period = entries.place_of(item.document, Company(client))
    try:
        body = entries.body(item.document, item.reference, client, day, own_period)
        batches.forget(client)
        number, answer = client.create(calls.CREATES[calls.JOURNALS], calls.JOURNALS, body)
    except errors.Refusal as refusal:
        return [refused(client, item, refusal)]
    return [Done(key=number, number=number, answer=masking.body(answer.body))]


def release(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Release one batch."""
    (item,) = items
    return [releasing.release(client, calls.RELEASE_JOURNAL, item.key, lambda: examine.again(client, item))]


def look_up_release(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether a batch was released."""
    (item,) = items
    return [releasing.found(client, item.key)]


def poll_release(client: VismaClient, item: Item) -> Outcome:
    """Whether a queued release is done."""
    return releasing.poll(client, item.key, item.memo)


def refused(client: VismaClient, item: Item, refusal: errors.Refusal) -> Held | Refused:
    """A refusal, with our own reason where the company's data show one: the vendor's text is in any language."""
    held = examine.again(client, item)
    if held is not None:
        return Held(cause=held.cause, message=held.message, answer=refusal.message)
    return Refused(message=refusal.message)


journals: Final = Target(
    kind="journal",
    steps=(
        Step(name="create", run=create, look_up=stored.look_up, verifies=True),
        Step(name="release", run=release, look_up=look_up_release, poll=poll_release),
    ),
    reversal=reversal.STEPS,
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
    read=stored.read,
    read_batch=stored.MANY,
    compare=comparison.compare,
    find_keyed=matches.find_keyed,
    keyed_batch=KEYED,
    periods=posting_periods,
    examine=examine.examine,
    high_water=batches.high_water,
)
"""Journals (records.journals.Journal). Those of people name no vendor: they are told by number, account and project."""
