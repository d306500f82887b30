"""Change order packages, in the older and the newer calls (vendors/procore.md §5.1)."""

from __future__ import annotations

from functools import partial

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import change_lines, potential_orders, wording
from ml_connector.sandbox.procore.change_fields import DATES, FILTERS, STATUSES, by_deletion, reviewed
from ml_connector.sandbox.procore.contracts import contract, contract_in_project
from ml_connector.sandbox.procore.fields import ORIGIN_CODE, Fields, Row, fields, taken
from ml_connector.sandbox.procore.lists import chosen, filters, ordered, paged
from ml_connector.sandbox.procore.projects import PERSON
from ml_connector.sandbox.procore.refusals import Invalid, bad_request, missing
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import World, live

PRIME = "PrimeContractChangeOrder"
_WRITABLE: Fields = {
    **fields(text="title description number review_notes", number="grand_total", flag="executed private"),
    **fields(whole="revision schedule_impact_amount", date="revised_substantial_completion_date"),
    **dict.fromkeys(DATES, "date"),
    "status": STATUSES,
    **ORIGIN_CODE,
}
_NEWER_ONLY: Fields = {**fields(text="reason reference", flag="paid field_change signature_required")}


def thin(world: World, row: Row) -> Row:
    """As a contract shows it."""
    shown: Row = {name: row.get(name) for name in ("id", "contract_id", "number", "title", "status")}
    shown |= {name: row.get(name) for name in ORIGIN_CODE}
    shown |= {name: wording.day(row.get(name)) for name in DATES}
    times = ("reviewed_at", "created_at", "updated_at", "deleted_at")
    shown |= {name: wording.time(row.get(name)) for name in times}
    return shown | {"currency_configuration": world.currencies(contract(world, row["contract_id"]))}


def wire(world: World, row: Row) -> Row:
    return thin(world, row) | {
        "revision": row.get("revision") or 0,
        "grand_total": wording.sum_text(row["grand_total"]),
        "executed": bool(row.get("executed")),
        "created_by_id": PERSON["id"],
        "designated_reviewer": None,
        "custom_fields": {},
    }


def alone(world: World, row: Row) -> Row:
    """The Show shape, with the lines of its potential change orders."""
    shown = wire(world, row)
    del shown["created_by_id"]  # of lists; here it is the creator
    return shown | {
        "description": row.get("description"),
        "private": bool(row.get("private")),
        "type": row.get("type") or "CommitmentContractChangeOrder",
        "position": None,
        "review_notes": row.get("review_notes"),
        "revised_substantial_completion_date": wording.day(row.get("revised_substantial_completion_date")),
        "schedule_impact_amount": row.get("schedule_impact_amount"),
        "line_items": [change_lines.shown(world, line) for line in change_lines.lines_of_package(world, row)],
        "attachments": [],
        "creator": PERSON,
        "reviewer": None,
    }


def _newer(world: World, row: Row) -> Row:
    shown = wire(world, row)
    for gone in ("created_by_id", "deleted_at", "paid_date", *ORIGIN_CODE):
        del shown[gone]
    flags = ("private", "field_change", "signature_required")
    return shown | {
        "type": "CommitmentChangeOrder",
        "legacy_package_id": row["id"],
        "paid": bool(row.get("paid")) or row.get("paid_date") is not None,
        "created_by": PERSON,
        "revised_substantial_completion_date": wording.day(row.get("revised_substantial_completion_date")),
        **{name: bool(row.get(name)) for name in flags},
        **{name: row.get(name) for name in ("description", "reference", "schedule_impact_amount")},
        **dict.fromkeys(("batch_id", "legacy_request_id", "location_id", "received_from", "reviewed_by")),
        "change_order_change_reason": row.get("reason"),
        "attachments": [],
        "custom_fields": {},
    }


def list_packages(request: Request) -> Answer:
    """Of prime contracts too: `contract_id` tells them apart."""
    rows = by_deletion(request, request.world.change_orders.of("project_id", request.project()["id"]))
    number = request.call.param("contract_id")
    if number:
        rows = [row for row in rows if str(row["contract_id"]) == number]
    return paged(request, chosen(request, rows, FILTERS), partial(wire, request.world))


def list_newer(request: Request) -> Answer:
    """Not paged. Filters by status, contract and vendor."""
    world, project = request.world, _up_to_two_tiers(request)
    rows = [row for row in live(world.change_orders.of("project_id", project["id"])) if row.get("type") != PRIME]
    known = {"id": "ids", "contract_id": "ids", "status": "text", "executed": "flag", "updated_at": "time"}
    rows = chosen(request, rows, known)
    vendors = filters(request).get("vendor_id")
    if vendors:
        rows = [row for row in rows if str((contract(world, row["contract_id"]) or {}).get("vendor_id")) in vendors]
    rows = ordered(request, rows, ("id", "created_at"))
    return json_answer([_newer(world, row) for row in rows])


def show_package(request: Request) -> Answer:
    return json_answer(alone(request.world, _order(request)))


def show_newer(request: Request) -> Answer:
    return json_answer(_newer(request.world, _newer_order(request)))


def create(request: Request) -> Answer:
    holder = contract_in_project(request, request.needed("contract_id"))
    row = write_new(request.world, holder, request.wrapped("change_order", "change_order_package"))
    return json_answer(alone(request.world, row), 201)


def update(request: Request) -> Answer:
    row = _order(request)
    write(request.world, row, request.wrapped("change_order", "change_order_package"))
    return json_answer(alone(request.world, row))


def create_newer(request: Request) -> Answer:
    """The contract stands inside the wrapper here; the total follows from the lines."""
    _up_to_two_tiers(request)
    given = _without_total(request)
    if given.get("contract_id") is None:
        raise missing("contract_id")
    holder = contract_in_project(request, given["contract_id"])
    return json_answer(_newer(request.world, write_new(request.world, holder, given, newer=True)), 201)


def update_newer(request: Request) -> Answer:
    row = _newer_order(request)
    write(request.world, row, _without_total(request), newer=True)
    return json_answer(_newer(request.world, row))


def delete_newer(request: Request) -> Answer:
    remove(request.world, _newer_order(request))
    return Answer(status=204)


def _without_total(request: Request) -> Row:
    given = request.wrapped("change_order", "commitment_change_order")
    return {name: value for name, value in given.items() if name != "grand_total" and name not in ORIGIN_CODE}


def _up_to_two_tiers(request: Request) -> Row:
    project = request.project()
    if change_lines.tiers(request.world, project["id"]) > 2:
        raise bad_request("Commitment change orders need a project with one or two change order tiers")
    return project


def write_new(world: World, holder: Row, given: Row, *, newer: bool = False) -> Row:
    """With one tier its potential change order, which takes the lines, is made along. Raises Invalid."""
    values = {name: value for name, value in _taken(given, newer=newer).items() if value is not None}
    if not values.get("title"):
        raise Invalid({"title": ["can't be blank"]})
    number = f"{len(world.change_orders.of('contract_id', holder['id'])) + 1:03}"
    place = {"project_id": holder["project_id"], "contract_id": holder["id"]}
    blank = {"number": number, "status": "draft", "grand_total": wording.ZERO, "revision": 0, "executed": False}
    row = world.create(world.change_orders, {**place, **blank, **reviewed(world, values)})
    if change_lines.tiers(world, holder["project_id"]) == 1:
        alike = {name: row[name] for name in (*potential_orders.SHARED, "grand_total") if name in row}
        own = {**place, **potential_orders.BLANK, **alike, "package_id": row["id"]}
        world.create(world.potential_change_orders, own)
    return row


def write(world: World, row: Row, given: Row, *, newer: bool = False) -> None:
    """Raises Invalid."""
    values = _taken(given, newer=newer)
    for name in ("status", "grand_total", "number", "title"):
        if name in values and values[name] is None:
            raise Invalid({name: ["can't be blank"]})
    total = values.pop("grand_total", None)
    if total is not None:
        change_lines.restate(world, row, total)
    values = reviewed(world, values)
    world.update(world.change_orders, row, values)
    alike = {name: values[name] for name in potential_orders.SHARED if name in values}
    if alike and change_lines.tiers(world, row["project_id"]) == 1:
        for order in change_lines.of_package(world, row):
            world.update(world.potential_change_orders, order, alike)


def remove(world: World, row: Row) -> None:
    """With one tier its potential change order goes with it, with more tiers they are free again."""
    single = change_lines.tiers(world, row["project_id"]) == 1
    for order in change_lines.of_package(world, row):
        if single:
            world.mark_deleted(world.potential_change_orders, order)
        else:
            world.update(world.potential_change_orders, order, {"package_id": None})
    world.mark_deleted(world.change_orders, row)


def write_line(world: World, row: Row, given: Row) -> Row:
    """A new line, on the last of its potential change orders. Raises Invalid."""
    orders = change_lines.of_package(world, row)
    if not orders:
        raise Invalid({"base": ["has no potential change order that could take lines"]})
    return change_lines.write_new(world, orders[-1], given)


def _taken(given: Row, *, newer: bool) -> Row:
    if not newer:
        return taken(given, _WRITABLE)
    return taken(given, {**_WRITABLE, **_NEWER_ONLY, "status": (*STATUSES, "pending_billable")})


def _order(request: Request) -> Row:
    return within(request.world.change_orders.get(request.id()), "project_id", request.project()["id"])


def _newer_order(request: Request) -> Row:
    _up_to_two_tiers(request)
    row = _order(request)
    return within(row if row.get("type") != PRIME else None, "id", row["id"])


_NEWER = "/rest/v1.0/projects/{project_id:int}/commitment_change_orders"
ROUTES: RouteTable = [
    ("GET", "/rest/v1.0/change_order_packages", list_packages),
    ("POST", "/rest/v1.0/change_order_packages", create),
    ("GET", "/rest/v1.0/change_order_packages/{id:int}", show_package),
    ("PATCH", "/rest/v1.0/change_order_packages/{id:int}", update),
    ("GET", _NEWER, list_newer),
    ("POST", _NEWER, create_newer),
    ("GET", f"{_NEWER}/{{id:int}}", show_newer),
    ("PATCH", f"{_NEWER}/{{id:int}}", update_newer),
    ("DELETE", f"{_NEWER}/{{id:int}}", delete_newer),
]
