"""ChartOfAccounts, and what account segmentation does to the codes (vendors/sap_b1.md §5.5)."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Key, Row
from ml_connector.sandbox.sap_b1.errors import enter_valid_code, validation
from ml_connector.sandbox.sap_b1.masters.lists import Rules
from ml_connector.sandbox.sap_b1.store import DOCUMENT_TABLES

_NO: Final = (
    "CashAccount BudgetAccount PrimaryAccount LockManualTransaction BlockManualPosting Protected ReconciledAccount "
    "RevaluationCoordinated TaxLiableAccount TaxExemptAccount CashFlowRelevant CostAccountingOnly "
    "CostElementRelevant AllowMultipleLinking ProjectRelevant DistributionRuleRelevant DistributionRule2Relevant "
    "DistributionRule3Relevant DistributionRule4Relevant DistributionRule5Relevant ValidFor FrozenFor"
)
_DEFAULTS: Final[dict[str, Any]] = {
    **dict.fromkeys(_NO.split(), "tNO"),
    "ActiveAccount": "tYES",
    "RateConversion": "tYES",
    "LiableForAdvances": "tYES",
    "AllowChangeVatGroup": "tYES",
    "AccountType": "at_Other",
    "AcctCurrency": "##",
    "AccountLevel": 2,
    "Balance": Decimal(0),
    "Balance_syscurr": Decimal(0),
    "Balance_FrgnCurr": Decimal(0),
}
_SEGMENTED: Final = "segmented"


def _check(desk: Desk, row: Row, before: Row | None) -> Row:
    father = row["FatherAccountKey"]
    if father:
        title = desk.account_row(father)
        if title is None or title["ActiveAccount"] == "tYES":
            raise enter_valid_code("OACT", "FatherNum")
        row["AccountLevel"] = title["AccountLevel"] + 1
    else:
        row["AccountLevel"] = 1
    if before is None and desk.store.settings[_SEGMENTED]["on"]:
        row = row | {"FormatCode": row["FormatCode"] or row["Code"], "Code": _next_system_code(desk)}
    if before is not None and before["ActiveAccount"] != row["ActiveAccount"] and before["Balance"]:
        raise validation("The account has a balance; it cannot become a title account  [OACT.Postable]")
    return row


def _next_system_code(desk: Desk) -> str:
    return f"_SYS{desk.store.next_number('system accounts'):011d}"


def _before_delete(desk: Desk, row: Row) -> None:
    standing = desk.store.settings["accounts"].values()
    has_children = any(one["FatherAccountKey"] == row["Code"] for one in desk.store["OACT"])
    if row["Balance"] or row["Code"] in standing or has_children:
        raise validation("The account is in use and cannot be removed  [OACT.AcctCode]")


RULES: Final = Rules(defaults=_DEFAULTS, check=_check, before_delete=_before_delete)


# segmentation

_ACCOUNT_FIELDS: Final = (
    "AccountCode",
    "ShortName",
    "ContraAccount",
    "ControlAccount",
    "DebitorAccount",
    "FatherAccountKey",
    "TaxAccount",
    "ExpenseAccount",
    "CashAccount",
    "TransferAccount",
)
_LINES: Final = ("DocumentLines", "JournalEntryLines")
_HOLDERS: Final = (*DOCUMENT_TABLES, "OJDT", "OVPM", "OCRD", "OVTG", "OITM")


def follow_segmentation(desk: Desk) -> None:
    """Turn account segmentation on or off as the switch says: keys become `_SYS…`, FormatCode the visible number."""
    wanted = desk.switches.on("account_segmentation")
    if desk.store.settings[_SEGMENTED]["on"] == wanted:
        return
    desk.store.settings[_SEGMENTED]["on"] = wanted
    if wanted:
        names = {row["Code"]: _next_system_code(desk) for row in desk.store["OACT"].rows()}
    else:
        names = {row["Code"]: row["FormatCode"] or row["Code"] for row in desk.store["OACT"].rows()}
    for row in list(desk.store["OACT"]):
        desk.store["OACT"].drop(row["Code"])
        code = names[row["Code"]]
        visible = row["Code"] if wanted else None
        father = names.get(row["FatherAccountKey"])
        desk.store["OACT"].put(row | {"Code": code, "FormatCode": visible, "FatherAccountKey": father})
    accounts = desk.store.settings["accounts"]
    desk.store.settings["accounts"] = {role: names.get(code, code) for role, code in accounts.items()}
    for table in _HOLDERS:
        for row in list(desk.store[table]):
            desk.store[table].put(_renamed(row, names))


def _renamed(row: Row, names: dict[Key, str]) -> Row:
    changed = {name: names[row[name]] for name in _ACCOUNT_FIELDS if row.get(name) in names}
    lines = {name: [_renamed(line, names) for line in row[name]] for name in _LINES if name in row}
    return row | changed | lines
