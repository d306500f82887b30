"""Visma.net and Procore in the demo: suppliers, cost codes, orders and costs of one month."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from ml_connector.cli.rehearsals import books
from ml_connector.cli.rehearsals.books import Book, Comparison, Ends, Ready
from ml_connector.cli.rehearsals.pairs import Row, Said, compared, digits, procore_cost_codes, procore_vendors
from ml_connector.cli.rehearsals.rehearsal import Rehearsal, pairs, records

if TYPE_CHECKING:
    from ml_connector.hub.models import Installation

ACCRUAL, RETAINAGE = "20500", "20100"
_SINCE = "2026-01-01"
_CODES = "SUBACCOUNT", 3
_NEW_ORDERS, _ORDERED = 3, "2026-02-02"


def buy(ready: Ready) -> str:
    """A supplier moves, a new one gets orders, and an order that is a commitment by now is changed."""
    order = next(filter(_is_open, books.books(ready["visma_net"])))
    line = order.lines[0]
    _act(ready, "edit_supplier", number=order.party, street="1 New Road", city="Dayton")
    made = _act(ready, "create_supplier", name="Brightwater Roofing Inc", corporate_id="55-1234567")
    coded = {
        "account": line.account, "project": line.project, "task": line.dimensions["task"],
        "segments": {"2": line.dimensions["segment2"], "3": line.dimensions["segment3"]},
    }  # fmt: skip
    for place in range(_NEW_ORDERS):
        lines = [{"amount": f"{1000 + place}.50", "text": "Roofing", **coded}]
        _act(ready, "create_order", supplier=made["number"], date=_ORDERED, description="Roof", lines=lines)
    _act(ready, "edit_order", number=order.number, line=1, amount="999.99", add=[{"amount": "77.01", **coded}])
    return f"people in Visma.net enter a supplier with {_NEW_ORDERS} orders, move a supplier, and change an order"


def end(ready: Ready) -> str:
    """One of the new orders is closed, a line of the changed one cancelled, and a cost code is renamed."""
    there = books.books(ready["visma_net"])
    changed, new = next(filter(_is_open, there)), next(filter(_is_new, there))
    _act(ready, "close_order", number=new.number)
    _act(ready, "cancel_order_line", number=changed.number, line=2)
    _act(ready, "rename_segment_value", segment="3", value="03-300", name="Concrete, cast in place")
    return "people in Visma.net close an order, cancel a line of another, and rename a cost code"


def judges(ready: Ready, installation: Installation) -> list[Comparison]:
    """Both ends of every flow; of a journal, what it owes is compared."""
    name = installation.integration
    journals: dict[str, Any] = {
        "source": "procore", "target": "visma_net", "since": _SINCE, "made": ("journal",), "posted": ("Posted",),
        "of_target": books.owed_on(ACCRUAL),
    }  # fmt: skip
    orders = Ends(
        flow="orders →", source="visma_net", target="procore", document="purchase_order", since=_SINCE,
        approved=("Open", "Printed", "PendingPrint", "PendingEmail", "Closed"), kinds=("RegularOrder", "DropShip"),
        made=("commitment",), posted=("Approved", "Closed"), of_source=_net, key=_key,
    )  # fmt: skip
    requisitions = Ends(
        flow="requisitions →", document="requisition", approved=("approved", "approved_as_noted"), **journals
    )
    costs = Ends(
        flow="direct costs →", document="direct_cost", approved=("approved",), kinds=("invoice", "expense"), **journals
    )
    vendors = pairs(installation, "vendors")
    made = {pair.right for pair in vendors}
    there = {key: _visma_owns(said) for key, said in procore_vendors(ready).items() if key in made}
    return [
        compared(
            name, "suppliers →", _suppliers(ready), there, vendors, records(installation, "suppliers", "vendors")
        ),
        compared(
            name, "cost codes ⇄", _cost_codes(ready), procore_cost_codes(ready), pairs(installation, "cost codes"),
            records(installation, "cost-codes-to-procore", "cost-codes-to-visma"),
        ),
        books.compare(name, orders, ready, records(installation, "orders")),
        books.compare(name, requisitions, ready, records(installation, "requisitions")),
        books.compare(name, costs, ready, records(installation, "direct-costs")),
    ]  # fmt: skip


def _suppliers(ready: Ready) -> Said:
    return {str(row["number"]): _visma_owns(_supplier(row)) for row in books.state(ready["visma_net"])["supplier"]}


def _visma_owns(said: tuple[str, ...]) -> tuple[str, ...]:
    """All but e-mail and phone, which are Procore's (choice procore_owns)."""
    return said[:-2]


def _supplier(row: Row) -> tuple[str, ...]:
    address, contact = row.get("mainAddress") or {}, row.get("mainContact") or {}
    named = [str(row["name"]), "no" if row["status"] == "Inactive" else "yes"]
    named.append(digits(row.get("corporateId") or row.get("vatRegistrationId") or ""))
    named += [str(address.get(name) or "") for name in ("addressLine1", "city")]
    named += [str((address.get("county") or {}).get("id") or ""), str(address.get("postalCode") or "")]
    named += [str((address.get("country") or {}).get("id") or ""), str(contact.get("email") or "")]
    return (*named, digits(contact.get("phone1") or ""))


def _cost_codes(ready: Ready) -> Said:
    """The values of the segment that holds cost codes; zeros stand for none."""
    dimension, number = _CODES
    (found,) = [one for one in books.state(ready["visma_net"])["dimension"] if one["id"] == dimension]
    (segment,) = [one for one in found["segments"] if one["segmentId"] == number]
    return {
        f"{dimension}|{number}|{row['valueId']}": (str(row["description"]),)
        for row in segment["segmentValues"]
        if row["valueId"].strip("0-")
    }


def _net(book: Book) -> Decimal:
    """An order without VAT."""
    return sum((line.amount or Decimal(0) for line in book.lines), Decimal(0))


def _key(book: Book) -> str:
    return f"{book.kind}|{book.number}"


def _is_open(book: Book) -> bool:
    is_open = book.document == "purchase_order" and (book.kind, book.status) == ("RegularOrder", "Open")
    return is_open and (book.date or "") >= _SINCE and all(line.project for line in book.lines)


def _is_new(book: Book) -> bool:
    return book.document == "purchase_order" and book.date == _ORDERED


def _act(ready: Ready, action: str, **fields: Any) -> Any:
    return books.post(ready["visma_net"]["control_url"], "act", {"action": action, **fields})


REHEARSAL = Rehearsal(
    integration="visma-procore",
    left="visma_net",
    right="procore",
    rules={
        "cut_over": _SINCE,
        "currency": "USD",
        "accrual_account": ACCRUAL,
        "retainage": "ledger",
        "retainage_account": RETAINAGE,
        "cost_code_segment": "|".join(map(str, _CODES)),
    },
    least_score=90,
    switches={},
    acts=(buy, end),
    judges=judges,
)
