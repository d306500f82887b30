"""What pairs of records do not agree in, from what was last read; the approval of fixes, and what becomes of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec
from django.db import transaction
from django.db.models import F, Max, Q
from msgspec import Struct

from ml_connector.hub import audit, clocks, installations, lanes, replay, twins
from ml_connector.hub.desk import InstallationDesk
from ml_connector.hub.models import Approval, Installation, Record, Run, Version
from ml_connector.hub.pipeline.work import FlowWork
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.states import IN_FLIGHT, State
from ml_connector.integrations.declaration import Difference, Flow, Hold, Skip
from ml_connector.records.commitments import OrderChange

_SET_ASIDE = "set_aside"


class Found(Struct, frozen=True, kw_only=True):
    """A difference with its record. `approved`: its fix is approved and not carried out yet."""

    difference: Difference
    record: str
    flow: str
    state: str
    message: str
    approved: bool


class Uncompared(Struct, frozen=True, kw_only=True):
    """A record of which it cannot be told what differs, and why."""

    record: str
    flow: str
    title: str
    cause: str
    message: str


class Report(Struct, frozen=True, kw_only=True):
    """All differences of an installation, and when each flow that is compared was last read to its end."""

    read: dict[str, datetime | None]
    found: tuple[Found, ...]
    uncompared: tuple[Uncompared, ...]


def report(installation: Installation) -> Report:
    """Compare every pair anew, in memory. What a person set aside is left out. Raises WrongUse without such flows."""
    flows = [flow for flow in installations.declaration(installation.integration).flows if flow.differences]
    if not flows:
        raise WrongUse(f"{installation.integration} compares nothing that is kept on both sides")
    found: list[Found] = []
    uncompared: list[Uncompared] = []
    for flow in flows:
        _add_flow(installation, flow, found, uncompared)
    found.sort(key=lambda one: (one.difference.project, one.difference.source, one.difference.target))
    return Report(
        read={flow.name: _last_read(installation, flow) for flow in flows},
        found=tuple(found),
        uncompared=tuple(uncompared),
    )


def _last_read(installation: Installation, flow: Flow) -> datetime | None:
    ended = Run.objects.filter(installation=installation, flow=flow.name, ended__isnull=False)
    last: datetime | None = ended.aggregate(last=Max("ended"))["last"]
    return last


def _add_flow(installation: Installation, flow: Flow, found: list[Found], uncompared: list[Uncompared]) -> None:
    assert flow.differences is not None
    desk = InstallationDesk(installation, flow)
    for version in _versions(installation, flow):
        record = version.record
        try:
            if version.unreadable:
                raise Hold("unreadable", version.unreadable)
            document = msgspec.json.decode(version.document, type=flow.record_type)
            differences = flow.differences(document, desk)
        except Skip:
            continue
        except Hold as held:
            uncompared.append(
                Uncompared(
                    record=record.ref, flow=flow.name, title=record.title, cause=held.cause, message=held.message
                )
            )
            continue
        found += [
            Found(
                difference=difference, record=record.ref, flow=flow.name, state=record.state, message=record.message,
                approved=desk.approved(difference.id),
            )
            for difference in differences
        ]  # fmt: skip


def _versions(installation: Installation, flow: Flow) -> list[Version]:
    """The newest version of every record that is still at its source and not set aside."""
    rows = Version.objects.filter(
        record__installation=installation, record__flow=flow.name, number=F("record__newest")
    ).select_related("record")
    rows = rows.exclude(record__state=State.WITHDRAWN)
    if flow.target_side is flow.source_side:  # what we did to the record itself shows in its next version
        rows = rows.filter(Q(record__posted_version=None) | ~Q(number=F("record__posted_version")))
    return list(rows.exclude(record__state=State.SKIPPED, record__cause=_SET_ASIDE).order_by("record_id"))


def approve(installation: Installation, wanted: Sequence[str] | None, by: str) -> list[Found]:
    """Approve the fixes of differences by id, or (None) of all that have one; they are carried out next.

    Raises WrongUse for an id that is not in the report as it is now, or that a person has to see to.
    """
    report_now = report(installation)
    by_id = {one.difference.id: one for one in report_now.found}
    for name in wanted or ():
        if name not in by_id:
            raise WrongUse(f"there is no difference {name!r} (any more): 'ml-connector differences' lists them")
        if not by_id[name].difference.fix:
            raise WrongUse(f"{name} cannot be made good from here: {by_id[name].difference.by_hand}")
    names = wanted if wanted is not None else [name for name, one in by_id.items() if one.difference.fix]
    chosen = [by_id[name] for name in dict.fromkeys(names)]
    now = clocks.clock().now()
    with transaction.atomic():
        Approval.objects.filter(installation=installation).exclude(difference__in=by_id).delete()
        for one in chosen:
            _, is_new = Approval.objects.get_or_create(
                installation=installation, difference=one.difference.id,
                defaults={
                    "tenant_id": installation.tenant_id, "by": by, "at": now,
                    "text": f"{one.difference.text}: {one.difference.fix}",
                },
            )  # fmt: skip
            if is_new:
                audit.write(
                    "difference.approved", one.record, difference=one.difference.id, by=by, text=one.difference.text,
                    fix=one.difference.fix, source=one.difference.source_amount, target=one.difference.target_amount,
                )  # fmt: skip
        _look_again(installation, {one.record for one in chosen})
    return chosen


def _look_again(installation: Installation, refs: set[str]) -> None:
    """Send records on their way: those that are already, as soon as they are settled."""
    found = Record.objects.filter(installation=installation, ref__in=refs)
    moving = (*IN_FLIGHT, State.READY, State.RETRYING)
    found.filter(state__in=moving).update(again=True)
    found.filter(state=State.POSTED).update(state=State.NEW, updated=clocks.clock().now())
    replay.replay(list(found.exclude(state__in=(*moving, State.NEW))))
    integration = installations.declaration(installation.integration)
    for flow in {record.flow for record in found}:
        target = installations.target_of(installation, integration.flow(flow))
        lanes.offer([lane.key for lane in lanes.of_connection(target.pk)])


def carried_out(work: FlowWork, record: Record, change: OrderChange) -> None:
    """An approved change is done: its approvals are spent, and an order that was made is the record's counterpart."""
    Approval.objects.filter(installation=work.installation, difference__in=change.fixes).delete()
    if not change.number:
        twins.paired(work, record, record.title, {})
