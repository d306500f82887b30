"""Journals that somebody keyed into Visma.net, for the first day."""

from __future__ import annotations

from datetime import date

from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import objects, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.objects import GENERAL_LEDGER, OURS
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.journals import Journal


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


def _is_keyed(record: Record) -> bool:
    said = wire.text(record, "description")
    is_voided = wire.text(record, "status") == objects.VOIDED
    return not (said.startswith(OURS) or is_voided or objects.is_reversal(record))
