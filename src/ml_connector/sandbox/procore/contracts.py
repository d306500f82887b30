"""The two kinds of commitments, their amounts and locks; shared by commitments, requisitions and payments (§5)."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from ml_connector.sandbox.procore import change_amounts, wording
from ml_connector.sandbox.procore.fields import CURRENCY, ORIGIN_CODE, Fields, Row, fields
from ml_connector.sandbox.procore.refusals import Invalid
from ml_connector.sandbox.procore.request import Request, found
from ml_connector.sandbox.procore.requisition_amounts import due
from ml_connector.sandbox.procore.tables import Table
from ml_connector.sandbox.procore.world import World, live

LOCKED = ("Approved", "Complete")
_PAYABLE = ("approved", "approved_as_noted")
_COMMON: Fields = {
    **fields(
        text="number title description",
        whole="vendor_id",
        flag="executed private show_line_items_to_non_admins",
        number="retainage_percent",
        date=(
            "contract_date execution_date issued_on_date letter_of_intent_date returned_date approval_letter_date "
            "signed_contract_received_date"
        ),
    ),
    "accounting_method": ("amount", "unit"),
    **CURRENCY,
    **ORIGIN_CODE,
}


class Kind(Struct, frozen=True):
    """Work order contracts (subcontracts) or purchase order contracts."""

    type: str
    path: str
    wrapper: str
    prefix: str
    statuses: tuple[str, ...]
    own: Fields

    def contracts(self, world: World) -> Table:
        return world.work_orders if self is WORK_ORDER else world.purchase_orders

    def lines(self, world: World) -> Table:
        return world.work_order_lines if self is WORK_ORDER else world.purchase_order_lines

    @property
    def writable(self) -> Fields:
        return {**_COMMON, "status": self.statuses, **self.own}


WORK_ORDER = Kind(
    "WorkOrderContract",
    "work_order_contracts",
    "work_order_contract",
    "SC",
    ("Draft", "Out For Bid", "Out For Signature", "Approved", "Complete", "Terminated", "Void"),
    fields(
        text="inclusions exclusions",
        date="contract_start_date contract_estimated_completion_date actual_completion_date",
    ),
)
PURCHASE_ORDER = Kind(
    "PurchaseOrderContract",
    "purchase_order_contracts",
    "purchase_order_contract",
    "PO",
    ("Draft", "Processing", "Submitted", "Partially Received", "Received", "Approved", "Closed"),
    fields(text="bill_to_address ship_to_address ship_via payment_terms", date="delivery_date", whole="assignee_id"),
)
KINDS = (WORK_ORDER, PURCHASE_ORDER)


def kind_of(contract: Row) -> Kind:
    return WORK_ORDER if contract["kind"] == WORK_ORDER.type else PURCHASE_ORDER


def contract(world: World, number: object) -> Row | None:
    """Of either kind."""
    return world.work_orders.get(number) or world.purchase_orders.get(number)


def contract_in_project(request: Request, number: object) -> Row:
    """Raises Refusal 404."""
    row = found(contract(request.world, number))
    if row["project_id"] != request.project()["id"]:
        return found(None)
    return row


def lines_of(world: World, row: Row) -> list[Row]:
    return kind_of(row).lines(world).of("contract_id", row["id"])


def is_locked(world: World, row: Row) -> bool:
    return world.switches.on("approved_contract_lock") and row["status"] in LOCKED and not world.unlocked


def refuse_locked(world: World, row: Row, field: str) -> None:
    """Raises Invalid when the contract's company and schedule of values cannot be changed."""
    if is_locked(world, row):
        raise Invalid({field: [f"can't be changed while the contract is {row['status']}"]})


def total(world: World, row: Row) -> Decimal:
    return sum((line["amount"] for line in lines_of(world, row)), Decimal(0))


def revised(world: World, row: Row) -> Decimal:
    """With the approved change orders."""
    return total(world, row) + change_amounts.approved(live(world.change_orders.of("contract_id", row["id"])))


def amounts(world: World, row: Row) -> Row:
    """All totals of a contract, as text."""
    original = total(world, row)
    orders = live(world.change_orders.of("contract_id", row["id"]))
    approved = change_amounts.approved(orders)
    pending = change_amounts.pending(orders)
    now = original + approved
    paid = sum((payment["amount"] for payment in world.payments.of("contract_id", row["id"])), Decimal(0))
    invoices = [r for r in world.requisitions.of("commitment_id", row["id"]) if r["status"] in _PAYABLE]
    return {
        "grand_total": wording.sum_text(original),
        "approved_change_orders": wording.sum_text(approved),
        "pending_change_orders": wording.sum_text(pending),
        "draft_change_orders_amount": wording.sum_text(change_amounts.drafted(orders)),
        "revised_contract": wording.sum_text(now),
        "pending_revised_contract": wording.sum_text(now + pending),
        "total_payments": wording.sum_text(paid),
        "total_requisitions_amount": wording.sum_text(sum((due(world, r) for r in invoices), Decimal(0))),
        "total_draw_requests_amount": "0.00",
        "remaining_balance_outstanding": wording.sum_text(now - paid),
        "percentage_paid": wording.percent(paid, now),
    }
