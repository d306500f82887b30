"""Vendors and cost codes against answers as Procore's sheet gives them."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import httpx2
import pytest
from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Done, NotRun, Refused
from ml_connector.connectors.kit.source import Scope, Window
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.connector import vendor_changes, vendors
from ml_connector.records.masters import MasterChange

VENDORS = "/rest/v1.0/vendors"
INACTIVE = "/rest/v1.0/companies/9001/vendors/inactive"
COMPANY = Scope(key="9001", name="company 9001")
(SYNC,) = vendor_changes.steps


def item(record: str, values: dict[str, str], key: str = "") -> Item:
    document = MasterChange(reference=f"ML-{record}-3", key=key, code="50017", name="Fjord Betong AS", values=values)
    return Item(reference=document.reference, document=document)


def answering(server: Any, entities: list[Any], wrong: list[Any]) -> list[dict[str, Any]]:
    """Bodies of the sync calls, which are answered so."""
    bodies: list[dict[str, Any]] = []

    def reply(request: httpx2.Request) -> httpx2.Response:
        bodies.append(json.loads(request.content))
        return httpx2.Response(200, json={"entities": entities, "errors": wrong})

    server.replies[f"PATCH {VENDORS}/sync"] = reply
    return bodies


def test_rows_are_told_apart_by_their_ids_not_by_their_place(client: Client, server: Any) -> None:
    stored = {"id": 562949953000101, "name": "Fjord Betong AS", "origin_id": "ML-B", "synced_to_erp": True}
    wrong = {"origin_id": "ML-A", "name": "", "errors": {"name": ["can't be blank"]}}
    bodies = answering(server, [stored, {"id": 8, "origin_id": None}], [wrong, "rubbish"])
    items = [
        item("A", {"name": ""}),
        item("B", {"name": "Fjord Betong AS", "country": "NO", "active": "yes"}),
        item("C", {"city": "Bergen"}, key="7"),
        item("D", {"postal_code": "5003"}, key="8"),
    ]
    refused, made, missing, changed = SYNC.run(client, items)
    assert bodies == [
        {
            "company_id": 9001,
            "updates": [
                {"origin_id": "ML-A", "origin_code": "50017", "name": ""},
                {
                    "origin_id": "ML-B",
                    "origin_code": "50017",
                    "name": "Fjord Betong AS",
                    "country_code": "NO",
                    "is_active": True,
                },
                {"id": 7, "city": "Bergen"},
                {"id": 8, "zip": "5003"},
            ],
        }
    ]
    assert isinstance(refused, Refused)
    assert refused.message == "Procore refused it: name: can't be blank"
    assert isinstance(made, Done)
    assert (made.key, json.loads(made.answer)) == ("562949953000101", stored)
    assert missing == NotRun()
    assert isinstance(changed, Done)
    assert changed.key == "8"


@pytest.mark.parametrize(("country", "kind"), [("AU", "abn"), ("NO", "ein"), ("", "ein")])
def test_a_tax_id_goes_to_the_register_of_its_country(client: Client, server: Any, country: str, kind: str) -> None:
    bodies = answering(server, [], [])
    SYNC.run(client, [item("A", {"tax_id": "99", "country": country})])
    assert bodies[0]["updates"][0]["business_register_attributes"] == {"type": kind, "identifier": "99"}


def test_a_record_that_was_made_before_is_changed_by_its_key(client: Client, server: Any) -> None:
    bodies = answering(server, [{"id": 8}], [])
    made_before = structs.replace(item("A", {"city": "Oslo"}), key="8", memo={"overtaken": "phone"})
    (outcome,) = SYNC.run(client, [made_before])
    assert bodies[0]["updates"] == [{"id": 8, "city": "Oslo"}]
    assert isinstance(outcome, Done)
    assert outcome.memo == {"overtaken": ""}


def test_a_refused_call_is_raised_whole(client: Client, server: Any) -> None:
    server.replies[f"PATCH {VENDORS}/sync"] = httpx2.Response(400, json={"errors": {"updates": ["is missing"]}})
    with pytest.raises(errors.Refusal, match="updates: is missing"):
        SYNC.run(client, [item("A", {"name": "x"})])


def test_an_answer_that_cannot_be_read_is_a_lost_one(client: Client, server: Any) -> None:
    server.replies[f"PATCH {VENDORS}/sync"] = httpx2.Response(200, text="[]")
    with pytest.raises(errors.AnswerLost):
        SYNC.run(client, [item("A", {"name": "x"})])


def test_a_vendor_without_a_time_of_change_counts_as_changed_now(client: Client, server: Any) -> None:
    server.rows |= {VENDORS: [{"id": 7, "name": "A", "updated_at": "2026-01-15T09:30:11Z"}], INACTIVE: [{"id": 8}]}
    rows = vendors.read(client, COMPANY, None, None).rows
    assert [row.modified for row in rows] == [
        datetime(2026, 1, 15, 9, 30, 11, tzinfo=UTC),
        datetime(2026, 1, 31, 12, 0, 9, tzinfo=UTC),
    ]
    assert [row.document.active for row in rows] == [True, False]


def test_of_the_inactive_list_a_window_takes_what_changed(client: Client, server: Any) -> None:
    times = {5: "2025-12-31T23:59:59Z", 6: "2026-01-01T00:00:00Z", 7: None}
    server.rows |= {VENDORS: [], INACTIVE: [{"id": key, "updated_at": at} for key, at in times.items()]}
    page = vendors.read(client, COMPANY, Window(start=datetime(2026, 1, 1, microsecond=9, tzinfo=UTC)), None)
    assert ([row.key for row in page.rows], page.position) == (["6", "7"], None)
    (query,) = server.asked(VENDORS)
    assert query["filters[updated_at]"] == ["2026-01-01T00:00:00Z...2099-12-31T23:59:59Z"]


def test_both_lists_are_walked_to_their_ends(client: Client, server: Any) -> None:
    server.rows |= {VENDORS: [{"id": key} for key in (1, 2, 3)], INACTIVE: [{"id": key} for key in (4, 5)]}
    server.clamp = 1
    keys, position = [], None
    for _ in range(3):
        page = vendors.read(client, COMPANY, None, position)
        keys += [row.key for row in page.rows]
        position = page.position
    assert position is None
    assert sorted(keys) == ["1", "2", "3", "4", "5"]
