"""Orders on the wire: what is sent of a change, and a stored order as one (vendors/acumatica.md §8.4, §8.5)."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from ml_connector.connectors.acumatica import masters, objects, wire
from ml_connector.connectors.acumatica.masters import SUBCONTRACT
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.records.commitments import OrderChange, OrderLineChange
from ml_connector.records.compare import Difference
from ml_connector.records.documents import Order, OrderPosition

PURCHASE_ORDER: Final = "PurchaseOrder"
ON_HOLD: Final = "On Hold"
_CENT: Final = Decimal("0.01")


def entity(kind: str) -> str:
    """The entity that holds orders of this kind."""
    return SUBCONTRACT if kind == SUBCONTRACT else PURCHASE_ORDER


def key(change: OrderChange, number: str) -> tuple[str, ...]:
    """An order's key fields as in a path."""
    return (number,) if change.kind == SUBCONTRACT else (change.kind, number)


def named(change: OrderChange, number: str) -> Record:
    """An order's key fields as they are sent."""
    if change.kind == SUBCONTRACT:
        return wire.wrapped({"SubcontractNbr": number})
    return wire.wrapped({"Type": change.kind, "OrderNbr": number})


def order(change: OrderChange, record: Record) -> Order:
    """A stored order of the kind of a change."""
    return masters.subcontract(record) if change.kind == SUBCONTRACT else masters.purchase_order(record)


def new(change: OrderChange, reference: str) -> Record:
    """An order to be created, our reference in front of its description, on hold (subcontracts begin so)."""
    sent = wire.wrapped(
        {
            "VendorID": change.vendor,
            "VendorRef": change.vendor_number,
            "Date": change.date,
            "CurrencyID": change.currency,
            "Description": f"{reference}{objects.MARK_END} {change.text}"[: objects.LONGEST_TEXT],
        }
    )
    if change.kind != SUBCONTRACT:
        sent |= wire.wrapped({"Type": change.kind, "Hold": True})
    return sent | {"Details": [_new_line(change, line) for line in change.lines]}


def changed(change: OrderChange, record: Record) -> list[Record]:
    """The lines to send: existing ones by the ids that they have now, new ones that are not there yet.

    Raises LookupError with the number of a line that the order does not have.
    """
    rows = wire.rows(record, "Details")
    by_number = {wire.whole(row, "LineNbr"): row for row in rows}
    sent = []
    for line in change.lines:
        row = by_number.get(line.line) if line.line else _marked(line, rows)
        if row is None and line.line:
            raise LookupError(str(line.line))
        sent.append(_new_line(change, line) if row is None else _changed_line(change, line, row))
    return [row for row in sent if row]


def stored(change: OrderChange, record: Record) -> OrderChange:
    """What the order holds, in the form of a change: every line with its amount and end, whether it is on hold."""
    there = order(change, record)
    description = wire.text(record, "Description")
    mark, end, rest = description.partition(objects.MARK_END)
    return OrderChange(
        reference=mark.strip() if end else "",
        kind=there.kind,
        number=there.number,
        vendor=there.vendor,
        vendor_number=there.vendor_number,
        date=wire.day(record, "Date"),
        currency=there.currency,
        text=rest.strip() if end else description,
        held=there.status == ON_HOLD,
        lines=tuple(_line(line) for line in there.lines),
    )


def compare(meant: OrderChange, there: OrderChange) -> list[Difference]:
    """What of a change the order does not hold; whether it is on hold is seen to afterwards."""
    found: list[Difference] = []
    if not meant.number:
        found += _differ("order vendor", meant.vendor, there.vendor)
        if len(there.lines) != len(meant.lines):
            found += _differ("number of lines", str(len(meant.lines)), str(len(there.lines)))
    for line in meant.lines:
        name = f"line {line.line}" if line.line else f"new line {line.mark or line.text}"
        found += _differences(name, line, _find(line, there.lines))
    return found


def is_done(change: OrderChange, record: Record) -> bool:
    """Whether every line is as it is meant to be."""
    return not compare(change, stored(change, record))


def text(line: OrderLineChange) -> str:
    """The text of a new line, our mark in front."""
    whole = f"{line.mark}{objects.MARK_END} {line.text}" if line.mark else line.text
    return whole[: objects.LONGEST_TEXT].strip()


def _differences(name: str, meant: OrderLineChange, there: OrderLineChange | None) -> list[Difference]:
    if there is None:
        return [Difference(field=name, meant=f"{meant.amount or 0:f}", stored="")]
    found: list[Difference] = []
    if meant.amount is not None and meant.amount != there.amount:
        found += _differ(f"{name} amount", f"{meant.amount:f}", f"{there.amount or 0:f}")
    if meant.ended:
        found += _differ(f"{name} ended", meant.ended, there.ended)
    if meant.line:
        return found
    for field in ("account", "project", "task", "cost_code"):
        ours, theirs = getattr(meant, field), getattr(there, field)
        if ours and not objects.same(ours, theirs):
            found += _differ(f"{name} {field.replace('_', ' ')}", ours, theirs)
    return found


def _position(change: OrderChange, row: Record) -> OrderLineChange:
    return _line(masters.position(row, _task_field(change)))


def _line(line: OrderPosition) -> OrderLineChange:
    return OrderLineChange(
        line=line.line,
        amount=line.amount,
        ended=line.ended,
        text=line.text,
        account=line.account,
        subaccount=line.subaccount,
        project=line.project,
        task=line.task,
        cost_code=line.cost_code,
    )


def _differ(field: str, meant: str, there: str) -> list[Difference]:
    return [] if objects.same(meant, there) else [Difference(field=field, meant=meant, stored=there)]


def _find(line: OrderLineChange, lines: Sequence[OrderLineChange]) -> OrderLineChange | None:
    found = [each for each in lines if (each.line == line.line if line.line else _is_marked(line, each.text))]
    return found[0] if len(found) == 1 else None


def _marked(line: OrderLineChange, rows: Sequence[Record]) -> Record | None:
    """The row that an earlier try added."""
    return next((row for row in rows if _is_marked(line, wire.text(row, "LineDescription"))), None)


def _is_marked(line: OrderLineChange, words: str) -> bool:
    return words.startswith(f"{line.mark}{objects.MARK_END}") if line.mark else words == text(line)


def _new_line(change: OrderChange, line: OrderLineChange) -> Record:
    """Without quantity and price: the amount alone stands then (vendors/acumatica.md §11)."""
    return wire.wrapped(
        {
            "LineDescription": text(line),
            "ExtendedCost": line.amount,
            "Account": line.account,
            "Subaccount": line.subaccount,
            "Project": line.project,
            _task_field(change): line.task,
            "CostCode": line.cost_code,
        }
    )


def _changed_line(change: OrderChange, line: OrderLineChange, row: Record) -> Record:
    """An existing line by its id and number; nothing when it is as it is meant.

    Amount = quantity x price there, and from which of both a change starts is not documented. So the price goes along
    where amount and quantity give it exactly; otherwise the amount goes alone, and what was stored is compared.
    """
    if not _differences("", line, _position(change, row)):
        return {}
    amount = wire.amount(row, "ExtendedCost") if line.amount is None else line.amount
    sent: Record = {"id": row["id"]} if row.get("id") else {}
    sent |= wire.wrapped({"LineNbr": wire.whole(row, "LineNbr"), "ExtendedCost": amount})
    if amount is not None and amount != wire.amount(row, "ExtendedCost"):
        sent |= wire.wrapped({"UnitCost": _price(amount, row)})
    if line.ended == "completed":
        sent |= wire.wrapped({"Completed": True})
    elif line.ended == "cancelled":
        sent |= wire.wrapped({"Canceled" if change.kind == SUBCONTRACT else "Cancelled": True})
    return sent


def _price(amount: Decimal, row: Record) -> Decimal | None:
    quantity = wire.amount(row, "OrderQty")
    if not quantity:
        return None
    price = (amount / quantity).quantize(_CENT)
    return price if price * quantity == amount else None


def _task_field(change: OrderChange) -> str:
    """Subcontracts name the task otherwise (vendors/acumatica.md §8.5)."""
    return "Task" if change.kind == SUBCONTRACT else "ProjectTask"
