"""Standard cost codes against trees and lists as Procore's sheet gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest

from ml_connector.connectors.kit.outcomes import Done, NotRun, Outcome, Refused
from ml_connector.connectors.kit.source import Scope
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.connector import cost_code_changes, cost_code_list, standard_cost_codes
from ml_connector.records.documents import CostCode
from ml_connector.records.masters import MasterChange

LISTS = "/rest/v1.0/standard_cost_code_lists"
CODES = "/rest/v1.0/standard_cost_codes"
MAIN = Scope(key="1", name="Main")
DIVISIONS, WRITE = cost_code_changes.steps


def code(key: int, own: str, above: int | None = None, **changes: Any) -> dict[str, Any]:
    return {"id": key, "code": own, "parent_id": above, "name": f"Name {key}", **changes}


def item(record: str, values: dict[str, str], key: str = "") -> Item:
    document = MasterChange(reference=f"ML-{record}-1", key=key, code="", name="", values=values)
    return Item(reference=document.reference, document=document)


class Books:
    """Lists with their codes, and what is sent to them; new codes get ids from 100 on."""

    def __init__(self, server: Any) -> None:
        server.rows[LISTS] = self.lists = [{"id": 1, "name": "Main"}]
        self.codes: dict[str, list[dict[str, Any]]] = {"1": [code(10, "03"), code(11, "200", 10)]}
        self.sent: list[tuple[int, list[dict[str, Any]]]] = []
        self.answers = True
        self._server = server
        server.replies[f"GET {CODES}"] = self._list
        server.replies[f"PATCH {CODES}/sync"] = self._sync

    def _list(self, request: httpx2.Request) -> httpx2.Response:
        assert (request.url.params["company_id"], request.url.params["view"]) == ("9001", "extended")
        rows = self.codes[request.url.params["standard_cost_code_list_id"]]
        answer: httpx2.Response = self._server.page(request, rows)
        return answer

    def _sync(self, request: httpx2.Request) -> httpx2.Response:
        assert request.url.params["view"] == "extended"
        body = json.loads(request.content)
        self.sent.append((body["standard_cost_code_list_id"], body["updates"]))
        start = 100 * len(self.sent)
        stored = [{"id": start + n, **row} for n, row in enumerate(body["updates"])] if self.answers else []
        return httpx2.Response(200, json={"entities": stored, "errors": []})


@pytest.fixture
def books(server: Any) -> Books:
    return Books(server)


def both(client: Client, items: list[Item]) -> list[Outcome]:
    """What the last step that is reached makes of the items."""
    outcomes = DIVISIONS.run(client, items)
    return WRITE.run(client, items) if all(isinstance(each, Done) for each in outcomes) else outcomes


def test_full_codes_are_put_together_where_they_are_not_told(client: Client, books: Books) -> None:
    books.codes["1"] += [code(12, "10", None, parent={"id": 11}), code(13, "9", full_code="99-9"), code(14, "00")]
    page = cost_code_list.read(client, MAIN, None, None)
    assert [row.document for row in page.rows] == [
        CostCode(key="12", project="", cost_code="03-200-10", cost_type="", code="03-200-10", name="Name 12"),
        CostCode(key="13", project="", cost_code="99-9", cost_type="", code="99-9", name="Name 13"),
        CostCode(key="14", project="", cost_code="00", cost_type="", code="00", name="Name 14"),
    ]
    assert {row.modified for row in page.rows} == {page.vendor_time} == {datetime(2026, 1, 31, 12, 0, 9, tzinfo=UTC)}


def test_a_list_is_read_whole_whatever_the_page_size(client: Client, books: Books, server: Any) -> None:
    server.clamp = 1
    page = cost_code_list.read(client, MAIN, None, None)
    assert ([row.key for row in page.rows], page.position) == (["11"], None)


def test_all_lists_are_scopes_and_count_for_matching(client: Client, books: Books) -> None:
    books.lists.insert(0, {"id": 2, "name": None})
    books.codes["2"] = [code(20, "A")]
    assert cost_code_list.scopes(client) == [MAIN, Scope(key="2", name="cost code list 2")]
    assert [found.code for found in standard_cost_codes(client)] == ["A", "03-200"]


def test_new_codes_go_below_their_division(client: Client, books: Books) -> None:
    made, top = both(client, [item("A", {"code": "03-300", "name": "Concrete"}), item("B", {"code": "999"})])
    assert books.sent == [
        (
            1,
            [
                {"origin_id": "ML-A", "name": "Concrete", "code": "300", "parent_id": 10},
                {"origin_id": "ML-B", "code": "999"},
            ],
        )
    ]
    assert isinstance(made, Done)
    assert isinstance(top, Done)
    assert (made.key, top.key) == ("100", "101")


def test_missing_divisions_are_made_level_by_level_by_a_stable_mark(client: Client, books: Books) -> None:
    items = [item("A", {"code": "09-250-1"}), item("B", {"code": "09-250-2"}), item("C", {"code": "10-5"})]
    assert all(isinstance(each, Done) for each in DIVISIONS.run(client, items))
    assert books.sent == [
        (
            1,
            [
                {"origin_id": "ML-division-1-09", "code": "09", "name": "09"},
                {"origin_id": "ML-division-1-10", "code": "10", "name": "10"},
            ],
        ),
        (1, [{"origin_id": "ML-division-1-09-250", "code": "250", "name": "09-250", "parent_id": 100}]),
    ]


def test_a_division_that_was_not_run_holds_its_codes_back(client: Client, books: Books) -> None:
    books.answers = False
    outcomes = DIVISIONS.run(client, [item("A", {"code": "09-250-1"}), item("B", {"code": "03-300"})])
    assert outcomes == [NotRun(), Done()]
    (orphan,) = WRITE.run(client, [item("A", {"code": "09-250-1"})])
    assert isinstance(orphan, Refused)
    assert "division 09-250" in orphan.message


def test_a_code_that_moves_takes_its_new_division(client: Client, books: Books) -> None:
    books.codes["1"].append(code(12, "07"))
    both(client, [item("A", {"code": "07-200"}, key="11"), item("B", {"code": "08"}, key="12")])
    assert books.sent == [
        (1, [{"id": 11, "code": "200", "parent_id": 12}, {"id": 12, "code": "08", "parent_id": None}])
    ]


@pytest.mark.parametrize(
    ("flags", "chosen"),
    [
        ([{}, {"is_erp_list": True}], 2),
        ([{"available_to_use_on_new_projects": True}, {"available_to_use_on_new_projects": False}], 1),
        ([{"available_to_use_on_new_projects": True}, {"is_erp_list": True}], 2),
        ([{}, {}], 0),
        ([{"is_erp_list": True}, {"is_erp_list": True}], 0),
    ],
)
def test_the_list_for_new_codes_is_never_guessed(
    client: Client, books: Books, flags: list[dict[str, bool]], chosen: int
) -> None:
    books.lists[:] = [{"id": 1, "name": "Main", **flags[0]}, {"id": 2, "name": "Second", **flags[1]}]
    books.codes["2"] = []
    (outcome,) = both(client, [item("A", {"code": "999", "name": "Odd"})])
    assert [name for name, _ in books.sent] == ([chosen] if chosen else [])
    if not chosen:
        assert isinstance(outcome, Refused)
        assert "it has: Main (1), Second (2)" in outcome.message


def test_a_code_is_renamed_in_the_list_that_holds_it(client: Client, books: Books) -> None:
    books.lists.append({"id": 2, "name": "Second"})
    books.codes["2"] = [code(20, "A")]
    both(client, [item("A", {"name": "New"}, key="20"), item("B", {"name": "New"}, key="11")])
    assert books.sent == [(1, [{"id": 11, "name": "New"}]), (2, [{"id": 20, "name": "New"}])]
