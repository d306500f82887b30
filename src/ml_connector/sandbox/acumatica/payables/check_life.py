"""Payments after entry: approval, printing, release, further applications, void (vendors/acumatica.md §8.3)."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.acumatica import ledger, periods
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty
from ml_connector.sandbox.acumatica.payables import applications, documents
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Perform

PAYMENT: Final = "Payment"
PREPAYMENT: Final = "Prepayment"
REFUND: Final = "Refund"
TYPES: Final = (PAYMENT, PREPAYMENT, REFUND)
_VOIDED_AS: Final = {PAYMENT: "Voided Payment", PREPAYMENT: "Voided Payment", REFUND: "Voided Refund"}
_PRINTED: Final = ("Document", "Printed")
ZERO = Decimal(0)


def applied(payment: Row, lines: Iterable[Row]) -> Decimal:
    """What the lines use up of the payment; a debit adjustment in a payment gives instead of taking."""
    gives = documents.DEBIT if payment.text("Type") != REFUND else ""
    return sum(
        (-line.amount("AmountPaid") if line.text("DocType") == gives else line.amount("AmountPaid") for line in lines),
        ZERO,
    )


def unapplied(payment: Row) -> Decimal:
    """The payment's amount less what is applied and what is entered to be applied."""
    used = applied(payment, payment.lines("History")) + applied(payment, payment.lines())
    return payment.amount("PaymentAmount") - used


def void_of(desk: Desk, payment: Row) -> Row | None:
    """The document that voids the payment."""
    kind = _VOIDED_AS.get(payment.text("Type"), "")
    return desk.find("Check", kind, payment.text("ReferenceNbr")) if kind else None


# before release


def set_status(desk: Desk, payment: Row) -> None:
    """The status that follows from hold, approval and printing of an unreleased payment."""
    payment["Status"] = _status(desk, payment)


def _status(desk: Desk, payment: Row) -> str:
    if payment.flag("Hold"):
        return "On Hold"
    if payment.beyond_flag(*documents.REJECTED):
        return "Rejected"
    if desk.switches.on("check_approval") and not payment.beyond_flag(*documents.APPROVED):
        return "Pending Approval"
    if payment.beyond_flag(*_PRINTED):
        return "Printed"
    printable = payment.text("PaymentMethod") == "CHECK" and payment.text("Type") != REFUND
    return "Pending Print" if printable and desk.switches.on("print_checks") else "Balanced"


def forget_approval(payment: Row) -> None:
    """Back to before approval and printing."""
    for place in (documents.APPROVED, documents.REJECTED, _PRINTED):
        payment.beyond.pop(place, None)


def decide(desk: Desk, payment: Row, *, approved: bool) -> None:
    """Approve or reject a payment that is pending approval."""
    _require(payment, "Pending Approval")
    payment.beyond[documents.APPROVED if approved else documents.REJECTED] = True
    set_status(desk, payment)
    desk.store.touch(payment)


def print_check(desk: Desk, payment: Row) -> None:
    """Print a check that waits for it."""
    _require(payment, "Pending Print")
    payment.beyond[_PRINTED] = True
    set_status(desk, payment)
    desk.store.touch(payment)


def _require(payment: Row, *statuses: str) -> None:
    if payment.text("Status") not in statuses:
        raise business(f"The action is not available for a payment with the status '{payment.text('Status')}'.")


# release


def release(desk: Desk, payment: Row, _parameters: Parameters) -> None:
    """ReleaseCheck: Closed when wholly applied, Open with a rest. Raises Fault; then nothing has changed."""
    if payment.text("Type") in _VOIDED_AS.values():
        _release_entered_void(desk, payment)
        return
    more = payment.text("Status") == "Open" and payment.lines()
    if payment.text("Status") not in ("Balanced", "Printed") and not more:
        raise business(f"The payment has the status '{payment.text('Status')}' and cannot be released.")
    if not more:
        _require_open_period(desk, payment)
    for line in payment.lines():
        bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        if bill is None or bill.amount("Balance") < line.amount("AmountPaid"):
            raise business(f"The balance of {line.text('DocType')} {line.text('ReferenceNbr')} has changed.")
    post(desk, payment)


def _require_open_period(desk: Desk, payment: Row) -> None:
    day = payment.day("ApplicationDate") or desk.today
    if not periods.is_open(desk.store, periods.of_day(desk.store, day)):
        raise business(cannot_be_empty("Post Period"))


def post(desk: Desk, payment: Row) -> None:
    """The consequences of release, without the checks; a payment released before only applies its new lines."""
    if not documents.is_released(payment):
        payment.beyond[documents.RELEASED] = True
        _post_ledger(desk, payment)
    history = payment.lines("History")
    for line in payment.lines():
        bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        if bill is not None:
            history.append(_history(line, bill))
            applications.apply(desk, payment, bill, line.amount("AmountPaid"))
            history[-1]["Balance"] = bill["Balance"]
    payment.details["Details"] = []
    payment["UnappliedBalance"] = unapplied(payment)
    payment["Status"] = "Open" if payment.amount("UnappliedBalance") else "Closed"
    desk.store.touch(payment)


def _history(line: Row, bill: Row) -> Row:
    made = Row("CheckHistoryDetail")
    made["DocType"], made["ReferenceNbr"], made["VendorRef"] = bill["Type"], bill["ReferenceNbr"], bill["VendorRef"]
    made["AmountPaid"] = line["AmountPaid"]
    made["CashDiscountTaken"] = made["CashDiscountBalance"] = ZERO
    return made


def _post_ledger(desk: Desk, payment: Row) -> None:
    vendor = desk.find("Vendor", payment.text("Vendor"))
    payable = vendor.text("APAccount") if vendor is not None else desk.set_up.payables
    day = payment.day("ApplicationDate") or desk.today
    comes_in = payment.text("Type") in (REFUND, _VOIDED_AS[REFUND])
    amount = -payment.amount("PaymentAmount") if comes_in else payment.amount("PaymentAmount")
    text, number, party = payment.text("Description"), payment.text("ReferenceNbr"), payment.text("Vendor")
    payment.beyond[documents.BATCH] = ledger.post(
        desk,
        [
            ledger.Entry(coding=Coding(payable), amount=amount, text=text, document=number, party=party),
            ledger.Entry(
                coding=Coding(payment.text("CashAccount")), amount=-amount, text=text, document=number, party=party
            ),
        ],
        day=day,
        period=periods.of_day(desk.store, day),
        text=text,
        currency=payment.text("CurrencyID"),
    )


# void


def void(desk: Desk, payment: Row, _parameters: Parameters) -> None:
    """VoidCheck: a document of its own with the same number that takes the payment back."""
    if payment.text("Type") in _VOIDED_AS.values() or void_of(desk, payment) is not None:
        raise business("The payment is voided already.")
    if payment.text("Status") not in ("Open", "Closed"):
        raise business(f"The payment has the status '{payment.text('Status')}' and cannot be voided.")
    made = Row("Check", dict(payment.values))
    made.values.pop("LastModifiedDateTime", None)
    made["Type"], made["ApplicationDate"], made["Status"] = _VOIDED_AS[payment.text("Type")], desk.today, "Balanced"
    made["PaymentAmount"], made["UnappliedBalance"] = -payment.amount("PaymentAmount"), ZERO
    made["Hold"] = False
    _require_open_period(desk, made)
    desk.store.add(made)
    if desk.switches.on("void_check_released"):
        _release_void(desk, made, payment)


def _release_entered_void(desk: Desk, made: Row) -> None:
    found = (desk.find("Check", kind, made.text("ReferenceNbr")) for kind in TYPES)
    payment = next((row for row in found if row is not None), None)
    if payment is None or documents.is_released(made):
        raise business("The voided payment cannot be released.")
    _require_open_period(desk, made)
    _release_void(desk, made, payment)


def _release_void(desk: Desk, made: Row, payment: Row) -> None:
    made.beyond[documents.RELEASED] = True
    _post_ledger(desk, made)
    for line in payment.lines("History"):
        bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        if bill is not None:
            back = _history(line, bill)
            back["AmountPaid"] = -line.amount("AmountPaid")
            applications.apply(desk, made, bill, -line.amount("AmountPaid"))
            back["Balance"] = bill["Balance"]
            made.lines("History").append(back)
            if not desk.switches.on("void_keeps_rows"):
                applications.forget(bill, payment.text("ReferenceNbr"))
    payment.details["Details"] = []
    if not desk.switches.on("void_keeps_rows"):
        payment.details["History"], made.details["History"] = [], []
    made["Status"] = "Closed"
    payment["Status"], payment["UnappliedBalance"] = "Voided", ZERO
    payment.beyond[documents.VOIDED] = True
    desk.store.touch(payment)
    desk.store.touch(made)


def _deciding(*, approved: bool) -> Perform:
    return lambda desk, payment, _parameters: decide(desk, payment, approved=approved)


SCREEN_ACTIONS: Final = {
    "Approve": Action(_deciding(approved=True)),
    "Reject": Action(_deciding(approved=False)),
    "PrintCheck": Action(lambda desk, payment, _parameters: print_check(desk, payment)),
}
