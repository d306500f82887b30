"""Documents as the Service Layer has them, to and from records (vendors/sap_b1.md §5.1 to §5.3)."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Final

from msgspec import Struct

from ml_connector.connectors.kit.target import Item, PeriodState
from ml_connector.connectors.sap_b1 import company as books
from ml_connector.connectors.sap_b1 import periods, wire
from ml_connector.connectors.sap_b1.client import CREDITS, INVOICES, JOURNALS, ORDERS, SapClient
from ml_connector.connectors.sap_b1.company import Company
from ml_connector.connectors.sap_b1.wire import BadRecord, Record
from ml_connector.records.documents import Bill, BillLine, PurchaseOrder
from ml_connector.records.journals import Journal, JournalLine, Role
from ml_connector.records.money import ZERO

Document = Bill | PurchaseOrder | Journal

REFERENCE: Final = "U_MlcRef"
SOURCE: Final = "U_MlcSource"
ORDER: Final = "U_MlcOrder"
MARKS: Final = (REFERENCE, SOURCE, ORDER)
OURS: Final = "ML-"
REVERSING: Final = "R"
"""What follows our reference on the journal that takes another one back."""
_COMMENTS: Final = 254
_MEMO: Final = 50
_LINE_TEXT: Final = 100
DOCUMENT_FIELDS: Final = (
    "DocEntry",
    "DocNum",
    "DocDate",
    "TaxDate",
    "CardCode",
    "NumAtCard",
    "Comments",
    "DocCurrency",
    "DocTotal",
    "DocTotalFc",
    "VatSum",
    "VatSumFc",
    "PaidToDate",
    "DocumentStatus",
    "Cancelled",
    "CancelStatus",
    "TransNum",
    *MARKS,
)
JOURNAL_FIELDS: Final = (
    "JdtNum",
    "Number",
    "ReferenceDate",
    "TaxDate",
    "Memo",
    "Reference",
    "Reference2",
    "OriginalJournal",
    "Original",
    *MARKS,
    "JournalEntryLines",
)
WHOLE: Final = (*DOCUMENT_FIELDS, "DocumentLines")
_KINDS: Final = {INVOICES: "invoice", CREDITS: "credit note", ORDERS: "order", JOURNALS: "journal"}
_NAME: Final = re.compile(r"(?:(invoice|credit note|order|journal) )?(cancellation )?(\d{1,18})", re.ASCII)
_COMPANY: Final = frozenset({"TTJOURNALENTRY", "30", ""})


class Books(Struct, frozen=True, kw_only=True):
    """What is needed to write and read documents of one company."""

    client: SapClient
    company: Company
    periods: Sequence[PeriodState]

    def code(self, currency: str) -> str:
        """The company's code of an ISO currency, its own currency for none."""
        return books.currency_code(self.client, self.company, currency)

    def iso(self, code: str) -> str:
        """The ISO currency of one of the company's codes, its own currency for none."""
        return books.iso_currency(self.client, self.company, code or self.company.local_currency)

    def posting_day(self, document: Document) -> date:
        """The day on which a document is posted."""
        return periods.posting_day(document.date, document.period, self.periods)


def open_books(client: SapClient) -> Books:
    """What was read of the company in this session, or is read now."""
    return Books(client=client, company=books.known(client), periods=books.known_periods(client))


class Name(Struct, frozen=True, kw_only=True):
    """What a document's name says of it; `entity` is empty where it is only a number."""

    entity: str
    number: int
    cancellation: bool


def entity_of(document: Document) -> str:
    """The entity set that a document belongs to."""
    match document:
        case Bill():
            return CREDITS if document.credit else INVOICES
        case PurchaseOrder():
            return ORDERS
        case Journal():
            return JOURNALS


def name_of(entity: str, record: Record) -> str:
    """What people call a document where its kind does not go without saying: `invoice 1004`."""
    cancels = "cancellation " if is_cancellation(record) else ""
    return f"{_KINDS[entity]} {cancels}{wire.text(record, number_field(entity))}"


def named(text: str) -> Name | None:
    """What a name or a mere number says; None for something else."""
    found = _NAME.fullmatch(text)
    if not found:
        return None
    entity = next((one for one, kind in _KINDS.items() if kind == found.group(1)), "")
    return Name(entity=entity, number=int(found.group(3)), cancellation=bool(found.group(2)))


def key_field(entity: str) -> str:
    """The key of an entity."""
    return "JdtNum" if entity == JOURNALS else "DocEntry"


def number_field(entity: str) -> str:
    """The number that people know a document by; it is unique within its series only."""
    return "Number" if entity == JOURNALS else "DocNum"


def fields_of(entity: str) -> tuple[str, ...]:
    """What is read of a whole document."""
    return JOURNAL_FIELDS if entity == JOURNALS else WHOLE


def key_of(entity: str, record: Record) -> str:
    """What names a document for ever: `PurchaseInvoices(91)`. Raises BadRecord."""
    found = wire.whole(record, key_field(entity))
    if found is None:
        raise BadRecord(f"{entity}: a document has no {key_field(entity)}")
    return f"{entity}({found})"


def entry_of(key: str) -> tuple[str, int] | None:
    """Entity and internal number of a key; None for something else."""
    entity, mark, rest = key.partition("(")
    number = rest.removesuffix(")")
    return (entity, int(number)) if mark and number.isascii() and number.isdigit() else None


def body(item: Item, books: Books) -> tuple[str, Record]:
    """The entity and what is sent to create an item's document. Texts are cut, numbers never."""
    document = item.document
    if isinstance(document, Journal):
        return JOURNALS, journal_body(document, item.reference, books, books.posting_day(document))
    return entity_of(document), _document_body(document, item.reference, books)


def journal_body(journal: Journal, reference: str, books: Books, day: date) -> Record:
    """What is sent to create a journal entry; lines without an amount are left out."""
    settings = books.client.settings
    code = books.code(journal.currency)
    foreign = "" if code == books.company.local_currency else code
    head = wire.some(
        {
            "ReferenceDate": day,
            "DueDate": day,
            "TaxDate": journal.date,
            "Memo": journal.text[:_MEMO],
            "Reference": journal.number,
            "Reference2": journal.vendor,
            "Series": settings.journal_series,
            "AutoVAT": "tNO",  # costs are posted net of tax, and must not make tax entries
            REFERENCE: reference,
            SOURCE: journal.source,
            ORDER: journal.order,
        }
    )
    lines = [_journal_line(line, foreign, books) for line in journal.lines if line.amount]
    return head | {"JournalEntryLines": lines}


def document(entity: str, record: Record, books: Books, meant: Document | None = None) -> Document:
    """A stored document as a record; `meant` says what a journal's accounts stand for. Raises BadRecord."""
    if entity == JOURNALS:
        return journal(record, books, meant if isinstance(meant, Journal) else None)
    lines = tuple(_line(row, record, books) for row in wire.rows(record, "DocumentLines"))
    foreign = _is_foreign(record, books)
    total, tax = _own(record, "DocTotal", "DocTotalFc", foreign), _own(record, "VatSum", "VatSumFc", foreign)
    posted, dated = _days(record, "DocDate")
    shared = {
        "reference": wire.text(record, REFERENCE),
        "vendor": wire.text(record, "CardCode"),
        "number": wire.text(record, "NumAtCard"),
        "date": dated,
        "period": periods.period_at(posted, books.periods),
        "currency": books.iso(wire.text(record, "DocCurrency")),
        "text": wire.text(record, "Comments"),
        "lines": lines,
        "source": wire.text(record, SOURCE),
        "order": wire.text(record, ORDER),
    }
    if entity == ORDERS:
        return PurchaseOrder(total=total - tax, **shared)  # type: ignore[arg-type]
    credit = (entity == CREDITS) != is_cancellation(record)
    return Bill(total=total, tax=tax, credit=credit, **shared)  # type: ignore[arg-type]


def journal(record: Record, books: Books, meant: Journal | None = None) -> Journal:
    """A stored journal entry. Its lines have the roles that their accounts have in `meant`. Raises BadRecord."""
    rows = wire.rows(record, "JournalEntryLines")
    code = next((wire.text(row, "FCCurrency") for row in rows if wire.text(row, "FCCurrency")), "")
    foreign = code not in ("", books.company.local_currency)
    roles = {line.account: line.role for line in meant.lines} if meant else {}
    posted, dated = _days(record, "ReferenceDate")
    return Journal(
        reference=wire.text(record, REFERENCE),
        number=wire.text(record, "Reference"),
        date=dated,
        period=periods.period_at(posted, books.periods),
        currency=books.iso(code),
        text=wire.text(record, "Memo"),
        vendor=wire.text(record, "Reference2"),
        source=wire.text(record, SOURCE),
        order=wire.text(record, ORDER),
        lines=tuple(_journal_row(row, foreign, roles, books) for row in rows),
    )


def is_cancelled(record: Record) -> bool:
    """Whether a document was cancelled; the document that cancelled it is not."""
    return wire.flag(record, "Cancelled") is True or wire.text(record, "CancelStatus") in ("csYes", "Y")


def is_cancellation(record: Record) -> bool:
    """Whether a document is the one that cancels another."""
    return wire.text(record, "CancelStatus") in ("csCancellation", "C")


def is_by_itself(record: Record) -> bool:
    """Whether a journal entry stands for itself, and was not made by a document."""
    return wire.text(record, "OriginalJournal").upper() in _COMPANY


def posted_on(entity: str, record: Record) -> date:
    """The posting day. Raises BadRecord."""
    return _days(record, "ReferenceDate" if entity == JOURNALS else "DocDate")[0]


def _document_body(document: Bill | PurchaseOrder, reference: str, books: Books) -> Record:
    settings, day = books.client.settings, books.posting_day(document)
    code = books.code(document.currency)
    # What is in the company's own currency and what in a foreign one have fields of their own (§12, triplets).
    amount = "LineTotal" if code == books.company.local_currency else "RowTotalFC"
    head = wire.some(
        {
            "CardCode": document.vendor,
            "DocType": "dDocument_Service",
            "DocDate": day,
            "DocDueDate": max(day, document.date) if isinstance(document, PurchaseOrder) else None,
            "TaxDate": document.date,
            "NumAtCard": document.number,
            "Comments": document.text[:_COMMENTS],
            "JournalMemo": document.text[:_MEMO],
            "DocCurrency": code,
            "BPL_IDAssignedToInvoice": settings.branch,
            "Series": settings.series,
            REFERENCE: reference,
            SOURCE: document.source,
            ORDER: document.order,
        }
    )
    return head | {"DocumentLines": [_document_line(line, amount, books) for line in document.lines]}


def _document_line(line: BillLine, amount: str, books: Books) -> Record:
    settings = books.client.settings
    tax = line.tax_category
    sent = wire.some(
        {
            "ItemDescription": line.text[:_LINE_TEXT],
            "AccountCode": line.account,
            settings.center_field: line.center,
            "ProjectCode": line.project,
            "VatGroup": (tax or settings.vat_group) if settings.vat_group else "",
            "TaxCode": "" if settings.vat_group else tax or settings.tax_code,
            SOURCE: line.source,
        }
    )
    return sent | {amount: line.amount}


def _journal_line(line: JournalLine, foreign: str, books: Books) -> Record:
    settings = books.client.settings
    debit, credit = max(line.amount, ZERO), max(-line.amount, ZERO)
    amounts: Record = {"Debit": debit, "Credit": credit}
    if foreign:  # the company's own rate of the day turns them into its currency
        amounts = {"FCDebit": debit, "FCCredit": credit, "FCCurrency": foreign}
    sent = wire.some(
        {
            "AccountCode": line.account,
            "LineMemo": line.text[:_MEMO],
            settings.center_field: line.center,
            "ProjectCode": line.project,
            "BPLID": settings.branch,
            SOURCE: line.source,
        }
    )
    return sent | amounts


def _line(row: Record, head: Record, books: Books) -> BillLine:
    return BillLine(
        account=wire.text(row, "AccountCode"),
        subaccount="",
        project=wire.text(row, "ProjectCode"),
        task="",
        cost_code="",
        amount=_own(row, "LineTotal", "RowTotalFC", _is_foreign(head, books)),
        text=wire.text(row, "ItemDescription"),
        center=wire.text(row, books.client.settings.center_field),
        source=wire.text(row, SOURCE),
    )


def _journal_row(row: Record, foreign: bool, roles: Mapping[str, Role], books: Books) -> JournalLine:
    debit, credit = _own(row, "Debit", "FCDebit", foreign), _own(row, "Credit", "FCCredit", foreign)
    account = wire.text(row, "AccountCode")
    return JournalLine(
        account=account,
        amount=debit - credit,
        text=wire.text(row, "LineMemo"),
        role=roles.get(account, Role.COST),
        project=wire.text(row, "ProjectCode"),
        center=wire.text(row, books.client.settings.center_field),
        source=wire.text(row, SOURCE),
    )


def _is_foreign(record: Record, books: Books) -> bool:
    return wire.text(record, "DocCurrency") not in ("", books.company.local_currency)


def _own(record: Record, local: str, foreign: str, is_foreign: bool) -> Decimal:
    """An amount in the document's own currency."""
    found = wire.amount(record, foreign) if is_foreign else None
    return found or wire.amount(record, local) or ZERO


def _days(record: Record, posting: str) -> tuple[date, date]:
    """Posting day and document day. Raises BadRecord."""
    posted = wire.day(record, posting)
    if posted is None:
        raise BadRecord(f"a document has no {posting}")
    return posted, wire.day(record, "TaxDate") or posted
