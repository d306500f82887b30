"""Where an amount goes in Visma.net: account, project, task and subaccount, by the tables.

A subaccount is written by its segments that are not zero, such as `2=011,3=03-300`. A project's own segments (its cost
centre) stand in the table projects, those of a cost code in the table coding.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.integrations import posting
from ml_connector.integrations.cost_journals import Books, Line, Place, PlaceOf
from ml_connector.integrations.declaration import Desk

SYSTEM: Final = "Visma.net"


class Site(Struct, frozen=True, kw_only=True):
    """A project as the table projects has it: its key in Visma.net, and its own segments."""

    project: str
    segments: dict[str, str]


class Code(Struct, frozen=True, kw_only=True):
    """A cost code as the table coding has it: account, its own segments, task."""

    account: str
    segments: dict[str, str]
    task: str

    @property
    def target(self) -> str:
        """As the table has it."""
        return f"{self.account}|{written(self.segments)}|{self.task}"


def site_of(target: str) -> Site:
    """A target of the table projects, `project|segments`."""
    project, _, segments = target.partition("|")
    return Site(project=project, segments=segments_of(segments))


def code_of(target: str) -> Code:
    """A target of the table coding, `account|segments|task`."""
    account, segments, task = [*target.split("|"), "", ""][:3]
    return Code(account=account, segments=segments_of(segments), task=task)


def segments_of(text: str) -> dict[str, str]:
    """`2=011,3=03-300` by segment."""
    pairs = (part.partition("=") for part in text.split(",") if part.strip())
    return {segment.strip(): value.strip() for segment, _, value in pairs}


def written(segments: dict[str, str]) -> str:
    """Segments in their order, as the tables have them."""
    return ",".join(f"{segment}={segments[segment]}" for segment in sorted(segments, key=int))


def site(project: str, name: str, day: date, money: Decimal, desk: Desk) -> PlaceOf:
    """A project as the table projects has it, for each of its lines; `money` is what depends on it."""
    own = site_of(desk.map("projects", project, name=name, day=day, money=money))

    def place_of(line: Line, amount: Decimal) -> Place:
        cost = f"{line.cost_code}.{line.cost_type}"
        found = code_of(posting.coding_of(project, cost, name=line.text, day=day, money=amount, desk=desk))
        return Place(
            account=found.account,
            project=own.project,
            task=found.task,
            subaccount=written({**own.segments, **found.segments}),
        )

    return place_of


BOOKS = Books(system=SYSTEM, longest_number=255, site=site)
"""No length of a line's reference is published (vendors/visma_net.md): one that is cut there is found by comparison."""
