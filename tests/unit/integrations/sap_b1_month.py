"""A company that posts costs of Procore into SAP Business One: its choices, tables and records, for tests."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from typing import Any

from desks import MemoryDesk

from ml_connector.integrations.declaration import Sibling, Standing
from ml_connector.records.budgets import Allocation, Budget
from ml_connector.records.commitments import Commitment, CommitmentChange, CommitmentLine
from ml_connector.records.costs import DirectCost, DirectCostLine
from ml_connector.records.documents import Bill, PurchaseOrder, Requisition, RequisitionLine
from ml_connector.records.journals import Journal, Role

TREATMENTS = ("invoice_clearing", "journal_clearing", "purchase_order")
CLEARING, GIVEN, ACCRUAL, RETAINAGE, ROUNDING = "1690", "9100", "2190", "2150", "7990"
CONCRETE, STEEL, REBAR = "5110", "5210", "5120"
RULES = {
    "cut_over": "2026-01-01",
    "currency": "USD",
    "treatment": "invoice_clearing",
    "clearing_account": CLEARING,
    "commitments_account": GIVEN,
    "accrual_account": ACCRUAL,
    "retainage": "ledger",
    "retainage_account": RETAINAGE,
    "rounding_account": "",
    "unbudgeted": "flag",
    "earlier_commitments": "hold",
    "payroll": "skip",
}
TABLES = {
    ("projects", "4711"): "P-100|PC-NORTH",
    ("coding", "03-300.S"): f"{CONCRETE}|",
    ("coding", "05-100.S"): f"{STEEL}|PC-STEEL",
    ("coding", "03-200.M"): REBAR,
    ("employees", "31"): "2410",
}
REFERENCE = "ML-7K2QX9M4T0AB-1"
Document = Bill | Journal | PurchaseOrder


class Desk(MemoryDesk):
    """Choices, tables and records of this company, some of them changed."""

    def __init__(
        self, rules: dict[str, str] | None = None, tables: dict[tuple[str, str], str] | None = None, **known: Sibling
    ) -> None:
        super().__init__({**RULES, **(rules or {})}, {**TABLES, **(tables or {})}, {"7": "V10007"})
        self.records["budgets", "4711"] = budget("03-300.S", "05-100.S", "03-200.M")
        self.records["commitments", "88"] = known.get("commitment", posted())


def budget(*codes: str, amount: str = "1000000") -> Sibling:
    """A budget that allots the same to each code."""
    lines = tuple(
        Allocation(cost_code=code.partition(".")[0], cost_type=code.partition(".")[2], amount=Decimal(amount))
        for code in codes
    )
    document = Budget(project="4711", project_name="North Quay", lines=lines)
    return Sibling(key="4711", document=document, settled=True, standing=())


def posted(**changes: Any) -> Sibling:
    """A commitment that was posted from here; what as is of no matter."""
    given: dict[str, Any] = {"key": "88", "document": commitment(), "settled": True}
    return Sibling(**{**given, "standing": (Standing(number="1007", document="posted"),), **changes})


def order_line(key: str, code: str, amount: str) -> CommitmentLine:
    cost_code, _, cost_type = code.partition(".")
    return CommitmentLine(
        key=key, cost_code=cost_code, cost_type=cost_type, text=f"Work {cost_code}", amount=Decimal(amount)
    )


def commitment(*lines: CommitmentLine, **changes: Any) -> Commitment:
    """An approved subcontract of January."""
    chosen = lines or (order_line("901", "03-300.S", "1000.00"), order_line("902", "05-100.S", "500.00"))
    total = sum((one.amount for one in chosen), Decimal(0))
    given: dict[str, Any] = {
        "key": "88", "kind": "subcontract", "project": "4711", "project_name": "North Quay", "number": "SC-1",
        "title": "Concrete", "vendor": "7", "vendor_name": "Acme", "status": "approved", "currency": "USD",
        "day": date(2026, 1, 5), "original": total, "total": total, "lines": chosen,
    }  # fmt: skip
    return Commitment(**{**given, **changes})


def change(*lines: CommitmentLine, **changes: Any) -> CommitmentChange:
    """An approved change order of mid-January on it."""
    given: dict[str, Any] = {
        "key": "5", "project": "4711", "project_name": "North Quay", "commitment": "88", "number": "001",
        "title": "More steel", "status": "approved", "currency": "USD", "day": date(2026, 1, 20),
        "amount": sum((one.amount for one in lines), Decimal(0)), "lines": lines,
    }  # fmt: skip
    return CommitmentChange(**{**given, **changes})


def bill_line(key: str, code: str = "03-300.S", **amounts: str) -> RequisitionLine:
    """A requisition's line; `work`, `materials`, `held`, `released` as texts."""
    cost_code, _, cost_type = code.partition(".")
    return RequisitionLine(
        key=key,
        commitment_line="901",
        cost_code=cost_code,
        cost_type=cost_type,
        text=f"Work {cost_code}",
        work=Decimal(amounts.get("work", "0")),
        materials=Decimal(amounts.get("materials", "0")),
        retainage_held=Decimal(amounts.get("held", "0")),
        retainage_released=Decimal(amounts.get("released", "0")),
    )


def requisition(*lines: RequisitionLine, **changes: Any) -> Requisition:
    """An approved January requisition; due is what its lines come to, and tax."""
    tax = Decimal(changes.pop("tax", "0"))
    due = sum((one.net for one in lines), Decimal(0)) + tax
    given: dict[str, Any] = {
        "key": "1", "project": "4711", "project_name": "North Quay", "commitment": "88",
        "commitment_kind": "WorkOrderContract", "vendor": "7", "vendor_name": "Acme", "sequence": 3,
        "invoice_number": "INV-3", "billing_date": date(2026, 1, 31), "status": "approved", "currency": "USD",
        "due": due, "tax": tax, "lines": lines,
    }  # fmt: skip
    return Requisition(**{**given, **changes})


def cost_line(key: str, code: str, amount: str, tax_code: str = "") -> DirectCostLine:
    cost_code, _, cost_type = code.partition(".")
    return DirectCostLine(
        key=key, cost_code=cost_code, cost_type=cost_type, text=f"Cost {cost_code}", amount=Decimal(amount),
        tax_code=tax_code,
    )  # fmt: skip


def direct_cost(*lines: DirectCostLine, **changes: Any) -> DirectCost:
    """An approved invoice of January."""
    given: dict[str, Any] = {
        "key": "551", "project": "4711", "project_name": "North Quay", "kind": "invoice", "vendor": "7",
        "vendor_name": "Acme", "employee": "", "employee_name": "", "invoice_number": "INV-77",
        "date": date(2026, 1, 14), "status": "approved", "currency": "USD",
        "total": sum((one.amount for one in lines), Decimal(0)), "text": "Crane", "lines": lines,
    }  # fmt: skip
    return DirectCost(**{**given, **changes})


def lines(document: Document) -> list[tuple[str, str, str, str]]:
    """Account, amount (of a credit note and of credits negative), project and profit centre of each line."""
    sign = -1 if isinstance(document, Bill) and document.credit else 1
    return [(one.account, str(sign * one.amount), one.project, one.center) for one in document.lines]


def imbalance(journal: Journal) -> Decimal:
    return sum((one.amount for one in journal.lines), Decimal(0))


def costs(*documents: Document) -> dict[tuple[str, str, str], Decimal]:
    """What journals book as cost, by account, project and profit centre."""
    found: dict[tuple[str, str, str], Decimal] = defaultdict(Decimal)
    for document in documents:
        for line in document.lines if isinstance(document, Journal) else ():
            if line.role is Role.COST:
                found[line.account, line.project, line.center] += line.amount
    return {place: amount for place, amount in found.items() if amount}


def on(account: str, *documents: Document) -> Decimal:
    """What stands on an account after all of them, a debit positive."""
    return sum((Decimal(amount) for one in documents for name, amount, *_ in lines(one) if name == account), Decimal(0))
