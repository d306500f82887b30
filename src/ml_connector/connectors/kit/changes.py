"""What of a change to a master record is still to be written, after a look at what is there now."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

from ml_connector.records.masters import MasterChange, same


class Left(Struct, frozen=True, kw_only=True):
    """What of a change is still to be written, and which fields somebody else has changed meanwhile."""

    values: dict[str, str]
    overtaken: tuple[str, ...]


def left_to_write(change: MasterChange, there: Mapping[str, str]) -> Left:
    """A field that holds neither what we expected nor what is to be set was edited there, and is left alone."""
    values, overtaken = {}, []
    for name, value in change.values.items():
        holds = there.get(name, "")
        if same(name, holds, value):
            continue
        if same(name, holds, change.expected.get(name, holds)):
            values[name] = value
        elif not alike(holds, value):
            overtaken.append(name)
    return Left(values=values, overtaken=tuple(overtaken))


def alike(one: str, other: str) -> bool:
    """Screens bring phone numbers, codes and keys into their own form: letters and digits count, capitals do not."""
    return _bare(one) == _bare(other)


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())
