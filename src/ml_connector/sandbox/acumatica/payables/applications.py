"""Applications: which payment or adjustment paid how much of which bill."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.payables import documents
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Save

_DONE: Final = ("Adjustments", "Released")
_BILLS: Final = (documents.BILL, documents.CREDIT)


def apply(desk: Desk, payer: Row, bill: Row, amount: Decimal) -> None:
    """Let a released payment or adjustment pay a bill (a negative amount takes it back)."""
    line = Row("BillApplicationDetail")
    line["DocType"], line["ReferenceNbr"] = payer["Type"], payer["ReferenceNbr"]
    line["AmountPaid"] = amount
    line.beyond[_DONE] = True
    bill.lines("Applications").append(line)
    documents.pay(desk, bill, amount)
    line["Balance"] = bill.amount("Balance")


def forget(bill: Row, number: str) -> None:
    """Drop the rows of a payment and of what voided it."""
    kept = [
        line
        for line in bill.lines("Applications")
        if line.text("ReferenceNbr") != number or line.text("DocType") in documents.BILL_TYPES[:3]
    ]
    bill.details["Applications"] = kept


def refresh(desk: Desk, bill: Row) -> None:
    """Give the applications and retainage bills of a bill their present status."""
    for line in bill.lines("Applications"):
        payer = payer_of(desk, line)
        line["Status"] = payer["Status"] if payer is not None else None
    for line in bill.lines("RetainageDocuments"):
        made = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        line["Status"] = made["Status"] if made is not None else "Deleted"
        line["Balance"] = made["Balance"] if made is not None else Decimal(0)


def payer_of(desk: Desk, line: Row) -> Row | None:
    """The payment or adjustment behind an application."""
    doc_type, number = line.text("DocType"), line.text("ReferenceNbr")
    kind = "Bill" if doc_type in documents.BILL_TYPES and doc_type != documents.PREPAYMENT else "Check"
    return desk.find(kind, doc_type, number)


# debit adjustments pay bills


def settle_with(desk: Desk, adjustment: Row, bill: Row, amount: Decimal) -> None:
    """Apply a released debit adjustment to a bill. Raises Fault; then nothing has changed."""
    if refusal := _refusal(adjustment, bill, amount):
        raise business(refusal)
    row = Row("BillApplicationDetail", {"DocType": bill["Type"], "ReferenceNbr": bill["ReferenceNbr"]})
    row["AmountPaid"] = amount
    adjustment.lines("Applications").append(row)
    _settle(desk, adjustment, row, bill)


def _refusal(adjustment: Row, bill: Row, amount: Decimal) -> str:
    if not documents.is_released(adjustment):
        return f"The adjustment is {adjustment.text('Status')} and cannot be applied."
    if bill.text("Vendor") != adjustment.text("Vendor"):
        return "The document is of another vendor."
    if not documents.is_released(bill):
        return f"The document is {bill.text('Status')} and cannot be paid."
    most = min(adjustment.amount("Balance"), bill.amount("Balance"))
    return "" if 0 < amount <= most else f"The amount to apply must be above zero and not more than {most}."


def _settle(desk: Desk, adjustment: Row, row: Row, bill: Row) -> None:
    row.beyond[_DONE] = True
    apply(desk, adjustment, bill, row.amount("AmountPaid"))
    row["Balance"] = bill["Balance"]
    documents.pay(desk, adjustment, row.amount("AmountPaid"))


def prepare(save: Save) -> None:
    """What a caller sent as applications: of a debit adjustment the bills to apply it to, else nothing."""
    draft = save.draft
    before = save.before.copy().lines("Applications") if save.before is not None else []
    done = [line for line in before if line.beyond_flag(*_DONE)]
    sent = [line for line in draft.lines("Applications") if line.id in save.touched]
    save.touched -= {line.id for line in sent}
    waiting = [line for line in draft.lines("Applications") if not line.beyond_flag(*_DONE)]
    draft.details["Applications"] = done + (waiting if draft.text("Type") == documents.DEBIT else [])
    if draft.text("Type") == documents.DEBIT:
        for line in sent:
            if not line.beyond_flag(*_DONE):
                _check_wanted(save.desk, draft, line)


def _check_wanted(desk: Desk, adjustment: Row, line: Row) -> None:
    line["DocType"] = line.text("DocType") or documents.BILL
    if line.text("DocType") not in _BILLS:
        line.errors["DocType"] = not_allowed(line["DocType"])
        return
    bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
    if bill is None or bill.text("Vendor") != adjustment.text("Vendor") or bill.text("Status") != "Open":
        line.errors["ReferenceNbr"] = cannot_find("Reference Nbr.")
        return
    most = min(bill.amount("Balance"), adjustment.amount("Balance") or bill.amount("Balance"))
    line["AmountPaid"] = most if line["AmountPaid"] is None else desk.money(line.amount("AmountPaid"))
    if not 0 < line.amount("AmountPaid") <= most:
        line.errors["AmountPaid"] = f"The amount must be above zero and not more than {most}."


def settle_waiting(desk: Desk, adjustment: Row) -> None:
    """Apply a released debit adjustment to the bills that were entered for it, as far as both balances reach."""
    if adjustment.text("Type") != documents.DEBIT or not documents.is_released(adjustment):
        return
    for row in [line for line in adjustment.lines("Applications") if not line.beyond_flag(*_DONE)]:
        bill = desk.find("Bill", row.text("DocType"), row.text("ReferenceNbr"))
        amount = row.amount("AmountPaid")
        if bill is not None:
            amount = min(amount, bill.amount("Balance"), adjustment.amount("Balance"))
        if bill is None or amount <= 0:
            adjustment.lines("Applications").remove(row)
            continue
        row["AmountPaid"] = amount
        _settle(desk, adjustment, row, bill)
