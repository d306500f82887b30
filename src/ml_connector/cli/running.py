"""Running flows: `sync`, `runs`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import msgspec
import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Failed, Waits
from ml_connector.hub.problems import WrongUse

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation
    from ml_connector.hub.plan import Planned
    from ml_connector.hub.statements import Statement
    from ml_connector.hub.syncing import Ended
    from ml_connector.records.documents import Bill, PurchaseOrder
    from ml_connector.records.journals import Journal

_ID = typer.Argument(metavar="ID", help="The installation.")
_ORDER = (
    "unchanged", "superseded", "skipped", "withdrawn", "held", "refused", "unknown", "retrying", "waiting", "new",
    "ready", "sending", "posted",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("sync", cls=boot.HubCommand)(sync)
    app.command("runs", cls=boot.HubCommand)(runs)


def moment(text: str) -> datetime:
    """A date or a time as a time in UTC. Raises WrongUse."""
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        raise WrongUse(f"{text!r} is no date: write 2026-01-31 or 2026-01-31T12:00:00Z") from None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def sync(
    installation: str = _ID,
    flow: str | None = typer.Option(None, help="Only this flow."),
    since: str | None = typer.Option(None, metavar="DATE", help="Read what changed since then, not since last time."),
    plan: bool = typer.Option(False, "--plan", help="Print the documents that would be posted; write nothing."),
    wait: float = typer.Option(60, metavar="SECONDS", help="How long to wait for what is not due yet."),
    sweep: bool = typer.Option(False, "--sweep", help="Read everything, and find what was deleted."),
) -> None:
    """Run an installation's flows here and now; ends with a statement of what became of every record read."""
    from ml_connector.hub import installations, syncing

    row = installations.find(installation)
    start = moment(since) if since else None
    if plan:
        _plan(row, flow, start, sweep)
        return
    wish = syncing.Wish(flow=flow, since=start, sweep=sweep, wait=wait)
    with printing.progress(f"{row.integration} {row.pk}") as tell:
        ended = syncing.run(row, wish, tell)
    held = _held(row, flow)
    if printing.json_wanted:
        printing.json({"statements": ended.statements, "troubles": ended.troubles, "waiting": held})
    else:
        for statement in ended.statements:
            print_statement(statement)
        for trouble in ended.troubles:
            print(f"trouble: {trouble}")
        _print_held(row, flow)
    _end(row, ended)


def _held(row: Installation, flow: str | None) -> list[object]:
    from ml_connector.hub import installations, lists

    return [*lists.held_by_cause(row.pk, [state.flow for state in installations.flow_states(row, flow)])]


def print_statement(statement: Statement) -> None:
    """The statement of a run: what became of every row, in counts and money."""
    state = "" if statement.complete else ", not complete yet"
    print(f"run {statement.run}: {statement.flow} ({statement.kind}), {statement.read} read{state}")
    ranked = sorted(statement.lines, key=lambda line: (_ORDER.index(line.what), line.cause))
    lines = [[f"  {line.what}", line.cause, str(line.count), printing.money(line.money)] for line in ranked]
    if lines:
        printing.table(("  became", "cause", "records", "money"), lines)
    total = sum(line.count for line in statement.lines)
    verdict = "adds up" if statement.adds_up else "DOES NOT ADD UP: report this"
    print(f"  {statement.read} read = {total} accounted for: {verdict}")
    if statement.delivered_earlier:
        print(f"  {statement.delivered_earlier} of earlier reads were posted as well")
    for trouble in statement.troubles:
        print(f"  not read: {trouble}")


def _print_held(row: Installation, flow: str | None) -> None:
    from ml_connector.hub import installations, lists

    cause = ""
    for one in lists.held_by_cause(row.pk, [state.flow for state in installations.flow_states(row, flow)]):
        if f"{one.state} {one.cause}" != cause:
            cause = f"{one.state} {one.cause}"
            print(f"{cause}:")
        print(f"  {one.record}  {one.title}  {printing.money({one.currency: one.amount})}")
        print(f"      {one.message}")


def _end(row: Installation, ended: Ended) -> None:
    """Nothing more to do, something waits, or it could not be done."""
    from ml_connector.hub import installations

    row = installations.find(row.pk)
    broken = [one for one in (row.left, row.right) if one.trouble]
    if broken:
        one = broken[0]
        raise Failed(f"connection {one.pk} ({one.name}) does not work: {one.trouble}")
    incomplete = [f"{one.flow} is not read to its end" for one in ended.statements if not one.complete]
    unread = sum(len(one.troubles) for one in ended.statements)
    waits = [
        *([f"{ended.for_a_person} records wait for a person"] if ended.for_a_person else []),
        *([f"{ended.in_flight} are still on their way"] if ended.in_flight else []),
        *([f"{unread} scopes could not be read"] if unread else []),
        *incomplete,
        *ended.troubles,
    ]
    if waits:
        raise Waits("; ".join(waits))


def _plan(row: Installation, flow: str | None, since: datetime | None, sweep: bool) -> None:
    from ml_connector.hub import plan as of_hub

    with printing.progress(f"planning {row.pk}") as tell:
        found = of_hub.of_installation(row, of_hub.Wish(flow=flow, since=since, sweep=sweep), tell)
    if printing.json_wanted:
        printing.json(found)
        return
    counts: dict[str, int] = {}
    for one in sorted(found.planned, key=lambda one: (one.verdict, one.cause, one.facts.number)):
        _print_planned(one)
        counts[one.verdict] = counts.get(one.verdict, 0) + 1
    for trouble in found.troubles:
        print(f"not read: {trouble}")
    told = ", ".join(f"{count} {verdict}" for verdict, count in sorted(counts.items()))
    print(f"{found.read} read, {found.unchanged} unchanged; {told or 'nothing to do'}; nothing was written")


def _print_planned(one: Planned) -> None:
    amount = printing.money({one.facts.currency: one.facts.amount})
    print(f"{one.verdict:<10} {one.record}  {one.facts.title}  {amount}")
    if one.takes_back:
        print(f"           takes back {', '.join(one.takes_back)}")
    if one.cause or one.message:
        print(f"           {': '.join(text for text in (one.cause, one.message) if text)}")
    if one.document is not None:
        _print_document(one.document)


def _print_document(document: Any) -> None:
    """A bill, order or journal as its lines, any other document as its fields."""
    from ml_connector.records.documents import Bill, PurchaseOrder
    from ml_connector.records.journals import Journal

    if isinstance(document, Bill | PurchaseOrder):
        _print_bill(document)
        return
    if isinstance(document, Journal):
        _print_journal(document)
        return
    for name, value in msgspec.to_builtins(document).items():
        for part in value if isinstance(value, list) else [value]:
            if part not in (None, "", {}):
                print(f"             {name.replace('_', ' ')}: {printing.cell(part)}")


def _print_journal(journal: Journal) -> None:
    money = f"{journal.total:,f} {journal.currency}"
    print(f"           {journal.reference}: journal {journal.number}, {journal.date}, {money}")
    for line in journal.lines:
        side = "debit" if line.amount > 0 else "credit"
        coding = " ".join(code for code in (line.account, line.project, line.center) if code)
        print(f"             {side:<6} {abs(line.amount):>16,} {coding}  {line.text}")


def _print_bill(bill: Bill | PurchaseOrder) -> None:
    from ml_connector.records.documents import PurchaseOrder

    money = f"{bill.total:,f} {bill.currency}"
    credit = False if isinstance(bill, PurchaseOrder) else bill.credit
    kind = "credit of " if credit else ""
    print(f"           {bill.reference}: {kind}vendor {bill.vendor}, number {bill.number}, {bill.date}, {money}")
    for line in bill.lines:
        codes = (line.account, line.subaccount, line.project, line.task, line.cost_code, line.center)
        coding = " ".join(code for code in codes if code)
        retainage = f", retainage {line.retainage}" if line.retainage else ""
        print(f"             {line.amount:>16,} {coding}  {line.text}{retainage}")
    for release in () if isinstance(bill, PurchaseOrder) else bill.releases:
        print(f"             {release.amount:>16,} of the retainage of {release.bill} is released")


def runs(
    run: int | None = typer.Argument(None, metavar="RUN", help="Print this run's statement."),
    installation: str = typer.Option("", metavar="ID", help="Only of this installation."),
    limit: int = typer.Option(50, help="At most so many."),
) -> None:
    """List the runs, newest first, or print the statement of one as it is now."""
    from ml_connector.hub import lists, statements

    if run is not None:
        statement = statements.of_run(lists.run(run))
        if printing.json_wanted:
            printing.json(statement)
        else:
            print_statement(statement)
        return
    columns = {
        "run": "run", "installation": "installation", "flow": "flow", "kind": "kind", "trigger": "trigger",
        "started": "started", "ended": "ended", "read": "read", "unchanged": "unchanged", "troubles": "troubles",
    }  # fmt: skip
    printing.rows(lists.run_rows(installation, limit), columns, "nothing has run yet")
