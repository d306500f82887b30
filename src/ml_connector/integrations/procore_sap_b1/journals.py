"""Lines on clearing accounts, split so that each project and profit centre is cleared by itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from ml_connector.integrations.cost_journals import Place
from ml_connector.records.journals import JournalLine, Role
from ml_connector.records.money import ZERO


def by_center(
    amounts: Iterable[tuple[Place, Decimal]], *, account: str, role: Role, text: str, rest: Decimal = ZERO
) -> list[JournalLine]:
    """One line per profit centre on one account, so that each project and centre comes to nothing when it is cleared.

    `rest` is added to the last of them.
    """
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for place, amount in amounts:
        sums[place.project, place.center] += amount
    if rest:
        sums[next(reversed(sums), ("", ""))] += rest
    return [
        JournalLine(account=account, amount=amount, text=text, role=role, project=project, center=center)
        for (project, center), amount in sums.items()
        if amount
    ]
