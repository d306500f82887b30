"""Runs hub commands in forked children that find the libraries imported: the same program, without its start-up cost.

Reads one JSON object per line, `{"arguments", "environment", "out", "err"}` (the last two are files), runs the command
line in a child, and answers with the child's exit code, negative for a signal. Nothing of ml_connector is imported
before the fork, since its test hooks read the environment when they are imported.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import json
import os
import sys

LIBRARIES = (
    "asyncio", "croniter", "cryptography.hazmat.primitives.ciphers.aead", "django.core.management",
    "django.core.serializers.json", "django.db.backends.postgresql.base", "django.db.migrations.executor",
    "django.db.models", "django.http", "django.urls", "httpx2", "iso4217", "msgspec", "procrastinate", "psycopg",
    "psycopg.types.json", "psycopg_binary", "rich.console", "rich.progress", "rich.table", "structlog", "typer",
    "urllib.request",
)  # fmt: skip


def serve() -> None:
    """Answer requests until the input ends."""
    for name in LIBRARIES:
        with contextlib.suppress(Exception):  # what needs Django's settings is imported by the child itself
            importlib.import_module(name)
    gc.freeze()
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
    os.environ.clear()
    os.environ.update(request["environment"])  # type: ignore[call-overload]
    sys.argv = ["ml-connector", *request["arguments"]]  # type: ignore[misc]
    from ml_connector.cli.main import main

    sys.exit(main())


if __name__ == "__main__":
    serve()
