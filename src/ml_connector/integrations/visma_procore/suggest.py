"""Proposals for the mapping tables of Visma.net and Procore, from what both systems hold."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.visma_net import connector as visma_net
from ml_connector.integrations.declaration import Suggestion
from ml_connector.integrations.procore_tables import codes_in_use
from ml_connector.integrations.visma_procore.coding import Code, written
from ml_connector.records.dimensions import SegmentValue
from ml_connector.records.documents import Project

_SUBACCOUNT = "SUBACCOUNT"


def projects(left: Any, right: Any) -> list[Suggestion]:
    """Procore projects with the Visma.net project that names them or has their number, and their cost centre.

    That is the one value of a subaccount's segments that bears the project's name.
    """
    there = visma_net.projects(left)
    by_reference = {project.other_key: project for project in there if project.other_key}
    by_key = {project.key.casefold(): project for project in there}
    values = _values(left)
    return [
        _project(project, by_reference.get(project.key) or by_key.get(project.number.casefold()), values)
        for project in procore.projects(right)
    ]


def _project(project: Project, found: Project | None, values: Iterable[SegmentValue]) -> Suggestion:
    names = {one.name.casefold() for one in (project, found) if one}
    centres = [value for value in values if value.active and value.name.casefold() in names]
    if found is None or len(centres) != 1:
        return Suggestion(source=project.key, source_name=project.name, target="", target_name="")
    (centre,) = centres
    return Suggestion(
        source=project.key,
        source_name=project.name,
        target=f"{found.key}|{written({centre.segment: centre.value})}",
        target_name=f"{found.name}, {centre.segment_name} {centre.name}",
    )


def coding(left: Any, right: Any) -> list[Suggestion]:
    """Every budget code in use, with the account, segment value and task that go with it.

    The account is that of the budgeted account group whose name begins as the cost type does, the segment value the one
    that has the code's number, the task the one that has the number of its division.
    """
    accounts = _account_of_type(left)
    names = {account.key: account.name for account in visma_net.accounts(left)}
    values = {value.value: value for value in _values(left) if value.active}
    tasks = {task.key: task.name for task in visma_net.tasks(left)}
    found = []
    for code, cost in codes_in_use(right):
        account, value = accounts.get(cost.cost_type[:1].upper(), ""), values.get(cost.cost_code)
        division = re.split(r"\W", cost.cost_code)[0]
        task = division if division in tasks else ""
        if not account or value is None:
            found.append(Suggestion(source=code, source_name=cost.name, target="", target_name=""))
            continue
        said = (names.get(account, ""), value.name, tasks.get(task, ""))
        target = Code(account=account, segments={value.segment: value.value}, task=task).target
        found.append(
            Suggestion(source=code, source_name=cost.name, target=target, target_name=", ".join(filter(None, said)))
        )
    return found


def _account_of_type(left: Any) -> Mapping[str, str]:
    """By the first letter of an account group, the one account of the groups that are budgeted and begin with it."""
    found: dict[str, set[str]] = defaultdict(set)
    for line in visma_net.project_budgets(left):
        if line.account:
            found[line.group[:1].upper()].add(line.account)
    return {letter: next(iter(accounts)) for letter, accounts in found.items() if len(accounts) == 1}


def _values(left: Any) -> Sequence[SegmentValue]:
    return [value for value in visma_net.segment_value_list(left) if value.dimension == _SUBACCOUNT]
