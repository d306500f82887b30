"""How documents are written to a vendor: steps, look-ups, matches by business number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

from msgspec import Struct, field

from ml_connector.connectors.kit.outcomes import Finding, Outcome
from ml_connector.records.documents import Bill


class Item(Struct, frozen=True, kw_only=True):
    """One record's document on its way through a step. `key`, `number`, `memo` come from the steps before."""

    reference: str
    document: Bill
    key: str = ""
    number: str = ""
    memo: dict[str, str] = field(default_factory=dict)


class Step(Struct, frozen=True, kw_only=True):
    """One vendor call in the life of a target document, for up to `batch` items at once.

    `run` sends it and answers one outcome per item, in order. It raises kit.errors; AnswerLost means that all
    items of the call may have been done. `look_up` finds out whether an earlier `run` was done (`batch` items at
    once as well). `poll` asks after items for which `run` answered Waiting. A step that only reads (`writes` false)
    needs no look-up: it is simply run again. `verifies`: what the vendor stored is compared with what we meant
    before the next step. `blocks_lane`: while an item waits, nothing else is sent on its lane.
    """

    name: str
    run: Callable[[Any, Sequence[Item]], list[Outcome]]
    look_up: Callable[[Any, Sequence[Item]], list[Finding]] | None = None
    poll: Callable[[Any, Item], Outcome] | None = None
    batch: int = 1
    writes: bool = True
    verifies: bool = False
    blocks_lane: bool = False


class Keyed(Struct, frozen=True, kw_only=True):
    """A document in the target that has the same business number as an item of ours."""

    number: str
    reference: str
    text: str


class PeriodState(Struct, frozen=True, kw_only=True):
    """A posting period of the target: first and last day (both inclusive), and whether it takes this document."""

    period: str
    first: date
    last: date
    open: bool


class Target(Struct, frozen=True, kw_only=True):
    """One kind of document that a connector can write.

    `settle`: how long the vendor may still be working on a call whose answer was lost, counted from the last
    moment at which it may have been sent. `answer_within`: our own time-out of one call.
    `find_keyed` returns, per item, the target's documents with the item's business number (`keyed_batch` items a
    call). `read` returns what the target holds now, per item with a key. `periods` lists the posting periods, or
    None where the target does not tell.
    """

    kind: str
    steps: tuple[Step, ...]
    settle: timedelta
    answer_within: timedelta
    find_keyed: Callable[[Any, Sequence[Item]], list[list[Keyed]]]
    keyed_batch: int
    read: Callable[[Any, Sequence[Item]], list[Finding]]
    read_batch: int
    periods: Callable[[Any], list[PeriodState] | None]
