"""Stored records and the tables of one company, with row versions and change times."""

from __future__ import annotations

import base64
from bisect import bisect_left, insort
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any, Final, TypeAlias

from msgspec import Struct, field

Values: TypeAlias = dict[str, Any]
_FIRST_VERSION: Final = 0x4D182222
_NEVER: Final = datetime(1, 1, 1)  # noqa: DTZ001  stored times are UTC without zone


class Record(Struct, kw_only=True):
    """One record. `values` and `lines` go by the names of the write form, read-only ones by those of the read form."""

    kind: str
    key: str
    id: int = 0
    values: Values = {}
    lines: list[Values] = field(default_factory=list)
    version: int = 0
    created: datetime = _NEVER
    modified: datetime = _NEVER

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)

    def __setitem__(self, name: str, value: Any) -> None:
        self.values[name] = value

    def draft(self) -> Record:
        """A copy to change and to check before it is taken."""
        values = {name: dict(value) if isinstance(value, dict) else value for name, value in self.values.items()}
        return Record(
            kind=self.kind, key=self.key, id=self.id, values=values, lines=[dict(line) for line in self.lines]
        )

    def take(self, draft: Record) -> None:
        """Become what the draft holds."""
        self.values, self.lines = draft.values, draft.lines

    @property
    def stamp(self) -> str:
        """The row version as `timeStamp` has it: base64 of eight bytes (vendors/visma_net.md §8)."""
        return base64.b64encode(self.version.to_bytes(8, "big")).decode()

    @property
    def etag(self) -> str:
        return f'"{self.stamp}"'


class Table:
    """The records of a kind, in the order of their keys; keys are compared without regard to case."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._by_key: dict[str, Record] = {}
        self._by_id: dict[int, Record] = {}
        self._order: list[str] = []

    def find(self, key: object) -> Record | None:
        """The record with the key; None also for a key that is no text."""
        return self._by_key.get(key.strip().upper()) if isinstance(key, str) else None

    def by_id(self, number: int) -> Record | None:
        """The record with the internal id."""
        return self._by_id.get(number)

    def __iter__(self) -> Iterator[Record]:
        return (self._by_key[key] for key in self._order)

    def __len__(self) -> int:
        return len(self._order)

    def put(self, record: Record) -> None:
        """Keep a new record, whose key must be free."""
        key = record.key.upper()
        if key in self._by_key:
            raise ValueError(f"{self.kind} {record.key} exists already")
        self._by_key[key] = self._by_id[record.id] = record
        insort(self._order, key)

    def drop(self, record: Record) -> None:
        """Forget a record."""
        key = record.key.upper()
        del self._by_key[key], self._by_id[record.id]
        del self._order[bisect_left(self._order, key)]


class Versions:
    """The database's row versions: one ascending series for all tables."""

    def __init__(self) -> None:
        self.last = _FIRST_VERSION

    def next(self) -> int:
        self.last += 1
        return self.last


def milliseconds(moment: datetime) -> datetime:
    """As the database keeps it: without zone (UTC), in whole milliseconds."""
    plain = moment.replace(tzinfo=None)
    return plain - timedelta(microseconds=plain.microsecond % 1000)
