"""$batch: order, atomic change sets, references, what is malformed (vendors/sap_b1.md §7)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from sap_b1_over_http import Instance, error, instance

MALFORMED = (400, "-1000", "Incomplete Batch Request Body!")


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


def request(line: str, body: Any = None, *, headers: str = "", content_id: str = "") -> str:
    """One operation as a part; header lines end in CRLF."""
    mime = "Content-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n"
    mime += f"Content-ID: {content_id}\r\n" if content_id else ""
    return f"{mime}\r\n{line}\r\n{headers}\r\n{'' if body is None else json.dumps(body)}"


def change_set(*operations: str) -> str:
    inner = "".join(f"--changeset_1\r\n{one}\r\n" for one in operations)
    return f"Content-Type: multipart/mixed;boundary=changeset_1\r\n\r\n{inner}--changeset_1--"


def project(code: str, number: str = "1", line: str = "POST Projects") -> str:
    return request(line, {"Code": code, "Name": code}, content_id=number)


def batch(b1: Instance, *parts: str, version: str = "v2", boundary: str = "batch_1") -> httpx2.Response:
    content = "".join(f"--batch_1\r\n{one}\r\n" for one in parts) + "--batch_1--\r\n"
    headers = {"Content-Type": f"multipart/mixed;boundary={boundary}"}
    return b1.call("POST", "$batch", content=content.encode(), headers=headers, version=version)


def answers(answer: httpx2.Response) -> list[tuple[int, str]]:
    """Status and body of each inner answer, in order."""
    found = []
    for piece in answer.text.split("HTTP/1.1 ")[1:]:
        head, _, body = piece.partition("\r\n\r\n")
        found.append((int(head[:3]), body.partition("\r\n--")[0]))
    return found


def statuses(answer: httpx2.Response) -> list[int]:
    return [status for status, _ in answers(answer)]


def exists(b1: Instance, code: str) -> bool:
    return b1.get(f"Projects('{code}')").status_code == 200


def test_valid_batches_answer_202_in_v1_and_200_in_v2(b1: Instance) -> None:
    for version, status in (("v1", 202), ("v2", 200)):
        answer = batch(b1, request("GET Projects"), version=version)
        assert answer.status_code == status
        assert answer.headers["content-type"].startswith("multipart/mixed;boundary=batchresponse_")
        assert statuses(answer) == [200]
        assert answer.text.rstrip().endswith("--")


@pytest.mark.parametrize(
    "line",
    [
        "POST /b1s/v2/Projects HTTP/1.1",
        "POST /b1s/v2/Projects",
        "POST Projects",
        "post Projects http/1.1",
        "POST {host}/b1s/v2/Projects HTTP/1.1",
    ],
)
def test_request_lines_in_all_spellings(b1: Instance, line: str) -> None:
    answer = batch(b1, change_set(project("B-1", line=line.format(host=b1.host))))
    assert statuses(answer) == [201]
    assert exists(b1, "B-1")


def test_change_set_answer_is_nested_and_echoes_the_content_ids(b1: Instance) -> None:
    answer = batch(b1, change_set(project("B-1", "7"), project("B-2", "8")))
    text = answer.text
    assert statuses(answer) == [201, 201]
    outer = answer.headers["content-type"].partition("boundary=")[2]
    assert text.startswith(f"--{outer}\r\nContent-Type: multipart/mixed; boundary=changesetresponse_")
    first = text.split("--changesetresponse_")[1]
    mime, _, inner = first.partition("HTTP/1.1 201 Created")
    assert "Content-ID: 7" in mime
    assert "Content-ID" not in inner.partition("{")[0]
    assert f"Location: {b1.host}/b1s/v2/Projects('B-1')" in inner
    assert "OData-Version: 4.0" in inner
    assert first.partition("\r\n--")[0].rstrip("-").endswith("}\n\r\n")
    old = batch(b1, change_set(project("B-3", "7")), version="v1").text.split("--changesetresponse_")[1]
    mime, _, inner = old.partition("HTTP/1.1 201 Created")
    assert "Content-ID" not in mime
    assert "Content-ID: 7" in inner


def test_failed_change_set_is_one_plain_part_and_leaves_nothing(b1: Instance) -> None:
    answer = batch(b1, change_set(project("B-1"), project("B-1", "2"), project("B-3", "3")))
    assert statuses(answer) == [400]
    assert "changesetresponse" not in answer.text
    assert json.loads(answers(answer)[0][1])["error"]["code"] == "-2035"
    assert not exists(b1, "B-1")
    assert not exists(b1, "B-3")


def test_failed_change_set_takes_back_documents_and_what_they_posted(b1: Instance) -> None:
    good = request("POST PurchaseInvoices", b1.bill_body(), content_id="1")
    bad = request("POST PurchaseInvoices", b1.bill_body(CardCode="NOBODY"), content_id="2")
    before = b1.control.get("/state").json(), b1.control.get("/books").json()
    assert statuses(batch(b1, change_set(good, bad))) == [400]
    assert (b1.control.get("/state").json(), b1.control.get("/books").json()) == before
    assert statuses(batch(b1, change_set(good))) == [201]


def test_nothing_after_the_first_failure_runs_or_is_answered(b1: Instance) -> None:
    answer = batch(
        b1,
        change_set(project("B-1")),
        request("GET Projects('NONE')"),
        change_set(project("B-2")),
        request("GET Projects"),
    )
    assert statuses(answer) == [201, 404]
    assert exists(b1, "B-1")  # what was before the failure stays
    assert not exists(b1, "B-2")


def test_single_writes_need_no_change_set(b1: Instance) -> None:
    answer = batch(
        b1, project("B-1"), request("PATCH Projects('B-1')", {"Name": "Pier"}), request("GET Projects('B-1')")
    )
    assert statuses(answer) == [201, 204, 200]
    assert json.loads(answers(answer)[2][1])["Name"] == "Pier"


def test_later_parts_refer_to_created_entities(b1: Instance) -> None:
    bill = request("POST PurchaseInvoices", b1.bill_body(), content_id="1")
    change = request("PATCH $1", {"Comments": "by reference"}, content_id="2")
    cancel = request("POST /b1s/v2/$1/Cancel", {}, content_id="3")
    answer = batch(b1, change_set(bill, change, cancel))
    assert statuses(answer) == [201, 204, 204]
    entry = json.loads(answers(answer)[0][1])["DocEntry"]
    row = b1.get(f"PurchaseInvoices({entry})").json()
    assert (row["Comments"], row["Cancelled"]) == ("by reference", "tYES")
    assert statuses(batch(b1, change_set(request("PATCH $9", {"Comments": "x"}, content_id="1")))) == [400]


def test_queries_within_a_batch(b1: Instance) -> None:
    b1.saved("Projects", {"Code": "B B", "Name": "Blank"})
    answer = batch(
        b1,
        request("GET Projects?$filter=Code eq 'B B'&$select=Name HTTP/1.1"),
        request("GET /b1s/v2/Projects?$filter=Code%20eq%20%27B%20B%27", headers="Prefer: odata.maxpagesize=1\r\n"),
        request("GET Projects('B%20B')/Name"),
    )
    found = [json.loads(body) for _, body in answers(answer)]
    assert found[0]["value"] == [{"Name": "Blank"}]
    assert len(found[1]["value"]) == 1
    assert found[2] == {"value": "Blank"}


def test_if_match_within_a_batch_is_ignored(b1: Instance) -> None:
    path = f"PurchaseInvoices({b1.bill()['DocEntry']})"
    stale = 'If-Match: W/"00"\r\n'
    assert statuses(batch(b1, request(f"PATCH {path}", {"Comments": "x"}, headers=stale))) == [204]


def test_content_id_is_mandatory_in_change_sets_of_v2_only(b1: Instance) -> None:
    part = change_set(request("POST Projects", {"Code": "B-1", "Name": "x"}))
    assert error(batch(b1, part)) == MALFORMED
    assert not exists(b1, "B-1")
    assert statuses(batch(b1, part, version="v1")) == [201]
    inner = request("POST Projects", {"Code": "B-2", "Name": "x"}, headers="Content-ID: 4\r\n")
    assert statuses(batch(b1, change_set(inner))) == [201]


def test_malformed_batches_run_nothing(b1: Instance) -> None:
    good = change_set(project("B-1"))
    assert error(batch(b1, good, change_set(request("GET Projects", content_id="2")))) == MALFORMED
    assert error(batch(b1, good, "Content-Type: application/json\r\n\r\n{}")) == MALFORMED
    assert error(batch(b1, good, request("FETCH Projects"))) == MALFORMED
    headers = {"Content-Type": "multipart/mixed;boundary=batch_1"}
    for content in (b"", b"{}", f"--batch_1\r\n{good}\r\n".encode()):
        answer = b1.call("POST", "$batch", content=content, headers=headers)
        assert error(answer) == MALFORMED
    old = b1.call("POST", "$batch", content=b"{}", headers=headers, version="v1").json()
    assert old == {
        "error": {
            "code": -1000,
            "innererror": {"context": None, "trace": None},
            "message": {"lang": "en-us", "value": "Incomplete Batch Request Body!"},
        }
    }
    assert b1.call("POST", "$batch", content=b"{}", headers={"Content-Type": "application/json"}).status_code == 400
    assert not exists(b1, "B-1")


def test_lines_may_end_in_line_feeds_alone(b1: Instance) -> None:
    content = f"--batch_1\r\n{change_set(project('B-1'))}\r\n--batch_1--".replace("\r\n", "\n").encode()
    answer = b1.call("POST", "$batch", content=content, headers={"Content-Type": "multipart/mixed; boundary=batch_1"})
    assert statuses(answer) == [201]


def test_quoted_boundary_is_405(b1: Instance) -> None:
    assert batch(b1, request("GET Projects"), boundary='"batch_1"').status_code == 405


def test_continue_on_error_brings_a_server_down(b1: Instance) -> None:
    headers = {"Content-Type": "multipart/mixed;boundary=batch_1", "Prefer": "odata.continue-on-error"}
    assert b1.call("POST", "$batch", content=b"--batch_1--", headers=headers).status_code == 502


def test_batch_needs_a_session_and_lets_go_of_a_lost_answer(b1: Instance) -> None:
    b1.order("/faults", {"match": {"path": r"\$batch"}, "effect": "drop_after_write"})
    with pytest.raises(httpx2.HTTPError):
        batch(b1, change_set(project("B-1")))
    assert exists(b1, "B-1")
    b1.act("expire_sessions")
    assert error(batch(b1, request("GET Projects")))[:2] == (401, "301")


def test_bodies_over_fifty_mebibytes_are_the_web_servers(b1: Instance) -> None:
    answer = b1.call("POST", "$batch", content=b"x" * (50 * 1024 * 1024 + 1))
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
