"""What people do with payments and periods."""

from __future__ import annotations

from ml_connector.sandbox.acumatica import periods, saving
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.errors import Fault
from ml_connector.sandbox.acumatica.payables import check_life, checks
from ml_connector.sandbox.acumatica.people import payables
from ml_connector.sandbox.acumatica.people.work import Order, People, Work, amount, day, found
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.kit.vendor import Act, ActRefused

_PAID = {
    "amount?": "the open balance unless given; less leaves the bill open",
    "date?": "YYYY-MM-DD, today unless given",
    "payment_ref?": "check number",
    "payment?": "the open payment or prepayment to pay it from, instead of a new check",
}
_CHECK = {"number": "ReferenceNbr of the payment", "type?": "Payment unless given"}


def acts(people: People) -> dict[str, Act]:
    """The acts by name."""
    return {
        "pay": people.act("pay a released bill with a check, released at once", payables.BILL | _PAID, _pay),
        "pay_in_advance": people.act(
            "pay a vendor without a bill: a released prepayment",
            {"vendor": "VendorID", "amount": "its amount", "date?": "today unless given", "payment_ref?": "number"},
            _pay_in_advance,
        ),
        "void_payment": people.act("void a released payment", _CHECK, _void),
        "approve_payment": people.act("approve a payment that is pending approval", _CHECK, _decide(approved=True)),
        "reject_payment": people.act("reject a payment that is pending approval", _CHECK, _decide(approved=False)),
        "print_check": people.act("print a check that waits for it", _CHECK, _print),
        "close_period": people.act("close a period in payables", {"period": "YYYY-MM"}, _period(closed=True)),
        "open_period": people.act("open a period in payables", {"period": "YYYY-MM"}, _period(closed=False)),
    }


def _pay(desk: Desk, order: Order) -> object:
    bill = payables.bill(desk, order)
    line = Change("CheckDetail", values={"DocType": bill["Type"], "ReferenceNbr": bill["ReferenceNbr"]})
    if "amount" in order:
        line.values["AmountPaid"] = amount(order["amount"])
    if order.get("payment"):
        payment = _payment(desk, str(order["payment"]))
        change = Change("Check", id=payment.id)
    else:
        change = Change("Check", values={"Vendor": bill["Vendor"], "Hold": False})
        change.values["ApplicationDate"] = day(order["date"]) if "date" in order else desk.today
        change.values["PaymentRef"] = str(order.get("payment_ref", "")) or None
    change.details["Details"] = [line]
    payment = _released(desk, change)
    return {**payables.told(bill), "payment": payment.text("ReferenceNbr")}


def _payment(desk: Desk, number: str) -> Row:
    for kind in (checks.PAYMENT, checks.PREPAYMENT):
        row = desk.find("Check", kind, number)
        if row is not None:
            return row
    raise ActRefused(f"there is no payment {number}")


def _released(desk: Desk, change: Change) -> Row:
    """Save and release; what cannot be released is taken back."""
    stored = desk.store["Check"].by_id(change.id) if change.id else None
    before = stored.copy() if stored is not None else None
    payment = saving.save(desk, RULES["Check"], change)
    try:
        check_life.release(desk, payment, {})
    except Fault:
        if before is None:
            desk.store.drop(payment)
        else:
            payment.take(before)
        raise
    return payment


def _pay_in_advance(desk: Desk, order: Order) -> object:
    change = Change("Check", values={"Type": checks.PREPAYMENT, "Vendor": str(order["vendor"]), "Hold": False})
    change.values["PaymentAmount"] = amount(order["amount"])
    change.values["ApplicationDate"] = day(order["date"]) if "date" in order else desk.today
    change.values["PaymentRef"] = str(order.get("payment_ref", "")) or None
    return _told(_released(desk, change))


def _void(desk: Desk, order: Order) -> object:
    payment = _check(desk, order)
    check_life.void(desk, payment, {})
    return {"payment": payment.text("ReferenceNbr"), "status": payment.text("Status")}


def _decide(*, approved: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        payment = _check(desk, order)
        check_life.decide(desk, payment, approved=approved)
        return _told(payment)

    return work


def _print(desk: Desk, order: Order) -> object:
    payment = _check(desk, order)
    check_life.print_check(desk, payment)
    return _told(payment)


def _check(desk: Desk, order: Order) -> Row:
    return found(desk, "Check", str(order.get("type", checks.PAYMENT)), str(order["number"]))


def _told(payment: Row) -> dict[str, str]:
    return {"payment": payment.text("ReferenceNbr"), "type": payment.text("Type"), "status": payment.text("Status")}


def _period(*, closed: bool) -> Work:
    def work(desk: Desk, order: Order) -> object:
        if not periods.close(desk.store, periods.from_iso(str(order["period"])), closed=closed):
            raise ActRefused(f"there is no period {order['period']}")
        return {"period": order["period"], "open": not closed}

    return work
