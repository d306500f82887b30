"""Runs sandboxes: in this process (`serve`), or as a child for tests and the demo (`running`)."""

from __future__ import annotations

import argparse
import asyncio
import ctypes
import gc
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from ml_connector.sandbox import vendors as known
from ml_connector.sandbox.kit.process import Process, write_ready_file
from ml_connector.sandbox.kit.vendor import Options
from ml_connector.sandbox.month.build import build

_PR_SET_PDEATHSIG = 1
_START_S = 30.0


def serve(
    vendors: Sequence[str],
    seed: str = "month",
    port_base: int = 0,
    ready_file: Path | None = None,
    rate_limits: bool = True,
    token_seconds: int | None = None,
) -> None:
    """Serve until SIGTERM or SIGINT.

    `vendors` empty: all there are. `port_base` 0: the system chooses the ports. Without a ready-file its content is
    printed. Raises LookupError (unknown vendor), ValueError (unknown seed), OSError (port taken).
    """
    classes = [known.vendor_class(name) for name in vendors or known.NAMES]
    options = Options(rate_limits=rate_limits, token_seconds=token_seconds)
    process = Process(classes, seed=seed, build=build, port_base=port_base, options=options)
    gc.freeze()  # what is in memory stays there: looking through it for waste again and again is waste
    gc.set_threshold(50_000, 20, 100)
    asyncio.run(_until_signalled(process, ready_file))


@contextmanager
def running(
    vendors: Sequence[str] = (),
    seed: str = "month",
    *,
    port_base: int = 0,
    rate_limits: bool = True,
    token_seconds: int | None = None,
) -> Iterator[dict[str, dict[str, Any]]]:
    """A child process with sandboxes; yields the ready-file's content, ends the child afterwards.

    On Linux the child dies with the thread that entered this. Raises RuntimeError if it does not start.
    """
    with tempfile.TemporaryDirectory() as folder:
        ready_file = Path(folder) / "ready.json"
        command = [sys.executable, "-m", "ml_connector.sandbox.run", *vendors, "--seed", seed]
        command += ["--port-base", str(port_base), "--ready-file", str(ready_file), "--parent", str(os.getpid())]
        command += ["--rate-limits", "real" if rate_limits else "off"]
        if token_seconds is not None:
            command += ["--token-seconds", str(token_seconds)]
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL)
        try:
            yield _wait_ready(child, ready_file)
        finally:
            child.terminate()
            try:
                child.wait(10)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()


def _wait_ready(child: subprocess.Popen[bytes], ready_file: Path) -> dict[str, dict[str, Any]]:
    deadline = time.monotonic() + _START_S
    while not ready_file.exists():
        if child.poll() is not None:
            raise RuntimeError(f"the sandbox process ended with exit code {child.returncode} before it was ready")
        if time.monotonic() > deadline:
            raise RuntimeError(f"the sandbox process was not ready after {_START_S:.0f} s")
        time.sleep(0.01)
    return msgspec.json.decode(ready_file.read_bytes(), type=dict[str, dict[str, Any]])


async def _until_signalled(process: Process, ready_file: Path | None) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def started() -> None:
        if ready_file is not None:
            write_ready_file(ready_file, process.ready)
        else:
            print(msgspec.json.format(msgspec.json.encode(process.ready), indent=2).decode(), flush=True)

    await process.run(stop, started)


def _die_with(parent: int) -> None:
    if sys.platform != "linux":
        return
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:  # it died before the call above
        sys.exit(1)


def main() -> int:
    """`python -m ml_connector.sandbox.run`; exit code 1 when it cannot start."""
    parser = argparse.ArgumentParser(prog="ml_connector.sandbox.run")
    parser.add_argument("vendors", nargs="*", metavar="VENDOR")
    parser.add_argument("--seed", default="month")
    parser.add_argument("--port-base", type=int, default=0)
    parser.add_argument("--ready-file", type=Path)
    parser.add_argument("--rate-limits", choices=("real", "off"), default="real")
    parser.add_argument("--token-seconds", type=int)
    parser.add_argument("--parent", type=int, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.parent is not None:
        _die_with(args.parent)
    try:
        serve(args.vendors, args.seed, args.port_base, args.ready_file, args.rate_limits == "real", args.token_seconds)
    except (LookupError, ValueError, OSError) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
