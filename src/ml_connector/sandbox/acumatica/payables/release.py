"""Release of a bill or adjustment: ledger, order lines, budgets, and the effect on what it reverses."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica import budget, coding, ledger, periods
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty
from ml_connector.sandbox.acumatica.payables import applications, documents
from ml_connector.sandbox.acumatica.rows import Row

ZERO = Decimal(0)


def release(desk: Desk, document: Row) -> None:
    """Post the document. Raises Fault when its status or its period forbids it; then nothing has changed."""
    _check(desk, document)
    post(desk, document)
    if documents.is_reversal(document) and desk.switches.on("reversal_applies"):
        _apply_reversal(desk, document)
    applications.settle_waiting(desk, document)


def _check(desk: Desk, document: Row) -> None:
    what = f"{document.text('Type')} {document.text('ReferenceNbr')}"
    if document.flag("Hold"):
        raise business(f"{what} is on hold and cannot be released.")
    if document.text("Status") != "Balanced":
        raise business(f"Document status is invalid for processing: {what} is {document.text('Status')}.")
    if not document.lines():
        raise business(f"{what} has no lines and cannot be released.")
    if document.amount("Amount") < 0:
        raise business("Document balance will become negative. The document will not be released.")
    if not periods.is_open(desk.store, document.text("PostPeriod")):
        raise business(cannot_be_empty("Post Period"))


def post(desk: Desk, document: Row) -> None:
    """The consequences of release, without the checks."""
    sign = -1 if document.text("Type") == documents.DEBIT else 1
    document.beyond[documents.RELEASED] = True
    document["Balance"] = document["Amount"]
    document.beyond[documents.BATCH] = ledger.post(
        desk,
        entries(desk, document),
        day=document.day("Date") or desk.today,
        period=document.text("PostPeriod"),
        text=document.text("Description"),
        currency=document.text("CurrencyID"),
    )
    if not document.beyond_flag(*documents.IS_RETAINAGE):
        for line in document.lines():
            _count(desk, line, sign)
    documents.set_status(desk, document)
    desk.store.touch(document)


def entries(desk: Desk, document: Row) -> list[ledger.Entry]:
    """The ledger lines: each line's cost, the retained part, tax, and the payable as the last one."""
    sign = -1 if document.text("Type") == documents.DEBIT else 1
    vendor = desk.find("Vendor", document.text("Vendor"))
    payable = vendor.text("APAccount") if vendor is not None else desk.set_up.payables

    def entry(place: Coding, amount: Decimal, text: str) -> ledger.Entry:
        return ledger.Entry(
            coding=place,
            amount=sign * amount,
            text=text,
            document=document.text("ReferenceNbr"),
            party=document.text("Vendor"),
        )

    found = [
        entry(coding.of(line), line.amount("Amount"), line.text("TransactionDescription")) for line in document.lines()
    ]
    found.append(entry(Coding(desk.set_up.tax), document.amount("TaxTotal"), "Tax"))
    retained = document.beyond_amount(*documents.RETAINAGE_TOTAL)
    found.append(entry(Coding(desk.set_up.retainage_payable), -retained, "Retainage"))
    found.append(entry(Coding(payable), -document.amount("Amount"), document.text("Description")))
    return found


def _count(desk: Desk, line: Row, sign: int) -> None:
    amount = sign * line.amount("Amount")
    retained = sign * line.beyond_amount(*documents.LINE_RETAINAGE)
    budget.move(desk, coding.of(line), budget.Movement(actual=amount, retained=retained))
    if not line.text("POOrderNbr"):
        return
    order = orders.find(desk, line.text("POOrderType"), line.text("POOrderNbr"))
    ordered = orders.line_of(order, line.whole("POLine")) if order is not None else None
    if order is not None and ordered is not None:
        orders.bill(desk, order, ordered, amount)


def _apply_reversal(desk: Desk, adjustment: Row) -> None:
    """The adjustment pays the document that it reverses, as far as that is unpaid."""
    reversed_one = documents.original(desk, adjustment)
    if reversed_one is None or not documents.is_released(reversed_one):
        return
    amount = min(adjustment.amount("Balance"), reversed_one.amount("Balance"))
    reversed_one.beyond[documents.RETAINAGE_LEFT] = ZERO
    if amount:
        applications.settle_with(desk, adjustment, reversed_one, amount)
    else:
        desk.store.touch(reversed_one)
