"""A scenario: what is killed and run again, what came before it, and what follows."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from lanes import Lane
from msgspec import Struct
from pairs import ACUMATICA
from worlds import Before, nothing

Command = Callable[[Lane], Sequence[str]]
WRITING = ("intent.after_commit", "outcome.before_commit", "outcome.after_commit")
"""What stands around every write: other things are written down in each flow."""


class Scenario(Struct, frozen=True):
    """`before` prepares on top of what is kept as `base`; `killed` is the command that is killed and run again.

    `after` are commands that follow, so that what was killed shows in the books. What `before` has made is kept under
    the scenario's name for all of its cases. `also`: points at which it is killed although an earlier one was, since
    what stands behind them is of another kind.
    """

    name: str
    killed: Command
    before: Before = nothing
    base: str = ACUMATICA.prepared
    after: tuple[Command, ...] = ()
    also: tuple[str, ...] = ()


def sync(*options: str) -> Command:
    """A sync with these options."""
    return lambda lane: ("sync", lane.installation, *options)


def flow(name: str) -> Command:
    """A sync of one flow."""
    return sync("--flow", name)


def hook(*options: str) -> Command:
    """Registering hooks with Procore."""
    return lambda lane: ("connection", "hook", lane.connections["procore"], "--register", *options)


def suggest(table: str) -> Command:
    """Rows that are proposed for a mapping table."""
    return lambda lane: ("mapping", "suggest", lane.installation, table)
