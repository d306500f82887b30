"""The control API and the faults of the sandbox kit, on a vendor that only counts."""

from __future__ import annotations

import http.server
import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2
import pytest
from sandbox_harness import empty_month, served

from ml_connector.sandbox.kit.books import Book, BookLine
from ml_connector.sandbox.kit.deliveries import Retries
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switch
from ml_connector.sandbox.kit.vendor import Act, ActRefused, Vendor
from ml_connector.sandbox.month.facts import Month


class Counter(Vendor):
    """POST /things stores the JSON body; POST /notify queues a delivery to the destination in the body."""

    name = "counter"
    known_switches = (
        Switch("strict", True, "refuse"),
        Switch("limit", 5, "most"),
        Switch("mode", "a", "which", ("a", "b")),
    )

    def load(self, month: Month) -> None:
        self.company = month.company
        self.things: list[Any] = []
        self.expired: set[str | None] = set()

    def answer(self, call: Call) -> Answer:
        call.session = call.bearer
        if call.bearer is not None and call.bearer in self.expired:
            return json_answer({"error": "expired"}, 401)
        if call.method == "POST" and call.path == "/things":
            self.things.append(call.json())
        if call.method == "POST" and call.path == "/notify":
            wanted = call.json()
            for number in range(wanted.get("count", 1)):
                event = f"e{len(self.deliveries.all) + 1}"
                body = json.dumps({"event": event, "n": number}).encode()
                self.deliveries.queue(
                    hook="h1", event=event, destination=wanted["to"], headers={"Authorization": "Bearer s"}, body=body
                )
        if call.path == "/broken":
            raise ZeroDivisionError
        return json_answer({"things": self.things})

    def ready(self, urls: dict[str, str]) -> dict[str, Any]:
        return {"base_url": urls[""]}

    def expire_token(self, call: Call) -> None:
        self.expired.add(call.bearer)

    def rate_limited(self, call: Call, retry_after: int | None) -> Answer:
        return json_answer({}, 429, {} if retry_after is None else {"Retry-After": str(retry_after)})

    def state(self) -> dict[str, list[Any]]:
        return {"things": self.things}

    def books(self) -> list[Book]:
        line = BookLine(account="4000", debit=Decimal("1E+2"))
        return [
            Book(document="bill", kind="Bill", number=number, total=Decimal("100.10"), status="Open", lines=(line,))
            for number in ("2", "1")
        ]

    def sessions(self) -> list[dict[str, Any]]:
        return []

    def acts(self) -> dict[str, Act]:
        return {"void": Act("Void a thing.", {"id": "which", "reason?": "why"}, self._void)}

    def retries(self) -> Retries:
        return Retries(timeout_s=1, delay=lambda n, age: None if age >= 60 else 2.0**n, sequential=True)

    def _void(self, fields: dict[str, Any]) -> object:
        if fields["id"] != 1:
            raise ActRefused(f"there is no thing {fields['id']}")
        return {"voided": 1}


class Box:
    """One vendor's two addresses."""

    def __init__(self, entry: dict[str, Any]) -> None:
        self.api = httpx2.Client(base_url=entry["base_url"], trust_env=False, timeout=5)
        self.control = httpx2.Client(base_url=entry["control_url"], trust_env=False, timeout=5)

    def fault(self, **plan: Any) -> int:
        answer = self.control.post("/faults", json=plan)
        assert answer.status_code == 200, answer.text
        return int(answer.json()["id"])

    def things(self) -> list[Any]:
        return list(self.control.get("/state").json()["things"])


@pytest.fixture(scope="module")
def counter() -> Iterator[Box]:
    with served([Counter]) as ready:
        yield Box(ready["counter"])


@pytest.fixture
def box(counter: Box) -> Box:
    assert counter.control.post("/reset").status_code == 200
    return counter


def until(true: Callable[[], bool], seconds: float = 5) -> None:
    deadline = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.01)


class Taker:
    """A loopback endpoint that records what is posted and answers the statuses given, then 204."""

    def __init__(self, statuses: list[int]) -> None:
        self.bodies: list[Any] = []
        self.secrets: list[str | None] = []
        taker = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                taker.bodies.append(json.loads(body))
                taker.secrets.append(self.headers["Authorization"])
                self.send_response(statuses.pop(0) if statuses else 204)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                return

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/"
        threading.Thread(target=self.server.serve_forever, args=(0.01,), daemon=True).start()


@pytest.fixture
def taker() -> Iterator[Callable[..., Taker]]:
    takers: list[Taker] = []

    def make(*statuses: int) -> Taker:
        takers.append(Taker(list(statuses)))
        return takers[-1]

    yield make
    for one in takers:
        one.server.shutdown()
        one.server.server_close()


def test_clock_is_real_time_plus_offset_and_dates_the_answers(box: Box) -> None:
    before = box.control.get("/clock").json()
    assert before["now"].endswith("Z")
    assert len(before["now"]) == len("2026-01-31T12:00:00.000Z")
    assert before["offset_s"] == 0
    moved = box.control.post("/clock", json={"advance_s": 86400.5}).json()
    assert moved["offset_s"] == 86400.5
    ahead = datetime.fromisoformat(moved["now"]) - datetime.now(UTC)
    assert abs(ahead - timedelta(seconds=86400.5)) < timedelta(seconds=1)
    dates = box.api.get("/things").headers.get_list("date")
    assert len(dates) == 1
    assert abs(parsedate_to_datetime(dates[0]) - datetime.fromisoformat(moved["now"])) < timedelta(seconds=3)
    assert box.control.post("/reset").json()["offset_s"] == 0


@pytest.mark.parametrize("body", [{"advance_s": -1}, {"advance_s": "soon"}, {"advance": 5}, {}])
def test_clock_refuses_what_it_does_not_know(box: Box, body: dict[str, object]) -> None:
    answer = box.control.post("/clock", json=body)
    assert answer.status_code == 400
    assert answer.json()["error"]


def test_switches_have_defaults_meanings_and_kinds(box: Box) -> None:
    rows = {row["name"]: row for row in box.control.get("/switches").json()}
    assert rows["strict"] == {"name": "strict", "value": True, "default": True, "meaning": "refuse"}
    assert rows["mode"]["choices"] == ["a", "b"]
    changed = {row["name"]: row["value"] for row in box.control.post("/switches", json={"limit": 7}).json()}
    assert changed == {"strict": True, "limit": 7, "mode": "a"}
    for wrong in ({"nope": True}, {"strict": 1}, {"limit": True}, {"mode": "c"}):
        answer = box.control.post("/switches", json={"limit": 9, **wrong})
        assert answer.status_code == 400, wrong
    assert "strict, limit, mode" in box.control.post("/switches", json={"nope": True}).json()["error"]
    assert {row["name"]: row["value"] for row in box.control.get("/switches").json()}["limit"] == 7


def test_reset_puts_everything_back(box: Box) -> None:
    box.api.post("/things", json=1)
    box.fault(effect="html_error", times="always")
    box.control.post("/switches", json={"limit": 7})
    assert box.control.post("/reset", json={"seed": "empty"}).status_code == 200
    assert box.things() == []
    assert box.control.get("/faults").json() == []
    assert box.control.get("/calls").json() == []
    assert box.control.get("/switches").json()[1]["value"] == 5
    refused = box.control.post("/reset", json={"seed": "nonsense"})
    assert refused.status_code == 400
    assert "scale:N" in refused.json()["error"]


def test_what_was_kept_is_there_again_as_often_as_wanted(box: Box) -> None:
    box.control.post("/reset")
    box.api.post("/things", json=[1, {"a": 2}])
    box.control.post("/switches", json={"limit": 7})
    kept = datetime.fromisoformat(box.control.post("/keep", json={"name": "one"}).json()["now"])
    for _ in range(2):
        box.api.post("/things", json=3)
        box.control.post("/switches", json={"limit": 9})
        box.control.post("/clock", json={"advance_s": 86400})
        box.fault(effect="html_error", times="always")
        back = datetime.fromisoformat(box.control.post("/reset", json={"kept": "one"}).json()["now"])
        assert timedelta(0) <= back - kept < timedelta(seconds=10)
        assert box.things() == [[1, {"a": 2}]]
        assert box.control.get("/switches").json()[1]["value"] == 7
        assert box.control.get("/faults").json() == []
        assert box.control.get("/calls").json() == []
    assert box.control.post("/reset").json()["offset_s"] == 0
    assert box.things() == []
    refused = box.control.post("/reset", json={"kept": "two"})
    assert (refused.status_code, refused.json()["error"]) == (400, "nothing is kept as 'two'; kept: one")
    assert box.control.post("/keep", json={}).status_code == 400


def test_status_fault_hits_the_nth_matching_call_and_runs_no_handler(box: Box) -> None:
    match = {"method": "post", "path": "^/thing", "nth": 2}
    number = box.fault(
        match=match, effect="status", args={"status": 503, "body": {"a": 1}, "headers": {"Retry-After": "7"}}
    )
    assert box.api.get("/things").status_code == 200
    assert box.api.post("/things", json=1).status_code == 200
    hit = box.api.post("/things", json=2)
    assert (hit.status_code, hit.json(), hit.headers["Retry-After"]) == (503, {"a": 1}, "7")
    assert box.api.post("/things", json=3).status_code == 200
    assert box.things() == [1, 3]
    row = box.control.get("/faults").json()[0]
    assert (row["id"], row["hits"]) == (number, 1)


def test_first_match_wins_and_faults_can_be_taken_back(box: Box) -> None:
    first = box.fault(effect="status", times="always", args={"status": 418})
    box.fault(effect="html_error", times=2)
    assert box.api.get("/").status_code == 418
    assert box.control.delete(f"/faults/{first}").json() == {"removed": 1}
    html = box.api.get("/")
    assert (html.status_code, html.headers["content-type"]) == (502, "text/html")
    assert box.control.delete("/faults").json() == {"removed": 1}
    assert box.api.get("/").status_code == 200
    assert box.control.delete("/faults/99").status_code == 404


def test_drop_cuts_the_connection_before_or_after_the_write(box: Box) -> None:
    box.fault(effect="drop_before_write", match={"method": "POST"})
    with pytest.raises(httpx2.TransportError):
        box.api.post("/things", json="lost")
    assert box.things() == []
    box.fault(effect="drop_after_write", match={"method": "POST"})
    with pytest.raises(httpx2.TransportError):
        box.api.post("/things", json="kept")
    assert box.things() == ["kept"]
    assert [call["status"] for call in box.control.get("/calls").json()] == [None, None]
    assert box.api.get("/things").status_code == 200


def test_delays_come_before_or_after_the_write(box: Box) -> None:
    for effect, seen_meanwhile in (("delay_before_write", []), ("delay_after_write", [1])):
        box.control.post("/reset")
        box.fault(effect=effect, match={"method": "POST"}, args={"seconds": 0.3})
        began = time.monotonic()
        with pytest.raises(httpx2.ReadTimeout):
            box.api.post("/things", json=1, timeout=0.1)
        assert box.things() == seen_meanwhile
        until(lambda: box.things() == [1])
        until(lambda: bool(box.control.get("/calls").json()))
        assert time.monotonic() - began >= 0.3


def test_truncate_announces_more_than_it_sends(box: Box) -> None:
    box.fault(effect="truncate", args={"bytes": 4})
    with pytest.raises(httpx2.RemoteProtocolError):
        box.api.post("/things", json=1)
    assert box.things() == [1]


def test_rate_limit_and_expired_token_are_the_vendors_answers(box: Box) -> None:
    box.fault(effect="rate_limit", args={"retry_after": 9})
    box.fault(effect="rate_limit")
    assert box.api.get("/").headers["retry-after"] == "9"
    without = box.api.get("/")
    assert (without.status_code, "retry-after" in without.headers) == (429, False)
    box.fault(effect="expire_token")
    mine = {"Authorization": "Bearer t1"}
    assert box.api.get("/", headers=mine).status_code == 401
    assert box.api.get("/", headers=mine).status_code == 401
    assert box.api.get("/", headers={"Authorization": "Bearer t2"}).status_code == 200


@pytest.mark.parametrize(
    ("plan", "allowed"),
    [
        ({"effect": "explode"}, "html_error"),
        ({"effect": "truncate", "args": {"size": 1}}, "bytes"),
        ({"effect": "status"}, "args.status"),
        ({"effect": "html_error", "match": {"path": "("}}, "regular expression"),
        ({"effect": "html_error", "match": {"url": "x"}}, "match"),
        ({"effect": "html_error", "times": 0}, "always"),
        ({"effect": "html_error", "times": "often"}, "always"),
    ],
)
def test_bad_faults_are_told_what_is_allowed(box: Box, plan: dict[str, object], allowed: str) -> None:
    answer = box.control.post("/faults", json=plan)
    assert answer.status_code == 400
    assert allowed in answer.json()["error"]


def test_malformed_json_is_refused_everywhere(box: Box) -> None:
    for path in ("/reset", "/clock", "/switches", "/faults", "/act", "/events"):
        assert box.control.post(path, content=b"{nope").status_code == 400, path


def test_calls_are_logged_counted_and_control_is_not(box: Box) -> None:
    box.api.get("/things?a=1", headers={"Authorization": "Bearer me"})
    box.api.post("/things", json=1)
    box.api.get("/things")
    first, *rest = box.control.get("/calls").json()
    at = datetime.fromisoformat(first.pop("at"))
    assert abs(datetime.now(UTC) - at) < timedelta(seconds=5)
    assert first == {
        "n": 1, "method": "GET", "path": "/things", "query": "a=1", "status": 200, "bytes": 13, "session": "me",
    }  # fmt: skip
    assert [call["n"] for call in rest] == [2, 3]
    assert [call["n"] for call in box.control.get("/calls?since=2").json()] == [3]
    assert box.control.get("/calls/counts").json() == [
        {"method": "GET", "path": "/things", "count": 2},
        {"method": "POST", "path": "/things", "count": 1},
    ]
    box.control.delete("/calls")
    assert box.control.get("/calls").json() == []


def test_books_are_sorted_with_plain_decimal_texts(box: Box) -> None:
    first, second = box.control.get("/books").json()
    assert (first["number"], second["number"]) == ("1", "2")
    assert (first["total"], first["lines"][0]["debit"], first["tax"]) == ("100.10", "100", None)
    document = {"document", "kind", "number", "reference", "business_number", "party", "date", "period", "currency"}
    assert set(first) == document | {"total", "tax", "status", "reversed_by", "lines"}
    line = {"account", "project", "cost_code", "dimensions", "debit", "credit", "amount"}
    assert set(first["lines"][0]) == line


def test_acts_list_their_fields_and_refuse_others(box: Box) -> None:
    (act,) = box.control.get("/act").json()
    assert [(field["name"], field["required"]) for field in act["fields"]] == [("id", True), ("reason", False)]
    assert box.control.post("/act", json={"action": "void", "id": 1}).json() == {"voided": 1}
    assert box.control.post("/act", json={"action": "void", "id": 2}).status_code == 409
    for wrong in ({"action": "void"}, {"action": "void", "id": 1, "x": 1}, {"action": "jump"}, {}):
        assert box.control.post("/act", json=wrong).status_code == 400, wrong
    assert "void" in box.control.post("/act", json={"action": "jump"}).json()["error"]


def test_money_keeps_its_digits(box: Box) -> None:
    box.api.post("/things", content=b'{"amount": 12345678901234567.10, "rate": 0.1}')
    assert b'{"amount":12345678901234567.10,"rate":0.1}' in box.control.get("/state").content


def test_state_may_be_asked_for_in_part(box: Box) -> None:
    assert box.control.get("/state?only=things").json() == box.control.get("/state").json()
    refused = box.control.get("/state?only=things,ghosts")
    assert (refused.status_code, refused.json()) == (400, {"error": "no entity ghosts; there are: things"})


def test_deliveries_retry_on_the_sandbox_clock_and_record_each_attempt(box: Box, taker: Callable[..., Taker]) -> None:
    taken = taker(500, 204)
    box.api.post("/notify", json={"to": taken.url, "count": 2})
    until(lambda: len(taken.bodies) == 1)
    until(lambda: box.control.get("/events").json()["deliveries"][0]["state"] == "retrying")
    assert box.control.get("/events").json()["deliveries"][1]["attempts"] == []
    box.control.post("/clock", json={"advance_s": 3})
    until(lambda: len(taken.bodies) == 3)
    assert [body["event"] for body in taken.bodies] == ["e1", "e1", "e2"]
    until(lambda: all(row["state"] == "delivered" for row in box.control.get("/events").json()["deliveries"]))
    assert [a["status"] for a in box.control.get("/events").json()["deliveries"][0]["attempts"]] == [500, 204]
    assert taken.secrets == ["Bearer s"] * 3


def test_giving_up_flushes_the_queue(box: Box, taker: Callable[..., Taker]) -> None:
    taken = taker(500, 500)
    box.api.post("/notify", json={"to": taken.url, "count": 2})
    until(lambda: box.control.get("/events").json()["deliveries"][0]["state"] == "retrying")
    box.control.post("/clock", json={"advance_s": 100})
    until(lambda: [r["state"] for r in box.control.get("/events").json()["deliveries"]] == ["discarded"] * 2)
    assert len(taken.bodies) == 2


def test_events_can_be_repeated_reordered_dropped_and_forged(box: Box, taker: Callable[..., Taker]) -> None:
    taken = taker()

    def order(**fields: object) -> Any:
        answer = box.control.post("/events", json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    order(action="drop")
    box.api.post("/notify", json={"to": taken.url})
    order(action="reorder", count=2)
    box.api.post("/notify", json={"to": taken.url, "count": 2})
    until(lambda: len(taken.bodies) == 2)
    order(action="repeat", id=2)
    until(lambda: len(taken.bodies) == 3)
    order(action="forge", body={"event": "mine"})
    until(lambda: len(taken.bodies) == 4)
    assert [body["event"] for body in taken.bodies] == ["e3", "e2", "e2", "mine"]
    assert taken.secrets[-1] == "forged"
    assert box.control.get("/events").json()["deliveries"][0]["state"] == "dropped"
    for wrong in (
        {"action": "lose"},
        {"action": "drop", "much": 1},
        {"action": "drop", "count": "x"},
        {"action": "repeat", "id": 99},
    ):
        assert box.control.post("/events", json=wrong).status_code == 400, wrong


def test_held_events_are_released_by_deliver(box: Box, taker: Callable[..., Taker]) -> None:
    taken = taker()
    box.control.post("/events", json={"action": "reorder", "count": 3})
    box.api.post("/notify", json={"to": taken.url})
    assert box.control.post("/events", json={"action": "deliver"}).json() == {"due": 1}
    until(lambda: len(taken.bodies) == 1)


def test_a_defect_is_a_500_that_says_so(box: Box, capfd: pytest.CaptureFixture[str]) -> None:
    answer = box.api.get("/broken")
    assert answer.status_code == 500
    assert "ZeroDivisionError" in answer.text
    assert "ZeroDivisionError" in capfd.readouterr().err


def test_clock_is_shared_and_data_is_not() -> None:
    class Other(Counter):
        name = "other"

    with served([Counter, Other], empty_month) as ready:
        one, other = Box(ready["counter"]), Box(ready["other"])
        one.control.post("/clock", json={"advance_s": 60})
        assert other.control.get("/clock").json()["offset_s"] == 60
        one.api.post("/things", json=1)
        assert other.things() == []
        assert other.control.get("/calls").json() == []
