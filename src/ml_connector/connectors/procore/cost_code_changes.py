"""Standard cost codes as a target: divisions first, then the codes in them (vendors/procore.md §4.3, §9)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.procore import cost_code_lists, master_changes, sync
from ml_connector.connectors.procore.client import ANSWER_WITHIN, SETTLE, Client
from ml_connector.connectors.procore.cost_code_lists import PATH, SEPARATOR, VIEW, Tree, WireList
from ml_connector.connectors.procore.master_changes import Plan
from ml_connector.records.masters import MasterChange

_Answered = Done | Refused | NotRun


class Unplaced(Exception):
    """It cannot be said in which list a new code belongs; the text tells what to do."""


class Chart:
    """All lists with their codes, as they are now."""

    def __init__(self, client: Client) -> None:
        self._lists = cost_code_lists.lists(client)
        self.trees = {str(wire.id): cost_code_lists.tree(client, str(wire.id)) for wire in self._lists}

    def place(self, item: Item) -> tuple[str, str]:
        """The list of the item's code, and its id there, empty when it is not made yet. Raises Unplaced."""
        key, mark = master_changes.key_of(item), master_changes.mark(item)
        for name, tree in self.trees.items():
            if key in tree.wires:
                return name, key
            for wire in tree.wires.values():
                if not key and wire.origin_id == mark:
                    return name, str(wire.id)
        if key:
            raise Unplaced(f"cost code {key} is in none of Procore's standard lists: it was deleted there, match anew")
        return str(self._chosen().id), ""

    def _chosen(self) -> WireList:
        """The list for new codes: the one that is kept for an ERP, else that of new projects, else the only one."""
        erp = [wire for wire in self._lists if wire.is_erp_list]
        new = [wire for wire in self._lists if wire.available_to_use_on_new_projects]
        candidates = erp or new or self._lists
        if len(candidates) == 1:
            return candidates[0]
        names = ", ".join(f"{wire.name} ({wire.id})" for wire in candidates) or "none"
        raise Unplaced(
            f"Procore must have one standard cost code list for new codes, it has: {names}. "
            "Make one of them the ERP list, or the only one that new projects use, then replay"
        )


def make_divisions(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Create the divisions that are missing, level by level; where none can be missing nothing is asked."""
    if not any(_divisions(item.document) for item in items):
        return [_done(item) for item in items]
    chart = Chart(client)
    refused: dict[tuple[str, str], _Answered] = {}
    placed = [_placed(chart, item) for item in items]
    for depth in range(max(len(_divisions(item.document)) for item in items)):
        wanted: dict[str, set[str]] = defaultdict(set)
        for item, place in zip(items, placed, strict=True):
            path = _divisions(item.document)[depth : depth + 1]
            if isinstance(place, tuple):
                wanted[place[0]] |= {full for full in path if _is_missing(chart.trees[place[0]], full)}
        for name, codes in sorted(wanted.items()):
            refused |= _make(client, name, chart.trees[name], sorted(codes))
    return [_division_outcome(item, place, refused) for item, place in zip(items, placed, strict=True)]


def look_up_divisions(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether every division that the codes need is there."""
    chart = Chart(client)
    return [_done(item) if _has_divisions(chart, item) else Absent() for item in items]


def write_codes(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Write what is still to be written, one call per list. A code without anything left is not sent."""
    chart = Chart(client)
    planned = [_planned(chart, item) for item in items]
    answered: dict[str, Iterator[_Answered]] = {}
    for name in sorted({each.name for each in planned if each.row is not None}):
        rows = [each.row for each in planned if each.row is not None and each.name == name]
        answered[name] = iter(_sync(client, name, rows))
    return [
        each.settled or master_changes.concluded(each.item, next(answered[each.name]), each.overtaken)
        for each in planned
    ]


def look_up_codes(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the codes are there as they were to be written; new ones are found by our mark."""
    chart = Chart(client)
    findings: list[Finding] = []
    for item in items:
        place = _placed(chart, item)
        key = place[1] if isinstance(place, tuple) else ""
        present = _present(chart.trees[place[0]], key) if isinstance(place, tuple) else None
        is_made = not master_changes.key_of(item)  # whatever somebody has changed of it since
        there = present is not None and (is_made or master_changes.is_done(item.document, present))
        findings.append(master_changes.done(item, key, {}) if there else Absent())
    return findings


class _Planned(Struct, frozen=True, kw_only=True):
    """An item with its row of the call for the list `name`, or what became of it without one."""

    item: Item
    name: str = ""
    row: dict[str, Any] | None = None
    overtaken: tuple[str, ...] = ()
    settled: Outcome | None = None


def _planned(chart: Chart, item: Item) -> _Planned:
    place = _placed(chart, item)
    if isinstance(place, Refused):
        return _Planned(item=item, settled=place)
    name, key = place
    tree = chart.trees[name]
    plan = master_changes.plan(item.document, _present(tree, key))
    if missing := _missing_parent(tree, plan):
        return _Planned(item=item, settled=Refused(message=f"its division {missing} is not in Procore's list"))
    if other := _namesake(tree, key, plan):
        return _Planned(item=item, settled=other)
    if not plan.values:
        return _Planned(item=item, settled=master_changes.concluded(item, Done(key=key), plan.overtaken))
    return _Planned(item=item, name=name, row=_row(item, key, plan, tree), overtaken=plan.overtaken)


def _placed(chart: Chart, item: Item) -> tuple[str, str] | Refused:
    try:
        return chart.place(item)
    except Unplaced as problem:
        return Refused(message=str(problem))


def _divisions(change: MasterChange) -> list[str]:
    """The full codes of all divisions above a code that is to be set: `03`, `03-200` for `03-200-10`."""
    parts = change.values.get("code", "").split(SEPARATOR)
    return [SEPARATOR.join(parts[: depth + 1]) for depth in range(len(parts) - 1)]


def _is_missing(tree: Tree, full: str) -> bool:
    """Whether a division is to be made: it is not there, but the one above it is."""
    above, _, _ = full.rpartition(SEPARATOR)
    return full not in tree.ids and (not above or above in tree.ids)


def _make(client: Client, name: str, tree: Tree, codes: Sequence[str]) -> dict[tuple[str, str], _Answered]:
    """Create divisions in a list; returns those that could not be, with the reason."""
    rows = []
    for full in codes:
        above, _, own = full.rpartition(SEPARATOR)
        row: dict[str, Any] = {"origin_id": cost_code_lists.division_mark(name, full), "code": own, "name": full}
        rows.append({**row, "parent_id": int(tree.ids[above])} if above else row)
    failed: dict[tuple[str, str], _Answered] = {}
    for full, outcome in zip(codes, _sync(client, name, rows), strict=True):
        if isinstance(outcome, Done):
            tree.add(outcome.key, full)
        else:
            failed[name, full] = outcome
    return failed


def _division_outcome(
    item: Item, place: tuple[str, str] | Refused, refused: dict[tuple[str, str], _Answered]
) -> Outcome:
    if isinstance(place, Refused):
        return place
    reasons = (refused[place[0], full] for full in _divisions(item.document) if (place[0], full) in refused)
    return next(reasons, _done(item))


def _has_divisions(chart: Chart, item: Item) -> bool:
    place = _placed(chart, item)
    return isinstance(place, tuple) and all(full in chart.trees[place[0]].ids for full in _divisions(item.document))


def _present(tree: Tree, key: str) -> dict[str, str] | None:
    return {"code": tree.full(key), "name": tree.wires[key].name or ""} if key else None


def _missing_parent(tree: Tree, plan: Plan) -> str:
    above, _, _ = plan.values.get("code", "").rpartition(SEPARATOR)
    return above if above and above not in tree.ids else ""


def _namesake(tree: Tree, key: str, plan: Plan) -> Held | None:
    """Procore may take the same code twice, so that one which is there already is looked for here."""
    full = plan.values.get("code", "")
    other = tree.ids.get(full, key)
    if other == key:
        return None
    message = f"code {full} is in Procore already (id {other}), made by somebody else: match the two, then replay"
    return Held(cause=Cause.KEYED_BY_HAND, message=message)


def _row(item: Item, key: str, plan: Plan, tree: Tree) -> dict[str, Any]:
    row: dict[str, Any] = {"id": int(key)} if key else {"origin_id": master_changes.mark(item)}
    if "name" in plan.values:
        row["name"] = plan.values["name"]
    if "code" in plan.values:
        above, _, row["code"] = plan.values["code"].rpartition(SEPARATOR)
        if above or key:
            row["parent_id"] = int(tree.ids[above]) if above else None
    return row


def _sync(client: Client, name: str, rows: Sequence[dict[str, Any]]) -> list[_Answered]:
    if not rows:
        return []
    body = {"company_id": int(client.company), "standard_cost_code_list_id": int(name), "updates": rows}
    answer = client.write("standard_cost_codes.sync", "PATCH", f"{PATH}/sync", body, [VIEW])
    return sync.outcomes(answer, rows)


def _done(item: Item) -> Done:
    return Done(key=master_changes.key_of(item), number=item.number)


cost_code_changes: Final = Target(
    kind="cost code",
    steps=(
        Step(name="divisions", run=make_divisions, look_up=look_up_divisions, batch=sync.BATCH),
        Step(name="codes", run=write_codes, look_up=look_up_codes, batch=sync.BATCH),
    ),
    settle=SETTLE,
    answer_within=timedelta(seconds=ANSWER_WITHIN),
)
