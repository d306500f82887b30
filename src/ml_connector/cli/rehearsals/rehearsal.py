"""One integration's part of the demo, and what its judges ask of the hub."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec import Struct

from ml_connector.cli.rehearsals.books import Comparison, Ready

if TYPE_CHECKING:
    from ml_connector.hub.lists import MatchRow, RecordRow
    from ml_connector.hub.models import Installation

_MOST = 1_000_000


class Rehearsal(Struct, frozen=True, kw_only=True):
    """One integration's part of the demo: its systems, the company's choices, and where its documents are.

    `switches` are settings of the sandboxes by vendor: Acumatica releases while we wait instead of one second later,
    and numbers new vendors by itself.
    `acts` are what people do in between, each before another sync; `judges` compare both ends when all is done.
    """

    integration: str
    left: str
    right: str
    rules: dict[str, str]
    least_score: int
    switches: dict[str, dict[str, object]]
    acts: tuple[Callable[[Ready], str], ...]
    judges: Callable[[Ready, Installation], list[Comparison]]


def records(installation: Installation, *flows: str) -> list[RecordRow]:
    """All records of some flows."""
    from ml_connector.hub import lists

    rows, _ = lists.record_rows(lists.Filter(installation=installation.pk), _MOST)
    return [row for row in rows if row.flow in flows]


def pairs(installation: Installation, kind: str) -> list[MatchRow]:
    """All accepted pairs of a kind."""
    from ml_connector.hub import lists

    return lists.match_rows(installation, kind, accepted=True)
