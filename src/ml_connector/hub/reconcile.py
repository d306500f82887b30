"""The month-end comparison: what the source approved, what we posted, what the target's ledger holds now, and why not.

Both ends are read anew. Every document that differs has a cause; what has none is unexplained and comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit.outcomes import Done, Finding
from ml_connector.connectors.kit.source import Row
from ml_connector.connectors.kit.target import Item
from ml_connector.hub import cells, connections, ids, installations, survey
from ml_connector.hub.cells import Amounts, Cell
from ml_connector.hub.models import Installation, Record, Version
from ml_connector.hub.pipeline import intake
from ml_connector.hub.pipeline.work import FlowWork, flow_work
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.states import Held, State
from ml_connector.records import periods
from ml_connector.records.compare import differences
from ml_connector.records.costs import Cost
from ml_connector.records.documents import Bill
from ml_connector.records.money import ZERO

UNEXPLAINED = "unexplained"
_CORRECTED = "corrected after posting"
_REVERSED = "changed or reversed in the ledger"
_BY_STATE = {
    State.REFUSED: "refused",
    State.UNKNOWN: "unknown",
    State.WITHDRAWN: "withdrawn at the source",
    **dict.fromkeys((State.NEW, State.READY, State.SENDING, State.WAITING, State.RETRYING), "in flight"),
}
_BY_CAUSE = {
    "before_cut_over": "before cut-over",
    "set_aside": "set aside by a person",
    "not_approved": "approved since the last read",
    Held.KEYED_BY_HAND: "keyed by hand",
    Held.CHANGED_AFTER_POSTING: _CORRECTED,
    Held.GONE_AFTER_POSTING: _CORRECTED,
}


class Reason(Struct, kw_only=True):
    """A cause of a difference with the part that it explains and the documents behind it."""

    cause: str
    amount: Decimal
    documents: list[str]


class Line(Struct, frozen=True, kw_only=True):
    """One cell of the comparison; `difference` is what was approved less what the ledger holds."""

    cell: Cell
    approved: Decimal
    posted: Decimal
    ledger: Decimal
    difference: Decimal
    unexplained: Decimal
    reasons: tuple[Reason, ...]


class Comparison(Struct, frozen=True, kw_only=True):
    """All cells of a period, the unexplained first, then those with a difference. `pending` is what is not approved."""

    period: str
    lines: tuple[Line, ...]
    pending: dict[str, Decimal]
    pending_documents: int
    troubles: tuple[str, ...]

    @property
    def unexplained(self) -> int:
        """How many cells have a difference without a cause."""
        return sum(bool(line.unexplained) for line in self.lines)

    @property
    def waiting(self) -> int:
        """How many cells differ because of something that a person or time must settle."""
        settled = {"before cut-over", "set aside by a person", "other period", "withdrawn at the source"}
        return sum(any(reason.cause not in settled for reason in line.reasons) for line in self.lines)


class _Document(Struct, kw_only=True):
    """One source document at all three places. `cause` says why they differ, if they do."""

    name: str
    approved: Amounts
    posted: Amounts = msgspec.field(default_factory=dict)
    ledger: Amounts = msgspec.field(default_factory=dict)
    cause: str = UNEXPLAINED


class _Posted(Struct, frozen=True, kw_only=True):
    """What we posted of a record: the source as it was then, the bill as meant, and what the target holds now."""

    cost: Cost
    hash: bytes
    meant: Bill
    found: Finding


def of_period(row: Installation, period: str, progress: Callable[[str], None] = lambda text: None) -> Comparison:
    """Compare all flows of an installation for a period `YYYY-MM`. Raises WrongUse, kit.errors."""
    try:
        periods.first_day(period)
    except ValueError as wrong:
        raise WrongUse(str(wrong)) from None
    documents: list[_Document] = []
    pending: dict[str, Decimal] = defaultdict(Decimal)
    count = 0
    troubles: list[str] = []
    for state in installations.flow_states(row):
        work = flow_work(state)
        if work.flow.cost is None:
            continue
        found = survey.of_source(work, lambda scope: None, progress)
        troubles += found.troubles
        documents += _documents(work, found.rows, progress)
        for cost in (work.flow.cost(one.document) for one in found.rows.values()):
            if not cost.approved and cells.period_of_cost(cost) == period:
                pending[_currency(work, cost)] += cost.total
                count += 1
    lines = _lines(documents, period)
    return Comparison(
        period=period, lines=lines, pending=dict(pending), pending_documents=count, troubles=tuple(troubles)
    )


def _documents(work: FlowWork, rows: dict[str, Row], progress: Callable[[str], None]) -> list[_Document]:
    records = {
        record.source_key: record
        for record in Record.objects.filter(installation=work.installation, flow=work.flow.name).order_by("pk")
    }
    there = _read_ledger(work, [record for record in records.values() if record.posted_version], progress)
    documents = [_document(work, row, records.get(key), there) for key, row in rows.items()]
    gone = [record for key, record in records.items() if key not in rows and record.pk in there]
    return documents + [_gone(record, there[record.pk]) for record in gone]


def _read_ledger(work: FlowWork, records: list[Record], progress: Callable[[str], None]) -> dict[int, _Posted]:
    """What the target holds now of every posted record, read in bulk."""
    versions = {
        version.record_id: version
        for version in Version.objects.filter(record__in=records).select_related("record")
        if version.number == version.record.posted_version and version.target
    }
    posted: dict[int, _Posted] = {}
    kept = [record for record in records if record.pk in versions]
    target = work.flow.target
    assert target.read is not None
    assert work.flow.cost is not None
    with connections.opened(work.target) as (client, _):
        for start in range(0, len(kept), target.read_batch):
            some = kept[start : start + target.read_batch]
            meant = [msgspec.json.decode(versions[one.pk].target, type=work.flow.document_type) for one in some]
            items = [_item(record, bill) for record, bill in zip(some, meant, strict=True)]
            for record, bill, found in zip(some, meant, target.read(client, items), strict=True):
                version = versions[record.pk]
                source = msgspec.json.decode(version.document, type=work.flow.record_type)
                posted[record.pk] = _Posted(
                    cost=work.flow.cost(source), hash=bytes(version.hash), meant=bill, found=found
                )
            progress(f"{work.flow.name}: {len(posted)} of {len(kept)} read in the target")
    return posted


def _item(record: Record, bill: Bill) -> Item:
    return Item(
        reference=ids.reference(record.ref, record.posted_version or record.version),
        document=bill,
        key=record.target_key,
        number=record.target_number,
        memo=record.memo,
    )


def _currency(work: FlowWork, cost: Cost) -> str:
    return cost.currency or installations.rule(work.installation, "currency")


def _document(work: FlowWork, row: Row, record: Record | None, there: dict[int, _Posted]) -> _Document:
    """A document that the source has now."""
    assert work.flow.cost is not None
    cost = work.flow.cost(row.document)
    approved: Amounts = {}
    if cost.approved:
        approved = cells.of_cost(cost, cells.period_of_cost(cost), _currency(work, cost))
    name = f"{record.ref if record else row.key} {cost.number}".strip()
    if record is None or record.pk not in there:
        return _Document(name=name, approved=approved, cause=_cause_of_state(record))
    posted = there[record.pk]
    document = _Document(name=f"{name} as {record.target_number}", approved=approved)
    document.posted, document.ledger = _both(posted)
    document.cause = _cause_of_posted(row, posted, document)
    return document


def _gone(record: Record, posted: _Posted) -> _Document:
    """A document that the source no longer has."""
    meant, ledger = _both(posted)
    name = f"{record.ref} {record.business_number} as {record.target_number}"
    return _Document(name=name, approved={}, posted=meant, ledger=ledger, cause=_CORRECTED)


def _both(posted: _Posted) -> tuple[Amounts, Amounts]:
    meant = cells.of_bill(posted.meant, posted.meant, posted.cost)
    if not isinstance(posted.found, Done) or posted.found.stored is None:
        return meant, {}
    return meant, cells.of_bill(posted.found.stored, posted.meant, posted.cost)


def _cause_of_state(record: Record | None) -> str:
    """Why a document is not posted."""
    if record is None:
        return UNEXPLAINED
    if record.cause in _BY_CAUSE:
        return _BY_CAUSE[record.cause]
    if record.state in (State.HELD, State.SKIPPED):
        return f"{record.state}: {record.cause}"
    return _BY_STATE.get(State(record.state), UNEXPLAINED)


def _cause_of_posted(row: Row, posted: _Posted, document: _Document) -> str:
    """Why a posted document differs, if it does."""
    if intake.fingerprint(row.document) != posted.hash:
        return _CORRECTED
    if not isinstance(posted.found, Done) or posted.found.stored is None:
        return _REVERSED
    if differences(posted.meant, posted.found.stored, tax_mapped=bool(posted.meant.tax)):
        return _REVERSED
    if {cell.period for cell in document.approved} != {cell.period for cell in document.ledger}:
        return "other period"
    if sum(document.approved.values(), ZERO) == sum(document.ledger.values(), ZERO):
        return "mapped elsewhere"
    return UNEXPLAINED


def _lines(documents: Iterable[_Document], period: str) -> tuple[Line, ...]:
    sums: dict[Cell, list[Decimal]] = defaultdict(lambda: [ZERO, ZERO, ZERO])
    reasons: dict[Cell, dict[str, Reason]] = defaultdict(dict)
    for document in documents:
        for place, amounts in enumerate((document.approved, document.posted, document.ledger)):
            for cell, amount in amounts.items():
                sums[cell][place] += amount
        for cell in {**document.approved, **document.ledger}:
            rest = document.approved.get(cell, ZERO) - document.ledger.get(cell, ZERO)
            if rest:
                empty = Reason(cause=document.cause, amount=ZERO, documents=[])
                reason = reasons[cell].setdefault(document.cause, empty)
                reason.amount += rest
                reason.documents.append(document.name)
    lines = [_line(cell, places, reasons[cell]) for cell, places in sums.items() if cell.period == period]
    return tuple(sorted(lines, key=lambda line: (not line.unexplained, not line.reasons, line.cell)))


def _line(cell: Cell, places: list[Decimal], reasons: dict[str, Reason]) -> Line:
    approved, posted, ledger = places
    unexplained = reasons.get(UNEXPLAINED)
    return Line(
        cell=cell,
        approved=approved,
        posted=posted,
        ledger=ledger,
        difference=approved - ledger,
        unexplained=unexplained.amount if unexplained else ZERO,
        reasons=tuple(reasons[cause] for cause in sorted(reasons)),
    )
