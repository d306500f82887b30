"""Keeping house: `tenant`, `audit`, `keys`, `recover`, `points`."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Failed, Waits

if TYPE_CHECKING:
    from ml_connector.hub.recover import Recovered


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    tenant = boot.group("Customer companies; nothing crosses them.")
    tenant.command("add", cls=boot.HubCommand)(tenant_add)
    tenant.command("list", cls=boot.HubCommand)(tenant_list)
    app.add_typer(tenant, name="tenant")
    trail = boot.group("The audit trail: append-only, sealed into a hash chain.")
    trail.command("verify", cls=boot.HubCommand)(audit_verify)
    trail.command("export", cls=boot.HubCommand)(audit_export)
    app.add_typer(trail, name="audit")
    keys = boot.group("The master keys that seal credentials.")
    keys.callback()(_keep_the_name)
    keys.command("rotate", cls=boot.ServerCommand)(keys_rotate)
    app.add_typer(keys, name="keys")
    app.command("recover", cls=boot.HubCommand)(recover)
    app.command("points")(points)


def _keep_the_name() -> None:
    """Without a callback, a group of one command would be that command."""


def tenant_add(
    slug: str = typer.Argument(help="Its short name: a-z, 0-9 and -."),
    name: str = typer.Option("", help="Its full name."),
) -> None:
    """Add a customer company."""
    from ml_connector.hub import tenants

    printing.one_id(tenants.add(slug, name).slug)


def tenant_list() -> None:
    """List the customer companies."""
    from ml_connector.hub import lists

    printing.rows(lists.tenant_rows(), {"slug": "slug", "name": "name"}, "there are no tenants")


def audit_verify() -> None:
    """Check the whole chain, and that it still holds what was exported last; names the first bad entry."""
    from ml_connector.hub import audit

    verdict = audit.verify()
    if printing.json_wanted:
        printing.json(verdict)
    else:
        print(f"{verdict.sealed} entries sealed, {verdict.unsealed} not sealed yet, head {verdict.head or '-'}")
    if verdict.broken:
        raise Failed(f"the audit trail is broken: {verdict.broken}")


def audit_export(
    file: Path = typer.Argument(Path("-"), help="Where to; - is standard output."),
    since: int = typer.Option(0, metavar="PLACE", help="Only entries after this place in the chain."),
) -> None:
    """Write the sealed entries with their hashes as JSON lines; keep them elsewhere, `verify` checks against them."""
    from ml_connector.hub import audit

    if str(file) != "-":
        printing.aside(f"{audit.export(file, since)} entries written to {file}")
        return
    with tempfile.TemporaryDirectory() as folder:
        written = Path(folder) / "audit.jsonl"
        audit.export(written, since)
        sys.stdout.write(written.read_text())


def keys_rotate() -> None:
    """Make a new master key and seal every stored secret with it; running processes go on."""
    from ml_connector.hub import audit, keyring, lists, tenancy, vault

    audit.actor.set(f"cli:{boot.user()}")
    name = vault.new_key()
    changed = 0
    for tenant in lists.tenants():
        with tenancy.of(tenant.pk):
            sealed = vault.reseal_all()
            audit.write("keys.rotated", name, secrets=sealed)
            changed += sealed
    if printing.json_wanted:
        printing.json({"active": name, "resealed": changed, "file": str(keyring.path())})
    else:
        print(f"{name} is the active key, {changed} secrets were sealed anew; keep a copy of {keyring.path()}")


def recover(
    installation: str | None = typer.Argument(None, metavar="ID", help="The installation; all without it."),
    wait: float = typer.Option(60, metavar="SECONDS", help="How long to wait for what is not due yet."),
) -> None:
    """After the database was restored from a backup: look everything up in the target before anything is created."""
    from ml_connector.hub import installations
    from ml_connector.hub import recover as of_hub

    chosen = [installations.find(installation)] if installation else of_hub.all_installations()
    found = []
    for row in chosen:
        with printing.progress(f"recovering {row.pk}") as tell:
            found.append(of_hub.recover(row, wait, tell))
        if not printing.json_wanted:
            _tell(found[-1])
    if printing.json_wanted:
        printing.json(found)
    open_ones = [one.installation for one in found if not one.finished]
    if open_ones:
        raise Waits(f"{', '.join(open_ones)}: not everything could be looked up yet, run recover again")
    waiting = sum(ended.for_a_person for one in found for ended in one.ended)
    if waiting:
        raise Waits(f"{waiting} records wait for a person")


def _tell(one: Recovered) -> None:
    print(f"{one.installation}: {one.asked} records of before were asked after")
    print(f"  {len(one.adopted)} found in the target and taken over: {', '.join(one.adopted) or '-'}")
    print(f"  {len(one.created)} not found and posted: {', '.join(one.created) or '-'}")
    print(f"  now: {', '.join(f'{count} {state}' for state, count in one.states.items()) or 'no records'}")
    for ended in one.ended:
        for trouble in ended.troubles:
            print(f"  trouble: {trouble}")


def points() -> None:
    """List the named points at which a test may kill the program (ML_CONNECTOR_KILL_AT=name:n)."""
    import django
    from django.conf import settings

    settings.configure(INSTALLED_APPS=["ml_connector.hub"])  # the modules that declare points need no database
    django.setup()
    from ml_connector import points as declared
    from ml_connector.hub import working  # noqa: F401  (imports every stage of the pipeline)

    names = declared.names()
    if printing.json_wanted:
        printing.json(names)
    else:
        print("\n".join(names))
