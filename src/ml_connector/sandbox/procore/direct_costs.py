"""Direct costs: invoices, expenses and payroll without a commitment (vendors/procore.md §7)."""

from __future__ import annotations

import time
from decimal import Decimal
from functools import partial
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import lines, refusals, wording
from ml_connector.sandbox.procore.budget import ensure_budget_line
from ml_connector.sandbox.procore.fields import CURRENCY, ORIGIN, ORIGIN_CODE, Fields, Row, fields, taken, whole
from ml_connector.sandbox.procore.lists import chosen, paged
from ml_connector.sandbox.procore.locks import refuse_synced
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.world import World

TYPES = ("invoice", "expense", "payroll")
BY_SWITCH = "subcontractor_invoice"
STATUSES = ("draft", "pending", "revise_and_resubmit", "approved")
_WRITABLE: Fields = {
    **fields(
        text="invoice_number description terms",
        whole="vendor_id employee_id",
        date="direct_cost_date received_date payment_date",
    ),
    "status": STATUSES,
    **CURRENCY,
    **ORIGIN,
}
_FILTERS = {
    "id": "ids",
    "origin_id": "text",
    "invoice_number": "text",
    "created_at": "time",
    "updated_at": "time",
    "payment_date": "date",
    "received_date": "date",
}
_LINE_FILTERS = {
    "direct_cost_id": "whole",
    "id": "ids",
    "created_at": "time",
    "updated_at": "time",
    "cost_code_id": "ids",
    "line_item_type_id": "ids",
}
_MOST_LINES = 100


def lines_of(world: World, row: Row) -> list[Row]:
    return world.direct_cost_lines.of("direct_cost_id", row["id"])


def total(world: World, row: Row) -> Decimal:
    return sum((line["amount"] for line in lines_of(world, row)), Decimal(0))


def list_wire(world: World, row: Row) -> Row:
    """Without lines; `vendor` is the name here."""
    vendor = world.vendors.get(row.get("vendor_id"))
    amount = wording.sum_text(total(world, row))
    shown: Row = {name: row.get(name) for name in ("invoice_number", "description", "terms", "status", *ORIGIN)}
    employee = row.get("employee_id")
    return shown | {
        "id": row["id"],
        "direct_cost_type": row["direct_cost_type"],
        "amount": amount,
        "grand_total": amount,
        "line_items_count": len(lines_of(world, row)),
        "vendor": vendor["name"] if vendor else None,
        "vendor_id": row.get("vendor_id"),
        "vendor_name": vendor["name"] if vendor else None,
        "employee": {"id": employee, "name": f"Employee {employee}"} if employee else None,
        "currency_configuration": world.exchanged(row),
        "deleted_at": None,
        **{name: wording.day(row.get(name)) for name in ("direct_cost_date", "received_date", "payment_date")},
        **{name: wording.time(row[name]) for name in ("created_at", "updated_at")},
    }


def wire(world: World, row: Row, *, with_lines: bool = True) -> Row:
    """The Show shape; v1.0 has its lines apart."""
    shown = list_wire(world, row)
    del shown["amount"]  # of lists; here it is the grand_total alone
    vendor = world.vendors.get(row.get("vendor_id"))
    project = world.projects.get(row["project_id"]) or {}
    shown |= {
        "vendor": {"id": vendor["id"], "name": vendor["name"]} if vendor else None,
        "company": {"id": world.company["id"], "name": world.company["name"]},
        "project": {"id": row["project_id"], "name": project.get("name")},
        "attachments": [],
        "attachments_count": 0,
    }
    if with_lines:
        shown["line_items"] = [_inner(line_wire(world, row, line)) for line in lines_of(world, row)]
    return shown


def _inner(line: Row) -> Row:
    """A line inside its direct cost does not name it."""
    return {name: value for name, value in line.items() if name not in ("holder", "project")}


def line_wire(world: World, holder: Row, line: Row) -> Row:
    return lines.wire(world, line, holder=holder, holder_type="DirectCost") | {"ref": line.get("ref")}


def list_costs(request: Request) -> Answer:
    """There is no filter by status."""
    rows = chosen(request, request.world.direct_costs.of("project_id", request.project()["id"]), _FILTERS)
    return paged(request, rows, partial(list_wire, request.world))


def show(request: Request) -> Answer:
    return json_answer(_shown(request, _cost(request)))


def _shown(request: Request, row: Row) -> Row:
    return wire(request.world, row, with_lines=request.call.path.startswith("/rest/v1.1/"))


def create(request: Request) -> Answer:
    row = write_new(request.world, request.project(), _given(request))
    return json_answer(_shown(request, row), 201)


def update(request: Request) -> Answer:
    row = _cost(request)
    wait_s = _one_writer(request, row)
    write(request.world, row, _given(request))
    answer = json_answer(_shown(request, row))
    answer.wait_s = wait_s
    return answer


def delete(request: Request) -> Answer:
    row = _cost(request)
    refuse_synced(request.world, row, None)
    remove(request.world, row)
    return json_answer({"id": row["id"]})


def remove(world: World, row: Row) -> None:
    """With its lines; nothing of it can be read any more."""
    for line in lines_of(world, row):
        world.delete(world.direct_cost_lines, line)
    world.delete(world.direct_costs, row)


def _given(request: Request) -> Row:
    """v1.1 takes lines inside; v1.0 has them apart and ignores them here."""
    if request.call.path.startswith("/rest/v1.1/"):
        return request.wrapped("direct_cost", "item")
    return _without_lines(request.wrapped("item", "direct_cost"))


def _without_lines(given: Row) -> Row:
    return {name: value for name, value in given.items() if name != "line_items"}


def _one_writer(request: Request, row: Row) -> float:
    """409 while another write of the same direct cost is being answered (switch `direct_cost_write_ms`)."""
    if row.get("busy_until", 0.0) > time.monotonic():
        raise refusals.generic(409, "Conflict", "conflict")
    wait_s = request.world.switches.number("direct_cost_write_ms") / 1000
    row["busy_until"] = time.monotonic() + wait_s
    return wait_s


def sync(request: Request) -> Answer:
    project, world = request.project(), request.world
    updates = request.updates()
    upsert = Upsert(
        world,
        world.direct_costs,
        create=lambda given: write_new(world, project, _without_lines(given)),
        update=lambda row, given: write(world, row, _without_lines(given)),
        shape=lambda row: wire(world, row, with_lines=False),
        inside=lambda row: bool(row["project_id"] == project["id"]),
    )
    touched = [world.direct_costs.get(whole(given.get("id"))) for given in updates if isinstance(given, dict)]
    wait_s = max((_one_writer(request, row) for row in touched if row), default=0.0)
    answer = upsert.run(updates)
    answer.wait_s = wait_s
    return answer


def write_new(world: World, project: Row, given: Row) -> Row:
    """Raises Invalid; then nothing is stored."""
    kind = given.get("direct_cost_type")
    if kind not in TYPES and not (kind == BY_SWITCH and world.switches.on("subcontractor_invoice_costs")):
        raise Invalid({"direct_cost_type": ["is not included in the list" if kind else "can't be blank"]})
    values = taken(given, _WRITABLE)
    _check(world, kind, values)
    new_lines = [_new_line_values(world, project["id"], one) for one in _given_lines(given)]
    place = {"project_id": project["id"], "direct_cost_type": kind, "status": "draft"}
    row = world.create(world.direct_costs, place | {k: v for k, v in values.items() if v is not None})
    for line in new_lines:
        _add_line(world, row, line)
    return row


def write(world: World, row: Row, given: Row) -> None:
    """The type stays as it was created. Raises Invalid."""
    values = taken(given, _WRITABLE)
    given_lines = _given_lines(given)
    refuse_synced(world, row, values | ({"line_items": given_lines} if given_lines else {}))
    if "status" in values and values["status"] is None:
        raise Invalid({"status": ["can't be blank"]})
    _check(world, row["direct_cost_type"], row | values)
    for one in given_lines:
        _put_line(world, row, one)
    world.update(world.direct_costs, row, values)
    if given_lines:
        world.touch(world.direct_costs, row)


def _check(world: World, kind: str, values: Row) -> None:
    number = values.get("vendor_id")
    if number is not None and world.vendors.get(number) is None:
        raise Invalid({"vendor_id": ["must exist"]})
    if kind != "invoice":
        return
    blank = {name: ["can't be blank"] for name in ("invoice_number", "vendor_id") if not values.get(name)}
    if blank:
        raise Invalid(blank)


def _given_lines(given: Row) -> list[Row]:
    rows: Any = given.get("line_items") or []
    if not isinstance(rows, list) or not all(isinstance(one, dict) for one in rows):
        raise Invalid({"line_items": ["is invalid"]})
    if len(rows) > _MOST_LINES:
        raise Invalid({"line_items": [f"takes at most {_MOST_LINES} in one request"]})
    return rows


def _put_line(world: World, row: Row, given: Row) -> None:
    if given.get("id") is None:
        _add_line(world, row, _new_line_values(world, row["project_id"], given))
        return
    line = world.direct_cost_lines.get(whole(given["id"]))
    if line is None or line["direct_cost_id"] != row["id"]:
        raise Invalid({"line_items": [f"line {given['id']} must exist"]})
    write_line(world, row, line, given)


def _new_line_values(world: World, project: int, given: Row) -> Row:
    values = lines.coded(world, project, taken(given, lines.WRITABLE))
    if values.get("wbs_code_id") is None:
        raise Invalid({"wbs_code_id": ["can't be blank"]})
    return lines.priced(values, {}, by_unit=False)


def _add_line(world: World, row: Row, values: Row) -> Row:
    position = len(lines_of(world, row)) + 1
    place = {"project_id": row["project_id"], "direct_cost_id": row["id"], "position": position}
    wbs = world.wbs_codes.get(values["wbs_code_id"]) or {}
    codes = {"cost_code_id": wbs.get("cost_code_id"), "line_item_type_id": wbs.get("line_item_type_id")}
    line = world.create(world.direct_cost_lines, {**lines.BLANK, **place, **codes, **values})
    ensure_budget_line(world, line["wbs_code_id"])
    return line


def write_line(world: World, row: Row, line: Row, given: Row) -> None:
    """Raises Invalid."""
    values = taken(given, lines.WRITABLE)
    if not set(values) <= set(ORIGIN_CODE):
        refuse_synced(world, row, values)
    values = lines.coded(world, row["project_id"], values)
    if lines.PRICED & set(values):
        values = lines.priced(values, line, by_unit=False)
    if wbs := world.wbs_codes.get(values.get("wbs_code_id")):
        values |= {"cost_code_id": wbs["cost_code_id"], "line_item_type_id": wbs["line_item_type_id"]}
    world.update(world.direct_cost_lines, line, values)
    ensure_budget_line(world, line["wbs_code_id"])


# lines apart


def list_project_lines(request: Request) -> Answer:
    """All lines of the project; `holder` names the parent."""
    world = request.world
    rows = world.direct_cost_lines.of("project_id", request.project()["id"])
    return paged(
        request, chosen(request, rows, _LINE_FILTERS), lambda line: line_wire(world, _holder(world, line), line)
    )


def list_lines(request: Request) -> Answer:
    row = _cost(request, "direct_cost_id")
    rows = chosen(request, lines_of(request.world, row), _LINE_FILTERS)
    return paged(request, rows, partial(line_wire, request.world, row))


def show_line(request: Request) -> Answer:
    row, line = _line(request)
    return json_answer(line_wire(request.world, row, line))


def create_line(request: Request) -> Answer:
    row = _cost(request, "direct_cost_id")
    line = write_new_line(request.world, row, request.wrapped("line_item"))
    return json_answer(line_wire(request.world, row, line), 201)


def write_new_line(world: World, row: Row, given: Row) -> Row:
    """Raises Invalid."""
    refuse_synced(world, row, {"line_items": given})
    return _add_line(world, row, _new_line_values(world, row["project_id"], given))


def update_line(request: Request) -> Answer:
    row, line = _line(request)
    wait_s = _one_writer(request, row)
    write_line(request.world, row, line, request.wrapped("line_item"))
    answer = json_answer(line_wire(request.world, row, line))
    answer.wait_s = wait_s
    return answer


def delete_line(request: Request) -> Answer:
    row, line = _line(request)
    remove_line(request.world, row, line)
    return json_answer({"id": line["id"]})


def remove_line(world: World, row: Row, line: Row) -> None:
    """Raises Invalid."""
    refuse_synced(world, row, None)
    world.delete(world.direct_cost_lines, line)


def sync_lines(request: Request) -> Answer:
    project, world = request.project(), request.world
    updates = request.updates()

    def new(given: Row) -> Row:
        row = world.direct_costs.get(whole(given.get("direct_cost_id")))
        if row is None or row["project_id"] != project["id"]:
            raise Invalid({"direct_cost_id": ["must exist"]})
        return write_new_line(world, row, given)

    upsert = Upsert(
        world,
        world.direct_cost_lines,
        create=new,
        update=lambda line, given: write_line(world, _holder(world, line), line, given),
        shape=lambda line: line_wire(world, _holder(world, line), line),
        inside=lambda line: bool(line["project_id"] == project["id"]),
    )
    wait_s = max((_one_writer(request, row) for row in _touched(world, updates)), default=0.0)
    answer = upsert.run(updates)
    answer.wait_s = wait_s
    return answer


def _touched(world: World, updates: list[Any]) -> list[Row]:
    """The direct costs whose lines a sync changes, each once."""
    rows = (given for given in updates if isinstance(given, dict))
    lines = (world.direct_cost_lines.get(whole(given.get("id"))) or given for given in rows)
    found = (world.direct_costs.get(whole(line.get("direct_cost_id"))) for line in lines)
    return list({row["id"]: row for row in found if row}.values())


def _holder(world: World, line: Row) -> Row:
    row = world.direct_costs.get(line["direct_cost_id"])
    if row is None:
        raise refusals.not_found("Direct cost")
    return row


def _cost(request: Request, name: str = "id") -> Row:
    project = request.project()
    return within(request.world.direct_costs.get(request.id(name)), "project_id", project["id"])


def _line(request: Request) -> tuple[Row, Row]:
    row = _cost(request, "direct_cost_id")
    return row, within(request.world.direct_cost_lines.get(request.id()), "direct_cost_id", row["id"])


_OLDER = "/rest/v1.0/projects/{project_id:int}/direct_costs"
_LINES = f"{_OLDER}/{{direct_cost_id:int}}/line_items"
ROUTES: RouteTable = [
    ("PATCH", f"{_OLDER}/sync", sync),
    ("GET", f"{_OLDER}/line_items", list_project_lines),
    ("PATCH", f"{_OLDER}/line_items/sync", sync_lines),
    ("GET", _LINES, list_lines),
    ("POST", _LINES, create_line),
    ("GET", f"{_LINES}/{{id:int}}", show_line),
    ("PATCH", f"{_LINES}/{{id:int}}", update_line),
    ("DELETE", f"{_LINES}/{{id:int}}", delete_line),
]
for _base in (_OLDER, "/rest/v1.1/projects/{project_id:int}/direct_costs"):
    ROUTES += [
        ("GET", _base, list_costs),
        ("POST", _base, create),
        ("GET", f"{_base}/{{id:int}}", show),
        ("PATCH", f"{_base}/{{id:int}}", update),
        ("DELETE", f"{_base}/{{id:int}}", delete),
    ]
