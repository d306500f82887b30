"""Installations: a tenant's use of an integration, its choices, and what is switched on."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date

from django.db import transaction

from ml_connector.connectors.kit.declaration import Connector
from ml_connector.hub import audit, clocks, ids, lanes
from ml_connector.hub.models import Connection, FlowState, Installation
from ml_connector.hub.problems import Problem, WrongUse
from ml_connector.integrations.catalogue import INTEGRATIONS
from ml_connector.integrations.declaration import Choice, Flow, Integration, Side


def declaration(name: str) -> Integration:
    """An integration by name. Raises WrongUse with the names there are."""
    if name not in INTEGRATIONS:
        raise WrongUse(f"there is no integration {name!r}; there are: {', '.join(sorted(INTEGRATIONS))}")
    return INTEGRATIONS[name]


def find(installation_id: str) -> Installation:
    """An installation by id. Raises WrongUse."""
    row = Installation.objects.select_related("left", "right").filter(pk=installation_id).first()
    if row is None:
        raise WrongUse(f"there is no installation {installation_id!r}: 'ml-connector installations' lists them")
    return row


def create(integration: Integration, left: Connection, right: Connection) -> Installation:
    """Join two connections. Raises WrongUse when a connection is of the wrong connector."""
    _require_side(left, integration.left, "left")
    _require_side(right, integration.right, "right")
    with transaction.atomic():
        row = Installation(
            pk=ids.new("I"), integration=integration.name, left=left, right=right, created=clocks.clock().now()
        )
        row.save()
        _ensure_flows(row)
        audit.write("installation.created", row.pk, integration=integration.name, left=left.pk, right=right.pk)
    return row


def _ensure_flows(row: Installation) -> None:
    """Every declared flow has its state; those that a newer version brought are off until somebody switches them on."""
    known = set(FlowState.objects.filter(installation=row).values_list("flow", flat=True))
    for flow in declaration(row.integration).flows:
        if flow.name not in known:
            state = FlowState(installation=row, flow=flow.name, every=int(flow.every.total_seconds()))
            state.save()
            lanes.ensure_read(state)


def _require_side(row: Connection, connector: Connector, side: str) -> None:
    if row.connector != connector.name:
        raise WrongUse(
            f"the {side} connection must be one to {connector.title}, but {row.pk} is one to {row.connector}: "
            f"swap --left and --right, or name another"
        )


def rule(row: Installation, name: str) -> str:
    """A choice as made, or its default, or "" where neither exists."""
    if name in row.rules:
        return str(row.rules[name])
    choice = _choices(row).get(name)
    return (choice.default or "") if choice else ""


def _choices(row: Installation) -> dict[str, Choice]:
    return {choice.name: choice for choice in declaration(row.integration).choices}


def set_rules(row: Installation, values: Mapping[str, str]) -> None:
    """Make choices. Raises WrongUse naming the first that is unknown or has a value that is not allowed."""
    choices = _choices(row)
    for name, value in values.items():
        if name not in choices:
            raise WrongUse(f"there is no rule {name!r}; there are: {', '.join(choices)}")
        _require_allowed(choices[name], value)
    with transaction.atomic():
        row.rules = {**row.rules, **values}
        row.save(update_fields=["rules"])
        audit.write("installation.rules", row.pk, **values)


def _require_allowed(choice: Choice, value: str) -> None:
    if choice.options and value not in choice.options:
        raise WrongUse(f"{choice.name}={value!r} is not allowed: {choice.advice}")
    if choice.pattern and not re.fullmatch(choice.pattern, value):
        raise WrongUse(f"{choice.name}={value!r} is not allowed: {choice.advice}")
    if choice.name == "cut_over":
        try:
            date.fromisoformat(value)
        except ValueError:
            raise WrongUse(f"cut_over={value!r} is no date: {choice.advice}") from None


def missing_choices(row: Installation) -> list[Choice]:
    """Choices that must still be made before anything is switched on."""
    return [
        choice
        for choice in declaration(row.integration).choices
        if choice.default is None
        and choice.name not in row.rules
        and (not choice.when or rule(row, choice.when[0]) in choice.when[1:])
    ]


def require_choices(row: Installation) -> None:
    """Raises Problem with one sentence per choice that is missing."""
    missing = missing_choices(row)
    if missing:
        sentences = "; ".join(f"{choice.name}: {choice.question} {choice.advice}" for choice in missing)
        raise Problem(f"choices are missing, set them with 'ml-connector rules {row.pk} NAME=VALUE': {sentences}")


def enable(row: Installation, flow: str | None = None) -> list[FlowState]:
    """Switch flows on (all, or one). Raises Problem while a choice is missing."""
    require_choices(row)
    states = flow_states(row, flow)
    for state in states:
        state.enabled = True
        state.save(update_fields=["enabled"])
        audit.write("flow.enabled", row.pk, flow=state.flow)
    row.paused = False
    row.save(update_fields=["paused"])
    lanes.offer([lanes.read_key(state.pk) for state in states])
    return states


def pause(row: Installation) -> None:
    """Stop reading and delivering; what is in flight at a vendor is settled when it goes on."""
    row.paused = True
    row.save(update_fields=["paused"])
    audit.write("installation.paused", row.pk)


def flow_states(row: Installation, flow: str | None = None) -> list[FlowState]:
    """The flows of an installation in their declared order, or the one named. Raises WrongUse."""
    names = [declared.name for declared in declaration(row.integration).flows]
    if flow is not None and flow not in names:
        raise WrongUse(f"{row.integration} has no flow {flow!r}; it has: {', '.join(names)}")
    _ensure_flows(row)
    states = {state.flow: state for state in FlowState.objects.filter(installation=row)}
    return [states[name] for name in names if flow in (None, name)]


def flow_of(state: FlowState) -> Flow:
    """The declaration of a flow state's flow."""
    return declaration(state.installation.integration).flow(state.flow)


def ledger_flows(row: Installation) -> list[str]:
    """The flows that make documents of the ledger: those that take part in the month-end comparison."""
    return [flow.name for flow in declaration(row.integration).flows if flow.cost is not None]


def connection_of(row: Installation, side: Side) -> Connection:
    """The installation's connection on a side."""
    return row.left if side is Side.LEFT else row.right


def source_of(row: Installation, flow: Flow) -> Connection:
    """The connection that a flow reads from."""
    return connection_of(row, flow.source_side)


def target_of(row: Installation, flow: Flow) -> Connection:
    """The connection that a flow delivers to."""
    other = Side.LEFT if flow.source_side is Side.RIGHT else Side.RIGHT
    return connection_of(row, flow.target_side or other)


def is_on(state: FlowState) -> bool:
    """Whether a flow may read and deliver now."""
    return state.enabled and not state.installation.paused


def all_flow_states() -> list[FlowState]:
    """Every flow of the current tenant, with installation and connections at hand."""
    related = ("installation", "installation__left", "installation__right")
    states = FlowState.objects.select_related(*related).order_by("installation_id", "pk")
    return [state for state in states if state.flow in _names(state.installation.integration)]


def _names(integration: str) -> list[str]:
    return [flow.name for flow in declaration(integration).flows]


def flows_reading(connection_id: str) -> list[FlowState]:
    """Flows that read from a connection."""
    return [s for s in all_flow_states() if source_of(s.installation, flow_of(s)).pk == connection_id]


def flows_delivering(connection_id: str) -> list[FlowState]:
    """Flows that deliver to a connection."""
    return [s for s in all_flow_states() if target_of(s.installation, flow_of(s)).pk == connection_id]
