"""Ids of the month: one ascending series per kind, most of them beyond 32 bits as in a real account."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

COMPANY: Final = 562949953421312
OTHER_COMPANY: Final = 562949953421999
_BIG: Final = 562949953000000
_STARTS: Final = {
    "vendor": _BIG + 101,
    "cost_code": 210_001,
    "wbs": 330_001,
    "period": 7_001,
    "commitment": 88_001,
    "commitment_line": _BIG + 700_001,
    "change_order": 95_001,
    "change_order_line": _BIG + 800_001,
    "requisition": _BIG + 1_280_646,
    "requisition_line": _BIG + 5_100_001,
    "direct_cost": 9_100,
    "direct_cost_line": 91_001,
    "project": 4_711,
}
LAST_TOUCH: Final = datetime(2026, 1, 31, 9, 0, tzinfo=UTC)
"""Nothing in the month was changed later than this."""


class Keys:
    """Gives the next id of a kind."""

    def __init__(self) -> None:
        self._used: Counter[str] = Counter()

    def next(self, kind: str) -> int:
        key = _STARTS[kind] + self._used[kind]
        self._used[kind] += 1
        return key


def touched(rng: Random, earliest: datetime) -> datetime:
    """A time of day between `earliest` and the end of the month, in whole seconds."""
    span = int((LAST_TOUCH - earliest).total_seconds())
    return earliest + timedelta(seconds=rng.randrange(span))
