"""What people do in the instance's screens, as orders of the control API."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any

from ml_connector.sandbox.acumatica import periods, push, saving
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.errors import Fault, FieldErrors
from ml_connector.sandbox.acumatica.payables import approval, checks, corrections, documents, release
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.kit.vendor import Act, ActRefused

if TYPE_CHECKING:
    from ml_connector.sandbox.acumatica.web.server import Acumatica

Order = dict[str, Any]
_BILL = {"number": "ReferenceNbr of the bill", "type?": "its type label, Bill unless said otherwise"}
_EDITS = {
    "description?": "new Description",
    "vendor_ref?": "new VendorRef",
    "date?": "new Date, YYYY-MM-DD",
    "due_date?": "new DueDate, YYYY-MM-DD",
    "line?": "number of the line to change, from 1",
    "amount?": "its new amount (line 1 if no line is given)",
    "account?": "its new account",
}
_KEYED = {
    "vendor": "VendorID",
    "vendor_ref": "the vendor's invoice number",
    "lines": "[{account, amount, project?, task?, cost_code?, subaccount?, text?}]",
    "date?": "YYYY-MM-DD, today unless given",
    "description?": "as a person types it",
    "type?": "Bill unless given",
    "release?": "true releases it at once",
}
_PAID = {
    "amount?": "the open balance unless given",
    "date?": "YYYY-MM-DD, today unless given",
    "payment_ref?": "check number",
}
_PUSH = {
    "address": "where to post, a query string is allowed",
    "header_name?": "X-Webhook-Secret unless given",
    "header_value": "the shared secret",
    "query?": "bills unless given",
    "name?": "name of the definition; the same name replaces it",
    "tracked?": "list of columns; all columns unless given",
}
# kind -> entity, the field that says whether it may be used, its value when not and when so
_USABLE: dict[str, tuple[str, str, Value, Value]] = {
    "vendor": ("Vendor", "Status", "Inactive", "Active"),
    "project": ("Project", "Status", "Completed", "Active"),
    "task": ("ProjectTask", "Status", "Completed", "Active"),
    "account": ("Account", "Active", False, True),
    "subaccount": ("Subaccount", "Active", False, True),
}


def acts(instance: Acumatica) -> dict[str, Act]:
    """The actions by name; each one is a transaction of its own."""
    people = _People(instance)
    return _on_bills(people) | _on_money(people) | _on_records(people) | _on_access(people)


def _on_bills(people: _People) -> dict[str, Act]:
    edit = Act(
        "change a document that is not released (or the harmless fields of a released one)",
        _BILL | _EDITS,
        people.do(people.edit),
    )
    reverse = Act(
        "reverse a released bill: a debit adjustment, released unless told otherwise",
        _BILL | {"release?": "false leaves the adjustment unreleased"},
        people.do(people.reverse),
    )
    return {
        "approve": Act("approve a bill that is pending approval", _BILL, people.on_bill(approval.approve)),
        "reject": Act("reject a bill that is pending approval", _BILL, people.on_bill(approval.reject)),
        "put_on_hold": Act("put an unreleased bill on hold", _BILL, people.on_bill(approval.put_on_hold)),
        "remove_hold": Act("take a bill off hold", _BILL, people.on_bill(approval.release_from_hold)),
        "release": Act("release a balanced bill", _BILL, people.do(people.release)),
        "edit": edit,
        "revise": edit,
        "void": reverse,
        "reverse": reverse,
        "delete": Act("delete a bill that is not released", _BILL, people.do(people.delete)),
        "key_document": Act("type in a bill by hand", _KEYED, people.do(people.key_document)),
    }


def _on_money(people: _People) -> dict[str, Act]:
    return {
        "pay": Act("pay a released bill with a check, released at once", _BILL | _PAID, people.do(people.pay)),
        "void_payment": Act("void a released payment", {"number": "its ReferenceNbr"}, people.do(people.void_payment)),
        "release_retainage": Act(
            "release retainage of a released bill",
            _BILL | {"amount?": "all that is left unless given"},
            people.do(people.release_retainage),
        ),
        "close_period": Act("close a period in payables", {"period": "YYYY-MM"}, people.period(closed=True)),
        "open_period": Act("open a period in payables", {"period": "YYYY-MM"}, people.period(closed=False)),
    }


def _on_records(people: _People) -> dict[str, Act]:
    which = {"kind": f"one of {', '.join(_USABLE)}", "id": "its key; of a task PROJECT/TASK"}
    return {
        "edit_vendor": Act(
            "change a vendor",
            {"id": "VendorID", "name?": "new name", "status?": "new status label", "approval?": "its bills need one"},
            people.do(people.edit_vendor),
        ),
        "deactivate": Act("make a record unusable", which, people.do(people.deactivate)),
        "activate": Act("make a deactivated record usable again", which, people.do(people.activate)),
        "cancel_order": Act(
            "cancel an order that is not billed",
            {"number": "OrderNbr or SubcontractNbr", "type?": "Normal, …, or Subcontract; Subcontract unless given"},
            people.do(people.cancel_order),
        ),
    }


def _on_access(people: _People) -> dict[str, Act]:
    user = {"user?": "connector unless given"}
    return {
        "lock_user": Act("lock a user out", user, people.lock(locked=True)),
        "unlock_user": Act("let a locked user in", user, people.lock(locked=False)),
        "register_push": Act(
            f"define a push notification; queries: {', '.join(push.QUERIES)}", _PUSH, people.do(people.register_push)
        ),
        "remove_push": Act("delete a push notification", {"name": "its name"}, people.do(people.remove_push)),
    }


class _People:
    def __init__(self, instance: Acumatica) -> None:
        self._instance = instance

    def do(self, work: Callable[[Desk, Order], object]) -> Callable[[Order], object]:
        """The act as the control API calls it; the vendor's refusals become its own."""

        def run(order: Order) -> object:
            instance = self._instance
            instance.operations.settle(instance.clock.now())
            try:
                return work(instance.desk(), order)
            except Fault as fault:
                raise ActRefused(fault.text) from None
            except FieldErrors as refused:
                raise ActRefused(_reasons(refused.draft)) from None
            finally:
                instance.push.publish(instance.store.changes(), instance.clock.now())

        return run

    def on_bill(self, perform: Callable[[Desk, Row, dict[str, Value]], None]) -> Callable[[Order], object]:
        """An act that is one action on a bill."""

        def work(desk: Desk, order: Order) -> object:
            row = _bill(desk, order)
            perform(desk, row, {})
            return _told(row)

        return self.do(work)

    def release(self, desk: Desk, order: Order) -> object:
        row = _bill(desk, order)
        release.release(desk, row)
        return _told(row)

    def edit(self, desk: Desk, order: Order) -> object:
        row = _bill(desk, order)
        change = Change("Bill", id=row.id)
        for name, field in (("description", "Description"), ("vendor_ref", "VendorRef")):
            if name in order:
                change.values[field] = str(order[name])
        for name, field in (("date", "Date"), ("due_date", "DueDate")):
            if name in order:
                change.values[field] = _day(order[name])
        if "amount" in order or "account" in order:
            change.details["Details"] = [_line_edit(row, order)]
        return _told(saving.save(desk, RULES["Bill"], change))

    def reverse(self, desk: Desk, order: Order) -> object:
        row = _bill(desk, order)
        corrections.reverse(desk, row, {})
        made = corrections.reversal_of(desk, row)
        if made is None:
            raise ActRefused("the reversal was not made")
        if order.get("release", True):
            made["Hold"] = False
            documents.set_status(desk, made)
            release.release(desk, made)
        return _told(made)

    def delete(self, desk: Desk, order: Order) -> object:
        row = _bill(desk, order)
        corrections.erase(desk, row)
        desk.store.drop(row)
        return {"deleted": row.text("ReferenceNbr")}

    def pay(self, desk: Desk, order: Order) -> object:
        bill = _bill(desk, order)
        change = Change("Check", values={"Vendor": bill["Vendor"], "Hold": False})
        change.values["ApplicationDate"] = _day(order["date"]) if "date" in order else desk.today
        change.values["PaymentRef"] = str(order.get("payment_ref", "")) or None
        line = Change("CheckDetail", values={"DocType": bill["Type"], "ReferenceNbr": bill["ReferenceNbr"]})
        if "amount" in order:
            line.values["AmountPaid"] = _amount(order["amount"])
        change.details["Details"] = [line]
        payment = saving.save(desk, RULES["Check"], change)
        try:
            checks.release(desk, payment, {})
        except Fault:
            desk.store.drop(payment)
            raise
        return {**_told(bill), "payment": payment.text("ReferenceNbr")}

    def void_payment(self, desk: Desk, order: Order) -> object:
        payment = desk.find("Check", checks.PAYMENT, str(order["number"]))
        if payment is None:
            raise ActRefused(f"there is no payment {order['number']}")
        checks.void(desk, payment, {})
        return {"payment": payment.text("ReferenceNbr"), "status": payment.text("Status")}

    def release_retainage(self, desk: Desk, order: Order) -> object:
        row = _bill(desk, order)
        amount = {"AmtToRelease": _amount(order["amount"])} if "amount" in order else {}
        corrections.release_retainage(desk, row, dict(amount))
        return {"retainage_bill": row.lines("RetainageDocuments")[-1].text("ReferenceNbr")}

    def period(self, *, closed: bool) -> Callable[[Order], object]:
        def work(desk: Desk, order: Order) -> object:
            period = periods.from_iso(str(order["period"]))
            if not periods.close(desk.store, period, closed=closed):
                raise ActRefused(f"there is no period {order['period']}")
            return {"period": order["period"], "open": not closed}

        return self.do(work)

    def key_document(self, desk: Desk, order: Order) -> object:
        change = Change("Bill", values={"Type": str(order.get("type", documents.BILL)), "Hold": False})
        change.values["Vendor"], change.values["VendorRef"] = str(order["vendor"]), str(order["vendor_ref"])
        change.values["Description"] = str(order.get("description") or f"Invoice {order['vendor_ref']}")
        if "date" in order:
            change.values["Date"] = _day(order["date"])
        change.details["Details"] = [_keyed_line(line) for line in order["lines"]]
        row = saving.save(desk, RULES["Bill"], change)
        if order.get("release"):
            release.release(desk, row)
        return _told(row)

    def edit_vendor(self, desk: Desk, order: Order) -> object:
        row = _found(desk, "Vendor", str(order["id"]))
        change = Change("Vendor", id=row.id)
        for name, field in (("name", "VendorName"), ("status", "Status")):
            if name in order:
                change.values[field] = str(order[name])
        if "approval" in order:
            change.beyond["BAccount", "UsrBillApproval"] = bool(order["approval"])
        saved = saving.save(desk, RULES["Vendor"], change)
        return {"vendor": saved["VendorID"], "name": saved["VendorName"], "status": saved["Status"]}

    def deactivate(self, desk: Desk, order: Order) -> object:
        return self._set_active(desk, order, active=False)

    def activate(self, desk: Desk, order: Order) -> object:
        return self._set_active(desk, order, active=True)

    def cancel_order(self, desk: Desk, order: Order) -> object:
        row = orders.find(desk, str(order.get("type", orders.SUBCONTRACT_TYPE)), str(order["number"]))
        if row is None:
            raise ActRefused(f"there is no order {order['number']}")
        orders.cancel(desk, row)
        return {"number": order["number"], "status": row["Status"]}

    def _set_active(self, desk: Desk, order: Order, *, active: bool) -> object:
        known = _USABLE.get(str(order["kind"]))
        if known is None:
            raise ActRefused(f"there is no kind {order['kind']!r}; there are: {', '.join(_USABLE)}")
        entity, field, off, on = known
        row = _found(desk, entity, *str(order["id"]).split("/"))
        row[field] = on if active else off
        desk.store.touch(row)
        return {"kind": order["kind"], "id": order["id"], field: row[field]}

    def lock(self, *, locked: bool) -> Callable[[Order], object]:
        def work(_desk: Desk, order: Order) -> object:
            gate = self._instance.gate
            name = str(order.get("user", "connector"))
            if name not in gate.users:
                raise ActRefused(f"there is no user {name!r}; there are: {', '.join(gate.users)}")
            gate.users[name].locked = locked
            if locked:
                gate.sessions.close_of_user(name)
            return {"user": name, "locked": locked}

        return self.do(work)

    def register_push(self, _desk: Desk, order: Order) -> object:
        query = push.QUERIES.get(str(order.get("query", "bills")))
        if query is None:
            raise ActRefused(f"there is no query {order['query']!r}; there are: {', '.join(push.QUERIES)}")
        tracked = frozenset(str(column) for column in order.get("tracked") or ())
        if unknown := tracked - query.columns.keys():
            raise ActRefused(f"the query has no column {min(unknown)}; there are: {', '.join(query.columns)}")
        name = str(order.get("name") or f"push-{order.get('query', 'bills')}")
        self._instance.push.register(
            push.Destination(
                name=name,
                address=str(order["address"]),
                header_name=str(order.get("header_name", "X-Webhook-Secret")),
                header_value=str(order["header_value"]),
                query=query,
                tracked=tracked,
            )
        )
        return {"name": name, "query": query.name, "columns": list(query.columns)}

    def remove_push(self, _desk: Desk, order: Order) -> object:
        if not self._instance.push.remove(str(order["name"])):
            raise ActRefused(f"there is no definition {order['name']!r}")
        return {"names": self._instance.push.names()}


def _bill(desk: Desk, order: Order) -> Row:
    return _found(desk, "Bill", str(order.get("type", documents.BILL)), str(order["number"]))


def _found(desk: Desk, kind: str, *key: str) -> Row:
    row = desk.find(kind, *key)
    if row is None:
        raise ActRefused(f"there is no {kind} {'/'.join(key)}")
    return row


def _told(row: Row) -> dict[str, Value]:
    return {
        "id": row.id,
        "type": row["Type"],
        "number": row["ReferenceNbr"],
        "status": row["Status"],
        "balance": format(row.amount("Balance"), "f"),
    }


def _line_edit(row: Row, order: Order) -> Change:
    at = int(order.get("line", 1))
    if not 1 <= at <= len(row.lines()):
        raise ActRefused(f"the document has {len(row.lines())} lines")
    change = Change("BillDetail", id=row.lines()[at - 1].id)
    if "amount" in order:
        change.values["ExtendedCost"] = _amount(order["amount"])
    if "account" in order:
        change.values["Account"] = str(order["account"])
    return change


def _keyed_line(line: Order) -> Change:
    names = {
        "account": "Account",
        "subaccount": "Subaccount",
        "project": "Project",
        "task": "ProjectTask",
        "cost_code": "CostCode",
        "text": "TransactionDescription",
    }
    values: dict[str, Value] = {field: str(line[name]) for name, field in names.items() if line.get(name)}
    values["ExtendedCost"] = _amount(line["amount"])
    return Change("BillDetail", values=values)


def _amount(value: object) -> Decimal:
    try:
        return Decimal(str(value))
    except InvalidOperation:
        raise ActRefused(f"{value!r} is not an amount") from None


def _day(value: object) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise ActRefused(f"{value!r} is not a date; write YYYY-MM-DD") from None


def _reasons(draft: Row) -> str:
    found = [f"{name}: {text}" for row in draft.nested() for name, text in row.errors.items()]
    return "; ".join(found) or draft.error
