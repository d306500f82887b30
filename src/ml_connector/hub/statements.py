"""The completeness statement of a run: what became of every row it read, in counts and money.

read = unchanged + superseded + one count per state of the records whose newest version came from this run.
"""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from django.db import connection
from msgspec import Struct

from ml_connector.hub.models import Run

UNCHANGED = "unchanged"
SUPERSEDED = "superseded"

_BY_STATE = """
SELECT CASE WHEN v.number = r.newest THEN r.state ELSE 'superseded' END AS what,
       CASE WHEN v.number = r.newest THEN r.cause ELSE '' END AS cause, v.currency, count(*), sum(v.amount)
FROM hub_version v JOIN hub_record r ON r.id = v.record_id
WHERE v.run_id = %s
GROUP BY 1, 2, 3
"""
_EARLIER = """
SELECT count(DISTINCT r.id) FROM hub_record r JOIN hub_version v ON v.record_id = r.id AND v.number = r.posted_version
WHERE r.installation_id = %s AND r.flow = %s AND v.run_id <> %s AND r.posted >= %s
"""


class Line(Struct, frozen=True):
    """Rows that ended the same way: state, the cause where there is one, how many, and money by currency."""

    what: str
    cause: str
    count: int
    money: dict[str, Decimal]


class Statement(Struct, frozen=True):
    """What a run did. `delivered_earlier` are records of earlier reads that were posted since it began."""

    run: int
    flow: str
    kind: str
    complete: bool
    read: int
    lines: tuple[Line, ...]
    troubles: tuple[str, ...]
    delivered_earlier: int

    @property
    def adds_up(self) -> bool:
        """Whether every row that was read is accounted for."""
        return self.read == sum(line.count for line in self.lines)

    def count(self, what: str) -> int:
        """How many rows ended as `what`."""
        return sum(line.count for line in self.lines if line.what == what)


def of_run(run: Run) -> Statement:
    """The statement as it is now; records that move on later move in it too."""
    lines = [
        Line(UNCHANGED, "", run.unchanged, _amounts(run.unchanged_money)),
        *_by_state(run),
    ]
    return Statement(
        run=run.pk,
        flow=run.flow,
        kind=run.kind,
        complete=run.ended is not None,
        read=run.read,
        lines=tuple(line for line in lines if line.count),
        troubles=tuple(run.troubles),
        delivered_earlier=_earlier(run),
    )


def _amounts(stored: dict[str, str]) -> dict[str, Decimal]:
    return {currency: Decimal(amount) for currency, amount in stored.items()}


def _by_state(run: Run) -> list[Line]:
    counts: dict[tuple[str, str], int] = defaultdict(int)
    money: dict[tuple[str, str], dict[str, Decimal]] = defaultdict(dict)
    with connection.cursor() as cursor:
        cursor.execute(_BY_STATE, [run.pk])
        for what, cause, currency, count, amount in cursor.fetchall():
            counts[what, cause] += count
            money[what, cause][currency] = amount
    if run.repeated:
        counts[SUPERSEDED, ""] += run.repeated
        for currency, amount in _amounts(run.repeated_money).items():
            sums = money[SUPERSEDED, ""]
            sums[currency] = sums.get(currency, Decimal(0)) + amount
    return [Line(what, cause, counts[what, cause], money[what, cause]) for what, cause in sorted(counts)]


def _earlier(run: Run) -> int:
    with connection.cursor() as cursor:
        cursor.execute(_EARLIER, [run.installation_id, run.flow, run.pk, run.started])
        return int(cursor.fetchone()[0])
