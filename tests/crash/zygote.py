"""Runs hub commands in forked children of a process that has all of the program imported: the same, without its start.

Reads one JSON object per line, `{"arguments", "environment", "out", "err", "jumps"}` (out and err are files), runs the
command line in a child, and answers with the child's exit code, negative for a signal. Where the database is must not
change from command to command, since Django asks that of the environment when it is set up. A command that `jumps`
moves the one clock on where it would wait.
"""

from __future__ import annotations

import atexit
import gc
import importlib
import json
import os
import signal
import sys
import urllib.request
from pathlib import Path

from ml_connector.clock import RemoteClock

sys.path.append(str(Path(__file__).parents[1]))

import warm

LONGEST = 150
"""Seconds that a command may take: one that does not end is ended by SIGALRM."""


class JumpingClock(RemoteClock):
    """Moves the served clock on instead of waiting for it: what would be due then is due now, at vendors as well."""

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self._served = url

    def sleep(self, seconds: float) -> None:
        wanted = json.dumps({"advance_s": round(seconds, 6)}).encode()
        request = urllib.request.Request(self._served, wanted, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=10) as answer:
            answer.read()
        self._asked = float("-inf")


def serve() -> None:
    """Answer requests until the input ends."""
    os.environ["DJANGO_SETTINGS_MODULE"] = "ml_connector.settings"
    warm.learn()
    gc.set_threshold(50_000, 20, 100)  # a command is over before there is much to collect
    for line in sys.stdin:
        request = json.loads(line)
        pid = os.fork()
        if pid == 0:
            _run(request)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


def _run(request: dict[str, object]) -> None:
    """Become the command; never returns."""
    out = os.open(str(request["out"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    err = os.open(str(request["err"]), os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(out, 1)
    os.dup2(err, 2)
    signal.alarm(LONGEST)
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    sys.argv = ["ml-connector", *request["arguments"]]  # type: ignore[misc]
    from ml_connector.cli.main import main
    from ml_connector.hub import breaks, clocks

    if request["jumps"]:
        clocks.RemoteClock = JumpingClock  # type: ignore[misc]
    if "ML_CONNECTOR_BREAK" in os.environ:
        importlib.reload(breaks)
    code = main()
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking the interpreter down would touch, and so copy, all memory that is shared with the parent


if __name__ == "__main__":
    serve()
