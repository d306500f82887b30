"""The demo's judge: what the sandboxes' own books hold at both ends, asked over their control API."""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from ml_connector.hub.lists import RecordRow
    from ml_connector.hub.models import Installation

_TIMEOUT = 30
_MOST = 1_000_000


class Book(Struct, frozen=True, kw_only=True):
    """A document in a sandbox's books, as far as it is compared."""

    document: str
    number: str
    reference: str | None
    business_number: str | None
    party: str | None
    date: str | None
    currency: str | None
    total: Decimal
    status: str


class Ends(Struct, frozen=True, kw_only=True):
    """Which documents are to arrive: the source's `document`s in a status of `approved`, dated `since` or later.

    `posted` are the target's statuses of documents that are in its ledger.
    """

    source: str
    target: str
    document: str
    approved: tuple[str, ...]
    since: str
    posted: tuple[str, ...]


class Sum(Struct, frozen=True, kw_only=True):
    """So many documents and their money by currency."""

    count: int
    money: dict[str, Decimal]


class Comparison(Struct, frozen=True, kw_only=True):
    """Both ends of an integration. `holds` are told by name, `faults` must be empty; `second_run` is what it posted."""

    integration: str
    source: Sum
    held: Sum
    target: Sum
    duplicates: tuple[str, ...]
    holds: tuple[str, ...]
    faults: tuple[str, ...]
    second_run: int = 0


def post(control_url: str, path: str, body: object) -> None:
    """Order something of a sandbox."""
    request = urllib.request.Request(f"{control_url}/{path}", msgspec.json.encode(body), method="POST")
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        answer.read()


def books(entry: dict[str, Any]) -> list[Book]:
    """All documents of a sandbox."""
    with urllib.request.urlopen(f"{entry['control_url']}/books", timeout=_TIMEOUT) as answer:
        return msgspec.json.decode(answer.read(), type=list[Book])


def compare(integration: str, ends: Ends, ready: dict[str, dict[str, Any]], installation: Installation) -> Comparison:
    """Document by document: what was approved is posted once with the same total, or waits with a reason."""
    from ml_connector.hub import lists

    records, _ = lists.record_rows(lists.Filter(installation=installation.pk), _MOST)
    by_key = {record.source_key: record for record in records}
    wanted = [book for book in books(ready[ends.source]) if _is_wanted(book, ends)]
    ours = _ours(ready, ends)
    posted = [book for book in ours if book.status in ends.posted]
    held = [book for book in wanted if book.number not in by_key or by_key[book.number].state != "posted"]
    arrived = {book.number for book in wanted} - {book.number for book in held}
    return Comparison(
        integration=integration,
        source=_sum(wanted),
        held=_sum(held),
        target=_sum(posted),
        duplicates=tuple(_duplicates(ours)),
        holds=tuple(_told(book, by_key.get(book.number)) for book in held),
        faults=(
            *_differences([book for book in wanted if book.number in arrived], posted, by_key),
            *(f"{text} is there twice" for text in _duplicates(ours)),
            *_unexplained(held, by_key),
        ),
    )


def with_second_run(first: Comparison, ends: Ends, ready: dict[str, dict[str, Any]]) -> Comparison:
    """The same comparison after another sync, which must not have posted anything."""
    ours = _ours(ready, ends)
    posted = sum(book.status in ends.posted for book in ours) - first.target.count
    faults = first.faults if not posted else (*first.faults, f"the second run posted {posted} documents")
    twice = [f"{text} is there twice after the second run" for text in _duplicates(ours)]
    return msgspec.structs.replace(first, second_run=posted, faults=(*faults, *twice))


def _is_wanted(book: Book, ends: Ends) -> bool:
    return book.document == ends.document and book.status in ends.approved and (book.date or "") >= ends.since


def _ours(ready: dict[str, dict[str, Any]], ends: Ends) -> list[Book]:
    return [book for book in books(ready[ends.target]) if (book.reference or "").startswith("ML-")]


def _sum(found: Iterable[Book]) -> Sum:
    money: dict[str, Decimal] = {}
    count = 0
    for book in found:
        count += 1
        money[book.currency or ""] = money.get(book.currency or "", Decimal(0)) + book.total
    return Sum(count=count, money=money)


def _duplicates(ours: list[Book]) -> list[str]:
    """References, and vendors' numbers, that more than one of our documents carries."""
    references = Counter(book.reference for book in ours)
    numbers = Counter((book.party, book.business_number) for book in ours)
    return [
        *(f"reference {reference}" for reference, count in references.items() if count > 1),
        *(f"number {number} of {party}" for (party, number), count in numbers.items() if count > 1),
    ]


def _differences(arrived: list[Book], posted: list[Book], by_key: dict[str, RecordRow]) -> Iterable[str]:
    there = {(book.reference or "").split("-")[1]: book for book in posted}
    for book in arrived:
        record = by_key[book.number].record
        found = there.pop(record, None)
        if found is None:
            yield f"{book.business_number} of {book.party} is not in the target's ledger"
        elif (found.total, found.currency) != (book.total, book.currency):
            yield (
                f"{book.business_number} of {book.party}: {book.total} {book.currency} at the source, "
                f"{found.total} {found.currency} as {found.number}"
            )
    for book in there.values():
        yield f"{book.number} ({book.business_number}) in the target is of nothing that was approved"


def _unexplained(held: list[Book], by_key: dict[str, RecordRow]) -> Iterable[str]:
    """What is neither posted nor held for a stated cause."""
    for book in held:
        record = by_key.get(book.number)
        if record is None or record.state not in ("held", "refused", "skipped") or not record.message:
            state = record.state if record else "never read"
            yield f"{book.business_number} of {book.party} is {state}, without a reason"


def _told(book: Book, record: RecordRow | None) -> str:
    if record is None:
        return f"{book.business_number} of {book.party}: never read"
    return f"{record.record} {record.title}, {book.total} {book.currency}: {record.cause}: {record.message}"
