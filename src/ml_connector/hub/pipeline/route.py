"""The steps of a target document in order, with the comparison that stands between writing and releasing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held, Outcome
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.records.compare import differences
from ml_connector.records.documents import Bill

VERIFY = "verify"


def step_named(target: Target, name: str) -> Step:
    """A step by name; `verify` reads what the target stored and compares it with what we meant."""
    if name == VERIFY:
        return _verify_step(target)
    return next(step for step in target.steps if step.name == name)


def after(target: Target, name: str) -> str:
    """The name of the step that follows, or "" after the last one."""
    names = _names(target)
    place = names.index(name)
    return names[place + 1] if place + 1 < len(names) else ""


def place(target: Target, name: str) -> int:
    """The step's place on the route, 0 for the first."""
    return _names(target).index(name)


def _names(target: Target) -> list[str]:
    names: list[str] = []
    for step in target.steps:
        names += [step.name, VERIFY] if step.verifies else [step.name]
    return names


def _verify_step(target: Target) -> Step:
    def run(client: Any, items: Sequence[Item]) -> list[Outcome]:
        return [_judge(item, found) for item, found in zip(items, target.read(client, items), strict=True)]

    return Step(name=VERIFY, run=run, batch=target.read_batch, writes=False)


def _judge(item: Item, found: object) -> Outcome:
    if isinstance(found, Done) and found.stored is not None:
        return verdict(item, found.stored)
    if isinstance(found, Held):
        return found
    what = "is no longer in" if isinstance(found, Absent) else "cannot be read in"
    return Held(
        cause=Cause.CHANGED_THERE,
        message=f"{item.number or item.key} {what} the target: look there, enter it by hand if it is still due, "
        "then set this record aside",
    )


def verdict(item: Item, stored: Bill) -> Done | Held:
    """Whether the target holds what we meant; a difference leaves the document unreleased."""
    found = differences(item.document, stored, tax_mapped=bool(item.document.tax))
    if not found:
        return Done()
    return Held(
        cause=Cause.STORED_DIFFERENTLY,
        message="the target stored something else than was sent, so it is not released: "
        + "; ".join(str(difference) for difference in found)
        + ": correct it there or here, then replay the record",
    )
