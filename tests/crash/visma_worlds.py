"""What people did in Procore and Visma.net before a command is killed."""

from __future__ import annotations

from lanes import Lane
from worlds import VENDOR, Before, all_of, only, synced

PAPERS = only("2026880041", "INV-8800101", "1002", "D9100")
"""Three subcontractors' invoices and a direct cost: the others would only cost time."""
FENCES = {"account": "52000", "project": "HARBOR1", "task": "32", "segments": {"2": "011", "3": "32-310"}}
ORDER = "700093"
"""An open order of two lines that only Visma.net knows, in project HARBOR1."""


def ordered(lane: Lane) -> None:
    """One more order, of a supplier that is no vendor of its project yet."""
    lane.act(
        "visma_net", "create_order", supplier="V00003", date="2026-02-02", description="Gates",
        lines=[{"amount": "100.00", **FENCES}, {"amount": "25.50", **FENCES}],
    )  # fmt: skip


def changed(lane: Lane) -> None:
    """An order that is a commitment by now is of other lines, and another one is closed."""
    other = next(row for row in lane.control("visma_net", "/books") if row["number"] != ORDER and _is_new(row))
    lane.act("visma_net", "edit_order", number=ORDER, line=1, amount="900.25", add=[{"amount": "77.00", **FENCES}])
    lane.act("visma_net", "close_order", number=other["number"])
    lane.advance(60)


def _is_new(row: dict[str, str]) -> bool:
    return row["document"] == "purchase_order" and row["date"] == "2026-02-02"


def masters_edited(lane: Lane) -> None:
    """Suppliers and cost codes are changed and made, cost codes on both sides."""
    lane.act("visma_net", "edit_supplier", number="V00001", city="Dayton", street="1 New Rd")
    lane.act("visma_net", "deactivate", kind="supplier", id="V00003")
    lane.act("visma_net", "create_supplier", number="V00077", name="New Fences Ltd", corporate_id="55-1234567")
    lane.act("visma_net", "rename_segment_value", segment="3", value="03-300", name="Concrete, cast in place")
    lane.act("visma_net", "add_segment_value", segment="3", value="50-100", name="Solar panels")
    fields = {"business_phone": "(614) 555-0001"}
    lane.act("procore", "edit", kind="vendor", id=VENDOR, fields=fields)
    codes = {row["full_code"]: row for row in lane.state("procore", "standard_cost_codes")}
    fields = {"name": "Unit masonry, block"}
    lane.act("procore", "edit", kind="standard_cost_code", id=codes["04-200"]["id"], fields=fields)
    lane.act(
        "procore", "key_document", kind="standard_cost_code", parent=codes["04-200"]["standard_cost_code_list_id"],
        fields={"code": "777", "name": "Glass block", "parent_id": codes["04"]["id"]},
    )  # fmt: skip


def undone_there(lane: Lane) -> None:
    """An accountant reverses a journal of ours."""
    ours = [row for row in lane.control("visma_net", "/books") if (row["reference"] or "").startswith("ML-")]
    number = min(row["number"] for row in ours if row["document"] == "journal")
    lane.act("visma_net", "reverse_journal", number=number, date="2026-01-31")


def registered(lane: Lane) -> None:
    """Subscriptions are in place, at an address that is about to change."""
    lane.run("connection", "hook", lane.connections["visma_net"], "--register")


def invoice_deleted(lane: Lane) -> None:
    """A supplier invoice that was read is deleted before it was released."""
    made = lane.act(
        "visma_net", "key_document", supplier="V00001", supplier_reference="R-77", date="2026-01-20",
        lines=[{"amount": "10.00", "account": "52000"}],
    )  # fmt: skip
    synced(lane)
    lane.act("visma_net", "delete", number=made["number"])


POSTED: Before = all_of(PAPERS, ordered, synced)
