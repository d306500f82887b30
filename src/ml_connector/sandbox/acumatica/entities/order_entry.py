"""Entry of purchase orders and subcontracts: defaults, lines, checks (vendors/acumatica.md §8.4, §8.5)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica import coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities import orders
from ml_connector.sandbox.acumatica.entities.orders import Words
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Rules, Save

_ZERO = Decimal(0)
_FINAL = ("Canceled", "Closed")
_CODED = ("Account", "Subaccount", "Project", "CostCode")


def _prepare(save: Save) -> None:
    draft, desk = save.draft, save.desk
    words = orders.WORDS[draft.kind]
    if save.is_new:
        _fill(save, words)
    if draft.kind == "PurchaseOrder" and draft.text("Type") not in orders.ORDER_TYPES:
        draft.errors["Type"] = not_allowed(draft["Type"])
    _vendor(desk, draft)
    if save.before is not None:
        _may_change(save, save.before)
    for line in draft.lines():
        if line.id in save.touched:
            _line(save, line, words)
    if save.before is not None and draft.flag("Hold") and not save.before.flag("Hold"):
        orders.forget_approval(draft)
    orders.follow(desk, draft)


def _fill(save: Save, words: Words) -> None:
    draft, desk = save.draft, save.desk
    if draft.kind == "PurchaseOrder":
        draft.values.setdefault("Type", "Normal")
        draft.values.setdefault("Hold", True)
    else:
        draft.beyond.setdefault(orders.HELD, True)
        draft.values.setdefault("ApplyRetainage", False)
        draft.values.setdefault("RetainagePct", _ZERO)
    if not save.sent(words.number) or draft.text(words.number) in ("", "<NEW>"):
        draft[words.number] = desk.store.next_number(draft.kind)
    draft.values.setdefault("Date", desk.today)
    draft.values.setdefault("BaseCurrencyID", desk.set_up.currency)
    draft.values.setdefault("CurrencyRate", Decimal(1))
    draft.values.setdefault("Branch", desk.branch)
    draft.values.setdefault("TaxTotal", _ZERO)
    vendor = desk.find("Vendor", draft.text("VendorID"))
    for field in ("Terms", "CurrencyID"):
        draft.values.setdefault(field, vendor[field] if vendor is not None else None)


def _vendor(desk: Desk, draft: Row) -> None:
    vendor = desk.find("Vendor", draft.text("VendorID")) if draft.text("VendorID") else None
    if vendor is None:
        draft.errors["VendorID"] = cannot_find("Vendor") if draft.text("VendorID") else cannot_be_empty("Vendor")
        return
    draft["VendorID"] = vendor["VendorID"]
    if desk.find("Currency", draft.text("CurrencyID")) is None:
        draft.errors["CurrencyID"] = cannot_find("Currency")
    if vendor.text("Status") == "Inactive":
        draft.errors["VendorID"] = "The vendor status is 'Inactive'."


def _may_change(save: Save, before: Row) -> None:
    """What is billed stays where it is, and an order that is over keeps its lines."""
    draft = save.draft
    lines_change = bool(save.touched) or len(draft.lines()) != len(before.lines())
    if lines_change and before.text("Status") in _FINAL:
        raise business(f"The order with the status '{before.text('Status')}' cannot be changed.")
    kept = {line.id for line in draft.lines()}
    gone = {line.whole("LineNbr") for line in before.lines() if line.id not in kept}
    if gone and gone & orders.on_bills(save.desk, before):
        raise business("The order line cannot be deleted because it is billed.")
    if orders.is_billed(before) and draft["VendorID"] != before["VendorID"]:
        draft.errors["VendorID"] = "The vendor cannot be changed because the order is billed."


def _line(save: Save, line: Row, words: Words) -> None:
    if line["LineNbr"] is None or save.stored_line(line) is None:
        _new_line(save, line, words)
    _flags(save, line, words)
    _amounts(save, line)
    coding.check(save.desk, line, module="PO", task_field=words.task)
    stored = save.stored_line(line)
    if stored is not None and line.beyond_amount(*orders.BILLED):
        for field in (*_CODED, words.task):
            if line[field] != stored[field]:
                line.errors[field] = "The value cannot be changed because the line is billed."


def _new_line(save: Save, line: Row, words: Words) -> None:
    draft = save.draft
    others = [other.whole("LineNbr") for other in draft.lines() if other is not line]
    if line["LineNbr"] is None or line["LineNbr"] in others:
        line["LineNbr"] = max(others, default=0) + 1
    line["OrderNbr"] = draft[words.number]
    line["OrderType"] = draft["Type"] if draft.kind == "PurchaseOrder" else orders.SUBCONTRACT_TYPE
    line.values.setdefault("OrderQty", _ZERO)
    line.values.setdefault("UnitCost", _ZERO)
    line.values.setdefault("Completed", False)
    line.values.setdefault(words.cancelled, False)
    if draft.kind == "PurchaseOrder":
        line.values.setdefault("LineType", "Service")
    else:
        line.values.setdefault("Closed", False)


def _flags(save: Save, line: Row, words: Words) -> None:
    """Completed and cancelled as a caller sets them; a line that is billed cannot be cancelled."""
    sent = save.sent_for(line)
    if sent is not None and "Completed" in sent.values:
        line.beyond[orders.BY_HAND] = line.flag("Completed")
    if line.flag(words.cancelled) and line.beyond_amount(*orders.BILLED):
        line.errors[words.cancelled] = "The line cannot be canceled because it is billed."


def _amounts(save: Save, line: Row) -> None:
    desk, sent, currency = save.desk, save.sent_for(line), save.draft.text("CurrencyID")
    line["OrderQty"], line["UnitCost"] = desk.units(line.amount("OrderQty")), desk.units(line.amount("UnitCost"))
    is_new_without = save.stored_line(line) is None and (sent is None or "ExtendedCost" not in sent.values)
    if is_new_without or save.redoes_line(line, "ExtendedCost", "OrderQty", "UnitCost"):
        line["ExtendedCost"] = line.amount("OrderQty") * line.amount("UnitCost")
    line["ExtendedCost"] = desk.money(line.amount("ExtendedCost"), currency)
    if save.draft.kind == "Subcontract":
        line["Amount"] = line["ExtendedCost"]
        line.values.setdefault("RetainagePct", save.draft["RetainagePct"])
        line["RetainageAmount"] = desk.money(line.amount("Amount") * line.amount("RetainagePct") / 100, currency)


def _stored(save: Save, row: Row) -> None:
    orders.commit(save.desk, save.before, row)


def _erase(desk: Desk, row: Row) -> None:
    if orders.on_bills(desk, row):
        raise business("The order cannot be deleted because it is billed.")
    orders.commit(desk, row, None)


_LINE_READ_ONLY = frozenset({"Description", "OrderNbr", "OrderType", "ReceivedAmount", "QtyOnReceipts"})

PURCHASE_ORDER = Rules(
    read_only=frozenset({"Status", "LineTotal", "OrderTotal", "TaxTotal", "BaseCurrencyID"}),
    read_only_details=frozenset({"TaxDetails"}),
    read_only_lines={"Details": _LINE_READ_ONLY},
    key_defaults={"Type": "Normal"},
    line_keys={"Details": "LineNbr"},
    prepare=_prepare,
    stored=_stored,
    erase=_erase,
    screen_actions=orders.HOLD_ACTIONS | orders.SCREEN_ACTIONS,
)
SUBCONTRACT = Rules(
    read_only=frozenset({"Status", "LineTotal", "SubcontractTotal", "TaxTotal", "RetainageTotal", "BaseCurrencyID"}),
    read_only_details=frozenset({"TaxDetails"}),
    read_only_lines={"Details": _LINE_READ_ONLY | {"Amount", "RetainageAmount", "Closed"}},
    line_keys={"Details": "LineNbr"},
    prepare=_prepare,
    stored=_stored,
    erase=_erase,
    actions=orders.HOLD_ACTIONS,
    screen_actions=orders.SCREEN_ACTIONS,
)
