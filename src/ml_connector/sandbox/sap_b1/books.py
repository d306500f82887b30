"""The company's documents in the shape that all vendors' books share."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.kit.books import Book, BookLine
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import drafts, kinds
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.rules.coding import COSTING

ZERO: Final = Decimal(0)
_CLASSES: Final = {18: "bill", 19: "credit_note", 20: "receipt", 22: "order"}
_CANCELLATION: Final = "cancellation"
"""Added to the kind of a document that only undoes another one."""


def books(desk: Desk) -> list[Book]:
    """Documents, drafts that are open, payments, and the journal entries that were entered as such."""
    found = [_document(desk, kind, row) for kind in kinds.ALL for row in desk.store[kind.table]]
    found += [_draft(desk, row) for row in desk.store[drafts.TABLE] if row["DocumentStatus"] == "bost_Open"]
    found += [_payment(desk, row) for row in desk.store["OVPM"]]
    found += [_journal(desk, row) for row in desk.store["OJDT"] if row["OriginalJournal"] == "ttJournalEntry"]
    return found


def mark(row: Row) -> str | None:
    """Our reference: the user field that has REF in its name, else the first one that holds something."""
    filled = {name: str(value) for name, value in row.items() if name.startswith("U_") and value not in (None, "")}
    named = next((value for name, value in filled.items() if "REF" in name.upper()), None)
    return named if named is not None else next(iter(filled.values()), None)


def _document(desk: Desk, kind: Kind, row: Row) -> Book:
    status = row["CancelStatus"] if row["CancelStatus"] != "csNo" else row["DocumentStatus"]
    is_cancellation = row["CancelStatus"] == "csCancellation"
    return _of_head(
        desk,
        row,
        document=_CLASSES[kind.object_type],
        kind=f"{kind.name} {_CANCELLATION}" if is_cancellation else kind.name,
        status=status,
        reversed_by=_counterpart(desk, kind, row),
    )


def _draft(desk: Desk, row: Row) -> Book:
    kind = kinds.BY_OBJECT[row["DocObjectCode"]]
    return _of_head(desk, row, document="draft", kind=kind.name, status=row["AuthorizationStatus"], reversed_by=None)


def _of_head(desk: Desk, row: Row, *, document: str, kind: str, status: str, reversed_by: str | None) -> Book:
    is_foreign = row["DocCurrency"] != desk.local
    posted = desk.store["OJDT"].find(row["TransNum"])
    return Book(
        document=document,
        kind=kind,
        number=str(row["DocNum"]),
        reference=mark(row),
        business_number=row["NumAtCard"],
        party=row["CardCode"],
        date=row["DocDate"].isoformat(),
        period=f"{row['DocDate']:%Y-%m}",
        currency=row["DocCurrency"],
        total=row["DocTotalFc"] if is_foreign else row["DocTotal"],
        tax=row["VatSumFc"] if is_foreign else row["VatSum"],
        status=status,
        reversed_by=reversed_by,
        lines=tuple(_ledger_lines(posted) if posted is not None else _document_lines(row)),
    )


def _counterpart(desk: Desk, kind: Kind, row: Row) -> str | None:
    """The number of the document that undoes this one, or that this one undoes."""
    if row["CancelStatus"] == "csNo":
        return None
    entry = desk.store.reversed_by(kind.table, row["DocEntry"])
    undone = desk.store["reversals"].where(("Table", "By"), kind.table, row["DocEntry"])
    if entry is None and undone:
        entry = undone[0]["Entry"]
    other = desk.store[kind.table].find(entry)
    return str((other if other is not None else row)["DocNum"])


def _document_lines(row: Row) -> Iterator[BookLine]:
    for line in row["DocumentLines"]:
        amount = line["LineTotal"]
        yield BookLine(
            account=line["AccountCode"], project=line["ProjectCode"], dimensions=_dimensions(line), amount=amount
        )


def _ledger_lines(posted: Row) -> Iterator[BookLine]:
    """What the ledger holds; lines on a partner's account are no lines of the document and have no amount."""
    for line in posted["JournalEntryLines"]:
        is_partner = line["ShortName"] != line["AccountCode"]
        yield BookLine(
            account=line["AccountCode"],
            project=line["ProjectCode"],
            dimensions=_dimensions(line),
            debit=line["Debit"],
            credit=line["Credit"],
            amount=None if is_partner else line["Debit"] - line["Credit"],
        )


def _dimensions(line: Row) -> dict[str, str]:
    named = {f"profit_center_{at}" if at > 1 else "profit_center": line[name] for at, name in enumerate(COSTING, 1)}
    return {name: value for name, value in named.items() if value}


def _payment(desk: Desk, row: Row) -> Book:
    is_cancelled = row["Cancelled"] == "tYES"
    return Book(
        document="payment",
        kind="VendorPayments",
        number=str(row["DocNum"]),
        reference=mark(row),
        business_number=row["TransferReference"],
        party=row["CardCode"],
        date=row["DocDate"].isoformat(),
        period=f"{row['DocDate']:%Y-%m}",
        currency=row["DocCurrency"],
        total=row["CashSum"] + row["TransferSum"],
        status="cancelled" if is_cancelled else "posted",
        reversed_by=str(row["DocNum"]) if is_cancelled else None,
        lines=tuple(_paid_line(desk, line) for line in row["PaymentInvoices"]),
    )


def _paid_line(desk: Desk, line: Row) -> BookLine:
    kind = kinds.CREDIT_NOTE if line["InvoiceType"] == "it_PurchaseCreditNote" else kinds.INVOICE
    paid = desk.store[kind.table].find(line["DocEntry"])
    number = str(paid["DocNum"]) if paid is not None else ""
    return BookLine(dimensions={"document": number, "document_type": kind.name}, amount=line["SumApplied"])


def _journal(desk: Desk, row: Row) -> Book:
    reversed_by = desk.store.reversed_by("OJDT", row["JdtNum"])
    undone = desk.store["reversals"].where(("Table", "By"), "OJDT", row["JdtNum"])
    other = desk.store["OJDT"].find(
        reversed_by if reversed_by is not None else (undone[0]["Entry"] if undone else None)
    )
    return Book(
        document="journal",
        kind=f"JournalEntries {_CANCELLATION}" if undone else "JournalEntries",
        number=str(row["Number"]),
        reference=mark(row),
        business_number=row["Reference"],
        party=next((line["ShortName"] for line in row["JournalEntryLines"] if _names_partner(line)), None),
        date=row["ReferenceDate"].isoformat(),
        period=f"{row['ReferenceDate']:%Y-%m}",
        currency=desk.local,
        total=sum((line["Debit"] for line in row["JournalEntryLines"]), ZERO),
        status="reversed" if reversed_by is not None else "posted",
        reversed_by=None if other is None else str(other["Number"]),
        lines=tuple(_ledger_lines(row)),
    )


def _names_partner(line: Row) -> bool:
    return bool(line["ShortName"] != line["AccountCode"])
