"""`demo`: every integration over one contractor's month between sandboxes, compared at both ends to the cent."""

from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer
from msgspec import Struct

from ml_connector.cli import boot, demo_books, printing
from ml_connector.cli.demo_books import Comparison, Ends
from ml_connector.cli.endings import Failed

if TYPE_CHECKING:
    from ml_connector.hub.models import Connection, Installation
    from ml_connector.hub.syncing import Ended

Ready = dict[str, dict[str, Any]]


class Rehearsal(Struct, frozen=True, kw_only=True):
    """One integration's part of the demo: its systems, the company's choices, and where its documents are.

    `switches` are settings of the sandboxes by vendor: Acumatica releases while we wait instead of one second later.
    """

    integration: str
    left: str
    right: str
    rules: dict[str, str]
    least_score: int
    switches: dict[str, dict[str, str]]
    ends: Ends


REHEARSALS = (
    Rehearsal(
        integration="acumatica-procore",
        left="acumatica",
        right="procore",
        rules={
            "cut_over": "2026-01-01",
            "currency": "USD",
            "retainage": "ledger",
            "retainage_account": "20100|000000",
            "unlinked": "post",
        },
        least_score=90,
        switches={"acumatica": {"action_answer": "204"}},
        ends=Ends(
            source="procore",
            target="acumatica",
            document="requisition",
            approved=("approved", "approved_as_noted"),
            since="2026-01-01",
            posted=("Open", "Closed"),
        ),
    ),
)


def register(app: typer.Typer) -> None:
    """Add the command of this module."""
    app.command("demo")(demo)


def demo(keep: bool = typer.Option(False, "--keep", help="Leave everything up until interrupted.")) -> None:
    """Rehearse a month: sandboxes, connections, every integration run twice, both ends compared to the cent."""
    from ml_connector.sandbox.run import running

    begun = time.monotonic()
    folder = _data_folder(keep)
    vendors = sorted({vendor for one in REHEARSALS for vendor in (one.left, one.right)})
    with running(vendors, "month", rate_limits=False) as ready, _tenant() as tenant:
        printing.say(f"sandboxes of {', '.join(vendors)} are up; data in {folder}; tenant {tenant}")
        results = [_rehearse(one, ready) for one in REHEARSALS]
        _report(results)
        printing.say(f"took {time.monotonic() - begun:.0f} s")
        if keep:
            _stay(ready, folder)
    wrong = [f"{result.integration}: {fault}" for result in results for fault in result.faults]
    if wrong:
        raise Failed(f"the month does not come out right: {'; '.join(wrong)}")


def _data_folder(keep: bool) -> str:
    """A database of the demo's own, whatever the environment says of a real one."""
    os.environ.pop("DATABASE_URL", None)
    if "ML_CONNECTOR_DATA" not in os.environ:
        folder = tempfile.mkdtemp(prefix="ml-connector-demo-", dir="/tmp")
        Path(folder).chmod(0o755)  # the database's own user must reach its data in it
        os.environ["ML_CONNECTOR_DATA"] = folder
        if not keep:
            atexit.register(shutil.rmtree, folder, ignore_errors=True)  # runs after the database's own stop
    return os.environ["ML_CONNECTOR_DATA"]


@contextmanager
def _tenant() -> Iterator[str]:
    """Work as a tenant that holds nothing yet: the named one, or a new one."""
    boot.start(calls_logged=False)
    from ml_connector.hub import audit, lists, tenancy, tenants

    audit.actor.set("demo")
    row = tenants.find(boot.chosen.tenant)
    with tenancy.of(row.pk):
        used = bool(lists.connections())
    if used:
        row = tenants.add(f"demo-{len(lists.tenants())}", "Demo")
    with tenancy.of(row.pk):
        yield row.slug


def _rehearse(one: Rehearsal, ready: Ready) -> Comparison:
    for vendor, switches in one.switches.items():
        demo_books.post(ready[vendor]["control_url"], "switches", switches)
    installation = _install(one, _connect(one.left, ready), _connect(one.right, ready))
    _map(installation)
    _match(installation, one.least_score)
    first = _sync(installation)
    _print_statements(first)
    comparison = demo_books.compare(one.integration, one.ends, ready, installation)
    _sync(installation)
    return demo_books.with_second_run(comparison, one.ends, ready)


def _connect(vendor: str, ready: Ready) -> Connection:
    from ml_connector.hub import connections

    declared = connections.declaration(vendor)
    values = {name: str(value) for name, value in ready[vendor].items()}
    row = connections.create(declared, f"{declared.title} (sandbox)", values)
    steps = list(connections.ping(row))
    failed = [f"{step.name}: {step.found}" for step in steps if step.status == "failed"]
    if failed:
        raise Failed(f"{declared.title} cannot be reached: {'; '.join(failed)}")
    printing.say(f"{row.pk} {row.name}: {', '.join(f'{step.name} {step.status}' for step in steps)}")
    return row


def _install(one: Rehearsal, left: Connection, right: Connection) -> Installation:
    from ml_connector.hub import installations

    row = installations.create(installations.declaration(one.integration), left, right)
    installations.set_rules(row, one.rules)
    installations.enable(row)
    printing.say(f"{row.pk} {one.integration}: {', '.join(f'{name}={value}' for name, value in one.rules.items())}")
    return row


def _map(installation: Installation) -> None:
    """Import what the tables propose; values for which nothing fits stay gaps."""
    from ml_connector.hub import connections, installations, mapping

    with connections.opened(installation.left) as (left, _), connections.opened(installation.right) as (right, _):
        for table in installations.declaration(installation.integration).tables:
            proposed = table.suggest(left, right)
            found = [one for one in proposed if one.source and one.target]
            if found:
                mapping.import_csv(installation, table, mapping.suggestions_csv(found).encode())
            gaps = len(proposed) - len(found)
            printing.say(f"  table {table.name}: {len(found)} rows imported, {gaps} left for a person to fill in")


def _match(installation: Installation, least: int) -> None:
    from ml_connector.hub import installations, matching

    for declared in installations.declaration(installation.integration).matchings:
        found = matching.find(installation, declared)
        count = matching.accept_above(installation, least, "demo", declared.kind)
        printing.say(f"  {declared.kind}: {found} pairs found, {count} with a score of {least} or more accepted")


def _sync(installation: Installation) -> Ended:
    from ml_connector.hub import syncing

    with printing.progress(f"{installation.integration} {installation.pk}") as tell:
        return syncing.run(installation, syncing.Wish(), tell)


def _print_statements(ended: Ended) -> None:
    from ml_connector.cli.running import print_statement

    if printing.json_wanted:
        return
    for statement in ended.statements:
        print_statement(statement)
    for trouble in ended.troubles:
        print(f"trouble: {trouble}")


def _report(results: list[Comparison]) -> None:
    if printing.json_wanted:
        printing.json(results)
        return
    lines = [
        [
            result.integration, f"{result.source.count}", printing.money(result.source.money),
            f"{result.held.count}", printing.money(result.held.money), f"{result.target.count}",
            printing.money(result.target.money), str(len(result.duplicates)), str(result.second_run),
            "NO" if result.faults else "yes",
        ]
        for result in results
    ]  # fmt: skip
    ends = ("approved", "money", "held", "money", "posted", "money")
    printing.table(("integration", *ends, "duplicates", "second run", "equal"), lines)
    for result in results:
        for hold in result.holds:
            print(f"  waits for a person: {hold}")
        for fault in result.faults:
            print(f"  WRONG: {fault}")


def _stay(ready: Ready, folder: str) -> None:
    """Serve the web side as well, print where everything is, and wait to be interrupted."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    command = [sys.executable, "-m", "ml_connector.cli.main", "up", "--port", "0"]
    with tempfile.TemporaryDirectory() as place:
        file = Path(place) / "up.json"
        child = subprocess.Popen([*command, "--ready-file", str(file)], stdout=sys.stderr)
        try:
            while not file.exists() and child.poll() is None:
                time.sleep(0.1)
            if not file.exists():
                raise Failed("the month came out right, but web and worker did not start")
            printing.say(f"hub: {file.read_text()}")
            for vendor, entry in ready.items():
                printing.say(f"{vendor}: {entry['base_url']}, control {entry['control_url']}")
            printing.say(f"to look around: export ML_CONNECTOR_DATA={folder}; ml-connector records")
            printing.say("Ctrl-C ends it all")
            child.wait()
        except KeyboardInterrupt:
            pass
        finally:
            child.terminate()
            child.wait(30)
