"""How a command ends when it does not simply succeed: the exit code and the one line that says why."""

from __future__ import annotations

import typer

from ml_connector.cli import printing
from ml_connector.connectors.kit.errors import VendorError
from ml_connector.hub.problems import BadRows, Problem, WrongUse

FAILED = 1
WRONG_USE = 2
WAITS = 3


class Waits(Exception):
    """Done, and something waits for a person or for time; the text gives the counts."""


class Failed(Exception):
    """Not done; the text says why."""


def of(error: BaseException) -> tuple[int, str]:
    """The exit code and the reason for what ended a command; the bad rows of an import are printed first."""
    match error:
        case Waits():
            return WAITS, str(error)
        case BadRows():
            for line, complaint in error.rows:
                printing.aside(f"line {line}: {complaint}")
            return WRONG_USE, f"{error}: {len(error.rows)} bad rows"
        case WrongUse() | typer.TyperException():
            return WRONG_USE, error.format_message() if isinstance(error, typer.TyperException) else str(error)
        case Failed() | Problem():
            return FAILED, str(error)
        case VendorError():
            return FAILED, error.message
        case typer.Abort():
            return FAILED, "nobody answered: use --from-file where nobody can type"
        case KeyboardInterrupt():
            return FAILED, "interrupted"
    return FAILED, _unexpected(error)


def _unexpected(error: BaseException) -> str:
    text = " ".join(str(error).split()) or type(error).__name__
    if type(error).__name__ == "OperationalError":  # psycopg's or Django's, which are not imported for this alone
        return f"the database does not answer: {text}"
    if isinstance(error, RuntimeError | OSError):
        return text
    return f"unexpected {type(error).__name__}: {text}; the same with --debug shows where"
