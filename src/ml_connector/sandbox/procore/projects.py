"""Companies, the service account itself, and projects (vendors/procore.md §4.1)."""

from __future__ import annotations

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import refusals, wording
from ml_connector.sandbox.procore.fields import ORIGIN_CODE, Fields, Row, fields, taken
from ml_connector.sandbox.procore.lists import PROJECTS, chosen, filters, ordered, paged
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.world import World

SERVICE_ACCOUNT = {"id": 598_134_325_510_077, "login": "dmsa-connector@procore.example", "name": "Connector (DMSA)"}
PERSON = {"id": 598_134_325_510_001, "login": "controller@contractor.example", "name": "Dana Controller"}

_TEXTS = (
    "name project_number accounting_project_number address city state_code country_code zip county time_zone phone "
    "store_number description"
)
_WRITABLE: Fields = {
    **fields(text=_TEXTS, flag="active", date="start_date completion_date", number="total_value estimated_value"),
    **ORIGIN_CODE,
}
_UNUSED = (
    "actual_start_date flag inbound_email latitude longitude logo_url office parent_job parent_job_id "
    "photo_id program project_bid_type project_owner_type project_region project_type projected_finish_date "
    "public_notes square_feet warranty_start_date warranty_end_date sector work_scope delivery_method"
)
"""Fields of the live system that nothing here fills."""
_FILTERS = {
    "id": "ids",
    "name": "text",
    "project_number": "text",
    "origin_id": "text",
    "created_at": "time",
    "updated_at": "time",
}


def wire(world: World, row: Row, *, view: str = "normal", shown_alone: bool = False) -> Row:
    if view == "compact":
        return {"id": row["id"], "name": row["name"]}
    shown: Row = dict.fromkeys(_UNUSED.split()) | {name: row.get(name) for name in (*_TEXTS.split(), *ORIGIN_CODE)}
    number = row.get("project_number")
    shown |= {
        "id": row["id"],
        "display_name": f"{number} - {row['name']}" if number else row["name"],
        "active": row["active"],
        "is_demo": False,
        "stage": "Course of Construction",
        "project_stage": {"id": 5, "name": "Course of Construction"},
        "start_date": wording.day(row.get("start_date")),
        "completion_date": wording.day(row.get("completion_date")),
        "total_value": wording.money(row.get("total_value")),
        "estimated_value": wording.money(row.get("estimated_value")),
        "company": {"id": world.company["id"], "name": world.company["name"]},
        "created_at": wording.time(row["created_at"]),
        "updated_at": wording.time(row["updated_at"]),
    }
    if shown_alone:
        standard = next(iter(world.standard_lists), None)
        shown |= {"standard_cost_code_list_id": standard["id"] if standard else None, "is_erp_integrated": False}
    return shown


def list_companies(request: Request) -> Answer:
    company = request.world.company
    rows = [{**company, "is_active": True, "logo_url": None, "my_company": True, "pcn_business_experience": False}]
    return paged(request, rows, dict)


def me(request: Request) -> Answer:
    return json_answer(SERVICE_ACCOUNT)


def list_projects(request: Request) -> Answer:
    """Active ones unless `filters[by_status]` asks for others; those out of sight are not there."""
    request.company()
    wanted = filters(request)
    status = wanted.get("by_status", ["Active"])[-1]
    rows = [row for row in request.world.projects if row["visible"]]
    if status != "All":
        rows = [row for row in rows if row["active"] == (status == "Active")]
    if "synced" in wanted:
        rows = [row for row in rows if bool(row.get("origin_id")) == (wanted["synced"][-1] == "true")]
    if "vendor_id" in wanted:
        vendors = [v for v in request.world.vendors if str(v["id"]) in wanted["vendor_id"]]
        rows = [row for row in rows if any(row["id"] in vendor["project_ids"] for vendor in vendors)]
    rows = ordered(request, chosen(request, rows, _FILTERS), ("id", "name", "created_at", "updated_at"))
    view = request.call.param("view") or request.call.param("serializer_view") or "normal"
    return paged(request, rows, lambda row: wire(request.world, row, view=view), PROJECTS)


def show(request: Request) -> Answer:
    request.company()
    return json_answer(wire(request.world, _visible(request), shown_alone=True))


def create(request: Request) -> Answer:
    request.company()
    row = write_new(request.world, request.wrapped("project"))
    return json_answer(wire(request.world, row, shown_alone=True), 201)


def update(request: Request) -> Answer:
    request.company()
    row = _visible(request)
    write(request.world, row, request.wrapped("project"))
    return json_answer(wire(request.world, row, shown_alone=True))


def sync(request: Request) -> Answer:
    request.company()
    world = request.world
    upsert = Upsert(
        world,
        world.projects,
        create=lambda given: write_new(world, given),
        update=lambda row, given: write(world, row, given),
        shape=lambda row: wire(world, row, shown_alone=True),
        inside=lambda row: bool(row["visible"]),
    )
    return upsert.run(request.updates())


def write_new(world: World, given: Row) -> Row:
    values = taken(given, _WRITABLE)
    if not values.get("name"):
        raise Invalid({"name": ["can't be blank"]})
    blank = {"active": True, "visible": True, "time_zone": "US/Central"}
    return world.create(world.projects, blank | values)


def write(world: World, row: Row, given: Row) -> None:
    values = taken(given, _WRITABLE)
    if "name" in values and not values["name"]:
        raise Invalid({"name": ["can't be blank"]})
    world.update(world.projects, row, values)


def _visible(request: Request) -> Row:
    row = request.world.projects.get(request.id())
    if row is None or not row["visible"]:
        raise refusals.not_found("Project")
    return row


ROUTES: RouteTable = [
    ("GET", "/rest/v1.0/companies", list_companies),
    ("GET", "/rest/v1.0/me", me),
    ("GET", "/rest/v1.0/projects", list_projects),
    ("GET", "/rest/v1.1/projects", list_projects),
    ("POST", "/rest/v1.0/projects", create),
    ("PATCH", "/rest/v1.0/projects/sync", sync),
    ("GET", "/rest/v1.0/projects/{id:int}", show),
    ("PATCH", "/rest/v1.0/projects/{id:int}", update),
]
