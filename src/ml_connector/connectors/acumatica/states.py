"""What a bill's status means for its release and for what was posted (vendors/acumatica.md §8.2)."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from ml_connector.connectors.acumatica import wire
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held

LOOK_AGAIN: Final = timedelta(minutes=15)
RELEASABLE: Final = "Balanced"
RELEASED: Final = frozenset({"Open", "Closed"})
NOT_COUNTED: Final = frozenset({"Voided", "Rejected"})
"""Bills that are dead: one with the same invoice number may be keyed again."""


def memo(record: Record) -> dict[str, str]:
    """What later steps and the payment comparison want to know of a bill."""
    balance = wire.amount(record, "Balance")
    return {"status": wire.text(record, "Status"), "balance": "" if balance is None else f"{balance:f}"}


def before_release(record: Record) -> Done | Held | Absent:
    """Whether a bill is released (Done), can be (Absent), or waits for somebody."""
    status = wire.text(record, "Status")
    key, number = str(record.get("id", "")), wire.text(record, "ReferenceNbr")
    if status in RELEASED:
        return Done(key=key, number=number, memo=memo(record))
    if status == RELEASABLE:
        return Absent()
    if status == "Pending Approval":
        message = f"bill {number} waits for approval in Acumatica: approve it there, it is released afterwards"
        return Held(cause=Cause.WAITS_FOR_APPROVAL, message=message, look_after=LOOK_AGAIN, key=key, number=number)
    if status == "On Hold":
        message = f"bill {number} is on hold in Acumatica: remove the hold there, it is released afterwards"
        return Held(cause=Cause.CHANGED_THERE, message=message, look_after=LOOK_AGAIN, key=key, number=number)
    return _changed(
        record,
        f"bill {number} is {status or 'without a status'} in Acumatica and cannot be released: correct it there and "
        "replay the record, or set this record aside",
    )


def after_release(record: Record) -> Done | Held:
    """Whether a bill that we released is in the ledger."""
    status, number = wire.text(record, "Status"), wire.text(record, "ReferenceNbr")
    if status in RELEASED:
        return Done(key=str(record.get("id", "")), number=number, memo=memo(record))
    if status == RELEASABLE:
        return _changed(
            record,
            f"bill {number} was released but is Balanced again in Acumatica: look why (period, batch), "
            "release it there, then replay the record",
        )
    return _changed(
        record,
        f"bill {number} was released and is now {status or 'without a status'} in Acumatica: "
        "ask who changed it; set this record aside if that was meant",
    )


def gone(number: str, key: str) -> Held:
    """A document that Acumatica no longer has, or whose number belongs to another one now."""
    message = (
        f"bill {number} is no longer in Acumatica: somebody deleted it, or the tenant was restored; "
        "if the bill is still due, enter it there by hand, then set this record aside"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message, key=key, number=number)


def _changed(record: Record, message: str) -> Held:
    return Held(
        cause=Cause.CHANGED_THERE,
        message=message,
        key=str(record.get("id", "")),
        number=wire.text(record, "ReferenceNbr"),
    )
