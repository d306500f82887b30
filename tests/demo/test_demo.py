"""The README's first command, as a new user types it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLES = {"acumatica-procore": "⇄⇄→→←⇄", "procore-sap-b1": "→→→→", "visma-procore": "→⇄→→→"}
"""Which way the flows of each integration go, in the order of its table."""


def test_make_demo_comes_out_right_and_leaves_nothing_behind() -> None:
    environment = os.environ.copy()
    environment.pop("ML_CONNECTOR_DATA", None)
    ended = subprocess.run(
        ["make", "demo"], cwd=ROOT, capture_output=True, text=True, env=environment, timeout=400, check=False
    )
    print(ended.stdout)
    assert ended.returncode == 0, ended.stdout[-3000:] + ended.stderr[-3000:]
    for integration, arrows in TABLES.items():
        table = ended.stdout[ended.stdout.index(f"{integration}  ") :].splitlines()
        flows = [re.split(r"\s{2,}", line.strip()) for line in table[1 : len(arrows) + 1]]
        assert [cells[0][-1] for cells in flows] == list(arrows)
        assert {cells[-2:] == ["0", "yes"] for cells in flows} == {True}, flows
    assert ended.stdout.count("the second run wrote 0 times") == len(TABLES)
    told = re.search(r"data in (\S+);", ended.stdout + ended.stderr)
    assert told
    assert not Path(told[1]).exists()
