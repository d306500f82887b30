"""The v2.0 resources: company and project in the path, `data` envelope, ids as strings (vendors/procore.md §1, §5)."""

from __future__ import annotations

from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import (
    change_lines,
    change_orders,
    commitments,
    contracts,
    refusals,
    resources,
    webhooks,
)
from ml_connector.sandbox.procore.fields import Row, whole
from ml_connector.sandbox.procore.lists import V2, chosen, cut
from ml_connector.sandbox.procore.refusals import Refusal
from ml_connector.sandbox.procore.request import Request, found, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import live

_STATUS_CODES = {
    400: "BAD_REQUEST",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    408: "REQUEST_TIMEOUT",
    422: "UNPROCESSABLE_ENTITY",
}
_FILTERS = {
    "id": "ids",
    "type": "text:kind",
    "status": "text",
    "vendor_id": "ids",
    "updated_at": "time",
    "created_at": "time",
    "executed": "flag",
    "accounting_method": "text",
}


_LINE_FIELDS = [
    "id",
    "position",
    "description",
    "uom",
    "unit_cost",
    "amount",
    "extended_type",
    "tax_code_id",
    "wbs_code",
]


def reshaped(refusal: Refusal) -> Refusal:
    """The one error shape of v2; validation is 400 there."""
    status = 400 if refusal.status == 422 else refusal.status
    body = refusal.body if isinstance(refusal.body, dict) else {}
    inner = body.get("error")
    if isinstance(inner, dict):
        if "details" in inner:
            return refusal
        return refusals.v2(status, str(inner["code"]), str(inner["message"]))
    words = str(body.get("message") or body.get("errors") or "Error")
    return refusals.v2(status, _STATUS_CODES.get(refusal.status, "ERROR"), words)


def with_text_ids(value: Any, name: str = "") -> Any:
    """Ids as strings, all the way down."""
    if isinstance(value, dict):
        return {key: with_text_ids(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [with_text_ids(inner, name) for inner in value]
    is_id = name == "id" or name.endswith(("_id", "_ids"))
    return str(value) if is_id and isinstance(value, int) and not isinstance(value, bool) else value


def _data(value: Any, status: int = 200, headers: dict[str, str] | None = None) -> Answer:
    return json_answer({"data": with_text_ids(value)}, status, headers)


def _project(request: Request) -> Row:
    request.check_company(request.id("company_id"))
    return request.project()


def list_contracts(request: Request) -> Answer:
    project, world = _project(request), request.world
    rows = [row for kind in contracts.KINDS for row in live(kind.contracts(world).of("project_id", project["id"]))]
    part, headers = cut(request, chosen(request, rows, _FILTERS), V2)
    alone = request.call.param("view") == "extended"
    return _data([_contract_wire(request, row, alone=alone) for row in part], headers=headers)


def _contract_wire(request: Request, row: Row, *, alone: bool = True) -> Row:
    shown = commitments.wire(request.world, row, alone=alone)
    return {"type": row["kind"], "vendor_id": row.get("vendor_id"), **shown}


def show_contract(request: Request) -> Answer:
    return _data(_contract_wire(request, _contract(request)))


def create_contract(request: Request) -> Answer:
    """Without origin fields, which v2 does not take."""
    project = _project(request)
    kind = next((kind for kind in contracts.KINDS if kind.type == request.body.get("type")), None)
    if kind is None:
        raise refusals.v2(400, "BAD_REQUEST", "type must be WorkOrderContract or PurchaseOrderContract", "type")
    row = commitments.write_new(request.world, kind, project, _without_origin(request.body))
    return _data(_contract_wire(request, row), 201)


def update_contract(request: Request) -> Answer:
    row = _contract(request)
    commitments.write(request.world, row, _without_origin(request.body))
    return _data(_contract_wire(request, row))


def delete_contract(request: Request) -> Answer:
    row = _contract(request)
    contracts.refuse_locked(request.world, row, "base")
    request.world.mark_deleted(contracts.kind_of(row).contracts(request.world), row)
    return Answer(status=204)


def _without_origin(given: Row) -> Row:
    return {name: value for name, value in given.items() if not name.startswith("origin_")}


def _contract(request: Request, name: str = "id") -> Row:
    project = _project(request)
    return within(contracts.contract(request.world, request.id(name)), "project_id", project["id"])


def list_lines(request: Request) -> Answer:
    row = _contract(request, "contract_id")
    part, headers = cut(request, contracts.lines_of(request.world, row), V2)
    return _data([_line_wire(request, row, line) for line in part], headers=headers)


def _line_wire(request: Request, row: Row, line: Row) -> Row:
    return _slim(commitments.line_wire(request.world, row, line), line)


def _slim(shown: Row, line: Row) -> Row:
    """A line of v2 knows its WBS code only, and its quantity is a number."""
    own = {name: shown[name] for name in _LINE_FIELDS}
    return own | {"wbs_code_id": line.get("wbs_code_id"), "quantity": line.get("quantity"), "prime_line_item_id": None}


def create_line(request: Request) -> Answer:
    row = _contract(request, "contract_id")
    line = commitments.write_new_line(request.world, row, request.body)
    return _data(_line_wire(request, row, line), 201)


def show_line(request: Request) -> Answer:
    row, line = _line(request)
    return _data(_line_wire(request, row, line))


def update_line(request: Request) -> Answer:
    row, line = _line(request)
    commitments.write_line(request.world, row, line, request.body)
    return _data(_line_wire(request, row, line))


def delete_line(request: Request) -> Answer:
    row, line = _line(request)
    commitments.remove_line(request.world, row, line)
    return Answer(status=204)


def _line(request: Request) -> tuple[Row, Row]:
    row = _contract(request, "contract_id")
    known = contracts.kind_of(row).lines(request.world)
    return row, within(known.get(request.id()), "contract_id", row["id"])


# lines of change orders


def list_order_lines(request: Request) -> Answer:
    world = request.world
    part, headers = cut(request, change_lines.lines_of_package(world, _change_order(request)), V2)
    return _data([_order_line_wire(request, line) for line in part], headers=headers)


def create_order_line(request: Request) -> Answer:
    line = change_orders.write_line(request.world, _change_order(request), request.body)
    return _data(_order_line_wire(request, line), 201)


def show_order_line(request: Request) -> Answer:
    return _data(_order_line_wire(request, _order_line(request)))


def update_order_line(request: Request) -> Answer:
    line = _order_line(request)
    change_lines.write(request.world, line, request.body)
    return _data(_order_line_wire(request, line))


def delete_order_line(request: Request) -> Answer:
    change_lines.remove(request.world, _order_line(request))
    return Answer(status=204)


def _change_order(request: Request) -> Row:
    project = _project(request)
    row = within(request.world.change_orders.get(request.id("order_id")), "project_id", project["id"])
    return within(row if row.get("type") != change_orders.PRIME else None, "id", row["id"])


def _order_line(request: Request) -> Row:
    known = change_lines.lines_of_package(request.world, _change_order(request))
    return found(next((line for line in known if line["id"] == request.id()), None))


def _order_line_wire(request: Request, line: Row) -> Row:
    return _slim(change_lines.wire(request.world, line), line)


# webhooks


def _scope(request: Request) -> int | None:
    request.check_company(request.id("company_id"))
    return int(request.project()["id"]) if "project_id" in request.variables else None


def _hook_wire(row: Row) -> Row:
    """The secret header is masked to its last five characters."""
    secret = row["destination_headers"].get("Authorization")
    return {
        "id": row["id"],
        "status": row.get("status", "active"),
        "payload_version": row["api_version"] + ".0",
        "namespace": row["namespace"],
        "destination_url": row["destination_url"],
        "destination_headers": {"Authorization": "*****" + secret[-5:]} if secret else {},
        "company_id": row["company_id"],
        "project_id": row["project_id"],
    }


def _hook(request: Request, name: str = "id") -> Row:
    scope = _scope(request)
    return within(request.world.hooks.get(request.id(name)), "project_id", scope)


def _hook_values(given: Row) -> Row:
    version = given.get("payload_version")
    old = {**given, "api_version": str(version).removesuffix(".0")} if version is not None else given
    return webhooks.hook_values(old)


def list_hooks(request: Request) -> Answer:
    scope = _scope(request)
    namespace = request.call.param("namespace") or "procore"
    rows = [row for row in request.world.hooks if row["project_id"] == scope]
    part, headers = cut(request, [row for row in rows if namespace in ("*", row["namespace"])], V2)
    return _data([_hook_wire(row) for row in part], headers=headers)


def create_hook(request: Request) -> Answer:
    scope = _scope(request)
    values = {"namespace": "procore", "destination_headers": {}, **_hook_values(request.body)}
    for name, theirs in (("api_version", "payload_version"), ("destination_url", "destination_url")):
        if name not in values:
            raise refusals.v2(400, "BAD_REQUEST", f"{theirs} is required", theirs)
    place = {"company_id": request.world.company["id"], "project_id": scope}
    return _data(_hook_wire(request.world.create(request.world.hooks, place | values)), 201)


def show_hook(request: Request) -> Answer:
    return _data(_hook_wire(_hook(request)))


def update_hook(request: Request) -> Answer:
    row = _hook(request)
    values = _hook_values(request.body)
    if request.body.get("status") in ("active", "disabled"):
        values["status"] = request.body["status"]
    request.world.update(request.world.hooks, row, values)
    return _data(_hook_wire(row))


def delete_hook(request: Request) -> Answer:
    webhooks.remove_hook(request.world, _hook(request))
    return Answer(status=204)


def _trigger_wire(request: Request, row: Row) -> Row:
    shown = webhooks.trigger_wire(request.world, row)
    return {name: shown[name] for name in shown if name not in ("user_id", "resource_id")}


def list_triggers(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    part, headers = cut(request, request.world.triggers.of("hook_id", hook["id"]), V2)
    return _data([_trigger_wire(request, row) for row in part], headers=headers)


def create_trigger(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    return _data(_trigger_wire(request, webhooks.new_trigger(request.world, hook, request.body)), 201)


def delete_trigger(request: Request) -> Answer:
    hook = _hook(request, "hook_id")
    row = within(request.world.triggers.get(whole(request.variables["id"])), "hook_id", hook["id"])
    request.world.triggers.remove(row)
    return Answer(status=204)


def list_resources(request: Request) -> Answer:
    return _data(resources.listing(resources.COMPANY if _scope(request) is None else resources.PROJECT))


_COMPANY = "/rest/v2.0/companies/{company_id:int}"
_CONTRACTS = f"{_COMPANY}/projects/{{project_id:int}}/commitment_contracts"
_ORDER_LINES = f"{_COMPANY}/projects/{{project_id:int}}/commitment_change_orders/{{order_id:int}}/line_items"
ROUTES: RouteTable = [
    ("GET", _CONTRACTS, list_contracts),
    ("POST", _CONTRACTS, create_contract),
    ("GET", f"{_CONTRACTS}/{{id:int}}", show_contract),
    ("PATCH", f"{_CONTRACTS}/{{id:int}}", update_contract),
    ("DELETE", f"{_CONTRACTS}/{{id:int}}", delete_contract),
    ("GET", f"{_CONTRACTS}/{{contract_id:int}}/line_items", list_lines),
    ("POST", f"{_CONTRACTS}/{{contract_id:int}}/line_items", create_line),
    ("GET", f"{_CONTRACTS}/{{contract_id:int}}/line_items/{{id:int}}", show_line),
    ("PATCH", f"{_CONTRACTS}/{{contract_id:int}}/line_items/{{id:int}}", update_line),
    ("DELETE", f"{_CONTRACTS}/{{contract_id:int}}/line_items/{{id:int}}", delete_line),
    ("GET", _ORDER_LINES, list_order_lines),
    ("POST", _ORDER_LINES, create_order_line),
    ("GET", f"{_ORDER_LINES}/{{id:int}}", show_order_line),
    ("PATCH", f"{_ORDER_LINES}/{{id:int}}", update_order_line),
    ("DELETE", f"{_ORDER_LINES}/{{id:int}}", delete_order_line),
]
for _base in (f"{_COMPANY}/webhooks", f"{_COMPANY}/projects/{{project_id:int}}/webhooks"):
    ROUTES += [
        ("GET", f"{_base}/hooks", list_hooks),
        ("POST", f"{_base}/hooks", create_hook),
        ("GET", f"{_base}/hooks/{{id:int}}", show_hook),
        ("PATCH", f"{_base}/hooks/{{id:int}}", update_hook),
        ("DELETE", f"{_base}/hooks/{{id:int}}", delete_hook),
        ("GET", f"{_base}/hooks/{{hook_id:int}}/triggers", list_triggers),
        ("POST", f"{_base}/hooks/{{hook_id:int}}/triggers", create_trigger),
        ("DELETE", f"{_base}/hooks/{{hook_id:int}}/triggers/{{id:int}}", delete_trigger),
        ("GET", f"{_base}/resources", list_resources),
    ]
