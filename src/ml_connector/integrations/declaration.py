"""What an integration says of itself: its flows, mapping tables and the choices that a company must make."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Protocol

from msgspec import Struct

from ml_connector.connectors.kit.declaration import Connector
from ml_connector.connectors.kit.source import Source
from ml_connector.connectors.kit.target import PeriodState, Target
from ml_connector.records.costs import Cost
from ml_connector.records.ledger import LedgerLine


class Side(StrEnum):
    """Which of an installation's two connections."""

    LEFT = "left"
    RIGHT = "right"


class Hold(Exception):
    """The record waits for a person: `cause` in one word, the text says what happened and what to do."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


class Skip(Exception):
    """A rule says that this record is not posted (yet): `cause` in one word."""

    def __init__(self, cause: str, message: str) -> None:
        super().__init__(message)
        self.cause = cause
        self.message = message


class InStep(Exception):
    """Both sides agree already: there is nothing to send. `agreed` are the fields of a master record that are equal."""

    def __init__(self, agreed: dict[str, str] | None = None) -> None:
        super().__init__("both sides agree")
        self.agreed = agreed or {}


class Twin(Struct, frozen=True, kw_only=True):
    """The other side of a pair: its key there, what both sides agreed on last (field by field), what it was last read.

    `document` is None while the other side's record has not been read yet, and when it is `gone` there.
    """

    key: str
    base: dict[str, str]
    document: Any
    gone: bool = False


class Difference(Struct, frozen=True, kw_only=True):
    """Something that two records of a pair do not agree in, or that one side lacks.

    `source` and `target` are the numbers of the records on the side whose word counts and on the side that is put
    right, empty where there is none; the amounts are what either says, None where it is not about money. `fix` says
    what the hub does once a person approves it; where that is empty, `by_hand` says what a person does. The `id` is
    the same as long as nothing of this changes, figures included: an approval is good for exactly this.
    """

    id: str
    kind: str
    project: str
    source: str
    target: str
    text: str
    currency: str
    source_amount: Decimal | None = None
    target_amount: Decimal | None = None
    fix: str = ""
    by_hand: str = ""


class Origin(Struct, frozen=True, kw_only=True):
    """The source record behind a document in the ledger: the flow that posted it, its key there, and the record."""

    flow: str
    key: str
    document: Any


class Standing(Struct, frozen=True, kw_only=True):
    """A document that a record stands with in the target: its number ("" where nothing of its own was made there).

    `document` is what we posted, None for one that a person keyed in.
    """

    number: str
    document: Any


class Sibling(Struct, frozen=True, kw_only=True):
    """Another record of the installation: its source document and what it stands with, oldest first.

    `settled` is false while it is on its way or waits for a person: what it stands with may still change. `coming`: it
    is on its way, so that it may be in the target by now.
    """

    key: str
    document: Any
    settled: bool
    standing: tuple[Standing, ...]
    coming: bool = False


class Desk(Protocol):
    """What a translation may look up: the installation's choices, mapping tables and accepted matches."""

    def rule(self, name: str) -> str:
        """The installation's choice, or its default."""

    def map(self, table: str, value: str, *, name: str, day: date, money: Decimal) -> str:
        """The mapped value, or "" when there is none; the gap is noted with the money behind it."""

    def lack(self, table: str, target: str, *, name: str, money: Decimal) -> None:
        """Note the gap, with the money behind it, that no source value of a table comes to `target`."""

    def find(self, table: str, value: str, *, day: date) -> str:
        """The mapped value where a table may be silent, or ""."""

    def sources(self, table: str, target: str, *, day: date) -> list[str]:
        """The source values that a table maps to `target`."""

    def matched(self, kind: str) -> bool:
        """Whether pairs of a kind have been looked for, so that what has no pair may be taken to have none."""

    def counterpart(self, kind: str, key: str) -> str:
        """The target side's key of an accepted match of the source side's `key`, or ""."""

    def twin(self, kind: str, key: str) -> Twin | None:
        """The target side's record of an accepted match of the source side's `key`, or None."""

    def lookalike(self, kind: str, key: str, document: Any) -> str:
        """In words, which record of the other side this one may be the same as, although nobody has decided; or ""."""

    def made(self, mark: str, key: str) -> bool:
        """Whether the source record `key`, which bears our mark, is what we made for one of the target's records."""

    def origin(self, number: str) -> Origin | None:
        """The record that this installation posted as the ledger document `number`, or None when it is not ours."""

    def siblings(self, scope: str, flow: str = "") -> Sequence[Sibling]:
        """All records of a flow that were read in a scope of its source; without a name, of the present one's flow."""

    def record(self, flow: str, key: str) -> Sibling | None:
        """A record of another flow of the installation, by its source key, or None when it was never read."""

    def named(self, flow: str, key: str) -> bool:
        """Whether a record of another flow, which is still at its source, names `key` (Flow.names)."""

    def approved(self, difference: str) -> bool:
        """Whether a person approved the fix of a difference, by the difference's id."""


class Choice(Struct, frozen=True, kw_only=True):
    """A decision of the company. No `default`: the installation cannot be switched on before it is made.

    `options` are the allowed values, `pattern` a regular expression for free ones; `advice` says what to choose.
    `when` is another choice followed by those of its values with which this one must be made; without it, always.
    """

    name: str
    question: str
    advice: str
    default: str | None = None
    options: tuple[str, ...] = ()
    pattern: str = ""
    when: tuple[str, ...] = ()


class Suggestion(Struct, frozen=True, kw_only=True):
    """A proposed row of a mapping table; `target` may be empty where nothing fits."""

    source: str
    source_name: str
    target: str
    target_name: str


class Table(Struct, frozen=True, kw_only=True):
    """A mapping table. `check(target)` returns a complaint about a target value, or "".

    `suggest(left_client, right_client)` proposes rows from what both systems hold. `pairs` is the kind of pairs whose
    accepted ones it is given as well, as {left key: right key}; "" when it needs none.
    """

    name: str
    title: str
    source: str
    target: str
    check: Callable[[str], str]
    suggest: Callable[..., list[Suggestion]]
    pairs: str = ""


class Entry(Struct, frozen=True, kw_only=True):
    """One side's record in first-day matching: pairs that share one of `tokens` are scored, `name` is for people."""

    key: str
    name: str
    tokens: frozenset[str]
    subject: Any


class Matching(Struct, frozen=True, kw_only=True):
    """First-day matching of one kind of record.

    `left` and `right` list one side's records, given its client and the cut-over date. `score(left, right,
    counterpart)` says how surely two entries are the same, 0 to 100, and why; `counterpart(kind, right key)` is the
    left key of a pair that was accepted before. Kinds are matched in the order in which an integration declares them.
    `entry` makes an entry of one record, where flows ask for lookalikes of new ones. `meant(left key, rule)` tells
    whether the left side's record is of this kind by the installation's choices, `rule(name)`. `adopts` names the flow
    whose records need no posting when they are matched: somebody keyed them in.
    """

    kind: str
    title: str
    left: Callable[[Any, date], Sequence[Entry]]
    right: Callable[[Any, date], Sequence[Entry]]
    score: Callable[[Any, Any, Callable[[str, str], str]], tuple[int, str]]
    entry: Callable[[Any], Entry] | None = None
    meant: Callable[[str, Callable[[str], str]], bool] = lambda key, rule: True
    adopts: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """What every record shows of itself, whatever it is: for lists, statements and the gate."""

    title: str
    number: str
    day: date | None
    amount: Decimal
    currency: str


class Revisions(StrEnum):
    """What a new version of a posted record is."""

    CORRECTION = "correction"
    """A correction of a document in the books, by the installation's rule `corrections`."""
    UPDATE = "update"
    """A change to be sent like the first version; nothing happens when the source record vanishes."""
    WITHDRAWAL = "withdrawal"
    """A reason to take the posted document back, whatever the rules; what is then left is posted anew."""


class Writes(StrEnum):
    """What a flow's documents are, and so what holds once one is done."""

    DOCUMENT = "document"
    """Documents of their own in the target."""
    FIELDS = "fields"
    """Changes of a pair's fields (`records.masters.MasterChange`): both sides agree on them."""
    FIXES = "fixes"
    """Fixes of differences that a person approved (`records.commitments.OrderChange`): the approvals are spent."""


EVERYTHING = "*"
"""A trigger that stands for any event of the source."""


class Same(StrEnum):
    """What a record that waits has in common with the one that it waits for."""

    SCOPE = "scope"
    """The scope of the source that both were read in, such as a project."""
    NUMBER = "number"
    """Its business number is the number of the document that was made."""
    NAMED = "named"
    """It is what the other record names (Flow.names)."""


class Wakes(Struct, frozen=True, kw_only=True):
    """Records of `flow` held or skipped with `cause`: looked at again when one of ours is posted or skipped.

    What one of ours names is looked at again whatever became of that one.
    """

    flow: str
    cause: str
    same: Same


class Flow(Struct, frozen=True, kw_only=True):
    """One kind of record moving one way.

    With the target `kit.target.NOWHERE` records are only kept, for other flows to look up (Desk.record); its
    `translate` always raises Skip. `target_side` is where it delivers; without it, to the other side.
    `translate(record, reference, desk)` returns the target document or raises Hold, Skip or InStep.
    `differences(record, desk)` names, for the report of differences, each thing in which a record and its
    counterpart do not agree; it raises Hold where that cannot be told, and Skip where there is nothing to compare.
    `delta(new, posted)` is the document that makes good the difference of two documents (rule post_delta), None
    when there is none, or raises Hold. `bound(key, scope, desk)` says in words why the posted document of a record
    must not be taken back before others are, or "". `document_type` is a Struct, or a union of tagged ones. `wakes`
    are records that wait for those of this flow. `names(record, desk)` is the key of the master record that a record
    stands for the use of, such as an invoice's supplier, or "". `matching` is the kind of pairs that source and target
    records form, `twin` the flow that goes the other way over the same pairs: a change on one side makes both flows
    look at the pair again. `after` are the matchings that a person must have looked at before anything is created.
    `cost(record)` is there when the flow takes part in the month-end comparison. `triggers` are the resources of
    source events that make the flow read at once. `every` is the default schedule, `overlap` how far each read
    reaches back before its cursor, `sweep_every` how often all keys are compared.
    """

    name: str
    title: str
    source_side: Side
    source: Source
    target: Target
    facts: Callable[[Any], Facts]
    translate: Callable[[Any, str, Desk], Any]
    record_type: type[Any]
    document_type: Any
    revisions: Revisions = Revisions.CORRECTION
    writes: Writes = Writes.DOCUMENT
    target_side: Side | None = None
    differences: Callable[[Any, Desk], Sequence[Difference]] | None = None
    delta: Callable[[Any, Any], Any] | None = None
    bound: Callable[[str, str, Desk], str] | None = None
    matching: str = ""
    twin: str = ""
    after: tuple[str, ...] = ()
    cost: Callable[[Any], Cost] | None = None
    wakes: tuple[Wakes, ...] = ()
    names: Callable[[Any, Desk], str] | None = None
    triggers: frozenset[str] = frozenset()
    every: timedelta = timedelta(minutes=5)
    overlap: timedelta = timedelta(minutes=5)
    sweep_every: timedelta = timedelta(days=1)


class Ledger(Struct, frozen=True, kw_only=True):
    """Which side keeps the books, and how its posting periods are asked for.

    `clearing` are the choices that name accounts on which costs or commitments wait to be cleared, and `lines(client,
    account, since, until)` is what stands on such an account, both days inclusive. `commitments` is the flow of the
    commitments by which that is listed, or of records that name theirs: `commitment_of(record)` is its mark on ledger
    lines and what people call it. "" where none reads them. `currency(client)` is the currency of its books (ISO
    4217), "" where it does not tell: the installation's choice `currency` must be the same.
    """

    side: Side
    periods: Callable[[Any], list[PeriodState] | None]
    clearing: tuple[str, ...] = ()
    lines: Callable[[Any, str, date, date | None], Sequence[LedgerLine]] | None = None
    commitments: str = ""
    commitment_of: Callable[[Any], tuple[str, str]] | None = None
    currency: Callable[[Any], str] | None = None


class Integration(Struct, frozen=True, kw_only=True):
    """A pair of connectors and what moves between them."""

    name: str
    title: str
    left: Connector
    right: Connector
    flows: tuple[Flow, ...]
    tables: tuple[Table, ...]
    matchings: tuple[Matching, ...]
    choices: tuple[Choice, ...]
    ledger: Ledger

    def flow(self, name: str) -> Flow:
        """A flow by name. Raises KeyError with the names there are."""
        for flow in self.flows:
            if flow.name == name:
                return flow
        raise KeyError(f"{self.name} has no flow {name!r}; its flows: {', '.join(flow.name for flow in self.flows)}")
