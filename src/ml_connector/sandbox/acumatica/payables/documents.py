"""Words and facts of a payables document that the rest of its life is built on."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import vendors
from ml_connector.sandbox.acumatica.errors import business
from ml_connector.sandbox.acumatica.rows import Row

BILL: Final = "Bill"
DEBIT: Final = "Debit Adj."
CREDIT: Final = "Credit Adj."
PREPAYMENT: Final = "Prepayment"
BILL_TYPES: Final = (BILL, CREDIT, DEBIT, PREPAYMENT)

RELEASED: Final = ("Document", "Released")
APPROVED: Final = ("Document", "Approved")
REJECTED: Final = ("Document", "Rejected")
VOIDED: Final = ("Document", "Voided")
BATCH: Final = ("Document", "BatchNbr")
ORIGINAL_TYPE: Final = ("Document", "OrigDocType")
ORIGINAL_NUMBER: Final = ("Document", "OrigRefNbr")
IS_RETAINAGE: Final = ("Document", "IsRetainageDocument")
RETAINAGE_APPLIES: Final = ("Document", "RetainageApply")
RETAINAGE_TOTAL: Final = ("Document", "CuryRetainageTotal")
RETAINAGE_LEFT: Final = ("Document", "CuryRetainageUnreleasedAmt")
TAX_ZONE: Final = ("Document", "TaxZoneID")
SET_ASIDE: Final = ("Document", "SetAsideAs")
ASIDE: Final = ("Scheduled", "Pre-Released", "Under Reclassification", "Voided")
"""Statuses that other screens than those of this instance lead to."""
LINE_RETAINAGE: Final = ("Transactions", "CuryRetainageAmt")
LINE_RETAINAGE_PERCENT: Final = ("Transactions", "RetainagePct")


def is_released(document: Row) -> bool:
    """Whether the document is in the ledger."""
    return document.beyond_flag(*RELEASED)


def is_reversal(document: Row) -> bool:
    """Whether ReverseBill made it."""
    return bool(document.beyond_text(*ORIGINAL_NUMBER)) and not document.beyond_flag(*IS_RETAINAGE)


def original(desk: Desk, document: Row) -> Row | None:
    """The document that this one reverses, or whose retainage it releases."""
    number = document.beyond_text(*ORIGINAL_NUMBER)
    return desk.find("Bill", document.beyond_text(*ORIGINAL_TYPE), number) if number else None


def needs_approval(desk: Desk, document: Row) -> bool:
    """Whether somebody must approve the document: the vendor is marked so, or all bills need it."""
    if document.text("Type") != BILL or document.beyond_flag(*IS_RETAINAGE):
        return False
    vendor = desk.find("Vendor", document.text("Vendor"))
    marked = vendor is not None and vendor.beyond_flag(*vendors.NEEDS_APPROVAL)
    return marked or desk.switches.on("bill_approval")


def set_status(desk: Desk, document: Row) -> None:
    """The status that follows from hold, approval, release and balance."""
    document["Status"] = _status(desk, document)


def _status(desk: Desk, document: Row) -> str:
    if document.beyond_flag(*VOIDED):
        return "Voided"
    if aside := document.beyond_text(*SET_ASIDE):
        return aside
    if is_released(document):
        return "Open" if document.amount("Balance") else "Closed"
    if document.flag("Hold"):
        return "On Hold"
    if document.beyond_flag(*REJECTED):
        return "Rejected"
    if needs_approval(desk, document) and not document.beyond_flag(*APPROVED):
        return "Pending Approval"
    return "Balanced"


def set_aside(desk: Desk, document: Row, status: str) -> None:
    """Give an unreleased document one of the statuses in ASIDE, or ("") its own back."""
    if status not in ("", *ASIDE):
        raise business(f"There is no screen that leads to the status '{status}'.")
    if is_released(document):
        raise business(f"The document is {document.text('Status')} and cannot be set aside.")
    document.beyond[SET_ASIDE] = status
    set_status(desk, document)
    desk.store.touch(document)


def pay(desk: Desk, document: Row, amount: Decimal) -> None:
    """Lower a released document's balance (negative: raise it again)."""
    document["Balance"] = document.amount("Balance") - amount
    set_status(desk, document)
    stamp = document["LastModifiedDateTime"]
    desk.store.touch(document)
    if not desk.switches.on("payment_bumps_bill"):
        document["LastModifiedDateTime"] = stamp
