"""BusinessPartners (vendors/sap_b1.md §5.6)."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import B1Error, bad_request, business_rule, enter_valid_code, validation
from ml_connector.sandbox.sap_b1.masters.lists import Rules
from ml_connector.sandbox.sap_b1.rules import coding, currencies
from ml_connector.sandbox.sap_b1.store import DOCUMENT_TABLES

SERIES: Final = 1
_DEFAULTS: Final = {
    "CardType": "cCustomer",
    "PayTermsGrpCode": -1,
    "VatLiable": "vLiable",
    "CompanyPrivate": "cCompany",
    "Valid": "tNO",
    "Frozen": "tNO",
    "PaymentBlock": "tNO",
    "PaymentBlockDescription": -1,
    "SinglePayment": "tNO",
    "BlockDunning": "tNO",
    "BackOrder": "tYES",
    "PartialDelivery": "tYES",
    "DeferredTax": "tNO",
    "SalesPersonCode": -1,
    "CurrentAccountBalance": Decimal(0),
    "OpenDeliveryNotesBalance": Decimal(0),
    "OpenOrdersBalance": Decimal(0),
}
_GROUPS: Final = {"cCustomer": 100, "cSupplier": 101, "cLid": 100}


def _check(desk: Desk, row: Row, before: Row | None) -> Row:
    if before is None:
        row = row | {"CreateDate": desk.today, "CreateTime": f"{desk.now:%H:%M:%S}"}
        row["CardCode"] = row["CardCode"] or _numbered(desk, row)
    row["GroupCode"] = row["GroupCode"] or _GROUPS[row["CardType"]]
    row["Currency"] = row["Currency"] or desk.local
    if row["Currency"] != currencies.ANY:
        currencies.check(desk, row["Currency"], "OCRD", "Currency")
    role = "payables" if row["CardType"] == "cSupplier" else "receivables"
    row["DebitorAccount"] = row["DebitorAccount"] or desk.account(role)
    account = desk.account_row(row["DebitorAccount"])
    if account is None or not coding.is_locked(account):
        raise enter_valid_code("OCRD", "DebPayAcct")
    if before is not None and before["CardType"] != row["CardType"] and _is_used(desk, row["CardCode"]):
        raise validation("Business partner has transactions; its type cannot be changed  [OCRD.CardType]")
    return row | {
        "BPAddresses": [_address(row, line) for line in row["BPAddresses"]],
        "ContactEmployees": [line | {"CardCode": row["CardCode"]} for line in row["ContactEmployees"]],
    }


def _numbered(desk: Desk, row: Row) -> str:
    """A code from the numbering series, if one was named."""
    if row["Series"] != SERIES:
        raise bad_request("Property 'CardCode' of 'BusinessPartner' is required")
    return f"V{30000 + desk.store.next_number('business partners')}"


def _address(row: Row, line: Row) -> Row:
    if not line["AddressName"]:
        raise validation("Enter address ID  [CRD1.Address]")
    kind = line["AddressType"] or "bo_BillTo"
    return line | {"BPCode": row["CardCode"], "AddressType": kind}


def _taken(row: Row) -> B1Error:
    text = f"Business partner code '{row['CardCode']}' already assigned to a business partner; "
    return business_rule(1320000140, text + "enter a unique business partner code")


def _is_used(desk: Desk, code: str) -> bool:
    tables = (*DOCUMENT_TABLES, "OVPM")
    return any(desk.store[table].where(("CardCode",), code) for table in tables)


def _before_delete(desk: Desk, row: Row) -> None:
    if _is_used(desk, row["CardCode"]) or row["CurrentAccountBalance"]:
        raise validation("Business partner has transactions and cannot be removed  [OCRD.CardCode]")


RULES: Final = Rules(defaults=_DEFAULTS, check=_check, before_delete=_before_delete, taken=_taken)
