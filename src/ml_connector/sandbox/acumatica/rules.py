"""What an entity adds to the generic record: fields that callers cannot set, checks, consequences, actions."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from msgspec import Struct

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.rows import Row, Value


class Save(Struct):
    """A record about to be stored. `before` is None for a new one; `touched` holds the ids of the lines sent."""

    desk: Desk
    draft: Row
    before: Row | None
    change: Change
    touched: set[str]

    @property
    def is_new(self) -> bool:
        return self.before is None

    def sent(self, field: str) -> bool:
        """Whether the caller sent the field."""
        return field in self.change.values

    def sent_for(self, line: Row, member: str = "Details") -> Change | None:
        """What the caller sent for a line."""
        return next((change for change in self.change.details.get(member, []) if change.id == line.id), None)


Prepare: TypeAlias = Callable[[Save], None]
Stored: TypeAlias = Callable[[Save, Row], None]
Erase: TypeAlias = Callable[[Desk, Row], None]
Parameters: TypeAlias = dict[str, Value]
Perform: TypeAlias = Callable[[Desk, Row, Parameters], None]


class Action(Struct, frozen=True):
    """An action of a form. `parameters` name -> type word; `long` ones answer 202 and run on."""

    perform: Perform
    parameters: dict[str, str] = {}
    long: bool = False


def _nothing(_save: Save) -> None:
    """No rule."""


class Rules(Struct, frozen=True, kw_only=True):
    """The rules of one entity. `line_keys`: detail member -> field that identifies a line besides its id."""

    read_only: frozenset[str] = frozenset()
    read_only_details: frozenset[str] = frozenset()
    read_only_lines: dict[str, frozenset[str]] = {}
    key_defaults: dict[str, str] = {}
    line_keys: dict[str, str] = {}
    writable_beyond: frozenset[tuple[str, str]] = frozenset()
    prepare: Prepare = _nothing
    number: Prepare = _nothing
    """Gives a checked new document its number."""
    stored: Stored | None = None
    erase: Erase | None = None
    actions: dict[str, Action] = {}
    screen_actions: dict[str, Action] = {}
    """Actions that the contract does not list but the form has (custom actions)."""
