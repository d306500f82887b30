"""Direct costs: supplier invoices without a commitment, employees' expenses, payroll."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Final

from msgspec import Struct

from ml_connector.sandbox.month import words
from ml_connector.sandbox.month.facts import DirectCost, DirectCostLine, Project, Vendor, Wbs
from ml_connector.sandbox.month.keys import LAST_TOUCH, Keys, touched
from ml_connector.sandbox.month.shapes import cents

KINDS: Final = ("invoice", "expense", "payroll")
STATUSES: Final = ("approved", "draft", "pending", "revise_and_resubmit")
_TYPES: Final = {"invoice": "M", "expense": "MO", "payroll": "L"}
_TEXTS: Final = {"invoice": "Materials", "expense": "Site expenses", "payroll": "Wages"}
_EMPLOYEES: Final = tuple(range(562949953900001, 562949953900013))


class CostCase(Struct, frozen=True, kw_only=True):
    """A direct cost, described. `half_cents`: quantity times unit cost falls on half a cent."""

    kind: str
    status: str = "approved"
    half_cents: bool = False
    day: date = date(2026, 1, 15)


def make(rng: Random, keys: Keys, case: CostCase, project: Project, vendor: Vendor | None) -> DirectCost:
    """A direct cost of `project`; `vendor` only for supplier invoices."""
    key = keys.next("direct_cost")
    fitting = [w for w in project.wbs if w.cost_type in _TYPES[case.kind] and w.cost_code != words.UNCODED]
    lines = tuple(_line(rng, keys, case, wbs) for wbs in rng.sample(fitting, rng.randrange(1, 4)))
    entered = datetime.combine(case.day, time(14), tzinfo=UTC)
    return DirectCost(
        key=key,
        project=project.key,
        kind=case.kind,
        vendor=vendor.key if vendor else None,
        employee=rng.choice(_EMPLOYEES) if case.kind == "expense" else None,
        invoice_number=f"D{key}" if case.kind == "invoice" else "",
        date=case.day,
        status=case.status,
        lines=lines,
        updated_at=touched(rng, min(entered, LAST_TOUCH - timedelta(days=2))),
    )


def _line(rng: Random, keys: Keys, case: CostCase, wbs: Wbs) -> DirectCostLine:
    quantity = Decimal(rng.randrange(1, 60))
    unit_cost = Decimal(rng.randrange(1_500, 30_000) | 1) / 100
    if case.half_cents:
        quantity += Decimal("0.5")
    return DirectCostLine(
        key=keys.next("direct_cost_line"),
        wbs=wbs.key,
        text=f"{_TEXTS[case.kind]} {wbs.cost_code}",
        quantity=quantity,
        unit_cost=unit_cost,
        amount=cents(quantity * unit_cost),
    )
