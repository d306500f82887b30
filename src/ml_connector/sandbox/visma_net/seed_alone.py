"""What only the ERP has: orders that become commitments, every kind that must not, and an invoice of a new supplier."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from ml_connector.sandbox.month.facts import Month, Project, Vendor, Wbs
from ml_connector.sandbox.visma_net import coding, numbering
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import invoice_life, invoices, orders
from ml_connector.sandbox.visma_net.records import Record, Values, milliseconds

_CHANGED: Final = datetime(2026, 1, 28, 14, 0, tzinfo=UTC)
_KINDS: Final = (
    ("Site fencing", "RegularOrder", "Open"),
    ("Tower crane hire", "RegularOrder", "Open"),
    ("Temporary heating", "RegularOrder", "Hold"),
    ("Concrete, yearly agreement", "Blanket", "Open"),
    ("Office furniture", "RegularOrder", "Open"),
    ("Signs", "RegularOrder", "Cancelled"),
    ("Scaffolding for two jobs", "RegularOrder", "Open"),
    ("Soil survey", "RegularOrder", "Closed"),
)
_WITHOUT_PROJECT, _TWO_PROJECTS = "Office furniture", "Scaffolding for two jobs"


def write(desk: Desk, month: Month, segments: dict[int, str]) -> None:
    """`segments`: the cost centre of each project by its key.

    The second order and the invoice are of suppliers of the ERP alone, where it has such.
    """
    jobs = [one for one in month.projects if one.active and one.erp_id]
    fit = [one for one in month.vendors if one.erp_id and one.erp_status == "Active" and one.in_procore]
    alone = [one for one in month.vendors if one.erp_id and one.erp_status == "Active" and not one.in_procore]
    for place, (text, kind, status) in enumerate(_KINDS):
        vendor = alone[0] if place == 1 and alone else fit[place % len(fit)]
        job = jobs[place % len(jobs)]
        others = [job, jobs[(place + 1) % len(jobs)]] if text == _TWO_PROJECTS else [job, job]
        lines = [_line(desk, month, one, number, segments) for number, one in enumerate(others, start=1)]
        if text == _WITHOUT_PROJECT:
            lines = [line | {"project": None, "task": None} for line in lines]
        _store(desk, month, vendor, lines, {"description": text, "orderType": kind, "status": status})
    _invoice(desk, alone[-1] if alone else fit[-1])


def _invoice(desk: Desk, vendor: Vendor) -> None:
    """Rent of a site office, typed in and released: no job bears it."""
    line: Values = {"operation": "Insert", "account": desk.company.set_up.office, "costInCurrency": Decimal("1800.00")}
    sent: Values = {
        "supplierNumber": vendor.erp_id,
        "supplierReference": "R-2026-01",
        "description": "Site office, January",
    }
    row = invoices.create(desk, sent | {"date": date(2026, 1, 22), "invoiceLines": [line]})
    row["approvalStatus"] = "New"
    invoice_life.post_release(desk, row)
    for one in (row, *desk.company.changes().get("Journal", [])):
        one.created = one.modified = milliseconds(_CHANGED)


def _line(desk: Desk, month: Month, job: Project, number: int, segments: dict[int, str]) -> Values:
    wbs = _code(month, job, number)
    cost_type = next(one for one in month.cost_types if one.code == wbs.cost_type)
    task = next(
        (one.code for one in month.tasks if (one.project, one.division) == (job.erp_id, wbs.cost_code[:2])), None
    )
    parts = ["00", segments[job.key], wbs.cost_code]
    return {
        "lineNumber": number,
        "lineType": "Service",
        "lineDescription": f"Part {number}",
        "orderQty": Decimal(number),
        "unitCost": Decimal("1250.50"),
        "uom": "ea",
        "amount": Decimal("1250.50") * number,
        "branch": desk.company.set_up.branch,
        "account": cost_type.erp_account,
        "_parts": parts,
        "subaccount": "".join(parts),
        "project": job.erp_id,
        "task": task,
    }


def _code(month: Month, job: Project, number: int) -> Wbs:
    """A budgeted code of the job that the ERP has too."""
    known = {one.code for one in month.cost_codes if one.in_erp}
    budgeted = [one for one in job.wbs if one.budget and one.cost_code in known]
    return budgeted[(job.key + 7 * number) % len(budgeted)]


def _store(desk: Desk, month: Month, vendor: Vendor, lines: list[Values], own: Values) -> Record:
    status = own["status"]
    for line in lines:
        line["canceled"], line["completed"] = status == "Cancelled", status == "Closed"
    values = own | {
        "hold": status == "Hold",
        "approved": True,
        "date": date(2026, 1, 19),
        "supplier": vendor.erp_id,
        "currency": month.currency,
        "exchangeRate": Decimal(1),
        "terms": "30",
        "supplierVatZone": "01",
        "branch": desk.company.set_up.branch,
        "_last_line": len(lines),
    }
    row = desk.company.add("Order", numbering.free(desk, "order", "Order"), values, lines, at=milliseconds(_CHANGED))
    for line in row.lines:
        coding.settle(desk, line)
    if status not in ("Cancelled", "Closed"):
        orders.set_status(desk, row)
    return row
