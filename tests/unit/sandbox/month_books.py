"""Look-ups and recomputed sums over a seeded month, for its tests."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.sandbox.month.facts import (
    Commitment,
    CommitmentLine,
    Month,
    Project,
    Requisition,
    RequisitionLine,
    Vendor,
    Wbs,
)

CUT_OVER = date(2026, 1, 1)
APPROVED = ("approved", "approved_as_noted")
HELD = {
    "before cut-over",
    "order not in the ERP",
    "cost code not in the ERP",
    "vendor inactive in the ERP",
    "vendor not in the ERP",
    "bill goes to approval",
    "keyed by hand",
    "lines do not add up",
    "closed period",
    "tax",
}
UNAPPROVED = {"sent back for revision", "withdrawn", "draft", "under review", "pending owner approval"}


class Books:
    """Look-ups by key over a month."""

    def __init__(self, month: Month) -> None:
        self.commitments: dict[int, Commitment] = {c.key: c for c in month.commitments}
        self.vendors: dict[int, Vendor] = {v.key: v for v in month.vendors}
        self.projects: dict[int, Project] = {p.key: p for p in month.projects}
        self.requisitions: dict[int, Requisition] = {r.key: r for r in month.requisitions}
        self.wbs: dict[int, Wbs] = {w.key: w for p in month.projects for w in p.wbs}
        self.lines: dict[int, CommitmentLine] = {line.key: line for c in month.commitments for line in c.lines}

    def vendor_of(self, requisition: Requisition) -> Vendor:
        return self.vendors[self.commitments[requisition.commitment].vendor]

    def chain(self, requisition: Requisition) -> list[Requisition]:
        """The requisition and those before it, oldest first."""
        found = [requisition]
        while (previous := found[0].previous) is not None:
            found.insert(0, self.requisitions[previous])
        return found

    def codes(self, requisition: Requisition) -> list[Wbs]:
        """The budget codes of the lines on which the requisition says anything this period."""
        return [self.wbs[self.lines[line.line].wbs] for line in requisition.lines if amounts(line)]


def amounts(line: RequisitionLine) -> list[Decimal]:
    said = (line.work, line.work_retained, line.work_released, line.stored_retained, line.stored_released)
    return [amount for amount in said if amount]


def due_by_certificate(books: Books, requisition: Requisition) -> Decimal:
    """AIA G702: completed and stored to date, less retainage to date, less the certificates before."""

    def certified(upto: list[Requisition]) -> Decimal:
        lines = [line for r in upto for line in r.lines]
        completed = sum((line.work for line in lines), Decimal(0))
        on_site = sum((line.stored for line in upto[-1].lines), Decimal(0)) if upto else Decimal(0)
        held = sum((line.work_retained + line.stored_retained for line in lines), Decimal(0))
        given_back = sum((line.work_released + line.stored_released for line in lines), Decimal(0))
        return completed + on_site - (held - given_back)

    history = books.chain(requisition)
    return certified(history) - certified(history[:-1])


def due_by_lines(books: Books, requisition: Requisition) -> Decimal:
    """Line by line: work, movement of stored materials, retainage held and released in this period."""
    previous = books.requisitions[requisition.previous].lines if requisition.previous else ()
    stored_before = {line.line: line.stored for line in previous}
    total = Decimal(0)
    for line in requisition.lines:
        movement = line.stored - stored_before.get(line.line, Decimal(0))
        retained = line.work_retained + line.stored_retained
        total += line.work + movement - retained + line.work_released + line.stored_released
    return total


def noted(month: Month, note: str) -> list[Requisition]:
    return [requisition for requisition in month.requisitions if requisition.note == note]


def clean(month: Month) -> list[Requisition]:
    """What should be posted without a person's help."""
    return [r for r in month.requisitions if r.note not in HELD | UNAPPROVED]
