"""Actions on documents: release and the like, done at once or queued (vendors/visma_net.md §5, §6, §12)."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from ml_connector.sandbox.kit.http import Answer, json_answer
from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_life, invoices, journals, orders, payments, receipts
from ml_connector.sandbox.visma_net.entities.entity import Entity
from ml_connector.sandbox.visma_net.errors import Refused
from ml_connector.sandbox.visma_net.records import Record
from ml_connector.sandbox.visma_net.web.fields import read
from ml_connector.sandbox.visma_net.web.request import Request
from ml_connector.sandbox.visma_net.web.router import Handler, Router

Perform = Callable[[Desk, Record], Any]
RELEASES: dict[str, Perform] = {
    "Journal": journals.release,
    "Invoice": invoice_life.release,
    "Receipt": receipts.release,
    "Payment": payments.release,
}
_INVOICE: dict[str, Perform] = {
    "prebook": invoice_life.prebook,
    "reverse": invoice_life.reverse,
    "voidinvoice": invoice_life.void,
    "writeoff": invoice_life.write_off,
    "sendtoapproval": invoice_life.send_to_approval,
}


def add(router: Router) -> None:
    """The action routes."""
    release_path = "{key}/action/release"
    for entity in (journals.JOURNAL, invoices.INVOICES, receipts.RECEIPTS):
        router.add("POST", f"{entity.path}/{release_path}", _released(entity))
    router.add("POST", f"{payments.PAYMENTS.path}/{release_path}", _release_payment)
    typed = "/v1/supplierInvoice/{documentType}/{number}/action/"
    router.add("POST", f"{typed}release", _typed(_released(invoices.INVOICES)))
    for name, perform in _INVOICE.items():
        router.add("POST", f"{typed}{name}", _typed(_done(invoices.INVOICES, perform)))
    router.add("POST", "/v1/PurchaseReceipt/{key}/action/cancelReceipt", _done(receipts.RECEIPTS, receipts.cancel))
    for name in ("addpurchaseorder", "addpurchaseorderlines"):
        router.add("POST", f"/v1/PurchaseReceipt/{{key}}/action/{name}", _add_orders)
    router.add("POST", "/v1/purchaseorder/{key}/action/createpurchasereceipt", _create_receipt)


def result(word: str = "Done", error: str = "") -> Answer:
    """200 of an action."""
    return json_answer({"actionId": str(uuid.uuid4()), "actionResult": word, "errorInfo": error})


def _typed(handler: Handler) -> Handler:
    def typed(request: Request, documentType: str, number: str) -> Answer:  # noqa: N803
        return handler(request, key=f"{documentType} {number}")

    return typed


def _release_payment(request: Request, key: str) -> Answer:
    """The body names the type of the payment, Payment unless it does."""
    kind = read({"type": payments.FIELDS["type"]}, request.body()).get("type") or payments.PAYMENT
    return _released(payments.PAYMENTS)(request, key=f"{kind} {key}")


def _guard(request: Request, record: Record) -> None:
    """If-Match of an action counts only in background mode (§8)."""
    if request.background:
        request.guard(record)


def _done(entity: Entity, perform: Perform) -> Handler:
    def handler(request: Request, key: str) -> Answer:
        record = entity.get(request.desk, key)
        _guard(request, record)
        perform(request.desk, record)
        return result()

    return handler


def _released(entity: Entity) -> Handler:
    def handler(request: Request, key: str) -> Answer:
        desk = request.desk
        record = entity.get(desk, key)
        _guard(request, record)
        word = str(desk.switches["release_answer"])
        try:
            if word == "Done":
                RELEASES[entity.kind](desk, record)
            else:
                queue(desk, record)
        except Refused as refused:
            if desk.switches["release_failure"] == "status":
                raise
            return result("Failed", refused.text)
        return result(word)

    return handler


def queue(desk: Desk, record: Record) -> None:
    """Release the record later; what fails then leaves it as it is."""
    desk.company.queued.append((desk.company.now(), record))


def settle(desk: Desk) -> None:
    """Do the queued releases that are due."""
    if not desk.company.queued:
        return
    now, wait = desk.company.now(), timedelta(milliseconds=desk.switches.number("release_ms"))
    due = [record for asked, record in desk.company.queued if now >= asked + wait]
    desk.company.queued = [pair for pair in desk.company.queued if now < pair[0] + wait]
    for record in due:
        try:
            RELEASES[record.kind](desk, record)
        except Refused as refused:
            record["release_error"] = refused.text


def delete_invoice(request: Request, key: str) -> Answer:
    """DELETE of a document that is not released."""
    invoice_life.delete(request.desk, invoices.INVOICES.get(request.desk, key))
    return Answer(status=204)


def _create_receipt(request: Request, key: str) -> Answer:
    made = receipts.of_order(request.desk, orders.ORDERS.get(request.desk, key))
    for line in made.lines:
        coding.settle(request.desk, line)
    return json_answer({"actionId": str(uuid.uuid4()), "actionResult": "Done", "errorInfo": "", "receiptNbr": made.key})


def _add_orders(request: Request, key: str) -> Answer:
    receipts.add_orders(request.desk, receipts.RECEIPTS.get(request.desk, key), request.body())
    return result()
