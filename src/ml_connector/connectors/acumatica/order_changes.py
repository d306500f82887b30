"""Changes to purchase orders and subcontracts as a target (vendors/acumatica.md §7, §8.4, §8.5).

Looked at, put on hold where lines are to change, changed and compared, then held or released as is meant.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from msgspec import structs

from ml_connector.connectors.acumatica import actions, form, objects, orders, wire
from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.masters import SUBCONTRACT
from ml_connector.connectors.acumatica.odata import all_of, any_of, eq, startswith
from ml_connector.connectors.acumatica.orders import ON_HOLD
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome, Refused
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.records.commitments import OrderChange

_WHOLE: Final = Query(expand=("Details",))
_ENDED: Final = frozenset({"Completed", "Closed", "Canceled"})
_OPEN_PLACE: Final = "open_location"
_CLOSE_PLACE: Final = "close_location"


def look(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """What an order is before it is changed; what can be told beforehand to fail is held. Nothing is written."""
    (item,) = items
    if _is_new(item):
        return [Done(memo={"on_hold": "", "was_held": "", "todo": "yes"})]
    record = _read(client, item)
    if record is None:
        return [_gone(item)]
    order = orders.order(item.document, record)
    if order.status in _ENDED:
        message = f"order {order.number} is {order.status} in Acumatica: open it there, then replay the record"
        return [Held(cause=Cause.LOCKED_THERE, message=message)]
    if item.document.vendor and not objects.same(item.document.vendor, order.vendor):
        message = f"order {order.number} is of vendor {order.vendor} in Acumatica, not of {item.document.vendor}"
        return [Held(cause=Cause.CHANGED_THERE, message=message)]
    missing = {line.line for line in item.document.lines if line.line} - {line.line for line in order.lines}
    if missing:
        return [_no_line(item, ", ".join(map(str, sorted(missing))))]
    held = _yes(order.status == ON_HOLD)
    todo = _yes(not orders.is_done(item.document, record))
    return [Done(key=order.key, number=order.number, memo={"on_hold": held, "was_held": held, "todo": todo})]


def open_lines(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Put an order on hold, where lines are left to change and it is not."""
    (item,) = items
    if _is_new(item) or item.memo["todo"] == "no" or item.memo["on_hold"] == "yes":
        return [Done()]
    return [_hold(client, item, _OPEN_PLACE, held=True)]


def poll_open(client: AcumaticaClient, item: Item) -> Outcome:
    return _poll(client, item, _OPEN_PLACE, held=True)


def look_up_open(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether an order is on hold now; one that is still to be made was not touched."""
    (item,) = items
    if _is_new(item):
        return [Absent()]
    return [_is_held(client, item, held=True)]


def change(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Create one order, or change its lines by one call; lines that an earlier try added are not added again."""
    (item,) = items
    try:
        return [_create(client, item) if _is_new(item) else _change(client, item)]
    except errors.Refusal as refusal:
        return [_refused(item, refusal)]


def look_up_change(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether an order was created, by our mark in its description, or its lines are as they are meant."""
    (item,) = items
    if _is_new(item):
        return [_created(client, item)]
    record = _read(client, item)
    if record is None:
        return [_gone(item)]
    return [_stored(item, record) if orders.is_done(item.document, record) else Absent()]


def close(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Hold an order or release it, as is meant; else it becomes what it was before."""
    (item,) = items
    wanted = _wanted(item)
    if wanted is None or item.memo["on_hold"] == _yes(wanted):
        return [Done()]
    return [_hold(client, item, _CLOSE_PLACE, held=wanted)]


def poll_close(client: AcumaticaClient, item: Item) -> Outcome:
    return _poll(client, item, _CLOSE_PLACE, held=bool(_wanted(item)))


def look_up_close(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether an order is held or released, as is meant."""
    (item,) = items
    return [_is_held(client, item, held=bool(_wanted(item)))]


def read(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """What Acumatica holds now of one order."""
    (item,) = items
    record = _read(client, item)
    return [Absent() if record is None else _stored(item, record)]


def _create(client: AcumaticaClient, item: Item) -> Done:
    """On hold where that can be said, so that it commits nothing before it is compared."""
    entity, body = orders.entity(item.document.kind), orders.new(item.document, item.reference)
    answer = client.put(calls.CREATES[entity], entity, body, _WHOLE, headers=calls.MUST_BE_NEW)
    return _written(client, item, answer)


def _change(client: AcumaticaClient, item: Item) -> Outcome:
    if item.memo["todo"] == "no":
        return Done()
    record = _read(client, item)
    if record is None:
        return _gone(item)
    try:
        lines = orders.changed(item.document, record)
    except LookupError as missing:
        return _no_line(item, str(missing))
    if not lines:
        return _stored(item, record)
    entity = orders.entity(item.document.kind)
    body = orders.named(item.document, _number(item)) | {"Details": lines}
    answer = client.put(calls.CHANGES[entity], entity, body, _WHOLE, headers=calls.MUST_EXIST)
    return _written(client, item, answer)


def _written(client: AcumaticaClient, item: Item, answer: Answer) -> Done:
    """The answer's own words on what was stored; one read when it holds less than that (vendors/acumatica.md §5)."""
    record = answer.decode(Record)
    try:
        if not record.get("Details") or "Status" not in record:
            place = orders.key(item.document, orders.order(item.document, record).number)
            record = client.read(_reading(item), orders.entity(item.document.kind), place, _WHOLE)
        return structs.replace(_stored(item, record), answer=masking.body(answer.body))
    except errors.VendorError as problem:
        text = f"the order was written, but what it holds could not be read ({problem.message})"
        raise errors.AnswerLost(text, operation=answer.operation, status=answer.status) from problem


def _stored(item: Item, record: Record) -> Done:
    order = orders.order(item.document, record)
    if not order.number:
        raise BadRecord("the order has no number")
    memo = {"on_hold": _yes(order.status == ON_HOLD), "order_status": order.status}
    return Done(key=order.key, number=order.number, stored=orders.stored(item.document, record), memo=memo)


def _created(client: AcumaticaClient, item: Item) -> Finding:
    document: OrderChange = item.document
    entity = orders.entity(document.kind)
    vendor = any_of(eq("VendorID", spelling) for spelling in (document.vendor.strip(), document.vendor.strip().upper()))
    condition = all_of(
        "" if document.kind == SUBCONTRACT else eq("Type", document.kind),
        vendor,
        startswith("Description", f"{item.reference}{objects.MARK_END}"),
    )
    names = ("SubcontractNbr",) if document.kind == SUBCONTRACT else ("Type", "OrderNbr")
    query = Query(filter=condition, select=(*names, "Description"))
    found = client.find(calls.LISTS[entity], entity, query)
    numbers = [wire.text(record, names[-1]) for record in found if objects.reference_of(record) == item.reference]
    if len(numbers) > 1:
        message = (
            f"orders {', '.join(numbers)} all carry our reference {item.reference}: cancel all but one, then replay"
        )
        return Held(cause=Cause.NOT_SEARCHABLE, message=message)
    record = _read(client, structs.replace(item, number=numbers[0])) if numbers else None
    return Absent() if record is None else _stored(item, record)


def _hold(client: AcumaticaClient, item: Item, place: str, *, held: bool) -> Outcome:
    """Purchase orders have a field for it, subcontracts two actions."""
    try:
        if item.document.kind == SUBCONTRACT:
            operation = calls.HOLD_SUBCONTRACT if held else calls.FREE_SUBCONTRACT
            action = "PutOnHold" if held else "ReleaseFromHold"
            answer = client.act(operation, SUBCONTRACT, action, orders.named(item.document, _number(item)))
            return actions.still_running(item, answer, place) or Done(memo={"on_hold": _yes(held)})
        body = orders.named(item.document, _number(item)) | {"Hold": {"value": held}}
        entity = orders.PURCHASE_ORDER
        shown = Query(select=("Type", "OrderNbr", "Status", "Hold"))
        answer = client.put(calls.CHANGES[entity], entity, body, shown, headers=calls.MUST_EXIST)
    except errors.Refusal as refusal:
        return _refused(item, refusal)
    status = wire.text(answer.decode(Record), "Status")
    if status and (status == ON_HOLD) != held:
        return _not_so(item, status, held=held)
    return Done(memo={"on_hold": _yes(held), "order_status": status}, answer=masking.body(answer.body))


def _poll(client: AcumaticaClient, item: Item, place: str, *, held: bool) -> Outcome:
    try:
        answer = client.action_status(calls.SUBCONTRACT_HOLD_STATUS, item.memo[place])
    except errors.Refusal as refusal:
        return _refused(item, refusal)
    return actions.still_running(item, answer, place) or Done(memo={"on_hold": _yes(held)})


def _is_held(client: AcumaticaClient, item: Item, *, held: bool) -> Finding:
    record = _read(client, item)
    if record is None:
        return _gone(item)
    status = wire.text(record, "Status")
    if (status == ON_HOLD) != held:
        return Absent()
    return Done(memo={"on_hold": _yes(held), "order_status": status})


def _read(client: AcumaticaClient, item: Item) -> Record | None:
    entity, place = orders.entity(item.document.kind), orders.key(item.document, _number(item))
    try:
        return client.read(_reading(item), entity, place, _WHOLE)
    except errors.NotFound:
        return None


def _reading(item: Item) -> str:
    return calls.READS[orders.entity(item.document.kind)]


def _is_new(item: Item) -> bool:
    return not item.document.number


def _number(item: Item) -> str:
    number: str = item.document.number or item.number
    return number


def _wanted(item: Item) -> bool | None:
    """Whether the order is to be on hold in the end; None leaves a new one on hold."""
    held: bool | None = item.document.held
    if held is not None or _is_new(item):
        return held
    return item.memo["was_held"] == "yes"


def _yes(true: bool) -> str:
    return "yes" if true else "no"


def _refused(item: Item, refusal: errors.Refusal) -> Held | Refused:
    if refusal.status == calls.PRECONDITION and not _is_new(item):
        return _gone(item)
    outcome = actions.refused(refusal)
    if item.memo.get("was_held") == "no" and item.memo.get("on_hold") == "yes":
        kept = f"{outcome.message}; order {_number(item)} was put on hold for this change and still is"
        return structs.replace(outcome, message=kept)
    return outcome


def _gone(item: Item) -> Held:
    message = f"order {_number(item)} is no longer in Acumatica: set this record aside and compare the orders anew"
    return Held(cause=Cause.CHANGED_THERE, message=message)


def _no_line(item: Item, numbers: str) -> Held:
    message = f"order {_number(item)} has no line {numbers} any more: set this record aside and compare the orders anew"
    return Held(cause=Cause.CHANGED_THERE, message=message)


def _not_so(item: Item, status: str, *, held: bool) -> Held:
    what = "put on hold" if held else "released from hold"
    message = f"order {_number(item)} was to be {what}, but is {status} in Acumatica: look there why, then replay"
    return Held(cause=Cause.STORED_DIFFERENTLY, message=message)


order_changes: Final = Target(
    kind="order",
    steps=(
        Step(name="look", run=look, writes=False),
        Step(name="open", run=open_lines, look_up=look_up_open, poll=poll_open),
        Step(name="change", run=change, look_up=look_up_change, verifies=True),
        Step(name="close", run=close, look_up=look_up_close, poll=poll_close),
    ),
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
    read=read,
    compare=orders.compare,
)
