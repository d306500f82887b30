"""Takes a posted record back by the target's own means where it has any, or says what a person does instead."""

from __future__ import annotations

from django.db import transaction
from msgspec import Struct

from ml_connector.hub import audit, clocks, lanes
from ml_connector.hub.models import FlowState, Record
from ml_connector.hub.pipeline import corrections, postings
from ml_connector.hub.pipeline.work import FlowWork, flow_work
from ml_connector.hub.problems import Problem
from ml_connector.hub.states import Correction, State

_SETTLED = (State.POSTED, State.HELD, State.REFUSED, State.SKIPPED)
_RELATED = ("installation", "installation__left", "installation__right")


class UndoPlan(Struct, frozen=True, kw_only=True):
    """What taking a record back means, in words, and what the hub does afterwards.

    `possible` is false when nothing is to be undone. `by_hub` names the steps that the hub takes by itself, and is
    empty where a person has to do it.
    """

    record: str
    state: str
    target: str
    possible: bool
    by_hub: tuple[str, ...]
    steps: tuple[str, ...]
    afterwards: str


def plan(record: Record) -> UndoPlan:
    """Say in words what undoing a record means in its present state."""
    work = _work_of(record)
    by_hub: tuple[str, ...] = ()
    if record.posted_version and record.state in _SETTLED:
        reason = corrections.can_take_back(work, record)
        if not reason:
            by_hub = tuple(step.name for step in work.flow.target.reversal)
        steps, afterwards = _by_person(record, _there(work, record), reason) if reason else _by_hub(work, record)
    elif record.posted_version or record.state in (State.SENDING, State.WAITING, State.UNKNOWN):
        steps = ("wait until it is settled: it may or may not be in the target yet", "then ask again")
        afterwards = "until then nothing can be said for certain"
    elif record.target_key:
        steps, afterwards = _begun(record, _there(work, record))
    else:
        return UndoPlan(
            record=record.ref, state=record.state, target="", possible=False, by_hub=(),
            steps=(f"nothing to undo: it is {record.state} and nothing of it is in the target",),
            afterwards=f"to keep it from being posted: ml-connector set-aside {record.ref} --why '…'",
        )  # fmt: skip
    return UndoPlan(
        record=record.ref, state=record.state, target=record.target_number, possible=True, by_hub=by_hub, steps=steps,
        afterwards=afterwards,
    )  # fmt: skip


def carry_out(record: Record) -> UndoPlan:
    """Put the record on its way back, and return what is about to happen. Raises Problem where the hub cannot."""
    with transaction.atomic():
        locked = Record.objects.select_for_update().get(pk=record.pk)
        planned = plan(locked)
        if not planned.by_hub:
            raise Problem(f"{locked.ref} is not undone: {_obstacle(locked)}")
        work = _work_of(locked)
        corrections.take_back(work, locked, Correction.UNDO)
        locked.version, locked.failures, locked.updated = locked.newest, 0, clocks.clock().now()
        locked.save()
        audit.write("record.undo", locked.ref, number=locked.target_number, steps=planned.by_hub)
    lanes.offer([lanes.deliver_key(work.target.pk, locked.lane)])
    return planned


def _obstacle(record: Record) -> str:
    """Why the hub does not take a record back, with what to do."""
    if record.posted_version and record.state in _SETTLED:
        return corrections.can_take_back(_work_of(record), record)
    if record.posted_version or record.state in (State.SENDING, State.WAITING, State.UNKNOWN):
        return f"it is {record.state}: wait until it is settled, then undo it"
    if record.target_key:
        return f"{record.target_number} is not released: delete it in the target, then set this record aside"
    return f"it is {record.state} and nothing of it is in the target"


def _work_of(record: Record) -> FlowWork:
    states = FlowState.objects.select_related(*_RELATED)
    return flow_work(states.get(installation=record.installation_id, flow=record.flow))


def _there(work: FlowWork, record: Record) -> str:
    standing = postings.standing(record)
    numbers = ", ".join(one.number or one.key for one in standing) or record.target_number or record.target_key
    return f"{work.flow.target.kind} {numbers} in {work.target.name}"


def _money(record: Record) -> str:
    return f"{record.amount.normalize() + 0:f} {record.currency}".strip()


def _by_hub(work: FlowWork, record: Record) -> tuple[tuple[str, ...], str]:
    names = ", ".join(step.name for step in work.flow.target.reversal)
    steps = (
        f"ml-connector undo {record.ref}: the hub takes {_there(work, record)} ({_money(record)}) back, in these "
        f"steps: {names}",
        "one that is paid, even in part, is left as it is, and the record is held (paid_there)",
        "void or correct the document at the source: a change there is read and posted again",
    )
    return steps, "the record is skipped (set_aside), and nothing of it stands in the target"


def _by_person(record: Record, there: str, reason: str) -> tuple[tuple[str, ...], str]:
    steps = (
        f"the hub does not do it: {reason.partition(':')[0]}",
        f"make sure that {there} ({_money(record)}) is not paid, not even in part: a paid one is corrected by a new "
        "document",
        f"reverse {there} with the target's own means, in an open posting period",
        "void or correct the document at the source, so that it is not read as approved again",
    )
    afterwards = (
        "at its next sweep the hub finds the source changed or gone and holds the record as changed_after_posting or "
        f"gone_after_posting; then: ml-connector set-aside {record.ref} --why 'reversed as …'"
    )
    return steps, afterwards


def _begun(record: Record, there: str) -> tuple[tuple[str, ...], str]:
    steps = (f"delete {there}, which is not released", "void or correct the document at the source if it is wrong")
    afterwards = f"the hub finds it gone when it next looks; then: ml-connector set-aside {record.ref} --why '…'"
    return steps, afterwards
