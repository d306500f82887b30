"""The steps of a target document in order, with the comparison that stands between writing and releasing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held, Outcome
from ml_connector.connectors.kit.target import Item, Step, Target

VERIFY = "verify"


def step_named(target: Target, name: str) -> Step:
    """A step by name; `verify` reads what the target stored and compares it with what we meant."""
    if name == VERIFY:
        return _verify_step(target)
    return next(step for step in (*target.steps, *target.reversal) if step.name == name)


def after(target: Target, name: str, item: Item) -> str:
    """The name of the next step that has something to do for the item, or "" after the last one."""
    names = _names(target, name)
    following = names[names.index(name) + 1 :]
    return next((one for one in following if _is_needed(target, one, item, done=name)), "")


def _is_needed(target: Target, name: str, item: Item, *, done: str) -> bool:
    """Whether a step that follows `done` has anything to do; what was not written is not verified either."""
    step = next(one for one in target.steps if one.verifies) if name == VERIFY else step_named(target, name)
    return step.name == done or step.needed is None or step.needed(item)


def place(target: Target, name: str) -> int:
    """The step's place on its route, 0 for the first."""
    return _names(target, name).index(name)


def before(target: Target, name: str) -> list[str]:
    """The names of the steps that lead to this one."""
    return _names(target, name)[: place(target, name)]


def is_first(target: Target, name: str) -> bool:
    """Whether nothing of the route has been done before this step."""
    return place(target, name) == 0


def is_reversal(target: Target, name: str) -> bool:
    """Whether the step belongs to taking a posted document back."""
    return any(step.name == name for step in target.reversal)


def _names(target: Target, name: str) -> list[str]:
    """The route that a step is on: posting, or taking back."""
    if is_reversal(target, name):
        return [step.name for step in target.reversal]
    names: list[str] = []
    for step in target.steps:
        names += [step.name, VERIFY] if step.verifies else [step.name]
    return names


def _verify_step(target: Target) -> Step:
    def run(client: Any, items: Sequence[Item]) -> list[Outcome]:
        assert target.read is not None
        return [_judge(target, item, found) for item, found in zip(items, target.read(client, items), strict=True)]

    return Step(name=VERIFY, run=run, batch=target.read_batch, writes=False)


def _judge(target: Target, item: Item, found: object) -> Outcome:
    if isinstance(found, Done) and found.stored is not None:
        return verdict(target, item, found.stored)
    if isinstance(found, Held):
        return found
    what = "is no longer in" if isinstance(found, Absent) else "cannot be read in"
    return Held(
        cause=Cause.CHANGED_THERE,
        message=f"{item.number or item.key} {what} the target: look there, enter it by hand if it is still due, "
        "then set this record aside",
    )


def verdict(target: Target, item: Item, stored: Any) -> Done | Held:
    """Whether the target holds what we meant; a difference leaves the document unreleased."""
    assert target.compare is not None
    found = target.compare(item.document, stored)
    if not found:
        return Done()
    return Held(
        cause=Cause.STORED_DIFFERENTLY,
        message="the target stored something else than was sent, so it is not released: "
        + "; ".join(str(difference) for difference in found)
        + ": correct it there or here, then replay the record",
    )
