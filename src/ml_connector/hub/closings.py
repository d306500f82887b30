"""Posting periods that were closed in the ledger, for flows that are read when that happens."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.target import PeriodState
from ml_connector.hub import audit, clocks, connections, installations, lanes
from ml_connector.hub.models import Connection, FlowState, Installation
from ml_connector.hub.problems import Problem

PERIOD_CLOSED = "period-closed"
LOOK_EVERY = timedelta(minutes=15)


def begin(row: Installation) -> None:
    """Note which periods are closed now, so that a flow may wait for the next one. Raises Problem, kit.errors."""
    periods = _ask(row)
    if periods is None:
        ledger = _ledger(row)
        raise Problem(
            f"{ledger.name} ({ledger.connector}) does not tell its posting periods: give our user the right to see "
            f"them, or use --every or --cron"
        )
    _note(row, periods, is_first=not _waiting(row))


def look(row: Installation) -> str:
    """Ask the ledger once, and call the flows that wait if a period was closed; returns a trouble or ""."""
    ledger = _ledger(row)
    if ledger.trouble:
        return str(ledger.trouble)
    try:
        periods = _ask(row)
    except errors.BrokenConnection as broken:
        connections.report_trouble(ledger, broken.message)
        return broken.message
    except errors.VendorError as later:
        return f"the posting periods cannot be asked for: {later.message}"
    if periods is not None:
        _note(row, periods, is_first=False)
    return ""


def _ledger(row: Installation) -> Connection:
    return installations.connection_of(row, installations.declaration(row.integration).ledger.side)


def _ask(row: Installation) -> list[PeriodState] | None:
    with connections.opened(_ledger(row)) as (client, _):
        return installations.declaration(row.integration).ledger.periods(client)


def _waiting(row: Installation) -> list[FlowState]:
    return list(FlowState.objects.filter(installation=row, on_event=PERIOD_CLOSED).order_by("pk"))


def _note(row: Installation, periods: list[PeriodState], *, is_first: bool) -> None:
    """Keep which periods are closed, and call the flows that wait when one is that was not at the last look.

    A period that has not begun is not closed, it was not opened yet.
    """
    now = clocks.clock().now()
    closed = sorted(one.period for one in periods if not one.open and one.first <= now.date())
    with transaction.atomic():
        locked = Installation.objects.select_for_update().get(pk=row.pk)
        known = locked.closed
        if known != closed:
            Installation.objects.filter(pk=row.pk).update(closed=closed)
        if known is None or is_first or not (fresh := [one for one in closed if one not in known]):
            return
        audit.write("period.closed", row.pk, periods=fresh)
        _call(row, now)


def _call(row: Installation, now: datetime) -> None:
    waiting = _waiting(row)
    FlowState.objects.filter(pk__in=[state.pk for state in waiting]).update(called=now)
    lanes.offer([lanes.read_key(state.pk) for state in waiting], now)
