"""Amounts of a bill: line amounts, retainage, tax, document total (vendors/acumatica.md §11)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.payables import documents
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Save

ZERO = Decimal(0)


def line_amounts(save: Save, line: Row) -> None:
    """ExtendedCost as sent, else quantity times unit cost; the net amount; the retained part."""
    desk, sent, currency = save.desk, save.sent_for(line), save.draft.text("CurrencyID")
    line["Qty"], line["UnitCost"] = desk.units(line.amount("Qty")), desk.units(line.amount("UnitCost"))
    is_new = sent is not None and save.stored_line(line) is None
    priced = sent is not None and "ExtendedCost" not in sent.values and bool({"Qty", "UnitCost"} & sent.values.keys())
    if (is_new and priced) or save.redoes_line(line, "ExtendedCost", "Qty", "UnitCost"):
        line["ExtendedCost"] = line.amount("Qty") * line.amount("UnitCost")
    line["ExtendedCost"] = desk.money(line.amount("ExtendedCost"), currency)
    line["Amount"] = line["ExtendedCost"]
    if sent is None:
        return
    if documents.LINE_RETAINAGE in sent.beyond:
        line.beyond[documents.LINE_RETAINAGE] = desk.money(line.beyond_amount(*documents.LINE_RETAINAGE), currency)
    elif documents.LINE_RETAINAGE_PERCENT in sent.beyond:
        percent = line.beyond_amount(*documents.LINE_RETAINAGE_PERCENT)
        line.beyond[documents.LINE_RETAINAGE] = desk.money(line.amount("Amount") * percent / 100, currency)


def total_up(desk: Desk, bill: Row, change: Change) -> None:
    """TaxTotal, Amount and Balance of an unreleased document."""
    _taxes(desk, bill, change)
    retained = sum((line.beyond_amount(*documents.LINE_RETAINAGE) for line in bill.lines()), ZERO)
    lines = sum((line.amount("Amount") for line in bill.lines()), ZERO)
    total = lines + bill.amount("TaxTotal") - retained
    bill.beyond[documents.RETAINAGE_TOTAL] = retained
    bill.beyond[documents.RETAINAGE_LEFT] = retained
    if retained:
        bill.beyond[documents.RETAINAGE_APPLIES] = True
    bill["Amount"] = total
    bill["Balance"] = total


def taxable(desk: Desk, bill: Row) -> dict[str, Decimal]:
    """Tax id -> base, from the zone of the bill and the categories of its lines."""
    bases: dict[str, Decimal] = {}
    if bill.beyond_text(*documents.TAX_ZONE).upper() != desk.set_up.tax_zone:
        return bases
    for line in bill.lines():
        category = desk.find("TaxCategory", line.text("TaxCategory")) if line.text("TaxCategory") else None
        for tax in category.lines() if category is not None else []:
            tax_id = tax.text("TaxID")
            bases[tax_id] = bases.get(tax_id, ZERO) + line.amount("Amount")
    return bases


def _taxes(desk: Desk, bill: Row, change: Change) -> None:
    """Computed on each save; with IsTaxValid the sent amounts of taxes that apply are kept (§11)."""
    sent = {line.text("TaxID"): line for line in bill.lines("TaxDetails")} if bill.flag("IsTaxValid") else {}
    rows = []
    for tax_id, base in sorted(taxable(desk, bill).items()):
        rate = desk.set_up.tax_rates.get(tax_id, ZERO)
        amount = desk.money(base * rate / 100, bill.text("CurrencyID"))
        row = sent.get(tax_id) or Row("BillTaxDetail", {"TaxID": tax_id})
        kept = tax_id in sent and row["TaxAmount"] is not None
        row["TaxRate"] = rate
        row["TaxableAmount"] = row.amount("TaxableAmount") if kept and row["TaxableAmount"] is not None else base
        row["TaxAmount"] = desk.money(row.amount("TaxAmount"), bill.text("CurrencyID")) if kept else amount
        rows.append(row)
    bill.details["TaxDetails"] = rows
    bill["TaxTotal"] = sum((row.amount("TaxAmount") for row in rows), ZERO)
