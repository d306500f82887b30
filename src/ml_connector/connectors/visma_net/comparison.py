"""What Visma.net stored, compared with what was meant: fields that it does not know are ignored without a word (§5)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ml_connector.connectors.visma_net import subaccounts
from ml_connector.records.compare import Difference, Line, line_differences
from ml_connector.records.journals import Journal, JournalLine

_NAMES: Final = ("account", "subaccount", "project", "task", "amount")
_ALIKE: Final = 4
_SHORTEST_NUMBER: Final = 15
"""The vendor may cut business numbers there."""


def compare(meant: Journal, stored: Journal) -> list[Difference]:
    """Every difference, header first. Texts, our reference and the vendor are not compared; lines have no order.

    A currency counts where one was meant, a period likewise. Lines without an amount are never sent.
    """
    ours, theirs = ([_line(line) for line in journal.lines if line.amount] for journal in (meant, stored))
    return [*_headers(meant, stored), *line_differences(_NAMES, ours, theirs, _ALIKE)]


def _headers(meant: Journal, stored: Journal) -> Iterator[Difference]:
    if not _is_number(meant.number.strip(), stored.number.strip()):
        yield Difference(field="number", meant=meant.number, stored=stored.number)
    yield from _differ("date", meant.date.isoformat(), stored.date.isoformat())
    if meant.period:
        yield from _differ("period", meant.period, stored.period)
    if meant.currency:
        yield from _differ("currency", meant.currency, stored.currency)


def _is_number(meant: str, stored: str) -> bool:
    return meant == stored or (len(stored) >= _SHORTEST_NUMBER and meant.startswith(stored))


def _differ(field: str, meant: str, stored: str) -> Iterator[Difference]:
    if meant.strip().upper() != stored.strip().upper():
        yield Difference(field=field, meant=meant, stored=stored)


def _line(line: JournalLine) -> Line:
    return (
        line.account.strip().upper(),
        line.subaccount if "=" in line.subaccount else subaccounts.bare(line.subaccount),
        line.project.strip().upper(),
        line.task.strip().upper(),
        line.amount,
    )
