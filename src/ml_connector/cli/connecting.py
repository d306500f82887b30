"""Connections to vendor systems: `connect`, `connections`, `connection settings`, `connection hook`, `ping`."""

from __future__ import annotations

import json
import os
import stat
import sys
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Failed
from ml_connector.hub.problems import WrongUse

if TYPE_CHECKING:
    from ml_connector.connectors.kit.declaration import Connector, Field
    from ml_connector.hub.models import Connection

_HERE = "http://127.0.0.1:8000"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    app.command("connect", cls=boot.HubCommand)(connect)
    app.command("connections", cls=boot.HubCommand)(connections)
    one = boot.group("One connection: its settings, its webhook.")
    one.command("settings", cls=boot.HubCommand)(settings)
    one.command("hook", cls=boot.HubCommand)(hook)
    one.command("prepare", cls=boot.HubCommand)(prepare)
    app.add_typer(one, name="connection")
    app.command("ping", cls=boot.HubCommand)(ping)


def connect(
    connector: str = typer.Argument(help="The vendor system: acumatica, procore, sap_b1."),
    name: str = typer.Option(..., help="What you call this connection."),
    from_file: Path | None = typer.Option(
        None, help="TOML or JSON with the form's fields, mode 0600; a sandbox ready-file will do."
    ),
) -> None:
    """Store the credentials of a vendor system; prints the connection's id."""
    from ml_connector.hub import connections as of_hub

    declared = of_hub.declaration(connector)
    values = read_form(from_file, declared) if from_file else _ask(declared)
    row = of_hub.create(declared, name, values)
    printing.one_id(row.pk)


def read_form(file: Path, connector: Connector) -> dict[str, str]:
    """The fields that a file states; of a sandbox's ready-file, the connector's entry. Raises WrongUse."""
    try:
        mode = file.stat().st_mode
        content = file.read_text()
    except OSError as error:
        raise WrongUse(f"{file} cannot be read: {error.strerror}") from None
    if stat.S_IMODE(mode) & 0o077:
        raise WrongUse(f"{file} holds secrets and others may read it: run 'chmod 600 {file}'")
    stated = _parse(file, content)
    entry = stated.get(connector.name)
    if isinstance(entry, dict):
        stated = entry
    return {name: str(value) for name, value in stated.items() if not isinstance(value, dict | list | None)}


def _parse(file: Path, content: str) -> dict[str, Any]:
    """Neither parser's message is shown in full: it could quote a secret."""
    try:
        stated = json.loads(content) if content.lstrip().startswith("{") else tomllib.loads(content)
    except json.JSONDecodeError as wrong:
        raise WrongUse(f"{file} is no JSON (line {wrong.lineno})") from None
    except tomllib.TOMLDecodeError:
        raise WrongUse(f'{file} is no TOML: write lines like client_id = "..."') from None
    return dict(stated)


def _ask(connector: Connector) -> dict[str, str]:
    return {field.name: _ask_field(field) for field in connector.fields}


def _ask_field(field: Field) -> str:
    if field.help and sys.stdin.isatty():
        printing.aside(f"  {field.help}")
    default = field.default if field.default or field.required else ""
    while True:
        text: str = typer.prompt(
            field.label, default=default or ("" if not field.required else None), hide_input=field.secret,
            show_default=bool(default), err=True,
        )  # fmt: skip
        if text or not field.required:
            return text


def connections() -> None:
    """List the connections."""
    from ml_connector.hub import lists

    columns = {"id": "id", "connector": "connector", "name": "name", "trouble": "trouble"}
    printing.rows(lists.connection_rows(), columns, "there are no connections: 'ml-connector connect' makes one")


def settings(
    connection: str = typer.Argument(metavar="ID", help="The connection."),
    values: list[str] | None = typer.Argument(None, metavar="KEY=VALUE", help="What to change."),
    secret: list[str] | None = typer.Option(None, metavar="KEY", help="A secret to ask for, hidden."),
    from_file: Path | None = typer.Option(None, help="TOML or JSON with what to change, mode 0600."),
) -> None:
    """Show a connection's settings, or change some; secrets come from a prompt or a file, never from the line."""
    from ml_connector.hub import connections as of_hub

    row = of_hub.find(connection)
    declared = of_hub.declaration(row.connector)
    secrets = {field.name: field for field in declared.fields if field.secret}
    changed = {}
    for text in values or []:
        name, sign, value = text.partition("=")
        if name in secrets:
            raise WrongUse(f"{name} is a secret: leave it out of the command line, use --secret {name} or --from-file")
        if not sign:
            raise WrongUse(f"{text!r} is no setting: write KEY=VALUE")
        changed[name] = value
    for name in secret or []:
        if name not in secrets:
            raise WrongUse(f"{name} is no secret of {declared.title}; its secrets: {', '.join(secrets)}")
        changed[name] = _ask_field(secrets[name])
    if from_file:
        changed |= read_form(from_file, declared)
    if changed:
        of_hub.change(row, changed)
    _show_settings(row, declared)


def _show_settings(row: Connection, declared: Connector) -> None:
    from ml_connector.hub import connections as of_hub

    stored = of_hub.settings(row)
    shown = {
        field.name: ("(set)" if stored.get(field.name) else "") if field.secret else stored.get(field.name, "")
        for field in declared.fields
    }
    if printing.json_wanted:
        printing.json({"id": row.pk, "connector": row.connector, "name": row.name, "settings": shown})
        return
    labels = {field.name: field.label for field in declared.fields}
    printing.table(("setting", "value", ""), [[name, printing.cell(shown[name]), labels[name]] for name in shown])


def hook(
    connection: str = typer.Argument(metavar="ID", help="The connection."),
    secret_file: Path | None = typer.Option(None, help="Where the secret goes; a new file of mode 0600."),
    base_url: str = typer.Option(
        _HERE, envvar="ML_CONNECTOR_URL", help="The address under which the vendor reaches this hub."
    ),
    register: bool = typer.Option(False, "--register", help="Set the webhooks up at the vendor, where its API can."),
    renew: bool = typer.Option(False, "--renew", help="Make a new secret first; the vendor must learn it."),
) -> None:
    """Print the webhook URL to enter at the vendor, and write its secret to a file."""
    from ml_connector.hub import connections as of_hub

    row = of_hub.find(connection)
    if renew:
        of_hub.renew_hook_secret(row)
    if register:
        for sentence in of_hub.register_hook(row, base_url):
            printing.aside(sentence)
    path, secret = of_hub.hook(row)
    url = base_url.rstrip("/") + path
    if secret_file:
        _write_secret(secret_file, secret)
    webhooks = of_hub.declaration(row.connector).webhooks
    if printing.json_wanted:
        header = webhooks.header if webhooks else ""
        printing.json({"url": url, "header": header, "secret_file": str(secret_file or "")})
        return
    print(url)
    if webhooks:
        printing.aside(webhooks.setup)
    if not secret_file:
        printing.aside("its secret is written to a file with --secret-file F")


def prepare(connection: str = typer.Argument(metavar="ID", help="The connection.")) -> None:
    """Make the fields that carry our reference at the vendor, where it needs some; repeat it as often as you like."""
    from ml_connector.hub import connections as of_hub

    for line in of_hub.prepare(of_hub.find(connection)) or ["nothing is needed there"]:
        print(line)


def _write_secret(file: Path, secret: str) -> None:
    """The file is made anew, so that nobody who may read an older one reads this."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as out:
            out.write(secret + "\n")
        draft.replace(file)
    except OSError as error:
        raise WrongUse(f"{file} cannot be written: {error.strerror}") from None


def ping(
    connection: str | None = typer.Argument(None, metavar="ID", help="The connection; all of them without it."),
) -> None:
    """Try connections step by step: reachable, authenticated, company, version, permissions, webhooks, limits."""
    from ml_connector.hub import connections as of_hub
    from ml_connector.hub import lists

    chosen = [of_hub.find(connection)] if connection else lists.connections()
    if not chosen:
        raise WrongUse("there are no connections: 'ml-connector connect' makes one")
    told: list[dict[str, str]] = []
    for row in chosen:
        if not printing.json_wanted:
            print(f"{row.pk} {row.name} ({row.connector})")
        told += _ping_one(row)
    if printing.json_wanted:
        printing.json(told)
    failed = [f"{one['connection']} {one['step']}" for one in told if one["status"] == "failed"]
    if failed:
        raise Failed(f"{len(failed)} steps failed: {', '.join(failed)}")


def _ping_one(row: Connection) -> list[dict[str, str]]:
    from ml_connector.hub import connections as of_hub

    told = []
    for step in of_hub.ping(row):
        one = {"step": step.name, "status": str(step.status), "found": step.found, "todo": step.todo}
        told.append({"connection": row.pk, **one})
        if not printing.json_wanted:
            print(f"  {step.name:<14} {step.status:<12} {step.found}", flush=True)
            if step.todo and step.status != "ok":
                print(f"  {'':<14} {'':<12} → {step.todo}")
    return told
