"""Tax codes and VAT groups: which of them a line carries, and what it costs (vendors/sap_b1.md §12)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import B1Error, business_rule, enter_valid_code

_FIELDS = {"tax codes": "TaxCode", "VAT groups": "VatGroup"}


def field(desk: Desk) -> str:
    """The line's property that this localisation uses."""
    return _FIELDS[str(desk.switches["localisation"])]


def default(desk: Desk, vendor: Row) -> str:
    """The code of a line that has none."""
    if field(desk) == "VatGroup":
        return vendor["VatGroup"] or "X0"
    return "EX"


def rate(desk: Desk, code: str, table: str, line: int | None) -> Decimal:
    """Percent. Raises for an unknown, inactive or sales-only code."""
    row = desk.store["OVTG" if field(desk) == "VatGroup" else "OSTC"].find(code)
    if row is None:
        raise enter_valid_code(table, field(desk), line)
    wrong = row.get("ValidForAP") == "tNO" or row.get("Category") == "bovcOutputTax"
    if row["Inactive"] == "tYES" or wrong:
        raise invalid(code)
    if field(desk) == "TaxCode":
        return Decimal(row["Rate"])
    lines = row["VatGroups_Lines"]
    return Decimal(lines[-1]["Rate"]) if lines else Decimal(0)


def account(desk: Desk, code: str) -> str:
    """Where the tax of a code is posted."""
    row = desk.store["OVTG"].find(code) if field(desk) == "VatGroup" else None
    return (row or {}).get("TaxAccount") or desk.account("tax")


def invalid(code: str) -> B1Error:
    """A code that cannot be used here."""
    return business_rule(10000180, f"Tax code '{code}' is not valid for this document")
