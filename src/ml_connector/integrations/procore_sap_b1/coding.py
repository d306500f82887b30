"""Where an amount goes in SAP Business One: account, project and profit centre, by the tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol

from msgspec import Struct

from ml_connector.integrations import posting
from ml_connector.integrations.declaration import Desk, Hold


class Line(Protocol):
    """What every line that costs money says of itself, whatever it is a line of."""

    @property
    def cost_code(self) -> str: ...

    @property
    def cost_type(self) -> str: ...

    @property
    def text(self) -> str: ...


class Place(Struct, frozen=True, kw_only=True):
    """Where a line goes; empty fields where a table has no answer yet."""

    account: str
    project: str
    center: str


class Site(Struct, frozen=True, kw_only=True):
    """A project as the table projects has it. `key` and `name` are Procore's, `code` and `center` the target's."""

    key: str
    name: str
    code: str
    center: str
    day: date


def site_of(project: str, name: str, *, day: date, money: Decimal, desk: Desk) -> Site:
    """The project of a document; `money` is what depends on it."""
    target = desk.map("projects", project, name=name, day=day, money=money)
    code, _, center = target.partition("|")
    return Site(key=project, name=name, code=code, center=center, day=day)


def place_of(site: Site, line: Line, money: Decimal, desk: Desk) -> Place:
    """Where a line goes. Its code's own profit centre comes before the project's. Raises Hold where there is none."""
    code = f"{line.cost_code}.{line.cost_type}"
    coding = posting.coding_of(site.key, code, name=line.text, day=site.day, money=money, desk=desk)
    account, _, center = coding.partition("|")
    if coding and site.code and not (center or site.center):
        raise Hold(
            "no_profit_center",
            f"neither table projects ({site.key}, {site.name}) nor table coding ({code}) names a profit centre: "
            "add it after the | of either target",
        )
    return Place(account=account, project=site.code, center=center or site.center)
