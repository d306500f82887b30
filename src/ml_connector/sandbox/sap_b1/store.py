"""Where the company's records are kept: tables with keys and indexes, numbering, and the way back to an earlier state.

A stored Row is never changed in place: a write puts another Row in its stead. That is what makes a snapshot cheap.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, TypeAlias

from ml_connector.sandbox.sap_b1.edm import Key, Row

Columns: TypeAlias = tuple[str, ...]


class Table:
    """Records by key, and by the values of the columns in `indexes`."""

    def __init__(self, keys: Columns, indexes: tuple[Columns, ...] = ()) -> None:
        self._keys = keys
        self._rows: dict[Key, Row] = {}
        self._indexes: dict[Columns, dict[tuple[Any, ...], dict[Key, None]]] = {columns: {} for columns in indexes}
        self._ordered: list[Row] | None = []

    def __len__(self) -> int:
        return len(self._rows)

    def __iter__(self) -> Iterator[Row]:
        return iter(self._rows.values())

    def key(self, row: Row) -> Key:
        """The key of a record."""
        values = tuple(row[name] for name in self._keys)
        return values[0] if len(values) == 1 else values

    def find(self, key: Key | None) -> Row | None:
        """The record, if there is one."""
        return None if key is None else self._rows.get(key)

    def put(self, row: Row) -> Row:
        """Store a new record or another state of a known one."""
        key = self.key(row)
        self._forget(key)
        self._rows[key] = row
        for columns, index in self._indexes.items():
            index.setdefault(_values(row, columns), {})[key] = None
        self._ordered = None
        return row

    def drop(self, key: Key) -> None:
        """Remove a record."""
        self._forget(key)
        del self._rows[key]
        self._ordered = None

    def where(self, columns: Columns, *values: object) -> list[Row]:
        """The records with these values in the columns of an index."""
        return [self._rows[key] for key in self._indexes[columns].get(values, ())]

    def rows(self) -> list[Row]:
        """All records in the order of their keys."""
        if self._ordered is None:
            self._ordered = [self._rows[key] for key in sorted(self._rows)]
        return self._ordered

    def held(self) -> dict[Key, Row]:
        """What the table holds, for a snapshot."""
        return dict(self._rows)

    def hold(self, rows: dict[Key, Row]) -> None:
        """Hold these records and no others."""
        self._rows = dict(rows)
        for columns, index in self._indexes.items():
            index.clear()
            for key, row in rows.items():
                index.setdefault(_values(row, columns), {})[key] = None
        self._ordered = None

    def _forget(self, key: Key) -> None:
        known = self._rows.get(key)
        if known is None:
            return
        for columns, index in self._indexes.items():
            index[_values(known, columns)].pop(key, None)


def _values(row: Row, columns: Columns) -> tuple[Any, ...]:
    return tuple(row.get(name) for name in columns)


DOCUMENT_TABLES = ("OPCH", "ORPC", "OPDN", "OPOR", "ODRF")
_BY_NUMBER: tuple[Columns, ...] = (("CardCode", "NumAtCard"), ("DocNum",), ("CardCode",))
_TABLES: dict[str, tuple[Columns, tuple[Columns, ...]]] = {
    **dict.fromkeys(DOCUMENT_TABLES, (("DocEntry",), _BY_NUMBER)),
    "OVPM": (("DocEntry",), (("DocNum",), ("CardCode",))),
    "OJDT": (("JdtNum",), (("Number",), ("OriginalJournal", "Original"))),
    "OCRD": (("CardCode",), ()),
    "OACT": (("Code",), (("FormatCode",),)),
    "OPRC": (("CenterCode",), ()),
    "OOCR": (("FactorCode",), ()),
    "ODIM": (("DimensionCode",), ()),
    "OCCT": (("CostCenterTypeCode",), ()),
    "OPRJ": (("Code",), ()),
    "OITM": (("ItemCode",), ()),
    "OFPR": (("AbsoluteEntry",), (("PeriodCode",),)),
    "OCRN": (("Code",), ()),
    "OVTG": (("Code",), ()),
    "OSTC": (("Code",), ()),
    "OBPL": (("BPLID",), ()),
    "OATC": (("AbsoluteEntry",), ()),
    # What no entity set shows: rates by currency; which entry reverses which; reversals that wait for their day.
    "ORTT": (("Currency",), ()),
    "reversals": (("Table", "Entry"), (("Table", "By"),)),
    "storno": (("JdtNum",), ()),
}


class Store:
    """All tables, numbering sequences, and the company's settings."""

    def __init__(self) -> None:
        self._tables = {name: Table(keys, indexes) for name, (keys, indexes) in _TABLES.items()}
        self._numbers: dict[str, int] = {}
        self.settings: dict[str, Row] = {"admin": {}, "company": {}, "accounts": {}, "approval": {}}
        self.settings["segmented"] = {"on": False}
        """AdminInfo, CompanyInfo, the standing accounts by their role, vendors whose documents need approval, and
        whether accounts have system codes."""

    def __getitem__(self, name: str) -> Table:
        return self._tables[name]

    def next_number(self, sequence: str) -> int:
        """The next number of a sequence, from 1 on."""
        self._numbers[sequence] = self._numbers.get(sequence, 0) + 1
        return self._numbers[sequence]

    def start_number(self, sequence: str, last: int) -> None:
        """Let a sequence go on after `last`."""
        self._numbers[sequence] = max(last, self._numbers.get(sequence, 0))

    def reverse(self, table: str, entry: int, by: int) -> None:
        """Note that a record was reversed by another one of the same table."""
        self["reversals"].put({"Table": table, "Entry": entry, "By": by})

    def reversed_by(self, table: str, entry: int) -> int | None:
        """The record that reverses this one."""
        row = self["reversals"].find((table, entry))
        return row["By"] if row is not None else None

    def snapshot(self) -> Any:
        """Everything, to come back to with `restore`."""
        tables = {name: table.held() for name, table in self._tables.items()}
        return tables, dict(self._numbers), {name: dict(row) for name, row in self.settings.items()}

    def restore(self, snapshot: Any) -> None:
        """Be as at the snapshot."""
        tables, numbers, settings = snapshot
        for name, rows in tables.items():
            self._tables[name].hold(rows)
        self._numbers = dict(numbers)
        self.settings = {name: dict(row) for name, row in settings.items()}
