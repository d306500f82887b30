"""Licence limits, push notifications, people and books of the Acumatica sandbox (vendors/acumatica.md §9, §10)."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx2
import pytest
from acumatica_over_http import Instance, bill_body, instance, line, wrapped


@pytest.fixture(scope="module")
def limited() -> Iterator[Instance]:
    with instance(rate_limits=True) as found:
        yield found


@pytest.fixture(scope="module")
def unlimited() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def licence(limited: Instance) -> Instance:
    limited.reset()
    limited.switch(request_ms=0)
    return limited


@pytest.fixture
def erp(unlimited: Instance) -> Instance:
    unlimited.reset()
    unlimited.sign_in()
    return unlimited


# API users


def test_sign_ins_over_the_limit_fail_until_one_logs_out(licence: Instance) -> None:
    licence.sign_in()
    tokens = [licence.grant().json()["access_token"], licence.grant().json()["access_token"]]
    refused = licence.grant()
    assert refused.status_code == 429
    assert "API Login Limit" in refused.text
    assert "API Login Limit" in licence.login().text
    licence.switch(login_limit_status="500")
    assert licence.login().status_code == 500
    headers = {"Authorization": f"Bearer {tokens[0]}"}
    logout = f"{licence.ready['base_url']}/entity/auth/logout"
    assert httpx2.post(logout, headers=headers, trust_env=False).status_code == 204
    assert licence.login().status_code == 204


def test_a_session_of_a_token_ends_with_the_token(licence: Instance) -> None:
    for _ in range(3):
        licence.sign_in()
    assert licence.grant().status_code == 429
    licence.order("/clock", {"advance_s": 3601})
    assert licence.grant().status_code == 200


def test_refreshing_takes_no_further_place(licence: Instance) -> None:
    licence.switch(api_users=1)
    token = licence.sign_in()
    assert licence.grant(grant_type="refresh_token", refresh_token=token["refresh_token"]).status_code == 200


def test_without_rate_limits_any_number_may_sign_in(erp: Instance) -> None:
    assert {erp.grant().status_code for _ in range(6)} == {200}


# requests


def seconds(call: Callable[[], object]) -> float:
    started = time.monotonic()
    call()
    return time.monotonic() - started


def test_from_half_of_the_minute_on_requests_are_delayed(licence: Instance) -> None:
    licence.sign_in()
    licence.switch(requests_per_minute=4)
    assert seconds(lambda: [licence.get("Currency"), licence.get("Currency")]) < 0.5
    licence.order("/clock", {"advance_s": 58})  # two seconds are left of the minute, two requests of the limit
    assert 0.4 < seconds(lambda: licence.get("Currency")) < 1.5


def test_the_hard_limit_declines_at_once_and_counts_nothing(licence: Instance) -> None:
    licence.sign_in()
    licence.switch(requests_per_minute=3, hard_limit=True)
    assert [licence.get("Currency").status_code for _ in range(5)] == [200, 200, 200, 429, 429]
    declined = licence.get("Currency")
    assert declined.json()["message"]
    assert "Retry-After" not in declined.headers
    licence.order("/clock", {"advance_s": 61})
    assert licence.get("Currency").status_code == 200


def test_requests_over_the_concurrent_ones_queue_and_the_queue_overflows(licence: Instance) -> None:
    licence.sign_in()
    licence.switch(request_ms=500, concurrent_requests=2, queue_length=3, requests_per_minute=1000)
    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(answer.status_code for answer in pool.map(lambda _: licence.get("Currency"), range(8)))
    assert statuses == [200] * 5 + [429] * 3


def test_a_declined_write_has_not_happened_and_logout_bypasses_the_queue(licence: Instance) -> None:
    licence.sign_in()
    licence.switch(requests_per_minute=1, hard_limit=True)
    assert licence.get("Currency").status_code == 200
    assert licence.put("Bill", bill_body()).status_code == 429
    assert all(row["business_number"] != "REQ-7-0003" for row in licence.books())
    assert licence.http.post("/entity/auth/logout").status_code == 204


def test_rate_limit_fault_declines_as_the_licence_does(erp: Instance) -> None:
    erp.order("/faults", {"match": {"path": "Currency"}, "effect": "rate_limit", "args": {"retry_after": 7}})
    answer = erp.get("Currency")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")


def test_a_dropped_answer_has_stored_the_bill(erp: Instance) -> None:
    erp.order("/faults", {"match": {"method": "PUT", "path": "/Bill$"}, "effect": "drop_after_write"})
    with pytest.raises(httpx2.HTTPError):
        erp.put("Bill", bill_body(VendorRef="LOST-1"))
    assert len(erp.rows("Bill", filter="Vendor eq 'V00001' and startswith(Description,'ML-abc-1-bill')")) == 1


def test_small_calls_take_a_few_milliseconds(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]["value"]
    assert seconds(lambda: [erp.bill() for _ in range(50)]) / 50 < 0.05
    assert seconds(lambda: [erp.record(f"Bill/Bill/{number}") for _ in range(50)]) / 50 < 0.05


# push notifications


class Receiver:
    """A webhook door that answers with the statuses given, then 200."""

    def __init__(self, statuses: list[int]) -> None:
        self.taken: list[tuple[dict[str, str], Any]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.taken.append(({**dict(self.headers), "path": self.path}, json.loads(body)))
                self.send_response(statuses.pop(0) if statuses else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                """Quiet."""

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_port}/hooks/1?k=v"
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def wait(self, count: int) -> None:
        deadline = time.monotonic() + 5
        while len(self.taken) < count and time.monotonic() < deadline:
            threading.Event().wait(0.01)
        assert len(self.taken) >= count

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def make(*statuses: int) -> Receiver:
        made.append(Receiver(list(statuses)))
        return made[-1]

    yield make
    for receiver in made:
        receiver.close()


def test_changes_are_pushed_with_the_shared_secret_and_flat_rows(
    erp: Instance, receive: Callable[..., Receiver]
) -> None:
    door = receive()
    erp.act("register_push", address=door.url, header_name="X-Webhook-Secret", header_value="s3cret", query="bills")
    number = erp.bill()["ReferenceNbr"]["value"]
    erp.release(number)
    door.wait(2)
    (headers, first), (_, second) = sorted(door.taken, key=lambda taken: taken[1]["TimeStamp"])
    assert headers["X-Webhook-Secret"] == "s3cret"
    assert headers["path"] == "/hooks/1?k=v"
    assert first["Query"] == "Bills: payment status"
    assert first["CompanyId"] == "U100"
    assert (first["Deleted"], first["Inserted"][0]["ReferenceNbr"]) == ([], number)
    assert "+" not in first["Inserted"][0]["APInvoice_lastModifiedDateTime"]
    assert second["Deleted"][0]["Status"] == "Balanced"
    assert second["Inserted"][0]["Status"] == "Open"
    assert second["TimeStamp"] > first["TimeStamp"] > 639_000_000_000_000_000
    assert second["Id"] != first["Id"]


def test_only_tracked_columns_trigger_and_deletions_are_told(erp: Instance, receive: Callable[..., Receiver]) -> None:
    door = receive()
    bill = erp.bill(Hold=True)
    erp.act("register_push", address=door.url, header_value="s", query="bills", tracked=["Status"])
    erp.saved("Bill", {"id": bill["id"]} | wrapped(Description="other"))
    erp.saved("Bill", {"id": bill["id"]} | wrapped(Hold=False))
    erp.act("delete", number=bill["ReferenceNbr"]["value"])
    door.wait(2)
    told = sorted((body for _, body in door.taken), key=lambda body: body["TimeStamp"])  # they may overtake each other
    assert [len(body["Inserted"]) for body in told] == [1, 0]
    assert told[1]["Deleted"][0]["Status"] == "Balanced"


def test_error_replies_are_sent_again_up_to_five_attempts(erp: Instance, receive: Callable[..., Receiver]) -> None:
    door = receive(*[500] * 5)
    erp.switch(push_retry_ms=10)
    erp.act("register_push", address=door.url, header_value="s")
    erp.bill()
    door.wait(5)
    ids = {body["Id"] for _, body in door.taken}
    assert len(ids) == 1
    deadline = time.monotonic() + 5
    while (last := erp.control.get("/events").json()["deliveries"][-1])["state"] != "discarded":
        assert time.monotonic() < deadline
    assert len(last["attempts"]) == 5
    assert len(door.taken) == 5


def test_notifications_can_be_dropped(erp: Instance) -> None:
    erp.act("register_push", address="http://127.0.0.1:9/x", header_value="s")
    erp.switch(drop_notifications=True)
    erp.bill()
    assert erp.control.get("/events").json()["deliveries"] == []


def test_attributes_that_a_change_did_not_touch_come_as_null(erp: Instance, receive: Callable[..., Receiver]) -> None:
    door = receive()
    erp.act("register_push", address=door.url, header_value="s", query="vendors", attributes=["REGION"])
    attribute = [wrapped(AttributeID="REGION", Value="North")]
    erp.saved("Vendor", {**wrapped(VendorID="V00001"), "Attributes": attribute})
    erp.act("edit_vendor", id="V00001", name="Renamed")
    door.wait(2)
    first, second = sorted((body for _, body in door.taken), key=lambda body: body["TimeStamp"])
    assert (first["Deleted"][0]["REGION"], first["Inserted"][0]["REGION"]) == (None, "North")
    assert (second["Deleted"][0]["REGION"], second["Inserted"][0]["REGION"]) == (None, None)
    assert second["Inserted"][0]["VendorName"] == "Renamed"
    body = {"action": "register_push", "address": door.url, "header_value": "s", "attributes": ["REGION"]}
    assert "vendors" in erp.control.post("/act", json=body).json()["error"]


def test_registration_is_not_part_of_the_api(erp: Instance) -> None:
    assert erp.get("PushNotification").status_code == 404
    unknown = {"action": "register_push", "address": "http://127.0.0.1:9/x", "header_value": "s", "query": "?"}
    refused = erp.control.post("/act", json=unknown)
    assert refused.status_code == 409
    assert "vendors" in refused.json()["error"]


# people


def test_people_key_edit_pay_void_and_delete_documents(erp: Instance) -> None:
    coded = {"account": "54000", "amount": "10.50", "project": "TOWER1", "task": "03", "cost_code": "03-300"}
    keyed = erp.act("key_document", vendor="V00001", vendor_ref="HAND-1", lines=[coded], date="2026-01-20")
    number = keyed["number"]
    assert keyed["status"] == "Balanced"
    assert erp.act("edit", number=number, amount="12.00", description="changed")["balance"] == "12.00"
    erp.act("release", number=number)
    assert erp.book(number)["total"] == "12.00"
    assert erp.book(number)["reference"] == ""
    payment = erp.act("pay", number=number, amount="5", date="2026-01-25", payment_ref="991")
    assert (payment["status"], payment["balance"]) == ("Open", "7.00")
    assert erp.act("void_payment", number=payment["payment"])["status"] == "Voided"
    assert erp.book(number)["status"] == "Open"
    adjustment = erp.act("void", number=number)
    assert erp.book(number)["status"] == "Closed"
    assert erp.book(number)["reversed_by"] == adjustment["number"]
    second = erp.act("key_document", vendor="V00001", vendor_ref="HAND-2", lines=[coded], date="2026-01-20")
    erp.act("delete", number=second["number"])
    assert all(row["business_number"] != "HAND-2" for row in erp.books())


def test_what_the_books_forbid_is_refused_with_the_reason(erp: Instance) -> None:
    number = erp.bill(Hold=True)["ReferenceNbr"]["value"]
    refused = erp.control.post("/act", json={"action": "release", "number": number})
    assert refused.status_code == 409
    assert "on hold" in refused.json()["error"]
    coded = {"account": "99999", "amount": 1}
    body = {"action": "key_document", "vendor": "V00001", "vendor_ref": "X", "lines": [coded]}
    assert "Account" in erp.control.post("/act", json=body).json()["error"]


@pytest.mark.parametrize(
    ("kind", "key", "field"),
    [
        ("vendor", "V00001", "Vendor"),
        ("project", "TOWER1", "Project"),
        ("task", "TOWER1/03", "ProjectTask"),
        ("account", "54000", "Account"),
    ],
)
def test_deactivated_records_are_refused(erp: Instance, kind: str, key: str, field: str) -> None:
    erp.act("deactivate", kind=kind, id=key)
    refused = erp.put("Bill", bill_body())
    assert refused.status_code == 422
    echo = refused.json()
    assert "error" in (echo if kind == "vendor" else echo["Details"][0])[field]
    erp.act("activate", kind=kind, id=key)
    assert erp.put("Bill", bill_body()).status_code == 200


def test_vendors_are_edited_by_people(erp: Instance) -> None:
    erp.act("edit_vendor", id="V00001", name="Renamed", approval=True)
    assert erp.record("Vendor/V00001")["VendorName"] == {"value": "Renamed"}
    assert erp.bill()["Status"] == {"value": "Pending Approval"}


# books


def test_books_tell_our_mark_and_the_vendors_number_apart(erp: Instance) -> None:
    number = erp.bill(Details=[line(ExtendedCost=1)])["ReferenceNbr"]["value"]
    row = erp.book(number)
    assert row["reference"] == "ML-abc-1-bill"
    assert row["business_number"] == "REQ-7-0003"
    assert (row["party"], row["date"], row["period"], row["currency"]) == ("V00001", "2026-01-31", "2026-01", "USD")
    assert (row["total"], row["tax"], row["status"], row["reversed_by"]) == ("1.00", "0", "Balanced", None)
    assert [(item["amount"], item["debit"]) for item in row["lines"]] == [("1.00", None)]


def test_state_holds_every_entity_in_wire_form(erp: Instance) -> None:
    number = erp.bill()["ReferenceNbr"]
    state = erp.control.get("/state").json()
    bill = next(row for row in state["Bill"] if row["ReferenceNbr"] == number)
    assert bill["Details"][0]["Account"] == {"value": "54000"}
    assert len(state) == 20


def test_reset_puts_everything_back(erp: Instance) -> None:
    before = len(erp.books())
    erp.bill()
    erp.switch(hold_on_entry=False)
    erp.reset()
    assert len(erp.books()) == before
    assert erp.get("Currency").status_code == 401
    switches = {row["name"]: row["value"] for row in erp.control.get("/switches").json()}
    assert switches["hold_on_entry"] is True
