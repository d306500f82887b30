"""The books of a vendor in one shape for all vendors, so that a tester compares documents and not wire formats."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Struct, structs

from ml_connector.sandbox.kit.wire import plain


class BookLine(Struct, frozen=True, kw_only=True):
    """Debit and credit for ledgers, amount for documents; None where the vendor has no such thing."""

    account: str | None = None
    project: str | None = None
    cost_code: str | None = None
    dimensions: dict[str, str] = {}
    debit: Decimal | None = None
    credit: Decimal | None = None
    amount: Decimal | None = None


class Book(Struct, frozen=True, kw_only=True):
    """A document: `document` its class (bill, journal, payment…), `kind` the vendor's own word for the sort."""

    document: str
    kind: str
    number: str
    reference: str | None = None
    """Where our reference would be found."""
    business_number: str | None = None
    party: str | None = None
    date: str | None = None
    period: str | None = None
    currency: str | None = None
    total: Decimal
    tax: Decimal | None = None
    status: str
    reversed_by: str | None = None
    lines: tuple[BookLine, ...] = ()


def rows(books: list[Book]) -> list[dict[str, Any]]:
    """Sorted by document, number and kind; amounts as plain decimal strings."""
    ordered = sorted(books, key=lambda book: (book.document, book.number, book.kind, book.reference or ""))
    return [_row(book) for book in ordered]


def _row(book: Book) -> dict[str, Any]:
    return _texts(book) | {"lines": [_texts(line) for line in book.lines]}


def _texts(row: Book | BookLine) -> dict[str, Any]:
    return {name: plain(value) if isinstance(value, Decimal) else value for name, value in structs.asdict(row).items()}
