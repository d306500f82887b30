"""Runs crash cases in parallel lanes and compares what both systems hold with a run without faults."""

from __future__ import annotations

import os
import re
import subprocess
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from threading import Lock
from typing import Generic, TypeVar

import lanes
import ledgers
from cases import SCENARIOS, WORLDS, WRITES
from lanes import Failed, Lane
from msgspec import Struct
from pairs import ACUMATICA, PAIRS
from scenarios import Scenario
from worlds import SETTLED

LANES = max(os.cpu_count() or 1, 2) + 1
"""A lane's processes wait for each other: one more than cores keeps these busy; each further one prepares anew."""
READS = frozenset(
    {
        "list", "by_id", "by_origin", "show", "read", "changed", "inactive", "reach", "fetch", "revoke", "log_in",
        "log_out", "ping", "settings", "status", "release_status", "reverse_status", "release_retainage_status",
        "hold_status",
    }
)  # fmt: skip
"""Last words of the calls that change nothing, so that no lost answer of them is proved."""
START, FOLLOWING = 30, 20
"""What beginning a case, and a command that follows in it, take, measured in passings of points."""
_BY_NAME = {scenario.name: scenario for scenario in (*WORLDS, *SCENARIOS)}


def is_narrowed() -> bool:
    """Whether only some scenarios are run."""
    return bool(os.environ.get("ML_CRASH_ONLY"))


def is_write(point: str) -> bool:
    """Whether a point is at a call that changes something."""
    words = point.split(".")
    return words[0] == "call" and words[-2] not in READS


def is_read(point: str) -> bool:
    """Whether a point is at a call that changes nothing."""
    return point.startswith("call.") and not is_write(point)


def chosen() -> tuple[Scenario, ...]:
    """The scenarios, or on a developer's machine those that `ML_CRASH_ONLY` (a regular expression) finds."""
    wanted = os.environ.get("ML_CRASH_ONLY", "")
    return tuple(scenario for scenario in SCENARIOS if re.search(wanted, scenario.name))


class Case(Struct, frozen=True):
    """One kill: a scenario, a point, and at which passing of it."""

    scenario: Scenario
    point: str
    passing: int

    def __str__(self) -> str:
        return f"{self.scenario.name}, killed at {self.point} #{self.passing}"


class Lost(Struct, frozen=True):
    """One write of a scenario with a fault that hits it."""

    scenario: Scenario
    operation: str
    effect: str

    def __str__(self) -> str:
        return f"{self.scenario.name}, {self.effect} at {self.operation}"


T = TypeVar("T")


class Queue(Generic[T]):
    """Work that is handed out by scenario: to a lane first what it has prepared already."""

    def __init__(self, items: Sequence[T], scenario: Callable[[T], Scenario]) -> None:
        self._items = list(items)
        self._scenario = scenario
        self._lock = Lock()

    def take(self, lane: Lane) -> T | None:
        """The next piece of work for a lane, None when there is none."""
        with self._lock:
            if not self._items:
                return None
            left = Counter(self._scenario(item).name for item in self._items)
            ready = [name for name in left if lane.has(name)]
            name = max(ready or left, key=lambda one: left[one])
            place = next(n for n, item in enumerate(self._items) if self._scenario(item).name == name)
            return self._items.pop(place)


class Prover:
    """Lanes that take cases. `expected` is what both systems hold after each scenario without a kill."""

    def __init__(self, opened: Sequence[Lane]) -> None:
        self._lanes = opened
        self.expected: dict[str, ledgers.Books] = {}
        self.passed: dict[str, Counter[str]] = {}

    def each(self, work: Callable[[Lane, T], str], items: Sequence[T], scenario: Callable[[T], Scenario]) -> list[str]:
        """Do a piece of work per item, in the scenario's world; returns the complaints, "" left out."""
        queue = Queue(items, scenario)

        def serve(lane: Lane) -> list[str]:
            complaints = []
            while (item := queue.take(lane)) is not None:
                try:
                    begin(lane, scenario(item))
                    complaints.append(work(lane, item))
                except (Failed, subprocess.TimeoutExpired, OSError) as failure:
                    complaints.append(f"{item}: {failure}")
            return [complaint for complaint in complaints if complaint]

        with ThreadPoolExecutor(len(self._lanes)) as pool:
            return [complaint for found in pool.map(serve, self._lanes) for complaint in found]

    def baselines(self) -> list[Case]:
        """Run every scenario without a kill, keep what it comes to, and make the cases for the points that it passes.

        A point is killed in the first scenario that passes it, a call that only reads in the one where that takes
        least: at its first, a middle and its last passing. Where another scenario wants it killed as well: in the
        middle.
        """

        def run(lane: Lane, scenario: Scenario) -> str:
            self.passed[scenario.name] = lane.counted(*scenario.killed(lane))
            finish(lane, scenario)
            self.expected[scenario.name] = ledgers.of(lane.systems())
            return ""

        complaints = self.each(run, chosen(), lambda scenario: scenario)
        assert not complaints, complaints
        cases: list[Case] = []
        homes = {point: self._home(point) for point in {point for counts in self.passed.values() for point in counts}}
        for scenario in chosen():
            for point, count in sorted(self.passed[scenario.name].items()):
                if homes[point] is scenario:
                    cases += [Case(scenario, point, passing) for passing in passings(count)]
                elif point in scenario.also:
                    cases.append(Case(scenario, point, (count + 1) // 2))
        return cases

    def _home(self, point: str) -> Scenario:
        """The scenario in which a point is killed at all its passings that count."""
        passing = [scenario for scenario in chosen() if point in self.passed[scenario.name]]
        if not is_read(point):
            return passing[0]
        return min(passing, key=lambda one: len(passings(self.passed[one.name][point])) * self._length(one))

    def _length(self, scenario: Scenario) -> int:
        """How long a case of a scenario takes, roughly, in passings of points."""
        return START + sum(self.passed[scenario.name].values()) + FOLLOWING * len(scenario.after)

    def passes(self, operation: str) -> bool:
        """Whether any scenario makes a call."""
        return any(f"call.{operation}.after" in counts for counts in self.passed.values())

    def first_scenario(self, operation: str) -> Scenario:
        """The first scenario that makes a call."""
        return next(one for one in chosen() if f"call.{operation}.after" in self.passed[one.name])

    def call_of(self, lost: Lost) -> tuple[str, str, int]:
        """Method, path, and which one of a scenario's calls of a kind to hit: the second where there are several."""
        return *WRITES[lost.operation], min(self.passed[lost.scenario.name][f"call.{lost.operation}.after"], 2)

    def printed(self, *command: str) -> str:
        """What a command prints."""
        self._lanes[0].begin(ACUMATICA.prepared)
        return self._lanes[0].run(*command)

    def kill(self, lane: Lane, case: Case, **extra: str) -> str:
        """Kill at the case's point, start again, and compare; returns a complaint or ""."""
        command = case.scenario.killed(lane)
        try:
            lane.run(*command, expect=(lanes.KILLED,), ML_CONNECTOR_KILL_AT=f"{case.point}:{case.passing}", **extra)
        except Failed as spared:
            if spared.code not in (0, 3) or case.passing == 1:
                raise
            # What a vendor still works on is asked after more or less often: this time the point was passed less often.
            begin(lane, case.scenario)
            lane.run(*command, expect=(lanes.KILLED,), ML_CONNECTOR_KILL_AT=f"{case.point}:1", **extra)
        lane.advance(SETTLED)
        lane.run(*command, **extra)
        finish(lane, case.scenario)
        return self.compared(lane, case)

    def compared(self, lane: Lane, case: Case | Lost) -> str:
        """What is not as after a run without faults, or ""."""
        if "sap_b1" in lane.pair.vendors and (left := lane.control("sap_b1", "/sessions")):
            return f"{case}: sessions are left open: {left}"
        systems = lane.systems()
        if doubled := ledgers.marks(systems):
            return f"{case}: posted twice: {doubled}"
        found = ledgers.difference(self.expected[case.scenario.name], ledgers.of(systems))
        return f"{case}:\n    {found}" if found else ""


def passings(count: int) -> list[int]:
    """At which of `count` passings a point is killed."""
    return sorted({1, (count + 1) // 2, count})


def begin(lane: Lane, scenario: Scenario) -> None:
    """Put a lane where a scenario begins; the way there is gone once."""
    if not lane.has(scenario.name):
        if scenario.base in (pair.prepared for pair in PAIRS):
            lane.begin(scenario.base)
        else:
            begin(lane, _BY_NAME[scenario.base])
        scenario.before(lane)
        lane.keep(scenario.name)
    lane.begin(scenario.name)


def finish(lane: Lane, scenario: Scenario) -> None:
    """What follows in any case, so that what was killed shows in the books."""
    for command in scenario.after:
        lane.run(*command(lane))


@contextmanager
def opened(count: int = LANES) -> Iterator[Prover]:
    """A prover with so many lanes."""
    with ExitStack() as stack, ThreadPoolExecutor(count) as pool:
        made = [pool.submit(stack.enter_context, lanes.opened(number)) for number in range(count)]
        yield Prover([one.result() for one in made])
