"""All routes of the API, and the handlers that all kinds of record share."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from ml_connector.sandbox.kit.http import Answer
from ml_connector.sandbox.visma_net.entities import (
    accounts,
    budgets,
    invoices,
    journals,
    orders,
    payments,
    projects,
    receipts,
    reference,
    suppliers,
)
from ml_connector.sandbox.visma_net.entities.entity import Entity
from ml_connector.sandbox.visma_net.web import actions, attachments, dimension_routes, lists, supplier_routes
from ml_connector.sandbox.visma_net.web.fields import read
from ml_connector.sandbox.visma_net.web.request import Request, changed, created, shown
from ml_connector.sandbox.visma_net.web.router import Handler, Router

RECORDS: tuple[Entity, ...] = (
    suppliers.SUPPLIER,
    invoices.INVOICES,
    orders.ORDERS,
    orders.BASIC_ORDERS,
    receipts.RECEIPTS,
    receipts.RECEIPTS_V2,
    journals.JOURNAL,
    accounts.ACCOUNTS,
    accounts.SUBACCOUNTS,
    projects.PROJECTS_BY_ID,
    projects.PROJECTS,
    projects.BASIC_PROJECTS,
    projects.TASKS,
    budgets.BUDGETS,
    payments.PAYMENTS,
    *reference.LISTS,
    invoices.DOCUMENTS,
)
_LIST_ONLY = (projects.BASIC_PROJECTS, invoices.DOCUMENTS, budgets.BUDGETS)
_TWO_PARTS = ("Invoice", "Journal", "Payment")
_NO_LIST = (journals.JOURNAL, projects.PROJECTS_BY_ID)


def build() -> Router:
    """The router of the API, all but tokens, background and subscriptions."""
    router = Router()
    router.add("GET", journals.JOURNAL.path, lists.batches)
    router.add("GET", "/v1/GeneralLedgerTransactions", lists.transactions)
    router.add("GET", "/v1/project/tasks", _list(projects.TASKS))
    for entity in RECORDS:
        _add(router, entity)
    for kind in ("{documentType}/{number}", "documentType/{documentType}/{number}"):
        for method, handler in (("GET", _get_typed), ("PUT", _put_typed), ("DELETE", _delete_typed)):
            router.add(method, f"/v1/supplierInvoice/{kind}", handler)
    router.add("DELETE", "/v1/supplierInvoice/{number}", _delete_invoice)
    router.add("GET", "/v1/supplierPayment/{kind}/{number}", _get_payment)
    router.add("POST", "/v1/projecttask/{key}", _post_task)
    for module in (actions, attachments, dimension_routes, supplier_routes):
        module.add(router)
    return router


def _add(router: Router, entity: Entity) -> None:
    if entity not in _NO_LIST:
        router.add("GET", entity.path, _list(entity))
    if entity not in _LIST_ONLY:
        router.add("GET", f"{entity.path}/{{key}}", _get(entity))
    if entity.create is not None:
        router.add("POST", entity.path, _post(entity, entity.create))
    if entity.apply is not None:
        router.add("PUT", f"{entity.path}/{{key}}", _put(entity))


def _list(entity: Entity) -> Handler:
    return lambda request: lists.listed(request, entity)


def _get(entity: Entity) -> Handler:
    def handler(request: Request, key: str) -> Answer:
        record = entity.get(request.desk, key)
        return shown(record, entity.show(request.desk, record, None))

    return handler


def _post(entity: Entity, create: Callable[..., object]) -> Handler:
    def handler(request: Request) -> Answer:
        assert entity.create is not None
        record = entity.create(request.desk, read(entity.fields, request.body()))
        number = record.key.partition(" ")[2] if entity.kind in _TWO_PARTS else record.key
        return created(request, record, f"{entity.path}/{quote(number, safe='')}")

    return handler


def _put(entity: Entity) -> Handler:
    return lambda request, key: put(request, entity, key)


def put(request: Request, entity: Entity, key: str) -> Answer:
    """Change one record, guarded by If-Match."""
    record = entity.get(request.desk, key)
    request.guard(record)
    entity.change(request.desk, record, read(entity.fields, request.body()))
    return changed(record)


# keys of two parts


def _get_typed(request: Request, documentType: str, number: str) -> Answer:  # noqa: N803
    return _get(invoices.INVOICES)(request, f"{documentType} {number}")


def _put_typed(request: Request, documentType: str, number: str) -> Answer:  # noqa: N803
    return put(request, invoices.INVOICES, f"{documentType} {number}")


def _delete_typed(request: Request, documentType: str, number: str) -> Answer:  # noqa: N803
    return actions.delete_invoice(request, f"{documentType} {number}")


def _delete_invoice(request: Request, number: str) -> Answer:
    return actions.delete_invoice(request, number)


def _get_payment(request: Request, kind: str, number: str) -> Answer:
    return _get(payments.PAYMENTS)(request, f"{kind} {number}")


def _post_task(request: Request, key: str) -> Answer:
    sent = read(projects.TASK_FIELDS, request.body())
    record = projects.create_task(request.desk, int(key) if key.isdigit() else 0, sent)
    return created(request, record, f"/v1/projecttask/{record.id}")
