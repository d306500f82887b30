"""Postings to the ledger: a journal entry is stored and the balances of its accounts and partners move."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.sap_b1.declared.ledger import JOURNAL, JOURNAL_LINE
from ml_connector.sandbox.sap_b1.declared.properties import blank
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

SERIES: Final = 17
BLANK: Final = blank(JOURNAL) | {
    "UseAutoStorno": "tNO",
    "AutoVAT": "tNO",
    "StampTax": "tNO",
    "AutomaticWT": "tNO",
    "DeferredTax": "tNO",
    "Printed": "psNo",
}
BLANK_LINE: Final = blank(JOURNAL_LINE) | {"VatLine": "tNO", "WTLiable": "tNO", "PaymentBlock": "tNO"}
_CODING: Final = ("CostingCode", "CostingCode2", "CostingCode3", "CostingCode4", "CostingCode5", "ProjectCode")


class Entry(Struct, frozen=True, kw_only=True):
    """A line: `amount` above zero is a debit, below zero a credit, in local currency; `foreign` the same in another."""

    account: str
    amount: Decimal
    foreign: Decimal = ZERO
    partner: str = ""
    text: str = ""
    coding: Row | None = None
    """The record whose profit centres and project the line has."""


class Origin(Struct, frozen=True, kw_only=True):
    """Which document posts: the journal's OriginalJournal, Original, BaseReference."""

    kind: str
    entry: int
    number: str


class Head(Struct, frozen=True, kw_only=True):
    """What a document says of its journal entry as a whole."""

    origin: Origin
    day: date
    due: date | None
    tax_day: date | None
    memo: str
    currency: str
    reference: str
    reference2: str = ""
    project: str | None = None


def post(desk: Desk, head: Head, entries: list[Entry]) -> Row:
    """Post what a document stands for. Entries of nothing are left out; the others must balance."""
    if sum((entry.amount for entry in entries), ZERO):
        raise ValueError(f"the posting of {head.origin.kind} {head.origin.entry} does not balance")
    kept = [entry for entry in entries if entry.amount or entry.foreign]
    contra = next((entry.partner for entry in kept if entry.partner), "")
    lines = [_line(desk, head, entry, number, contra) for number, entry in enumerate(kept)]
    row = BLANK | {
        "ReferenceDate": head.day,
        "DueDate": head.due or head.day,
        "TaxDate": head.tax_day or head.day,
        "Memo": head.memo[:50],
        "Reference": head.reference,
        "Reference2": head.reference2[:100] or None,
        "ProjectCode": head.project,
        "OriginalJournal": head.origin.kind,
        "Original": head.origin.entry,
        "BaseReference": head.origin.number,
        "JournalEntryLines": lines,
    }
    return store(desk, row)


def _line(desk: Desk, head: Head, entry: Entry, number: int, contra: str) -> Row:
    values: Row = {"Line_ID": number, "AccountCode": entry.account, "ShortName": entry.partner or entry.account}
    values |= {"Debit": _above(entry.amount), "Credit": _above(-entry.amount)}
    values |= {"FCDebit": _above(entry.foreign), "FCCredit": _above(-entry.foreign)}
    values |= {"FCCurrency": None if head.currency == desk.local else head.currency}
    values |= {"DueDate": head.due or head.day, "ReferenceDate1": head.day, "TaxDate": head.tax_day or head.day}
    values |= {"LineMemo": (entry.text or head.memo)[:50], "ControlAccount": entry.account}
    values |= {"ContraAccount": contra if not entry.partner else None, "Reference1": head.reference}
    if entry.coding is not None:
        values |= {name: entry.coding.get(name) for name in _CODING}
    return BLANK_LINE | values


def _above(amount: Decimal) -> Decimal:
    return amount if amount > 0 else ZERO


def store(desk: Desk, row: Row) -> Row:
    """Number a journal entry that was checked, keep it, and move the balances."""
    number = desk.store.next_number("OJDT")
    row = row | {"JdtNum": number, "Number": desk.store.next_number("numbers of OJDT"), "Series": SERIES}
    if row["Original"] is None:
        row |= {"Original": number, "BaseReference": str(row["Number"])}
    lines = [_in_system_currency(line) for line in row["JournalEntryLines"]]
    for line in lines:
        move(desk, line, line["Debit"] - line["Credit"])
    return desk.store["OJDT"].put(row | {"JournalEntryLines": lines})


def _in_system_currency(line: Row) -> Row:
    """The system currency is the local one here."""
    return line | {"DebitSys": line["Debit"], "CreditSys": line["Credit"]}


def move(desk: Desk, line: Row, amount: Decimal) -> None:
    """Add to the balance of the line's account, and of the partner that it names."""
    accounts = desk.store["OACT"]
    account = accounts.find(line["AccountCode"])
    if account is not None:
        balance = account["Balance"] + amount
        accounts.put(account | {"Balance": balance, "Balance_syscurr": balance})
    partner = desk.vendor(line["ShortName"])
    if partner is not None:
        desk.store["OCRD"].put(partner | {"CurrentAccountBalance": partner["CurrentAccountBalance"] + amount})


def reversal(desk: Desk, row: Row, day: date, origin: Origin | None = None) -> Row:
    """Post the opposite of a stored entry on a day: debits and credits change places."""
    memo = f"{row['Memo'] or ''} (Reversal)".strip()
    lines = [_turned(desk, line, day) for line in row["JournalEntryLines"]]
    made = row if desk.switches.on("reversal_keeps_user_fields") else without_user_fields(row)
    made = made | {"ReferenceDate": day, "Memo": memo[-50:], "JournalEntryLines": lines, "Original": None}
    made |= {"UseAutoStorno": "tNO", "StornoDate": None, "DueDate": day, "TaxDate": day}
    if origin is not None:
        made |= {"OriginalJournal": origin.kind, "Original": origin.entry, "BaseReference": origin.number}
    posted = store(desk, made)
    desk.store.reverse("OJDT", row["JdtNum"], posted["JdtNum"])
    return posted


def _turned(desk: Desk, line: Row, day: date) -> Row:
    made = line if desk.switches.on("reversal_keeps_user_fields") else without_user_fields(line)
    made = made | {"Debit": line["Credit"], "Credit": line["Debit"], "ReferenceDate1": day}
    return made | {"FCDebit": line["FCCredit"], "FCCredit": line["FCDebit"]}


def without_user_fields(row: Row) -> Row:
    """A record as if nobody had filled the user fields."""
    return {name: value for name, value in row.items() if not name.startswith("U_")}
