"""What people do with bills and adjustments."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.sandbox.acumatica import saving
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.payables import applications, approval, corrections, documents, release
from ml_connector.sandbox.acumatica.people.work import (
    CODING,
    Order,
    People,
    Work,
    amount,
    day,
    found,
    line_at,
    lines,
    texts,
    whole,
)
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.kit.vendor import Act, ActRefused

BILL = {"number": "ReferenceNbr of the bill", "type?": "its type label, Bill unless said otherwise"}
_EDITS = {
    "description?": "new Description",
    "vendor_ref?": "new VendorRef",
    "vendor?": "new VendorID",
    "date?": "new Date, YYYY-MM-DD",
    "due_date?": "new DueDate, YYYY-MM-DD",
    "line?": "number of the line to change, from 1",
    "amount?": "its new amount (line 1 if no line is given)",
    "account?": "its new account",
    "cost_code?": "its new cost code",
}
_KEYED = {
    "vendor": "VendorID",
    "vendor_ref": "the vendor's invoice number",
    "lines": "[{account, amount, project?, task?, cost_code?, subaccount?, text?, order_type?, order?, order_line?}]",
    "date?": "YYYY-MM-DD, today unless given",
    "description?": "as a person types it",
    "type?": "Bill unless given",
    "release?": "true releases it at once",
}
_TEXT = {"text": "TransactionDescription", "order_type": "POOrderType", "order": "POOrderNbr"}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    edit = people.act(
        "change a document that is not released (or the harmless fields of a released one)", BILL | _EDITS, _edit
    )
    reverse = people.act(
        "reverse a released bill: a debit adjustment, released unless told otherwise",
        BILL | {"release?": "false leaves the adjustment unreleased"},
        _reverse,
    )
    return {
        "approve": people.act("approve a bill that is pending approval", BILL, _on_bill(approval.approve)),
        "reject": people.act("reject a bill that is pending approval", BILL, _on_bill(approval.reject)),
        "put_on_hold": people.act("put an unreleased bill on hold", BILL, _on_bill(approval.put_on_hold)),
        "remove_hold": people.act("take a bill off hold", BILL, _on_bill(approval.release_from_hold)),
        "release": people.act("release a balanced bill", BILL, _release),
        "edit": edit,
        "revise": edit,
        "void": reverse,
        "reverse": reverse,
        "delete": people.act("delete a bill that is not released", BILL, _delete),
        "key_document": people.act("type in a bill by hand", _KEYED, _key_document),
        "apply": people.act(
            "apply a released debit adjustment to a bill of the same vendor",
            {"number": "its ReferenceNbr", "to": "ReferenceNbr of the bill", "amount?": "as much as possible"},
            _apply,
        ),
        "set_aside": people.act(
            f"give an unreleased bill one of the statuses {', '.join(documents.ASIDE)}, which other screens lead to",
            BILL | {"status?": "the status; without one the bill gets its own back"},
            _set_aside,
        ),
        "release_retainage": people.act(
            "release retainage of a released bill", BILL | {"amount?": "all that is left unless given"}, _retainage
        ),
    }


def bill(desk: Desk, order: Order) -> Row:
    """The bill that the order names."""
    return found(desk, "Bill", str(order.get("type", documents.BILL)), str(order["number"]))


def told(row: Row) -> dict[str, Value]:
    """A bill in the answer of an act."""
    return {
        "id": row.id,
        "type": row["Type"],
        "number": row["ReferenceNbr"],
        "status": row["Status"],
        "balance": format(row.amount("Balance"), "f"),
    }


def _on_bill(perform: Callable[[Desk, Row, dict[str, Value]], None]) -> Work:
    """An act that is one action on a bill."""

    def work(desk: Desk, order: Order) -> object:
        row = bill(desk, order)
        perform(desk, row, {})
        return told(row)

    return work


def _release(desk: Desk, order: Order) -> object:
    row = bill(desk, order)
    release.release(desk, row)
    return told(row)


def _edit(desk: Desk, order: Order) -> object:
    row = bill(desk, order)
    change = Change("Bill", id=row.id)
    change.values = texts(order, {"description": "Description", "vendor_ref": "VendorRef", "vendor": "Vendor"})
    for name, field in (("date", "Date"), ("due_date", "DueDate")):
        if name in order:
            change.values[field] = day(order[name])
    if {"amount", "account", "cost_code"} & order.keys():
        line = line_at(row, order, "BillDetail")
        line.values = texts(order, {"account": "Account", "cost_code": "CostCode"})
        if "amount" in order:
            line.values["ExtendedCost"] = amount(order["amount"])
        change.details["Details"] = [line]
    return told(saving.save(desk, RULES["Bill"], change))


def _reverse(desk: Desk, order: Order) -> object:
    row = bill(desk, order)
    corrections.reverse(desk, row, {})
    made = corrections.reversal_of(desk, row)
    if made is None:
        raise ActRefused("the reversal was not made")
    if order.get("release", True):
        made["Hold"] = False
        documents.set_status(desk, made)
        release.release(desk, made)
    return told(made)


def _delete(desk: Desk, order: Order) -> object:
    row = bill(desk, order)
    corrections.erase(desk, row)
    desk.store.drop(row)
    return {"deleted": row.text("ReferenceNbr")}


def _key_document(desk: Desk, order: Order) -> object:
    change = Change("Bill", values={"Type": str(order.get("type", documents.BILL)), "Hold": False})
    change.values["Vendor"], change.values["VendorRef"] = str(order["vendor"]), str(order["vendor_ref"])
    change.values["Description"] = str(order.get("description") or f"Invoice {order['vendor_ref']}")
    if "date" in order:
        change.values["Date"] = day(order["date"])
    change.details["Details"] = [_keyed_line(line) for line in lines(order["lines"])]
    row = saving.save(desk, RULES["Bill"], change)
    if order.get("release"):
        release.release(desk, row)
    return told(row)


def _keyed_line(line: Order) -> Change:
    values = texts(line, CODING | _TEXT)
    values["ExtendedCost"] = amount(line.get("amount"))
    if line.get("order_line") is not None:
        values["POLine"] = whole(line["order_line"])
    return Change("BillDetail", values=values)


def _apply(desk: Desk, order: Order) -> object:
    adjustment = found(desk, "Bill", documents.DEBIT, str(order["number"]))
    target = found(desk, "Bill", documents.BILL, str(order["to"]))
    most = min(adjustment.amount("Balance"), target.amount("Balance"))
    applications.settle_with(desk, adjustment, target, amount(order["amount"]) if "amount" in order else most)
    return told(adjustment)


def _set_aside(desk: Desk, order: Order) -> object:
    row = bill(desk, order)
    documents.set_aside(desk, row, str(order.get("status") or ""))
    return told(row)


def _retainage(desk: Desk, order: Order) -> object:
    row = bill(desk, order)
    wanted: dict[str, Value] = {"AmtToRelease": amount(order["amount"])} if "amount" in order else {}
    corrections.release_retainage(desk, row, wanted)
    return {"retainage_bill": row.lines("RetainageDocuments")[-1].text("ReferenceNbr")}
