"""`up`, `web` and `worker`: long-running processes that end with their parent and say when they are ready."""

from __future__ import annotations

import asyncio
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import typer

_PR_SET_PDEATHSIG = 1
_READY_WITHIN = 30.0
_POLL = 0.1
_THREADS = 8
_AT_ONCE = 4


def up(
    port: int = typer.Option(8000, help="Port of the web process; 0 lets the system choose."),
    ready_file: Path = typer.Option(None, help="Written when both processes are ready."),
) -> None:
    """Run web and worker, supervised: when one ends, the other is ended too."""
    port = port or _free_port()
    commands = [
        [sys.executable, "-m", "ml_connector.cli.main", "web", "--port", str(port)],
        [sys.executable, "-m", "ml_connector.cli.main", "worker"],
    ]
    children = [subprocess.Popen(command, preexec_fn=die_with_parent) for command in commands]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _await_web(port, children)
        _tell_ready(port, ready_file)
        while all(child.poll() is None for child in children):
            time.sleep(_POLL)
        raise typer.Exit(1)
    except KeyboardInterrupt:
        pass
    finally:
        _end(children)


def web(
    port: int = typer.Option(8000, help="Port to listen on; 0 lets the system choose."),
    host: str = typer.Option("127.0.0.1", help="Address to listen on."),
    ready_file: Path = typer.Option(None, help="Written when the web process answers."),
) -> None:
    """Run the web process only: the webhook door and the API."""
    port = port or _free_port()
    command = [
        sys.executable, "-m", "granian", "--interface", "wsgi", "--host", host, "--port", str(port), "--workers", "1",
        "--blocking-threads", str(_THREADS), "--no-access-log", "--log-level", "warning",
        "--workers-kill-timeout", "5", "ml_connector.cli.web_app:application",
    ]  # fmt: skip
    child = subprocess.Popen(command, preexec_fn=die_with_parent)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        _await_web(port, [child])
        _tell_ready(port, ready_file)
        raise typer.Exit(child.wait())
    except KeyboardInterrupt:
        pass
    finally:
        _end([child])


def worker(
    at_once: int = typer.Option(_AT_ONCE, help="Lanes worked on at the same time."),
    ready_file: Path = typer.Option(None, help="Written when the worker has begun."),
) -> None:
    """Run a worker only; any number, on any machine that reaches the database."""
    from ml_connector.hub import sessions, tenancy, tenants
    from ml_connector.hub import worker as of_hub

    asyncio.run(of_hub.run(at_once, lambda: _write(ready_file, {})))
    for tenant in tenants.all_ids():
        with tenancy.of(tenant):
            sessions.end_all()


def die_with_parent() -> None:
    """In a child before it begins: ask the kernel to end it when its parent is gone."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_web(port: int, children: list[subprocess.Popen[bytes]]) -> None:
    until = time.monotonic() + _READY_WITHIN
    while time.monotonic() < until:
        if any(child.poll() is not None for child in children):
            break
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/api/health", timeout=2):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(_POLL)
    print(f"ml-connector: the web process did not start on port {port}: is the port taken?", file=sys.stderr)
    raise typer.Exit(1)


def _tell_ready(port: int, ready_file: Path | None) -> None:
    url = f"http://127.0.0.1:{port}"
    _write(ready_file, {"url": url, "hooks_url": f"{url}/hooks", "api_url": f"{url}/api"})
    print(f"ready: {url}")


def _write(ready_file: Path | None, content: dict[str, str]) -> None:
    if ready_file is None:
        return
    draft = ready_file.with_name(f".{ready_file.name}.{os.getpid()}")
    draft.write_text(json.dumps(content))
    draft.replace(ready_file)


def _end(children: list[subprocess.Popen[bytes]]) -> None:
    for child in children:
        if child.poll() is None:
            child.terminate()
    for child in children:
        try:
            child.wait(15)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
