"""Other records with the documents that they stand with, for translations that depend on them."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import msgspec
from django.db.models import F, QuerySet

from ml_connector.hub.models import Installation, Posting, Record, Version
from ml_connector.hub.pipeline import postings
from ml_connector.hub.states import IN_FLIGHT, State
from ml_connector.integrations.declaration import Flow, Sibling, Standing

_COMING = (State.READY, State.RETRYING, *IN_FLIGHT)
_SETTLED = (State.POSTED, State.SKIPPED, State.WITHDRAWN)


def of_scope(installation: Installation, flow: Flow, scope: str) -> list[Sibling]:
    """The readable records of a scope, as they were read last."""
    return _found(Record.objects.filter(installation=installation, flow=flow.name, scope=scope), flow)


def of_key(installation: Installation, flow: Flow, key: str) -> Sibling | None:
    """One readable record by its source key, as it was read last, or None."""
    found = _found(Record.objects.filter(installation=installation, flow=flow.name, source_key=key), flow)
    return found[0] if found else None


def _found(records: QuerySet[Record], flow: Flow) -> list[Sibling]:
    newest = Version.objects.filter(record__in=records, number=F("record__newest")).exclude(document="")
    standing = _standing(records, flow)
    return [
        Sibling(
            key=version.record.source_key,
            document=msgspec.json.decode(version.document, type=flow.record_type),
            settled=version.record.state in _SETTLED,
            standing=tuple(standing[version.record_id]),
            coming=version.record.state in _COMING,
        )
        for version in newest.select_related("record").order_by("record_id")
    ]


def _standing(records: QuerySet[Record], flow: Flow) -> dict[int, list[Standing]]:
    posted = list(Posting.objects.filter(record__in=records, reversed_at=None).order_by("pk"))
    versions = Version.objects.filter(record__in={row.record_id for row in posted}).exclude(target="")
    targets = {(record, number): text for record, number, text in versions.values_list("record_id", "number", "target")}
    found: dict[int, list[Standing]] = defaultdict(list)
    for row in posted:
        found[row.record_id].append(Standing(number=row.number, document=_document(row, flow, targets)))
    return found


def _document(row: Posting, flow: Flow, targets: dict[tuple[int, int], str]) -> Any:
    text = "" if row.kind == postings.ADOPTED else targets.get((row.record_id, row.version), "")
    return msgspec.json.decode(text, type=flow.document_type) if text else None
