"""The smaller lists: projects, items, currencies, tax codes, branches, attachments (vendors/sap_b1.md §5.7, §5.9)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import B1Error, enter_valid_code, validation
from ml_connector.sandbox.sap_b1.masters.lists import Rules
from ml_connector.sandbox.sap_b1.rules import coding


def _check_project(desk: Desk, row: Row, before: Row | None) -> Row:
    if not row["Name"]:
        raise validation("Enter project name  [OPRJ.PrjName]")
    if row["ValidFrom"] and row["ValidTo"] and row["ValidTo"] < row["ValidFrom"]:
        raise validation("Date deviates from permissible range [OPRJ.ValidTo]")
    return row


PROJECTS: Final = Rules(defaults={"Active": "tYES"}, check=_check_project)


def _check_item(desk: Desk, row: Row, before: Row | None) -> Row:
    if before is None:
        row = row | {"CreateDate": desk.today, "CreateTime": f"{desk.now:%H:%M:%S}"}
    row["ExpenseAccount"] = row["ExpenseAccount"] or desk.account("items")
    account = desk.account_row(row["ExpenseAccount"])
    if account is None or account["ActiveAccount"] != "tYES" or coding.is_control(desk, account["Code"]):
        raise enter_valid_code("OITM", "ExpensAcct")
    return row


ITEMS: Final = Rules(
    defaults={
        "PurchaseItem": "tYES",
        "SalesItem": "tYES",
        "InventoryItem": "tNO",
        "Valid": "tNO",
        "Frozen": "tNO",
        "ItemsGroupCode": 100,
    },
    check=_check_item,
)


def _before_delete_currency(desk: Desk, row: Row) -> None:
    if row["Code"] == desk.local:
        raise validation("The local currency cannot be removed  [OCRN.CurrCode]")


CURRENCIES: Final = Rules(
    defaults={"Decimals": "cdDefault", "Rounding": "rsNoRounding", "RoundingInPayment": "tNO"},
    before_delete=_before_delete_currency,
)


def _check_vat_group(desk: Desk, row: Row, before: Row | None) -> Row:
    if row["TaxAccount"] and desk.account_row(row["TaxAccount"]) is None:
        raise enter_valid_code("OVTG", "Account")
    return row


VAT_GROUPS: Final = Rules(defaults={"Category": "bovcInputTax", "EU": "tNO", "Inactive": "tNO"}, check=_check_vat_group)
TAX_CODES: Final = Rules(
    defaults={
        "Rate": Decimal(0),
        "ValidForAR": "tYES",
        "ValidForAP": "tYES",
        "Freight": "tNO",
        "IsItemLevel": "tNO",
        "Inactive": "tNO",
        "FADebit": "tNO",
    }
)
PLACES: Final = Rules(defaults={"MainBPL": "tNO", "Disabled": "tNO"}, number="business places", before_delete=None)
CENTER_TYPES: Final = Rules()


def _check_attachment(desk: Desk, row: Row, before: Row | None) -> Row:
    lines = [
        line
        | {"AbsoluteEntry": row["AbsoluteEntry"], "AttachmentDate": line["AttachmentDate"] or desk.today, "UserID": 1}
        for line in row["Attachments2_Lines"]
    ]
    return row | {"Attachments2_Lines": lines}


def _never(desk: Desk, row: Row) -> None:
    raise B1Error(400, 220, "The requested action is not supported for this object.")


ATTACHMENTS: Final = Rules(check=_check_attachment, before_delete=_never, number="attachments")
