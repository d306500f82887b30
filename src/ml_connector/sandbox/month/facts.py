"""The words of the seeded month, vendor-neutral: what a contractor's two systems would hold after January 2026.

Keys are Procore's integer ids; `erp_*` are the ids of the same thing in the ERP ("" where the ERP lacks it).
All amounts are Decimal in the contractor's currency (USD). Times are UTC.
"""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct


class Vendor(Struct, frozen=True, kw_only=True):
    """A subcontractor or supplier. `in_procore` false: only the ERP knows it. `erp_status` as the ERP shows it."""

    key: int
    erp_id: str
    name: str
    erp_name: str
    tax_id: str
    address: str
    city: str
    state: str
    postal_code: str
    country: str
    email: str
    phone: str
    in_procore: bool = True
    erp_status: str = "Active"
    erp_approval: bool = False
    updated_at: datetime


class CostCode(Struct, frozen=True, kw_only=True):
    """A company cost code, `division` its parent ("03") and `code` the whole ("03-200")."""

    division: str
    code: str
    name: str
    in_erp: bool = True


class CostType(Struct, frozen=True, kw_only=True):
    """A cost type (L, M, E, S, C, O) and the ERP's account, account group for it."""

    key: int
    code: str
    name: str
    base_type: str
    erp_account: str
    erp_account_group: str


class Wbs(Struct, frozen=True, kw_only=True):
    """A budget code of a project: cost code with cost type, and the project's budget for it."""

    key: int
    cost_code_key: int
    cost_code: str
    cost_type: str
    budget: Decimal


class BillingPeriod(Struct, frozen=True, kw_only=True):
    """A project's billing period."""

    key: int
    start: date
    end: date
    due: date
    status: str


class Project(Struct, frozen=True, kw_only=True):
    """A job. `visible` false: the integration's user may not see it (404)."""

    key: int
    number: str
    erp_id: str
    name: str
    active: bool
    visible: bool
    start: date
    wbs: tuple[Wbs, ...]
    billing_periods: tuple[BillingPeriod, ...]
    updated_at: datetime


class CommitmentLine(Struct, frozen=True, kw_only=True):
    """A line of a commitment's schedule of values. `erp_line` is the order's line number in the ERP, None unlinked."""

    key: int
    wbs: int
    text: str
    amount: Decimal
    quantity: Decimal
    unit_cost: Decimal
    uom: str
    erp_line: int | None


class ChangeOrderLine(Struct, frozen=True, kw_only=True):
    """What a change order adds to one budget code."""

    key: int
    wbs: int
    text: str
    amount: Decimal


class ChangeOrder(Struct, frozen=True, kw_only=True):
    """A change order on a commitment. Only `approved` ones change the revised contract.

    The lines add up to `amount`. The ERP books a change that it has (`in_erp`) on the order's first line, so the one
    line of such a change order is on that line's code.
    """

    key: int
    number: str
    title: str
    status: str
    amount: Decimal
    lines: tuple[ChangeOrderLine, ...] = ()
    in_erp: bool
    updated_at: datetime


class Commitment(Struct, frozen=True, kw_only=True):
    """A subcontract (`kind` "WorkOrderContract") or purchase order ("PurchaseOrderContract").

    `erp_number` is the number of the same subcontract or purchase order in the ERP ("" when there is none).
    """

    key: int
    kind: str
    project: int
    vendor: int
    number: str
    title: str
    status: str
    retainage_percent: Decimal
    signed: date
    lines: tuple[CommitmentLine, ...]
    change_orders: tuple[ChangeOrder, ...]
    erp_number: str
    updated_at: datetime


class RequisitionLine(Struct, frozen=True, kw_only=True):
    """What a requisition says of one commitment line. `stored` is the value of materials presently stored.

    Retainage of this period on work and on stored materials, both positive when they happen.
    """

    key: int
    line: int
    work: Decimal
    stored: Decimal
    work_retained: Decimal
    work_released: Decimal
    stored_retained: Decimal
    stored_released: Decimal


class Requisition(Struct, frozen=True, kw_only=True):
    """A subcontractor's invoice. `sequence` counts within the commitment, `status` is Procore's word.

    `off_by` is added to the stated payment due, so that the lines do not add up (zero for all but planted ones).
    `note` says for people why this one is in the month ("stored materials shrink", "release only", ...).
    `keyed_by_hand` true: the ERP already holds a bill that someone typed in, as for every one billed before the
    cut-over of 2026-01-01. Payment due = sum of the lines' nets + `tax` + `off_by`.
    """

    key: int
    commitment: int
    sequence: int
    previous: int | None
    invoice_number: str
    period: int
    start: date
    end: date
    billing_date: date
    status: str
    tax: Decimal
    lines: tuple[RequisitionLine, ...]
    note: str
    off_by: Decimal = Decimal(0)
    keyed_by_hand: bool = False
    updated_at: datetime


class DirectCostLine(Struct, frozen=True, kw_only=True):
    """A line of a direct cost; `amount` is stated, quantity times unit cost may carry half cents."""

    key: int
    wbs: int
    text: str
    quantity: Decimal
    unit_cost: Decimal
    amount: Decimal


class DirectCost(Struct, frozen=True, kw_only=True):
    """A cost without a commitment: `kind` invoice, expense or payroll."""

    key: int
    project: int
    kind: str
    vendor: int | None
    employee: int | None
    invoice_number: str
    date: date
    status: str
    lines: tuple[DirectCostLine, ...]
    updated_at: datetime


class Payment(Struct, frozen=True, kw_only=True):
    """A payment that the contractor's people entered in the ERP against a bill of before the cut-over.

    `bill_number` is the vendor's invoice number on that bill: `invoice_number` of a requisition `keyed_by_hand`.
    """

    number: str
    vendor: int
    bill_number: str
    date: date
    amount: Decimal
    voided: bool = False


class Account(Struct, frozen=True, kw_only=True):
    """A general ledger account of the ERP. `kind` is Asset, Liability, Income or Expense."""

    code: str
    name: str
    kind: str
    group: str
    active: bool = True


class Task(Struct, frozen=True, kw_only=True):
    """A task of a project in the ERP; cost codes of `division` are booked on it."""

    project: str
    code: str
    name: str
    division: str
    active: bool = True


class Period(Struct, frozen=True, kw_only=True):
    """A financial period of the ERP."""

    period: str
    first: date
    last: date
    open: bool


class Month(Struct, frozen=True, kw_only=True):
    """Everything. `company` is the connected company in Procore, `other_company` one that refuses us (403)."""

    company: int
    company_name: str
    other_company: int
    currency: str
    vendors: tuple[Vendor, ...]
    cost_codes: tuple[CostCode, ...]
    cost_types: tuple[CostType, ...]
    projects: tuple[Project, ...]
    commitments: tuple[Commitment, ...]
    requisitions: tuple[Requisition, ...]
    direct_costs: tuple[DirectCost, ...]
    payments: tuple[Payment, ...]
    accounts: tuple[Account, ...]
    subaccounts: tuple[str, ...]
    tasks: tuple[Task, ...]
    periods: tuple[Period, ...]
