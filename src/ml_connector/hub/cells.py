"""Documents broken down for the month-end comparison: project × cost code × cost type × period × currency.

A bill has no cost types; its lines are traced to the parts of the source document that they were made of.
Retainage, tax and rounding are cells of their own, so that the cells of a document always come to its total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from msgspec import Struct

from ml_connector.records.costs import Cost, CostPart
from ml_connector.records.documents import Bill, BillLine
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


def of_cost(cost: Cost, period: str, currency: str) -> Amounts:
    """What the source says is due, cell by cell; the sum is the payment due."""
    amounts: Amounts = defaultdict(Decimal)
    for part in cost.parts:
        amounts[_cell(cost, part.cost_code, part.cost_type, period, currency)] += part.amount
        amounts[_cell(cost, RETAINAGE, "", period, currency)] += part.retainage
    amounts[_cell(cost, TAX, "", period, currency)] += cost.tax
    parts = sum((part.amount + part.retainage for part in cost.parts), ZERO)
    amounts[_cell(cost, ROUNDING, "", period, currency)] += cost.total - cost.tax - parts
    return {cell: amount for cell, amount in amounts.items() if amount}


def of_bill(bill: Bill, meant: Bill, cost: Cost) -> Amounts:
    """What a bill (as meant, or as the target holds it) amounts to, cell by cell; the sum is its total and releases.

    `meant` is the bill that was made of `cost`: it tells which coding stands for which cost code and type.
    """
    period = bill.period or meant.period or period_of(bill.date)
    currency = bill.currency or meant.currency
    codes = _codes(meant, cost)
    sign = -1 if bill.credit else 1
    amounts: Amounts = defaultdict(Decimal)
    for line in bill.lines:
        cost_code, cost_type = _code(line, codes)
        amounts[_cell(cost, cost_code, cost_type, period, currency)] += sign * line.amount
        amounts[_cell(cost, RETAINAGE, "", period, currency)] -= sign * line.retainage
    released = sum((release.amount for release in bill.releases), ZERO)
    amounts[_cell(cost, RETAINAGE, "", period, currency)] += sign * released
    amounts[_cell(cost, TAX, "", period, currency)] += sign * bill.tax
    lines = sum((line.amount - line.retainage for line in bill.lines), ZERO)
    amounts[_cell(cost, ROUNDING, "", period, currency)] += sign * (bill.total - bill.tax - lines)
    return {cell: amount for cell, amount in amounts.items() if amount}


def total(parts: Iterable[Amounts]) -> Amounts:
    """The sum of several, without cells that come to nothing."""
    sums: Amounts = defaultdict(Decimal)
    for part in parts:
        for cell, amount in part.items():
            sums[cell] += amount
    return {cell: amount for cell, amount in sums.items() if amount}


def period_of_cost(cost: Cost) -> str:
    """The calendar month of its date, "" without one."""
    return period_of(cost.day) if cost.day else ""


def _cell(cost: Cost, cost_code: str, cost_type: str, period: str, currency: str) -> Cell:
    return Cell(
        project=cost.project_name or cost.project,
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


def _codes(meant: Bill, cost: Cost) -> _Codes:
    """The cost codes and types behind each coding, in order: the bill's cost lines follow the source's parts."""
    remaining: list[CostPart] = [part for part in cost.parts if part.amount]
    codes: _Codes = defaultdict(list)
    for line in meant.lines:
        if _has_project(line) and line.amount:
            place = next((n for n, source in enumerate(remaining) if source.amount == line.amount), None)
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
