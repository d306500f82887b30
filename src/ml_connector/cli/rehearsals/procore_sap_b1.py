"""Procore and SAP Business One in the demo: commitments, change orders and costs of one month in the general ledger."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ml_connector.cli.rehearsals import books
from ml_connector.cli.rehearsals.books import Book, Comparison, Ends, Ready
from ml_connector.cli.rehearsals.rehearsal import Rehearsal, records

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation

CLEARING, ACCRUAL, RETAINAGE = "20600", "20510", "20100"
_PROJECTS = 3
_NAMES = {"bill": "invoice", "credit_note": "credit note", "purchase_order": "order"}
"""What the hub calls documents that the books call otherwise."""
_SINCE = "2026-01-01"


def sign_commitments(ready: Ready) -> str:
    """New subcontracts with a change order up, one down, one that is voided later, and a first requisition."""
    state = books.state(ready["procore"])
    vendors = [vendor["id"] for vendor in state["vendors"] if vendor["is_active"]]
    projects = [project for project in state["projects"] if project["active"]][:_PROJECTS]
    for place, project in enumerate(projects):
        _sign(ready, state, project["id"], vendors[place], f"SC-NEW-{place + 1}")
    return f"people sign {_PROJECTS} subcontracts in Procore, change each three times, and bill a first period"


def void_a_change_order(ready: Ready) -> str:
    """A change order that is posted already is voided."""
    order = _last_change(ready)
    _act(ready, "void", kind="change_order", id=int(order.number))
    return f"somebody voids change order {order.business_number} of {order.party} in Procore"


def judges(ready: Ready, installation: Installation) -> list[Comparison]:
    """Both ends of every flow; of a journal, what it owes is compared."""
    name = installation.integration
    common: dict[str, Any] = {"source": "procore", "target": "sap_b1", "since": _SINCE, "keyed": _keyed}
    invoices: dict[str, Any] = {
        "made": ("bill", "credit_note"), "posted": ("bost_Open", "bost_Close"), "undone": ("csYes", "csCancellation"),
        "of_source": _own, **common,
    }  # fmt: skip
    journals: dict[str, Any] = {
        "made": ("journal",),
        "posted": ("posted",),
        "of_target": books.owed_on(CLEARING, ACCRUAL),
        **common,
    }
    return [
        books.compare(
            name,
            Ends(flow="commitments →", document="commitment", approved=("Approved", "Complete"), **invoices),
            ready,
            records(installation, "commitments"),
        ),
        books.compare(
            name,
            Ends(
                flow="change orders →", document="change_order", approved=("approved",), of_target=_signed, **invoices
            ),
            ready,
            records(installation, "change-orders"),
        ),
        books.compare(
            name,
            Ends(flow="requisitions →", document="requisition", approved=("approved", "approved_as_noted"), **journals),
            ready,
            records(installation, "requisitions"),
        ),
        books.compare(
            name,
            Ends(
                flow="direct costs →",
                document="direct_cost",
                approved=("approved",),
                kinds=("invoice", "expense"),
                **journals,
            ),
            ready,
            records(installation, "direct-costs"),
        ),
    ]


def _sign(ready: Ready, state: dict[str, list[dict[str, Any]]], project: int, vendor: int, number: str) -> None:
    codes = [code["id"] for code in state["wbs_codes"] if code["project_id"] == project and code["status"] == "active"]
    fields = {
        "number": number, "title": f"Extra work {number}", "vendor_id": vendor, "status": "Approved",
        "contract_date": "2026-01-05", "retainage_percent": "10",
    }  # fmt: skip
    lines = [{"wbs_code_id": code, "amount": "50000.00", "description": "Extra work"} for code in codes[:2]]
    made = _act(
        ready, "key_document", kind="commitment", parent=project, type="WorkOrderContract", fields=fields, lines=lines
    )
    for place, amount in enumerate(("7250.40", "-3100.15", "1999.99"), start=1):
        _act(
            ready, "key_document", kind="change_order", parent=made["id"],
            fields={"title": "Owner's wish", "status": "approved", "number": f"CO-{place}"},
            lines=[{"wbs_code_id": codes[0], "amount": amount}],
        )  # fmt: skip

    _bill(ready, state, project, made["id"], f"{number} / 1")


def _bill(ready: Ready, state: dict[str, list[dict[str, Any]]], project: int, commitment: int, number: str) -> None:
    """A first requisition, with retainage."""
    period = next(
        one["id"] for one in state["billing_periods"]
        if one["project_id"] == project and one["end_date"] == "2026-01-31"
    )  # fmt: skip
    fields = {"period_id": period, "billing_date": "2026-01-31", "invoice_number": number, "status": "draft"}
    made = _act(ready, "key_document", kind="requisition", parent=commitment, fields=fields)
    shown = next(row for row in books.state(ready["procore"])["requisitions"] if row["id"] == made["id"])
    said = {
        "work_completed_this_period": "12345.60", "work_completed_retainage_retained_this_period": "1234.56",
    }  # fmt: skip
    items = [{"id": item["id"], "item_type": item["item_type"], **said} for item in shown["items"][:2]]
    _act(ready, "revise", kind="requisition", id=made["id"], items=items)
    _act(ready, "approve", kind="requisition", id=made["id"])


def _last_change(ready: Ready) -> Book:
    posted = [
        book for book in books.books(ready["procore"])
        if book.document == "change_order" and book.business_number == "CO-3" and book.status == "approved"
    ]  # fmt: skip
    return posted[-1]


def _act(ready: Ready, action: str, **fields: Any) -> Any:
    return books.post(ready["procore"]["control_url"], "act", {"action": action, **fields})


def _keyed(book: Book) -> str:
    """Numbers are counted apart for each kind of document, so that the kind belongs to the name."""
    return f"{_NAMES.get(book.document, book.document)} {book.number}"


def _own(book: Book) -> Decimal:
    """A commitment without its change orders, which are documents of their own."""
    if book.document != "commitment":
        return book.total
    own = [line.amount or Decimal(0) for line in book.lines if "change_order" not in line.dimensions]
    return sum(own, Decimal(0))


def _signed(book: Book) -> Decimal:
    """A credit note lowers what an invoice raised."""
    return -book.total if book.document == "credit_note" else book.total


REHEARSAL = Rehearsal(
    integration="procore-sap-b1",
    left="procore",
    right="sap_b1",
    rules={
        "cut_over": _SINCE,
        "currency": "USD",
        "treatment": "invoice_clearing",
        "clearing_account": CLEARING,
        "accrual_account": ACCRUAL,
        "retainage": "ledger",
        "retainage_account": RETAINAGE,
        "earlier_commitments": "accrual",
        "corrections": "reverse_and_repost",
    },
    least_score=90,
    switches={},
    acts=(sign_commitments, void_a_change_order),
    judges=judges,
)
