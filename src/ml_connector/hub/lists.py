"""What there is, as rows for people: tenants, connections, installations, flows, matches, runs, records."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal

from msgspec import Struct

from ml_connector.hub import installations, lanes
from ml_connector.hub.models import Connection, FlowState, Installation, Lane, Match, Record, Run, Tenant
from ml_connector.hub.problems import WrongUse
from ml_connector.hub.states import State


class TenantRow(Struct, frozen=True, kw_only=True):
    """A customer company."""

    slug: str
    name: str


class ConnectionRow(Struct, frozen=True, kw_only=True):
    """A connection; `trouble` says why its flows are stopped."""

    id: str
    connector: str
    name: str
    trouble: str
    created: datetime


class FlowRow(Struct, frozen=True, kw_only=True):
    """A flow of an installation; `every` is in seconds, None with a cron line or with an event that it waits `on`."""

    installation: str
    flow: str
    title: str
    enabled: bool
    every: int | None
    cron: str
    on: str
    next_read: datetime | None
    next_sweep: datetime | None


class InstallationRow(Struct, frozen=True, kw_only=True):
    """An installation with its two connections; `missing` names the choices that are still to be made."""

    id: str
    integration: str
    left: str
    right: str
    paused: bool
    recovering: bool
    missing: list[str]
    flows: list[FlowRow]


class MatchRow(Struct, frozen=True, kw_only=True):
    """A pair of first-day matching; `accepted_by` is empty for a candidate."""

    kind: str
    left: str
    left_name: str
    right: str
    right_name: str
    score: int
    reason: str
    accepted_by: str


class RunRow(Struct, frozen=True, kw_only=True):
    """One read of a flow."""

    run: int
    installation: str
    flow: str
    kind: str
    trigger: str
    started: datetime
    ended: datetime | None
    read: int
    unchanged: int
    troubles: list[str]


class RecordRow(Struct, frozen=True, kw_only=True):
    """A record as lists show it; `target` is the number of the document in the target."""

    record: str
    installation: str
    flow: str
    state: str
    cause: str
    source_key: str
    title: str
    number: str
    date: date | None
    amount: Decimal
    currency: str
    target: str
    message: str
    updated: datetime


class Filter(Struct, frozen=True, kw_only=True):
    """Which records: empty fields let everything through."""

    installation: str = ""
    flow: str = ""
    state: str = ""
    cause: str = ""


def tenants() -> list[Tenant]:
    """All customer companies."""
    return list(Tenant.objects.order_by("slug"))


def tenant_rows() -> list[TenantRow]:
    """All customer companies, for people."""
    return [TenantRow(slug=row.slug, name=row.name) for row in tenants()]


def connections() -> list[Connection]:
    """The current tenant's connections."""
    return list(Connection.objects.order_by("created", "pk"))


def connection_rows() -> list[ConnectionRow]:
    """The current tenant's connections, for people."""
    return [
        ConnectionRow(id=row.pk, connector=row.connector, name=row.name, trouble=row.trouble, created=row.created)
        for row in connections()
    ]


def installation_rows() -> list[InstallationRow]:
    """The current tenant's installations with their flows."""
    return [
        InstallationRow(
            id=row.pk,
            integration=row.integration,
            left=row.left_id,
            right=row.right_id,
            paused=row.paused,
            recovering=row.recovering,
            missing=[choice.name for choice in installations.missing_choices(row)],
            flows=flow_rows(installations.flow_states(row)),
        )
        for row in Installation.objects.order_by("created", "pk")
    ]


def flow_rows(states: Iterable[FlowState]) -> list[FlowRow]:
    """Flows with their schedules."""
    rows = []
    for state in states:
        lane = Lane.objects.get(pk=lanes.read_key(state.pk))
        rows.append(
            FlowRow(
                installation=state.installation_id,
                flow=state.flow,
                title=installations.flow_of(state).title,
                enabled=installations.is_on(state),
                every=state.every,
                cron=state.cron,
                on=state.on_event,
                next_read=lane.due,
                next_sweep=state.next_sweep,
            )
        )
    return rows


def match_rows(installation: Installation, kind: str, *, accepted: bool) -> list[MatchRow]:
    """The accepted pairs of a kind, or the candidates that nobody has decided, best first."""
    pairs = Match.objects.filter(installation=installation, kind=kind)
    pairs = pairs.exclude(accepted_by="") if accepted else pairs.filter(accepted_by="")
    return [
        MatchRow(
            kind=row.kind, left=row.left_key, left_name=row.left_name, right=row.right_key, right_name=row.right_name,
            score=row.score, reason=row.reason, accepted_by=row.accepted_by,
        )
        for row in pairs.order_by("-score", "left_name", "left_key")
    ]  # fmt: skip


def run_rows(installation: str, limit: int) -> list[RunRow]:
    """The newest runs first, of one installation or of all."""
    found = Run.objects.order_by("-pk")
    if installation:
        found = found.filter(installation=installations.find(installation))
    return [
        RunRow(
            run=row.pk, installation=row.installation_id, flow=row.flow, kind=row.kind, trigger=row.trigger,
            started=row.started, ended=row.ended, read=row.read, unchanged=row.unchanged, troubles=row.troubles,
        )
        for row in found[:limit]
    ]  # fmt: skip


def run(number: int) -> Run:
    """A run by number. Raises WrongUse."""
    row = Run.objects.filter(pk=number).first()
    if row is None:
        raise WrongUse(f"there is no run {number}: 'ml-connector runs' lists them")
    return row


def record_rows(wanted: Filter, limit: int) -> tuple[list[RecordRow], int]:
    """The records that pass, those changed last first, and how many there are without the limit. Raises WrongUse."""
    found = Record.objects.order_by("-updated", "-pk")
    if wanted.installation:
        found = found.filter(installation=installations.find(wanted.installation))
    if wanted.flow:
        found = found.filter(flow=wanted.flow)
    if wanted.state:
        found = found.filter(state=_state(wanted.state))
    if wanted.cause:
        found = found.filter(cause=wanted.cause)
    return [record_row(row) for row in found[:limit]], found.count()


def _state(text: str) -> State:
    try:
        return State(text)
    except ValueError:
        raise WrongUse(f"there is no state {text!r}; there are: {', '.join(State)}") from None


def record_row(row: Record) -> RecordRow:
    """A record as lists show it."""
    return RecordRow(
        record=row.ref, installation=row.installation_id, flow=row.flow, state=row.state, cause=row.cause,
        source_key=row.source_key, title=row.title, number=row.business_number, date=row.business_date,
        amount=row.amount.normalize() + 0, currency=row.currency, target=row.target_number, message=row.message,
        updated=row.updated,
    )  # fmt: skip


def held_by_cause(installation: str, flows: list[str]) -> list[RecordRow]:
    """What waits for a person, in an order that keeps equal causes together."""
    found = Record.objects.filter(
        installation=installation, flow__in=flows, state__in=(State.HELD, State.REFUSED, State.UNKNOWN)
    )
    return [record_row(row) for row in found.order_by("state", "cause", "business_number", "pk")]
