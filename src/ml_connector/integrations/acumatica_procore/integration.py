"""The pair of Acumatica and Procore: its flows, tables, matchings and choices."""

from __future__ import annotations

from datetime import timedelta

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import costs, deltas, posting, procore_masters
from ml_connector.integrations.acumatica_procore import (
    commitments,
    direct_costs,
    masters,
    matching,
    payments,
    requisitions,
    tables,
)
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
from ml_connector.records.commitments import Commitment, OrderChange
from ml_connector.records.costs import DirectCost
from ml_connector.records.documents import Bill, CostCode, Order, Requisition, Supplier
from ml_connector.records.masters import MasterChange
from ml_connector.records.payments import Payment, PaymentNote

_HOURLY = timedelta(hours=1)
_QUARTER_HOURLY = timedelta(minutes=15)
"""What changes seldom is read seldom; events and `sync` read it at once."""
_RELEASES = Wakes(flow="requisitions", cause="retainage_release", same=Same.SCOPE)
"""Releases of retainage wait for the earlier requisitions of their commitment."""
_PAYMENTS = Wakes(flow="payments", cause="not_ours", same=Same.NUMBER)
"""Payments that were read before the bill that they pay."""

VENDORS_TO_PROCORE = Flow(
    name="vendors-to-procore",
    title="vendors → Procore",
    source_side=Side.LEFT,
    source=acumatica.vendors,
    target=procore.vendor_changes,
    facts=procore_masters.vendor_facts,
    translate=masters.vendor_to_procore,
    record_type=Supplier,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="vendors",
    twin="vendors-to-acumatica",
    after=("vendors",),
    triggers=frozenset({EVERYTHING}),
)
VENDORS_TO_ACUMATICA = Flow(
    name="vendors-to-acumatica",
    title="vendors → Acumatica",
    source_side=Side.RIGHT,
    source=procore.vendors,
    target=acumatica.vendor_changes,
    facts=procore_masters.vendor_facts,
    translate=masters.vendor_to_acumatica,
    record_type=Supplier,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="vendors",
    twin="vendors-to-procore",
    after=("vendors",),
    triggers=frozenset({"Company Vendors"}),
)
COST_CODES_TO_PROCORE = Flow(
    name="cost-codes-to-procore",
    title="cost codes → Procore",
    source_side=Side.LEFT,
    source=acumatica.cost_code_list,
    target=procore.cost_code_changes,
    facts=procore_masters.cost_code_facts,
    translate=masters.cost_code_to_procore,
    record_type=CostCode,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="cost codes",
    twin="cost-codes-to-acumatica",
    after=("cost codes",),
    every=_HOURLY,
)
COST_CODES_TO_ACUMATICA = Flow(
    name="cost-codes-to-acumatica",
    title="cost codes → Acumatica",
    source_side=Side.RIGHT,
    source=procore.cost_code_list,
    target=acumatica.cost_code_changes,
    facts=procore_masters.cost_code_facts,
    translate=masters.cost_code_to_acumatica,
    record_type=CostCode,
    document_type=MasterChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIELDS,
    matching="cost codes",
    twin="cost-codes-to-procore",
    after=("cost codes",),
    triggers=frozenset({"Standard Cost Codes"}),
    every=_HOURLY,
)
REQUISITIONS = Flow(
    name="requisitions",
    title="requisitions → bills",
    source_side=Side.RIGHT,
    source=procore.requisitions,
    target=acumatica.bills,
    facts=costs.requisition_facts,
    translate=requisitions.bill_of,
    record_type=Requisition,
    document_type=Bill,
    delta=deltas.delta_of,
    after=("vendors", "requisitions"),
    cost=costs.cost_of_requisition,
    wakes=(_RELEASES, _PAYMENTS),
    triggers=frozenset({"Payment Applications", "Work Order Contracts", "Purchase Order Contracts"}),
)
DIRECT_COSTS = Flow(
    name="direct-costs",
    title="direct costs → bills",
    source_side=Side.RIGHT,
    source=procore.direct_costs,
    target=acumatica.bills,
    facts=costs.direct_cost_facts,
    translate=direct_costs.bill_of,
    record_type=DirectCost,
    document_type=Bill,
    delta=deltas.delta_of,
    after=("vendors", "direct costs"),
    cost=costs.cost_of_direct_cost,
    wakes=(_PAYMENTS,),
    triggers=frozenset({"Direct Costs", "Direct Cost Line Items"}),
)
PAYMENTS = Flow(
    name="payments",
    title="payments → Procore",
    source_side=Side.LEFT,
    source=acumatica.payments,
    target=procore.payments,
    facts=payments.facts,
    translate=payments.note_of,
    record_type=Payment,
    document_type=PaymentNote,
    revisions=Revisions.WITHDRAWAL,
    triggers=frozenset({EVERYTHING}),
)
COMMITMENTS = Flow(
    name="commitments",
    title="commitments → orders",
    source_side=Side.RIGHT,
    source=procore.commitments,
    target=acumatica.order_changes,
    facts=costs.commitment_facts,
    translate=commitments.change_of,
    differences=commitments.differences,
    record_type=Commitment,
    document_type=OrderChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIXES,
    matching="commitments",
    twin="orders",
    after=("vendors", "commitments"),
    triggers=frozenset({"Work Order Contracts", "Purchase Order Contracts", "Change Order Packages"}),
    every=_QUARTER_HOURLY,
)
ORDERS = Flow(
    name="orders",
    title="orders without commitment",
    source_side=Side.LEFT,
    target_side=Side.LEFT,
    source=acumatica.orders,
    target=acumatica.order_changes,
    facts=commitments.order_facts,
    translate=commitments.cancellation_of,
    differences=commitments.order_differences,
    record_type=Order,
    document_type=OrderChange,
    revisions=Revisions.UPDATE,
    writes=Writes.FIXES,
    matching="commitments",
    twin="commitments",
    after=("vendors", "commitments"),
    triggers=frozenset({EVERYTHING}),
    every=_QUARTER_HOURLY,
)

INTEGRATION = Integration(
    name="acumatica-procore",
    title="Acumatica and Procore",
    left=acumatica.acumatica,
    right=procore.procore,
    flows=(
        VENDORS_TO_PROCORE,
        VENDORS_TO_ACUMATICA,
        COST_CODES_TO_PROCORE,
        COST_CODES_TO_ACUMATICA,
        REQUISITIONS,
        DIRECT_COSTS,
        PAYMENTS,
        COMMITMENTS,
        ORDERS,
    ),
    tables=tables.TABLES,
    matchings=(
        matching.VENDORS,
        matching.COST_CODES,
        matching.COMMITMENTS,
        matching.REQUISITIONS,
        matching.DIRECT_COSTS,
    ),
    choices=(
        posting.CUT_OVER,
        posting.CURRENCY,
        posting.RETAINAGE,
        posting.RETAINAGE_ACCOUNT,
        requisitions.UNLINKED,
        posting.ROUNDING_ACCOUNT,
        posting.CLOSED_PERIOD,
        posting.CORRECTIONS,
        costs.PAYROLL,
        payments.MARK_PAID,
        masters.PROCORE_OWNS,
        masters.NEW_IN_PROCORE,
        masters.NEW_IN_ACUMATICA,
        masters.NEW_COST_CODES,
    ),
    ledger=Ledger(side=Side.LEFT, periods=acumatica.periods),
)
