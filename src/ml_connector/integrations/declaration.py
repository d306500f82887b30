"""What an integration says of itself: its flows, mapping tables and the choices that a company must make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from ml_connector.connectors.kit.declaration import Connector
from ml_connector.connectors.kit.source import Source
from ml_connector.connectors.kit.target import Target
from ml_connector.records.documents import Bill, Requisition, Supplier


class Side(StrEnum):
    """Which of an installation's two connections."""

    LEFT = "left"
    RIGHT = "right"


class Hold(Exception):
    """The record waits for a person: `cause` in one word, the text says what happened and what to do."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


class Skip(Exception):
    """A rule says that this record is not posted (yet): `cause` in one word."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


class Desk(Protocol):
    """What a translation may look up: the installation's choices, mapping tables and accepted matches."""

    def rule(self, name: str) -> str:
        """The installation's choice, or its default."""

    def map(self, table: str, value: str, *, name: str, day: date, money: Decimal) -> str:
        """The mapped value, or "" when there is none; the gap is noted with the money behind it."""

    def find(self, table: str, value: str, *, day: date) -> str:
        """The mapped value where a table may be silent, or ""."""

    def counterpart(self, kind: str, key: str) -> str:
        """The target side's key of an accepted match of the source side's `key`, or ""."""


class Choice(Struct, frozen=True, kw_only=True):
    """A decision of the company. No `default`: the installation cannot be switched on before it is made.

    `options` are the allowed values, `pattern` a regular expression for free ones; `advice` says what to choose.
    `when` is another choice and its value without which this one need not be made.
    """

    name: str
    question: str
    advice: str
    default: str | None = None
    options: tuple[str, ...] = ()
    pattern: str = ""
    when: tuple[str, str] | None = None


class Suggestion(Struct, frozen=True, kw_only=True):
    """A proposed row of a mapping table; `target` may be empty where nothing fits."""

    source: str
    source_name: str
    target: str
    target_name: str


class Table(Struct, frozen=True, kw_only=True):
    """A mapping table. `check(target)` returns a complaint about a target value, or "".

    `suggest(left_client, right_client)` proposes rows from what both systems hold.
    """

    name: str
    title: str
    source: str
    target: str
    check: Callable[[str], str]
    suggest: Callable[[Any, Any], list[Suggestion]]


class Matching(Struct, frozen=True, kw_only=True):
    """First-day matching of one kind of master record; both functions list all of them."""

    kind: str
    left: Callable[[Any], Sequence[Supplier]]
    right: Callable[[Any], Sequence[Supplier]]


class Facts(Struct, frozen=True, kw_only=True):
    """What every record shows of itself, whatever it is: for lists, statements and the gate."""

    title: str
    number: str
    day: date | None
    amount: Decimal
    currency: str


class Flow(Struct, frozen=True, kw_only=True):
    """One kind of record moving one way.

    `translate(record, reference, desk)` returns the target document or raises Hold or Skip. `triggers` are the
    resources of source events that make the flow read at once. `every` is the default schedule, `overlap` how far
    each read reaches back before its cursor, `sweep_every` how often all keys are compared.
    """

    name: str
    title: str
    source_side: Side
    source: Source
    target: Target
    facts: Callable[[Requisition], Facts]
    translate: Callable[[Requisition, str, Desk], Bill]
    record_type: type[Requisition] = Requisition
    document_type: type[Bill] = Bill
    triggers: frozenset[str] = frozenset()
    every: timedelta = timedelta(minutes=5)
    overlap: timedelta = timedelta(minutes=5)
    sweep_every: timedelta = timedelta(days=1)


class Integration(Struct, frozen=True, kw_only=True):
    """A pair of connectors and what moves between them."""

    name: str
    title: str
    left: Connector
    right: Connector
    flows: tuple[Flow, ...]
    tables: tuple[Table, ...]
    matchings: tuple[Matching, ...]
    choices: tuple[Choice, ...]

    def flow(self, name: str) -> Flow:
        """A flow by name. Raises KeyError with the names there are."""
        for flow in self.flows:
            if flow.name == name:
                return flow
        raise KeyError(f"{self.name} has no flow {name!r}; its flows: {', '.join(flow.name for flow in self.flows)}")
