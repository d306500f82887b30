"""People at work in any order: whatever they do, balances, ledger, orders and budgets tell the same story."""

from __future__ import annotations

import random
from collections import defaultdict
from decimal import Decimal
from typing import Any

import pytest

from ml_connector.sandbox.acumatica import coding
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.payables import check_life, documents
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.web.server import Acumatica
from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.vendor import ActRefused, Options
from ml_connector.sandbox.month.build import build

ZERO = Decimal(0)
USUAL = {
    *("key_document", "release", "pay", "pay_in_advance", "void_payment", "reverse", "apply", "create_order"),
    *("edit_order", "cancel_order", "complete_order", "reopen_order", "change_order", "delete_order", "edit"),
}
"""What an office does most of the day, and must have done for the test to say anything."""
Cells = dict[tuple[str, ...], Decimal]


class Office:
    """Takes acts at random, with fields that often fit."""

    def __init__(self, erp: Acumatica, seed: int) -> None:
        self.erp = erp
        self._random = random.Random(seed)
        self.done: defaultdict[str, int] = defaultdict(int)

    def work(self, steps: int) -> None:
        acts = self.erp.acts()
        names = [name for name in acts if name not in ("archive", "lock_user", "register_push", "create_vendor")]
        names += [name for name in names if name in USUAL] * 3
        for step in range(steps):
            if step % 20 == 0:
                self._tidy()
            name = self._random.choice(names)
            fields = {
                field.rstrip("?"): self._value(name, field.rstrip("?"))
                for field in acts[name].fields
                if not field.endswith("?") or self._random.random() < 0.4
            }
            try:
                acts[name].do(fields)
            except ActRefused:
                continue
            self.done[name] += 1

    def _tidy(self) -> None:
        """What keeps most of the work from being refused is put right again."""
        acts = self.erp.acts()
        for vendor in ("V00001", "V00002"):
            acts["edit_vendor"].do({"id": vendor, "status": "Active", "approval": False, "print_orders": False})
        for kind, key in (("task", "TOWER1/03"), ("account", "54000"), ("account", "52000")):
            acts["activate"].do({"kind": kind, "id": key})
        acts["open_period"].do({"period": "2026-01"})
        if self.erp.store["CostCode"].find("03-300") is None:
            acts["rename_cost_code"].do({"id": "03-301", "new_id": "03-300"})

    def _value(self, act: str, field: str) -> Any:
        if field == "lines":
            return [self._line() for _ in range(self._random.randint(1, 3))]
        if field == "new_line":
            return self._line()
        if field == "number":
            return self._number(act)
        if field == "payment":
            return self._key("Check", "ReferenceNbr")
        if field == "to":
            return self._open(documents.BILL)
        if field == "type":
            return self._type(act)
        chosen: dict[str, list[Any]] = {
            "vendor": ["V00001", "V00002"],
            "vendor_ref": ["A-1", "A-2"],
            "amount": ["10", "10.01", "25.25", "125.5", "-5", "0", "x"],
            "quantity": ["3", "0"],
            "unit_cost": ["12.345", "1"],
            "retainage_percent": ["5"],
            "date": ["2026-01-15", "2026-01-20", "2026-02-10", "2026-03-31", "never"],
            "due_date": ["2026-04-01"],
            "period": ["2026-01", "2031-01"],
            "project": ["TOWER1"],
            "account": ["54000", "52000", "99999"],
            "cost_code": ["03-300", "03-310"],
            "status": ["Open", "On Hold", "Canceled", "Completed", "Closed", "Scheduled", "Active"],
            "id": ["V00001", "V00002", "03-300", "TOWER1/03", "Bill/000001", "NEW"],
            "new_id": ["03-300", "03-301"],
            "kind": ["vendor", "task", "account", "bill"],
            "line": [1, 2, 9],
            "delete_line": [1, 2],
            "user": ["connector"],
            "country": ["US", "Nowhere"],
        }
        return self._random.choice(chosen.get(field, [True, False]))

    def _line(self) -> dict[str, Any]:
        line = {"account": "54000", "project": "TOWER1", "task": "03", "cost_code": "03-300", "text": "work"}
        line["amount"] = self._random.choice(["100", "33.33", "12.345"])
        if self._random.random() < 0.4:
            kind = self._random.choice(["Subcontract", "PurchaseOrder"])
            number = orders.WORDS[kind].number
            label = "Subcontract" if kind == "Subcontract" else "Normal"
            line |= {"order_type": label, "order": self._key(kind, number), "order_line": "1"}
        return line

    def _number(self, act: str) -> str:
        if "order" in act and "change_order" not in act:
            kind = self._random.choice(["Subcontract", "PurchaseOrder"])
            return self._key(kind, orders.WORDS[kind].number)
        if act == "change_order":
            return self._key("Subcontract", "SubcontractNbr")
        if "change_order" in act:
            return self._key("ChangeOrder", "RefNbr")
        if act == "apply":
            return self._open(documents.DEBIT)
        return self._key("Check" if "payment" in act or "check" in act else "Bill", "ReferenceNbr")

    def _type(self, act: str) -> str:
        if "order" in act:
            return self._random.choice(["Subcontract", "Normal"])
        if "payment" in act or "check" in act:
            return self._random.choice(["Payment", "Prepayment"])
        return self._random.choice(["Bill", "Bill", "Debit Adj.", "Credit Adj."])

    def _open(self, kind: str) -> str:
        rows = [row for row in released_bills(self.erp) if row.text("Type") == kind and row.amount("Balance")]
        return self._random.choice(rows).text("ReferenceNbr") if rows else "none"

    def _key(self, kind: str, field: str) -> str:
        rows = list(self.erp.store[kind])
        return self._random.choice(rows).text(field) if rows else "none"


def sign(document: Row) -> int:
    return -1 if document.text("Type") == documents.DEBIT else 1


def released_bills(erp: Acumatica) -> list[Row]:
    return [row for row in erp.store["Bill"] if documents.is_released(row)]


def owed(erp: Acumatica) -> Decimal:
    """What vendors are owed, by the documents."""
    total = sum((sign(row) * row.amount("Balance") for row in released_bills(erp)), ZERO)
    for row in erp.store["Check"]:
        if (
            documents.is_released(row)
            and row.text("Status") in ("Open", "Closed")
            and row.text("Type") in check_life.TYPES
        ):
            total -= row.amount("PaymentAmount") - check_life.applied(row, row.lines("History"))
    return total


def posted(erp: Acumatica, account: str) -> Decimal:
    """Credit less debit of an account in the batches of payables."""
    return sum(
        (
            line.amount("CreditAmount") - line.amount("DebitAmount")
            for batch in erp.store["JournalTransaction"]
            if batch.text("Module") == "AP"
            for line in batch.lines()
            if line.text("Account") == account
        ),
        ZERO,
    )


def committed(erp: Acumatica) -> Cells:
    """Cell -> what orders commit."""
    cells: Cells = defaultdict(lambda: ZERO)
    for kind in orders.WORDS:
        for row in erp.store[kind]:
            for place, movement in orders.commitment(row):
                if place.on_project:
                    cells[cell(erp, place)] += movement.original + movement.change_orders
    return {key: amount for key, amount in cells.items() if amount}


def spent(erp: Acumatica) -> Cells:
    """Cell -> what released bills cost."""
    cells: Cells = defaultdict(lambda: ZERO)
    for row in released_bills(erp):
        for line in row.lines():
            place = coding.of(line)
            if place.on_project and not row.beyond_flag(*documents.IS_RETAINAGE):
                cells[cell(erp, place)] += sign(row) * line.amount("Amount")
    return {key: amount for key, amount in cells.items() if amount}


def cell(erp: Acumatica, place: coding.Coding) -> tuple[str, ...]:
    account = erp.store["Account"].find(place.account)
    assert account is not None
    return place.project, place.task, place.cost_code, account.text("AccountGroup")


def budgeted(erp: Acumatica, column: str) -> Cells:
    names = ("ProjectID", "ProjectTaskID", "CostCode", "AccountGroup")
    rows = [row for row in erp.store["ProjectBudget"] if row.amount(column)]
    return {tuple(row.text(name) for name in names): row.amount(column) for row in rows}


OrderLines = dict[tuple[str, str, int], Decimal]


def billed(erp: Acumatica) -> OrderLines:
    """Order line -> what released bills took of it."""
    lines: OrderLines = defaultdict(lambda: ZERO)
    for row in released_bills(erp):
        for line in row.lines():
            if line.text("POOrderNbr"):
                place = (line.text("POOrderType"), line.text("POOrderNbr"), line.whole("POLine"))
                lines[place] += sign(row) * line.amount("Amount")
    return {place: amount for place, amount in lines.items() if amount}


def billed_of_orders(erp: Acumatica) -> OrderLines:
    return {
        (line.text("OrderType"), line.text("OrderNbr"), line.whole("LineNbr")): line.beyond_amount(*orders.BILLED)
        for kind in orders.WORDS
        for row in erp.store[kind]
        for line in row.lines()
        if line.beyond_amount(*orders.BILLED)
    }


@pytest.mark.parametrize("seed", [1, 2])
def test_documents_ledger_orders_and_budgets_agree_after_any_day_at_the_office(seed: int) -> None:
    erp = Acumatica(SandboxClock(), Options(rate_limits=False))
    erp.load(build("small"))
    office = Office(erp, seed)
    office.work(3500)
    assert set(office.done) >= USUAL
    assert owed(erp) == posted(erp, "20000")
    for row in released_bills(erp):
        paid = sum((line.amount("AmountPaid") for line in row.lines("Applications")), ZERO)
        assert row.amount("Balance") == row.amount("Amount") - paid >= 0, row.text("ReferenceNbr")
    assert committed(erp) == budgeted(erp, "RevisedCommittedAmount")
    assert spent(erp) == budgeted(erp, "ActualAmount")
    assert billed(erp) == billed_of_orders(erp)
    assert erp.books()
