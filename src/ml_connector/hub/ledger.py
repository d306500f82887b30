"""What the target's ledger holds now of the documents that records were posted as, and of what took them back."""

from __future__ import annotations

import copy
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import date
from typing import Any

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit.outcomes import Done, Finding
from ml_connector.connectors.kit.target import Item
from ml_connector.hub import cells, connections, ids
from ml_connector.hub.cells import Amounts
from ml_connector.hub.desk import InstallationDesk
from ml_connector.hub.models import Posting, Record, Version
from ml_connector.hub.pipeline import postings, translate
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.records.costs import Cost
from ml_connector.records.entries import Entry, Posted


class Kept(Struct, frozen=True, kw_only=True):
    """One document of a record: as meant, and as the target holds it now with what took it back, if anything did.

    `whole` is what the record amounted to with it, and `cost` the source document of that time. The document that
    took it back is None where nothing did, or where the target no longer has it.
    """

    posting: Posting
    meant: Posted
    whole: Posted
    cost: Cost
    found: Finding
    reversal: Posted | None = None

    @property
    def by_hand(self) -> bool:
        """Whether a person keyed it in."""
        return self.posting.kind == postings.ADOPTED

    @property
    def stored(self) -> Posted | None:
        """The document that the target holds, None where it is gone, dead, or taken back without a trace."""
        if not isinstance(self.found, Done) or (self.posting.reversed_at and self.reversal is None):
            return None
        stored: Posted | None = self.found.stored
        return stored

    def posted(self) -> Amounts:
        """What we posted with it, and took back again, cell by cell."""
        if self.by_hand or (self.posting.reversed_at and self.reversal is None):
            return {}
        documents = [self.meant]
        if self.posting.reversed_at and self.reversal is not None:
            documents.append(_in_period(self.meant.reversed(), self.reversal.period))
        return cells.total(cells.of_document(one, self.whole, self.cost) for one in documents)

    def in_ledger(self) -> Amounts:
        """What the ledger holds of it, cell by cell."""
        documents = [one for one in (self.stored, self.reversal) if one is not None] if self.stored else []
        return cells.total(cells.of_document(one, self.whole, self.cost) for one in documents)


def read(work: FlowWork, records: Sequence[Record], progress: Callable[[str], None]) -> dict[int, list[Kept]]:
    """The documents of records, oldest first, read from the target in bulk; records that never had one are left out."""
    rows = list(Posting.objects.filter(record__in=records).select_related("record").order_by("record_id", "pk"))
    meant = _Meant(work, rows)
    documents = [meant.of(row) for row in rows]
    with connections.opened(work.target) as (client, _):
        findings = []
        for finding in _read(work, client, [_item(*pair) for pair in zip(rows, documents, strict=True)]):
            findings.append(finding)
            if len(findings) % 50 == 0 or len(findings) == len(rows):
                progress(f"{work.flow.name}: {len(findings)} of {len(rows)} read in the target")
        kept = [
            Kept(posting=row, meant=one.meant, whole=one.whole, cost=one.cost, found=found)
            for row, one, found in zip(rows, documents, findings, strict=True)
        ]
        kept = _with_reversals(work, client, kept)
    by_record: dict[int, list[Kept]] = defaultdict(list)
    for one in kept:
        by_record[one.posting.record_id].append(one)
    return by_record


class Nothing(Struct, frozen=True, kw_only=True):
    """Stands for the document that a record would be posted as where that cannot be said."""

    date: date
    number: str
    reference: str = ""
    vendor: str = ""
    period: str = ""
    currency: str = ""
    lines: tuple[()] = ()

    def entries(self, meant: Nothing) -> list[Entry]:
        return []

    def reversed(self) -> Nothing:
        return self


def _in_period(document: Any, period: str) -> Posted:
    moved: Posted = msgspec.structs.replace(document, period=period)
    return moved


class _Document(Struct, frozen=True):
    meant: Posted
    whole: Posted
    cost: Cost


class _Meant:
    """The documents that postings were meant to be, by the versions that they were made of."""

    def __init__(self, work: FlowWork, rows: Sequence[Posting]) -> None:
        self._work = work
        self._versions: dict[int, list[Version]] = defaultdict(list)
        versions = Version.objects.filter(record_id__in=[row.record_id for row in rows]).order_by("number")
        for version in versions:
            self._versions[version.record_id].append(version)
        self._desk: InstallationDesk | None = None

    def of(self, row: Posting) -> _Document:
        """The document of a posting. A version that changed nothing has none of its own: the one before it counts."""
        until = [one for one in self._versions[row.record_id] if one.number <= row.version]
        made = [one for one in until if one.target]
        if row.kind != postings.ADOPTED and made:
            target = self._decoded(made[-1].target)
            return _Document(target, self._decoded(made[-1].whole) if made[-1].whole else target, self._cost(made[-1]))
        document = self._translated(row.record, until[-1])
        return _Document(document, document, self._cost(until[-1]))

    def _decoded(self, text: str) -> Posted:
        document: Posted = msgspec.json.decode(text, type=self._work.flow.document_type)
        return document

    def _cost(self, version: Version) -> Cost:
        assert self._work.flow.cost is not None
        return self._work.flow.cost(msgspec.json.decode(version.document, type=self._work.flow.record_type))

    def _translated(self, record: Record, version: Version) -> Posted:
        """What a record would be posted as, which a person keyed in."""
        self._desk = self._desk or InstallationDesk(self._work.installation, self._work.flow)
        draft = copy.copy(record)
        draft.newest = version.number
        document: Posted | None = translate.translate_one(self._work, self._desk, draft, version.document).document
        return document or Nothing(date=record.business_date or date.min, number=record.business_number)


def _item(row: Posting, document: _Document) -> Item:
    reference = ids.reference(row.record.ref, row.version)
    return Item(
        reference=reference, document=document.meant, key=row.key, number=row.number, memo=row.record.memo
    )  # fmt: skip


def _read(work: FlowWork, client: Any, items: Sequence[Item]) -> Iterator[Finding]:
    target = work.flow.target
    assert target.read is not None
    for start in range(0, len(items), target.read_batch):
        yield from target.read(client, items[start : start + target.read_batch])


def _with_reversals(work: FlowWork, client: Any, kept: Sequence[Kept]) -> list[Kept]:
    """The same with the documents that took some of them back, ours and people's."""
    taken_back = [(place, one, number) for place, one in enumerate(kept) if (number := _reversal_number(one))]
    items = [
        Item(
            reference=ids.reference(one.posting.record.ref, one.posting.version), number=number,
            document=one.meant.reversed(),
        )
        for _, one, number in taken_back
    ]  # fmt: skip
    found = list(kept)
    for (place, one, _), finding in zip(taken_back, _read(work, client, items), strict=True):
        if isinstance(finding, Done) and finding.stored is not None:
            found[place] = msgspec.structs.replace(one, reversal=finding.stored)
    return found


def _reversal_number(one: Kept) -> str:
    """The number of the document that took this one back: as we noted it, or as the target tells of a person's."""
    if one.posting.reversed_at:
        return one.posting.reversal if one.posting.reversal != postings.UNTOLD else ""
    return one.found.memo.get("reversal", "") if isinstance(one.found, Done) else ""
