"""What stands on an account, line by line: for the report of what was not cleared (vendors/visma_net.md §6.4)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from weakref import WeakKeyDictionary

from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import objects, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.objects import LINES, MARK_END, OURS
from ml_connector.connectors.visma_net.wire import BadRecord, Record
from ml_connector.records.ledger import LedgerLine
from ml_connector.records.money import ZERO

_Span = tuple[date, date | None]
_read: WeakKeyDictionary[VismaClient, tuple[_Span, list[Record]]] = WeakKeyDictionary()


def clearing_lines(client: VismaClient, account: str, since: date, until: date | None = None) -> list[LedgerLine]:
    """All posted lines on an account from `since` on (until `until` inclusive), ours and others', oldest first.

    Batches of every module are read, period by period, since invoices clear what journals of ours accrue. Of a batch
    and the one that reverses it both are there. A client reads the ledger once per span.
    """
    batches = _ledger(client, since, until)
    ours = {wire.text(one, "batchNumber"): one for one in batches if objects.module_of(one) == objects.GENERAL_LEDGER}
    found = [
        line
        for one in batches
        for line in _lines(one, account, ours.get(wire.text(one, "originalBatchNumber"), one), client)
    ]
    return sorted(found, key=lambda line: line.date)


def _ledger(client: VismaClient, since: date, until: date | None) -> list[Record]:
    """The posted batches of the time; read once for all accounts of a report."""
    span, known = (since, until), _read.get(client)
    if known is None or known[0] != span:
        periods = [
            one for one in Company(client).periods() if one.last >= since and (until is None or one.first <= until)
        ]
        found = [one for period in periods for one in client.everything(calls.JOURNALS, {"periodId": period.own})]
        known = (span, [one for one in found if _counts(one, since, until)])
        _read[client] = known
    return known[1]


def _counts(batch: Record, since: date, until: date | None) -> bool:
    return (
        wire.text(batch, "status") in objects.IN_LEDGER
        and _day(batch) >= since
        and (until is None or _day(batch) <= until)
    )


def _lines(batch: Record, account: str, original: Record, client: VismaClient) -> Iterator[LedgerLine]:
    """The lines of a batch on an account; one that reverses another bears that one's marks."""
    marks = objects.marks_of(original)
    mark = wire.text(original, "description").partition(MARK_END)[0]
    for row in wire.rows(batch, LINES):
        if wire.text(row, "accountNumber") != account:
            continue
        yield LedgerLine(
            account=account,
            number=wire.text(batch, "batchNumber"),
            line=wire.whole(row, "lineNumber") or 0,
            date=_day(batch),
            amount=(wire.amount(row, "debitAmount") or ZERO) - (wire.amount(row, "creditAmount") or ZERO),
            text=wire.text(row, "transactionDescription") or wire.text(batch, "description"),
            vendor=marks.get("vendor") or wire.text(row, "customerSupplier"),
            source=marks.get("source", ""),
            order=marks.get("order", ""),
            reference=mark if mark.startswith(OURS) else "",
            project=objects.project_of(row, client.settings.no_project),
            center=objects.subaccount_of(row.get("subaccount") or {}),
        )


def _day(batch: Record) -> date:
    found = wire.day(batch, "transactionDate")
    if found is None:
        raise BadRecord(f"batch {wire.text(batch, 'batchNumber')} has no transactionDate")
    return found
