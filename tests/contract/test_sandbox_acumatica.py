"""Sign-in, sessions, versions and verbs of the Acumatica sandbox (vendors/acumatica.md §2-§4)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from acumatica_over_http import ENDPOINT, Instance, bill_body, instance


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    return running


def test_password_grant_gives_a_bearer_token_for_an_hour(erp: Instance) -> None:
    token = erp.sign_in()
    assert token["token_type"] == "Bearer"
    assert token["expires_in"] == 3600
    assert token["scope"] == "api offline_access"
    assert token["refresh_token"]
    assert erp.get("Currency").status_code == 200


def test_refresh_token_comes_only_with_offline_access(erp: Instance) -> None:
    assert "refresh_token" not in erp.sign_in(scope="api")


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"password": "wrong"}, "invalid_grant"),
        ({"client_id": "8e0761d9-53c4-4f2b-9d0a-6a1f6c0b7e21"}, "invalid_client"),
        ({"client_secret": "wrong"}, "invalid_client"),
        ({"scope": "everything"}, "invalid_scope"),
        ({"grant_type": "client_credentials"}, "unsupported_grant_type"),
        ({"grant_type": ""}, "invalid_request"),
    ],
)
def test_bad_grants_are_400_with_their_error(erp: Instance, changes: dict[str, str], error: str) -> None:
    answer = erp.grant(**changes)
    assert answer.status_code == 400
    assert answer.json()["error"] == error


def test_refresh_tokens_rotate_and_keep_the_session(erp: Instance) -> None:
    first = erp.sign_in()
    sessions = len(erp.control.get("/sessions").json())
    refreshed = erp.grant(grant_type="refresh_token", refresh_token=first["refresh_token"], username="", password="")
    assert refreshed.status_code == 200
    again = erp.grant(grant_type="refresh_token", refresh_token=first["refresh_token"])
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    rows = erp.control.get("/sessions").json()
    assert len([row for row in rows if "kind" in row]) == 1
    assert len(rows) == sessions + 1  # a second token, no second session


def test_refresh_chain_ends_after_thirty_days_unless_it_slides(erp: Instance) -> None:
    token = erp.sign_in()
    erp.order("/clock", {"advance_s": 31 * 86400})
    late = erp.grant(grant_type="refresh_token", refresh_token=token["refresh_token"])
    assert late.json()["error"] == "invalid_grant"
    erp.switch(refresh_sliding=True)
    token = erp.sign_in()
    for _ in range(2):
        erp.order("/clock", {"advance_s": 20 * 86400})
        token = erp.grant(grant_type="refresh_token", refresh_token=token["refresh_token"]).json()
        assert "refresh_token" in token


def test_expired_token_is_401_with_a_challenge(erp: Instance) -> None:
    erp.sign_in()
    erp.order("/clock", {"advance_s": 3601})
    answer = erp.get("Currency")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert answer.json()["message"] == "An error has occurred."
    erp.switch(empty_401_body=True)
    assert erp.get("Currency").content == b""


def test_missing_and_unknown_tokens_are_401(erp: Instance) -> None:
    assert erp.get("Currency").status_code == 401
    erp.http.headers["Authorization"] = "Bearer nonsense"
    assert erp.get("Currency").status_code == 401


def test_locked_user_gets_no_token_and_loses_the_one_he_has(erp: Instance) -> None:
    erp.sign_in()
    erp.act("lock_user")
    assert erp.grant().json()["error"] == "invalid_grant"
    assert erp.get("Currency").status_code == 401
    erp.act("unlock_user")
    assert erp.get("Currency").status_code == 200


def test_authorization_codes_work_once_for_the_exact_redirect(erp: Instance) -> None:
    query = {
        "response_type": "code",
        "client_id": erp.ready["client_id"],
        "redirect_uri": "https://hub.example/cb?x=1",
        "scope": "api",
        "state": "s1",
    }
    found = erp.http.get("/identity/connect/authorize", params=query)
    assert found.status_code == 302
    target = httpx2.URL(found.headers["Location"])
    assert target.params["state"] == "s1"
    form = {"grant_type": "authorization_code", "code": target.params["code"]}
    assert erp.grant(**form, redirect_uri="https://hub.example/cb").json()["error"] == "invalid_grant"
    code = httpx2.URL(erp.http.get("/identity/connect/authorize", params=query).headers["Location"]).params["code"]
    exact = {"grant_type": "authorization_code", "code": code, "redirect_uri": query["redirect_uri"]}
    assert erp.grant(**exact).status_code == 200
    assert erp.grant(**exact).json()["error"] == "invalid_grant"
    late = httpx2.URL(erp.http.get("/identity/connect/authorize", params=query).headers["Location"]).params["code"]
    erp.order("/clock", {"advance_s": 61})
    assert erp.grant(**(exact | {"code": late})).json()["error"] == "invalid_grant"


def test_discovery_names_the_token_endpoint_and_no_client_credentials(erp: Instance) -> None:
    found = erp.http.get("/identity/.well-known/openid-configuration").json()
    assert found["token_endpoint"] == erp.ready["token_url"]
    assert "password" in found["grant_types_supported"]
    assert "client_credentials" not in found["grant_types_supported"]


def test_cookie_login_opens_a_session_that_logout_closes(erp: Instance) -> None:
    answer = erp.login()
    assert answer.status_code == 204
    assert {"ASP.NET_SessionId", ".ASPXAUTH"} <= set(answer.cookies)
    with httpx2.Client(base_url=erp.ready["base_url"], cookies=answer.cookies, trust_env=False) as client:
        assert client.get(f"{ENDPOINT}/Currency").status_code == 200
        assert client.post("/entity/auth/logout").status_code == 204
        client.cookies.update(answer.cookies)
        assert client.get(f"{ENDPOINT}/Currency").status_code == 401


def test_cookie_login_takes_company_for_tenant_and_refuses_unknown_ones(erp: Instance) -> None:
    assert erp.login(tenant="", company="U100").status_code == 204
    assert erp.login(tenant="").status_code == 204  # lands on the default tenant
    unknown = erp.login(tenant="NOPE")
    assert unknown.status_code == 500
    assert unknown.json()["exceptionType"].endswith("PXUndefinedCompanyException")
    erp.switch(single_tenant=True)
    assert erp.login(tenant="NOPE").status_code == 204


@pytest.mark.parametrize("status", ["400", "401", "500"])
def test_wrong_cookie_credentials_fail_with_the_chosen_status(erp: Instance, status: str) -> None:
    erp.switch(bad_login_status=status)
    assert erp.login(password="wrong").status_code == int(status)


def test_idle_cookie_sessions_close(erp: Instance) -> None:
    cookies = erp.login().cookies
    erp.order("/clock", {"advance_s": 601})
    with httpx2.Client(base_url=erp.ready["base_url"], cookies=cookies, trust_env=False) as client:
        assert client.get(f"{ENDPOINT}/Currency").status_code == 401


def test_concurrent_access_tells_sessions_apart_by_cookies(erp: Instance) -> None:
    erp.sign_in(scope="api api:concurrent_access")
    first = erp.get("Currency")
    assert "ASP.NET_SessionId" in first.cookies
    assert "set-cookie" not in erp.get("Currency").headers  # the client sent the cookie back
    erp.http.cookies.clear()
    assert "ASP.NET_SessionId" in erp.get("Currency").cookies
    kinds = [row for row in erp.control.get("/sessions").json() if "kind" in row]
    assert len(kinds) == 2


def test_logout_without_a_content_length_is_411(erp: Instance) -> None:
    erp.sign_in()
    with httpx2.Client(base_url=erp.ready["base_url"], trust_env=False) as client:
        request = client.build_request("POST", "/entity/auth/logout", headers=erp.http.headers)
        del request.headers["Content-Length"]
        assert client.send(request).status_code == 411
    assert erp.http.post("/entity/auth/logout").status_code == 204


def test_versions_are_listed_without_signing_in(erp: Instance) -> None:
    found = erp.http.get("/entity").json()
    assert found["version"]["acumaticaBuildVersion"]
    assert {"name": "Default", "version": "24.200.001", "href": "/inst/entity/Default/24.200.001/"} in found[
        "endpoints"
    ]
    assert len(found["endpoints"]) == 4


def test_versions_that_are_not_served_are_404(erp: Instance) -> None:
    erp.sign_in()
    assert erp.http.get("/entity/Default/20.200.001/Bill").status_code == 404
    assert erp.http.get("/entity/Custom/24.200.001/Bill").status_code == 404
    assert erp.http.get("/entity/Default/22.200.001/Currency").status_code == 200
    erp.switch(strict_version="25.200.001")
    assert erp.get("Currency").status_code == 404
    assert erp.http.get("/entity/Default/25.200.001/Currency").status_code == 200
    assert len(erp.http.get("/entity").json()["endpoints"]) == 1


def test_newer_fields_are_missing_in_older_versions(erp: Instance) -> None:
    erp.sign_in()
    row = erp.http.get("/entity/Default/22.200.001/Bill?$top=1").json()[0]
    assert "IsTaxValid" not in row
    assert "IsTaxValid" in erp.rows("Bill", top="1")[0]
    body = {"entity": {"Type": {"value": "Bill"}, "ReferenceNbr": row["ReferenceNbr"]}}
    assert erp.http.post("/entity/Default/22.200.001/Bill/ReleaseRetainage", json=body).status_code == 404


def test_swagger_describes_the_entities_in_both_dialects(erp: Instance) -> None:
    erp.sign_in()
    new = erp.get("swagger.json").json()
    assert new["openapi"] == "3.0.1"
    assert new["components"]["schemas"]["Bill"]["properties"]["Amount"] == {"$ref": "#/components/schemas/DecimalValue"}
    assert "/Bill/ReleaseBill" in new["paths"]
    old = erp.http.get("/entity/Default/23.200.001/swagger.json?company=U100").json()
    assert old["swagger"] == "2.0"
    assert "Bill" in old["definitions"]


def test_unknown_entities_and_wrong_verbs(erp: Instance) -> None:
    erp.sign_in()
    assert erp.get("Nonsense").status_code == 404
    assert erp.http.post(f"{ENDPOINT}/Bill", json=bill_body()).status_code == 406
    assert erp.http.delete(f"{ENDPOINT}/Bill").status_code == 405
    assert erp.http.patch(f"{ENDPOINT}/Bill", json={}).status_code == 405
    assert erp.http.put(f"{ENDPOINT}/Bill", content=b"x").status_code == 415
    broken = erp.http.put(f"{ENDPOINT}/Bill", content=b"{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


def test_rights_and_missing_set_up(erp: Instance) -> None:
    erp.sign_in()
    erp.switch(forbidden="Subcontract", set_up_missing="Check")
    assert erp.get("Subcontract").status_code == 403
    missing = erp.get("Check")
    assert missing.status_code == 500
    assert missing.json()["exceptionType"] == "PX.Data.PXSetupNotEnteredException"


def test_business_date_and_branch_headers(erp: Instance) -> None:
    erp.sign_in()
    dated = erp.put("Bill", bill_body(Date=None), headers={"PX-CbApiBusinessDate": "2026/01/15"})
    assert dated.json()["Date"]["value"] == "2026-01-15T00:00:00+00:00"
    assert erp.put("Bill", bill_body(), headers={"PX-CbApiBranch": "MAIN"}).status_code == 200
    assert erp.put("Bill", bill_body(), headers={"PX-CbApiBranch": "NOPE"}).status_code == 500


def test_expire_token_fault_lets_the_callers_token_be_over(erp: Instance) -> None:
    erp.sign_in()
    erp.order("/faults", {"match": {"path": "Currency"}, "effect": "expire_token"})
    assert erp.get("Currency").status_code == 401
    erp.sign_in()
    assert erp.get("Currency").status_code == 200
