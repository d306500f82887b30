"""What a query can name: the properties of one entity set, or of several joined ones."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from msgspec import Struct

from ml_connector.sandbox.sap_b1.edm import EntityType, Property, Row
from ml_connector.sandbox.sap_b1.errors import B1Error, invalid_property, unknown_in_query
from ml_connector.sandbox.sap_b1.schema import Schema


class Field(Struct, frozen=True):
    """A property that can be compared, and how it is read from a row."""

    known: Property
    read: Callable[[Row], Any]


class Fields(Protocol):
    """Finds fields by the path that a query writes."""

    def find(self, path: str) -> Field:
        """Raises 201 for an unknown one."""

    def unknown_function(self, name: str) -> B1Error:
        """What the server says of functions that it does not know."""


class EntityFields:
    """The properties of one type; collections and what lies behind other records cannot be named."""

    def __init__(self, schema: Schema, type_: EntityType, set_name: str) -> None:
        self._schema = schema
        self._type = type_
        self._prefix = f"{set_name}/"

    def find(self, path: str) -> Field:
        """The set's own name may stand before the property. Raises 201."""
        name = path.removeprefix(self._prefix)
        known = self._schema.properties(self._type).get(name)
        if known is None or known.kind in ("collection", "complex"):
            raise unknown_in_query(path)
        return Field(known, lambda row: row.get(name))

    def unknown_function(self, name: str) -> B1Error:
        """It is taken for a property."""
        return invalid_property(name, self._type.name)
