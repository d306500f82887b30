"""The instance's tables: records by id and by key, kept in key order, stamped on each write."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from ml_connector.sandbox.acumatica.contract import FORMS, kinds
from ml_connector.sandbox.acumatica.rows import Row, Value, new_id

Key = tuple[str, ...]


def normal(kind: str, value: Value) -> str:
    """A key value as it is compared: trimmed, upper case, a subaccount without its separators."""
    text = "" if value is None else str(value).strip().upper()
    return text.replace("-", "") if kind == "Subaccount" else text


class Table:
    """The records of one top-level entity."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.keys = FORMS[kind].keys
        self.stamps = frozenset({"CreatedDateTime", "LastModifiedDateTime"} & kinds()[kind].fields.keys())
        self._by_id: dict[str, Row] = {}
        self._by_key: dict[Key, Row] = {}
        self._order: list[Key] = []

    def key_of(self, row: Row) -> Key:
        """The record's key, normalised."""
        return tuple(normal(self.kind, row[name]) for name in self.keys)

    def by_id(self, row_id: str) -> Row | None:
        """The record with the note id."""
        return self._by_id.get(row_id.lower())

    def find(self, *key: Value) -> Row | None:
        """The record with the key fields, in path order."""
        return self._by_key.get(tuple(normal(self.kind, part) for part in key))

    def __iter__(self) -> Iterator[Row]:
        return (self._by_key[key] for key in self._order)

    def __len__(self) -> int:
        return len(self._by_id)

    def add(self, row: Row) -> None:
        """Keep a new record. Its key must be free."""
        key = self.key_of(row)
        if key in self._by_key:
            raise ValueError(f"{self.kind} {'/'.join(key)} exists already")
        self._by_id[row.id] = row
        self._by_key[key] = row
        insort(self._order, key)

    def drop(self, row: Row) -> None:
        """Forget a record."""
        key = self.key_of(row)
        del self._by_id[row.id]
        del self._by_key[key]
        del self._order[bisect_left(self._order, key)]


class Store:
    """All tables, the counters of numbered documents, and the records changed since the last `changes()`."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._tables = {kind: Table(kind) for kind in FORMS}
        self._numbers: dict[str, int] = {}
        self._changed: dict[str, tuple[Row, bool]] = {}
        self.writers: dict[str, tuple[str, datetime]] = {}
        """Record id -> the session that wrote it last, and when."""

    def __getitem__(self, kind: str) -> Table:
        return self._tables[kind]

    def now(self) -> datetime:
        """The instance's time in whole milliseconds, as it stamps records."""
        moment = self._now()
        return moment - timedelta(microseconds=moment.microsecond % 1000)

    def next_number(self, sequence: str, width: int = 6) -> str:
        """The next number of a numbering sequence, `000412`."""
        self._numbers[sequence] = self._numbers.get(sequence, 0) + 1
        return f"{self._numbers[sequence]:0{width}d}"

    def start_number(self, sequence: str, last: int) -> None:
        """Let a sequence go on after `last`."""
        self._numbers[sequence] = max(last, self._numbers.get(sequence, 0))

    def add(self, row: Row) -> Row:
        """Store a new record."""
        self._tables[row.kind].add(row)
        self.touch(row)
        return row

    def touch(self, row: Row) -> None:
        """Stamp a changed record and remember it for the notifications."""
        stamps = self._tables[row.kind].stamps
        now = self.now()
        if "CreatedDateTime" in stamps and row["CreatedDateTime"] is None:
            row["CreatedDateTime"] = now
        if "LastModifiedDateTime" in stamps:
            row["LastModifiedDateTime"] = now
        self._changed[row.id] = (row, True)

    def drop(self, row: Row) -> None:
        """Delete a record."""
        self._tables[row.kind].drop(row)
        self._changed[row.id] = (row, False)

    def rename(self, row: Row, field: str, value: str) -> None:
        """Change a key field of a stored record."""
        table = self._tables[row.kind]
        table.drop(row)
        row[field] = value
        table.add(row)
        self.touch(row)

    def renew_line_ids(self) -> None:
        """Detail lines get other ids; those of the records themselves stay."""
        for table in self._tables.values():
            for row in table:
                for below in row.nested():
                    for line in (line for lines in below.details.values() for line in lines):
                        line.id = new_id()

    def recode(self, fields: set[str], old: str, new: str) -> None:
        """Let everything that refers to a code by one of the fields refer to the new one."""
        for table in self._tables.values():
            for row in list(table):
                for below in row.nested():
                    for field in fields:
                        if below[field] != old:
                            continue
                        if below is row and field in table.keys:
                            self.rename(row, field, new)
                        else:
                            below[field] = new

    def changes(self) -> list[tuple[Row, bool]]:
        """The records written since the last call: (record, whether it still exists)."""
        changed = list(self._changed.values())
        self._changed.clear()
        return changed
