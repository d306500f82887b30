"""Requisitions (subcontractor invoices) and billing periods: the calls (vendors/procore.md §6)."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import contracts, wording
from ml_connector.sandbox.procore import requisition_amounts as amounts
from ml_connector.sandbox.procore import requisition_wire as shapes
from ml_connector.sandbox.procore.fields import ORIGIN, Fields, Row, cents, fields, taken, whole
from ml_connector.sandbox.procore.lists import COMMON, REQUISITIONS, chosen, filters, paged
from ml_connector.sandbox.procore.locks import refuse_synced
from ml_connector.sandbox.procore.refusals import Invalid, missing, requisition_not_found
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import World

STATUSES = (
    "draft",
    "under_review",
    "revise_and_resubmit",
    "approved",
    "approved_as_noted",
    "pending_owner_approval",
)
OPEN = ("draft", "revise_and_resubmit")
_WRITABLE: Fields = {
    **fields(whole="period_id", text="invoice_number comment", flag="final"),
    **fields(date="requisition_start requisition_end billing_date payment_date submitted_at"),
    "status": STATUSES,
    **ORIGIN,
}
_ITEM_MONEY = {
    "work_completed_this_period": "work",
    "materials_presently_stored": "stored",
    "work_completed_retainage_retained_this_period": "work_retained",
    "work_completed_retainage_released_this_period": "work_released",
    "materials_stored_retainage_retained_this_period": "stored_retained",
    "materials_stored_retainage_released_this_period": "stored_released",
}
_ITEM: Fields = {
    **dict.fromkeys(_ITEM_MONEY, "money"),
    **fields(
        money="new_materials materials_stored_retainage_currently_retained",
        number="work_completed_this_period_quantity work_completed_retainage_percent_this_period "
        "materials_stored_retainage_percent_this_period",
        text="comment",
    ),
    "status": ("approved", "rejected", "no_action"),
}
_FILTERS = {
    "id": "ids",
    "commitment_id": "ids",
    "period_id": "ids",
    "status": "text",
    "created_at": "time",
    "updated_at": "time",
    "origin_id": "text",
}
_ITEM_TYPES = ("contract_item", "contract_detail_item", "change_order_item", "whole_change_order_item")


def list_v10(request: Request) -> Answer:
    rows = request.world.requisitions.of("project_id", request.project()["id"])
    return paged(request, chosen(request, rows, _FILTERS), partial(shapes.header, request.world), COMMON)


def list_v11(request: Request) -> Answer:
    world = request.world
    rows = chosen(request, world.requisitions.of("project_id", request.project()["id"]), _FILTERS)
    last = filters(request).get("is_last")
    if last:
        rows = [row for row in rows if _is_last(world, row) == (last[-1] == "true")]
    view = request.call.param("view")
    items, packages = view in ("items", "extended"), view == "extended"
    return paged(request, rows, lambda row: shapes.wire(world, row, items=items, packages=packages), REQUISITIONS)


def show_v10(request: Request) -> Answer:
    return json_answer(shapes.header(request.world, _requisition(request)))


def show_v11(request: Request) -> Answer:
    thin = request.call.param("view") == "default"
    return json_answer(_whole(request.world, _requisition(request), thin=thin))


def _whole(world: World, row: Row, *, thin: bool = False) -> Row:
    return shapes.wire(world, row, items=not thin, packages=not thin)


def create(request: Request) -> Answer:
    project = request.project()
    holder = contracts.contract(request.world, request.needed("commitment_id"))
    holder = within(holder, "project_id", project["id"], requisition_not_found())
    row = write_new(request.world, holder, request.wrapped("requisition"))
    return json_answer(_whole(request.world, row), 201)


def update(request: Request) -> Answer:
    row = _requisition(request)
    given = request.wrapped("requisition")
    if request.body and request.needed("commitment_id") != row["commitment_id"]:
        raise requisition_not_found()
    write(request.world, row, given)
    return json_answer(_whole(request.world, row))


def delete(request: Request) -> Answer:
    """Only the latest of its commitment, and only an open one."""
    world, row = request.world, _requisition(request)
    refuse_synced(world, row, None)
    if row["status"] not in OPEN or not _is_last(world, row):
        raise Invalid({"base": ["only the latest open invoice of a commitment can be deleted"]})
    remove(world, row)
    return json_answer({})


def remove(world: World, row: Row) -> None:
    """With its items; later ones of the commitment say what they now say."""
    for item in amounts.items_of(world, row):
        world.requisition_items.remove(item)
    world.delete(world.requisitions, row)
    amounts.carry_forward(world, row["commitment_id"])


def bulk_item_update(request: Request) -> Answer:
    row = _requisition(request, "requisition_id")
    write_items(request.world, row, request.updates("requisition_items"))
    return json_answer(_whole(request.world, row))


def list_items(request: Request, *, kinds: tuple[str, ...]) -> Answer:
    world, row = request.world, _requisition(request, "requisition_id")
    items = [item for item in amounts.items_of(world, row) if item["item_type"] in kinds]
    change_order = filters(request).get("change_order_id")
    if change_order:
        items = [item for item in items if str(shapes.package_of(world, item)) in change_order]
    return paged(request, items, lambda item: shapes.item_wire(world, row, item, older=True))


def detail(request: Request) -> Answer:
    """All kinds of items; not paged."""
    world, row = request.world, _requisition(request, "requisition_id")
    return json_answer([shapes.detail_wire(world, row, item) for item in amounts.items_of(world, row)])


def write_new(world: World, holder: Row, given: Row) -> Row:
    """A requisition with an item for every line of its commitment. Raises Invalid."""
    values = taken(given, _WRITABLE)
    if holder["status"] not in contracts.LOCKED:
        raise Invalid({"commitment_id": ["must be approved before it can be invoiced"]})
    period = _period(world, holder["project_id"], values)
    earlier = amounts.in_order(world, holder["id"])
    blank = {
        "project_id": holder["project_id"],
        "commitment_id": holder["id"],
        "number": earlier[-1]["number"] + 1 if earlier else 1,
        "status": "draft",
        "final": False,
        "tax": wording.ZERO,
        "off_by": wording.ZERO,
        "requisition_start": period.get("start_date"),
        "requisition_end": period.get("end_date"),
        "billing_date": period.get("end_date"),
    }
    row = world.create(world.requisitions, blank | {k: v for k, v in values.items() if v is not None})
    for position, line in enumerate(contracts.lines_of(world, holder), 1):
        add_item(world, row, {"item_type": "contract_item", "line_item_id": line["id"], "position": position})
    amounts.carry_forward(world, holder["id"])
    try:
        _fill(world, row, holder, given.get("items") or [])
    except Invalid:
        remove(world, row)
        raise
    amounts.carry_forward(world, holder["id"])
    return row


def add_item(world: World, row: Row, values: Row) -> Row:
    """Without an event of its own. What earlier requisitions said of the line stays to be carried forward."""
    now = world.now()
    place = {"id": world.new_id(), "requisition_id": row["id"], "created_at": now, "updated_at": now}
    item = {**amounts.BLANK_ITEM, **place, **values}
    world.requisition_items.add(item)
    return item


def _fill(world: World, row: Row, holder: Row, given: Any) -> None:
    if not isinstance(given, list) or not all(isinstance(one, dict) for one in given):
        raise Invalid({"items": ["is invalid"]})
    for one in given:
        if one.get("item_type") not in _ITEM_TYPES:
            raise Invalid({"items": ["item_type is not included in the list"]})
        item = _item_of_line(world, row, one)
        _write_item(item, one, shapes.line_of(world, holder, item))
        if item["work"] and not {name for name in one if "retainage_re" in name or "retainage_percent" in name}:
            rate = holder.get("retainage_percent") or wording.ZERO
            item["work_retained"] = cents(item["work"] * rate / 100)


def _item_of_line(world: World, row: Row, given: Row) -> Row:
    number = whole(given.get("line_item_id"))
    kind = given["item_type"]
    for item in amounts.items_of(world, row):
        if (item["line_item_id"], item["item_type"]) == (number, kind):
            return item
    if kind not in shapes.CHANGE_ORDER_ITEMS or not _on_change_order(world, row, number, kind):
        raise Invalid({"items": [f"line_item_id {given.get('line_item_id')} must exist"]})
    position = len(amounts.items_of(world, row)) + 1
    return add_item(world, row, {"item_type": kind, "line_item_id": number, "position": position})


def _on_change_order(world: World, row: Row, number: int | None, kind: str) -> bool:
    """Whether it is an approved change order of the commitment, or a line of one."""
    order = world.change_orders.get(number)
    line = world.change_order_lines.get(number) if kind == "change_order_item" else None
    if line is not None:
        potential = world.potential_change_orders.get(line["potential_change_order_id"]) or {}
        order = world.change_orders.get(potential.get("package_id"))
    return order is not None and order["contract_id"] == row["commitment_id"] and order["status"] == "approved"


def write(world: World, row: Row, given: Row) -> None:
    """Raises Invalid for a locked one and, without admin rights, for any but the latest open one."""
    values = taken(given, _WRITABLE)
    items = given.get("items")
    refuse_synced(world, row, values | ({"items": items} if items else {}))
    if (
        given
        and world.by_app
        and not world.switches.on("invoice_admin")
        and not (row["status"] in OPEN and _is_last(world, row))
    ):
        raise Invalid({"base": ["only the latest open invoice of a commitment can be changed"]})
    if "status" in values and values["status"] is None:
        raise Invalid({"status": ["can't be blank"]})
    _period(world, row["project_id"], values)
    if items:
        write_items(world, row, items)
    world.update(world.requisitions, row, values)


def write_items(world: World, row: Row, given: Any) -> None:
    """All or nothing. Raises Invalid."""
    refuse_synced(world, row, {"items": given})
    holder = contracts.contract(world, row["commitment_id"]) or {}
    known = {item["id"]: item for item in amounts.items_of(world, row)}
    wanted = []
    for one in given:
        number = whole(one.get("id")) if isinstance(one, dict) else None
        item = known.get(number) if number is not None else None
        if item is None:
            raise Invalid({"requisition_items": [f"item {number} must exist"]})
        wanted.append((item, _item_values(item, one, shapes.line_of(world, holder, item))))
    for item, values in wanted:
        item.update(values)
    row["off_by"] = wording.ZERO  # the summary follows the items (§15): written anew, a planted mistake is gone
    amounts.carry_forward(world, row["commitment_id"])
    world.touch(world.requisitions, row)


def _write_item(item: Row, given: Row, line: Row) -> None:
    item.update(_item_values(item, given, line))


def _item_values(item: Row, given: Row, line: Row) -> Row:
    values = {name: value for name, value in taken(given, _ITEM).items() if value is not None}
    result: Row = {ours: values[theirs] for theirs, ours in _ITEM_MONEY.items() if theirs in values}
    result |= {name: values[name] for name in ("comment", "status") if name in values}
    if "new_materials" in values:
        result["stored"] = item["previous_stored"] + values["new_materials"]
    if "work_completed_this_period_quantity" in values and line.get("unit_cost") is not None:
        result["work"] = cents(values["work_completed_this_period_quantity"] * line["unit_cost"])
    if "materials_stored_retainage_currently_retained" in values:
        released = result.get("stored_released", item["stored_released"])
        now = values["materials_stored_retainage_currently_retained"]
        result["stored_retained"] = now - item["previous_stored_retainage"] + released
    if "work_completed_retainage_percent_this_period" in values:
        rate = values["work_completed_retainage_percent_this_period"]
        result["work_retained"] = _share(rate, result["work"] if "work" in result else item["work"])
    if "materials_stored_retainage_percent_this_period" in values:
        rate = values["materials_stored_retainage_percent_this_period"]
        stored = result["stored"] if "stored" in result else item["stored"]
        result["stored_retained"] = _share(rate, stored - item["previous_stored"])
    return result


def _share(rate: Decimal, amount: Decimal) -> Decimal:
    return cents(rate * amount / 100)


def _period(world: World, project: int, values: Row) -> Row:
    number = values.get("period_id")
    if number is None:
        return {}
    period = world.billing_periods.get(number)
    if period is None or period["project_id"] != project:
        raise Invalid({"period_id": ["must exist"]})
    return period


def _is_last(world: World, row: Row) -> bool:
    return bool(amounts.in_order(world, row["commitment_id"])[-1] is row)


def _requisition(request: Request, name: str = "id") -> Row:
    project = request.project()
    row = request.world.requisitions.get(request.id(name))
    return within(row, "project_id", project["id"], requisition_not_found())


# billing periods


def period_wire(row: Row) -> Row:
    days = {name: wording.day(row.get(name)) for name in ("start_date", "end_date", "due_date")}
    times = {name: wording.time(row[name]) for name in ("created_at", "updated_at")}
    return {name: row[name] for name in ("id", "project_id", "position", "status")} | days | times


_PERIOD: Fields = {**fields(date="start_date end_date due_date"), "status": ("open", "closed")}


def list_periods(request: Request) -> Answer:
    rows = request.world.billing_periods.of("project_id", request.project()["id"])
    known = {"id": "ids", "created_at": "time", "updated_at": "time", "status": "text"}
    return paged(request, chosen(request, rows, known), period_wire)


def show_period(request: Request) -> Answer:
    return json_answer(period_wire(_billing_period(request)))


def create_period(request: Request) -> Answer:
    row = new_period(request.world, request.project(), request.wrapped("billing_period"))
    return json_answer(period_wire(row), 201)


def new_period(world: World, project: Row, given: Row) -> Row:
    """Raises Invalid."""
    values = taken(given, _PERIOD)
    needed = {name: ["can't be blank"] for name in ("start_date", "end_date", "due_date") if not values.get(name)}
    if needed:
        raise Invalid(needed)
    position = len(world.billing_periods.of("project_id", project["id"])) + 1
    place = {"project_id": project["id"], "position": position, "status": "open"}
    return world.create(world.billing_periods, place | values)


def update_period(request: Request) -> Answer:
    row = _billing_period(request)
    write_period(request.world, row, request.wrapped("billing_period"))
    return json_answer(period_wire(row))


def write_period(world: World, row: Row, given: Row) -> None:
    """Raises Invalid."""
    values = {name: value for name, value in taken(given, _PERIOD).items() if value is not None}
    world.update(world.billing_periods, row, values)


def delete_period(request: Request) -> Answer:
    row = _billing_period(request)
    if any(other.get("period_id") == row["id"] for other in request.world.requisitions):
        raise Invalid({"base": ["has invoices"]})
    request.world.delete(request.world.billing_periods, row)
    return json_answer({})


def _billing_period(request: Request) -> Row:
    return within(request.world.billing_periods.get(request.id()), "project_id", request.project()["id"])


def payment_details(request: Request) -> Answer:
    """v2: only the due date."""
    request.check_company(request.id("company_id"))
    row = _requisition(request)
    given = request.body.get("due_date")
    if given is None:
        raise missing("due_date")
    refuse_synced(request.world, row, {"due_date": given})
    request.world.update(request.world.requisitions, row, taken({"due_date": given}, {"due_date": "date"}))
    return json_answer({"data": {"due_date": wording.day(row["due_date"])}})


_PATH, _NEWER = "/rest/v1.0/requisitions", "/rest/v1.1/requisitions"
_ITEMS = f"{_PATH}/{{requisition_id:int}}"
_PERIODS = "/rest/v1.0/projects/{project_id:int}/billing_periods"
ROUTES: RouteTable = [
    ("GET", _PATH, list_v10),
    ("POST", _PATH, create),
    ("GET", f"{_PATH}/{{id:int}}", show_v10),
    ("PATCH", f"{_PATH}/{{id:int}}", update),
    ("DELETE", f"{_PATH}/{{id:int}}", delete),
    ("GET", _NEWER, list_v11),
    ("POST", _NEWER, create),
    ("GET", f"{_NEWER}/{{id:int}}", show_v11),
    ("PATCH", f"{_NEWER}/{{id:int}}", update),
    ("DELETE", f"{_NEWER}/{{id:int}}", delete),
    ("GET", f"{_ITEMS}/contract_items", partial(list_items, kinds=("contract_item",))),
    ("GET", f"{_ITEMS}/contract_detail_items", partial(list_items, kinds=("contract_detail_item",))),
    ("GET", f"{_ITEMS}/change_order_items", partial(list_items, kinds=shapes.CHANGE_ORDER_ITEMS)),
    ("GET", f"{_ITEMS}/detail", detail),
    ("PATCH", f"{_ITEMS}/bulk_item_update", bulk_item_update),
    ("GET", _PERIODS, list_periods),
    ("POST", _PERIODS, create_period),
    ("GET", f"{_PERIODS}/{{id:int}}", show_period),
    ("PATCH", f"{_PERIODS}/{{id:int}}", update_period),
    ("DELETE", f"{_PERIODS}/{{id:int}}", delete_period),
    (
        "PATCH",
        "/rest/v2.0/companies/{company_id:int}/projects/{project_id:int}/requisitions/{id:int}/payment_details",
        payment_details,
    ),
]
