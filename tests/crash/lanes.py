"""A place where crash cases run: sandboxes, a prepared database that each case copies, and the real command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psycopg
from psycopg import conninfo, sql

from ml_connector.hub import database
from ml_connector.sandbox.run import running

RULES = ["cut_over=2026-01-01", "currency=USD", "retainage=ledger", "retainage_account=20100|000000", "unlinked=post"]
KILLED = -signal.SIGKILL
COMMAND = [sys.executable, "-m", "ml_connector.cli.main"]


class Failed(AssertionError):
    """A command ended in a way that no case expects."""


class Lane:
    """One pair of sandboxes and one prepared database. `folder` holds key file and logs; cases run one by one."""

    def __init__(self, number: int, ready: dict[str, dict[str, Any]], folder: Path) -> None:
        self._number = number
        self._ready = ready
        self._folder = folder
        self._server = (database.data_folder() / "postgres-uri").read_text()
        self._template = f"prepared_{number}"
        self._database = self._template
        self._zygote = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.installation = ""
        self.connections: dict[str, str] = {}

    def close(self) -> None:
        """End the process that forks commands."""
        assert self._zygote.stdin is not None
        self._zygote.stdin.close()
        self._zygote.wait(30)

    def control(self, vendor: str, path: str, body: Any = None, method: str = "") -> Any:
        """Call a sandbox's control API."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._ready[vendor]['control_url']}{path}", data, {"Content-Type": "application/json"},
            method=method or ("POST" if data else "GET"),
        )  # fmt: skip
        with urllib.request.urlopen(request, timeout=30) as answer:
            content = answer.read()
        return json.loads(content) if content else None

    def advance(self, seconds: int) -> None:
        """Let time pass for hub and sandboxes."""
        self.control("procore", "/clock", {"advance_s": seconds})

    def prepare(self) -> None:
        """Connect, choose, map, match and enable once; every case begins with a copy of this."""
        self._create(self._template, "template1")
        for vendor in ("acumatica", "procore"):
            file = self._folder / f"{vendor}.json"
            file.touch(mode=0o600)
            file.write_text(json.dumps(self._ready[vendor]))
            printed = self.run("connect", vendor, "--name", vendor, "--from-file", str(file))
            self.connections[vendor] = printed.split()[-1]
        left, right = self.connections["acumatica"], self.connections["procore"]
        self.installation = self.run("install", "acumatica-procore", "--left", left, "--right", right).split()[-1]
        self.run("rules", self.installation, *RULES)
        for table in ("projects", "coding"):
            self._fill(table)
        self.run("match", self.installation)
        self.run("match", self.installation, "--accept", "all-above", "90")
        self.run("enable", self.installation)

    def _fill(self, table: str) -> None:
        lines = self.run("mapping", "suggest", self.installation, table).splitlines()
        file = self._folder / f"{table}.csv"
        file.write_text("\n".join(line for line in lines if ",,,," not in line) + "\n")
        self.run("mapping", "import", self.installation, table, str(file))

    @contextmanager
    def case(self) -> Iterator[None]:
        """Fresh sandboxes and a fresh copy of the prepared database."""
        for vendor in self._ready:
            self.control(vendor, "/reset", {"seed": "small"})
        self._database = f"case_{self._number}"
        self._create(self._database, self._template)
        try:
            yield
        finally:
            self._drop(self._database)
            self._database = self._template

    def _create(self, name: str, template: str) -> None:
        self._drop(name)
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE {} OWNER {}").format(
                    sql.Identifier(name), sql.Identifier(template), sql.Identifier(database.OWNER_ROLE)
                )
            )

    def _drop(self, name: str) -> None:
        with psycopg.connect(self._server, autocommit=True) as connection:
            connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """What a hub process of this case runs with: one clock with the sandboxes, its own database and key file."""
        url = conninfo.make_conninfo(self._server, dbname=self._database, user=database.APP_ROLE)
        owner = conninfo.make_conninfo(self._server, dbname=self._database, user=database.OWNER_ROLE)
        return {
            **os.environ,
            "DATABASE_URL": url,
            "DATABASE_OWNER_URL": owner,
            "ML_CONNECTOR_DATA": str(self._folder),
            "ML_CONNECTOR_TEST": "1",
            "ML_CONNECTOR_CLOCK": f"{self._ready['procore']['control_url']}/clock",
            **extra,
        }

    def run(self, *arguments: str, expect: Sequence[int] = (0, 3), **extra: str) -> str:
        """Run a command to its end and return what it printed. Raises Failed for an exit code not in `expect`."""
        out, err = self._folder / "out", self._folder / "err"
        request = {
            "arguments": arguments,
            "environment": self.environment(extra),
            "out": str(out),
            "err": str(err),
        }
        stdin, stdout = self._zygote.stdin, self._zygote.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        code = int(stdout.readline())
        if code not in expect:
            raise Failed(f"{' '.join(arguments)} ended with {code}: {err.read_text()[-2000:]}")
        return out.read_text()

    def start(self, *arguments: str, **extra: str) -> subprocess.Popen[bytes]:
        """Start a command and let it run."""
        return subprocess.Popen(
            [*COMMAND, *arguments], env=self.environment(extra), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )

    def counted(self, *arguments: str, **extra: str) -> Counter[str]:
        """Run a command and return how often it passed each point."""
        file = self._folder / "points.json"
        file.unlink(missing_ok=True)
        self.run(*arguments, ML_CONNECTOR_POINTS_LOG=str(file), **extra)
        return Counter(json.loads(file.read_text()))

    def books(self) -> list[dict[str, Any]]:
        """The target's books without what may differ between two runs: the target's own numbers."""
        rows = self.control("acumatica", "/books")
        for row in rows:
            row.pop("number")
            row.pop("reversed_by", None)
        return sorted(rows, key=lambda row: json.dumps(row, sort_keys=True))


@contextmanager
def opened(number: int) -> Iterator[Lane]:
    """A lane with sandboxes of its own, prepared."""
    with (
        tempfile.TemporaryDirectory(prefix="ml-connector-crash-") as folder,
        running(["procore", "acumatica"], "small", rate_limits=False) as ready,
    ):
        Path(folder).chmod(0o755)
        lane = Lane(number, ready, Path(folder))
        try:
            lane.prepare()
            yield lane
        finally:
            lane.close()
