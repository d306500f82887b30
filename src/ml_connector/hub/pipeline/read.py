"""Walks a flow's source, scope by scope and page by page, and moves each scope's cursor when its walk is complete."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import Q
from msgspec import Struct

from ml_connector import points
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Page, Scope, Window
from ml_connector.hub import audit, breaks, clocks, connections, inbox, lanes, twins
from ml_connector.hub.models import FlowState, Record, Run, ScopeState
from ml_connector.hub.pipeline import corrections, intake, postings
from ml_connector.hub.pipeline.work import FlowWork, Slice, backoff, corrects, words_of_wait
from ml_connector.hub.states import BEFORE_SENDING, Correction, Held, State, is_looked_for
from ml_connector.integrations.declaration import Revisions

_GONE_BATCH = 100
_TICK = timedelta(seconds=1)
"""How finely vendors take the start of a window."""


_EMPTY = (
    "the list came back empty although {count} records are known: nothing is taken for deleted; "
    "check whether our user may still see them"
)


class Progress(Struct, frozen=True):
    """Where a reading job stopped: `done` when no walk is open any more, `after` when it must wait, and the run."""

    done: bool
    run: int | None = None
    after: timedelta | None = None
    trouble: str = ""


class Order(Struct, frozen=True):
    """How a walk that begins now is to be made: `kind` delta or sweep ("" = as is due), `since` instead of cursors."""

    kind: str = ""
    trigger: str = "schedule"
    since: datetime | None = None


def read_slice(work: FlowWork, piece: Slice, order: Order) -> Progress:
    """Go on with the open walk, or begin one; stops at the end of slice or walk, or when the source says so."""
    try:
        with connections.opened(work.source) as (client, _):
            return _walk(work, piece, client, order)
    except errors.BrokenConnection as broken:
        return _stopped(work, broken.message)
    except (errors.NotPermitted, errors.NotFound, errors.Refusal) as refused:  # not of one scope, but of their list
        return _stopped(work, f"what is to be read cannot be listed: {refused.message}")
    except (errors.TryLater, errors.Unreadable) as later:
        failures = work.state.failures + 1
        FlowState.objects.filter(pk=work.state.pk).update(failures=failures)
        after = backoff(failures, getattr(later, "after", None))
        return Progress(done=False, run=work.state.walk_run, after=after, trouble=words_of_wait(later, after))


def _stopped(work: FlowWork, message: str) -> Progress:
    connections.report_trouble(work.source, message)
    return Progress(done=False, run=work.state.walk_run, trouble=work.source.trouble)


def _walk(work: FlowWork, piece: Slice, client: Any, order: Order) -> Progress:
    if work.state.walk_run is None:
        _begin(work, piece, client, order)
    run = Run.objects.get(pk=work.state.walk_run or 0)
    while scope := ScopeState.objects.filter(flow=work.state, pending=True).order_by("pk").first():
        if piece.over:
            return Progress(done=False, run=run.pk)
        _read_scope(work, piece, client, run, scope)
    _end(work, piece, run)
    return Progress(done=True, run=run.pk)


def _begin(work: FlowWork, piece: Slice, client: Any, order: Order) -> None:
    """Open a run and mark the scopes that it will read."""
    now = clocks.clock().now()
    named, events = inbox.scopes_asked_for(work)
    scopes = work.flow.source.scopes(client)
    known = {scope.key for scope in scopes}
    sweep_due = work.state.next_sweep is not None and work.state.next_sweep <= now
    kind = order.kind or (
        "sweep" if sweep_due else "scope" if named and named <= known and order.since is None else "delta"
    )
    with piece.commit("walk_begun"):
        run = Run(
            installation=work.installation, flow=work.flow.name, kind=kind, trigger=order.trigger, since=order.since,
            started=now,
        )  # fmt: skip
        run.save()
        _mark_pending(work, {scope.key: scope for scope in scopes if kind != "scope" or scope.key in named})
        inbox.mark_handled(work.state, events, now)
        work.state.walk_run, work.state.called = run.pk, None
        if kind == "sweep" or work.state.next_sweep is None:
            work.state.next_sweep = now + work.flow.sweep_every
        work.state.save(update_fields=["walk_run", "called", "next_sweep"])


def _mark_pending(work: FlowWork, scopes: Mapping[str, Scope]) -> None:
    ScopeState.objects.bulk_create(
        [
            ScopeState(
                tenant_id=work.state.tenant_id, flow=work.state, key=scope.key, name=scope.name, pending=True,
                swept=False, position=None, ceiling=None,
            )
            for scope in scopes.values()
        ],
        update_conflicts=True,
        unique_fields=["flow", "key"],
        update_fields=["name", "pending", "swept", "position", "ceiling"],
    )  # fmt: skip


def _read_scope(work: FlowWork, piece: Slice, client: Any, run: Run, scope: ScopeState) -> None:
    """Read the scope's remaining pages within the slice. A scope that forbids it is noted and left."""
    declared = Scope(key=scope.key, name=scope.name)
    try:
        while scope.pending and not scope.swept and not piece.over:
            asked = twins.now()
            page = work.flow.source.read(client, declared, _window(work, run, scope), scope.position)
            points.reach("page.read")
            with piece.commit("page"):
                _take_page(work, run, scope, page, asked)
        if scope.swept:
            _find_vanished(work, piece, client, run, scope)
    except (errors.NotPermitted, errors.NotFound, errors.Refusal) as refused:
        _leave_scope(piece, run, scope, refused.message)


def _window(work: FlowWork, run: Run, scope: ScopeState) -> Window | None:
    if run.since is not None:
        return Window(start=run.since)
    if run.kind == "sweep" or scope.cursor is None:
        return None
    return Window(start=scope.cursor - work.flow.overlap)


def _take_page(work: FlowWork, run: Run, scope: ScopeState, page: Page, asked: datetime) -> None:
    if scope.ceiling is None:
        scope.ceiling = page.vendor_time or scope.highest
    lane_count = max(len(lanes.of_connection(work.target.pk)), 1)
    counted = intake.take_in(work, run, scope.key, page, lane_count, asked)
    _count(run, len(page.rows) + len(page.unreadable), counted)
    modified = [row.modified for row in page.rows]
    scope.highest = max([*modified, *([scope.highest] if scope.highest else [])], default=None)
    scope.position = page.position
    complete = page.position is None
    scope.swept = complete and run.kind == "sweep"
    scope.pending = scope.swept or not complete
    scope.trouble = ""
    if run.since is None:  # a walk from a stated date does not cover what came before it
        scope.cursor = breaks.cursor(complete, scope.cursor, _reached(scope, work.flow.overlap))
    scope.save()
    if counted.taken:
        lanes.offer([lane.key for lane in lanes.of_connection(work.target.pk)])


def _reached(scope: ScopeState, overlap: timedelta) -> datetime | None:
    """Where the cursor may go: the newest modification seen, but not past the vendor's clock when the walk began.

    The next read reaches back from there by `overlap`, for changes that show late. When the newest modification was
    older than twice that, it goes just so far that rows that rest are not read again and again. An empty walk never
    moves it past what was seen: the list may be empty because a permission lacks.
    """
    if scope.highest is None or scope.ceiling is None:
        return scope.cursor
    if scope.highest + 2 * overlap < scope.ceiling:
        return scope.highest + overlap + _TICK
    return min(scope.highest, scope.ceiling)


def _count(run: Run, rows: int, counted: intake.Counted) -> None:
    run.read += rows
    run.unchanged += counted.unchanged
    run.repeated += counted.repeated
    for kept, sums in ((run.unchanged_money, counted.unchanged_money), (run.repeated_money, counted.repeated_money)):
        for currency, amount in sums.items():
            kept[currency] = str(Decimal(kept.get(currency, "0")) + amount)
    run.save()


def _leave_scope(piece: Slice, run: Run, scope: ScopeState, message: str) -> None:
    with piece.commit("page"):
        if scope.trouble != message:
            audit.write("scope.unreadable", scope.key, name=scope.name, message=message)
        scope.pending, scope.swept, scope.position, scope.trouble = False, False, None, message
        scope.save()
        run.troubles = [*run.troubles, f"{scope.name}: {message}"]
        run.save()


def _find_vanished(work: FlowWork, piece: Slice, client: Any, run: Run, scope: ScopeState) -> None:
    """After a sweep of a scope: records that were not seen are asked for by key, and those missing are gone."""
    unseen = Record.objects.filter(
        ~Q(seen_run=run.pk), ~Q(state=State.WITHDRAWN), ~Q(cause=Held.GONE_AFTER_POSTING),
        ~Q(correction=Correction.GONE),
        installation=work.installation, flow=work.flow.name, scope=scope.key,
    )  # fmt: skip
    keys = list(unseen.order_by("pk").values_list("source_key", flat=True))
    if len(keys) > 1 and not Record.objects.filter(flow=work.flow.name, scope=scope.key, seen_run=run.pk).exists():
        _leave_scope(piece, run, scope, _EMPTY.format(count=len(keys)))
        return
    declared = Scope(key=scope.key, name=scope.name)
    for start in range(0, len(keys), _GONE_BATCH):
        some = keys[start : start + _GONE_BATCH]
        asked = twins.now()
        there = work.flow.source.by_keys(client, declared, some)
        with piece.commit("vanished"):
            count = max(len(lanes.of_connection(work.target.pk)), 1)
            counted = intake.take_in(work, run, scope.key, there, count, asked)
            _count(run, len(there.rows) + len(there.unreadable), counted)
            found = {row.key for row in there.rows} | {row.key for row in there.unreadable}
            _withdraw(work, sorted(set(some) - found))
            lanes.offer([lane.key for lane in lanes.of_connection(work.target.pk)])
    with piece.commit("vanished"):
        scope.pending = scope.swept = False
        scope.save()


def _withdraw(work: FlowWork, keys: list[str]) -> None:
    gone = Record.objects.select_for_update().filter(
        installation=work.installation, flow=work.flow.name, source_key__in=keys
    )
    now = clocks.clock().now()
    for record in gone.order_by("pk"):
        is_update = work.flow.revisions is Revisions.UPDATE
        if not is_update and is_looked_for(record.state, record.cause, record.due):  # it may be there: ask first
            record.state, record.due = State.UNKNOWN, now
        settled = record.state in (*BEFORE_SENDING, State.POSTED)
        unposted = not record.target_key and not record.posted_version
        if settled and (unposted or is_update):
            record.state, record.cause, record.message = State.WITHDRAWN, "gone", "it is gone at the source"
        elif settled and record.posted_version and corrects(work):
            corrections.take_back(work, record, Correction.GONE)
        else:
            record.cause, record.message = Held.GONE_AFTER_POSTING, corrections.GONE_MESSAGE
            record.state = State.HELD if record.state in (State.POSTED, State.HELD) else record.state
        record.updated = now
        record.save(update_fields=["state", "cause", "message", "correction", "step", "due", "updated"])
        audit.write(f"record.{record.state}", record.ref, cause=record.cause, message=record.message)
    postings.wake(work.installation, work.flow, set(gone.values_list("scope", flat=True)))
    twins.touch(work, keys)


def _end(work: FlowWork, piece: Slice, run: Run) -> None:
    with piece.commit("walk_ended"):
        if work.flow.twin:
            twins.look_after_walk(work, run)
        run.ended = clocks.clock().now()
        run.save(update_fields=["ended"])
        work.state.walk_run = None
        work.state.failures = 0
        work.state.save(update_fields=["walk_run", "failures"])
