"""What a company's own master data forbid, found before anything is posted (vendors/visma_net.md §6.4, §6.5)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Final

from ml_connector.connectors.kit.outcomes import Cause, Held
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import entries, objects, subaccounts, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.records import money
from ml_connector.records.journals import Journal, JournalLine
from ml_connector.records.money import ZERO

_THEN: Final = "then replay the record"


def examine(client: VismaClient, items: Sequence[Item]) -> list[Held | None]:
    """Per item, why the company does not take the journal, or None.

    What is found by data that was not read just now is judged again by new data: somebody may have put it right.
    Closed periods are the gate's to judge, by the flow's rule.
    """
    company = Company(client)
    found = [next(complaints(item.document, company), None) for item in items]
    if any(found) and not company.is_fresh():
        company.forget()
        found = [next(complaints(item.document, company), None) for item in items]
    return found


def again(client: VismaClient, item: Item) -> Held | None:
    """The same for a journal that was refused, by data as they are now: the refusal's own words are localised (§8)."""
    company = Company(client)
    company.forget()
    day, own_period = entries.place_of(item.document, company)
    return next(chain(complaints(item.document, company), period_complaint(day, own_period, company)), None)


def complaints(journal: Journal, company: Company) -> Iterator[Held]:
    """What is wrong with a journal, the most telling thing first."""
    yield from _unbalanced(journal)
    for line in journal.lines:
        yield from _account(line, company)
        if line.subaccount:
            yield from _subaccount(line.subaccount, company)
        if line.project:
            yield from _project(line, company)
    yield from _currency(journal, company)


def period_complaint(day: date, own_period: str, company: Company) -> Iterator[Held]:
    """Whether the general ledger is closed in a period, or has none for the day."""
    period = next((one for one in company.periods() if one.own == own_period), None)
    if period is None:
        message = f"Visma.net has no financial period for {day}: create it there, {_THEN}"
        yield Held(cause=Cause.PERIOD_CLOSED, message=message)
    elif not period.open:
        message = f"financial period {period.name} ({own_period}) is closed in the general ledger: open it, {_THEN}"
        yield Held(cause=Cause.PERIOD_CLOSED, message=message)


def _unbalanced(journal: Journal) -> Iterator[Held]:
    rest = sum((line.amount for line in journal.lines), ZERO)
    if rest:
        debit = journal.total
        message = f"its debits come to {debit}, its credits to {debit - rest}: put the source's amounts right there"
        yield Held(cause=Cause.UNBALANCED, message=message)


def _account(line: JournalLine, company: Company) -> Iterator[Held]:
    record = company.accounts().get(line.account)
    if record is None:
        message = f"Visma.net has no account {line.account!r}: map to one that is there, {_THEN}"
        yield Held(cause=Cause.ACCOUNT_NOT_USABLE, message=message)
        return
    if wire.flag(record, "active") is False:
        message = f"account {line.account} is inactive in Visma.net: activate it or map to another one, {_THEN}"
        yield Held(cause=Cause.ACCOUNT_NOT_USABLE, message=message)
    if why := objects.account_complaint(record):
        message = f"account {line.account} {why} in Visma.net, which journals of ours never touch: map to another one"
        yield Held(cause=Cause.ACCOUNT_NOT_USABLE, message=message)


def _subaccount(text: str, company: Company) -> Iterator[Held]:
    if named := subaccounts.parts(text):
        yield from _segments(text, named, company)
        return
    record = subaccounts.numbered(text, company.subaccounts())
    if record is None:
        message = f"Visma.net has no subaccount {text!r}: map to one that is there, {_THEN}"
        yield Held(cause=Cause.CENTER_NOT_USABLE, message=message)
    elif wire.flag(record, "active") is False:
        message = f"subaccount {text} is inactive in Visma.net: activate it there, {_THEN}"
        yield Held(cause=Cause.CENTER_NOT_USABLE, message=message)


def _segments(text: str, named: dict[str, str], company: Company) -> Iterator[Held]:
    known = company.segments()
    for number, value in named.items():
        segment = known.get(number)
        if segment is None:
            message = f"subaccounts have no segment {number} in Visma.net ({text}): check the mapping, {_THEN}"
            yield Held(cause=Cause.CENTER_NOT_USABLE, message=message)
        elif value not in segment.values and segment.validate:
            message = f"{segment.name} {value!r} is not there in Visma.net: add it to segment {number}, {_THEN}"
            yield Held(cause=Cause.CENTER_NOT_USABLE, message=message)
        elif segment.values.get(value) is False:
            message = f"{segment.name} {value} is inactive in Visma.net: activate it there, {_THEN}"
            yield Held(cause=Cause.CENTER_NOT_USABLE, message=message)


def _project(line: JournalLine, company: Company) -> Iterator[Held]:
    job = company.jobs().get(line.project)
    if job is None:
        message = f"Visma.net has no project {line.project!r}: map to one that is there, {_THEN}"
        yield Held(cause=Cause.PROJECT_NOT_USABLE, message=message)
        return
    if not job.project.active:
        message = f"project {line.project} is {job.status or 'not active'} in Visma.net: activate it there, {_THEN}"
        yield Held(cause=Cause.PROJECT_NOT_USABLE, message=message)
    task = next((one for one in job.tasks if one.key == line.task), None)
    if line.task and task is None:
        message = f"project {line.project} has no task {line.task!r} in Visma.net: map to one of its own, {_THEN}"
        yield Held(cause=Cause.PROJECT_NOT_USABLE, message=message)
    elif task is not None and not task.active:
        message = f"task {line.task} of project {line.project} is not active in Visma.net: activate it there, {_THEN}"
        yield Held(cause=Cause.PROJECT_NOT_USABLE, message=message)


def _currency(journal: Journal, company: Company) -> Iterator[Held]:
    known = company.currencies()
    if not journal.currency:
        return
    if journal.currency not in known:
        message = f"Visma.net does not use currency {journal.currency}: add it to the company's currencies, {_THEN}"
        yield Held(cause=Cause.CURRENCY_NOT_KNOWN, message=message)
        return
    try:
        wrong = [line.amount for line in journal.lines if not money.fits(line.amount, journal.currency)]
    except money.UnknownCurrency:
        return
    if wrong:
        message = f"{wrong[0]} has more digits than {journal.currency} has: Visma.net would round it"
        yield Held(cause=Cause.PRECISION, message=message)
