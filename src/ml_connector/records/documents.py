"""The documents and master records that the flows move, vendor-neutral.

Amounts are in the document's currency; a positive amount on a bill or requisition is owed to the vendor.
Keys are the owning system's own ids, as text.
"""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct, structs

from ml_connector.records.entries import Entry, Part, bare


class Supplier(Struct, frozen=True, kw_only=True):
    """A vendor's master record. `country` is ISO 3166 alpha-2, `state` a subdivision, `tax_id` as registered.

    `origin` is the key of the same vendor in another system, where the owner stores one.
    """

    key: str
    name: str
    active: bool = True
    tax_id: str = ""
    address: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""
    country: str = ""
    email: str = ""
    phone: str = ""
    origin: str = ""

    def for_the_books(self) -> Supplier:
        """The same without what other systems wrote on it for their own use."""
        return structs.replace(self, origin="")


class Project(Struct, frozen=True, kw_only=True):
    """A job. `other_key` is the key of the same project in another system, where the owner stores one."""

    key: str
    number: str
    name: str
    active: bool = True
    other_key: str = ""

    def for_the_books(self) -> Project:
        """All of it counts."""
        return self


class CostCode(Struct, frozen=True, kw_only=True):
    """A budget code of a project: cost code and cost type together (`code` "03-200.M")."""

    key: str
    project: str
    cost_code: str
    cost_type: str
    code: str
    name: str

    def for_the_books(self) -> CostCode:
        """All of it counts."""
        return self


class RequisitionLine(Struct, frozen=True, kw_only=True):
    """One line of a subcontractor's invoice, this period's movements only.

    `work`: work completed this period. `materials`: movement of stored materials (negative when they shrink).
    `retainage_held` and `retainage_released` are both positive when they happen.
    """

    key: str
    commitment_line: str
    cost_code: str
    cost_type: str
    text: str
    work: Decimal
    materials: Decimal
    retainage_held: Decimal
    retainage_released: Decimal

    @property
    def gross(self) -> Decimal:
        """Cost of the period before retainage."""
        return self.work + self.materials

    @property
    def net(self) -> Decimal:
        """What the line adds to the payment that is due."""
        return self.gross - self.retainage_held + self.retainage_released


class Requisition(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A subcontractor's invoice against a commitment. `due` is the payment that is due, tax included.

    `status` is one of draft, in_review, approved, rejected. `currency` is empty where the source states none
    (then it is the company's base currency). `sequence` counts the requisitions of one commitment, `commitment_name`
    is what people call that; one that was read before there was such a field is the same version without it.
    """

    key: str
    project: str
    project_name: str
    commitment: str
    commitment_kind: str
    vendor: str
    vendor_name: str
    sequence: int
    invoice_number: str
    billing_date: date | None
    status: str
    currency: str
    due: Decimal
    tax: Decimal
    lines: tuple[RequisitionLine, ...]
    commitment_name: str = ""

    def for_the_books(self) -> Requisition:
        """The same without names and texts: two requisitions that differ in those alone are one version."""
        lines = tuple(structs.replace(line, text="") for line in self.lines)
        return structs.replace(self, project_name="", vendor_name="", commitment_name="", lines=lines)


class OrderLine(Struct, frozen=True, kw_only=True):
    """A line of a purchase order or subcontract in the target that a bill line relieves."""

    kind: str
    number: str
    line: int


class BillLine(Struct, frozen=True, kw_only=True):
    """One line of a bill. `amount` is before retainage; `retainage` is the part withheld (native retainage).

    `center` is a profit centre, `source` the key of the source's line where the target keeps one per line.
    """

    account: str
    subaccount: str
    project: str
    task: str
    cost_code: str
    amount: Decimal
    text: str
    retainage: Decimal = Decimal(0)
    order: OrderLine | None = None
    tax_category: str = ""
    center: str = ""
    source: str = ""


class RetainageRelease(Struct, frozen=True, kw_only=True):
    """Retainage of an earlier bill that is to be released: the target's number of that bill, and how much of it."""

    bill: str
    amount: Decimal


class Bill(Struct, frozen=True, kw_only=True, tag="bill"):
    """A vendor's bill as the target should hold it, or as it holds it when read back.

    `number` is the vendor's invoice number, `period` is `YYYY-MM`, `total` is what will be payable: the sum of
    lines less retainage, plus `tax`. `currency` is empty where the target states none. `reference` is our mark.
    `credit`: it is a credit (in Acumatica a debit adjustment), its positive amounts are owed by the vendor.
    `releases` is retainage to be released by the target's own means afterwards. `source` names the source record
    (`change_order:81`) and `order` the commitment that it belongs to (`commitment:7731`), where the target keeps that.
    """

    reference: str
    vendor: str
    number: str
    date: date
    period: str
    currency: str
    text: str
    total: Decimal
    tax: Decimal
    lines: tuple[BillLine, ...]
    credit: bool = False
    releases: tuple[RetainageRelease, ...] = ()
    source: str = ""
    order: str = ""

    def entries(self, meant: Bill) -> list[Entry]:
        """Its amounts; a line without a project is retainage or rounding. They come to its total and releases."""
        sign = -1 if self.credit else 1
        found = []
        for line in self.lines:
            found.append(_entry(line, sign))
            found.append(Entry(part=Part.RETAINAGE, amount=-sign * line.retainage))
        released = sum((release.amount for release in self.releases), Decimal(0))
        lines = sum((line.amount - line.retainage for line in self.lines), Decimal(0))
        return [
            *found,
            Entry(part=Part.RETAINAGE, amount=sign * released),
            Entry(part=Part.TAX, amount=sign * self.tax),
            Entry(part=Part.ROUNDING, amount=sign * (self.total - self.tax - lines)),
        ]

    def reversed(self) -> Bill:
        """The bill or credit that takes it back."""
        return structs.replace(self, credit=not self.credit)


def _entry(line: BillLine, sign: int) -> Entry:
    """Some targets write "X" where there is no project."""
    if line.project.strip().upper() in ("", "X"):
        part = Part.ROUNDING if line.text.strip() == "Rounding" else Part.RETAINAGE
        return Entry(part=part, amount=sign * line.amount)
    coding = bare(line.account, line.project, line.task, line.cost_code, line.center)
    return Entry(part=Part.COST, amount=sign * line.amount, coding=coding, center=line.center)


class PurchaseOrder(Struct, frozen=True, kw_only=True, tag="purchase_order"):
    """An order to a vendor as the target should hold it; it is not posted. `number` is the source's own number.

    `total` is the sum of its lines, without tax. The other fields are those of a Bill.
    """

    reference: str
    vendor: str
    number: str
    date: date
    period: str
    currency: str
    text: str
    total: Decimal
    lines: tuple[BillLine, ...]
    source: str = ""
    order: str = ""


class Account(Struct, frozen=True, kw_only=True):
    """A general ledger account. `kind` is asset, liability, income or expense; `group` its group for projects.

    `number` is what people call it where the key is internal.
    """

    key: str
    name: str
    kind: str
    group: str = ""
    active: bool = True
    number: str = ""


class ProfitCenter(Struct, frozen=True, kw_only=True):
    """A unit that costs are collected for. Both days are inclusive, None where it has no end or start."""

    key: str
    name: str
    active: bool = True
    first: date | None = None
    last: date | None = None


class Subaccount(Struct, frozen=True, kw_only=True):
    """A segment combination that subdivides accounts."""

    key: str
    name: str
    active: bool = True


class Task(Struct, frozen=True, kw_only=True):
    """A part of a project to which costs are coded."""

    project: str
    key: str
    name: str
    active: bool = True


class BudgetLine(Struct, frozen=True, kw_only=True):
    """A line of a project's cost budget. `account` is the default account of its `group`, empty where it has none."""

    project: str
    task: str
    cost_code: str
    group: str
    account: str
    name: str
    budgeted: Decimal
    actual: Decimal


class OrderPosition(Struct, frozen=True, kw_only=True):
    """One line of an order in the target. `amount` is the line's ordered amount before retainage and tax.

    `ended` is empty, completed or cancelled; `active` is false for either. `segments` are the parts of its subaccount
    in the ledger's order, where it tells them.
    """

    line: int
    text: str
    account: str
    subaccount: str
    project: str
    task: str
    cost_code: str
    amount: Decimal
    active: bool = True
    ended: str = ""
    segments: tuple[str, ...] = ()


class Order(Struct, frozen=True, kw_only=True):
    """A purchase order or subcontract in the target; `kind` and `number` are what a bill's OrderLine names.

    `vendor_number` is the vendor's own number for it, `active` whether it counts as a commitment and takes bills.
    `day` is that of the order, None where it is not read.
    """

    kind: str
    number: str
    vendor: str
    vendor_number: str
    text: str
    currency: str
    status: str
    total: Decimal
    lines: tuple[OrderPosition, ...]
    active: bool = True
    day: date | None = None

    @property
    def key(self) -> str:
        """What names it among all orders: `Normal|000045`."""
        return f"{self.kind}|{self.number}"

    def for_the_books(self) -> Order:
        """All of it counts."""
        return self
