"""The mapping tables that every pair with Procore has: what of Procore is mapped, and what is proposed of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations.declaration import Suggestion, Table
from ml_connector.records.documents import CostCode

Check = Callable[[str], str]
Suggest = Callable[..., list[Suggestion]]


def check_key(target: str) -> str:
    """Complains about an empty target."""
    return "" if target.strip() else "the target is empty"


def projects(target: str, suggest: Suggest, check: Check = check_key) -> Table:
    """The table of projects; `target` says what they are mapped to."""
    return Table(
        name="projects", title="Projects", source="Procore project id", target=target, check=check, suggest=suggest
    )


def coding(target: str, suggest: Suggest, check: Check) -> Table:
    """The table of cost codes and cost types; a row may be for one project alone."""
    return Table(
        name="coding",
        title="Cost code and cost type",
        source="cost code.cost type as Procore shows it (03-300.S), or project id:cost code.cost type",
        target=target,
        check=check,
        suggest=suggest,
    )


def employees(target: str) -> Table:
    """The table of employees; who stands for one is known to people only, and `mapping gaps` lists who is missing."""
    return Table(
        name="employees",
        title="Employees",
        source="Procore employee id of a direct cost",
        target=target,
        check=check_key,
        suggest=lambda left, right: [],
    )


def tax(target: str, check: Check = check_key) -> Table:
    """The table of taxes; its one row that every company may need is proposed, to be filled by a person."""
    row = Suggestion(source="requisition", source_name="tax of requisitions", target="", target_name="")
    return Table(
        name="tax",
        title="Tax",
        source="the word requisition, or a Procore tax code id for direct costs",
        target=target,
        check=check,
        suggest=lambda left, right: [row],
    )


def codes_in_use(client: Any) -> Iterator[tuple[str, CostCode]]:
    """Every budget code of any project once, in order, under the name that the table `coding` has for it."""
    codes: dict[str, CostCode] = {}
    for project in procore.projects(client):
        for cost in procore.cost_codes(client, project.key):
            codes.setdefault(f"{cost.cost_code}.{cost.cost_type}", cost)
    yield from sorted(codes.items())
