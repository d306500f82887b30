"""Deliveries at the webhook door: strangers, repeats, disorder, floods and nonsense; the poll stays the truth."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from stage import SOUND, Stage

from ml_connector.hub import connections, lanes
from ml_connector.hub.models import Event, FlowState, HookAddress, Lane

MIB = 1024 * 1024


def event(number: int = 1, project: int = 4711, resource: str = "Work Order Contracts") -> bytes:
    """A delivery as Procore makes it."""
    body = {
        "id": number, "ulid": f"01JKQ3V9W0ZB8N6T4F2C1D5{number:03d}", "timestamp": "2026-01-15T23:34:12.246562Z",
        "user_id": 77, "company_id": 9001, "project_id": project, "api_version": "v2.0", "event_type": "update",
        "resource_name": resource, "resource_id": 88001,
    }  # fmt: skip
    return json.dumps(body).encode()


class Door:
    """The webhook door of the source's connection, in process."""

    def __init__(self, stage: Stage) -> None:
        self.path, self.secret = connections.hook(stage.jobs)
        self._client = Client(HTTP_HOST="127.0.0.1")

    def post(self, body: bytes, secret: str | None = None, path: str = "") -> int:
        """Deliver; returns the status."""
        given = self.secret if secret is None else secret
        answer = self._client.post(
            path or self.path, body, content_type="application/json", headers={"Authorization": f"Bearer {given}"}
        )
        return int(answer.status_code)


@pytest.fixture
def door(stage: Stage, settings: Any) -> Door:
    stage.install()
    stage.sync()
    lanes.set_due(reading_lane(), None)
    return Door(stage)


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> None:
    from django.conf import settings

    monkeypatch.setattr(settings, "ROOT_URLCONF", "ml_connector.hooks.urls")


def reading_lane() -> str:
    return lanes.read_key(FlowState.objects.get(flow="requisitions").pk)


def is_due() -> bool:
    """Whether the door has asked for a read."""
    return Lane.objects.get(pk=reading_lane()).due is not None


def test_a_stranger_is_refused_and_only_counted(stage: Stage, door: Door) -> None:
    assert door.post(event(), secret="guessed") == 401
    assert door.post(event(), secret="") == 401
    address = HookAddress.objects.get(connection_id=stage.jobs.pk)
    assert (address.refused, address.last_refused is not None) == (2, True)
    assert Event.objects.count() == 0
    assert not is_due()
    assert door.post(event()) == 200
    assert is_due()


def test_an_unknown_address_is_not_there(door: Door) -> None:
    assert door.post(event(), path="/hooks/nobody") == 404
    assert Event.objects.count() == 0


def test_a_repeated_delivery_is_stored_once_and_posts_nothing_twice(stage: Stage, door: Door) -> None:
    assert [door.post(event(1)) for _ in range(3)] == [200, 202, 202]
    assert Event.objects.get().repeats == 2
    stage.sync()
    assert door.post(event(1)) == 202
    stage.sync()
    stage.assert_posted_once()


def test_deliveries_out_of_order_are_one_reason_to_look(stage: Stage, door: Door) -> None:
    assert [door.post(event(number)) for number in (3, 1, 2)] == [200, 200, 200]
    stage.procore.forget_calls()
    stage.sync()
    assert Event.objects.filter(handled=None).count() == 0
    calls = stage.procore.calls()
    assert calls[("GET", "/rest/v1.1/requisitions")] == 1
    stage.assert_posted_once()


def test_an_event_about_something_that_is_not_there_only_makes_us_look(stage: Stage, door: Door) -> None:
    assert door.post(event(1, project=999)) == 200
    stage.sync()
    assert Event.objects.filter(handled=None).count() == 0
    stage.assert_posted_once()


def test_two_mebibytes_are_too_large(door: Door) -> None:
    assert door.post(b"[" + b" " * (2 * MIB) + b"]") == 413
    assert Event.objects.count() == 0
    assert door.post(event()) == 200


@pytest.mark.parametrize(
    "body",
    [b"", b"not json", b"[]", b"{}", b'{"id": 1', b"\xff\xfe", b'{"id": 1, "resource_name": ""}', b"[" * 100_000],
)
def test_what_is_no_event_is_refused_and_not_stored(door: Door, body: bytes) -> None:
    assert door.post(body) == 400
    assert Event.objects.count() == 0
    assert not is_due()


def test_only_posts_are_taken(door: Door) -> None:
    assert Client(HTTP_HOST="127.0.0.1").get(door.path).status_code == 405


@contextmanager
def web(stage: Stage, folder: Path) -> Iterator[str]:
    """A running `ml-connector web` on this test's database; its address."""
    ready = folder / "ready.json"
    clock = f"{stage.procore.ready['control_url']}/clock"
    process = subprocess.Popen(
        [sys.executable, "-m", "ml_connector.cli.main", "web", "--port", "0", "--ready-file", str(ready)],
        env=os.environ | {"ML_CONNECTOR_CLOCK": clock},
    )
    try:
        until(ready.exists)
        yield str(json.loads(ready.read_text())["url"])
    finally:
        process.terminate()
        process.wait(15)


def until(holds: Callable[[], bool], seconds: float = 20) -> None:
    """Poll until something holds; fails after some seconds."""
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def announced(url: str, door: Door, size: int) -> int:
    """Say how much comes, and wait for the answer before it is sent; the status."""
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    line.putrequest("POST", door.path)
    line.putheader("Authorization", door.secret)
    line.putheader("Content-Length", str(size))
    line.endheaders()
    try:
        return line.getresponse().status
    finally:
        line.close()


def unannounced(url: str, door: Door, body: bytes) -> int:
    """Post in chunks, without saying how much comes; the status, 0 where the door was shut before all was said."""
    line = http.client.HTTPConnection(url.removeprefix("http://"), timeout=10)
    chunks = iter([body[:MIB], body[MIB:]])
    headers = {"Authorization": door.secret, "Transfer-Encoding": "chunked"}
    try:
        line.request("POST", door.path, chunks, headers, encode_chunked=True)
        return line.getresponse().status
    except (BrokenPipeError, ConnectionResetError):
        return 0
    finally:
        line.close()


def states(stage: Stage) -> list[str]:
    """What became of each delivery, as the vendor sees it."""
    return [str(row["state"]) for row in stage.procore.get("/events")["deliveries"]]


def test_real_deliveries_reach_a_running_door_and_forged_ones_do_not(stage: Stage, door: Door, tmp_path: Path) -> None:
    with web(stage, tmp_path) as url:
        connections.register_hook(stage.jobs, url)
        stage.procore.post("/act", {"action": "edit", "kind": "commitment", "id": 88001, "fields": {"title": "New"}})
        until(lambda: Event.objects.count() == 1)
        stage.procore.post("/events", {"action": "repeat"})
        until(lambda: Event.objects.filter(repeats=1).exists())
        stage.procore.post("/events", {"action": "forge"})
        until(lambda: HookAddress.objects.get(connection_id=stage.jobs.pk).refused == 1)
        stage.procore.post("/events", {"action": "reorder", "count": 2})
        for title in ("First", "Second"):
            fields = {"title": title}
            stage.procore.post("/act", {"action": "edit", "kind": "commitment", "id": 88001, "fields": fields})
        until(lambda: Event.objects.count() == 3)
        until(lambda: Counter(states(stage)) == {"delivered": 4, "discarded": 1})
        assert announced(url, door, 2 * MIB) == 413
        assert unannounced(url, door, b" " * (2 * MIB)) in (0, 400, 411, 413)
        assert Event.objects.count() == 3
    assert is_due()
    stage.sync()
    assert Event.objects.filter(handled=None).count() == 0
    assert stage.bills() == Counter(SOUND)
