"""Suppliers become vendors in Procore, at the latest when a document names them; nothing goes back to Visma.net."""

from __future__ import annotations

from datetime import date
from typing import NoReturn

from ml_connector.integrations import masters, procore_masters
from ml_connector.integrations.declaration import Choice, Desk, Facts, Hold, Side, Skip
from ml_connector.integrations.procore_masters import PROCORE
from ml_connector.integrations.visma_procore import orders
from ml_connector.integrations.visma_procore.coding import SYSTEM
from ml_connector.records.documents import Order, Supplier
from ml_connector.records.invoices import SupplierInvoice
from ml_connector.records.masters import MasterChange

SUPPLIERS, INVOICES = "suppliers", "supplier-invoices"
VENDOR_NOT_MADE = "vendor_not_made"
NOT_USED_YET = "not_used_yet"
PROCORE_OWNS = procore_masters.procore_owns(SYSTEM)
NEW_VENDORS = Choice(
    name="new_vendors",
    question="Is a supplier that Procore lacks made a vendor there?",
    advice="create for every active supplier, when_used once a purchase order or supplier invoice names it, hold to "
    "make it there by hand and match the two, or skip",
    default="create",
    options=("create", "when_used", "hold", "skip"),
)


def vendor_of(supplier: Supplier, reference: str, desk: Desk) -> MasterChange:
    """What Procore lacks of a supplier. Raises InStep, Hold or Skip."""
    if desk.rule(NEW_VENDORS.name) == "when_used" and desk.twin(_VENDOR.kind, supplier.key) is None:
        _require_used(supplier, desk)
    return masters.change_of(_VENDOR, supplier, supplier.key, reference, desk)


def kept(vendor: Supplier, reference: str, desk: Desk) -> NoReturn:
    """Nothing goes to Visma.net: vendors are what suppliers are compared with."""
    raise Skip("kept", f"vendors are kept here to compare suppliers with; nothing of them goes to {SYSTEM}")


def invoice_facts(invoice: SupplierInvoice) -> Facts:
    """What the record shows of itself."""
    return Facts(
        title=f"{invoice.kind} {invoice.number} of {invoice.supplier_name}",
        number=invoice.number,
        day=invoice.day,
        amount=invoice.total,
        currency=invoice.currency,
    )


def supplier_of_invoice(invoice: SupplierInvoice, desk: Desk) -> str:
    """The supplier that an invoice stands for the use of; those of before the cut-over date tell nothing."""
    return "" if _is_old(invoice.day, desk) else invoice.supplier


def supplier_of_order(order: Order, desk: Desk) -> str:
    """The supplier that an order stands for the use of; those of before the cut-over date tell nothing."""
    return "" if _is_old(order.day, desk) else order.vendor


def ensured(invoice: SupplierInvoice, reference: str, desk: Desk) -> NoReturn:
    """Nothing is posted. Raises Skip once the invoice's supplier is a vendor in Procore, Hold before."""
    if _is_old(invoice.day, desk):
        raise Skip("before_cut_over", f"dated {invoice.day}, before the cut-over date {desk.rule('cut_over')}")
    if vendor := desk.counterpart(_VENDOR.kind, invoice.supplier):
        raise Skip("kept", f"its supplier {invoice.supplier} is vendor {vendor} in {PROCORE}")
    raise Hold(VENDOR_NOT_MADE, f"its supplier {_named(invoice)} {_why_not(invoice, desk)}")


def _is_old(day: date | None, desk: Desk) -> bool:
    return day is not None and day < date.fromisoformat(desk.rule("cut_over"))


def _named(invoice: SupplierInvoice) -> str:
    return f"{invoice.supplier_name} ({invoice.supplier})" if invoice.supplier_name else invoice.supplier or "(none)"


def _why_not(invoice: SupplierInvoice, desk: Desk) -> str:
    """Why no vendor stands for the invoice's supplier, and what a person does about it."""
    found = desk.record(SUPPLIERS, invoice.supplier)
    if found is None:
        return (
            f"was never read from {SYSTEM}, so that it is no vendor in {PROCORE}: see that the flow {SUPPLIERS} is "
            "switched on and that our user may see the supplier"
        )
    if not found.document.active:
        return (
            f"is inactive in {SYSTEM}, so that it is not made in {PROCORE}: make it active there, or set this record "
            "aside"
        )
    if found.coming:
        return f"is on its way into {PROCORE}"
    if desk.rule(NEW_VENDORS.name) == "skip":
        return f"is no vendor in {PROCORE}, and none is made (rule {NEW_VENDORS.name}): match it, or set this aside"
    return f"is no vendor in {PROCORE} yet: its record in the flow {SUPPLIERS} says what it waits for"


def _require_used(supplier: Supplier, desk: Desk) -> None:
    if not any(desk.named(flow, supplier.key) for flow in NAMING):
        raise Skip(
            NOT_USED_YET,
            f"no purchase order or supplier invoice names it yet: it becomes a vendor in {PROCORE} once one does "
            f"(rule {NEW_VENDORS.name})",
        )


NAMING = (orders.FLOW, INVOICES)
"""The flows whose records name suppliers."""
_VENDOR = masters.Kind(
    kind="vendors",
    side=Side.LEFT,
    values=masters.values_of_supplier,
    owner=procore_masters.vendor_owner,
    create=lambda record, desk: procore_masters.require_new_vendor(NEW_VENDORS.name, PROCORE, desk),
    one_way=True,
)
