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
_testing = os.environ.get("ML_CONNECTOR_TEST") == "1"
_kill_name, _, _kill_count = os.environ.get("ML_CONNECTOR_KILL_AT", "").partition(":") if _testing else ("", "", "")


def declare(*names: str) -> None:
    """Make names known; done at import by the module that passes them."""
    _names.update(names)


def names() -> list[str]:
    """All declared names, sorted."""
    return sorted(_names)


def reach(name: str) -> None:
    """Pass the point `name`, which must have been declared."""
    if not _testing:
        return
    if name not in _names:
        raise LookupError(f"the point {name!r} was never declared")
    _passed[name] += 1
    if name == _kill_name and _passed[name] == int(_kill_count or 1):
        os.kill(os.getpid(), signal.SIGKILL)


def _write_counts(path: str) -> None:
    Path(path).write_text(json.dumps(_passed))


if _testing and (_log := os.environ.get("ML_CONNECTOR_POINTS_LOG")):
    atexit.register(_write_counts, _log)
