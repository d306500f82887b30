"""Payments as a target: shown on a commitment, and as the payment date of what they pay (vendors/procore.md §8, §9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from msgspec import Struct

from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.procore import objects
from ml_connector.connectors.procore.client import ANSWER_WITHIN, SETTLE, Client
from ml_connector.records.payments import PaymentNote

_PATH: Final = "/rest/v1.0/contract_payments"
_METHODS: Final = frozenset({"check", "credit_card", "electronic"})
_CENT: Final = Decimal("0.01")
_OURS: Final = "ML-"
LOCKED: Final = "locked"
"""The memo that says why the payment date could not be set: Procore has locked the document."""


class WirePayment(Struct, frozen=True, kw_only=True):
    id: int
    payment_number: objects.Id = None
    date: str | None = None
    requisition_id: objects.Id = None
    origin_id: str | None = None
    origin_data: str | None = None


class WirePaid(Struct, frozen=True, kw_only=True):
    """A requisition or direct cost, as far as payments change it."""

    id: int
    payment_date: str | None = None
    origin_id: str | None = None


def pay(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Create the contract payment. Direct costs have none, they are only shown as paid."""
    (item,) = items
    note: PaymentNote = item.document
    if not note.commitment:
        return [Done(key=note.direct_cost)]
    if note.amount != note.amount.quantize(_CENT):
        return [Refused(message=f"Procore keeps two decimals, {note.amount} has more")]
    body = {"project_id": int(note.project), "contract_id": int(note.commitment), "contract_payment": _payment(item)}
    try:
        answer = client.write("payments.create", "POST", _PATH, body)
    except errors.Refusal as refusal:
        return [_perhaps_there(client, item, refusal)]
    made = answer.decode(WirePayment)
    return [Done(key=str(made.id), number=objects.text(made.payment_number), answer=masking.body(answer.body))]


def look_up_paid(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Find the contract payment by our mark among all of its commitment; the list has no filter."""
    (item,) = items
    note: PaymentNote = item.document
    if not note.commitment:
        return [Done(key=note.direct_cost)]
    found = [wire for wire in _payments(client, note) if item.reference in (wire.origin_id, wire.origin_data)]
    return [Done(key=str(found[0].id), number=objects.text(found[0].payment_number)) if found else Absent()]


def show(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Set the payment date of what is paid off, with our mark in the same write: afterwards it is locked."""
    (item,) = items
    note: PaymentNote = item.document
    if not _shows(note):
        return [_done(item)]
    fields: dict[str, object] = {"payment_date": note.date.isoformat()}
    if note.mark:
        fields["origin_id"] = note.mark
    return [_write_paid(client, item, fields)]


def look_up_shown(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the payment date, and our mark where there is one, are in place."""
    (item,) = items
    note: PaymentNote = item.document
    if not _shows(note):
        return [_done(item)]
    paid = _paid(client, note)
    there = paid is not None and paid.payment_date == note.date.isoformat()
    marked = paid is not None and (not note.mark or paid.origin_id == note.mark)
    return [_done(item) if there and marked else Absent()]


def unlock(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Take our mark off the contract payment, which it locks. It moves to `origin_data`, where it is still found."""
    (item,) = items
    found = _unlocked(client, item)
    if not isinstance(found, Absent):
        return [found]
    note: PaymentNote = item.document
    fields = {"origin_id": None, "origin_data": item.reference}
    body = {"project_id": int(note.project), "contract_id": int(note.commitment), "contract_payment": fields}
    try:
        client.write("payments.unlock", "PATCH", f"{_PATH}/{item.key}", body)
    except errors.NotFound:
        return [_done(item)]
    except errors.Refusal as refusal:
        return [_locked_there(item, refusal)]
    return [_done(item)]


def look_up_unlocked(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether nothing of ours locks the payment any more."""
    (item,) = items
    return [_unlocked(client, item)]


def withdraw(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Delete the contract payment. One that Procore keeps waits for a person."""
    (item,) = items
    note: PaymentNote = item.document
    if not note.commitment:
        return [_done(item)]
    try:
        client.write("payments.delete", "DELETE", f"{_PATH}/{item.key}", params=_contract(note))
    except errors.NotFound:
        return [_done(item)]
    except errors.Refusal as refusal:
        return [_locked_there(item, refusal)]
    return [_done(item)]


def look_up_withdrawn(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the payment is gone."""
    (item,) = items
    note: PaymentNote = item.document
    return [_done(item) if not note.commitment or _payment_now(client, item) is None else Absent()]


def hide(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Take the payment date back where it is one that we have shown, with our own mark; others' locks are told.

    Without this payment the document is not paid in full, whichever of our payments was the last one. Both writes
    may be repeated: they empty a field.
    """
    (item,) = items
    found = _hidden(client, item)
    if not isinstance(found, Absent):
        return [found]
    try:
        if item.document.mark:
            _patch(client, item.document, {"origin_id": None})
        return [Done(key=item.key, number=item.number, answer=_patch(client, item.document, {"payment_date": None}))]
    except errors.Refusal as refusal:
        return [_still_shown(item, refusal.message)]


def look_up_hidden(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the payment date is no longer ours, or locked."""
    (item,) = items
    return [_hidden(client, item)]


def _shows(note: PaymentNote) -> bool:
    return note.pays_off and bool(note.requisition or note.direct_cost)


def _payment(item: Item) -> dict[str, Any]:
    note: PaymentNote = item.document
    texts = {"check_number": note.check_number, "invoice_number": note.invoice_number, "notes": note.notes}
    fields: dict[str, Any] = {name: text for name, text in texts.items() if text}
    if note.requisition:
        fields["requisition_id"] = int(note.requisition)
    if note.method in _METHODS:
        fields["payment_method"] = note.method
    return {"amount": f"{note.amount:.2f}", "date": note.date.isoformat(), "origin_id": item.reference, **fields}


def _perhaps_there(client: Client, item: Item, refusal: errors.Refusal) -> Outcome:
    """Refused: perhaps because a payment with our mark exists already."""
    (found,) = look_up_paid(client, [item])
    return found if isinstance(found, Done) else Refused(message=refusal.message)


def _unlocked(client: Client, item: Item) -> Done | Held | Absent:
    """Done when nothing of ours locks the payment; held when somebody else's mark does."""
    note: PaymentNote = item.document
    wire = _payment_now(client, item) if note.commitment else None
    if wire is None or not wire.origin_id:
        return _done(item)
    if wire.origin_id == item.reference:
        return Absent()
    message = (
        f"payment {item.key} in Procore carries the mark {wire.origin_id!r} of another system instead of ours: "
        "withdraw it there by hand, then set this record aside"
    )
    return Held(cause=Cause.LOCKED_THERE, message=message)


def _hidden(client: Client, item: Item) -> Done | Held | Absent:
    note: PaymentNote = item.document
    paid = _paid(client, note) if not item.memo.get(LOCKED) else None
    if paid is None or not paid.payment_date:
        return _done(item)
    if not (_shows(note) and paid.payment_date == note.date.isoformat()) and not _is_ours(client, note, paid):
        return _done(item)
    if paid.origin_id and paid.origin_id != note.mark:
        return _still_shown(item, f"origin_id is {paid.origin_id}")
    return Absent()


def _still_shown(item: Item, words: str) -> Held:
    note: PaymentNote = item.document
    what = f"invoice {note.invoice_number} ({note.requisition})" if note.requisition else f"cost {note.direct_cost}"
    message = (
        f"the payment is voided, but Procore has locked {what}, which goes on showing a payment date ({words}): "
        "have it unlocked and empty the date there, then replay this record"
    )
    return Held(cause=Cause.LOCKED_THERE, message=message)


def _is_ours(client: Client, note: PaymentNote, paid: WirePaid) -> bool:
    """Whether the document has the date of another payment with our mark."""
    if not note.requisition:
        return False
    others = [wire for wire in _payments(client, note) if objects.text(wire.requisition_id) == note.requisition]
    return any(wire.date == paid.payment_date and (wire.origin_id or "").startswith(_OURS) for wire in others)


def _write_paid(client: Client, item: Item, fields: dict[str, object]) -> Outcome:
    """Change the document that is paid. One that was locked meanwhile is respected, and told in the memo."""
    note: PaymentNote = item.document
    try:
        answer = _patch(client, note, fields)
    except errors.Refusal as refusal:
        paid = _paid(client, note)
        return _locked(item, refusal.message) if paid and paid.origin_id else Refused(message=refusal.message)
    memo = {LOCKED: ""} if item.memo.get(LOCKED) else {}
    return Done(key=item.key, number=item.number, memo=memo, answer=answer)


def _patch(client: Client, note: PaymentNote, fields: dict[str, object]) -> str:
    if note.direct_cost:
        path, body = f"/rest/v1.1/projects/{note.project}/direct_costs/{note.direct_cost}", {"direct_cost": fields}
        return masking.body(client.write("direct_costs.update", "PATCH", path, body).body)
    path = f"/rest/v1.1/requisitions/{note.requisition}"
    owner = {"project_id": int(note.project), "commitment_id": int(note.commitment)}
    answer = client.write("requisitions.update", "PATCH", path, {**owner, "requisition": fields})
    return masking.body(answer.body)


def _paid(client: Client, note: PaymentNote) -> WirePaid | None:
    """The document that is paid, None when it is gone."""
    try:
        if note.direct_cost:
            path = f"/rest/v1.1/projects/{note.project}/direct_costs/{note.direct_cost}"
            return client.show("direct_costs.show", path).decode(WirePaid)
        path = f"/rest/v1.1/requisitions/{note.requisition}"
        return client.show("requisitions.show", path, [("project_id", note.project)]).decode(WirePaid)
    except errors.NotFound:
        return None


def _payments(client: Client, note: PaymentNote) -> list[WirePayment]:
    return client.rows("payments.list", _PATH, _contract(note), WirePayment)


def _payment_now(client: Client, item: Item) -> WirePayment | None:
    try:
        return client.show("payments.show", f"{_PATH}/{item.key}", _contract(item.document)).decode(WirePayment)
    except errors.NotFound:
        return None


def _contract(note: PaymentNote) -> list[tuple[str, str]]:
    return [("project_id", note.project), ("contract_id", note.commitment)]


def _locked_there(item: Item, refusal: errors.Refusal) -> Held:
    message = (
        f"Procore does not let payment {item.key} go ({refusal.message}): delete it there by hand, or ask an "
        "administrator to unlock it, then replay this record"
    )
    return Held(cause=Cause.LOCKED_THERE, message=message)


def _locked(item: Item, words: str) -> Done:
    return Done(key=item.key, number=item.number, memo={LOCKED: words})


def _done(item: Item) -> Done:
    return Done(key=item.key, number=item.number)


def _is_paid_off(item: Item) -> bool:
    return bool(item.document.pays_off)


payments: Final = Target(
    kind="payment",
    steps=(
        Step(name="pay", run=pay, look_up=look_up_paid),
        Step(name="show", run=show, look_up=look_up_shown, needed=_is_paid_off),
    ),
    settle=SETTLE,
    answer_within=timedelta(seconds=ANSWER_WITHIN),
    reversal=(
        Step(name="unlock", run=unlock, look_up=look_up_unlocked),
        Step(name="withdraw", run=withdraw, look_up=look_up_withdrawn),
        Step(name="hide", run=hide, look_up=look_up_hidden),
    ),
)
