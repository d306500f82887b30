"""Vendors of the company and of its projects (vendors/procore.md §4.2)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import refusals, wording
from ml_connector.sandbox.procore.fields import ORIGIN_CODE, Fields, Row, fields, taken, whole
from ml_connector.sandbox.procore.lists import chosen, filters, ordered, paged
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, found
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.world import World

_TEXTS = (
    "name abbreviated_name trade_name address city zip state_code country_code business_phone mobile_phone fax_number "
    "email_address website notes license_number labor_union"
)
_FLAGS = "is_active authorized_bidder prequalified union_member non_union_prevailing_wage"
WRITABLE: Fields = {
    **fields(
        text=_TEXTS,
        flag=_FLAGS,
        whole="vendor_group_id parent_id primary_contact_id",
        ids="trade_ids standard_cost_code_ids",
        any="bidding business_register_attributes",
    ),
    **ORIGIN_CODE,
}
_BIDDING = (
    "affirmative_action small_business african_american_business hispanic_business womens_business "
    "historically_underutilized_business sdvo_business certified_business_enterprise asian_american_business "
    "native_american_business disadvantaged_business minority_business_enterprise eight_a_business"
)
_FILTERS = {
    "origin_id": "text",
    "id": "ids",
    "parent_id": "ids",
    "created_at": "time",
    "updated_at": "time",
}
_SORTS: dict[str, Callable[[Row], Any]] = {
    "main_office_name": lambda row: row["name"],
    "project_and_bid_counts": lambda row: len(row["project_ids"]),
}
_VIEWS = ("compact", "normal", "erp", "extended", "directory", "summary")


def wire(world: World, row: Row, view: str = "extended") -> Row:
    """A vendor as the view shows it; `company` repeats the name."""
    if view == "compact":
        return {"id": row["id"], "name": row["name"]}
    shown: Row = {name: row.get(name) for name in _TEXTS.split()}
    shown |= {name: bool(row.get(name)) for name in _FLAGS.split()}
    shown |= {name: row.get(name) for name in ORIGIN_CODE}
    register = row.get("business_register")
    shown |= {
        "id": row["id"],
        "company": row["name"],
        "legal_name": row.get("legal_name") or row["name"],
        "business_id": None,
        "business_register": dict(register) if register else None,
        "synced_to_erp": bool(row.get("origin_id")),
        "is_connected": False,
        "contact_count": 0,
        "logo": None,
        "primary_contact": None,
        "vendor_group": None,
        "attachments": [],
        "created_at": wording.time(row["created_at"]),
        "updated_at": wording.time(row["updated_at"]),
    }
    if view == "erp":
        shown |= {"origin_custom_fields": [], "erp_custom_fields": []}
    if view in ("extended", "summary", "directory"):
        shown |= _extension(world, row)
    return shown


def _extension(world: World, row: Row) -> Row:
    parent = world.vendors.get(row.get("parent_id"))
    return {
        "children_count": len(row["children"]),
        "company_vendor": True,
        "parent": {"id": parent["id"], "name": parent["name"]} if parent else None,
        "project_ids": sorted(row["project_ids"]),
        "trades": [{"id": number} for number in row.get("trade_ids") or []],
        "standard_cost_codes": [{"id": number} for number in row.get("standard_cost_code_ids") or []],
        "bidding": dict.fromkeys(_BIDDING.split(), False) | (row.get("bidding") or {}),
        "bidding_distribution": [],
    }


def _view(request: Request) -> str:
    view = request.call.param("view")
    return view if view in _VIEWS else "extended"


def list_vendors(request: Request) -> Answer:
    request.company()
    return _listed(request, [row for row in request.world.vendors if row["is_active"]])


def list_inactive(request: Request) -> Answer:
    request.company()
    return _listed(request, [row for row in request.world.vendors if not row["is_active"]])


def _listed(request: Request, rows: list[Row]) -> Answer:
    search = filters(request).get("search")
    if search:
        rows = [row for row in rows if _says(row, search[-1].lower())]
    trades = {whole(number) for number in filters(request).get("trade_id", [])}
    if trades:
        rows = [row for row in rows if trades & set(row.get("trade_ids") or [])]
    rows = ordered(request, chosen(request, rows, _FILTERS), ("name", "id"), _SORTS)
    return paged(request, rows, lambda row: wire(request.world, row, _view(request)))


def _says(row: Row, words: str) -> bool:
    register = row.get("business_register") or {}
    texts = (row["name"], row.get("trade_name"), row.get("origin_code"), register.get("identifier"))
    return any(words in str(text).lower() for text in texts if text)


def show(request: Request) -> Answer:
    request.company()
    row = found(request.world.vendors.get(request.id()))
    return json_answer(wire(request.world, row, _view(request)))


def create(request: Request) -> Answer:
    request.company()
    row = write_new(request.world, request.wrapped("vendor"))
    return json_answer(wire(request.world, row, _view(request)), 201)


def update(request: Request) -> Answer:
    request.company()
    row = found(request.world.vendors.get(request.id()))
    write(request.world, row, request.wrapped("vendor"))
    return json_answer(wire(request.world, row, _view(request)))


def reactivate(request: Request) -> Answer:
    request.company()
    row = found(request.world.vendors.get(request.id()))
    request.world.update(request.world.vendors, row, {"is_active": True})
    return json_answer(wire(request.world, row))


def sync(request: Request) -> Answer:
    request.company()
    world = request.world
    upsert = Upsert(
        world,
        world.vendors,
        create=lambda given: write_new(world, given),
        update=lambda row, given: write(world, row, given),
        shape=lambda row: wire(world, row),
    )
    return upsert.run(request.updates())


def write_new(world: World, given: Row) -> Row:
    """Raises Invalid."""
    values = taken(given, WRITABLE)
    _check(world, values, None)
    register = _register(world, values.pop("business_register_attributes", None))
    blank: Row = {"is_active": True, "project_ids": set(), "children": set(), "business_register": register}
    row = world.create(world.vendors, blank | values)
    _adopt(world, row, None)
    return row


def write(world: World, row: Row, given: Row) -> None:
    """Raises Invalid."""
    values = taken(given, WRITABLE)
    _check(world, values, row)
    if "business_register_attributes" in values:
        values["business_register"] = _register(world, values.pop("business_register_attributes"))
    parent = row.get("parent_id")
    world.update(world.vendors, row, values)
    _adopt(world, row, parent)


def _adopt(world: World, row: Row, before: int | None) -> None:
    """Keep the children of both parents true."""
    for parent, put in ((before, set.discard), (row.get("parent_id"), set.add)):
        above = world.vendors.get(parent)
        if above is not None:
            put(above["children"], row["id"])


def _check(world: World, values: Row, row: Row | None) -> None:
    if (row is None or "name" in values) and not (values.get("name") or "").strip():
        raise Invalid({"name": ["can't be blank"]})
    parent = values.get("parent_id")
    if parent is not None:
        above = world.vendors.get(parent)
        if above is None:
            raise Invalid({"parent_id": ["must exist"]})
        if above is row or above.get("parent_id") or (row and row["children"]):
            raise Invalid({"parent_id": ["only two levels are possible"]})
    country = values.get("country_code")
    if country and not (len(country) == 2 and country.isalpha() and country.isupper()):
        raise Invalid({"country_code": ["is not included in the list"]})


def _register(world: World, given: Any) -> Row | None:
    if not isinstance(given, dict):
        return None
    if given.get("type") not in ("abn", "ein") or not given.get("identifier"):
        raise Invalid({"business_register": ["is invalid"]})
    blank = {"verified_at": None, "verification_status": None}
    return {"id": world.new_id(), "type": given["type"], "identifier": str(given["identifier"]), **blank}


def register(request: Request) -> Answer:
    """POST makes the business register entry (409 if there is one), PATCH changes it."""
    request.company()
    world = request.world
    row = found(world.vendors.get(request.id()))
    if request.call.method == "POST" and row.get("business_register"):
        raise refusals.Refusal(409, {"message": "Business register already exists"})
    entry = _register(world, request.wrapped("business_register"))
    world.update(world.vendors, row, {"business_register": entry})
    return json_answer(entry, 201 if request.call.method == "POST" else 200)


# the directory of a project


def list_of_project(request: Request) -> Answer:
    project = request.project()
    rows = [row for row in request.world.vendors if project["id"] in row["project_ids"]]
    known = {name: kind for name, kind in _FILTERS.items() if name in ("id", "parent_id")}
    search = filters(request).get("search")
    if search:
        rows = [row for row in rows if _says(row, search[-1].lower())]
    return paged(request, chosen(request, rows, known), lambda row: wire(request.world, row, _view(request)))


def show_of_project(request: Request) -> Answer:
    return json_answer(wire(request.world, _in_project(request), _view(request)))


def create_in_project(request: Request) -> Answer:
    project = request.project()
    row = write_new(request.world, request.wrapped("vendor"))
    put_in_project(request.world, row, project["id"])
    return json_answer(wire(request.world, row), 201)


def put_in_project(world: World, row: Row, project: int) -> None:
    """Into its directory."""
    if project not in row["project_ids"]:
        row["project_ids"].add(project)
        world.happened("project_vendors", {"id": row["id"], "project_id": project}, "create")


def take_from_project(world: World, row: Row, project: int) -> None:
    row["project_ids"].discard(project)
    world.happened("project_vendors", {"id": row["id"], "project_id": project}, "delete")


def update_in_project(request: Request) -> Answer:
    row = _in_project(request)
    write(request.world, row, request.wrapped("vendor"))
    return json_answer(wire(request.world, row))


def add_to_project(request: Request) -> Answer:
    project = request.project()
    row = found(request.world.vendors.get(request.id()))
    put_in_project(request.world, row, project["id"])
    return json_answer(wire(request.world, row), 201)


def remove_from_project(request: Request) -> Answer:
    row = _in_project(request)
    take_from_project(request.world, row, request.project()["id"])
    return Answer(status=204)


def _in_project(request: Request) -> Row:
    project = request.project()
    row = found(request.world.vendors.get(request.id()))
    if project["id"] not in row["project_ids"]:
        raise refusals.not_found("Vendor")
    return row


_COMPANY = "/rest/v1.0/vendors"
ROUTES: RouteTable = [
    ("GET", _COMPANY, list_vendors),
    ("POST", _COMPANY, create),
    ("PATCH", f"{_COMPANY}/sync", sync),
    ("GET", f"{_COMPANY}/{{id:int}}", show),
    ("PATCH", f"{_COMPANY}/{{id:int}}", update),
    ("POST", f"{_COMPANY}/{{id:int}}/business_register", register),
    ("PATCH", f"{_COMPANY}/{{id:int}}/business_register", register),
    ("GET", "/rest/v1.0/companies/{company_id:int}/vendors/inactive", list_inactive),
    ("PATCH", "/rest/v1.0/companies/{company_id:int}/vendors/inactive/{id:int}", reactivate),
]
for _version in ("v1.0", "v1.1"):
    _base = f"/rest/{_version}/projects/{{project_id:int}}/vendors"
    ROUTES += [
        ("GET", _base, list_of_project),
        ("POST", _base, create_in_project),
        ("GET", f"{_base}/{{id:int}}", show_of_project),
        ("PATCH", f"{_base}/{{id:int}}", update_in_project),
        ("POST", f"{_base}/{{id:int}}/actions/add", add_to_project),
        ("DELETE", f"{_base}/{{id:int}}/actions/remove", remove_from_project),
    ]
