"""The Visma.net connector against the sandbox, over HTTP: whom a connection speaks for, limits, notifications."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
from visma_net_connected import CREATE, form, journal, opened, posted
from visma_over_http import Erp, erp

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context, MemoryTokens, NoBudget, Token
from ml_connector.connectors.kit.declaration import PING_STEPS, PingStatus
from ml_connector.connectors.visma_net import connector
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.connector import visma_net
from ml_connector.connectors.visma_net.webhooks import register, webhooks
from ml_connector.sandbox.visma_net.vendor import CUSTOMER_TENANT, OTHER_COMPANY, OTHER_TENANT

OTHER = "3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e9999"


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp(rate_limits=True) as found:
        yield found


@pytest.fixture
def client(running: Erp) -> Iterator[VismaClient]:
    running.reset()
    found = opened(running)
    yield found
    found.close()


def api_calls(running: Erp) -> list[str]:
    return [one["path"] for one in running.control.get("/calls").json() if "connect/token" not in one["path"]]


def test_a_good_connection_pings_well(client: VismaClient) -> None:
    steps = list(visma_net.ping(client))
    assert tuple(step.name for step in steps) == PING_STEPS
    assert {step.name: step.status for step in steps} == dict.fromkeys(PING_STEPS, PingStatus.OK)
    found = {step.name: step.found for step in steps}
    assert "Lake Erie" in found["company"] and "calls left" in found["limits"]


@pytest.mark.parametrize(
    ("settings", "failed"),
    [
        ({"company_id": "1"}, "company"),
        ({"tenant_id": OTHER}, "authenticated"),
        ({"client_secret": "no"}, "authenticated"),
        ({"organisation_number": "999"}, "company"),
        ({"scopes": "vismanet_erp_service_api:read"}, "permissions"),
    ],
)
def test_ping_tells_which_field_is_wrong(running: Erp, settings: dict[str, str], failed: str) -> None:
    running.reset()
    steps = {step.name: step for step in visma_net.ping(opened(running, **settings))}
    first = next(step for step in steps.values() if step.status is PingStatus.FAILED)
    assert first.name == failed and first.todo


def test_a_company_that_is_not_the_tokens_gets_nothing(running: Erp) -> None:
    running.reset()
    for settings in ({"company_id": "1"}, {"organisation_number": "999"}):
        with pytest.raises(errors.BadConfiguration, match="company"):
            posted(opened(running, **settings), journal(1))
    with pytest.raises(errors.BadCredentials, match="approved"):
        posted(opened(running, tenant_id=OTHER), journal(1))
    assert not [row for row in running.books("journal") if row["reference"] and "JJJJ" in row["reference"]]


def test_tenant_and_company_must_be_the_same_companys(running: Erp) -> None:
    running.reset()
    for settings in ({"tenant_id": OTHER_TENANT}, {"company_id": str(OTHER_COMPANY)}):
        with pytest.raises(errors.BadConfiguration, match="company_id and tenant_id"):
            connector.supplier_list(opened(running, **settings))
    ours, theirs = opened(running), opened(running, tenant_id=OTHER_TENANT, company_id=str(OTHER_COMPANY))
    assert len(connector.supplier_list(ours)) == 9 and connector.supplier_list(theirs) == []
    assert theirs.known("/v1/supplier", "V00001") is None and ours.known("/v1/supplier", "V00001") is not None


def test_the_customers_tenant_is_told_from_the_companys(running: Erp) -> None:
    running.reset()
    client = opened(running, tenant_id=CUSTOMER_TENANT)
    with pytest.raises(errors.BadCredentials, match="customer instead of the company"):
        connector.supplier_list(client)
    failed = [step.name for step in visma_net.ping(client) if step.status is PingStatus.FAILED]
    assert failed[0] == "company" and "webhooks" in failed


def test_where_no_header_is_asked_for_the_organisation_number_decides(running: Erp) -> None:
    running.reset()
    running.switch(require_company_header=False)
    running.control.delete("/calls")
    with pytest.raises(errors.BadConfiguration, match="and not 999"):
        CREATE.run(opened(running, organisation_number="999"), [journal(1)])
    assert [path.rpartition("/")[2] for path in api_calls(running)] == ["organization"]
    posted(opened(running, organisation_number="918273645"), journal(1))


def test_a_stored_token_of_another_tenant_is_never_sent(running: Erp) -> None:
    running.reset()
    claims = base64.urlsafe_b64encode(f'{{"tenant_id":"{OTHER}"}}'.encode()).decode().rstrip("=")
    stolen = Token(access=f"e30.{claims}.c2ln", expires=datetime.now(UTC) + timedelta(hours=1))
    tokens = MemoryTokens()
    tokens.save(stolen)
    client = VismaClient(Context(connection="C-1", settings=form(running), tokens=tokens))
    assert tokens.read() is None, "a token of other settings is dropped"
    tokens.save(stolen)
    running.control.delete("/calls")
    with pytest.raises(errors.BadConfiguration, match="nothing was sent"):
        connector.branches(client)
    assert api_calls(running) == []


def test_an_expired_and_a_refused_token_are_renewed_once(client: VismaClient, running: Erp) -> None:
    connector.branches(client)
    running.order("/faults", {"match": {"method": "GET", "path": ".*"}, "effect": "expire_token", "times": 1})
    assert connector.branches(client)
    running.act("withdraw_application")
    with pytest.raises(errors.BadCredentials):
        connector.branches(client)


def test_a_missing_right_is_named(running: Erp) -> None:
    running.reset()
    with pytest.raises(errors.NotPermitted, match="scopes"):
        CREATE.run(opened(running, scopes="vismanet_erp_service_api:read"), [journal(1)])


class Windows(NoBudget):
    """Remembers what the vendor's answers told of the hour."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, int]] = []
        self.limits: list[tuple[str, timedelta]] = []

    def observed(self, scope: str, *, remaining: int, resets: datetime) -> None:
        self.seen.append((scope, remaining))

    def limited(self, scope: str, *, wait: timedelta) -> None:
        self.limits.append((scope, wait))


def test_the_hours_limit_is_told_and_kept(running: Erp) -> None:
    running.reset()
    budget = Windows()
    client = VismaClient(Context(connection="C-1", settings=form(running), budget=budget))
    connector.branches(client)
    running.switch(rate_limit=4)
    with pytest.raises(errors.RateLimited) as limited:
        _ = [connector.branches(client) for _ in range(6)]
    (scope, remaining), *_ = budget.seen
    assert str(running.ready["company_id"]) in scope and running.ready["client_id"] in scope and remaining > 0
    assert {one for one, _ in budget.seen} == {scope} and "secret" not in scope
    assert limited.value.after is not None and timedelta(0) < limited.value.after <= timedelta(hours=1)
    assert budget.limits[0][0] == scope
    running.advance(3601)
    assert connector.branches(client)


@pytest.mark.parametrize("prefix", ["", "/API/controller/api", "/api/CONTROLLER/api"])
def test_both_path_forms_are_taken(running: Erp, prefix: str) -> None:
    running.reset()
    client = opened(running, base_url=f"{running.ready['base_url']}{prefix}/")
    (item,) = posted(client, journal(1))
    assert item.number


class Hook(BaseHTTPRequestHandler):
    """Keeps what is delivered to it."""

    got: list[tuple[dict[str, str], bytes]] = []

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        Hook.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *said: Any) -> None:
        pass


@pytest.fixture
def hook() -> Iterator[str]:
    Hook.got.clear()
    server = HTTPServer(("127.0.0.1", 0), Hook)
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/hook"
    server.shutdown()


def test_deliveries_are_signed_and_only_trigger(client: VismaClient, running: Erp, hook: str) -> None:
    running.switch(webhooks_enabled=True, webhook_secret="s3cret")
    assert all(words.endswith(" made") for words in register(client, hook, "s3cret"))
    assert all(words.endswith("in place") for words in register(client, hook, "s3cret"))
    assert any(words.endswith("leads here now") for words in register(client, hook + "2", "s3cret"))
    register(client, hook, "s3cret")
    running.act("edit_supplier", number="V00001", name="Told")
    deadline = datetime.now(UTC) + timedelta(seconds=10)
    while not Hook.got and datetime.now(UTC) < deadline:
        running.control.get("/events")
    headers, body = Hook.got[0]
    assert webhooks.verify(headers, body, "s3cret")
    assert not webhooks.verify(headers, body + b" ", "s3cret") and not webhooks.verify(headers, body, "other")
    (notice,) = webhooks.parse(body)
    assert notice.resource == "supplier_changed" and notice.event and notice.at is not None


@pytest.mark.parametrize("status", ["404", "410"])
def test_where_subscriptions_are_gone_a_person_is_told_what_to_do(
    client: VismaClient, running: Erp, status: str
) -> None:
    running.switch(subscription_endpoint=status)
    (words,) = register(client, "https://example.com/hook", "")
    assert "Developer Portal" in words
    step = next(step for step in visma_net.ping(client) if step.name == "webhooks")
    assert step.status is PingStatus.NOT_OFFERED and step.todo
