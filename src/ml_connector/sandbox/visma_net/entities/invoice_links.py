"""Links between invoice lines and the lines of orders and receipts (vendors/visma_net.md §6.2)."""

from __future__ import annotations

from decimal import Decimal

from ml_connector.sandbox.visma_net.company import ZERO
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import TEXT, WHOLE, read

_LINK = {"purchaseNumber": TEXT, "purchaseLineNbr": WHOLE}


def link(desk: Desk, line: Values, sent: object, problems: list[str]) -> None:
    """Let an invoice line bill a line of an order or of a receipt; it is coded like that line unless it says more."""
    kind = sent.get("purchaseType") if isinstance(sent, dict) else None
    found = read(_LINK, sent)
    number, at = found.get("purchaseNumber"), found.get("purchaseLineNbr")
    table = {"purchaseorder": "Order", "purchasereceipt": "Receipt"}.get(str(kind).lower())
    row = desk.find(table, number) if table else None
    target = line_of(row, at) if row else None
    if row is None or target is None:
        problems.append(f"The purchase line {number}, {at} cannot be found in the system.")
        return
    line["link"] = _ref(row, target)
    for name in ("account", "subaccount", "project", "task", "inventory", "branch"):
        if target.get(name) and not line.get(name):
            line[name] = target[name]


def of_orders(desk: Desk, sent: list[Values], problems: list[str]) -> list[Values]:
    """An invoice line for what is left to bill of each order line."""
    found: list[Values] = []
    for one in sent:
        order = desk.find("Order", one.get("poOrderNumber"))
        if order is None:
            problems.append(f"Purchase order '{one.get('poOrderNumber')}' cannot be found in the system.")
            continue
        for line in order.lines:
            left = line["amount"] - (line.get("billed") or ZERO)
            if left and not line.get("canceled"):
                found.append(_bill(order, line, left))
    return found


def of_receipts(desk: Desk, sent: list[Values], problems: list[str]) -> list[Values]:
    """An invoice line for each receipt line named."""
    found: list[Values] = []
    for one in sent:
        receipt = desk.find("Receipt", one.get("poReceiptNumber"))
        line = line_of(receipt, one.get("poReceiptLineNumber")) if receipt else None
        if receipt is None or line is None:
            problems.append(f"Purchase receipt '{one.get('poReceiptNumber')}' cannot be found in the system.")
        else:
            found.append(_bill(receipt, line, line["amount"]))
    return found


def _bill(row: Record, line: Values, cost: Decimal) -> Values:
    coded = {name: line.get(name) for name in ("account", "subaccount", "project", "task", "inventory", "branch")}
    text = line.get("lineDescription") or line.get("transactionDescription")
    return {"operation": "Insert", "cost": cost, "transactionDescription": text, "link": _ref(row, line), **coded}


def _ref(row: Record, line: Values) -> Values:
    if row.kind == "Order":
        return {"order": row.key, "line": line["lineNumber"]}
    source = line.get("link") or {}
    return {**source, "receipt": row.key, "receipt_line": line["lineNumber"]}


def line_of(row: Record, number: object) -> Values | None:
    """The line with the number; the only one of a document without one."""
    if number is None and len(row.lines) == 1:
        return row.lines[0]
    return next((line for line in row.lines if line["lineNumber"] == number), None)


def bill(desk: Desk, row: Record, sign: int) -> None:
    """Count the released invoice's lines as billed (`sign` -1: no longer) on the order lines that they name."""
    for line in row.lines:
        ref = line.get("link") or {}
        order = desk.find("Order", ref.get("order"))
        target = line_of(order, ref.get("line")) if order else None
        if order is None or target is None:
            continue
        target["billed"] = (target.get("billed") or ZERO) + sign * line["cost"]
        desk.company.touch(order)
