"""People at both ends, for tests that build a situation of their own: papers, payments, and the books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from rehearsal import Rehearsal

PROJECT, ERP_PROJECT, PERIOD = 4711, "HARBOR1", 7002
EARTH, CONCRETE = 330011, 330027
"""Budget codes of the project: 02-300.S on task 02, 03-410.S on task 03."""
VENDOR, ERP_VENDOR = 562949953000101, "V00001"


class Contractor:
    """Both systems as their users see them."""

    def __init__(self, sandboxes: Rehearsal) -> None:
        self.procore = sandboxes.procore
        self.acumatica = sandboxes.acumatica

    # the work, in Procore

    def work(self, action: str, **fields: Any) -> Any:
        """What a person does in Procore."""
        return self.procore.post("/act", {"action": action, **fields})

    def commitment(self, number: str, *codes: int, percent: str = "10") -> dict[str, Any]:
        """An approved subcontract with a line of 100,000 on each budget code."""
        fields = {
            "number": number, "title": f"Work {number}", "vendor_id": VENDOR, "status": "Approved",
            "retainage_percent": percent,
        }  # fmt: skip
        lines = [{"wbs_code_id": code, "amount": "100000.00", "description": f"Line {code}"} for code in codes]
        made: dict[str, Any] = self.work(
            "key_document", kind="commitment", parent=PROJECT, type="WorkOrderContract", fields=fields, lines=lines
        )
        return made

    def invoice(
        self, commitment: dict[str, Any], number: str, *said: dict[str, str], day: str = "2026-01-31",
        status: str = "approved",
    ) -> int:  # fmt: skip
        """A requisition; `said` is what it says of the commitment's lines, in order (see `_items`). Returns its id."""
        fields = {"period_id": PERIOD, "billing_date": day, "invoice_number": number, "status": "draft"}
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
        return dict(next(row for row in self.procore.get("/state")["requisitions"] if row["id"] == key))

    def cost(self, kind: str, number: str, *lines: dict[str, Any], **fields: Any) -> int:
        """An approved direct cost of the project; returns its id."""
        given = {
            "direct_cost_type": kind, "invoice_number": number or None, "direct_cost_date": "2026-01-20",
            "status": "approved", "line_items": list(lines), **fields,
        }  # fmt: skip
        return int(self.work("key_document", kind="direct_cost", parent=PROJECT, fields=given)["id"])

    def direct_cost(self, key: int) -> dict[str, Any]:
        """A direct cost as Procore holds it."""
        return dict(next(row for row in self.procore.get("/state")["direct_costs"] if row["id"] == key))

    def payments(self) -> list[dict[str, Any]]:
        """All contract payments in Procore."""
        return [dict(row) for row in self.procore.get("/state")["contract_payments"]]

    # the office, in Acumatica

    def office(self, action: str, **fields: Any) -> Any:
        """What a person does in Acumatica."""
        return self.acumatica.post("/act", {"action": action, **fields})

    def key(self, number: str, amount: str, **fields: Any) -> str:
        """Type in a bill by hand and release it; returns its reference number."""
        line = {"account": "54000", "amount": amount, "project": ERP_PROJECT, "task": "02", "cost_code": "02-300"}
        given = {"vendor": ERP_VENDOR, "vendor_ref": number, "date": "2026-01-31", "lines": [line], "release": True}
        return str(self.office("key_document", **{**given, **fields})["number"])

    def pay(self, bill: str, amount: str = "", ref: str = "5501", **fields: Any) -> str:
        """Pay a bill with a check; returns the payment's number."""
        given = {"number": bill, "payment_ref": ref, "date": "2026-03-10", **fields}
        return str(self.office("pay", **given, **({"amount": amount} if amount else {}))["payment"])

    def documents(self, number: str) -> list[dict[str, Any]]:
        """Bills and adjustments in Acumatica with a vendor's number, oldest first."""
        return [row for row in self.acumatica.get("/books") if row["business_number"] == number]

    def bill(self, number: str) -> str:
        """The reference number of our only document with a vendor's number."""
        (found,) = [row["number"] for row in self.documents(number) if row["reference"]]
        return str(found)

    def ledger(self, number: str) -> list[str]:
        """Those documents as a bookkeeper would write them, debits and credits line by line."""
        return [line for document in self.documents(number) for line in written(document)]


def written(document: dict[str, Any]) -> list[str]:
    """A document of the books: a headline, then `Dr account project/task/cost code amount` line by line."""
    lines = [f"{document['kind']} {document['total']} {document['period']} {document['status']}"]
    for line in document["lines"]:
        place = "/".join(filter(None, (line["project"], line["dimensions"].get("task"), line["cost_code"])))
        words = [line["account"], place] if place else [line["account"]]
        if line["debit"] is None:
            lines.append(" ".join(["--", *words, line["amount"]]))
        elif Decimal(line["debit"]):
            lines.append(" ".join(["Dr", *words, line["debit"]]))
        elif Decimal(line["credit"]):
            lines.append(" ".join(["Cr", *words, line["credit"]]))
    return lines


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
