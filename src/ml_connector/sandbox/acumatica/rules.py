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
    patch: bool = False

    @property
    def is_new(self) -> bool:
        return self.before is None

    def sent(self, field: str) -> bool:
        """Whether the caller sent the field."""
        return field in self.change.values

    def sent_for(self, line: Row, member: str = "Details") -> Change | None:
        """What the caller sent for a line."""
        return next((change for change in self.change.details.get(member, []) if change.id == line.id), None)

    def stored_line(self, line: Row, member: str = "Details") -> Row | None:
        """The line as it was before, None for a new one."""
        lines = self.before.lines(member) if self.before is not None else []
        return next((stored for stored in lines if stored.id == line.id), None)

    def redoes(self, result: str, *causes: str) -> bool:
        """Whether a stored record's field is to be derived again because a cause of it has changed."""
        if self.before is None or all(self.draft[cause] == self.before[cause] for cause in causes):
            return False
        return self.drops or not self.sent(result)

    def redoes_line(self, line: Row, result: str, *causes: str) -> bool:
        """The same for a stored line."""
        stored, sent = self.stored_line(line), self.sent_for(line)
        if stored is None or all(line[cause] == stored[cause] for cause in causes):
            return False
        return self.drops or sent is None or result not in sent.values

    @property
    def drops(self) -> bool:
        """Whether a value sent for a field that business logic has just changed is dropped: PUT, not PATCH (§7.1)."""
        return not self.patch and self.desk.switches.on("put_drops_recalculated")


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
