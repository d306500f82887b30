"""Entity sets of records that are simply kept; what is special about one is in its `Rules`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk, stamped
from ml_connector.sandbox.sap_b1.edm import EntityType, Key, Row
from ml_connector.sandbox.sap_b1.errors import already_exists, bad_request, no_matching_records, not_supported_action
from ml_connector.sandbox.sap_b1.merging import merged, numbered


def accept(desk: Desk, row: Row, before: Row | None) -> Row:
    """The record as it is."""
    return row


def free(desk: Desk, row: Row) -> None:
    """Nothing keeps the record from being deleted."""


class Rules(Struct, frozen=True, kw_only=True):
    """All functions are those of a module, so that they can be kept.

    `check` gets the whole record and its former state and returns it as it is stored; `before_delete` raises when it
    must stay; `after` does what follows from a write. `number`: the sequence of keys that the server gives.
    """

    defaults: Mapping[str, Any] = {}
    check: Callable[[Desk, Row, Row | None], Row] = accept
    before_delete: Callable[[Desk, Row], None] | None = free
    after: Callable[[Desk, Row, Row | None], None] | None = None
    taken: Callable[[Row], Exception] | None = None
    number: str = ""
    creates: bool = True


class List:
    """One entity set."""

    actions: Mapping[str, Callable[[Key, Row], Row | None]] = {}

    def __init__(self, desk: Desk, name: str, type_: EntityType, table: str, rules: Rules) -> None:
        self._desk = desk
        self.name = name
        self.type = type_
        self.table = table
        self._rules = rules
        self._blank = blank(type_) | dict(rules.defaults)

    def rows(self) -> list[Row]:
        """By key."""
        return self._desk.store[self.table].rows()

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""
        row = self._desk.store[self.table].find(key)
        if row is None:
            raise no_matching_records()
        return row

    def create(self, body: Row) -> Row:
        """Raises -2035 for a key that is taken."""
        if not self._rules.creates:
            raise not_supported_action()
        row = self._blank | {name: value for name, value in body.items() if value is not None}
        for one in self.type.properties:
            if one.kind == "collection":
                row[one.name] = [_blank_row(one.type) | line for line in numbered(one, row[one.name] or [])]
        key_name = self.type.keys[0]
        if self._rules.number:
            row[key_name] = self._desk.store.next_number(self._rules.number)
        row = self._rules.check(self._desk, row, None)
        if row[key_name] in (None, ""):
            raise bad_request(f"Property '{key_name}' of '{self.type.name}' is required")
        if self._desk.store[self.table].find(row[key_name]) is not None:
            raise self._rules.taken(row) if self._rules.taken is not None else already_exists()
        return self._stored(row, None)

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """Any property but the key."""
        stored = self.get(key)
        row = merged(self.type, stored, body, whole=whole, replace_collections=replace_collections)
        for one in self.type.properties:
            if one.kind == "collection":
                row[one.name] = [_blank_row(one.type) | line for line in row[one.name] or []]
        row |= {name: stored[name] for name in self.type.keys}
        if whole:
            row |= {name: value for name, value in self._rules.defaults.items() if row.get(name) is None}
        self._stored(self._rules.check(self._desk, row, stored), stored)

    def delete(self, key: Key) -> None:
        """Raises what the rules have against it."""
        row = self.get(key)
        if self._rules.before_delete is None:
            raise not_supported_action()
        self._rules.before_delete(self._desk, row)
        self._desk.store[self.table].drop(key)

    def _stored(self, row: Row, before: Row | None) -> Row:
        if self.type.etag:
            row = stamped(self._desk, row)
        row = self._desk.store[self.table].put(row)
        if self._rules.after is not None:
            self._rules.after(self._desk, row, before)
        return row


def _blank_row(of: EntityType | None) -> Row:
    return {} if of is None else blank(of)
