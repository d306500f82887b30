"""Master records that two systems share: compared field by field with what both agreed on last."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from msgspec import Struct

from ml_connector.integrations.declaration import Desk, Hold, InStep, Side, Skip, Twin
from ml_connector.records.dimensions import SegmentValue
from ml_connector.records.documents import CostCode, Supplier
from ml_connector.records.masters import MasterChange, same

Master = Supplier | CostCode | SegmentValue

SUPPLIER_FIELDS = (
    "name", "active", "tax_id", "address", "city", "state", "postal_code", "country", "email", "phone",
)  # fmt: skip


class Kind(Struct, frozen=True, kw_only=True):
    """One kind of master record, as seen from the side that a flow reads.

    `values` are its fields as text. `owner(field, desk)` is the side that wins where both changed the same field, or
    where the two never agreed. `create(record, desk)` raises Hold or Skip when no record may be made on the other side.
    `mark` is what we wrote on a record that we made, "" on others. `one_way`: nothing comes back from the other side,
    so that what is edited there in a field of this side's is put right.
    """

    kind: str
    side: Side
    values: Callable[[object], dict[str, str]]
    owner: Callable[[str, Desk], Side]
    create: Callable[[object, Desk], None]
    mark: Callable[[object], str] = lambda record: ""
    one_way: bool = False


def values_of_supplier(record: object) -> dict[str, str]:
    """The fields that both sides keep of a vendor; flags are yes or no."""
    assert isinstance(record, Supplier)
    values = {name: getattr(record, name) for name in SUPPLIER_FIELDS}
    return {name: _text(value) for name, value in values.items()}


def values_of_cost_code(record: object) -> dict[str, str]:
    """What both sides keep of a cost code beside its number."""
    assert isinstance(record, CostCode)
    return {"name": _text(record.name)}


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return " ".join(str(value).split())


def change_of(kind: Kind, record: Master, code: str, reference: str, desk: Desk) -> MasterChange:
    """What the other side's record of a pair lacks of this one's changes, or a new record.

    Raises InStep when there is nothing to send, Hold or Skip when nothing may be sent.
    """
    mine = kind.values(record)
    twin = desk.twin(kind.kind, record.key)
    if twin is None:
        return _new(kind, record, code, mine, reference, desk)
    if twin.document is None:
        raise Skip(
            "not_read_yet",
            f"its counterpart {twin.key} was not read yet, or is gone: both directions must be switched on",
        )
    other = kind.values(twin.document)
    values, agreed = _merged(kind, mine, other, twin, desk)
    if not values:
        raise InStep(agreed)
    expected = {name: other[name] for name in values}
    return MasterChange(
        reference=reference, key=twin.key, code=code, name=record.name, values=values, expected=expected, agreed=agreed
    )


def _merged(
    kind: Kind, mine: Mapping[str, str], other: Mapping[str, str], twin: Twin, desk: Desk
) -> tuple[dict[str, str], dict[str, str]]:
    """The fields that go to the other side, and those that are equal on both."""
    values, agreed = {}, {}
    for name, value in mine.items():
        base = twin.base.get(name)
        if same(name, value, other[name]):
            agreed[name] = value
        elif _wins(value, other[name], base, name, is_owner=kind.owner(name, desk) is kind.side, one_way=kind.one_way):
            values[name] = value
    return values, agreed


def _wins(mine: str, other: str, base: str | None, name: str, *, is_owner: bool, one_way: bool) -> bool:
    """Whether this side's value is the one that counts, of two that differ.

    What only one side changed goes to the other; what both changed is the owner's. Before both ever agreed, the
    owner's value counts too, unless it is empty. Where nothing comes back, the owner's value always counts, but what
    it never filled in may be filled in over there.
    """
    if base is None:
        return bool(mine) if is_owner else not other
    i_changed, other_changed = not same(name, mine, base), not same(name, other, base)
    if one_way and is_owner:
        return bool(mine) or i_changed
    return is_owner if i_changed and other_changed else i_changed


def _new(kind: Kind, record: Master, code: str, mine: dict[str, str], reference: str, desk: Desk) -> MasterChange:
    mark = kind.mark(record)
    if mark and desk.made(mark, record.key):
        raise Skip("made_by_us", f"we made it for the other side's, record {mark}: both are matched when that is done")
    if mine.get("active") == "no":
        raise Skip("inactive", "it is inactive, so it is not made on the other side")
    similar = desk.lookalike(kind.kind, record.key, record)
    if similar:
        raise Hold(
            "no_match",
            f"it may be the same as {similar}: accept the pair, merge doubles, or say that it has no counterpart "
            f"(ml-connector match --kind '{kind.kind}' --accept FILE, with - for the other key)",
        )
    kind.create(record, desk)
    values = {name: value for name, value in mine.items() if value}
    return MasterChange(reference=reference, key="", code=code, name=record.name, values=values)
