"""What /v1/supplier has below a supplier: documents, contacts, balances (vendors/visma_net.md §6.1)."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import TypeAlias

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk, amount
from ml_connector.sandbox.visma_net.entities import invoices, suppliers
from ml_connector.sandbox.visma_net.entities.entity import Entity
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web import lists
from ml_connector.sandbox.visma_net.web.request import Request
from ml_connector.sandbox.visma_net.web.router import Handler, Router

_Show: TypeAlias = Callable[[Desk, Record], Values]


def add(router: Router) -> None:
    """The routes below suppliers."""
    router.add("GET", "/v1/supplier/balance", _all(_balance))
    router.add("GET", "/v1/supplier/POBalance", _all(_order_balance))
    router.add("GET", "/v1/supplier/{key}/balance", _one(_balance))
    router.add("GET", "/v1/supplier/{key}/POBalance", _one(_order_balance))
    router.add("GET", "/v1/supplier/{key}/contact", _contacts)
    router.add("GET", "/v1/supplier/{key}/invoice", _documents(invoices.INVOICES))
    router.add("GET", "/v1/supplier/{key}/document", _documents(invoices.DOCUMENTS))


def _all(show: _Show) -> Handler:
    def handler(request: Request) -> Answer:
        rows = [row for row in request.desk.company["Supplier"] if request.query.changed(row)]
        return json_answer([show(request.desk, row) for row in rows])

    return handler


def _one(show: _Show) -> Handler:
    def handler(request: Request, key: str) -> Answer:
        return json_answer(show(request.desk, suppliers.SUPPLIER.get(request.desk, key)))

    return handler


def _documents(entity: Entity) -> Handler:
    def handler(request: Request, key: str) -> Answer:
        desk, query = request.desk, request.query
        supplier = suppliers.SUPPLIER.get(desk, key)
        keep = entity.keep(desk, query)
        rows = [row for row in desk.company["Invoice"] if row["supplierNumber"] == supplier.key and keep(row)]
        return json_answer(lists.page(request, entity.path, rows, lambda row: entity.show(desk, row, query)))

    return handler


def _contacts(request: Request, key: str) -> Answer:
    supplier = suppliers.SUPPLIER.get(request.desk, key)
    main = supplier["mainContact"] or {}
    if not any(main.values()):
        return json_answer([])
    own = {name: main.get(name) for name in ("email", "web", "phone1", "phone2", "fax")}
    stamps = {"lastModifiedDateTime": request.desk.stamp(supplier.modified), "timeStamp": supplier.stamp}
    who = {"displayName": main.get("name") or supplier["name"], "active": True, "businessAccount": supplier.key}
    return json_answer([{**who, **own, "contactId": supplier.id * 10, **stamps, "errorInfo": ""}])


def _balance(desk: Desk, row: Record) -> Values:
    open_ones = [one for one in desk.company["Invoice"] if one["supplierNumber"] == row.key]
    due, waiting = ZERO, ZERO
    for one in open_ones:
        sign = -1 if one["documentType"] in ("DebitAdj", "Refund") else 1
        left = desk.company.in_base(sign * Decimal(one["balance"]), one["exchangeRate"])
        if one["status"] in ("Hold", "Balanced"):
            waiting += left
        else:
            due += left
    return {
        "branchNumber": desk.company.set_up.branch,
        "supplier": coding.supplier_ref(desk, row.key),
        "balance": amount(due),
        "unreleasedPurchasesNotInApproval": {"withVat": amount(waiting)},
        "lastModifiedDateTime": desk.stamp(row.modified),
    }


def _order_balance(desk: Desk, row: Record) -> Values:
    sums = {"OnHold": ZERO, "Open": ZERO, "Closed": ZERO}
    for order in desk.company["Order"]:
        place = {"Hold": "OnHold", "Closed": "Closed", "Cancelled": "", "Voided": ""}.get(order["status"], "Open")
        if order["supplier"] == row.key and place:
            sums[place] += sum((line["amount"] for line in order.lines if not line.get("canceled")), ZERO)
    names = {"OnHold": "totalPOOnHoldLineTotal", "Open": "totalOpenPOLineTotal", "Closed": "totalClosedPOLineTotal"}
    return {
        "supplier": coding.supplier_ref(desk, row.key),
        **{name: amount(sums[place]) for place, name in names.items()},
        "lastModifiedDateTime": desk.stamp(row.modified),
    }
