"""Taking a released bill back by a debit adjustment of Acumatica's own making (vendors/acumatica.md §7.2, §8.2)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from msgspec import structs

from ml_connector.connectors.acumatica import actions, matches, objects, states, wire
from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.objects import BILL, CREDIT
from ml_connector.connectors.acumatica.odata import all_of, any_of, eq, startswith
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome
from ml_connector.connectors.kit.target import Item, Step
from ml_connector.records.money import ZERO

_NARROW: Final = ("Type", "ReferenceNbr", "Status", "Balance", "Amount", "Vendor", "Description", "PostPeriod", "Date")
_REVERSE_PLACE: Final = "reverse_location"
_RELEASE_PLACE: Final = "reversal_location"


def check(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Whether a bill may be taken back: ours, released, not paid, its retainage not released. Nothing is written."""
    (item,) = items
    if item.document.credit or item.document.releases:
        what = "a debit adjustment" if item.document.credit else "a release of retainage"
        message = (
            f"{what} ({item.number or item.reference}) is not taken back from here: reverse it in Acumatica by hand"
        )
        return [Held(cause=Cause.LOCKED_THERE, message=f"{message}, then set this record aside")]
    try:
        record = client.read(calls.READS[BILL], BILL, (BILL, item.number), _whole(client, item))
    except errors.NotFound:
        return [states.gone(item.number, item.key)]
    if item.key and record.get("id") != item.key:
        return [states.gone(item.number, item.key)]
    released = states.after_release(record)
    if isinstance(released, Held):
        return [released]
    found = _adjustment(client, item)
    if not isinstance(found, Absent):
        return [found]
    return [_not_paid(client, item, record) or Done(memo={**states.memo(record), "reversal": ""})]


def reverse(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Have the debit adjustment made, unless there is one already."""
    (item,) = items
    if item.memo.get("reversal"):
        return [Done()]
    try:
        key = wire.wrapped({"Type": BILL, "ReferenceNbr": item.number})
        answer = client.act(calls.REVERSE_BILL, BILL, "ReverseBill", key)
    except errors.Refusal as refusal:
        return [_why_not(client, item, refusal)]
    return [actions.still_running(item, answer, _REVERSE_PLACE) or _made(client, item)]


def poll_reverse(client: AcumaticaClient, item: Item) -> Outcome:
    """Ask after a reversal that runs. When its status is forgotten, the debit adjustment must tell."""
    try:
        answer = client.action_status(calls.BILL_REVERSE_STATUS, item.memo[_REVERSE_PLACE])
    except errors.Refusal as refusal:
        return _why_not(client, item, refusal)
    except errors.NotFound as missing:
        text = f"Acumatica no longer knows the reversal of bill {item.number}"
        raise errors.AnswerLost(text, operation=missing.operation, status=missing.status) from missing
    return actions.still_running(item, answer, _REVERSE_PLACE) or _made(client, item)


def look_up_reversed(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether the debit adjustment was made."""
    (item,) = items
    return [_adjustment(client, item)]


def release(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Take the debit adjustment off hold and release it, when it is over the amount of the bill."""
    (item,) = items
    record = _by_number(client, item).get((CREDIT, item.memo["reversal"]))
    if record is None:
        return [_vanished(item)]
    try:
        if (differs := _other_amount(item, record)) is not None:
            return [differs]
        if wire.text(record, "Status") == "On Hold":
            body = _key(item) | {"Hold": {"value": False}}
            answer = client.put(calls.CHANGE_BILL, BILL, body, Query(select=_NARROW), headers=calls.MUST_EXIST)
            record = answer.decode(Record)
        state = _state(record)
        if not isinstance(state, Absent):
            return [state]
        answer = client.act(calls.RELEASE_BILL, BILL, "ReleaseBill", _key(item))
    except errors.Refusal as refusal:
        return [_why_not_released(client, item, refusal)]
    return [actions.still_running(item, answer, _RELEASE_PLACE) or Done()]


def poll_release(client: AcumaticaClient, item: Item) -> Outcome:
    """Ask after the release of the debit adjustment. When its status is forgotten, the adjustment must tell."""
    try:
        answer = client.action_status(calls.BILL_RELEASE_STATUS, item.memo[_RELEASE_PLACE])
    except errors.Refusal as refusal:
        return _why_not_released(client, item, refusal)
    except errors.NotFound as missing:
        text = f"Acumatica no longer knows the release of debit adjustment {item.memo['reversal']}"
        raise errors.AnswerLost(text, operation=missing.operation, status=missing.status) from missing
    return actions.still_running(item, answer, _RELEASE_PLACE) or Done()


def look_up_released(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether the debit adjustment is released; one on hold was not dealt with."""
    (item,) = items
    record = _by_number(client, item).get((CREDIT, item.memo["reversal"]))
    if record is None:
        return [_vanished(item)]
    return [Absent() if wire.text(record, "Status") == "On Hold" else _state(record)]


def confirm(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Read back that the debit adjustment is in the ledger, and whether it has settled the bill.

    Nothing in the contract says that Acumatica applies it by itself, and nothing applies it from outside: then both
    stay open with the same balance, which `reversal_applied` tells.
    """
    (item,) = items
    found = _by_number(client, item)
    bill, adjustment = found.get((BILL, item.number)), found.get((CREDIT, item.memo["reversal"]))
    if bill is None:
        return [states.gone(item.number, item.key)]
    if adjustment is None:
        return [_vanished(item)]
    released = states.after_release(adjustment)
    if isinstance(released, Held):
        return [_unnamed(released)]
    return [_settled(item, bill, adjustment)]


def _settled(item: Item, bill: Record, adjustment: Record) -> Done | Held:
    due, left, whole = (wire.amount(bill, "Balance"), wire.amount(adjustment, "Balance"), wire.amount(bill, "Amount"))
    applied = not due
    if not applied and (due != whole or left != wire.amount(adjustment, "Amount")):
        message = (
            f"debit adjustment {item.memo['reversal']} takes bill {item.number} back, but something else is applied to "
            f"one of both: {due} of the bill is open, {left} of the adjustment; settle them in Acumatica"
        )
        return Held(cause=Cause.CHANGED_THERE, message=message)
    memo = {
        "reversal_status": wire.text(adjustment, "Status"),
        "reversal_date": str(wire.day(adjustment, "Date") or ""),
        "reversal_period": objects.period(wire.text(adjustment, "PostPeriod")),
        "reversal_applied": "yes" if applied else "no",
    }
    return Done(memo=memo)


def _not_paid(client: AcumaticaClient, item: Item, record: Record) -> Held | None:
    """Why the bill stays; None when it may be taken back."""
    number, amount, balance = item.number, wire.amount(record, "Amount") or ZERO, wire.amount(record, "Balance") or ZERO
    if objects.reference_of(record) != item.reference:
        message = f"bill {number} does not carry our reference {item.reference}: reverse it in Acumatica by hand"
        return Held(cause=Cause.CHANGED_THERE, message=message)
    applied = ", ".join(
        f"{wire.text(row, 'DocType')} {wire.text(row, 'ReferenceNbr')}"
        for row in wire.rows(record, "Applications")
        if not _is_voided(row)
    )
    if applied or balance != amount:
        message = (
            f"bill {number} is paid or partly paid ({balance} of {amount} is open, applied: {applied or 'untold'}): "
            "void the payment in Acumatica first, or correct the bill there by hand"
        )
        return Held(cause=Cause.PAID_THERE, message=message)
    withheld = sum((line.retainage for line in item.document.lines), ZERO)
    unreleased = wire.custom_amount(record, client.settings.chart.retainage.unreleased) if withheld else None
    if unreleased is not None and unreleased != withheld:
        message = (
            f"of the retainage of bill {number}, {withheld}, only {unreleased} is still withheld: reverse the release "
            "and the bill in Acumatica by hand"
        )
        return Held(cause=Cause.CHANGED_THERE, message=message)
    return None


def _is_voided(application: Record) -> bool:
    """A voided payment stays in the list, and so does what voided it."""
    return wire.text(application, "Status") == "Voided" or wire.text(application, "DocType").startswith("Voided")


def _adjustment(client: AcumaticaClient, item: Item) -> Done | Held | Absent:
    """The debit adjustment that takes this bill back: it bears the bill's own text, and with it our reference."""
    query = Query(filter=matches.marked(item, CREDIT), select=_NARROW)
    found = [
        record
        for record in client.find(calls.LISTS[BILL], BILL, query)
        if objects.reference_of(record) == item.reference and wire.text(record, "Status") not in states.NOT_COUNTED
    ]
    if not found:
        return Absent()
    numbers = [wire.text(record, "ReferenceNbr") for record in found]
    if len(found) > 1:
        message = (
            f"debit adjustments {', '.join(numbers)} all take bill {item.number} back: keep one of them, then replay"
        )
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    return Done(memo={"reversal": numbers[0]})


def made(client: AcumaticaClient) -> dict[str, str]:
    """All released debit adjustments that take bills of ours back: their numbers by the bills' references.

    One that a person makes by the same action bears the bill's own text as well.
    """
    query = Query(filter=all_of(eq("Type", CREDIT), startswith("Description", matches.OURS)), select=_NARROW)
    return {
        objects.reference_of(record): wire.text(record, "ReferenceNbr")
        for record in client.walk(BILL, query)
        if wire.text(record, "Status") in states.RELEASED
    }


def _made(client: AcumaticaClient, item: Item) -> Done | Held:
    found = _adjustment(client, item)
    if not isinstance(found, Absent):
        return found
    message = (
        f"Acumatica reversed bill {item.number}, but no debit adjustment carries our reference {item.reference}: "
        "release what it made there by hand, then set this record aside"
    )
    return Held(cause=Cause.NOT_SEARCHABLE, message=message)


def _why_not(client: AcumaticaClient, item: Item, refusal: errors.Refusal) -> Outcome:
    """A refused reversal: perhaps there is one already."""
    found = _adjustment(client, item)
    return actions.refused(refusal) if isinstance(found, Absent) else found


def _why_not_released(client: AcumaticaClient, item: Item, refusal: errors.Refusal) -> Outcome:
    """A refused release: perhaps somebody released the debit adjustment meanwhile."""
    (found,) = look_up_released(client, [item])
    return found if isinstance(found, Done) else actions.refused(refusal)


def _other_amount(item: Item, record: Record) -> Held | None:
    amount = wire.amount(record, "Amount")
    if amount == item.document.total:
        return None
    number = item.memo["reversal"]
    message = (
        f"debit adjustment {number} is over {amount}, the bill over {item.document.total}: correct it in Acumatica"
    )
    return Held(cause=Cause.STORED_DIFFERENTLY, message=message)


def _state(record: Record) -> Done | Held | Absent:
    found = states.before_release(record)
    if isinstance(found, Done):
        return Done()
    return found if isinstance(found, Absent) else _unnamed(found)


def _unnamed(held: Held) -> Held:
    """The record goes on standing for the bill, not for its reversal."""
    return structs.replace(held, key="", number="", message=held.message.replace("bill ", "debit adjustment ", 1))


def _by_number(client: AcumaticaClient, item: Item) -> dict[tuple[str, str], Record]:
    wanted = ((BILL, item.number), (CREDIT, item.memo["reversal"]))
    condition = any_of(f"({all_of(eq('Type', kind), eq('ReferenceNbr', number))})" for kind, number in wanted)
    records = client.find(calls.LISTS[BILL], BILL, Query(filter=condition, select=_NARROW))
    return {(wire.text(record, "Type"), wire.text(record, "ReferenceNbr")): record for record in records}


def _key(item: Item) -> Record:
    return wire.wrapped({"Type": CREDIT, "ReferenceNbr": item.memo["reversal"]})


def _vanished(item: Item) -> Held:
    number = item.memo["reversal"]
    message = (
        f"debit adjustment {number}, which takes bill {item.number} back, is no longer in Acumatica: replay the record"
    )
    return Held(cause=Cause.CHANGED_THERE, message=message)


def _whole(client: AcumaticaClient, item: Item) -> Query:
    custom = client.settings.chart.retainage.unreleased if objects.has_retainage(item.document) else ""
    return Query(expand=("Applications",), custom=(custom,) if custom else ())


STEPS: Final = (
    Step(name="check", run=check, writes=False),
    Step(name="reverse", run=reverse, look_up=look_up_reversed, poll=poll_reverse, blocks_lane=True),
    Step(name="release_reversal", run=release, look_up=look_up_released, poll=poll_release, blocks_lane=True),
    Step(name="confirm_reversal", run=confirm, writes=False),
)
