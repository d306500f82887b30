"""People at both ends of Acumatica and Procore, for tests that build a situation of their own, and the books."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from jobsite import CONCRETE, EARTH, PERIOD, PROJECT, VENDOR, Jobsite
from rehearsal import Rehearsal

__all__ = ["CONCRETE", "EARTH", "ERP_PROJECT", "ERP_VENDOR", "PERIOD", "PROJECT", "VENDOR", "Contractor", "written"]

ERP_PROJECT = "HARBOR1"
ERP_VENDOR = "V00001"


class Contractor(Jobsite):
    """Both systems as their users see them; EARTH is on task 02, CONCRETE on task 03."""

    def __init__(self, sandboxes: Rehearsal) -> None:
        super().__init__(sandboxes.procore)
        self.acumatica = sandboxes.acumatica

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
