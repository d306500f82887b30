"""Cost codes, cost types, chart of accounts, tasks and financial periods: what costs are coded with."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import date
from typing import Final

from ml_connector.sandbox.month import words
from ml_connector.sandbox.month.facts import Account, CostCode, CostType, Period, Project, Task

SUBACCOUNTS: Final = ("000000", "000100", "000200")
COST_CODES: Final = tuple(
    CostCode(division=code[:2], code=code, name=name, in_erp=code != words.UNCODED) for code, name in words.CODES
)
# vendors/procore.md §4.3 lists no base type for labour, so it is "other".
COST_TYPES: Final = (
    CostType(key=3101, code="L", name="Labor", base_type="other", erp_account="51000", erp_account_group="LABOR"),
    CostType(
        key=3102, code="M", name="Materials", base_type="materials", erp_account="52000", erp_account_group="MATERIAL"
    ),
    CostType(
        key=3103, code="E", name="Equipment", base_type="equipment", erp_account="53000", erp_account_group="EQUIP"
    ),
    CostType(
        key=3104, code="S", name="Subcontract", base_type="commitment", erp_account="54000", erp_account_group="SUBCON"
    ),
    CostType(
        key=3105,
        code="C",
        name="Consultants",
        base_type="professional_services",
        erp_account="55000",
        erp_account_group="CONSULT",
    ),
    CostType(key=3106, code="O", name="Other", base_type="other", erp_account="56000", erp_account_group="OTHER"),
)
ACCOUNTS: Final = (
    Account(code="10200", name="Checking", kind="Asset", group=""),
    Account(code="11000", name="Accounts receivable", kind="Asset", group=""),
    Account(code="20000", name="Accounts payable", kind="Liability", group=""),
    Account(code="20100", name="Retainage payable", kind="Liability", group=""),
    Account(code="20500", name="Accrued job costs", kind="Liability", group=""),
    Account(code="21500", name="Sales tax payable", kind="Liability", group=""),
    Account(code="40000", name="Contract revenue", kind="Income", group="REVENUE"),
    Account(code="51000", name="Job labor", kind="Expense", group="LABOR"),
    Account(code="52000", name="Job materials", kind="Expense", group="MATERIAL"),
    Account(code="53000", name="Job equipment", kind="Expense", group="EQUIP"),
    Account(code="54000", name="Subcontract costs", kind="Expense", group="SUBCON"),
    Account(code="54900", name="Subcontract costs (before 2020)", kind="Expense", group="SUBCON", active=False),
    Account(code="55000", name="Consultants", kind="Expense", group="CONSULT"),
    Account(code="56000", name="Other job costs", kind="Expense", group="OTHER"),
    Account(code="61000", name="Office expenses", kind="Expense", group=""),
    Account(code="62000", name="Travel", kind="Expense", group=""),
)
_OPEN_FROM: Final = date(2026, 1, 1)
_CLOSED: Final = frozenset({"2026-02"})


def tasks(projects: Iterable[Project]) -> tuple[Task, ...]:
    """A task per division in each project, its code equal to the division's: one coding table serves all projects."""
    return tuple(
        Task(project=project.erp_id, code=division, name=name, division=division)
        for project in projects
        for division, name in words.DIVISIONS.items()
    )


def periods() -> tuple[Period, ...]:
    """Closed before January 2026; February is closed too, so that a closed period exists after the cut-over."""
    made = []
    for year in (2025, 2026):
        for month in range(1, 13):
            first = date(year, month, 1)
            last = date(year, month, calendar.monthrange(year, month)[1])
            name = f"{year}-{month:02d}"
            made.append(Period(period=name, first=first, last=last, open=first >= _OPEN_FROM and name not in _CLOSED))
    return tuple(made)
