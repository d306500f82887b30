"""Paging, filters and deltas of the Visma.net sandbox (vendors/visma_net.md §7)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from visma_over_http import (
    INVOICES,
    JOURNALS,
    ORDERS,
    SUPPLIERS,
    Erp,
    erp,
    journal_line,
    order_line,
    segments,
    wrapped,
)

_UNPAGED = (
    "account", "ledger", "branch", "organization", "vat", "vatCategory", "currency", "financialPeriod",
    "paymentmethod", "numberSequence", "supplier/supplierClass", "supplier/balance",
)  # fmt: skip


@pytest.fixture(scope="module")
def running() -> Iterator[Erp]:
    with erp() as found:
        yield found


@pytest.fixture
def visma(running: Erp) -> Erp:
    running.reset()
    return running


def batch(visma: Erp, lines: int, **changes: Any) -> str:
    """A batch of `lines` lines, the last of which balances it."""
    costs = [journal_line("54000", debit=10, subaccount=segments()) for _ in range(lines - 1)]
    return visma.journal(journalTransactionLines=[*costs, journal_line("20500", credit=10 * (lines - 1))], **changes)


# pages


def test_rows_carry_the_count_and_the_largest_page(visma: Erp) -> None:
    rows = visma.rows(SUPPLIERS, pageNumber=1, pageSize=2)
    total = len(visma.rows(SUPPLIERS))
    assert [row["metadata"] for row in rows] == [{"totalCount": total, "maxPageSize": 1000}] * 2
    assert visma.rows(SUPPLIERS, pageNumber=99, pageSize=2) == []


def test_pages_in_the_order_of_keys_hold_each_row_once(visma: Erp) -> None:
    whole = [row["number"] for row in visma.rows(SUPPLIERS)]
    assert whole == sorted(whole)
    pages = [visma.rows(SUPPLIERS, pageNumber=page, pageSize=4) for page in range(1, 4)]
    assert [row["number"] for page in pages for row in page] == whole


def test_large_pages_are_cut_down_silently(visma: Erp) -> None:
    visma.switch(max_page_size=3)
    assert len(visma.rows(SUPPLIERS, pageSize=500)) == 3
    assert len(visma.rows(SUPPLIERS)) == 3
    second = visma.rows(SUPPLIERS, pageNumber=2, pageSize=500)
    assert second[0]["number"] == "V00004"
    assert second[0]["metadata"]["maxPageSize"] == 3


def test_the_largest_page_may_differ_by_endpoint(visma: Erp) -> None:
    visma.switch(max_page_sizes="purchaseorder=1, supplier=2")
    assert (len(visma.rows(ORDERS)), len(visma.rows(SUPPLIERS))) == (1, 2)
    assert len(visma.rows("/v1/project")) > 2


@pytest.mark.parametrize("query", [{"pageNumber": "0"}, {"pageSize": "0"}, {"pageSize": "x"}])
def test_impossible_pages_are_refused(visma: Erp, query: dict[str, str]) -> None:
    assert visma.http.get(SUPPLIERS, params=query).status_code == 400


def test_deprecated_paging_is_ignored(visma: Erp) -> None:
    assert len(visma.rows(SUPPLIERS, numberToRead=1, skipRecords=2)) == len(visma.rows(SUPPLIERS))


@pytest.mark.parametrize("name", _UNPAGED)
def test_unpaged_lists_come_whole_without_metadata(visma: Erp, name: str) -> None:
    visma.switch(max_page_size=1)
    rows = visma.rows(f"/v1/{name}", pageNumber=1, pageSize=1)
    assert rows
    assert all("metadata" not in row for row in rows)
    assert len(rows) > 1 or name in ("ledger", "branch", "organization")


def test_suppliers_can_be_ordered(visma: Erp) -> None:
    numbers = [row["number"] for row in visma.rows(SUPPLIERS)]
    assert [row["number"] for row in visma.rows(SUPPLIERS, orderBy="number desc")] == numbers[::-1]
    names = [row["name"] for row in visma.rows(SUPPLIERS, orderBy="name")]
    assert names == sorted(names)


# journals


@pytest.mark.parametrize("query", [{}, {"module": "GL"}, {"pageSize": "10"}])
def test_journals_need_a_period_or_a_change_time(visma: Erp, query: dict[str, str]) -> None:
    assert visma.http.get(JOURNALS, params=query).status_code == 400


def test_pages_of_journals_count_lines_and_split_batches(visma: Erp) -> None:
    first, second, third = (batch(visma, lines, financialPeriod="202604") for lines in (3, 5, 2))
    pages = [visma.rows(JOURNALS, periodId="202604", pageNumber=page, pageSize=4) for page in (1, 2, 3, 4)]
    found = [
        [(row["batchNumber"], [line["lineNumber"] for line in row["journalTransactionLines"]]) for row in page]
        for page in pages
    ]
    assert found == [
        [(first, [1, 2, 3]), (second, [1])],
        [(second, [2, 3, 4, 5])],
        [(third, [1, 2])],
        [],
    ]
    assert {row["metadata"]["totalCount"] for page in pages for row in page} == {10}
    split = pages[0][1]
    assert split["debitTotalInCurrency"] == 40
    visma.switch(max_page_sizes="journaltransaction=4")
    assert visma.rows(JOURNALS, periodId="202604", pageSize=1000)[1]["metadata"]["maxPageSize"] == 4


def test_filters_of_journals(visma: Erp) -> None:
    number = batch(visma, 2, financialPeriod="202604")
    held = batch(visma, 2, financialPeriod="202604", hold=True)
    visma.release(f"{JOURNALS}/{number}")

    def numbers(**query: str) -> list[str]:
        return [row["batchNumber"] for row in visma.rows(JOURNALS, periodId="202604", **query)]

    assert numbers() == numbers(module="GL") == numbers(branch="1") == [number, held]
    assert numbers(status="Posted") == [number]
    assert numbers(status="Unreleased") == numbers(status="hold") == [held]
    assert numbers(module="AP") == numbers(branch="9") == []
    assert visma.http.get(JOURNALS, params={"periodId": "202604", "module": "XX"}).status_code == 400
    released = [row for row in visma.rows(JOURNALS, periodId="202601") if row["module"] == "ModuleAP"]
    assert released
    assert all(row["status"] == "Posted" for row in released)


def test_journals_since_a_change_time_without_condition(visma: Erp) -> None:
    number = batch(visma, 2)
    stamp = visma.get(f"{JOURNALS}/{number}")["lastModifiedDateTime"]
    later = (datetime.fromisoformat(stamp) - timedelta(milliseconds=1)).isoformat(timespec="milliseconds")
    assert [row["batchNumber"] for row in visma.rows(JOURNALS, lastModifiedDateTime=later)] == [number]
    assert visma.rows(JOURNALS, lastModifiedDateTime=stamp) == []
    same = visma.rows(JOURNALS, lastModifiedDateTime=stamp, lastModifiedDateTimeCondition=">=")
    assert same == []


# deltas


@pytest.mark.parametrize(
    ("op", "expected"), [(">", {"new"}), (">=", {"old", "new"}), ("<", set()), ("<=", {"old"}), (None, {"new"})]
)
def test_conditions_on_the_change_time(visma: Erp, op: str | None, expected: set[str]) -> None:
    old = visma.create(SUPPLIERS, wrapped(name="Delta old"))
    stamp = visma.get(f"{SUPPLIERS}/{old}")["lastModifiedDateTime"]
    visma.advance(1)
    visma.create(SUPPLIERS, wrapped(name="Delta new"))
    condition = {} if op is None else {"lastModifiedDateTimeCondition": op}
    rows = visma.rows(SUPPLIERS, name="Delta", lastModifiedDateTime=stamp, **condition)
    assert {row["name"].split()[1] for row in rows} == expected


@pytest.mark.parametrize(
    "moment",
    ["2026-01-15", "2026-01-15 08:00:00", "2026-01-15 08:00:00.123", "2026-01-15T08:00:00", "2026-01-15T08:00:00.5"],
)
def test_accepted_forms_of_times(visma: Erp, moment: str) -> None:
    assert visma.http.get(SUPPLIERS, params={"lastModifiedDateTime": moment}).status_code == 200


@pytest.mark.parametrize(
    "query",
    [
        {"lastModifiedDateTime": "2026-01-15T08:00:00Z"},
        {"lastModifiedDateTime": "2026-01-15T08:00:00+01:00"},
        {"lastModifiedDateTime": "15.01.2026"},
        {"lastModifiedDateTime": "2026-02-30"},
        {"lastModifiedDateTime": "2026-01-15", "lastModifiedDateTimeCondition": "="},
        {"lastModifiedDateTimeCondition": ">"},
    ],
)
def test_refused_forms_of_times(visma: Erp, query: dict[str, str]) -> None:
    assert visma.http.get(SUPPLIERS, params=query).status_code == 400


def test_change_times_have_milliseconds_and_no_zone_unless_switched(visma: Erp) -> None:
    plain = visma.get(f"{SUPPLIERS}/V00001")["lastModifiedDateTime"]
    assert len(plain) == len("2026-01-15T08:00:00.000")
    visma.switch(stamp_offset_minutes=60, stamps_with_zone=True)
    shifted = visma.get(f"{SUPPLIERS}/V00001")["lastModifiedDateTime"]
    assert shifted.endswith("Z")
    assert datetime.fromisoformat(shifted[:-1]) - datetime.fromisoformat(plain) == timedelta(hours=1)
    assert visma.rows(SUPPLIERS, lastModifiedDateTime=shifted[:-1], lastModifiedDateTimeCondition="<=")


def test_an_upgrade_gives_all_rows_one_change_time(visma: Erp) -> None:
    visma.act("upgrade", kind="Supplier")
    stamps = {row["lastModifiedDateTime"] for row in visma.rows(SUPPLIERS)}
    assert len(stamps) == 1
    assert len({row["timeStamp"] for row in visma.rows(SUPPLIERS)}) > 1


def test_reads_see_writes_at_once(visma: Erp) -> None:
    number = visma.create(SUPPLIERS, wrapped(name="Just now"))
    assert [row["number"] for row in visma.rows(SUPPLIERS, name="Just now")] == [number]


# filters


def test_filters_of_suppliers(visma: Erp) -> None:
    row = visma.get(f"{SUPPLIERS}/V00002")
    for name in ("corporateId", "vatRegistrationId"):
        assert [one["number"] for one in visma.rows(SUPPLIERS, **{name: row[name]})] == ["V00002"]
    assert all(one["status"] == "Inactive" for one in visma.rows(SUPPLIERS, status="inactive"))
    visma.changed(f"{SUPPLIERS}/V00002", {"attributeLines": [wrapped(attributeId="REGION", attributeValue="W")]})
    assert [one["number"] for one in visma.rows(SUPPLIERS, attributes="REGION=W")] == ["V00002"]


def test_notes_and_accounts_of_suppliers_come_on_request(visma: Erp) -> None:
    visma.changed(f"{SUPPLIERS}/V00001", wrapped(note="Ask for Ola"))
    bare = visma.rows(SUPPLIERS, pageSize=1)[0]
    assert not {"note", "glAccounts"} & bare.keys()
    whole = visma.rows(SUPPLIERS, pageSize=1, expandNote="true", expandAccountInformation="true")[0]
    assert (whole["note"], whole["glAccounts"]["supplierAccount"]["number"]) == ("Ask for Ola", "20000")


def test_filters_of_invoices(visma: Erp) -> None:
    number = visma.invoice(dueDate="2026-02-20T00:00:00")

    def numbers(**query: Any) -> list[str]:
        return [row["referenceNumber"] for row in visma.rows(INVOICES, **query)]

    assert numbers(supplier="V00001") == numbers(released=0) == numbers(status="Balanced") == [number]
    assert number not in numbers(released=1)
    assert number in numbers(docDate="2026-01-19")
    assert number not in numbers(docDate="2026-01-20")
    assert numbers(docDate="2026-01-20", docDateCondition="<=", dueDate="2026-02-20", dueDateCondition=">=") == [number]
    assert numbers(balance=9000, balanceCondition=">=", supplier="V00001") == [number]
    assert numbers(financialPeriod="202601", branch="1", supplier="V00001") == [number]
    assert numbers(documentType="DebitAdj") == numbers(item="SUBCON") == []
    assert number in numbers(project="HARBOR1")
    stamp = visma.get(f"{INVOICES}/{number}")["createdDateTime"]
    assert numbers(createdDateTime=stamp, createdDateTimeCondition=">=") == [number]


def test_filters_of_orders(visma: Erp) -> None:
    number = visma.order_of(orderType="DropShip", promisedOn="2026-03-01T00:00:00")

    def numbers(**query: Any) -> list[str]:
        return [row["orderNbr"] for row in visma.rows(ORDERS, **query)]

    assert numbers(orderType="dropship") == [number]
    assert number in numbers(orderStatus="Open", supplier="V00001", branch="1")
    assert number in numbers(orderDate="2026-01-09")
    assert number not in numbers(orderDate="2026-01-10")
    assert numbers(deliveryDate="2026-02-28") == [number]
    assert number not in numbers(orderStatus="Hold")


def test_a_line_of_an_order_changes_the_change_time_of_the_order(visma: Erp) -> None:
    number = visma.order_of()
    before = visma.get(f"{ORDERS}/{number}")
    visma.advance(5)
    visma.changed(f"{ORDERS}/{number}", {"lines": [order_line(10)]})
    assert visma.get(f"{ORDERS}/{number}")["lastModifiedDateTime"] > before["lastModifiedDateTime"]
    between = visma.get(f"{ORDERS}/{number}")
    visma.advance(5)
    visma.act("receive", number=number, line=1)
    assert visma.get(f"{ORDERS}/{number}")["lastModifiedDateTime"] > between["lastModifiedDateTime"]
