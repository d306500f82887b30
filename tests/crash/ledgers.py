"""What both systems hold after a case, without what differs between two runs of the same, and how two of them differ.

Left out are ids, numbers that a system gave, times, and which mark of ours it is: in another order of things, or in
another installation, these are others. That there is a mark stays.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Mapping
from typing import Any

Books = dict[str, list[Any]]
ENTITIES = {
    "acumatica": ("Vendor", "CostCode", "Bill", "Check", "PurchaseOrder", "Subcontract"),
    "procore": (
        "vendors", "standard_cost_codes", "work_order_contracts", "purchase_order_contracts",
        "requisitions", "direct_costs", "contract_payments", "hooks", "triggers",
    ),
    "visma_net": ("supplier", "dimension"),
    "sap_b1": ("PurchaseInvoices", "PurchaseCreditNotes", "PurchaseOrders", "JournalEntries", "UserFieldsMD"),
}  # fmt: skip
"""What is compared of each system beside its books."""
OTHERS = frozenset(
    {
        "id", "rowNumber", "created_at", "updated_at", "CreatedDateTime", "LastModifiedDateTime", "number",
        "parent_id", "reversed_by", "BatchNbr", "ReferenceNbr", "OrderNbr", "SubcontractNbr", "_links",
        "destination_url", "destination_headers", "DocEntry", "DocNum", "TransNum", "JdtNum", "Number", "Original",
        "BaseReference", "CreationDate", "UpdateDate", "UpdateTime", "DocTime", "FieldID",
        "reviewed_at", "internalId", "addressId", "contactId", "publicId", "timeStamp", "lastModified",
        "lastModifiedDateTime", "line",
    }
)  # fmt: skip
"""Fields that are left out."""
MARK = re.compile(r"ML-[0-9A-Z]{12}-\d+|ML-[0-9A-Z-]+")
NUMBER = re.compile(r"(payment|bill) \d{6}\b")
GIVEN = frozenset({"origin_id", "origin_data", "reference", "U_MlcRef"})
"""Fields that hold a mark, of whatever kind."""


def of(systems: Mapping[str, Mapping[str, Any]]) -> Books:
    """The books and state of both systems (`/state`, and `/books` as `books`), comparable."""
    vendors = systems.get("acumatica", {}).get("Vendor", ())
    names = {row["VendorID"]["value"]: row["VendorName"]["value"] for row in vendors}
    found: Books = {}
    for system in systems:
        for entity in ("books", *ENTITIES[system]):
            rows = (_bare(row, names) for row in systems[system][entity])
            found[f"{system} {entity}"] = sorted(rows, key=_text)
    return found


def marks(systems: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Our marks on documents that there are more than one of with the same mark, of either system.

    What takes another one back is left out: when a person makes it in Visma.net, it gets the texts of the other.
    """
    counts = Counter(
        (system, row["document"], row["kind"], row["reference"])
        for system, state in systems.items()
        for row in _standing(state["books"])
        if MARK.fullmatch(row["reference"] or "")
    )
    return [" ".join(key) for key, count in counts.items() if count > 1]


def _standing(books: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Documents that take none back."""
    undoing = {row["reversed_by"] for row in books}
    return [row for row in books if row["number"] not in undoing]


def difference(expected: Books, books: Books) -> str:
    """How two states differ, "" when they are equal."""
    told = []
    for entity, rows in expected.items():
        wanted, found = Counter(map(_text, rows)), Counter(map(_text, books[entity]))
        told += [f"{entity} lacks {text}" for text in (wanted - found).elements()]
        told += [f"{entity} has {text}" for text in (found - wanted).elements()]
    return "\n    ".join(told)


def _text(row: Any) -> str:
    return json.dumps(row, sort_keys=True)


def _bare(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, dict):
        kept = {
            key: bool(inner) if key in GIVEN else _bare(inner, names)
            for key, inner in value.items()
            if key not in OTHERS
        }
        return {key: inner for key, inner in kept.items() if inner not in ({}, [], None, "")}
    if isinstance(value, list):
        return [_bare(inner, names) for inner in value]
    if isinstance(value, str):
        return names.get(value) or NUMBER.sub(r"\1", MARK.sub("ML", value))
    return value
