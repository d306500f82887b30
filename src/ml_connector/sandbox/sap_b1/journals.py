"""JournalEntries: what people and programs enter by hand (vendors/sap_b1.md §5.3)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1 import company_rules, ledger
from ml_connector.sandbox.sap_b1.declared.ledger import JOURNAL
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Key, Row
from ml_connector.sandbox.sap_b1.errors import (
    no_matching_records,
    not_supported_action,
    not_updatable,
    validation,
)
from ml_connector.sandbox.sap_b1.merging import merged
from ml_connector.sandbox.sap_b1.rules import coding, currencies, periods, rounding, taxes
from ml_connector.sandbox.sap_b1.rules.coding import Place
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

_BLANK: Final = ledger.BLANK | {"OriginalJournal": "ttJournalEntry"}
_AMOUNTS: Final = ("Debit", "Credit", "FCDebit", "FCCredit")
_HEAD_EDITS: Final = frozenset(
    [
        "Memo",
        "Reference",
        "Reference2",
        "Reference3",
        "ProjectCode",
        "DueDate",
        "TransactionCode",
        "Indicator",
        "AttachmentEntry",
    ]
)
_LINE_EDITS: Final = frozenset(
    ["LineMemo", "Reference1", "Reference2", "AdditionalReference", "DueDate", "PaymentBlock"]
)


class Journals:
    """The entity set. Entries are final: what is wrong is reversed."""

    name = "JournalEntries"
    type = JOURNAL
    table = "OJDT"

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.actions: Mapping[str, Callable[[Key, Row], Row | None]] = {"Cancel": self.cancel}

    def rows(self) -> list[Row]:
        """By JdtNum."""
        return self._desk.store["OJDT"].rows()

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""
        row = self._desk.store["OJDT"].find(key)
        if row is None:
            raise no_matching_records()
        return row

    def create(self, body: Row) -> Row:
        """Check, post, and reverse at once or later where the entry asks for it."""
        row = prepared(self._desk, body)
        company_rules.ask(self._desk, "30", row)
        posted = ledger.store(self._desk, row)
        if posted["UseAutoStorno"] == "tYES":
            self._desk.store["storno"].put({"JdtNum": posted["JdtNum"], "Day": posted["StornoDate"]})
            run_due_reversals(self._desk)
        return posted

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """Memo, references, project, due date and user fields. Raises -1029 for anything else that would change."""
        stored = self.get(key)
        row = merged(self.type, stored, body, whole=False, replace_collections=False)
        if len(row["JournalEntryLines"]) != len(stored["JournalEntryLines"]):
            raise not_updatable()
        _only(stored, row, _HEAD_EDITS | {"JournalEntryLines"})
        for before, after in zip(stored["JournalEntryLines"], row["JournalEntryLines"], strict=True):
            _only(before, after, _LINE_EDITS)
        coding.check_project(self._desk, row["ProjectCode"], row["ReferenceDate"], Place("OJDT"))
        self._desk.store["OJDT"].put(row)

    def delete(self, key: Key) -> None:
        """Raises -5006."""
        self.get(key)
        raise not_supported_action()

    def cancel(self, key: Key, body: Row) -> None:
        """Reverse an entry that was entered by hand, once."""
        reverse(self._desk, self.get(key), None)


def _only(before: Row, after: Row, allowed: frozenset[str]) -> None:
    for name, value in after.items():
        if name not in allowed and not name.startswith("U_") and value != before.get(name):
            raise not_updatable()


def reverse(desk: Desk, row: Row, day: date | None) -> Row:
    """Post the reversal on a day: without one on the entry's own or today, as the switch says."""
    if row["OriginalJournal"] != "ttJournalEntry":
        raise validation("The journal entry belongs to a document; cancel the document")
    if desk.store.reversed_by("OJDT", row["JdtNum"]) is not None or _is_reversal(desk, row):
        raise validation("The journal entry has already been reversed  [OJDT.StornoToTr]")
    day = day or company_rules.cancellation_day(desk, row["ReferenceDate"])
    periods.check(desk, day, "OJDT", "RefDate")
    return ledger.reversal(desk, row, day)


def _is_reversal(desk: Desk, row: Row) -> bool:
    return bool(desk.store["reversals"].where(("Table", "By"), "OJDT", row["JdtNum"]))


def run_due_reversals(desk: Desk) -> None:
    """Make the automatic reversals whose day has come."""
    for due in [row for row in desk.store["storno"] if row["Day"] <= desk.today]:
        desk.store["storno"].drop(due["JdtNum"])
        row = desk.store["OJDT"].find(due["JdtNum"])
        if row is not None and desk.store.reversed_by("OJDT", row["JdtNum"]) is None:
            ledger.reversal(desk, row, due["Day"])


def prepared(desk: Desk, body: Row) -> Row:
    """A checked entry, not numbered yet."""
    row = _BLANK | {name: value for name, value in body.items() if value is not None}
    row["ReferenceDate"] = day = row["ReferenceDate"] or desk.today
    for name in ("DueDate", "TaxDate", "VatDate"):
        row[name] = row[name] or day
    if row["UseAutoStorno"] == "tYES":
        row["StornoDate"] = row["StornoDate"] or day
        if row["StornoDate"] < day:
            raise validation("Date deviates from permissible range [OJDT.StornoDate]")
        periods.check(desk, row["StornoDate"], "OJDT", "StornoDate")
    periods.check(desk, day, "OJDT", "RefDate")
    company_rules.check_series(desk, row["Series"], ledger.SERIES, "OJDT")
    coding.check_project(desk, row["ProjectCode"], day, Place("OJDT"))
    lines = [_line(desk, row, line, number) for number, line in enumerate(body.get("JournalEntryLines") or [])]
    if row["AutoVAT"] == "tYES":
        lines += [tax for line in lines for tax in _tax_line(desk, line)]
        lines = [line | {"Line_ID": number} for number, line in enumerate(lines)]
    if len(lines) < 2 or sum((line["Debit"] - line["Credit"] for line in lines), ZERO):
        raise validation("Unbalanced Transaction")
    return row | {"JournalEntryLines": [line | _contra(lines, line) for line in lines]}


def _line(desk: Desk, head: Row, sent: Row, number: int) -> Row:
    place = Place("JDT1", number)
    line = ledger.BLANK_LINE | {name: value for name, value in sent.items() if value is not None} | {"Line_ID": number}
    line |= {name: line[name] or ZERO for name in _AMOUNTS}
    _amounts(desk, head, line, place)
    _account(desk, line, head["ReferenceDate"], place)
    for name, value in (("DueDate", head["DueDate"]), ("TaxDate", head["TaxDate"])):
        line[name] = line[name] or value
    line["ReferenceDate1"] = line["ReferenceDate1"] or head["ReferenceDate"]
    line["ProjectCode"] = line["ProjectCode"] or head["ProjectCode"]
    line["LineMemo"] = line["LineMemo"] or (head["Memo"] or "")[:50] or None
    coding.check(desk, line, head["ReferenceDate"], place)
    company_rules.check_branch(desk, line["BPLID"], "JDT1", "BPLId")
    code = line[_tax_field(desk)]
    if code:
        taxes.rate(desk, code, "JDT1", number)
    return line


def _amounts(desk: Desk, head: Row, line: Row, place: Place) -> None:
    """Round them; an amount in foreign currency alone is converted."""
    currency = line["FCCurrency"]
    if currency and currency != desk.local:
        currencies.check(desk, currency, "JDT1", "FCCurrency", place.line)
        for foreign, local in (("FCDebit", "Debit"), ("FCCredit", "Credit")):
            line[foreign] = rounding.amount(desk, line[foreign], currency)
            if line[foreign] and not line[local]:
                rate = currencies.rate_of(desk, currency, head["ReferenceDate"])
                if rate is None:
                    raise place.named("Specify exchange rate for the posting date", "FCCurrency")
                line[local] = line[foreign] * rate
    for name in ("Debit", "Credit"):
        line[name] = rounding.amount(desk, line[name], desk.local)
    if line["Debit"] and line["Credit"]:
        raise place.named("A line has either a debit or a credit", "Debit")


def _account(desk: Desk, line: Row, day: date, place: Place) -> None:
    """A partner in ShortName posts on the partner's control account; otherwise the account must be free."""
    partner = desk.vendor(line["ShortName"])
    if partner is not None:
        if not coding.is_in_use(partner, day, "Frozen", "Valid"):
            raise place.named(f"Business partner '{line['ShortName']}' is inactive", "ShortName")
        line["AccountCode"] = line["ControlAccount"] = (
            line["ControlAccount"] or partner["DebitorAccount"] or desk.account("payables")
        )
        coding.account(desk, line["AccountCode"], day, place)
        return
    if line["ShortName"] and line["AccountCode"] and line["ShortName"] != line["AccountCode"]:
        raise place.refused("ShortName")
    line["AccountCode"] = line["AccountCode"] or line["ShortName"]
    row = coding.account(desk, line["AccountCode"], day, place)
    if coding.is_locked(row) and desk.opening is None:
        raise place.named(f"G/L account '{line['AccountCode']}' is locked for manual transactions", "Account")
    line["ShortName"] = line["ControlAccount"] = line["AccountCode"]


def _tax_field(desk: Desk) -> str:
    return "TaxGroup" if taxes.field(desk) == "VatGroup" else "TaxCode"


def _tax_line(desk: Desk, line: Row) -> list[Row]:
    """The tax of a line with a code, on the same side (AutoVAT)."""
    code = line[_tax_field(desk)]
    if not code:
        return []
    percent = taxes.rate(desk, code, "JDT1", line["Line_ID"])
    base = line["Debit"] - line["Credit"]
    tax = rounding.amount(desk, base * percent / Decimal(100), desk.local)
    account = taxes.account(desk, code)
    values = {"AccountCode": account, "ShortName": account, "ControlAccount": account, "BaseSum": base}
    values |= {"Debit": max(tax, ZERO), "Credit": max(-tax, ZERO), "VatLine": "tYES", _tax_field(desk): code}
    kept = {name: line[name] for name in ("DueDate", "TaxDate", "ReferenceDate1", "LineMemo")}
    return [ledger.BLANK_LINE | dict.fromkeys(_AMOUNTS, ZERO) | kept | values] if tax else []


def _contra(lines: list[Row], line: Row) -> Row:
    """The first account on the other side."""
    other = next((one for one in lines if (one["Debit"] > 0) != (line["Debit"] > 0)), None)
    return {"ContraAccount": line["ContraAccount"] or (other["ShortName"] if other is not None else None)}
