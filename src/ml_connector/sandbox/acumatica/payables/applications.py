"""Applications: which payment or adjustment paid how much of which bill."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.payables import documents
from ml_connector.sandbox.acumatica.rows import Row


def apply(desk: Desk, payer: Row, bill: Row, amount: Decimal) -> None:
    """Let a released payment or adjustment pay a bill (a negative amount takes it back)."""
    line = Row("BillApplicationDetail")
    line["DocType"], line["ReferenceNbr"] = payer["Type"], payer["ReferenceNbr"]
    line["AmountPaid"] = amount
    bill.lines("Applications").append(line)
    documents.pay(desk, bill, amount)
    line["Balance"] = bill.amount("Balance")


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
