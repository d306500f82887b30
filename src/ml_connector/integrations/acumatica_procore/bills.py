"""What every bill out of Procore needs, whatever it was there: vendor, number, coding, tax category."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.integrations import posting
from ml_connector.integrations.declaration import Desk, Hold

SYSTEM = "Acumatica"
LONGEST_NUMBER = 40  # vendors/acumatica.md §8.2, VendorRef


class Coding(Struct, frozen=True, kw_only=True):
    """Where a cost line goes in Acumatica; empty fields where a table has no answer yet."""

    account: str
    subaccount: str
    task: str
    cost_code: str


def require_owed(total: Decimal) -> None:
    """A bill is owed to the vendor. Raises Hold for one that the vendor owes."""
    if total < 0:
        raise Hold(
            "negative_total",
            f"the vendor owes {-total}: a bill cannot be negative, enter a debit adjustment in Acumatica, "
            "then set this record aside",
        )


def coding_of(project: str, code: str, *, name: str, day: date, money: Decimal, desk: Desk) -> Coding:
    """The coding of a budget code (`03-200.M`)."""
    coding = posting.coding_of(project, code, name=name, day=day, money=money, desk=desk)
    account, subaccount, task, cost_code = coding.split("|") if coding else ("", "", "", "")
    return Coding(account=account, subaccount=subaccount, task=task, cost_code=cost_code)
