"""Purchase invoices, credit notes, orders and journal entries as one target (vendors/sap_b1.md §5, §7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.outcomes import Cause, Done, Held, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.sap_b1 import (
    comparison,
    examine,
    failures,
    form,
    matches,
    objects,
    reversal,
    stored,
    wire,
)
from ml_connector.connectors.sap_b1.client import CREATE_SEVERAL, CREATES, SapClient
from ml_connector.connectors.sap_b1.company import posting_periods
from ml_connector.connectors.sap_b1.objects import REFERENCE, Books
from ml_connector.connectors.sap_b1.wire import BadRecord, Record

MANY: Final = 50
"""Documents of one call; larger change sets lock tables for too long (vendors/sap_b1.md §7)."""


def create(client: SapClient, items: Sequence[Item]) -> list[Outcome]:
    """Post documents: one by itself, several in one request, each undone alone when it fails."""
    books = objects.open_books(client)
    bodies = [objects.body(item, books) for item in items]
    if len(items) == 1:
        return [_alone(client, items[0], *bodies[0], books)]
    try:
        answers = client.create_several(bodies)
    except failures.TooLarge:  # nothing of it was done
        half = len(items) // 2
        return _halves(client, items[:half], items[half:])
    return _several(client, items, answers, books)


def _halves(client: SapClient, first: Sequence[Item], second: Sequence[Item]) -> list[Outcome]:
    """Two smaller calls; the second only where the first was done wholly, so that the order is kept."""
    outcomes = create(client, first)
    if not all(isinstance(outcome, Done) for outcome in outcomes):
        return outcomes + [NotRun() for _ in second]
    try:
        return outcomes + create(client, second)
    except errors.AnswerLost:
        raise  # all of both are looked up, and those of the first are found
    except errors.VendorError:  # nothing of the second was done: it is sent again, and fails alone if it must
        return outcomes + [NotRun() for _ in second]


def _alone(client: SapClient, item: Item, entity: str, body: Record, books: Books) -> Outcome:
    try:
        answer = client.create(CREATES[entity], entity, body)
    except errors.Refusal as refusal:
        return _refused(client, item, refusal)
    return _created(item, entity, answer, books)


def _several(client: SapClient, items: Sequence[Item], answers: Sequence[Answer], books: Books) -> list[Outcome]:
    """What became of each part; nothing behind the first failed one was done (vendors/sap_b1.md §7)."""
    outcomes: list[Outcome] = []
    for item, answer in zip(items, answers, strict=False):
        problem = client.judged(answer)
        if problem is None:
            outcomes.append(_created(item, objects.entity_of(item.document), answer, books))
            continue
        try:
            outcomes.append(_failed(client, item, problem, books))
        except errors.AnswerLost:  # every document of the call is looked up
            raise
        except errors.VendorError:  # must not make those before it seem undone
            if not outcomes:
                raise
            outcomes.append(NotRun())
    if len(answers) < len(items) and all(isinstance(outcome, Done) for outcome in outcomes):
        text = f"SAP answered {len(answers)} of {len(items)} documents, and none of them failed: they are looked up"
        raise errors.AnswerLost(text, operation=CREATE_SEVERAL)
    return outcomes + [NotRun() for _ in items[len(outcomes) :]]


def _failed(client: SapClient, item: Item, problem: errors.VendorError, books: Books) -> Outcome:
    """What becomes of a part that failed, and so was undone; what concerns more than this document is raised."""
    if isinstance(problem, failures.MissingRecord):  # with it a draft for approval was undone, which remains when alone
        return _alone(client, item, *objects.body(item, books), books)
    if isinstance(problem, errors.Refusal):
        return _refused(client, item, problem)
    if isinstance(problem, errors.NotPermitted):
        return Held(cause=Cause.NOT_PERMITTED, message=f"{problem.message}, then replay the record")
    if isinstance(problem, errors.NotFound):
        return Refused(message=problem.message)
    if isinstance(problem, errors.AnswerLost):
        raise errors.TryLater(problem.message, operation=problem.operation, status=problem.status) from problem
    raise problem


def _created(item: Item, entity: str, answer: Answer, books: Books) -> Done:
    """The answer's own words on what was stored. Raises AnswerLost when it does not tell."""
    record = answer.decode(Record)
    if (mark := wire.text(record, REFERENCE)) != item.reference:
        raise answer.unreadable(f"it shows {mark or 'no reference'} where our reference {item.reference} should stand")
    try:
        return stored.done(item, entity, record, books, masked=masking.body(answer.body))
    except BadRecord as problem:
        raise answer.unreadable(f"what was stored could not be read ({problem.message})") from problem


def _refused(client: SapClient, item: Item, refusal: errors.Refusal) -> Outcome:
    """A refusal; what looks like a missing record may be a document that waits for approval (§7)."""
    if isinstance(refusal, failures.MissingRecord):
        try:
            waiting = stored.waits_for_approval(client, item)
        except errors.VendorError as problem:  # sent again, it might become a second draft
            text = f"{refusal.message}; whether it waits for approval could not be asked ({problem.message})"
            raise errors.AnswerLost(text, operation=refusal.operation, status=refusal.status) from problem
        if waiting is not None:
            return waiting
    if refusal.cause == Cause.REFUSED:
        return Refused(message=refusal.message)
    return Held(cause=refusal.cause, message=refusal.message)


documents: Final = Target(
    kind="document",
    steps=(Step(name="create", run=create, look_up=stored.look_up, batch=MANY, verifies=True),),
    reversal=reversal.STEPS,
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
    find_keyed=matches.find_keyed,
    keyed_batch=MANY,
    read=stored.read,
    read_batch=MANY,
    compare=comparison.compare,
    periods=posting_periods,
    examine=examine.examine,
)
