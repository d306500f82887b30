"""Where an amount goes in SAP Business One: account, project and profit centre, by the tables."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.integrations import posting
from ml_connector.integrations.cost_journals import Books, Line, Place, PlaceOf
from ml_connector.integrations.declaration import Desk, Hold
from ml_connector.integrations.procore_sap_b1.choices import SYSTEM


def site(project: str, name: str, day: date, money: Decimal, desk: Desk) -> PlaceOf:
    """A project as the table projects has it, for each of its lines; `money` is what depends on it.

    A code's own profit centre comes before the project's. Raises Hold where there is none.
    """
    code, _, center = desk.map("projects", project, name=name, day=day, money=money).partition("|")

    def place_of(line: Line, amount: Decimal) -> Place:
        cost = f"{line.cost_code}.{line.cost_type}"
        coding = posting.coding_of(project, cost, name=line.text, day=day, money=amount, desk=desk)
        account, _, own = coding.partition("|")
        if coding and code and not (own or center):
            raise Hold(
                "no_profit_center",
                f"neither table projects ({project}, {name}) nor table coding ({cost}) names a profit centre: "
                "add it after the | of either target",
            )
        return Place(account=account, project=code, center=own or center)

    return place_of


BOOKS = Books(system=SYSTEM, longest_number=100, site=site)  # vendors/sap_b1.md §5.3, Reference
