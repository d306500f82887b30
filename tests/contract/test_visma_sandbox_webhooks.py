"""Events, subscriptions and deliveries of the Visma.net sandbox (vendors/visma_net.md §9)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.server
import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from visma_over_http import SUPPLIERS, Erp, erp, wrapped

from ml_connector.sandbox.visma_net.vendor import OTHER_COMPANY, OTHER_TENANT

SUBSCRIPTIONS = "/v1/subscription"


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


class Door:
    """A receiver that answers with one status."""

    def __init__(self, status: int = 200) -> None:
        self.taken: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.taken.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/1"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def door() -> Iterator[Door]:
    made = Door()
    yield made
    made.close()


def deliveries(visma: Erp) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = visma.control.get("/events").json()["deliveries"]
    return found


def settled(visma: Erp, count: int) -> list[dict[str, Any]]:
    """The deliveries, once `count` of them are over."""
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline:
        rows = deliveries(visma)
        if len([row for row in rows if row["state"] not in ("pending", "retrying")]) >= count:
            return rows
        threading.Event().wait(0.01)
    raise AssertionError(f"{count} deliveries were not over in time: {deliveries(visma)}")


def subscribe(visma: Erp, url: str, event: str = "supplier_changed") -> int:
    visma.switch(webhooks_enabled=True)
    answer = visma.http.post(SUBSCRIPTIONS, json={"event": event, "hookUri": url})
    assert answer.status_code == 201, answer.text
    number: int = answer.json()["id"]
    return number


def test_the_catalogue_of_events(visma: Erp) -> None:
    rows = visma.rows("/v1/event")
    assert {"eventType": "supplier_changed", "name": "Supplier changed", "description": "Supplier changed."} in rows
    assert {row["eventType"] for row in rows} == {
        "supplier_changed", "purchaseorder_changed", "project_changed", "dimension_changed", "account_changed",
    }  # fmt: skip


def test_subscriptions_are_made_read_changed_and_removed(visma: Erp) -> None:
    answer = visma.http.post(
        "/API/resources/v1/subscription", json={"event": "supplier_changed", "hookUri": "https://a.example"}
    )
    assert (answer.status_code, answer.json()) == (
        201,
        {"id": 660, "event": "supplier_changed", "hookUri": "https://a.example"},
    )
    assert visma.rows(SUBSCRIPTIONS) == [answer.json()]
    assert visma.get(f"{SUBSCRIPTIONS}/660") == answer.json()
    changed = {"event": "supplier_changed", "hookUri": "https://b.example"}
    assert visma.http.put(f"{SUBSCRIPTIONS}/660", json=changed).status_code == 204
    assert visma.get(f"{SUBSCRIPTIONS}/660")["hookUri"] == "https://b.example"
    assert visma.http.delete(f"{SUBSCRIPTIONS}/660").status_code == 204
    assert visma.http.get(f"{SUBSCRIPTIONS}/660").status_code == 404


def test_one_subscription_for_each_event_client_and_company(visma: Erp) -> None:
    body = {"event": "supplier_changed", "hookUri": "https://a.example"}
    assert visma.http.post(SUBSCRIPTIONS, json=body).status_code == 201
    assert visma.http.post(SUBSCRIPTIONS, json=body).status_code == 409
    visma.switch(duplicate_subscription_status=400)
    assert visma.http.post(SUBSCRIPTIONS, json=body).status_code == 400
    visma.sign_in(tenant_id=OTHER_TENANT)
    visma.http.headers["ipp-company-id"] = str(OTHER_COMPANY)
    assert visma.rows(SUBSCRIPTIONS) == []
    assert visma.http.post(SUBSCRIPTIONS, json=body).status_code == 201


@pytest.mark.parametrize(
    "body",
    [
        {"event": "journal_changed", "hookUri": "https://a.example"},
        {"event": "supplier_changed", "hookUri": "http://a.example"},
        {"event": "supplier_changed", "hookUri": "nowhere"},
        {"event": "supplier_changed"},
        {},
    ],
)
def test_refused_subscriptions(visma: Erp, body: dict[str, str]) -> None:
    assert visma.http.post(SUBSCRIPTIONS, json=body).status_code == 400


@pytest.mark.parametrize("status", ["404", "410"])
def test_the_endpoint_may_be_gone_as_on_todays_host(visma: Erp, status: str) -> None:
    visma.switch(subscription_endpoint=status)
    assert visma.http.get(SUBSCRIPTIONS).status_code == int(status)
    body = {"event": "supplier_changed", "hookUri": "https://a.example"}
    assert visma.http.post(SUBSCRIPTIONS, json=body).status_code == int(status)


def test_a_change_is_told_once_as_a_pointer(visma: Erp, door: Door) -> None:
    subscribe(visma, door.url)
    visma.changed(f"{SUPPLIERS}/V00001", wrapped(name="Renamed"))
    settled(visma, 1)
    (headers, body), *rest = door.taken
    assert rest == []
    (row,) = json.loads(body)
    assert (row["event"], row["status"]) == ("supplier_changed", "Completed")
    assert row["contextId"] == str(visma.ready["company_id"])
    assert row["relativeResourceUri"] == "api/v1/supplier/V00001"
    assert row["resourceUri"] == f"{visma.ready['base_url']}/v1/supplier/V00001"
    told = datetime(1, 1, 1, tzinfo=UTC) + timedelta(microseconds=row["timeStamp"] // 10)
    assert abs((told - datetime.now(UTC)).total_seconds()) < 60
    assert "x-vwd-signature-v1" not in headers


def test_deliveries_are_signed_over_the_raw_body_when_a_secret_is_set(visma: Erp, door: Door) -> None:
    visma.switch(webhook_secret="s3cret")
    subscribe(visma, door.url)
    visma.create(SUPPLIERS, wrapped(name="Signed AS"))
    settled(visma, 1)
    headers, body = door.taken[0]
    expected = base64.b64encode(hmac.new(b"s3cret", body, hashlib.sha256).digest()).decode()
    assert headers["x-vwd-signature-v1"] == expected
    assert headers["x-vwd-notification-id"] == json.loads(body)[0]["notificationId"]
    assert headers["x-vwd-subscription-id"] == "660"


def test_a_refused_delivery_is_lost(visma: Erp) -> None:
    closed = Door(500)
    try:
        subscribe(visma, closed.url)
        visma.create(SUPPLIERS, wrapped(name="Unheard AS"))
        (row,) = settled(visma, 1)
        assert (row["state"], len(row["attempts"])) == ("discarded", 1)
        visma.advance(86_400)
        assert len(closed.taken) == 1
    finally:
        closed.close()


def test_nothing_is_sent_while_the_company_has_them_off(visma: Erp, door: Door) -> None:
    subscribe(visma, door.url)
    visma.switch(webhooks_enabled=False)
    visma.create(SUPPLIERS, wrapped(name="Silent AS"))
    assert deliveries(visma) == []


def test_many_changes_of_one_transaction_come_in_one_array(visma: Erp, door: Door) -> None:
    subscribe(visma, door.url)
    visma.act("upgrade", kind="Supplier")
    settled(visma, 1)
    rows = json.loads(door.taken[0][1])
    assert len(rows) == len(visma.rows(SUPPLIERS))
    assert len({row["notificationId"] for row in rows}) == len(rows)


def test_orders_projects_segments_and_accounts_have_events_journals_and_invoices_not(visma: Erp, door: Door) -> None:
    for event in ("purchaseorder_changed", "project_changed", "dimension_changed", "account_changed"):
        subscribe(visma, door.url, event)
    visma.journal()
    visma.invoice()
    number = visma.order_of()
    visma.act("edit_project", id="HARBOR1", name="Harbour")
    visma.act("add_segment_value", segment=2, value="300", name="New")
    visma.act("edit_account", code="54000", name="Subcontractors")
    settled(visma, 4)
    uris = [json.loads(body)[0]["relativeResourceUri"] for _, body in door.taken]
    assert sorted(uris) == sorted([
        f"api/v1/purchaseorder/{number}", "api/v1/project/HARBOR1", "api/v1/dimension/SUBACCOUNT/2",
        "api/v1/account/54000",
    ])  # fmt: skip


def test_deliveries_can_be_dropped_repeated_and_forged(visma: Erp, door: Door) -> None:
    visma.switch(webhook_secret="s3cret")
    subscribe(visma, door.url)
    visma.order("/events", {"action": "drop"})
    visma.create(SUPPLIERS, wrapped(name="Dropped AS"))
    assert [row["state"] for row in deliveries(visma)] == ["dropped"]
    visma.order("/events", {"action": "repeat"})
    settled(visma, 2)
    visma.order("/events", {"action": "forge"})
    settled(visma, 3)
    good, forged = door.taken
    assert hmac.compare_digest(good[1], forged[1])
    assert good[0]["x-vwd-signature-v1"] != forged[0].get("x-vwd-signature-v1")


def test_feedback_is_taken(visma: Erp) -> None:
    body = {"notificationId": "1", "source": "hub", "description": "ok", "isSuccess": True}
    assert visma.http.post("/v1/webhooknotificationfeedback", json=body).status_code == 201


def test_without_limits_the_hour_is_never_used_up(visma: Erp) -> None:
    visma.switch(rate_limit=1)
    answers = [visma.http.get("/v1/branch") for _ in range(3)]
    assert [(one.status_code, one.headers["X-RateLimit-Remaining"]) for one in answers] == [(200, "1")] * 3
