"""The company as the month's facts say: settings, lists, vendors, projects, profit centres, periods."""

from __future__ import annotations

import calendar
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.month import words
from ml_connector.sandbox.month.facts import Account, Month, Period, Project, Vendor
from ml_connector.sandbox.sap_b1.declared.company import FINANCE_PERIOD
from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.entity import EntitySet

FIRST_VENDOR: Final = 10_000
SERVICES_ITEM: Final = "SUBWORK"
_TITLES: Final = {
    "1": ("Assets", "Asset"),
    "2": ("Liabilities", "Liability"),
    "4": ("Revenues", "Income"),
    "5": ("Job costs", "Expense"),
    "6": ("Overheads", "Expense"),
    "9": ("Off the result", "Asset"),
}
_MORE_ACCOUNTS: Final = (
    Account(code="10200", name="Checking", kind="Asset", group=""),
    Account(code="11000", name="Accounts receivable", kind="Asset", group=""),
    Account(code="11500", name="Input tax", kind="Asset", group=""),
    Account(code="20000", name="Accounts payable", kind="Liability", group=""),
    Account(code="20100", name="Retainage payable", kind="Liability", group=""),
    Account(code="20500", name="Accrued job costs", kind="Liability", group=""),
    Account(code="20510", name="Goods received not invoiced", kind="Liability", group=""),
    Account(code="20600", name="Commitment clearing", kind="Liability", group=""),
    Account(code="21500", name="Sales tax payable", kind="Liability", group=""),
    Account(code="52000", name="Job materials", kind="Expense", group="MATERIAL"),
    Account(code="65000", name="Depreciation", kind="Expense", group=""),
    Account(code="69900", name="Rounding differences", kind="Expense", group=""),
    Account(code="90100", name="Commitments given", kind="Asset", group=""),
    Account(code="90200", name="Commitments given, counterpart", kind="Asset", group=""),
)
"""What the company needs beyond the month's own accounts."""
_ROLES: Final = {
    "bank": "10200",
    "receivables": "11000",
    "payables": "20000",
    "accrual": "20510",
    "tax": "21500",
    "items": "52000",
    "rounding": "69900",
}
_LOCKED: Final = ("11000", "20000", "65000")
_TYPES: Final = {"Income": "at_Revenues", "Expense": "at_Expenses"}
_OFFICES: Final = ("ADMIN", "ESTIM", "YARD", "FLEET", "SAFETY", "IT", "SALES", "LEGAL", "STAFF")
_LONG_AGO: Final = date(2020, 1, 1)
_RATES: Final = {"EUR": Decimal("1.0850"), "JPY": Decimal("0.0067")}
_CURRENCIES: Final = (
    ("USD", "US Dollar", "cdDefault"),
    ("EUR", "Euro", "cd2Digits"),
    ("JPY", "Japanese Yen", "cdWithoutDecimals"),
    ("CAD", "Canadian Dollar", "cdDefault"),
)


_ADMIN: Final = {
    "Code": 1,
    "Country": "US",
    "TotalsAccuracy": 2,
    "PriceAccuracy": 2,
    "AccuracyofQuantities": 3,
    "RateAccuracy": 4,
    "PercentageAccuracy": 4,
    "MeasuringAccuracy": 2,
    "QueryAccuracy": 2,
    "RoundTaxAmounts": "tNO",
    "RoundingMethod": "tNO",
    "DirectIndirectRate": "tYES",
    "EnableApprovalProcedureInDI": "tYES",
    "CalculateRowDiscount": "tYES",
    "DateTemplate": "dt_CCYYMMDD",
    "DateSeparator": "-",
    "DecimalSeparator": ".",
    "ThousandsSeparator": ",",
    "DefaultTaxCode": "EX",
    "MaxDaysForCancel": 0,
    "EnableWebhook": "tNO",
}
_FIRST_NUMBERS: Final = {"OPCH": 1000, "OPOR": 2000, "OPDN": 3000, "ORPC": 4000, "OVPM": 5000, "OJDT": 10_000}
"""Where the numbering series of documents begin, so that numbers and keys differ."""


def settings(desk: Desk, month: Month) -> None:
    """AdminInfo, CompanyInfo, numbering and the standing accounts."""
    for table, first in _FIRST_NUMBERS.items():
        desk.store.start_number(f"numbers of {table}", first)
    own = {"CompanyName": month.company_name, "LocalCurrency": month.currency, "SystemCurrency": month.currency}
    desk.store.settings["admin"] = _ADMIN | own
    desk.store.settings["company"] = {
        "CompanyName": month.company_name,
        "Version": 1000280,
        "Localization": "US",
        "MaxRecordsInChooseFromList": 5000,
        "EnableSharingSeries": "tNO",
        "EnableBillOfExchange": "tNO",
    }
    desk.store.settings["accounts"] = dict(_ROLES)
    desk.store.settings["approval"] = {vendor_code(one): True for one in month.vendors if one.erp_approval}


def vendor_code(fact: Vendor) -> str:
    """V10012 of the month's V00012."""
    return f"V{FIRST_VENDOR + int(fact.erp_id[1:])}" if fact.erp_id else ""


def project_code(fact: Project) -> str:
    """P-24-011 of the job number 24-011."""
    return f"P-{fact.number}" if fact.erp_id else ""


def center_code(fact: Project) -> str:
    """The job's profit centre: PC-24011, eight characters as the column allows."""
    return f"PC-{fact.number.replace('-', '')}"


def lists(desk: Desk, month: Month, sets: Mapping[str, EntitySet]) -> None:
    """Everything that documents refer to, entered as a person would enter it."""
    _periods(desk, month.periods)
    _money(desk, month, sets)
    _accounts(month, sets)
    _tax(sets)
    _dimensions(desk, sets)
    for project in month.projects:
        if project.erp_id:
            active = "tYES" if project.active else "tNO"
            values = {"Code": project_code(project), "Name": project.name, "ValidFrom": None}
            sets["Projects"].create(values | {"Active": active})
    _centers(month, sets)
    sets["BusinessPlaces"].create({"BPLName": "Main", "MainBPL": "tYES"})
    sets["Items"].create({"ItemCode": SERVICES_ITEM, "ItemName": "Subcontracted work"})
    for vendor in month.vendors:
        if vendor.erp_id:
            _vendor(desk, vendor, sets["BusinessPartners"])


def _money(desk: Desk, month: Month, sets: Mapping[str, EntitySet]) -> None:
    known = {code for code, _, _ in _CURRENCIES}
    listed = _CURRENCIES if month.currency in known else ((month.currency, month.currency, "cdDefault"), *_CURRENCIES)
    for code, name, decimals in listed:
        values = {"Code": code, "Name": name, "DocumentsCode": code, "InternationalDescription": name}
        sets["Currencies"].create(values | {"Decimals": decimals})
    for code, rate in _RATES.items():
        desk.store["ORTT"].put({"Currency": code, "Usual": rate, "Days": {}})


def _accounts(month: Month, sets: Mapping[str, EntitySet]) -> None:
    for code, (name, kind) in _TITLES.items():
        values = {"Code": code, "Name": name, "ActiveAccount": "tNO", "AccountType": _TYPES.get(kind, "at_Other")}
        sets["ChartOfAccounts"].create(values)
    listed = {account.code: account for account in (*_MORE_ACCOUNTS, *month.accounts)}
    for code in sorted(listed):
        sets["ChartOfAccounts"].create(_account(listed[code]))


def _account(fact: Account) -> Row:
    values: Row = {"Code": fact.code, "Name": fact.name, "FatherAccountKey": fact.code[:1]}
    values |= {"AccountType": _TYPES.get(fact.kind, "at_Other"), "ExternalCode": fact.group or None}
    values |= {"CashAccount": "tYES" if fact.code == _ROLES["bank"] else "tNO"}
    values |= {"LockManualTransaction": "tYES" if fact.code in _LOCKED else "tNO"}
    is_cost = "tYES" if fact.group else "tNO"
    values |= {"ProjectRelevant": is_cost, "DistributionRuleRelevant": is_cost}
    return values | ({} if fact.active else {"FrozenFor": "tYES", "FrozenRemarks": "not used any more"})


def _tax(sets: Mapping[str, EntitySet]) -> None:
    for code, name, rate in (("EX", "Exempt", Decimal(0)), ("LOCAL", "State and county", Decimal("7.5"))):
        line = {"RowNumber": 0, "STACode": code, "EffectiveRate": rate}
        sets["SalesTaxCodes"].create({"Code": code, "Name": name, "Rate": rate, "SalesTaxCodes_Lines": [line]})
    sets["SalesTaxCodes"].create({"Code": "OLD", "Name": "Before 2020", "Rate": Decimal(6), "Inactive": "tYES"})
    sets["SalesTaxCodes"].create({"Code": "SALES", "Name": "Sales only", "Rate": Decimal("7.5"), "ValidForAP": "tNO"})
    for code, name, category, rate in (
        ("X0", "Exempt purchases", "bovcInputTax", Decimal(0)),
        ("V1", "Input tax, full", "bovcInputTax", Decimal(20)),
        ("A1", "Output tax, full", "bovcOutputTax", Decimal(20)),
    ):
        lines = [{"Effectivefrom": _LONG_AGO, "Rate": rate}]
        values = {"Code": code, "Name": name, "Category": category, "TaxAccount": "11500", "VatGroups_Lines": lines}
        sets["VatGroups"].create(values)


def _dimensions(desk: Desk, sets: Mapping[str, EntitySet]) -> None:
    texts = {1: "Job or trade", 2: "Region"}
    for number in range(1, 6):
        values: Row = {"DimensionCode": number, "DimensionName": f"Dimension {number}"}
        values |= {"IsActive": "tYES" if number in texts else "tNO"}
        desk.store["ODIM"].put(values | {"DimensionDescription": texts.get(number, f"Dimension {number}")})
    sets["CostCenterTypes"].create({"CostCenterTypeCode": "JOB", "CostCenterTypeName": "Job"})


def _centers(month: Month, sets: Mapping[str, EntitySet]) -> None:
    """One for each job, trade and office; some that cannot be used; one of dimension 2."""
    centers = sets["ProfitCenters"]
    for project in month.projects:
        active = "tYES" if project.active else "tNO"
        values = {"CenterCode": center_code(project), "CenterName": project.name[:30], "CostCenterType": "JOB"}
        centers.create(values | {"EffectiveFrom": _LONG_AGO, "Active": active})
    for division, name in words.DIVISIONS.items():
        centers.create({"CenterCode": f"PC-{division}00", "CenterName": name[:30], "EffectiveFrom": _LONG_AGO})
    for office in _OFFICES:
        centers.create({"CenterCode": office, "CenterName": office.title(), "EffectiveFrom": _LONG_AGO})
    centers.create({"CenterCode": "PC-OLD", "CenterName": "Closed yard", "EffectiveFrom": _LONG_AGO, "Active": "tNO"})
    expired = {"CenterCode": "PC-2024", "CenterName": "Campaign of 2024", "EffectiveTo": date(2024, 12, 31)}
    centers.create(expired | {"EffectiveFrom": date(2024, 1, 1)})
    centers.create({"CenterCode": "PC-LATER", "CenterName": "New yard", "EffectiveFrom": date(2099, 1, 1)})
    centers.create(
        {"CenterCode": "NORTH", "CenterName": "Region north", "InWhichDimension": 2, "EffectiveFrom": _LONG_AGO}
    )
    lines = [
        {"CenterCode": _OFFICES[0], "TotalInCenter": Decimal(60), "EffectiveFrom": _LONG_AGO},
        {"CenterCode": _OFFICES[1], "TotalInCenter": Decimal(40), "EffectiveFrom": _LONG_AGO},
    ]
    rule = {"FactorCode": "OFFICE", "FactorDescription": "Offices 60:40", "TotalFactor": Decimal(100)}
    sets["DistributionRules"].create(rule | {"DistributionRuleLines": lines})


def _periods(desk: Desk, facts: tuple[Period, ...]) -> None:
    for number, fact in enumerate((*facts, *_later_periods(facts, desk.now.year + 1)), start=1):
        status = "ltUnlocked" if fact.open else "ltLocked"
        row = blank(FINANCE_PERIOD) | {"AbsoluteEntry": number, "SubNum": int(fact.period[5:]), "PeriodStatus": status}
        row |= {"PeriodCode": fact.period, "PeriodName": f"{calendar.month_name[fact.first.month]} {fact.period[:4]}"}
        row |= {"PeriodIndicator": fact.period[:4], "Locked": "tNO" if fact.open else "tYES", "ActiveforFeed": "tYES"}
        for window in ("PostingDate", "ValueDate", "TaxDate"):
            row |= {f"{window}From": fact.first, f"{window}To": fact.last}
        desk.store["OFPR"].put(row | {"AdditionalSubPeriods": "tNO"})


def _later_periods(facts: tuple[Period, ...], until: int) -> list[Period]:
    """Open periods after the facts' last year, so that people can work on the server's today."""
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


def _vendor(desk: Desk, fact: Vendor, partners: EntitySet) -> None:
    desk.opening = at(fact.updated_at)
    address = {"AddressName": "Pay to", "AddressType": "bo_BillTo", "Street": fact.address or None}
    address |= {"City": fact.city or None, "ZipCode": fact.postal_code or None}
    address |= {"State": fact.state or None, "Country": fact.country or None}
    values: Row = {"CardCode": vendor_code(fact), "CardName": fact.erp_name, "CardType": "cSupplier"}
    values |= {"FederalTaxID": fact.tax_id or None, "EmailAddress": fact.email or None, "Phone1": fact.phone or None}
    values |= {"Country": fact.country or None, "Currency": "##", "PayTermsGrpCode": 1, "BPAddresses": [address]}
    partners.create(values | _status(fact.erp_status))


def _status(status: str) -> Row:
    """How this system says what the month's ERP status says."""
    if status == "Hold Payments":
        return {"Valid": "tYES", "PaymentBlock": "tYES"}
    if status in ("Inactive", "On Hold"):
        return {"Frozen": "tYES", "FrozenRemarks": status}
    return {"Valid": "tYES"}


def at(moment: datetime) -> datetime:
    """A time of the server's clock."""
    return moment.astimezone(UTC).replace(microsecond=0)
