"""Posting periods, where the endpoint offers them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica import failures, objects, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.target import PeriodState


def periods(client: AcumaticaClient) -> list[PeriodState] | None:
    """All periods in order, or None where the endpoint does not offer them to our user."""
    try:
        years = client.find(calls.LIST_PERIODS, "FinancialPeriod", Query(expand=("Details",)))
    except failures.NotListable:
        years = _one_by_one(client)
    except (errors.NotPermitted, errors.NotFound, errors.Refusal):
        return None
    rows = [row for year in years for row in wire.rows(year, "Details")]
    return _states([row for row in rows if not wire.flag(row, "AdjustmentPeriod")]) or None


def _one_by_one(client: AcumaticaClient) -> list[Record]:
    query = Query(select=("FinancialYear",))
    years = [wire.text(row, "FinancialYear") for row in client.find(calls.LIST_PERIODS, "FinancialPeriod", query)]
    whole = Query(expand=("Details",))
    return [client.read(calls.READ_PERIODS, "FinancialPeriod", (year,), whole) for year in years]


def _states(rows: Sequence[Record]) -> list[PeriodState]:
    """Whether end dates are the last day or the day after is seen from how neighbours join."""
    spans = sorted((_date(row, "StartDate"), _date(row, "EndDate"), index) for index, row in enumerate(rows))
    after = timedelta(days=1) if any(one[1] == other[0] for one, other in pairwise(spans)) else timedelta(0)
    return [_state(rows[index], first, last - after) for first, last, index in spans]


def _state(row: Record, first: date, last: date) -> PeriodState:
    status = wire.text(row, "Status")
    is_open = status in ("", "Open") and not wire.flag(row, "ClosedInAP")
    return PeriodState(period=objects.period(wire.text(row, "FinancialPeriodID")), first=first, last=last, open=is_open)


def _date(row: Record, name: str) -> date:
    found = wire.day(row, name)
    if found is None:
        raise BadRecord(f"a period has no {name}")
    return found
