"""Taking a released journal back: a batch of our own with the sides changed, on the same day (§6.4).

The API offers no reversing action, and what the screen's own makes copies the original's description: a batch of ours
has a mark of its own, so that a lost answer can be looked up.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.connectors.visma_net import batches, entries, examine, objects, releasing, reversals, stored, wire
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.comparison import compare
from ml_connector.connectors.visma_net.reversals import Reversals
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.journals import Journal

BACK: Final = "reversal"
_MADE: Final = "reversing_batch"
_DAY: Final = "posted_on"
_PERIOD: Final = "posted_in"


def check(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Whether a batch may be taken back: there, ours, released, its period open. Nothing is written.

    One that is taken back already is passed on as it is.
    """
    (item,) = items
    record = stored.one(client, item.key)
    if record is None:
        return [stored.gone(item)]
    if (held := stored.changed(item, record)) is not None:
        return [held]
    if not reversals.is_released(record):
        message = f"batch {item.number} is not released in Visma.net: void it there, then set this record aside"
        return [Held(cause=Cause.CHANGED_THERE, message=message)]
    day, own_period = wire.text(record, "transactionDate")[:10], wire.text(record, "financialPeriod")
    later = stored.since(client, [record])
    back = wire.text(Reversals(later).of(item) or {}, "batchNumber")
    made = next((wire.text(one, "batchNumber") for one in later if _is_ours(item, one)), "")
    memo = {_DAY: day, _PERIOD: own_period, BACK: back, _MADE: made}
    if back:
        return [Done(memo=memo)]
    closed = next(examine.period_complaint(date.fromisoformat(day), own_period, _fresh(client)), None)
    return [closed or Done(memo=memo)]


def take_back(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Make the batch that takes one back."""
    (item,) = items
    day = date.fromisoformat(item.memo[_DAY])
    try:
        body = entries.body(_meant(item), _mark(item), client, day, item.memo[_PERIOD])
        batches.forget(client)
        number, _ = client.create(calls.REVERSE_JOURNAL, calls.JOURNALS, body)
    except errors.Refusal as refusal:
        return [_why(client, item) or Refused(message=refusal.message)]
    return [Done(memo={_MADE: number})]


def look_up(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether that batch was made, by its mark."""
    (item,) = items
    found = stored.created(item, _mark(item), batches.around(client, item))
    return [Done(memo={_MADE: found.number}) if isinstance(found, Done) else found]


def verify(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Whether what was stored takes the journal back to the cent; else it is left unreleased."""
    (item,) = items
    number = item.memo[_MADE]
    record = stored.one(client, number)
    if record is None:
        message = f"batch {number}, which takes {item.number} back, is no longer in Visma.net: look there"
        return [Held(cause=Cause.CHANGED_THERE, message=message)]
    return [_verdict(client, item, record) or Done()]


def release(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Release that batch."""
    (item,) = items
    made = item.memo[_MADE]
    outcome = releasing.release(client, calls.RELEASE_REVERSAL, made, lambda: _why(client, item))
    return [_back(item, outcome)]


def look_up_release(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether that batch was released."""
    (item,) = items
    found = releasing.standing(client, item.memo[_MADE])
    return [Done(memo={BACK: item.memo[_MADE]}) if isinstance(found, Done) else found]


def poll_release(client: VismaClient, item: Item) -> Outcome:
    """Whether its queued release is done."""
    return _back(item, releasing.poll(client, item.memo[_MADE], item.memo))


def _back(item: Item, outcome: Outcome) -> Outcome:
    return structs.replace(outcome, memo={BACK: item.memo[_MADE]}) if isinstance(outcome, Done) else outcome


def _meant(item: Item) -> Journal:
    journal: Journal = item.document
    return structs.replace(journal.reversed(), text=f"Reversal: {journal.text}")


def _verdict(client: VismaClient, item: Item, record: Record) -> Held | None:
    made = entries.stored(record, _meant(item), client)
    meant = structs.replace(
        _meant(item), date=made.date, period=Company(client).period_of(item.memo[_PERIOD]), number=made.number
    )
    if not (found := compare(meant, made)):
        return None
    what = "; ".join(str(one) for one in found)
    message = (
        f"batch {item.memo[_MADE]}, which takes batch {item.number} back, differs from it ({what}), and is not "
        "released: correct or void it in Visma.net, then replay the record"
    )
    return Held(cause=Cause.STORED_DIFFERENTLY, message=message)


def _why(client: VismaClient, item: Item) -> Held | None:
    """What forbids it, by the company's data as they are now."""
    company = _fresh(client)
    day = date.fromisoformat(item.memo[_DAY])
    closed = next(examine.period_complaint(day, item.memo[_PERIOD], company), None)
    return closed or next(examine.complaints(structs.replace(item.document, date=day, period=""), company), None)


def _fresh(client: VismaClient) -> Company:
    company = Company(client)
    company.forget()
    return company


def _is_ours(item: Item, record: Record) -> bool:
    """Whether it is the batch that was to take the item's back, left unreleased by an earlier try."""
    status = wire.text(record, "status")
    return objects.reference_of(record) == _mark(item) and status not in {objects.VOIDED, *objects.RELEASED}


def _mark(item: Item) -> str:
    return reversals.mark(item.reference, item.key)


def _is_in_force(item: Item) -> bool:
    return not item.memo.get(BACK) and not item.memo.get(_MADE)


def _is_made(item: Item) -> bool:
    return not item.memo.get(BACK) and bool(item.memo.get(_MADE))


STEPS: Final = (
    Step(name="check", run=check, writes=False),
    Step(name="take_back", run=take_back, look_up=look_up, needed=_is_in_force),
    Step(name="verify_reversal", run=verify, writes=False, needed=_is_made),
    Step(name="release_reversal", run=release, look_up=look_up_release, poll=poll_release, needed=_is_made),
)
