"""What an entity of the contract is: its fields by wire type, linked and detail entities, keys and form."""

from __future__ import annotations

from msgspec import Struct
from msgspec.structs import replace

WIRE_TYPES = {
    "text": "StringValue",
    "amount": "DecimalValue",
    "flag": "BooleanValue",
    "time": "DateTimeValue",
    "whole": "IntValue",
    "short": "ShortValue",
    "long": "LongValue",
    "guid": "GuidValue",
}
"""Our word for a field's type -> the name of its wrapper in the vendor's schema."""


class Kind(Struct, frozen=True, kw_only=True):
    """One entity. `fields` name -> our type word; `since` name -> first version (22..25) that has the field."""

    name: str
    fields: dict[str, str]
    linked: dict[str, str]
    details: dict[str, str]
    actions: tuple[str, ...]
    since: dict[str, int]


class Form(Struct, frozen=True, kw_only=True):
    """What a top-level entity has beyond its fields: screen, key fields in path order, graph and view for links."""

    screen: str
    keys: tuple[str, ...]
    graph: str
    view: str
    record: str


def kind(
    name: str,
    *,
    linked: dict[str, str] | None = None,
    details: dict[str, str] | None = None,
    actions: str = "",
    since: dict[str, int] | None = None,
    usable_from: int = 0,
    always: str = "",
    **typed: str,
) -> Kind:
    """A Kind from space-separated field names per type word.

    With `usable_from` everything but the fields in `always` starts at that version.
    """
    fields = {field: word for word, names in typed.items() for field in names.split()}
    first = dict(since or {})
    if usable_from:
        everything = (*fields, *(linked or {}), *(details or {}), *actions.split())
        first |= {member: usable_from for member in everything if member not in always.split()}
    return Kind(
        name=name,
        fields=fields,
        linked=linked or {},
        details=details or {},
        actions=tuple(actions.split()),
        since=first,
    )


def as_of(full: Kind, version: int) -> Kind:
    """The kind as the endpoint of `version` (22..25) shows it."""
    newer = {name for name, first in full.since.items() if first > version}
    if not newer:
        return full
    return replace(
        full,
        fields={name: word for name, word in full.fields.items() if name not in newer},
        linked={name: to for name, to in full.linked.items() if name not in newer},
        details={name: to for name, to in full.details.items() if name not in newer},
        actions=tuple(name for name in full.actions if name not in newer),
    )


def is_date(field: str) -> bool:
    """Whether a date-time field holds a bare day (time stamps are named ...DateTime)."""
    return not field.endswith("DateTime")
