"""What Procore's approved papers cost, worked out from its state and a company's mapping tables alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from pair_world import PairWorld
from rehearsal import rows_of

from ml_connector.hub import mapping
from ml_connector.integrations.catalogue import INTEGRATIONS

CUT_OVER = "2026-01-01"
Row = dict[str, Any]
P = TypeVar("P")


class Paper(NamedTuple):
    """An approved requisition or direct cost: its flow, key and number, and what it costs by project and code."""

    flow: str
    key: str
    number: str
    costs: list[tuple[str, str, Decimal]]


def approved(state: dict[str, list[Row]]) -> list[Paper]:
    """All papers from the cut-over date on that cost something; payroll is not ours to post."""
    return [*_requisitions(state["requisitions"]), *_direct_costs(state["direct_costs"])]


def _requisitions(rows: list[Row]) -> Iterator[Paper]:
    stored: dict[tuple[int, int], Decimal] = {}
    for row in sorted(rows, key=lambda row: (row["commitment_id"], row["number"])):
        costs = []
        for item in row["items"]:
            place = (row["commitment_id"], item["line_item_id"])
            now = Decimal(item["materials_presently_stored"])
            gross = Decimal(item["work_completed_this_period"]) + now - stored.get(place, Decimal(0))
            stored[place] = now
            costs.append((str(row["project_id"]), item["wbs_code"]["flat_code"], gross))
        if row["status"] in ("approved", "approved_as_noted") and row["billing_date"] >= CUT_OVER:
            yield Paper("requisitions", str(row["id"]), row["invoice_number"], costs)


def _direct_costs(rows: list[Row]) -> Iterator[Paper]:
    for row in rows:
        is_ours = row["status"] == "approved" and row["direct_cost_type"] != "payroll"
        if is_ours and row["direct_cost_date"] >= CUT_OVER and not row["deleted_at"]:
            project = str(row["project"]["id"])
            costs = [(project, line["wbs_code"]["flat_code"], Decimal(line["amount"])) for line in row["line_items"]]
            yield Paper("direct-costs", str(row["id"]), row["invoice_number"] or "", costs)


def by_place(world: PairWorld, papers: Collection[Paper], place: Callable[[str, str], P]) -> dict[P, Decimal]:
    """The cost of papers by place, as the rows of the tables projects and coding (`place(project, coding)`) say."""
    projects, coding = _table(world, "projects"), _table(world, "coding")
    sums: dict[P, Decimal] = defaultdict(Decimal)
    for project, code, amount in (cost for paper in papers for cost in paper.costs):
        if amount:
            sums[place(projects[project], coding.get(f"{project}:{code}", coding.get(code, "")))] += amount
    return {place: amount for place, amount in sums.items() if amount}


def _table(world: PairWorld, name: str) -> dict[str, str]:
    text = mapping.export_csv(world.installation, mapping.table_of(INTEGRATIONS[world.integration], name))
    return {row["source"]: row["target"] for row in rows_of(text)}


def in_ledger(books: list[Row], accounts: Collection[str], place: Callable[[Row], P]) -> dict[P, Decimal]:
    """Debits less credits on accounts, of all posted documents, by the places of their lines."""
    sums: dict[P, Decimal] = defaultdict(Decimal)
    for line in (line for document in books for line in document["lines"]):
        if line["account"] in accounts and line["debit"] is not None:
            sums[place(line)] += Decimal(line["debit"]) - Decimal(line["credit"])
    return sums


def difference(after: Mapping[P, Decimal], before: Mapping[P, Decimal]) -> dict[P, Decimal]:
    """What was added."""
    added = {place: after.get(place, Decimal(0)) - before.get(place, Decimal(0)) for place in {**after, **before}}
    return {place: amount for place, amount in added.items() if amount}
