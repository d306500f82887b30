"""Entry of payments: what they pay, their amounts, the rules of the entity (vendors/acumatica.md §8.3)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.payables import check_life, documents
from ml_connector.sandbox.acumatica.payables.check_life import PAYMENT, PREPAYMENT, REFUND, TYPES
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Rules, Save

ZERO = Decimal(0)
_FROZEN = ("Vendor", "ApplicationDate", "PaymentMethod", "CashAccount", "PaymentAmount", "CurrencyID", "Hold")


def _prepare(save: Save) -> None:
    draft = save.draft
    if save.before is not None and documents.is_released(save.before):
        _apply_more(save, save.before)
        return
    if save.is_new:
        _fill(save)
    if draft.text("Type") not in TYPES:
        draft.errors["Type"] = not_allowed(draft["Type"])
    draft["ApplicationDate"] = draft.day("ApplicationDate") or save.desk.today
    if save.sent("Hold") and draft.flag("Hold"):
        check_life.forget_approval(draft)
    _vendor(save.desk, draft)
    _lines(save)
    _amounts(save)
    check_life.set_status(save.desk, draft)


def _fill(save: Save) -> None:
    draft = save.draft
    draft["ReferenceNbr"] = "<NEW>"
    draft.values.setdefault("Type", PAYMENT)
    if draft["Hold"] is None:
        draft["Hold"] = save.desk.switches.on("hold_on_entry")


def _apply_more(save: Save, before: Row) -> None:
    """A released payment with a rest takes further documents to apply; everything else is fixed."""
    draft = save.draft
    changed = [name for name in _FROZEN if draft[name] != before[name]]
    if before.text("Status") != "Open" or changed:
        raise business(f"The payment is {before.text('Status')} and cannot be changed.")
    _lines(save)
    draft["UnappliedBalance"] = check_life.unapplied(draft)
    if draft.amount("UnappliedBalance") < 0:
        draft.errors["UnappliedBalance"] = "Error: The applied amount is above the unapplied balance."


def _vendor(desk: Desk, draft: Row) -> None:
    vendor = desk.find("Vendor", draft.text("Vendor")) if draft.text("Vendor") else None
    if vendor is None:
        draft.errors["Vendor"] = cannot_find("Vendor") if draft.text("Vendor") else cannot_be_empty("Vendor")
        return
    draft["Vendor"] = vendor["VendorID"]
    if vendor.text("Status") in ("Inactive", "Hold Payments"):
        draft.errors["Vendor"] = f"Error: The vendor status is '{vendor.text('Status')}'."
    for field in ("PaymentMethod", "CashAccount", "CurrencyID"):
        if not draft.text(field):
            draft[field] = vendor[field]
    if desk.find("Account", draft.text("CashAccount")) is None:
        draft.errors["CashAccount"] = cannot_find("Cash Account")
    if desk.find("Currency", draft.text("CurrencyID")) is None:
        draft.errors["CurrencyID"] = cannot_find("Currency")


def _lines(save: Save) -> None:
    for line in save.draft.lines():
        if line.id in save.touched:
            _line(save.desk, save.draft, line)


def _line(desk: Desk, draft: Row, line: Row) -> None:
    refund = draft.text("Type") == REFUND
    line["DocType"] = line.text("DocType") or (documents.DEBIT if refund else documents.BILL)
    if refund and line.text("DocType") != documents.DEBIT:
        line.errors["DocType"] = not_allowed(line["DocType"])
        return
    bill = desk.find("Bill", line.text("DocType"), line.text("ReferenceNbr")) if line.text("ReferenceNbr") else None
    if bill is None:
        line.errors["ReferenceNbr"] = cannot_find("Reference Nbr.")
        return
    if bill.text("Vendor") != draft.text("Vendor"):
        line.errors["ReferenceNbr"] = "The document is of another vendor."
    elif bill["CurrencyID"] != draft["CurrencyID"]:
        line.errors["ReferenceNbr"] = f"The document is in {bill.text('CurrencyID')}."
    elif bill.text("Status") != "Open":
        line.errors["ReferenceNbr"] = f"The document has the status '{bill.text('Status')}'."
    if line["AmountPaid"] is None:
        line["AmountPaid"] = bill["Balance"]
    line["AmountPaid"] = desk.money(line.amount("AmountPaid"), draft.text("CurrencyID"))
    if line.amount("AmountPaid") > bill.amount("Balance"):
        line.errors["AmountPaid"] = f"The amount is above the balance {bill.amount('Balance')} of the document."
    elif line.amount("AmountPaid") < 0:
        line.errors["AmountPaid"] = "The amount cannot be below zero."
    line["Balance"] = bill.amount("Balance") - line.amount("AmountPaid")
    line["CashDiscountBalance"] = ZERO


def _amounts(save: Save) -> None:
    draft, desk = save.draft, save.desk
    applied = check_life.applied(draft, draft.lines())
    if draft["PaymentAmount"] is None:
        draft["PaymentAmount"] = max(applied, ZERO)
    elif not save.sent("PaymentAmount") and save.touched:
        draft["PaymentAmount"] = max(applied, draft.amount("PaymentAmount"))
    in_one = save.is_new and save.sent("PaymentAmount") and save.touched and not draft.flag("Hold")
    if in_one and desk.switches.on("check_amount_lost"):
        draft["PaymentAmount"] = ZERO
    draft["PaymentAmount"] = desk.money(draft.amount("PaymentAmount"), draft.text("CurrencyID"))
    draft["UnappliedBalance"] = check_life.unapplied(draft)
    if not draft.flag("Hold") and not ZERO <= draft.amount("UnappliedBalance") <= draft.amount("PaymentAmount"):
        draft.errors["PaymentAmount"] = "Error: The document is out of balance."


def _number(save: Save) -> None:
    save.draft["ReferenceNbr"] = save.desk.store.next_number("Check")


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
    actions={
        "ReleaseCheck": Action(check_life.release, long=True),
        "VoidCheck": Action(check_life.void, long=True),
    },
    screen_actions=check_life.SCREEN_ACTIONS,
)

__all__ = ["CHECK", "PAYMENT", "PREPAYMENT", "REFUND"]
