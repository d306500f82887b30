"""Proposals for the mapping tables of Acumatica and Procore, from what both systems hold; a person imports them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations.acumatica_procore import links
from ml_connector.integrations.declaration import Suggestion
from ml_connector.integrations.procore_tables import codes_in_use
from ml_connector.records.documents import BudgetLine, CostCode, Project


def projects(left: Any, right: Any) -> list[Suggestion]:
    """Procore projects with the Acumatica project that names them in its external reference, or has their number."""
    there = acumatica.projects(left)
    by_reference = {project.other_key: project for project in there if project.other_key}
    by_number = {project.number: project for project in there}
    return [
        _proposal(project, by_reference.get(project.key) or by_number.get(project.number))
        for project in procore.projects(right)
    ]


def _proposal(project: Project, found: Project | None) -> Suggestion:
    return Suggestion(
        source=project.key,
        source_name=project.name,
        target=found.key if found else "",
        target_name=found.name if found else "",
    )


def coding(left: Any, right: Any) -> list[Suggestion]:
    """Every budget code in use, with the account, task and cost code under which Acumatica budgets the same cost code.

    The cost type chooses among the account groups budgeted for a cost code: by name, or by its first letters.
    """
    codes = dict(codes_in_use(right))
    budgets: dict[str, list[BudgetLine]] = defaultdict(list)
    for line in acumatica.project_budgets(left):
        budgets[line.cost_code].append(line)
    types = _group_of_type(codes.values(), budgets)
    subaccounts = acumatica.subaccounts(left)
    subaccount = subaccounts[0].key if len(subaccounts) == 1 else ""
    names = _Names(left)
    return [_coding(code, budgets[cost.cost_code], types, cost, subaccount, names) for code, cost in codes.items()]


class _Names:
    """What the target's accounts, tasks and cost codes are called."""

    def __init__(self, left: Any) -> None:
        self._accounts = {account.key: account.name for account in acumatica.accounts(left)}
        self._tasks = {task.key: task.name for task in acumatica.tasks(left)}
        self._codes = {code.key: code.name for code in acumatica.cost_codes(left)}

    def of(self, account: str, task: str, code: str) -> str:
        """A target in words."""
        names = (self._accounts.get(account, ""), self._tasks.get(task, ""), self._codes.get(code, ""))
        return ", ".join(name for name in names if name)


def _group_of_type(codes: Any, budgets: dict[str, list[BudgetLine]]) -> dict[str, str]:
    """The account group that goes with each cost type: the one that its cost codes are budgeted under most evenly."""
    seen: dict[str, Counter[str]] = defaultdict(Counter)
    for code in codes:
        for line in budgets.get(code.cost_code, ()):
            if line.group[:1].upper() == code.cost_type[:1].upper():
                seen[code.cost_type][line.group] += 1
    return {cost_type: counter.most_common(1)[0][0] for cost_type, counter in seen.items()}


def _coding(
    code: str, lines: list[BudgetLine], types: dict[str, str], cost: CostCode, subaccount: str, names: _Names
) -> Suggestion:
    group = types.get(cost.cost_type, "")
    fitting = [line for line in lines if line.group == group and line.account]
    found = {(line.account, line.task) for line in fitting}
    if len(found) != 1:
        return Suggestion(source=code, source_name=cost.name, target="", target_name="")
    ((account, task),) = found
    return Suggestion(
        source=code,
        source_name=cost.name,
        target=f"{account}|{subaccount}|{task}|{cost.cost_code}",
        target_name=names.of(account, task, cost.cost_code),
    )


def orders(left: Any, right: Any, pairs: Mapping[str, str]) -> list[Suggestion]:
    """The lines of commitments and orders that are matched; then open order lines for which a person fills in one."""
    return links.suggestions(left, right, pairs)


def payment_methods(left: Any, right: Any) -> list[Suggestion]:
    """The methods whose names leave no doubt; others are added by a person."""
    return [
        Suggestion(source=method, source_name="", target=target, target_name="")
        for method, target in (("CHECK", "check"), ("ACH", "electronic"), ("WIRE", "electronic"))
    ]
