"""Budgets of projects as a source: one record per project that has one (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.wire import BadRecord, Record
from ml_connector.records.budgets import GroupAllocation, JobBudget
from ml_connector.records.money import ZERO


class ProjectBudgets:
    """Always all of them, in one list: which lines are gone is only seen from what is there (a kit.source.Source)."""

    kind = "project_budget"

    def scopes(self, client: VismaClient) -> list[Scope]:
        return [Scope(key="company", name="Project budgets")]

    def read(self, client: VismaClient, scope: Scope, window: Window | None, position: str | None) -> Page:
        lines: dict[str, list[Record]] = defaultdict(list)
        for row in cost_lines(client):
            lines[wire.text(row, "projectID")].append(row)
        accounts = accounts_of_groups(client)
        at = client.answered or client.context.clock.now()
        rows: list[Row] = []
        unreadable: list[Unreadable] = []
        for project, records in lines.items():
            try:
                allotted = tuple(_allocation(record, accounts) for record in records)
                rows.append(Row(key=project, modified=at, document=JobBudget(project=project, lines=allotted)))
            except BadRecord as problem:
                unreadable.append(Unreadable(key=project, modified=at, message=problem.message))
        return Page(rows=tuple(rows), position=None, vendor_time=None, unreadable=tuple(unreadable))

    def by_keys(self, client: VismaClient, scope: Scope, keys: Sequence[str]) -> Page:
        page = self.read(client, scope, None, None)
        rows = tuple(row for row in page.rows if row.key in set(keys))
        return Page(rows=rows, position=None, vendor_time=None)


def cost_lines(client: VismaClient, project: str = "") -> list[Record]:
    """The lines of cost in the budget of one project, or of all."""
    rows = client.everything(calls.BUDGETS, {"project": project} if project else {})
    return [row for row in rows if wire.text(row, "type") == "Expense"]


def accounts_of_groups(client: VismaClient) -> dict[str, tuple[str, ...]]:
    """The active accounts of each account group."""
    found: dict[str, list[str]] = defaultdict(list)
    for record in Company(client).accounts().values():
        if wire.flag(record, "active") is not False:
            found[wire.text(record, "accountGroupCD")].append(wire.text(record, "accountCD"))
    return {group: tuple(sorted(codes)) for group, codes in found.items() if group}


def _allocation(row: Record, accounts: dict[str, tuple[str, ...]]) -> GroupAllocation:
    group = wire.text(row, "accountGroupID")
    return GroupAllocation(
        task=wire.text(row, "projectTaskID"),
        group=group,
        accounts=accounts.get(group, ()),
        amount=wire.amount(row, "revisedBudgetAmount") or ZERO,
    )


budgets: Final = ProjectBudgets()
