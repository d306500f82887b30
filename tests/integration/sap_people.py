"""People at both ends of Procore and SAP Business One, for tests that build a situation of their own, and the books."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from jobsite import Jobsite
from sap_world import SapWorld

ERP_PROJECT, ERP_VENDOR = "P-24-011", "V10001"
JOB, EARTHWORK, CONCRETING = "PC-24011", "PC-0200", "PC-0300"
"""Profit centres: the project's own, and those of the trades that the budget codes EARTH and CONCRETE belong to."""
Row = dict[str, Any]


class SapPeople(Jobsite):
    """Both systems as their users see them."""

    def __init__(self, world: SapWorld) -> None:
        super().__init__(world.procore)
        self.sap = world.sap

    def office(self, action: str, **fields: Any) -> Any:
        """What a person does in SAP Business One."""
        return self.sap.post("/act", {"action": action, **fields})

    def key(self, number: str, *lines: Row, **fields: Any) -> str:
        """Type in a document by hand, an invoice unless `kind` says otherwise; returns its number."""
        given = {"vendor": ERP_VENDOR, "num_at_card": number, "date": "2026-01-31", "lines": list(lines), **fields}
        return str(self.office("key_document", **given)["number"])

    def books(self) -> list[Row]:
        """All documents in SAP's books."""
        found: list[Row] = self.sap.get("/books")
        return found

    def documents(self, number: str) -> list[Row]:
        """Documents in SAP with a business number, in the order in which they were made within their kind."""
        return [row for row in self.books() if row["business_number"] == number]

    def document(self, number: str) -> Row:
        """The only document with a business number that nothing took back."""
        (found,) = [row for row in self.documents(number) if not row["reversed_by"]]
        return found

    def ledger(self, number: str) -> list[str]:
        """The documents with a business number as a bookkeeper would write them, debits and credits line by line."""
        return [line for document in self.documents(number) for line in written(document)]

    def marks(self, entity: str, number: str, lines: str) -> tuple[Row, list[str | None]]:
        """The user fields of a document of ours with a business number: of its header, and the source of each line."""
        name = "Reference" if entity == "JournalEntries" else "NumAtCard"
        (found,) = [row for row in self.sap.get("/state")[entity] if row[name] == number and row["U_MlcRef"]]
        head = {key: value for key, value in found.items() if key.startswith("U_")}
        return head, [line["U_MlcSource"] for line in found[lines]]


def written(document: Row) -> list[str]:
    """A document of the books: a headline, then `Dr account project/profit centre amount` line by line.

    Lines of an order, which is not posted, begin with --.
    """
    lines = [f"{document['kind']} {document['total']} {document['period']} {document['status']}"]
    for line in document["lines"]:
        place = "/".join(filter(None, (line["project"], line["dimensions"].get("profit_center"))))
        words = [line["account"], place] if place else [line["account"]]
        if line["debit"] is None:
            lines.append(" ".join(["--", *words, line["amount"]]))
        elif Decimal(line["debit"]):
            lines.append(" ".join(["Dr", *words, line["debit"]]))
        elif Decimal(line["credit"]):
            lines.append(" ".join(["Cr", *words, line["credit"]]))
    return lines


def net(*ledgers: list[str]) -> dict[str, str]:
    """Debits less credits by account and place; those that come to nothing are left out."""
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for line in (line for ledger in ledgers for line in ledger if line[:3] in ("Dr ", "Cr ")):
        side, *place, amount = line.split()
        sums[" ".join(place)] += Decimal(amount) if side == "Dr" else -Decimal(amount)
    return {place: f"{amount:f}" for place, amount in sums.items() if amount}


def balance(books: Iterable[Row], account: str, **where: str) -> Decimal:
    """Debits less credits on an account, of the lines at a project or profit centre where one is named."""
    found = Decimal(0)
    for line in (line for document in books for line in document["lines"]):
        place = {"project": line["project"], "center": line["dimensions"].get("profit_center")}
        if line["account"] == account and line["debit"] is not None and where.items() <= place.items():
            found += Decimal(line["debit"]) - Decimal(line["credit"])
    return found


def unbalanced(books: Iterable[Row]) -> list[str]:
    """Posted documents whose debits and credits differ."""
    return [
        f"{document['kind']} {document['number']}"
        for document in books
        if document["document"] != "payment"
        and sum(Decimal(line["debit"] or 0) - Decimal(line["credit"] or 0) for line in document["lines"])
    ]
