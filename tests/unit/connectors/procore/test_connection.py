"""Form, login, headers, limits, errors, ping, master data and webhooks of Procore."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx2
import pytest

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.declaration import PING_STEPS, Notice, PingStatus, PingStep
from ml_connector.connectors.procore import connector
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.ping import ping
from ml_connector.connectors.procore.webhooks import ensure_hooks, parse, verify
from ml_connector.records.documents import CostCode, Project, Supplier

FORM = {
    "base_url": "https://api.procore.com",
    "login_url": "https://login.procore.com",
    "client_id": "app",
    "client_secret": "s3cret",
    "company_id": "9001",
}


@pytest.mark.parametrize(
    ("changes", "complaint"),
    [
        ({"company_id": "Acme Ltd"}, "company_id: write the company's number"),
        ({"company_id": ""}, "company_id: fill in"),
        ({"base_url": "http://api.procore.com"}, "base_url: write https://"),
        ({"token_url": "https://169.254.169.254/token"}, "token_url: 169.254.169.254"),
        ({"hourly_limit": "lots"}, "hourly_limit: write a whole number"),
        ({"base_url": "https://sandbox.procore.com"}, "login_url: sandbox.procore.com takes logins of"),
    ],
)
def test_a_wrong_field_is_named_with_what_to_write(changes: dict[str, str], complaint: str) -> None:
    complaints = connector.check({**FORM, **changes})
    assert len(complaints) == 1
    assert complaints[0].startswith(complaint)


def test_a_rehearsal_form_is_fine() -> None:
    url = "http://127.0.0.1:9001"
    assert connector.check({**FORM, "base_url": url, "login_url": url, "token_url": f"{url}/oauth/token"}) == []


def test_the_hourly_window_keeps_a_reserve() -> None:
    (hourly,) = connector.windows(FORM)
    assert (hourly.scope, hourly.seconds, hourly.limit, hourly.reserve) == ("procore:app", 3600, 3600, 180)
    assert [window.limit for window in connector.windows({**FORM, "hourly_limit": "0", "spike_limit": "25"})] == [25]


def test_calls_carry_token_and_company(client: Client, server: Any) -> None:
    server.rows["/rest/v1.0/vendors"] = []
    client.vendors()
    login, call = server.requests
    assert str(login.url) == "https://login.procore.com/oauth/token"
    assert login.content == b"grant_type=client_credentials&client_id=app&client_secret=s3cret"
    assert (call.headers["authorization"], call.headers["procore-company-id"]) == ("Bearer jwt", "9001")


def test_the_window_headers_feed_the_budget(client: Client, server: Any, budget: Any) -> None:
    server.rows["/rest/v1.0/vendors"] = []
    client.vendors()
    assert budget.taken == ["procore:app", "procore:app"]
    assert budget.seen == [(3599, datetime.fromtimestamp(1769864400, UTC))]


def test_a_limit_is_waited_out_to_the_later_of_both_times(client: Client, server: Any, clock: Any) -> None:
    reset = int(clock.now().timestamp()) + 9
    headers = {"X-Rate-Limit-Remaining": "0", "X-Rate-Limit-Reset": str(reset), "Retry-After": "4"}
    words = "You have surpassed the max number of requests for an hour."
    server.replies["GET /rest/v1.0/vendors"] = httpx2.Response(429, headers=headers, text=words)
    with pytest.raises(errors.RateLimited, match="surpassed the max number") as caught:
        client.vendors()
    assert caught.value.after == timedelta(seconds=9)


def test_an_app_that_is_not_installed_breaks_the_connection(client: Client, server: Any) -> None:
    body = {"errors": ["App is not connected to this company."]}
    server.replies["GET /rest/v1.0/vendors"] = httpx2.Response(403, json=body)
    with pytest.raises(errors.BadConfiguration, match=r"9001: App is not connected .* install the app"):
        client.vendors()


def test_logging_out_revokes_the_token_once(client: Client, server: Any, context: Any) -> None:
    server.rows["/rest/v1.0/vendors"] = []
    client.vendors()
    reply = httpx2.Response(200, json={})
    revoked: list[bytes] = []

    def handle(request: httpx2.Request) -> httpx2.Response:
        revoked.append(request.content)
        return reply

    client._transport = httpx2.MockTransport(handle)
    client.log_out()
    client.log_out()
    assert revoked == [b"token=jwt&client_id=app&client_secret=s3cret"]
    assert context.tokens.read() is None


def test_master_data(client: Client, server: Any) -> None:
    server.rows["/rest/v1.0/vendors"] = [
        {"id": 562949953000101, "name": "Fjord Betong AS", "country_code": "NO", "is_active": True, "zip": None}
        | {"business_register": {"type": "ein", "identifier": "999888777"}, "city": "Bergen"},
        {"id": 7, "name": "Old Co", "is_active": False, "business_register": None},
    ]
    assert connector.suppliers(client) == [
        Supplier(key="562949953000101", name="Fjord Betong AS", tax_id="999888777", country="NO", city="Bergen"),
        Supplier(key="7", name="Old Co", active=False),
    ]
    server.rows["/rest/v1.1/projects"] = [
        {"id": 4711, "name": "North Quay", "project_number": "P-1", "active": True, "accounting_project_number": "TES9"}
    ]
    assert connector.projects(client) == [Project(key="4711", number="P-1", name="North Quay", other_key="TES9")]
    server.rows["/rest/v1.0/projects/4711/work_breakdown_structure/wbs_codes"] = [
        {"id": 3301, "flat_code": "03-200.M", "flat_name": "Rebar.Materials", "status": "active"}
    ]
    assert connector.cost_codes(client, "4711") == [
        CostCode(key="3301", project="4711", cost_code="03-200", cost_type="M", code="03-200.M", name="Rebar.Materials")
    ]


@pytest.fixture
def healthy(server: Any) -> Any:
    server.replies["GET /rest/v1.0/me"] = httpx2.Response(200, json={"id": 77, "login": "dmsa@x", "name": "DMSA"})
    server.rows["/rest/v1.0/companies"] = [{"id": 9001, "name": "Builders Ltd"}]
    server.rows["/rest/v1.1/projects"] = [{"id": 4711, "name": "North Quay"}]
    server.rows["/rest/v1.1/requisitions"] = []
    server.rows["/rest/v1.0/webhooks/hooks"] = []
    return server


def statuses(steps: list[PingStep]) -> dict[str, str]:
    return {step.name: step.status.value for step in steps}


def test_a_healthy_connection_pings(client: Client, healthy: Any) -> None:
    steps = list(ping(client))
    assert [step.name for step in steps] == list(PING_STEPS)
    assert statuses(steps) == dict.fromkeys(PING_STEPS, "ok") | {"version": "not offered"}
    assert "3599 of 3600 calls left" in steps[-1].found


def test_ping_stops_at_refused_credentials(client: Client, healthy: Any) -> None:
    healthy.replies["GET /rest/v1.0/me"] = httpx2.Response(401, json={"errors": "The access token is invalid"})
    steps = {step.name: step for step in ping(client)}
    assert steps["reachable"].status is PingStatus.OK
    assert steps["authenticated"].status is PingStatus.FAILED
    assert "client_secret" in steps["authenticated"].todo
    assert steps["company"].found == "not tried, because 'authenticated' failed"


def test_ping_names_the_companies_it_sees_instead(client: Client, healthy: Any) -> None:
    healthy.rows["/rest/v1.0/companies"] = [{"id": 8000, "name": "Other Ltd"}]
    steps = {step.name: step for step in ping(client)}
    assert "8000 (Other Ltd)" in steps["company"].found
    assert steps["permissions"].status is PingStatus.FAILED


def test_ping_tells_of_an_app_that_is_not_connected(client: Client, healthy: Any) -> None:
    body = {"errors": ["App is not connected to this company."]}
    healthy.replies["GET /rest/v1.1/projects"] = httpx2.Response(403, json=body)
    assert "App is not connected" in {step.name: step.found for step in ping(client)}["company"]


def test_ping_tells_missing_rights_apart(client: Client, healthy: Any) -> None:
    forbidden = httpx2.Response(403, json={"errors": ["Forbidden"]})
    healthy.replies["GET /rest/v1.1/requisitions"] = forbidden
    healthy.replies["GET /rest/v1.0/webhooks/hooks"] = forbidden
    found = statuses(list(ping(client)))
    assert (found["company"], found["permissions"], found["webhooks"], found["limits"]) == (
        "ok",
        "failed",
        "failed",
        "ok",
    )


def test_ping_leaves_a_hidden_project_list_to_the_permissions_step(client: Client, healthy: Any) -> None:
    healthy.replies["GET /rest/v1.1/projects"] = httpx2.Response(403, json={"errors": ["Forbidden"]})
    found = statuses(list(ping(client)))
    assert (found["company"], found["permissions"], found["webhooks"]) == ("ok", "failed", "ok")


@pytest.mark.parametrize(
    ("authorization", "genuine"),
    [
        ("Bearer hook", True),
        ("hook", True),
        (" Bearer hook ", True),
        ("Bearer hoo", False),
        ("", False),
        ("Bearer ", False),
    ],
)
def test_a_delivery_must_carry_the_secret(authorization: str, genuine: bool) -> None:
    assert verify({"authorization": authorization}, b"{}", "hook") is genuine
    assert not verify({"authorization": authorization}, b"{}", "")


V2 = {
    "id": 123456789,
    "ulid": "01JKQ3V9W0ZB8N6T4F2C1D5E7A",
    "timestamp": "2026-01-15T23:34:12.246562Z",
    "metadata": {"source_user_id": 77, "source_operation_id": None},
    "project_id": 4711,
    "api_version": "v2.0",
    "event_type": "update",
    "resource_name": "Direct Costs",
    "resource_id": 9100,
}
AT = datetime(2026, 1, 15, 23, 34, 12, 246562, tzinfo=UTC)


@pytest.mark.parametrize(
    ("payload", "notice"),
    [
        (V2, Notice(event="01JKQ3V9W0ZB8N6T4F2C1D5E7A", resource="Direct Costs", scope="4711", at=AT)),
        ({**V2, "ulid": None}, Notice(event="123456789", resource="Direct Costs", scope="4711", at=AT)),
        (
            {**V2, "project_id": None, "timestamp": "?"},
            Notice(event="01JKQ3V9W0ZB8N6T4F2C1D5E7A", resource="Direct Costs"),
        ),
        (
            {**V2, "related_resources": [{"id": 1, "name": "x"}]},
            Notice(event=str(V2["ulid"]), resource="Direct Costs", scope="4711", at=AT),
        ),
        (
            {
                "id": "01ABC",
                "timestamp": V2["timestamp"],
                "reason": "create",
                "project_id": "4711",
                "resource_type": "Projects",
            },
            Notice(event="01ABC", resource="Projects", scope="4711", at=AT),
        ),
    ],
)
def test_payloads_of_every_version_are_read(payload: dict[str, Any], notice: Notice) -> None:
    assert parse(json.dumps(payload).encode()) == [notice]


class Hooks:
    """Procore's hooks and triggers, as far as §12 tells."""

    def __init__(self, server: Any) -> None:
        self.hooks: list[dict[str, Any]] = []
        self.triggers: dict[int, list[dict[str, str]]] = {}
        self.changes: list[str] = []
        self.refuse: set[str] = set()
        server.replies["GET /rest/v1.0/webhooks/hooks"] = self._list
        server.replies["POST /rest/v1.0/webhooks/hooks"] = self._create
        self._server = server

    def _list(self, request: httpx2.Request) -> httpx2.Response:
        owner = request.url.params.get("project_id") or request.url.params["company_id"]
        assert request.url.params["namespace"] == "ml-connector"
        shown = [hook for hook in self.hooks if hook["owner"] == owner]
        masked = [{**hook, "destination_headers": {"Authorization": "****" + hook["secret"][-5:]}} for hook in shown]
        return httpx2.Response(200, json=masked)

    def _create(self, request: httpx2.Request) -> httpx2.Response:
        body = json.loads(request.content)
        key = len(self.hooks) + 1
        owner = str(body.get("project_id") or body["company_id"])
        wanted = body["hook"]
        secret = wanted["destination_headers"]["Authorization"]
        self.hooks.append({"id": key, "owner": owner, "secret": secret, "destination_url": wanted["destination_url"]})
        self.triggers[key] = []
        path = f"/rest/v1.0/webhooks/hooks/{key}"
        self._server.replies[f"GET {path}/triggers"] = lambda _: httpx2.Response(200, json=self.triggers[key])
        self._server.replies[f"POST {path}/triggers/bulk"] = lambda request: self._subscribe(key, request)
        self._server.replies[f"PATCH {path}"] = lambda request: self._update(key, request)
        self.changes.append(f"hook {key}")
        return httpx2.Response(201, json=self.hooks[-1])

    def _update(self, key: int, request: httpx2.Request) -> httpx2.Response:
        secret = json.loads(request.content)["hook"]["destination_headers"]["Authorization"]
        self.hooks[key - 1]["secret"] = secret
        self.changes.append(f"secret {key}")
        return httpx2.Response(200, json=self.hooks[key - 1])

    def _subscribe(self, key: int, request: httpx2.Request) -> httpx2.Response:
        wanted = json.loads(request.content)["triggers"]
        taken = [each for each in wanted if each["resource_name"] not in self.refuse]
        failed = [{"code": "x", "message": "not offered", "trigger": each} for each in wanted if each not in taken]
        self.triggers[key] += [{**each, "event_type": each["event_type"].upper()} for each in taken]
        self.changes.append(f"triggers {key}")
        return httpx2.Response(207 if failed else 200, json={"success": [], "failed": failed})


URL = "https://hub.example/hooks/abc"


def test_hooks_are_made_once_for_the_company_and_each_project(client: Client, server: Any) -> None:
    hooks = Hooks(server)
    made = ensure_hooks(client, URL, "secret-1", ["4711", "4712"])
    assert [(each.owner, each.created, each.refused) for each in made] == [
        ("company_id 9001", True, ()),
        ("project_id 4711", True, ()),
        ("project_id 4712", True, ()),
    ]
    assert {hook["secret"] for hook in hooks.hooks} == {"Bearer secret-1"}
    assert {"resource_name": "Payment Applications", "event_type": "UPDATE"} in hooks.triggers[2]
    assert {"resource_name": "Direct Cost Line Items", "event_type": "DELETE"} in hooks.triggers[2]
    hooks.changes.clear()
    assert not any(each.created for each in ensure_hooks(client, URL, "secret-1", ["4711", "4712"]))
    assert hooks.changes == []


def test_a_new_secret_is_given_to_the_hooks(client: Client, server: Any) -> None:
    hooks = Hooks(server)
    ensure_hooks(client, URL, "secret-1", [])
    ensure_hooks(client, URL, "another-2", [])
    assert [hook["secret"] for hook in hooks.hooks] == ["Bearer another-2"]


def test_refused_triggers_are_told(client: Client, server: Any) -> None:
    hooks = Hooks(server)
    hooks.refuse = {"Projects"}
    (company,) = ensure_hooks(client, URL, "secret-1", [])
    assert company.refused == ("Projects create: not offered", "Projects update: not offered")
    assert {each["resource_name"] for each in hooks.triggers[1]} == {
        "Company Vendors",
        "Standard Cost Codes",
        "Line Item Types",
    }
