"""Every stored object in its own wire form, for the control API."""

from __future__ import annotations

from functools import partial
from typing import Any

from ml_connector.sandbox.kit.vendor import Entities
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


def state(world: World) -> Entities:
    """By entity; invisible and deleted ones too."""
    return Entities(
        {
            "vendors": lambda: [vendors.wire(world, row) for row in world.vendors],
            "projects": lambda: [projects.wire(world, row, shown_alone=True) for row in world.projects],
            "cost_codes": lambda: [
                codes.cost_code_wire(world, row) | {"project_id": row["project_id"]} for row in world.cost_codes
            ],
            "line_item_types": lambda: [codes.cost_type_wire(row) for row in world.cost_types],
            "standard_cost_codes": lambda: [codes.standard_wire(world, row) for row in world.standard_cost_codes],
            "tax_codes": lambda: [codes.tax_wire(world, row) for row in world.tax_codes],
            "sub_jobs": lambda: [
                codes.sub_job_wire(world, row) | {"project_id": row["project_id"]} for row in world.sub_jobs
            ],
            "wbs_codes": lambda: [
                budget.wbs_wire(world, row) | {"project_id": row["project_id"]} for row in world.wbs_codes
            ],
            "budget_line_items": lambda: [budget.line_wire(world, row) for row in world.budget_lines],
            "billing_periods": lambda: [requisitions.period_wire(row) for row in world.billing_periods],
            "change_order_packages": lambda: [change_orders.alone(world, row) for row in world.change_orders],
            "change_order_requests": lambda: [change_requests.wire(world, row) for row in world.change_order_requests],
            "potential_change_orders": lambda: [
                potential_orders.wire(world, row) for row in world.potential_change_orders
            ],
            "requisitions": lambda: [requisition_wire.wire(world, row, items=True) for row in world.requisitions],
            "direct_costs": lambda: [direct_costs.wire(world, row) for row in world.direct_costs],
            "contract_payments": lambda: [payments.wire(world, row) for row in world.payments],
            "hooks": lambda: [webhooks.hook_wire(row) for row in world.hooks],
            "triggers": lambda: [webhooks.trigger_wire(world, row) for row in world.triggers],
            **{kind.path: partial(_contracts, world, kind) for kind in contracts.KINDS},
        }
    )


def _contracts(world: World, kind: contracts.Kind) -> list[Any]:
    return [commitments.wire(world, row, alone=True) for row in kind.contracts(world)]
