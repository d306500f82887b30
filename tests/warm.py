"""Runs command lines in forked children of a process that has all of the program imported: the same, without its start.

The process listens on a Unix socket. A request is one JSON object, `{"arguments", "environment", "folder", "seconds"}`,
with its length before it and with the three standard files as open descriptors; the answer is the exit code, negative
for a signal. Requests run side by side.
"""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from threading import Lock

PACKAGES = ("records", "connectors", "integrations", "hub", "cli")
NOT_OURS = (
    "anyio.streams.tls", "django.core.management", "httpcore2._backends.anyio", "pydantic.plugin._schema_validator",
    "pydantic.type_adapter", "procrastinate.contrib.django.migrations", "rich._emoji_codes", "rich.progress",
    "rich.table", "truststore", "typer._adapters",
)  # fmt: skip
"""What libraries import when they are first used; only time is lost where one has none of it any more."""
_LENGTH = 8
_starting = Lock()


def run(
    arguments: Sequence[str], environment: Mapping[str, str], *, given: str = "", seconds: int = 120
) -> subprocess.CompletedProcess[str]:
    """A command line, run to its end; one that takes longer than `seconds` is ended by SIGALRM."""
    with tempfile.TemporaryFile("w+") as stdin, tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        stdin.write(given)
        stdin.seek(0)
        files = (stdin.fileno(), out.fileno(), err.fileno())
        code = ask(_address(), arguments, environment, files, seconds)
        said = []
        for file in (out, err):
            file.seek(0)
            said.append(file.read().decode())
    return subprocess.CompletedProcess(list(arguments), code, *said)


def ask(
    address: str, arguments: Sequence[str], environment: Mapping[str, str], files: Sequence[int], seconds: int
) -> int:
    """Have the process at `address` run a command line between `files` (input, output, errors): its exit code."""
    request = {
        "arguments": list(arguments), "environment": dict(environment), "folder": os.getcwd(), "seconds": seconds,
    }  # fmt: skip
    content = json.dumps(request).encode()
    with socket.socket(socket.AF_UNIX) as connection:
        connection.connect(address)
        socket.send_fds(connection, [len(content).to_bytes(_LENGTH, "big")], list(files))
        connection.sendall(content)
        answer = connection.recv(_LENGTH)
    if not answer:
        raise RuntimeError(f"the process that forks commands did not answer to {' '.join(arguments)}")
    return int(answer)


def script(folder: Path) -> None:
    """Write an `ml-connector` into a folder, for shell lines, that has the warm process run what is typed."""
    file = folder / "ml-connector"
    here = str(Path(__file__).parent)
    file.write_text(
        f"#!{sys.executable} -IS\n"
        f"import os, sys\nsys.path.append({here!r})\nimport warm\n"
        f"sys.exit(warm.ask({_address()!r}, sys.argv[1:], os.environ, (0, 1, 2), 120) % 256)\n"
    )
    file.chmod(0o755)


def _address() -> str:
    """Where the warm process of this process listens; it is started when first asked for, and ends with us."""
    with _starting:
        return _started()


@cache
def _started() -> str:
    folder = tempfile.TemporaryDirectory(prefix="ml-connector-warm-")
    address = f"{folder.name}/socket"
    reader, writer = os.pipe()
    process = subprocess.Popen(
        [sys.executable, __file__, address, str(writer)],
        stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, pass_fds=(writer,), env=_of_nobody(),
    )  # fmt: skip
    os.close(writer)
    with os.fdopen(reader) as told:
        if told.read() != "ready":
            raise RuntimeError(f"the process that forks commands ended with {process.wait()}")

    def close() -> None:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        folder.cleanup()

    atexit.register(close)
    return address


def _of_nobody() -> dict[str, str]:
    """An environment in which no database is named but one that is never asked."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ML_CONNECTOR_", "DATABASE_"))}
    return {**kept, "DATABASE_URL": "postgresql:///none", "DJANGO_SETTINGS_MODULE": "ml_connector.settings"}


def serve(address: str, told: int) -> None:
    """Answer requests until standard input ends; writes "ready" to the descriptor `told` when it may be asked."""
    learn()
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen(32)
    with os.fdopen(told, "w") as file:
        file.write("ready")
    waiting: dict[int, tuple[int, socket.socket]] = {}
    while True:
        ready, _, _ = select.select([0, listening, *waiting], [], [])
        if 0 in ready:
            return
        if listening in ready:
            connection, _ = listening.accept()
            pid, child = _forked(connection)
            waiting[child] = (pid, connection)
        for child in (one for one in ready if one in waiting):
            pid, connection = waiting.pop(child)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            os.close(child)
            with connection, contextlib.suppress(BrokenPipeError):  # who asked may have been ended
                connection.sendall(str(code).encode())


def learn() -> None:
    """Import what a command may import, make the command line, read the system's certificates; connect to nothing."""
    import gc
    import importlib
    import pkgutil

    import django
    import typer.main

    django.setup()
    for name in NOT_OURS:
        with contextlib.suppress(ImportError):
            importlib.import_module(name)
    for package in PACKAGES:
        module = importlib.import_module(f"ml_connector.{package}")
        for found in pkgutil.walk_packages(module.__path__, f"{module.__name__}."):
            if not found.name.endswith("web_app"):  # it starts the hub itself
                importlib.import_module(found.name)
    from ml_connector.cli.main import app
    from ml_connector.connectors.kit import trust

    typer.main.get_command = lru_cache(typer.main.get_command)
    typer.main.get_command(app)
    trust.context(trust.SYSTEM)
    gc.freeze()


def _forked(connection: socket.socket) -> tuple[int, int]:
    """Start what is asked for: the child's id, and a descriptor that can be read once it has ended."""
    length, files, _, _ = socket.recv_fds(connection, _LENGTH, 3)
    with connection.makefile("rb", buffering=0) as reader:
        content, wanted = b"", int.from_bytes(length, "big")
        while len(content) < wanted:
            content += reader.read(wanted - len(content))
    pid = os.fork()
    if pid == 0:
        _become(json.loads(content), files)
    for file in files:
        os.close(file)
    return pid, os.pidfd_open(pid)


def _become(request: Mapping[str, object], files: Sequence[int]) -> None:
    """Be the command; never returns."""
    for number, file in enumerate(files):
        os.dup2(file, number)
    os.closerange(3, max(files) + 1)
    os.chdir(str(request["folder"]))
    signal.alarm(int(request["seconds"]))  # type: ignore[call-overload]
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    sys.argv = ["ml-connector", *request["arguments"]]  # type: ignore[misc]
    code = _ended()
    import threading

    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)  # taking the interpreter down would touch, and so copy, all memory that is shared with the parent


def _ended() -> int:
    """The exit code of the command line that `sys.argv` holds."""
    import importlib
    import traceback

    import django

    from ml_connector.cli.main import main
    from ml_connector.hub import breaks

    django.setup = _use_the_named_database
    try:
        if "ML_CONNECTOR_BREAK" in os.environ:
            importlib.reload(breaks)
        return main()
    except BaseException:
        traceback.print_exc()
        return 1


def _use_the_named_database(set_prefix: bool = True) -> None:
    """Django was set up before anybody said where the database is."""
    from django.conf import settings
    from django.db import connections

    from ml_connector.hub import database

    settings.DATABASES = database.django_databases()
    connections.settings = connections.configure_settings(settings.DATABASES)
    for alias in settings.DATABASES:
        with contextlib.suppress(AttributeError):
            del connections[alias]  # made, but never opened


if __name__ == "__main__":
    serve(sys.argv[1], int(sys.argv[2]))
