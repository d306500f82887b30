"""Postings to the general ledger: balanced batches as JournalTransaction records."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.sandbox.acumatica import budget, coding, periods
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Rules, Save

ZERO = Decimal(0)


class Entry(Struct, frozen=True, kw_only=True):
    """One ledger line: `amount` above zero is a debit, below zero a credit."""

    coding: Coding
    amount: Decimal
    text: str = ""
    document: str = ""
    party: str = ""


def post(desk: Desk, entries: list[Entry], *, day: date, period: str, text: str, currency: str) -> str:
    """Post a batch of payables; returns its number. The entries must balance; zero ones are left out."""
    if sum((entry.amount for entry in entries), ZERO):
        raise ValueError(f"the batch '{text}' does not balance")
    batch = Row("JournalTransaction")
    batch["Module"], batch["BatchNbr"] = "AP", desk.store.next_number("AP batch")
    batch["LedgerID"], batch["BranchID"] = desk.set_up.ledger, desk.branch
    batch["TransactionDate"], batch["PostPeriod"] = day, period
    batch["CurrencyID"], batch["Description"], batch["Status"] = currency, text or None, "Posted"
    batch["Hold"] = False
    batch.details["Details"] = [
        _line(desk, entry, number) for number, entry in enumerate((e for e in entries if e.amount), start=1)
    ]
    desk.store.add(batch)
    return batch.text("BatchNbr")


def _line(desk: Desk, entry: Entry, number: int) -> Row:
    account = desk.find("Account", entry.coding.account)
    line = Row("JournalTransactionDetail")
    line["LineNbr"], line["BranchID"] = number, desk.branch
    line["Account"], line["Subaccount"] = entry.coding.account, entry.coding.subaccount or desk.set_up.subaccount
    line["Description"] = account["Description"] if account is not None else None
    line["Project"], line["ProjectTask"] = entry.coding.project, entry.coding.task or None
    line["CostCode"] = entry.coding.cost_code or None
    line["DebitAmount"] = max(entry.amount, ZERO)
    line["CreditAmount"] = max(-entry.amount, ZERO)
    line["Qty"] = ZERO
    line["TransactionDescription"] = entry.text or None
    line["ReferenceNbr"], line["VendorOrCustomer"] = entry.document or None, entry.party or None
    return line


# journals that callers enter


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    if save.before is not None and save.before.text("Status") == "Posted":
        raise business("The batch is posted and cannot be changed.")
    if save.is_new:
        draft["Module"] = "GL"
        draft["BatchNbr"] = desk.store.next_number("GL batch")
        draft.values.setdefault("LedgerID", desk.set_up.ledger)
        draft.values.setdefault("BranchID", desk.branch)
        draft.values.setdefault("CurrencyID", desk.set_up.currency)
        draft.values.setdefault("TransactionDate", desk.today)
        draft.values.setdefault("Hold", desk.switches.on("hold_on_entry"))
    day = draft.day("TransactionDate") or desk.today
    draft["PostPeriod"] = periods.code(draft.text("PostPeriod")) or periods.of_day(desk.store, day)
    if not periods.is_open(desk.store, draft.text("PostPeriod")):
        draft.errors["PostPeriod"] = "'Post Period' cannot be empty."
    for number, line in enumerate(draft.lines(), start=1):
        _entered_line(desk, line, number)
    draft["Status"] = "On Hold" if draft.flag("Hold") else "Balanced"
    if not draft.flag("Hold") and _difference(draft):
        draft.error = "Error: The batch is out of balance."


def _entered_line(desk: Desk, line: Row, number: int) -> None:
    line["LineNbr"] = number
    line["DebitAmount"], line["CreditAmount"] = line.amount("DebitAmount"), line.amount("CreditAmount")
    coding.check(desk, line, module="GL")


def _difference(batch: Row) -> Decimal:
    return sum((line.amount("DebitAmount") - line.amount("CreditAmount") for line in batch.lines()), ZERO)


def _release(desk: Desk, row: Row, _parameters: Parameters) -> None:
    if row.text("Status") != "Balanced":
        raise business(f"The batch has the status '{row.text('Status')}' and cannot be released.")
    if not periods.is_open(desk.store, row.text("PostPeriod")):
        raise business("'Post Period' cannot be empty.")
    for line in row.lines():
        spent = budget.Movement(actual=line.amount("DebitAmount") - line.amount("CreditAmount"))
        budget.move(desk, coding.of(line), spent)
    row["Status"] = "Posted"
    desk.store.touch(row)


def _erase(_desk: Desk, row: Row) -> None:
    if row.text("Status") == "Posted":
        raise business("The batch is posted and cannot be deleted.")


JOURNAL = Rules(
    read_only=frozenset({"Status", "BatchNbr"}),
    read_only_lines={"Details": frozenset({"Description"})},
    line_keys={"Details": "LineNbr"},
    key_defaults={"Module": "GL"},
    prepare=_prepare,
    erase=_erase,
    actions={"ReleaseJournalTransaction": Action(_release, long=True)},
)
