"""What undoes or follows a released bill: reversal, release of retainage; deletion of an unreleased one."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from ml_connector.sandbox.acumatica import periods
from ml_connector.sandbox.acumatica.desk import NO_PROJECT, Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty
from ml_connector.sandbox.acumatica.payables import documents, release
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Parameters

_KEPT = (
    "Vendor",
    "VendorRef",
    "CurrencyID",
    "BranchID",
    "LocationID",
    "CashAccount",
    "Terms",
    "Project",
    "Description",
)
_REVERSED_AS = {documents.BILL: documents.DEBIT, documents.CREDIT: documents.DEBIT, documents.DEBIT: documents.CREDIT}


def reverse(desk: Desk, document: Row, _parameters: Parameters) -> None:
    """ReverseBill: an unreleased adjustment with the same lines and amounts."""
    _require_released(document)
    kind = _REVERSED_AS.get(document.text("Type"))
    if kind is None:
        raise business(f"A document of the type '{document.text('Type')}' cannot be reversed.")
    if reversal_of(desk, document) is not None:
        raise business(f"{document.text('Type')} {document.text('ReferenceNbr')} is reversed already.")
    made = _follow_up(desk, document, kind, desk.today, "")
    made.details["Details"] = [_twin(line) for line in document.lines()]
    made.details["TaxDetails"] = [_twin(line) for line in document.lines("TaxDetails")]
    made["TaxTotal"], made["IsTaxValid"] = document["TaxTotal"], document["IsTaxValid"]
    for name in (documents.RETAINAGE_TOTAL, documents.RETAINAGE_APPLIES, documents.TAX_ZONE):
        made.beyond[name] = document.beyond.get(name)
    _finish(desk, made, document.amount("Amount"))


def release_retainage(desk: Desk, document: Row, parameters: Parameters) -> None:
    """ReleaseRetainage: a bill over (a part of) what is still retained; it carries no mark of the caller."""
    _require_released(document)
    left = document.beyond_amount(*documents.RETAINAGE_LEFT)
    wanted = parameters.get("AmtToRelease")
    amount = desk.money(wanted, document.text("CurrencyID")) if isinstance(wanted, Decimal) else left
    if left <= 0:
        raise business("The document has no unreleased retainage.")
    if not 0 < amount <= left:
        raise business(f"The amount to release must be above zero and not more than {left}.")
    day = parameters.get("Date")
    made = _follow_up(desk, document, documents.BILL, day if isinstance(day, date) else desk.today, _period(parameters))
    made["Description"] = f"Retainage of bill {document.text('ReferenceNbr')}"
    made.beyond[documents.IS_RETAINAGE] = True
    line = Row("BillDetail")
    line["Account"], line["Subaccount"] = desk.set_up.retainage_payable, desk.set_up.subaccount
    line["Project"], line["Branch"] = NO_PROJECT, desk.branch
    line["TransactionDescription"] = made["Description"]
    line["ExtendedCost"] = line["Amount"] = amount
    line["Qty"] = line["UnitCost"] = Decimal(0)
    made.details["Details"] = [line]
    document.beyond[documents.RETAINAGE_LEFT] = left - amount
    _finish(desk, made, amount)
    if desk.switches.on("retainage_bills_released"):
        made["Hold"] = False
        documents.set_status(desk, made)
        release.release(desk, made)
    _list_retainage(document, made)
    desk.store.touch(document)


def reversal_of(desk: Desk, document: Row) -> Row | None:
    """The adjustment that reverses the document."""
    for other in desk.store["Bill"]:
        if documents.is_reversal(other) and documents.original(desk, other) is document:
            return other
    return None


def erase(desk: Desk, document: Row) -> None:
    """Deletion of an unreleased document; a retainage bill gives the amount back."""
    if documents.is_released(document):
        raise business("The document is released and cannot be deleted.")
    origin = documents.original(desk, document)
    if origin is not None and document.beyond_flag(*documents.IS_RETAINAGE):
        left = origin.beyond_amount(*documents.RETAINAGE_LEFT)
        origin.beyond[documents.RETAINAGE_LEFT] = left + document.amount("Amount")
        desk.store.touch(origin)


def _period(parameters: Parameters) -> str:
    value = parameters.get("PostPeriod")
    return periods.code(value) if isinstance(value, str) else ""


def _require_released(document: Row) -> None:
    if not documents.is_released(document):
        raise business(f"The document is {document.text('Status')}: the action needs a released one.")
    if document.beyond_flag(*documents.VOIDED):
        raise business("The document is voided.")


def _follow_up(desk: Desk, document: Row, kind: str, day: date, period: str) -> Row:
    made = Row("Bill", {name: document[name] for name in _KEPT})
    made["Type"], made["Date"], made["DueDate"] = kind, day, day
    made["PostPeriod"] = period or periods.of_day(desk.store, day)
    if not periods.is_open(desk.store, made.text("PostPeriod")):
        raise business(cannot_be_empty("Post Period"))
    made["ReferenceNbr"] = desk.store.next_number("Bill")
    made["Hold"] = desk.switches.on("hold_on_entry")
    made["TaxTotal"] = Decimal(0)
    made["ApprovedForPayment"] = made["IsTaxValid"] = False
    made.beyond[documents.ORIGINAL_TYPE] = document.text("Type")
    made.beyond[documents.ORIGINAL_NUMBER] = document.text("ReferenceNbr")
    return made


def _finish(desk: Desk, made: Row, amount: Decimal) -> None:
    made["Amount"] = made["Balance"] = amount
    documents.set_status(desk, made)
    desk.store.add(made)


def _twin(line: Row) -> Row:
    twin = Row(line.kind, dict(line.values))
    twin.beyond = dict(line.beyond)
    return twin


def _list_retainage(document: Row, made: Row) -> None:
    line = Row("BillRetainageDocument")
    line["DocType"], line["ReferenceNbr"], line["Date"] = made["Type"], made["ReferenceNbr"], made["Date"]
    line["Amount"], line["Balance"], line["Status"] = made["Amount"], made["Balance"], made["Status"]
    document.lines("RetainageDocuments").append(line)
