"""Budgets of projects as a source: one record per project (vendors/procore.md §4.3).

Procore has no plain list of budget lines; the rows of any budget view of a project hold the same lines.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Row, Scope, Unreadable, Window
from ml_connector.connectors.procore import objects, projects
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.objects import Amount, Id
from ml_connector.records.budgets import Allocation, Budget

_VIEWS: Final = "/rest/v1.0/budget_views"


class WireView(Struct, frozen=True, kw_only=True):
    id: int


class WireBudgetRow(Struct, frozen=True, kw_only=True):
    """A line of the budget. Its own texts of code and cost type are names, so it is known by its budget code."""

    wbs_code_id: Id = None
    original_budget_amount: Amount = None
    budget_modifications: Amount = None


class Budgets:
    """One record per active project, its key the project's (a kit.source.Source).

    Procore gives no time of change for budgets, so each read costs three calls: views, lines and budget codes; two
    where the project has no budget lines.
    """

    kind = "budget"

    def scopes(self, client: Client) -> list[Scope]:
        return projects.scopes(client)

    def read(self, client: Client, scope: Scope, window: Window | None, position: str | None) -> Page:
        """The project's budget. Raises NotPermitted or NotFound when the project is not ours to read."""
        listed = client.page("budget_views.list", _VIEWS, _of(scope), WireView, page=1, per_page=1)
        rows = _rows(client, scope, listed.rows[0].id) if listed.rows else []
        when = listed.at or client.context.clock.now()
        try:
            row = Row(key=scope.key, modified=when, document=_document(client, scope, rows))
        except errors.Unreadable as problem:
            wrong = Unreadable(key=scope.key, modified=None, message=problem.message)
            return Page(rows=(), position=None, vendor_time=listed.at, unreadable=(wrong,))
        return Page(rows=(row,), position=None, vendor_time=listed.at)

    def by_keys(self, client: Client, scope: Scope, keys: Sequence[str]) -> Page:
        return (
            self.read(client, scope, None, None)
            if scope.key in keys
            else Page(rows=(), position=None, vendor_time=None)
        )


budgets: Final = Budgets()


def _of(scope: Scope) -> list[tuple[str, str]]:
    return [("project_id", scope.key)]


def _rows(client: Client, scope: Scope, view: int) -> list[WireBudgetRow]:
    return client.rows("budget_rows.list", f"{_VIEWS}/{view}/detail_rows", _of(scope), WireBudgetRow)


def _document(client: Client, scope: Scope, rows: Sequence[WireBudgetRow]) -> Budget:
    """The lines of one code together; a line without a budget code is left out, no cost could be under it."""
    about = f"budget of {scope.name}"
    codes = {str(wire.id): wire for wire in client.wbs_codes(scope.key, status="")} if rows else {}
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for row in rows:
        if code := codes.get(objects.text(row.wbs_code_id)):
            sums[objects.split_code(code.flat_code or "")] += objects.amount(
                about, "original_budget_amount", row.original_budget_amount
            ) + objects.amount(about, "budget_modifications", row.budget_modifications)
    lines = tuple(
        Allocation(cost_code=code, cost_type=kind, amount=amount) for (code, kind), amount in sorted(sums.items())
    )
    return Budget(project=scope.key, project_name=scope.name, lines=lines)
