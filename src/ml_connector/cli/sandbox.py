"""Rehearsal systems: `sandbox run`."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path

import typer

from ml_connector.cli import boot
from ml_connector.cli.endings import Failed
from ml_connector.hub.problems import WrongUse


class RateLimits(StrEnum):
    """Whether the vendors' call limits hold."""

    REAL = "real"
    OFF = "off"


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    group = boot.group("Rehearsal systems: every vendor's API on this machine, with a contractor's month in it.")
    group.callback()(_keep_the_name)
    group.command("run")(run)
    app.add_typer(group, name="sandbox")


def _keep_the_name() -> None:
    """Without a callback, a group of one command would be that command."""


def run(
    vendors: list[str] | None = typer.Argument(None, metavar="VENDOR", help="Which; all without it."),
    port_base: int = typer.Option(0, help="First port; 0 lets the system choose."),
    ready_file: Path | None = typer.Option(None, help="Written when all of them answer: addresses and credentials."),
    token_seconds: int | None = typer.Option(None, help="How long tokens last; the vendor's own time without it."),
    rate_limits: RateLimits = typer.Option(RateLimits.REAL, help="Whether call limits hold."),
    seed: str = typer.Option("month", help="What they hold: month, small, empty or scale:N."),
) -> None:
    """Run sandboxes until interrupted; without a ready-file its content is printed."""
    from ml_connector.sandbox.run import serve

    try:
        serve(vendors or [], seed, port_base, ready_file, rate_limits is RateLimits.REAL, token_seconds)
    except (LookupError, ValueError) as wrong:
        raise WrongUse(str(wrong.args[0]) if wrong.args else str(wrong)) from None
    except OSError as error:
        raise Failed(f"the sandboxes cannot start: {error.strerror or error}") from None
