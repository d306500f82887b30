"""What makes a difference good in Acumatica, and the change of an order that carries out what was approved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal

from msgspec import Struct, field, structs

from ml_connector.integrations.acumatica_procore.links import Wanted
from ml_connector.integrations.declaration import Difference
from ml_connector.records.commitments import Commitment, OrderChange, OrderLineChange
from ml_connector.records.documents import Order
from ml_connector.records.money import ZERO

KINDS = {"subcontract": "Subcontract", "purchase_order": "Normal"}
"""A Procore subcontract is one in Acumatica too, not a purchase order (vendors/acumatica.md §8.5)."""


class Repair(Struct, frozen=True, kw_only=True):
    """A difference and what its fix does to the order.

    `raises` are amounts added to order lines, `ends` order lines to be completed or cancelled, `adds` new lines with
    the number of the order line that each takes the place of (0 for none); `held` as in OrderChange.
    """

    difference: Difference
    raises: Mapping[int, Decimal] = field(default_factory=dict)
    ends: Mapping[int, str] = field(default_factory=dict)
    adds: tuple[tuple[int, OrderLineChange], ...] = ()
    held: bool | None = None


def new_line(wanted: Wanted, amount: Decimal) -> OrderLineChange:
    """A line to add as the commitment has it; the mark comes when the difference has its id."""
    assert wanted.coding is not None
    coding = wanted.coding
    return OrderLineChange(
        line=0, amount=amount, text=wanted.line.text, account=coding.account, subaccount=coding.subaccount,
        project=wanted.project, task=coding.task, cost_code=coding.cost_code,
    )  # fmt: skip


def marked(difference: str, adds: Sequence[tuple[int, OrderLineChange]]) -> tuple[tuple[int, OrderLineChange], ...]:
    """Lines to add, each with a mark that no other line has."""
    return tuple(
        (instead, structs.replace(line, mark=f"{difference}-{place}"))
        for place, (instead, line) in enumerate(adds, start=1)
    )


def change_of(order: Order, repairs: Sequence[Repair], reference: str) -> OrderChange:
    """The change of an order that carries out the fixes of some differences at once."""
    amounts = {position.line: position.amount for position in order.lines}
    raised: dict[int, Decimal] = {}
    ends: dict[int, str] = {}
    for repair in repairs:
        for number, amount in repair.raises.items():
            raised[number] = raised.get(number, ZERO) + amount
        ends |= repair.ends
    added = [_raised(instead, line, raised) for repair in repairs for instead, line in repair.adds]
    replaced = {instead for repair in repairs for instead, _ in repair.adds if instead}
    changed = [
        OrderLineChange(
            line=number,
            amount=amounts[number] + raised[number] if number in raised and number not in replaced else None,
            ended=ends.get(number, ""),
        )
        for number in sorted(raised.keys() | ends.keys())
    ]
    return OrderChange(
        reference=reference,
        kind=order.kind,
        number=order.number,
        vendor=order.vendor,
        vendor_number=order.vendor_number,
        date=None,
        currency=order.currency,
        text=order.text,
        lines=(*changed, *added),
        held=next((repair.held for repair in repairs if repair.held is not None), None),
        fixes=tuple(repair.difference.id for repair in repairs),
    )


def _raised(instead: int, line: OrderLineChange, raised: Mapping[int, Decimal]) -> OrderLineChange:
    """A line that takes the place of another one is raised in its place."""
    if not instead or instead not in raised or line.amount is None:
        return line
    return structs.replace(line, amount=line.amount + raised[instead])


def new_order(commitment: Commitment, vendor: str, repair: Repair, reference: str) -> OrderChange:
    """The order that a commitment lacks."""
    return OrderChange(
        reference=reference,
        kind=KINDS[commitment.kind],
        number="",
        vendor=vendor,
        vendor_number=commitment.number,
        date=commitment.day,
        currency=commitment.currency,
        text=commitment.title,
        lines=tuple(line for _, line in repair.adds),
        held=False,
        fixes=(repair.difference.id,),
    )
