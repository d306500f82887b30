"""What the mapping tables lack: every source value without a target, and the records and money that wait for it."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal

from msgspec import Struct, field

from ml_connector.hub import installations
from ml_connector.hub.desk import InstallationDesk
from ml_connector.hub.mapping import Gap
from ml_connector.hub.models import FlowState, Installation, Record, Version
from ml_connector.hub.pipeline import translate
from ml_connector.hub.pipeline.work import flow_work
from ml_connector.hub.states import Held, State

_Key = tuple[str, str, str]
"""Table, source and target of a row that lacks."""


class MissingRow(Struct, kw_only=True):
    """A value that `table` lacks, with what waits for it: records, and money by currency.

    One of `source` and `target` is empty: it is what a person is to fill in.
    """

    table: str
    source: str
    source_name: str
    target: str = ""
    target_name: str = ""
    records: int = 0
    money: dict[str, Decimal] = field(default_factory=dict)


def missing_rows(installation: Installation) -> list[MissingRow]:
    """Translate again, in memory, what is held for want of a mapping. The greatest number of records comes first."""
    found: dict[_Key, MissingRow] = {}
    for state in installations.flow_states(installation):
        _add_flow(state, found)
    return sorted(found.values(), key=lambda row: (row.table, -row.records, row.source, row.target))


def _missing(gap: Gap) -> MissingRow:
    if gap.target:
        return MissingRow(table=gap.table, source="", source_name="", target=gap.target, target_name=gap.name)
    return MissingRow(table=gap.table, source=gap.source, source_name=gap.name)


def _add_flow(state: FlowState, found: dict[_Key, MissingRow]) -> None:
    work = flow_work(state)
    desk = InstallationDesk(work.installation, work.flow)
    held = Record.objects.filter(
        installation=work.installation, flow=work.flow.name, state=State.HELD, cause=Held.UNMAPPED
    )
    for record in held.order_by("pk"):
        document = Version.objects.get(record=record, number=record.newest).document
        translate.translate_one(work, desk, record, document)
        money: dict[_Key, Decimal] = defaultdict(Decimal)
        for gap in desk.gaps:
            key = (gap.table, gap.source, gap.target)
            money[key] += gap.money
            found.setdefault(key, _missing(gap))
        for key, amount in money.items():
            row = found[key]
            row.records += 1
            row.money[record.currency] = row.money.get(record.currency, Decimal(0)) + amount


def held_for(installation: Installation, cause: str) -> int:
    """How many records are held for a cause."""
    return Record.objects.filter(installation=installation, state=State.HELD, cause=cause).count()
