"""Budgets that both systems keep: what does not agree is listed with both amounts, by the word of whoever owns them."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from visma_masters import Office
from visma_world import VismaWorld

from ml_connector.hub import differences
from ml_connector.hub.problems import WrongUse
from ml_connector.integrations.declaration import Difference

FLOWS = ("budgets", "project-budgets")
PROJECT, CODE = "Harborfront Medical Office", "03-300.M"


@pytest.fixture
def office(visma: VismaWorld) -> Office:
    return Office(visma)


def listed(office: Office, kind: str = "budget") -> list[Difference]:
    """The differences of a kind, as of now."""
    office.world.sync()
    report = differences.report(office.world.installation)
    assert report.uncompared == ()
    return [one.difference for one in report.found if one.difference.kind == kind]


def line_of(office: Office) -> dict[str, Any]:
    """Procore's budget line of CODE in PROJECT, the first of the projects."""
    rows = office.world.procore.stored("budget_line_items")
    return next(row for row in rows if row["wbs_code"]["flat_code"] == CODE)


@pytest.mark.parametrize("owner", ["visma", "procore"])
def test_an_amount_that_differs_is_named_with_both_figures(office: Office, owner: str) -> None:
    office.world.install(FLOWS, budget_owner=owner)
    assert listed(office) == []
    line = line_of(office)
    more = Decimal(str(line["original_budget_amount"])) + 5000
    office.site("edit", kind="budget_line", id=line["id"], fields={"original_budget_amount": float(more)})
    (found,) = listed(office)
    amounts = (found.source_amount, found.target_amount)
    visma, procore = amounts if owner == "visma" else reversed(amounts)
    assert visma is not None and procore is not None and procore - visma == 5000
    there, here = (found.source, found.target) if owner == "visma" else (found.target, found.source)
    assert (found.project, there, CODE in here) == (PROJECT, "HARBOR1 task 03 MATERIAL", True)
    assert f"{visma:f}" in found.text and f"{procore:f}" in found.text
    wanted = f"enter {visma} in Procore" if owner == "visma" else f"enter {procore} in Visma.net"
    assert found.by_hand.startswith(wanted) and not found.fix
    with pytest.raises(WrongUse, match="cannot be made good"):
        differences.approve(office.world.installation, [found.id], "test")
    assert office.writes() == {}

    office.site("edit", kind="budget_line", id=line["id"], fields={"original_budget_amount": float(more - 5000)})
    assert listed(office) == []


def test_a_code_that_no_row_maps_is_named(office: Office) -> None:
    office.world.install(FLOWS, budget_owner="visma")
    found = listed(office, "budget_not_mapped")
    assert {(one.project, one.target, one.target_amount) for one in found if one.project == PROJECT} == {
        (PROJECT, "13-280.O", Decimal("422000.00")),
        (PROJECT, "13-280.S", Decimal("274000.00")),
    }


def test_budgets_that_need_not_agree_are_not_compared(office: Office) -> None:
    office.world.install(FLOWS)
    assert listed(office) == listed(office, "budget_not_mapped") == []


def test_a_project_without_budget_in_visma_is_named(office: Office) -> None:
    office.world.install(("budgets",), budget_owner="visma")
    office.world.sync()
    report = differences.report(office.world.installation)
    assert report.found == ()
    assert {one.cause for one in report.uncompared} == {"budget_not_read"}
    assert any("HARBOR1" in one.message for one in report.uncompared)
