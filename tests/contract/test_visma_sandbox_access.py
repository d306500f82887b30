"""Tokens, company header, scopes, addresses, limits, background calls of the Visma.net sandbox (§2–§4, §8, §10)."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator

import httpx2
import pytest
from visma_over_http import INVOICES, JOURNALS, SUPPLIERS, Erp, erp, invoice, journal, wrapped

from ml_connector.sandbox.visma_net.vendor import CUSTOMER_TENANT, OTHER_COMPANY, OTHER_TENANT


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp(rate_limits=True) as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


# tokens


def test_token_answer_is_a_jwt_of_the_tenant_with_its_life(visma: Erp) -> None:
    answer = visma.grant()
    token = answer.json()
    assert (token["token_type"], token["expires_in"]) == ("Bearer", 3600)
    assert set(token) == {"access_token", "token_type", "expires_in", "scope"}
    head, claims, _ = token["access_token"].split(".")
    assert json.loads(base64.urlsafe_b64decode(head + "=="))["alg"] == "RS256"
    assert json.loads(base64.urlsafe_b64decode(claims + "=="))["tenant_id"] == visma.ready["tenant_id"]
    assert visma.grant(basic=True).status_code == 200


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"client_id": "nobody"}, "invalid_client"),
        ({"grant_type": "password"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
        ({"tenant_id": ""}, "invalid_request"),
        ({"scope": "vismanet_erp_service_api:everything"}, "invalid_scope"),
        ({"tenant_id": "00000000-0000-0000-0000-000000000000"}, "unauthorized_client"),
    ],
)
def test_token_errors(visma: Erp, changes: dict[str, str], error: str) -> None:
    answer = visma.grant(**changes)
    assert (answer.status_code, answer.json()) == (400, {"error": error})


def test_a_token_is_over_after_its_life_and_is_not_known_before(visma: Erp) -> None:
    assert visma.http.get("/v1/branch").status_code == 200
    visma.advance(3601)
    over = visma.http.get("/v1/branch")
    assert over.status_code == 401
    assert over.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert over.json() == {"statusCode": 401, "message": "Unauthorized. Access token is missing or invalid."}
    assert visma.http.get("/v1/branch", headers={"Authorization": "Bearer x"}).status_code == 401
    visma.sign_in()
    assert visma.http.get("/v1/branch").status_code == 200


def test_a_customer_tenant_gets_a_token_that_no_call_takes(visma: Erp) -> None:
    visma.sign_in(tenant_id=CUSTOMER_TENANT)
    assert visma.http.get("/v1/branch").status_code == 401
    assert [row["company"] for row in visma.control.get("/sessions").json()] == [int(visma.ready["company_id"]), None]


def test_a_tenant_that_withdraws_its_approval_ends_the_tokens(visma: Erp) -> None:
    visma.act("withdraw_application")
    assert visma.http.get("/v1/branch").status_code == 401
    assert visma.grant().json() == {"error": "unauthorized_client"}
    visma.act("approve_application")
    assert visma.grant().status_code == 200


def test_expire_token_fault(visma: Erp) -> None:
    visma.order("/faults", {"match": {"path": "/v1/ledger"}, "effect": "expire_token"})
    assert visma.http.get("/v1/ledger").status_code == 401
    assert visma.http.get("/v1/branch").status_code == 401


@pytest.mark.parametrize(
    ("right", "method", "path"),
    [("read", "GET", SUPPLIERS), ("create", "POST", SUPPLIERS), ("update", "PUT", f"{SUPPLIERS}/V00001")],
)
def test_each_verb_needs_its_scope(visma: Erp, right: str, method: str, path: str) -> None:
    body = None if method == "GET" else {"name": {"value": "Name"}}
    others = " ".join(
        f"vismanet_erp_service_api:{one}" for one in ("read", "create", "update", "delete") if one != right
    )
    visma.sign_in(scope=others)
    assert visma.http.request(method, path, json=body).status_code == 403
    visma.sign_in(scope=f"vismanet_erp_service_api:{right}")
    assert visma.http.request(method, path, json=body).status_code in (200, 201, 204)


def test_actions_need_update_and_deletes_delete(visma: Erp) -> None:
    number, bill = visma.journal(), visma.invoice()
    visma.sign_in(scope="vismanet_erp_service_api:create")
    assert visma.http.post(f"{JOURNALS}/{number}/action/release", json={}).status_code == 403
    assert visma.http.delete(f"{INVOICES}/{bill}").status_code == 403
    visma.sign_in(scope="vismanet_erp_service_api:update vismanet_erp_service_api:delete")
    assert visma.http.post(f"{JOURNALS}/{number}/action/release", json={}).status_code == 200
    assert visma.http.delete(f"{INVOICES}/{bill}").status_code == 204


# company


@pytest.mark.parametrize("company", [None, "", "77", str(OTHER_COMPANY), "abc"])
def test_a_missing_or_foreign_company_header_is_refused(visma: Erp, company: str | None) -> None:
    visma.http.headers.pop("ipp-company-id")
    headers = {} if company is None else {"ipp-company-id": company}
    answer = visma.http.get("/v1/branch", headers=headers)
    assert answer.status_code == 400
    body = answer.json()
    assert (body["ExceptionType"], body["ExceptionFaultCode"]) == ("IPPException", "12002")
    assert body["ExceptionMessageID"].startswith("12002_")
    assert (body["ExceptionMessage"], body["ExceptionDetails"]) == ("", "")


def test_without_the_switch_the_tenant_names_the_company(visma: Erp) -> None:
    visma.http.headers.pop("ipp-company-id")
    visma.switch(require_company_header=False)
    assert visma.rows(SUPPLIERS)
    assert visma.http.get("/v1/branch", headers={"ipp-company-id": "77"}).status_code == 400


def test_companies_do_not_see_each_other(visma: Erp) -> None:
    visma.sign_in(tenant_id=OTHER_TENANT)
    assert visma.http.get("/v1/branch").status_code == 400
    visma.http.headers["ipp-company-id"] = str(OTHER_COMPANY)
    assert visma.rows(SUPPLIERS) == []
    visma.create(SUPPLIERS, wrapped(name="Elsewhere AS"))
    visma.sign_in()
    assert all(row["name"] != "Elsewhere AS" for row in visma.rows(SUPPLIERS))


# addresses


@pytest.mark.parametrize("prefix", ["", "/API/controller/api", "/api/Controller/API", "/API/resources"])
def test_both_path_forms_in_any_case(visma: Erp, prefix: str) -> None:
    assert visma.rows(f"{prefix}/v1/Supplier", PAGESIZE=1)[0]["number"] == "V00001"
    assert visma.get(f"{prefix}/V1/SUPPLIER/v00001")["number"] == "V00001"


def test_keys_may_come_in_base64(visma: Erp) -> None:
    coded = base64.urlsafe_b64encode(b"A/B 7").decode().rstrip("=")
    number = visma.create(SUPPLIERS, wrapped(name="Odd key", number="A/B 7", overrideNumberSeries=True))
    assert number == "A%2FB%207"
    assert visma.get(f"{SUPPLIERS}/b64({coded})")["number"] == "A/B 7"
    assert visma.change(f"{SUPPLIERS}/b64({coded})", wrapped(name="Renamed")).status_code == 204
    assert visma.http.get(f"{SUPPLIERS}/b64(!!)").status_code == 404
    assert visma.http.get(f"{SUPPLIERS}/b64(Zg)").status_code == 404


def test_unknown_paths_and_methods(visma: Erp) -> None:
    assert visma.http.get("/v1/nonsense").status_code == 404
    assert visma.http.get("/").status_code == 404
    wrong = visma.http.delete(SUPPLIERS)
    assert (wrong.status_code, wrong.headers["Allow"]) == (405, "GET, POST")
    missing = visma.http.get(f"{SUPPLIERS}/NOBODY")
    assert (missing.status_code, "NOBODY" in missing.json()["message"]) == (404, True)
    assert visma.http.get("/v1/journaltransaction").status_code == 404


@pytest.mark.parametrize(
    ("form", "start"),
    [
        ("same", "{base}/v1/supplier/"),
        ("old_path", "{base}/API/controller/api/v1/supplier/"),
        ("other_host", "https://integration.visma.net/API/controller/api/v1/supplier/"),
    ],
)
def test_location_need_not_be_the_address_that_was_called(visma: Erp, form: str, start: str) -> None:
    visma.switch(location_form=form)
    answer = visma.http.post(SUPPLIERS, json=wrapped(name="New AS"))
    assert answer.headers["Location"].startswith(start.format(base=visma.ready["base_url"]))
    assert visma.get(f"{SUPPLIERS}/{answer.headers['Location'].rpartition('/')[2]}")["name"] == "New AS"


# limits


def limits(answer: httpx2.Response) -> tuple[int, int]:
    assert answer.headers["X-RateLimit-Policy"] == "4-fixed-window"
    assert 0 < int(answer.headers["X-RateLimit-Reset"]) <= 3600
    return int(answer.headers["X-RateLimit-Limit"]), int(answer.headers["X-RateLimit-Remaining"])


def test_every_answer_tells_what_is_left_of_the_hour(visma: Erp) -> None:
    assert limits(visma.http.get("/v1/branch")) == (15000, 14999)
    assert limits(visma.http.get("/v1/nonsense")) == (15000, 14998)
    assert limits(visma.http.post(SUPPLIERS, json={})) == (15000, 14997)
    assert limits(visma.http.get("/v1/branch", headers={"ipp-company-id": ""})) == (15000, 14997)


def test_over_the_limit_until_the_hour_ends(visma: Erp) -> None:
    visma.switch(rate_limit=3)
    assert [visma.http.get("/v1/branch").status_code for _ in range(4)] == [200, 200, 200, 429]
    over = visma.http.post(SUPPLIERS, json=wrapped(name="Late"))
    assert limits(over) == (3, 0)
    wait = int(over.headers["Retry-After"])
    assert 3590 < wait <= 3600
    assert over.json()["message"] == f"Rate limit is exceeded. Try again in {wait} seconds."
    visma.advance(wait - 5)
    assert visma.http.get("/v1/branch").status_code == 429
    visma.advance(5)
    visma.sign_in()
    assert limits(visma.http.get("/v1/branch")) == (3, 2)


def test_windows_are_for_each_company(visma: Erp) -> None:
    visma.switch(rate_limit=1)
    visma.http.get("/v1/branch")
    assert visma.http.get("/v1/branch").status_code == 429
    visma.sign_in(tenant_id=OTHER_TENANT)
    visma.http.headers["ipp-company-id"] = str(OTHER_COMPANY)
    assert visma.http.get("/v1/branch").status_code == 200


def test_rate_limit_fault(visma: Erp) -> None:
    visma.order("/faults", {"match": {"path": "ledger"}, "effect": "rate_limit", "args": {"retry_after": 7}})
    answer = visma.http.get("/v1/ledger")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert limits(answer)[0] == 15000


# background


def test_a_background_call_is_accepted_polled_and_read(visma: Erp) -> None:
    answer = visma.http.post(JOURNALS, json=journal(), headers={"erp-api-background": "none"})
    assert answer.status_code == 201
    answer = visma.http.post(JOURNALS, json=journal(), headers={"erp-api-background": "subscription:job=7"})
    assert answer.status_code == 202
    job = answer.json()
    assert job["stateLocation"] == f"{visma.ready['base_url']}/v1/background/{job['id']}"
    first = visma.get(f"/v1/background/{job['id']}")
    assert (first["status"], first["statusCode"], first["reference"]) == ("Started", 0, "subscription:job=7")
    second = visma.get(f"/v1/background/{job['id']}")
    assert (second["status"], second["statusCode"]) == ("Finished", 201)
    number = second["responseHeaders"]["Location"].rpartition("/")[2]
    assert visma.get(f"{JOURNALS}/{number}")["status"] == "Balanced"
    assert not second["hasResponseContent"]
    assert visma.http.get(f"/v1/background/{job['id']}/content").status_code == 404


def test_background_reads_have_content_and_failures_say_why(visma: Erp) -> None:
    visma.switch(background_polls=0)
    job = visma.http.get("/v1/ledger", headers={"erp-api-background": "subscription"}).json()["id"]
    assert visma.get(f"/v1/background/{job}")["hasResponseContent"]
    assert visma.rows(f"/v1/background/{job}/content")[0]["number"] == "1"
    bad = journal(financialPeriod="202602")
    job = visma.http.post(JOURNALS, json=bad, headers={"erp-api-background": "subscription"}).json()["id"]
    state = visma.get(f"/v1/background/{job}")
    assert (state["status"], state["statusCode"]) == ("Failed", 400)
    assert "closed" in state["errorMessage"]


def test_background_calls_are_of_their_company_and_kept_for_a_day(visma: Erp) -> None:
    job = visma.http.get("/v1/ledger", headers={"erp-api-background": "subscription"}).json()["id"]
    assert visma.http.get("/v1/background/0").status_code == 404
    visma.sign_in(tenant_id=OTHER_TENANT)
    visma.http.headers["ipp-company-id"] = str(OTHER_COMPANY)
    assert visma.http.get(f"/v1/background/{job}").status_code == 403
    visma.advance(86_401)
    visma.sign_in()
    assert visma.http.get(f"/v1/background/{job}/content").status_code == 410


def test_a_background_call_is_done_after_its_time_even_if_nobody_asks(visma: Erp) -> None:
    before = len(visma.books("journal"))
    visma.http.post(JOURNALS, json=journal(), headers={"erp-api-background": "subscription"})
    assert len(visma.books("journal")) == before
    visma.advance(1)
    assert len(visma.books("journal")) == before + 1


def test_if_match_of_an_action_counts_only_in_background(visma: Erp) -> None:
    number = visma.invoice()
    wrong = {"If-Match": '"AAAAAAAAAAA="'}
    action = f"{INVOICES}/Invoice/{number}/action/release"
    job = visma.http.post(action, json={}, headers=wrong | {"erp-api-background": "subscription"}).json()["id"]
    visma.advance(1)
    assert visma.get(f"/v1/background/{job}")["statusCode"] == 412
    assert visma.http.post(action, json={}, headers=wrong).status_code == 200


def test_shape_of_errors_by_switch(visma: Erp) -> None:
    visma.switch(business_error_status="500", error_key="Message")
    answer = visma.http.post(INVOICES, json=invoice(supplierNumber=None))
    assert answer.status_code == 500
    assert answer.json()["Message"].startswith("VismaId: ")
    assert visma.http.get(f"{JOURNALS}?periodId=x&pageSize=0").status_code == 400
