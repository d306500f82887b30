"""The write calls of contracts, one project of one kind each, and what became of every item (§5, §9)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import groupby
from typing import Any

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Cause, Done, Held, NotRun, Outcome, Refused
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.procore import contract_plan, objects, stored_contracts, sync
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.project_lists import budget_codes
from ml_connector.connectors.procore.stored_contracts import (
    DRAFT,
    Lines,
    SyncedContracts,
    SyncedLines,
    WireStored,
    line_origin,
    origin_of,
)
from ml_connector.records.contracts import Contract
from ml_connector.records.money import ZERO

Row = dict[str, Any]


def kind_of(item: Item) -> str:
    """In which of the two kinds the contract is kept, whatever the order says since."""
    return item.memo.get("kind") or item.document.kind


def reopen(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Make approved contracts drafts again, so that their lines can be changed."""
    return _by_project(client, items, lambda item: {"status": stored_contracts.word(kind_of(item), DRAFT)})


def heads(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Create contracts as drafts, or change vendor and title of those that are there."""
    return _by_project(client, items, _head)


def statuses(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Approve, close or void."""
    return _by_project(client, items, _status)


def lines(client: Client, items: Sequence[Item]) -> list[Outcome]:
    """Write all lines of one contract; those that the order lost come to nothing. The answer tells what is stored."""
    (item,) = items
    document: Contract = item.document
    rows = _line_rows(client, item)
    if isinstance(rows, Held):
        return [rows]
    path = f"{stored_contracts.path_of(kind_of(item))}/{item.key}/line_items/sync"
    stored: Lines = {}
    for start in range(0, len(rows), sync.BATCH):
        part = rows[start : start + sync.BATCH]
        answer = client.write(
            "commitment_lines.sync", "PATCH", path, {"updates": part}, [("project_id", document.project)]
        )
        if refused := _refusals(sync.outcomes(answer, part), part, item):
            return [refused]
        wires = answer.decode(SyncedLines).entities
        stored |= stored_contracts.lines_of(wires, f"contract {item.number}", origin_of(item))
    return [lines_done(item, stored)]


def lines_done(item: Item, stored: Lines) -> Done:
    """The lines are there; what is stored goes on to be compared."""
    vendor, currency = (item.memo.get(name, "") for name in ("vendor_there", "currency_there"))
    seen = stored_contracts.as_contract(item, stored, vendor, currency)
    return Done(key=item.key, number=item.number, stored=seen, memo=contract_plan.noted(stored))


def as_outcome(error: errors.VendorError) -> Outcome:
    """A refusal that concerns some items only."""
    if isinstance(error, errors.NotPermitted | errors.NotFound):
        message = f"{error.message}: give our user access to the project in Procore, then replay this record"
        return Held(cause=Cause.NOT_PERMITTED, message=message)
    return Refused(message=error.message)


def missing_codes(client: Client, item: Item) -> Held | None:
    """Why lines cannot be written: budget codes that the project does not have, or amounts with too many digits."""
    document: Contract = item.document
    written = contract_plan.Written.of(item.memo).lines or {}
    meant = contract_plan.meant_lines(document)
    new = {key: line for key, line in meant.items() if line.amount and written.get(key) != line}
    for key, line in new.items():
        if line.amount != round(line.amount, 2):
            message = f"line {key} is over {line.amount}, and Procore keeps two decimals: correct it at the source"
            return Held(cause=Cause.PRECISION, message=message)
    codes = {line.code for line in new.values()}
    known = budget_codes.of(client, document.project, codes) if codes else {}
    if lacking := sorted(codes - known.keys()):
        return Held(
            cause=Cause.CODE_NOT_USABLE,
            message=f"the project has no active budget code {', '.join(lacking)}: add it to the project's budget codes "
            "in Procore, or map the order's account to another code, then replay this record",
        )
    return None


def _by_project(client: Client, items: Sequence[Item], row: Callable[[Item], Row]) -> list[Outcome]:
    """One call for each kind and project. What stood behind a call that must wait was not run."""
    outcomes: dict[str, Outcome] = {}
    ordered = sorted(items, key=_place)
    for (kind, project), some in groupby(ordered, key=_place):
        group = list(some)
        try:
            answered = _sync(client, kind, project, group, [_named(item) | row(item) for item in group])
        except (errors.NotPermitted, errors.NotFound, errors.Refusal) as refused:
            answered = [as_outcome(refused) for _ in group]
        except errors.TryLater:
            if not outcomes:
                raise
            break
        outcomes |= {item.reference: outcome for item, outcome in zip(group, answered, strict=True)}
    return [outcomes.get(item.reference, NotRun()) for item in items]


def _place(item: Item) -> tuple[str, str]:
    return kind_of(item), item.document.project


def _sync(client: Client, kind: str, project: str, items: Sequence[Item], rows: Sequence[Row]) -> list[Outcome]:
    path = f"{stored_contracts.path_of(kind)}/sync"
    answer = client.write("commitments.sync", "PATCH", path, {"project_id": int(project), "updates": rows})
    stored = {str(wire.id): wire for wire in answer.decode(SyncedContracts).entities}
    return [
        _done(item, outcome, stored[outcome.key], kind, row) if isinstance(outcome, Done) else outcome
        for item, outcome, row in zip(items, sync.outcomes(answer, rows), rows, strict=True)
    ]


def _done(item: Item, outcome: Done, stored: WireStored, kind: str, row: Row) -> Outcome:
    """The contract as it is stored; one that did not take the status is told."""
    standing = stored_contracts.standing(kind, stored.status)
    if "status" in row and standing != stored_contracts.standing(kind, row["status"]):
        return Held(
            key="" if is_adopted(item) else outcome.key,
            cause=Cause.STORED_DIFFERENTLY,
            message=f"contract {outcome.key} was to become {row['status']}, and is {stored.status} in Procore: "
            "look there who may change it, then replay this record",
        )
    memo = {"kind": kind, "project": item.document.project, **stored_contracts.there(stored)}
    if "status" in row:
        memo["standing"] = standing
    if "vendor_id" in row:
        memo["vendor"] = str(row["vendor_id"])
    if "title" in row:
        memo["title"] = row["title"]
    if is_adopted(item):  # its key stays unknown to the hub, so that it is never taken for one that we made
        return Done(memo=memo, answer=outcome.answer)
    number = item.number or objects.text(stored.number)  # people may give it another number
    return Done(key=outcome.key, number=number, memo=memo, answer=outcome.answer)


def is_adopted(item: Item) -> bool:
    """Whether somebody keyed the contract in: its id is known as the number that a person matched."""
    return not item.key and bool(item.number)


def _named(item: Item) -> Row:
    """What names the contract: our mark, or the id of one that somebody keyed in."""
    if is_adopted(item):
        return {"id": int(item.number)}
    return {"origin_id": origin_of(item)}


def _head(item: Item) -> Row:
    document: Contract = item.document
    if not contract_plan.is_due(item, contract_plan.NEW):
        vendor = {"vendor_id": int(document.vendor)} if contract_plan.is_due(item, contract_plan.VENDOR) else {}
        return vendor | ({"title": document.title} if contract_plan.is_due(item, contract_plan.TITLE) else {})
    day = {"contract_date": document.day.isoformat()} if document.day else {}
    return day | {
        "number": document.number,
        "title": document.title,
        "vendor_id": int(document.vendor),
        "status": "Draft",
        "accounting_method": "amount",
        "origin_code": document.number,
        "origin_data": item.reference,
    }


def _status(item: Item) -> Row:
    row: Row = {"status": stored_contracts.word(kind_of(item), item.document.status)}
    return row if is_adopted(item) else row | {"origin_data": item.reference}


def _line_rows(client: Client, item: Item) -> list[Row] | Held:
    """All lines that count or are there already, or why they cannot be written."""
    if held := missing_codes(client, item):
        return held
    document: Contract = item.document
    written = contract_plan.Written.of(item.memo).lines or {}
    codes = {line.code for line in document.lines if line.amount}
    known = budget_codes.of(client, document.project, codes)
    rows: list[Row] = []
    for line in document.lines:
        row: Row = {"origin_id": line_origin(item, line.key), "amount": f"{line.amount:.2f}"}
        if line.amount:  # a line that stays as it was may be on a code that is not active any more
            code = {"wbs_code_id": known[line.code]} if line.code in known else {}
            rows.append({**row, "description": line.text, **code})
        elif line.key in written:
            rows.append(row)
    lost = contract_plan.counting(written).keys() - {line.key for line in document.lines}
    return rows + [{"origin_id": line_origin(item, key), "amount": f"{ZERO:.2f}"} for key in sorted(lost)]


def _refusals(outcomes: Sequence[Done | Refused | NotRun], rows: Sequence[Row], item: Item) -> Refused | None:
    said = []
    for row, outcome in zip(rows, outcomes, strict=True):
        if not isinstance(outcome, Done):
            why = outcome.message if isinstance(outcome, Refused) else "Procore said nothing of it"
            said.append(f"line {row['origin_id'].removeprefix(origin_of(item) + '-')}: {why}")
    return Refused(message="; ".join(said)) if said else None
