"""Bills, wire ↔ records (vendors/acumatica.md §8.2)."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

from msgspec import Struct, structs

from ml_connector.connectors.acumatica import wire
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.records.documents import Bill, BillLine, OrderLine
from ml_connector.records.money import ZERO

BILL: Final = "Bill"
"""The label of the document type, which is also its key in addresses and filters."""
CREDIT: Final = "Debit Adj."
"""The label of a credit: a debit adjustment lowers what is owed to the vendor."""
MARK_END: Final = ":"
LONGEST_TEXT: Final = 256
ORDER_LABELS: Final = {"purchase_order": "Normal", "subcontract": "Subcontract"}
"""Order kinds in neutral words; any other kind is sent as the label it is."""


class Retainage(Struct, frozen=True, kw_only=True):
    """Where a bill holds retainage: custom fields (`View.Field`), as the contract has none of its own.

    `line` is the withheld amount of a line, `switch` the header's "apply retainage" (empty: not sent), `unreleased` the
    header's amount that is still withheld.
    """

    line: str
    switch: str
    unreleased: str


class Chart(Struct, frozen=True, kw_only=True):
    """What a tenant's own settings change in the reading of a bill."""

    retainage: Retainage
    no_project: str


def body(reference: str, document: Bill, chart: Chart) -> Record:
    """The bill to send, not on hold, our reference in front of its description."""
    month, year = document.period[5:7], document.period[:4]
    sent = wire.wrapped(
        {
            "Type": type_of(document),
            "Vendor": document.vendor,
            "VendorRef": document.number,
            "Date": document.date,
            "PostPeriod": month + year,
            "CurrencyID": document.currency,
            "Description": f"{reference}{MARK_END} {document.text}"[:LONGEST_TEXT],
            "Hold": False,
            "Amount": document.total,
        }
    )
    withheld = has_retainage(document)
    if withheld and chart.retainage.switch:
        sent["custom"] = wire.custom(chart.retainage.switch, "CustomBooleanField", True)
    return sent | {"Details": [_line_body(line, chart.retainage if withheld else None) for line in document.lines]}


def type_of(document: Bill) -> str:
    """The label of the document type, part of its key."""
    return CREDIT if document.credit else BILL


def only_releases(document: Bill) -> bool:
    """Whether nothing is to be posted but the release of earlier bills' retainage."""
    return bool(document.releases) and not document.lines


def has_retainage(document: Bill) -> bool:
    """Whether any line withholds something, so that custom fields take part."""
    return any(line.retainage != 0 for line in document.lines)


def reference_of(record: Record) -> str:
    """Our mark, or whatever else stands before the first colon; empty without a colon."""
    mark, end, _ = wire.text(record, "Description").partition(MARK_END)
    return mark.strip() if end else ""


def bill(record: Record, chart: Chart, meant: Bill | None = None) -> Bill:
    """A stored bill. With `meant`, keys that the vendor merely spells differently are given as they were sent.

    A subaccount or tax category that was left to the vendor's default then stays empty. Raises BadRecord.
    """
    number, date = wire.text(record, "VendorRef"), wire.day(record, "Date")
    if date is None:
        raise BadRecord("the bill has no date")
    description = wire.text(record, "Description")
    mark, end, rest = description.partition(MARK_END)
    lines = tuple(_line(row, chart) for row in wire.rows(record, "Details"))
    stored = Bill(
        reference=mark.strip() if end else "",
        vendor=wire.text(record, "Vendor"),
        number=number,
        date=date,
        period=period(wire.text(record, "PostPeriod")),
        currency=wire.text(record, "CurrencyID"),
        text=rest.strip() if end else description,
        total=wire.amount(record, "Amount") or ZERO,
        tax=wire.amount(record, "TaxTotal") or ZERO,
        lines=lines,
        credit=wire.text(record, "Type") == CREDIT,
    )
    return stored if meant is None else _spelled_as(stored, meant)


def period(text: str) -> str:
    """`YYYY-MM` of a posting period, which is shown as `MMYYYY` or `MM-YYYY`; empty for none. Raises BadRecord."""
    if not text:
        return ""
    found = re.fullmatch(r"(\d{2})-?(\d{4})", text)
    if not found:
        raise BadRecord(f"{text!r} is no posting period")
    return f"{found[2]}-{found[1]}"


def _line_body(line: BillLine, retainage: Retainage | None) -> Record:
    order = line.order
    sent = wire.wrapped(
        {
            "Account": line.account,
            "Subaccount": line.subaccount,
            "ExtendedCost": line.amount,
            "TransactionDescription": line.text[:LONGEST_TEXT],
            "Project": line.project,
            "ProjectTask": line.task,
            "CostCode": line.cost_code,
            "TaxCategory": line.tax_category,
            "POOrderType": None if order is None else ORDER_LABELS.get(order.kind, order.kind),
            "POOrderNbr": None if order is None else order.number,
            "POLine": None if order is None else order.line,
        }
    )
    if retainage is not None:
        sent["custom"] = wire.custom(retainage.line, "CustomDecimalField", line.retainage)
    return sent


def _line(row: Record, chart: Chart) -> BillLine:
    """`ExtendedCost` is the line as sent, before retainage; a discount shows in the document's total."""
    cost = wire.amount(row, "ExtendedCost")
    project = wire.text(row, "Project")
    has_project = not same(project, chart.no_project)
    number = wire.text(row, "POOrderNbr")
    return BillLine(
        account=wire.text(row, "Account"),
        subaccount=wire.text(row, "Subaccount"),
        project=project if has_project else "",
        task=wire.text(row, "ProjectTask") if has_project else "",
        cost_code=wire.text(row, "CostCode") if has_project else "",
        amount=(wire.amount(row, "Amount") if cost is None else cost) or Decimal(0),
        text=wire.text(row, "TransactionDescription"),
        retainage=wire.custom_amount(row, chart.retainage.line) or ZERO,
        order=_order(row, number) if number else None,
        tax_category=wire.text(row, "TaxCategory"),
    )


def _order(row: Record, number: str) -> OrderLine:
    return OrderLine(kind=wire.text(row, "POOrderType"), number=number, line=wire.whole(row, "POLine") or 0)


def _spelled_as(stored: Bill, meant: Bill) -> Bill:
    lines = stored.lines
    if len(lines) == len(meant.lines):
        lines = tuple(_line_spelled_as(*pair) for pair in zip(lines, meant.lines, strict=True))
    return structs.replace(stored, vendor=_as(stored.vendor, meant.vendor), lines=lines)


def _line_spelled_as(stored: BillLine, meant: BillLine) -> BillLine:
    order = stored.order
    if order is not None and meant.order is not None:
        label = ORDER_LABELS.get(meant.order.kind, meant.order.kind)
        kind = meant.order.kind if same(order.kind, label) else order.kind
        order = OrderLine(kind=kind, number=_as(order.number, meant.order.number), line=order.line)
    return structs.replace(
        stored,
        account=_as(stored.account, meant.account),
        subaccount=_as(stored.subaccount, meant.subaccount) if meant.subaccount else "",
        project=_as(stored.project, meant.project),
        task=_as(stored.task, meant.task),
        cost_code=_as(stored.cost_code, meant.cost_code),
        tax_category=_as(stored.tax_category, meant.tax_category) if meant.tax_category else "",
        order=order,
    )


def _as(stored: str, meant: str) -> str:
    return meant if same(stored, meant) else stored


def same(one: str, other: str) -> bool:
    """Segmented keys are one key with and without separators, padding and capitals (vendors/acumatica.md §8, §12)."""
    return _bare(one) == _bare(other)


def _bare(key: str) -> str:
    return re.sub(r"[\s-]", "", key).upper()
