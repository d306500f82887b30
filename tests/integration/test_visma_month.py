"""A month between Procore and Visma.net: cost is in the ledger once, to the cent, and what is not is named."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any, NamedTuple

import month_costs
import pytest
from month_costs import Paper
from visma_world import VismaWorld

from ml_connector.hub import reconcile
from ml_connector.hub.models import Record

PAPERS = ("requisitions", "direct-costs")
WAITING = Counter(unmapped=7, keyed_by_hand=2, does_not_add_up=1, no_match=2, period_closed=2)
"""Why papers of the month wait for a person: nothing else does."""


class Place(NamedTuple):
    """Where a cost belongs in Visma.net."""

    account: str
    project: str
    centre: str
    cost_code: str
    task: str


def by_tables(project: str, coding: str) -> Place:
    name, _, centre = project.partition("|2=")
    account, code, task = coding.split("|")
    return Place(account, name, centre, code.removeprefix("3="), task)


def of_line(line: dict[str, Any]) -> Place:
    said = line["dimensions"]
    return Place(
        line["account"], line["project"] or "", said.get("segment2", ""), line["cost_code"] or "", said.get("task", "")
    )


def not_posted(papers: list[Paper]) -> dict[tuple[str, str], str]:
    """Why papers are not posted, by flow and key."""
    keys = {(paper.flow, paper.key) for paper in papers}
    found = Record.objects.filter(flow__in=PAPERS).exclude(state="posted")
    return {key: row.cause for row in found if (key := (row.flow, row.source_key)) in keys}


@pytest.fixture
def month(visma: VismaWorld) -> VismaWorld:
    visma.reset("month")
    return visma


def test_cost_is_in_the_ledger_once_and_to_the_cent(month: VismaWorld) -> None:
    before = month.visma.get("/books")
    month.install((*PAPERS, "journals"))
    month.sync()
    after = month.visma.get("/books")

    papers = month_costs.approved(month.procore.get("/state"))
    left = not_posted(papers)
    posted = [paper for paper in papers if (paper.flow, paper.key) not in left]
    expected = month_costs.by_place(month, posted, by_tables)
    accounts = {place.account for place in expected}
    added = month_costs.difference(
        month_costs.in_ledger(after, accounts, of_line), month_costs.in_ledger(before, accounts, of_line)
    )
    assert len(posted) > 150
    assert Counter(left.values()) == WAITING
    assert added == expected
    ours = [row for row in after if (row["reference"] or "").startswith("ML-")]
    assert len(ours) == len(posted)
    assert all(balanced(row) and row["status"] == "Posted" for row in ours)

    compared = reconcile.of_period(month.installation, "2026-01")
    assert (compared.unexplained, compared.troubles) == (0, ())


def balanced(document: dict[str, Any]) -> bool:
    """Whether debits equal credits."""
    return not sum(Decimal(line["debit"]) - Decimal(line["credit"]) for line in document["lines"])
