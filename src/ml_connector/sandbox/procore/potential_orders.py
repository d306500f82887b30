"""Potential change orders, which hold the lines, and change order requests above them (vendors/procore.md §5.1, §9).

In a project with one tier each package has one potential change order, made along with it; it has the package's
status and texts. With two tiers people put potential change orders into packages, with three into requests first.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import change_lines, wording
from ml_connector.sandbox.procore.change_fields import DATES, FILTERS, STATUSES, by_deletion, reviewed
from ml_connector.sandbox.procore.contracts import contract, contract_in_project
from ml_connector.sandbox.procore.fields import ORIGIN, Fields, Row, fields, taken, whole
from ml_connector.sandbox.procore.lists import chosen, paged
from ml_connector.sandbox.procore.projects import PERSON
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.world import World

_WRITABLE: Fields = {
    **fields(text="title description number reference", flag="executed private field_change paid"),
    **fields(number="grand_total", whole="revision schedule_impact_amount change_order_request_id"),
    **dict.fromkeys(DATES, "date"),
    "status": STATUSES,
    **ORIGIN,
}
SHARED = ("title", "description", "number", "status", "revision", "executed", "private", "reviewed_at", *DATES)
"""What a package and its only potential change order say alike in a project with one tier."""
_LINE_FILTERS = {"id": "ids", "created_at": "time", "updated_at": "time", "cost_code_id": "ids"}


def thin(world: World, row: Row) -> Row:
    """As a list or a contract shows it."""
    package = world.change_orders.get(row["package_id"]) or {}
    asked = world.change_order_requests.get(row.get("request_id")) or {}
    tiers = change_lines.tiers(world, row["project_id"])
    shown: Row = {name: row.get(name) for name in ("id", "contract_id", "number", "title", "status")}
    shown |= {name: wording.day(row.get(name)) for name in DATES}
    shown |= {name: wording.time(row.get(name)) for name in ("reviewed_at", "created_at", "updated_at", "deleted_at")}
    return shown | {
        "created_by_id": PERSON["id"],
        "revision": row.get("revision") or 0,
        "executed": bool(row.get("executed")),
        "grand_total": wording.sum_text(row["grand_total"]),
        "schedule_impact_amount": row.get("schedule_impact_amount"),
        "change_order_request_id": row.get("request_id"),
        "change_order_request_title": asked.get("title"),
        "change_order_package_title": package.get("title"),
        "potential_change_order_acronym_number": "" if tiers == 1 else f"PCO {row['number']}",
        "change_order_request_acronym_number": f"COR {asked['number']}" if asked else "",
        "change_order_package_acronym_number": f"CCO {package['number']}" if package else "",
        "change_order_tiers": tiers,
        "currency_configuration": world.currencies(),
    }


def wire(world: World, row: Row) -> Row:
    """The Show shape, with the lines."""
    holder = contract(world, row["contract_id"]) or {}
    vendor = world.vendors.get(holder.get("vendor_id"))
    total = wording.sum_text(sum((line["amount"] for line in change_lines.lines_of(world, row)), Decimal(0)))
    return thin(world, row) | {
        "accounting_method": holder.get("accounting_method"),
        "description": row.get("description"),
        "reference": row.get("reference"),
        "field_change": bool(row.get("field_change")),
        "paid": bool(row.get("paid")) or row.get("paid_date") is not None,
        "private": bool(row.get("private")),
        "void": row["status"] == "void",
        "change_order_package_id": row["package_id"],
        "line_items": [change_lines.shown(world, line) for line in change_lines.lines_of(world, row)],
        "line_items_total": total,
        "line_items_extended_total": total,
        "vendor": {"id": vendor["id"], "name": vendor["name"], "company": vendor["name"]} if vendor else None,
        "creator": PERSON,
        "attachments": [],
        "origin_id": row.get("origin_id"),
        "origin_data": row.get("origin_data"),
    }


def list_orders(request: Request) -> Answer:
    rows = by_deletion(request, request.world.potential_change_orders.of("project_id", request.project()["id"]))
    known = {**FILTERS, "contract_id": "ids", "origin_id": "text", "status": "text"}
    return paged(request, chosen(request, rows, known), partial(thin, request.world))


def show(request: Request) -> Answer:
    return json_answer(wire(request.world, _order(request)))


def create(request: Request) -> Answer:
    holder = contract_in_project(request, request.needed("contract_id"))
    row = write_new(request.world, holder, request.wrapped("change_order", "potential_change_order"))
    return json_answer(wire(request.world, row), 201)


def update(request: Request) -> Answer:
    row = _order(request)
    write(request.world, row, request.wrapped("change_order", "potential_change_order"))
    return json_answer(wire(request.world, row))


def sync(request: Request) -> Answer:
    world, holder = request.world, contract_in_project(request, request.needed("contract_id"))
    upsert = Upsert(
        world,
        world.potential_change_orders,
        create=lambda given: write_new(world, holder, given),
        update=lambda row, given: write(world, row, given),
        shape=partial(wire, world),
        inside=lambda row: bool(row["contract_id"] == holder["id"]),
    )
    return upsert.run(request.updates())


def write_new(world: World, holder: Row, given: Row) -> Row:
    """With one tier its package is made along, as a draft. Raises Invalid."""
    values = {name: value for name, value in taken(given, _WRITABLE).items() if value is not None}
    if not values.get("title"):
        raise Invalid({"title": ["can't be blank"]})
    single = change_lines.tiers(world, holder["project_id"]) == 1
    if single:
        values.pop("status", None)
    values |= _place(world, holder["id"], given, values)
    number = f"{len(world.potential_change_orders.of('contract_id', holder['id'])) + 1:03}"
    place = {"project_id": holder["project_id"], "contract_id": holder["id"]}
    row = world.create(world.potential_change_orders, place | BLANK | {"number": number} | reviewed(world, values))
    if single:
        alike = {name: row[name] for name in (*SHARED, "grand_total") if name in row}
        package = world.create(world.change_orders, place | {"revision": 0, "executed": False} | alike)
        world.update(world.potential_change_orders, row, {"package_id": package["id"]})
    change_lines.total_package(world, row["package_id"])
    return row


BLANK: Row = {"package_id": None, "request_id": None, "status": "draft", "grand_total": wording.ZERO}


def write(world: World, row: Row, given: Row) -> None:
    """The status of one in a project with one tier is its package's: ignored here. Raises Invalid."""
    values = taken(given, _WRITABLE)
    single = change_lines.tiers(world, row["project_id"]) == 1
    if single:
        values.pop("status", None)
    for name in ("status", "number", "title", "grand_total"):
        if name in values and values[name] is None:
            raise Invalid({name: ["can't be blank"]})
    total, before = values.pop("grand_total", None), row["package_id"]
    values |= _place(world, row["contract_id"], given, values)
    world.update(world.potential_change_orders, row, reviewed(world, values))
    package = world.change_orders.get(row["package_id"])
    if single and package is not None:
        world.update(world.change_orders, package, {name: values[name] for name in SHARED if name in values})
    if total is not None:
        change_lines.restate_order(world, row, total)
    for number in {before, row["package_id"]} if before != row["package_id"] else ():
        change_lines.total_package(world, number)


def _place(world: World, holder: int, given: Row, values: Row) -> Row:
    """Where the call puts it: into a request, or by the request's package into a package. Raises Invalid."""
    number = values.pop("change_order_request_id", None)
    if number is not None:
        asked = world.change_order_requests.get(number)
        if asked is None or asked["contract_id"] != holder:
            raise Invalid({"change_order_request_id": ["must exist"]})
        return {"request_id": number, "package_id": asked.get("change_order_package_id")}
    inner = given.get("change_order_request")
    package = whole(inner.get("change_order_package_id")) if isinstance(inner, dict) else None
    return {"package_id": package_on(world, holder, package)} if package is not None else {}


def package_on(world: World, holder: int, number: int) -> int:
    """Raises Invalid for a package of another contract, or of none."""
    package = world.change_orders.get(number)
    if package is None or package.get("deleted_at") is not None or package["contract_id"] != holder:
        raise Invalid({"change_order_package_id": ["must exist"]})
    return number


def _order(request: Request, name: str = "id") -> Row:
    row = request.world.potential_change_orders.get(request.id(name))
    return within(row, "project_id", request.project()["id"])


# lines


def list_lines(request: Request) -> Answer:
    world = request.world
    rows = change_lines.lines_of(world, _order(request, "order_id"))
    return paged(request, chosen(request, rows, _LINE_FILTERS), partial(change_lines.wire, world))


def show_line(request: Request) -> Answer:
    return json_answer(change_lines.wire(request.world, _line(request)))


def create_line(request: Request) -> Answer:
    line = change_lines.write_new(request.world, _order(request, "order_id"), request.wrapped("line_item"))
    return json_answer(change_lines.wire(request.world, line), 201)


def update_line(request: Request) -> Answer:
    line = _line(request)
    change_lines.write(request.world, line, request.wrapped("line_item"))
    return json_answer(change_lines.wire(request.world, line))


def delete_line(request: Request) -> Answer:
    change_lines.remove(request.world, _line(request))
    return json_answer({})


def sync_lines(request: Request) -> Answer:
    world, order = request.world, _order(request, "order_id")
    upsert = Upsert(
        world,
        world.change_order_lines,
        create=lambda given: change_lines.write_new(world, order, given),
        update=lambda line, given: change_lines.write(world, line, given),
        shape=partial(change_lines.wire, world),
        inside=lambda line: bool(line["potential_change_order_id"] == order["id"]),
    )
    return upsert.run(request.updates())


def _line(request: Request) -> Row:
    order = _order(request, "order_id")
    return within(request.world.change_order_lines.get(request.id()), "potential_change_order_id", order["id"])


_PATH = "/rest/v1.0/potential_change_orders"
_LINES = f"{_PATH}/{{order_id:int}}/line_items"
ROUTES: RouteTable = [
    ("GET", _PATH, list_orders),
    ("POST", _PATH, create),
    ("PATCH", f"{_PATH}/sync", sync),
    ("GET", f"{_PATH}/{{id:int}}", show),
    ("PATCH", f"{_PATH}/{{id:int}}", update),
    ("GET", _LINES, list_lines),
    ("POST", _LINES, create_line),
    ("PATCH", f"{_LINES}/sync", sync_lines),
    ("GET", f"{_LINES}/{{id:int}}", show_line),
    ("PATCH", f"{_LINES}/{{id:int}}", update_line),
    ("DELETE", f"{_LINES}/{{id:int}}", delete_line),
]
