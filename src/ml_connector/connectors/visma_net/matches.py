"""Journals that somebody keyed into Visma.net: those like ours, those of the first day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from datetime import date

from ml_connector.connectors.kit.target import Item, Keyed
from ml_connector.connectors.visma_net import batches, objects, wire
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.objects import GENERAL_LEDGER, LINES, OURS, REVERSING
from ml_connector.connectors.visma_net.reversals import Reversals
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.journals import Journal, Role
from ml_connector.records.money import ZERO


def keyed_journals(client: VismaClient, since: date) -> list[tuple[str, Journal]]:
    """Numbers and journals of the general ledger without a mark of ours, dated `since` or later, period by period.

    Voided ones, and those that reverse others, are left out.
    """
    company = Company(client)
    found = []
    for period in company.periods():
        if period.last < since:
            continue
        for record in client.everything(calls.JOURNALS, {"module": GENERAL_LEDGER, "periodId": period.own}):
            if _is_keyed(record):
                journal = objects.journal(record, company.period_of, client.settings.no_project)
                if journal.date >= since:
                    found.append((wire.text(record, "batchNumber"), journal))
    return found


def find_keyed(client: VismaClient, items: Sequence[Item]) -> list[list[Keyed]]:
    """Per item, the living journals of people that book the same paper, and what stands of its own record.

    The latter whatever its version: the hub may have lost its notes of that.
    """
    records = batches.lately(client, min(item.document.date for item in items))
    reversed_by = Reversals(records)
    numbered: dict[str, list[Record]] = defaultdict(list)
    own: dict[str, list[Record]] = defaultdict(list)
    for record in records:
        number, mark = wire.text(record, "batchNumber"), objects.reference_of(record)
        if _is_keyed(record) and reversed_by.theirs(number) is None:
            for named in {wire.text(line, "referenceNumber") for line in wire.rows(record, LINES)}:
                numbered[named].append(record)
        elif _stands(record, mark) and reversed_by.ours(mark, number) is None:
            own[_record_of(mark)].append(record)
    return [[_told(record) for record in _alike(item, numbered, own, client)] for item in items]


def _alike(
    item: Item, numbered: dict[str, list[Record]], own: dict[str, list[Record]], client: VismaClient
) -> Iterator[Record]:
    yield from own.get(_record_of(item.reference), [])
    for record in numbered.get(item.document.number, []) if item.document.number else []:
        if _is_same(item.document, record, client.settings.no_project):
            yield record


def _is_same(meant: Journal, record: Record, no_project: str) -> bool:
    """Whether a journal with the same number is of the same paper: on its accounts, by project or by the money."""
    lines = wire.rows(record, LINES)
    places = {(wire.text(line, "accountNumber"), objects.project_of(line, no_project)) for line in lines}
    cost = [line for line in meant.lines if line.role is Role.COST]
    if not {line.account for line in cost} & {account for account, _ in places}:
        return False
    gross = sum((line.amount for line in cost), ZERO)
    held = sum((line.amount for line in meant.lines if line.role is Role.RETAINAGE), ZERO)
    debits = sum((wire.amount(line, "debitAmountInCurrency") or ZERO for line in lines), ZERO)
    is_there = bool({(line.account, line.project) for line in cost} & places)
    return is_there or debits in {meant.total, abs(gross), abs(gross + held)}


def _stands(record: Record, mark: str) -> bool:
    """Whether a batch of ours is one that books a paper, and was not voided."""
    is_voided = wire.text(record, "status") == objects.VOIDED
    return bool(mark) and REVERSING not in mark.rpartition("-")[2] and not is_voided


def _record_of(mark: str) -> str:
    return mark.rpartition("-")[0]


def _told(record: Record) -> Keyed:
    return Keyed(
        number=f"batch {wire.text(record, 'batchNumber')}",
        reference=objects.reference_of(record),
        text=objects.text_of(record),
    )


def _is_keyed(record: Record) -> bool:
    said = wire.text(record, "description")
    is_voided = wire.text(record, "status") == objects.VOIDED
    return not (said.startswith(OURS) or is_voided or objects.is_reversal(record))
