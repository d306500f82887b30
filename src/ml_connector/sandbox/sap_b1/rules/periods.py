"""Posting periods: which one a day falls into, and whether anything may be posted there (vendors/sap_b1.md §5.9)."""

from __future__ import annotations

from datetime import date

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import date_out_of_range, period_locked

_SHUT = ("ltLocked", "ltPeriodClosing")


def of_day(desk: Desk, day: date) -> Row | None:
    """The period that a day falls into; periods are months here."""
    return next(iter(desk.store["OFPR"].where(("PeriodCode",), f"{day:%Y-%m}")), None)


def check(desk: Desk, day: date, table: str, column: str) -> Row:
    """The open period of a posting date. Raises -4013 or the refusal that names the column."""
    period = of_day(desk, day)
    if period is None:
        raise date_out_of_range(table, column)
    if desk.opening is not None:
        return period
    if day > desk.today and not desk.switches.on("future_posting_dates"):
        raise date_out_of_range(table, column)
    if period["Locked"] == "tYES" or period["PeriodStatus"] in _SHUT:
        raise period_locked()
    return period


def set_status(desk: Desk, code: str, status: str) -> Row | None:
    """Give a period (YYYY-MM) another status; None when there is no such period."""
    row = next(iter(desk.store["OFPR"].where(("PeriodCode",), code)), None)
    if row is None:
        return None
    return desk.store["OFPR"].put(row | {"PeriodStatus": status, "Locked": "tYES" if status == "ltLocked" else "tNO"})
