"""Documents broken down for the month-end comparison: project × cost code × cost type × profit centre × period.

A posted document has no cost types; its lines are traced to the parts of the source document that they were made of.
Retainage, tax and rounding are cells of their own, so that the cells of a document always come to its total.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from decimal import Decimal

from msgspec import Struct

from ml_connector.records.costs import Cost, CostPart
from ml_connector.records.entries import Entry, Part, Posted
from ml_connector.records.money import ZERO
from ml_connector.records.periods import period_of

RETAINAGE = "(retainage)"
TAX = "(tax)"
ROUNDING = "(rounding)"
ELSEWHERE = "(coded elsewhere)"
_NAMES = {Part.RETAINAGE: RETAINAGE, Part.TAX: TAX, Part.ROUNDING: ROUNDING}

Amounts = dict["Cell", Decimal]


class Cell(Struct, frozen=True, kw_only=True, order=True):
    """What amounts are compared by. `period` is `YYYY-MM`; project and cost code are the source's.

    `center` is the target's profit centre, "" where it has none, and for what was not posted.
    """

    project: str
    cost_code: str
    cost_type: str
    period: str
    currency: str
    center: str = ""


def of_cost(cost: Cost, period: str, currency: str, meant: Sequence[Posted] = ()) -> Amounts:
    """What the source says is due, cell by cell; the sum is the payment due.

    `meant` are the documents that it was posted as: they say which profit centres its parts went to.
    """
    centers = _centers(cost, meant)
    amounts: Amounts = defaultdict(Decimal)
    for part, center in zip(cost.parts, centers, strict=True):
        amounts[_cell(cost, part.cost_code, part.cost_type, period, currency, center)] += part.amount
        amounts[_cell(cost, RETAINAGE, "", period, currency)] += part.retainage
    amounts[_cell(cost, TAX, "", period, currency)] += cost.tax
    parts = sum((part.amount + part.retainage for part in cost.parts), ZERO)
    amounts[_cell(cost, ROUNDING, "", period, currency)] += cost.total - cost.tax - parts
    return {cell: amount for cell, amount in amounts.items() if amount}


def of_document(document: Posted, meant: Posted, cost: Cost) -> Amounts:
    """What a document (as meant, or as the target holds it) amounts to, cell by cell; the sum is what is due of it.

    `meant` is the document that was made of `cost`: it tells which coding stands for which cost code and type.
    """
    period = document.period or meant.period or period_of(document.date)
    currency = document.currency or meant.currency
    codes = _codes(meant, cost)
    amounts: Amounts = defaultdict(Decimal)
    for entry in document.entries(meant):
        cost_code, cost_type = (_NAMES[entry.part], "") if entry.part in _NAMES else _code(entry, codes)
        center = entry.center if entry.part is Part.COST else ""
        amounts[_cell(cost, cost_code, cost_type, period, currency, center)] += entry.amount
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


def _cell(cost: Cost, cost_code: str, cost_type: str, period: str, currency: str, center: str = "") -> Cell:
    return Cell(
        project=cost.project_name or cost.project,
        cost_code=cost_code,
        cost_type=cost_type,
        period=period,
        currency=currency,
        center=center,
    )


_Codes = dict[tuple[str, ...], list[tuple[str, str]]]


def _traced(meant: Posted, cost: Cost) -> list[tuple[Entry, int]]:
    """The cost lines of a document with the part of the source that each was made of: they follow its parts."""
    remaining = [(place, part) for place, part in enumerate(cost.parts) if part.amount]
    found: list[tuple[Entry, int]] = []
    for entry in meant.entries(meant):
        if entry.part is Part.COST and entry.amount:
            at = next((n for n, (_, part) in enumerate(remaining) if part.amount == entry.amount), None)
            if at is not None:
                found.append((entry, remaining[at][0]))
                remaining = remaining[at + 1 :]
    return found


def _codes(meant: Posted, cost: Cost) -> _Codes:
    """The cost codes and types behind each coding, in order."""
    codes: _Codes = defaultdict(list)
    for entry, place in _traced(meant, cost):
        part: CostPart = cost.parts[place]
        codes[entry.coding].append((part.cost_code, part.cost_type))
    return codes


def _centers(cost: Cost, meant: Sequence[Posted]) -> list[str]:
    """The profit centre that each part went to."""
    centers = [""] * len(cost.parts)
    for document in meant:
        for entry, place in _traced(document, cost):
            centers[place] = entry.center
    return centers


def _code(entry: Entry, codes: _Codes) -> tuple[str, str]:
    """The cost code and type that a line of cost stands for."""
    known = codes.get(entry.coding)
    if not known:
        return ELSEWHERE, ""
    return known.pop(0) if len(known) > 1 else known[0]
