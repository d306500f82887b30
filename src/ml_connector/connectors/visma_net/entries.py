"""Journals of ours, records → wire, and what was stored of them (vendors/visma_net.md §6.4)."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.visma_net import objects, periods, subaccounts, wire
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import Company
from ml_connector.connectors.visma_net.objects import MARK_END
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.journals import Journal, JournalLine
from ml_connector.records.money import ZERO

LONGEST_TEXT: Final = 255


def body(meant: Journal, mark: str, client: VismaClient, day: date, own_period: str) -> Record:
    """A batch to create: off hold, without VAT entries, its mark at the start of its description.

    Raises Refusal for a subaccount that is not there.
    """
    settings = client.settings
    head = wire.wrapped(
        {
            "hold": False,
            "transactionDate": day,
            "financialPeriod": own_period,
            "ledger": settings.ledger,
            "currencyId": meant.currency,
            "description": described(mark, meant.text),
            "branch": settings.branch,
            "createVatTransaction": False,
        }
    )
    company = Company(client)
    return head | {objects.LINES: [_line(line, meant, company) for line in meant.lines if line.amount]}


def described(mark: str, text: str) -> str:
    """Our mark with what a document says, cut to what the screen shows."""
    return f"{mark}{MARK_END} {text}".strip()[:LONGEST_TEXT]


def place_of(meant: Journal, company: Company) -> tuple[date, str]:
    """The day on which a journal is posted, and the company's own period for it."""
    known = company.periods()
    day = periods.posting_day(meant.date, meant.period, known)
    return day, periods.own_of(meant.period, day, known)


def stored(record: Record, meant: Journal, client: VismaClient) -> Journal:
    """What a batch holds, in the words of the journal that it was to be: its texts of subaccounts, roles, its own date.

    A line whose account was to bear no subaccount may have got a default, which is not told.
    """
    company = Company(client)
    found = objects.journal(record, company.period_of, client.settings.no_project)
    texts: dict[str, set[str]] = defaultdict(set)
    roles = {}
    for line in meant.lines:
        texts[_key(line.account)].add(line.subaccount)
        roles[_key(line.account)] = line.role
    named = {line.subaccount for line in meant.lines} | {""}
    lines = tuple(
        structs.replace(
            line,
            subaccount=_subaccount(row, texts.get(_key(line.account)) or named),
            role=roles.get(_key(line.account), line.role),
        )
        for line, row in zip(found.lines, wire.rows(record, objects.LINES), strict=True)
    )
    posted = periods.posting_day(meant.date, meant.period, company.periods())
    return structs.replace(
        found,
        lines=lines,
        date=meant.date if found.date == posted else found.date,
        vendor=meant.vendor,
        source=meant.source,
        order=meant.order,
    )


def _line(line: JournalLine, meant: Journal, company: Company) -> Record:
    segments = subaccounts.segments_of(line.subaccount, company) if line.subaccount else {}
    if line.subaccount and not segments:
        raise errors.Refusal(f"Visma.net has no subaccount {line.subaccount!r}", cause="account_not_usable")
    sent = wire.wrapped(
        {
            "accountNumber": line.account,
            "project": line.project,
            "projectTask": line.task,
            "referenceNumber": meant.number,
            "transactionDescription": line.text[:LONGEST_TEXT],
            "debitAmountInCurrency": max(line.amount, ZERO),
            "creditAmountInCurrency": max(-line.amount, ZERO),
            "note": objects.noted(meant),
        }
    )
    divided = [{"segmentId": int(segment), "segmentValue": value} for segment, value in segments.items()]
    return {"operation": "Insert", **sent} | ({"subaccount": divided} if divided else {})


def _subaccount(row: Record, texts: set[str]) -> str:
    return "" if texts == {""} else subaccounts.named(row.get("subaccount") or {}, texts)


def _key(text: str) -> str:
    return text.strip().upper()
