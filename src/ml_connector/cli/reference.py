"""Writes docs/cli.md from the commands themselves: `python -m ml_connector.cli.reference > docs/cli.md`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from ml_connector.cli.main import app

_WIDTH = 100
_HEAD = """# The command line

This page is generated from the commands (`python -m ml_connector.cli.reference > docs/cli.md`).

`--tenant SLUG`, `--json` and `--debug` may stand anywhere on the line. Rows go to standard output, as a table or as
JSON; progress and reasons go to standard error. `sync --plan`, `show` and `runs RUN` print documents as JSON too.

| exit code | meaning |
|---|---|
| 0 | done, and nothing waits |
| 1 | failed; one line on standard error says why |
| 2 | wrong usage: a name, value or row that does not exist or does not fit |
| 3 | done, and something waits for a person or for time (held, unknown or refused records): the counts are printed |

| variable | meaning |
|---|---|
| `ML_CONNECTOR_DATA` | folder of the embedded database and the key file |
| `DATABASE_URL` | a PostgreSQL server instead of the embedded one |
| `DATABASE_OWNER_URL` | the login that owns the tables there, for migrations, when it is another |
| `ML_CONNECTOR_KEY_FILE` | the file of master keys, where it is not in the data folder |
| `ML_CONNECTOR_URL` | the address under which vendors reach this hub's webhook door |
"""


def page() -> str:
    """The whole page as Markdown."""
    group = typer.main.get_command(app)
    top = group.make_context("ml-connector", [], resilient_parsing=True, terminal_width=_WIDTH)
    sections = [f"## {name}\n\n```text\n{text}\n```\n" for name, text in _commands(group, top)]
    return "\n".join([_HEAD, *sections])


def _commands(group: Any, ctx: Any) -> Iterator[tuple[str, str]]:
    """Every command below a group with its help, in the order of the group's own help."""
    for name in group.list_commands(ctx):
        command = group.get_command(ctx, name)
        inner = command.make_context(name, [], parent=ctx, resilient_parsing=True, terminal_width=_WIDTH)
        if hasattr(command, "list_commands"):
            yield from _commands(command, inner)
        else:
            text = "\n".join(line.rstrip() for line in command.get_help(inner).splitlines())
            yield inner.command_path.removeprefix("ml-connector "), text


if __name__ == "__main__":
    print(page(), end="")
