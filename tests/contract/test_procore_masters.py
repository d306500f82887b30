"""Vendors and cost codes between the connector and the Procore sandbox (vendors/procore.md §4.2, §4.3, §9)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from procore_month import ACME, BOLT, COMPANY, UNUSED
from procore_over_http import World, documents, walked, world

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Cause, Done, Held, Refused
from ml_connector.connectors.kit.source import Scope, Window
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.procore import connector
from ml_connector.records.masters import MasterChange

OF_COMPANY = Scope(key=str(COMPANY), name="company")
LIST, INACTIVE, SYNC = "GET /vendors", "GET /companies/vendors/inactive", "PATCH /vendors/sync"
(VENDORS,) = connector.vendor_changes.steps


@pytest.fixture(scope="module")
def served_world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def site(served_world: World) -> World:
    served_world.fresh()
    return served_world


def now(site: World) -> datetime:
    return datetime.fromisoformat(site.api.control.get("/clock").json()["now"])


def change(record: str, values: dict[str, str], *, key: int | str = "", expected: dict[str, str] | None = None) -> Item:
    document = MasterChange(
        reference=f"ML-{record}-1",
        key=str(key),
        code=f"V{record}",
        name=values.get("name", ""),
        values=values,
        expected=expected or {},
    )
    return Item(reference=document.reference, document=document)


def named(site: World, name: str) -> dict[str, Any]:
    (row,) = [row for row in site.state("vendors").values() if row["name"] == name]
    return row


def test_vendors_are_read_with_the_inactive_ones(site: World) -> None:
    site.api.act("deactivate", kind="vendor", id=UNUSED)
    site.forget_calls()
    assert connector.vendors.scopes(site.client) == [Scope(key=str(COMPANY), name=f"company {COMPANY}")]
    found = documents(walked(connector.vendors, site.client, OF_COMPANY))
    assert site.calls() == [LIST, INACTIVE]
    assert {key: vendor.active for key, vendor in found.items()} == {
        str(ACME): True,
        str(BOLT): True,
        str(UNUSED): False,
    }
    acme = found[str(ACME)]
    assert (acme.name, acme.city, acme.state, acme.postal_code, acme.country) == (
        "Acme Concrete", "Buffalo", "NY", "14201", "US",
    )  # fmt: skip
    assert (acme.tax_id, acme.email, acme.phone) == ("12-3000101", "ap@example.test", "555")


def test_a_field_that_procore_stores_otherwise_is_told_instead_of_sent_for_ever(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    send = site.client.write

    def without_state(name: str, method: str, path: str, body: dict[str, Any], *more: Any) -> Any:
        updates = [{field: value for field, value in row.items() if field != "state_code"} for row in body["updates"]]
        return send(name, method, path, {**body, "updates": updates}, *more)

    monkeypatch.setattr(site.client, "write", without_state)
    before = site.state("vendors")[ACME]["state_code"]
    (outcome,) = VENDORS.run(site.client, [change("A", {"state": "Vestland", "city": "Bergen"}, key=ACME)])
    assert isinstance(outcome, Held)
    assert (outcome.cause, outcome.key, "in state:" in outcome.message) == (Cause.STORED_DIFFERENTLY, str(ACME), True)
    stored = site.state("vendors")[ACME]
    assert (stored["city"], stored["state_code"]) == ("Bergen", before)


def test_vendors_that_changed_are_read_in_a_call_for_each_list(site: World) -> None:
    site.advance(60)
    window = Window(start=now(site) - timedelta(seconds=30))
    assert documents(walked(connector.vendors, site.client, OF_COMPANY, window)) == {}
    body = {"company_id": COMPANY, "vendor": {"city": "Erie", "origin_id": "ERP-1"}}
    site.api.patch(f"/rest/v1.0/vendors/{BOLT}", body)
    site.forget_calls()
    found = documents(walked(connector.vendors, site.client, OF_COMPANY, window))
    assert {key: (vendor.city, vendor.origin) for key, vendor in found.items()} == {str(BOLT): ("Erie", "ERP-1")}
    assert site.calls() == [LIST, INACTIVE]
    site.api.act("deactivate", kind="vendor", id=BOLT)
    found = documents(walked(connector.vendors, site.client, OF_COMPANY, window))
    assert {key: vendor.active for key, vendor in found.items()} == {str(BOLT): False}


def test_vendors_by_key_are_looked_for_among_the_inactive_ones_only_when_missing(site: World) -> None:
    keys = [str(ACME), str(UNUSED)]
    assert len(connector.vendors.by_keys(site.client, OF_COMPANY, keys).rows) == 2
    assert site.calls() == [LIST]
    site.api.act("deactivate", kind="vendor", id=UNUSED)
    site.forget_calls()
    rows = connector.vendors.by_keys(site.client, OF_COMPANY, [*keys, "5"]).rows
    assert {row.key: row.document.active for row in rows} == {str(ACME): True, str(UNUSED): False}
    assert site.calls() == [LIST, INACTIVE]


def test_vendors_are_changed_and_made_in_one_call(site: World) -> None:
    items = [
        change("AAA", {"city": "Erie", "phone": "716"}, key=ACME),
        change("BBB", {"name": "New Co", "country": "US", "state": "NY", "tax_id": "98-7654321"}),
        change("CCC", {"name": ""}, key=BOLT),
        change("DDD", {"city": "Nowhere"}, key=12345),
        change("EEE", {"active": "no"}, key=UNUSED),
    ]
    outcomes = VENDORS.run(site.client, items)
    assert site.calls() == [SYNC]
    acme, made = site.state("vendors")[ACME], named(site, "New Co")
    assert (acme["city"], acme["business_phone"], acme["name"]) == ("Erie", "716", "Acme Concrete")
    assert (made["origin_id"], made["origin_code"], made["business_register"]["identifier"]) == (
        "ML-BBB", "VBBB", "98-7654321",
    )  # fmt: skip
    assert site.state("vendors")[UNUSED]["is_active"] is False
    changed, created, refused, unknown, retired = outcomes
    assert [each.key for each in (changed, created, retired) if isinstance(each, Done)] == [
        str(ACME), str(made["id"]), str(UNUSED),
    ]  # fmt: skip
    assert isinstance(refused, Refused)
    assert "name: can't be blank" in refused.message
    assert isinstance(unknown, Refused)
    assert "Entity with this ID not found" in unknown.message


def test_a_repeated_creation_makes_no_second_vendor(site: World) -> None:
    (first,) = VENDORS.run(site.client, [change("BBB", {"name": "New Co"})])
    (second,) = VENDORS.run(site.client, [change("BBB", {"name": "New Co"})])
    assert isinstance(first, Done)
    assert isinstance(second, Done)
    assert first.key == second.key == str(named(site, "New Co")["id"])


def test_what_somebody_edited_meanwhile_is_left_alone_and_told(site: World) -> None:
    expected = {"city": "Albany", "phone": "555", "email": "old@example.test"}
    values = {"city": "Erie", "phone": "716", "email": "ap@example.test"}
    (outcome,) = VENDORS.run(site.client, [change("AAA", values, key=ACME, expected=expected)])
    assert isinstance(outcome, Done)
    assert outcome.memo["overtaken"] == "city"
    row = site.state("vendors")[ACME]
    assert (row["city"], row["business_phone"], row["email_address"]) == ("Buffalo", "716", "ap@example.test")
    assert site.calls() == [LIST, SYNC]


def test_nothing_is_sent_when_nothing_is_left(site: World) -> None:
    items = [
        change("AAA", {"city": "Erie"}, key=ACME, expected={"city": "Albany"}),
        change("BBB", {"city": "Buffalo"}, key=BOLT, expected={"city": "Albany"}),
    ]
    first, second = VENDORS.run(site.client, items)
    assert isinstance(first, Done) and isinstance(second, Done)
    assert (first.key, first.memo["overtaken"]) == (str(ACME), "city")
    assert (second.key, second.memo) == (str(BOLT), {"modified": second.memo["modified"]})
    assert site.calls() == [LIST]


def test_a_lost_answer_is_looked_up(site: World) -> None:
    items = [change("AAA", {"city": "Erie"}, key=ACME), change("BBB", {"name": "New Co"})]
    assert VENDORS.look_up is not None
    assert VENDORS.look_up(site.client, items) == [Absent(), Absent()]
    site.fault("drop_after_write", path="vendors/sync")
    with pytest.raises(errors.AnswerLost):
        VENDORS.run(site.client, items)
    site.forget_calls()
    changed, made = VENDORS.look_up(site.client, items)
    assert site.calls() == [LIST, LIST]
    assert isinstance(changed, Done) and isinstance(made, Done)
    new = named(site, "New Co")
    assert (changed.key, made.key) == (str(ACME), str(new["id"]))
    assert made.memo["modified"] == new["updated_at"].replace("Z", "+00:00")


def test_a_lost_creation_that_somebody_edited_since_is_there(site: World) -> None:
    (item,) = [change("BBB", {"name": "New Co", "city": "Erie"})]
    assert VENDORS.look_up is not None
    VENDORS.run(site.client, [item])
    key = named(site, "New Co")["id"]
    site.api.act("edit", kind="vendor", id=key, fields={"city": "Troy"})
    (finding,) = VENDORS.look_up(site.client, [item])
    assert isinstance(finding, Done)
    assert finding.key == str(key)


def test_many_lost_creations_are_looked_up_in_one_reading(site: World) -> None:
    items = [change(f"N{n}", {"name": f"New {n}"}) for n in range(5)]
    VENDORS.run(site.client, items[:4])
    site.forget_calls()
    assert VENDORS.look_up is not None
    findings = VENDORS.look_up(site.client, items)
    assert [isinstance(each, Done) for each in findings] == [True, True, True, True, False]
    assert site.calls() == [LIST]


def test_rows_that_fail_are_refused_and_the_others_stored(site: World) -> None:
    site.api.switch(sync_error_every=2)
    outcomes = VENDORS.run(site.client, [change(f"N{n}", {"name": f"New {n}"}) for n in range(4)])
    assert [type(each) for each in outcomes].count(Refused) == 2
    assert sum(str(row["name"]).startswith("New ") for row in site.state("vendors").values()) == 2


LISTS, CODES, SYNC_CODES = (
    "GET /standard_cost_code_lists",
    "GET /standard_cost_codes",
    "PATCH /standard_cost_codes/sync",
)
DIVISIONS, WRITE = connector.cost_code_changes.steps


def tree(site: World) -> dict[str, dict[str, Any]]:
    """The standard codes as another program reads them, by full code."""
    (one,) = site.api.get(f"/rest/v1.0/standard_cost_code_lists?company_id={COMPANY}")
    query = f"company_id={COMPANY}&standard_cost_code_list_id={one['id']}&view=extended"
    rows = site.api.get(f"/rest/v1.0/standard_cost_codes?{query}")
    site.forget_calls()
    return {row["full_code"]: row for row in rows}


def test_standard_cost_codes_are_read_without_their_divisions(site: World) -> None:
    (scope,) = connector.cost_code_list.scopes(site.client)
    assert site.calls() == [LISTS]
    found = documents(walked(connector.cost_code_list, site.client, scope))
    assert site.calls() == [CODES]
    assert {(code.code, code.name, code.project, code.cost_type) for code in found.values()} == {
        ("03-200", "Rebar", "", ""),
        ("07-110", "Dampproofing", "", ""),
    }
    assert connector.standard_cost_codes(site.client) == list(found.values())
    keys = list(found)[:1]
    assert [row.key for row in connector.cost_code_list.by_keys(site.client, scope, [*keys, "5"]).rows] == keys


def test_codes_are_made_with_their_divisions_and_renamed(site: World) -> None:
    before = tree(site)
    items = [
        change("AAA", {"code": "09-250", "name": "Gypsum"}),
        change("BBB", {"code": "09-300-10", "name": "Tile"}),
        change("CCC", {"code": "03-300", "name": "Concrete"}),
        change("DDD", {"name": "Steel"}, key=before["03-200"]["id"], expected={"name": "Rebar"}),
        change("EEE", {"name": "Other"}, key=before["07-110"]["id"], expected={"name": "Roofing"}),
        change("FFF", {"code": "999", "name": "Odd"}),
    ]
    assert all(isinstance(each, Done) for each in DIVISIONS.run(site.client, items))
    assert site.calls() == [LISTS, CODES, SYNC_CODES, SYNC_CODES]
    outcomes = WRITE.run(site.client, items)
    assert site.calls() == [LISTS, CODES, SYNC_CODES]
    after = tree(site)
    assert set(after) - set(before) == {"09", "09-250", "09-300", "09-300-10", "03-300", "999"}
    assert {full: after[full]["name"] for full in ("09-250", "09-300-10", "03-200", "07-110", "999")} == {
        "09-250": "Gypsum", "09-300-10": "Tile", "03-200": "Steel", "07-110": "Dampproofing", "999": "Odd",
    }  # fmt: skip
    keys = [each.key for each in outcomes if isinstance(each, Done)]
    assert keys == [str(after[full]["id"]) for full in ("09-250", "09-300-10", "03-300", "03-200", "07-110", "999")]
    overtaken = outcomes[4]
    assert isinstance(overtaken, Done)
    assert overtaken.memo["overtaken"] == "name"


def test_a_division_of_ours_is_no_cost_code_even_while_it_is_empty(site: World) -> None:
    before = connector.standard_cost_codes(site.client)
    DIVISIONS.run(site.client, [change("AAA", {"code": "09-300-10", "name": "Tile"})])
    assert {"09", "09-300"} <= set(tree(site))
    assert connector.standard_cost_codes(site.client) == before


def test_divisions_that_are_there_cost_no_write(site: World) -> None:
    items = [change("CCC", {"code": "03-300", "name": "Concrete"})]
    DIVISIONS.run(site.client, items)
    assert site.calls() == [LISTS, CODES]
    DIVISIONS.run(site.client, [change("DDD", {"name": "Steel"}, key=1)])
    assert site.calls() == []


def test_a_repeated_code_is_not_sent_again(site: World) -> None:
    items = [change("AAA", {"code": "09-250", "name": "Gypsum"})]
    first = [step.run(site.client, items) for step in (DIVISIONS, WRITE)][1]
    site.forget_calls()
    assert [step.run(site.client, items) for step in (DIVISIONS, WRITE)][1][0].key == first[0].key  # type: ignore[union-attr]
    assert SYNC_CODES not in site.calls()


def test_lost_answers_of_codes_are_looked_up(site: World) -> None:
    items = [change("AAA", {"code": "09-250", "name": "Gypsum"})]
    for step in (DIVISIONS, WRITE):
        assert step.look_up is not None
        assert step.look_up(site.client, items) == [Absent()]
        site.fault("drop_after_write", path="standard_cost_codes/sync")
        with pytest.raises(errors.AnswerLost):
            step.run(site.client, items)
        (finding,) = step.look_up(site.client, items)
        assert isinstance(finding, Done)
    assert finding.key == str(tree(site)["09-250"]["id"])


def test_a_code_that_somebody_made_meanwhile_is_not_made_twice(site: World) -> None:
    before = tree(site)
    items = [
        change("AAA", {"code": "03-200", "name": "Twice"}),
        change("BBB", {"code": "03-200"}, key=before["07-110"]["id"]),
    ]
    DIVISIONS.run(site.client, items)
    for outcome in WRITE.run(site.client, items):
        assert isinstance(outcome, Held)
        assert outcome.cause == Cause.KEYED_BY_HAND
        assert str(before["03-200"]["id"]) in outcome.message
    assert SYNC_CODES not in site.calls()


def test_a_code_that_procore_refuses_is_told_in_its_words(site: World) -> None:
    key = tree(site)["03-200"]["id"]
    items = [change("AAA", {"name": ""}, key=key), change("BBB", {"name": "x"}, key=12345)]
    refused, unknown = WRITE.run(site.client, items)
    assert isinstance(refused, Refused)
    assert "name: can't be blank" in refused.message
    assert isinstance(unknown, Refused)
    assert "12345 is in none of Procore's standard lists" in unknown.message
