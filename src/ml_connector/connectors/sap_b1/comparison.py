"""What SAP Business One stored, compared with what was meant (vendors/sap_b1.md §12)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from ml_connector.connectors.sap_b1.objects import Document
from ml_connector.records.compare import Difference, Line, line_differences
from ml_connector.records.documents import Bill, BillLine
from ml_connector.records.journals import Journal, JournalLine

_NAMES: Final = ("account", "project", "profit centre", "amount")
_ALIKE: Final = 3


def compare(meant: Document, stored: Document) -> list[Difference]:
    """Every difference, header first. Texts, source ids and our reference are not compared; lines have no order.

    A currency counts where both sides state one, a period where one was meant. Journal lines without an amount are
    never sent, so that they are left out on both sides.
    """
    ours, theirs = _lines(meant), _lines(stored)
    return [*_headers(meant, stored), *line_differences(_NAMES, ours, theirs, _ALIKE)]


def _headers(meant: Document, stored: Document) -> Iterator[Difference]:
    for name in ("vendor", "number"):
        yield from _differ(name, getattr(meant, name).strip(), getattr(stored, name).strip())
    yield from _differ("date", meant.date.isoformat(), stored.date.isoformat())
    if meant.period:
        yield from _differ("period", meant.period, stored.period)
    if meant.currency and stored.currency:
        yield from _differ("currency", meant.currency, stored.currency)
    if not isinstance(meant, Journal):
        assert not isinstance(stored, Journal)
        if meant.total != stored.total:
            yield Difference(field="total", meant=f"{meant.total:f}", stored=f"{stored.total:f}")
    if isinstance(meant, Bill) and isinstance(stored, Bill):
        if meant.credit != stored.credit:
            yield from _differ("kind", *("credit note" if bill.credit else "invoice" for bill in (meant, stored)))
        if meant.tax != stored.tax:
            yield Difference(field="tax", meant=f"{meant.tax:f}", stored=f"{stored.tax:f}")


def _differ(field: str, meant: str, stored: str) -> Iterator[Difference]:
    if meant.upper() != stored.upper():
        yield Difference(field=field, meant=meant, stored=stored)


def _lines(document: Document) -> list[Line]:
    if isinstance(document, Journal):
        return [_line(line) for line in document.lines if line.amount]
    return [_line(line) for line in document.lines]


def _line(line: BillLine | JournalLine) -> Line:
    return (line.account.strip(), line.project.strip(), line.center.strip(), line.amount)
