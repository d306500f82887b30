"""The pair of Procore and SAP Business One: its flows, tables, matchings and choices."""

from __future__ import annotations

from datetime import timedelta

from ml_connector.connectors.kit.target import NOWHERE
from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.sap_b1 import connector as sap_b1
from ml_connector.integrations import cost_journals, costs, deltas, posting, procore_budgets
from ml_connector.integrations.declaration import Flow, Integration, Ledger, Same, Side, Wakes
from ml_connector.integrations.procore_sap_b1 import (
    budgets,
    choices,
    commitments,
    direct_costs,
    matching,
    requisitions,
    tables,
)
from ml_connector.records.budgets import Budget
from ml_connector.records.commitments import Commitment, CommitmentChange
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Bill, PurchaseOrder, Requisition
from ml_connector.records.journals import Journal

DOCUMENT = Bill | Journal | PurchaseOrder
_DAILY = timedelta(days=1)
"""Costs are read once a day unless a company says otherwise, or an event tells of them."""
_WAITING = "commitment_not_posted"

BUDGETS = Flow(
    name="budgets",
    title="budgets",
    source_side=Side.LEFT,
    source=procore.budgets,
    target=NOWHERE,
    facts=procore_budgets.facts,
    translate=budgets.kept,
    record_type=Budget,
    document_type=DOCUMENT,
    wakes=tuple(
        Wakes(flow=flow, cause=cause, same=Same.SCOPE)
        for flow in ("commitments", "change-orders", "requisitions", "direct-costs")
        for cause in ("budget_not_read", budgets.KIND)
    ),
    triggers=frozenset({"Budget Line Items"}),
    every=_DAILY,
)
COMMITMENTS = Flow(
    name="commitments",
    title="commitments → invoices, journals or orders",
    source_side=Side.LEFT,
    source=procore.contracts,
    target=sap_b1.documents,
    facts=costs.commitment_facts,
    translate=commitments.document_of,
    differences=commitments.unbudgeted,
    record_type=Commitment,
    document_type=DOCUMENT,
    delta=deltas.delta_of,
    bound=commitments.bound,
    after=("vendors", "commitments"),
    wakes=(
        Wakes(flow="change-orders", cause=_WAITING, same=Same.SCOPE),
        Wakes(flow="requisitions", cause=_WAITING, same=Same.SCOPE),
    ),
    triggers=frozenset(
        {
            "Work Order Contracts",
            "Work Order Contract Line Items",
            "Purchase Order Contracts",
            "Purchase Order Contract Line Items",
        }
    ),
    every=_DAILY,
)
CHANGE_ORDERS = Flow(
    name="change-orders",
    title="change orders → invoices, journals or orders",
    source_side=Side.LEFT,
    source=procore.change_orders,
    target=sap_b1.documents,
    facts=commitments.change_facts,
    translate=commitments.change_of,
    differences=commitments.change_differences,
    record_type=CommitmentChange,
    document_type=DOCUMENT,
    delta=deltas.delta_of,
    after=("vendors", "change orders"),
    triggers=frozenset({"Change Order Packages", "Potential Change Orders"}),
    every=_DAILY,
)
REQUISITIONS = Flow(
    name="requisitions",
    title="requisitions → journals",
    source_side=Side.LEFT,
    source=procore.requisitions,
    target=sap_b1.documents,
    facts=costs.requisition_facts,
    translate=requisitions.journal_of,
    differences=requisitions.unbudgeted,
    record_type=Requisition,
    document_type=DOCUMENT,
    delta=deltas.delta_of,
    after=("vendors", "requisitions"),
    cost=costs.cost_of_requisition,
    triggers=frozenset({"Payment Applications", "Work Order Contracts", "Purchase Order Contracts"}),
    every=_DAILY,
)
DIRECT_COSTS = Flow(
    name="direct-costs",
    title="direct costs → journals",
    source_side=Side.LEFT,
    source=procore.direct_costs,
    target=sap_b1.documents,
    facts=costs.direct_cost_facts,
    translate=direct_costs.journal_of,
    differences=direct_costs.unbudgeted,
    record_type=DirectCost,
    document_type=DOCUMENT,
    delta=deltas.delta_of,
    after=("vendors", "direct costs"),
    cost=costs.cost_of_direct_cost,
    triggers=frozenset({"Direct Costs", "Direct Cost Line Items"}),
    every=_DAILY,
)

INTEGRATION = Integration(
    name="procore-sap-b1",
    title="SAP Business One and Procore",
    left=procore.procore,
    right=sap_b1.sap_b1,
    flows=(BUDGETS, COMMITMENTS, CHANGE_ORDERS, REQUISITIONS, DIRECT_COSTS),
    tables=tables.TABLES,
    matchings=(
        matching.VENDORS,
        matching.COMMITMENTS,
        matching.CHANGE_ORDERS,
        matching.REQUISITIONS,
        matching.DIRECT_COSTS,
    ),
    choices=(
        posting.CUT_OVER,
        posting.CURRENCY,
        choices.TREATMENT,
        choices.CLEARING_ACCOUNT,
        choices.COMMITMENTS_ACCOUNT,
        cost_journals.ACCRUAL_ACCOUNT,
        cost_journals.RETAINAGE,
        cost_journals.RETAINAGE_ACCOUNT,
        choices.EARLIER_COMMITMENTS,
        choices.UNBUDGETED,
        cost_journals.ROUNDING_ACCOUNT,
        posting.CLOSED_PERIOD,
        posting.CORRECTIONS,
        costs.PAYROLL,
    ),
    ledger=Ledger(
        side=Side.RIGHT,
        periods=sap_b1.periods,
        lines=sap_b1.clearing_lines,
        clearing=("clearing_account", "accrual_account", "retainage_account"),
        commitments="commitments",
        currency=sap_b1.base_currency,
    ),
)
