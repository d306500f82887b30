"""Vendors as a target: changes and creations in bulk, field by field (vendors/procore.md §4.2, §9)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any, Final

from msgspec import Struct

from ml_connector.connectors.kit.changes import alike
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.procore import master_changes, objects, sync, vendors
from ml_connector.connectors.procore.client import ANSWER_WITHIN, SETTLE, Client
from ml_connector.connectors.procore.master_changes import Plan
from ml_connector.connectors.procore.objects import WireVendor
from ml_connector.records.masters import MasterChange

_NAMES: Final = {
    "name": "name",
    "address": "address",
    "city": "city",
    "state": "state_code",
    "postal_code": "zip",
    "country": "country_code",
    "email": "email_address",
    "phone": "business_phone",
}
_TAX: Final = "tax_id"
_FEW: Final = 3
"""So many creations are looked up one by one; for more, the whole list is read."""


class _Planned(Struct, frozen=True):
    """An item with what is still to be written; `row` is its row of the call, None when nothing is left."""

    item: Item
    plan: Plan
    row: dict[str, Any] | None
    at: dict[str, str]


class _Answered(Struct, frozen=True):
    """What became of the rows of a call, and what is stored now, by key."""

    outcomes: list[Done | Refused | NotRun]
    stored: dict[str, dict[str, str]]


def run(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Write what is still to be written. A vendor without anything left is done without being sent."""
    present = _present(client, [item for item in items if item.document.expected])
    planned = [_planned(item, present.get(master_changes.key_of(item))) for item in items]
    answer = _sync(client, [each.row for each in planned if each.row is not None])
    answered, stored = iter(answer.outcomes), answer.stored
    return [_concluded(each, Done(memo=each.at) if each.row is None else next(answered), stored) for each in planned]


def _concluded(planned: _Planned, outcome: Done | Refused | NotRun, stored: dict[str, dict[str, str]]) -> Outcome:
    """What came of it. A person is told of a tax id that was to be taken away, which Procore cannot (§4.2), and of
    fields of a known vendor that Procore stored otherwise: sending them again would change nothing.
    """
    values = planned.plan.values
    name = planned.item.document.name
    if isinstance(outcome, Done) and _TAX in values and not values[_TAX]:
        return Refused(message=f"Procore keeps a tax id: take that of {name} away there by hand")
    if isinstance(outcome, Done) and (key := master_changes.key_of(planned.item)):
        there = stored.get(key, {})
        if other := [field for field, value in values.items() if field in there and not alike(there[field], value)]:
            told = f"Procore took the change of vendor {name}, but holds something else in {', '.join(other)}"
            message = f"{told}: look there what it allows, then replay the record"
            return Held(cause=Cause.STORED_DIFFERENTLY, message=message, key=key, answer=outcome.answer)
    return master_changes.concluded(planned.item, outcome, planned.plan.overtaken)


def look_up(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the vendors hold what was to be written; the ones to be made are found by our mark."""
    present = _present(client, items) | _made(client, [item for item in items if not master_changes.key_of(item)])
    return [_finding(item, present.get(master_changes.key_of(item) or master_changes.mark(item))) for item in items]


def _finding(item: Item, present: dict[str, str] | None) -> Finding:
    is_made = not master_changes.key_of(item)  # whatever somebody has changed of it since
    if present is None or not (is_made or master_changes.is_done(item.document, present)):
        return Absent()
    return master_changes.done(item, present["key"], _at(present))


def _at(present: dict[str, str]) -> dict[str, str]:
    return {name: present[name] for name in (sync.MODIFIED,) if name in present}


def _fields(wire: WireVendor) -> dict[str, str]:
    return master_changes.fields(objects.supplier(wire)) | sync.changed(wire.updated_at)


def _planned(item: Item, present: dict[str, str] | None) -> _Planned:
    plan = master_changes.plan(item.document, present)
    writable = {name for name, value in plan.values.items() if value or name != _TAX}
    needed = bool(writable) or not master_changes.key_of(item)
    return _Planned(item, plan, _row(item, plan, present or {}) if needed else None, _at(present or {}))


def _sync(client: Client, updates: list[dict[str, Any]]) -> _Answered:
    if not updates:
        return _Answered([], {})
    body = {"company_id": int(client.company), "updates": updates}
    answer = client.write("vendors.sync", "PATCH", "/rest/v1.0/vendors/sync", body)
    rows = answer.decode(sync.Synced).entities
    return _Answered(sync.outcomes(answer, updates), {str(row["id"]): _stored(row) for row in rows if row.get("id")})


def _stored(row: dict[str, Any]) -> dict[str, str]:
    """The plain fields that a stored row tells, as a change names them."""
    return {name: str(row[wired] or "") for name, wired in _NAMES.items() if wired in row}


def _present(client: Client, items: Sequence[Item]) -> dict[str, dict[str, str]]:
    """What Procore holds of the items' vendors now, by key."""
    keys = sorted({key for item in items if (key := master_changes.key_of(item))}, key=int)
    return {str(wire.id): _fields(wire) for wire in vendors.by_id(client, keys)}


def _made(client: Client, items: Sequence[Item]) -> dict[str, dict[str, str]]:
    """Vendors that carry the items' marks, by mark."""
    marks = [master_changes.mark(item) for item in items]
    if len(marks) <= _FEW:
        wires = [wire for mark in marks for wire in vendors.by_origin(client, mark)]
    else:
        wires = client.vendors()
    found = {wire.origin_id: _fields(wire) for wire in wires if wire.origin_id}
    return {mark: found[mark] for mark in marks if mark in found}


def _row(item: Item, plan: Plan, present: dict[str, str]) -> dict[str, Any]:
    """One row of the call: the vendor's id, or our mark for a new one, and its fields by Procore's names."""
    change: MasterChange = item.document
    key = master_changes.key_of(item)
    row: dict[str, Any] = {"id": int(key)} if key else {"origin_id": master_changes.mark(item), "name": change.name}
    if not key and change.code:
        row["origin_code"] = change.code
    for name, value in plan.values.items():
        if name == "active":
            row["is_active"] = value == "yes"
        elif name == _TAX and not value:
            continue
        elif name == _TAX:
            country = plan.values.get("country") or present.get("country")
            kind = "abn" if country == "AU" else "ein"
            row["business_register_attributes"] = {"type": kind, "identifier": value}
        else:
            row[_NAMES[name]] = value
    return row


vendor_changes: Final = Target(
    kind="vendor",
    steps=(Step(name="sync", run=run, look_up=look_up, batch=sync.BATCH),),
    settle=SETTLE,
    answer_within=timedelta(seconds=ANSWER_WITHIN),
)
