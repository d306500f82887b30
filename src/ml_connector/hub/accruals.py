"""What has not been cleared on the accounts where costs and commitments wait: by commitment and vendor."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import date
from decimal import Decimal

import msgspec
from msgspec import Struct

from ml_connector.hub import connections, installations
from ml_connector.hub.models import Installation, Version
from ml_connector.hub.problems import Problem
from ml_connector.integrations.declaration import Ledger
from ml_connector.records.ledger import LedgerLine
from ml_connector.records.money import ZERO

NO_COMMITMENT = ""
"""The commitment of direct costs, and of lines that people posted: what they clear is known by its vendor alone."""


class Open(Struct, frozen=True, kw_only=True):
    """What stands on an account for one commitment and vendor, in the company's own currency.

    `commitment` is its number and title, or NO_COMMITMENT. `open` is positive where a debit waits, negative where a
    credit does; `entries` counts the lines behind it, `oldest` is the day of the first.
    """

    account: str
    commitment: str
    vendor: str
    debit: Decimal
    credit: Decimal
    open: Decimal
    entries: int
    oldest: date


def of_installation(
    row: Installation, until: date | None, progress: Callable[[str], None] = lambda text: None
) -> list[Open]:
    """Every commitment and vendor on every account to be cleared, those that are cleared included. Raises Problem."""
    ledger = installations.declaration(row.integration).ledger
    accounts = list(dict.fromkeys(filter(None, (installations.rule(row, name) for name in ledger.clearing))))
    if ledger.lines is None or not accounts:
        raise Problem(f"{row.pk} has no account to be cleared: its rules name none")
    since = date.fromisoformat(installations.rule(row, "cut_over"))
    lines: list[LedgerLine] = []
    with connections.opened(installations.connection_of(row, ledger.side)) as (client, _):
        for account in accounts:
            lines += ledger.lines(client, account, since, until)
            progress(f"{account}: {len(lines)} lines read")
    return _summed(lines, _names(row, ledger, {line.order for line in lines} - {NO_COMMITMENT}))


def _summed(lines: Iterable[LedgerLine], names: dict[str, str]) -> list[Open]:
    groups: dict[tuple[str, str, str], list[LedgerLine]] = defaultdict(list)
    for line in lines:
        groups[line.account, line.order, line.vendor].append(line)
    return [
        _open(account, names.get(order, order), vendor, found)
        for (account, order, vendor), found in sorted(groups.items())
    ]


def _open(account: str, commitment: str, vendor: str, lines: list[LedgerLine]) -> Open:
    amounts = [line.amount for line in lines]
    return Open(
        account=account,
        commitment=commitment,
        vendor=vendor,
        debit=sum((amount for amount in amounts if amount > 0), ZERO),
        credit=sum((-amount for amount in amounts if amount < 0), ZERO),
        open=sum(amounts, ZERO),
        entries=len(lines),
        oldest=min(line.date for line in lines),
    )


def _names(row: Installation, ledger: Ledger, orders: set[str]) -> dict[str, str]:
    """What the commitments are called, by the name that their documents carry (`commitment:7731`)."""
    if not orders or not ledger.commitments:
        return {}
    flow = installations.declaration(row.integration).flow(ledger.commitments)
    rows = Version.objects.filter(record__installation=row, record__flow=flow.name).exclude(document="")
    keys = {order.partition(":")[2]: order for order in orders}
    if ledger.commitment_of is None:
        rows = rows.filter(record__source_key__in=list(keys))
    names = {}
    for version in rows.select_related("record").order_by("number", "pk"):
        document = msgspec.json.decode(version.document, type=flow.record_type)
        if ledger.commitment_of is None:
            names[keys[version.record.source_key]] = flow.facts(document).title
        else:
            order, name = ledger.commitment_of(document)
            names[order] = name
    return names
