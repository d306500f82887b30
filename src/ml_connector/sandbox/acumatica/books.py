"""The instance's documents in the shape that all vendors' books share."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica import coding, periods
from ml_connector.sandbox.acumatica.desk import NO_PROJECT, Desk
from ml_connector.sandbox.acumatica.payables import check_life, documents, release
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.kit.books import Book, BookLine

ZERO = Decimal(0)


def books(desk: Desk) -> list[Book]:
    """Bills and adjustments, payments, and journals that were entered (not the batches of the former)."""
    reversed_by = _reversals(desk)
    found = [_bill(desk, row, reversed_by.get(row.id, "")) for row in desk.store["Bill"]]
    found += [_payment(desk, row) for row in desk.store["Check"]]
    found += [_journal(row) for row in desk.store["JournalTransaction"] if row.text("Module") != "AP"]
    return found


def mark(description: str) -> str:
    """Our reference at the front of a description: what stands before the first colon when it begins with ML-."""
    head, colon, _ = description.partition(":")
    return head.strip() if colon and head.startswith("ML-") else ""


def _reversals(desk: Desk) -> dict[str, str]:
    found = {}
    for row in desk.store["Bill"]:
        origin = documents.original(desk, row) if documents.is_reversal(row) else None
        if origin is not None:
            found[origin.id] = row.text("ReferenceNbr")
    return found


def _bill(desk: Desk, row: Row, reversed_by: str) -> Book:
    released = documents.is_released(row)
    day = row.day("Date")
    lines = [
        _document_line(line, released=released, credit=row.text("Type") == documents.DEBIT) for line in row.lines()
    ]
    if released:
        lines += [
            _ledger_line(entry.coding, entry.amount)
            for entry in release.entries(desk, row)[len(row.lines()) :]
            if entry.amount
        ]
    return Book(
        document="bill",
        kind=row.text("Type"),
        number=row.text("ReferenceNbr"),
        reference=mark(row.text("Description")),
        business_number=row.text("VendorRef"),
        party=row.text("Vendor"),
        date=day.isoformat() if day else None,
        period=periods.iso(row.text("PostPeriod")),
        currency=row.text("CurrencyID"),
        total=row.amount("Amount"),
        tax=row.amount("TaxTotal"),
        status=row.text("Status"),
        reversed_by=reversed_by or None,
        lines=tuple(lines),
    )


def _document_line(line: Row, *, released: bool, credit: bool) -> BookLine:
    amount = line.amount("Amount")
    posted = -amount if credit else amount
    return BookLine(
        account=line.text("Account"),
        project=_project(line.text("Project")),
        cost_code=line.text("CostCode") or None,
        dimensions=_dimensions(line.text("Subaccount"), line.text("ProjectTask")),
        debit=max(posted, ZERO) if released else None,
        credit=max(-posted, ZERO) if released else None,
        amount=amount,
    )


def _ledger_line(place: coding.Coding, amount: Decimal) -> BookLine:
    """A line that only the ledger has: payable, retainage, tax; no amount of a document line."""
    return BookLine(
        account=place.account,
        dimensions=_dimensions(place.subaccount, ""),
        debit=max(amount, ZERO),
        credit=max(-amount, ZERO),
    )


def _payment(desk: Desk, row: Row) -> Book:
    applied = row.lines("History") or row.lines()
    day = row.day("ApplicationDate")
    is_voided = check_life.void_of(desk, row) is not None and row.text("Status") == "Voided"
    return Book(
        document="payment",
        kind=row.text("Type"),
        number=row.text("ReferenceNbr"),
        reference=mark(row.text("Description")),
        business_number=row.text("PaymentRef"),
        party=row.text("Vendor"),
        date=day.isoformat() if day else None,
        period=f"{day:%Y-%m}" if day else None,
        currency=row.text("CurrencyID"),
        total=row.amount("PaymentAmount"),
        status=row.text("Status"),
        reversed_by=row.text("ReferenceNbr") if is_voided else None,
        lines=tuple(
            BookLine(
                dimensions={"document": line.text("ReferenceNbr"), "document_type": line.text("DocType")},
                amount=line.amount("AmountPaid"),
            )
            for line in applied
        ),
    )


def _journal(row: Row) -> Book:
    day = row.day("TransactionDate")
    lines = row.lines()
    return Book(
        document="journal",
        kind=row.text("Module"),
        number=row.text("BatchNbr"),
        reference=mark(row.text("Description")),
        business_number="",
        date=day.isoformat() if day else None,
        period=periods.iso(row.text("PostPeriod")),
        currency=row.text("CurrencyID"),
        total=sum((line.amount("DebitAmount") for line in lines), ZERO),
        status=row.text("Status"),
        lines=tuple(_journal_line(line) for line in lines),
    )


def _journal_line(line: Row) -> BookLine:
    return BookLine(
        account=line.text("Account"),
        project=_project(line.text("Project")),
        cost_code=line.text("CostCode") or None,
        dimensions=_dimensions(line.text("Subaccount"), line.text("ProjectTask")),
        debit=line.amount("DebitAmount"),
        credit=line.amount("CreditAmount"),
    )


def _project(code: str) -> str | None:
    return code if code and code != NO_PROJECT else None


def _dimensions(subaccount: str, task: str) -> dict[str, str]:
    return {name: value for name, value in (("subaccount", subaccount), ("task", task)) if value}
