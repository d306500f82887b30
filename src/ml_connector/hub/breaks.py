"""Three pieces of the engine that tests may replace by wrong ones, to see that the provers notice.

`ML_CONNECTOR_BREAK` (with `ML_CONNECTOR_TEST=1`) chooses at start; the engine calls the names below and knows of
nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from ml_connector.connectors.kit.outcomes import Absent, Finding
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.hub import clocks


def _look_up(client: Any, step: Step, items: Sequence[Item]) -> list[Finding]:
    """Ask the vendor whether an earlier call was done."""
    assert step.look_up is not None
    return step.look_up(client, items)


def _skip_lookup(client: Any, step: Step, items: Sequence[Item]) -> list[Finding]:
    """Wrong: takes every lost answer for a call that was not done."""
    return [Absent() for _ in items]


def _commit_intent(commit: Callable[[], None]) -> None:
    """Make the intent durable before anything is sent."""
    commit()


def _forget_intent(commit: Callable[[], None]) -> None:
    """Wrong: sends without having written down that it will."""
    with transaction.atomic():
        commit()
        transaction.set_rollback(True)


def _cursor(complete: bool, before: datetime | None, reached: datetime | None) -> datetime | None:
    """The cursor after a page: it moves only when the walk of the scope is complete."""
    return reached if complete else before


def _early_cursor(complete: bool, before: datetime | None, reached: datetime | None) -> datetime | None:
    """Wrong: moves the cursor with every page."""
    return reached


_chosen = os.environ.get("ML_CONNECTOR_BREAK", "") if clocks.testing() else ""
if _chosen not in ("", "skip_lookup", "forget_intent", "early_cursor"):
    raise SystemExit(f"ML_CONNECTOR_BREAK={_chosen!r}: use skip_lookup, forget_intent or early_cursor")

look_up = _skip_lookup if _chosen == "skip_lookup" else _look_up
commit_intent = _forget_intent if _chosen == "forget_intent" else _commit_intent
cursor = _early_cursor if _chosen == "early_cursor" else _cursor
