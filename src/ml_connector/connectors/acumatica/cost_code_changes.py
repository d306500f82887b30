"""Changes to cost codes as a target: created under the sending side's code, or renamed (vendors/acumatica.md §8.7)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica import form, wire
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.records.masters import MasterChange, same

COST_CODE: Final = "CostCode"
_NAME: Final = "name"


def write(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Rename one cost code, or create it."""
    (item,) = items
    change: MasterChange = item.document
    try:
        return [_rename(client, change) if change.key else _create(client, change)]
    except errors.Refusal as refusal:
        return [Refused(message=refusal.message)]


def look_up(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether a cost code was written, by its code."""
    (item,) = items
    change: MasterChange = item.document
    there = _read(client, change.key or change.code)
    if there is None:
        return [_gone(change) if change.key else Absent()]
    name = wire.text(there, "Description")
    if _is_wanted(change, name):
        return [_done(change.key or change.code, there)]
    if not change.key:
        return [_taken(change, there)]
    return [_done(change.key, there, overtaken=_NAME) if _is_overtaken(change, name) else Absent()]


def _rename(client: AcumaticaClient, change: MasterChange) -> Outcome:
    there = _read(client, change.key)
    if there is None:
        return _gone(change)
    name = wire.text(there, "Description")
    if _NAME not in change.values or _is_wanted(change, name):
        return _done(change.key, there)
    if _is_overtaken(change, name):
        return _done(change.key, there, overtaken=_NAME)
    return _put(client, calls.CHANGES[COST_CODE], change, change.key)


def _create(client: AcumaticaClient, change: MasterChange) -> Outcome:
    try:
        return _put(client, calls.CREATES[COST_CODE], change, change.code)
    except errors.Refusal as refusal:
        there = _read(client, change.code) if refusal.status == calls.PRECONDITION else None
        if there is None:
            raise
        return _taken(change, there)


def _put(client: AcumaticaClient, operation: str, change: MasterChange, code: str) -> Outcome:
    headers = calls.MUST_EXIST if change.key else calls.MUST_BE_NEW
    sent = {"CostCodeID": {"value": code}, "Description": {"value": _wanted(change)}}
    answer = client.put(operation, COST_CODE, sent, Query(), headers=headers)
    record = answer.decode(Record)
    stored = wire.text(record, "Description")
    if not _is_wanted(change, stored):
        message = f"Acumatica took cost code {code}, but names it {stored!r}: look there why, then replay the record"
        return Held(cause=Cause.STORED_DIFFERENTLY, message=message, key=code, number=code)
    return _done(code, record, answer=masking.body(answer.body))


def _read(client: AcumaticaClient, code: str) -> Record | None:
    try:
        return client.read(calls.READS[COST_CODE], COST_CODE, (code,), Query())
    except errors.NotFound:
        return None


def _wanted(change: MasterChange) -> str:
    return change.values.get(_NAME, change.name).strip()


def _is_wanted(change: MasterChange, name: str) -> bool:
    return same(_NAME, name, _wanted(change))


def _is_overtaken(change: MasterChange, name: str) -> bool:
    return _NAME in change.expected and not same(_NAME, name, change.expected[_NAME])


def _done(code: str, record: Record, *, overtaken: str = "", answer: str = "") -> Done:
    return Done(key=code, number=code, memo={"overtaken": overtaken} | wire.changed(record), answer=answer)


def _gone(change: MasterChange) -> Held:
    message = f"cost code {change.key} is no longer in Acumatica: it was renumbered or deleted; match it anew"
    return Held(cause=Cause.CHANGED_THERE, message=message, key=change.key, number=change.key)


def _taken(change: MasterChange, there: Record) -> Held | Done:
    """The code is there already: the same thing when it bears the same name, else for a person to say."""
    name = wire.text(there, "Description")
    if _is_wanted(change, name):
        return _done(change.code, there)
    message = f"Acumatica has a cost code {change.code} already, named {name!r}: match it, or rename one of both"
    return Held(cause=Cause.KEYED_BY_HAND, message=message)


cost_code_changes: Final = Target(
    kind="cost_code",
    steps=(Step(name="write", run=write, look_up=look_up),),
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
)
