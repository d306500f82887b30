"""Mapping tables: CSV in and out, all or nothing, and the values in force on a day."""

from __future__ import annotations

import csv
import io
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Any

from django.db import transaction
from msgspec import Struct

from ml_connector.hub import audit
from ml_connector.hub.models import Installation, MappingRow, MappingVersion, Match
from ml_connector.hub.problems import BadRows, WrongUse
from ml_connector.integrations.declaration import Integration, Suggestion, Table

HEADER = ["source", "source_name", "target", "target_name", "valid_from", "valid_to"]


class Entry(Struct, frozen=True):
    """A mapping in force from `start` to `end` (both inclusive, None = open)."""

    target: str
    start: date | None
    end: date | None

    def holds_on(self, day: date) -> bool:
        """Whether the entry is in force on a day."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


class Tables:
    """All mapping tables of an installation in memory, for one batch of translations."""

    def __init__(self, installation: Installation) -> None:
        self._entries: dict[tuple[str, str], list[Entry]] = defaultdict(list)
        self._sources: dict[tuple[str, str], dict[str, None]] = defaultdict(dict)
        for row in MappingRow.objects.filter(installation=installation):
            self._entries[row.table, row.source].append(Entry(row.target, row.valid_from, row.valid_to))
            self._sources[row.table, row.target][row.source] = None
        self.versions: dict[str, int] = dict(
            MappingVersion.objects.filter(installation=installation).values_list("table", "number")
        )

    def find(self, table: str, value: str, day: date) -> str:
        """The target in force on `day`, or ""."""
        return next((entry.target for entry in self._entries.get((table, value), ()) if entry.holds_on(day)), "")

    def sources(self, table: str, target: str, day: date) -> list[str]:
        """The values that a table maps to `target` on `day`."""
        mapped = self._sources.get((table, target), ())
        return [value for value in mapped if any(one.target == target for one in self._holding(table, value, day))]

    def _holding(self, table: str, value: str, day: date) -> list[Entry]:
        return [entry for entry in self._entries[table, value] if entry.holds_on(day)]


def table_of(integration: Integration, name: str) -> Table:
    """A table by name. Raises WrongUse with the names there are."""
    for table in integration.tables:
        if table.name == name:
            return table
    raise WrongUse(f"there is no mapping table {name!r}; there are: {', '.join(t.name for t in integration.tables)}")


def export_csv(installation: Installation, table: Table) -> str:
    """The table as CSV."""
    rows = MappingRow.objects.filter(installation=installation, table=table.name).order_by("source", "valid_from")
    return write_csv(
        [row.source, row.source_name, row.target, row.target_name, row.valid_from or "", row.valid_to or ""]
        for row in rows
    )


def suggestions(installation: Installation, table: Table, left: Any, right: Any) -> list[Suggestion]:
    """What a table proposes, from both systems' open clients and, where it asks for them, the accepted pairs."""
    if not table.pairs:
        return table.suggest(left, right)
    accepted = Match.objects.filter(installation=installation, kind=table.pairs).exclude(accepted_by="")
    return table.suggest(left, right, dict(accepted.values_list("left_key", "right_key")))


def suggestions_csv(suggestions: Iterable[Suggestion]) -> str:
    """Proposed rows as CSV, ready to be checked by a person and imported."""
    return write_csv([s.source, s.source_name, s.target, s.target_name, "", ""] for s in suggestions)


def write_csv(rows: Iterable[list[Any]]) -> str:
    """Rows under the header of the contract."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(HEADER)
    writer.writerows(rows)
    return out.getvalue()


def import_csv(installation: Installation, table: Table, content: bytes) -> int:
    """Replace the table by the CSV's rows, all or nothing; returns how many. Raises BadRows naming every bad row."""
    rows, bad = _parse(installation, table, content)
    bad += _overlaps(rows)
    if bad:
        raise BadRows(f"nothing was imported into {table.name}, these rows are wrong", sorted(bad))
    with transaction.atomic():
        MappingRow.objects.filter(installation=installation, table=table.name).delete()
        MappingRow.objects.bulk_create([row for _, row in rows])
        version, _ = MappingVersion.objects.select_for_update().get_or_create(
            installation=installation, table=table.name, defaults={"tenant_id": installation.tenant_id}
        )
        version.number += 1
        version.save(update_fields=["number"])
        audit.write("mapping.imported", installation.pk, table=table.name, rows=len(rows), version=version.number)
    return len(rows)


def _parse(
    installation: Installation, table: Table, content: bytes
) -> tuple[list[tuple[int, MappingRow]], list[tuple[int, str]]]:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        wrong = [(1, "the file is not UTF-8: save it as such")]
        raise BadRows(f"nothing was imported into {table.name}", wrong) from None
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    rows: list[tuple[int, MappingRow]] = []
    bad: list[tuple[int, str]] = []
    try:
        header = next(reader, [])
        if [name.strip() for name in header] != HEADER:
            raise BadRows(f"nothing was imported into {table.name}", [(1, f"the header must be {','.join(HEADER)}")])
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            row, complaint = _row(installation, table, cells)
            if complaint:
                bad.append((reader.line_num, complaint))
            elif row is not None:
                rows.append((reader.line_num, row))
    except csv.Error as broken:
        bad.append((reader.line_num, f"this is no CSV row: {broken}"))
    return rows, bad


def _row(installation: Installation, table: Table, cells: list[str]) -> tuple[MappingRow | None, str]:
    if len(cells) != len(HEADER):
        return None, f"it has {len(cells)} cells, {len(HEADER)} are needed"
    source, source_name, target, target_name, start, end = (cell.strip() for cell in cells)
    if not source:
        return None, "the source is empty"
    if not target:
        return None, "the target is empty: fill it in, or remove the row to leave a gap"
    complaint = table.check(target)
    if complaint:
        return None, complaint
    try:
        valid_from = date.fromisoformat(start) if start else None
        valid_to = date.fromisoformat(end) if end else None
    except ValueError:
        return None, "valid_from and valid_to are dates, YYYY-MM-DD, or empty"
    if valid_from and valid_to and valid_to < valid_from:
        return None, "valid_to is before valid_from"
    row = MappingRow(
        tenant_id=installation.tenant_id, installation=installation, table=table.name, source=source,
        source_name=source_name, target=target, target_name=target_name, valid_from=valid_from, valid_to=valid_to,
    )  # fmt: skip
    return row, ""


def _overlaps(rows: list[tuple[int, MappingRow]]) -> list[tuple[int, str]]:
    by_source: dict[str, list[tuple[int, MappingRow]]] = defaultdict(list)
    for line, row in rows:
        by_source[row.source].append((line, row))
    bad = []
    for source, same in by_source.items():
        same.sort(key=lambda pair: pair[1].valid_from or date.min)
        for (first_line, first), (line, row) in pairwise(same):
            if (row.valid_from or date.min) <= (first.valid_to or date.max):
                bad.append((line, f"{source} is in force at the same time in line {first_line}"))
    return bad


class Gap(Struct, frozen=True):
    """A source value that no row maps: with the table it lacks in, and the money that waits for it.

    Where a table is read backwards `source` is empty, and no row maps anything to `target`.
    """

    table: str
    source: str
    name: str
    money: Decimal
    target: str = ""
