"""Costs without a commitment, and the approved cost of any source document, for the month-end comparison."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs


class DirectCostLine(Struct, frozen=True, kw_only=True):
    """One line of a direct cost. `tax_code` is the source's key of a tax code, empty without tax."""

    key: str
    cost_code: str
    cost_type: str
    text: str
    amount: Decimal
    tax_code: str = ""


class DirectCost(Struct, frozen=True, kw_only=True):
    """A cost that was not committed before: `kind` invoice, expense or payroll (or the source's own word).

    `status` is one of draft, in_review, approved. `total` includes tax; `currency` is empty where the source states
    none. `vendor` is empty on most expenses, `employee` on most invoices.
    """

    key: str
    project: str
    project_name: str
    kind: str
    vendor: str
    vendor_name: str
    employee: str
    employee_name: str
    invoice_number: str
    date: date | None
    status: str
    currency: str
    total: Decimal
    text: str
    lines: tuple[DirectCostLine, ...]

    def for_the_books(self) -> DirectCost:
        """The same without names and texts."""
        lines = tuple(structs.replace(line, text="") for line in self.lines)
        return structs.replace(self, project_name="", vendor_name="", employee_name="", text="", lines=lines)


class CostPart(Struct, frozen=True, kw_only=True):
    """Part of a document's cost. `amount` is before retainage, `retainage` what is released less what is held."""

    cost_code: str
    cost_type: str
    amount: Decimal
    retainage: Decimal = Decimal(0)


class Cost(Struct, frozen=True, kw_only=True):
    """What a source document says of cost, whatever kind it is. `total` is what is due, tax and retainage included."""

    approved: bool
    project: str
    project_name: str
    number: str
    day: date | None
    currency: str
    total: Decimal
    tax: Decimal
    parts: tuple[CostPart, ...]
