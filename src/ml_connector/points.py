"""Named points of the program at which a test may kill it (`ML_CONNECTOR_KILL_AT=name:n`)."""

from __future__ import annotations

import atexit
import json
import os
import signal
from collections import Counter
from pathlib import Path

_names: set[str] = set()
_passed: Counter[str] = Counter()


def declare(*names: str) -> None:
    """Make names known; done at import by the module that passes them."""
    _names.update(names)


def names() -> list[str]:
    """All declared names, sorted."""
    return sorted(_names)


def reach(name: str) -> None:
    """Pass the point `name`, which must have been declared. What is to happen there is asked of the environment."""
    if os.environ.get("ML_CONNECTOR_TEST") != "1":
        return
    if name not in _names:
        raise LookupError(f"the point {name!r} was never declared")
    if not _passed and (log := os.environ.get("ML_CONNECTOR_POINTS_LOG")):
        atexit.register(_write_counts, log)
    _passed[name] += 1
    wanted, _, count = os.environ.get("ML_CONNECTOR_KILL_AT", "").partition(":")
    if name == wanted and _passed[name] == int(count or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def _write_counts(path: str) -> None:
    Path(path).write_text(json.dumps(_passed))
