"""What taking back a posted record would need: the hub reverses nothing by itself, it says what a person does."""

from __future__ import annotations

from msgspec import Struct

from ml_connector.hub import installations
from ml_connector.hub.models import Record
from ml_connector.hub.states import State


class UndoPlan(Struct, frozen=True, kw_only=True):
    """The steps for a person, and what the hub does afterwards. `possible` is false when nothing is to be undone."""

    record: str
    state: str
    target: str
    possible: bool
    steps: tuple[str, ...]
    afterwards: str


def plan(record: Record) -> UndoPlan:
    """Say in words what undoing a record means in its present state."""
    row = installations.find(record.installation_id)
    flow = installations.declaration(row.integration).flow(record.flow)
    target = installations.target_of(row, flow)
    there = f"{flow.target.kind} {record.target_number or record.target_key} in {target.name}"
    if record.state == State.POSTED or (record.state == State.HELD and record.posted_version):
        steps, afterwards = _posted(record, there)
    elif record.target_key:
        steps, afterwards = _begun(record, there)
    elif record.state in (State.SENDING, State.WAITING, State.UNKNOWN):
        steps = ("wait until it is settled: it may or may not be in the target yet", "then ask again")
        afterwards = "until then nothing can be said for certain"
    else:
        return UndoPlan(
            record=record.ref, state=record.state, target="", possible=False,
            steps=(f"nothing to undo: it is {record.state} and nothing of it is in the target",),
            afterwards=f"to keep it from being posted: ml-connector set-aside {record.ref} --why '…'",
        )  # fmt: skip
    return UndoPlan(
        record=record.ref, state=record.state, target=record.target_number, possible=True, steps=steps,
        afterwards=afterwards,
    )  # fmt: skip


def _posted(record: Record, there: str) -> tuple[tuple[str, ...], str]:
    money = f"{record.amount.normalize() + 0:f} {record.currency}".strip()
    steps = (
        f"make sure that {there} ({money}) is not paid, not even in part: a paid one is corrected by a new document",
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
