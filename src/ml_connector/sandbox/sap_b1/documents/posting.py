"""What a document does to the ledger, and how it is undone."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.sandbox.sap_b1 import company_rules, ledger
from ml_connector.sandbox.sap_b1.desk import Desk, stamped
from ml_connector.sandbox.sap_b1.documents import copying, kinds
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import validation
from ml_connector.sandbox.sap_b1.ledger import Entry, Head, Origin
from ml_connector.sandbox.sap_b1.rules import periods, rounding, taxes
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO


def post(desk: Desk, kind: Kind, row: Row) -> Row:
    """Number a checked document, post it, close what it was copied from, and keep it."""
    copying.settle(desk, row)
    row = numbered(desk, kind, row)
    entries = _entries(desk, kind, row)
    if any(entry.amount for entry in entries):
        row["TransNum"] = ledger.post(desk, _head(kind, row), entries)["JdtNum"]
    if kind is kinds.CREDIT_NOTE and any(copying.is_based(line) for line in row["DocumentLines"]):
        row = copying.paid(row, row["DocTotal"], row["DocTotalFc"])
    return desk.store[kind.table].put(stamped(desk, row))


def numbered(desk: Desk, kind: Kind, row: Row) -> Row:
    """A new document with its entry and number."""
    entry = desk.store.next_number(kind.table)
    number = desk.store.next_number(f"numbers of {kind.table}")
    lines = [line | {"DocEntry": entry} for line in row["DocumentLines"]]
    return row | {"DocEntry": entry, "DocNum": number, "DocumentLines": lines, "UserSign": 1, "DataVersion": None}


def _head(kind: Kind, row: Row) -> Head:
    return Head(
        origin=Origin(kind=kind.journal, entry=row["DocEntry"], number=str(row["DocNum"])),
        day=row["DocDate"],
        due=row["DocDueDate"],
        tax_day=row["TaxDate"],
        memo=row["JournalMemo"],
        currency=row["DocCurrency"],
        reference=str(row["DocNum"]),
        reference2=row["NumAtCard"] or "",
        project=row["Project"],
    )


def _entries(desk: Desk, kind: Kind, row: Row) -> list[Entry]:
    if kind is kinds.RECEIPT:
        return _received(desk, row)
    if not kind.sign:
        return []
    nets = _shared(desk, [line["LineTotal"] for line in row["DocumentLines"]], row["TotalDiscount"], desk.local)
    foreign = _shared(
        desk, [line["RowTotalFC"] for line in row["DocumentLines"]], row["TotalDiscountFC"], row["DocCurrency"]
    )
    entries = [
        Entry(
            account=_cost_account(desk, line),
            amount=kind.sign * net,
            foreign=kind.sign * abroad,
            text=line["ItemDescription"] or "",
            coding=line,
        )
        for line, net, abroad in zip(row["DocumentLines"], nets, foreign, strict=True)
    ]
    entries += _tax_entries(desk, kind, row)
    if row["RoundingDiffAmount"]:
        entries.append(Entry(account=desk.account("rounding"), amount=kind.sign * row["RoundingDiffAmount"]))
    vendor = Entry(
        account=row["ControlAccount"],
        amount=-kind.sign * row["DocTotal"],
        foreign=-kind.sign * row["DocTotalFc"],
        partner=row["CardCode"],
    )
    return [*entries, vendor]


def _cost_account(desk: Desk, line: Row) -> str:
    """What came in with a goods receipt was posted against goods received that are not invoiced yet."""
    is_received = line["BaseType"] == kinds.RECEIPT.object_type and line["ItemCode"]
    return desk.account("accrual") if is_received else str(line["AccountCode"])


def _received(desk: Desk, row: Row) -> list[Entry]:
    """Items that came in; services are posted when they are invoiced."""
    if row["DocType"] != "dDocument_Items":
        return []
    entries = [
        Entry(account=line["AccountCode"], amount=line["LineTotal"], text=line["ItemDescription"] or "", coding=line)
        for line in row["DocumentLines"]
    ]
    return [*entries, Entry(account=desk.account("accrual"), amount=-row["BaseAmount"])]


def _tax_entries(desk: Desk, kind: Kind, row: Row) -> list[Entry]:
    """One for each account; what the document's rounding leaves goes to the first."""
    sums: dict[str, Decimal] = {}
    for line in row["DocumentLines"]:
        account = taxes.account(desk, line[taxes.field(desk)])
        sums[account] = sums.get(account, ZERO) + line["TaxTotal"]
    whole = sum(sums.values(), ZERO)
    if whole != row["VatSum"]:
        first = next(iter(sums))
        sums[first] += row["VatSum"] - whole
    return [Entry(account=account, amount=kind.sign * amount) for account, amount in sums.items()]


def _shared(desk: Desk, amounts: list[Decimal], discount: Decimal, currency: str) -> list[Decimal]:
    """The lines' amounts less their share of the document's discount; what is left over falls on the largest."""
    whole = sum(amounts, ZERO)
    if not discount or not whole:
        return amounts
    nets = [rounding.amount(desk, amount - discount * amount / whole, currency) for amount in amounts]
    largest = max(range(len(nets)), key=lambda at: abs(nets[at]))
    nets[largest] += whole - discount - sum(nets, ZERO)
    return nets


def cancel(desk: Desk, kind: Kind, row: Row, day: date | None = None) -> Row:
    """Undo a document. A posted one gets a cancellation document, which is returned; an order is only marked."""
    if row["CancelStatus"] != "csNo":
        raise validation(f"Document has already been cancelled  [{kind.table}.CANCELED]")
    _check_untouched(kind, row)
    if kind is kinds.ORDER:
        return _marked(desk, kind, row)
    day = day or company_rules.cancellation_day(desk, row["DocDate"])
    period = periods.check(desk, day, kind.table, "DocDate")
    made = numbered(desk, kind, _opposite(desk, kind, row) | {"DocDate": day, "TaxDate": day, "VatDate": day})
    made["FinancialPeriod"] = period["AbsoluteEntry"]
    origin = Origin(kind=kind.journal, entry=made["DocEntry"], number=str(made["DocNum"]))
    posted = desk.store["OJDT"].find(row["TransNum"])
    if posted is not None:
        made["TransNum"] = ledger.reversal(desk, posted, day, origin)["JdtNum"]
    copying.settle(desk, row, back=True)
    desk.store.reverse(kind.table, row["DocEntry"], made["DocEntry"])
    _marked(desk, kind, row)
    return desk.store[kind.table].put(stamped(desk, made))


def _check_untouched(kind: Kind, row: Row) -> None:
    """Nothing may have been paid, copied or closed."""
    is_credit = kind is kinds.CREDIT_NOTE and any(copying.is_based(line) for line in row["DocumentLines"])
    if is_credit:
        return
    if row["PaidToDate"] or any(line["OpenAmount"] != line["LineTotal"] for line in row["DocumentLines"]):
        raise validation(f"Document is paid or was copied to another one  [{kind.table}.DocStatus]")
    if row["DocumentStatus"] != "bost_Open":
        raise validation(f"Document is closed  [{kind.table}.DocStatus]")


def _marked(desk: Desk, kind: Kind, row: Row) -> Row:
    lines = [line | {"LineStatus": "bost_Close"} for line in row["DocumentLines"]]
    values: Row = {"Cancelled": "tYES", "CancelStatus": "csYes", "DocumentStatus": "bost_Close"}
    values |= {"CancelDate": desk.today, "DocumentLines": lines}
    return desk.store[kind.table].put(stamped(desk, row | values))


def _opposite(desk: Desk, kind: Kind, row: Row) -> Row:
    """The cancellation document: the same amounts, based on the original."""
    keeps = desk.switches.on("reversal_keeps_user_fields")
    lines = []
    for line in row["DocumentLines"]:
        based = {"BaseType": kind.object_type, "BaseEntry": row["DocEntry"], "BaseLine": line["LineNum"]}
        kept = line if keeps else ledger.without_user_fields(line)
        lines.append(kept | based | {"LineStatus": "bost_Close", "OpenAmount": ZERO, "OpenAmountFC": ZERO})
    values: Row = {"CancelStatus": "csCancellation", "DocumentStatus": "bost_Close", "TransNum": None}
    values |= {"CreationDate": desk.today, "DocumentLines": lines, "DraftKey": None}
    return (row if keeps else ledger.without_user_fields(row)) | values


def close(desk: Desk, kind: Kind, row: Row) -> Row:
    """Close an open order or receipt by hand."""
    if row["DocumentStatus"] != "bost_Open":
        raise validation(f"Document is already closed  [{kind.table}.DocStatus]")
    lines = [line | {"LineStatus": "bost_Close"} for line in row["DocumentLines"]]
    values: Row = {"DocumentStatus": "bost_Close", "ClosingDate": desk.today, "DocumentLines": lines}
    return desk.store[kind.table].put(stamped(desk, row | values))


def reopen(desk: Desk, kind: Kind, row: Row) -> Row:
    """Open a closed order or receipt again as far as something is left on it."""
    if row["CancelStatus"] != "csNo" or row["DocumentStatus"] == "bost_Open":
        raise validation(f"Document cannot be reopened  [{kind.table}.DocStatus]")
    lines = [
        line | {"LineStatus": "bost_Open" if line["OpenAmount"] else "bost_Close"} for line in row["DocumentLines"]
    ]
    if all(line["LineStatus"] == "bost_Close" for line in lines):
        raise validation(f"Nothing is left to reopen  [{kind.table}.DocStatus]")
    values: Row = {"DocumentStatus": "bost_Open", "ClosingDate": None, "DocumentLines": lines}
    return desk.store[kind.table].put(stamped(desk, row | values))
