"""The pair of Visma.net ERP and Procore: its flows, tables, matchings and choices."""

from __future__ import annotations

from datetime import timedelta

from ml_connector.connectors.kit.target import NOWHERE
from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.visma_net import connector as visma_net
from ml_connector.integrations import cost_journals, deltas, posting, procore_budgets, procore_masters
from ml_connector.integrations import costs as said
from ml_connector.integrations.declaration import (
    EVERYTHING,
    Flow,
    Integration,
    Ledger,
    Revisions,
    Same,
    Side,
    Wakes,
    Writes,
)
from ml_connector.integrations.visma_procore import (
    budgets,
    cost_centres,
    cost_codes,
    costs,
    journals,
    matching,
    order_matching,
    orders,
    suppliers,
    tables,
)
from ml_connector.records.batches import Batch
from ml_connector.records.budgets import Budget, JobBudget
from ml_connector.records.contracts import Contract
from ml_connector.records.costs import DirectCost
from ml_connector.records.dimensions import SegmentValue
from ml_connector.records.documents import CostCode, Order, Project, Requisition, Supplier
from ml_connector.records.invoices import SupplierInvoice
from ml_connector.records.journals import Journal
from ml_connector.records.masters import MasterChange

_HOURLY, _DAILY = timedelta(hours=1), timedelta(days=1)
"""What changes seldom is read seldom; events and `sync` read it at once."""
_INVOICES = Wakes(flow=suppliers.INVOICES, cause=suppliers.VENDOR_NOT_MADE, same=Same.SCOPE)
"""Invoices that wait until their supplier is a vendor in Procore."""
_ORDERS = Wakes(flow=orders.FLOW, cause="no_match", same=Same.SCOPE)
"""Orders that wait until their supplier is a vendor in Procore."""
_REVERSALS = Wakes(flow="journals", cause=journals.NOT_OURS, same=Same.NUMBER)
"""An accountant may take a journal back before we know that it was released."""
_UNUSED = Wakes(flow=suppliers.SUPPLIERS, cause=suppliers.NOT_USED_YET, same=Same.NAMED)
"""Suppliers that wait until a document names them."""

SUPPLIERS = Flow(
    name=suppliers.SUPPLIERS,
    title="suppliers → vendors",
    source_side=Side.LEFT,
    source=visma_net.suppliers,
    target=procore.vendor_changes,
    facts=procore_masters.vendor_facts,
    translate=suppliers.vendor_of,
    record_type=Supplier,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="vendors",
    twin="vendors",
    after=("vendors",),
    wakes=(_INVOICES, _ORDERS),
    triggers=frozenset({EVERYTHING}),
)
VENDORS = Flow(
    name="vendors",
    title="vendors that were edited in Procore",
    source_side=Side.RIGHT,
    source=procore.vendors,
    target=NOWHERE,
    facts=procore_masters.vendor_facts,
    translate=suppliers.kept,
    record_type=Supplier,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    matching="vendors",
    twin=suppliers.SUPPLIERS,
    triggers=frozenset({"Company Vendors"}),
)
SUPPLIER_INVOICES = Flow(
    name=suppliers.INVOICES,
    title="suppliers of supplier invoices",
    source_side=Side.LEFT,
    source=visma_net.supplier_invoices,
    target=NOWHERE,
    facts=suppliers.invoice_facts,
    translate=suppliers.ensured,
    record_type=SupplierInvoice,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    names=suppliers.supplier_of_invoice,
    wakes=(_UNUSED,),
    triggers=frozenset({EVERYTHING}),
)
COST_CODES_TO_PROCORE = Flow(
    name=cost_codes.VALUES,
    title="cost codes → Procore",
    source_side=Side.LEFT,
    source=visma_net.segment_values,
    target=procore.cost_code_changes,
    facts=cost_codes.value_facts,
    translate=cost_codes.to_procore,
    record_type=SegmentValue,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="cost codes",
    twin="cost-codes-to-visma",
    after=("cost codes",),
    triggers=frozenset({EVERYTHING}),
    every=_HOURLY,
)
COST_CODES_TO_VISMA = Flow(
    name="cost-codes-to-visma",
    title="cost codes → Visma.net",
    source_side=Side.RIGHT,
    source=procore.cost_code_list,
    target=visma_net.segment_value_changes,
    facts=procore_masters.cost_code_facts,
    translate=cost_codes.to_visma,
    record_type=CostCode,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="cost codes",
    twin=cost_codes.VALUES,
    after=("cost codes",),
    triggers=frozenset({"Standard Cost Codes"}),
    every=_HOURLY,
)
COST_CENTRES = Flow(
    name="cost-centres",
    title="projects → cost centres",
    source_side=Side.RIGHT,
    source=procore.project_list,
    target=visma_net.segment_value_changes,
    facts=cost_centres.facts,
    translate=cost_centres.centre_of,
    record_type=Project,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    triggers=frozenset({"Projects"}),
    every=_HOURLY,
)
ORDERS = Flow(
    name=orders.FLOW,
    title="purchase orders → commitments",
    source_side=Side.LEFT,
    source=visma_net.purchase_orders,
    target=procore.contract_changes,
    facts=orders.facts,
    translate=orders.contract_of,
    record_type=Order,
    document_type=Contract,
    revisions=Revisions.UPDATE,
    after=("vendors", "commitments"),
    triggers=frozenset({EVERYTHING}),
    names=suppliers.supplier_of_order,
    wakes=(_UNUSED,),
)
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
    wakes=(_REVERSALS,),
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
    wakes=(_REVERSALS,),
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
BUDGETS = Flow(
    name=budgets.FLOW,
    title="budgets, compared with those in Visma.net",
    source_side=Side.RIGHT,
    source=procore.budgets,
    target=NOWHERE,
    facts=procore_budgets.facts,
    translate=budgets.kept,
    differences=budgets.differences,
    record_type=Budget,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    triggers=frozenset({"Budget Line Items"}),
    every=_DAILY,
)
PROJECT_BUDGETS = Flow(
    name=budgets.THERE,
    title="project budgets of Visma.net",
    source_side=Side.LEFT,
    source=visma_net.budgets,
    target=NOWHERE,
    facts=budgets.there_facts,
    translate=budgets.kept,
    record_type=JobBudget,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    every=_DAILY,
)

INTEGRATION = Integration(
    name="visma-procore",
    title="Visma.net ERP and Procore",
    left=visma_net.visma_net,
    right=procore.procore,
    flows=(
        SUPPLIERS,
        VENDORS,
        SUPPLIER_INVOICES,
        COST_CODES_TO_PROCORE,
        COST_CODES_TO_VISMA,
        COST_CENTRES,
        ORDERS,
        REQUISITIONS,
        DIRECT_COSTS,
        JOURNALS,
        BUDGETS,
        PROJECT_BUDGETS,
    ),
    tables=tables.TABLES,
    matchings=(
        matching.VENDORS,
        matching.COST_CODES,
        order_matching.COMMITMENTS,
        matching.REQUISITIONS,
        matching.DIRECT_COSTS,
    ),
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
        suppliers.NEW_VENDORS,
        suppliers.PROCORE_OWNS,
        cost_codes.SEGMENT,
        cost_codes.OWNER,
        cost_codes.NEW,
        cost_centres.SEGMENT,
        budgets.OWNER,
        *orders.CHOICES,
    ),
    ledger=Ledger(
        side=Side.LEFT,
        periods=visma_net.periods,
        lines=visma_net.clearing_lines,
        clearing=("accrual_account", "retainage_account"),
        commitments=REQUISITIONS.name,
        commitment_of=said.commitment_of_requisition,
        currency=visma_net.base_currency,
    ),
)
