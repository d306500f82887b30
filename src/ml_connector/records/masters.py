"""Changes to master records that two systems share, field by field."""

from __future__ import annotations

from msgspec import Struct, field, structs


class MasterChange(Struct, frozen=True, kw_only=True):
    """Fields to set on the other side's record of a pair. `key` is its key there, empty for a record to be made.

    `values` are the fields to set and `expected` what we believe each holds there now: one that holds something else
    by the time of writing was edited meanwhile, and is left alone. `agreed` are fields that are equal on both sides
    already. Field names are those of the record (`Supplier`, `CostCode`); flags are "yes" or "no". `code` is the
    sending side's own key, for a new record to be known by.
    """

    reference: str
    key: str
    code: str
    name: str
    values: dict[str, str]
    expected: dict[str, str] = field(default_factory=dict)
    agreed: dict[str, str] = field(default_factory=dict)


def same(name: str, one: str, other: str) -> bool:
    """Whether two values of a field say the same, however a system writes them."""
    if name in ("tax_id", "postal_code"):
        return _bare(one) == _bare(other)
    if name == "phone":
        return _digits(one) == _digits(other)
    if name in ("email", "country", "state"):
        return one.strip().casefold() == other.strip().casefold()
    return one.split() == other.split()


def _bare(text: str) -> str:
    return "".join(letter for letter in text.casefold() if letter.isalnum())


def _digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isdigit())


def overlaid(record: Struct, values: dict[str, str]) -> Struct:
    """The record with some fields given as text; flags are "yes" or "no"."""
    flags = {name for name in values if isinstance(getattr(record, name), bool)}
    return structs.replace(
        record, **{name: value == "yes" if name in flags else value for name, value in values.items()}
    )
