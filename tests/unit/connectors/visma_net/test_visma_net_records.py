"""Wire and records: times, periods, subaccounts, batches in parts, changes of suppliers, notifications."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from msgspec import structs
from visma_company import Company, answer, batch

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.outcomes import Done, Held
from ml_connector.connectors.kit.source import Window
from ml_connector.connectors.kit.target import Item
from ml_connector.connectors.visma_net import batches, comparison, objects, subaccounts, wire
from ml_connector.connectors.visma_net import client as calls
from ml_connector.connectors.visma_net import periods as calendar
from ml_connector.connectors.visma_net.client import VismaClient
from ml_connector.connectors.visma_net.company import posting_periods
from ml_connector.connectors.visma_net.sources import posted_journals
from ml_connector.connectors.visma_net.supplier_changes import body, supplier_changes
from ml_connector.connectors.visma_net.webhooks import parse
from ml_connector.connectors.visma_net.wire import BadRecord
from ml_connector.records.journals import Journal, JournalLine
from ml_connector.records.masters import MasterChange

JOURNALS = "/v2/journaltransaction"
(WRITE,) = supplier_changes.steps


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2026-03-02T09:14:22.107", "2026-03-02T09:14:22.107"),
        ("2026-03-02T09:14:22.1079999", "2026-03-02T09:14:22.107"),
        ("2026-03-02T09:14:22Z", "2026-03-02T09:14:22.000"),
        ("2026-03-02T10:14:22+01:00", "2026-03-02T09:14:22.000"),
        ("2026-03-02", "2026-03-02T00:00:00.000"),
    ],
)
def test_times_go_back_without_a_zone_and_never_later(text: str, stamp: str) -> None:
    found = wire.moment({"at": text}, "at")
    assert found is not None and found.tzinfo is UTC and wire.stamp(found) == stamp


def test_amounts_are_exact_and_without_added_zeros() -> None:
    record = {"a": Decimal("1000.0000"), "b": Decimal("0.005"), "c": 7, "d": None, "e": "12.5"}
    found = [wire.amount(record, name) for name in "abcde"]
    assert [str(one) for one in found] == ["1000.00", "0.005", "7.00", "None", "12.50"]
    with pytest.raises(BadRecord):
        wire.amount({"a": True}, "a")


def test_written_fields_are_wrapped_and_empty_ones_left_out() -> None:
    sent = wire.wrapped({"day": date(2026, 3, 31), "hold": False, "text": "", "none": None, "amount": Decimal("1.50")})
    assert sent == {
        "day": {"value": "2026-03-31T00:00:00"},
        "hold": {"value": False},
        "amount": {"value": Decimal("1.50")},
    }


def test_batches_are_put_together_by_module_and_number() -> None:
    parts = [
        batch("1", 5),
        batch("2", 1, 2, total=6),
        batch("2", 3, first=3, total=6),
        batch("2", 9, module="ModuleAP"),
    ]
    found = calls.merged([*parts, parts[2]])
    assert [(objects.module_of(one), one["batchNumber"], len(one[objects.LINES])) for one in found] == [
        ("GL", "1", 1), ("GL", "2", 3), ("AP", "2", 1),
    ]  # fmt: skip
    assert [batches.is_whole(one) for one in found] == [True, True, True]
    assert [batches.is_whole(one) for one in parts] == [True, False, False, True]


def test_a_batch_over_two_pages_is_read_whole_and_told_once(client: VismaClient, company: Company) -> None:
    told = {"metadata": {"totalCount": 6, "maxPageSize": 3}}
    first = [{**batch("1", 5, 6), **told}, {**batch("2", 1, total=6), **told}]
    second = [{**batch("2", 2, 3, first=2, total=6), **told}, {**batch("3", 4), **told}]
    company.on("GET", JOURNALS, answer(first), answer(second))
    company.on("GET", f"{JOURNALS}/2", answer(batch("2", 1, 2, 3)))
    (scope,) = posted_journals.scopes(client)
    one = posted_journals.read(client, scope, Window(start=datetime(2026, 4, 1, tzinfo=UTC)), None)
    two = posted_journals.read(client, scope, None, one.position)
    assert [[row.key for row in page.rows] for page in (one, two)] == [["GL|1", "GL|2"], ["GL|3"]]
    assert [len(row.document.journal.lines) for row in one.rows] == [2, 3]  # type: ignore[attr-defined]
    assert two.position is None and one.vendor_time == datetime(2026, 4, 1, 10, 0, 0, 500000, tzinfo=UTC)
    asked = dict(company.asked("GET", JOURNALS)[0].url.params)
    assert asked["lastModifiedDateTime"] == "2026-03-31T23:59:59.999" and asked["module"] == "GL"
    assert "lastModifiedDateTimeCondition" not in asked


def test_a_bad_row_does_not_stop_the_others(client: VismaClient, company: Company) -> None:
    rows = [batch("1", 5), batch("2", 6, transactionDate="soon"), batch("3", 7, lastModifiedDateTime="")]
    company.on("GET", JOURNALS, answer(rows))
    (scope,) = posted_journals.scopes(client)
    page = posted_journals.read(client, scope, None, None)
    assert [row.key for row in page.rows] == ["GL|1"]
    assert [(bad.key, bad.modified is None) for bad in page.unreadable] == [("GL|2", False), ("GL|3", True)]


def test_a_reversing_batch_is_not_ours_although_it_bears_our_mark() -> None:
    assert objects.reference_of(batch("1", 5)) == "ML-ABC-1"
    for changes in ({"reversingEntry": True}, {"originalBatchNumber": "7"}, {"description": "Rent: March"}):
        assert objects.reference_of(batch("1", 5, **changes)) == ""


def test_the_high_water_mark_is_the_newest_time_that_was_read(client: VismaClient) -> None:
    assert batches.high_water(client) == ""
    for at in ("2026-04-01T10:00:00", "2026-04-01T11:00:00", "2026-04-01T09:00:00"):
        batches.seen(client, batch("1", 5, lastModifiedDateTime=at))
    assert batches.high_water(client) == "2026-04-01T09:55:00.000"


def test_periods_are_named_by_their_middle_and_may_end_on_the_day_after(client: VismaClient, company: Company) -> None:
    assert [one.open for one in posting_periods(client) or []] == [False] * 2 + [True] * 10
    company.lists["/v1/financialperiod"] = [
        {"year": 2026, "period": number, "startDate": start, "endDate": end, "active": True}
        for number, start, end in (
            ("01", "2025-07-01", "2025-08-01"), ("02", "2025-08-01", "2025-09-01"), ("13", "2026-06-30", "2026-06-30"),
        )
    ]  # fmt: skip
    found = calendar.listed(client)
    assert [(one.own, one.name, one.first.day, one.last.day) for one in found] == [
        ("202601", "2025-07", 1, 31), ("202602", "2025-08", 1, 31),
    ]  # fmt: skip
    assert calendar.own_of("2025-08", date(2025, 1, 1), found) == "202602"
    assert calendar.own_of("", date(2025, 7, 31), found) == "202601"
    assert calendar.name_of("202602", found) == "2025-08" and calendar.name_of("202605", found) == "2026-05"
    assert calendar.posting_day(date(2025, 7, 9), "2025-08", found) == date(2025, 8, 1)


def divided(number: str, **segments: str) -> dict[str, Any]:
    rows = [{"segmentId": int(name[1:]), "segmentValue": value} for name, value in segments.items()]
    return {"subaccountNumber": number, "segments": rows}


@pytest.mark.parametrize(
    ("stored", "texts", "name"),
    [
        (divided("0001103-300", s1="00", s2="011", s3="03-300"), {"2=011,3=03-300"}, "2=011,3=03-300"),
        (divided("1001103-300", s1="10", s2="011", s3="03-300"), {"2=011,3=03-300"}, "1001103-300"),
        (divided("10-204"), {"10204"}, "10204"),
        (divided("000-00"), {"10204"}, ""),
        ({}, {"10204"}, ""),
    ],
)
def test_a_stored_subaccount_is_called_as_it_was_meant(stored: dict[str, Any], texts: set[str], name: str) -> None:
    assert subaccounts.named(stored, texts) == name


def journal(**changes: Any) -> Journal:
    line = JournalLine(
        account="4300", amount=Decimal(5), text="", subaccount="2=011", project="P1", task="02", **changes
    )
    other = JournalLine(account="2990", amount=Decimal(-5), text="")
    return Journal(
        reference="ML-ABC-1", number="REQ-1234567890-12345", date=date(2026, 3, 31), period="2026-03", currency="NOK",
        text="", lines=(line, other),
    )  # fmt: skip


def test_subaccount_and_task_count_in_a_comparison_and_in_the_coding_of_costs() -> None:
    meant = journal()
    for name, value in (("subaccount", "2=012"), ("task", "03"), ("project", "P2"), ("account", "4301")):
        line = structs.replace(meant.lines[0], **{name: value})
        (found,) = comparison.compare(meant, structs.replace(meant, lines=(line, meant.lines[1])))
        assert found.field == f"line 1 {name}"
    assert comparison.compare(meant, structs.replace(meant, number="REQ-1234567890-")) == []
    assert comparison.compare(meant, structs.replace(meant, number="REQ-1")) != []
    codings = [entry.coding for entry in meant.entries(meant)]
    assert codings == [("4300", "P1", "", "2=011", "02"), ("2990", "", "")]


def change(**values: str) -> Item:
    document = MasterChange(reference="ML-S-1", key="50112", code="", name="Fjord", values=values)
    return Item(reference="ML-S-1", document=document)


def test_only_what_is_to_change_is_sent_wrapped_at_both_levels() -> None:
    assert body({"city": "Oslo", "active": "no", "email": ""}) == {
        "status": {"value": "Inactive"},
        "mainAddress": {"value": {"city": {"value": "Oslo"}}},
        "mainContact": {"value": {"email": {"value": ""}}},
    }


def test_a_field_that_is_ignored_without_a_word_is_noticed(client: VismaClient, company: Company) -> None:
    company.ignored = {"mainAddress"}
    (outcome,) = WRITE.run(client, [change(name="New", city="Oslo")])
    assert isinstance(outcome, Held) and outcome.cause == "stored_differently" and "city" in outcome.message
    assert company.supplier["name"] == "New"


def test_somebody_who_is_always_quicker_wins_for_now(client: VismaClient, company: Company) -> None:
    def quicker() -> None:
        company.version += 1

    company.before_put = quicker
    with pytest.raises(errors.TryLater):
        WRITE.run(client, [change(city="Oslo")])
    assert company.supplier["mainAddress"]["city"] == "Bergen"


def test_a_change_that_cannot_be_read_back_is_looked_up(client: VismaClient, company: Company) -> None:
    client.find(calls.SUPPLIERS)
    company.on("GET", "/v1/supplier/50112", *[answer({}, 503, **{"Retry-After": "9"})] * 3)
    with pytest.raises(errors.AnswerLost):
        WRITE.run(client, [change(city="Oslo")])
    assert company.supplier["mainAddress"]["city"] == "Oslo"


def test_an_old_look_never_says_that_nothing_is_left(client: VismaClient, company: Company) -> None:
    client.find(calls.SUPPLIERS)
    company.supplier["mainAddress"]["city"] = "Molde"
    company.version += 1
    (outcome,) = WRITE.run(client, [change(city="Bergen")])
    assert isinstance(outcome, Done) and company.supplier["mainAddress"]["city"] == "Bergen"
    assert [one.partition(" ")[0] for one in company.calls] == ["GET", "GET", "PUT", "GET"]


def test_a_street_takes_the_place_of_all_address_lines(client: VismaClient, company: Company) -> None:
    (outcome,) = WRITE.run(client, [change(address="Torget 2", country="SE", state="AB", tax_id="5560")])
    assert isinstance(outcome, Done), outcome
    place = company.supplier["mainAddress"]
    assert (place["addressLine1"], place["addressLine2"], place["country"]["id"]) == ("Torget 2", "", "SE")


def test_a_delivery_may_tell_of_several_things() -> None:
    one = {"notificationId": "n1", "event": "supplier_changed", "timeStamp": 637969430208130000, "contextId": "1"}
    found = parse(json.dumps([one, {"notificationId": "n2", "event": "account_changed"}]).encode())
    assert [(notice.event, notice.resource) for notice in found] == [
        ("n1", "supplier_changed"),
        ("n2", "account_changed"),
    ]
    assert found[0].at == datetime(2022, 8, 24, 13, 3, 40, 813000, tzinfo=UTC) and found[1].at is None
