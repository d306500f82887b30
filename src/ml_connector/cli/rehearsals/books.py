"""The demo's judge: what the sandboxes' own books hold at both ends, asked over their control API."""

from __future__ import annotations

import urllib.request
from collections import Counter
from collections.abc import Callable, Iterable
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from ml_connector.hub.lists import RecordRow

_TIMEOUT = 30
_READS = ("GET", "HEAD", "OPTIONS")
_LOGINS = ("/token", "/auth/", "/Login", "/Logout")

Ready = dict[str, dict[str, Any]]


class BookLine(Struct, frozen=True, kw_only=True):
    """A line of a document, as far as it is compared."""

    account: str | None = None
    project: str | None = None
    debit: Decimal | None = None
    credit: Decimal | None = None
    amount: Decimal | None = None
    dimensions: dict[str, str | None] = msgspec.field(default_factory=dict)


class Book(Struct, frozen=True, kw_only=True):
    """A document in a sandbox's books, as far as it is compared."""

    document: str
    kind: str | None
    number: str
    reference: str | None
    business_number: str | None
    party: str | None
    date: str | None
    currency: str | None
    total: Decimal
    status: str | None
    lines: tuple[BookLine, ...] = ()


class Ends(Struct, frozen=True, kw_only=True):
    """Which documents of a flow are to arrive: the source's `document`s that are approved, dated `since` or later.

    `kinds` are those that count (empty: all), `made` what they become, `posted` the target's statuses of documents
    that are in its ledger, `undone` those of documents that were taken back and of what took them back. `of_source`
    and `of_target` say what of a document is compared; without them, its total. `keyed` is what the hub calls a
    document that people keyed into the target, `key` what it calls one of the source.
    """

    flow: str
    source: str
    target: str
    document: str
    approved: tuple[str, ...]
    since: str
    posted: tuple[str, ...]
    kinds: tuple[str, ...] = ()
    made: tuple[str, ...] = ("bill",)
    undone: tuple[str, ...] = ()
    of_source: Callable[[Book], Decimal] | None = None
    of_target: Callable[[Book], Decimal] | None = None
    keyed: Callable[[Book], str] = lambda book: book.number
    key: Callable[[Book], str] = lambda book: book.number


class Sum(Struct, frozen=True, kw_only=True):
    """So many documents and their money by currency."""

    count: int = 0
    money: dict[str, Decimal] = msgspec.field(default_factory=dict)


class Comparison(Struct, frozen=True, kw_only=True):
    """Both ends of a flow. `holds` are told by name, `faults` must be empty; `adopted` were keyed by hand there."""

    integration: str
    flow: str
    source: Sum
    held: Sum
    adopted: Sum
    target: Sum
    duplicates: tuple[str, ...] = ()
    holds: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


def owed_on(*accounts: str) -> Callable[[Book], Decimal]:
    """What a journal owes: its credits on the accounts that a vendor's invoice clears."""

    def owed(book: Book) -> Decimal:
        found = (line for line in book.lines if line.account in accounts)
        return sum(((line.credit or Decimal(0)) - (line.debit or Decimal(0)) for line in found), Decimal(0))

    return owed


def post(control_url: str, path: str, body: object, method: str = "POST") -> Any:
    """Order something of a sandbox; returns what it answers, None for nothing."""
    request = urllib.request.Request(f"{control_url}/{path}", msgspec.json.encode(body), method=method)
    with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:
        content = answer.read()
    return msgspec.json.decode(content) if content else None


def _get(entry: dict[str, Any], path: str, kind: Any) -> Any:
    with urllib.request.urlopen(f"{entry['control_url']}/{path}", timeout=_TIMEOUT) as answer:
        return msgspec.json.decode(answer.read(), type=kind)


def books(entry: dict[str, Any]) -> list[Book]:
    """All documents of a sandbox."""
    found: list[Book] = _get(entry, "books", list[Book])
    return found


def state(entry: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Every stored object of a sandbox, by entity, in the vendor's own wire form."""
    found: dict[str, list[dict[str, Any]]] = _get(entry, "state", dict[str, list[dict[str, Any]]])
    return found


def forget_calls(entry: dict[str, Any]) -> None:
    """Begin to count a sandbox's calls anew."""
    post(entry["control_url"], "calls", {}, "DELETE")


def writes(entry: dict[str, Any]) -> list[str]:
    """The calls since then that were to change something, logins aside."""
    calls: list[dict[str, Any]] = _get(entry, "calls", list[dict[str, Any]])
    return [
        f"{call['method']} {call['path']}"
        for call in calls
        if call["method"] not in _READS and not any(login in call["path"] for login in _LOGINS)
    ]


def compare(integration: str, ends: Ends, ready: Ready, records: list[RecordRow]) -> Comparison:
    """Document by document: what was approved is posted once with the same total, or waits with a reason."""
    by_key = {record.source_key: record for record in records}
    wanted = _valued([book for book in books(ready[ends.source]) if _is_wanted(book, ends)], ends.of_source)
    wanted = [msgspec.structs.replace(book, number=ends.key(book)) for book in wanted]
    there = books(ready[ends.target])
    marked = [book for book in there if book.document in ends.made and book.status not in ends.undone]
    ours = _valued(_ours(marked, {record.record for record in records}), ends.of_target)
    posted = [book for book in ours if book.status in ends.posted]
    adopted = [book for book in wanted if _is_adopted(by_key.get(book.number))]
    held = [book for book in wanted if book.number not in by_key or by_key[book.number].state != "posted"]
    arrived = {book.number for book in wanted} - {book.number for book in (*held, *adopted)}
    return Comparison(
        integration=integration,
        flow=ends.flow,
        source=total_of(wanted),
        held=total_of(held),
        adopted=total_of(adopted),
        target=total_of(posted),
        duplicates=tuple(_duplicates(ours)),
        holds=tuple(_told(book, by_key.get(book.number)) for book in held),
        faults=(
            *_differences([book for book in wanted if book.number in arrived], posted, by_key),
            *_not_there(adopted, {ends.keyed(book) for book in there if not book.reference}, by_key),
            *(f"{text} is there twice" for text in _duplicates(ours)),
            *_unexplained(held, by_key),
        ),
    )


def total_of(found: Iterable[Book]) -> Sum:
    """How many, and how much by currency."""
    money: dict[str, Decimal] = {}
    count = 0
    for book in found:
        count += 1
        money[book.currency or ""] = money.get(book.currency or "", Decimal(0)) + book.total
    return Sum(count=count, money=money)


def _valued(found: list[Book], value: Callable[[Book], Decimal] | None) -> list[Book]:
    """The same, with what is compared of each as its total."""
    if value is None:
        return found
    return [msgspec.structs.replace(book, total=value(book)) for book in found]


def _is_wanted(book: Book, ends: Ends) -> bool:
    return (
        book.document == ends.document
        and book.status in ends.approved
        and (book.date or "") >= ends.since
        and (not ends.kinds or book.kind in ends.kinds)
    )


def _is_adopted(record: RecordRow | None) -> bool:
    return record is not None and record.state == "posted" and record.cause == "keyed_by_hand"


def _ours(there: list[Book], records: set[str]) -> list[Book]:
    """The target's documents that carry a mark of the flow's records."""
    marks = [(book, (book.reference or "").split("-")) for book in there]
    return [book for book, parts in marks if parts[0] == "ML" and parts[1] in records]


def _duplicates(ours: list[Book]) -> list[str]:
    """References, and vendors' numbers, that more than one of our documents carries."""
    references = Counter(book.reference for book in ours)
    numbers = Counter((book.party, book.business_number) for book in ours if book.party and book.business_number)
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


def _not_there(adopted: list[Book], by_hand: set[str], by_key: dict[str, RecordRow]) -> Iterable[str]:
    """Documents that are said to be keyed by hand must be there, without a mark of ours."""
    for book in adopted:
        if by_key[book.number].target not in by_hand:
            yield f"{book.business_number} of {book.party} is adopted as a document that is not there"


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
