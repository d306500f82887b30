"""People who work in Procore, for tests that build a situation of their own: contracts, changes, invoices, costs."""

from __future__ import annotations

from typing import Any

from rehearsal import Sandbox

PROJECT, PERIOD = 4711, 7002
EARTH, CONCRETE = 330011, 330027
"""Budget codes of the project: 02-300.S and 03-410.S."""
VENDOR = 562949953000101


class Jobsite:
    """Procore as its users see it."""

    def __init__(self, procore: Sandbox) -> None:
        self.procore = procore

    def work(self, action: str, **fields: Any) -> Any:
        """What a person does in Procore."""
        return self.procore.post("/act", {"action": action, **fields})

    def commitment(
        self, number: str, *codes: int, percent: str = "10", amount: str = "100000.00", project: int = PROJECT,
        **more: Any,
    ) -> dict[str, Any]:  # fmt: skip
        """An approved subcontract with a line of `amount` on each budget code; `more` are fields of it."""
        fields = {
            "number": number, "title": f"Work {number}", "vendor_id": VENDOR, "status": "Approved",
            "retainage_percent": percent, **more,
        }  # fmt: skip
        lines = [{"wbs_code_id": code, "amount": amount, "description": f"Line {code}"} for code in codes]
        made: dict[str, Any] = self.work(
            "key_document", kind="commitment", parent=project, type="WorkOrderContract", fields=fields, lines=lines
        )
        return made

    def change(self, commitment: dict[str, Any], number: str, *lines: tuple[int, str], status: str = "approved") -> int:
        """A change order with lines of budget code and amount; returns its id."""
        fields = {"title": f"Change {number}", "status": status, "number": number}
        said = [{"wbs_code_id": code, "amount": amount} for code, amount in lines]
        made = self.work("key_document", kind="change_order", parent=commitment["id"], fields=fields, lines=said)
        return int(made["id"])

    def invoice(
        self, commitment: dict[str, Any], number: str, *said: dict[str, str], day: str = "2026-01-31",
        status: str = "approved", period: int = PERIOD,
    ) -> int:  # fmt: skip
        """A requisition; `said` is what it says of the commitment's lines, in order (see `_ITEM`). Returns its id."""
        fields = {"period_id": period, "billing_date": day, "invoice_number": number, "status": "draft"}
        made = self.work("key_document", kind="requisition", parent=commitment["id"], fields=fields)
        key = int(made["id"])
        self.says(key, *said)
        if status != "draft":
            self.work("approve", kind="requisition", id=key, status=status)
        return key

    def says(self, requisition: int, *said: dict[str, str], **lock: bool) -> None:
        """Change what a requisition says of its lines, approved or not."""
        shown = self.requisition(requisition)
        items = [
            {"id": item["id"], "item_type": item["item_type"], **_amounts(one)}
            for item, one in zip(shown["items"], said, strict=True)
        ]
        self.work("revise", kind="requisition", id=requisition, items=items, **lock)

    def requisition(self, key: int) -> dict[str, Any]:
        """A requisition as Procore holds it."""
        return dict(next(row for row in self.procore.stored("requisitions") if row["id"] == key))

    def cost(self, kind: str, number: str, *lines: dict[str, Any], **fields: Any) -> int:
        """An approved direct cost of the project; returns its id."""
        given = {
            "direct_cost_type": kind, "invoice_number": number or None, "direct_cost_date": "2026-01-20",
            "status": "approved", "line_items": list(lines), **fields,
        }  # fmt: skip
        return int(self.work("key_document", kind="direct_cost", parent=PROJECT, fields=given)["id"])

    def direct_cost(self, key: int) -> dict[str, Any]:
        """A direct cost as Procore holds it."""
        return dict(next(row for row in self.procore.stored("direct_costs") if row["id"] == key))

    def payments(self) -> list[dict[str, Any]]:
        """All contract payments in Procore."""
        return [dict(row) for row in self.procore.stored("contract_payments")]


_ITEM = {
    "work": "work_completed_this_period",
    "stored": "materials_presently_stored",
    "held": "work_completed_retainage_retained_this_period",
    "released": "work_completed_retainage_released_this_period",
    "stored_held": "materials_stored_retainage_retained_this_period",
    "stored_released": "materials_stored_retainage_released_this_period",
}


def _amounts(said: dict[str, str]) -> dict[str, str]:
    return {wire: said.get(name, "0.00") for name, wire in _ITEM.items()}
