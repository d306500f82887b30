"""What documents of other modules post to the general ledger, as batches of their module."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from msgspec import Struct

from ml_connector.sandbox.visma_net import coding, numbering
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.records import Record, Values


class Posting(Struct, frozen=True, kw_only=True):
    """One document's postings. Lines: account, amount (debits are positive) and coding, in `currency`."""

    day: date
    period: str
    text: str
    currency: str
    rate: Decimal
    branch: str
    party: str
    reference: str
    kind: str
    lines: list[Values]


def post(desk: Desk, posting: Posting) -> Record | None:
    """A posted batch of the module AP; None when there is nothing to post."""
    made = []
    for place, line in enumerate((one for one in posting.lines if one["amount"]), start=1):
        value = line["amount"]
        kept = {name: part for name, part in line.items() if name != "amount"}
        kept |= {"lineNumber": place, "debit": max(value, ZERO), "credit": max(-value, ZERO), "branch": posting.branch}
        kept |= {
            "referenceNumber": posting.reference,
            "customerSupplier": posting.party,
            "transactionType": posting.kind,
        }
        if "subaccount" not in kept:
            coding.check(desk, kept, [])
            coding.settle(desk, kept)
        made.append(kept)
    if not made:
        return None
    number = numbering.free(desk, "ap_batch", "Journal", "AP ")
    values = {
        "module": "AP",
        "batchNumber": number,
        "status": "Posted",
        "hold": False,
        "transactionDate": posting.day,
        "period": posting.period,
        "ledger": desk.company.set_up.ledger,
        "branch": posting.branch,
        "currencyId": posting.currency,
        "exchangeRate": posting.rate,
        "description": posting.text,
    }
    return desk.company.add("Journal", f"AP {number}", values, made)
