"""The audit trail: written in the transaction that it tells of, sealed into a hash chain afterwards.

A seal's hash covers the entry as stored, its place in the chain and the hash before it. Sealing is a job of its own,
so that it never serialises the work; what is not sealed yet is reported as the unsealed tail.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from msgspec import Struct

from ml_connector.hub import clocks, database, tenancy
from ml_connector.hub.models import AuditEntry, AuditSeal
from ml_connector.hub.problems import Problem

actor: ContextVar[str] = ContextVar("actor", default="hub")
_CHUNK = 1000
_START = b"\0" * 32


class Verdict(Struct, frozen=True, kw_only=True):
    """What `verify` found. `broken` is empty when the chain holds, else names the first bad entry."""

    sealed: int
    unsealed: int
    head: str
    broken: str = ""


def write(action: str, subject: str, **detail: Any) -> None:
    """Add one entry in the current transaction. `detail` must hold no secret; it is stored as JSON."""
    AuditEntry.objects.bulk_create([entry(action, subject, **detail)])


def entry(action: str, subject: str, **detail: Any) -> AuditEntry:
    """An entry that is not stored yet, for bulk writes."""
    return AuditEntry(
        tenant_id=tenancy.current(),
        at=clocks.clock().now(),
        actor=actor.get(),
        action=action,
        subject=subject,
        detail=json.dumps(detail, default=str, sort_keys=True),
    )


def seal() -> int:
    """Seal all entries of the current tenant that are not sealed yet; returns how many."""
    total = 0
    while True:
        count = _seal_chunk()
        total += count
        if count < _CHUNK:
            return total


def _seal_chunk() -> int:
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [77_120, tenancy.current()])
        head = AuditSeal.objects.order_by("-place").first()
        place, last = (head.place, bytes(head.hash)) if head else (0, _START)
        seals = []
        for row in _unsealed().order_by("id")[:_CHUNK]:
            place += 1
            last = _hash(row, place, last)
            seals.append(AuditSeal(tenant_id=tenancy.current(), entry_id=row.pk, place=place, hash=last))
        AuditSeal.objects.bulk_create(seals)
        return len(seals)


def _unsealed() -> QuerySet[AuditEntry]:
    return AuditEntry.objects.extra(
        where=["NOT EXISTS (SELECT 1 FROM hub_auditseal s WHERE s.entry_id = hub_auditentry.id)"]
    )


def _hash(row: AuditEntry, place: int, before: bytes) -> bytes:
    content = [place, row.pk, row.tenant_id, row.at.isoformat(), row.actor, row.action, row.subject, row.detail]
    return hashlib.sha256(before + json.dumps(content).encode()).digest()


def verify() -> Verdict:
    """Walk the whole chain of the current tenant, and hold it against the head that was exported last."""
    places: dict[int, bytes] = {}
    last, broken, count = _START, "", 0
    exported_place, exported_hash = _exported_head()
    for seal_row, entry_row in _chain():
        count += 1
        broken = broken or _complaint(seal_row, entry_row, count, last)
        last = bytes(seal_row.hash)
        if seal_row.place == exported_place:
            places[exported_place] = last
    if not broken and exported_place and places.get(exported_place, b"").hex() != exported_hash:
        broken = f"the chain no longer holds entry {exported_place} as it was exported: newest entries were dropped"
    return Verdict(sealed=count, unsealed=_unsealed().count(), head=last.hex(), broken=broken)


def _complaint(seal_row: AuditSeal, entry_row: AuditEntry | None, place: int, before: bytes) -> str:
    if seal_row.place != place:
        return f"place {place} of the chain is missing"
    if entry_row is None:
        return f"entry {seal_row.entry_id} (place {place}) was removed"
    if _hash(entry_row, place, before) != bytes(seal_row.hash):
        return f"entry {seal_row.entry_id} (place {place}, {entry_row.action} of {entry_row.subject}) was changed"
    return ""


def _chain() -> Iterator[tuple[AuditSeal, AuditEntry | None]]:
    place = 0
    while seals := list(AuditSeal.objects.filter(place__gt=place).order_by("place")[:_CHUNK]):
        entries = AuditEntry.objects.in_bulk([row.entry_id for row in seals])
        yield from ((row, entries.get(row.entry_id)) for row in seals)
        place = seals[-1].place


def export(out: Path, since: int = 0) -> int:
    """Write the sealed entries as JSON lines with their hashes, and remember the head outside the database.

    Raises Problem, with the lines written, when the chain is broken: then the head exported before stays remembered.
    """
    seal()
    broken = verify().broken
    count, head = 0, None
    with out.open("w") as lines:
        for seal_row, row in _chain():
            if row is None or seal_row.place <= since:
                continue
            line = {
                "place": seal_row.place, "hash": bytes(seal_row.hash).hex(), "entry": row.pk, "tenant": row.tenant_id,
                "at": row.at.isoformat(), "actor": row.actor, "action": row.action, "subject": row.subject,
                "detail": json.loads(row.detail),
            }  # fmt: skip
            lines.write(json.dumps(line) + "\n")
            count, head = count + 1, seal_row
    if broken:
        raise Problem(f"{count} entries were written, but the audit trail is broken: {broken}")
    if head is not None:
        _remember_head(head)
    return count


def accept_restored() -> None:
    """After a restore the exported head may lie ahead of the chain: say so in the trail, and go on from its own end."""
    place, digest = _exported_head()
    if not place or AuditSeal.objects.filter(place=place, hash=bytes.fromhex(digest)).exists():
        return
    write("audit.restored", f"tenant-{tenancy.current()}", exported_place=place, exported_hash=digest)
    seal()
    newest = AuditSeal.objects.order_by("-place").first()
    if newest is not None:
        _remember_head(newest)


def _head_file() -> Path:
    return database.data_folder() / f"audit-head-{tenancy.current()}.json"


def _remember_head(head: AuditSeal) -> None:
    file = _head_file()
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    draft.write_text(json.dumps({"place": head.place, "hash": bytes(head.hash).hex()}))
    draft.replace(file)


def _exported_head() -> tuple[int, str]:
    file = _head_file()
    if not file.exists():
        return 0, ""
    content = json.loads(file.read_text())
    return int(content["place"]), str(content["hash"])
