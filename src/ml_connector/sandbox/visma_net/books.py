"""The company's documents in the shape that all vendors' books share."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.kit.books import Book, BookLine
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_life, orders
from ml_connector.sandbox.visma_net.records import Record, Values

_UNPOSTED = ("Hold", "Balanced")


def books(desk: Desk) -> list[Book]:
    """Supplier invoices and the like, payments, purchase orders, and journals that were entered."""
    company = desk.company
    entered = [row for row in company["Journal"] if row["module"] == "GL"]
    reversed_by = {row["originalBatchNumber"]: row["batchNumber"] for row in entered if row["originalBatchNumber"]}
    found = [_invoice(desk, row) for row in company["Invoice"]]
    found += [_payment(row) for row in company["Payment"]]
    found += [_order(desk, row) for row in company["Order"]]
    found += [_journal(desk, row, reversed_by) for row in entered]
    return found


def mark(description: object) -> str:
    """Our reference at the front of a description: what stands before the first colon when it begins with ML-."""
    head, colon, _ = str(description or "").partition(":")
    return head.strip() if colon and head.startswith("ML-") else ""


def _period(period: str) -> str:
    return f"{period[:4]}-{period[4:]}"


def _invoice(desk: Desk, row: Record) -> Book:
    v = row.values
    posted = v["status"] not in (*_UNPOSTED, "Prebooked", "Voided")
    lines = [_document_line(desk, line, line["cost"]) for line in row.lines]
    if posted:
        booked = invoice_life.entries(desk, row)
        lines = [
            _document_line(desk, line, line["cost"], one["amount"])
            for line, one in zip(row.lines, booked, strict=False)
        ]
        lines += [_ledger_line(one["account"], one["amount"]) for one in booked[len(row.lines) :] if one["amount"]]
    return Book(
        document="bill",
        kind=v["documentType"],
        number=v["referenceNumber"],
        reference=mark(v.get("description")),
        business_number=v.get("supplierReference") or "",
        party=v["supplierNumber"],
        date=v["date"].isoformat(),
        period=_period(v["period"]),
        currency=v["currencyId"],
        total=v["total"],
        tax=v["vatTotal"],
        status=v["status"],
        reversed_by=v.get("reversed_by"),
        lines=tuple(lines),
    )


def _document_line(desk: Desk, line: Values, amount: Decimal, booked: Decimal | None = None) -> BookLine:
    """`booked` is what the ledger has of the line, which is less than its amount where that holds VAT."""
    return BookLine(
        account=line.get("account"),
        project=line.get("project"),
        cost_code=_cost_code(desk, line),
        dimensions=_dimensions(desk, line),
        debit=None if booked is None else max(booked, ZERO),
        credit=None if booked is None else max(-booked, ZERO),
        amount=amount,
    )


def _ledger_line(account: str, value: Decimal) -> BookLine:
    """A line that only the ledger has: payable, VAT, rounding."""
    return BookLine(account=account, debit=max(value, ZERO), credit=max(-value, ZERO))


def _parts(desk: Desk, line: Values) -> list[str]:
    subaccount = desk.find("Subaccount", line.get("subaccount"))
    return list(subaccount["parts"]) if subaccount else []


def _cost_code(desk: Desk, line: Values) -> str | None:
    """The third segment of the subaccount; None for its zero value."""
    parts = _parts(desk, line)
    return parts[2] if len(parts) > 2 and parts[2].strip("0") else None


def _dimensions(desk: Desk, line: Values) -> dict[str, str]:
    found = {f"segment{place}": part for place, part in enumerate(_parts(desk, line), start=1)}
    named = {"subaccount": line.get("subaccount"), "task": line.get("task")}
    return {**{name: str(value) for name, value in named.items() if value}, **found}


def _payment(row: Record) -> Book:
    v = row.values
    return Book(
        document="payment",
        kind=v["type"],
        number=v["number"],
        reference=mark(v.get("description")),
        business_number=v.get("paymentRef") or "",
        party=v["supplier"],
        date=v["applicationDate"].isoformat(),
        period=_period(v["period"]),
        currency=v["currency"],
        total=v["total"],
        status=v["status"],
        reversed_by=v["number"] if v["status"] == "Voided" else None,
        lines=tuple(
            BookLine(
                dimensions={"document": line["refNbr"], "document_type": line["documentType"]},
                amount=line["amountPaid"],
            )
            for line in row.lines
        ),
    )


def _order(desk: Desk, row: Record) -> Book:
    v = row.values
    vat = sum((one["vat"] for one in orders.taxes(desk, row)), ZERO)
    return Book(
        document="purchase_order",
        kind=v["orderType"],
        number=row.key,
        reference=mark(v.get("description")),
        business_number=v.get("supplierRef") or "",
        party=v["supplier"],
        date=v["date"].isoformat(),
        currency=v["currency"],
        total=sum((line["amount"] for line in orders.live(row)), ZERO) + vat,
        tax=vat,
        status=v["status"],
        lines=tuple(_document_line(desk, line, line["amount"]) for line in orders.live(row)),
    )


def _journal(desk: Desk, row: Record, reversed_by: dict[str, str]) -> Book:
    v = row.values
    return Book(
        document="journal",
        kind=v["module"],
        number=v["batchNumber"],
        reference=mark(v.get("description")),
        business_number=next((line["referenceNumber"] for line in row.lines if line.get("referenceNumber")), ""),
        date=v["transactionDate"].isoformat(),
        period=_period(v["period"]),
        currency=v["currencyId"],
        total=sum((line["debit"] for line in row.lines), ZERO),
        status=v["status"],
        reversed_by=reversed_by.get(v["batchNumber"]),
        lines=tuple(
            BookLine(
                account=line["account"],
                project=line.get("project"),
                cost_code=_cost_code(desk, line),
                dimensions=_dimensions(desk, line),
                debit=line["debit"],
                credit=line["credit"],
            )
            for line in row.lines
        ),
    )
