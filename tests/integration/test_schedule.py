"""When flows are read: on a closed period of the ledger, and because of events that several flows listen to."""

from __future__ import annotations

import json
import re
from typing import Any

import msgspec
import pytest
from django.test import Client
from stage import Stage

from ml_connector.hub import connections, installations, lanes, lists, schedule, working
from ml_connector.hub.models import Event, FlowState, Installation, Lane, Run
from ml_connector.hub.problems import Problem, WrongUse
from ml_connector.integrations.catalogue import INTEGRATIONS
from ml_connector.integrations.declaration import EVERYTHING

QUARTER = 15 * 60.0
NAME = "acumatica-procore"


def state_of(stage: Stage, flow: str = "requisitions") -> FlowState:
    (state,) = installations.flow_states(installations.find(stage.installation.pk), flow)
    return state


def close(stage: Stage, period: str) -> None:
    stage.acumatica.post("/act", {"action": "close_period", "period": period})


def reads(stage: Stage) -> int:
    """How often the source was asked for requisitions."""
    return stage.procore.calls().get(("GET", "/rest/v1.1/requisitions"), 0)


def looks(stage: Stage) -> int:
    """How often the ledger was asked for its periods."""
    return sum(count for (_, path), count in stage.acumatica.calls().items() if "FinancialPeriod" in path)


def after_a_look(stage: Stage, flow: str = "requisitions") -> working.Worked:
    """The worker takes the flow's lane when it is due, and not before."""
    key = lanes.read_key(state_of(stage, flow).pk)
    due = Lane.objects.get(pk=key).due
    assert due is not None
    stage.clock.sleep((due - stage.clock.now()).total_seconds())
    return working.work(key, seconds=30)


def test_a_flow_is_read_once_when_a_period_of_the_ledger_closes(stage: Stage) -> None:
    stage.install()
    schedule.set_schedule(state_of(stage), on="period-closed")
    assert looks(stage) == 1
    for _ in range(2):
        assert not after_a_look(stage).walked
    assert (reads(stage), looks(stage)) == (0, 3)
    close(stage, "2026-01")
    assert after_a_look(stage).walked
    run = Run.objects.get()
    assert (run.kind, run.trigger) == ("sweep", "period-closed")
    projects = reads(stage)
    assert projects > 0
    assert not after_a_look(stage).walked
    assert reads(stage) == projects
    assert installations.find(stage.installation.pk).closed == sorted({*stage_closed(stage), "2026-01"})


def stage_closed(stage: Stage) -> list[str]:
    """Periods that have begun and are not open in payables, as the ledger's own screens show them."""
    with connections.opened(stage.erp) as (client, _):
        periods = INTEGRATIONS[NAME].ledger.periods(client)
    assert periods is not None
    return [one.period for one in periods if not one.open and one.first <= stage.clock.now().date()]


def test_a_period_that_is_opened_and_closed_again_is_news_and_one_closed_before_is_not(stage: Stage) -> None:
    stage.install()
    close(stage, "2026-01")
    schedule.set_schedule(state_of(stage), on="period-closed")
    assert not after_a_look(stage).walked
    stage.acumatica.post("/act", {"action": "open_period", "period": "2026-01"})
    assert not after_a_look(stage).walked
    close(stage, "2026-01")
    assert after_a_look(stage).walked


def test_every_flow_that_waits_for_a_closed_period_is_read(stage: Stage) -> None:
    stage.install("requisitions", "direct-costs")
    for flow in ("requisitions", "direct-costs"):
        schedule.set_schedule(state_of(stage, flow), on="period-closed")
    close(stage, "2026-01")
    assert after_a_look(stage, "direct-costs").walked
    due = Lane.objects.get(pk=lanes.read_key(state_of(stage).pk)).due
    assert due is not None
    assert due <= stage.clock.now()
    assert after_a_look(stage).walked
    assert sorted(Run.objects.values_list("flow", flat=True)) == ["direct-costs", "requisitions"]
    assert looks(stage) == 3  # one each when they were scheduled, and the one that found the closed period


def test_a_schedule_of_another_kind_takes_the_place_of_the_event_and_the_other_way_round(stage: Stage) -> None:
    stage.install()
    schedule.set_schedule(state_of(stage), on="period-closed")
    (row,) = lists.flow_rows([state_of(stage)])
    assert (row.every, row.cron, row.on) == (None, "", "period-closed")
    schedule.set_schedule(state_of(stage), cron="0 6 * * *")
    (row,) = lists.flow_rows([state_of(stage)])
    assert (row.every, row.cron, row.on) == (None, "0 6 * * *", "")
    schedule.set_schedule(state_of(stage), on="period-closed")
    schedule.set_schedule(state_of(stage), every="5m")
    (row,) = lists.flow_rows([state_of(stage)])
    assert (row.every, row.cron, row.on) == (300, "", "")
    close(stage, "2026-01")
    assert after_a_look(stage).walked
    assert Run.objects.get().kind == "delta"


def test_an_unknown_event_names_the_one_that_there_is(stage: Stage) -> None:
    stage.install()
    with pytest.raises(WrongUse, match="period-closed"):
        schedule.set_schedule(state_of(stage), on="full-moon")
    with pytest.raises(WrongUse, match="--on"):
        schedule.set_schedule(state_of(stage), on="period-closed", every="5m")


def test_a_ledger_that_does_not_tell_its_periods_is_a_problem_at_once(stage: Stage) -> None:
    stage.install()
    stage.acumatica.fault("status", path="/FinancialPeriod", times="always", status=403)
    with pytest.raises(Problem, match="does not tell its posting periods"):
        schedule.set_schedule(state_of(stage), on="period-closed")
    assert state_of(stage).on_event == ""


def test_a_ledger_that_cannot_be_asked_is_asked_again_later(stage: Stage) -> None:
    stage.install()
    schedule.set_schedule(state_of(stage), on="period-closed")
    close(stage, "2026-01")
    fault = stage.acumatica.fault("status", path="/FinancialPeriod", times="always", status=503)
    worked = after_a_look(stage)
    assert not worked.walked
    assert "posting periods cannot be asked for" in worked.trouble
    stage.acumatica.post(f"/faults/{fault['id']}", None, method="DELETE")
    assert after_a_look(stage).walked


class Door:
    """The webhook door of the source's connection, in process."""

    def __init__(self, stage: Stage) -> None:
        self._path, self._secret = connections.hook(stage.jobs)
        self._client = Client(HTTP_HOST="127.0.0.1")

    def post(self, number: int, project: int, resource: str) -> None:
        body = {
            "id": number, "ulid": f"01JKQ3V9W0ZB8N6T4F2C1D5{number:03d}", "timestamp": "2026-01-15T23:34:12.246562Z",
            "user_id": 77, "company_id": 9001, "project_id": project, "api_version": "v2.0", "event_type": "update",
            "resource_name": resource, "resource_id": 88001,
        }  # fmt: skip
        headers = {"Authorization": f"Bearer {self._secret}"}
        answer = self._client.post(self._path, json.dumps(body), content_type="application/json", headers=headers)
        assert answer.status_code == 200


@pytest.fixture
def listeners(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> tuple[FlowState, FlowState]:
    """Two flows of one source, read once: one hears of its own resources, the other of everything."""
    from django.conf import settings

    monkeypatch.setattr(settings, "ROOT_URLCONF", "ml_connector.hooks.urls")
    declared = INTEGRATIONS[NAME]
    flows = tuple(
        msgspec.structs.replace(flow, triggers=frozenset({EVERYTHING})) if flow.name == "direct-costs" else flow
        for flow in declared.flows
    )
    monkeypatch.setitem(INTEGRATIONS, NAME, msgspec.structs.replace(declared, flows=flows))
    stage.install("requisitions", "direct-costs")
    stage.sync()
    for flow in ("requisitions", "direct-costs"):
        lanes.set_due(lanes.read_key(state_of(stage, flow).pk), None)
    stage.procore.forget_calls()
    return state_of(stage), state_of(stage, "direct-costs")


def due(state: FlowState) -> bool:
    return Lane.objects.get(pk=lanes.read_key(state.pk)).due is not None


def asked(stage: Stage, what: str) -> list[str]:
    """The projects that a kind of document was asked for, call by call."""
    found = [
        re.search(r"project_id=(\d+)|projects/(\d+)/", f"{one['path']}?{one['query']}") for one in calls(stage, what)
    ]
    return [hit[1] or hit[2] for hit in found if hit]


def calls(stage: Stage, what: str) -> list[dict[str, Any]]:
    """Calls of a kind of document, its lines aside."""
    return [one for one in stage.procore.get("/calls") if re.search(rf"/{what}($|\?)", str(one["path"]))]


def worked(state: FlowState) -> Run:
    """The worker reads a flow whose lane is due."""
    assert due(state)
    done = working.work(lanes.read_key(state.pk), seconds=30)
    assert done.walked
    return Run.objects.get(pk=done.run)


def test_one_event_reaches_every_flow_that_listens_and_each_reads_its_scope_once(
    stage: Stage, listeners: tuple[FlowState, FlowState]
) -> None:
    requisitions, costs = listeners
    project = int(stage.requisition("1002")["project_id"])
    Door(stage).post(1, project, "Work Order Contracts")
    assert worked(requisitions).kind == "scope"
    assert Event.objects.get().handled is None
    assert worked(costs).kind == "scope"
    event = Event.objects.get()
    assert event.handled is not None
    assert sorted(event.handled_by) == sorted([requisitions.pk, costs.pk])
    assert asked(stage, "requisitions") == asked(stage, "direct_costs") == [str(project)]
    assert {one.kind for one in Run.objects.order_by("-pk")[:2]} == {"scope"}
    for state in (requisitions, costs):
        assert (lanes_due_in(stage, state)) > 60


def lanes_due_in(stage: Stage, state: FlowState) -> float:
    """Seconds until the flow is read again."""
    due_at = Lane.objects.get(pk=lanes.read_key(state.pk)).due
    assert due_at is not None
    return (due_at - stage.clock.now()).total_seconds()


def test_an_event_that_only_one_flow_listens_to_is_done_with_when_that_flow_read(
    stage: Stage, listeners: tuple[FlowState, FlowState]
) -> None:
    requisitions, costs = listeners
    Door(stage).post(1, int(stage.requisition("1002")["project_id"]), "Company Vendors")
    assert not due(requisitions)
    assert worked(costs).kind == "scope"
    assert Event.objects.get().handled is not None


def test_an_event_of_a_scope_that_the_flow_does_not_know_is_a_reason_to_read_what_changed(
    stage: Stage, listeners: tuple[FlowState, FlowState]
) -> None:
    _, costs = listeners
    Door(stage).post(1, 999, "Company Vendors")
    assert worked(costs).kind == "delta"


def test_an_event_that_nobody_listens_to_is_stored_and_done_with(stage: Stage, listeners: tuple[Any, Any]) -> None:
    Installation.objects.update(paused=True)
    Door(stage).post(1, 4711, "Work Order Contracts")
    assert Event.objects.get().handled is not None


def test_a_flow_that_waits_for_a_closed_period_is_not_read_for_events(
    stage: Stage, listeners: tuple[FlowState, FlowState]
) -> None:
    requisitions, costs = listeners
    schedule.set_schedule(costs, on="period-closed")
    lanes.set_due(lanes.read_key(costs.pk), None)
    Door(stage).post(1, int(stage.requisition("1002")["project_id"]), "Work Order Contracts")
    assert not due(costs)
    worked(requisitions)
    assert Event.objects.get().handled is not None
