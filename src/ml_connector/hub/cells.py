"""Documents broken down for the month-end comparison: project × cost code × cost type × period × currency.

A bill has no cost types; its lines are traced to the requisition's lines that they were made of. Retainage, tax and
rounding are cells of their own, so that the cells of a document always come to its total.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from msgspec import Struct

from ml_connector.records.documents import Bill, BillLine, Requisition
from ml_connector.records.money import ZERO
from ml_connector.records.periods import period_of

RETAINAGE = "(retainage)"
TAX = "(tax)"
ROUNDING = "(rounding)"
ELSEWHERE = "(coded elsewhere)"

Amounts = dict["Cell", Decimal]


class Cell(Struct, frozen=True, kw_only=True, order=True):
    """What amounts are compared by. `period` is `YYYY-MM`; project and cost code are the source's."""

    project: str
    cost_code: str
    cost_type: str
    period: str
    currency: str


def of_requisition(requisition: Requisition, period: str, currency: str) -> Amounts:
    """What the source says is due, cell by cell; the sum is the payment due."""
    amounts: Amounts = defaultdict(Decimal)
    for line in requisition.lines:
        amounts[_cell(requisition, line.cost_code, line.cost_type, period, currency)] += line.gross
        retainage = line.retainage_released - line.retainage_held
        amounts[_cell(requisition, RETAINAGE, "", period, currency)] += retainage
    amounts[_cell(requisition, TAX, "", period, currency)] += requisition.tax
    lines = sum((line.net for line in requisition.lines), ZERO)
    amounts[_cell(requisition, ROUNDING, "", period, currency)] += requisition.due - requisition.tax - lines
    return {cell: amount for cell, amount in amounts.items() if amount}


def of_bill(bill: Bill, meant: Bill, requisition: Requisition) -> Amounts:
    """What a bill (as meant, or as the target holds it) amounts to, cell by cell; the sum is its total.

    `meant` is the bill that was made of `requisition`: it tells which coding stands for which cost code and type.
    """
    period = bill.period or meant.period or period_of(bill.date)
    currency = bill.currency or meant.currency
    codes = _codes(meant, requisition)
    amounts: Amounts = defaultdict(Decimal)
    for line in bill.lines:
        cost_code, cost_type = _code(line, codes)
        amounts[_cell(requisition, cost_code, cost_type, period, currency)] += line.amount
        amounts[_cell(requisition, RETAINAGE, "", period, currency)] -= line.retainage
    amounts[_cell(requisition, TAX, "", period, currency)] += bill.tax
    lines = sum((line.amount - line.retainage for line in bill.lines), ZERO)
    amounts[_cell(requisition, ROUNDING, "", period, currency)] += bill.total - bill.tax - lines
    return {cell: amount for cell, amount in amounts.items() if amount}


def period_of_requisition(requisition: Requisition) -> str:
    """The calendar month of its billing date, "" without one."""
    return period_of(requisition.billing_date) if requisition.billing_date else ""


def _cell(requisition: Requisition, cost_code: str, cost_type: str, period: str, currency: str) -> Cell:
    return Cell(
        project=requisition.project_name or requisition.project,
        cost_code=cost_code,
        cost_type=cost_type,
        period=period,
        currency=currency,
    )


_Coding = tuple[str, str, str, str]
_Codes = dict[_Coding, list[tuple[str, str]]]


def _coding(line: BillLine) -> _Coding:
    """Keys come back padded or in another case from some targets."""
    account, project, task, cost_code = (
        part.strip().upper() for part in (line.account, line.project, line.task, line.cost_code)
    )
    return account, project, task, cost_code


def _has_project(line: BillLine) -> bool:
    """Some targets write "X" where there is none."""
    return line.project.strip().upper() not in ("", "X")


def _codes(meant: Bill, requisition: Requisition) -> _Codes:
    """The cost codes and types behind each coding, in order: the bill's cost lines follow the requisition's."""
    remaining = [line for line in requisition.lines if line.gross]
    codes: _Codes = defaultdict(list)
    for line in meant.lines:
        if _has_project(line) and line.amount:
            place = next((n for n, source in enumerate(remaining) if source.gross == line.amount), None)
            if place is not None:
                source = remaining[place]
                remaining = remaining[place + 1 :]
                codes[_coding(line)].append((source.cost_code, source.cost_type))
    return codes


def _code(line: BillLine, codes: _Codes) -> tuple[str, str]:
    """The cost code and type that a bill's line stands for; one without a project is retainage or rounding."""
    if not _has_project(line):
        return (ROUNDING if line.text.strip() == "Rounding" else RETAINAGE), ""
    known = codes.get(_coding(line))
    if not known:
        return ELSEWHERE, ""
    return known.pop(0) if len(known) > 1 else known[0]
