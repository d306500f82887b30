"""Contract payments: how a commitment and its requisitions come to be shown as paid (vendors/procore.md §8)."""

from __future__ import annotations

from functools import partial

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.procore import wording
from ml_connector.sandbox.procore.contracts import contract, contract_in_project
from ml_connector.sandbox.procore.fields import ORIGIN_CODE, Fields, Row, fields, taken
from ml_connector.sandbox.procore.lists import paged
from ml_connector.sandbox.procore.locks import refuse_synced
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, within
from ml_connector.sandbox.procore.routing import RouteTable
from ml_connector.sandbox.procore.world import World

_TEXTS = "invoice_number check_number notes"
_WRITABLE: Fields = {
    **fields(text=_TEXTS, number="amount", date="date invoice_date"),
    **fields(whole="payment_number draw_request_number requisition_id"),
    "payment_method": ("check", "credit_card", "electronic"),
    **ORIGIN_CODE,
}


def issued(world: World, row: Row) -> Row:
    """As a contract shows it."""
    shown: Row = {name: row.get(name) for name in (*_TEXTS.split(), *ORIGIN_CODE)}
    return shown | {
        "id": row["id"],
        "amount": wording.sum_text(row["amount"]),
        "date": wording.day(row.get("date")),
        "payment_number": row.get("payment_number"),
        "draw_request_number": row.get("draw_request_number"),
        "attachments": [],
        "currency_configuration": world.currency_configuration(contract(world, row["contract_id"])),
        "created_at": wording.time(row["created_at"]),
    }


def wire(world: World, row: Row) -> Row:
    shown = issued(world, row)
    del shown["currency_configuration"]  # of the contract's list
    return shown | {
        "contract_id": row["contract_id"],
        "project_id": row["project_id"],
        "requisition_id": row.get("requisition_id"),
        "status": "paid",
        "date_payment_initiated": None,
        "date_payment_settled": None,
        "external_payment_id": None,
        "updated_at": wording.time(row["updated_at"]),
    }


def list_payments(request: Request) -> Answer:
    """Paged, without any filter."""
    holder = contract_in_project(request, request.needed("contract_id"))
    return paged(request, request.world.payments.of("contract_id", holder["id"]), partial(wire, request.world))


def show(request: Request) -> Answer:
    return json_answer(wire(request.world, _payment(request)))


def create(request: Request) -> Answer:
    holder = contract_in_project(request, request.needed("contract_id"))
    row = write_new(request.world, holder, request.wrapped("contract_payment"))
    return json_answer(wire(request.world, row), 201)


def update(request: Request) -> Answer:
    row = _payment(request)
    write(request.world, row, request.wrapped("contract_payment"))
    return json_answer(wire(request.world, row))


def delete(request: Request) -> Answer:
    row = _payment(request)
    refuse_synced(request.world, row, None)
    request.world.delete(request.world.payments, row)
    return json_answer({})


def write_new(world: World, holder: Row, given: Row) -> Row:
    """Raises Invalid."""
    values = taken(given, _WRITABLE)
    if values.get("amount") is None:
        raise Invalid({"amount": ["can't be blank"]})
    _check(world, holder["id"], values)
    number = len(world.payments.of("contract_id", holder["id"])) + 1
    place = {"project_id": holder["project_id"], "contract_id": holder["id"], "payment_number": number}
    given_values = {name: value for name, value in values.items() if value is not None}
    return world.create(world.payments, place | given_values)


def write(world: World, row: Row, given: Row) -> None:
    """Raises Invalid."""
    values = taken(given, _WRITABLE)
    refuse_synced(world, row, values)
    if "amount" in values and values["amount"] is None:
        raise Invalid({"amount": ["can't be blank"]})
    _check(world, row["contract_id"], values)
    world.update(world.payments, row, values)


def _check(world: World, holder: int, values: Row) -> None:
    number = values.get("requisition_id")
    if number is None:
        return
    requisition = world.requisitions.get(number)
    if requisition is None or requisition["commitment_id"] != holder:
        raise Invalid({"requisition_id": ["must exist"]})


def _payment(request: Request) -> Row:
    row = within(request.world.payments.get(request.id()), "project_id", request.project()["id"])
    return within(row, "contract_id", request.needed("contract_id"))


_PATH = "/rest/v1.0/contract_payments"
ROUTES: RouteTable = [
    ("GET", _PATH, list_payments),
    ("POST", _PATH, create),
    ("GET", f"{_PATH}/{{id:int}}", show),
    ("PATCH", f"{_PATH}/{{id:int}}", update),
    ("DELETE", f"{_PATH}/{{id:int}}", delete),
]
