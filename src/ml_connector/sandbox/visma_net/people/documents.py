"""What accountants do with supplier invoices, journals and payments."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.visma_net import numbering
from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_life, invoices, journals, orders, payments
from ml_connector.sandbox.visma_net.people.work import (
    LINE,
    Order,
    People,
    Work,
    amount,
    coded,
    day,
    found,
    lines,
    picked,
)
from ml_connector.sandbox.visma_net.records import Record, Values

_NUMBER = {
    "number": "number of the document",
    "document?": "invoice (default), journal or order",
    "type?": "of an invoice: Invoice unless said otherwise",
}
_EDITS = {
    "description?": "new description",
    "reference?": "new supplierReference, or the order's supplierRef",
    "date?": "new date, YYYY-MM-DD",
    "line?": "number of the line to change, the first unless given",
    "amount?": "its new amount (of a journal: on the side that it has)",
    "account?": "its new account",
    "text?": "its new text",
}
_KEYED = {
    "document?": "invoice (default) or journal",
    "lines": f"of an invoice [{{amount, vat?, {LINE}}}], of a journal [{{debit or credit, reference?, {LINE}}}]",
    "supplier?": "number; an invoice needs it",
    "supplier_reference?": "the supplier's invoice number",
    "date?": "YYYY-MM-DD, today unless given",
    "period?": "YYYYMM, the date's unless given",
    "description?": "as a person types it",
    "type?": "of an invoice: Invoice, DebitAdj, …",
    "release?": "true releases it at once",
}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    edit = people.act("change a document that is not released (an order: that is not done)", _NUMBER | _EDITS, _edit)
    reverse = people.act("enter a reversing journal, released at once", _REVERSED, _reverse_journal)
    pay = {"number": "of a released invoice", "type?": "Invoice unless given", "amount?": "the balance unless given"}
    return {
        "approve": people.act("approve an invoice that waits for it, or an order", _NUMBER, _approve(approved=True)),
        "reject": people.act("reject an invoice or order that waits for approval", _NUMBER, _approve(approved=False)),
        "put_on_hold": people.act("put a document on hold", _NUMBER, _hold(held=True)),
        "remove_hold": people.act("take a document off hold", _NUMBER, _hold(held=False)),
        "release": people.act("release an invoice or journal", _NUMBER, _release),
        "edit": edit,
        "revise": edit,
        "void": people.act(
            "take a document back: unreleased journals and prebooked invoices are voided, released ones reversed, "
            "orders cancelled",
            _NUMBER,
            _void,
        ),
        "delete": people.act("delete an invoice that is not released", _NUMBER, _delete),
        "key_document": people.act("type in an invoice or a journal by hand", _KEYED, _key),
        "reverse_journal": reverse,
        "pay": people.act("pay a released invoice", {**pay, "date?": "today unless given", "reference?": "text"}, _pay),
        "void_payment": people.act("void a payment; the invoice is open again", {"number": "refNbr"}, _void_payment),
    }


_REVERSED = {
    "number": "batchNumber",
    "date?": "YYYY-MM-DD of the reversal, today unless given",
    "release?": "false leaves it balanced",
}


def document(desk: Desk, order: Order) -> Record:
    """The document that the order names."""
    kind, number = str(order.get("document", "invoice")), str(order["number"])
    if kind == "invoice":
        return found(desk, "Invoice", f"{order.get('type', invoices.INVOICE)} {number}", "invoice")
    if kind == "journal":
        return found(desk, "Journal", f"GL {number}")
    if kind == "order":
        return found(desk, "Order", number)
    raise ActRefused("document is invoice, journal or order")


def told(row: Record) -> Values:
    """A document in the answer of an act."""
    number = row["referenceNumber"] or row["batchNumber"] or row.key
    return {"document": row.kind.lower(), "number": number, "status": row["status"]}


def _approve(*, approved: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        row = document(desk, order)
        if row.kind == "Invoice" and row["approvalStatus"] in ("SentToApproval", "RejectedInApproval"):
            row["approvalStatus"] = "ApprovedInApproval" if approved else "RejectedInApproval"
        elif row.kind == "Order" and row["status"] == "Balanced":
            row["approved"] = approved
            row["hold"] = not approved
            orders.set_status(desk, row)
        else:
            raise ActRefused(f"the document {order['number']} does not wait for approval")
        desk.company.touch(row)
        return told(row)

    return work


def _hold(*, held: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        row = document(desk, order)
        _entity(row).change(desk, row, {"hold": held})
        return told(row)

    return work


def _entity(row: Record) -> Any:
    return {"Invoice": invoices.INVOICES, "Journal": journals.JOURNAL, "Order": orders.ORDERS}[row.kind]


def _release(desk: Desk, order: Order) -> object:
    row = document(desk, order)
    release: dict[str, Callable[[Desk, Record], None]] = {"Invoice": invoice_life.release, "Journal": journals.release}
    if row.kind not in release:
        raise ActRefused("orders are not released; remove_hold opens them")
    release[row.kind](desk, row)
    return told(row)


def _edit(desk: Desk, order: Order) -> object:
    row = document(desk, order)
    sent: Values = {}
    names = {
        "Invoice": ("supplierReference", "date"),
        "Order": ("supplierRef", "date"),
        "Journal": ("", "transactionDate"),
    }
    reference, date_name = names[row.kind]
    if "description" in order:
        sent["description"] = str(order["description"])
    if "date" in order:
        sent[date_name] = day(order["date"])
    if "reference" in order and reference:
        sent[reference] = str(order["reference"])
    if {"amount", "account", "text", "line"} & order.keys():
        line = picked(row, order)
        change: Values = {"operation": "Update", "lineNumber": line["lineNumber"]}
        change |= _line_change(row, line, order)
        sent[{"Invoice": "invoiceLines", "Order": "lines", "Journal": "journalTransactionLines"}[row.kind]] = [change]
    _entity(row).change(desk, row, sent)
    return told(row)


def _line_change(row: Record, line: Values, order: Order) -> Values:
    change: Values = {}
    if "account" in order:
        change["account"] = str(order["account"])
    if "text" in order:
        change["lineDescription" if row.kind == "Order" else "transactionDescription"] = str(order["text"])
    if "amount" in order:
        side = "debit" if row.kind == "Journal" and line["debit"] else "credit"
        name = {"Invoice": "costInCurrency", "Order": "amount", "Journal": side}[row.kind]
        change[name] = amount(order["amount"])
        if row.kind == "Order":
            change["unitCost"] = change["amount"] / (line["orderQty"] or Decimal(1))
    return change


def _void(desk: Desk, order: Order) -> object:
    row = document(desk, order)
    if row.kind == "Order":
        return cancel_order(desk, row)
    if row.kind == "Journal":
        if row["status"] in ("Hold", "Balanced"):
            row["status"] = "Voided"
            desk.company.touch(row)
            return told(row)
        return _reverse_journal(desk, order)
    if row["status"] == "Prebooked":
        invoice_life.void(desk, row)
        return told(row)
    made = invoice_life.reverse(desk, row)
    invoice_life.release(desk, made)
    applied = min(row["balance"], made["balance"])
    if applied:
        invoice_life.settle(desk, row, applied)
        invoice_life.settle(desk, made, applied)
    return told(made) | {"type": made["documentType"]}


def cancel_order(desk: Desk, row: Record) -> Values:
    """An order that is not done, received or billed."""
    if row["status"] in ("Closed", "Cancelled", "Voided"):
        raise ActRefused(f"the order {row.key} is {row['status']}")
    if any(line.get("received") or line.get("billed") for line in row.lines):
        raise ActRefused(f"the order {row.key} is received or billed in part; close it instead")
    row["status"] = "Cancelled"
    for line in row.lines:
        line["canceled"] = True
    desk.company.touch(row)
    return told(row)


def _delete(desk: Desk, order: Order) -> object:
    row = document(desk, order)
    if row.kind != "Invoice":
        raise ActRefused("only invoices can be deleted")
    invoice_life.delete(desk, row)
    return {"deleted": row["referenceNumber"]}


def _key(desk: Desk, order: Order) -> object:
    if str(order.get("document", "invoice")) == "journal":
        row = _key_journal(desk, order)
        if order.get("release"):
            journals.release(desk, row)
        return told(row)
    row = _key_invoice(desk, order)
    if order.get("release"):
        invoice_life.release(desk, row)
    return told(row)


def _key_journal(desk: Desk, order: Order) -> Record:
    made = []
    for line in lines(order["lines"]):
        sides = {name: amount(line.get(name) or 0) for name in ("debit", "credit")}
        text = {"transactionDescription": str(line.get("text") or ""), "referenceNumber": line.get("reference")}
        made.append({"operation": "Insert", **coded(line), **sides, **text})
    sent: Values = {"journalTransactionLines": made, "description": str(order.get("description") or "Manual entry")}
    return journals.create(desk, sent | _dated(order, "transactionDate"))


def _key_invoice(desk: Desk, order: Order) -> Record:
    if not order.get("supplier"):
        raise ActRefused("an invoice needs a supplier")
    made = []
    for line in lines(order["lines"]):
        text = {"transactionDescription": str(line.get("text") or ""), "vatCodeId": line.get("vat")}
        made.append({"operation": "Insert", **coded(line), **text, "costInCurrency": amount(line.get("amount"))})
    reference = str(order.get("supplier_reference") or "")
    sent: Values = {
        "documentType": str(order.get("type", invoices.INVOICE)),
        "supplierNumber": str(order["supplier"]),
        "supplierReference": reference or None,
        "description": str(order.get("description") or f"Invoice {reference}"),
        "invoiceLines": made,
    }
    return invoices.create(desk, sent | _dated(order, "date"))


def _dated(order: Order, name: str) -> Values:
    made: Values = {name: day(order["date"])} if "date" in order else {}
    return made | ({"financialPeriod": str(order["period"])} if "period" in order else {})


def _reverse_journal(desk: Desk, order: Order) -> object:
    row = found(desk, "Journal", f"GL {order['number']}")
    if row["status"] not in ("Posted", "Unposted"):
        raise ActRefused(f"the journal {order['number']} is {row['status']}; void it instead")
    draft = journals.reversed_copy(desk, row)
    if "date" in order:
        draft["transactionDate"] = day(order["date"])
        draft["period"] = f"{draft['transactionDate']:%Y%m}"
    journals.apply(desk, draft, {})
    made = journals.add(desk, draft, numbering.free(desk, "journal", "Journal", "GL "))
    if order.get("release", True):
        journals.release(desk, made)
    if desk.switches.on("reversal_touches_original"):
        desk.company.touch(row)
    return told(made) | {"reverses": row["batchNumber"]}


def _pay(desk: Desk, order: Order) -> object:
    row = document(desk, order)
    paid = amount(order["amount"]) if "amount" in order else row["balance"] or ZERO
    moment = day(order["date"]) if "date" in order else desk.company.today()
    payment = payments.pay(desk, row, paid, moment, str(order.get("reference") or ""))
    return told(row) | {"payment": payment["number"], "balance": format(row["balance"], "f")}


def _void_payment(desk: Desk, order: Order) -> object:
    payment = found(desk, "Payment", f"Payment {order['number']}")
    payments.void(desk, payment)
    return {"payment": payment["number"], "status": payment["status"]}
