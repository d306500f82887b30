"""Jobs with their budget codes and billing periods."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from random import Random
from typing import Final

from ml_connector.sandbox.month import words
from ml_connector.sandbox.month.facts import BillingPeriod, Project, Wbs
from ml_connector.sandbox.month.keys import Keys, touched

_EARLIEST: Final = datetime(2025, 12, 1, 12, 0, tzinfo=UTC)
_TYPES: Final = {"01": "LEO", "02": "LSC", "13": "SO", "14": "S"}
_USUAL_TYPES: Final = "LMS"


def make(rng: Random, keys: Keys, place: int, *, active: bool = True, visible: bool = True) -> Project:
    """The job at `place` of the list of jobs."""
    erp_id, name = words.JOBS[place]
    start = date(2024 + place % 2, 1 + place * 5 % 12, 1 + place * 7 % 28)
    return Project(
        key=keys.next("project"),
        number=f"{start.year % 100}-{place + 11:03d}",
        erp_id=erp_id,
        name=name,
        active=active,
        visible=visible,
        start=start,
        wbs=_budget(rng, keys, gaps=place > 0),
        billing_periods=_billing_periods(keys),
        updated_at=touched(rng, _EARLIEST),
    )


def _budget(rng: Random, keys: Keys, *, gaps: bool) -> tuple[Wbs, ...]:
    """The budget codes of a job; with `gaps` one in twelve has no budget."""
    codes = []
    for code, _ in words.CODES:
        cost_code_key = keys.next("cost_code")
        for cost_type in _TYPES.get(code[:2], _USUAL_TYPES):
            unbudgeted = gaps and rng.randrange(12) == 0
            budget = Decimal(0) if unbudgeted else Decimal(rng.randrange(20, 900)) * 1000
            codes.append(
                Wbs(
                    key=keys.next("wbs"),
                    cost_code_key=cost_code_key,
                    cost_code=code,
                    cost_type=cost_type,
                    budget=budget,
                )
            )
    return tuple(codes)


def _billing_periods(keys: Keys) -> tuple[BillingPeriod, ...]:
    december = BillingPeriod(
        key=keys.next("period"), start=date(2025, 12, 1), end=date(2025, 12, 31), due=date(2026, 1, 5), status="closed"
    )
    january = BillingPeriod(
        key=keys.next("period"), start=date(2026, 1, 1), end=date(2026, 1, 31), due=date(2026, 2, 5), status="open"
    )
    return december, january
