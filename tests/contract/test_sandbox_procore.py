"""Procore sandbox: authentication, headers, errors, paging, filters, limits (vendors/procore.md §2, §3, §9-§11)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from procore_month import ACME, ANNEX, BOLT, COMPANY, OLD, OTHER, SECRET, SHED, SUBCONTRACT, TOWER, UNUSED, Api, month
from sandbox_harness import served

from ml_connector.sandbox.kit.vendor import Options
from ml_connector.sandbox.procore.vendor import Procore

VENDORS = f"/rest/v1.0/vendors?company_id={COMPANY}"


@pytest.fixture(scope="module")
def server() -> Iterator[Api]:
    with served([Procore], month, "known") as ready:
        yield Api(ready["procore"])


@pytest.fixture
def api(server: Api) -> Api:
    server.fresh()
    return server


def credentials(api: Api) -> dict[str, str]:
    names = {name: api.entry[name] for name in ("client_id", "client_secret")}
    return {"grant_type": "client_credentials", **names}


# §2


def test_ready_file_names_what_a_client_needs(api: Api) -> None:
    assert api.entry["project_id"] == TOWER
    assert api.entry["company_id"] == COMPANY
    assert api.entry["token_url"] == api.entry["base_url"] + "/oauth/token"
    assert api.entry["webhook_header"] == "Authorization"


@pytest.mark.parametrize("way", ["form", "multipart", "json", "basic"])
def test_token_is_given_for_every_body_form(api: Api, way: str) -> None:
    given = credentials(api)
    if way == "form":
        answer = api.http.post("/oauth/token", data=given)
    elif way == "multipart":
        answer = api.http.post("/oauth/token", files={name: (None, value) for name, value in given.items()})
    elif way == "json":
        answer = api.http.post("/oauth/token", json=given)
    else:
        pair = (given["client_id"], given["client_secret"])
        answer = api.http.post("/oauth/token", data={"grant_type": "client_credentials"}, auth=pair)
    assert answer.status_code == 200
    token = answer.json()
    assert set(token) == {"access_token", "token_type", "expires_in", "created_at"}
    assert (token["token_type"], token["expires_in"]) == ("bearer", 5400)
    assert token["access_token"].count(".") == 2


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_secret": "wrong"}, 401, "invalid_client"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
        ({"grant_type": "refresh_token", "refresh_token": "x"}, 400, "invalid_grant"),
    ],
)
def test_bad_token_requests(api: Api, change: dict[str, str], status: int, error: str) -> None:
    answer = api.http.post("/oauth/token", data=credentials(api) | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert answer.json()["error_description"]


def test_token_info_and_revocation(api: Api) -> None:
    token = api.headers["Authorization"].removeprefix("Bearer ")
    info = api.get("/oauth/token/info")
    assert info["application"] == {"uid": api.entry["client_id"]}
    assert 5395 <= info["expires_in_seconds"] <= 5400
    assert info["resource_owner_id"] is None
    own = {name: api.entry[name] for name in ("client_id", "client_secret")}
    for revoked in ("unknown", token):
        answer = api.http.post("/oauth/revoke", data={"token": revoked, **own})
        assert (answer.status_code, answer.json()) == (200, {})
    api.get("/rest/v1.0/me", 401)


@pytest.mark.parametrize("authorization", [None, "Bearer nonsense", "Basic eDp5"])
def test_missing_or_garbage_token_is_401_with_the_documented_words(api: Api, authorization: str | None) -> None:
    headers = {"Procore-Company-Id": str(COMPANY)} | ({"Authorization": authorization} if authorization else {})
    answer = api.http.get(VENDORS, headers=headers)
    assert answer.status_code == 401
    assert answer.json() == {"code": 401, "message": "The access token is invalid", "error": "invalid_token"}
    assert 'error="invalid_token"' in answer.headers["www-authenticate"]


def test_token_expires_on_the_sandbox_clock(api: Api) -> None:
    api.control.post("/clock", json={"advance_s": 5390})
    api.get(VENDORS)
    api.control.post("/clock", json={"advance_s": 15})
    api.get(VENDORS, 401)
    api.switch(token_seconds=60)
    info = api.http.get("/oauth/token/info", headers={"Authorization": f"Bearer {api.token()}"}).json()
    assert 55 <= info["expires_in_seconds"] <= 60


def test_expire_token_fault_needs_a_new_token(api: Api) -> None:
    api.control.post("/faults", json={"effect": "expire_token", "match": {"path": "vendors", "nth": 2}})
    api.get(VENDORS)
    api.get(VENDORS, 401)
    api.get(VENDORS, 401)
    api.headers["Authorization"] = f"Bearer {api.token()}"
    api.get(VENDORS)


def test_disconnected_app_is_403_but_companies_still_works(api: Api) -> None:
    api.switch(app_connected=False)
    assert api.get(VENDORS, 403) == {"errors": ["App is not connected to this company."]}
    assert api.get("/rest/v1.0/companies")[0]["id"] == COMPANY


# §3


def test_company_header_is_needed_everywhere_unless_lenient(api: Api) -> None:
    del api.headers["Procore-Company-Id"]
    for path in (VENDORS, "/rest/v1.0/me", "/rest/v1.0/companies"):
        assert api.get(path, 400)["errors"].startswith("Missing Procore-Company-Id header!")
    api.switch(strict_company_header=False)
    api.get(VENDORS)


def test_other_company_is_403_and_unknown_404(api: Api) -> None:
    api.headers["Procore-Company-Id"] = str(OTHER)
    assert api.get(VENDORS, 403)["errors"] == ["App is not connected to this company."]
    api.headers["Procore-Company-Id"] = "1"
    api.get(VENDORS, 404)
    api.headers["Procore-Company-Id"] = str(COMPANY)
    api.get(f"/rest/v1.0/vendors?company_id={OTHER}", 403)
    api.get("/rest/v1.0/vendors?company_id=1", 404)


def test_missing_ids_are_400(api: Api) -> None:
    assert "company_id" in api.get("/rest/v1.0/vendors", 400)["message"]
    assert "project_id" in api.get("/rest/v1.0/work_order_contracts", 400)["message"]
    assert "vendor" in api.post("/rest/v1.0/vendors", {"company_id": COMPANY}, 400)["message"]


def test_invisible_project_is_404_and_inactive_one_is_not_listed(api: Api) -> None:
    listed = [row["id"] for row in api.get(f"/rest/v1.1/projects?company_id={COMPANY}")]
    assert listed == [TOWER, ANNEX, SHED]
    everything = api.get(f"/rest/v1.1/projects?company_id={COMPANY}&filters[by_status]=All")
    assert [row["id"] for row in everything] == [TOWER, ANNEX, SHED, OLD]
    inactive = api.get(f"/rest/v1.0/projects?company_id={COMPANY}&filters[by_status]=Inactive")
    assert [row["id"] for row in inactive] == [OLD]
    api.get(f"/rest/v1.0/projects/{SECRET}?company_id={COMPANY}", 404)
    api.get(f"/rest/v1.1/requisitions?project_id={SECRET}", 404)
    api.get(f"/rest/v1.0/projects/{OLD}?company_id={COMPANY}")
    api.act("hide", id=ANNEX)
    api.get(f"/rest/v1.0/projects/{ANNEX}?company_id={COMPANY}", 404)


@pytest.mark.parametrize("path", ["/rest/v1.7/vendors", "/rest/v1.0/nothing", "/rest/v1.0/vendors/abc"])
def test_unknown_path_or_version_is_404(api: Api, path: str) -> None:
    api.get(f"{path}?company_id={COMPANY}", 404)


def test_calls_are_counted_by_pattern_even_when_faulted(api: Api) -> None:
    api.control.delete("/calls")
    api.control.post("/faults", json={"effect": "html_error"})
    for vendor in (ACME, BOLT):
        api.call("GET", f"/rest/v1.0/vendors/{vendor}?company_id={COMPANY}")
    counts = api.control.get("/calls/counts").json()
    assert counts == [{"method": "GET", "path": "/rest/v1.0/vendors/{id}", "count": 2}]
    sessions = {call["session"] for call in api.control.get("/calls").json()}
    assert sessions == {row["token"] for row in api.control.get("/sessions").json()}


def test_trailing_slash_works(api: Api) -> None:
    assert api.get(f"/rest/v1.0/vendors/?company_id={COMPANY}") == api.get(VENDORS)


def test_malformed_json_is_400(api: Api) -> None:
    headers = api.headers | {"Content-Type": "application/json"}
    broken = api.http.post("/rest/v1.0/vendors", content=b"{oops", headers=headers)
    assert broken.status_code == 400


def test_answers_carry_a_request_id(api: Api) -> None:
    ids = {api.call("GET", VENDORS).headers["x-request-id"] for _ in range(3)}
    assert len(ids) == 3


# §10


def test_paging_headers_follow_the_vendor(api: Api) -> None:
    def rels(page: int) -> tuple[list[str], httpx2.Response]:
        answer = api.call("GET", f"{VENDORS}&per_page=1&page={page}")
        link = answer.headers.get("link", "")
        return [part.split('rel="')[1].rstrip('"') for part in link.split(", ") if part], answer

    first, answer = rels(1)
    assert first == ["next", "last"]
    assert (answer.headers["total"], answer.headers["per-page"]) == ("3", "1")
    assert rels(2)[0] == ["first", "next", "last"]
    assert rels(3)[0] == ["first", "prev"]
    past, answer = rels(4)
    assert (answer.status_code, answer.json()) == (200, [])
    assert "next" not in past


def test_next_links_walk_the_whole_list_with_its_filters(api: Api) -> None:
    url = f"{VENDORS}&per_page=1&filters[id][]={ACME}&filters[id][]={UNUSED}"
    seen = []
    while url:
        answer = api.http.get(url, headers=api.headers)
        seen += [row["id"] for row in answer.json()]
        url = next((p.split(">")[0][1:] for p in answer.headers.get("link", "").split(", ") if 'rel="next"' in p), "")
    assert seen == [ACME, UNUSED]


def test_default_page_sizes_and_silent_clamps(api: Api) -> None:
    def size(path: str) -> str:
        return str(api.call("GET", path).headers["per-page"])

    assert size(f"/rest/v1.1/requisitions?project_id={TOWER}") == "30"
    assert size(VENDORS) == "100"
    assert size(f"{VENDORS}&per_page=10000") == "2000"
    assert size(f"/rest/v1.1/projects?company_id={COMPANY}&per_page=1000") == "300"
    assert size(f"/rest/v1.0/tax_codes?company_id={COMPANY}&per_page=1000") == "100"
    v2 = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/commitment_contracts"
    assert (size(v2), size(v2 + "?per_page=500")) == ("10", "100")


@pytest.mark.parametrize(
    "query",
    [
        f"filters[id][]={ACME}&filters[id][]={BOLT}",
        f"filters%5Bid%5D%5B%5D={ACME}&filters%5Bid%5D%5B%5D={BOLT}",
        f"filters[id]=[{ACME},{BOLT}]",
        f"filter[id][]={ACME}&filters[id][]={BOLT}",
    ],
)
def test_array_filters_in_every_writing(api: Api, query: str) -> None:
    assert [row["id"] for row in api.get(f"{VENDORS}&{query}")] == [ACME, BOLT]


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("2026-01-15T12:00:05Z...2026-01-15T12:00:05Z", 3),
        ('"2026-01-15T12:00:05Z...2026-02-01T00:00:00Z"', 3),
        ("2026-01-15...2026-01-15", 3),
        ("2026-01-15T12:00:06Z...2026-02-01T00:00:00Z", 0),
        ("2026-01-01T00:00:00Z...2026-01-15T12:00:04Z", 0),
    ],
)
def test_time_ranges_are_inclusive_with_and_without_quotes(api: Api, text: str, count: int) -> None:
    assert (
        len(
            api.http.get(
                VENDORS, params={"filters[updated_at]": text, "company_id": COMPANY}, headers=api.headers
            ).json()
        )
        == count
    )


@pytest.mark.parametrize("text", ["yesterday", "2026-01-01..2026-01-02", "2026-01-01", "2026-13-01...2026-01-02"])
def test_malformed_ranges_are_400(api: Api, text: str) -> None:
    api.get(f"{VENDORS}&filters[updated_at]={text}", 400)


def test_unknown_filters_and_attributes_are_ignored(api: Api) -> None:
    assert len(api.get(f"{VENDORS}&filters[shoe_size]=44")) == 3
    row = api.patch(f"/rest/v1.0/vendors/{ACME}", {"company_id": COMPANY, "vendor": {"shoe_size": 44}})
    assert row["updated_at"] == "2026-01-15T12:00:05Z"


def test_lists_without_a_time_filter_give_everything(api: Api) -> None:
    far = "filters[updated_at]=2030-01-01...2030-01-02"
    assert len(api.get(f"/rest/v1.0/cost_codes?project_id={TOWER}&{far}")) == 4
    assert len(api.get(f"/rest/v1.0/line_item_types?company_id={COMPANY}&{far}")) == 2
    assert api.get(f"/rest/v1.0/work_order_contracts?project_id={TOWER}&{far}") == []


# §11


def test_limit_headers_tell_of_the_nearer_window(api: Api) -> None:
    api.control.post("/reset")
    api.headers["Authorization"] = f"Bearer {api.token()}"
    answers = [api.call("GET", VENDORS) for _ in range(26)]
    assert [answer.status_code for answer in answers] == [200] * 25 + [429]
    left = [int(answer.headers["x-rate-limit-remaining"]) for answer in answers]
    assert left == [*range(24, -1, -1), 0]
    refused = answers[-1]
    assert refused.headers["x-rate-limit-limit"] == "25"
    assert 1 <= int(refused.headers["retry-after"]) <= 10
    assert "surpassed the max number of requests" in refused.json()["message"]
    api.control.post("/clock", json={"advance_s": 11})
    assert api.call("GET", VENDORS).status_code == 200


def test_hourly_window_rolls(api: Api) -> None:
    api.switch(hourly_limit=3)
    assert [api.call("GET", VENDORS).status_code for _ in range(4)] == [200, 200, 200, 429]
    api.control.post("/clock", json={"advance_s": 3000})
    assert api.call("GET", VENDORS).status_code == 429
    api.control.post("/clock", json={"advance_s": 601})
    assert api.call("GET", VENDORS).headers["x-rate-limit-limit"] == "3"


def test_rate_limit_fault_with_and_without_retry_after(api: Api) -> None:
    api.control.post("/faults", json={"effect": "rate_limit", "args": {"retry_after": 7}})
    api.control.post("/faults", json={"effect": "rate_limit"})
    first, second = api.call("GET", VENDORS), api.call("GET", VENDORS)
    assert (first.status_code, first.headers["retry-after"]) == (429, "7")
    assert (second.status_code, "retry-after" in second.headers) == (429, False)
    assert second.headers["x-rate-limit-remaining"] == "0"


def test_limits_can_be_off() -> None:
    with served([Procore], month, "known", Options(rate_limits=False, token_seconds=900)) as ready:
        api = Api(ready["procore"])
        api.headers = {"Authorization": f"Bearer {api.token()}", "Procore-Company-Id": str(COMPANY)}
        answers = [api.call("GET", VENDORS) for _ in range(40)]
        assert {answer.status_code for answer in answers} == {200}
        assert int(answers[-1].headers["x-rate-limit-remaining"]) > 1000
        assert api.get("/oauth/token/info")["expires_in_seconds"] <= 900


# §4.2


def test_vendor_reads_and_views(api: Api) -> None:
    row = api.get(f"/rest/v1.0/vendors/{ACME}?company_id={COMPANY}")
    assert (row["name"], row["company"], row["synced_to_erp"]) == ("Acme Concrete", "Acme Concrete", False)
    assert row["business_register"]["type"] == "ein"
    assert row["project_ids"] == [TOWER]
    assert api.get(f"{VENDORS}&view=compact")[0] == {"id": ACME, "name": "Acme Concrete"}
    found = api.get(f"{VENDORS}&filters[search]={row['business_register']['identifier']}")
    assert [one["id"] for one in found] == [ACME]
    assert api.get(f"{VENDORS}&sort=-name")[0]["name"] == "Unused Inc"


def test_inactive_vendors_have_their_own_list(api: Api) -> None:
    body = {"company_id": COMPANY, "vendor": {"is_active": False}}
    api.patch(f"/rest/v1.0/vendors/{ACME}", body)
    assert ACME not in [row["id"] for row in api.get(VENDORS)]
    assert [row["id"] for row in api.get(f"/rest/v1.0/companies/{COMPANY}/vendors/inactive")] == [ACME]
    api.patch(f"/rest/v1.0/companies/{COMPANY}/vendors/inactive/{ACME}", {})
    assert ACME in [row["id"] for row in api.get(VENDORS)]


def test_vendor_sync_is_a_partial_upsert_by_origin(api: Api) -> None:
    updates = [
        {"origin_id": "V-17", "origin_code": "17", "name": "Fjord Betong AS", "country_code": "NO"},
        {"origin_id": "V-18", "name": ""},
        {"id": ACME, "origin_id": "V-19"},
        {"id": 12345, "name": "Nobody"},
        "rubbish",
    ]
    answer = api.patch("/rest/v1.0/vendors/sync", {"company_id": COMPANY, "updates": updates})
    made, known = answer["entities"]
    assert (made["origin_id"], made["synced_to_erp"], made["id"] > 2**32) == ("V-17", True, True)
    assert (known["id"], known["name"], known["origin_id"]) == (ACME, "Acme Concrete", "V-19")
    blank, unknown, rubbish = answer["errors"]
    assert blank == {"origin_id": "V-18", "name": "", "errors": {"name": ["can't be blank"]}}
    assert unknown["errors"] == {"id": ["Entity with this ID not found"]}
    assert rubbish["errors"]
    again = api.patch("/rest/v1.0/vendors/sync", {"company_id": COMPANY, "updates": [{**updates[0], "name": "New"}]})  # type: ignore[dict-item]
    assert (again["entities"][0]["id"], again["entities"][0]["name"]) == (made["id"], "New")
    assert len(api.get(VENDORS)) == 4
    taken = api.patch(
        "/rest/v1.0/vendors/sync", {"company_id": COMPANY, "updates": [{"id": BOLT, "origin_id": "V-17"}]}
    )
    assert taken["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}


def test_sync_faults_of_the_whole_request(api: Api) -> None:
    api.patch("/rest/v1.0/vendors/sync", {"company_id": COMPANY}, 400)
    rows = [{"origin_id": f"X{n}", "name": "x"} for n in range(1001)]
    api.patch("/rest/v1.0/vendors/sync", {"company_id": COMPANY, "updates": rows}, 413)
    assert len(api.get(VENDORS)) == 3
    api.switch(sync_error_every=2)
    answer = api.patch("/rest/v1.0/vendors/sync", {"company_id": COMPANY, "updates": rows[:4]})
    assert (len(answer["entities"]), len(answer["errors"])) == (2, 2)


def test_used_origin_id_is_422_on_plain_writes(api: Api) -> None:
    made = api.post("/rest/v1.0/vendors", {"company_id": COMPANY, "vendor": {"name": "One", "origin_id": "K"}})
    body = {"company_id": COMPANY, "vendor": {"name": "Two", "origin_id": "K"}}
    assert api.post("/rest/v1.0/vendors", body, 422) == {"errors": {"origin_id": ["has already been taken"]}}
    assert [row["id"] for row in api.get(f"{VENDORS}&filters[origin_id]=K")] == [made["id"]]


def test_empty_patch_is_a_no_op(api: Api) -> None:
    before = api.get(f"/rest/v1.0/vendors/{ACME}?company_id={COMPANY}")
    answer = api.call("PATCH", f"/rest/v1.0/vendors/{ACME}?company_id={COMPANY}")
    assert (answer.status_code, answer.json()) == (200, before)


def test_forms_and_multipart_with_bracket_keys(api: Api) -> None:
    fields = {"company_id": str(COMPANY), "vendor[name]": "Form Ltd", "vendor[is_active]": "true"}
    assert api.call("POST", "/rest/v1.0/vendors", data=fields).json()["name"] == "Form Ltd"
    parts = {name: (None, value) for name, value in (fields | {"vendor[name]": "Parts Ltd"}).items()}
    assert api.call("POST", "/rest/v1.0/vendors", files=parts).json()["name"] == "Parts Ltd"


def test_writes_move_updated_at_on_the_sandbox_clock(api: Api) -> None:
    api.control.post("/clock", json={"advance_s": 3600})
    now = api.control.get("/clock").json()["now"][:16]
    api.headers["Authorization"] = f"Bearer {api.token()}"
    row = api.patch(f"/rest/v1.0/vendors/{ACME}", {"company_id": COMPANY, "vendor": {"city": "Erie"}})
    assert row["updated_at"][:16] in (now, api.control.get("/clock").json()["now"][:16])
    assert row["updated_at"].endswith("Z")
    assert row["created_at"] == "2026-01-15T12:00:05Z"


def test_project_directory_takes_and_gives_back_vendors(api: Api) -> None:
    path = f"/rest/v1.1/projects/{ANNEX}/vendors"
    assert api.get(path) == []
    api.post(f"{path}/{BOLT}/actions/add", {})
    assert [row["id"] for row in api.get(path)] == [BOLT]
    assert api.get(f"{path}/{BOLT}")["id"] == BOLT
    api.delete(f"{path}/{BOLT}/actions/remove", 204)
    api.get(f"{path}/{BOLT}", 404)


def test_business_register_exists_once(api: Api) -> None:
    body = {"company_id": COMPANY, "business_register": {"type": "ein", "identifier": "99-1"}}
    assert api.post(f"/rest/v1.0/vendors/{ACME}/business_register", body, 409)["message"]
    assert api.patch(f"/rest/v1.0/vendors/{ACME}/business_register", body)["identifier"] == "99-1"


# §4.3


def test_cost_codes_form_a_tree_and_wbs_codes_combine_them(api: Api) -> None:
    codes = {row["full_code"]: row for row in api.get(f"/rest/v1.0/cost_codes?project_id={TOWER}")}
    assert set(codes) == {"03", "03-200", "07", "07-110"}
    assert (codes["03-200"]["code"], codes["03-200"]["parent"]["id"]) == ("200", codes["03"]["id"])
    wbs = {row["flat_code"]: row for row in api.get(f"/rest/v1.0/projects/{TOWER}/work_breakdown_structure/wbs_codes")}
    assert set(wbs) == {"03-200.M", "03-200.S", "07-110.M"}
    kinds = [item["segment"]["type"] for item in wbs["03-200.M"]["segment_items"]]
    assert kinds == ["cost_code", "line_item_type"]


def test_cost_code_sync_and_plain_create(api: Api) -> None:
    updates = [{"origin_id": "C1", "code": "999", "name": "Odd"}, {"origin_id": "C2", "name": "No code"}]
    answer = api.patch(f"/rest/v1.0/cost_codes/sync?project_id={TOWER}", {"updates": updates})
    assert [row["full_code"] for row in answer["entities"]] == ["999"]
    assert answer["errors"][0]["errors"] == {"code": ["can't be blank"]}
    body = {"project_id": TOWER, "cost_code": {"code": "999", "name": "Twice"}}
    api.post("/rest/v1.0/cost_codes", body, 422)
    elsewhere = api.patch(f"/rest/v1.0/cost_codes/sync?project_id={ANNEX}", {"updates": updates[:1]})
    assert elsewhere["errors"][0]["errors"] == {"origin_id": ["has already been taken"]}


def test_sub_jobs_own_cost_codes(api: Api) -> None:
    sub_job = api.post("/rest/v1.0/sub_jobs", {"project_id": TOWER, "sub_job": {"code": "A", "name": "Wing A"}})
    body = {"project_id": TOWER, "sub_job_id": sub_job["id"], "cost_code": {"code": "03", "name": "Again"}}
    made = api.post("/rest/v1.0/cost_codes", body)
    assert (made["biller_type"], made["biller"]) == ("SubJob", "Wing A")
    listed = api.get(f"/rest/v1.0/cost_codes?project_id={TOWER}&sub_job_id={sub_job['id']}")
    assert [row["id"] for row in listed] == [made["id"]]
    api.post("/rest/v1.0/cost_codes", {**body, "sub_job_id": 1}, 422)


def test_a_code_cannot_be_below_itself(api: Api) -> None:
    codes = {row["full_code"]: row["id"] for row in api.get(f"/rest/v1.0/cost_codes?project_id={TOWER}")}
    body = {"project_id": TOWER, "cost_code": {"parent_id": codes["03-200"]}}
    assert "parent_id" in api.patch(f"/rest/v1.0/cost_codes/{codes['03']}", body, 422)["errors"]
    lists = api.get(f"/rest/v1.0/standard_cost_code_lists?company_id={COMPANY}")
    listing = f"company_id={COMPANY}&standard_cost_code_list_id={lists[0]['id']}"
    standard = api.get(f"/rest/v1.0/standard_cost_codes?{listing}")
    assert [row["full_code"] for row in standard] == ["03", "03-200", "07", "07-110"]
    given = {"standard_cost_code": {"parent_id": standard[0]["id"]}}
    api.patch(f"/rest/v1.0/standard_cost_codes/{standard[0]['id']}?{listing}", given, 422)


def test_cost_types_and_tax_codes(api: Api) -> None:
    by_project = api.get(f"/rest/v1.0/line_item_types?project_id={TOWER}")
    assert [row["code"] for row in by_project] == ["M", "S"]
    tax = api.get(f"/rest/v1.0/tax_codes?company_id={COMPANY}")
    assert tax[0]["rate1"] == 8.25
    made = api.post("/rest/v1.0/tax_codes", {"company_id": COMPANY, "tax_code": {"code": "X", "rate1": 1.5}})
    assert made["archived"] is False


def test_budget_amounts_are_numbers_and_zero_lines_come_by_themselves(api: Api) -> None:
    views = api.get(f"/rest/v1.0/budget_views?project_id={TOWER}")
    rows = api.get(f"/rest/v1.0/budget_views/{views[0]['id']}/detail_rows?project_id={TOWER}")
    by_wbs = {row["wbs_code_id"]: row["original_budget_amount"] for row in rows}
    assert by_wbs == {47111: "100000.00", 47112: "0.00", 47113: "5000.00"}
    line = api.get(f"/rest/v1.1/budget_line_items/{rows[0]['id']}?project_id={TOWER}")
    assert (line["original_budget_amount"], line["wbs_code"]["flat_code"]) == (100000.0, "03-200.M")
    body = {
        "project_id": TOWER,
        "budget_line_items": [{"id": line["id"], "wbs_code_id": 47111, "original_budget_amount": 5.5}],
    }
    assert api.post("/rest/v1.0/budget_line_items/sync", body, 200)[0]["original_budget_amount"] == 5.5
    refused = {"project_id": TOWER, "budget_line_items": [{"wbs_code_id": 1}]}
    assert set(api.post("/rest/v1.0/budget_line_items/sync", refused, 422)) == {"message", "error"}


def test_wbs_codes_are_created_from_segments(api: Api) -> None:
    path = f"/rest/v1.0/projects/{TOWER}/work_breakdown_structure/wbs_codes"
    known = api.get(path)[0]["segment_items"]
    segments = [item["segment"]["id"] for item in known]
    items = [
        {"segment_id": segments[0], "segment_item_id": 47116},
        {"segment_id": segments[1], "segment_item_id": 3101},
    ]
    assert api.post(path, {"segment_items": items})["flat_code"] == "07-110.S"
    api.post(path, {"segment_items": items}, 422)
    assert api.get(f"{path}?query=07-110.s")[0]["flat_code"] == "07-110.S"


# v2


def test_v2_has_data_string_ids_and_its_own_errors(api: Api) -> None:
    path = f"/rest/v2.0/companies/{COMPANY}/projects/{TOWER}/commitment_contracts"
    rows = api.get(f"{path}?filters[type]=WorkOrderContract")["data"]
    assert [row["id"] for row in rows] == [str(SUBCONTRACT)]
    assert rows[0]["vendor"]["id"] == str(ACME)
    assert api.get(f"{path}/{SUBCONTRACT}/line_items")["data"][0]["wbs_code_id"] == "47111"
    error = api.get(f"{path}/1", 404)["error"]
    assert set(error) == {"code", "message", "details"}
    made = api.post(path, {"type": "PurchaseOrderContract", "title": "New", "origin_id": "no"})["data"]
    assert (made["status"], made["origin_id"]) == ("Draft", None)
    assert api.post(path, {"type": "Nothing"}, 400)["error"]["details"][0]["source"] == "type"
