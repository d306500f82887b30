"""Every command in README and docs is run: the marked blocks in order, against sandboxes that play the real systems."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from cli_world import kept_up

import warm
from ml_connector.sandbox.run import running

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BLOCK = re.compile(r"(?:<!-- (\w+) -->\n)?```sh\n(.*?)```", re.S)
IN_CI = {"make demo", "make test"}


def blocks(page: Path) -> list[tuple[str, str]]:
    """The shell blocks of a page with their marks."""
    return [(found[1] or "", found[2]) for found in BLOCK.finditer(page.read_text())]


@pytest.fixture(scope="module")
def stage() -> Iterator[tuple[Path, dict[str, str]]]:
    """A folder with the credential files that the README speaks of, and a hub of its own."""
    with (
        running(["procore", "acumatica", "sap_b1", "visma_net"], "small", rate_limits=False) as ready,
        tempfile.TemporaryDirectory(prefix="ml-connector-docs-") as name,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        for vendor in ("acumatica", "procore", "sap_b1", "visma_net"):
            (folder / f"{vendor}.toml").write_text(as_toml(ready[vendor]))
        (folder / "data").mkdir()
        (folder / "data").chmod(0o755)
        kept = {key: value for key, value in os.environ.items() if not key.startswith(("ML_CONNECTOR", "DATABASE_"))}
        path = f"{Path(sys.executable).parent}:{kept['PATH']}"
        warm.script(folder)
        yield folder, {**kept, "PATH": path, "ML_CONNECTOR_DATA": str(folder / "data")}


def as_toml(entry: dict[str, Any]) -> str:
    """A ready-file's entry as the user's credentials file."""
    return "".join(f'{name} = "{value}"\n' for name, value in entry.items() if name != "control_url")


def run(script: str, stage: tuple[Path, dict[str, str]], *, cold: bool = True) -> str:
    """Run shell lines; a command that ends with 3 (something waits for a person) is fine.

    `cold`: with the program as it was installed; else in a forked child, without the second that its start takes.
    """
    folder, environment = stage
    if not cold:
        environment = environment | {"PATH": f"{folder}:{environment['PATH']}"}
    lines = [
        f"{line} || [ $? -eq 3 ]" if line.startswith("ml-connector") else line
        for line in script.splitlines()
        if line.strip()
    ]
    (folder / "script.sh").write_text("set -euo pipefail\nset -a\n[ -f id ] && . ./id\n" + "\n".join(lines) + "\n")
    done = subprocess.run(
        ["bash", "script.sh"], cwd=folder, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, f"{script}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_every_block_is_marked_or_run_by_ci() -> None:
    for page in PAGES:
        for mark, script in blocks(page):
            assert mark in ("run", "serve") or script.strip() in IN_CI, f"{page.name}: nobody runs\n{script}"
    ci = (ROOT / ".ci/run").read_text()
    assert all(command in ci for command in IN_CI)


def test_the_commands_of_readme_and_guide_do_what_they_say(stage: tuple[Path, dict[str, str]]) -> None:
    folder, _ = stage
    first, *others = (script for page in PAGES for mark, script in blocks(page) if mark == "run")
    run(first, stage)
    with kept_up(folder / "data"):
        for script in others:
            if "ID=$(" in script:
                script += "\necho ID=$ID > id"
            run(script, stage, cold=False)
    assert (folder / "audit.jsonl").read_text().count("\n") > 20


def test_the_serving_commands_serve(stage: tuple[Path, dict[str, str]]) -> None:
    folder, environment = stage
    for mark, script in blocks(ROOT / "README.md"):
        if mark != "serve":
            continue
        *before, last = script.strip().splitlines()
        run("\n".join(before), stage)
        assert (folder / "hook-secret").stat().st_mode & 0o777 == 0o600
        command = [*last.split(), "--port", "0", "--ready-file", "ready.json"]
        server = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
        try:
            wait_for(folder / "ready.json")
        finally:
            server.send_signal(signal.SIGTERM)
            assert server.wait(60) == 0


def wait_for(file: Path) -> None:
    """Wait until a file is there."""
    until = time.monotonic() + 40
    while not file.exists():
        assert time.monotonic() < until, f"{file.name} was not written"
        time.sleep(0.05)
