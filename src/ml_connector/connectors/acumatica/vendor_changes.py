"""Changes to vendors as a target: one PUT each, of what nobody else has changed (vendors/acumatica.md §7.1, §8.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica import failures, form, masters, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.listing import MODIFIED
from ml_connector.connectors.acumatica.odata import eq
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.changes import Left, alike, left_to_write
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.records.masters import MasterChange

VENDOR: Final = "Vendor"
_WHOLE: Final = Query(expand=masters.CONTACT)
_HEADER: Final = {"name": "VendorName", "tax_id": "TaxRegistrationID"}
_CONTACT: Final = {"email": "Email", "phone": "Phone1"}
_PLACE: Final = {
    "address": "AddressLine1",
    "city": "City",
    "state": "State",
    "postal_code": "PostalCode",
    "country": "Country",
}


def write(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Change one vendor, or create it."""
    (item,) = items
    change: MasterChange = item.document
    try:
        return [_change(client, change) if change.key else _create(client, item, change)]
    except errors.Refusal as refusal:
        return [_refused(change, refusal)]


def look_up(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether a vendor was changed or created: by its key, or by our mark in its account reference."""
    (item,) = items
    change: MasterChange = item.document
    if not change.key:
        return [_created(client, item)]
    record = _read(client, change)
    if record is None:
        return [_gone(change)]
    left = left_to_write(change, present(record))
    return [Absent() if left.values else _done(change.key, left, record)]


def present(record: Record) -> dict[str, str]:
    """A stored vendor in the fields of a change."""
    found = masters.supplier(record)
    return {
        "name": found.name,
        "active": "yes" if found.active else "no",
        "tax_id": found.tax_id,
        "address": found.address,
        "city": found.city,
        "state": found.state,
        "postal_code": found.postal_code,
        "country": found.country,
        "email": found.email,
        "phone": found.phone,
    }


def body(values: Mapping[str, str]) -> Record:
    """The fields to send, those of the main contact where they belong; an empty text empties a field.

    A street takes the place of both address lines, which are one field to other systems.
    """
    sent = {wired: {"value": values[name]} for name, wired in _HEADER.items() if name in values}
    if "active" in values:
        sent["Status"] = {"value": "Active" if values["active"] == "yes" else masters.INACTIVE}
    contact: Record = {wired: {"value": values[name]} for name, wired in _CONTACT.items() if name in values}
    place = {wired: {"value": values[name]} for name, wired in _PLACE.items() if name in values}
    if "address" in values:
        place["AddressLine2"] = {"value": ""}
    if place:
        contact["Address"] = place
    return sent | ({"MainContact": contact} if contact else {})


def _change(client: AcumaticaClient, change: MasterChange) -> Outcome:
    record = _read(client, change)
    if record is None:
        return _gone(change)
    left = left_to_write(change, present(record))
    if not left.values:
        return _done(change.key, left, record)
    sent = wire.wrapped({"VendorID": change.key}) | body(left.values)
    answer = client.put(calls.CHANGES[VENDOR], VENDOR, sent, _WHOLE, headers=calls.MUST_EXIST)
    return _stored(answer, left)


def _create(client: AcumaticaClient, item: Item, change: MasterChange) -> Outcome:
    """Without a key, which numbering gives; our mark, the same for all versions, is its account reference."""
    values = {"name": change.name} | change.values
    if values.get("active") == "yes":
        del values["active"]
    sent = wire.wrapped({"AccountRef": _mark(item)}) | body({name: text for name, text in values.items() if text})
    answer = client.put(calls.CREATES[VENDOR], VENDOR, sent, _WHOLE, headers=calls.MUST_BE_NEW)
    return _stored(answer, Left(values=values, overtaken=()))


def _stored(answer: Answer, left: Left) -> Done | Held:
    """A field that is not taken over does not fail there: the answer is compared (vendors/acumatica.md §5)."""
    record = answer.decode(Record)
    key = wire.text(record, "VendorID")
    try:
        if not key:
            raise BadRecord("the vendor has no key")
        there = present(record)
    except BadRecord as problem:
        text = f"the vendor was written, but the answer cannot be understood ({problem.message})"
        raise errors.AnswerLost(text, operation=answer.operation, status=answer.status) from problem
    ignored = [name for name, value in left.values.items() if not alike(there.get(name, ""), value)]
    if ignored:
        message = (
            f"Acumatica took the change of vendor {key}, but holds something else in {', '.join(ignored)}: "
            "look there why (a list of allowed values, a customisation), then replay the record"
        )
        return Held(cause=Cause.STORED_DIFFERENTLY, message=message, key=key, number=key)
    return _done(key, left, record, masking.body(answer.body))


def _created(client: AcumaticaClient, item: Item) -> Finding:
    query = Query(filter=eq("AccountRef", _mark(item)), select=("VendorID", "AccountRef", MODIFIED))
    found = list(client.find(calls.LISTS[VENDOR], VENDOR, query))
    if len(found) > 1:
        keys = ", ".join(wire.text(record, "VendorID") for record in found)
        message = f"vendors {keys} all carry our mark {_mark(item)}: merge them there, then match one"
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    if not found:
        return Absent()
    return _done(wire.text(found[0], "VendorID"), Left(values={}, overtaken=()), found[0])


def _read(client: AcumaticaClient, change: MasterChange) -> Record | None:
    try:
        return client.read(calls.READS[VENDOR], VENDOR, (change.key,), _WHOLE)
    except errors.NotFound:
        return None


def _mark(item: Item) -> str:
    """`ML-<record>` of a reference `ML-<record>-<version>`."""
    return item.reference.rpartition("-")[0]


def _done(key: str, left: Left, record: Record, answer: str = "") -> Done:
    memo = {"overtaken": ",".join(left.overtaken)} | wire.changed(record)
    return Done(key=key, number=key, memo=memo, answer=answer)


def _gone(change: MasterChange) -> Held:
    message = (
        f"vendor {change.key} is no longer in Acumatica: its key was changed or it was deleted; match this vendor anew"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message, key=change.key, number=change.key)


def _refused(change: MasterChange, refusal: errors.Refusal) -> Held | Refused:
    if refusal.status == calls.PRECONDITION and change.key:
        return _gone(change)
    if refusal.cause == failures.NO_NUMBERING:
        message = (
            f"Acumatica gives no number to a new vendor: switch on automatic numbering of vendors in Acumatica, or "
            f"create {change.name} there and match it"
        )
        return Held(cause=failures.NO_NUMBERING, message=message)
    return (
        Refused(message=refusal.message)
        if refusal.cause == Cause.REFUSED
        else Held(cause=refusal.cause, message=refusal.message)
    )


vendor_changes: Final = Target(
    kind="vendor",
    steps=(Step(name="write", run=write, look_up=look_up),),
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
)
