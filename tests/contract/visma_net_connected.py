"""A connection of the Visma.net connector to the sandbox, and the journals that its tests post."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from msgspec import structs
from visma_over_http import Erp

from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.outcomes import Done, Outcome
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.connectors.visma_net import company, etags
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.connector import journals, visma_net
from ml_connector.records.journals import Journal, JournalLine, Role

DAY = date(2026, 1, 31)
COST, ACCRUAL = "54000", "20500"
CREATE, RELEASE = journals.steps


def opened(running: Erp, **settings: str) -> VismaClient:
    """A new connection of a process that knows nothing yet."""
    company._shelves.clear()
    etags._companies.clear()
    return VismaClient(Context(connection="C-1", settings=form(running, **settings)))


def form(running: Erp, **settings: str) -> dict[str, str]:
    ready = running.ready
    names = ("client_id", "client_secret", "tenant_id", "company_id", "base_url", "token_url")
    filled = {name: str(ready[name]) for name in names} | settings
    assert visma_net.check(filled) == []
    return filled


def journal(number: int, amount: str = "830.25", **changes: Any) -> Item:
    """A journal on a project against the accrual account."""
    cost = JournalLine(
        account=COST, amount=Decimal(amount), text="Work", project="HARBOR1", task="03", subaccount="2=011,3=03-300"
    )
    accrual = JournalLine(account=ACCRUAL, amount=-Decimal(amount), text="Work", role=Role.OFFSET)
    document = Journal(
        reference=f"ML-JJJJJJJJJJ{number:02d}-1", number=f"REQ-{number}", date=DAY, period="2026-01", currency="USD",
        text="Requisition", lines=(cost, accrual), source="requisition:5521", order="commitment:7731",
    )  # fmt: skip
    document = structs.replace(document, **changes)
    return Item(reference=document.reference, document=document)


def done(step: Step, client: VismaClient, item: Item) -> Item:
    """The item after a step that worked."""
    (outcome,) = step.run(client, [item])
    return after(item, outcome)


def after(item: Item, outcome: Outcome) -> Item:
    assert isinstance(outcome, Done), outcome
    return structs.replace(
        item, key=outcome.key or item.key, number=outcome.number or item.number, memo={**item.memo, **outcome.memo}
    )


def verified(client: VismaClient, item: Item) -> None:
    """What was stored is what was meant."""
    assert journals.read is not None and journals.compare is not None
    (found,) = journals.read(client, [item])
    assert isinstance(found, Done), found
    assert journals.compare(item.document, found.stored) == []
    assert found.stored.entries(item.document) == item.document.entries(item.document)


def posted(client: VismaClient, *items: Item) -> list[Item]:
    """Journals after all their steps."""
    assert journals.examine is not None
    assert journals.examine(client, items) == [None] * len(items)
    made = [done(CREATE, client, item) for item in items]
    for item in made:
        verified(client, item)
    return [done(RELEASE, client, item) for item in made]


def taken_back(client: VismaClient, item: Item) -> Item:
    """A journal after all steps of its reversal."""
    for step in journals.reversal:
        if step.needed is None or step.needed(item):
            item = done(step, client, item)
    return item
