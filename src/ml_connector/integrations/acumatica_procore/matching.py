"""What a person matches on the first day: vendors, cost codes, and documents that somebody keyed in already."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml_connector.connectors.acumatica import connector as acumatica
from ml_connector.connectors.procore import connector as procore
from ml_connector.integrations import likeness, procore_documents
from ml_connector.integrations.acumatica_procore import links
from ml_connector.integrations.declaration import Entry, Matching, Side
from ml_connector.integrations.likeness import Invoice


def _vendors_left(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in acumatica.suppliers(client)]


def _vendors_right(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in procore.suppliers(client)]


def _cost_codes_left(client: Any, since: date) -> list[Entry]:
    return [likeness.cost_code_entry(one) for one in acumatica.cost_codes(client)]


def _cost_codes_right(client: Any, since: date) -> list[Entry]:
    return [likeness.cost_code_entry(one) for one in procore.standard_cost_codes(client)]


def _keyed_bills(client: Any, since: date) -> list[Entry]:
    """Bills in Acumatica without our mark, dated `since` or later."""
    return [
        likeness.invoice_entry(
            number,
            f"bill {number}: {bill.vendor} {bill.number} over {bill.total} of {bill.date}",
            Invoice(vendor=bill.vendor, number=bill.number, amount=bill.total, day=bill.date),
        )
        for number, bill in acumatica.keyed_bills(client, since)
    ]


VENDORS = Matching(
    kind="vendors",
    title="Vendors",
    left=_vendors_left,
    right=_vendors_right,
    score=likeness.of_suppliers,
    entry=likeness.supplier_entry,
)
COST_CODES = Matching(
    kind="cost codes",
    title="Cost codes",
    left=_cost_codes_left,
    right=_cost_codes_right,
    score=likeness.of_cost_codes,
    entry=likeness.cost_code_entry,
)
COMMITMENTS = Matching(
    kind="commitments",
    title="Commitments and their orders",
    left=links.orders,
    right=links.commitments,
    score=links.score,
    entry=links.entry,
)
REQUISITIONS = procore_documents.keyed_requisitions(_keyed_bills, Side.LEFT)
DIRECT_COSTS = procore_documents.keyed_direct_costs(_keyed_bills, Side.LEFT)
