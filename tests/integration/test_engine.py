"""The engine's promises against two systems in memory, under weather that hypothesis makes up."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from fakes import SourceSystem, StoppedClock, TargetSystem, integration, stored_amounts
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ml_connector.hub import clocks, connections, installations, replay, statements, syncing
from ml_connector.hub.models import Attempt, FlowState, Installation, Record, Run, ScopeState, Version
from ml_connector.hub.pipeline import gate, intake
from ml_connector.hub.states import State
from ml_connector.hub.syncing import Wish
from ml_connector.integrations.catalogue import CONNECTORS, INTEGRATIONS

many = settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))


class World:
    """Both systems, the clock, and an installation that joins them."""

    def __init__(self) -> None:
        self.clock = StoppedClock()
        self.source = SourceSystem(self.clock)
        self.target = TargetSystem()
        declared = integration(self.source, self.target)
        INTEGRATIONS["fake"] = declared
        CONNECTORS["here"], CONNECTORS["there"] = declared.right, declared.left
        clocks.clock.cache_clear()
        self.original = clocks.clock
        gate._periods.clear()

    def install(self) -> Installation:
        left = connections.create(CONNECTORS["there"], "there", {})
        right = connections.create(CONNECTORS["here"], "here", {})
        row = installations.create(INTEGRATIONS["fake"], left, right)
        installations.enable(row)
        return installations.find(row.pk)


@pytest.fixture
def world(tenant: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    made = World()
    monkeypatch.setattr(clocks, "clock", lambda: made.clock)
    yield made
    for name in ("here", "there"):
        CONNECTORS.pop(name)
    INTEGRATIONS.pop("fake")


def wipe() -> None:
    """Forget everything between two examples of one test."""
    for model in (Attempt, Version, Record, Run, ScopeState, FlowState):
        model.objects.all().delete()
    Installation.objects.all().delete()
    connections.Connection.objects.all().delete()
    connections.HookAddress.objects.all().delete()


def test_a_record_is_created_verified_released_and_confirmed_once(world: World) -> None:
    world.source.put("1", 100)
    row = world.install()
    ended = syncing.run(row, Wish())
    assert stored_amounts(world.target) == [("INV-1", Decimal(100))]
    assert world.target.calls == ["keyed", "create", "release", "poll", "confirm"]
    assert ended.for_a_person == ended.in_flight == 0
    assert [(line.what, line.count) for line in ended.statements[0].lines] == [("posted", 1)]
    world.target.calls.clear()
    again = syncing.run(row, Wish())
    assert world.target.calls == []
    assert again.statements[0].count("unchanged") == again.statements[0].read == 1


@pytest.mark.parametrize("operation", ["create", "release"])
@pytest.mark.parametrize("what", ["lost_before", "lost_after", "later", "limited"])
def test_lost_answer_is_looked_up_before_a_second_post(world: World, operation: str, what: str) -> None:
    world.source.put("1", 100)
    row = world.install()
    struck: list[str] = []

    def weather(name: str) -> str:
        if name == operation and not struck:
            struck.append(name)
            return what
        return ""

    world.target.weather = weather
    ended = syncing.run(row, Wish(wait=3600))
    assert stored_amounts(world.target) == [("INV-1", Decimal(100))]
    assert world.target.released == {"B0001"}
    assert ended.in_flight == 0
    assert Record.objects.get().state == State.POSTED


def test_a_quick_settle_is_not_waited_for_longer_than_asked(world: World) -> None:
    world.source.put("1", 100)
    row = world.install()
    world.target.weather = lambda name: "lost_after" if name == "create" else ""
    ended = syncing.run(row, Wish(wait=30))
    assert ended.in_flight == 1
    assert Record.objects.get().state == State.UNKNOWN
    assert world.target.calls.count("create") == 1


@pytest.mark.timeout(30)
def test_a_write_that_was_not_done_gives_way_to_what_was_read_meanwhile(world: World) -> None:
    world.source.put("1", 100)
    row = world.install()
    world.target.weather = lambda name: "lost_before" if name == "create" else ""
    syncing.run(row, Wish(wait=30))
    assert Record.objects.get().state == State.UNKNOWN
    world.target.weather = lambda name: ""
    world.clock.sleep(60)
    world.source.put("1", 200)
    syncing.run(row, Wish(wait=3600))
    assert stored_amounts(world.target) == [("INV-1", Decimal(200))]
    assert (Record.objects.get().state, Record.objects.get().version) == (State.POSTED, 2)


@many
@given(data=st.data())
def test_any_weather_ends_in_the_same_books(world: World, data: st.DataObject) -> None:
    wipe()
    world.target.__init__()  # type: ignore[misc]
    world.source.rows.clear()
    keys = data.draw(st.lists(st.sampled_from("123456"), min_size=1, max_size=6, unique=True))
    for key in keys:
        world.source.put(key, int(key) * 10, scope=data.draw(st.sampled_from("AB")))
    storms = iter(
        data.draw(st.lists(st.sampled_from(["", "lost_before", "lost_after", "later", "limited"]), max_size=12))
    )
    world.target.weather = lambda name: next(storms, "")
    row = world.install()
    ended = syncing.run(row, Wish(wait=100_000))
    assert stored_amounts(world.target) == sorted((f"INV-{key}", Decimal(int(key) * 10)) for key in keys)
    assert len(world.target.released) == len(keys)
    assert ended.in_flight == ended.for_a_person == 0
    assert all(statement.adds_up for statement in ended.statements)


def test_a_refused_record_does_not_stop_the_rest_and_can_be_replayed(world: World) -> None:
    for key in "123":
        world.source.put(key, 10)
    row = world.install()
    world.target.weather = lambda name: (
        "refused" if name == "create" and world.target.calls.count("create") == 2 else ""
    )
    ended = syncing.run(row, Wish())
    assert len(world.target.bills) == 2
    assert ended.for_a_person == 1
    refused = Record.objects.get(state=State.REFUSED)
    gone, stayed = replay.replay([refused])
    assert (len(gone), stayed) == (1, [])
    syncing.run(row, Wish())
    assert len(world.target.bills) == len(world.target.released) == 3


def test_a_change_before_sending_supersedes_and_after_posting_is_held(world: World) -> None:
    world.source.put("1", 100)
    row = world.install()
    syncing.run(row, Wish())
    world.clock.time += timedelta(hours=1)
    world.source.put("1", 120)
    ended = syncing.run(row, Wish())
    record = Record.objects.get()
    assert (record.state, record.cause) == (State.HELD, "changed_after_posting")
    assert stored_amounts(world.target) == [("INV-1", Decimal(100))]
    assert ended.statements[0].adds_up
    world.clock.time += timedelta(hours=1)
    world.source.put("1", 100)
    syncing.run(row, Wish())
    assert Record.objects.get().state == State.POSTED


def test_what_vanishes_and_comes_back_while_its_answer_is_lost_is_not_sent_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "corrects", lambda work: True)
    world.source.put("1", 100)
    row = world.install()
    world.target.weather = lambda name: "lost_after" if name == "create" else ""
    syncing.run(row, Wish(wait=30))
    hidden = world.source.rows["1"]
    world.source.remove("1")
    syncing.run(row, Wish(wait=30, sweep=True))
    assert (Record.objects.get().state, Record.objects.get().cause) == ("unknown", "gone_after_posting")
    world.source.rows["1"] = hidden
    syncing.run(row, Wish(wait=30, sweep=True))
    assert (Record.objects.get().state, Record.objects.get().cause) == ("unknown", "")
    world.target.weather = lambda name: ""
    syncing.run(row, Wish(wait=3600))
    assert stored_amounts(world.target) == [("INV-1", Decimal(100))]
    assert world.target.calls.count("create") == 1


def test_what_is_gone_at_the_source_is_withdrawn_or_held_after_a_sweep(world: World) -> None:
    world.source.put("1", 100)
    world.source.put("2", 100)
    row = world.install()
    world.target.weather = lambda name: (
        "refused" if name == "create" and world.target.calls.count("create") == 1 else ""
    )
    world.source.put("3", 100)
    syncing.run(row, Wish())
    world.source.remove("1")
    world.source.remove("2")
    syncing.run(row, Wish(sweep=True))
    states = sorted((record.state, record.cause) for record in Record.objects.all())
    assert states == [("held", "gone_after_posting"), ("posted", ""), ("withdrawn", "gone")]


def test_a_list_that_is_empty_all_at_once_is_a_trouble_and_no_deletion(world: World) -> None:
    for key in "123":
        world.source.put(key, 100)
    row = world.install()
    syncing.run(row, Wish())
    rows = dict(world.source.rows)
    world.source.rows.clear()
    ended = syncing.run(row, Wish(sweep=True))
    assert {record.state for record in Record.objects.all()} == {State.POSTED}
    assert "3 records are known" in ended.statements[0].troubles[0]
    world.source.rows.update(rows)
    assert syncing.run(row, Wish(sweep=True)).statements[0].troubles == ()


def changes() -> st.SearchStrategy[Any]:
    """What may happen between two pages: a row changes, appears late, or vanishes."""
    key = st.sampled_from("123456789")
    return st.tuples(key, st.sampled_from(["change", "late", "remove", "nothing"]), st.integers(1, 99))


@many
@given(
    first=st.lists(st.sampled_from("123456789"), unique=True),
    between=st.lists(changes(), max_size=14),
    steps=st.lists(st.sampled_from([0, 0, 1, 60, 600]), max_size=14),
)
def test_nothing_is_lost_after_the_walk_and_the_sweep(
    world: World, first: list[str], between: list[Any], steps: list[int]
) -> None:
    wipe()
    world.target.__init__()  # type: ignore[misc]
    world.source.rows.clear()
    world.target.weather = lambda name: "refused" if name == "create" else ""
    for scope in "AB":  # a scope is never empty: that would be taken for a missing permission
        world.source.put(f"anchor {scope}", 1, scope)
    for key in first:
        world.source.put(key, 1, scope="AB"[int(key) % 2])
    pending = list(zip(between, [*steps, *[0] * len(between)], strict=False))

    def before_page() -> None:
        if not pending:
            return
        (key, what, amount), seconds = pending.pop()
        world.clock.time += timedelta(seconds=seconds)
        scope = "AB"[int(key) % 2]
        if what == "change":
            world.source.put(key, amount, scope)
        elif what == "late":
            world.source.put(key, amount, scope, modified=world.clock.now() - timedelta(minutes=3))
        elif what == "remove":
            world.source.remove(key)

    world.source.before_page = before_page
    row = world.install()
    for _ in range(3):
        syncing.run(row, Wish())
    before_sweep = {record.source_key for record in Record.objects.all()}
    world.source.before_page = lambda: None
    ended = syncing.run(row, Wish())
    delta_seen = {record.source_key: record.newest_hash for record in Record.objects.all()}
    assert set(world.source.rows) <= set(delta_seen) | before_sweep
    ended = syncing.run(row, Wish(sweep=True))
    known = {record.source_key: record for record in Record.objects.exclude(state=State.WITHDRAWN)}
    assert set(known) == set(world.source.rows)
    for key, there in world.source.rows.items():
        version = Version.objects.get(record=known[key], number=known[key].newest)
        assert f'"due":"{there.document.due}"' in version.document
    assert all(statement.adds_up for statement in ended.statements)
    assert all(statements.of_run(run).adds_up for run in Run.objects.all())
