"""What a person matches on the first day: vendors, and journals that somebody keyed in already."""

from __future__ import annotations

from datetime import date
from typing import Any

from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.visma_net import connector as visma_net
from ml_connector.integrations import likeness, procore_documents
from ml_connector.integrations.declaration import Entry, Matching, Side
from ml_connector.integrations.likeness import Invoice
from ml_connector.integrations.visma_procore import cost_codes
from ml_connector.records.dimensions import SegmentValue
from ml_connector.records.documents import CostCode


def _vendors_left(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in visma_net.supplier_list(client)]


def _vendors_right(client: Any, since: date) -> list[Entry]:
    return [likeness.supplier_entry(one) for one in procore.suppliers(client)]


def _cost_codes_left(client: Any, since: date) -> list[Entry]:
    return [_cost_code_entry(one) for one in visma_net.segment_value_list(client) if cost_codes.is_code(one)]


def _cost_codes_right(client: Any, since: date) -> list[Entry]:
    return [likeness.cost_code_entry(one) for one in procore.standard_cost_codes(client)]


def _cost_code_entry(one: SegmentValue | CostCode) -> Entry:
    return likeness.cost_code_entry(cost_codes.code_of(one) if isinstance(one, SegmentValue) else one)


def _keyed(client: Any, since: date) -> list[Entry]:
    """Journals in Visma.net without our mark, dated `since` or later; they name no vendor."""
    return [
        likeness.invoice_entry(
            number,
            f"batch {number}: {journal.text} {journal.number} over {journal.total} of {journal.date}",
            Invoice(vendor="", number=journal.number, amount=journal.total, day=journal.date, names_vendor=False),
        )
        for number, journal in visma_net.keyed_journals(client, since)
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
    entry=_cost_code_entry,
    meant=cost_codes.is_meant,
)
REQUISITIONS = procore_documents.keyed_requisitions(_keyed, Side.LEFT)
DIRECT_COSTS = procore_documents.keyed_direct_costs(_keyed, Side.LEFT)
