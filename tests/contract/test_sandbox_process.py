"""The sandbox process: ready-file, seeds of the month, ports, ends with its parent."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx2
import pytest
from procore_month import Api

from ml_connector.sandbox.run import running


def wait(true: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.02)


def free_pair() -> int:
    """A port that is free with the next one, below those that the system hands out by itself."""
    for base in random.sample(range(20_000, 30_000), 50):
        try:
            with socket.create_server(("127.0.0.1", base)), socket.create_server(("127.0.0.1", base + 1)):
                return base
        except OSError:
            continue
    raise AssertionError("no two free ports")


def test_child_serves_the_small_month_and_ends_with_the_block() -> None:
    with running(["procore"], "small", rate_limits=False) as ready:
        assert set(ready) == {"procore"}
        entry = ready["procore"]
        api = Api(entry)
        api.headers = {
            "Authorization": f"Bearer {api.token()}",
            "Procore-Company-Id": str(entry["company_id"]),
        }
        rows = api.get(f"/rest/v1.1/requisitions?project_id={entry['project_id']}&view=items")
        assert rows
        stated = {row["number"]: row for row in api.control.get("/books").json() if row["document"] == "requisition"}
        off = []
        for row in stated.values():
            lines = sum((Decimal(line["amount"]) for line in row["lines"]), Decimal(0))
            if lines + Decimal(row["tax"]) != Decimal(row["total"]):
                off.append(row)
        assert len(off) == 1
        assert len(stated) == 12
        assert len(api.control.get("/sessions").json()) == 1
    with pytest.raises(httpx2.ConnectError):
        api.http.get("/rest/v1.0/me")


@pytest.mark.parametrize("seed", ["month", "empty", "scale:50"])
def test_every_seed_can_be_reset_to(seed: str) -> None:
    with running(["procore"], "empty") as ready:
        control = httpx2.Client(base_url=ready["procore"]["control_url"], trust_env=False)
        assert control.post("/reset", json={"seed": seed}).status_code == 200
        count = len(control.get("/state").json()["requisitions"])
        assert count == {"month": 200, "empty": 0, "scale:50": 50}[seed]


def test_bad_start_says_why(tmp_path: Path) -> None:
    for arguments, words in ((["nobody"], "procore"), (["procore", "--seed", "x"], "scale:N")):
        command = [sys.executable, "-m", "ml_connector.sandbox.run", *arguments]
        ended = subprocess.run(command, capture_output=True, text=True, check=False, timeout=20)
        assert ended.returncode == 1
        assert words in ended.stderr
        assert "Traceback" not in ended.stderr
    with pytest.raises(RuntimeError, match="exit code 1"), running(["nobody"]):
        pass


def test_port_base_fixes_the_ports_and_sigterm_ends_cleanly(tmp_path: Path) -> None:
    base = free_pair()
    ready_file = tmp_path / "ready.json"
    command = [sys.executable, "-m", "ml_connector.sandbox.run", "procore", "--seed", "empty"]
    child = subprocess.Popen([*command, "--port-base", str(base), "--ready-file", str(ready_file)])
    try:
        wait(lambda: ready_file.exists() or child.poll() is not None)
        entry = json.loads(ready_file.read_text())["procore"]
        assert entry["control_url"] == f"http://127.0.0.1:{base}/procore"
        assert entry["base_url"] == f"http://127.0.0.1:{base + 1}"
        child.send_signal(signal.SIGTERM)
        assert child.wait(5) == 0
    finally:
        child.kill()
        child.wait()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death is signalled by Linux only")
def test_child_dies_with_its_parent() -> None:
    script = (
        "import time\n"
        "from ml_connector.sandbox.run import running\n"
        "with running(['procore'], 'empty') as ready:\n"
        "    print(ready['procore']['base_url'], flush=True)\n"
        "    time.sleep(60)\n"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    url = parent.stdout.readline().strip()
    assert httpx2.get(f"{url}/rest/v1.0/me", trust_env=False).status_code == 401
    os.kill(parent.pid, signal.SIGKILL)
    parent.wait()
    parent.stdout.close()

    def gone() -> bool:
        try:
            httpx2.get(url, trust_env=False, timeout=1)
        except httpx2.TransportError:
            return True
        return False

    wait(gone)
