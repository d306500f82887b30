"""Who a connection speaks for, how its calls go, and what answers mean."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from visma_company import FORM, TENANT, Company, answer, jwt, supplier

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import failures, form
from ml_connector.connectors.visma_net.addresses import address_of, number_of
from ml_connector.connectors.visma_net.client import VismaClient

Opened = Callable[..., VismaClient]
OTHER = "00000000-6f0a-4d9d-9f3e-2a0c5a7e1188"


def test_every_call_bears_company_and_token_and_asks_for_the_tenant(client: VismaClient, company: Company) -> None:
    client.find(calls.SUPPLIERS)
    grant, listed = company.requests
    assert f"tenant_id={TENANT}" in grant.content.decode() and "grant_type=client_credentials" in grant.content.decode()
    assert listed.headers["ipp-company-id"] == "2031188"
    assert listed.headers["Authorization"] == f"Bearer {company.token}"
    assert company.calls == ["GET /v1/supplier"]


@pytest.mark.parametrize("claims", [{"tenant_id": OTHER}, {"tid": OTHER}, {"tenant_id": TENANT, "company_id": 7}])
def test_a_token_for_somebody_else_is_not_used(client: VismaClient, company: Company, claims: dict[str, Any]) -> None:
    company.token = jwt(**claims)
    with pytest.raises(errors.BadConfiguration, match="nothing was sent"):
        client.find(calls.SUPPLIERS)
    assert company.calls == [] and client.context.tokens.read() is None


def test_an_opaque_token_has_the_company_name_itself_once(client: VismaClient, company: Company) -> None:
    company.token = "opaque"
    client.find(calls.SUPPLIERS)
    client.find(calls.SUPPLIERS)
    assert company.calls == ["GET /v1/organization", "GET /v1/supplier", "GET /v1/supplier"]


def test_with_an_opaque_token_nothing_is_sent_to_a_nameless_company(client: VismaClient, company: Company) -> None:
    company.token = "opaque"
    company.on("GET", "/v1/organization", answer([]))
    with pytest.raises(errors.BadConfiguration, match="names no company"):
        client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})
    assert company.calls == ["GET /v1/organization"]


@pytest.mark.parametrize(("number", "fits"), [("987654321", True), ("987 654 321", True), ("111111111", False)])
def test_the_organisation_number_is_compared_first(opened: Opened, company: Company, number: str, fits: bool) -> None:
    client = opened(organisation_number=number)
    if fits:
        assert len(client.find(calls.SUPPLIERS)) == 1
    else:
        with pytest.raises(errors.BadConfiguration, match=r"Nordbygg AS .*organisation_number"):
            client.find(calls.SUPPLIERS)
        assert company.calls == ["GET /v1/organization"]


def test_without_certainty_no_client_is_opened(context: Context) -> None:
    for changes in ({"company_id": ""}, {"company_id": "12 34"}, {"tenant_id": "Nordbygg"}):
        context.settings = {**FORM, **changes}
        with pytest.raises(errors.BadConfiguration):
            VismaClient(context)


COMPLAINTS: list[tuple[dict[str, str], str]] = [
    ({}, ""),
    ({"company_id": "01"}, "company_id"),
    ({"tenant_id": "x"}, "tenant_id"),
    ({"base_url": "http://api.example.com"}, "base_url"),
    ({"token_url": "ftp://x"}, "token_url"),
    ({"page_size": "0"}, "page_size"),
    ({"calls_per_hour": "many"}, "calls_per_hour"),
    ({"scopes": "openid"}, "scopes"),
    ({"client_secret": ""}, "client_secret"),
]


@pytest.mark.parametrize(("changes", "field"), COMPLAINTS)
def test_the_form_names_the_wrong_field(changes: dict[str, str], field: str) -> None:
    found = form.check({**FORM, **changes})
    assert [one.partition(":")[0] for one in found] == ([field] if field else [])


def test_production_needs_four_fields_only() -> None:
    filled = {name: FORM[name] for name in ("client_id", "client_secret", "tenant_id", "company_id")}
    assert form.check(filled) == []
    stated = form.settings(filled)
    assert (stated.base_url, stated.token_base, stated.token_path) == (
        "https://api.finance.visma.net", "https://connect.visma.com", "/connect/token",
    )  # fmt: skip
    assert stated.scopes.count("vismanet_erp_service_api:") == 4
    assert form.settings({**filled, "base_url": "https://x.example/v1/"}).base_url == "https://x.example"
    assert "s3cret" not in stated.scope and TENANT in stated.scope


def test_both_path_forms_are_kept(opened: Opened, company: Company) -> None:
    client = opened(base_url=f"{FORM['base_url']}API/controller/api")
    company.on("GET", "/api/controller/api/v1/supplier", answer([]))
    assert client.everything(calls.SUPPLIERS) == []


@pytest.mark.parametrize("largest", [1, 2, 3, 1000])
def test_pages_are_walked_however_the_vendor_cuts_them(client: VismaClient, company: Company, largest: int) -> None:
    company.lists["/v1/supplier"] = [supplier(f"S{number}") for number in range(7)]
    company.largest = largest
    found = [row["number"] for row in client.everything(calls.SUPPLIERS)]
    assert found == [f"S{number}" for number in range(7)]
    assert len(company.calls) == -(-7 // min(3, largest))


def test_a_full_page_without_total_and_an_empty_list_end(client: VismaClient, company: Company) -> None:
    told = {"metadata": {"maxPageSize": 3}}
    rows = [{**supplier(f"S{number}"), **told} for number in range(3)]
    company.on("GET", "/v1/supplier", answer(rows), answer([]))
    assert len(client.everything(calls.SUPPLIERS)) == 3
    company.lists["/v1/supplier"] = []
    assert client.everything(calls.SUPPLIERS) == []


def test_a_list_that_is_none_cannot_be_read(client: VismaClient, company: Company) -> None:
    company.on("GET", "/v1/supplier", answer({"value": []}))
    with pytest.raises(errors.Unreadable, match="array"):
        client.find(calls.SUPPLIERS)


def accepted(company: Company, *states: dict[str, Any], content: Any = None, method: str = "GET") -> None:
    company.on(method, "/v1/supplier", answer({"id": "r1", "stateLocation": "x/v1/background/r1"}, 202))
    company.on("GET", "/v1/background/r1", *(answer(state) for state in states))
    company.on("GET", "/v1/background/r1/content", answer(content))


STARTED = {"id": "r1", "status": "Started", "statusCode": 0}
FINISHED = {"id": "r1", "status": "Finished", "statusCode": 200, "hasResponseContent": True, "responseHeaders": {}}


def test_an_answer_in_the_background_is_polled(client: VismaClient, company: Company) -> None:
    accepted(company, STARTED, STARTED, FINISHED, content=[{"number": "7"}])
    assert client.find(calls.SUPPLIERS) == [{"number": "7"}]


def test_a_creation_in_the_background_tells_its_number(client: VismaClient, company: Company) -> None:
    made = {"status": "Finished", "statusCode": 201, "responseHeaders": {"Location": ["https://other/v1/supplier/77"]}}
    accepted(company, STARTED, made, method="POST")
    assert client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})[0] == "77"


@pytest.mark.parametrize("status", [403, 404, 410])
def test_a_write_that_nobody_can_ask_after_any_more_may_be_done(
    client: VismaClient, company: Company, status: int
) -> None:
    accepted(company, STARTED, method="POST")
    company.on("GET", "/v1/background/r1", answer({"message": "Gone"}, status))
    with pytest.raises(errors.AnswerLost):
        client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})


def test_a_refusal_in_the_background_is_a_refusal(client: VismaClient, company: Company) -> None:
    said = {"message": "VismaId: 1. Feil."}
    failed = {"status": "Failed", "statusCode": 400, "hasResponseContent": True, "responseHeaders": {}}
    accepted(company, failed, content=said, method="POST")
    with pytest.raises(errors.Refusal, match=r"refused: Feil$"):
        client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})


def test_what_takes_too_long_is_read_later_or_looked_up(client: VismaClient, company: Company) -> None:
    accepted(company, *[STARTED] * 4)
    with pytest.raises(errors.TryLater):
        client.find(calls.SUPPLIERS)
    accepted(company, *[STARTED] * 4, method="POST")
    with pytest.raises(errors.AnswerLost):
        client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})


def test_a_creation_without_a_number_is_looked_up(client: VismaClient, company: Company) -> None:
    company.on("POST", "/v1/supplier", httpx2.Response(201))
    with pytest.raises(errors.AnswerLost, match="number"):
        client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})


FAULT = {"ExceptionType": "IPPException", "ExceptionFaultCode": "12002", "ExceptionMessage": ""}
ANSWERS: list[tuple[int, Any, type[errors.VendorError]]] = [
    (400, FAULT, errors.BadConfiguration),
    (400, {**FAULT, "ExceptionFaultCode": 12027}, errors.BadConfiguration),
    (400, {"message": "VismaId: 1. Konto '1' finnes ikke.\r\n"}, errors.Refusal),
    (400, {"Message": "VismaId: 1. Kontoen er stengt."}, errors.Refusal),
    (400, {"ExceptionType": "IPPException", "ExceptionFaultCode": "13000", "ExceptionMessage": "x"}, errors.Refusal),
    (500, {"message": "VismaId: 1. Konto '1' finnes ikke."}, errors.Refusal),
    (500, {"message": "Internal server error"}, errors.AnswerLost),
    (500, None, errors.AnswerLost),
    (503, {"message": "VismaId: 1. Busy"}, errors.AnswerLost),
    (401, {"statusCode": 401}, errors.BadCredentials),
    (403, {}, errors.NotPermitted),
    (404, {"message": "VismaId: 1. Finnes ikke"}, errors.NotFound),
    (412, {"message": "?"}, failures.Changed),
    (429, {"statusCode": 429}, errors.RateLimited),
]


@pytest.mark.parametrize(("status", "body", "kind"), ANSWERS)
def test_what_an_error_means_follows_from_its_status_and_codes(
    client: VismaClient, company: Company, status: int, body: Any, kind: type[errors.VendorError]
) -> None:
    company.on("POST", "/v1/supplier", answer(body, status), answer(body, status))
    with pytest.raises(errors.VendorError) as raised:
        client.create(calls.CREATES[calls.SUPPLIERS], calls.SUPPLIERS, {})
    assert type(raised.value) is kind


def test_the_window_and_the_wait_come_from_the_headers(client: VismaClient, company: Company, budget: Any) -> None:
    told = {"X-RateLimit-Remaining": "12", "X-RateLimit-Reset": "900"}
    company.on("GET", "/v1/supplier", answer([], **told), answer({}, 429, **{"Retry-After": "77"}))
    client.find(calls.SUPPLIERS)
    assert budget.seen == [(12, client.context.clock.now() + timedelta(seconds=900))]
    with pytest.raises(errors.RateLimited):
        client.find(calls.SUPPLIERS)
    assert budget.waits == [timedelta(seconds=77)]
    assert set(budget.taken) == {client.settings.scope, f"{client.settings.scope} token"}


LOGINS = [
    ("invalid_client", "client_secret"),
    ("unauthorized_client", "approved"),
    ("invalid_scope", "scopes"),
    ("something_new", "tenant_id"),
]


@pytest.mark.parametrize(("word", "advice"), LOGINS)
def test_a_refused_log_in_says_what_to_check(client: VismaClient, company: Company, word: str, advice: str) -> None:
    company.on("POST", "/connect/token", answer({"error": word}, 400))
    with pytest.raises(errors.BadCredentials, match=advice):
        client.find(calls.SUPPLIERS)


def keys() -> Iterator[str]:
    yield from ("50112", "V 1/2", "Æ-1", "b64(x)", "..", "a.b", "%41", "né?#")


@pytest.mark.parametrize("key", list(keys()))
def test_keys_survive_their_way_through_addresses(key: str) -> None:
    assert number_of(f"https://any.example/API/controller/api/v1/supplier{address_of(key)}/") == key
    assert address_of(key).count("/") == 1 and " " not in address_of(key)
