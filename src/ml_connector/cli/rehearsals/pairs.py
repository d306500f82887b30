"""The demo's judge of master records that a ledger and Procore keep in step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from ml_connector.cli.rehearsals import books
from ml_connector.cli.rehearsals.books import Comparison, Ready, Sum

if TYPE_CHECKING:
    from ml_connector.hub.lists import MatchRow, RecordRow

Row = dict[str, Any]
Said = dict[str, tuple[str, ...]]
"""What a side says of each record, by key."""


def procore_vendors(ready: Ready) -> Said:
    """What Procore says of its vendors."""
    return {str(row["id"]): procore_vendor(row) for row in books.state(ready["procore"])["vendors"]}


def procore_cost_codes(ready: Ready) -> Said:
    """The names of Procore's standard cost codes, those aside that others belong to."""
    standard = books.state(ready["procore"])["standard_cost_codes"]
    parents = {row["parent_id"] for row in standard}
    return {str(row["id"]): (str(row["name"]),) for row in standard if row["id"] not in parents}


def compared(
    integration: str,
    flow: str,
    left: Said,
    right: Said,
    pairs: list[MatchRow],
    records: list[RecordRow],
) -> Comparison:
    matched = [pair for pair in pairs if pair.left and pair.right]
    waiting = [record for record in records if record.state in ("held", "refused")]
    twice = [*repeated(pair.left for pair in matched), *repeated(pair.right for pair in matched)]
    faults = [
        f"{pair.left_name}: {left.get(pair.left)} there, {right.get(pair.right)} here"
        for pair in matched
        if left.get(pair.left) != right.get(pair.right)
    ]
    alone = len(left) + len(right) - 2 * len(matched)
    known = {record.source_key for record in records if record.state in ("held", "refused", "skipped")}
    lost = (set(left) - {pair.left for pair in matched}) | (set(right) - {pair.right for pair in matched})
    faults += [f"{key} has no counterpart, and no reason is told" for key in sorted(lost - known)]
    return Comparison(
        integration=integration,
        flow=flow,
        source=Sum(count=len(matched) + alone),
        held=Sum(count=len(waiting)),
        adopted=Sum(),
        target=Sum(count=len(matched)),
        duplicates=tuple(twice),
        holds=tuple(f"{record.record} {record.title}: {record.cause}: {record.message}" for record in waiting),
        faults=(*faults, *(f"{key} is matched twice" for key in twice)),
    )


def repeated(keys: Iterable[str]) -> list[str]:
    return [key for key, count in Counter(keys).items() if count > 1]


def procore_vendor(row: Row) -> tuple[str, ...]:
    register = row.get("business_register") or {}
    named = [str(row["name"]), "yes" if row["is_active"] else "no", digits(register.get("identifier") or "")]
    named += [str(row.get(name) or "") for name in ("address", "city", "state_code", "zip", "country_code")]
    return (*named, str(row.get("email_address") or ""), digits(row.get("business_phone") or ""))


def digits(text: str) -> str:
    return "".join(letter for letter in text if letter.isalnum())
