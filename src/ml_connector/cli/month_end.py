"""The end of a month: `reconcile`, `accruals`."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING

import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Waits
from ml_connector.hub.problems import WrongUse

if TYPE_CHECKING:
    from ml_connector.hub.accruals import Open
    from ml_connector.hub.reconcile import Comparison

_ID = typer.Argument(metavar="ID", help="The installation.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("reconcile", cls=boot.HubCommand)(reconcile)
    app.command("accruals", cls=boot.HubCommand)(accruals)


def reconcile(
    installation: str = _ID,
    period: str = typer.Option(..., metavar="YYYY-MM", help="The posting period."),
    everything: bool = typer.Option(False, "--all", help="Print what agrees as well."),
) -> None:
    """Compare a month: approved at the source, posted by us, in the target's ledger now, with causes and documents."""
    from ml_connector.hub import installations
    from ml_connector.hub import reconcile as of_hub

    row = installations.find(installation)
    with printing.progress(f"comparing {period}") as tell:
        found = of_hub.of_period(row, period, tell)
    if printing.json_wanted:
        printing.json(found)
    else:
        _print_comparison(found, everything)
    if found.unexplained:
        raise Waits(f"{found.unexplained} differences are unexplained")
    if found.waiting or found.troubles:
        raise Waits(f"{found.waiting} differences wait to be settled, {len(found.troubles)} scopes could not be read")


def _print_comparison(found: Comparison, everything: bool) -> None:
    lines = []
    for line in found.lines:
        if not (line.reasons or everything):
            continue
        cell = line.cell
        why = "; ".join(f"{one.cause} {one.amount:,f} ({', '.join(one.documents)})" for one in line.reasons)
        amounts = [f"{amount:,f}" for amount in (line.approved, line.posted, line.ledger, line.difference)]
        lines.append([cell.project, cell.cost_code, cell.cost_type, cell.center, cell.currency, *amounts, why])
    heads = ["project", "cost code", "type", "centre", "", "approved", "posted", "ledger", "difference", "why"]
    if not any(line.cell.center for line in found.lines):
        del heads[3]
        for row in lines:
            del row[3]
    if lines:
        printing.table(tuple(heads), lines)
    for trouble in found.troubles:
        print(f"not read: {trouble}")
    sums: dict[str, list[Decimal]] = {}
    for line in found.lines:
        kept = sums.setdefault(line.cell.currency, [Decimal(0)] * 4)
        for place, amount in enumerate((line.approved, line.posted, line.ledger, line.unexplained)):
            kept[place] += amount
    for currency, (approved, posted, ledger, unexplained) in sorted(sums.items()):
        print(
            f"{found.period} {currency}: approved {approved:,f}, posted {posted:,f}, in the ledger {ledger:,f}, "
            f"difference {approved - ledger:,f}, unexplained {unexplained:,f}"
        )
    agree = sum(not line.reasons for line in found.lines)
    print(f"{agree} of {len(found.lines)} lines agree; not approved: {found.pending_documents} documents, ", end="")
    print(printing.money(found.pending) or "nothing")


def accruals(
    installation: str = _ID,
    until: str | None = typer.Option(None, metavar="DATE", help="As of the end of this day; without it, until now."),
    everything: bool = typer.Option(False, "--all", help="Print what is cleared as well."),
) -> None:
    """List what waits to be cleared on the accrual and clearing accounts, by commitment and vendor."""
    from ml_connector.hub import accruals as of_hub
    from ml_connector.hub import installations

    row = installations.find(installation)
    day = _day(until) if until else None
    with printing.progress("reading the ledger") as tell:
        found = of_hub.of_installation(row, day, tell)
    if printing.json_wanted:
        printing.json(found)
        return
    _print_accruals([one for one in found if one.open or everything])
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for one in found:
        sums[one.account] += one.open
    for account, amount in sorted(sums.items()):
        print(f"{account}: {_side(amount)} not cleared")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is no date: write 2026-01-31") from None


def _print_accruals(found: list[Open]) -> None:
    lines = [
        [one.account, one.commitment or "(no commitment)", one.vendor, f"{one.debit:,f}", f"{one.credit:,f}",
         _side(one.open), str(one.entries), one.oldest.isoformat()]
        for one in found
    ]  # fmt: skip
    if lines:
        printing.table(("account", "commitment", "vendor", "debit", "credit", "open", "entries", "since"), lines)


def _side(amount: Decimal) -> str:
    """A balance as accountants write it."""
    return f"{abs(amount):,f} {'Dr' if amount > 0 else 'Cr' if amount else ''}".rstrip()
