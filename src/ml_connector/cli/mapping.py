"""Mapping tables and first-day matching: `mapping export/import/gaps/suggest`, `match`."""

from __future__ import annotations

import csv
import io
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ml_connector.cli import boot, printing
from ml_connector.hub.problems import BadRows, WrongUse

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation

_ID = typer.Argument(metavar="ID", help="The installation.")
_TABLE = typer.Argument(help="The mapping table.")
_TO = typer.Option(None, metavar="FILE", help="Write the CSV there instead of printing it.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    tables = boot.group("Mapping tables: source values and what they are called in the target.")
    tables.command("export", cls=boot.HubCommand)(export)
    tables.command("import", cls=boot.HubCommand)(import_)
    tables.command("gaps", cls=boot.HubCommand)(gaps)
    tables.command("suggest", cls=boot.HubCommand)(suggest)
    app.add_typer(tables, name="mapping")
    app.command("match", cls=boot.HubCommand)(match)


def export(installation: str = _ID, table: str = _TABLE, to: Path | None = _TO) -> None:
    """Print a table as CSV."""
    from ml_connector.hub import installations
    from ml_connector.hub import mapping as of_hub

    row = installations.find(installation)
    _write(to, of_hub.export_csv(row, of_hub.table_of(installations.declaration(row.integration), table)))


def import_(
    installation: str = _ID,
    table: str = _TABLE,
    file: Path = typer.Argument(Path("-"), help="The CSV; - is standard input."),
) -> None:
    """Replace a table by a CSV: all of it or, when one row is wrong, nothing. What waited for it goes on."""
    from ml_connector.hub import installations, replay
    from ml_connector.hub import mapping as of_hub
    from ml_connector.hub.states import Held

    row = installations.find(installation)
    declared = of_hub.table_of(installations.declaration(row.integration), table)
    count = of_hub.import_csv(row, declared, _read(file))
    released = replay.release_waiting(row.pk, [Held.UNMAPPED, Held.DIFFERS])
    if printing.json_wanted:
        printing.json({"rows": count, "released": released})
    else:
        print(f"{count} rows imported into {declared.name}; {released} records that waited are on their way again")


def _read(file: Path) -> bytes:
    if str(file) == "-":
        return sys.stdin.buffer.read()
    try:
        return file.read_bytes()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from None


def _write(to: Path | None, text: str) -> None:
    if to is None:
        sys.stdout.write(text)
        return
    try:
        to.write_text(text)
    except OSError as error:
        raise WrongUse(f"{to} cannot be written: {error.strerror}") from None


def gaps(
    installation: str = _ID,
    table: str | None = typer.Argument(None, help="Print this table's gaps as CSV, to be filled in."),
) -> None:
    """List what the tables lack for the records that wait, with the number of records and the money behind it."""
    from ml_connector.hub import gaps as of_hub
    from ml_connector.hub import installations
    from ml_connector.hub import mapping as of_mapping

    row = installations.find(installation)
    missing = of_hub.missing_rows(row)
    if table is None or printing.json_wanted:
        name = of_mapping.table_of(installations.declaration(row.integration), table).name if table else ""
        wanted = [one for one in missing if not name or one.table == name]
        if printing.json_wanted:
            printing.json(wanted)
            return
        lines = [
            [
                one.table,
                one.source or f"? for {one.target}",
                one.source_name or one.target_name,
                str(one.records),
                printing.money(one.money),
            ]
            for one in wanted
        ]
        if lines:
            printing.table(("table", "source", "name", "records", "money"), lines)
        else:
            print("no record waits for a mapping")
        unmatched = of_hub.held_for(row, "no_match")
        if unmatched:
            printing.aside(f"{unmatched} records wait for a match: 'ml-connector match {row.pk}'")
        return
    declared = of_mapping.table_of(installations.declaration(row.integration), table)
    found = [one for one in missing if one.table == declared.name]
    sys.stdout.write(
        of_mapping.write_csv([one.source, one.source_name, one.target, one.target_name, "", ""] for one in found)
    )


def suggest(
    installation: str = _ID,
    table: str = _TABLE,
    found_only: bool = typer.Option(False, "--found-only", help="Leave out rows for which nothing fits."),
    to: Path | None = _TO,
) -> None:
    """Propose a table's rows from what both systems hold, as CSV to be checked and imported."""
    from ml_connector.hub import connections, installations
    from ml_connector.hub import mapping as of_hub

    row = installations.find(installation)
    declared = of_hub.table_of(installations.declaration(row.integration), table)
    with (
        printing.progress(f"reading both systems for {declared.name}") as tell,
        connections.opened(row.left) as (left, _),
        connections.opened(row.right) as (right, _),
    ):
        tell(f"reading both systems for {declared.name}")
        proposed = of_hub.suggestions(row, declared, left, right)
    kept = [one for one in proposed if (one.source and one.target) or not found_only]
    if printing.json_wanted:
        printing.json(kept)
    else:
        _write(to, of_hub.suggestions_csv(kept))
    whole = sum(bool(one.source and one.target) for one in proposed)
    printing.aside(f"{whole} rows proposed, {len(proposed) - whole} more need a source or a target filled in")


def match(
    installation: str = _ID,
    score: int | None = typer.Argument(None, help="With --accept all-above: the least score."),
    accept: str = typer.Option("", metavar="all-above SCORE | FILE", help="Accept candidates, or the pairs of a CSV."),
    kind: str = typer.Option("", help="Only this kind, for example vendors. A CSV without column kind is of vendors."),
    accepted: bool = typer.Option(False, "--accepted", help="List the accepted pairs instead."),
    to: Path | None = _TO,
) -> None:
    """Find what both systems hold already, with scores and reasons; accept pairs. What waited for it goes on.

    Kinds are looked for one after the other: documents are compared with the help of the vendors that are accepted.
    """
    from ml_connector.hub import installations, lists
    from ml_connector.hub import matching as of_hub

    row = installations.find(installation)
    declared = installations.declaration(row.integration).matchings
    kinds = [of_hub.require_kind(kind, declared).kind] if kind else [one.kind for one in declared]
    if score is not None and accept != "all-above":
        raise WrongUse("a score goes with --accept all-above")
    if accept == "all-above" and score is None:
        raise WrongUse("which score? write --accept all-above 90")
    if accept:
        _accept(row, kinds, accept, score)
        return
    if not accepted:
        for one in kinds:
            _look(row, one)
    pairs = [pair for one in kinds for pair in lists.match_rows(row, one, accepted=accepted)]
    if to:
        names = ("kind", "left", "left_name", "right", "right_name", "score", "reason")
        _write(to, _csv(names, [[getattr(pair, name) for name in names] for pair in pairs]))
    else:
        columns = {
            "kind": "kind", "score": "score", "left": "left", "left_name": "name", "right": "right",
            "right_name": "name there", "reason": "reason",
        }  # fmt: skip
        what = kind or "pairs"
        printing.rows(pairs, columns, f"no {what} are matched" if accepted else f"no undecided {what}")


def _look(row: Installation, kind: str) -> None:
    from ml_connector.hub import installations
    from ml_connector.hub import matching as of_hub

    with printing.progress("reading both systems") as tell:
        tell(f"reading {kind} of both systems")
        of_hub.find(row, of_hub.require_kind(kind, installations.declaration(row.integration).matchings))


def _accept(row: Installation, kinds: list[str], accept: str, score: int | None) -> None:
    """Accept kind by kind: what is accepted of the first helps to find the next."""
    from ml_connector.hub import lists, replay
    from ml_connector.hub import matching as of_hub
    from ml_connector.hub.states import Held

    by = f"cli:{boot.user()}"
    listed = [] if score is not None else _pairs(_read(Path(accept)), kinds)
    causes = [Held.NO_MATCH, Held.NOT_MATCHED, Held.KEYED_BY_HAND, Held.DIFFERS]
    released = replay.waiting(row.pk, causes).count()
    count = 0
    for kind in kinds:
        if kind not in row.matched or not lists.match_rows(row, kind, accepted=False):
            _look(row, kind)
        if score is not None:
            count += of_hub.accept_above(row, score, by, kind)
        else:
            pairs = [(line, left, right) for of_kind, line, left, right in listed if of_kind == kind]
            count += of_hub.accept_pairs(row, kind, pairs, by)
    replay.release_waiting(row.pk, causes)
    if printing.json_wanted:
        printing.json({"accepted": count, "released": released})
    else:
        print(f"{count} pairs accepted; {released} records that waited are on their way again")


def _pairs(content: bytes, kinds: list[str]) -> list[tuple[str, int, str, str]]:
    """The columns `left`, `right` and `kind` of a CSV, with line numbers; other columns are for people."""
    try:
        reader = csv.DictReader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        if not {"left", "right"} <= set(reader.fieldnames or ()):
            raise BadRows("nothing was accepted", [(1, "the header must name the columns left and right")])
        rows = [
            (
                (line.get("kind") or kinds[0]).strip(),
                reader.line_num,
                (line["left"] or "").strip(),
                (line["right"] or "").strip(),
            )
            for line in reader
        ]
    except (UnicodeDecodeError, csv.Error) as wrong:
        raise BadRows("nothing was accepted", [(1, f"this is no CSV in UTF-8: {wrong}")]) from None
    bad = [
        (line, f"{kind!r} is not matched here; kinds: {', '.join(kinds)}")
        for kind, line, *_ in rows
        if kind not in kinds
    ]
    if bad:
        raise BadRows("nothing was accepted, these pairs are wrong", bad)
    return rows


def _csv(header: tuple[str, ...], lines: list[list[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(lines)
    return out.getvalue()
