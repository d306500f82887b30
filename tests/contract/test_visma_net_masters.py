"""The Visma.net connector against the sandbox, over HTTP: suppliers and segment values that two sides write."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from msgspec import structs
from visma_net_connected import opened
from visma_over_http import SUPPLIERS, Erp, erp

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Absent, Done, Held, NotRun, Refused
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import connector
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.records.masters import MasterChange

(WRITE,) = connector.supplier_changes.steps
(WRITE_VALUES,) = connector.segment_value_changes.steps
SUPPLIER = "V00001"
FIELDS = {
    "name": "name",
    "city": "city",
    "email": "email",
    "phone": "phone",
    "address": "street",
    "tax_id": "corporate_id",
}


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def client(running: Erp) -> Iterator[VismaClient]:
    running.reset()
    found = opened(running)
    yield found
    found.close()


def change(values: dict[str, str], expected: dict[str, str] | None = None, *, key: str = SUPPLIER, **more: Any) -> Item:
    document = MasterChange(
        reference="ML-SSSSSSSSSSSS-1", key=key, code="", name="New Ltd", values=values, expected=expected or {}
    )
    return Item(reference=document.reference, document=structs.replace(document, **more))


def value(key: str, name: str, *, new: bool = False, number: int = 1, **values: str) -> Item:
    document = MasterChange(
        reference=f"ML-DDDDDDDDDD{number:02d}-1", key="" if new else key, code=key, name=name,
        values={"name": name, **values},
    )  # fmt: skip
    return Item(reference=document.reference, document=document)


def supplier(client: VismaClient, key: str = SUPPLIER) -> dict[str, str]:
    """Its fields now, read by somebody who remembers nothing."""
    found = next(one for one in connector.supplier_list(client) if one.key == key)
    return {name: str(getattr(found, name)) for name in (*FIELDS, "active", "state", "postal_code", "country")}


def test_only_our_fields_change(client: VismaClient, running: Erp) -> None:
    before = supplier(client)
    (outcome,) = WRITE.run(client, [change({"name": "Renamed", "city": "Oslo", "email": "", "active": "no"})])
    assert isinstance(outcome, Done) and outcome.memo["overtaken"] == "" and outcome.memo["modified"]
    assert supplier(client) == before | {"name": "Renamed", "city": "Oslo", "email": "", "active": "False"}
    stored = running.get(f"{SUPPLIERS}/{SUPPLIER}")
    assert stored["mainAddress"]["addressLine1"] == "133 Quarry Rd" and stored["creditTerms"]["id"] == "30"


def test_a_row_that_was_listed_is_changed_with_one_write_and_one_read(client: VismaClient, running: Erp) -> None:
    connector.supplier_list(client)
    running.control.delete("/calls")
    WRITE.run(client, [change({"city": "Oslo"})])
    assert [one["method"] for one in running.control.get("/calls").json()] == ["PUT", "GET"]


def test_what_somebody_else_has_changed_is_left_alone(client: VismaClient, running: Erp) -> None:
    connector.supplier_list(client)
    running.act("edit_supplier", number=SUPPLIER, city="Bergen", phone="1234")
    ours = change({"city": "Oslo", "email": "ap@new.example"}, {"city": "Columbus", "email": supplier(client)["email"]})
    (outcome,) = WRITE.run(client, [ours])
    assert isinstance(outcome, Done) and outcome.memo["overtaken"] == "city"
    now = supplier(client)
    assert (now["city"], now["phone"], now["email"]) == ("Bergen", "1234", "ap@new.example")


def test_a_lost_change_is_looked_up(client: VismaClient, running: Erp) -> None:
    running.order(
        "/faults", {"match": {"method": "PUT", "path": "(?i).*/supplier/.*"}, "effect": "drop_after_write", "times": 1}
    )
    with pytest.raises(errors.AnswerLost):
        WRITE.run(client, [change({"city": "Oslo"})])
    assert WRITE.look_up is not None
    (found,) = WRITE.look_up(client, [change({"city": "Oslo"})])
    assert isinstance(found, Done)
    assert WRITE.look_up(client, [change({"city": "Bergen"})]) == [Absent()]


def test_a_supplier_is_made_once(client: VismaClient, running: Erp) -> None:
    made = change({"city": "Oslo", "country": "NO", "active": "yes"}, key="")
    running.order(
        "/faults", {"match": {"method": "POST", "path": "(?i).*/supplier$"}, "effect": "drop_after_write", "times": 1}
    )
    with pytest.raises(errors.AnswerLost):
        WRITE.run(client, [made])
    assert WRITE.look_up is not None
    (found,) = WRITE.look_up(client, [made])
    assert isinstance(found, Done)
    stored = running.get(f"{SUPPLIERS}/{found.key}")
    assert (stored["accountReference"], stored["name"], stored["status"]) == ("ML-SSSSSSSSSSSS", "New Ltd", "Active")
    second = structs.replace(made, reference="ML-TTTTTTTTTTTT-1")
    (outcome,) = WRITE.run(client, [second])
    assert isinstance(outcome, Done) and outcome.key != found.key
    assert supplier(client, outcome.key)["country"] == "NO"


def test_a_supplier_that_is_gone_and_a_refusal_are_told(client: VismaClient, running: Erp) -> None:
    (outcome,) = WRITE.run(client, [change({"city": "Oslo"}, key="V99999")])
    assert isinstance(outcome, Held) and outcome.cause == "changed_there"
    running.switch(series_supplier="manual")
    (refused,) = WRITE.run(client, [change({}, key="")])
    assert isinstance(refused, Refused) and "Visma.net refused" in refused.message


def test_segment_values_go_in_one_call_per_segment(client: VismaClient, running: Erp) -> None:
    items = [value(f"SUBACCOUNT|2|9{number:02d}", f"Site {number}", new=True, number=number) for number in range(20)]
    items += [
        value("SUBACCOUNT|2|011", "Harbor", number=30, active="no"),
        value("SUBACCOUNT|3|03-300", "Slabs", number=31),
    ]
    connector.branches(client)
    running.control.delete("/calls")
    outcomes = WRITE_VALUES.run(client, items)
    assert all(isinstance(outcome, Done) for outcome in outcomes)
    assert [one["method"] for one in running.control.get("/calls").json()] == ["GET", "PUT", "GET"] * 2
    found = {one.key: (one.name, one.active) for one in connector.segment_value_list(client)}
    assert found["SUBACCOUNT|2|907"] == ("Site 7", True)
    assert (found["SUBACCOUNT|2|011"], found["SUBACCOUNT|3|03-300"]) == (("Harbor", False), ("Slabs", True))
    assert WRITE_VALUES.look_up is not None
    assert [type(one) for one in WRITE_VALUES.look_up(client, items)] == [Done] * len(items)


def test_a_changed_segment_is_merged_anew(client: VismaClient, running: Erp) -> None:
    WRITE_VALUES.run(client, [value("SUBACCOUNT|2|901", "First", new=True)])
    running.act("add_segment_value", segment="2", value="902", name="Theirs")
    running.act("rename_segment_value", segment="2", value="011", name="Theirs too")
    items = [
        value("SUBACCOUNT|2|902", "Theirs", new=True, number=2),
        value("SUBACCOUNT|2|903", "Third", new=True, number=3),
        value("SUBACCOUNT|2|901", "First", new=True, number=4, active="no"),
    ]
    assert all(isinstance(outcome, Done) for outcome in WRITE_VALUES.run(client, items))
    found = {one.key: (one.name, one.active) for one in connector.segment_value_list(client)}
    assert found["SUBACCOUNT|2|011"][0] == "Theirs too" and found["SUBACCOUNT|2|903"][0] == "Third"
    assert found["SUBACCOUNT|2|901"] == ("First", False)


def test_a_value_that_is_taken_wrong_or_gone_does_not_stop_the_others(client: VismaClient, running: Erp) -> None:
    items = [
        value("SUBACCOUNT|2|011", "Something else", new=True, number=1),
        value("SUBACCOUNT|2|TOO-LONG", "Long", new=True, number=2),
        value("SUBACCOUNT|2|904", "Good", new=True, number=3),
        value("SUBACCOUNT|2|888", "Gone", number=4),
        value("nonsense", "Bad", new=True, number=5),
    ]
    outcomes = WRITE_VALUES.run(client, items)
    assert [type(outcome) for outcome in outcomes] == [Held, Refused, Done, Held, Refused]
    assert [outcome.cause for outcome in outcomes if isinstance(outcome, Held)] == ["keyed_by_hand", "changed_there"]
    assert NotRun() not in outcomes


def test_a_lost_change_of_values_is_looked_up(client: VismaClient, running: Erp) -> None:
    running.order(
        "/faults", {"match": {"method": "PUT", "path": "(?i).*/dimension/.*"}, "effect": "drop_after_write", "times": 1}
    )
    item = value("SUBACCOUNT|2|905", "Lost", new=True)
    with pytest.raises(errors.AnswerLost):
        WRITE_VALUES.run(client, [item])
    assert WRITE_VALUES.look_up is not None
    found, absent = WRITE_VALUES.look_up(client, [item, value("SUBACCOUNT|2|906", "Other", new=True, number=2)])
    assert isinstance(found, Done) and absent == Absent()
