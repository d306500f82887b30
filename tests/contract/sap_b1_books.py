"""Bodies and figures that the tests of the SAP Business One company share; the seed is `small`."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from sap_b1_over_http import Instance

VENDOR, OTHER_VENDOR = "V10001", "V10002"
COSTS, MATERIALS, PAYABLES, BANK, TAX, ACCRUAL = "54000", "52000", "20000", "10200", "21500", "20510"
DAY = "2026-01-31"


def line(amount: Any, **more: Any) -> dict[str, Any]:
    """A line of a service document."""
    return {"ItemDescription": "Concrete", "AccountCode": COSTS, "LineTotal": amount} | more


def document(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A service document of January."""
    head = {"CardCode": VENDOR, "DocType": "dDocument_Service", "DocDate": DAY, "DocDueDate": "2026-02-28"}
    return head | {"DocumentLines": list(lines)} | more


def journal(*lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A journal entry of January."""
    return {"ReferenceDate": DAY, "Memo": "Accrual", "JournalEntryLines": list(lines)} | more


def debit(account: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {"AccountCode": account, "Debit": amount} | more


def credit(account: str, amount: Any, **more: Any) -> dict[str, Any]:
    return {"AccountCode": account, "Credit": amount} | more


def balance(b1: Instance, account: str) -> Decimal:
    """What the account's record says."""
    return Decimal(str(b1.get(f"ChartOfAccounts('{account}')").json()["Balance"]))


def entry(b1: Instance, number: int) -> dict[str, Any]:
    """A journal entry."""
    found: dict[str, Any] = b1.get(f"JournalEntries({number})").json()
    return found


def sides(posted: dict[str, Any]) -> list[tuple[str, str, float, float]]:
    """Account, short name, debit and credit of each line."""
    return [(one["AccountCode"], one["ShortName"], one["Debit"], one["Credit"]) for one in posted["JournalEntryLines"]]


def book(b1: Instance, document: str, number: object) -> dict[str, Any]:
    """A document as /books has it."""
    rows = b1.control.get("/books").json()
    return next(row for row in rows if (row["document"], row["number"]) == (document, str(number)))
