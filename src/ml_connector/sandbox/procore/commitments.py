"""Work order and purchase order contracts with their lines (vendors/procore.md §5)."""

from __future__ import annotations

from functools import partial
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import change_requests, lines, potential_orders, wording
from ml_connector.sandbox.procore.budget import ensure_budget_line
from ml_connector.sandbox.procore.change_orders import thin as change_order_thin
from ml_connector.sandbox.procore.contracts import (
    KINDS,
    Kind,
    amounts,
    contract,
    is_locked,
    kind_of,
    lines_of,
    refuse_locked,
)
from ml_connector.sandbox.procore.fields import CURRENCY, ORIGIN_CODE, Row, taken
from ml_connector.sandbox.procore.lists import chosen, filters, paged
from ml_connector.sandbox.procore.payments import issued
from ml_connector.sandbox.procore.projects import PERSON
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.sync import Upsert
from ml_connector.sandbox.procore.vendors import put_in_project
from ml_connector.sandbox.procore.world import World, live

_FILTERS = {"id": "ids", "status": "text", "created_at": "time", "updated_at": "time", "origin_id": "text"}
_LINE_FILTERS = {"id": "ids", "created_at": "time", "updated_at": "time"}


def wire(world: World, row: Row, *, alone: bool = False) -> Row:
    """A list row; `alone` adds what Show has."""
    kind = kind_of(row)
    vendor = world.vendors.get(row.get("vendor_id"))
    project = world.projects.get(row["project_id"]) or {}
    fields = {name: word for name, word in kind.writable.items() if name not in ("vendor_id", *CURRENCY)}
    shown: Row = {name: _text(row.get(name), word) for name, word in fields.items()}
    if "assignee_id" in shown:
        person = shown.pop("assignee_id")
        shown["assignee"] = {"id": person} if person is not None else None
    shown |= {name: row.get(name) for name in ORIGIN_CODE}
    shown |= amounts(world, row)
    shown |= {
        "id": row["id"],
        "vendor": {"id": vendor["id"], "company": vendor["name"]} if vendor else None,
        "project": {"id": row["project_id"], "name": project.get("name")},
        "requisitions_are_enabled": True,
        "currency_configuration": world.currency_configuration(row),
        "created_at": wording.time(row["created_at"]),
        "updated_at": wording.time(row["updated_at"]),
        "deleted_at": wording.time(row.get("deleted_at")),
    }
    if alone:
        if vendor:
            shown["vendor"] |= {"origin_id": vendor.get("origin_id"), "origin_data": vendor.get("origin_data")}
        orders = live(world.change_orders.of("contract_id", row["id"]))
        potential = live(world.potential_change_orders.of("contract_id", row["id"]))
        asked = live(world.change_order_requests.of("contract_id", row["id"]))
        shown |= {
            "line_items": [line_wire(world, row, line) for line in lines_of(world, row)],
            "payments_issued": [issued(world, payment) for payment in world.payments.of("contract_id", row["id"])],
            "change_order_packages": [change_order_thin(world, order) for order in orders],
            "change_order_requests": [change_requests.thin(world, one) for one in asked],
            "potential_change_orders": [potential_orders.thin(world, one) for one in potential],
            "invoice_contacts": [],
            "created_by_id": PERSON["id"],
            "attachments": [],
        }
    return shown


def line_wire(world: World, holder: Row, row: Row) -> Row:
    return lines.wire(world, row, holder=holder, holder_type=holder["kind"])


def _text(value: Any, word: object) -> Any:
    if word == "date":
        return wording.day(value)
    return wording.money(value) if word == "number" else value


class Endpoints:
    """The calls of one kind; both have the same."""

    def __init__(self, kind: Kind) -> None:
        self._kind = kind

    def routes(self) -> RouteTable:
        base = f"/rest/v1.0/{self._kind.path}"
        one, many = f"{base}/{{id:int}}", f"{base}/{{contract_id:int}}/line_items"
        return [
            ("GET", base, self.list),
            ("POST", base, self.create),
            ("PATCH", f"{base}/sync", self.sync),
            ("GET", one, self.show),
            ("PATCH", one, self.update),
            ("DELETE", one, self.delete),
            ("GET", many, self.list_lines),
            ("POST", many, self.create_line),
            ("PATCH", f"{many}/sync", self.sync_lines),
            ("GET", f"{many}/{{id:int}}", self.show_line),
            ("PATCH", f"{many}/{{id:int}}", self.update_line),
            ("DELETE", f"{many}/{{id:int}}", self.delete_line),
        ]

    def list(self, request: Request) -> Answer:
        rows = self._kind.contracts(request.world).of("project_id", request.project()["id"])
        wanted = filters(request).get("include_deleted", [""])[-1]
        if wanted == "only":
            rows = [row for row in rows if row.get("deleted_at") is not None]
        elif wanted != "with":
            rows = live(rows)
        alone = request.call.param("view") == "extended" and request.world.switches.on("contract_lists_have_lines")
        return paged(request, chosen(request, rows, _FILTERS), lambda row: wire(request.world, row, alone=alone))

    def show(self, request: Request) -> Answer:
        return json_answer(wire(request.world, self._contract(request, request.id()), alone=True))

    def create(self, request: Request) -> Answer:
        row = write_new(request.world, self._kind, request.project(), request.wrapped(self._kind.wrapper))
        return json_answer(wire(request.world, row, alone=True), 201)

    def update(self, request: Request) -> Answer:
        row = self._contract(request, request.id())
        write(request.world, row, request.wrapped(self._kind.wrapper))
        return json_answer(wire(request.world, row, alone=True))

    def delete(self, request: Request) -> Answer:
        row = self._contract(request, request.id())
        refuse_locked(request.world, row, "base")
        if request.world.requisitions.of("commitment_id", row["id"]):
            raise Invalid({"base": ["has invoices"]})
        request.world.mark_deleted(self._kind.contracts(request.world), row)
        return json_answer({})

    def sync(self, request: Request) -> Answer:
        project, world = request.project(), request.world
        upsert = Upsert(
            world,
            self._kind.contracts(world),
            create=lambda given: write_new(world, self._kind, project, given),
            update=lambda row, given: write(world, row, given),
            shape=lambda row: wire(world, row),
            inside=lambda row: bool(row["project_id"] == project["id"]),
        )
        return upsert.run(request.updates())

    def list_lines(self, request: Request) -> Answer:
        holder = self._contract(request, request.id("contract_id"))
        rows = chosen(request, lines_of(request.world, holder), _LINE_FILTERS)
        return paged(request, rows, partial(line_wire, request.world, holder))

    def show_line(self, request: Request) -> Answer:
        holder, line = self._line(request)
        return json_answer(line_wire(request.world, holder, line))

    def create_line(self, request: Request) -> Answer:
        holder = self._contract(request, request.id("contract_id"))
        line = write_new_line(request.world, holder, request.wrapped("line_item"))
        return json_answer(line_wire(request.world, holder, line), 201)

    def update_line(self, request: Request) -> Answer:
        holder, line = self._line(request)
        write_line(request.world, holder, line, request.wrapped("line_item"))
        return json_answer(line_wire(request.world, holder, line))

    def delete_line(self, request: Request) -> Answer:
        holder, line = self._line(request)
        remove_line(request.world, holder, line)
        return json_answer({})

    def sync_lines(self, request: Request) -> Answer:
        world = request.world
        holder = self._contract(request, request.id("contract_id"))
        upsert = Upsert(
            world,
            self._kind.lines(world),
            create=lambda given: write_new_line(world, holder, given),
            update=lambda line, given: write_line(world, holder, line, given),
            shape=partial(line_wire, world, holder),
            inside=lambda line: bool(line["contract_id"] == holder["id"]),
        )
        return upsert.run(request.updates())

    def _contract(self, request: Request, number: int) -> Row:
        project = request.project()
        return within(self._kind.contracts(request.world).get(number), "project_id", project["id"])

    def _line(self, request: Request) -> tuple[Row, Row]:
        holder = self._contract(request, request.id("contract_id"))
        return holder, within(self._kind.lines(request.world).get(request.id()), "contract_id", holder["id"])


def write_new(world: World, kind: Kind, project: Row, given: Row) -> Row:
    """Raises Invalid. Lines that come inside are ignored: they have calls of their own."""
    values = taken(given, kind.writable)
    _check_vendor(world, project["id"], values)
    table = kind.contracts(world)
    used = {row["number"] for row in live(table.of("project_id", project["id"]))}
    if values.get("number") in used:
        raise Invalid({"number": ["has already been taken"]})
    blank = {
        "kind": kind.type,
        "project_id": project["id"],
        "number": _next_number(kind, used),
        "status": "Draft",
        "accounting_method": "amount",
        "executed": False,
        "private": False,
        "retainage_percent": None,
    }
    return world.create(table, blank | {name: value for name, value in values.items() if value is not None})


def write(world: World, row: Row, given: Row) -> None:
    """Raises Invalid."""
    values = taken(given, kind_of(row).writable)
    if values.get("vendor_id", row.get("vendor_id")) != row.get("vendor_id"):
        refuse_locked(world, row, "vendor_id")
        _check_vendor(world, row["project_id"], values)
    for name in ("status", "number", "accounting_method"):
        if name in values and values[name] is None:
            raise Invalid({name: ["can't be blank"]})
    others = (one for one in live(kind_of(row).contracts(world).of("project_id", row["project_id"])) if one is not row)
    if "number" in values and values["number"] in {one["number"] for one in others}:
        raise Invalid({"number": ["has already been taken"]})
    world.update(kind_of(row).contracts(world), row, values)


def _check_vendor(world: World, project: int, values: Row) -> None:
    number = values.get("vendor_id")
    if number is None:
        return
    vendor = world.vendors.get(number)
    if vendor is None:
        raise Invalid({"vendor_id": ["must exist"]})
    if not world.by_app:  # the screens add it by themselves
        put_in_project(world, vendor, project)
    if world.switches.on("vendor_in_directory") and project not in vendor["project_ids"]:
        raise Invalid({"vendor_id": ["is not in the directory of the project"]})


def _next_number(kind: Kind, used: set[str]) -> str:
    number = len(used) + 1
    while f"{kind.prefix}-{number:03}" in used:
        number += 1
    return f"{kind.prefix}-{number:03}"


def write_new_line(world: World, holder: Row, given: Row) -> Row:
    """Raises Invalid."""
    refuse_locked(world, holder, "base")
    values = lines.coded(world, holder["project_id"], taken(given, lines.WRITABLE))
    values = lines.priced(values, {}, by_unit=holder["accounting_method"] == "unit")
    place = {"contract_id": holder["id"], "project_id": holder["project_id"], "wbs_code_id": None}
    position = len(lines_of(world, holder)) + 1
    row = world.create(kind_of(holder).lines(world), {**lines.BLANK, **place, "position": position, **values})
    ensure_budget_line(world, row["wbs_code_id"])
    return row


def write_line(world: World, holder: Row, line: Row, given: Row) -> None:
    """Raises Invalid."""
    values = taken(given, lines.WRITABLE)
    if is_locked(world, holder) and not set(values) <= set(ORIGIN_CODE):
        refuse_locked(world, holder, "base")
    values = lines.coded(world, holder["project_id"], values)
    if lines.PRICED & set(values):
        values = lines.priced(values, line, by_unit=holder["accounting_method"] == "unit")
    world.update(kind_of(holder).lines(world), line, values)
    ensure_budget_line(world, line["wbs_code_id"])


def remove_line(world: World, holder: Row, line: Row) -> None:
    """Raises Invalid."""
    refuse_locked(world, holder, "base")
    world.delete(kind_of(holder).lines(world), line)


def list_thin(request: Request) -> Answer:
    """Both kinds in thin rows; deprecated by the vendor."""
    project, world = request.project(), request.world
    rows = [row for kind in KINDS for row in live(kind.contracts(world).of("project_id", project["id"]))]
    return paged(request, rows, partial(_thin, world))


def show_thin(request: Request) -> Answer:
    row = within(contract(request.world, request.id()), "project_id", request.project()["id"])
    return json_answer(_thin(request.world, row))


def _thin(world: World, row: Row) -> Row:
    vendor = world.vendors.get(row.get("vendor_id"))
    shown: Row = {name: row.get(name) for name in ("id", "title", "number", "status", "description", "private")}
    return shown | {
        "executed": row["executed"],
        "delivery_date": wording.day(row.get("delivery_date")),
        "vendor": {"id": vendor["id"], "name": vendor["name"]} if vendor else None,
        "created_at": wording.time(row["created_at"]),
    }


ROUTES: RouteTable = [
    ("GET", "/rest/v1.0/commitments", list_thin),
    ("GET", "/rest/v1.0/commitments/{id:int}", show_thin),
    *(route for kind in KINDS for route in Endpoints(kind).routes()),
]
