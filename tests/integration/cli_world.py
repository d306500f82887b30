"""The command line as its users have it: processes, a database of their own, running sandboxes."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import warm
from ml_connector.sandbox.run import running

RULES = (
    "cut_over=2026-01-01", "currency=USD", "retainage=ledger", "retainage_account=20100|000000", "unlinked=post",
)  # fmt: skip


class World:
    """A data folder, the sandboxes' ready-file, and a way to type commands."""

    def __init__(self, folder: Path, ready: dict[str, dict[str, Any]]) -> None:
        self.folder = folder
        self.ready = ready
        self.ready_file = folder / "ready.json"
        self.ready_file.touch(mode=0o600)
        self.ready_file.write_text(json.dumps(ready))
        self._environment = os.environ | {"ML_CONNECTOR_DATA": str(folder / "data"), "COLUMNS": "200"}
        self._environment.pop("DATABASE_URL", None)

    def run(self, *arguments: str, given: str = "", **variables: str) -> subprocess.CompletedProcess[str]:
        """Type a command; `given` is its standard input."""
        return warm.run(arguments, self._environment | variables, given=given)

    def done(self, *arguments: str, given: str = "") -> str:
        """Type a command that must succeed; returns its answer."""
        ended = self.run(*arguments, given=given)
        assert ended.returncode == 0, (arguments, ended.stdout, ended.stderr)
        return ended.stdout.strip()

    def json(self, *arguments: str) -> Any:
        """Type a command with --json; it may leave something waiting."""
        ended = self.run("--json", *arguments)
        assert ended.returncode in (0, 3), (arguments, ended.stdout, ended.stderr)
        return json.loads(ended.stdout)

    def books(self, vendor: str) -> list[dict[str, Any]]:
        """What the sandbox holds."""
        with urllib.request.urlopen(f"{self.ready[vendor]['control_url']}/books", timeout=30) as answer:
            return list(json.load(answer))

    def bills(self) -> dict[str, tuple[str, str]]:
        """Our bills in the target: reference → (total, status). Fails when one is there twice."""
        ours = [book for book in self.books("acumatica") if (book["reference"] or "").startswith("ML-")]
        bills = {book["reference"]: (book["total"], book["status"]) for book in ours}
        assert len(bills) == len(ours)
        return bills

    def order(self, vendor: str, path: str, body: object) -> None:
        """Tell a sandbox something over its control API."""
        url = f"{self.ready[vendor]['control_url']}/{path}"
        request = urllib.request.Request(url, json.dumps(body).encode(), method="POST")
        with urllib.request.urlopen(request, timeout=30) as answer:
            answer.read()

    def data(self) -> Path:
        """The folder of the embedded database."""
        return self.folder / "data"


@contextmanager
def world(folder: Path) -> Iterator[World]:
    """Sandboxes with the small month, and a database that is kept up between commands."""
    with running(["acumatica", "procore"], "small", rate_limits=False) as ready:
        made = World(folder, ready)
        made.order("acumatica", "switches", {"action_answer": "204"})
        made.data().mkdir()
        folder.chmod(0o755)
        with kept_up(made.data()):
            yield made
        made.done("tenant", "list")  # the last one out stops the server


@contextmanager
def kept_up(data: Path) -> Iterator[None]:
    """The embedded database in a data folder goes on between commands; the next one after this stops it."""
    with (data / "in-use.lock").open("a+") as use:
        fcntl.flock(use, fcntl.LOCK_SH)
        yield


def install(made: World) -> tuple[str, str, str]:
    """Both connections and an installation, nothing chosen yet: the ids."""
    left = made.done("connect", "acumatica", "--name", "ERP", "--from-file", str(made.ready_file))
    right = made.done("connect", "procore", "--name", "Jobs", "--from-file", str(made.ready_file))
    return left, right, made.done("install", "acumatica-procore", "--left", left, "--right", right)


def prepare(made: World, installation: str) -> None:
    """Choices, mapping tables as proposed, matches, and the flow of requisitions on."""
    made.done("rules", installation, *RULES)
    for table in ("projects", "coding"):
        proposed = made.done("mapping", "suggest", installation, table, "--found-only")
        made.done("mapping", "import", installation, table, given=proposed)
    made.done("match", installation, "--kind", "vendors", "--accept", "all-above", "90")
    made.done("match", installation)  # the bill that was keyed by hand is seen, and nobody has decided about it
    made.done("enable", installation, "--flow", "requisitions")
