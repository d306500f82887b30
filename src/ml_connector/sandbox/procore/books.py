"""Requisitions, direct costs, payments and commitments in the shape of books that all vendors share."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from ml_connector.sandbox.kit.books import Book, BookLine
from ml_connector.sandbox.procore import change_lines, contracts, direct_costs, wording
from ml_connector.sandbox.procore import requisition_amounts as amounts
from ml_connector.sandbox.procore import requisition_wire as shapes
from ml_connector.sandbox.procore.budget import segments
from ml_connector.sandbox.procore.codes import full_code
from ml_connector.sandbox.procore.fields import Row, cents
from ml_connector.sandbox.procore.world import World, live


def all_books(world: World) -> list[Book]:
    """`reference` is the origin_id, `business_number` what people write on paper, `number` the id.

    The lines of a commitment are its own and those of its approved change orders, which have books of their own too.
    """
    commitments = [row for kind in contracts.KINDS for row in kind.contracts(world)]
    return [
        *(_commitment(world, row) for row in commitments),
        *(_change_order(world, row) for row in world.change_orders),
        *(_requisition(world, row) for row in world.requisitions),
        *(_direct_cost(world, row) for row in world.direct_costs),
        *(_payment(world, row) for row in world.payments),
    ]


def _commitment(world: World, row: Row) -> Book:
    orders = [one for one in live(world.change_orders.of("contract_id", row["id"])) if one["status"] == "approved"]
    own = [_line(world, row, line, line["amount"]) for line in contracts.lines_of(world, row)]
    return Book(
        document="commitment",
        kind=row["kind"],
        number=str(row["id"]),
        reference=row.get("origin_id"),
        business_number=row["number"],
        party=_vendor_name(world, row),
        date=wording.day(row.get("contract_date")),
        currency=world.currency_of(row),
        total=contracts.revised(world, row),
        status="Deleted" if row.get("deleted_at") else row["status"],
        lines=(*own, *(line for order in orders for line in _change_lines(world, order))),
    )


def _change_order(world: World, row: Row) -> Book:
    holder = contracts.contract(world, row["contract_id"]) or {}
    return Book(
        document="change_order",
        kind=row.get("type") or holder["kind"],
        number=str(row["id"]),
        reference=row.get("origin_id"),
        business_number=row["number"],
        party=_vendor_name(world, holder),
        date=wording.day(row["created_at"].date()),
        currency=world.currency_of(holder),
        total=cents(row["grand_total"]),
        status="Deleted" if row.get("deleted_at") else row["status"],
        lines=_change_lines(world, row),
    )


def _change_lines(world: World, order: Row) -> tuple[BookLine, ...]:
    """A total without lines is a line without code."""
    lines = change_lines.lines_of_package(world, order) or [{"id": order["id"], "amount": order["grand_total"]}]
    links = {"change_order": str(order["id"]), "contract": str(order["contract_id"])}
    made = (_line(world, order, line, line["amount"]) for line in lines)
    return tuple(structs.replace(line, dimensions=line.dimensions | links) for line in made)


def _requisition(world: World, row: Row) -> Book:
    holder = contracts.contract(world, row["commitment_id"]) or {}
    items = amounts.items_of(world, row)
    lines = [(shapes.line_of(world, holder, item), cents(amounts.net(item))) for item in items]
    return Book(
        document="requisition",
        kind=holder["kind"],
        number=str(row["id"]),
        reference=row.get("origin_id"),
        business_number=row.get("invoice_number"),
        party=_vendor_name(world, holder),
        date=wording.day(row.get("billing_date")),
        period=_period(world, row),
        currency=world.currency_of(holder),
        total=amounts.due(world, row),
        tax=row["tax"],
        status=row["status"],
        lines=tuple(_line(world, row, line, amount) for line, amount in lines),
    )


def _direct_cost(world: World, row: Row) -> Book:
    return Book(
        document="direct_cost",
        kind=row["direct_cost_type"],
        number=str(row["id"]),
        reference=row.get("origin_id"),
        business_number=row.get("invoice_number"),
        party=_vendor_name(world, row),
        date=wording.day(row.get("direct_cost_date")),
        currency=world.currency_of(row),
        total=direct_costs.total(world, row),
        status=row["status"],
        lines=tuple(_line(world, row, line, line["amount"]) for line in direct_costs.lines_of(world, row)),
    )


def _payment(world: World, row: Row) -> Book:
    holder = contracts.contract(world, row["contract_id"]) or {}
    line = BookLine(project=_project(world, row), dimensions=_links(row), amount=row["amount"])
    return Book(
        document="contract_payment",
        kind=row.get("payment_method") or "payment",
        number=str(row["id"]),
        reference=row.get("origin_id"),
        business_number=row.get("check_number") or row.get("invoice_number"),
        party=_vendor_name(world, holder),
        date=wording.day(row.get("date")),
        currency=world.currency_of(holder),
        total=cents(row["amount"]),
        status="paid",
        lines=(line,),
    )


def _links(row: Row) -> dict[str, str]:
    names = {"contract": row["contract_id"], "requisition": row.get("requisition_id")}
    return {name: str(value) for name, value in names.items() if value is not None}


def _line(world: World, holder: Row, line: Row, amount: Decimal) -> BookLine:
    wbs = world.wbs_codes.get(line.get("wbs_code_id"))
    if wbs is None:
        return BookLine(project=_project(world, holder), amount=amount)
    code, cost_type = segments(world, wbs)
    return BookLine(
        project=_project(world, holder),
        cost_code=full_code(world.cost_codes, code),
        dimensions={"cost_type": cost_type["code"], "wbs_code_id": str(wbs["id"]), "line": str(line["id"])},
        amount=amount,
    )


def _project(world: World, row: Row) -> str | None:
    project = world.projects.get(row["project_id"])
    return project["project_number"] if project else None


def _vendor_name(world: World, row: Row) -> str | None:
    vendor = world.vendors.get(row.get("vendor_id"))
    return vendor["name"] if vendor else None


def _period(world: World, row: Row) -> str | None:
    period = world.billing_periods.get(row.get("period_id"))
    return period["end_date"].strftime("%Y-%m") if period else None
