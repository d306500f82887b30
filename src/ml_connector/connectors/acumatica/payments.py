"""Payments as a source: one row per application of a payment to a bill (vendors/acumatica.md §8.3)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

from ml_connector.connectors.acumatica import wire
from ml_connector.connectors.acumatica.listing import Address, EntitySource, Entries, Listing
from ml_connector.connectors.acumatica.objects import BILL
from ml_connector.connectors.acumatica.odata import all_of, any_of, eq, one_of
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.records.money import ZERO
from ml_connector.records.payments import Payment

_PAYS: Final = ("Payment", "Prepayment")
_VOID: Final = "Voided Payment"
_RELEASED: Final = frozenset({"Open", "Closed"})
_VOIDED: Final = "Voided"


def _addresses(record: Record) -> list[Address]:
    """The document that voids a payment bears its number: the payment itself is then read again."""
    kind, number = wire.text(record, "Type"), wire.text(record, "ReferenceNbr")
    return [(each, number) for each in (_PAYS if kind == _VOID else (kind,))]


def _whole(record: Record) -> bool:
    """A released or voided payment lists what it pays, or is read by its key (vendors/acumatica.md §12)."""
    status = wire.text(record, "Status")
    if wire.text(record, "Type") == _VOID:
        return False
    return status not in _RELEASED | {_VOIDED} or bool(_applications(record))


def _applications(record: Record) -> list[Record]:
    """What was applied; a voided payment may list it as what is to be applied again."""
    listed = wire.rows(record, "History")
    if not listed and wire.text(record, "Status") == _VOIDED:
        listed = wire.rows(record, "Details")
    return [row for row in listed if wire.text(row, "DocType") == BILL]


def _entries(record: Record) -> Entries:
    """A row per bill; none for payments that are not released, and for applications that were taken back."""
    status = wire.text(record, "Status")
    if status not in _RELEASED and status != _VOIDED:
        return []
    rows = _applications(record)
    bills = dict.fromkeys(wire.text(row, "ReferenceNbr") for row in rows)
    found = (_payment(record, bill, [row for row in rows if wire.text(row, "ReferenceNbr") == bill]) for bill in bills)
    return [(payment.key, payment) for payment in found if payment.amount]


def _payment(record: Record, bill: str, rows: Sequence[Record]) -> Payment:
    """`amount` of a voided payment is what it paid before, whether or not the opposite is listed beside it."""
    kind, number, day = (
        wire.text(record, "Type"),
        wire.text(record, "ReferenceNbr"),
        wire.day(record, "ApplicationDate"),
    )
    voided = wire.text(record, "Status") == _VOIDED
    if day is None or not number or not bill:
        raise BadRecord("the payment has no date or no number, or pays a bill without one")
    amounts = [wire.amount(row, "AmountPaid") or ZERO for row in rows]
    return Payment(
        key=f"{kind}/{number}/{bill}",
        number=number,
        reference=wire.text(record, "PaymentRef"),
        method=wire.text(record, "PaymentMethod"),
        vendor=wire.text(record, "Vendor"),
        bill=bill,
        vendor_number=wire.text(rows[-1], "VendorRef"),
        date=day,
        amount=sum((each for each in amounts if each > 0 or not voided), ZERO),
        currency=wire.text(record, "CurrencyID"),
        status="voided" if voided else "applied",
        balance=wire.amount(rows[-1], "Balance") or ZERO,
    )


def _asked(keys: Sequence[str]) -> Iterator[str]:
    """Conditions for keys such as `Payment/000077/000412`, one type after the other."""
    split = [key.split("/", 2) for key in keys]
    for kind in dict.fromkeys(parts[0] for parts in split):
        for condition in one_of("ReferenceNbr", (parts[1] for parts in split if parts[0] == kind)):
            yield all_of(eq("Type", kind), condition)


payments: Final = EntitySource(
    "payment",
    {
        "company": Listing(
            name="payments",
            entity="Check",
            expand=("History",),
            expand_one=("Details", "History"),
            condition=any_of(eq("Type", kind) for kind in (*_PAYS, _VOID)),
            addresses=_addresses,
            whole=_whole,
            entries=_entries,
            asked=_asked,
        )
    },
)
