"""Financial periods: which one a day falls into, and whether payables may post there."""

from __future__ import annotations

from datetime import date

from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.store import Store


def code(text: str) -> str:
    """`MMYYYY` from `012026`, `01-2026` (vendors/acumatica.md §11)."""
    return text.replace("-", "").strip()


def shown(period: str, *, dash: bool) -> str:
    """A period as this tenant shows it."""
    return f"{period[:2]}-{period[2:]}" if dash and len(period) == 6 else period


def iso(period: str) -> str:
    """`YYYY-MM` of `MMYYYY`."""
    return f"{period[2:]}-{period[:2]}" if len(period) == 6 else ""


def from_iso(period: str) -> str:
    """`MMYYYY` of `YYYY-MM`."""
    return f"{period[5:7]}{period[:4]}"


def find(store: Store, period: str) -> Row | None:
    """The period's line in its financial year."""
    year = store["FinancialPeriod"].find(code(period)[2:])
    if year is None:
        return None
    return next((line for line in year.lines() if line.text("FinancialPeriodID") == code(period)), None)


def of_day(store: Store, day: date) -> str:
    """The period that a day falls into, "" when none is set up."""
    period = f"{day.month:02d}{day.year:04d}"
    return period if find(store, period) else ""


def is_open(store: Store, period: str) -> bool:
    """Whether documents of payables may be posted into the period."""
    line = find(store, period)
    return line is not None and not line.flag("ClosedInAP")


def close(store: Store, period: str, *, closed: bool) -> bool:
    """Close or reopen a period in payables; False when there is no such period."""
    line = find(store, period)
    if line is None:
        return False
    line["ClosedInAP"] = closed
    line["Status"] = "Closed" if closed else "Open"
    year = store["FinancialPeriod"].find(code(period)[2:])
    if year is not None:
        store.touch(year)
    return True
