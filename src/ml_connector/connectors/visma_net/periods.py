"""Financial periods, and the day on which a journal is posted (vendors/visma_net.md §6.5, §11)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise

from msgspec import Struct

from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.wire import BadRecord, Record
from ml_connector.records.periods import period_of


class Period(Struct, frozen=True, kw_only=True):
    """A period: `own` is the company's YYYYPP, `name` the calendar month in which its middle lies."""

    own: str
    name: str
    first: date
    last: date
    open: bool


def listed(client: VismaClient) -> list[Period]:
    """The periods of ordinary length; adjustment periods, which have none, are left out."""
    rows = [row for row in client.find(calls.PERIODS) if _day(row, "startDate") < _day(row, "endDate")]
    spans = sorted((_day(row, "startDate"), _day(row, "endDate")) for row in rows)
    # Whether end dates are the last day or the day after is seen from how neighbours join.
    after = timedelta(days=1) if any(one[1] == other[0] for one, other in pairwise(spans)) else timedelta(0)
    return [_period(row, after) for row in rows]


def name_of(own: str, known: Sequence[Period]) -> str:
    """The month that a period of the company stands for; one that is not known is taken for the calendar's."""
    found = next((one.name for one in known if one.own == own), "")
    return found or (f"{own[:4]}-{own[4:]}" if len(own) == 6 else "")


def own_of(name: str, day: date, known: Sequence[Period]) -> str:
    """The company's period for a month `YYYY-MM`, or for a day where no month is given; "" where there is none."""
    if name:
        return next((one.own for one in known if one.name == name), "")
    return next((one.own for one in known if one.first <= day <= one.last), "")


def posting_day(day: date, name: str, known: Sequence[Period]) -> date:
    """When a journal of `day` is posted that was given a period: that day, or the first one of another period."""
    period = next((one for one in known if one.name == name), None)
    if period is None or period.first <= day <= period.last:
        return day
    return period.first


def _period(row: Record, after: timedelta) -> Period:
    first, last = _day(row, "startDate"), _day(row, "endDate") - after
    number = wire.whole(row, "period")
    is_open = wire.flag(row, "active") is not False and not wire.flag(row, "closedInGeneralLedger")
    return Period(
        own=f"{wire.whole(row, 'year') or first.year:04d}{number or first.month:02d}",
        name=period_of(first + (last - first) / 2),
        first=first,
        last=last,
        open=is_open,
    )


def _day(row: Record, name: str) -> date:
    found = wire.day(row, name)
    if found is None:
        raise BadRecord(f"a period has no {name}")
    return found
