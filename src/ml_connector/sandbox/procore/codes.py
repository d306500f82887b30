"""Cost codes, cost types, sub jobs, tax codes and the company's standard codes (vendors/procore.md §4.3)."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import refusals, wording
from ml_connector.sandbox.procore.fields import ORIGIN, Fields, Row, fields, taken
from ml_connector.sandbox.procore.lists import SHORT, chosen, paged
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, found, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.tables import Table
from ml_connector.sandbox.procore.world import World

BASE_TYPES = ("equipment", "materials", "commitment", "owner_cost", "professional_services", "other")
_COST_CODE: Fields = {
    **fields(text="code name", whole="parent_id position standard_cost_code_id sub_job_id"),
    **ORIGIN,
}
_COST_TYPE: Fields = {**fields(text="code name"), "base_type": BASE_TYPES, **ORIGIN}
_TAX_CODE: Fields = {**fields(text="code description", number="rate1", flag="archived"), **ORIGIN}
_SUB_JOB: Fields = {**fields(text="code name"), **ORIGIN}


def full_code(table: Table, row: Row) -> str:
    """The code with those of its parents: `03-200`."""
    parent = table.get(row.get("parent_id"))
    return f"{full_code(table, parent)}-{row['code']}" if parent else str(row["code"])


def origins(row: Row) -> Row:
    return {name: row.get(name) for name in ORIGIN}


def cost_type_wire(row: Row) -> Row:
    return {name: row.get(name) for name in ("id", "name", "code", "base_type")} | origins(row)


def cost_code_wire(world: World, row: Row, *, compact: bool = False) -> Row:
    code = full_code(world.cost_codes, row)
    standard = row.get("standard_cost_code_id")
    thin: Row = {"id": row["id"], "name": row["name"], "full_code": code, "standard_cost_code_id": standard}
    if compact:
        return thin | origins(row)
    sub_job = world.sub_jobs.get(row.get("sub_job_id"))
    biller = sub_job or world.projects.get(row["project_id"]) or row
    used = [wbs for wbs in world.wbs_codes.of("project_id", row["project_id"]) if wbs["cost_code_id"] == row["id"]]
    types = [cost_type for wbs in used if (cost_type := world.cost_types.get(wbs["line_item_type_id"]))]
    return thin | {
        **origins(row),
        "code": row["code"],
        "sortable_code": code,
        "parent": {"id": row.get("parent_id")},
        "budgeted": any(world.budget_lines.of("wbs_code_id", wbs["id"]) for wbs in used),
        "biller": biller["name"],
        "biller_id": biller["id"],
        "biller_type": "SubJob" if sub_job else "Project",
        "biller_origin_id": biller.get("origin_id"),
        "position": row.get("position"),
        "line_item_types": [cost_type_wire(cost_type) for cost_type in types],
        "deleted_at": None,
        "created_at": wording.time(row["created_at"]),
        "updated_at": wording.time(row["updated_at"]),
    }


def list_cost_codes(request: Request) -> Answer:
    """No filter by time: read all and compare (§10)."""
    project = request.project()
    compact = request.call.param("view") == "erp_compact"
    rows = request.world.cost_codes.of("project_id", project["id"])
    sub_job = request.call.param("sub_job_id")
    if sub_job:
        rows = [row for row in rows if str(row.get("sub_job_id")) == sub_job]
    rows = chosen(request, rows, {"id": "ids", "origin_id": "text"})
    return paged(request, rows, lambda row: cost_code_wire(request.world, row, compact=compact))


def show_cost_code(request: Request) -> Answer:
    return json_answer(cost_code_wire(request.world, _cost_code(request)))


def create_cost_code(request: Request) -> Answer:
    project, given = request.project(), request.wrapped("cost_code")
    if request.body.get("sub_job_id") is not None:
        given = {**given, "sub_job_id": request.body["sub_job_id"]}
    row = new_cost_code(request.world, project, given)
    return json_answer(cost_code_wire(request.world, row), 201)


def update_cost_code(request: Request) -> Answer:
    row = _cost_code(request)
    write_cost_code(request.world, row, request.wrapped("cost_code"))
    return json_answer(cost_code_wire(request.world, row))


def sync_cost_codes(request: Request) -> Answer:
    project, world = request.project(), request.world
    upsert = Upsert(
        world,
        world.cost_codes,
        create=lambda given: new_cost_code(world, project, given),
        update=lambda row, given: write_cost_code(world, row, given),
        shape=lambda row: cost_code_wire(world, row),
        inside=lambda row: bool(row["project_id"] == project["id"]),
    )
    return upsert.run(request.updates())


def _cost_code(request: Request) -> Row:
    return within(request.world.cost_codes.get(request.id()), "project_id", request.project()["id"])


def new_cost_code(world: World, project: Row, given: Row) -> Row:
    values = _filled(taken(given, _COST_CODE), "code", "name")
    sub_job = world.sub_jobs.get(values.get("sub_job_id"))
    if values.get("sub_job_id") is not None and (sub_job is None or sub_job["project_id"] != project["id"]):
        raise Invalid({"sub_job_id": ["must exist"]})
    siblings = world.cost_codes.of("project_id", project["id"])
    _check_parent(world.cost_codes, values, siblings, None)
    same = (row for row in siblings if (row["code"], row.get("parent_id")) == (values["code"], values.get("parent_id")))
    if any(row.get("sub_job_id") == values.get("sub_job_id") for row in same):
        raise Invalid({"code": ["has already been taken"]})
    return world.create(world.cost_codes, {"project_id": project["id"], **values})


def write_cost_code(world: World, row: Row, given: Row) -> None:
    values = taken(given, _COST_CODE)
    _not_emptied(values, "code", "name")
    _check_parent(world.cost_codes, values, world.cost_codes.of("project_id", row["project_id"]), row)
    world.update(world.cost_codes, row, values)


def _check_parent(table: Table, values: Row, siblings: list[Row], row: Row | None) -> None:
    """The parent must be one of the list, and not the row itself or below it."""
    parent = table.get(values.get("parent_id"))
    if values.get("parent_id") is not None and parent not in siblings:
        raise Invalid({"parent_id": ["must exist"]})
    while parent is not None:
        if parent is row:
            raise Invalid({"parent_id": ["can't be below itself"]})
        parent = table.get(parent.get("parent_id"))


def _check_standard(world: World, values: Row, row: Row | None) -> None:
    table = world.standard_cost_codes
    siblings = table.of("list_id", (row or values)["list_id"])
    _check_parent(table, values, siblings, row)


def _filled(values: Row, *names: str) -> Row:
    blank = {name: ["can't be blank"] for name in names if not values.get(name)}
    if blank:
        raise Invalid(blank)
    return values


def _not_emptied(values: Row, *names: str) -> None:
    _filled({name: values.get(name, "as it is") for name in names}, *names)


# company lists of one simple form: cost types, tax codes, standard codes, sub jobs


class Simple:
    """A flat list with create, update and sync."""

    def __init__(
        self,
        table: Callable[[World], Table],
        wrapper: str,
        writable: Fields,
        needed: tuple[str, ...],
        wire: Callable[[World, Row], Row],
        owner: Callable[[Request], Row],
        check: Callable[[World, Row, Row | None], None] = lambda world, values, row: None,
    ) -> None:
        """`owner` checks whose list it is, and gives what a new row inherits from it. `check` raises Invalid."""
        self._check = check
        self.table = table
        self._wrapper = wrapper
        self._writable = writable
        self._needed = needed
        self.wire = wire
        self._owner = owner

    def routes(self, path: str) -> RouteTable:
        return [
            ("GET", path, self.list),
            ("POST", path, self.create),
            ("PATCH", f"{path}/sync", self.sync),
            ("GET", f"{path}/{{id:int}}", self.show),
            ("PATCH", f"{path}/{{id:int}}", self.update),
        ]

    def list(self, request: Request) -> Answer:
        rows = [row for row in self.table(request.world) if self._inside(request, row)]
        rows = chosen(request, rows, {"origin_id": "text"})
        page = {"page": SHORT} if self._wrapper == "tax_code" else {}
        return paged(request, rows, lambda row: self.wire(request.world, row), **page)

    def show(self, request: Request) -> Answer:
        return json_answer(self.wire(request.world, self._row(request)))

    def create(self, request: Request) -> Answer:
        row = self.new(request.world, self._owner(request), request.wrapped(self._wrapper))
        return json_answer(self.wire(request.world, row), 201)

    def update(self, request: Request) -> Answer:
        row = self._row(request)
        self.write(request.world, row, request.wrapped(self._wrapper))
        return json_answer(self.wire(request.world, row))

    def sync(self, request: Request) -> Answer:
        owner = self._owner(request)
        upsert = Upsert(
            request.world,
            self.table(request.world),
            create=lambda given: self.new(request.world, owner, given),
            update=lambda row, given: self.write(request.world, row, given),
            shape=lambda row: self.wire(request.world, row),
            inside=lambda row: self._inside(request, row),
        )
        return upsert.run(request.updates())

    def _inside(self, request: Request, row: Row) -> bool:
        return all(row[name] == value for name, value in self._owner(request).items())

    def _row(self, request: Request) -> Row:
        row = found(self.table(request.world).get(request.id()))
        if not self._inside(request, row):
            raise refusals.not_found()
        return row

    def new(self, world: World, owner: Row, given: Row) -> Row:
        """`owner` is what the list's owner gives a row. Raises Invalid."""
        values = owner | _filled(taken(given, self._writable), *self._needed)
        self._check(world, values, None)
        return world.create(self.table(world), values)

    def write(self, world: World, row: Row, given: Row) -> None:
        """Raises Invalid."""
        values = taken(given, self._writable)
        _not_emptied(values, *self._needed)
        self._check(world, values, row)
        world.update(self.table(world), row, values)


def _of_company(request: Request) -> Row:
    request.company()
    return {}


def _of_company_or_project(request: Request) -> Row:
    if request.given("company_id") is None and request.given("project_id") is not None:
        request.project()
    else:
        request.company()
    return {}


def _of_project(request: Request) -> Row:
    return {"project_id": request.project()["id"]}


def _of_standard_list(request: Request) -> Row:
    request.company()
    standard = found(request.world.standard_lists.get(request.needed("standard_cost_code_list_id")))
    return {"list_id": standard["id"]}


def tax_wire(world: World, row: Row) -> Row:
    shown: Row = {name: row.get(name) for name in ("id", "code", "description", "rate1")}
    return shown | {"archived": bool(row.get("archived")), "default_tax_code": False} | origins(row)


def sub_job_wire(world: World, row: Row) -> Row:
    times = {name: wording.time(row[name]) for name in ("created_at", "updated_at")}
    return {name: row.get(name) for name in ("id", "code", "name")} | origins(row) | times


def standard_wire(world: World, row: Row) -> Row:
    shown: Row = {name: row.get(name) for name in ("id", "code", "name", "parent_id", "position")}
    shown["full_code"] = full_code(world.standard_cost_codes, row)
    shown["standard_cost_code_list_id"] = row["list_id"]
    return shown | origins(row) | {name: wording.time(row[name]) for name in ("created_at", "updated_at")}


def list_standard_lists(request: Request) -> Answer:
    request.company()
    return paged(request, list(request.world.standard_lists), _standard_list_wire)


def _standard_list_wire(row: Row) -> Row:
    return {"id": row["id"], "name": row["name"], "is_erp_list": False, "available_to_use_on_new_projects": True}


COST_TYPES = Simple(
    lambda world: world.cost_types,
    "line_item_type",
    _COST_TYPE,
    ("code", "name"),
    lambda world, row: cost_type_wire(row),
    _of_company_or_project,
)
TAX_CODES = Simple(lambda world: world.tax_codes, "tax_code", _TAX_CODE, ("code",), tax_wire, _of_company)
SUB_JOBS = Simple(lambda world: world.sub_jobs, "sub_job", _SUB_JOB, ("code", "name"), sub_job_wire, _of_project)
STANDARD = Simple(
    lambda world: world.standard_cost_codes,
    "standard_cost_code",
    _COST_CODE,
    ("code", "name"),
    standard_wire,
    _of_standard_list,
    _check_standard,
)

ROUTES: RouteTable = [
    ("GET", "/rest/v1.0/cost_codes", list_cost_codes),
    ("POST", "/rest/v1.0/cost_codes", create_cost_code),
    ("PATCH", "/rest/v1.0/cost_codes/sync", sync_cost_codes),
    ("GET", "/rest/v1.0/cost_codes/{id:int}", show_cost_code),
    ("PATCH", "/rest/v1.0/cost_codes/{id:int}", update_cost_code),
    *COST_TYPES.routes("/rest/v1.0/line_item_types"),
    *TAX_CODES.routes("/rest/v1.0/tax_codes"),
    *SUB_JOBS.routes("/rest/v1.0/sub_jobs"),
    *STANDARD.routes("/rest/v1.0/standard_cost_codes"),
    ("GET", "/rest/v1.0/standard_cost_code_lists", list_standard_lists),
]
