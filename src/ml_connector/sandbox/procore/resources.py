"""The names that webhooks know, by scope (vendors/procore.md §12)."""

from __future__ import annotations

COMPANY = {
    "Company Vendors": ("create", "update"),
    "Projects": ("create", "update"),
    "Standard Cost Codes": ("create", "update", "delete"),
    "Line Item Types": ("create", "update", "delete"),
}
_ALL = ("create", "update", "delete")
PROJECT = {
    "Budget Line Items": _ALL,
    "Change Order Packages": _ALL,
    "Contract Payments": _ALL,
    "Cost Codes": _ALL,
    "Direct Cost Line Items": _ALL,
    "Direct Costs": _ALL,
    "Payment Applications": _ALL,
    "Potential Change Orders": _ALL,
    "Project Vendors": ("create", "delete"),
    "Purchase Order Contract Line Items": _ALL,
    "Purchase Order Contracts": _ALL,
    "Work Order Contract Line Items": _ALL,
    "Work Order Contracts": _ALL,
}
"""Resource -> event types on offer."""

OF_TABLE = {
    "vendors": "Company Vendors",
    "projects": "Projects",
    "standard_cost_codes": "Standard Cost Codes",
    "cost_types": "Line Item Types",
    "budget_lines": "Budget Line Items",
    "change_orders": "Change Order Packages",
    "potential_change_orders": "Potential Change Orders",
    "project_vendors": "Project Vendors",
    "payments": "Contract Payments",
    "cost_codes": "Cost Codes",
    "direct_cost_lines": "Direct Cost Line Items",
    "direct_costs": "Direct Costs",
    "purchase_order_lines": "Purchase Order Contract Line Items",
    "purchase_orders": "Purchase Order Contracts",
    "work_order_lines": "Work Order Contract Line Items",
    "work_orders": "Work Order Contracts",
}
"""Table -> resource. Requisitions have none; see the switch `emit_payment_applications`."""

PARENTS = {
    "Direct Cost Line Items": ("direct_cost_id", "Direct Costs"),
    "Purchase Order Contract Line Items": ("contract_id", "Purchase Order Contracts"),
    "Work Order Contract Line Items": ("contract_id", "Work Order Contracts"),
}


def listing(known: dict[str, tuple[str, ...]]) -> list[dict[str, object]]:
    """Rows of the resources call: `except` names the event types that are not offered."""
    rows: list[dict[str, object]] = []
    for name, offered in sorted(known.items()):
        missing = [event for event in _ALL if event not in offered]
        rows.append({"name": name, "api_version": "v2", "product_category": None, "tools": None, "except": missing})
    return rows
