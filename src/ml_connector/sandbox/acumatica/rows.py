"""A record as the instance holds it: contract fields, nested records, and the form's fields beyond the contract."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import TypeAlias

Value: TypeAlias = str | bool | int | Decimal | date | datetime | None


def new_id() -> str:
    """A note id as the API shows it."""
    return str(uuid.uuid4())


class Row:
    """One record. Dates are `date`, time stamps aware UTC `datetime` in whole milliseconds; None is empty.

    `beyond` holds what the form has and the contract lacks, by (view, field): `("Document", "Released")`.
    `errors` (by field) and `error` (of the record) belong to drafts that are being refused.
    """

    __slots__ = (
        "archived",
        "beyond",
        "comments",
        "details",
        "error",
        "errors",
        "files",
        "id",
        "kind",
        "linked",
        "note",
        "values",
    )

    def __init__(self, kind: str, values: dict[str, Value] | None = None, row_id: str = "") -> None:
        self.kind = kind
        self.id = row_id or new_id()
        self.values: dict[str, Value] = values or {}
        self.linked: dict[str, Row] = {}
        self.details: dict[str, list[Row]] = {}
        self.beyond: dict[tuple[str, str], Value] = {}
        self.note = ""
        self.files: dict[str, bytes] = {}
        self.comments: dict[str, str] = {}
        """Of the files, by name."""
        self.archived = False
        self.errors: dict[str, str] = {}
        self.error = ""

    def __getitem__(self, field: str) -> Value:
        return self.values.get(field)

    def __setitem__(self, field: str, value: Value) -> None:
        self.values[field] = value

    def text(self, field: str) -> str:
        """A text field, "" when empty."""
        value = self.values.get(field)
        return value if isinstance(value, str) else ""

    def amount(self, field: str) -> Decimal:
        """A decimal field, 0 when empty."""
        value = self.values.get(field)
        return value if isinstance(value, Decimal) else Decimal(0)

    def flag(self, field: str) -> bool:
        """A boolean field, False when empty."""
        return self.values.get(field) is True

    def whole(self, field: str) -> int:
        """An integer field, 0 when empty."""
        value = self.values.get(field)
        return value if isinstance(value, int) else 0

    def day(self, field: str) -> date | None:
        """A date field."""
        value = self.values.get(field)
        return value if isinstance(value, date) else None

    def lines(self, name: str = "Details") -> list[Row]:
        """The detail records under `name`, to be changed in place."""
        return self.details.setdefault(name, [])

    def beyond_amount(self, view: str, field: str) -> Decimal:
        """A decimal of the form beyond the contract, 0 when empty."""
        value = self.beyond.get((view, field))
        return value if isinstance(value, Decimal) else Decimal(value) if isinstance(value, int) else Decimal(0)

    def beyond_text(self, view: str, field: str) -> str:
        """A text of the form beyond the contract, "" when empty."""
        value = self.beyond.get((view, field))
        return value if isinstance(value, str) else ""

    def beyond_flag(self, view: str, field: str) -> bool:
        """A tick of the form beyond the contract."""
        return self.beyond.get((view, field)) is True

    def copy(self) -> Row:
        """A deep copy with the same ids: a draft to work on until it is stored."""
        twin = Row(self.kind, dict(self.values), self.id)
        twin.linked = {name: row.copy() for name, row in self.linked.items()}
        twin.details = {name: [row.copy() for row in rows] for name, rows in self.details.items()}
        twin.beyond = dict(self.beyond)
        twin.note = self.note
        twin.files, twin.comments = dict(self.files), dict(self.comments)
        twin.archived = self.archived
        return twin

    def take(self, draft: Row) -> None:
        """Become what `draft` says; the identity stays."""
        self.values, self.linked, self.details = draft.values, draft.linked, draft.details
        self.beyond, self.note, self.archived = draft.beyond, draft.note, draft.archived
        self.files, self.comments = draft.files, draft.comments

    def nested(self) -> Iterator[Row]:
        """This record and all below it."""
        yield self
        for row in self.linked.values():
            yield from row.nested()
        for rows in self.details.values():
            for row in rows:
                yield from row.nested()

    def has_errors(self) -> bool:
        """Whether this record or one below it is refused."""
        return any(row.error or row.errors for row in self.nested())
