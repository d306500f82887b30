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
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import typer
from msgspec import Struct

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Failed
from ml_connector.cli.rehearsals import acumatica_procore, books, procore_sap_b1, visma_procore
from ml_connector.cli.rehearsals.books import Comparison, Ready, Sum
from ml_connector.cli.rehearsals.rehearsal import Rehearsal

if TYPE_CHECKING:
    from ml_connector.hub.models import Connection, Installation
    from ml_connector.hub.syncing import Ended

REHEARSALS = (acumatica_procore.REHEARSAL, procore_sap_b1.REHEARSAL, visma_procore.REHEARSAL)
_FIXES = 3
"""A fix may bring the next difference to light: a commitment that is entered is compared line by line."""


class Result(Struct, frozen=True, kw_only=True):
    """What the demo found of one integration; `second_run` counts the writes of a sync that had nothing to do."""

    integration: str
    flows: list[Comparison]
    second_run: int
    faults: list[str]

    @property
    def all_faults(self) -> list[str]:
        """Everything that must not be, of all flows."""
        return [f"{flow.flow} {fault}" for flow in self.flows for fault in flow.faults] + self.faults


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
        for one in REHEARSALS:
            for vendor, switches in one.switches.items():
                books.post(ready[vendor]["control_url"], "switches", switches)
        connected = {vendor: _connect(vendor, ready) for vendor in vendors}
        results = [_rehearse(one, ready, connected) for one in REHEARSALS]
        _report(results)
        printing.say(f"took {time.monotonic() - begun:.0f} s")
        if keep:
            _stay(ready, folder)
    wrong = [f"{result.integration}: {fault}" for result in results for fault in result.all_faults]
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


def _rehearse(one: Rehearsal, ready: Ready, connected: dict[str, Connection]) -> Result:
    from ml_connector.hub import sessions

    installation = _install(one, connected[one.left], connected[one.right])
    _match(installation, one.least_score)
    _map(installation)
    _print_statements(_sync(installation))
    for act in one.acts:
        printing.say(f"  {act(ready)}")
        _print_changes(_sync(installation))
    _approve(installation)
    compared = one.judges(ready, installation)
    for vendor in (one.left, one.right):
        books.forget_calls(ready[vendor])
    _sync(installation)
    sessions.end_all()
    written = [write for vendor in (one.left, one.right) for write in books.writes(ready[vendor])]
    twice = [text for flow in one.judges(ready, installation) for text in flow.duplicates]
    return Result(
        integration=one.integration, flows=compared, second_run=len(written),
        faults=[f"the second run wrote: {write}" for write in written]
        + [f"{text} is there twice after the second run" for text in twice],
    )  # fmt: skip


def _connect(vendor: str, ready: Ready) -> Connection:
    from ml_connector.hub import connections

    declared = connections.declaration(vendor)
    values = {name: str(value) for name, value in ready[vendor].items()}
    row = connections.create(declared, f"{declared.title} (sandbox)", values)
    for line in connections.prepare(row):
        printing.say(f"{row.name}: {line}")
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
            proposed = mapping.suggestions(installation, table, left, right)
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


def _print_changes(ended: Ended) -> None:
    """The statements of a later sync, without flows that had nothing new."""
    from ml_connector.cli.running import print_statement

    for statement in ended.statements:
        if not printing.json_wanted and any(line.what != "unchanged" for line in statement.lines):
            print_statement(statement)
    for trouble in ended.troubles:
        printing.say(f"trouble: {trouble}")


def _approve(installation: Installation) -> None:
    """Approve every fix of a difference that has one; what is left is for a person in the other system."""
    from ml_connector.hub import differences, installations

    if not any(flow.differences for flow in installations.declaration(installation.integration).flows):
        return
    for _ in range(_FIXES):
        found = [one for one in differences.report(installation).found if one.difference.fix]
        if not found:
            return
        chosen = differences.approve(installation, None, "demo")
        kinds = Counter(one.difference.kind for one in chosen)
        told = ", ".join(f"{count} {kind}" for kind, count in sorted(kinds.items()))
        printing.say(f"  {len(chosen)} fixes of differences between commitments and orders are approved: {told}")
        _print_changes(_sync(installation))
        _sync(installation)  # reads the changed orders back and compares once more


def _report(results: list[Result]) -> None:
    if printing.json_wanted:
        printing.json(results)
        return
    for result in results:
        lines = [
            [
                flow.flow, _sum(flow.source), _sum(flow.held), _sum(flow.adopted), _sum(flow.target),
                str(len(flow.duplicates)), "NO" if flow.faults else "yes",
            ]
            for flow in result.flows
        ]  # fmt: skip
        columns = ("at the source", "waiting", "keyed by hand", "at the target", "duplicates", "equal")
        printing.table((result.integration, *columns), lines)
        print(f"  the second run wrote {result.second_run} times")
        for flow in result.flows:
            for hold in flow.holds:
                print(f"  waits: {hold}")
        for fault in result.all_faults:
            print(f"  WRONG: {fault}")


def _sum(of: Sum) -> str:
    return f"{of.count}  {printing.money(of.money)}".strip() if of.count else "0"


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
