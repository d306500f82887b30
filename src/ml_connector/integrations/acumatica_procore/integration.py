"""The pair of Acumatica and Procore: its flows, tables, matchings and choices."""

from __future__ import annotations

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import posting
from ml_connector.integrations.acumatica_procore import matching, requisitions, tables
from ml_connector.integrations.declaration import Flow, Integration, Ledger, Side
from ml_connector.records.documents import Bill, Requisition

REQUISITIONS = Flow(
    name="requisitions",
    title="requisitions → bills",
    source_side=Side.RIGHT,
    source=procore.requisitions,
    target=acumatica.bills,
    facts=requisitions.facts,
    translate=requisitions.bill_of,
    record_type=Requisition,
    document_type=Bill,
    delta=posting.delta_of,
    cost=requisitions.cost_of,
    triggers=frozenset({"Payment Applications", "Work Order Contracts", "Purchase Order Contracts"}),
)

INTEGRATION = Integration(
    name="acumatica-procore",
    title="Acumatica and Procore",
    left=acumatica.acumatica,
    right=procore.procore,
    flows=(REQUISITIONS,),
    tables=tables.TABLES,
    matchings=(matching.VENDORS,),
    choices=(
        posting.CUT_OVER,
        posting.CURRENCY,
        posting.RETAINAGE,
        posting.RETAINAGE_ACCOUNT,
        requisitions.UNLINKED,
        posting.ROUNDING_ACCOUNT,
        posting.CLOSED_PERIOD,
        posting.CORRECTIONS,
    ),
    ledger=Ledger(side=Side.LEFT, periods=acumatica.periods),
)
