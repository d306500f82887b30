"""The Visma.net connector against the sandbox, over HTTP: what is read, and how little of it at a quiet poll."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from visma_net_connected import journal, opened, posted
from visma_over_http import SUPPLIERS, Erp, erp, invoice_line

from ml_connector.connectors.kit.source import Page, Row, Window
from ml_connector.connectors.visma_net import connector
from ml_connector.connectors.visma_net.client import VismaClient

SOURCES = (
    connector.suppliers,
    connector.purchase_orders,
    connector.supplier_invoices,
    connector.posted_journals,
    connector.projects_with_tasks,
    connector.segment_values,
)


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


def walk(client: VismaClient, source: Any, window: Window | None = None) -> list[Page]:
    (scope,) = source.scopes(client)
    pages = [source.read(client, scope, window, None)]
    while pages[-1].position is not None:
        pages.append(source.read(client, scope, window, pages[-1].position))
    return pages


def rows(client: VismaClient, source: Any, window: Window | None = None) -> dict[str, Row]:
    found = [row for page in walk(client, source, window) for row in page.rows]
    assert len({row.key for row in found}) == len(found), "a record came twice"
    assert not any(page.unreadable for page in walk(client, source, window))
    return {row.key: row for row in found}


def by_keys(client: VismaClient, source: Any, *keys: str) -> dict[str, Row]:
    (scope,) = source.scopes(client)
    return {row.key: row for row in source.by_keys(client, scope, keys).rows}


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
def test_a_list_is_the_same_by_key_and_by_page(client: VismaClient, running: Erp, source: Any) -> None:
    posted(client, journal(1))
    whole = rows(client, source)
    assert len(whole) > 1
    first, last = min(whole), max(whole)
    some = by_keys(client, source, first, last, first + "0")
    assert {key: row.document for key, row in some.items()} == {key: whole[key].document for key in (first, last)}
    running.switch(max_page_size=2)
    assert {key: row.document for key, row in rows(client, source).items()} == {
        key: row.document for key, row in whole.items()
    }


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.kind)
def test_a_quiet_poll_is_one_call(client: VismaClient, running: Erp, source: Any) -> None:
    newest = max(row.modified for row in rows(client, source).values())
    connector.periods(client)
    walk(client, connector.posted_journals)
    running.control.delete("/calls")
    walk(client, source, Window(start=newest + timedelta(days=1)))
    assert len(running.control.get("/calls").json()) == 1


@pytest.mark.parametrize("switches", [{}, {"stamp_offset_minutes": 60}, {"stamps_with_zone": True}])
def test_rows_of_equal_time_are_all_seen_again(client: VismaClient, running: Erp, switches: dict[str, Any]) -> None:
    running.switch(max_page_size=2, **switches)
    for source, kind in (
        (connector.suppliers, "Supplier"),
        (connector.purchase_orders, "Order"),
        (connector.supplier_invoices, "Invoice"),
        (connector.posted_journals, "Journal"),
    ):
        running.act("upgrade", kind=kind)
        whole = rows(client, source)
        newest = max(row.modified for row in whole.values())
        assert set(rows(client, source, Window(start=newest))) == set(whole)
        assert set(rows(client, source, Window(start=newest + timedelta(seconds=1)))) == set()


def test_the_cursor_follows_the_data_and_not_the_header(client: VismaClient, running: Erp) -> None:
    running.switch(stamp_offset_minutes=90)
    running.act("edit_supplier", number="V00001", name="Ahead")
    (page,) = walk(client, connector.suppliers)
    assert page.vendor_time == max(row.modified for row in page.rows)


def test_a_batch_is_whole_wherever_the_pages_cut_it(client: VismaClient, running: Erp) -> None:
    posted(client, *(journal(number) for number in range(1, 4)))
    many = [{"debit": 1 + number, "account": "61000", "text": str(number)} for number in range(17)]
    running.act(
        "key_document", document="journal", lines=[*many, {"credit": 153, "account": "20500"}], date="2026-01-15"
    )
    whole = {key: row.document for key, row in rows(client, connector.posted_journals).items()}
    assert max(len(batch.journal.lines) for batch in whole.values()) == 18
    for size in (1, 2, 3, 5, 7, 19):
        running.switch(max_page_sizes=f"journaltransaction={size}")
        assert {key: row.document for key, row in rows(client, connector.posted_journals).items()} == whole


def test_what_becomes_of_our_journals_shows(client: VismaClient, running: Erp) -> None:
    first, second = posted(client, journal(1), journal(2))
    back = running.act("reverse_journal", number=first.number)
    found = rows(client, connector.posted_journals)
    ours = found[f"GL|{first.number}"].document
    assert (ours.journal.reference, ours.released, ours.voided, ours.reverses) == (first.reference, True, False, "")
    reversing = found[f"GL|{back['number']}"].document
    assert (reversing.reverses, reversing.journal.reference, reversing.released) == (first.number, "", True)
    assert found[f"GL|{second.number}"].document.journal.period == "2026-01"
    lines = [{"debit": 10, "account": "61000"}, {"credit": 10, "account": "20500"}]
    number = running.act("key_document", document="journal", lines=lines)["number"]
    running.act("void", document="journal", number=number)
    assert rows(client, connector.posted_journals)[f"GL|{number}"].document.voided


def test_suppliers_tell_what_changes_and_whether_they_are_used(client: VismaClient, running: Erp) -> None:
    supplier = rows(client, connector.suppliers)["V00001"].document
    assert (supplier.name, supplier.city, supplier.country, supplier.tax_id, supplier.active) == (
        "Lindqvist Plumbing Group LLC", "Columbus", "US", "28-4000044", True,
    )  # fmt: skip
    newest = max(row.modified for row in rows(client, connector.suppliers).values())
    running.advance(60)
    running.act("edit_supplier", number="V00001", status="OnHold", email="new@example.com")
    running.act("deactivate", kind="supplier", id="V00002")
    changed = rows(client, connector.suppliers, Window(start=newest + timedelta(seconds=1)))
    assert {key: (row.document.active, row.document.email == "new@example.com") for key, row in changed.items()} == {
        "V00001": (True, True),
        "V00002": (False, False),
    }


def test_orders_tell_lines_projects_segments_and_what_they_became(client: VismaClient, running: Erp) -> None:
    order = rows(client, connector.purchase_orders)["RegularOrder|PO000003"].document
    assert (order.vendor, order.status, order.active, order.vendor_number) == ("V00003", "Open", True, "PO-24-013-003")
    assert order.total == sum(line.amount for line in order.lines) == Decimal(480920)
    line = order.lines[0]
    assert (line.project, line.task, line.account, line.segments) == ("TOWER1", "09", "52000", ("00", "013", "09-250"))
    lines = [{"amount": 100, "account": "52000"}, {"amount": 50, "account": "52000", "project": "TOWER1", "task": "09"}]
    blanket = running.act("create_order", supplier="V00001", lines=lines, type="Blanket")["number"]
    running.act("cancel_order_line", number="PO000003", line=1)
    running.act("close_order", number="SC000001")
    running.act("cancel_order", number="SC000002")
    found = {key: row.document for key, row in rows(client, connector.purchase_orders).items()}
    assert found[f"Blanket|{blanket}"].lines[0].project == ""
    assert found["RegularOrder|PO000003"].lines[0].ended == "cancelled"
    assert {key: found[f"RegularOrder|{key}"].active for key in ("SC000001", "SC000002")} == {
        "SC000001": False,
        "SC000002": False,
    }
    assert all(line.ended == "completed" for line in found["RegularOrder|SC000001"].lines)


def test_a_supplier_is_first_seen_on_an_invoice(client: VismaClient, running: Erp) -> None:
    newest = max(row.modified for row in rows(client, connector.supplier_invoices).values())
    supplier = running.act("create_supplier", name="New Ltd")["number"]
    number = running.invoice(supplierNumber=supplier, invoiceLines=[invoice_line(120)])
    found = rows(client, connector.supplier_invoices, Window(start=newest + timedelta(seconds=1)))
    assert set(found) == {f"Invoice|{number}"}
    told = found[f"Invoice|{number}"].document
    assert (told.supplier, told.supplier_name, told.total) == (supplier, "New Ltd", Decimal(120))
    assert set(by_keys(client, connector.supplier_invoices, f"Invoice|{number}", "Invoice|1")) == {f"Invoice|{number}"}


def test_segment_values_and_projects_tell_what_changes(client: VismaClient, running: Erp) -> None:
    before = rows(client, connector.segment_values)
    assert before["SUBACCOUNT|2|011"].document.segment_name == "Cost centre"
    newest = max(row.modified for row in before.values())
    running.advance(60)
    running.act("add_segment_value", segment="2", value="777", name="New site")
    running.act("rename_segment_value", segment="2", value="011", name="Old site")
    running.act("deactivate", kind="segment_value", id="3/03-300")
    changed = rows(client, connector.segment_values, Window(start=newest + timedelta(seconds=1)))
    assert {key: (row.document.name, row.document.active) for key, row in changed.items()} == {
        "SUBACCOUNT|2|777": ("New site", True),
        "SUBACCOUNT|2|011": ("Old site", True),
        "SUBACCOUNT|3|03-300": (before["SUBACCOUNT|3|03-300"].document.name, False),
    }
    running.act("deactivate", kind="task", id="HARBOR1/03")
    job = rows(client, connector.projects_with_tasks)["HARBOR1"].document
    assert job.project.active and {task.key: task.active for task in job.tasks}["03"] is False


def test_lists_for_mapping_tell_what_may_be_used(client: VismaClient) -> None:
    usable = {account.key for account in connector.accounts(client) if account.active}
    assert {"54000", "20500"} <= usable and not usable & {"10200", "20000", "54900"}
    assert {"HARBOR1": True, "DEPOT": False}.items() <= {
        one.key: one.active for one in connector.projects(client)
    }.items()
    assert "0001103-410" in {one.key for one in connector.subaccounts(client)}
    assert [one.key for one in connector.tasks(client, "HARBOR1")][:1] == ["01"]
    assert len(connector.supplier_list(client)) == 9 and connector.branches(client) and connector.vat_codes(client)
    budget = {
        (one.task, one.group): (one.account, one.budgeted) for one in connector.project_budgets(client, "HARBOR1")
    }
    assert budget["01", "EQUIP"] == ("53000", Decimal(1505000)) and len(connector.project_budgets(client)) > len(budget)
    assert {one.segment for one in connector.segment_value_list(client)} == {"1", "2", "3"}


def test_keys_with_any_characters_are_read(client: VismaClient, running: Erp) -> None:
    running.act("create_supplier", number="V 1/2", name="Slash")
    assert SUPPLIERS and set(by_keys(client, connector.suppliers, "V 1/2")) == {"V 1/2"}
