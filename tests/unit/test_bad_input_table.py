"""The table of bad input names every test of it, and only tests that exist."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
TABLE = ROOT / "docs" / "guide" / "bad-input.md"


def rows() -> list[list[str]]:
    """The cells of each row of the tables, without heads and rules."""
    lines = [line.strip().strip("|").split("|") for line in TABLE.read_text().splitlines() if line.startswith("|")]
    cells = [[cell.strip() for cell in line] for line in lines]
    return [row for row in cells if row[0] != "what happens" and set(row[0]) != {"-"}]


def test_every_bad_input_test_is_in_the_table_once_and_every_row_has_its_test() -> None:
    named = [row[-1].strip("`") for row in rows()]
    files = (ROOT / "tests" / "integration").glob("test_bad_input_*.py")
    written = [name for file in files for name in re.findall(r"^def (test_\w+)", file.read_text(), re.MULTILINE)]
    assert sorted(named) == sorted(written)


def test_every_row_says_what_happens_what_is_done_and_what_to_do() -> None:
    assert all(len(row) == 4 and all(row) for row in rows())
