"""WBS codes and the budget of a project (vendors/procore.md §4.3). Budget amounts are JSON numbers."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import refusals, wording
from ml_connector.sandbox.procore.codes import full_code
from ml_connector.sandbox.procore.fields import Fields, Row, cents, fields, taken, whole
from ml_connector.sandbox.procore.lists import chosen, filters, paged
from ml_connector.sandbox.procore.refusals import Invalid, Refusal
from ml_connector.sandbox.procore.request import Request, found, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import World

COST_CODE_SEGMENT, COST_TYPE_SEGMENT, PATTERN = 11, 12, 10
_LINE: Fields = {
    **fields(whole="wbs_code_id", number="original_budget_amount quantity unit_cost", text="uom"),
    "calculation_strategy": ("automatic", "manual"),
}


def wbs_of(world: World, project: int, given: Row) -> int | None:
    """The WBS code that a line names: `wbs_code_id`, else the legacy pair, which makes one where there is none.

    None when the line names nothing. Raises Invalid.
    """
    number = given.get("wbs_code_id")
    if number is not None:
        wbs = world.wbs_codes.get(number)
        if wbs is None or wbs["project_id"] != project:
            raise Invalid({"wbs_code_id": ["must exist"]})
        return int(wbs["id"])
    if given.get("cost_code_id") is None:
        return None
    return int(_wbs_of_pair(world, project, given["cost_code_id"], given.get("line_item_type_id"))["id"])


def _wbs_of_pair(world: World, project: int, cost_code: int, cost_type: int | None) -> Row:
    code = world.cost_codes.get(cost_code)
    if code is None or code["project_id"] != project:
        raise Invalid({"cost_code_id": ["must exist"]})
    if cost_type is None or world.cost_types.get(cost_type) is None:
        raise Invalid({"line_item_type_id": ["must exist"]})
    for wbs in world.wbs_codes.of("project_id", project):
        if (wbs["cost_code_id"], wbs["line_item_type_id"]) == (cost_code, cost_type):
            return wbs
    values = {"project_id": project, "cost_code_id": cost_code, "line_item_type_id": cost_type}
    return world.create(world.wbs_codes, {**values, "status": "active", "description": None})


def ensure_budget_line(world: World, wbs: int | None) -> None:
    """A cost on an unbudgeted code makes a budget line of zero."""
    code = world.wbs_codes.get(wbs)
    if code is not None and not world.budget_lines.of("wbs_code_id", code["id"]):
        world.create(world.budget_lines, _blank_line(code))


def _blank_line(wbs: Row) -> Row:
    zero = {"original_budget_amount": Decimal("0.0"), "quantity": None, "unit_cost": None, "uom": None}
    place = {"project_id": wbs["project_id"], "wbs_code_id": wbs["id"]}
    return {**place, **zero, "calculation_strategy": "manual"}


def segments(world: World, wbs: Row) -> tuple[Row, Row]:
    code, cost_type = world.cost_codes.get(wbs["cost_code_id"]), world.cost_types.get(wbs["line_item_type_id"])
    return found(code), found(cost_type)


def flat_code(world: World, wbs: Row) -> str:
    code, cost_type = segments(world, wbs)
    return f"{full_code(world.cost_codes, code)}.{cost_type['code']}"


def wbs_thin(world: World, number: int | None) -> Row | None:
    """How lines show their WBS code."""
    wbs = world.wbs_codes.get(number)
    if wbs is None:
        return None
    return {"id": wbs["id"], "flat_code": flat_code(world, wbs), "description": _words(world, wbs)}


def _words(world: World, wbs: Row) -> str:
    code, cost_type = segments(world, wbs)
    return wbs.get("description") or f"{code['name']}.{cost_type['name']}"


def wbs_wire(world: World, wbs: Row) -> Row:
    code, cost_type = segments(world, wbs)
    above = world.cost_codes.get(code.get("parent_id"))
    code_path = full_code(world.cost_codes, code)
    segment_items = [
        _segment_item(code, COST_CODE_SEGMENT, "Cost Code", "cost_code", code_path, above),
        _segment_item(cost_type, COST_TYPE_SEGMENT, "Cost Type", "line_item_type", cost_type["code"], None),
    ]
    return {
        "id": wbs["id"],
        "flat_code": flat_code(world, wbs),
        "flat_name": f"{code['name']}.{cost_type['name']}",
        "description": _words(world, wbs),
        "status": wbs["status"],
        "segment_items": segment_items,
        "wbs_pattern_id": PATTERN,
        "created_at": wording.time(wbs["created_at"]),
        "updated_at": wording.time(wbs["updated_at"]),
    }


def _segment_item(item: Row, segment: int, name: str, kind: str, path: str, above: Row | None) -> Row:
    tiered = "tiered" if kind == "cost_code" else "flat"
    return {
        "id": item["id"],
        "code": item["code"],
        "name": item["name"],
        "path_code": path,
        "parent_id": above["id"] if above else None,
        "path_ids": [above["id"], item["id"]] if above else [item["id"]],
        "path_codes": [above["code"], item["code"]] if above else [item["code"]],
        "path_names": [above["name"], item["name"]] if above else [item["name"]],
        "is_parent": False,
        "in_use": True,
        "created_at": wording.time(item["created_at"]),
        "updated_at": wording.time(item["updated_at"]),
        "status": "active",
        "segment": {"id": segment, "name": name, "type": kind, "structure": tiered, "wbs_pattern_id": PATTERN},
    }


def list_wbs(request: Request) -> Answer:
    rows = request.world.wbs_codes.of("project_id", request.project()["id"])
    wanted = filters(request).get("status")
    if wanted:
        rows = [row for row in rows if row["status"] in wanted]
    words = (request.call.param("query") or "").lower()
    if words:
        rows = [row for row in rows if words in str(wbs_thin(request.world, row["id"])).lower()]
    rows = chosen(request, rows, {"updated_at": "time", "id": "ids"})
    return paged(request, rows, lambda row: wbs_wire(request.world, row))


def create_wbs(request: Request) -> Answer:
    row = _new_wbs(request.world, request.project(), request.body)
    return json_answer(wbs_wire(request.world, row), 201)


def bulk_create_wbs(request: Request) -> Answer:
    project = request.project()
    entities, errors = [], []
    for given in request.updates("bulk"):
        try:
            entities.append(wbs_wire(request.world, _new_wbs(request.world, project, given)))
        except Invalid as refusal:
            attributes = given if isinstance(given, dict) else {"value": given}
            errors.append({**attributes, "errors": refusal.errors})
    return json_answer({"entities": entities, "errors": errors}, 201)


def update_wbs(request: Request) -> Answer:
    row = within(request.world.wbs_codes.get(request.id()), "project_id", request.project()["id"])
    request.world.update(request.world.wbs_codes, row, wbs_values(request.body))
    return json_answer(wbs_wire(request.world, row))


def wbs_values(given: Row) -> Row:
    """What can be changed of a WBS code. Raises Invalid."""
    return taken(given, {"description": "text", "status": ("active", "inactive")})


def _new_wbs(world: World, project: Row, given: Any) -> Row:
    items = given.get("segment_items") if isinstance(given, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise Invalid({"segment_items": ["can't be blank"]})
    ids = {whole(item.get("segment_id")): whole(item.get("segment_item_id")) for item in items}
    code, cost_type = ids.get(COST_CODE_SEGMENT), ids.get(COST_TYPE_SEGMENT)
    if code is None:
        raise Invalid({"segment_items": ["a cost code segment is required"]})
    before = len(world.wbs_codes)
    row = _wbs_of_pair(world, project["id"], code, cost_type)
    if len(world.wbs_codes) == before:
        raise Invalid({"segment_items": ["has already been taken"]})
    if given.get("description"):
        row["description"] = str(given["description"])
    return row


# budget lines


def line_wire(world: World, row: Row) -> Row:
    return {
        "id": row["id"],
        "original_budget_amount": row["original_budget_amount"],
        "quantity": row["quantity"],
        "unit_cost": row["unit_cost"],
        "uom": row["uom"],
        "calculation_strategy": row["calculation_strategy"],
        "wbs_code": wbs_thin(world, row["wbs_code_id"]),
        "currency_configuration": world.currency_configuration(),
    }


def create_line(request: Request) -> Answer:
    row = new_line(request.world, request.project(), request.wrapped("budget_line_item"))
    return json_answer(line_wire(request.world, row), 201)


def show_line(request: Request) -> Answer:
    return json_answer(line_wire(request.world, _line(request)))


def update_line(request: Request) -> Answer:
    row = _line(request)
    write_line(request.world, row, request.wrapped("budget_line_item"))
    return json_answer(line_wire(request.world, row))


def sync_lines(request: Request) -> Answer:
    """A bare array; all or nothing with 422 `{message, error}`."""
    project, world = request.project(), request.world
    rows: list[Row] = []
    for given in request.updates("budget_line_items"):
        try:
            rows.append(_synced_line(world, project, given))
        except Invalid as refusal:
            field, words = next(iter(refusal.errors.items()))
            raise Refusal(422, {"message": f"{field} {words[0]}", "error": "unprocessable_entity"}) from refusal
    return json_answer([line_wire(world, row) for row in rows])


def _synced_line(world: World, project: Row, given: Any) -> Row:
    if not isinstance(given, dict):
        raise Invalid({"budget_line_items": ["is invalid"]})
    if given.get("id") is None:
        return new_line(world, project, given)
    row = world.budget_lines.get(whole(given["id"]))
    if row is None or row["project_id"] != project["id"]:
        raise Invalid({"id": ["must exist"]})
    write_line(world, row, given)
    return row


def _line(request: Request) -> Row:
    return within(request.world.budget_lines.get(request.id()), "project_id", request.project()["id"])


def new_line(world: World, project: Row, given: Row) -> Row:
    values = taken(given, _LINE)
    wbs = found(world.wbs_codes.get(wbs_of(world, project["id"], values)), Invalid({"wbs_code_id": ["must exist"]}))
    if world.budget_lines.of("wbs_code_id", wbs["id"]):
        raise Invalid({"wbs_code_id": ["has already been taken"]})
    return world.create(world.budget_lines, {**_blank_line(wbs), **_calculated(values)})


def write_line(world: World, row: Row, given: Row) -> None:
    values = taken(given, _LINE)
    values.pop("wbs_code_id", None)
    world.update(world.budget_lines, row, _calculated(values))


def _calculated(values: Row) -> Row:
    if values.get("original_budget_amount") is None and values.get("quantity") and values.get("unit_cost"):
        return values | {"original_budget_amount": cents(values["quantity"] * values["unit_cost"])}
    return {name: value for name, value in values.items() if value is not None}


def list_views(request: Request) -> Answer:
    project = request.project()
    base = f"{request.call.base_url}/rest/v1.0/budget_views"
    view = {
        "id": project["id"] * 10 + 1,
        "name": "Procore Standard Budget",
        "description": None,
        "role": "budget",
        "links": {part: f"{base}/{project['id'] * 10 + 1}/{part}" for part in ("detail_rows", "summary_rows")},
        "created_by": None,
        "created_at": wording.time(project["created_at"]),
        "updated_at": wording.time(project["updated_at"]),
    }
    return paged(request, [view], dict)


def detail_rows(request: Request) -> Answer:
    project, world = request.project(), request.world
    if request.id("view_id") != project["id"] * 10 + 1:
        raise refusals.not_found("Budget view")
    rows = world.budget_lines.of("project_id", project["id"])
    return paged(request, rows, lambda row: _detail_row(world, project, row))


def _detail_row(world: World, project: Row, row: Row) -> Row:
    wbs = found(world.wbs_codes.get(row["wbs_code_id"]))
    code, cost_type = segments(world, wbs)
    root = world.cost_codes.get(code.get("parent_id")) or code
    return {
        "id": row["id"],
        "deletable": False,
        "company_id": world.company["id"],
        "company": world.company["name"],
        "project_id": project["id"],
        "project": project["name"],
        "wbs_code_id": wbs["id"],
        "biller_id": project["id"],
        "biller": project["name"],
        "biller_type": "Project",
        "root_cost_code_id": root["id"],
        "root_cost_code": f"{full_code(world.cost_codes, root)} - {root['name']}",
        "cost_code_id": code["id"],
        "cost_code": f"{full_code(world.cost_codes, code)} - {code['name']}",
        "cost_code_origin_id": code.get("origin_id"),
        "category_id": cost_type["id"],
        "category": cost_type["name"],
        "original_budget_amount": wording.money(row["original_budget_amount"]),  # text here, a number on the line
        "budget_modifications": "0.00",
        "currency_configuration": world.currency_configuration(),
        "unbudgeted_reason": None if row["original_budget_amount"] else "commitment",
    }


_WBS = "/rest/v1.0/projects/{project_id:int}/work_breakdown_structure/wbs_codes"
ROUTES: RouteTable = [
    ("GET", _WBS, list_wbs),
    ("POST", _WBS, create_wbs),
    ("PATCH", f"{_WBS}/bulk_create", bulk_create_wbs),
    ("PATCH", f"{_WBS}/{{id:int}}", update_wbs),
    ("POST", "/rest/v1.0/budget_line_items/sync", sync_lines),
    ("GET", "/rest/v1.0/budget_views", list_views),
    ("GET", "/rest/v1.0/budget_views/{view_id:int}/detail_rows", detail_rows),
]
for _version in ("v1.0", "v1.1"):
    ROUTES += [
        ("POST", f"/rest/{_version}/budget_line_items", create_line),
        ("GET", f"/rest/{_version}/budget_line_items/{{id:int}}", show_line),
        ("PATCH", f"/rest/{_version}/budget_line_items/{{id:int}}", update_line),
    ]
