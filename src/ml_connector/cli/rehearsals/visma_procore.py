"""Visma.net and Procore in the demo: suppliers, orders and costs of one month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_connector.cli.rehearsals import books
from ml_connector.cli.rehearsals.books import Comparison, Ends, Ready
from ml_connector.cli.rehearsals.rehearsal import Rehearsal, records

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation

ACCRUAL, RETAINAGE = "20500", "20100"
_SINCE = "2026-01-01"


def judges(ready: Ready, installation: Installation) -> list[Comparison]:
    """Both ends of every flow; of a journal, what it owes is compared."""
    name = installation.integration
    common: dict[str, Any] = {
        "source": "procore", "target": "visma_net", "since": _SINCE, "made": ("journal",), "posted": ("Posted",),
        "of_target": books.owed_on(ACCRUAL),
    }  # fmt: skip
    requisitions = Ends(
        flow="requisitions →", document="requisition", approved=("approved", "approved_as_noted"), **common
    )
    costs = Ends(
        flow="direct costs →", document="direct_cost", approved=("approved",), kinds=("invoice", "expense"), **common
    )
    return [
        books.compare(name, requisitions, ready, records(installation, "requisitions")),
        books.compare(name, costs, ready, records(installation, "direct-costs")),
    ]


REHEARSAL = Rehearsal(
    integration="visma-procore",
    left="visma_net",
    right="procore",
    rules={
        "cut_over": _SINCE,
        "currency": "USD",
        "accrual_account": ACCRUAL,
        "retainage": "ledger",
        "retainage_account": RETAINAGE,
        "cost_code_segment": "SUBACCOUNT|3",
    },
    least_score=90,
    switches={},
    acts=(),
    judges=judges,
)
