"""Contracts as a target: draft, lines, verified, then approved, closed or void (vendors/procore.md §5, §9, §14)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Final

from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.connectors.procore import contract_plan, contract_writes, keyed_contracts, stored_contracts, sync
from ml_connector.connectors.procore.client import ANSWER_WITHIN, SETTLE, Client
from ml_connector.connectors.procore.contract_plan import (
    DIRECTORY,
    LINES,
    NEW,
    OF_NEW,
    REOPEN,
    STATUS,
    TITLE,
    TODO,
    VENDOR,
    counting,
    meant_lines,
    needs,
)
from ml_connector.connectors.procore.contract_writes import is_adopted, kind_of
from ml_connector.connectors.procore.contracts import KINDS
from ml_connector.connectors.procore.project_lists import add_vendor, directory
from ml_connector.connectors.procore.stored_contracts import DRAFT, Numbered, Stored
from ml_connector.records.contracts import VOID, Contract, differences


def look(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Find out what is to be written. Of a contract that we never sent, nothing has to be asked."""
    (item,) = items
    if not item.key and not item.number:
        return [_due(client, item, OF_NEW, {})]
    return [_judged(client, item, _now(client, item))]


def look_back(client: Client, items: Sequence[Item]) -> list[Finding]:
    """The same where our notes are lost: the contract may be there with our mark."""
    (item,) = items
    stored = _now(client, item) if item.key or item.number else stored_contracts.find(client, item)
    if stored is None and not item.key and not item.number:
        return [Absent()]
    return [_judged(client, item, stored)]


def enlist(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Put the vendor into the project's directory, unless it came there meanwhile."""
    (item,) = items
    document: Contract = item.document
    if document.vendor not in directory.of(client, document.project, [document.vendor]):
        add_vendor(client, document.project, document.vendor)
    return [_same(item)]


def look_up_enlisted(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the vendor is in the project's directory."""
    (item,) = items
    document: Contract = item.document
    directory.forget()
    return [_same(item) if document.vendor in directory.of(client, document.project) else Absent()]


def look_up_reopened(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the contracts are drafts again."""

    def judge(item: Item, stored: Stored) -> Finding:
        return _done(item, stored, standing=DRAFT) if stored.standing == DRAFT else Absent()

    return [_asked(client, item, judge) for item in items]


def look_up_heads(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the contracts are there as they were to be; new ones are found by our mark."""

    def judge(item: Item, stored: Stored) -> Finding:
        wanted: Contract = item.document
        has_vendor = stored.vendor == wanted.vendor or not needs(NEW, VENDOR)(item)
        has_title = stored.title == wanted.title or not contract_plan.is_due(item, TITLE)
        if not (has_vendor and has_title):
            return Absent()
        return _done(item, stored, vendor=wanted.vendor, title=stored.title, standing=stored.standing)

    return [_asked(client, item, judge) for item in items]


def look_up_lines(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the lines are there as they were meant."""

    def judge(item: Item, stored: Stored) -> Finding:
        is_done = counting(stored.lines) == counting(meant_lines(item.document))
        return contract_writes.lines_done(item, stored.lines) if is_done else Absent()

    return [_asked(client, item, judge) for item in items]


def look_up_statuses(client: Client, items: Sequence[Item]) -> list[Finding]:
    """Whether the contracts are approved, closed or void."""

    def judge(item: Item, stored: Stored) -> Finding:
        wanted = stored_contracts.wanted_standing(item.document, stored.kind)
        return _done(item, stored, standing=wanted) if stored.standing == wanted else Absent()

    return [_asked(client, item, judge) for item in items]


def read(client: Client, items: Sequence[Item]) -> list[Finding]:
    """What Procore holds of contracts, for the comparison."""

    def judge(item: Item, stored: Stored) -> Finding:
        return contract_writes.lines_done(item, stored.lines)

    return [_asked(client, item, judge) for item in items]


def examine(client: Client, items: Sequence[Item]) -> list[Held | None]:
    """Why documents cannot be written: a project that we may not see, codes that it does not have."""
    return [_obstacle(client, item) for item in items]


def _obstacle(client: Client, item: Item) -> Held | None:
    if is_adopted(item) or item.document.status == VOID:
        return None
    try:
        return contract_writes.missing_codes(client, item)
    except (errors.NotPermitted, errors.NotFound) as refused:
        held = contract_writes.as_outcome(refused)
        assert isinstance(held, Held)
        return held


def _judged(client: Client, item: Item, stored: Stored | None) -> Done | Held:
    """What is to be written of a contract that is there."""
    if stored is None or stored.deleted:
        return _gone(item)
    moved = item.memo.get("project", item.document.project) != item.document.project
    if moved:
        return Held(
            cause=Cause.PROJECT_NOT_USABLE,
            message=f"{contract_plan.name_of(stored)} belongs to another project than the order does now, and cannot "
            "move: void it there, enter the new one by hand, then set this record aside",
        )
    decided = (contract_plan.of_adopted if is_adopted(item) else contract_plan.of_stored)(item, stored)
    if not isinstance(decided, Held) and REOPEN in decided and _has_requisitions(client, item, stored):
        decided = contract_plan.of_stored(item, structs.replace(stored, billed=True))
    if isinstance(decided, Held):
        return decided
    memo = {"vendor_there": stored.vendor, "currency_there": stored.currency, "kind": stored.kind}
    if is_adopted(item):
        return _due(client, item, decided, memo)
    memo |= {"project": item.document.project, **contract_plan.agreed(item.document, stored)}
    if LINES in decided:  # they are as we left them, or were never noted
        memo |= contract_plan.noted(stored.lines)
    return structs.replace(_due(client, item, decided, memo), key=stored.id, number=item.number or stored.number)


def _has_requisitions(client: Client, item: Item, stored: Stored) -> bool:
    """Whether the contract is billed, also by what is not approved yet and so in none of its totals."""
    params = [("project_id", item.document.project), ("filters[commitment_id]", stored.id)]
    listed = client.page("requisitions.list", "/rest/v1.1/requisitions", params, Numbered, per_page=1)
    return bool(listed.rows)


def _due(client: Client, item: Item, todo: Sequence[str], memo: dict[str, str]) -> Done:
    """What is to be written, with the vendor into the directory first where it is not there."""
    document: Contract = item.document
    names_vendor = NEW in todo or VENDOR in todo
    if names_vendor and document.vendor not in directory.of(client, document.project, [document.vendor]):
        todo = [DIRECTORY, *todo]
    return Done(memo={**memo, TODO: " ".join(todo)})


def _asked(client: Client, item: Item, judge: Callable[[Item, Stored], Finding]) -> Finding:
    """What a look at the contract tells; one that never came to be has nothing to look at."""
    is_known = bool(item.key or item.number)
    stored = _now(client, item) if is_known else stored_contracts.find(client, item)
    if stored is None and not is_known:
        return Absent()
    return _gone(item) if stored is None or stored.deleted else judge(item, stored)


def _now(client: Client, item: Item) -> Stored | None:
    """The contract by its id. Of one that somebody keyed in nobody said of which kind it is."""
    mine = kind_of(item)
    others = [kind.name for kind in KINDS if kind.name != mine] if is_adopted(item) and "kind" not in item.memo else []
    for kind in (mine, *others):
        if stored := stored_contracts.show(client, item, kind, item.key or item.number):
            return stored
    return None


def _done(item: Item, stored: Stored, **memo: str) -> Done:
    there = {"vendor_there": stored.vendor, "currency_there": stored.currency, "kind": stored.kind}
    known = {**there, "project": item.document.project, **memo}
    if is_adopted(item):
        return Done(memo=known)
    return Done(key=stored.id, number=item.number or stored.number, memo=known)


def _gone(item: Item) -> Held:
    what = f"{kind_of(item).replace('_', ' ')} {item.number or item.document.number}"
    return Held(
        cause=Cause.CHANGED_THERE,
        message=f"somebody deleted {what} in Procore: enter it there by hand if it is still due, then set this record "
        "aside",
    )


def _same(item: Item) -> Done:
    return Done(key=item.key, number=item.number)


contract_changes: Final = Target(
    kind="commitment",
    steps=(
        Step(name="look", run=look, look_up=look_back, writes=False),
        Step(name="enlist", run=enlist, look_up=look_up_enlisted, needed=needs(DIRECTORY)),
        Step(
            name="reopen",
            run=contract_writes.reopen,
            look_up=look_up_reopened,
            batch=sync.BATCH,
            needed=needs(REOPEN),
        ),
        Step(
            name="draft",
            run=contract_writes.heads,
            look_up=look_up_heads,
            batch=sync.BATCH,
            needed=needs(NEW, VENDOR, TITLE),
        ),
        Step(name="lines", run=contract_writes.lines, look_up=look_up_lines, verifies=True, needed=needs(LINES)),
        Step(
            name="status",
            run=contract_writes.statuses,
            look_up=look_up_statuses,
            batch=sync.BATCH,
            needed=needs(STATUS),
        ),
    ),
    settle=SETTLE,
    answer_within=timedelta(seconds=ANSWER_WITHIN),
    read=read,
    compare=differences,
    find_keyed=keyed_contracts.namesakes,
    keyed_batch=sync.BATCH,
    examine=examine,
)
