"""Every stored object in its own wire form, for the control API."""

from __future__ import annotations

from typing import Any

from ml_connector.sandbox.procore import (
    budget,
    change_orders,
    change_requests,
    codes,
    commitments,
    contracts,
    direct_costs,
    payments,
    potential_orders,
    projects,
    requisition_wire,
    requisitions,
    vendors,
    webhooks,
)
from ml_connector.sandbox.procore.world import World


def state(world: World) -> dict[str, list[Any]]:
    """By entity; invisible and deleted ones too."""
    found: dict[str, list[Any]] = {
        "vendors": [vendors.wire(world, row) for row in world.vendors],
        "projects": [projects.wire(world, row, shown_alone=True) for row in world.projects],
        "cost_codes": [
            codes.cost_code_wire(world, row) | {"project_id": row["project_id"]} for row in world.cost_codes
        ],
        "line_item_types": [codes.cost_type_wire(row) for row in world.cost_types],
        "standard_cost_codes": [codes.standard_wire(world, row) for row in world.standard_cost_codes],
        "tax_codes": [codes.tax_wire(world, row) for row in world.tax_codes],
        "sub_jobs": [codes.sub_job_wire(world, row) | {"project_id": row["project_id"]} for row in world.sub_jobs],
        "wbs_codes": [budget.wbs_wire(world, row) | {"project_id": row["project_id"]} for row in world.wbs_codes],
        "budget_line_items": [budget.line_wire(world, row) for row in world.budget_lines],
        "billing_periods": [requisitions.period_wire(row) for row in world.billing_periods],
        "change_order_packages": [change_orders.alone(world, row) for row in world.change_orders],
        "change_order_requests": [change_requests.wire(world, row) for row in world.change_order_requests],
        "potential_change_orders": [potential_orders.wire(world, row) for row in world.potential_change_orders],
        "requisitions": [requisition_wire.wire(world, row, items=True) for row in world.requisitions],
        "direct_costs": [direct_costs.wire(world, row) for row in world.direct_costs],
        "contract_payments": [payments.wire(world, row) for row in world.payments],
        "hooks": [webhooks.hook_wire(row) for row in world.hooks],
        "triggers": [webhooks.trigger_wire(world, row) for row in world.triggers],
    }
    for kind in contracts.KINDS:
        found[kind.path] = [commitments.wire(world, row, alone=True) for row in kind.contracts(world)]
    return found
