"""Signing in, sessions, versions, paging: what every call to an instance rests on."""

from __future__ import annotations

from datetime import timedelta

import httpx2
import pytest
from acumatica_instance import BASE, FORM, Instance, failure, reply, wire

from ml_connector.connectors.acumatica.client import LISTS, READS, AcumaticaClient, Query
from ml_connector.connectors.acumatica.connector import acumatica
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Call, Context

VERSIONS = {
    "version": {"acumaticaBuildVersion": "25.093.0036", "databaseVersion": "25.093.0036"},
    "endpoints": [
        {"name": "Default", "version": "23.200.001", "href": "/inst/entity/Default/23.200.001/"},
        {"name": "Default", "version": "24.200.001", "href": "/inst/entity/Default/24.200.001/"},
        {"name": "DeviceHub", "version": "20.200.001", "href": "/inst/entity/DeviceHub/20.200.001/"},
    ],
}
NO_SLOT = failure("API Login Limit has been exceeded", status=429)


def bills(client: AcumaticaClient) -> list[dict[str, object]]:
    return client.find(LISTS["Bill"], "Bill", Query(top=1))


def test_the_password_grant_names_the_tenant_and_asks_for_one_renewable_session(
    client: AcumaticaClient, instance: Instance
) -> None:
    instance.answers("GET", "Bill", reply([]))
    assert bills(client) == []
    assert instance.forms == [
        {
            "grant_type": "password",
            "username": "api",
            "password": "pw",
            "scope": "api offline_access",
            "client_id": "8E0761D9-0000@U100",
            "client_secret": "s3cret",
        }
    ]
    (call,) = instance.asked("GET")
    assert call.headers["authorization"] == "Bearer t1"
    assert str(call.url).startswith(f"{BASE}/entity/Default/24.200.001/Bill?")


def test_tokens_are_renewed_in_time_and_rotate(client: AcumaticaClient, instance: Instance, form: Context) -> None:
    instance.answers("GET", "Bill", reply([]))
    for _ in range(3):
        bills(client)
        form.clock.sleep(3550)
    assert [entry.get("refresh_token") for entry in instance.forms] == [None, "r1", "r2"]


@pytest.mark.parametrize("dead", [reply({"error": "invalid_grant"}, 400), httpx2.ReadError("connection reset")])
def test_a_dead_or_lost_refresh_is_followed_by_a_new_login(
    client: AcumaticaClient, instance: Instance, form: Context, dead: httpx2.Response | Exception
) -> None:
    instance.answers("GET", "Bill", reply([]))
    bills(client)
    form.clock.sleep(3550)
    token = reply({"access_token": "t9", "expires_in": 3600, "refresh_token": "r9"})
    instance.answers("POST", "/identity/connect/token", dead, token)
    bills(client)
    assert [entry["grant_type"] for entry in instance.forms] == ["password", "refresh_token", "password"]


@pytest.mark.parametrize("client_id", ["8E0761D9-0000", "8E0761D9-0000@", "@U100", "8E0761D9-0000@U200"])
def test_without_a_certain_tenant_nothing_is_called(form: Context, instance: Instance, client_id: str) -> None:
    form.settings = FORM | {"client_id": client_id}
    with pytest.raises(errors.BadConfiguration, match=r"client_id|tenant_id"):
        AcumaticaClient(form, transport=instance.transport)
    assert instance.requests == []


def test_login_limit_frees_our_own_old_session(client: AcumaticaClient, instance: Instance, form: Context) -> None:
    instance.answers("GET", "Bill", reply([]))
    bills(client)
    form.clock.sleep(4000)
    instance.answers("POST", "/identity/connect/token", NO_SLOT)
    instance.answers("POST", "/entity/auth/logout", httpx2.Response(204))
    with pytest.raises(errors.TryLater, match="SM604000") as caught:
        bills(client)
    assert caught.value.after == timedelta(minutes=2)
    (logout,) = instance.asked("POST", "/entity/auth/logout")
    assert logout.headers["authorization"] == "Bearer t1"
    assert logout.headers["content-length"] == "0"


@pytest.mark.parametrize("status", [429, 500])
def test_login_limit_on_a_call_gives_our_session_back(
    client: AcumaticaClient, instance: Instance, form: Context, status: int
) -> None:
    instance.answers("GET", "Bill", failure("API Login Limit", status=status))
    instance.answers("POST", "/entity/auth/logout", httpx2.Response(204))
    with pytest.raises(errors.TryLater, match="our own session was logged out"):
        bills(client)
    assert form.tokens.read() is None


def test_login_limit_without_a_session_of_ours_only_waits(client: AcumaticaClient, instance: Instance) -> None:
    instance.answers("POST", "/identity/connect/token", failure("API Login Limit", status=500))
    with pytest.raises(errors.TryLater):
        bills(client)
    assert instance.asked("POST", "/entity/auth/logout") == []


def test_wrong_password_is_bad_credentials(client: AcumaticaClient, instance: Instance) -> None:
    instance.answers("POST", "/identity/connect/token", reply({"error": "invalid_grant"}, 400))
    with pytest.raises(errors.BadCredentials, match="invalid_grant"):
        bills(client)


def test_log_out_frees_the_slot_and_forgets_the_token(
    client: AcumaticaClient, instance: Instance, form: Context
) -> None:
    client.log_out()
    assert instance.requests == []
    instance.answers("GET", "Bill", reply([]))
    bills(client)
    instance.answers("POST", "/entity/auth/logout", httpx2.Response(204))
    client.log_out()
    assert form.tokens.read() is None
    assert len(instance.asked("POST", "/entity/auth/logout")) == 1


def test_log_out_with_a_dead_token_is_done(client: AcumaticaClient, instance: Instance, form: Context) -> None:
    instance.answers("GET", "Bill", reply([]))
    bills(client)
    instance.answers("POST", "/entity/auth/logout", httpx2.Response(401))
    client.log_out()
    assert form.tokens.read() is None


def test_a_version_that_is_not_served_is_named_with_those_that_are(form: Context, instance: Instance) -> None:
    form.settings = FORM | {"endpoint_version": "26.100.001"}
    client = AcumaticaClient(form, transport=instance.transport)
    instance.answers("GET", "/entity/Default/26.100.001/Bill", failure("No HTTP resource was found.", status=404))
    instance.answers("GET", "/entity", reply(VERSIONS))
    with pytest.raises(errors.BadConfiguration, match=r"26\.100\.001: set endpoint_version to one of 23\.200\.001, 24"):
        bills(client)


def test_an_endpoint_name_that_is_not_served_is_named_with_what_is(form: Context, instance: Instance) -> None:
    form.settings = FORM | {"endpoint": "Ours"}
    client = AcumaticaClient(form, transport=instance.transport)
    instance.answers("GET", "/entity/Ours/24.200.001/Bill", httpx2.Response(404))
    instance.answers("GET", "/entity", reply(VERSIONS))
    with pytest.raises(errors.BadConfiguration, match=r"no endpoint named Ours.*DeviceHub 20\.200\.001"):
        bills(client)


def test_an_entity_that_the_endpoint_lacks_is_only_not_found(client: AcumaticaClient, instance: Instance) -> None:
    instance.answers("GET", "Bill", httpx2.Response(404))
    instance.answers("GET", "/entity", reply(VERSIONS["endpoints"]))  # old builds answer with the bare list
    with pytest.raises(errors.NotFound):
        bills(client)


def test_the_branch_goes_with_every_call(form: Context, instance: Instance) -> None:
    form.settings = FORM | {"branch": "SOUTH"}
    client = AcumaticaClient(form, transport=instance.transport)
    instance.answers("GET", "Bill", reply([]))
    bills(client)
    assert instance.asked("GET")[0].headers["px-cbapibranch"] == "SOUTH"


def vendor(number: int) -> dict[str, object]:
    return {"id": f"v{number}"} | wire(VendorID=f"V{number}")


@pytest.fixture
def paged(form: Context, instance: Instance) -> AcumaticaClient:
    form.settings = FORM | {"page_size": "2"}
    return AcumaticaClient(form, transport=instance.transport)


def test_a_walk_ends_at_the_first_short_page(paged: AcumaticaClient, instance: Instance) -> None:
    instance.answers("GET", "Vendor", reply([vendor(1), vendor(2)]), reply([vendor(2), vendor(3)]), reply([vendor(4)]))
    assert [record["id"] for record in paged.walk("Vendor", Query())] == ["v1", "v2", "v3", "v4"]
    assert [call.url.params.get("$skip") for call in instance.asked("GET")] == [None, "2", "4"]


def test_a_server_that_ignores_the_page_size_gives_everything_at_once(
    paged: AcumaticaClient, instance: Instance
) -> None:
    instance.answers("GET", "Vendor", reply([vendor(number) for number in range(5)]))
    assert len(list(paged.walk("Vendor", Query()))) == 5
    assert len(instance.asked("GET")) == 1


def test_a_server_that_ignores_skip_is_found_out(paged: AcumaticaClient, instance: Instance) -> None:
    instance.answers("GET", "Vendor", reply([vendor(1), vendor(2)]))
    with pytest.raises(errors.Unreadable, match="page after page"):
        list(paged.walk("Vendor", Query()))


def test_a_page_of_html_is_unreadable(client: AcumaticaClient, instance: Instance) -> None:
    page = httpx2.Response(200, headers={"content-type": "text/html"}, content=b"<!DOCTYPE html><title>Error</title>")
    instance.answers("GET", "Bill", page)
    with pytest.raises(errors.Unreadable, match="HTML"):
        bills(client)


def test_keys_with_special_characters_stay_one_part_of_the_path(client: AcumaticaClient, instance: Instance) -> None:
    instance.answers("GET", "Bill/Debit Adj./A/1", reply({"id": "x"}))
    assert client.read(READS["Bill"], "Bill", ("Debit Adj.", "A/1"), Query()) == {"id": "x"}
    assert instance.asked("GET")[0].url.raw_path.endswith(b"/Bill/Debit%20Adj./A%2F1")


def test_every_call_has_a_declared_name(client: AcumaticaClient, instance: Instance, calls: list[Call]) -> None:
    instance.answers("GET", "Bill", reply([]))
    bills(client)
    assert [call.operation for call in calls] == ["token.fetch", "bills.list"]
    assert {call.operation for call in calls} <= set(acumatica.operations)


def test_no_secret_is_in_what_can_be_printed(client: AcumaticaClient) -> None:
    shown = repr(client) + repr(client.settings)
    assert not any(secret in shown for secret in ("s3cret", "pw"))
