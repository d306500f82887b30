"""Change orders on commitments, in the older and the newer listing (vendors/procore.md §5.1)."""

from __future__ import annotations

from functools import partial

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import wording
from ml_connector.sandbox.procore.contracts import contract, contract_in_project
from ml_connector.sandbox.procore.fields import ORIGIN_CODE, Fields, Row, fields, taken
from ml_connector.sandbox.procore.lists import chosen, filters, ordered, paged
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import World, live

STATUSES = (
    "draft",
    "not_pricing",
    "pricing",
    "pending",
    "revised",
    "proceeding",
    "not_proceeding",
    "no_charge",
    "approved",
    "rejected",
    "void",
)
_DATES = ("due_date", "invoiced_date", "paid_date", "signed_change_order_received_date")
_WRITABLE: Fields = {
    **fields(text="title description number", number="grand_total", whole="revision", flag="executed private"),
    **dict.fromkeys(_DATES, "date"),
    "status": STATUSES,
    **ORIGIN_CODE,
}
_FILTERS = {
    "id": "ids",
    "created_at": "time",
    "updated_at": "time",
    "reviewed_at": "time",
    **dict.fromkeys(_DATES, "date"),
}


def thin(world: World, row: Row) -> Row:
    """As a contract shows it."""
    shown: Row = {name: row.get(name) for name in ("id", "contract_id", "number", "title", "status")}
    shown |= {name: row.get(name) for name in ORIGIN_CODE}
    shown |= {name: wording.day(row.get(name)) for name in _DATES}
    times = ("reviewed_at", "created_at", "updated_at", "deleted_at")
    shown |= {name: wording.time(row.get(name)) for name in times}
    return shown | {"currency_configuration": _currency(world)}


def wire(world: World, row: Row) -> Row:
    return thin(world, row) | {
        "revision": row.get("revision") or 0,
        "grand_total": wording.sum_text(row["grand_total"]),
        "executed": bool(row.get("executed")),
        "created_by_id": None,
        "designated_reviewer": None,
    }


def _alone(world: World, row: Row) -> Row:
    return wire(world, row) | {
        "description": row.get("description"),
        "private": bool(row.get("private")),
        "type": "CommitmentContractChangeOrder",
        "position": None,
        "review_notes": None,
        "revised_substantial_completion_date": None,
        "schedule_impact_amount": None,
        "line_items": [],
        "attachments": [],
        "creator": None,
        "reviewer": None,
    }


def _newer(world: World, row: Row) -> Row:
    shown = wire(world, row)
    for gone in ("created_by_id", "deleted_at", *ORIGIN_CODE):
        shown.pop(gone, None)
    more = {"type": "CommitmentChangeOrder", "description": row.get("description"), "batch_id": None}
    return shown | more | {"legacy_package_id": row["id"], "paid": row.get("paid_date") is not None}


def _currency(world: World) -> Row:
    return {"currency_iso_code": world.currency, "base_currency_iso_code": world.currency}


def list_packages(request: Request) -> Answer:
    rows = request.world.change_orders.of("project_id", request.project()["id"])
    wanted = filters(request).get("include_deleted", [""])[-1]
    if wanted == "only":
        rows = [row for row in rows if row.get("deleted_at") is not None]
    elif wanted != "with":
        rows = live(rows)
    number = request.call.param("contract_id")
    if number:
        rows = [row for row in rows if str(row["contract_id"]) == number]
    return paged(request, chosen(request, rows, _FILTERS), partial(wire, request.world))


def list_newer(request: Request) -> Answer:
    """Not paged. Filters by status, contract and vendor."""
    world = request.world
    rows = live(world.change_orders.of("project_id", request.project()["id"]))
    known = {"id": "ids", "contract_id": "ids", "status": "text", "executed": "flag", "updated_at": "time"}
    rows = chosen(request, rows, known)
    vendors = filters(request).get("vendor_id")
    if vendors:
        rows = [row for row in rows if str((contract(world, row["contract_id"]) or {}).get("vendor_id")) in vendors]
    rows = ordered(request, rows, ("id", "created_at"))
    return json_answer([_newer(world, row) for row in rows])


def show_package(request: Request) -> Answer:
    return json_answer(_alone(request.world, _order(request)))


def show_newer(request: Request) -> Answer:
    return json_answer(_newer(request.world, _order(request)))


def create(request: Request) -> Answer:
    holder = contract_in_project(request, request.needed("contract_id"))
    row = write_new(request.world, holder, request.wrapped("change_order", "change_order_package"))
    return json_answer(_alone(request.world, row), 201)


def update(request: Request) -> Answer:
    row = _order(request)
    write(request.world, row, request.wrapped("change_order", "change_order_package"))
    return json_answer(_alone(request.world, row))


def write_new(world: World, holder: Row, given: Row) -> Row:
    """Raises Invalid."""
    values = taken(given, _WRITABLE)
    if not values.get("title"):
        raise Invalid({"title": ["can't be blank"]})
    number = f"{len(world.change_orders.of('contract_id', holder['id'])) + 1:03}"
    place = {"project_id": holder["project_id"], "contract_id": holder["id"]}
    blank = {"number": number, "status": "draft", "grand_total": wording.ZERO, "revision": 0, "executed": False}
    given_values = {name: value for name, value in values.items() if value is not None}
    return world.create(world.change_orders, {**place, **blank, **_reviewed(world, given_values)})


def write(world: World, row: Row, given: Row) -> None:
    """Raises Invalid."""
    values = taken(given, _WRITABLE)
    for name in ("status", "grand_total", "number", "title"):
        if name in values and values[name] is None:
            raise Invalid({name: ["can't be blank"]})
    world.update(world.change_orders, row, _reviewed(world, values))


def _reviewed(world: World, values: Row) -> Row:
    decided = values.get("status") in ("approved", "rejected")
    return values | ({"reviewed_at": world.now()} if decided else {})


def _order(request: Request) -> Row:
    return within(request.world.change_orders.get(request.id()), "project_id", request.project()["id"])


_NEWER = "/rest/v1.0/projects/{project_id:int}/commitment_change_orders"
ROUTES: RouteTable = [
    ("GET", "/rest/v1.0/change_order_packages", list_packages),
    ("POST", "/rest/v1.0/change_order_packages", create),
    ("GET", "/rest/v1.0/change_order_packages/{id:int}", show_package),
    ("PATCH", "/rest/v1.0/change_order_packages/{id:int}", update),
    ("GET", _NEWER, list_newer),
    ("GET", f"{_NEWER}/{{id:int}}", show_newer),
]
