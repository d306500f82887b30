"""What a line is coded with: account, profit centres, project (vendors/sap_b1.md §5.4, §5.5, §5.7)."""

from __future__ import annotations

from datetime import date
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import B1Error, business_rule, enter_valid_code, validation

COSTING: Final = ("CostingCode", "CostingCode2", "CostingCode3", "CostingCode4", "CostingCode5")
_COLUMNS: Final = {"JDT1": ("Account", "ProfitCode", "Project")}
_DOCUMENT_COLUMNS: Final = ("AcctCode", "OcrCode", "Project")


class Place(Struct, frozen=True):
    """A line of a table, as messages name it. `line` counts from 0, None for the head of a record."""

    table: str
    line: int | None = None

    @property
    def columns(self) -> tuple[str, str, str]:
        """Account, profit centre of dimension 1, project."""
        return _COLUMNS.get(self.table, _DOCUMENT_COLUMNS)

    def refused(self, column: str) -> B1Error:
        """The vendor's refusal of a code."""
        return enter_valid_code(self.table, column, self.line)

    def named(self, text: str, column: str) -> B1Error:
        """Another refusal that names the line."""
        at = "" if self.line is None else f"[line: {self.line + 1}]"
        return validation(f"{text}  [{self.table}.{column}]{at}")


def check(desk: Desk, line: Row, day: date, place: Place) -> None:
    """Profit centres and project of a line on its posting date."""
    for number, name in enumerate(COSTING, start=1):
        if line.get(name) and not _is_effective(desk, line[name], number, day):
            raise place.refused(place.columns[1] if number == 1 else f"OcrCode{number}")
    check_project(desk, line.get("ProjectCode"), day, place)


def _is_effective(desk: Desk, code: str, dimension: int, day: date) -> bool:
    """Whether a distribution rule may be used; a profit centre stands for its direct rule of the same code."""
    rule = desk.store["OOCR"].find(code)
    used = desk.store["ODIM"].find(dimension)
    if rule is None or rule["Active"] != "tYES" or rule["InWhichDimension"] != dimension:
        return False
    if used is None or used["IsActive"] != "tYES":
        return False
    lines = rule["DistributionRuleLines"]
    return bool(lines) and all(_holds(line, day) and _center_is_active(desk, line["CenterCode"], day) for line in lines)


def _center_is_active(desk: Desk, code: str, day: date) -> bool:
    center = desk.store["OPRC"].find(code)
    return center is not None and center["Active"] == "tYES" and _holds(center, day)


def _holds(row: Row, day: date) -> bool:
    return within(day, row["EffectiveFrom"], row["EffectiveTo"])


def within(day: date, first: date | None, last: date | None) -> bool:
    """Whether a day lies between two days, both included; None is open."""
    return (first is None or first <= day) and (last is None or day <= last)


def check_project(desk: Desk, code: str | None, day: date, place: Place) -> None:
    """A project that exists, is active and valid on the day."""
    if not code:
        return
    project = desk.store["OPRJ"].find(code)
    if project is None or project["Active"] != "tYES" or not within(day, project["ValidFrom"], project["ValidTo"]):
        raise place.refused(place.columns[2])


def account(desk: Desk, code: str | None, day: date, place: Place) -> Row:
    """An account that can be posted to on the day."""
    row = desk.account_row(code)
    if row is None or row["ActiveAccount"] != "tYES":
        raise place.refused(place.columns[0])
    if not is_in_use(row, day, "FrozenFor", "ValidFor"):
        raise place.named(f"G/L account '{code}' is inactive", place.columns[0])
    return row


def is_control(desk: Desk, code: str) -> bool:
    """Whether an account collects the balances of business partners."""
    return code in (desk.account("payables"), desk.account("receivables"))


def is_locked(row: Row) -> bool:
    """Whether nobody may enter journals on an account; control accounts are locked so too."""
    return "tYES" in (row["LockManualTransaction"], row["BlockManualPosting"])


def vendor(desk: Desk, code: str | None, day: date, table: str) -> Row:
    """A vendor that documents can be written for."""
    row = desk.vendor(code)
    if row is None or row["CardType"] != "cSupplier":
        raise enter_valid_code(table, "CardCode")
    if not is_in_use(row, day, "Frozen", "Valid"):
        raise business_rule(10001071, f"Business partner '{code}' is inactive")
    return row


def is_in_use(row: Row, day: date, frozen: str, valid: str) -> bool:
    """Active unless marked inactive, or marked active for other days (each mark with its own two dates)."""
    if row[frozen] == "tYES" and within(day, row["FrozenFrom"], row["FrozenTo"]):
        return False
    return row[valid] != "tYES" or within(day, row["ValidFrom"], row["ValidTo"])
