"""What a company's own master data and settings forbid, found before anything is posted (vendors/sap_b1.md §5, §12)."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from ml_connector.connectors.kit.outcomes import Cause, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.sap_b1 import company as books
from ml_connector.connectors.sap_b1 import objects
from ml_connector.connectors.sap_b1.client import SapClient
from ml_connector.connectors.sap_b1.company import AccountRow, Company
from ml_connector.connectors.sap_b1.objects import Books, Document
from ml_connector.records.documents import BillLine
from ml_connector.records.journals import Journal, JournalLine
from ml_connector.records.money import ZERO

_THEN: Final = "then replay the record"


def examine(client: SapClient, items: Sequence[Item]) -> list[Held | None]:
    """Per item, why the company does not take the document, or None.

    What is found by data that was not read just now is judged again by new data: somebody may have put it right.
    """
    found = _examined(client, items)
    company = books.known(client)
    if any(found) and not books.is_fresh(client, company):
        books.reread(client)
        found = _examined(client, items)
    return found


def _examined(client: SapClient, items: Sequence[Item]) -> list[Held | None]:
    opened = objects.open_books(client)
    books.need_vendors(client, opened.company, (item.document.vendor for item in items))
    return [next(_complaints(item.document, opened), None) for item in items]


def _complaints(document: Document, opened: Books) -> Iterator[Held]:
    """What is wrong with a document, the most telling thing first."""
    day, company = opened.posting_day(document), opened.company
    yield from _unbalanced(document)
    yield from _vendor(document, opened, day)
    for line in document.lines:
        yield from _account(line.account, company, day, _control_accounts(document, company))
        if line.center:
            yield from _center(line.center, opened, day)
        if line.project:
            yield from _project(line.project, company, day)
    yield from _currency(document, opened)
    yield from _precision(document, opened)


def _unbalanced(document: Document) -> Iterator[Held]:
    lines = sum((line.amount for line in document.lines), ZERO)
    if isinstance(document, Journal):
        if lines:
            debit = document.total
            message = f"its debits come to {debit}, its credits to {debit - lines}: the source's amounts do not add up"
            yield Held(cause=Cause.UNBALANCED, message=f"{message}; put them right there")
        return
    total = document.total - getattr(document, "tax", ZERO)
    if lines != total:
        message = f"its lines come to {lines}, its total without tax is {total}: put the source's amounts right"
        yield Held(cause=Cause.UNBALANCED, message=message)


def _vendor(document: Document, opened: Books, day: date) -> Iterator[Held]:
    if isinstance(document, Journal):
        return
    key = document.vendor
    vendor = opened.company.vendors.get(key)
    if vendor is None:
        message = f"SAP has no business partner {key!r}: match the vendor with one that is there, {_THEN}"
        yield Held(cause=Cause.VENDOR_NOT_USABLE, message=message)
        return
    if not vendor.is_supplier:
        message = f"business partner {key} is no vendor in SAP: match the vendor with a supplier there, {_THEN}"
        yield Held(cause=Cause.VENDOR_NOT_USABLE, message=message)
    if vendor.frozen is not None and vendor.frozen.holds(day):
        message = f"vendor {key} is inactive (frozen) in SAP on {day}: activate it there, {_THEN}"
        yield Held(cause=Cause.VENDOR_INACTIVE, message=message)
    code = opened.code(document.currency)
    if vendor.currency not in ("", code) and code != opened.company.local_currency:
        message = f"vendor {key} takes {vendor.currency} in SAP, not {code}: set it to all currencies there, {_THEN}"
        yield Held(cause=Cause.VENDOR_NOT_USABLE, message=message)


def _control_accounts(document: Document, company: Company) -> frozenset[str]:
    """The control accounts that are known: that of the vendor behind the document."""
    vendor = company.vendors.get(document.vendor)
    return frozenset({vendor.control} if vendor and vendor.control else ())


def _account(code: str, company: Company, day: date, control: frozenset[str]) -> Iterator[Held]:
    row = company.accounts.get(code)
    if row is None:
        yield _held(Cause.ACCOUNT_NOT_USABLE, _unknown_account(code, company))
        return
    name = _called(row)
    if not row.postable:
        yield _held(Cause.ACCOUNT_NOT_USABLE, f"account {name} is a title in SAP and takes no postings: map to another")
    if row.locked or code in control:
        what = f"account {name} is a control account in SAP, or locked for manual postings"
        yield _held(Cause.ACCOUNT_NOT_USABLE, f"{what}: map to another, or unlock it there")
    if row.frozen is not None and row.frozen.holds(day):
        yield _held(Cause.ACCOUNT_NOT_USABLE, f"account {name} is frozen in SAP on {day}: map to another, or thaw it")


def _unknown_account(code: str, company: Company) -> str:
    meant = company.by_number(code)
    if meant is not None:
        return f"{code!r} is the number of account {meant.code} in SAP, not its code: map to {meant.code}"
    return f"SAP has no account {code!r}: map to one that is there"


def _called(row: AccountRow) -> str:
    number = f", number {row.number}" if row.number and row.number != row.code else ""
    return f"{row.code} ({row.name}{number})"


def _center(code: str, opened: Books, day: date) -> Iterator[Held]:
    row, wanted = opened.company.centers.get(code), opened.client.settings.dimension
    if row is None:
        what = f"SAP has no profit centre {code!r}: map to one that is there"
    elif row.dimension != wanted:
        what = f"profit centre {code} is of dimension {row.dimension} in SAP, not {wanted}: map to one of {wanted}"
    elif not row.active:
        what = f"profit centre {code} is not active in SAP: activate it there, or map to another"
    elif not row.effective.holds(day):
        span = _days(row.effective)
        what = f"profit centre {code} is in effect {span} in SAP, not on {day}: prolong it there, or map to another"
    else:
        return
    yield _held(Cause.CENTER_NOT_USABLE, what)


def _project(code: str, company: Company, day: date) -> Iterator[Held]:
    row = company.projects.get(code)
    if row is None:
        what = f"SAP has no project {code!r}: map to one that is there"
    elif not row.active:
        what = f"project {code} is not active in SAP: activate it there, or map to another"
    elif not row.valid.holds(day):
        what = f"project {code} is valid {_days(row.valid)} in SAP, not on {day}: prolong it there, or map to another"
    else:
        return
    yield _held(Cause.PROJECT_NOT_USABLE, what)


def _days(span: books.Span) -> str:
    since = f"from {span.first}" if span.first else ""
    return " ".join(filter(None, (since, f"until {span.last}" if span.last else "")))


def _currency(document: Document, opened: Books) -> Iterator[Held]:
    code = opened.code(document.currency)
    if code not in opened.company.currencies:
        what = f"SAP has no currency {code!r}" + (f" (for {document.currency})" if code != document.currency else "")
        message = f"{what}: make it there, or name the company's code in the connection's setting 'currencies', {_THEN}"
        yield Held(cause=Cause.CURRENCY_NOT_KNOWN, message=message)


def _precision(document: Document, opened: Books) -> Iterator[Held]:
    """Amounts that SAP would store otherwise than we post them: lines first, then the total of a document (§12)."""
    company, code = opened.company, opened.code(document.currency)
    currency = company.currencies.get(code)
    digits = currency.digits if currency and currency.digits is not None else company.digits
    lines: Sequence[BillLine | JournalLine] = document.lines
    for place, line in enumerate(lines, 1):
        yield from _changed(
            f"line {place} ({_words(line)})", line.amount, _to_digits(digits), f"{code}, {digits} digits"
        )
    if not isinstance(document, Journal) and currency and currency.step:
        step = currency.step
        yield from _changed("the total", document.total, _to_step(step), f"{code}, rounded to {step}")


def _changed(what: str, ours: Decimal, rounded: Callable[[Decimal], Decimal], rule: str) -> Iterator[Held]:
    theirs = rounded(ours)
    if theirs != ours:
        message = (
            f"{what}: {ours} would be posted, SAP would store {theirs} ({rule}): round it at the source, or change the "
            f"company's precision in SAP, {_THEN}"
        )
        yield Held(cause=Cause.PRECISION, message=message)


def _to_digits(digits: int) -> Callable[[Decimal], Decimal]:
    unit = Decimal(1).scaleb(-digits)
    return lambda amount: amount.quantize(unit, rounding=ROUND_HALF_UP)


def _to_step(step: Decimal) -> Callable[[Decimal], Decimal]:
    return lambda amount: (amount / step).quantize(Decimal(1), rounding=ROUND_HALF_UP) * step


def _words(line: BillLine | JournalLine) -> str:
    return " ".join(filter(None, (line.account, line.text)))


def _held(cause: Cause, what: str) -> Held:
    return Held(cause=cause, message=f"{what}, {_THEN}")
