"""How documents are written to a vendor: steps, look-ups, matches by business number."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any, Final

from msgspec import Struct, field

from ml_connector.connectors.kit.outcomes import Finding, Held, Outcome
from ml_connector.records.compare import Difference

HIGH_WATER: Final = "high_water"


class Item(Struct, frozen=True, kw_only=True):
    """One record's document on its way through a step. `key`, `number`, `memo` come from the steps before.

    `document` is a Struct of the target's kind (a Bill, a MasterChange). In the steps of a reversal it is the document
    that is posted, and `reference` the one that it carries.
    """

    reference: str
    document: Any
    key: str = ""
    number: str = ""
    memo: dict[str, str] = field(default_factory=dict)


class Step(Struct, frozen=True, kw_only=True):
    """One vendor call in the life of a target document, for up to `batch` items at once.

    `run` sends it and answers one outcome per item, in order. It raises kit.errors; AnswerLost means that all
    items of the call may have been done. `look_up` finds out whether an earlier `run` was done (`batch` items at
    once as well). `poll` asks after items for which `run` answered Waiting. A step that only reads (`writes` false)
    needs no look-up: it is simply run again. `verifies`: what the vendor stored is compared with what we meant
    before the next step. `blocks_lane`: while an item waits, nothing else is sent on its lane. `again(item)` tells
    after each `Done` whether the same step is to be run once more (one call per part of a document); its memo says
    how far it got. `needed(item)` tells whether the step has anything to do for an item; it is passed over otherwise.
    """

    name: str
    run: Callable[[Any, Sequence[Item]], list[Outcome]]
    look_up: Callable[[Any, Sequence[Item]], list[Finding]] | None = None
    poll: Callable[[Any, Item], Outcome] | None = None
    batch: int = 1
    writes: bool = True
    verifies: bool = False
    blocks_lane: bool = False
    again: Callable[[Item], bool] | None = None
    needed: Callable[[Item], bool] | None = None


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
    `read` returns what the target holds now, per item with a key; `compare(meant, stored)` names what differs, and is
    needed where a step verifies. `find_keyed` returns, per item, the target's documents with the item's business
    number (`keyed_batch` items a call), where numbers can collide with what people key in. `periods` lists the posting
    periods, or None where the target does not tell. `reversal` takes a posted document back by the target's own
    means, and holds one that is paid or partly paid; empty where it cannot be done. `unsearchable(document)` names the
    part of a document that bears no reference of ours: once our own notes of it are lost, only a person can tell
    whether it was done. `examine` returns, per item, why the target's own master data and settings forbid the document
    (an account that takes no postings, digits that it does not keep), or None; it is asked before anything is sent.
    `high_water(client)`, for targets that cannot be searched by our reference, names the newest of its documents that
    this process knows, without a call ("" for none): a look-up finds it as HIGH_WATER in the item's memo, as it was
    before the call whose answer was lost, and looks only at what is newer.
    """

    kind: str
    steps: tuple[Step, ...]
    settle: timedelta
    answer_within: timedelta
    read: Callable[[Any, Sequence[Item]], list[Finding]] | None = None
    read_batch: int = 1
    compare: Callable[[Any, Any], list[Difference]] | None = None
    find_keyed: Callable[[Any, Sequence[Item]], list[list[Keyed]]] | None = None
    keyed_batch: int = 1
    periods: Callable[[Any], list[PeriodState] | None] | None = None
    reversal: tuple[Step, ...] = ()
    unsearchable: Callable[[Any], str] | None = None
    examine: Callable[[Any, Sequence[Item]], list[Held | None]] | None = None
    high_water: Callable[[Any], str] | None = None


NOWHERE: Final = Target(kind="nowhere", steps=(), settle=timedelta(0), answer_within=timedelta(0))
"""The target of flows whose records are only read and kept."""
