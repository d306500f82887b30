"""Commands that need the hub: the database is started and migrated only when the command line is understood."""

from __future__ import annotations

import getpass
import logging
import os
import sys
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


def start(*, calls_logged: bool) -> None:
    """Bring the database up to date and make Django ready. Slow: only for commands that need it."""
    log(calls_logged or chosen.debug)
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "ml_connector.settings")
    from ml_connector.hub import database

    with printing.silenced():
        database.start()
    import django

    django.setup()
    database.migrate()


def log(calls: bool) -> None:
    """Log JSON lines beside the answer: warnings, and every vendor call where somebody wants them."""
    import structlog

    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO if calls else logging.WARNING),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )


class ServerCommand(TyperCommand):
    """A command that needs the database, for all tenants."""

    def invoke(self, ctx: Any) -> Any:
        start(calls_logged=True)
        return super().invoke(ctx)


class HubCommand(TyperCommand):
    """A command that works on the data of the tenant that the command line names."""

    def invoke(self, ctx: Any) -> Any:
        start(calls_logged=False)
        from ml_connector.hub import audit, sessions, tenancy, tenants

        audit.actor.set(f"cli:{user()}")
        with tenancy.of(tenants.find(chosen.tenant).pk):
            try:
                return super().invoke(ctx)
            finally:
                sessions.end_all()


def user() -> str:
    """Who types, for the audit trail."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):  # no name for this user id, as in a bare container
        return f"uid-{os.getuid()}"


def group(help_text: str) -> typer.Typer:
    """A group of commands."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
