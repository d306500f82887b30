"""Entry of bills and adjustments: defaults, checks, totals, status (vendors/acumatica.md §8.2)."""

from __future__ import annotations

from datetime import timedelta

from ml_connector.sandbox.acumatica import coding, periods
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.payables import applications, documents, totals
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Save

VENDOR_REF_LENGTH = 40
FROZEN = frozenset({"Vendor", "VendorRef", "Date", "PostPeriod", "CurrencyID", "Amount", "Hold"})
"""Header fields that a released document keeps; what is sent for them must be what is there."""
_PO_FIELDS = ("Account", "Subaccount", "Project", "CostCode", "InventoryID", "UOM", "TaxCategory")


def prepare(save: Save) -> None:
    """Checks and completes a bill that is about to be stored."""
    applications.prepare(save)
    if save.before is not None and not _may_change(save, save.before):
        return
    draft = save.draft
    _normalise(save)
    if save.is_new:
        _fill(save)
    _vendor(save)
    _dates(save)
    _expand_orders(save)
    for line in draft.lines():
        if line.id in save.touched:
            _line(save, line)
    if not draft.lines() and not draft.flag("Hold"):
        draft.error = "Error: The document has no lines."
    totals.total_up(save.desk, draft, save.change)
    _amounts_allowed(save)
    documents.set_status(save.desk, draft)


def _may_change(save: Save, before: Row) -> bool:
    """Whether the full entry rules run; released documents take only harmless fields. Raises Fault."""
    draft = save.draft
    if documents.is_released(before):
        _keep_posted(save, before)
        return False
    pending = before.text("Status") == "Pending Approval" and not (save.sent("Hold") and draft.flag("Hold"))
    if pending and (save.touched or FROZEN & save.change.values.keys() - {"Hold"}):
        raise business("The document is pending approval and cannot be changed; put it on hold first.")
    if save.sent("Hold") and draft.flag("Hold"):
        draft.beyond.pop(documents.APPROVED, None)
        draft.beyond.pop(documents.REJECTED, None)
    return True


def _keep_posted(save: Save, before: Row) -> None:
    draft = save.draft
    if draft.text("PostPeriod"):
        draft["PostPeriod"] = periods.code(draft.text("PostPeriod"))
    for name in FROZEN & save.change.values.keys():
        if draft[name] != before[name]:
            draft.errors[name] = f"The value cannot be changed: the document is {before.text('Status')}."
    if save.touched or len(draft.lines()) != len(before.lines()):
        draft.error = f"The lines cannot be changed: the document is {before.text('Status')}."
    for place in (documents.TAX_ZONE, documents.RETAINAGE_APPLIES):
        draft.beyond[place] = before.beyond.get(place)


def _normalise(save: Save) -> None:
    draft = save.draft
    draft.values.setdefault("Type", documents.BILL)
    if draft.text("Type") not in documents.BILL_TYPES:
        draft.errors["Type"] = not_allowed(draft["Type"])
    if len(draft.text("VendorRef")) > VENDOR_REF_LENGTH:
        draft.errors["VendorRef"] = f"The text is longer than {VENDOR_REF_LENGTH} characters."


def _fill(save: Save) -> None:
    draft, desk = save.draft, save.desk
    draft["ReferenceNbr"] = "<NEW>"
    draft.values.setdefault("BranchID", desk.branch)
    draft.values.setdefault("LocationID", "MAIN")
    draft.values.setdefault("ApprovedForPayment", False)
    draft.values.setdefault("IsTaxValid", False)
    if draft["Hold"] is None:
        approval = bool(draft.text("Vendor")) and documents.needs_approval(desk, draft)
        draft["Hold"] = desk.switches.on("hold_on_entry") or approval


def _vendor(save: Save) -> None:
    draft, desk = save.draft, save.desk
    if not draft.text("Vendor"):
        draft.errors["Vendor"] = cannot_be_empty("Vendor")
        return
    vendor = desk.find("Vendor", draft.text("Vendor"))
    if vendor is None:
        draft.errors["Vendor"] = cannot_find("Vendor")
        return
    draft["Vendor"] = vendor["VendorID"]
    if vendor.text("Status") == "Inactive":
        draft.errors["Vendor"] = "Error: The vendor status is 'Inactive'."
    for name in ("Terms", "CurrencyID", "CashAccount"):
        if not draft.text(name) or save.redoes(name, "Vendor"):
            draft[name] = vendor[name]
    if save.before is not None and save.before["Vendor"] != draft["Vendor"]:
        draft.beyond.pop(documents.TAX_ZONE, None)
    if desk.find("Currency", draft.text("CurrencyID")) is None:
        draft.errors["CurrencyID"] = cannot_find("Currency")
    draft.beyond.setdefault(documents.TAX_ZONE, vendor["TaxZone"])
    _vendor_ref(desk, draft)


def _vendor_ref(desk: Desk, draft: Row) -> None:
    reference = draft.text("VendorRef")
    if not reference:
        if desk.switches.on("require_vendor_ref") and not draft.flag("Hold"):
            draft.errors["VendorRef"] = cannot_be_empty("Vendor Ref.")
        return
    own = draft.text("Type") == documents.BILL and not draft.beyond_flag(*documents.IS_RETAINAGE)
    if desk.switches["duplicate_vendor_ref"] != "refuse" or not own:
        return
    for other in desk.store["Bill"]:
        same = other.text("Vendor") == draft.text("Vendor") and other.text("VendorRef").upper() == reference.upper()
        counts = other.text("Type") == documents.BILL and not other.beyond_flag(*documents.IS_RETAINAGE)
        if same and counts and other.id != draft.id:
            number = other.text("ReferenceNbr")
            draft.errors["VendorRef"] = f"Error: The vendor reference '{reference}' is already used in bill {number}."
            return


def _dates(save: Save) -> None:
    draft, desk = save.draft, save.desk
    day = draft.day("Date") or desk.today
    draft["Date"] = day
    if draft.day("DueDate") is None or save.redoes("DueDate", "Date", "Terms"):
        draft["DueDate"] = day + timedelta(days=_terms_days(draft.text("Terms")))
    if not draft.text("PostPeriod") or save.redoes("PostPeriod", "Date"):
        draft["PostPeriod"] = periods.of_day(desk.store, day) or None
    period = periods.code(draft.text("PostPeriod"))
    changed = save.before is None or save.before.text("PostPeriod") != period
    draft["PostPeriod"] = period or None
    if changed and not periods.is_open(desk.store, period):
        draft.errors["PostPeriod"] = cannot_be_empty("Post Period")


def _terms_days(terms: str) -> int:
    digits = "".join(character for character in terms if character.isdigit())
    return int(digits[:3]) if digits else 30


def _expand_orders(save: Save) -> None:
    """A new line with order type and number alone becomes one line per order line with something left (§8.2)."""
    lines = save.draft.lines()
    for line in list(lines):
        sent = save.sent_for(line)
        if sent is None or not line.text("POOrderNbr") or line["POLine"] is not None:
            continue
        order = orders.find(save.desk, line.text("POOrderType") or "Normal", line.text("POOrderNbr"))
        if order is None:
            continue
        at = lines.index(line)
        lines.remove(line)
        for offset, order_line in enumerate(_with_rest(order)):
            pulled = Row("BillDetail", dict(line.values))
            pulled["POLine"] = order_line["LineNbr"]
            if pulled["ExtendedCost"] is None:
                _order_amounts(pulled, order_line)
            lines.insert(at + offset, pulled)
            save.touched.add(pulled.id)


def _with_rest(order: Row) -> list[Row]:
    """The order lines that something is left to bill of; all live ones when nothing is."""
    live = orders.live_lines(order)
    return [line for line in live if line.amount("ExtendedCost") != line.beyond_amount(*orders.BILLED)] or live


def _order_amounts(line: Row, ordered: Row) -> None:
    """What is left to bill of the order line; a rest is an amount without quantity."""
    billed = ordered.beyond_amount(*orders.BILLED)
    if not billed:
        line["Qty"], line["UnitCost"] = ordered["OrderQty"], ordered["UnitCost"]
    line["ExtendedCost"] = ordered.amount("ExtendedCost") - billed


def _line(save: Save, line: Row) -> None:
    _order_line(save, line)
    totals.line_amounts(save, line)
    line.values.setdefault("Branch", save.desk.branch)
    line.values.setdefault("NonBillable", False)
    category = line.text("TaxCategory")
    if category and save.desk.find("TaxCategory", category) is None:
        line.errors["TaxCategory"] = cannot_find("Tax Category")
    coding.check(save.desk, line, module="AP")


def _order_line(save: Save, line: Row) -> None:
    number = line.text("POOrderNbr")
    if not number:
        return
    order_type = line.text("POOrderType") or "Normal"
    line["POOrderType"] = order_type
    if order_type not in (*orders.ORDER_TYPES, orders.SUBCONTRACT_TYPE):
        line.errors["POOrderType"] = not_allowed(order_type)
        return
    order = orders.find(save.desk, order_type, number)
    if order is None:
        line.errors["POOrderNbr"] = cannot_find("PO Number")
        return
    if order.text("VendorID") != save.draft.text("Vendor"):
        line.errors["POOrderNbr"] = f"The order '{number}' is of another vendor."
    elif order.text("Status") not in ("Open", "Completed") and save.draft.text("Type") != documents.DEBIT:
        line.errors["POOrderNbr"] = f"The order '{number}' has the status '{order.text('Status')}'."
    ordered = orders.line_of(order, line.whole("POLine"))
    words = orders.WORDS[order.kind]
    if ordered is None or ordered.flag(words.cancelled):
        line.errors["POLine"] = cannot_find("PO Line")
        return
    line["POOrderNbr"] = order[words.number]
    if all(line[name] is None for name in ("ExtendedCost", "Qty", "UnitCost")):
        _order_amounts(line, ordered)
    for name in _PO_FIELDS:
        if not line.text(name):
            line[name] = ordered[name]
    if not line.text("ProjectTask"):
        line["ProjectTask"] = ordered[words.task]
    if not line.text("TransactionDescription"):
        line["TransactionDescription"] = ordered["LineDescription"]


def _amounts_allowed(save: Save) -> None:
    draft, desk = save.draft, save.desk
    if draft.flag("Hold"):
        return
    control = save.change.values.get("Amount")
    if desk.switches.on("validate_control_totals") and control is not None and control != draft.amount("Amount"):
        draft.errors["Amount"] = "Error: The document is out of balance."
    if draft.amount("Amount") < 0 and desk.switches["negative_totals"] == "refuse":
        draft.errors["Balance"] = "Error: The document balance will become negative."


def number(save: Save) -> None:
    """Give a checked new document its number."""
    save.draft["ReferenceNbr"] = save.desk.store.next_number("Bill")
