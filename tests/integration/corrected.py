"""One requisition of the small month after it was posted: what people do with it, and the ledger worked out by hand."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from stage import Stage

from ml_connector.hub import installations
from ml_connector.hub.models import Record

NUMBER = "1002"
WORK = Decimal("15056.76")
"""Work completed this period on the first line of the requisition, as the month has it."""
DUE = Decimal("23787.45")
_POSTED = {
    ("52000", "09-250"): Decimal("9290.45"),
    ("52000", "31-230"): Decimal("-1509.31"),
    ("52000", "08-440"): Decimal("18649.37"),
    ("20100", ""): Decimal("-5918.02") + Decimal("3274.96"),
    ("20000", ""): -DUE,
}

Ledger = dict[tuple[str, str], Decimal]


def by_hand(work: str | Decimal = WORK) -> Ledger:
    """Debits less credits by account and cost code when the first line's work is `work`."""
    moved = Decimal(work) - WORK
    return _POSTED | {
        ("52000", "09-250"): _POSTED["52000", "09-250"] + moved,
        ("20000", ""): _POSTED["20000", ""] - moved,
    }  # fmt: skip


def documents(stage: Stage, number: str = NUMBER) -> list[dict[str, Any]]:
    """All documents in the target that bear the invoice number, corrections too, in the order of their numbers."""
    books = [row for row in stage.acumatica.get("/books") if row["document"] == "bill"]
    found = [row for row in books if str(row["business_number"]).partition("/")[0] == number]
    return sorted(found, key=lambda row: str(row["number"]))


def kinds(stage: Stage, number: str = NUMBER) -> list[str]:
    """What kinds of documents there are, in the order of their numbers."""
    return [str(row["kind"]) for row in documents(stage, number)]


def in_ledger(stage: Stage, number: str = NUMBER) -> Ledger:
    """Debits less credits by account and cost code of everything that was released for the invoice number."""
    sums: Ledger = defaultdict(Decimal)
    for row in documents(stage, number):
        if row["status"] in ("Open", "Closed"):
            for line in row["lines"]:
                sums[line["account"], line["cost_code"] or ""] += Decimal(line["debit"]) - Decimal(line["credit"])
    return {place: amount for place, amount in sums.items() if amount}


def revise(stage: Stage, work: str | Decimal, number: str = NUMBER) -> None:
    """Somebody changes the work of the requisition's first line at the source; it stays approved."""
    row = stage.requisition(number)
    item = row["items"][0]
    changed = {"id": item["id"], "item_type": item["item_type"], "work_completed_this_period": str(work)}
    stage.act("procore", "revise", kind="requisition", id=row["id"], items=[changed])


def send_back(stage: Stage) -> None:
    """Somebody takes the approval back."""
    stage.act("procore", "revise", kind="requisition", id=stage.requisition(NUMBER)["id"])


def approve(stage: Stage) -> None:
    """Somebody approves it (again)."""
    stage.act("procore", "approve", kind="requisition", id=stage.requisition(NUMBER)["id"])


def delete(stage: Stage) -> None:
    """Somebody deletes it at the source."""
    stage.act("procore", "delete", kind="requisition", id=stage.requisition(NUMBER)["id"])


def rule(stage: Stage, **values: str) -> None:
    """Somebody changes the installation's choices."""
    installations.set_rules(installations.find(stage.installation.pk), values)
    stage.installation = installations.find(stage.installation.pk)


def close_period(stage: Stage, period: str) -> None:
    """Somebody closes a period in payables, longer ago than the hub's knowledge of periods holds."""
    stage.act("acumatica", "close_period", period=period)
    stage.clock.sleep(600)


def posted(stage: Stage, **rules: str) -> Record:
    """The month is posted, by these rules; the record of the requisition."""
    stage.install(**rules)
    stage.sync()
    assert in_ledger(stage) == by_hand()
    return stage.record(NUMBER)


def standing(stage: Stage) -> tuple[str, str]:
    """State and cause of the record."""
    record = stage.record(NUMBER)
    return record.state, record.cause
