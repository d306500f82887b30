"""`ml-connector`: reads the command line, runs one command, and turns what happens into an exit code and one line."""

from __future__ import annotations

import sys
from collections.abc import Sequence

import typer

from ml_connector.cli import (
    boot,
    connecting,
    demo,
    differences,
    endings,
    installing,
    keeping,
    mapping,
    month_end,
    printing,
    records,
    running,
    sandbox,
    serving,
)

_ANYWHERE = {"--tenant": True, "--json": False, "--debug": False}
"""Options of every command, and whether a value follows."""

app = typer.Typer(
    name="ml-connector",
    help="Moves finance records between business systems: never lost, never twice.",
    no_args_is_help=True,
    rich_markup_mode=None,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _globals(
    tenant: str = typer.Option("default", metavar="SLUG", help="The customer company to work for."),
    json: bool = typer.Option(False, "--json", help="Print rows as JSON."),
    debug: bool = typer.Option(False, "--debug", help="Show where an error came from."),
) -> None:
    boot.chosen.tenant, boot.chosen.debug = tenant, debug
    if json:
        printing.want_json()


for name in ("up", "web", "worker"):
    app.command(name, cls=boot.ServerCommand)(getattr(serving, name))
for module in (connecting, installing, mapping, running, month_end, records, differences, keeping, sandbox, demo):
    module.register(app)


def to_front(arguments: Sequence[str]) -> list[str]:
    """The command line with the options of every command first, wherever they stood before a `--`."""
    front: list[str] = []
    rest: list[str] = []
    left = list(arguments)
    while left and left[0] != "--":
        word = left.pop(0)
        name = word.partition("=")[0]
        if name not in _ANYWHERE:
            rest.append(word)
            continue
        front.append(word)
        if _ANYWHERE[name] and "=" not in word and left:
            front.append(left.pop(0))
    return [*front, *rest, *left]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command line; returns the exit code (0 done, 1 failed, 2 wrong usage, 3 something waits)."""
    line = to_front(sys.argv[1:] if arguments is None else arguments)
    try:
        code = app(args=line, prog_name="ml-connector", standalone_mode=False)
    except (Exception, KeyboardInterrupt) as error:
        if "--debug" in line:
            raise
        code, text = endings.of(error)
        if text:
            printing.aside(text if code == endings.WRONG_USE and "\n" in text else f"ml-connector: {text}")
    return code if isinstance(code, int) else 0


if __name__ == "__main__":
    sys.exit(main())
