"""Real hub processes beside the test, on the test's own database."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import warm

COMMAND = [sys.executable, "-m", "ml_connector.cli.main"]


def wait_for(condition: Callable[[], object], what: str, seconds: float = 40) -> None:
    """Ask until it is so; fails after `seconds`."""
    until = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < until, f"waited {seconds} s for {what}"
        time.sleep(0.05)


def typed(*arguments: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """A command line, run to its end."""
    return warm.run(arguments, os.environ | environment, given=given, seconds=60)


@contextmanager
def serving(folder: Path, *arguments: str) -> Iterator[Path]:
    """`up` or `worker` from ready to ended; yields the file with all that it prints."""
    ready, log = folder / "serving.json", folder / "serving.log"
    ready.unlink(missing_ok=True)
    with log.open("w") as out:
        child = subprocess.Popen([*COMMAND, *arguments, "--ready-file", str(ready)], stdout=out, stderr=out)
        try:
            wait_for(lambda: ready.exists() or child.poll() is not None, f"{arguments[0]} to be ready")
            assert child.poll() is None, log.read_text()
            yield log
            assert child.poll() is None, log.read_text()
        finally:
            child.terminate()
            child.wait(30)
