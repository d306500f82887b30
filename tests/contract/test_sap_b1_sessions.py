"""Login, sessions and what stands in front of the Service Layer (vendors/sap_b1.md §1, §2, §9)."""

from __future__ import annotations

from collections.abc import Iterator

import httpx2
import pytest
from sap_b1_over_http import Instance, error, instance

from ml_connector.sandbox.kit.vendor import Options

_EXPIRED = (401, "301", "Invalid session or session already timeout.")


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def test_login_answers_session_version_and_timeout_in_minutes(b1: Instance) -> None:
    answer = b1.login()
    body = answer.json()
    assert answer.status_code == 200
    assert list(body) == ["@odata.context", "SessionId", "Version", "SessionTimeout"]
    assert body["@odata.context"] == f"{b1.host}/b1s/v2/$metadata#B1Sessions/$entity"
    assert body["SessionTimeout"] == 30
    v1 = b1.login("v1").json()
    assert v1["odata.metadata"] == f"{b1.host}/b1s/v1/$metadata#B1Sessions/@Element"


def test_cookies_have_the_quirks_of_the_real_ones(b1: Instance) -> None:
    answer = b1.login()
    session = answer.json()["SessionId"]
    assert answer.headers.get_list("set-cookie") == [f"B1SESSION={session};HttpOnly;", "ROUTEID=.node1; path=/b1s"]
    b1.switch(routeid=False)
    assert len(b1.login().headers.get_list("set-cookie")) == 1


@pytest.mark.parametrize(
    "shape", ["B1SESSION={}", "B1SESSION={}; ROUTEID=None", "CompanyDB=X; ROUTEID=.node1; B1SESSION={}"]
)
def test_cookies_may_be_put_together_by_hand(b1: Instance, shape: str) -> None:
    session = b1.login().json()["SessionId"]
    for version in ("v1", "v2"):
        answer = b1.get("Projects", version=version, headers={"Cookie": shape.format(session)})
        assert answer.status_code == 200


def test_refused_logins_do_not_tell_what_was_wrong(b1: Instance) -> None:
    for changes in ({"Password": "wrong"}, {"UserName": "nobody"}, {"CompanyDB": "OTHER"}):
        assert error(b1.login(**changes)) == (401, "100000027", "Login failed")
    b1.switch(bad_login_code="-304")
    assert error(b1.login(Password="wrong")) == (401, "-304", "Fail to get DB Credentials from SLD")
    told = b1.login("v1", Password="wrong").json()["error"]
    assert told == {"code": -304, "message": {"lang": "en-us", "value": "Fail to get DB Credentials from SLD"}}


def test_wrong_passwords_lock_the_user_until_somebody_unlocks_him(b1: Instance) -> None:
    b1.switch(wrong_passwords=3)
    for _ in range(2):
        b1.login(Password="wrong")
    assert b1.login().status_code == 200  # a right one forgets the wrong ones
    for _ in range(3):
        b1.login(Password="wrong")
    assert error(b1.login()) == (401, "100000027", "Login failed")
    assert b1.get("Projects").status_code == 200  # open sessions go on
    b1.act("unlock_user", user=b1.ready["username"])
    assert b1.login().status_code == 200
    b1.act("lock_user", user=b1.ready["username"])
    assert b1.login().status_code == 401


def test_without_a_session_every_path_is_401(b1: Instance) -> None:
    for path in ("Projects", "$metadata", "", "login", "Nonsense", "$batch"):
        assert error(b1.get(path, headers={"Cookie": ""})) == _EXPIRED
    answer = b1.call("POST", "login", b1.credentials(), headers={"Cookie": ""}, version="v1")
    assert "www-authenticate" not in answer.headers
    assert (answer.status_code, answer.json()["error"]) == (
        401,
        {"code": 301, "message": {"lang": "en-us", "value": "Invalid session or session already timeout."}},
    )


def test_sessions_end_after_idle_minutes_and_each_request_restarts_them(b1: Instance) -> None:
    for _ in range(3):
        b1.advance(29 * 60)
        assert b1.get("Projects").status_code == 200
    b1.advance(30 * 60)
    assert error(b1.get("Projects")) == _EXPIRED
    assert b1.control.get("/sessions").json() == []


def test_expired_sessions_can_answer_with_the_other_code(b1: Instance) -> None:
    b1.switch(expired_code="-5002")
    b1.act("expire_sessions")
    assert error(b1.get("Projects")) == (401, "-5002", "Invalid session or session already timeout.")
    assert b1.get("Projects", version="v1").json()["error"]["code"] == -5002


def test_logout_ends_the_session_at_once(b1: Instance) -> None:
    answer = b1.call("POST", "Logout")
    assert (answer.status_code, answer.content) == (204, b"")
    assert error(b1.get("Projects")) == _EXPIRED
    assert error(b1.call("POST", "Logout")) == _EXPIRED


def test_sessions_are_listed_and_a_fault_can_expire_one(b1: Instance) -> None:
    session = b1.log_in()
    listed = b1.control.get("/sessions").json()
    assert session in [row["session"] for row in listed]
    assert listed[-1]["user"] == b1.ready["username"]
    assert listed[-1]["company_db"] == b1.ready["company_db"]
    b1.order("/faults", {"match": {"path": "Projects"}, "effect": "expire_token"})
    assert error(b1.get("Projects")) == _EXPIRED


def test_switching_the_company_can_fail_before_anything_runs(b1: Instance) -> None:
    b1.switch(switch_company_failures=2)
    assert error(b1.post("Projects", {"Code": "P-305"})) == (500, "305", "Switch company error: -1102")
    assert error(b1.login()) == (500, "305", "Switch company error: -1102")
    assert b1.get("Projects('P-305')").status_code == 404
    b1.switch(switch_company_failures=1)
    assert b1.get("Projects", version="v1").json()["error"] == {
        "code": 305,
        "message": {"lang": "en-us", "value": "Switch company error: -1102"},
    }


def test_kept_sandboxes_come_back_with_their_sessions(b1: Instance) -> None:
    b1.saved("Projects", {"Code": "KEPT", "Name": "Kept"})
    b1.order("/keep", {"name": "here"})
    b1.act("expire_sessions")
    b1.order("/reset", {"kept": "here"})
    assert b1.get("Projects('KEPT')").status_code == 200


def test_lost_answers_and_proxy_errors_come_from_the_control_api(b1: Instance) -> None:
    b1.order("/faults", {"match": {"method": "POST"}, "effect": "drop_after_write"})
    with pytest.raises(httpx2.HTTPError):
        b1.post("Projects", {"Code": "LOST", "Name": "Lost"})
    assert b1.get("Projects('LOST')").status_code == 200
    b1.order("/faults", {"match": {"path": "Projects"}, "effect": "html_error", "args": {"status": 503}})
    assert (b1.get("Projects").status_code, b1.get("Projects").status_code) == (503, 200)
    b1.order("/faults", {"match": {"path": "Projects"}, "effect": "rate_limit", "args": {"retry_after": 7}})
    limited = b1.get("Projects")
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "7")


def test_requests_per_minute_are_limited_by_switch_only(b1: Instance) -> None:
    b1.switch(requests_per_minute=2)
    assert [b1.get("Projects").status_code for _ in range(3)] == [200, 200, 429]
    b1.advance(61)
    assert b1.get("Projects").status_code == 200


def test_ping_needs_no_session(b1: Instance) -> None:
    for place, sender in (("", "load balancer"), ("load-balancer", "load balancer"), ("node/1", "node 1")):
        body = b1.http.get(f"/ping/{place}", headers={"Cookie": ""}).json()
        assert (body["message"], body["sender"]) == ("pong", sender)
        assert float(body["timestamp"]) > 0
    assert b1.http.get("/ping/node/9").status_code == 503


def test_paths_outside_the_service_are_the_web_servers(b1: Instance) -> None:
    for path in ("/", "/b1s/v3/Projects", "/B1S/v2/Projects"):
        answer = b1.http.get(path)
        assert answer.status_code == 404
        assert answer.headers["content-type"].startswith("text/html")


def test_doubled_slashes_work(b1: Instance) -> None:
    assert b1.http.get(f"{b1.host}//b1s/v1//Projects").status_code == 200
    b1.saved("Projects", {"Code": "A//B", "Name": "Slashes"})
    assert b1.get("Projects('A//B')").json()["Code"] == "A//B"


def test_headers_tell_server_and_version(b1: Instance) -> None:
    v2, v1 = b1.get("Projects"), b1.get("Projects", version="v1")
    assert v2.headers["odata-version"] == "4.0"
    assert v1.headers["dataserviceversion"] == "3.0"
    assert v2.headers["content-type"] == "application/json;odata.metadata=minimal;charset=utf-8"
    assert v1.headers["content-type"] == "application/json;odata=minimalmetadata;charset=utf-8"
    for answer in (v1, v2, b1.http.get("/ping/"), b1.call("POST", "Logout")):
        assert answer.headers["server"].startswith("Apache/2.4")
        assert answer.headers["vary"] == "Accept-Encoding"


def test_token_seconds_set_the_idle_time() -> None:
    with instance(options=Options(token_seconds=90)) as b1:
        assert b1.login().json()["SessionTimeout"] == 2
        b1.log_in()
        b1.advance(89)
        assert b1.get("Projects").status_code == 200
        b1.advance(90)
        assert error(b1.get("Projects")) == _EXPIRED


def test_users_without_the_right_are_refused(b1: Instance) -> None:
    user = b1.ready["username"]
    b1.act("set_permission", user=user, object="Projects", right="read")
    assert b1.get("Projects").status_code == 200
    assert error(b1.post("Projects", {"Code": "P"})) == (403, "-6006", "You are not permitted to perform this action")
    b1.act("set_permission", user=user, object="Projects", right="none")
    assert b1.get("Projects").status_code == 403
