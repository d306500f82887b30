"""Payments: entry, release, void, and what they do to the bills they pay (vendors/acumatica.md §8.3)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica import ledger, periods
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.payables import applications, documents
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Rules, Save

PAYMENT = "Payment"
VOIDED_PAYMENT = "Voided Payment"
TYPES = (PAYMENT, "Prepayment", "Refund")
ZERO = Decimal(0)


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    if save.before is not None and documents.is_released(save.before):
        raise business(f"The payment is {save.before.text('Status')} and cannot be changed.")
    if save.is_new:
        draft["ReferenceNbr"] = "<NEW>"
        draft.values.setdefault("Type", PAYMENT)
        draft.values.setdefault("CurrencyID", desk.set_up.currency)
        draft.values.setdefault("Hold", desk.switches.on("hold_on_entry"))
    if draft.text("Type") not in TYPES:
        draft.errors["Type"] = not_allowed(draft["Type"])
    draft["ApplicationDate"] = draft.day("ApplicationDate") or desk.today
    _vendor(desk, draft)
    for line in draft.lines():
        if line.id in save.touched:
            _line(desk, draft, line)
    _amounts(save)
    draft["Status"] = "On Hold" if draft.flag("Hold") else "Balanced"


def _vendor(desk: Desk, draft: Row) -> None:
    vendor = desk.find("Vendor", draft.text("Vendor")) if draft.text("Vendor") else None
    if vendor is None:
        draft.errors["Vendor"] = cannot_find("Vendor") if draft.text("Vendor") else cannot_be_empty("Vendor")
        return
    draft["Vendor"] = vendor["VendorID"]
    if vendor.text("Status") in ("Inactive", "Hold Payments"):
        draft.errors["Vendor"] = f"Error: The vendor status is '{vendor.text('Status')}'."
    for field in ("PaymentMethod", "CashAccount"):
        if not draft.text(field):
            draft[field] = vendor[field]
    if desk.find("Account", draft.text("CashAccount")) is None:
        draft.errors["CashAccount"] = cannot_find("Cash Account")


def _line(desk: Desk, draft: Row, line: Row) -> None:
    line["DocType"] = line.text("DocType") or documents.BILL
    bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr")) if line.text("ReferenceNbr") else None
    if bill is None:
        line.errors["ReferenceNbr"] = cannot_find("Reference Nbr.")
        return
    if bill.text("Vendor") != draft.text("Vendor"):
        line.errors["ReferenceNbr"] = "The document is of another vendor."
    elif bill.text("Status") != "Open":
        line.errors["ReferenceNbr"] = f"The document has the status '{bill.text('Status')}'."
    if line["AmountPaid"] is None:
        line["AmountPaid"] = bill["Balance"]
    line["AmountPaid"] = desk.money(line.amount("AmountPaid"))
    if line.amount("AmountPaid") > bill.amount("Balance"):
        line.errors["AmountPaid"] = f"The amount is above the balance {bill.amount('Balance')} of the document."
    line["Balance"] = bill.amount("Balance") - line.amount("AmountPaid")
    line["CashDiscountBalance"] = ZERO


def _amounts(save: Save) -> None:
    draft, desk = save.draft, save.desk
    applied = sum((line.amount("AmountPaid") for line in draft.lines()), ZERO)
    if draft["PaymentAmount"] is None:
        draft["PaymentAmount"] = applied
    elif not save.sent("PaymentAmount") and save.touched:
        draft["PaymentAmount"] = max(applied, draft.amount("PaymentAmount"))
    in_one = save.is_new and save.sent("PaymentAmount") and save.touched and not draft.flag("Hold")
    if in_one and desk.switches.on("check_amount_lost"):
        draft["PaymentAmount"] = ZERO
    draft["PaymentAmount"] = desk.money(draft.amount("PaymentAmount"))
    draft["UnappliedBalance"] = draft.amount("PaymentAmount") - applied
    if not draft.flag("Hold") and draft.amount("UnappliedBalance") < 0:
        draft.errors["PaymentAmount"] = "Error: The document is out of balance."


def _number(save: Save) -> None:
    save.draft["ReferenceNbr"] = save.desk.store.next_number("Check")


def release(desk: Desk, payment: Row, _parameters: Parameters) -> None:
    """ReleaseCheck: Closed when wholly applied, Open with a rest. Raises Fault; then nothing has changed."""
    if payment.text("Status") != "Balanced":
        raise business(f"The payment has the status '{payment.text('Status')}' and cannot be released.")
    day = payment.day("ApplicationDate") or desk.today
    if not periods.is_open(desk.store, periods.of_day(desk.store, day)):
        raise business(cannot_be_empty("Post Period"))
    for line in payment.lines():
        bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        if bill is None or bill.amount("Balance") < line.amount("AmountPaid"):
            raise business(f"The balance of {line.text('DocType')} {line.text('ReferenceNbr')} has changed.")
    post(desk, payment)


def post(desk: Desk, payment: Row) -> None:
    """The consequences of release, without the checks."""
    payment.beyond[documents.RELEASED] = True
    _post_ledger(desk, payment, payment.amount("PaymentAmount"))
    history = payment.lines("History")
    for line in payment.lines():
        bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        if bill is not None:
            history.append(_history(line, bill))
            applications.apply(desk, payment, bill, line.amount("AmountPaid"))
            history[-1]["Balance"] = bill["Balance"]
    payment.details["Details"] = []
    payment["Status"] = "Open" if payment.amount("UnappliedBalance") else "Closed"
    desk.store.touch(payment)


def _history(line: Row, bill: Row) -> Row:
    made = Row("CheckHistoryDetail")
    made["DocType"], made["ReferenceNbr"], made["VendorRef"] = bill["Type"], bill["ReferenceNbr"], bill["VendorRef"]
    made["AmountPaid"] = line["AmountPaid"]
    made["CashDiscountTaken"] = made["CashDiscountBalance"] = ZERO
    return made


def void(desk: Desk, payment: Row, _parameters: Parameters) -> None:
    """VoidCheck: a voided payment with the same number that takes the payment back."""
    if payment.text("Status") not in ("Open", "Closed"):
        raise business(f"The payment has the status '{payment.text('Status')}' and cannot be voided.")
    number = payment.text("ReferenceNbr")
    if payment.text("Type") == VOIDED_PAYMENT or desk.find("Check", VOIDED_PAYMENT, number) is not None:
        raise business("The payment is voided already.")
    made = Row("Check", dict(payment.values))
    made.values.pop("LastModifiedDateTime", None)
    made["Type"], made["ApplicationDate"], made["Status"] = VOIDED_PAYMENT, desk.today, "Balanced"
    made["PaymentAmount"], made["UnappliedBalance"] = -payment.amount("PaymentAmount"), ZERO
    made["Hold"] = False
    desk.store.add(made)
    if desk.switches.on("void_check_released"):
        _release_void(desk, made, payment)


def _release_void(desk: Desk, made: Row, payment: Row) -> None:
    made.beyond[documents.RELEASED] = True
    _post_ledger(desk, made, made.amount("PaymentAmount"))
    for line in payment.lines("History"):
        bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr"))
        if bill is not None:
            back = _history(line, bill)
            back["AmountPaid"] = -line.amount("AmountPaid")
            applications.apply(desk, made, bill, -line.amount("AmountPaid"))
            back["Balance"] = bill["Balance"]
            made.lines("History").append(back)
    made["Status"] = "Closed"
    payment["Status"] = "Voided"
    payment.beyond[documents.VOIDED] = True
    desk.store.touch(payment)
    desk.store.touch(made)


def _release_action(desk: Desk, payment: Row, parameters: Parameters) -> None:
    if payment.text("Type") != VOIDED_PAYMENT:
        release(desk, payment, parameters)
        return
    voided = desk.find("Check", PAYMENT, payment.text("ReferenceNbr"))
    if voided is None or documents.is_released(payment):
        raise business("The voided payment cannot be released.")
    _release_void(desk, payment, voided)


def _post_ledger(desk: Desk, payment: Row, amount: Decimal) -> None:
    vendor = desk.find("Vendor", payment.text("Vendor"))
    payable = vendor.text("APAccount") if vendor is not None else desk.set_up.payables
    day = payment.day("ApplicationDate") or desk.today
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


def _erase(_desk: Desk, payment: Row) -> None:
    if documents.is_released(payment):
        raise business("The payment is released and cannot be deleted.")


CHECK = Rules(
    read_only=frozenset({"Status", "UnappliedBalance"}),
    read_only_details=frozenset({"History"}),
    read_only_lines={"Details": frozenset({"Balance", "CashDiscountBalance"})},
    key_defaults={"Type": PAYMENT},
    line_keys={"Details": "ReferenceNbr"},
    prepare=_prepare,
    number=_number,
    erase=_erase,
    actions={"ReleaseCheck": Action(_release_action, long=True), "VoidCheck": Action(void, long=True)},
)
