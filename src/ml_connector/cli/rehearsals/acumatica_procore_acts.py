"""What people do in both systems during the demo's month, once the bills are posted: they pay, void and edit."""

from __future__ import annotations

from typing import Any

from ml_connector.cli.rehearsals import books

PAID_IN_FULL = 12
PAID_IN_PART = 3

Ready = dict[str, dict[str, Any]]


def of_acumatica_and_procore(ready: Ready) -> str:
    """Pay some of our bills, void one payment, and edit vendors on both sides; says in words what was done."""
    acumatica, procore = ready["acumatica"]["control_url"], ready["procore"]["control_url"]
    ours = [
        book
        for book in books.books(ready["acumatica"])
        if (book.reference or "").startswith("ML-") and book.kind == "Bill" and book.status == "Open"
    ]
    chosen = ours[: PAID_IN_FULL + PAID_IN_PART]
    for book in chosen[:PAID_IN_FULL]:
        books.post(acumatica, "act", {"action": "pay", "number": book.number})
    for book in chosen[PAID_IN_FULL:]:
        half = (book.total / 2).quantize(book.total)
        books.post(acumatica, "act", {"action": "pay", "number": book.number, "amount": str(half)})
    vendors = books.state(ready["procore"])["vendors"]
    active = [vendor for vendor in vendors if vendor["is_active"]][:4]
    for place, vendor in enumerate(active[:2]):
        fields = {"business_phone": f"(216) 555-01{place:02}"}
        body = {"action": "edit", "kind": "vendor", "id": vendor["id"], "fields": fields}
        books.post(procore, "act", body)
    edited = [row for row in books.state(ready["acumatica"])["Vendor"] if _text(row, "Status") == "Active"][4:6]
    for row in edited:
        body = {"action": "edit_vendor", "id": _text(row, "VendorID"), "street": "1 New Street"}
        books.post(acumatica, "act", body)
    return (
        f"people pay {PAID_IN_FULL} bills in full and {PAID_IN_PART} in part in Acumatica, "
        "and edit two vendors on each side"
    )


def void_a_payment(ready: Ready) -> str:
    """Void a payment that is shown in Procore already; says in words what was done."""
    ours = {
        book.number
        for book in books.books(ready["acumatica"])
        if (book.reference or "").startswith("ML-") and book.document == "bill"
    }
    payments = [
        book
        for book in books.books(ready["acumatica"])
        if book.kind == "Payment" and any(line.dimensions.get("document") in ours for line in book.lines)
    ]
    books.post(ready["acumatica"]["control_url"], "act", {"action": "void_payment", "number": payments[0].number})
    return f"somebody voids payment {payments[0].number} in Acumatica"


def _text(row: dict[str, Any], name: str) -> str:
    return str(row[name].get("value", ""))
