"""Stored rows by id, with the indexes that lists and upserts need."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from ml_connector.sandbox.procore.fields import Row


class Table:
    """Rows of one kind. The `parents` are fields that never change; `origin_id` is unique over the table."""

    def __init__(self, name: str, *parents: str) -> None:
        self.name = name
        self._rows: dict[int, Row] = {}
        self._children: dict[str, dict[object, dict[int, Row]]] = {parent: defaultdict(dict) for parent in parents}
        self._origins: dict[str, Row] = {}

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def __len__(self) -> int:
        return len(self._rows)

    def get(self, number: object) -> Row | None:
        return self._rows.get(number) if isinstance(number, int) else None

    def by_origin(self, origin: str) -> Row | None:
        return self._origins.get(origin)

    def of(self, parent: str, value: object) -> list[Row]:
        """The rows whose field `parent` is `value`, oldest first."""
        return list(self._children[parent][value].values())

    def add(self, row: Row) -> None:
        self._rows[row["id"]] = row
        for parent, children in self._children.items():
            children[row[parent]][row["id"]] = row
        if row.get("origin_id"):
            self._origins[row["origin_id"]] = row

    def change(self, row: Row, values: Row) -> None:
        if row.get("origin_id"):
            self._origins.pop(row["origin_id"], None)
        row.update(values)
        if row.get("origin_id") and row.get("deleted_at") is None:
            self._origins[row["origin_id"]] = row

    def remove(self, row: Row) -> None:
        del self._rows[row["id"]]
        for parent, children in self._children.items():
            del children[row[parent]][row["id"]]
        if row.get("origin_id"):
            self._origins.pop(row["origin_id"], None)
