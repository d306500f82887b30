"""Taking a posted document back (vendors/sap_b1.md §5.1, §5.3, §7).

Invoices, credit notes and orders are cancelled by SAP itself, which shows on the document, so that a lost answer can
be looked up. A journal entry shows nothing of the kind, and what `Cancel` makes of it bears no mark of ours: it is
taken back by an entry of our own with a reference of its own.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.connectors.sap_b1 import objects, stored, wire
from ml_connector.connectors.sap_b1.client import JOURNALS, ORDERS, REVERSE_JOURNAL, SapClient
from ml_connector.connectors.sap_b1.company import posting_periods
from ml_connector.connectors.sap_b1.comparison import compare
from ml_connector.connectors.sap_b1.objects import REFERENCE, REVERSING, Books
from ml_connector.connectors.sap_b1.wire import Record
from ml_connector.records.journals import Journal
from ml_connector.records.periods import period_of

MANY: Final = 50
_POSTED: Final = "posted_on"
_REVERSAL: Final = "reversal"


def check(client: SapClient, items: Sequence[Item]) -> list[Outcome]:
    """Whether documents may be taken back: there, ours, not paid, their period open. Nothing is written.

    One that is taken back already is passed on as it is.
    """
    books = objects.open_books(client)
    outcomes: dict[int, Outcome] = {}
    for entity, some in _by_entity(items).items():
        records = stored.records_of(client, entity, some)
        backs = _taken_back(client, entity, some, records, books)
        for item in some:
            outcomes[id(item)] = _checked(entity, item, records.get(id(item)), backs.get(id(item)))
    return _in_open_periods(client, items, [outcomes[id(item)] for item in items])


def take_back(client: SapClient, items: Sequence[Item]) -> list[Outcome]:
    """Cancel a document, or post the journal that takes one back."""
    (item,) = items
    entity, entry = _place(item)
    try:
        if entity != JOURNALS:
            client.cancel(entity, entry)
            return [Done()]
        return [_reversed(client, item)]
    except errors.Refusal as refusal:
        return [_refused(client, item, refusal)]
    except errors.NotFound:
        return [stored.gone(item)]


def look_up(client: SapClient, items: Sequence[Item]) -> list[Finding]:
    """Whether it was done: the document is cancelled, or the journal with our reference for it is there."""
    (item,) = items
    entity, entry = _place(item)
    if entity == JOURNALS:
        mark = item.reference + REVERSING
        made = stored.with_mark(client, JOURNALS, [mark]).get(mark, [])
        found = [record for record in made if (wire.whole(record, "JdtNum") or 0) > entry]
        return [_back(found[0]) if found else Absent()]
    record = stored.records_of(client, entity, items).get(id(item))
    if record is None:
        return [stored.gone(item)]
    return [Done() if objects.is_cancelled(record) else Absent()]


def confirm(client: SapClient, items: Sequence[Item]) -> list[Outcome]:
    """Read back that documents are taken back, to the cent, and by which document."""
    books = objects.open_books(client)
    outcomes: dict[int, Outcome] = {}
    for entity, some in _by_entity(items).items():
        records = stored.records_of(client, entity, some)
        backs = _taken_back(client, entity, some, records, books)
        for item in some:
            outcomes[id(item)] = _confirmed(entity, item, records.get(id(item)), backs.get(id(item)), books)
    return [outcomes[id(item)] for item in items]


def _checked(entity: str, item: Item, record: Record | None, back: Record | None) -> Outcome:
    if record is None:
        return stored.gone(item)
    if (mark := wire.text(record, REFERENCE)) != item.reference:
        return stored.not_ours(item, mark)
    posted = objects.posted_on(entity, record).isoformat()
    if back is not None:
        return Done(memo={_POSTED: posted, _REVERSAL: _number(entity, back)})
    if entity != JOURNALS:
        if objects.is_cancelled(record):
            return Done(memo={_POSTED: posted, _REVERSAL: stored.CANCELLED})
        if (held := _settled(entity, item, record)) is not None:
            return held
    return Done(memo={_POSTED: posted, _REVERSAL: ""})


def _settled(entity: str, item: Item, record: Record) -> Held | None:
    """Why a document cannot be cancelled any more: it is paid, or something was made of it."""
    paid = wire.amount(record, "PaidToDate")
    is_closed = wire.text(record, "DocumentStatus") in ("bost_Close", "C", "bost_Paid", "P", "bost_Delivered", "D")
    if entity == ORDERS and is_closed:
        message = (
            f"purchase order {item.number} is closed in SAP, something was delivered or invoiced against it: correct "
            "it there by hand, then set this record aside"
        )
        return Held(cause=Cause.CHANGED_THERE, message=message)
    if paid or is_closed:
        message = (
            f"document {item.number} is paid or partly paid in SAP ({paid or 0} of {wire.amount(record, 'DocTotal')}): "
            "cancel the payment there first, or correct the document there by hand"
        )
        return Held(cause=Cause.PAID_THERE, message=message)
    return None


def _in_open_periods(client: SapClient, items: Sequence[Item], outcomes: list[Outcome]) -> list[Outcome]:
    """A journal is taken back on its own posting day, and waits while that is in a closed period."""
    days = [_own_day(item, outcome) for item, outcome in zip(items, outcomes, strict=True)]
    known = posting_periods(client) if any(days) else None
    if known is None:
        return outcomes
    return [
        _closed(item, day) if day and not any(one.open and one.first <= day <= one.last for one in known) else outcome
        for item, day, outcome in zip(items, days, outcomes, strict=True)
    ]


def _own_day(item: Item, outcome: Outcome) -> date | None:
    """The day on which a journal is still to be taken back."""
    if isinstance(item.document, Journal) and isinstance(outcome, Done) and not outcome.memo[_REVERSAL]:
        return date.fromisoformat(outcome.memo[_POSTED])
    return None


def _closed(item: Item, day: date) -> Held:
    message = (
        f"journal entry {item.number} was posted on {day}, whose period is closed in SAP: open it there and replay the "
        "record, or take the entry back by hand in an open period and set the record aside"
    )
    return Held(cause=Cause.PERIOD_CLOSED, message=message)


def _reversed(client: SapClient, item: Item) -> Outcome:
    """Post the journal that takes this one back, on the day on which it was posted."""
    books, day = objects.open_books(client), date.fromisoformat(item.memo[_POSTED])
    meant = _meant(item)
    body = objects.journal_body(meant, item.reference + REVERSING, books, day)
    answer = client.create(REVERSE_JOURNAL, JOURNALS, body)
    record = answer.decode(Record)
    if wire.text(record, REFERENCE) != item.reference + REVERSING:
        raise answer.unreadable("the entry that was made does not show our reference")
    return _back(record)


def _meant(item: Item) -> Journal:
    journal: Journal = item.document
    return structs.replace(journal.reversed(), text=f"Reversal: {journal.text}")


def _back(record: Record) -> Done:
    return Done(memo={_REVERSAL: wire.text(record, "Number")})


def _refused(client: SapClient, item: Item, refusal: errors.Refusal) -> Outcome:
    """A refusal; perhaps somebody was quicker, and it is taken back already."""
    (found,) = look_up(client, [item])
    if isinstance(found, Done):
        return found
    if refusal.cause == Cause.REFUSED:
        return Refused(message=refusal.message)
    return Held(cause=refusal.cause, message=refusal.message)


def _taken_back(
    client: SapClient, entity: str, items: Sequence[Item], records: dict[int, Record], books: Books
) -> dict[int, Record]:
    """What takes items' documents back, as far as SAP tells."""
    if entity == JOURNALS:
        return stored.journal_reversals(client, items, books)
    cancelled = [record for record in records.values() if objects.is_cancelled(record)]
    if entity == ORDERS:  # not posted, so that nothing has to be made for them
        return {}
    found = stored.cancellations(client, entity, cancelled)
    numbered = ((item, wire.whole(record, "DocEntry") or 0) for item, record in records.items())
    return {item: found[entry] for item, entry in numbered if entry in found}


def _confirmed(entity: str, item: Item, record: Record | None, back: Record | None, books: Books) -> Outcome:
    if record is None:
        return stored.gone(item)
    if back is None:
        if entity != JOURNALS and objects.is_cancelled(record):
            return Done(memo={_REVERSAL: stored.CANCELLED})
        return _not_done(item)
    made = objects.document(entity, back, books, item.document)
    if isinstance(item.document, Journal):
        assert isinstance(made, Journal)
        meant = structs.replace(_meant(item), period=_period(item, books), number=made.number, date=made.date)
        if found := compare(meant, made):
            return _other(item, _number(entity, back), "; ".join(str(one) for one in found))
    elif made.total != item.document.total:
        return _other(item, _number(entity, back), f"it is over {made.total}, the document over {item.document.total}")
    return Done(memo={_REVERSAL: _number(entity, back)})


def _period(item: Item, books: Books) -> str:
    day = date.fromisoformat(item.memo[_POSTED])
    return next((one.period for one in books.periods if one.first <= day <= one.last), period_of(day))


def _number(entity: str, record: Record) -> str:
    return wire.text(record, "Number") if entity == JOURNALS else objects.name_of(entity, record)


def _not_done(item: Item) -> Held:
    message = (
        f"document {item.number} is in force in SAP although it was taken back: look there, then replay the record"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message)


def _other(item: Item, number: str, what: str) -> Held:
    message = f"{number}, which takes document {item.number} back, differs from it ({what}): correct it in SAP by hand"
    return Held(cause=Cause.STORED_DIFFERENTLY, message=message)


def _by_entity(items: Iterable[Item]) -> dict[str, list[Item]]:
    grouped: dict[str, list[Item]] = defaultdict(list)
    for item in items:
        grouped[_place(item)[0]].append(item)
    return grouped


def _place(item: Item) -> tuple[str, int]:
    """Where a document of ours is; all of them have a key."""
    found = objects.entry_of(item.key)
    if found is None:
        raise errors.Refusal(f"document {item.number or item.reference} has no key by which SAP could cancel it")
    return found


def _is_in_force(item: Item) -> bool:
    return not item.memo.get(_REVERSAL)


STEPS: Final = (
    Step(name="check", run=check, batch=MANY, writes=False),
    Step(name="take_back", run=take_back, look_up=look_up, needed=_is_in_force),
    Step(name="confirm_reversal", run=confirm, batch=MANY, writes=False),
)
