"""Change order requests, the middle tier of projects with three (vendors/procore.md §5.1, §9)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import change_lines, wording
from ml_connector.sandbox.procore.change_fields import DATES, FILTERS, STATUSES, by_deletion, reviewed
from ml_connector.sandbox.procore.contracts import contract, contract_in_project
from ml_connector.sandbox.procore.fields import ORIGIN, Fields, Row, fields, taken
from ml_connector.sandbox.procore.lists import chosen, paged
from ml_connector.sandbox.procore.potential_orders import package_on
from ml_connector.sandbox.procore.projects import PERSON
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.world import World, live

_WRITABLE: Fields = {
    **fields(text="title description number", whole="revision schedule_impact_amount change_order_package_id"),
    **dict.fromkeys(DATES, "date"),
    "status": STATUSES,
    **ORIGIN,
}


def orders_of(world: World, row: Row) -> list[Row]:
    """Its potential change orders."""
    found = live(world.potential_change_orders.of("contract_id", row["contract_id"]))
    return [order for order in found if order["request_id"] == row["id"]]


def thin(world: World, row: Row) -> Row:
    shown: Row = {name: row.get(name) for name in ("id", "contract_id", "number", "title", "status")}
    shown |= {name: wording.day(row.get(name)) for name in DATES}
    shown |= {name: wording.time(row.get(name)) for name in ("created_at", "updated_at", "deleted_at")}
    return shown | {
        "created_by_id": PERSON["id"],
        "revision": row.get("revision") or 0,
        "grand_total": wording.sum_text(sum((order["grand_total"] for order in orders_of(world, row)), Decimal(0))),
        "schedule_impact_amount": row.get("schedule_impact_amount"),
        "change_order_package_id": row.get("change_order_package_id"),
        "currency_configuration": world.currencies(),
    }


def wire(world: World, row: Row) -> Row:
    """The Show shape."""
    holder = contract(world, row["contract_id"]) or {}
    package = world.change_orders.get(row.get("change_order_package_id"))
    return thin(world, row) | {
        "description": row.get("description"),
        "executed": bool(row.get("executed")),
        "private": bool(row.get("private")),
        "creator": PERSON,
        "contract": {name: holder.get(name) for name in ("id", "number", "title", "status")},
        "batch": {name: package[name] for name in ("id", "title", "number", "status")} if package else None,
        "attachments": [],
        "origin_id": row.get("origin_id"),
        "origin_data": row.get("origin_data"),
    }


def list_requests(request: Request) -> Answer:
    holder = contract_in_project(request, request.needed("contract_id"))
    rows = by_deletion(request, request.world.change_order_requests.of("contract_id", holder["id"]))
    known = {**FILTERS, "status": "text", "change_order_package_id": "ids", "origin_id": "text"}
    return paged(request, chosen(request, rows, known), partial(thin, request.world))


def show(request: Request) -> Answer:
    return json_answer(wire(request.world, _asked(request)))


def create(request: Request) -> Answer:
    holder = contract_in_project(request, request.needed("contract_id"))
    row = write_new(request.world, holder, request.wrapped("change_order", "change_order_request"))
    return json_answer(wire(request.world, row), 201)


def update(request: Request) -> Answer:
    row = _asked(request)
    write(request.world, row, request.wrapped("change_order", "change_order_request"))
    return json_answer(wire(request.world, row))


def sync(request: Request) -> Answer:
    world, holder = request.world, contract_in_project(request, request.needed("contract_id"))
    upsert = Upsert(
        world,
        world.change_order_requests,
        create=lambda given: write_new(world, holder, given),
        update=lambda row, given: write(world, row, given),
        shape=partial(wire, world),
        inside=lambda row: bool(row["contract_id"] == holder["id"]),
    )
    return upsert.run(request.updates())


def write_new(world: World, holder: Row, given: Row) -> Row:
    """Raises Invalid, also in a project with fewer than three tiers."""
    if change_lines.tiers(world, holder["project_id"]) < 3:
        raise Invalid({"base": ["the project has no change order requests: it has fewer than three tiers"]})
    values = {name: value for name, value in taken(given, _WRITABLE).items() if value is not None}
    if not values.get("title"):
        raise Invalid({"title": ["can't be blank"]})
    _check_package(world, holder["id"], values)
    number = f"{len(world.change_order_requests.of('contract_id', holder['id'])) + 1:03}"
    place = {"project_id": holder["project_id"], "contract_id": holder["id"], "number": number, "status": "draft"}
    return world.create(world.change_order_requests, place | reviewed(world, values))


def write(world: World, row: Row, given: Row) -> None:
    """Into another package its potential change orders go with it. Raises Invalid."""
    values = taken(given, _WRITABLE)
    for name in ("status", "number", "title"):
        if name in values and values[name] is None:
            raise Invalid({name: ["can't be blank"]})
    _check_package(world, row["contract_id"], values)
    before = row.get("change_order_package_id")
    world.update(world.change_order_requests, row, reviewed(world, values))
    after = row.get("change_order_package_id")
    if before != after:
        for order in orders_of(world, row):
            world.update(world.potential_change_orders, order, {"package_id": after})
        change_lines.total_package(world, before)
        change_lines.total_package(world, after)


def _check_package(world: World, holder: int, values: Row) -> None:
    number = values.get("change_order_package_id")
    if number is not None:
        package_on(world, holder, number)


def _asked(request: Request) -> Row:
    return within(request.world.change_order_requests.get(request.id()), "project_id", request.project()["id"])


_PATH = "/rest/v1.0/change_order_requests"
ROUTES: RouteTable = [
    ("GET", _PATH, list_requests),
    ("POST", _PATH, create),
    ("PATCH", f"{_PATH}/sync", sync),
    ("GET", f"{_PATH}/{{id:int}}", show),
    ("PATCH", f"{_PATH}/{{id:int}}", update),
]
