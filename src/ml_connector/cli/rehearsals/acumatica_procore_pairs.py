"""The demo's judge of what is kept in step between Acumatica and Procore: vendors, cost codes, payments."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING

from ml_connector.cli.rehearsals import books
from ml_connector.cli.rehearsals.books import Book, Comparison, Ready, Sum
from ml_connector.cli.rehearsals.pairs import Row, Said, compared, digits, procore_cost_codes, procore_vendors, repeated

if TYPE_CHECKING:
    from ml_connector.hub.differences import Report
    from ml_connector.hub.lists import MatchRow, RecordRow


def vendors(integration: str, ready: Ready, pairs: list[MatchRow], records: list[RecordRow]) -> Comparison:
    """Every matched vendor says the same on both sides, none was made twice, and those without a partner wait."""
    left = {_value(row, "VendorID"): _acumatica_vendor(row) for row in books.state(ready["acumatica"])["Vendor"]}
    return compared(integration, "vendors ⇄", left, procore_vendors(ready), pairs, records)


def cost_codes(integration: str, ready: Ready, pairs: list[MatchRow], records: list[RecordRow]) -> Comparison:
    """Every matched cost code has the same name on both sides."""
    codes = books.state(ready["acumatica"])["CostCode"]
    left: Said = {_value(row, "CostCodeID"): (_value(row, "Description"),) for row in codes}
    return compared(integration, "cost codes ⇄", left, procore_cost_codes(ready), pairs, records)


def payments(integration: str, ready: Ready, records: list[RecordRow]) -> Comparison:
    """Each payment of a bill of ours, unless it is voided, is one contract payment of the same amount and day."""
    there = books.books(ready["acumatica"])
    bills = {book.number for book in there if book.document == "bill" and (book.reference or "").startswith("ML-")}
    adopted = {record.target for record in records if record.cause == "keyed_by_hand" and record.state == "posted"}
    voided = {book.number for book in there if book.kind == "Voided Payment"}
    wanted = [
        (book, line.amount or Decimal(0))
        for book in there
        if book.document == "payment" and book.kind == "Payment" and book.number not in voided
        for line in book.lines
        if line.dimensions.get("document") in bills | adopted
    ]
    shown = [book for book in books.books(ready["procore"]) if book.document == "contract_payment"]
    ours = [book for book in shown if (book.reference or "").startswith("ML-")]
    missing = Counter((amount, book.date) for book, amount in wanted)
    missing.subtract((book.total, book.date) for book in ours)
    references = Counter(book.reference for book in ours)
    twice = tuple(f"payment {reference}" for reference, count in references.items() if count > 1)
    faults = [
        f"a payment of {amount} on {day} is shown {-count} times too often"
        for (amount, day), count in missing.items()
        if count < 0
    ]
    faults += [f"a payment of {amount} on {day} is not shown" for (amount, day), count in missing.items() if count > 0]
    return Comparison(
        integration=integration,
        flow="payments ←",
        source=_paid(wanted),
        held=Sum(),
        adopted=Sum(),
        target=books.total_of(ours),
        duplicates=twice,
        faults=(*faults, *(f"{text} is there twice" for text in twice)),
    )


def commitments(integration: str, ready: Ready, pairs: list[MatchRow], report: Report) -> Comparison:
    """Every matched commitment has its revised amount on its order, unless the report names what differs."""
    state = books.state(ready["procore"])
    source = {
        str(row["id"]): (Decimal(row["revised_contract"]), f"{row['number']} {row['title']}")
        for kind in ("work_order_contracts", "purchase_order_contracts")
        for row in state[kind]
    }
    erp = books.state(ready["acumatica"])
    orders = {
        f"{_value(row, 'Type')}|{_value(row, 'OrderNbr')}": _amount(row, "OrderTotal") for row in erp["PurchaseOrder"]
    }
    orders |= {
        f"Subcontract|{_value(row, 'SubcontractNbr')}": _amount(row, "SubcontractTotal") for row in erp["Subcontract"]
    }
    known = {one.difference.source for one in report.found} | {one.difference.target for one in report.found}
    faults = [
        f"{name}: {total} there, {orders.get(pair.left)} as {pair.left}"
        for pair in pairs
        if pair.right in source
        for total, name in (source[pair.right],)
        if orders.get(pair.left) != total
        and not any(word in known for word in (name.split()[0], pair.left.partition("|")[2]))
    ]
    twice = [*repeated(pair.left for pair in pairs), *repeated(pair.right for pair in pairs)]
    holds = [
        f"{one.difference.source or one.difference.target}: {one.difference.text}: {one.difference.by_hand}"
        for one in report.found
    ]
    holds += [f"{one.record} {one.title}: {one.cause}: {one.message}" for one in report.uncompared]
    return Comparison(
        integration=integration,
        flow="commitments ⇄",
        source=Sum(count=len(source)),
        held=Sum(count=len(holds)),
        adopted=Sum(),
        target=Sum(count=len(pairs)),
        duplicates=tuple(twice),
        holds=tuple(holds),
        faults=(*faults, *(f"{key} is matched twice" for key in twice)),
    )


def _amount(row: Row, name: str) -> Decimal:
    return Decimal(str(row.get(name, {}).get("value", 0) or 0))


def _paid(wanted: list[tuple[Book, Decimal]]) -> Sum:
    money: dict[str, Decimal] = {}
    for book, amount in wanted:
        money[book.currency or ""] = money.get(book.currency or "", Decimal(0)) + amount
    return Sum(count=len(wanted), money=money)


def _acumatica_vendor(row: Row) -> tuple[str, ...]:
    contact = row["MainContact"]
    address = contact["Address"]
    active = "no" if _value(row, "Status") == "Inactive" else "yes"
    named = [_value(row, "VendorName"), active, digits(_value(row, "TaxRegistrationID"))]
    named += [_value(address, name) for name in ("AddressLine1", "City", "State", "PostalCode", "Country")]
    return (*named, _value(contact, "Email"), digits(_value(contact, "Phone1")))


def _value(row: Row, name: str) -> str:
    return str(row.get(name, {}).get("value", "") or "")
