"""The month-end comparison: what the source approved, what we posted, what the target's ledger holds now, and why not.

Both ends are read anew. Every document that differs has a cause; what has none is unexplained and comes first.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from decimal import Decimal

import msgspec
from msgspec import Struct

from ml_connector.connectors.kit.source import Row
from ml_connector.hub import cells, installations, ledger, survey
from ml_connector.hub.cells import Amounts, Cell
from ml_connector.hub.ledger import Kept
from ml_connector.hub.models import Installation, Record
from ml_connector.hub.pipeline import intake, postings
from ml_connector.hub.pipeline.work import FlowWork, flow_work
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.states import Held, State
from ml_connector.records import periods
from ml_connector.records.costs import Cost
from ml_connector.records.money import ZERO

UNEXPLAINED = "unexplained"
_CORRECTED = "corrected after posting"
_REVERSED = "changed or reversed in the ledger"
_OFF = "flow not switched on"
_LEFT_OUT = {cells.TAX: "tax", cells.RETAINAGE: "retainage"}
"""What documents leave out by rule, and the cause that it then is: costs net of tax, retainage within accruals."""
_SETTLED = {
    "before cut-over", "set aside by a person", "other period", "withdrawn at the source", _OFF,
    *_LEFT_OUT.values(), " and ".join(sorted(_LEFT_OUT.values())),
}  # fmt: skip
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
        return sum(any(not _is_settled(reason.cause) for reason in line.reasons) for line in self.lines)


def _is_settled(cause: str) -> bool:
    """Whether nothing is left to do about a difference: a rule, a person or the source has decided it."""
    return cause in _SETTLED or cause.startswith(f"{State.SKIPPED}: ")


class _Document(Struct, kw_only=True):
    """One source document at all three places. `cause` says why they differ, if they do."""

    name: str
    approved: Amounts
    posted: Amounts = msgspec.field(default_factory=dict)
    ledger: Amounts = msgspec.field(default_factory=dict)
    cause: str = UNEXPLAINED


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
    there = ledger.read(work, list(records.values()), progress)
    hashes = postings.hashes(records.values())
    documents = [_document(work, row, records.get(key), there, hashes) for key, row in rows.items()]
    gone = [record for key, record in records.items() if key not in rows and record.pk in there]
    return documents + [_gone(record, there[record.pk]) for record in gone]


def _currency(work: FlowWork, cost: Cost) -> str:
    return cost.currency or installations.rule(work.installation, "currency")


def _document(
    work: FlowWork, row: Row, record: Record | None, there: dict[int, list[Kept]], hashes: dict[int, bytes]
) -> _Document:
    """A document that the source has now."""
    assert work.flow.cost is not None
    cost = work.flow.cost(row.document)
    kept = there.get(record.pk, []) if record else []
    approved: Amounts = {}
    if cost.approved:
        whole = [one.whole for one in kept if not one.posting.reversed_at]
        approved = cells.of_cost(cost, cells.period_of_cost(cost), _currency(work, cost), whole)
    name = f"{record.ref if record else row.key} {cost.number}".strip()
    if record is None or record.pk not in there:
        unread = UNEXPLAINED if work.state.enabled else _OFF
        return _Document(name=name, approved=approved, cause=_cause_of_state(record) if record else unread)
    document = _Document(name=f"{name} as {_numbers(kept)}", approved=approved)
    document.posted, document.ledger = _both(kept)
    if record.posted_version is None:
        document.cause = _cause_of_taken_back(record)
    else:
        changed = intake.fingerprint(row.document) != hashes.get(record.pk)
        document.cause = _CORRECTED if changed else _cause_of_posted(work, kept, document)
    return document


def _gone(record: Record, kept: list[Kept]) -> _Document:
    """A document that the source no longer has."""
    posted, in_ledger = _both(kept)
    name = f"{record.ref} {record.business_number} as {_numbers(kept)}"
    return _Document(name=name, approved={}, posted=posted, ledger=in_ledger, cause=_CORRECTED)


def _numbers(kept: list[Kept]) -> str:
    """The documents that stand, or else those that were taken back."""
    standing = [one.posting.number for one in kept if not one.posting.reversed_at]
    return ", ".join(standing or [one.posting.number for one in kept])


def _both(kept: list[Kept]) -> tuple[Amounts, Amounts]:
    """What we posted of a record in all, and what the ledger holds of it now."""
    return cells.total(one.posted() for one in kept), cells.total(one.in_ledger() for one in kept)


def _cause_of_taken_back(record: Record) -> str:
    """Why a record differs of which nothing stands any more."""
    return _BY_CAUSE[record.cause] if record.cause == "set_aside" else _CORRECTED


def _cause_of_state(record: Record) -> str:
    """Why a document is not posted."""
    if record.cause in _BY_CAUSE:
        return _BY_CAUSE[record.cause]
    if record.state in (State.HELD, State.SKIPPED):
        return f"{record.state}: {record.cause}"
    return _BY_STATE.get(State(record.state), UNEXPLAINED)


def _cause_of_posted(work: FlowWork, kept: list[Kept], document: _Document) -> str:
    """Why a posted document differs whose source is as it was, if it does."""
    standing = [one for one in kept if not one.posting.reversed_at]
    if any(one.stored is None or one.reversal is not None for one in standing):
        return _REVERSED
    if any(one.by_hand for one in standing):
        return _BY_CAUSE[Held.KEYED_BY_HAND]
    compare = work.flow.target.compare
    if compare is not None and any(one.stored and compare(one.meant, one.stored) for one in standing):
        return _REVERSED
    if {cell.period for cell in document.approved} != {cell.period for cell in document.ledger}:
        return "other period"
    if sum(document.approved.values(), ZERO) == sum(document.ledger.values(), ZERO):
        return "mapped elsewhere"
    return _left_out(document) or UNEXPLAINED


def _left_out(document: _Document) -> str:
    """The cause where nothing differs but what we left out ourselves, else ""."""
    everywhere = {**document.approved, **document.ledger}
    apart = [cell for cell in everywhere if document.approved.get(cell, ZERO) != document.ledger.get(cell, ZERO)]
    if not all(cell.cost_code in _LEFT_OUT and cell not in {**document.posted, **document.ledger} for cell in apart):
        return ""
    return " and ".join(sorted({_LEFT_OUT[cell.cost_code] for cell in apart}))


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
