"""Many vendors at once: as few calls as Procore's bulk call allows, and rows that fail keep nothing back."""

from __future__ import annotations

import pytest
from pairs import Desk
from rehearsal import Rehearsal

from ml_connector.hub import clocks, replay
from ml_connector.hub.models import Record

MANY = 1100
SYNC = ("PATCH", "/rest/v1.0/vendors/sync")


@pytest.fixture
def desk(tenant: int, both_sandboxes: Rehearsal, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """Nobody knows any vendor yet; hub and sandboxes share a clock."""
    made = Desk(both_sandboxes)
    monkeypatch.setattr(clocks, "clock", lambda: made.clock)
    return made


def test_vendors_go_into_procore_a_thousand_a_call_and_only_once(desk: Desk) -> None:
    for place in range(MANY):
        desk.make("left", {"name": f"Qx{place:05d}", "city": f"Port {place}"})
    desk.install()
    desk.writes()
    desk.sync()
    assert desk.writes() == {SYNC: 2}
    names = [vendor["name"] for vendor in desk.all("right").values()]
    assert len(names) == len(set(names)) == len(desk.pairs()) == MANY
    desk.sync()
    assert desk.writes() == {}

    for left in list(desk.pairs())[:3]:
        desk.edit("left", left, city="Troy")
    desk.sync()
    assert desk.writes() == {SYNC: 1}
    desk.sync()
    assert desk.writes() == {}


def test_rows_that_a_bulk_call_refuses_wait_alone_and_go_in_when_replayed(desk: Desk) -> None:
    for place in range(7):
        desk.make("left", {"name": f"Qx{place:05d}"})
    desk.install()
    desk.procore.post("/switches", {"sync_error_every": 3})
    desk.read("left")
    desk.read("right")
    desk.deliver("right")
    refused = Record.objects.filter(state="refused")
    assert (len(desk.all("right")), refused.count()) == (5, 2)
    assert all("An unexpected error occurred" in record.message for record in refused)
    desk.procore.post("/switches", {"sync_error_every": 0})
    desk.writes()
    assert len(replay.replay(list(refused))[0]) == 2
    desk.sync()
    assert desk.writes() == {SYNC: 1}
    names = sorted(vendor["name"] for vendor in desk.all("right").values())
    assert names == [f"Qx{place:05d}" for place in range(7)]
    desk.sync()
    assert desk.writes() == {}
