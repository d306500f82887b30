"""The instance as the month's facts say: lists, projects, orders, and what people keyed in before."""

from __future__ import annotations

import calendar
from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

from ml_connector.sandbox.acumatica import budget, periods
from ml_connector.sandbox.acumatica.desk import SetUp
from ml_connector.sandbox.acumatica.entities import projects, vendors
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.acumatica.store import Store
from ml_connector.sandbox.month.facts import Account, Month, Period, Project, Task, Vendor

TAX_ID = "SALESTAX"
TAX_RATE = Decimal("7.5")
TAX_ZONE = "LOCAL"
BRANCH = "MAIN"
_FALLBACK = {
    "cash": Account(code="10200", name="Checking", kind="Asset", group=""),
    "payables": Account(code="20000", name="Accounts payable", kind="Liability", group=""),
    "retainage": Account(code="20100", name="Retainage payable", kind="Liability", group=""),
    "tax": Account(code="21500", name="Sales tax payable", kind="Liability", group=""),
}
_WORDS = {"cash": "checking", "payables": "accounts payable", "retainage": "retainage", "tax": "tax"}


def set_up(month: Month) -> SetUp:
    """The company's preferences: its standing accounts are found by their names."""
    found = {role: _account(month.accounts, role).code for role in _WORDS}
    return SetUp(
        currency=month.currency,
        branch=BRANCH,
        ledger="ACTUAL",
        subaccount=month.subaccounts[0] if month.subaccounts else "000000",
        payables=found["payables"],
        retainage_payable=found["retainage"],
        cash=found["cash"],
        tax=found["tax"],
        tax_zone=TAX_ZONE,
        tax_rates={TAX_ID: TAX_RATE},
    )


def _account(accounts: Iterable[Account], role: str) -> Account:
    return next((one for one in accounts if _WORDS[role] in one.name.lower()), _FALLBACK[role])


def lists(store: Store, month: Month, company: SetUp) -> None:
    """Everything that documents refer to."""
    _accounts(store, month)
    _small_lists(store, month, company)
    for fact in month.vendors:
        if fact.erp_id:
            _vendor(store, fact, company)
    for code in month.cost_codes:
        if code.in_erp:
            store.add(Row("CostCode", {"CostCodeID": code.code, "Description": code.name}))
    _periods(store, (*month.periods, *_later_periods(month.periods, store.now().year + 1)))
    for project in month.projects:
        if project.erp_id:
            _project(store, project, company)
    for task in month.tasks:
        _task(store, task)
    _budgets(store, month)


def _accounts(store: Store, month: Month) -> None:
    kinds = {account.group: account.kind for account in month.accounts if account.group}
    kinds |= {cost_type.erp_account_group: "Expense" for cost_type in month.cost_types if cost_type.erp_account_group}
    defaults = {cost_type.erp_account_group: cost_type.erp_account for cost_type in month.cost_types}
    names = {cost_type.erp_account_group: cost_type.name for cost_type in month.cost_types}
    for group in sorted(kinds):
        row = Row("AccountGroup", {"AccountGroupID": group, "Description": names.get(group, group.title())})
        row["Type"], row["Active"], row["Expense"] = kinds[group], True, kinds[group] == "Expense"
        row["DefaultAccountID"], row["SortOrder"] = defaults.get(group), 0
        store.add(row)
    listed = {account.code: account for account in (*_FALLBACK.values(), *month.accounts)}
    for number, code in enumerate(sorted(listed), start=1):
        store.add(_account_row(listed[code], number))
    store.start_number("AccountID", len(listed))
    for number, subaccount in enumerate(month.subaccounts or ("000000",), start=1):
        values: dict[str, Value] = {"SubaccountCD": subaccount, "SubaccountID": number, "Active": True}
        store.add(Row("Subaccount", values | {"Description": f"Subaccount {subaccount}", "Secured": False}))
    store.start_number("SubaccountID", len(month.subaccounts) or 1)


def _account_row(account: Account, number: int) -> Row:
    row = Row("Account", {"AccountCD": account.code, "AccountID": number, "Description": account.name})
    row["Type"], row["Active"], row["AccountGroup"] = account.kind, account.active, account.group or None
    row["CashAccount"] = "checking" in account.name.lower()
    row["PostOption"], row["Secured"], row["RequireUnits"] = "Detail", False, False
    row["UseDefaultSubaccount"], row["ChartOfAccountsOrder"] = False, number
    return row


def _small_lists(store: Store, month: Month, company: SetUp) -> None:
    currency = Row("Currency", {"CurrencyID": month.currency, "Description": month.currency, "Active": True})
    currency["DecimalPrecision"], currency["UseForAccounting"] = 2, True
    currency["CurrencySymbol"] = "$" if month.currency == "USD" else None
    store.add(currency)
    store.add(Row("VendorClass", {"ClassID": vendors.DEFAULT_CLASS, "Description": "Subcontractors and suppliers"}))
    services = Row("VendorClass", {"ClassID": "SERVICES", "Description": "Services, paid at once"})
    services.beyond |= {("VendorClassRecord", "TermsID"): "10D", ("VendorClassRecord", "TaxZoneID"): "EXEMPT"}
    store.add(services)
    ledger = Row("Ledger", {"LedgerID": company.ledger, "Description": "Actual ledger", "Type": "Actual"})
    ledger["Currency"], ledger["ConsolidationSource"] = month.currency, False
    place = Row("LedgerBranches", {"BranchID": BRANCH, "BranchName": month.company_name, "Active": True})
    place["CompanyName"] = month.company_name
    ledger.lines("Branches").append(place)
    store.add(ledger)
    for category, text, taxes in (("EXEMPT", "Not taxed", ()), ("TAXABLE", "Taxed", (TAX_ID,))):
        row = Row("TaxCategory", {"TaxCategoryID": category, "Description": text, "Active": True})
        row["ExcludeListedTaxes"] = False
        for tax in taxes:
            line = Row("TaxCategoryTaxDetail", {"TaxID": tax, "TaxCategory": category, "Description": "Sales tax"})
            line["TaxType"], line["CalculateOn"] = "Sales", "Item Amount"
            row.lines().append(line)
        store.add(row)


def _vendor(store: Store, fact: Vendor, company: SetUp) -> None:
    row = Row("Vendor", {"VendorID": fact.erp_id, "VendorName": fact.erp_name, "Status": fact.erp_status or "Active"})
    row["TaxRegistrationID"] = fact.tax_id or None
    vendors.defaults(company, row)
    row.beyond[vendors.NEEDS_APPROVAL] = fact.erp_approval
    contact = row.linked["MainContact"]
    contact["Email"], contact["Phone1"], contact["Phone1Type"] = fact.email or None, fact.phone or None, "Business 1"
    address = contact.linked["Address"]
    address["AddressLine1"], address["City"] = fact.address or None, fact.city or None
    address["State"], address["PostalCode"] = fact.state or None, fact.postal_code or None
    address["Country"], address["Validated"] = fact.country or None, False
    dated(store, row, fact.updated_at)


def _periods(store: Store, facts: tuple[Period, ...]) -> None:
    for year in sorted({fact.period[:4] for fact in facts}):
        row = Row("FinancialPeriod", {"FinancialYear": year, "StartDate": date(int(year), 1, 1)})
        of_year = [fact for fact in facts if fact.period[:4] == year]
        row["NbrOfPeriods"], row["UserDefinedPeriods"] = len(of_year), False
        for number, fact in enumerate(of_year, start=1):
            row.lines().append(_period(fact, number))
        store.add(row)


def _later_periods(facts: tuple[Period, ...], until: int) -> list[Period]:
    """Open periods after the facts' last year, so that people can work on the instance's today."""
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


def _period(fact: Period, number: int) -> Row:
    line = Row("FinancialPeriodDetail", {"FinancialPeriodID": periods.from_iso(fact.period)})
    line["PeriodNbr"], line["StartDate"], line["EndDate"] = f"{number:02d}", fact.first, fact.last
    line["Description"] = f"{calendar.month_name[fact.first.month]} {fact.first.year}"
    line["Status"] = "Open" if fact.open else "Closed"
    line["LengthInDays"] = (fact.last - fact.first).days + 1
    line["ClosedInAP"] = not fact.open
    for module in ("AR", "CA", "FA", "IN"):
        line[f"ClosedIn{module}"] = not fact.open
    line["AdjustmentPeriod"] = False
    return line


def _project(store: Store, fact: Project, company: SetUp) -> None:
    row = Row("Project", {"ProjectID": fact.erp_id, "Description": fact.name, "ExternalRefNbr": str(fact.key)})
    row["Status"], row["Hold"] = ("Active" if fact.active else "Completed"), False
    for name in ("Income", "Expenses", "Assets", "Liabilities"):
        row[name] = Decimal(0)
    properties = Row("ProjectProperties", {"StartDate": fact.start, "ProjectCurrency": company.currency})
    properties["ChangeOrderWorkflow"], properties["CostBudgetLevel"] = True, "Task and Cost Code"
    row.linked["ProjectProperties"] = properties
    row.linked["VisibilitySettings"] = projects.visibility()
    dated(store, row, fact.updated_at)


def _task(store: Store, fact: Task) -> None:
    if store["Project"].find(fact.project) is None:
        return
    row = Row("ProjectTask", {"ProjectID": fact.project, "ProjectTaskID": fact.code, "Description": fact.name})
    row["Status"], row["Default"] = ("Active" if fact.active else "Completed"), False
    row.linked["VisibilitySettings"] = projects.visibility()
    store.add(row)


def _budgets(store: Store, month: Month) -> None:
    groups = {cost_type.code: cost_type.erp_account_group for cost_type in month.cost_types}
    known = {code.code for code in month.cost_codes if code.in_erp}
    tasks = task_by_division(month)
    for project in month.projects:
        for wbs in project.wbs if project.erp_id else ():
            task = tasks.get((project.erp_id, wbs.cost_code[:2]))
            if task is None or wbs.cost_code not in known:
                continue
            group = groups.get(wbs.cost_type, "")
            place = (project.erp_id, task, wbs.cost_code, group)
            cell = store["ProjectBudget"].find(*place, budget.ANY_ITEM) or store.add(budget.new_cell(*place))
            cell["Description"] = f"{wbs.cost_code} {wbs.cost_type}"
            budget.budgeted(cell, cell.amount("OriginalBudgetedAmount") + wbs.budget)


def task_by_division(month: Month) -> dict[tuple[str, str], str]:
    """(ERP project, division) -> task."""
    return {(task.project, task.division): task.code for task in month.tasks}


def dated(store: Store, row: Row, moment: datetime) -> Row:
    """Add a record that was last changed at `moment`."""
    store.add(row)
    stamp = moment.astimezone(UTC)
    for name in store[row.kind].stamps:
        row[name] = stamp - timedelta(microseconds=stamp.microsecond % 1000)
    return row


def at_noon(day: date) -> datetime:
    """A time of day for facts that have only a date."""
    return datetime.combine(day, time(12), tzinfo=UTC)
