"""What lines of commitments and direct costs have in common: coding, quantity times price, wire shape."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.procore import wording
from ml_connector.sandbox.procore.budget import segments, wbs_of, wbs_thin
from ml_connector.sandbox.procore.codes import cost_code_wire, cost_type_wire
from ml_connector.sandbox.procore.fields import ORIGIN, Fields, Row, cents, fields
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.world import World

WRITABLE: Fields = {
    **fields(
        number="amount manual_amount quantity unit_cost",
        text="uom description ref",
        whole="wbs_code_id cost_code_id line_item_type_id tax_code_id",
    ),
    "extended_type": ("manual", "calculated"),
    **ORIGIN,
}
PRICED = {"amount", "manual_amount", "quantity", "unit_cost", "extended_type"}
"""Fields from which the amount follows."""
BLANK: Row = {"quantity": None, "unit_cost": None, "uom": None, "description": None, "tax_code_id": None, "ref": None}


def coded(world: World, project: int, values: Row) -> Row:
    """The legacy pair and `wbs_code_id` as the one key that is stored. Raises Invalid."""
    named = {name: values.pop(name, None) for name in ("wbs_code_id", "cost_code_id", "line_item_type_id")}
    if any(value is not None for value in named.values()):
        values["wbs_code_id"] = wbs_of(world, project, named)
    tax_code = values.get("tax_code_id")
    if tax_code is not None and world.tax_codes.get(tax_code) is None:
        raise Invalid({"tax_code_id": ["must exist"]})
    return values


def priced(values: Row, before: Row, *, by_unit: bool) -> Row:
    """`values` with the amount that follows from them: as stated, or quantity times unit cost, half up."""
    manual = values.pop("manual_amount", None)
    stated = manual if manual is not None else values.pop("amount", None)
    values.pop("amount", None)
    quantity = values.get("quantity", before.get("quantity"))
    unit_cost = values.get("unit_cost", before.get("unit_cost"))
    kind = values.get("extended_type") or ("manual" if stated is not None and not by_unit else "calculated")
    if kind == "calculated" and quantity is not None and unit_cost is not None:
        return values | {"extended_type": kind, "amount": cents(quantity * unit_cost)}
    if stated is not None:
        return values | {"extended_type": "manual", "amount": cents(stated)}
    return values | {"extended_type": "manual", "amount": before.get("amount", Decimal("0.00"))}


def wire(world: World, row: Row, *, holder: Row, holder_type: str) -> Row:
    """A line with its coding in all three ways."""
    amount = wording.sum_text(row["amount"])
    wbs = world.wbs_codes.get(row.get("wbs_code_id"))
    code, cost_type = segments(world, wbs) if wbs else (None, None)
    project = world.projects.get(row["project_id"]) or {}
    return {
        "id": row["id"],
        "position": row["position"],
        "amount": amount,
        "total_amount": amount,
        "extended_amount": amount,
        "extended_type": row["extended_type"],
        "quantity": wording.quantity(row.get("quantity")),
        "unit_cost": _unit_cost(row.get("unit_cost")),
        "uom": row.get("uom"),
        "description": row.get("description"),
        "tax_code_id": row.get("tax_code_id"),
        "wbs_code": wbs_thin(world, row.get("wbs_code_id")),
        "cost_code": cost_code_wire(world, code, compact=True) | {"code": code["code"]} if code else None,
        "line_item_type": cost_type_wire(cost_type) if cost_type else None,
        "holder": {"id": holder["id"], "holder_type": holder_type},
        "company": {"id": world.company["id"], "name": world.company["name"]},
        "project": {"id": row["project_id"], "name": project.get("name")},
        "origin_id": row.get("origin_id"),
        "origin_data": row.get("origin_data"),
        "currency_configuration": world.currency_configuration(holder),
        "created_at": wording.time(row["created_at"]),
        "updated_at": wording.time(row["updated_at"]),
    }


def _unit_cost(amount: Decimal | None) -> str | None:
    """Two digits, more where the price has them."""
    if amount is None:
        return None
    exponent = amount.normalize().as_tuple().exponent
    return format(amount.normalize(), "f") if isinstance(exponent, int) and exponent < -2 else wording.money(amount)
