"""Procore sandbox: hooks, triggers, events and their deliveries (vendors/procore.md §12)."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from procore_month import ACME, COMPANY, DRAFT_ORDER, SUBCONTRACT, TOWER, UNUSED, Api, month
from sandbox_harness import served

from ml_connector.sandbox.procore.vendor import Procore

HOOKS = "/rest/v1.0/webhooks/hooks"
COSTS = f"/rest/v1.1/projects/{TOWER}/direct_costs"


class Door:
    """Takes deliveries; answers the statuses given, then 204."""

    def __init__(self, statuses: list[int]) -> None:
        self.events: list[Any] = []
        self.secrets: list[str | None] = []
        door = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                door.events.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
                door.secrets.append(self.headers["Authorization"])
                self.send_response(statuses.pop(0) if statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks/1"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with served([Procore], month, "known") as ready:
        yield Api(ready["procore"])


@pytest.fixture
def api(server: Api) -> Api:
    server.fresh()
    return server


@pytest.fixture
def door() -> Iterator[Callable[..., Door]]:
    doors: list[Door] = []

    def make(*statuses: int) -> Door:
        doors.append(Door(list(statuses)))
        return doors[-1]

    yield make
    for one in doors:
        one.server.shutdown()
        one.server.server_close()


def until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


def subscribe(api: Api, door: Door, *wanted: tuple[str, str], version: str = "v2", company: bool = False) -> int:
    scope = {"company_id": COMPANY} if company else {"project_id": TOWER}
    hook = {"api_version": version, "destination_url": door.url, "destination_headers": {"Authorization": "Bearer s3"}}
    number = int(api.post(HOOKS, {**scope, "hook": hook})["id"])
    for resource, event in wanted:
        trigger = {"resource_name": resource, "event_type": event}
        api.post(f"{HOOKS}/{number}/triggers", {**scope, "api_version": version, "trigger": trigger})
    return number


def touch(api: Api, text: str) -> None:
    api.patch(f"{COSTS}/9100", {"direct_cost": {"description": text}})


def test_event_is_thin_and_carries_the_static_header(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    subscribe(api, taken, ("Direct Costs", "update"))
    touch(api, "a")
    until(lambda: len(taken.events) == 1)
    event = taken.events[0]
    assert taken.secrets == ["Bearer s3"]
    assert (event["resource_name"], event["event_type"], event["resource_id"]) == ("Direct Costs", "update", 9100)
    assert (event["api_version"], event["company_id"], event["project_id"]) == ("v2.0", COMPANY, TOWER)
    assert len(event["ulid"]) == 26
    assert event["metadata"]["source_application_id"] == api.entry["client_id"]
    assert len(event["timestamp"]) == len("2026-01-15T23:34:12.246562Z")
    api.act("edit", kind="direct_cost", id=9100, fields={"description": "b"})
    until(lambda: len(taken.events) == 2)
    assert taken.events[1]["metadata"]["source_application_id"] is None
    assert taken.events[1]["id"] > event["id"]


def test_only_triggered_events_of_the_scope_are_sent(api: Api, door: Callable[..., Door]) -> None:
    silent, company, project = door(), door(), door()
    subscribe(api, silent)
    subscribe(api, company, ("Company Vendors", "update"), company=True)
    subscribe(api, project, ("Direct Costs", "create"))
    touch(api, "a")
    api.patch(f"/rest/v1.0/vendors/{ACME}", {"company_id": COMPANY, "vendor": {"city": "Erie"}})
    until(lambda: len(company.events) == 1)
    assert (company.events[0]["resource_id"], company.events[0]["project_id"]) == (ACME, None)
    assert (silent.events, project.events) == ([], [])
    assert len(api.control.get("/events").json()["deliveries"]) == 1


def test_newer_payloads(api: Api, door: Callable[..., Door]) -> None:
    third, fourth = door(), door()
    wanted = ("Purchase Order Contract Line Items", "create")
    subscribe(api, third, wanted, version="v3")
    subscribe(api, fourth, wanted, version="v4")
    line = {"project_id": TOWER, "line_item": {"amount": "5", "wbs_code_id": 47111}}
    made = api.post(f"/rest/v1.0/purchase_order_contracts/{DRAFT_ORDER}/line_items", line)
    until(lambda: bool(third.events and fourth.events))
    assert third.events[0]["api_version"] == "v3.0"
    assert third.events[0]["related_resources"] == [{"id": DRAFT_ORDER, "name": "Purchase Order Contracts"}]
    event = fourth.events[0]
    assert (event["reason"], event["resource_type"], event["resource_id"]) == ("create", wanted[0], str(made["id"]))
    assert all(isinstance(event[name], str) for name in ("id", "company_id", "project_id", "user_id"))


def test_requisitions_send_nothing_unless_switched(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    subscribe(api, taken, ("Payment Applications", "update"))
    api.act("approve", kind="requisition", id=1002)
    assert api.control.get("/events").json()["deliveries"] == []
    api.switch(emit_payment_applications=True)
    api.act("revise", kind="requisition", id=1002)
    until(lambda: len(taken.events) == 1)
    assert taken.events[0]["resource_id"] == 1002


def test_payments_and_deletions_send_events(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    subscribe(
        api, taken, ("Contract Payments", "create"), ("Direct Costs", "delete"), ("Work Order Contracts", "update")
    )
    body = {"project_id": TOWER, "contract_id": SUBCONTRACT, "contract_payment": {"amount": "1"}}
    api.post("/rest/v1.0/contract_payments", body)
    api.delete(f"{COSTS}/9101")
    api.act("edit", kind="commitment", id=SUBCONTRACT, fields={"title": "New"})
    until(lambda: len(taken.events) == 3)
    assert {event["resource_name"] for event in taken.events} == {
        "Contract Payments",
        "Direct Costs",
        "Work Order Contracts",
    }


def test_failing_hook_backs_off_from_one_second_and_keeps_its_order(api: Api, door: Callable[..., Door]) -> None:
    taken = door(500, 503)
    number = subscribe(api, taken, ("Direct Costs", "update"))
    touch(api, "a")
    touch(api, "b")
    until(lambda: len(taken.events) == 1)
    for failed in (1, 2):
        until(lambda failed=failed: len(api.control.get("/events").json()["deliveries"][0]["attempts"]) == failed)
        api.control.post("/clock", json={"advance_s": 2**failed})
    until(lambda: len(taken.events) == 4)
    first, second = taken.events[0]["id"], taken.events[3]["id"]
    assert [event["id"] for event in taken.events] == [first, first, first, second]
    path = f"{HOOKS}/{number}/deliveries?project_id={TOWER}"
    until(lambda: [row["outcome"] for row in api.get(path)] == ["retried", "retried", "ok", "ok"])
    rows = api.get(path)
    assert [row["response_status"] for row in rows] == [500, 503, 204, 204]
    assert len(api.get(f"{path}&filters[status]=successful")) == 2
    assert len(api.get(f"{path}&filter[status]=failing")) == 2
    assert [row["event_id"] for row in api.get(f"{path}&page_start={first}&page_size=1")] == [second]


def test_after_twelve_hours_the_queue_is_discarded(api: Api, door: Callable[..., Door]) -> None:
    taken = door(500, 500, 500)
    number = subscribe(api, taken, ("Direct Costs", "update"))
    touch(api, "a")
    touch(api, "b")
    until(lambda: len(taken.events) == 1)
    api.control.post("/clock", json={"advance_s": 13 * 3600})
    api.headers["Authorization"] = f"Bearer {api.token()}"
    path = f"{HOOKS}/{number}/deliveries?project_id={TOWER}&filters[status]=discarded"
    until(lambda: len(api.get(path)) == 2)
    touch(api, "c")
    until(lambda: len(taken.events) == 3)


def test_clock_factor_shortens_the_schedule(api: Api, door: Callable[..., Door]) -> None:
    api.switch(webhook_clock_factor=50)
    taken = door(500, 500, 500)
    subscribe(api, taken, ("Direct Costs", "update"))
    touch(api, "a")
    until(lambda: len(taken.events) == 4)


def test_hooks_live_in_namespaces(api: Api, door: Callable[..., Door]) -> None:
    number = subscribe(api, door())
    hook = {"api_version": "v2", "destination_url": "https://hub.example/x", "namespace": "ml-connector"}
    other = api.post(HOOKS, {"project_id": TOWER, "hook": hook})
    assert (other["owned_by_project_id"], other["owned_by_company_id"]) == (TOWER, None)
    assert [row["id"] for row in api.get(f"{HOOKS}?project_id={TOWER}")] == [number]
    assert [row["id"] for row in api.get(f"{HOOKS}?project_id={TOWER}&namespace=ml-connector")] == [other["id"]]
    assert len(api.get(f"{HOOKS}?project_id={TOWER}&namespace=*")) == 2
    assert api.get(f"{HOOKS}?company_id={COMPANY}&namespace=*") == []
    changed = api.patch(
        f"{HOOKS}/{number}", {"project_id": TOWER, "hook": {"destination_url": "https://hub.example/y"}}
    )
    assert changed["destination_url"] == "https://hub.example/y"
    api.delete(f"{HOOKS}/{number}?project_id={TOWER}")
    assert api.get(f"{HOOKS}/{number}/triggers?project_id={TOWER}", 404)["error"]["code"] == "not_found"


@pytest.mark.parametrize(
    "body",
    [
        {"hook": {"api_version": "v2", "destination_url": "https://x.example"}},
        {
            "company_id": COMPANY,
            "project_id": TOWER,
            "hook": {"api_version": "v2", "destination_url": "https://x.example"},
        },
        {"project_id": TOWER},
        {"project_id": TOWER, "hook": {"api_version": "v1", "destination_url": "https://x.example"}},
        {"project_id": TOWER, "hook": {"api_version": "v2"}},
        {"project_id": TOWER, "hook": {"api_version": "v2", "destination_url": "http://x.example"}},
        {"project_id": TOWER, "hook": {"api_version": "v2", "destination_url": "https://x.example", "namespace": "Up"}},
    ],
)
def test_bad_hooks_are_refused_in_the_webhook_shape(api: Api, body: dict[str, object]) -> None:
    answer = api.call("POST", HOOKS, json=body)
    assert answer.status_code in (400, 422)
    assert set(answer.json()["error"]) == {"code", "message"}


def test_triggers_fit_hook_scope_and_version(api: Api, door: Callable[..., Door]) -> None:
    number = subscribe(api, door())
    path = f"{HOOKS}/{number}/triggers"

    def make(resource: str, event: str, version: str = "v2") -> int:
        trigger = {"resource_name": resource, "event_type": event}
        body = {"project_id": TOWER, "api_version": version, "trigger": trigger}
        return api.call("POST", path, json=body).status_code

    assert make("Direct Costs", "update") == 201
    assert [make("Direct Costs", "update"), make("Direct Costs", "explode")] == [422, 422]
    assert [make("Direct Costs", "create", "v3"), make("Company Vendors", "update")] == [422, 422]
    assert make("Project Vendors", "update") == 422
    (row,) = api.get(f"{path}?project_id={TOWER}")
    assert (row["event_type"], row["webhook_hook_id"]) == ("UPDATE", number)
    api.delete(f"{path}/{row['id']}?project_id={TOWER}")
    assert api.get(f"{path}?project_id={TOWER}") == []


def test_change_orders_and_directories_have_events(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    wanted = [("Potential Change Orders", "create"), ("Change Order Packages", "create"), ("Project Vendors", "create")]
    subscribe(api, taken, *wanted, ("Project Vendors", "delete"), version="v3")
    change = {"project_id": TOWER, "contract_id": SUBCONTRACT, "change_order": {"title": "Door"}}
    made = api.post("/rest/v1.0/change_order_packages", change)
    path = f"/rest/v1.1/projects/{TOWER}/vendors/{UNUSED}/actions"
    api.post(f"{path}/add", {})
    api.post(f"{path}/add", {})
    api.delete(f"{path}/remove", 204)
    until(lambda: len(taken.events) == 4)
    names = [(event["resource_name"], event["event_type"]) for event in taken.events]
    assert sorted(names) == sorted([*wanted, ("Project Vendors", "delete")])
    ids = {event["resource_name"]: event["resource_id"] for event in taken.events}
    assert (ids["Change Order Packages"], ids["Project Vendors"]) == (made["id"], UNUSED)


def test_company_hooks_of_v2_cover_company_resources(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    base = f"/rest/v2.0/companies/{COMPANY}/webhooks"
    secret = {"Authorization": "Bearer company-secret"}
    given = {"payload_version": "v4.0", "destination_url": taken.url, "destination_headers": secret}
    made = api.post(f"{base}/hooks", given)["data"]
    assert (made["payload_version"], made["company_id"], made["project_id"]) == ("v4.0", str(COMPANY), None)
    assert {"Company Vendors", "Projects"} <= {row["name"] for row in api.get(f"{base}/resources")["data"]}
    trigger = {"resource_name": "Company Vendors", "event_type": "create"}
    api.post(f"{base}/hooks/{made['id']}/triggers", trigger)
    api.post(f"{base}/hooks/{made['id']}/triggers", {"resource_name": "Direct Costs", "event_type": "create"}, 400)
    api.act("key_document", kind="vendor", fields={"name": "New"})
    until(lambda: len(taken.events) == 1)
    event = taken.events[0]
    assert (event["reason"], event["resource_type"], event["company_id"]) == ("create", "Company Vendors", str(COMPANY))
    assert taken.secrets == ["Bearer company-secret"]
    (row,) = api.get(f"{base}/hooks/{made['id']}/triggers")["data"]
    api.delete(f"{base}/hooks/{made['id']}/triggers/{row['id']}", 204)
    api.delete(f"{base}/hooks/{made['id']}", 204)
    assert api.get(f"{base}/hooks")["data"] == []


def test_bulk_triggers_tell_of_partial_success(api: Api, door: Callable[..., Door]) -> None:
    path = f"{HOOKS}/{subscribe(api, door())}/triggers/bulk"
    good = [{"resource_name": "Direct Costs", "event_type": event} for event in ("create", "update")]
    body: dict[str, Any] = {"project_id": TOWER, "api_version": "v2", "triggers": good}
    made = api.post(path, body, 200)["success"]
    body["triggers"] = [{"resource_name": "Nothing", "event_type": "create"}]
    assert set(api.post(path, body, 207)["failed"][0]) == {"code", "message", "trigger", "errors"}
    body["triggers"] = good * 51
    api.post(path, body, 413)
    answer = api.call("DELETE", path, json={"project_id": TOWER, "triggers": [made[0]["id"], 5]})
    assert (answer.status_code, answer.json()["success"]) == (207, [made[0]["id"]])


def test_resources_differ_by_scope(api: Api) -> None:
    project = {row["name"]: row for row in api.get(f"/rest/v1.0/webhooks/resources?project_id={TOWER}")}
    company = {row["name"]: row for row in api.get(f"/rest/v1.0/webhooks/resources?company_id={COMPANY}")}
    assert "Direct Costs" in project
    assert company["Company Vendors"]["except"] == ["delete"]
    assert not set(project) & set(company)
    assert api.get(f"/rest/v1.0/webhooks/resources/api_versions?project_id={TOWER}") == ["v2", "v3", "v4"]


def test_v2_hooks_mask_the_secret_and_can_be_disabled(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    base = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/webhooks/hooks"
    given = {
        "payload_version": "v2.0",
        "destination_url": taken.url,
        "destination_headers": {"Authorization": "Bearer secret"},
    }
    made = api.post(base, given)["data"]
    assert made["destination_headers"] == {"Authorization": "*****ecret"}
    trigger = {"resource_name": "Direct Costs", "event_type": "update"}
    assert api.post(f"{base}/{made['id']}/triggers", trigger)["data"]["webhook_hook_id"] == made["id"]
    api.patch(f"{base}/{made['id']}", {"status": "disabled"})
    touch(api, "a")
    assert api.control.get("/events").json()["deliveries"] == []
    api.patch(f"{base}/{made['id']}", {"status": "active"})
    touch(api, "b")
    until(lambda: len(taken.events) == 1)


def test_control_can_repeat_and_forge(api: Api, door: Callable[..., Door]) -> None:
    taken = door()
    subscribe(api, taken, ("Direct Costs", "update"))
    touch(api, "a")
    until(lambda: len(taken.events) == 1)
    api.control.post("/events", json={"action": "repeat"})
    until(lambda: len(taken.events) == 2)
    assert taken.events[0] == taken.events[1]
    api.control.post("/events", json={"action": "forge"})
    until(lambda: len(taken.events) == 3)
    assert taken.secrets == ["Bearer s3", "Bearer s3", "forged"]
