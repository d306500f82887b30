"""Acumatica and Procore in the demo: bills, payments, vendors, cost codes and commitments over one month."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ml_connector.cli.rehearsals import acumatica_procore_acts, acumatica_procore_pairs, books
from ml_connector.cli.rehearsals.books import Comparison, Ends, Ready
from ml_connector.cli.rehearsals.rehearsal import Rehearsal, pairs, records

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation


def judges(ready: Ready, installation: Installation) -> list[Comparison]:
    """Both ends of every flow."""
    from ml_connector.hub import differences

    name = installation.integration
    common: dict[str, Any] = {
        "source": "procore", "target": "acumatica", "since": "2026-01-01", "posted": ("Open", "Closed"),
    }  # fmt: skip
    requisitions = Ends(
        flow="requisitions →", document="requisition", approved=("approved", "approved_as_noted"), **common
    )
    costs = Ends(
        flow="direct costs →", document="direct_cost", approved=("approved",), kinds=("invoice", "expense"), **common
    )
    vendors = records(installation, "vendors-to-procore", "vendors-to-acumatica")
    codes = records(installation, "cost-codes-to-procore", "cost-codes-to-acumatica")
    bills = records(installation, "requisitions")
    others = records(installation, "direct-costs")
    report = differences.report(installation)
    return [
        acumatica_procore_pairs.vendors(name, ready, pairs(installation, "vendors"), vendors),
        acumatica_procore_pairs.cost_codes(name, ready, pairs(installation, "cost codes"), codes),
        books.compare(name, requisitions, ready, bills),
        books.compare(name, costs, ready, others),
        acumatica_procore_pairs.payments(name, ready, [*bills, *others]),
        acumatica_procore_pairs.commitments(name, ready, pairs(installation, "commitments"), report),
    ]


REHEARSAL = Rehearsal(
    integration="acumatica-procore",
    left="acumatica",
    right="procore",
    rules={
        "cut_over": "2026-01-01",
        "currency": "USD",
        "retainage": "ledger",
        "retainage_account": "20100|000000",
        "unlinked": "post",
        "new_vendors_in_acumatica": "create",
    },
    least_score=90,
    switches={"acumatica": {"action_answer": "204", "auto_number_vendors": True}},
    acts=(acumatica_procore_acts.of_acumatica_and_procore, acumatica_procore_acts.void_a_payment),
    judges=judges,
)
