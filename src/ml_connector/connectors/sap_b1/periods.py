"""Posting periods, and the day on which a document is posted (vendors/sap_b1.md §5.9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Final

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.target import PeriodState
from ml_connector.connectors.sap_b1 import wire
from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.connectors.sap_b1.wire import BadRecord, Record
from ml_connector.records.periods import first_day, period_of

_OPEN: Final = frozenset({"LTUNLOCKED", "LTUNLOCKEDEXCEPTSALES", "N", "S", "U", ""})
"""Statuses in which purchases and journals are taken; sales may be shut out (names or database values)."""


def periods(client: SapClient) -> list[PeriodState] | None:
    """All periods in order, or None where our user may not see them."""
    try:
        rows = _rows(client)
    except (errors.NotPermitted, errors.NotFound, errors.Refusal):
        return None
    return sorted((_state(row) for row in rows), key=lambda state: state.first) or None


def posting_day(day: date, period: str, known: Sequence[PeriodState]) -> date:
    """When a document of `day` is posted that was given `period`: that day, or the first one of another period."""
    if not period:
        return day
    own = [state for state in known if state.period == period]
    if own:
        return day if any(state.first <= day <= state.last for state in own) else own[0].first
    return day if period_of(day) == period else first_day(period)


def period_at(day: date, known: Sequence[PeriodState]) -> str:
    """The period that a posting day falls into; its calendar month where periods are not known."""
    return next((state.period for state in known if state.first <= day <= state.last), period_of(day))


def _rows(client: SapClient) -> list[Record]:
    """The periods of all categories (years); a server that gives them at once is not asked again."""
    listed = wire.rows(client.service("CompanyService_GetPeriods"), "value")
    found = [row for row in listed if row.get("PostingDateFrom")]
    for row in listed:
        if not row.get("PostingDateFrom"):
            asked = {"PeriodCategoryParams": {"AbsoluteEntry": wire.whole(row, "AbsoluteEntry")}}
            found += wire.rows(client.service("CompanyService_GetFinancePeriods", asked), "value")
    return found


def _state(row: Record) -> PeriodState:
    """Periods are named by the month in which their middle lies, since they need not be calendar months."""
    first, last = wire.day(row, "PostingDateFrom"), wire.day(row, "PostingDateTo")
    if first is None or last is None:
        raise BadRecord("a posting period has no first or last day")
    is_open = not wire.flag(row, "Locked") and wire.text(row, "PeriodStatus").upper() in _OPEN
    return PeriodState(period=period_of(first + (last - first) / 2), first=first, last=last, open=is_open)
