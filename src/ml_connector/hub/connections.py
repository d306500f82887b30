"""Connections: stored credentials, opened for calls with tokens and budget shared by all processes."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from django.db import transaction

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.declaration import Connector, Field, PingStatus, PingStep
from ml_connector.hub import audit, clocks, ids, lanes, tenancy, tokens, vault
from ml_connector.hub.budget import StoredBudget
from ml_connector.hub.models import Connection, HookAddress, Installation
from ml_connector.hub.problems import WrongUse
from ml_connector.integrations.catalogue import CONNECTORS

HOOK_SECRET = "hook_secret"  # noqa: S105 - the name of one


def declaration(name: str) -> Connector:
    """A connector by name. Raises WrongUse with the names there are."""
    if name not in CONNECTORS:
        raise WrongUse(f"there is no connector {name!r}; there are: {', '.join(sorted(CONNECTORS))}")
    return CONNECTORS[name]


def find(connection_id: str) -> Connection:
    """A connection by id or name. Raises WrongUse."""
    row = Connection.objects.filter(pk=connection_id).first() or Connection.objects.filter(name=connection_id).first()
    if row is None:
        raise WrongUse(f"there is no connection {connection_id!r}: 'ml-connector connections' lists them")
    return row


def fill(connector: Connector, values: Mapping[str, str]) -> dict[str, str]:
    """A form filled with `values` and defaults; fields that the form does not know are left out. Raises WrongUse."""
    known = {field.name for field in connector.fields}
    filled = {field.name: field.default for field in connector.fields if field.default}
    filled |= {name: str(value) for name, value in values.items() if name in known and str(value) != ""}
    missing = [field.name for field in connector.fields if field.required and not filled.get(field.name)]
    if missing:
        raise WrongUse(f"the connection lacks {', '.join(missing)}: {_help(connector.fields, missing[0])}")
    complaints = connector.check(filled)
    if complaints:
        raise WrongUse("; ".join(complaints))
    return filled


def _help(fields: tuple[Field, ...], name: str) -> str:
    field = next(field for field in fields if field.name == name)
    return f"{field.name} is {field.label}" + (f" ({field.help})" if field.help else "")


def create(connector: Connector, name: str, values: Mapping[str, str]) -> Connection:
    """Store a new connection; secrets go into the vault. Raises WrongUse."""
    filled = fill(connector, values)
    if Connection.objects.filter(name=name).exists():
        raise WrongUse(f"a connection named {name!r} exists already: choose another name")
    with transaction.atomic():
        row = Connection(pk=ids.new("C"), connector=connector.name, name=name, created=clocks.clock().now())
        row.save()
        _store(row, connector, filled)
        vault.put(row.pk, HOOK_SECRET, secrets.token_urlsafe(32))
        HookAddress.objects.create(
            public_id=secrets.token_urlsafe(12), tenant_id=tenancy.current(), connection_id=row.pk
        )
        lanes.ensure_delivery(row.pk, len(connector.lanes(filled)))
        audit.write("connection.created", row.pk, connector=connector.name, name=name, settings=row.settings)
    return row


def change(row: Connection, values: Mapping[str, str]) -> None:
    """Change settings or credentials of a connection; its stored token is forgotten, its session ended.

    Raises WrongUse.
    """
    connector = declaration(row.connector)
    unknown = sorted(set(values) - {field.name for field in connector.fields})
    if unknown:
        raise WrongUse(
            f"{connector.title} has no field {unknown[0]!r}; it has: {', '.join(f.name for f in connector.fields)}"
        )
    filled = fill(connector, {**settings(row), **values})
    with transaction.atomic():
        tokens.lock(row.pk)
        _end_session(row, connector)
        _store(row, connector, filled)
        vault.remove(row.pk, tokens.NAME)
        tokens.allow(row.pk)
        lanes.ensure_delivery(row.pk, len(connector.lanes(filled)))
        audit.write("connection.changed", row.pk, fields=sorted(values))
    clear_trouble(row)


def _end_session(row: Connection, connector: Connector) -> None:
    """Before its settings change: what was opened with the old ones cannot be logged out with the new ones."""
    if not connector.session_per_cycle or not vault.holds(row.pk, tokens.NAME):
        return
    try:
        log_out(row)
    except (errors.VendorError, vault.Unopenable) as problem:  # it ends by itself when it was idle for a while
        audit.write("connection.log_out_failed", row.pk, message=str(problem))


def _store(row: Connection, connector: Connector, filled: Mapping[str, str]) -> None:
    secret_names = {field.name for field in connector.fields if field.secret}
    row.settings = {name: value for name, value in filled.items() if name not in secret_names}
    row.save(update_fields=["settings"])
    for name in secret_names & set(filled):
        vault.put(row.pk, name, filled[name])


def settings(row: Connection) -> dict[str, str]:
    """All fields of a connection, secrets in clear: for the connector only, never to be shown."""
    secret_names = {field.name for field in declaration(row.connector).fields if field.secret}
    return {**row.settings, **vault.of_connection(row.pk, secret_names)}


def context(row: Connection) -> Context:
    """What the connector's client works with: settings, clock, stored token, shared budget.

    Raises errors.BadCredentials when the stored secrets cannot be opened.
    """
    connector = declaration(row.connector)
    try:
        filled = settings(row)
    except vault.Unopenable as closed:
        raise errors.BadCredentials(str(closed)) from None
    clock = clocks.clock()
    return Context(
        connection=row.pk,
        settings=filled,
        clock=clock,
        tokens=tokens.StoredTokens(
            row.pk,
            logs_out=connector.session_per_cycle,
            is_current=lambda: settings(Connection.objects.get(pk=row.pk)) == filled,
        ),
        budget=StoredBudget(connector.windows(filled), clock),
    )


@contextmanager
def opened(row: Connection) -> Iterator[tuple[Any, Context]]:
    """A client of the connection, and its context."""
    made = context(row)
    client = declaration(row.connector).open(made)
    try:
        yield client, made
    finally:
        client.close()


def ping(row: Connection) -> Iterator[PingStep]:
    """Try the connection step by step; a ping that ends well clears its trouble, a failed one keeps it."""
    steps = []
    tokens.allow(row.pk)
    with opened(row) as (client, _):
        for step in declaration(row.connector).ping(client):
            steps.append(step)
            yield step
    failed = [step for step in steps if step.status is PingStatus.FAILED]
    audit.write("connection.pinged", row.pk, steps={step.name: step.status for step in steps})
    if not failed:
        clear_trouble(row)


def report_trouble(row: Connection, message: str) -> None:
    """The connection is broken: its flows stop until a person has acted. Told once."""
    message = f"{message}; put that right, then run 'ml-connector ping {row.pk}' to go on"
    changed = Connection.objects.filter(pk=row.pk, trouble="").update(trouble=message)
    row.trouble = message
    if changed:
        audit.write("connection.broken", row.pk, message=message)


def clear_trouble(row: Connection) -> None:
    """The connection works again; its flows go on at once."""
    if Connection.objects.filter(pk=row.pk).exclude(trouble="").update(trouble=""):
        audit.write("connection.mended", row.pk)
    row.trouble = ""
    lanes.offer_connection(row.pk)


def hook(row: Connection) -> tuple[str, str]:
    """The path of the connection's webhook door and the secret that deliveries must carry."""
    address = HookAddress.objects.get(connection_id=row.pk)
    return f"/hooks/{address.public_id}", vault.get(row.pk, HOOK_SECRET) or ""


def renew_hook_secret(row: Connection) -> None:
    """Give the connection's webhook door a new secret; deliveries with the old one are refused from now on."""
    vault.put(row.pk, HOOK_SECRET, secrets.token_urlsafe(32))
    audit.write("connection.hook_secret_renewed", row.pk)


def register_hook(row: Connection, base_url: str) -> list[str]:
    """Have the vendor deliver to this connection's door; says in words what is in place. Raises WrongUse."""
    webhooks = declaration(row.connector).webhooks
    if webhooks is None or webhooks.register is None:
        raise WrongUse(f"{row.connector} has no API to set up webhooks" + (f": {webhooks.setup}" if webhooks else ""))
    path, secret = hook(row)
    with opened(row) as (client, _):
        placed = webhooks.register(client, base_url.rstrip("/") + path, secret)
    audit.write("connection.hook_registered", row.pk, placed=placed)
    return placed


def prepare(row: Connection) -> list[str]:
    """Have the vendor hold what our documents need there, such as fields for our reference; says what is in place."""
    connector = declaration(row.connector)
    if connector.prepare is None:
        return []
    with opened(row) as (client, _):
        placed = connector.prepare(client)
    audit.write("connection.prepared", row.pk, placed=placed)
    return placed


def log_out_idle(row: Installation) -> list[str]:
    """After an installation was paused: free the vendor-side sessions that no other running installation uses.

    Returns what could not be logged out, in words; such a session ends when its token expires.
    """
    troubles = []
    for end in (row.left, row.right):
        if all(other.paused for other in installations_of(end)):
            try:
                log_out(end)
            except errors.VendorError as refused:
                troubles.append(f"{end.name}: {refused.message}")
    return troubles


def log_out(row: Connection) -> None:
    """Free the vendor's session slot, where the vendor has such a thing."""
    with opened(row) as (client, _):
        declaration(row.connector).log_out(client)
    audit.write("connection.logged_out", row.pk)


def installations_of(row: Connection) -> list[Installation]:
    """The installations that use a connection."""
    return [*Installation.objects.filter(left=row), *Installation.objects.filter(right=row)]
