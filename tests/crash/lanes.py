"""A place where crash cases run: sandboxes, a prepared database that each case copies, and the real command line."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import ledgers
from pairs import ACUMATICA, PAIRS, VENDORS, Pair
from store import Store

from ml_connector.hub import database
from ml_connector.sandbox.run import running

KILLED = -signal.SIGKILL
MORNING = (datetime.now(UTC) + timedelta(days=1)).replace(hour=6, minute=0, second=0, microsecond=0)
"""When every case begins, on every lane: what is dated today must not fall on two days, whatever time it is here."""
COLD = ("points", "demo")
EMPTY = "empty"
"""The name under which the tables without anything in them are kept."""
COMMAND = [sys.executable, "-m", "ml_connector.cli.main"]


class Failed(AssertionError):
    """A command ended in a way that no case expects; `code` is its exit code, where it is about one."""

    def __init__(self, message: str, code: int | None = None) -> None:
        super().__init__(message)
        self.code = code


class Lane:
    """All sandboxes and one database. `folder` holds key file and logs; cases run one by one, each between one `pair`.

    What was prepared is kept under a name, database and sandboxes alike, and every case begins with a copy of it.
    """

    def __init__(self, number: int, ready: dict[str, dict[str, Any]], folder: Path) -> None:
        self._ready = ready
        self._folder = folder
        self._store = Store((database.data_folder() / "postgres-uri").read_text(), f"lane_{number}")
        self._kept: dict[str, Pair] = {}
        self._installations: dict[str, tuple[str, dict[str, str]]] = {}
        self._zygote = subprocess.Popen(
            [sys.executable, str(Path(__file__).with_name("zygote.py"))],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self.environment({}),
        )
        self.pair = ACUMATICA

    @property
    def installation(self) -> str:
        """The pair's installation."""
        return self._installations[self.pair.integration][0]

    @property
    def connections(self) -> dict[str, str]:
        """The pair's connections, by vendor."""
        return self._installations[self.pair.integration][1]

    def close(self) -> None:
        """End the process that forks commands."""
        assert self._zygote.stdin is not None
        self._zygote.stdin.close()
        self._zygote.wait(30)
        self._store.close()

    def control(self, vendor: str, path: str, body: Any = None, method: str = "") -> Any:
        """Call a sandbox's control API. Raises Failed with its words when it refuses."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"{self._ready[vendor]['control_url']}{path}", data, {"Content-Type": "application/json"},
            method=method or ("POST" if data else "GET"),
        )  # fmt: skip
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                content = answer.read()
        except urllib.error.HTTPError as refused:
            raise Failed(f"{vendor} {path} {body}: {refused.read().decode()}") from refused
        return json.loads(content) if content else None

    def act(self, vendor: str, action: str, /, **fields: Any) -> Any:
        """Do what a person does in the vendor's screens."""
        return self.control(vendor, "/act", {"action": action, **fields})

    def was_hit(self, vendor: str) -> bool:
        """Whether a fault that was planted has hit a call."""
        return any(row["hits"] for row in self.control(vendor, "/faults"))

    def state(self, vendor: str, entity: str) -> list[dict[str, Any]]:
        """All objects of an entity in a sandbox."""
        rows: list[dict[str, Any]] = self.control(vendor, f"/state?only={entity}")[entity]
        return rows

    def bills(self) -> dict[str, str]:
        """The numbers of our bills in the target, by the vendor's number."""
        return {
            row["business_number"]: row["number"] for row in self.control("acumatica", "/books") if row["reference"]
        }

    def record(self, flow: str, number: str) -> str:
        """The id of a flow's record, by its business number."""
        found = self._store.connection.execute(
            "SELECT ref FROM hub_record WHERE flow = %s AND business_number = %s", [flow, number]
        )
        return str(found.fetchone()[0])  # type: ignore[index]

    def advance(self, seconds: int) -> None:
        """Let time pass for hub and sandboxes."""
        self.control("procore", "/clock", {"advance_s": seconds})

    def prepare(self, pair: Pair) -> None:
        """Connect, choose, map, match and enable once."""
        self.pair = pair
        if self._store.has(EMPTY):
            self._store.fill(EMPTY)
        else:
            self.run("runs")  # the first command makes the tables
            self._store.keep(EMPTY)
        for vendor in pair.vendors:
            self.control(vendor, "/reset", {"seed": "small"})
            self.control(vendor, "/switches", pair.switches.get(vendor, {}))
        self.control("procore", "/clock", {"advance_s": round((MORNING - datetime.now(UTC)).total_seconds())})
        connected = {vendor: self._connect(vendor) for vendor in pair.vendors}
        ends = ("--left", connected[pair.left], "--right", connected[pair.right])
        installation = self.run("install", pair.integration, *ends).split()[-1]
        self._installations[pair.integration] = (installation, connected)
        self.run("rules", installation, *pair.rules)
        for table, rows in pair.tables.items():
            self._fill(table, rows)
        self.run("match", installation)
        self.run("match", installation, "--accept", "all-above", "90")
        self.run("enable", installation)
        self.keep(pair.prepared)

    def _connect(self, vendor: str) -> str:
        file = self._folder / f"{vendor}.json"
        file.touch(mode=0o600)
        file.write_text(json.dumps(self._ready[vendor]))
        return self.run("connect", vendor, "--name", vendor, "--from-file", str(file)).split()[-1]

    def _fill(self, table: str, rows: Sequence[str]) -> None:
        lines = self.run("mapping", "suggest", self.installation, table).splitlines()
        file = self._folder / f"{table}.csv"
        file.write_text("\n".join([*(line for line in lines if ",,,," not in line), *rows, ""]))
        self.run("mapping", "import", self.installation, table, str(file))

    def keep(self, name: str) -> None:
        """Keep the present state of hub and sandboxes under a name; a case must begin before anything else runs."""
        for vendor in self.pair.vendors:
            self.control(vendor, "/books")  # actions that run on are done by then
            self.control(vendor, "/keep", {"name": name})
        self._store.keep(name)
        self._kept[name] = self.pair

    def has(self, name: str) -> bool:
        """Whether something is kept under a name."""
        return name in self._kept

    def begin(self, name: str) -> None:
        """Hub and sandboxes as they were kept; a pair is prepared when it is begun with first."""
        for pair in PAIRS:
            if name == pair.prepared and not self.has(name):
                self.prepare(pair)
        self.pair = self._kept[name]
        for vendor in self.pair.vendors:
            self.control(vendor, "/reset", {"kept": name})
        self._store.fill(name)

    def environment(self, extra: Mapping[str, str]) -> dict[str, str]:
        """What a hub process of this case runs with: one clock with the sandboxes, its own database and key file."""
        return {
            **os.environ,
            "DATABASE_URL": self._store.url(database.APP_ROLE),
            "DATABASE_OWNER_URL": self._store.url(database.OWNER_ROLE),
            "ML_CONNECTOR_DATA": str(self._folder),
            "ML_CONNECTOR_TEST": "1",
            "ML_CONNECTOR_SLICE_SECONDS": "60",
            "ML_CONNECTOR_CLOCK": f"{self._ready['procore']['control_url']}/clock",
            **extra,
        }

    def run(self, *arguments: str, expect: Sequence[int] = (0, 3), waits: bool = False, **extra: str) -> str:
        """Run a command to its end and return what it printed. Raises Failed for an exit code not in `expect`.

        What it would wait for is due at once, unless it `waits`: where a vendor really takes so long.
        """
        out, err = self._folder / "out", self._folder / "err"
        request = {
            "arguments": arguments,
            "environment": self.environment(extra),
            "out": str(out),
            "err": str(err),
            "jumps": not waits,
        }
        code = self._cold(request) if arguments[0] in COLD else self._forked(request)
        if code not in expect:
            raise Failed(f"{' '.join(arguments)} ended with {code}: {err.read_text()[-2000:]}", code)
        return out.read_text()

    def _forked(self, request: Mapping[str, Any]) -> int:
        stdin, stdout = self._zygote.stdin, self._zygote.stdout
        assert stdin is not None
        assert stdout is not None
        stdin.write(json.dumps(request) + "\n")
        stdin.flush()
        if not (answer := stdout.readline()):
            raise Failed(f"the process that forks commands ended with {self._zygote.wait(30)}")
        return int(answer)

    def _cold(self, request: Mapping[str, Any]) -> int:
        """In a process of its own: it sets Django up in its own way."""
        with Path(request["out"]).open("wb") as out, Path(request["err"]).open("wb") as err:
            done = subprocess.run([*COMMAND, *request["arguments"]], env=request["environment"], stdout=out, stderr=err)
        return done.returncode

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

    def systems(self) -> dict[str, dict[str, Any]]:
        """What both systems hold, as far as it is compared."""
        return {
            vendor: {
                "books": self.control(vendor, "/books"),
                **self.control(vendor, f"/state?only={','.join(ledgers.ENTITIES[vendor])}"),
            }
            for vendor in self.pair.vendors
        }


@contextmanager
def opened(number: int) -> Iterator[Lane]:
    """A lane with sandboxes of its own."""
    with (
        tempfile.TemporaryDirectory(prefix="ml-connector-crash-") as folder,
        running(VENDORS, "small", rate_limits=False) as ready,
    ):
        Path(folder).chmod(0o755)
        lane = Lane(number, ready, Path(folder))
        try:
            yield lane
        finally:
            lane.close()
