"""What every bill out of Procore needs, whatever it was there: vendor, number, coding, tax category."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.integrations.declaration import Desk, Hold

LONGEST_NUMBER = 40  # vendors/acumatica.md §8.2, VendorRef


class Coding(Struct, frozen=True, kw_only=True):
    """Where a cost line goes in Acumatica; empty fields where a table has no answer yet."""

    account: str
    subaccount: str
    task: str
    cost_code: str


def vendor_of(key: str, name: str, desk: Desk) -> str:
    """The matched vendor in Acumatica. Raises Hold."""
    vendor = desk.counterpart("vendors", key)
    if not vendor:
        raise Hold(
            "no_match",
            f"vendor {name} ({key}) is not matched with a vendor in Acumatica: "
            f"accept or add the match (ml-connector match)",
        )
    return vendor


def require_number(number: str) -> str:
    """The vendor's invoice number. Raises Hold when it is missing or longer than Acumatica takes."""
    if not number:
        raise Hold("no_number", "it has no invoice number: enter the vendor's number at the source")
    if len(number) > LONGEST_NUMBER:
        message = f"its invoice number has {len(number)} characters, Acumatica takes {LONGEST_NUMBER}: shorten it"
        raise Hold("number_too_long", message)
    return number


def require_owed(total: Decimal) -> None:
    """A bill is owed to the vendor. Raises Hold for one that the vendor owes."""
    if total < 0:
        raise Hold(
            "negative_total",
            f"the vendor owes {-total}: a bill cannot be negative, enter a debit adjustment in Acumatica, "
            "then set this record aside",
        )


def coding_of(project: str, code: str, *, name: str, day: date, money: Decimal, desk: Desk) -> Coding:
    """The coding of a budget code (`03-200.M`): the project's own row of the table, else the company's."""
    coding = desk.find("coding", f"{project}:{code}", day=day)
    coding = coding or desk.map("coding", code, name=name, day=day, money=money)
    account, subaccount, task, cost_code = coding.split("|") if coding else ("", "", "", "")
    return Coding(account=account, subaccount=subaccount, task=task, cost_code=cost_code)
