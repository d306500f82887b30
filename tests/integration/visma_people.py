"""People at both ends of Procore and Visma.net, for tests that build a situation of their own, and the books."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import Any

from jobsite import Jobsite
from visma_world import VismaWorld

ERP_PROJECT, CENTRE = "HARBOR1", "011"
Row = dict[str, Any]


class VismaPeople(Jobsite):
    """Both systems as their users see them."""

    def __init__(self, world: VismaWorld) -> None:
        super().__init__(world.procore)
        self.visma = world.visma

    def office(self, action: str, **fields: Any) -> Any:
        """What an accountant does in Visma.net."""
        return self.visma.post("/act", {"action": action, **fields})

    def key(self, *lines: Row, **fields: Any) -> str:
        """Type in a journal by hand, released unless `release` says otherwise; returns its number."""
        given = {"document": "journal", "date": "2026-01-31", "release": True, "lines": list(lines), **fields}
        return str(self.office("key_document", **given)["number"])

    def books(self) -> list[Row]:
        """All documents in Visma.net's books."""
        found: list[Row] = self.visma.get("/books")
        return found

    def journals(self, number: str) -> list[Row]:
        """The journals with a business number, in the order in which they were made."""
        found = [row for row in self.books() if row["document"] == "journal" and row["business_number"] == number]
        return sorted(found, key=lambda row: int(row["number"]))

    def journal(self, number: str) -> Row:
        """The first journal with a business number."""
        return self.journals(number)[0]

    def batch(self, number: str) -> str:
        """The batch number of the first journal with a business number."""
        return str(self.journal(number)["number"])

    def ledger(self, number: str) -> list[str]:
        """The journals with a business number as a bookkeeper would write them, debits and credits line by line."""
        return [line for journal in self.journals(number) for line in written(journal)]


def written(document: Row) -> list[str]:
    """A journal of the books: a headline, then `Dr account project/task/cost centre/cost code amount` line by line."""
    foreign = "" if document["currency"] == "USD" else f" {document['currency']}"
    lines = [f"{document['total']}{foreign} {document['date']} {document['period']} {document['status']}"]
    for line in document["lines"]:
        words = [line["account"], place(line)] if place(line) else [line["account"]]
        side, amount = ("Dr", line["debit"]) if Decimal(line["debit"]) else ("Cr", line["credit"])
        lines.append(" ".join([side, *words, amount]))
    return lines


def place(line: Row) -> str:
    """Where a line of a journal belongs, "" for no place."""
    said = line["dimensions"]
    centre = said.get("segment2", "")
    parts = (line["project"], said.get("task"), centre if centre.strip("0") else "", line["cost_code"])
    return "/".join(filter(None, parts))


def net(*ledgers: list[str]) -> dict[str, str]:
    """Debits less credits by account and place; those that come to nothing are left out."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in (line for ledger in ledgers for line in ledger if line[:3] in ("Dr ", "Cr ")):
        side, *place, amount = line.split()
        sums[" ".join(place)] += Decimal(amount) if side == "Dr" else -Decimal(amount)
    return {place: f"{amount:f}" for place, amount in sums.items() if amount}
