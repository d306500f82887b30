"""Lines of change orders: they sit on potential change orders and make up the totals above them (§5.1)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.procore import lines
from ml_connector.sandbox.procore.budget import ensure_budget_line
from ml_connector.sandbox.procore.fields import Row, cents, taken
from ml_connector.sandbox.procore.world import World, live

HOLDER = "PotentialChangeOrder"
_SHOWN = [
    "id",
    "position",
    "description",
    "quantity",
    "uom",
    "total_amount",
    "extended_amount",
    "unit_cost",
    "cost_code",
    "wbs_code",
    "line_item_type",
    "holder",
    "currency_configuration",
]


def tiers(world: World, project: int) -> int:
    """1: packages hold lines by a potential change order of their own; 2: they group those; 3: requests between."""
    row = world.projects.get(project) or {}
    return int(row.get("change_order_tiers", 1))


def of_package(world: World, package: Row) -> list[Row]:
    """Its potential change orders."""
    found = live(world.potential_change_orders.of("contract_id", package["contract_id"]))
    return [one for one in found if one["package_id"] == package["id"]]


def lines_of(world: World, order: Row) -> list[Row]:
    """Of a potential change order."""
    return world.change_order_lines.of("potential_change_order_id", order["id"])


def lines_of_package(world: World, package: Row) -> list[Row]:
    return [line for order in of_package(world, package) for line in lines_of(world, order)]


def wire(world: World, line: Row) -> Row:
    """As the line calls show it."""
    holder = world.potential_change_orders.get(line["potential_change_order_id"]) or {}
    return lines.wire(world, line, holder=holder, holder_type=HOLDER)


def shown(world: World, line: Row) -> Row:
    """As a package or potential change order shows it: the totals, but no `amount`."""
    whole = wire(world, line)
    return {name: whole[name] for name in _SHOWN} | {"markup_line_items": []}


def write_new(world: World, order: Row, given: Row) -> Row:
    """Raises Invalid."""
    values = lines.coded(world, order["project_id"], taken(given, lines.WRITABLE))
    values = lines.priced(values, {}, by_unit=False)
    place = {"potential_change_order_id": order["id"], "project_id": order["project_id"], "wbs_code_id": None}
    position = len(lines_of(world, order)) + 1
    line = world.create(world.change_order_lines, {**lines.BLANK, **place, "position": position, **values})
    ensure_budget_line(world, line["wbs_code_id"])
    total_up(world, order)
    return line


def write(world: World, line: Row, given: Row) -> None:
    """Raises Invalid."""
    values = lines.coded(world, line["project_id"], taken(given, lines.WRITABLE))
    if lines.PRICED & set(values):
        values = lines.priced(values, line, by_unit=False)
    world.update(world.change_order_lines, line, values)
    ensure_budget_line(world, line["wbs_code_id"])
    total_up(world, _holder(world, line))


def remove(world: World, line: Row) -> None:
    world.delete(world.change_order_lines, line)
    total_up(world, _holder(world, line))


def _holder(world: World, line: Row) -> Row:
    holder = world.potential_change_orders.get(line["potential_change_order_id"])
    assert holder is not None, f"line {line['id']} has no potential change order"
    return holder


def total_up(world: World, order: Row) -> None:
    """Let a potential change order and its package say what the lines say."""
    total = sum((line["amount"] for line in lines_of(world, order)), Decimal(0))
    world.update(world.potential_change_orders, order, {"grand_total": total})
    total_package(world, order["package_id"])


def total_package(world: World, number: int | None) -> None:
    """Let a package be the sum of its potential change orders."""
    package = world.change_orders.get(number)
    if package is not None:
        orders = of_package(world, package)
        world.update(world.change_orders, package, {"grand_total": sum((o["grand_total"] for o in orders), Decimal(0))})


def restate(world: World, package: Row, total: Decimal) -> None:
    """A total that is written on a package: the difference goes onto the last line, where there are lines."""
    orders = of_package(world, package)
    difference = cents(total) - package["grand_total"]
    if orders and difference:
        last = next((order for order in reversed(orders) if lines_of(world, order)), orders[-1])
        restate_order(world, last, last["grand_total"] + difference)
    world.update(world.change_orders, package, {"grand_total": cents(total)})


def restate_order(world: World, order: Row, total: Decimal) -> None:
    """The same for a potential change order."""
    held = lines_of(world, order)
    if held:
        amount = held[-1]["amount"] + cents(total) - order["grand_total"]
        world.update(world.change_order_lines, held[-1], {"amount": amount, "extended_type": "manual"})
    world.update(world.potential_change_orders, order, {"grand_total": cents(total)})
    total_package(world, order["package_id"])
