"""Changes to suppliers as a target: our fields alone, never over others' work (vendors/visma_net.md §6.1, §8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Final

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.changes import Left, alike, left_to_write
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import failures, form, objects, wire
from ml_connector.connectors.visma_net.addresses import address_of
from ml_connector.connectors.visma_net.client import SUPPLIERS, VismaClient
from ml_connector.connectors.visma_net.etags import Stored
from ml_connector.connectors.visma_net.wire import Record
from ml_connector.records.masters import MasterChange

TRIES: Final = 8
"""So often a change is merged anew because somebody else was quicker; then it is tried later."""
_HEAD: Final = {"name": "name", "tax_id": "corporateId"}
_CONTACT: Final = {"email": "email", "phone": "phone1"}
_PLACE: Final = {
    "address": "addressLine1",
    "city": "city",
    "state": "county",
    "postal_code": "postalCode",
    "country": "countryId",
}


def write(client: VismaClient, items: Sequence[Item]) -> list[Outcome]:
    """Change one supplier, or create it; what was stored is read back."""
    (item,) = items
    change: MasterChange = item.document
    try:
        return [_change(client, change) if change.key else _create(client, item, change)]
    except errors.Refusal as refusal:
        return [Refused(message=refusal.message)]


def look_up(client: VismaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether a supplier was changed or created: by its key, or by our mark in its account reference."""
    (item,) = items
    change: MasterChange = item.document
    if not change.key:
        return [_created(client, item)]
    try:
        stored = client.read(SUPPLIERS, change.key)
    except errors.NotFound:
        return [_gone(change)]
    left = left_to_write(change, present(stored.record))
    return [Absent() if left.values else _done(change.key, left.overtaken, stored.record)]


def present(record: Record) -> dict[str, str]:
    """A stored supplier in the fields of a change."""
    found = objects.supplier(record)
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
    """The fields to send and no others; an empty text empties a field, what is left out stays (§5).

    A street takes the place of all address lines, which are one field to other systems.
    """
    sent = {wired: wire.wrap(values[name]) for name, wired in _HEAD.items() if name in values}
    if "active" in values:
        sent["status"] = wire.wrap("Active" if values["active"] == "yes" else objects.INACTIVE)
    place = {wired: wire.wrap(values[name]) for name, wired in _PLACE.items() if name in values}
    if "address" in values:
        place |= {"addressLine2": wire.wrap(""), "addressLine3": wire.wrap("")}
    contact = {wired: wire.wrap(values[name]) for name, wired in _CONTACT.items() if name in values}
    for name, inner in (("mainAddress", place), ("mainContact", contact)):
        if inner:
            sent[name] = wire.wrap(inner)
    return sent


def _change(client: VismaClient, change: MasterChange) -> Outcome:
    """From the version that was seen last; when somebody has changed it since (412), from a new look.

    Only a new look may say that there is nothing left to write.
    """
    seen = client.known(SUPPLIERS, change.key)
    for _ in range(TRIES):
        try:
            stored = seen or client.read(SUPPLIERS, change.key)
        except errors.NotFound:
            return _gone(change)
        left = left_to_write(change, present(stored.record))
        if left.values:
            try:
                return _put(client, change.key, left, stored)
            except failures.Changed:
                pass
        elif seen is None:
            return _done(change.key, left.overtaken, stored.record)
        seen = None
    text = f"supplier {change.key} is changed by somebody else all the time"
    raise errors.TryLater(text, after=timedelta(seconds=30), operation=calls.CHANGES[SUPPLIERS])


def _put(client: VismaClient, key: str, left: Left, stored: Stored) -> Outcome:
    place = SUPPLIERS + address_of(key)
    answer = client.change(calls.CHANGES[SUPPLIERS], place, body(left.values), stored.etag)
    return _verified(client, key, left, answer.headers.get("etag", ""))


def _create(client: VismaClient, item: Item, change: MasterChange) -> Outcome:
    """Without a number, which the series gives; our mark, the same for all versions, is its account reference."""
    values = {"name": change.name} | {name: text for name, text in change.values.items() if text}
    if values.get("active") == "yes":
        del values["active"]
    sent = body(values) | {"accountReference": wire.wrap(_mark(item))}
    number, answer = client.create(calls.CREATES[SUPPLIERS], SUPPLIERS, sent)
    return _verified(client, number, Left(values=values, overtaken=()), answer.headers.get("etag", ""))


def _verified(client: VismaClient, key: str, left: Left, etag: str) -> Done | Held:
    """Fields that it does not know or take are ignored without a word (§12): one read tells.

    What somebody else has written since our own change is theirs.
    """
    try:
        stored = client.read(SUPPLIERS, key)
    except (errors.NotFound, errors.NotPermitted, errors.TryLater, errors.Unreadable) as problem:
        text = f"supplier {key} was written, but could not be read back ({problem.message})"
        raise errors.AnswerLost(text, operation=problem.operation, status=problem.status) from problem
    there = present(stored.record)
    other = [name for name, value in left.values.items() if not alike(there.get(name, ""), value)]
    if other and etag and stored.etag != etag:
        return _done(key, (*left.overtaken, *other), stored.record)
    if other:
        message = (
            f"Visma.net took the change of supplier {key}, but holds something else in {', '.join(other)}: look there "
            "why (a list of allowed values), then replay the record"
        )
        return Held(cause=Cause.STORED_DIFFERENTLY, message=message, key=key, number=key)
    return _done(key, left.overtaken, stored.record)


def _created(client: VismaClient, item: Item) -> Finding:
    """There is no filter on account references: all suppliers are read (§6.1)."""
    mark = _mark(item)
    found = [row for row in client.everything(SUPPLIERS) if wire.text(row, "accountReference") == mark]
    if len(found) > 1:
        keys = ", ".join(wire.text(record, "number") for record in found)
        message = f"suppliers {keys} all carry our mark {mark}: keep one there, then match it"
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    return _done(wire.text(found[0], "number"), (), found[0]) if found else Absent()


def _mark(item: Item) -> str:
    """`ML-<record>` of a reference `ML-<record>-<version>`."""
    return item.reference.rpartition("-")[0] or item.reference


def _done(key: str, overtaken: Sequence[str], record: Record) -> Done:
    return Done(key=key, number=key, memo={"overtaken": ",".join(overtaken)} | wire.changed(record))


def _gone(change: MasterChange) -> Held:
    message = (
        f"supplier {change.key} is no longer in Visma.net: its number was changed or it was deleted; match it anew"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message, key=change.key, number=change.key)


supplier_changes: Final = Target(
    kind="vendor",
    steps=(Step(name="write", run=write, look_up=look_up),),
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
)
