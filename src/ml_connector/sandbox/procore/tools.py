"""The tools that the service account has rights on, for refusing one as a whole (vendors/procore.md §2)."""

from __future__ import annotations

import re

from ml_connector.sandbox.procore import refusals
from ml_connector.sandbox.procore.world import World

_PATHS = {
    "directory": r"/vendors(/|$)",
    "budget": r"/(budget_\w+|work_breakdown_structure)(/|$)",
    "change_orders": r"/(change_order_packages|change_order_requests|\w+_change_orders)(/|$)",
    "commitments": r"/(work_order_contracts|purchase_order_contracts|commitments|commitment_contracts)(/|$)",
    "invoicing": r"/(requisitions|billing_periods|contract_payments)(/|$)",
    "direct_costs": r"/direct_costs(/|$)",
    "webhooks": r"/webhooks(/|$)",
}
TOOLS = tuple(_PATHS)


def check(world: World, path: str) -> None:
    """Raises Refusal 403 for a call of a tool that the switch `tools_off` names."""
    for tool in str(world.switches["tools_off"]).split():
        if tool in _PATHS and re.search(_PATHS[tool], path):
            raise refusals.generic(403, f"You do not have permission to access the {tool} tool", "forbidden")
