"""Commitments and the requisitions billed on them."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Final

from msgspec import Struct
from msgspec.structs import replace

from ml_connector.sandbox.month import shapes, words
from ml_connector.sandbox.month.facts import (
    ChangeOrder,
    ChangeOrderLine,
    Commitment,
    CommitmentLine,
    Project,
    Requisition,
    RequisitionLine,
    Vendor,
    Wbs,
)
from ml_connector.sandbox.month.keys import Keys, touched

SUBCONTRACT: Final = "WorkOrderContract"
PURCHASE_ORDER: Final = "PurchaseOrderContract"
CHANGE_STATUSES: Final = (
    "approved", "pending", "draft", "approved", "rejected", "void", "proceeding", "no_charge", "approved", "revised",
    "not_pricing", "pricing", "not_proceeding",
)  # fmt: skip
_NAMES: Final = dict(words.CODES)
_HUGE: Final = Decimal("61728394506.17")
_BILLING_DAYS: Final = (date(2026, 1, 20), date(2026, 1, 25), date(2026, 1, 31), date(2026, 1, 31))
# December's requisitions were approved in January: changed after the cut-over, billed before it.
_APPROVED_LATE: Final = datetime(2026, 1, 2, 8, 0, tzinfo=UTC)
_DECEMBER: Final = datetime(2025, 12, 29, 8, 0, tzinfo=UTC)
_JANUARY: Final = datetime(2026, 1, 20, 7, 0, tzinfo=UTC)


class Case(Struct, frozen=True, kw_only=True):
    """One commitment and the January requisition on it, described.

    `december` is the shape of its predecessor billed before the cut-over. `linked` false: the order is not in the
    ERP. `uncoded`: its first line is on the cost code that the ERP lacks. `huge`: thirteen digits. `billed` None:
    some day at the end of January. `kind` "" and `lines` 0: by chance.
    """

    note: str
    shape: shapes.Shape
    status: str = "approved"
    percent: str = "0"
    december: shapes.Shape | None = None
    kind: str = ""
    lines: int = 0
    linked: bool = True
    contract_status: str = "Approved"
    keyed_by_hand: bool = False
    uncoded: bool = False
    huge: bool = False
    back_charges: bool = False
    by_unit: bool = False
    billed: date | None = None
    tax: Decimal = shapes.ZERO
    off_by: Decimal = shapes.ZERO


class Ledger:
    """Collects commitments and requisitions as cases are written into it."""

    def __init__(self, rng: Random, keys: Keys) -> None:
        self.rng = rng
        self.keys = keys
        self.commitments: list[Commitment] = []
        self.requisitions: list[Requisition] = []
        self._billed: Counter[int] = Counter()

    def write(self, case: Case, project: Project, vendor: Vendor) -> None:
        """Sign the commitment of `case` and bill on it."""
        commitment = self.sign(case, project, vendor)
        earlier = None
        if case.december is not None:
            earlier = self._bill(commitment, project, _history(case, case.december), None)
        self._bill(commitment, project, case, earlier)

    def sign(self, case: Case, project: Project, vendor: Vendor) -> Commitment:
        """A commitment as `case` describes it, without requisitions."""
        count = len(self.commitments) + 1
        kind = case.kind or (PURCHASE_ORDER if self.rng.random() < 0.25 else SUBCONTRACT)
        prefix = "SC" if kind == SUBCONTRACT else "PO"
        lines = self._lines(case, project, vendor, kind)
        commitment = Commitment(
            key=self.keys.next("commitment"),
            kind=kind,
            project=project.key,
            vendor=vendor.key,
            number=f"{prefix}-{project.number}-{count:03d}",
            title=lines[0].text,
            status=case.contract_status,
            retainage_percent=Decimal(case.percent),
            signed=date(2025, 6 + count % 6, 1 + count % 28),
            lines=lines,
            change_orders=self._change_orders(count, lines, project, linked=case.linked),
            erp_number=f"{prefix}{count:06d}" if case.linked else "",
            updated_at=touched(self.rng, _DECEMBER),
        )
        self.commitments.append(commitment)
        return commitment

    def _lines(self, case: Case, project: Project, vendor: Vendor, kind: str) -> tuple[CommitmentLine, ...]:
        chosen = self._codes(case, project, vendor, "M" if kind == PURCHASE_ORDER else "S")
        if case.back_charges:
            chosen.append(chosen[0])
        made = []
        for place, wbs in enumerate(chosen):
            charges = case.back_charges and place == len(chosen) - 1
            quantity, unit_cost, uom = (Decimal(1), shapes.ZERO, "ls") if charges else self._price(case)
            made.append(
                CommitmentLine(
                    key=self.keys.next("commitment_line"),
                    wbs=wbs.key,
                    text="Back-charges" if charges else _NAMES[wbs.cost_code],
                    amount=shapes.cents(quantity * unit_cost),
                    quantity=quantity,
                    unit_cost=unit_cost,
                    uom=uom,
                    erp_line=place + 1 if case.linked else None,
                )
            )
        return tuple(made)

    def _codes(self, case: Case, project: Project, vendor: Vendor, cost_type: str) -> list[Wbs]:
        """Budget codes for the lines: the first one is of the vendor's own trade."""
        fitting = [w for w in project.wbs if w.cost_type == cost_type and w.cost_code != words.UNCODED]
        trade = next(division for name, division in words.TRADES.items() if f" {name} " in vendor.name)
        own = [w for w in fitting if w.cost_code[:2] == trade] or fitting
        if case.uncoded:
            own = [w for w in project.wbs if w.cost_type == cost_type and w.cost_code == words.UNCODED]
        first = self.rng.choice(own)
        fitting = [w for w in fitting if w is not first]
        return [first, *self.rng.sample(fitting, (case.lines or self.rng.randrange(1, 6)) - 1)]

    def _price(self, case: Case) -> tuple[Decimal, Decimal, str]:
        if case.huge:
            return Decimal(1), _HUGE, "ls"
        if not case.by_unit:
            return Decimal(1), Decimal(self.rng.randrange(400, 25_000)) * 10, "ls"
        unit_cost = Decimal(self.rng.randrange(1_001, 40_000) | 1) / 100
        return (Decimal(self.rng.randrange(60, 900)), unit_cost, self.rng.choice(words.UNITS))

    def _change_orders(
        self, count: int, lines: tuple[CommitmentLine, ...], project: Project, *, linked: bool
    ) -> tuple[ChangeOrder, ...]:
        made = []
        for place in range((0, 0, 1, 0, 2, 1)[count % 6]):
            status = CHANGE_STATUSES[(count + 5 * place) % len(CHANGE_STATUSES)]
            change = ChangeOrder(
                key=self.keys.next("change_order"),
                number=f"{place + 1:03d}",
                title=f"{self.rng.choice(('Added scope', 'Field change', 'Owner request'))}: {lines[0].text}",
                status=status,
                amount=Decimal(0) if status == "no_charge" else Decimal(self.rng.randrange(-10, 400)) * 25,
                # Every fourth approved one was never entered in the ERP: a difference for the comparison.
                in_erp=linked and status == "approved" and (count + place) % 4 != 0,
                updated_at=touched(self.rng, _DECEMBER),
            )
            made.append(replace(change, lines=self._change_lines(change, lines, project)))
        return tuple(made)

    def _change_lines(
        self, change: ChangeOrder, lines: tuple[CommitmentLine, ...], project: Project
    ) -> tuple[ChangeOrderLine, ...]:
        """One line, or two codes with three fifths and the rest. Draws nothing from the month's generator."""
        shares = {lines[0].wbs: change.amount}
        if not change.in_erp and change.key % 2 == 0 and change.amount:
            first = shapes.cents(change.amount * 3 / 5)
            shares = {lines[0].wbs: first, _second_code(lines, project): change.amount - first}
        return tuple(
            ChangeOrderLine(key=self.keys.next("change_order_line"), wbs=wbs, text=change.title, amount=amount)
            for wbs, amount in shares.items()
        )

    def _bill(self, commitment: Commitment, project: Project, case: Case, earlier: Requisition | None) -> Requisition:
        said = {line.line: line for line in earlier.lines} if earlier else {}
        sequence = earlier.sequence + 1 if earlier else 1
        december, january = project.billing_periods
        billed = case.billed or self.rng.choice(_BILLING_DAYS)
        period = december if billed <= december.end else january
        requisition = Requisition(
            key=self.keys.next("requisition"),
            commitment=commitment.key,
            sequence=sequence,
            previous=earlier.key if earlier else None,
            invoice_number=self._invoice_number(commitment, sequence),
            period=period.key,
            start=period.start,
            end=period.end,
            billing_date=billed,
            status=case.status,
            tax=case.tax,
            lines=tuple(
                self._line(case, commitment, place, said.get(line.key)) for place, line in enumerate(commitment.lines)
            ),
            note=case.note,
            off_by=case.off_by,
            keyed_by_hand=case.keyed_by_hand,
            updated_at=touched(self.rng, _APPROVED_LATE if period is december else _JANUARY),
        )
        self.requisitions.append(requisition)
        return requisition

    def _line(self, case: Case, commitment: Commitment, place: int, earlier: RequisitionLine | None) -> RequisitionLine:
        line = commitment.lines[place]
        spot = shapes.Spot(line=line, place=place, percent=commitment.retainage_percent, before=shapes.before(earlier))
        said = case.shape(self.rng, spot)
        return RequisitionLine(
            key=self.keys.next("requisition_line"),
            line=line.key,
            work=said.work,
            stored=said.stored,
            work_retained=said.work_retained,
            work_released=said.work_released,
            stored_retained=said.stored_retained,
            stored_released=said.stored_released,
        )

    def _invoice_number(self, commitment: Commitment, sequence: int) -> str:
        """Each firm counts in its own way; within a firm numbers never repeat, between firms they may."""
        serial = f"{commitment.key % 1_000_000:05d}"
        self._billed[commitment.vendor] += 1
        ways = (
            f"{serial}-{sequence}",
            f"INV-{serial}{sequence:02d}",
            f"PAY APP {sequence} / {serial}",
            f"{1000 + self._billed[commitment.vendor]}",
            f"2026{serial}{sequence}",
        )
        return ways[commitment.vendor % len(ways)]


def _second_code(lines: tuple[CommitmentLine, ...], project: Project) -> int:
    """Another code of the commitment, else another of the same cost type in the project that has a budget."""
    first = lines[0].wbs
    codes = {wbs.key: wbs for wbs in project.wbs}
    alike = (wbs.key for wbs in project.wbs if wbs.cost_type == codes[first].cost_type and wbs.budget)
    return next(key for key in (*(line.wbs for line in lines), *alike) if key != first)


def _history(case: Case, shape: shapes.Shape) -> Case:
    """The December requisition before `case`: paid from a bill that people keyed in, before the cut-over."""
    return Case(
        note="before cut-over", shape=shape, percent=case.percent, keyed_by_hand=True, billed=date(2025, 12, 31)
    )
