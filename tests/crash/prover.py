"""Runs crash cases in parallel lanes and compares the target's books with a run without faults."""

from __future__ import annotations

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from queue import Queue
from typing import Any

import lanes
from cases import SCENARIOS, SETTLED, Scenario
from lanes import Failed, Lane
from msgspec import Struct

LANES = 4
"""Cases wait for the target more than they work: more lanes than cores."""


class Case(Struct, frozen=True):
    """One kill: a scenario, a point, and at which passing of it."""

    scenario: Scenario
    point: str
    passing: int

    def __str__(self) -> str:
        return f"{self.scenario.name}, killed at {self.point} #{self.passing}"


class Prover:
    """Lanes that take cases; `expected` are each scenario's books without a kill."""

    def __init__(self, opened: Sequence[Lane]) -> None:
        self._lanes: Queue[Lane] = Queue()
        for lane in opened:
            self._lanes.put(lane)
        self.expected: dict[str, Any] = {}

    def each(self, work: Callable[[Lane, Any], str], items: Sequence[Any]) -> list[str]:
        """Do a piece of work per item, one per lane at a time; returns the complaints, "" left out."""

        def one(item: Any) -> str:
            lane = self._lanes.get()
            try:
                with lane.case():
                    return work(lane, item)
            except (Failed, subprocess.TimeoutExpired, OSError) as failure:
                return f"{item}: {failure}"
            finally:
                self._lanes.put(lane)

        with ThreadPoolExecutor(self._lanes.qsize()) as pool:
            return [complaint for complaint in pool.map(one, items) if complaint]

    def baselines(self) -> list[Case]:
        """Run every scenario without a kill, keep its books, and make the cases for the points that it passes.

        A point is killed in the first scenario that passes it: at its first, a middle and its last passing.
        """
        passed: dict[str, Counter[str]] = {}

        def run(lane: Lane, scenario: Scenario) -> str:
            scenario.before(lane)
            passed[scenario.name] = lane.counted(*scenario.killed(lane))
            _finish(lane, scenario)
            self.expected[scenario.name] = lane.books()
            return ""

        complaints = self.each(run, SCENARIOS)
        assert not complaints, complaints
        cases: dict[str, list[Case]] = {}
        for scenario in SCENARIOS:
            for point, count in sorted(passed[scenario.name].items()):
                some = sorted({1, (count + 1) // 2, count})
                cases.setdefault(point, [Case(scenario, point, passing) for passing in some])
        return [case for of_point in cases.values() for case in of_point]

    def printed(self, *command: str) -> str:
        """What a command prints."""
        lane = self._lanes.get()
        try:
            return lane.run(*command)
        finally:
            self._lanes.put(lane)

    def kill(self, lane: Lane, case: Case, **extra: str) -> str:
        """Kill at the case's point, start again, and compare the books; returns a complaint or ""."""
        case.scenario.before(lane)
        command = case.scenario.killed(lane)
        lane.run(*command, expect=(lanes.KILLED,), ML_CONNECTOR_KILL_AT=f"{case.point}:{case.passing}", **extra)
        lane.advance(SETTLED)
        lane.run(*command, **extra)
        _finish(lane, case.scenario)
        return difference(str(case), self.expected[case.scenario.name], lane.books())


def _finish(lane: Lane, scenario: Scenario) -> None:
    for command in scenario.after(lane):
        lane.run(*command)
    if scenario.killed(lane)[0] != "sync":
        lane.run("sync", lane.installation)


def difference(what: str, expected: list[dict[str, Any]], books: list[dict[str, Any]]) -> str:
    """How two states of the books differ, "" when they are equal; doubled references are named first."""
    references = Counter(row["reference"] for row in books if row["reference"])
    doubled = [reference for reference, count in references.items() if count > 1]
    if doubled:
        return f"{what}: posted twice: {doubled}"
    wanted, found = [_comparable(row) for row in expected], [_comparable(row) for row in books]
    missing = [row["business_number"] for row in wanted if row not in found]
    extra = [row["business_number"] for row in found if row not in wanted]
    if missing or extra or len(wanted) != len(found):
        return f"{what}: books differ, missing {missing}, unexpected {extra}"
    return ""


def _comparable(row: dict[str, Any]) -> dict[str, Any]:
    """A document without its mark, which differs between two installations of the same flow."""
    return {**row, "reference": bool(row["reference"])}


@contextmanager
def opened(count: int = LANES) -> Iterator[Prover]:
    """A prover with so many lanes."""
    with ExitStack() as stack:
        yield Prover([stack.enter_context(lanes.opened(number)) for number in range(count)])
