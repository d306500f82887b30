"""Installations: `install`, `installations`, `rules`, `enable`, `pause`, `schedule`."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from ml_connector.cli import boot, printing
from ml_connector.cli.endings import Waits
from ml_connector.connectors.kit.errors import VendorError
from ml_connector.hub.problems import WrongUse

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation

_ID = typer.Argument(metavar="ID", help="The installation.")


def register(app: typer.Typer) -> None:
    """Add the commands of this module."""
    for name, command in (
        ("install", install),
        ("installations", installations),
        ("rules", rules),
        ("enable", enable),
        ("pause", pause),
        ("schedule", schedule),
    ):
        app.command(name, cls=boot.HubCommand)(command)


def install(
    integration: str = typer.Argument(help="The pair of systems, for example acumatica-procore."),
    left: str = typer.Option(..., metavar="ID", help="The connection to the first system of the pair."),
    right: str = typer.Option(..., metavar="ID", help="The connection to the second system of the pair."),
) -> None:
    """Join two connections; prints the installation's id. Nothing moves before it is switched on."""
    from ml_connector.hub import connections
    from ml_connector.hub import installations as of_hub

    declared = of_hub.declaration(integration)
    row = of_hub.create(declared, connections.find(left), connections.find(right))
    printing.one_id(row.pk)
    for end in (row.left, row.right):
        try:
            placed = connections.prepare(end)
        except VendorError as refused:
            raise Waits(
                f"{end.name} is not prepared: {refused.message}; then run 'ml-connector connection prepare {end.pk}'"
            ) from None
        for line in placed:
            printing.aside(line)


def installations() -> None:
    """List the installations and their flows."""
    from ml_connector.hub import lists
    from ml_connector.hub import schedule as of_schedule

    rows = lists.installation_rows()
    if printing.json_wanted or not rows:
        printing.rows(rows, {}, "there are no installations: 'ml-connector install' makes one")
        return
    lines = []
    for row in rows:
        state = "paused" if row.paused else "recovering" if row.recovering else ""
        choices = f"choices missing: {', '.join(row.missing)}" if row.missing else ""
        for flow in row.flows:
            schedule = of_schedule.in_words(every=flow.every, cron=flow.cron, on=flow.on)
            word = "on" if flow.enabled else "off"
            lines.append([row.id, row.integration, row.left, row.right, flow.flow, word, schedule, state or choices])
    printing.table(("id", "integration", "left", "right", "flow", "", "schedule", ""), lines)


def rules(
    installation: str = _ID,
    values: list[str] | None = typer.Argument(None, metavar="KEY=VALUE", help="Choices to make."),
) -> None:
    """Show an installation's choices, or make some."""
    from ml_connector.hub import installations as of_hub

    row = of_hub.find(installation)
    made = {}
    for text in values or []:
        name, sign, value = text.partition("=")
        if not sign:
            raise WrongUse(f"{text!r} is no rule: write KEY=VALUE")
        made[name] = value
    if made:
        of_hub.set_rules(row, made)
    _show_rules(row)


def _show_rules(row: Installation) -> None:
    from ml_connector.hub import installations as of_hub

    missing = {choice.name for choice in of_hub.missing_choices(row)}
    shown = [
        {
            "rule": choice.name,
            "value": of_hub.rule(row, choice.name),
            "is": "missing" if choice.name in missing else "chosen" if choice.name in row.rules else "default",
            "question": choice.question,
            "advice": choice.advice,
        }
        for choice in of_hub.declaration(row.integration).choices
    ]
    if printing.json_wanted:
        printing.json(shown)
        return
    lines = [
        [one["rule"], printing.cell(one["value"]), one["is"], f"{one['question']} ({one['advice']})"] for one in shown
    ]
    printing.table(("rule", "value", "", ""), lines)


def enable(
    installation: str = _ID,
    flow: str | None = typer.Option(None, help="Only this flow."),
) -> None:
    """Switch an installation's flows on; a missing choice prevents it."""
    from ml_connector.hub import installations as of_hub
    from ml_connector.hub import lists

    states = of_hub.enable(of_hub.find(installation), flow)
    columns = {"flow": "flow", "title": "", "enabled": "on", "next_read": "next read"}
    printing.rows(lists.flow_rows(states), columns, "it has no flows")


def pause(installation: str = _ID) -> None:
    """Stop an installation; what is in flight at a vendor is settled when it goes on. `enable` goes on."""
    from ml_connector.hub import connections
    from ml_connector.hub import installations as of_hub

    row = of_hub.find(installation)
    of_hub.pause(row)
    for trouble in connections.log_out_idle(row):
        printing.aside(f"not logged out: {trouble}")
    printing.say(f"{row.pk} is paused: 'ml-connector enable {row.pk}' goes on")


def schedule(
    installation: str = _ID,
    flow: str = typer.Option(..., help="The flow."),
    every: str = typer.Option("", metavar="5m", help="Read it so often: 90s, 5m, 2h, 1d."),
    cron: str = typer.Option("", metavar='"0 6 * * *"', help="Read it by a cron line, in UTC."),
    on: str = typer.Option("", metavar="EVENT", help="Read it when this happens: period-closed (in the ledger)."),
) -> None:
    """Say when a flow is read."""
    from ml_connector.hub import installations as of_hub
    from ml_connector.hub import schedule as of_schedule

    row = of_hub.find(installation)
    (state,) = of_hub.flow_states(row, flow)
    following = of_schedule.set_schedule(state, every=every, cron=cron, on=on)
    what = "first look for a closed period" if on else "next read"
    printing.say(f"{state.flow}: {what} {following:%Y-%m-%d %H:%M:%S} UTC")
