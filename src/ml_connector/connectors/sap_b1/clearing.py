"""What stands on an account, line by line: for the report of what was not cleared (vendors/sap_b1.md §5.3)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from weakref import WeakKeyDictionary

from ml_connector.connectors.sap_b1 import objects, stored, wire
from ml_connector.connectors.sap_b1.client import CREDITS, INVOICES, JOURNALS, Query, SapClient
from ml_connector.connectors.sap_b1.objects import ORDER, REFERENCE, SOURCE
from ml_connector.connectors.sap_b1.odata import all_of, ge, le
from ml_connector.connectors.sap_b1.wire import Record
from ml_connector.records.ledger import LedgerLine
from ml_connector.records.money import ZERO

_Entry = tuple[Record, Record | None]
_read: WeakKeyDictionary[SapClient, tuple[tuple[date, date | None], list[_Entry]]] = WeakKeyDictionary()


def clearing_lines(client: SapClient, account: str, since: date, until: date | None = None) -> list[LedgerLine]:
    """All posted lines on an account from `since` on (until `until` inclusive), ours and others', oldest first.

    Lines cannot be filtered on, so that the period's journal entries are read in pages; invoices and credit notes are
    read for the marks that their entries do not bear. Of lines that a cancelled document and its cancellation made,
    both are there. A client reads the ledger once per span: what is posted meanwhile is for the next one.
    """
    ledger = _ledger(client, since, until)
    found = [line for record, behind in ledger for line in _lines(client, record, account, behind)]
    return sorted(found, key=lambda line: line.date)


def _ledger(client: SapClient, since: date, until: date | None) -> list[_Entry]:
    """The journal entries of the time, each with the document that made it; read once for all accounts of a report."""
    span, known = (since, until), _read.get(client)
    if known is None or known[0] != span:
        behind = _documents(client, since, until)
        query = Query(filter=_dated("ReferenceDate", since, until), select=objects.JOURNAL_FIELDS, order="JdtNum")
        entries = client.everything(JOURNALS, query)
        known = (span, [(record, behind.get(wire.text(record, "JdtNum"))) for record in entries])
        _read[client] = known
    return known[1]


def _documents(client: SapClient, since: date, until: date | None) -> dict[str, Record]:
    """Invoices and credit notes by their journal entries; a cancellation bears the marks of what it cancels."""
    found: dict[str, Record] = {}
    for entity in (INVOICES, CREDITS):
        query = Query(filter=_dated("DocDate", since, until), select=objects.WHOLE, order="DocEntry")
        records = client.everything(entity, query)
        cancelled = [record for record in records if objects.is_cancelled(record)]
        counter = stored.paired(cancelled, [record for record in records if objects.is_cancellation(record)])
        originals = {
            wire.text(counter[entry], "DocEntry"): record
            for record in cancelled
            if (entry := wire.whole(record, "DocEntry") or 0) in counter
        }
        for record in records:
            found[wire.text(record, "TransNum")] = _marked(record, originals.get(wire.text(record, "DocEntry")))
    return found


def _marked(record: Record, original: Record | None) -> Record:
    return record if original is None else record | {name: original.get(name) for name in objects.MARKS}


def _lines(client: SapClient, record: Record, account: str, behind: Record | None) -> Iterator[LedgerLine]:
    head = behind if behind is not None else record
    for place, row in enumerate(wire.rows(record, "JournalEntryLines")):
        if wire.text(row, "AccountCode") != account:
            continue
        line = wire.whole(row, "Line_ID")
        yield LedgerLine(
            account=account,
            number=wire.text(record, "Number"),
            line=place if line is None else line,
            date=objects.posted_on(JOURNALS, record),
            amount=(wire.amount(row, "Debit") or ZERO) - (wire.amount(row, "Credit") or ZERO),
            text=wire.text(row, "LineMemo") or wire.text(record, "Memo"),
            vendor=_vendor(head, behind),
            reference=wire.text(head, REFERENCE),
            project=wire.text(row, "ProjectCode"),
            center=wire.text(row, client.settings.center_field),
            source=wire.text(head, SOURCE),
            order=wire.text(head, ORDER),
        )


def _vendor(head: Record, behind: Record | None) -> str:
    """A journal entry names its vendor in its second reference, where it is ours; a person's may say anything there."""
    if behind is not None:
        return wire.text(head, "CardCode")
    return wire.text(head, "Reference2") if wire.text(head, REFERENCE).startswith(objects.OURS) else ""


def _dated(name: str, since: date, until: date | None) -> str:
    return all_of(ge(name, since), le(name, until) if until else "")
