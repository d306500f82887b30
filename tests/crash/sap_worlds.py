"""What people did in Procore and SAP Business One before a command is killed."""

from __future__ import annotations

from lanes import Lane
from worlds import CONCRETE, EARTH, PERIOD, PROJECT, VENDOR, Before, all_of, only, ran, rules, switched, synced

PAPERS = only("INV-8800101", "D9100", "D9102")
"""One invoice of a subcontract that was signed before, and two direct costs."""
FIELD = {"table": "OPCH", "name": "MlcOrder"}


def signed(lane: Lane) -> None:
    """A subcontract is signed, changed up and down, and its first invoice is approved."""
    contract = sign(lane, "SC-S1")
    change(lane, contract, "CO-1", "725.40")
    change(lane, contract, "CO-2", "-310.15")
    fields = {"period_id": PERIOD, "billing_date": "2026-01-31", "invoice_number": "PA-S1", "status": "draft"}
    made = lane.act("procore", "key_document", kind="requisition", parent=contract, fields=fields)
    said = {"work_completed_this_period": "400.00", "work_completed_retainage_retained_this_period": "40.00"}
    _says(lane, made["id"], said)
    lane.act("procore", "approve", kind="requisition", id=made["id"])


def sign(lane: Lane, number: str) -> int:
    """A subcontract with two lines; returns its id."""
    fields = {
        "number": number, "title": "Extra work", "vendor_id": VENDOR, "status": "Approved",
        "contract_date": "2026-01-05", "retainage_percent": "10",
    }  # fmt: skip
    lines = [{"wbs_code_id": code, "amount": "1000.00", "description": "Work"} for code in (EARTH, CONCRETE)]
    made = lane.act(
        "procore", "key_document", kind="commitment", parent=PROJECT, type="WorkOrderContract", fields=fields,
        lines=lines,
    )  # fmt: skip
    return int(made["id"])


def change(lane: Lane, contract: int, number: str, amount: str) -> None:
    """An approved change order."""
    fields = {"title": "Owner's wish", "status": "approved", "number": number}
    lines = [{"wbs_code_id": EARTH, "amount": amount}]
    lane.act("procore", "key_document", kind="change_order", parent=contract, fields=fields, lines=lines)


def lowered(lane: Lane) -> None:
    """One more change order, that takes something away."""
    contract = next(row for row in lane.state("procore", "work_order_contracts") if row["number"] == "SC-S1")
    change(lane, contract["id"], "CO-4", "-55.55")


def withdrawn(lane: Lane) -> None:
    """Both change orders are voided, and the invoice is of another amount."""
    for number in ("CO-1", "CO-2"):
        order = next(row for row in lane.state("procore", "change_order_packages") if row["number"] == number)
        lane.act("procore", "void", kind="change_order", id=order["id"])
    found = next(row for row in lane.state("procore", "requisitions") if row["invoice_number"] == "PA-S1")
    _says(lane, found["id"], {"work_completed_this_period": "500.00"})


def voided(lane: Lane) -> None:
    """A change order that was ordered is voided."""
    order = next(row for row in lane.state("procore", "change_order_packages") if row["number"] == "CO-1")
    lane.act("procore", "void", kind="change_order", id=order["id"])


def field_lost(lane: Lane) -> None:
    """Somebody deleted a user field."""
    lane.act("sap_b1", "delete_user_field", **FIELD)


def _says(lane: Lane, requisition: int, said: dict[str, str]) -> None:
    shown = next(row for row in lane.state("procore", "requisitions") if row["id"] == requisition)
    first = {key: shown["items"][0][key] for key in ("id", "item_type")}
    lane.act("procore", "revise", kind="requisition", id=requisition, items=[{**first, **said}])


BILLED: Before = all_of(PAPERS, signed)
COMMITTED: Before = all_of(BILLED, ran("commitments"))
POSTED: Before = all_of(BILLED, synced)
ORDERED: Before = all_of(rules("treatment=purchase_order"), PAPERS, signed, synced)
APPROVED_THERE: Before = all_of(BILLED, switched("sap_b1", approval_over=1000))
