"""Declared types of the business objects, in the words of OData's entity data model."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec import Struct

Row: TypeAlias = dict[str, Any]
Key: TypeAlias = int | str | tuple[int | str, ...]
"""The key's value; a tuple in the order of the type's `keys` where there are several."""
Kind: TypeAlias = Literal["string", "int", "number", "date", "time", "enum", "complex", "collection"]

MARKETING_HEADER, MARKETING_LINES = "marketing documents", "marketing document lines"
"""User tables of all marketing documents: a user field of one of them appears on all (vendors/sap_b1.md §5.8)."""


class Enum(Struct, frozen=True):
    """A type such as BoYesNoEnum: member name to value in the database."""

    name: str
    members: Mapping[str, str]


YES_NO = Enum("BoYesNoEnum", {"tNO": "N", "tYES": "Y"})


class Property(Struct, frozen=True):
    """`size` limits strings; `enum` belongs to kind enum, `type` to complex and collection."""

    name: str
    kind: Kind = "string"
    size: int | None = None
    read_only: bool = False
    enum: Enum | None = None
    type: EntityType | None = None


class Navigation(Struct, frozen=True):
    """What $expand can follow: `name` leads to the record of `entity_set` whose key is the property `by`."""

    name: str
    entity_set: str
    by: str


class EntityType(Struct, frozen=True):
    """A type such as Document; also the type of a complex property or of a collection's rows.

    `keys`: the key properties (of rows in a collection: the row key, such as LineNum). `etag`: rows have DataVersion,
    which the entity set counts up on every write. `user_table`: where its user fields are declared: a table name such
    as OJDT, MARKETING_HEADER, MARKETING_LINES, or "" for a type without user fields.
    """

    name: str
    properties: tuple[Property, ...]
    keys: tuple[str, ...] = ()
    etag: bool = False
    user_table: str = ""
    navigations: tuple[Navigation, ...] = ()
