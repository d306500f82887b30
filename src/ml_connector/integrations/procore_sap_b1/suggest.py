"""Proposals for the mapping tables of Procore and SAP Business One, from what both systems hold."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any, Protocol, TypeVar

from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.sap_b1 import connector as sap_b1
from ml_connector.integrations import likeness
from ml_connector.integrations.declaration import Suggestion
from ml_connector.integrations.procore_tables import codes_in_use
from ml_connector.records.documents import ProfitCenter, Project


class _Named(Protocol):
    @property
    def name(self) -> str: ...


N = TypeVar("N", bound=_Named)


def projects(left: Any, right: Any) -> list[Suggestion]:
    """Procore projects with the SAP project that has their number or name, and the profit centre of that name."""
    there = [project for project in sap_b1.projects(right) if project.active]
    centers = _active(sap_b1.profit_centers(right))
    return [_project(project, there, centers) for project in procore.projects(left)]


def _project(project: Project, there: Sequence[Project], centers: Sequence[ProfitCenter]) -> Suggestion:
    numbers = {number.casefold() for number in (project.other_key, project.number) if number}
    found = next((one for one in there if one.key.casefold() in numbers), None) or _alike(project.name, there, 0.5)
    center = next((one for one in centers if one.key.casefold() in numbers), None) or _alike(project.name, centers, 0.5)
    if found is None:
        return Suggestion(source=project.key, source_name=project.name, target="", target_name="")
    return Suggestion(
        source=project.key,
        source_name=project.name,
        target=f"{found.key}|{center.key if center else ''}",
        target_name=_names(found, center),
    )


def coding(left: Any, right: Any) -> list[Suggestion]:
    """Every budget code in use, with the expense account and profit centre whose names have most in common with it.

    A profit centre that has the number of the code's division comes first.
    """
    accounts = [account for account in sap_b1.accounts(right) if account.active and account.kind == "expense"]
    centers = _active(sap_b1.profit_centers(right))
    found = []
    for code, cost in codes_in_use(left):
        name = cost.name.replace(".", " ")  # Procore puts a point between code and cost type: Rebar.Materials
        account = _alike(name, accounts, 0)
        center = _of_division(cost.cost_code, centers) or _alike(name, centers, 0)
        found.append(
            Suggestion(
                source=code,
                source_name=cost.name,
                target=f"{account.key}|{center.key if center else ''}" if account else "",
                target_name=_names(account, center) if account else "",
            )
        )
    return found


def _active(centers: Iterable[ProfitCenter]) -> list[ProfitCenter]:
    return [center for center in centers if center.active]


def _alike(name: str, others: Sequence[N], least: float) -> N | None:
    """The one whose name shares most words, as a part of all words of both above `least`; None where two are equal."""
    words = likeness.words_of(name)
    scored = [(_share(words, likeness.words_of(one.name)), one) for one in others]
    best = max((share for share, _ in scored), default=0.0)
    found = [one for share, one in scored if share == best]
    return found[0] if best > least and len(found) == 1 else None


def _of_division(code: str, centers: Sequence[ProfitCenter]) -> ProfitCenter | None:
    """The one whose number is the code's division, filled up with zeros: PC-0300 for 03-310."""
    division = re.split(r"\W", code)[0]
    found = [one for one in centers if division and re.fullmatch(rf"\D*{re.escape(division)}0*", one.key)]
    return found[0] if len(found) == 1 else None


def _share(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / max(len(one | other), 1)


def _names(found: _Named, center: ProfitCenter | None) -> str:
    return f"{found.name}, {center.name}" if center else found.name
