"""Reads a flow's source in memory: nothing is stored, no cursor moves."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from msgspec import Struct

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Row, Scope, Window
from ml_connector.hub import connections
from ml_connector.hub.pipeline.work import FlowWork

_ASK = 100
"""How many keys are asked for at once."""


class Survey(Struct, frozen=True, kw_only=True):
    """What was read: the newest row of each key, how many rows in all, from which scopes, and those that forbid it."""

    rows: dict[str, Row]
    read: int
    scopes: tuple[Scope, ...]
    troubles: tuple[str, ...]


def of_source(
    work: FlowWork, window: Callable[[Scope], Window | None], progress: Callable[[str], None] = lambda text: None
) -> Survey:
    """Walk all scopes, each within its window. Raises kit.errors for what stops the whole connection."""
    newest: dict[str, Row] = {}
    read = 0
    troubles = []
    scopes = []
    with connections.opened(work.source) as (client, _):
        for scope in work.flow.source.scopes(client):
            try:
                for row in _rows(work, client, scope, window(scope)):
                    read += 1
                    if row.key not in newest or newest[row.key].modified <= row.modified:
                        newest[row.key] = row
            except (errors.NotPermitted, errors.NotFound) as refused:
                troubles.append(f"{scope.name}: {refused.message}")
            else:
                scopes.append(scope)
            progress(f"{work.flow.name}: {read} read")
    return Survey(rows=newest, read=read, scopes=tuple(scopes), troubles=tuple(troubles))


def missing(work: FlowWork, scope: Scope, keys: Sequence[str]) -> list[str]:
    """Those of the keys that are gone at the source, each asked for. Raises kit.errors."""
    gone: list[str] = []
    with connections.opened(work.source) as (client, _):
        for start in range(0, len(keys), _ASK):
            some = keys[start : start + _ASK]
            there = work.flow.source.by_keys(client, scope, some)
            found = {row.key for row in there.rows} | {row.key for row in there.unreadable}
            gone += [key for key in some if key not in found]
    return gone


def _rows(work: FlowWork, client: Any, scope: Scope, window: Window | None) -> Iterator[Row]:
    position: str | None = None
    while True:
        page = work.flow.source.read(client, scope, window, position)
        yield from page.rows
        if page.position is None:
            return
        position = page.position
