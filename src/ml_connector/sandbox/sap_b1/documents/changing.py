"""Changing a stored document: an open order is entered again, of a posted one only texts change (§5.1, §5.2)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import entry
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import not_updatable
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

IDENTITY: Final = (
    "DocEntry",
    "DocNum",
    "CreationDate",
    "DocTime",
    "UserSign",
    "TransNum",
    "DataVersion",
    "DraftKey",
    "AuthorizationStatus",
    "DocObjectCode",
)
_FIXED: Final = ("CardCode", "DocType", "DocCurrency", "Series")
_TEXTS: Final = frozenset(
    {
        "Comments",
        "JournalMemo",
        "NumAtCard",
        "DocDueDate",
        "Reference1",
        "Reference2",
        "PaymentBlock",
        "PaymentBlockEntry",
        "OpeningRemarks",
        "ClosingRemarks",
        "AttachmentEntry",
        "Confirmed",
        "Printed",
        "DocumentsOwner",
        "SalesPersonCode",
    }
)
_LINE_TEXTS: Final = frozenset({"FreeText", "ItemDetails"})
_CALCULATED: Final = frozenset({"DocumentLines", "DataVersion", "UpdateDate", "UpdateTime"})


def unnumbered(body: Row) -> Row:
    """A body whose new lines get their numbers here."""
    lines = [
        {name: value for name, value in line.items() if name != "LineNum"} for line in body.get("DocumentLines") or []
    ]
    return body | {"DocumentLines": lines}


def check_posted(stored: Row, row: Row) -> None:
    """Texts, due date and user fields may differ. Raises -1029 for the rest."""
    if len(row["DocumentLines"]) != len(stored["DocumentLines"]):
        raise not_updatable()
    _only(stored, row, _TEXTS | _CALCULATED)
    for before, after in zip(stored["DocumentLines"], row["DocumentLines"], strict=True):
        _only(before, after, _LINE_TEXTS)


def _only(before: Row, after: Row, allowed: frozenset[str]) -> None:
    for name, value in after.items():
        if name not in allowed and not name.startswith("U_") and value != before.get(name):
            raise not_updatable()


def reentered(desk: Desk, kind: Kind, stored: Row, row: Row, body: Row) -> Row:
    """An open document with changed, new or removed lines, calculated anew."""
    if any(row[name] != stored[name] for name in _FIXED):
        raise not_updatable()
    made = entry.prepared(desk, kind, entry.as_sent(row, body))
    before = {line["LineNum"]: line for line in stored["DocumentLines"]}
    made["DocumentLines"] = [_still_open(before.pop(line["LineNum"], None), line) for line in made["DocumentLines"]]
    if any(line["OpenAmount"] != line["LineTotal"] for line in before.values()):
        raise not_updatable()
    lines = [line | {"DocEntry": stored["DocEntry"]} for line in made["DocumentLines"]]
    return made | {name: stored[name] for name in IDENTITY} | {"DocumentLines": lines}


def _still_open(before: Row | None, line: Row) -> Row:
    """A line that was partly copied keeps what was taken; a closed one does not change."""
    if before is None:
        return line
    if before["LineStatus"] != "bost_Open":
        if line["LineTotal"] != before["LineTotal"] or line["AccountCode"] != before["AccountCode"]:
            raise not_updatable()
        return line | {name: before[name] for name in ("LineStatus", "OpenAmount", "OpenAmountFC")}
    taken = before["LineTotal"] - before["OpenAmount"]
    left = line["LineTotal"] - taken
    if taken and left * line["LineTotal"] <= ZERO:
        raise not_updatable()
    taken_abroad = before["RowTotalFC"] - before["OpenAmountFC"]
    return line | {"OpenAmount": left, "OpenAmountFC": line["RowTotalFC"] - taken_abroad}
