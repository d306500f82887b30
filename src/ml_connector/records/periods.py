"""Posting periods as calendar months, written `YYYY-MM`."""

from __future__ import annotations

import re
from datetime import date


def period_of(day: date) -> str:
    """The calendar month of `day`, as `YYYY-MM`."""
    return f"{day.year:04d}-{day.month:02d}"


def first_day(period: str) -> date:
    """The first day of `YYYY-MM`. Raises ValueError with what to write instead."""
    if not re.fullmatch(r"(?!0000)[0-9]{4}-(0[1-9]|1[0-2])", period):
        raise ValueError(f"{period!r} is not a period: write it as YYYY-MM, for example 2026-01")
    return date(int(period[:4]), int(period[5:]), 1)
