"""Lines that the journals of requisitions, direct costs and commitments have in common."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal

from ml_connector.integrations import posting
from ml_connector.integrations.declaration import Desk
from ml_connector.integrations.procore_sap_b1.coding import Place
from ml_connector.records.journals import JournalLine, Role
from ml_connector.records.money import ZERO

LONGEST_NUMBER = 100  # vendors/sap_b1.md §5.3, Reference


def plain(account: str, amount: Decimal, text: str, role: Role) -> list[JournalLine]:
    """A line on a balance sheet account, without project and profit centre; none without an amount."""
    return [JournalLine(account=account, amount=amount, text=text, role=role)] if amount else []


def rounding(rest: Decimal, desk: Desk) -> list[JournalLine]:
    """The line for a residue, where there is one."""
    return plain(posting.account_of(desk.rule("rounding_account"))[0], rest, "Rounding", Role.ROUNDING)


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
