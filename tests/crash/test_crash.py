"""Never twice, never lost: the hub is killed everywhere, loses answers, freezes, and both systems hold the same."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import prover
import pytest
from cases import NOT_MADE, WRITES
from lanes import KILLED, Lane
from prover import Case, Lost, Prover
from worlds import SETTLED, fault

EFFECTS = ("drop_after_write", "drop_before_write")
SLOW = {"delay_before_write": "3", "delay_after_write": "3"}
"""Effects that last longer than our patience, and the time after which they have settled."""
RELEASED = 5
"""Bills of the scenario `first sync`."""


@pytest.fixture(scope="module")
def proving() -> Iterator[Prover]:
    with prover.opened() as made:
        yield made


@pytest.fixture(scope="module")
def cases(proving: Prover) -> list[Case]:
    return proving.baselines()


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Print past pytest's capture, so that the number of cases is seen."""
    with capsys.disabled():
        print(f"\n{text}")


def test_killed_at_every_point(proving: Prover, cases: list[Case], capsys: pytest.CaptureFixture[str]) -> None:
    listed, reached = set(proving.printed("points").split()), {case.point for case in cases}
    unmade = {f"call.{operation}.{side}" for operation in NOT_MADE for side in ("before", "after")}
    assert reached <= listed - unmade, f"passed after all: {sorted(reached & unmade)}"
    assert reached == listed - unmade or prover.is_narrowed(), f"no scenario passes {sorted(listed - unmade - reached)}"
    complaints = proving.each(proving.kill, cases, lambda case: case.scenario)
    scenarios = len({case.scenario.name for case in cases})
    tell(
        capsys,
        f"crash proof: {len(cases)} kills at {len(reached)} points in {scenarios} scenarios, {len(complaints)} failed",
    )
    assert not complaints, "\n".join(complaints)


def lose_answer(proving: Prover, lane: Lane, lost: Lost) -> str:
    """Run under a fault of one write, wait until it settles, go on, and compare; nothing is killed."""
    vendor, _, _ = lost.operation.partition(".")
    call = proving.call_of(lost)
    if lost.effect in SLOW:
        lane.run("connection", "settings", lane.connections[vendor], "write_seconds=1")
    fault(lane, vendor, call, lost.effect, **({"seconds": 2} if lost.effect in SLOW else {}))
    command, settle = lost.scenario.killed(lane), SLOW.get(lost.effect, "0.5")
    code, waits = (0, 1, 3) if command[0] != "sync" else (0, 3), lost.effect in SLOW
    lane.run(*command, expect=code, waits=waits, ML_CONNECTOR_SETTLE_SECONDS=settle)
    if not lane.was_hit(vendor):
        # What a vendor still worked on kept the write from its turn: it comes by the next time.
        lane.advance(SETTLED)
        lane.run(*command, expect=code, waits=waits, ML_CONNECTOR_SETTLE_SECONDS=settle)
        if not lane.was_hit(vendor):
            return f"{lost}: the fault hit nothing"
    if command[0] != "sync":
        lane.run(*command)
    prover.finish(lane, lost.scenario)
    return proving.compared(lane, lost)


def test_lost_and_late_answers_of_every_write(
    proving: Prover, cases: list[Case], capsys: pytest.CaptureFixture[str]
) -> None:
    writes = {case.point.removeprefix("call.").rpartition(".")[0] for case in cases if prover.is_write(case.point)}
    assert writes == set(WRITES) or prover.is_narrowed()
    late = ("acumatica.bills.create", "acumatica.bills.release")
    planned = [
        Lost(proving.first_scenario(operation), operation, effect)
        for operation in sorted(writes)
        for effect in (*EFFECTS, *(SLOW if operation in late else ()))
    ]
    complaints = proving.each(lambda lane, lost: lose_answer(proving, lane, lost), planned, lambda lost: lost.scenario)
    tell(capsys, f"lost answers: {len(planned)} cases of {len(writes)} writes, {len(complaints)} failed")
    assert not complaints, "\n".join(complaints)


def freeze(proving: Prover, lane: Lane, lost: Lost) -> str:
    """Freeze a worker inside a vendor call, let another finish, wake the first up, and compare."""
    vendor, _, _ = lost.operation.partition(".")
    method, path, nth = proving.call_of(lost)
    fault(lane, vendor, (method, path, nth), "delay_after_write", seconds=1)
    before = len(answered(lane, vendor, method))
    frozen = lane.start(*lost.scenario.killed(lane))
    try:
        wait_for_hit(lane, vendor)
        os.kill(frozen.pid, signal.SIGSTOP)
        lane.advance(SETTLED)
        lane.run(*lost.scenario.killed(lane))
        os.kill(frozen.pid, signal.SIGCONT)
        frozen.wait(60)
    finally:
        frozen.kill()
        frozen.wait()
    assert len(answered(lane, vendor, method)) > before
    prover.finish(lane, lost.scenario)
    return proving.compared(lane, lost)


def answered(lane: Lane, vendor: str, method: str) -> list[object]:
    """The calls of a method that a vendor has answered."""
    return [row for row in lane.control(vendor, "/calls") if row["method"] == method]


def wait_for_hit(lane: Lane, vendor: str) -> None:
    """Wait until the fault has hit its call, which is then being answered."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        if lane.was_hit(vendor):
            return
        time.sleep(0.02)
    raise AssertionError("the fault hit nothing")


FROZEN = (
    "acumatica.bills.create", "acumatica.bills.release", "acumatica.bills.reverse", "acumatica.vendors.create",
    "procore.payments.create", "procore.vendors.sync", "sap_b1.documents.create", "sap_b1.journals.reverse",
)  # fmt: skip


def test_a_frozen_worker_that_wakes_up_late_does_no_harm(
    proving: Prover, cases: list[Case], capsys: pytest.CaptureFixture[str]
) -> None:
    passed = {operation: proving.first_scenario(operation) for operation in FROZEN if proving.passes(operation)}
    assert len(passed) == len(FROZEN) or prover.is_narrowed()
    planned = [Lost(scenario, operation, "frozen") for operation, scenario in passed.items()]
    complaints = proving.each(lambda lane, lost: freeze(proving, lane, lost), planned, lambda lost: lost.scenario)
    tell(capsys, f"frozen workers: {len(planned)} cases, {len(complaints)} failed")
    assert not complaints, "\n".join(complaints)


def take_over(proving: Prover, lane: Lane, case: Case) -> str:
    """Two workers; the one that delivers is killed in the middle, the other goes on within a minute."""
    kill = {"ML_CONNECTOR_KILL_AT": f"{case.point}:{case.passing}", "ML_CONNECTOR_SETTLE_SECONDS": "2"}
    first = lane.start("worker", **kill)
    wait_for_first(lane)
    second = lane.start("worker", ML_CONNECTOR_SETTLE_SECONDS="2")
    try:
        code = first.wait(60)
        begun = time.monotonic()
        while time.monotonic() - begun < 60 and released(lane) < RELEASED:
            time.sleep(0.2)
    finally:
        first.kill()
        second.terminate()
        second.wait(30)
    assert code == KILLED
    if released(lane) < RELEASED:
        return f"{case}: nobody took over within a minute"
    lane.advance(SETTLED)
    lane.run(*case.scenario.killed(lane))
    return proving.compared(lane, case)


def wait_for_first(lane: Lane) -> None:
    """Wait until a bill was made."""
    until = time.monotonic() + 30
    while not lane.bills() and time.monotonic() < until:
        time.sleep(0.02)


def released(lane: Lane) -> int:
    """How many bills of ours are in the ledger."""
    rows = lane.control("acumatica", "/books")
    return sum(1 for row in rows if row["reference"] and row["status"] == "Open")


def test_another_worker_takes_over_within_a_minute(proving: Prover, cases: list[Case]) -> None:
    scenarios = [one for one in prover.chosen() if one.name == "first sync"]
    planned = [Case(one, "call.acumatica.bills.create.after", nth) for one in scenarios for nth in (2, 4)]
    assert planned or prover.is_narrowed()
    complaints = proving.each(lambda lane, case: take_over(proving, lane, case), planned, lambda case: case.scenario)
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("broken", ["skip_lookup", "forget_intent", "early_cursor"])
def test_the_prover_notices_a_broken_engine(proving: Prover, cases: list[Case], broken: str) -> None:
    def one(lane: Lane, case: Case) -> str:
        return proving.kill(lane, case, ML_CONNECTOR_BREAK=broken)

    point = "page.after_commit" if broken == "early_cursor" else "call.acumatica.bills.create.after"
    some = [case for case in cases if case.point == point]
    complaints = proving.each(one, some, lambda case: case.scenario)
    assert complaints or (prover.is_narrowed() and not some), f"{broken} went unnoticed"
    assert not some or broken == "early_cursor" or any("posted twice" in complaint for complaint in complaints)
