"""The company as the month's facts say: lists, suppliers, projects, and the documents of before (seed_documents)."""

from __future__ import annotations

import calendar
from datetime import date, datetime
from decimal import Decimal
from typing import Final

import msgspec

from ml_connector.sandbox.month.facts import Account, Month, Period, Project, Task, Vendor
from ml_connector.sandbox.visma_net import numbering
from ml_connector.sandbox.visma_net.company import Series, SetUp
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import dimensions, projects, suppliers
from ml_connector.sandbox.visma_net.records import Values, milliseconds
from ml_connector.sandbox.visma_net.seed_documents import Documents, cost_centre

BRANCH, LEDGER = "1", "1"
_FALLBACK: Final = {
    "cash": Account(code="10200", name="Checking", kind="Asset", group=""),
    "payables": Account(code="20000", name="Accounts payable", kind="Liability", group=""),
    "office": Account(code="61000", name="Office expenses", kind="Expense", group=""),
}
_WORDS: Final = {"cash": "checking", "payables": "accounts payable", "office": "office"}
_OWN: Final = (
    Account(code="15100", name="Prebooked invoices", kind="Asset", group=""),
    Account(code="21600", name="Input VAT", kind="Asset", group=""),
    Account(code="69000", name="Write-offs and rounding", kind="Expense", group=""),
)
COST_CENTRE, COST_CODE = 2, 3
"""The segments of SUBACCOUNT that projects and cost codes are found in; 1 is the department."""
_SEGMENTS: Final = ((1, "Department", 2), (COST_CENTRE, "Cost centre", 3), (COST_CODE, "Cost code", 6))
_ITEMS: Final = {"L": "LABOUR", "M": "MATERIAL", "E": "EQUIPMENT", "S": "SUBCON", "C": "CONSULT", "O": "OTHER"}
_VAT: Final = (
    ("0", "No VAT", "0", ("01", "02", "03")),
    ("1", "Input VAT, high rate", "25", ("01",)),
    ("11", "Input VAT, medium rate", "15", ("01",)),
    ("13", "Input VAT, low rate", "12", ("01",)),
)
_CURRENCIES: Final = {
    "USD": ("$", 2, "1.00"),
    "NOK": ("kr", 2, "0.10"),
    "EUR": ("€", 2, "1.15"),
    "JPY": ("¥", 0, "0.0067"),
}
_STATUS: Final = {"Active": "Active", "Inactive": "Inactive", "Hold Payments": "HoldPayments", "On Hold": "OnHold"}
_LEDGERS: Final = (
    "GeneralLedger",
    "SupplierLedger",
    "CustomerLedger",
    "InventoryManagement",
    "CashManagement",
    "FixedAssets",
)


def set_up(month: Month, company: int) -> SetUp:
    """The company's preferences: standing accounts are found by their names."""
    found = {role: _standing(month, role).code for role in _WORDS}
    return SetUp(
        company=company,
        name=month.company_name,
        currency=month.currency,
        branch=BRANCH,
        ledger=LEDGER,
        payables=found["payables"],
        input_vat="21600",
        prebook="15100",
        cash=found["cash"],
        write_off="69000",
        office=found["office"],
    )


def _standing(month: Month, role: str) -> Account:
    return next((one for one in month.accounts if _WORDS[role] in one.name.lower()), _FALLBACK[role])


def without_documents(month: Month) -> Month:
    """The facts of a company that has its lists and nothing else."""
    return msgspec.structs.replace(
        month, vendors=(), projects=(), tasks=(), commitments=(), requisitions=(), direct_costs=(), payments=()
    )


def everything(desk: Desk, month: Month) -> None:
    """Lists first, then what people had entered."""
    lists(desk, month)
    Documents(desk, month).write()


def lists(desk: Desk, month: Month) -> None:
    """Everything that documents refer to."""
    _small_lists(desk, month)
    _accounts(desk, month)
    _dimensions(desk, month)
    for period in (*month.periods, *_later(month.periods, desk.company.today().year + 1)):
        _period(desk, period)
    for vendor in month.vendors:
        if vendor.erp_id:
            _supplier(desk, vendor)
    for project in month.projects:
        if project.erp_id:
            _project(desk, project)
    for task in month.tasks:
        _task(desk, task)
    _budgets(desk, month)


def _small_lists(desk: Desk, month: Month) -> None:
    company, add = desk.company, desk.company.add
    for series, (name, last, noun) in numbering.SERIES.items():
        company.series[series] = Series(name, last)
        add("Series", name, {"series": series, "description": noun})
    for code, (symbol, places, rate) in _CURRENCIES.items():
        own = Decimal(rate) / Decimal(_CURRENCIES.get(month.currency, ("", 2, "1"))[2])
        add(
            "Currency",
            code,
            {"description": code, "symbol": symbol, "decimalPrecision": places, "rate": own.normalize()},
        )
    add("Ledger", LEDGER, {"description": "General ledger"})
    add("Branch", BRANCH, {"name": month.company_name, "corporateId": "918273645"})
    add("Organization", "1", {"name": month.company_name, "corporateId": "918273645"})
    for zone, text in (("01", "Domestic"), ("02", "EU"), ("03", "Import")):
        add("VatZone", zone, {"description": text})
    for place, (code, text, rate, zones) in enumerate(_VAT):
        add("VatCategory", f"{place:02d}", {"description": text, "vat": code})
        add("Vat", code, {"description": text, "rate": Decimal(rate), "zones": zones, "category": f"{place:02d}"})
    for days in ("10", "30", "60"):
        add("CreditTerm", days, {"description": f"{days} days", "days": int(days)})
    for number, text in (("1", "Bank"), ("2", "Manual")):
        add("PaymentMethod", number, {"description": text})
    for number, text in (("1", "Domestic"), ("2", "Foreign")):
        add("SupplierClass", number, {"description": text})


def _accounts(desk: Desk, month: Month) -> None:
    groups = {one.group: one.name for one in month.accounts if one.group}
    groups |= {one.erp_account_group: one.name for one in month.cost_types if one.erp_account_group}
    for group, text in sorted(groups.items()):
        desk.company.add("AccountGroup", group, {"description": text})
    payables = desk.company.set_up.payables
    listed = {one.code: one for one in (*_FALLBACK.values(), *_OWN, *month.accounts)}
    for code, one in sorted(listed.items()):
        values: Values = {"description": one.name, "type": one.kind, "active": one.active, "postOption": "Detail"}
        values |= {"accountGroupCD": one.group or None, "cashAccount": code == desk.company.set_up.cash}
        values |= {"allowManualEntry": code != payables, "controlAccountModule": "AP" if code == payables else ""}
        desk.company.add("Account", code, values)
    for cost_type in month.cost_types:
        item = {"description": cost_type.name, "account": cost_type.erp_account}
        desk.company.add("Inventory", _ITEMS.get(cost_type.code, cost_type.code), item)


def _dimensions(desk: Desk, month: Month) -> None:
    for name, length in (("ACCOUNT", 6), ("PROJECT", 10), ("PROTASK", 10), ("VENDOR", 10)):
        dimensions.add_segment(desk, name, 1, name.capitalize(), length)
    made = {
        number: dimensions.add_segment(desk, "SUBACCOUNT", number, text, length) for number, text, length in _SEGMENTS
    }
    for number in range(1, len(month.subaccounts)):
        dimensions.new_value(desk, made[1], f"{number}0", f"Department {number}")
    for project in month.projects:
        if project.erp_id:
            dimensions.new_value(desk, made[COST_CENTRE], cost_centre(project), project.name, active=project.active)
    for code in month.cost_codes:
        if code.in_erp:
            dimensions.new_value(desk, made[COST_CODE], code.code, code.name)


def _later(facts: tuple[Period, ...], until: int) -> list[Period]:
    """Open periods after the facts' last year, so that people can work on the sandbox's today."""
    last = max((int(fact.period[:4]) for fact in facts), default=until - 2)
    return [
        Period(
            period=f"{year}-{number:02d}",
            first=date(year, number, 1),
            last=date(year, number, calendar.monthrange(year, number)[1]),
            open=True,
        )
        for year in range(last + 1, until + 1)
        for number in range(1, 13)
    ]


def _period(desk: Desk, fact: Period) -> None:
    values: Values = {f"closedIn{ledger}": not fact.open for ledger in _LEDGERS}
    values |= {"year": int(fact.period[:4]), "period": fact.period[5:], "first": fact.first, "last": fact.last}
    values |= {"description": f"{calendar.month_name[fact.first.month]} {fact.first.year}", "active": True}
    desk.company.add("Period", fact.period.replace("-", ""), values)


def _supplier(desk: Desk, fact: Vendor) -> None:
    values = suppliers.defaults(desk)
    values |= {
        "name": fact.erp_name,
        "status": _STATUS.get(fact.erp_status, "Active"),
        "supplierClassId": "1",
        "corporateId": fact.tax_id or None,
        "vatRegistrationId": fact.tax_id.replace("-", "") or None,
        "mainAddress": {
            "addressLine1": fact.address,
            "postalCode": fact.postal_code,
            "city": fact.city,
            "countryId": fact.country,
            "county": fact.state,
        },
        "mainContact": {"name": fact.erp_name, "email": fact.email, "phone1": fact.phone},
        "needs_approval": fact.erp_approval,
    }
    desk.company.add("Supplier", fact.erp_id, values, at=fact.updated_at)


def _project(desk: Desk, fact: Project) -> None:
    values = {
        "projectCode": fact.erp_id,
        "description": fact.name,
        "status": "Active" if fact.active else "Completed",
        "startDate": fact.start,
        "branch": BRANCH,
        "publicId": str(fact.key),
    }
    desk.company.add("Project", fact.erp_id, values, at=fact.updated_at)


def _task(desk: Desk, fact: Task) -> None:
    project = desk.find("Project", fact.project)
    if project is not None:
        values = {"description": fact.name, "status": "Active" if fact.active else "Completed"}
        row = projects.add_task(desk, project, fact.code, values)
        row.created = row.modified = project.modified


def _budgets(desk: Desk, month: Month) -> None:
    """The budgets of cost codes, added up to task and account group."""
    groups = {one.code: one.erp_account_group for one in month.cost_types}
    known = {one.code for one in month.cost_codes if one.in_erp}
    tasks = {(one.project, one.division): one.code for one in month.tasks}
    sums: dict[tuple[str, str, str], Decimal] = {}
    moments: dict[str, datetime] = {}
    for project in month.projects:
        moments[project.erp_id] = milliseconds(project.updated_at)
        for wbs in project.wbs if project.erp_id else ():
            task = tasks.get((project.erp_id, wbs.cost_code[:2]))
            if task is not None and wbs.cost_code in known:
                cell = (project.erp_id, task, groups.get(wbs.cost_type, ""))
                sums[cell] = sums.get(cell, Decimal(0)) + wbs.budget
    for (project_id, task, group), budget in sums.items():
        values: Values = {
            "projectID": project_id,
            "projectTaskID": task,
            "accountGroupID": group,
            "inventoryNumber": "<N/A>",
        }
        values |= {"originalBudgetAmount": budget, "revisedBudgetAmount": budget, "description": f"{task} {group}"}
        desk.company.add("Budget", " ".join((project_id, task, group, "<N/A>")), values, at=moments[project_id])
