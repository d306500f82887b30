"""The pair of Visma.net ERP and Procore: its flows, tables, matchings and choices."""

from __future__ import annotations

from ml_connector.connectors.kit.target import NOWHERE
from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.visma_net import connector as visma_net
from ml_connector.integrations import cost_journals, deltas, posting
from ml_connector.integrations import costs as said
from ml_connector.integrations.declaration import EVERYTHING, Flow, Integration, Ledger, Side
from ml_connector.integrations.visma_procore import costs, journals, matching, tables
from ml_connector.records.batches import Batch
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Requisition
from ml_connector.records.journals import Journal

REQUISITIONS = Flow(
    name="requisitions",
    title="requisitions → journals",
    source_side=Side.RIGHT,
    source=procore.requisitions,
    target=visma_net.journals,
    facts=said.requisition_facts,
    translate=costs.journal_of_requisition,
    record_type=Requisition,
    document_type=Journal,
    delta=deltas.delta_of,
    after=("vendors", "requisitions"),
    cost=said.cost_of_requisition,
    triggers=frozenset({"Payment Applications", "Work Order Contracts", "Purchase Order Contracts"}),
)
DIRECT_COSTS = Flow(
    name="direct-costs",
    title="direct costs → journals",
    source_side=Side.RIGHT,
    source=procore.direct_costs,
    target=visma_net.journals,
    facts=said.direct_cost_facts,
    translate=costs.journal_of_direct_cost,
    record_type=DirectCost,
    document_type=Journal,
    delta=deltas.delta_of,
    after=("vendors", "direct costs"),
    cost=said.cost_of_direct_cost,
    triggers=frozenset({"Direct Costs", "Direct Cost Line Items"}),
)
JOURNALS = Flow(
    name="journals",
    title="journals voided or reversed in Visma.net",
    source_side=Side.LEFT,
    source=visma_net.posted_journals,
    target=NOWHERE,
    facts=journals.facts,
    translate=journals.watched,
    record_type=Batch,
    document_type=Journal,
    triggers=frozenset({EVERYTHING}),
)

INTEGRATION = Integration(
    name="visma-procore",
    title="Visma.net ERP and Procore",
    left=visma_net.visma_net,
    right=procore.procore,
    flows=(REQUISITIONS, DIRECT_COSTS, JOURNALS),
    tables=tables.TABLES,
    matchings=(matching.VENDORS, matching.REQUISITIONS, matching.DIRECT_COSTS),
    choices=(
        posting.CUT_OVER,
        posting.CURRENCY,
        cost_journals.ACCRUAL_ACCOUNT,
        cost_journals.RETAINAGE,
        cost_journals.RETAINAGE_ACCOUNT,
        cost_journals.ROUNDING_ACCOUNT,
        posting.CLOSED_PERIOD,
        posting.CORRECTIONS,
        said.PAYROLL,
    ),
    ledger=Ledger(
        side=Side.LEFT,
        periods=visma_net.periods,
        lines=visma_net.clearing_lines,
        clearing=("accrual_account", "retainage_account"),
    ),
)
