"""What both sides of a pair do not agree in: `differences`, and `approve` for what the hub may make good."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Waits
from ml_connector.hub.problems import WrongUse

if TYPE_CHECKING:
    from ml_connector.hub.differences import Found, Report

_ID = typer.Argument(metavar="ID", help="The installation.")
_COLUMNS = (
    "id", "kind", "project", "source", "target", "difference", "agreed", "stored", "currency", "fix", "by hand",
    "approved", "record",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("differences", cls=boot.HubCommand)(differences)
    app.command("approve", cls=boot.HubCommand)(approve)


def differences(
    installation: str = _ID,
    to: Path | None = typer.Option(None, metavar="FILE", help="Write them there as CSV."),
) -> None:
    """List what commitments and their orders do not agree in, from what was last read, each with its fix.

    Nothing is changed: 'approve' lets the hub carry out a fix. What is set aside is left out.
    """
    from ml_connector.hub import differences as of_hub
    from ml_connector.hub import installations

    found = of_hub.report(installations.find(installation))
    if to:
        _write(to, found)
    if printing.json_wanted:
        printing.json(found)
    elif not to:
        _print(found)
    if found.found or found.uncompared:
        raise Waits(f"{len(found.found)} differences, {len(found.uncompared)} records could not be compared")


def _print(report: Report) -> None:
    times = [f"{flow} {read:%Y-%m-%d %H:%M}" if read else f"{flow} never" for flow, read in report.read.items()]
    if report.found:
        lines = [[printing.cell(value) for value in _row(one)[:-2]] for one in report.found]
        printing.table(_COLUMNS[:-2], lines)
    for one in report.uncompared:
        print(f"not compared: {one.record}  {one.title}")
        print(f"      {one.cause}: {one.message}")
    print(f"{len(report.found)} differences, as of what was last read: {', '.join(times)}")


def _row(one: Found) -> list[object]:
    it = one.difference
    amounts = ["" if amount is None else f"{amount:f}" for amount in (it.source_amount, it.target_amount)]
    return [
        it.id, it.kind, it.project, it.source, it.target, it.text, *amounts, it.currency, it.fix, it.by_hand,
        "yes" if one.approved else "", one.record,
    ]  # fmt: skip


def _write(to: Path, report: Report) -> None:
    try:
        with to.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(_COLUMNS)
            writer.writerows(_row(one) for one in report.found)
    except OSError as error:
        raise WrongUse(f"{to} cannot be written: {error.strerror}") from None


def approve(
    installation: str = _ID,
    difference: list[str] | None = typer.Argument(None, metavar="DIFFERENCE", help="Differences by id."),
    everything: bool = typer.Option(False, "--all", help="All that have a fix."),
) -> None:
    """Approve the fixes of differences: a worker or 'sync' carries them out. Each approval is good for one time."""
    from ml_connector.hub import differences as of_hub
    from ml_connector.hub import installations

    named = difference or []
    if everything == bool(named):
        raise WrongUse("name differences, or --all ('ml-connector differences' lists them)")
    row = installations.find(installation)
    chosen = of_hub.approve(row, None if everything else named, f"cli:{boot.user()}")
    if printing.json_wanted:
        printing.json([one.difference for one in chosen])
        return
    for one in chosen:
        it = one.difference
        print(f"{it.id}  {it.source or it.target}: {it.text}: {it.fix}")
    print(f"{len(chosen)} fixes are approved; a worker or 'sync' carries them out")
