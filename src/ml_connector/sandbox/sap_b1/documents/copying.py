"""Copying from a base document: its lines fill the new ones, and what is copied is closed there."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from ml_connector.sandbox.sap_b1.desk import Desk, stamped
from ml_connector.sandbox.sap_b1.documents import kinds
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.errors import enter_valid_code, no_matching_records, validation
from ml_connector.sandbox.sap_b1.rules.rounding import ZERO

_COPIED: Final = (
    "ItemCode",
    "ItemDescription",
    "AccountCode",
    "CostingCode",
    "CostingCode2",
    "CostingCode3",
    "CostingCode4",
    "CostingCode5",
    "ProjectCode",
    "TaxCode",
    "VatGroup",
    "FreeText",
    "WarehouseCode",
)
_VALUES: Final = ("LineTotal", "RowTotalFC", "UnitPrice", "Price")


def is_based(line: Row) -> bool:
    """Whether a line was copied from another document."""
    return line["BaseType"] not in (None, -1) and line["BaseEntry"] is not None


def from_base(desk: Desk, kind: Kind, head: Row, sent: Row, number: int) -> Row:
    """What was sent, with the base line's values where nothing was."""
    given = {name: value for name, value in sent.items() if value is not None}
    if given.get("BaseType", -1) == -1 or "BaseEntry" not in given:
        return given
    base_kind = kinds.BY_TYPE.get(given["BaseType"])
    if base_kind is None or given["BaseType"] not in kind.bases:
        raise enter_valid_code(kind.lines, "BaseType", number)
    base = desk.store[base_kind.table].find(given["BaseEntry"])
    line = _line(base, given.get("BaseLine", 0)) if base is not None else None
    if base is None or line is None:
        raise no_matching_records(400)
    if base["CardCode"] != head["CardCode"]:
        raise enter_valid_code(kind.lines, "BaseEntry", number)
    is_closed = base["DocumentStatus"] != "bost_Open" and base_kind is not kinds.INVOICE
    if is_closed or line["LineStatus"] != "bost_Open":
        raise validation(
            f"One of the base documents has already been closed  [{kind.lines}.BaseEntry][line: {number + 1}]"
        )
    filled = {name: line[name] for name in _COPIED if line[name] is not None} | given
    if not any(name in given for name in _VALUES):
        filled |= _open_values(line, head)
    return filled


def _open_values(line: Row, head: Row) -> Row:
    if head["DocType"] == "dDocument_Items":
        return {"Quantity": line["RemainingOpenQuantity"], "UnitPrice": line["Price"]}
    return {"RowTotalFC": line["OpenAmountFC"]} if line["RowTotalFC"] else {"LineTotal": line["OpenAmount"]}


def _line(document: Row, number: int) -> Row | None:
    return next((line for line in document["DocumentLines"] if line["LineNum"] == number), None)


def settle(desk: Desk, row: Row, *, back: bool = False) -> None:
    """Close the lines that a document was copied from, as far as it goes; `back`: open them again.

    All or nothing: raises before anything is changed.
    """
    changes = []
    for base_type, entry in {(line["BaseType"], line["BaseEntry"]) for line in row["DocumentLines"] if is_based(line)}:
        kind = kinds.BY_TYPE[base_type]
        base = desk.store[kind.table].find(entry)
        if base is None:
            continue
        copies = {
            line["BaseLine"] or 0: line
            for line in row["DocumentLines"]
            if (line["BaseType"], line["BaseEntry"]) == (base_type, entry)
        }
        lines = [_settled(line, copies.get(line["LineNum"]), back=back) for line in base["DocumentLines"]]
        changed = base | {"DocumentLines": lines}
        if kind is kinds.INVOICE:
            changed = _credited(changed, list(copies.values()), back=back)
        else:
            changed["DocumentStatus"] = _status(lines)
        changes.append((kind.table, changed))
    for table, changed in changes:
        desk.store[table].put(stamped(desk, changed))


def _settled(line: Row, copy: Row | None, *, back: bool) -> Row:
    if copy is None:
        return line
    by_quantity = line["Quantity"] and copy["Quantity"]
    left = {
        name: _left(line[total], line[name], copy[total], back=back)
        for name, total in (("OpenAmount", "LineTotal"), ("OpenAmountFC", "RowTotalFC"))
    }
    left["RemainingOpenQuantity"] = _left(line["Quantity"], line["RemainingOpenQuantity"], copy["Quantity"], back=back)
    is_closed = not (left["RemainingOpenQuantity"] if by_quantity else left["OpenAmount"])
    return line | left | {"LineStatus": "bost_Close" if is_closed else "bost_Open"}


def _left(whole: Decimal, left: Decimal, taken: Decimal, *, back: bool) -> Decimal:
    """What is open after so much was taken (or given back), between nothing and the whole."""
    now = left + taken if back else left - taken
    least, most = min(ZERO, whole), max(ZERO, whole)
    return min(max(now, least), most)


def _status(lines: list[Row]) -> str:
    return "bost_Open" if any(line["LineStatus"] == "bost_Open" for line in lines) else "bost_Close"


def _credited(invoice: Row, lines: list[Row], *, back: bool) -> Row:
    """A credit note settles the invoice that it was copied from."""
    local = sum((line["GrossTotal"] for line in lines), ZERO)
    foreign = sum((line["RowTotalFC"] + line["NetTaxAmountFC"] for line in lines), ZERO)
    return paid(invoice, -local if back else local, -foreign if back else foreign)


def paid(row: Row, amount: Decimal, foreign: Decimal) -> Row:
    """A document of which so much was paid or credited; nothing left closes it. Raises when it is more than is open."""
    total = row["PaidToDate"] + amount
    if total > row["DocTotal"] or total < 0:
        raise validation("The amount is more than the open balance  [PaymentInvoices.SumApplied]")
    status = "bost_Close" if total == row["DocTotal"] else "bost_Open"
    return row | {
        "PaidToDate": total,
        "PaidToDateSys": total,
        "PaidToDateFC": row["PaidToDateFC"] + foreign,
        "DocumentStatus": status,
    }
