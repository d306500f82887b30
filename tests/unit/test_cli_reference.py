"""The generated page of commands."""

from __future__ import annotations

from pathlib import Path

from ml_connector.cli import reference

_PAGE = Path(__file__).parents[2] / "docs/cli.md"


def test_the_page_of_commands_is_up_to_date() -> None:
    assert _PAGE.read_text() == reference.page(), "run: python -m ml_connector.cli.reference > docs/cli.md"
