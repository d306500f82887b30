"""Commitments with their change orders, and changes to the orders that stand for them in the ledger."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs


class CommitmentLine(Struct, frozen=True, kw_only=True):
    """A line of a commitment's schedule of values, or of an approved change order (`change_order` is its number)."""

    key: str
    cost_code: str
    cost_type: str
    text: str
    amount: Decimal
    change_order: str = ""


class ChangeOrder(Struct, frozen=True, kw_only=True):
    """A change order on a commitment; only approved ones change its revised amount. Status in the source's word."""

    key: str
    number: str
    title: str
    status: str
    approved: bool
    amount: Decimal
    lines: tuple[CommitmentLine, ...] = ()


class Commitment(Struct, frozen=True, kw_only=True):
    """A subcontract or purchase order where the work is managed. `kind` is subcontract or purchase_order.

    `status` is draft, approved, complete or void; `original` is the sum of `lines`, `total` the revised amount with
    approved change orders.
    """

    key: str
    kind: str
    project: str
    project_name: str
    number: str
    title: str
    vendor: str
    vendor_name: str
    status: str
    currency: str
    day: date | None
    original: Decimal
    total: Decimal
    lines: tuple[CommitmentLine, ...]
    change_orders: tuple[ChangeOrder, ...] = ()

    def for_the_books(self) -> Commitment:
        """The same without names and titles."""
        return structs.replace(self, project_name="", vendor_name="", title="")


class CommitmentChange(Struct, frozen=True, kw_only=True):
    """A change order on a commitment as a record of its own: `amount`, of either sign, is what it adds.

    `status` is draft, approved or void; `day` that of its approval. Lines are there for approved ones alone.
    """

    key: str
    project: str
    project_name: str
    commitment: str
    number: str
    title: str
    status: str
    currency: str
    day: date | None
    amount: Decimal
    lines: tuple[CommitmentLine, ...] = ()

    def for_the_books(self) -> CommitmentChange:
        """The same without names and texts."""
        lines = tuple(structs.replace(line, text="") for line in self.lines)
        return structs.replace(self, project_name="", title="", lines=lines)


class OrderLineChange(Struct, frozen=True, kw_only=True):
    """A line to add (`line` 0), or an order line to change: to an amount, or to an end (`ended` completed, cancelled).

    `amount` None leaves the amount as it is. A new line carries `mark` at the start of its text, so that it is found
    again when the answer is lost.
    """

    line: int
    amount: Decimal | None = None
    ended: str = ""
    text: str = ""
    mark: str = ""
    account: str = ""
    subaccount: str = ""
    project: str = ""
    task: str = ""
    cost_code: str = ""


class OrderChange(Struct, frozen=True, kw_only=True):
    """What is to be changed on an order in the ledger, as a person approved it; `number` is empty for a new order.

    `kind` is the ledger's label (`Normal`, `Subcontract`). `held`: the order is to be on hold (True), released from
    it (False), or left as it is (None). `fixes` are the ids of the differences that it makes good.
    """

    reference: str
    kind: str
    number: str
    vendor: str
    vendor_number: str
    date: date | None
    currency: str
    text: str
    lines: tuple[OrderLineChange, ...]
    held: bool | None = None
    fixes: tuple[str, ...] = ()
