"""What of a change to a master record is still to be written, after a look at what is there now."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct, structs

from ml_connector.connectors.kit.outcomes import Done, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item
from ml_connector.records.masters import MasterChange, same

OVERTAKEN = "overtaken"


class Plan(Struct, frozen=True):
    """The fields to write, and the names of those that somebody else edited meanwhile."""

    values: dict[str, str]
    overtaken: tuple[str, ...] = ()


def key_of(item: Item) -> str:
    """The key of the record to be changed, empty for one to be made."""
    change: MasterChange = item.document
    return change.key or item.key


def mark(item: Item) -> str:
    """Our mark of the record whatever its version, `ML-7K2QX9M4T0AB`: a creation by it may be repeated."""
    return item.reference.rpartition("-")[0] or item.reference


def plan(change: MasterChange, present: Mapping[str, str] | None) -> Plan:
    """`present` are the fields as they are now, None where that was not asked or is not known."""
    if present is None:
        return Plan(dict(change.values))
    wanted = {name: value for name, value in change.values.items() if not same(name, present.get(name, ""), value)}
    overtaken = tuple(
        name
        for name in wanted
        if name in change.expected and not same(name, present.get(name, ""), change.expected[name])
    )
    return Plan({name: value for name, value in wanted.items() if name not in overtaken}, overtaken)


def is_done(change: MasterChange, present: Mapping[str, str]) -> bool:
    """Whether everything that was to be written is there."""
    return all(same(name, present.get(name, ""), value) for name, value in change.values.items())


def concluded(item: Item, outcome: Done | Refused | NotRun, overtaken: tuple[str, ...]) -> Outcome:
    """The outcome with what was left alone."""
    if not isinstance(outcome, Done):
        return outcome
    known = done(item, outcome.key or key_of(item), outcome.memo, overtaken)
    return structs.replace(known, number=outcome.number or item.number, answer=outcome.answer)


def done(item: Item, key: str, memo: Mapping[str, str], overtaken: tuple[str, ...] = ()) -> Done:
    """It is there; what was left alone replaces an earlier version's word on that."""
    said = {OVERTAKEN: ",".join(overtaken)} if overtaken or OVERTAKEN in item.memo else {}
    return Done(key=key, number=item.number, memo={**memo, **said})


def fields(record: Struct) -> dict[str, str]:
    """A record's fields as a change names them; flags are "yes" or "no"."""
    return {name: _text(getattr(record, name)) for name in record.__struct_fields__}


def _text(value: object) -> str:
    return ("yes" if value else "no") if isinstance(value, bool) else str(value)
