"""Commands that need the hub: the database is started and migrated only when the command line is understood."""

from __future__ import annotations

import getpass
import os
from typing import Any

import typer
from msgspec import Struct
from typer.core import TyperCommand

from ml_connector.cli import printing


class Globals(Struct):
    """What the options say that every command takes."""

    tenant: str = "default"
    debug: bool = False


chosen = Globals()


def start() -> None:
    """Bring the database up to date and make Django ready. Slow: only for commands that need it."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ml_connector.settings")
    from ml_connector.hub import database

    with printing.silenced():
        database.start()
    import django

    django.setup()
    database.migrate()


class ServerCommand(TyperCommand):
    """A command that needs the database, for all tenants."""

    def invoke(self, ctx: Any) -> Any:
        start()
        return super().invoke(ctx)


class HubCommand(TyperCommand):
    """A command that works on the data of the tenant that the command line names."""

    def invoke(self, ctx: Any) -> Any:
        start()
        from ml_connector.hub import audit, tenancy, tenants

        audit.actor.set(f"cli:{user()}")
        with tenancy.of(tenants.find(chosen.tenant).pk):
            return super().invoke(ctx)


def user() -> str:
    """Who types, for the audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in a bare container
        return f"uid-{os.getuid()}"


def group(help_text: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(help=help_text, no_args_is_help=True, rich_markup_mode=None, add_completion=False)
