"""The demo, and the page that describes every command."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

from ml_connector.cli import reference

_PAGE = Path(__file__).parents[2] / "docs/cli.md"


def test_the_demo_ends_well_and_leaves_nothing_behind() -> None:
    environment = os.environ.copy()
    environment.pop("ML_CONNECTOR_DATA", None)
    command = [sys.executable, "-m", "ml_connector.cli.main", "demo", "--json"]
    ended = subprocess.run(command, capture_output=True, text=True, env=environment, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    (result,) = json.loads(ended.stdout)
    assert (result["faults"], result["duplicates"], result["second_run"]) == ([], [], 0)
    assert result["source"]["count"] == result["held"]["count"] + result["target"]["count"]
    assert len(result["holds"]) == result["held"]["count"]
    told = re.search(r"data in (\S+);", ended.stderr)
    assert told
    assert not Path(told[1]).exists()


def test_the_page_of_commands_is_up_to_date() -> None:
    assert _PAGE.read_text() == reference.page(), "run: python -m ml_connector.cli.reference > docs/cli.md"
