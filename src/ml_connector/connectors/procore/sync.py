"""Procore's sync calls: creations and updates together, answered row by row (vendors/procore.md §9)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from msgspec import Struct, field

from ml_connector.connectors.kit import masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.outcomes import Done, NotRun, Refused
from ml_connector.connectors.procore import objects

MODIFIED: Final = "modified"
BATCH: Final = 1000
"""Rows of one call at most."""
_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_Named = dict[tuple[str, str], Mapping[str, Any]]


class Synced(Struct, frozen=True, kw_only=True):
    """The answer: rows that were stored, and rows as they were sent with what is wrong with them."""

    entities: list[dict[str, Any]] = field(default_factory=list)
    errors: list[Any] = field(default_factory=list)


def outcomes(answer: Answer, updates: Sequence[Mapping[str, Any]]) -> list[Done | Refused | NotRun]:
    """What became of each row that was sent, told by its id or origin_id, never by its place."""
    synced = answer.decode(Synced)
    stored = _named(synced.entities)
    refused = _named(synced.errors)
    return [_outcome(update, stored, refused, answer.date) for update in updates]


def changed(updated_at: str | None, answered: datetime | None = None) -> dict[str, str]:
    """A record's time of change for the memo of a write, or when it was answered: `{"modified": ISO 8601 in UTC}`."""
    at = objects.time(updated_at) or answered
    return {MODIFIED: at.isoformat()} if at else {}


def _outcome(
    update: Mapping[str, Any], stored: _Named, refused: _Named, answered: datetime | None
) -> Done | Refused | NotRun:
    name = next(_names(update))
    if name in refused:
        return Refused(message=f"Procore refused it: {_said(refused[name])}", answer=_shown(refused[name]))
    if name in stored and stored[name].get("id"):
        row = stored[name]
        return Done(key=str(row["id"]), memo=changed(row.get("updated_at"), answered), answer=_shown(row))
    return NotRun()


def _named(rows: Sequence[Any]) -> _Named:
    return {name: row for row in rows if isinstance(row, dict) for name in _names(row)}


def _names(row: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """The id before the origin_id: where a row has both, the id says which record it is."""
    for name in ("id", "origin_id"):
        if row.get(name) not in (None, ""):
            yield name, str(row[name])


def _said(row: Mapping[str, Any]) -> str:
    """`{"name": ["can't be blank"]}` as `name: can't be blank`."""
    errors = row.get("errors")
    if not isinstance(errors, dict):
        return masking.text(str(errors or "no explanation"))
    words = (
        f"{name}: {', '.join(map(str, said)) if isinstance(said, list) else said}" for name, said in errors.items()
    )
    return masking.text("; ".join(words))


def _shown(row: Mapping[str, Any]) -> str:
    return masking.body(_ENCODER.encode(row))
