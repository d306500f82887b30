"""Never twice, never lost: the hub is killed everywhere, loses answers, freezes, and the books stay the same."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from typing import Any

import prover
import pytest
from cases import SETTLED, fault
from lanes import KILLED, Lane
from prover import Prover, difference

WRITES = {"create": ("PUT", "/Bill$"), "release": ("POST", "/ReleaseBill$")}
SETTLE = "4"
RELEASED = 5
"""Bills of the seed `small` that nothing holds."""


@pytest.fixture(scope="module")
def proving() -> Iterator[Prover]:
    with prover.opened() as made:
        yield made


@pytest.fixture(scope="module")
def cases(proving: Prover) -> list[prover.Case]:
    return proving.baselines()


def tell(capsys: pytest.CaptureFixture[str], text: str) -> None:
    """Print past pytest's capture, so that the number of cases is seen."""
    with capsys.disabled():
        print(f"\n{text}")


def test_killed_at_every_point(proving: Prover, cases: list[prover.Case], capsys: pytest.CaptureFixture[str]) -> None:
    listed = set(proving.printed("points").split())
    assert {case.point for case in cases} == listed, "every point must be passed by some scenario"
    complaints = proving.each(proving.kill, cases)
    tell(capsys, f"crash proof: {len(cases)} kills at {len(listed)} points, {len(complaints)} failed")
    assert not complaints, "\n".join(complaints)


def lose_answer(lane: Lane, what: tuple[str, str, int]) -> str:
    """Sync under a fault of one write, wait until it settles, sync again; nothing is killed."""
    write, effect, nth = what
    lane.run("connection", "settings", lane.connections["acumatica"], "write_seconds=1")
    method, path = WRITES[write]
    args = {"seconds": 2} if effect.startswith("delay") else {}
    fault(lane, method, path, effect, nth, **args)
    lane.run("sync", lane.installation, ML_CONNECTOR_SETTLE_SECONDS=SETTLE)
    return str(what)


def lose_and_compare(proving: Prover) -> Any:
    def one(lane: Lane, what: tuple[str, str, int]) -> str:
        return difference(lose_answer(lane, what), proving.expected["sync"], lane.books())

    return one


def test_lost_and_late_answers_of_every_write(
    proving: Prover, cases: list[prover.Case], capsys: pytest.CaptureFixture[str]
) -> None:
    effects = ("drop_after_write", "drop_before_write", "delay_before_write", "delay_after_write")
    planned = [(write, effect, nth) for write in WRITES for effect in effects for nth in (1, 3)]
    complaints = proving.each(lose_and_compare(proving), planned)
    tell(capsys, f"lost answers: {len(planned)} cases, {len(complaints)} failed")
    assert not complaints, "\n".join(complaints)


def freeze(lane: Lane, point: str) -> str:
    """Freeze a worker inside a vendor call, let another finish, wake the first up."""
    operation = point.split(".")[-2]
    method, path = WRITES[operation]
    fault(lane, method, path, "delay_after_write", nth=2, seconds=1)
    frozen = lane.start("sync", lane.installation)
    try:
        wait_for_call(lane, method, path.strip("/$"), 2)
        os.kill(frozen.pid, signal.SIGSTOP)
        lane.advance(SETTLED)
        lane.run("sync", lane.installation)
        os.kill(frozen.pid, signal.SIGCONT)
        frozen.wait(60)
    finally:
        frozen.kill()
        frozen.wait()
    return f"frozen in {operation}"


def wait_for_call(lane: Lane, method: str, path: str, count: int) -> None:
    """Wait until the target has seen so many calls; the log shows a call when it is answered."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        counts = lane.control("acumatica", "/calls/counts")
        if sum(row["count"] for row in counts if row["method"] == method and row["path"].endswith(path)) >= count - 1:
            return
        time.sleep(0.02)
    raise AssertionError(f"no {method} {path}")


@pytest.mark.parametrize("write", list(WRITES))
def test_a_frozen_worker_that_wakes_up_late_does_no_harm(proving: Prover, cases: list[prover.Case], write: str) -> None:
    def one(lane: Lane, point: str) -> str:
        return difference(freeze(lane, point), proving.expected["sync"], lane.books())

    complaints = proving.each(one, [f"call.{write}.before"])
    assert not complaints, "\n".join(complaints)


def take_over(lane: Lane, nth: int) -> str:
    """Two workers; the one that delivers is killed in the middle, the other goes on within a minute."""
    lane.run("schedule", lane.installation, "--flow", "requisitions", "--every", "1h")
    lane.run("enable", lane.installation)
    kill = {"ML_CONNECTOR_KILL_AT": f"call.acumatica.bills.create.after:{nth}", "ML_CONNECTOR_SETTLE_SECONDS": "2"}
    first = lane.start("worker", **kill)
    wait_for_call(lane, "PUT", "/Bill", 2)
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
    return f"taken over after create #{nth}"


def released(lane: Lane) -> int:
    """How many bills of ours are in the ledger."""
    return sum(1 for row in lane.books() if row["reference"] and row["status"] == "Open")


def test_another_worker_takes_over_within_a_minute(proving: Prover, cases: list[prover.Case]) -> None:
    def one(lane: Lane, nth: int) -> str:
        return difference(take_over(lane, nth), proving.expected["sync"], lane.books())

    complaints = proving.each(one, [4, 6])
    assert not complaints, "\n".join(complaints)


@pytest.mark.parametrize("broken", ["skip_lookup", "forget_intent", "early_cursor"])
def test_the_prover_notices_a_broken_engine(proving: Prover, cases: list[prover.Case], broken: str) -> None:
    def one(lane: Lane, case: prover.Case) -> str:
        return proving.kill(lane, case, ML_CONNECTOR_BREAK=broken)

    point = "page.after_commit" if broken == "early_cursor" else "call.acumatica.bills.create.after"
    some = [case for case in cases if case.point == point]
    complaints = proving.each(one, some)
    assert complaints, f"{broken} went unnoticed"
    assert broken == "early_cursor" or any("posted twice" in complaint for complaint in complaints)
