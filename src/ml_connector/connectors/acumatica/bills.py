"""AP bills and credits as a target: create, release, confirm, what is found again (vendors/acumatica.md §7, §8.2)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Final

import msgspec
from msgspec import structs

from ml_connector.connectors.acumatica import (
    actions,
    failures,
    form,
    matches,
    objects,
    periods,
    retainage,
    reversal,
    states,
    wire,
)
from ml_connector.connectors.acumatica import client as calls
from ml_connector.connectors.acumatica.client import AcumaticaClient, Query
from ml_connector.connectors.acumatica.objects import BILL
from ml_connector.connectors.acumatica.odata import all_of, eq, one_of
from ml_connector.connectors.acumatica.wire import BadRecord, Record
from ml_connector.connectors.kit import errors, masking
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Finding, Held, Outcome
from ml_connector.connectors.kit.target import Item, Step, Target
from ml_connector.records.compare import Difference, differences
from ml_connector.records.documents import Bill

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
_MANY: Final = 50
_WHOLE: Final = ("Details", "TaxDetails")
_NARROW: Final = (
    "Type",
    "ReferenceNbr",
    "Status",
    "Balance",
    "Amount",
    "Vendor",
    "VendorRef",
    "Date",
    "Description",
    "LastModifiedDateTime",
)


def create(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Insert one bill. Without a number the PUT always inserts, so no precondition header is needed."""
    (item,) = items
    if objects.only_releases(item.document):
        return [_nothing_to_create(item)]
    body = objects.body(item.reference, item.document, client.settings.chart)
    try:
        answer = client.put(calls.CREATE_BILL, BILL, body, _whole(client, [item]))
    except errors.Refusal as refusal:
        return [actions.refused(refusal)]
    return [_created(client, item, answer)]


def look_up_created(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Find a bill by our mark at the start of its description; several are never adopted."""
    (item,) = items
    if objects.only_releases(item.document):
        return [_nothing_to_create(item)]
    condition = matches.marked(item, objects.type_of(item.document))
    found = [
        record for record in _find_whole(client, condition, [item]) if objects.reference_of(record) == item.reference
    ]
    if len(found) > 1:
        numbers = ", ".join(wire.text(record, "ReferenceNbr") for record in found)
        message = f"bills {numbers} all carry our reference {item.reference}: void all but one, then replay"
        return [Held(cause=Cause.NOT_SEARCHABLE, message=message)]
    return [_stored(client, item, found[0], masked=_shown(found[0])) if found else Absent()]


def _nothing_to_create(item: Item) -> Done:
    """Releases alone make no bill of ours; our reference stands for them, so that what is begun is not begun anew."""
    return Done(key=item.reference, stored=item.document)


def release(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Release one bill. One that was not releasable when last seen is looked at first."""
    (item,) = items
    if objects.only_releases(item.document):
        return [Done()]
    if item.memo.get("status", states.RELEASABLE) != states.RELEASABLE:
        state = _state(client, item)
        if not isinstance(state, Absent):
            return [state]
    try:
        key = wire.wrapped({"Type": objects.type_of(item.document), "ReferenceNbr": item.number})
        answer = client.act(calls.RELEASE_BILL, BILL, "ReleaseBill", key)
    except errors.Refusal as refusal:
        return [_why_not(client, item, refusal)]
    return [actions.still_running(item, answer) or actions.finished(item)]


def poll_release(client: AcumaticaClient, item: Item) -> Outcome:
    """Ask after a running release. When its status is forgotten, the bill itself must tell."""
    try:
        answer = client.action_status(calls.BILL_RELEASE_STATUS, item.memo["location"])
    except errors.Refusal as refusal:
        return _why_not(client, item, refusal)
    except errors.NotFound as missing:
        state = _state(client, item)
        if isinstance(state, Absent):
            text = f"Acumatica no longer knows the release of bill {item.number}, which is not released"
            raise errors.AnswerLost(text, operation=missing.operation, status=missing.status) from missing
        return state
    return actions.still_running(item, answer) or actions.finished(item)


def look_up_released(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """Whether bills were released, by their status."""
    found = _by_number(client, items)
    return [
        Done() if objects.only_releases(item.document) else _state_of(item, found.get(_key(item))) for item in items
    ]


def confirm(client: AcumaticaClient, items: Sequence[Item]) -> list[Outcome]:
    """Read back that released bills are in the ledger."""
    found = _by_number(client, items)
    return [Done() if objects.only_releases(item.document) else _posted(item, found.get(_key(item))) for item in items]


def read(client: AcumaticaClient, items: Sequence[Item]) -> list[Finding]:
    """What Acumatica holds now: the whole bill, nothing, or word that it was voided.

    A released bill that a debit adjustment takes back, ours or a person's, names it in its memo (`reversal`).
    """
    found = {
        _key_of(record): record for condition in _numbered(items) for record in _find_whole(client, condition, items)
    }
    held = [_held_now(client, item, found.get(_key(item))) for item in items]
    is_posted = any(isinstance(one, Done) and one.memo.get("status") in states.RELEASED for one in held)
    taken_back = reversal.made(client) if is_posted else {}
    return [_named(item, one, taken_back) for item, one in zip(items, held, strict=True)]


def compare(meant: Bill, stored: Bill) -> list[Difference]:
    """What forbids a release; tax counts as meant only where a bill was given some."""
    return differences(meant, stored, tax_mapped=bool(meant.tax))


def _created(client: AcumaticaClient, item: Item, answer: Answer) -> Done:
    """The answer's own words on what was stored; one read when it holds less than that (vendors/acumatica.md §5)."""
    record = answer.decode(Record)
    try:
        if any(name not in record for name in ("Status", "Amount", "TaxTotal", "Details")):
            record = _read_whole(client, record, item)
        return _stored(client, item, record, masked=masking.body(answer.body))
    except errors.VendorError as problem:
        text = f"the bill was created, but what it holds could not be read ({problem.message})"
        raise errors.AnswerLost(text, operation=answer.operation, status=answer.status) from problem


def _posted(item: Item, record: Record | None) -> Done | Held:
    return _gone(item) if record is None or not _is_same(item, record) else states.after_release(record)


def _stored(client: AcumaticaClient, item: Item, record: Record, *, masked: str) -> Done:
    key, number = str(record.get("id") or ""), wire.text(record, "ReferenceNbr")
    if not key or not number:
        raise BadRecord("the bill has no id or no reference number")
    stored = objects.bill(record, client.settings.chart, item.document)
    return Done(key=key, number=number, stored=stored, memo=states.memo(record), answer=masked)


def _held_now(client: AcumaticaClient, item: Item, record: Record | None) -> Finding:
    """Releases are told as far as they are done by our own notes: what they made there bears no mark of ours."""
    if objects.only_releases(item.document):
        stored = structs.replace(item.document, releases=retainage.done(item))
        return Done(key=item.key, number=item.number, stored=stored)
    if record is None or not _is_same(item, record):
        return Absent()
    if wire.text(record, "Status") in states.NOT_COUNTED:
        return states.after_release(record)
    found = _stored(client, item, record, masked="")
    return structs.replace(found, stored=structs.replace(found.stored, releases=retainage.done(item)))


def _named(item: Item, found: Finding, taken_back: Mapping[str, str]) -> Finding:
    """What is held, with the number of the debit adjustment that takes it back."""
    number = taken_back.get(item.reference) if objects.type_of(item.document) == BILL else None
    if number is None or not isinstance(found, Done):
        return found
    return msgspec.structs.replace(found, memo={**found.memo, "reversal": number})


def _why_not(client: AcumaticaClient, item: Item, refusal: errors.Refusal) -> Outcome:
    """A refused release: perhaps somebody released the bill, or holds it; else the vendor's words stand."""
    refused = actions.refused(refusal)
    if isinstance(refused, Held):
        return refused
    state = _state(client, item)
    return refused if isinstance(state, Absent) else state


def _state(client: AcumaticaClient, item: Item) -> Done | Held | Absent:
    return _state_of(item, _by_number(client, [item]).get(_key(item)))


def _state_of(item: Item, record: Record | None) -> Done | Held | Absent:
    return states.before_release(record) if record is not None and _is_same(item, record) else _gone(item)


def _is_same(item: Item, record: Record) -> bool:
    """Numbers can be given anew after a restore, ids cannot."""
    return not item.key or record.get("id") == item.key


def _gone(item: Item) -> Held:
    return states.gone(item.number, item.key)


def _key(item: Item) -> tuple[str, str]:
    """Type and number: a debit adjustment may bear the number of a bill."""
    return objects.type_of(item.document), item.number


def _key_of(record: Record) -> tuple[str, str]:
    return wire.text(record, "Type"), wire.text(record, "ReferenceNbr")


def _by_number(client: AcumaticaClient, items: Sequence[Item]) -> dict[tuple[str, str], Record]:
    return {
        _key_of(record): record
        for condition in _numbered(items)
        for record in client.find(calls.LISTS[BILL], BILL, Query(filter=condition, select=_NARROW))
    }


def _numbered(items: Sequence[Item]) -> Iterator[str]:
    for kind in dict.fromkeys(objects.type_of(item.document) for item in items):
        numbers = (item.number for item in items if item.number and objects.type_of(item.document) == kind)
        for condition in one_of("ReferenceNbr", numbers):
            yield all_of(eq("Type", kind), condition)


def _find_whole(client: AcumaticaClient, condition: str, items: Sequence[Item]) -> list[Record]:
    """Bills with their lines. Lists may fail or come without lines where single records do not (§6, §12)."""
    whole = _whole(client, items)
    try:
        query = Query(filter=condition, expand=whole.expand, custom=whole.custom)
        records = client.find(calls.LISTS[BILL], BILL, query)
    except failures.NotListable:
        query = Query(filter=condition, select=("Type", "ReferenceNbr"))
        records = client.find(calls.LISTS[BILL], BILL, query)
    return [record if record.get("Details") else _read_whole(client, record, *items) for record in records]


def _read_whole(client: AcumaticaClient, record: Record, *items: Item) -> Record:
    kind, number = _key_of(record)
    kind = kind or objects.type_of(items[0].document)
    return client.read(calls.READS[BILL], BILL, (kind, number), _whole(client, items))


def _whole(client: AcumaticaClient, items: Sequence[Item]) -> Query:
    """Lines and taxes, and the custom fields of retainage when a bill has any."""
    withheld = any(objects.has_retainage(item.document) for item in items)
    retainage = client.settings.chart.retainage
    custom = tuple(name for name in (retainage.switch, retainage.line) if name) if withheld else ()
    return Query(expand=_WHOLE, custom=custom)


def _shown(record: Record) -> str:
    return masking.body(_ENCODER.encode(record))


bills: Final = Target(
    kind="bill",
    steps=(
        Step(name="create", run=create, look_up=look_up_created, verifies=True),
        Step(name="release", run=release, look_up=look_up_released, poll=poll_release, blocks_lane=True),
        Step(name="confirm", run=confirm, batch=_MANY, writes=False),
        *retainage.STEPS,
    ),
    reversal=reversal.STEPS,
    unsearchable=retainage.unsearchable,
    settle=form.SETTLE,
    answer_within=timedelta(seconds=form.LONGEST_WRITE),
    find_keyed=matches.find_keyed,
    keyed_batch=_MANY,
    read=read,
    read_batch=_MANY,
    compare=compare,
    periods=periods.periods,
)
