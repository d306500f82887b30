"""What people can open in Procore's screens: per kind of record where it is kept, how it is written and shown."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.kit.vendor import ActRefused
from ml_connector.sandbox.procore import (
    budget,
    change_lines,
    change_orders,
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
)
from ml_connector.sandbox.procore.fields import Row
from ml_connector.sandbox.procore.tables import Table
from ml_connector.sandbox.procore.world import World


class Lines(Struct, frozen=True):
    """The lines that records of a kind have."""

    of: Callable[[World, Row], list[Row]]
    new: Callable[[World, Row, Row], Row]
    write: Callable[[World, Row, Row, Row], None]
    remove: Callable[[World, Row, Row], None]
    shape: Callable[[World, Row, Row], Row]


class Kind(Struct, frozen=True, kw_only=True):
    """`parent`: the kind under which a new one is keyed; `new` gets its row (empty without) and the fields.

    `used` tells why a record cannot be deleted; None: such records are never deleted, only deactivated.
    """

    tables: Callable[[World], tuple[Table, ...]]
    write: Callable[[World, Row, Row], None]
    shape: Callable[[World, Row], Row]
    new: Callable[[World, Row, Row], Row] | None = None
    parent: str = ""
    used: Callable[[World, Row], bool] | None = None
    remove: Callable[[World, Row], None] | None = None
    lines: Lines | None = None
    locks: bool = False
    """An `origin_id` locks the whole record (vendors/procore.md §9)."""


def known(name: object) -> Kind:
    """Raises ActRefused."""
    kind = KINDS.get(name) if isinstance(name, str) else None
    if kind is None:
        raise ActRefused(f"no kind {name!r}; there are: {', '.join(KINDS)}")
    return kind


def table_of(world: World, kind: Kind, row: Row) -> Table:
    return next(table for table in kind.tables(world) if table.get(row["id"]) is row)


def _never(world: World, row: Row) -> bool:
    return False


def _mark_commitment(world: World, row: Row) -> None:
    world.mark_deleted(contracts.kind_of(row).contracts(world), row)


def _new_prime(world: World, project: Row, given: Row) -> Row:
    """A change order of the owner's contract; it has a contract that is no commitment."""
    if "prime_contract_id" not in project:
        project["prime_contract_id"] = world.new_id()
    holder = {"id": project["prime_contract_id"], "project_id": project["id"]}
    row = change_orders.write_new(world, holder, given)
    row["type"] = change_orders.PRIME
    return row


def _new_standard(world: World, owner: Row, given: Row) -> Row:
    """On the company's first list."""
    return codes.STANDARD.new(world, {"list_id": next(iter(world.standard_lists))["id"]}, given)


def _new_wbs(world: World, project: Row, given: Row) -> Row:
    number = budget.wbs_of(world, project["id"], given)
    row = world.wbs_codes.get(number)
    if row is None:
        raise ActRefused("a WBS code needs cost_code_id and line_item_type_id")
    return row


def _write_wbs(world: World, row: Row, given: Row) -> None:
    world.update(world.wbs_codes, row, budget.wbs_values(given))


def _pays(world: World, field: str, number: int) -> bool:
    """Whether any line, of whatever record, is on the WBS code, or on one with that cost code or cost type."""
    tables = (world.work_order_lines, world.purchase_order_lines, world.change_order_lines, world.direct_cost_lines)
    on = {row["id"] for row in world.wbs_codes if row[field] == number}
    return any(line.get("wbs_code_id") in on for table in tables for line in table)


def _code_used(world: World, row: Row) -> bool:
    below = any(code.get("parent_id") == row["id"] for code in world.cost_codes.of("project_id", row["project_id"]))
    return below or any(wbs["cost_code_id"] == row["id"] for wbs in world.wbs_codes)


def _standard_used(world: World, row: Row) -> bool:
    tables = (world.standard_cost_codes, "parent_id"), (world.cost_codes, "standard_cost_code_id")
    return any(one.get(field) == row["id"] for table, field in tables for one in table)


def _type_used(world: World, row: Row) -> bool:
    return any(wbs["line_item_type_id"] == row["id"] for wbs in world.wbs_codes)


def _wbs_used(world: World, row: Row) -> bool:
    return _pays(world, "id", row["id"]) or bool(world.budget_lines.of("wbs_code_id", row["id"]))


def _from(table: Callable[[World], Table]) -> Callable[[World, Row], None]:
    """Remove from that table, with the event."""
    return lambda world, row: world.delete(table(world), row)


_CONTRACT_LINES = Lines(
    contracts.lines_of,
    commitments.write_new_line,
    commitments.write_line,
    commitments.remove_line,
    commitments.line_wire,
)
_COST_LINES = Lines(
    direct_costs.lines_of,
    direct_costs.write_new_line,
    direct_costs.write_line,
    direct_costs.remove_line,
    direct_costs.line_wire,
)


def _change_lines(of: Callable[[World, Row], list[Row]], new: Callable[[World, Row, Row], Row]) -> Lines:
    return Lines(
        of,
        new,
        lambda world, row, line, given: change_lines.write(world, line, given),
        lambda world, row, line: change_lines.remove(world, line),
        lambda world, row, line: change_lines.wire(world, line),
    )


KINDS: dict[str, Kind] = {
    "vendor": Kind(
        tables=lambda world: (world.vendors,),
        write=vendors.write,
        shape=vendors.wire,
        new=lambda world, parent, given: vendors.write_new(world, given),
    ),
    "project": Kind(
        tables=lambda world: (world.projects,),
        write=projects.write,
        shape=lambda world, row: projects.wire(world, row, shown_alone=True),
        new=lambda world, parent, given: projects.write_new(world, given),
    ),
    "commitment": Kind(
        tables=lambda world: (world.work_orders, world.purchase_orders),
        write=commitments.write,
        shape=lambda world, row: commitments.wire(world, row, alone=True),
        parent="project",
        used=_never,
        remove=_mark_commitment,
        lines=_CONTRACT_LINES,
    ),
    "change_order": Kind(
        tables=lambda world: (world.change_orders,),
        write=change_orders.write,
        shape=change_orders.alone,
        new=change_orders.write_new,
        parent="commitment",
        used=_never,
        remove=change_orders.remove,
        lines=_change_lines(change_lines.lines_of_package, change_orders.write_line),
    ),
    "potential_change_order": Kind(
        tables=lambda world: (world.potential_change_orders,),
        write=potential_orders.write,
        shape=potential_orders.wire,
        new=potential_orders.write_new,
        parent="commitment",
        lines=_change_lines(change_lines.lines_of, change_lines.write_new),
    ),
    "prime_change_order": Kind(
        tables=lambda world: (world.change_orders,),
        write=change_orders.write,
        shape=change_orders.alone,
        new=_new_prime,
        parent="project",
    ),
    "requisition": Kind(
        tables=lambda world: (world.requisitions,),
        write=requisitions.write,
        shape=lambda world, row: requisition_wire.wire(world, row, items=True),
        new=requisitions.write_new,
        parent="commitment",
        used=_never,
        remove=requisitions.remove,
        locks=True,
    ),
    "direct_cost": Kind(
        tables=lambda world: (world.direct_costs,),
        write=direct_costs.write,
        shape=direct_costs.wire,
        new=direct_costs.write_new,
        parent="project",
        used=_never,
        remove=direct_costs.remove,
        lines=_COST_LINES,
        locks=True,
    ),
    "payment": Kind(
        tables=lambda world: (world.payments,),
        write=payments.write,
        shape=payments.wire,
        new=payments.write_new,
        parent="commitment",
        used=_never,
        remove=_from(lambda world: world.payments),
        locks=True,
    ),
    "standard_cost_code": Kind(
        tables=lambda world: (world.standard_cost_codes,),
        write=codes.STANDARD.write,
        shape=codes.standard_wire,
        new=_new_standard,
        used=_standard_used,
        remove=_from(lambda world: world.standard_cost_codes),
    ),
    "cost_code": Kind(
        tables=lambda world: (world.cost_codes,),
        write=codes.write_cost_code,
        shape=codes.cost_code_wire,
        new=codes.new_cost_code,
        parent="project",
        used=_code_used,
        remove=_from(lambda world: world.cost_codes),
    ),
    "cost_type": Kind(
        tables=lambda world: (world.cost_types,),
        write=codes.COST_TYPES.write,
        shape=lambda world, row: codes.cost_type_wire(row),
        new=lambda world, parent, given: codes.COST_TYPES.new(world, {}, given),
        used=_type_used,
        remove=_from(lambda world: world.cost_types),
    ),
    "wbs_code": Kind(
        tables=lambda world: (world.wbs_codes,),
        write=_write_wbs,
        shape=budget.wbs_wire,
        new=_new_wbs,
        parent="project",
        used=_wbs_used,
        remove=_from(lambda world: world.wbs_codes),
    ),
    "budget_line": Kind(
        tables=lambda world: (world.budget_lines,),
        write=budget.write_line,
        shape=budget.line_wire,
        new=budget.new_line,
        parent="project",
        used=lambda world, row: _pays(world, "id", row["wbs_code_id"]),
        remove=_from(lambda world: world.budget_lines),
    ),
    "tax_code": Kind(
        tables=lambda world: (world.tax_codes,),
        write=codes.TAX_CODES.write,
        shape=codes.tax_wire,
        new=lambda world, parent, given: codes.TAX_CODES.new(world, {}, given),
    ),
    "billing_period": Kind(
        tables=lambda world: (world.billing_periods,),
        write=requisitions.write_period,
        shape=lambda world, row: requisitions.period_wire(row),
        new=requisitions.new_period,
        parent="project",
        used=lambda world, row: any(other.get("period_id") == row["id"] for other in world.requisitions),
        remove=_from(lambda world: world.billing_periods),
    ),
}
"""By the name that acts give them."""


def row_of(world: World, name: object, number: Any) -> Row:
    """Raises ActRefused for one that is not there or deleted."""
    kind = known(name)
    found = (table.get(number) for table in kind.tables(world))
    row = next((one for one in found if one is not None), None)
    if row is None or row.get("deleted_at") is not None:
        raise ActRefused(f"there is no {name} {number}")
    return row
