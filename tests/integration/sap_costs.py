"""Where costs belong in SAP Business One, by the tables and by its books."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal
from typing import NamedTuple

import month_costs
from month_costs import CUT_OVER, Paper, Row, approved, difference
from sap_world import SapWorld

__all__ = ["CUT_OVER", "Paper", "Place", "approved", "by_place", "difference", "in_ledger"]


class Place(NamedTuple):
    """Where a cost belongs in SAP."""

    account: str
    project: str
    center: str


def by_place(world: SapWorld, papers: Collection[Paper]) -> dict[Place, Decimal]:
    """The cost of papers by account, project and profit centre, as the tables of the installation say."""

    def place(project: str, coding: str) -> Place:
        name, _, of_project = project.partition("|")
        account, _, of_code = coding.partition("|")
        return Place(account, name, of_code or of_project)

    return month_costs.by_place(world, papers, place)


def in_ledger(books: list[Row], accounts: Collection[str]) -> dict[Place, Decimal]:
    """Debits less credits on accounts, of all posted documents, by account, project and profit centre."""

    def place(line: Row) -> Place:
        return Place(line["account"], line["project"] or "", line["dimensions"].get("profit_center", ""))

    return month_costs.in_ledger(books, accounts, place)
