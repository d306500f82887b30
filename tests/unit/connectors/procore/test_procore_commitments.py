"""Subcontracts and purchase orders as they are read from Procore."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from ml_connector.connectors.kit.source import Page, Scope, Window
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.connector import commitments
from ml_connector.records.commitments import Commitment, CommitmentLine

SUBCONTRACTS = "/rest/v1.0/work_order_contracts"
PURCHASES = "/rest/v1.0/purchase_order_contracts"
ORDERS = "/rest/v1.0/change_order_packages"
QUAY = Scope(key="4711", name="North Quay")
JANUARY = Window(start=datetime(2026, 1, 1, tzinfo=UTC))


def contract(key: int = 88001, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "number": "PO-100234",
        "title": "Rebar",
        "status": "Approved",
        "vendor": {"id": 562949953000101, "company": "Fjord Betong AS"},
        "contract_date": "2026-01-12",
        "grand_total": "125000.00",
        "revised_contract": "130000.00",
        "currency_configuration": {"currency_iso_code": "NOK"},
        "line_items": [line()],
        "updated_at": "2026-01-15T09:31:02Z",
        "deleted_at": None,
        **changes,
    }


def line(key: int = 7001, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "amount": "125000.00",
        "description": "B500NC 12 mm",
        "wbs_code": {"id": 3301, "flat_code": "03-200.M"},
        **changes,
    }


def order(key: int = 5, holder: int = 88001, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "contract_id": holder,
        "number": "001",
        "title": "More",
        "status": "approved",
        "grand_total": "5000.00",
        "updated_at": "2026-01-16T00:00:00Z",
        **changes,
    }


class Site:
    """A project's contracts and change orders; lists with a time filter give what `changed` names."""

    def __init__(self, server: Any) -> None:
        self.server = server
        self.subcontracts: list[dict[str, Any]] = []
        self.purchases: list[dict[str, Any]] = []
        self.orders: list[dict[str, Any]] = []
        self.changed: set[int] = set()
        for path, name in ((SUBCONTRACTS, "subcontracts"), (PURCHASES, "purchases"), (ORDERS, "orders")):
            server.replies[f"GET {path}"] = lambda request, name=name: self._list(request, getattr(self, name))

    def _list(self, request: httpx2.Request, rows: list[dict[str, Any]]) -> httpx2.Response:
        if "filters[updated_at]" in request.url.params:
            rows = [row for row in rows if row["id"] in self.changed]
        if only := request.url.params.get("contract_id"):
            rows = [row for row in rows if str(row["contract_id"]) == only]
        answer: httpx2.Response = self.server.page(request, rows)
        return answer

    def shows(self, path: str, row: dict[str, Any]) -> None:
        self.server.replies[f"GET {path}/{row['id']}"] = httpx2.Response(200, json=row)

    def shown(self) -> int:
        """How many records were asked for one by one."""
        return sum(request.url.path.rsplit("/", 1)[-1].isdigit() for request in self.server.requests)


@pytest.fixture
def site(server: Any) -> Site:
    return Site(server)


def only(page: Page) -> Commitment:
    (row,) = page.rows
    assert isinstance(row.document, Commitment)
    return row.document


def test_the_sheets_sample_becomes_a_commitment(client: Client, site: Site) -> None:
    site.purchases = [contract()]
    site.orders = [order(), order(6, number=2, status="pending", grand_total="700.00")]
    site.shows(ORDERS, order(line_items=[line(80, amount=None, extended_amount="5000.00")]))
    page = commitments.read(client, QUAY, None, None)
    found = only(page)
    assert page.rows[0].modified == datetime(2026, 1, 16, tzinfo=UTC)
    assert (found.key, found.kind, found.number, found.status) == ("88001", "purchase_order", "PO-100234", "approved")
    assert (found.vendor, found.vendor_name, found.currency) == ("562949953000101", "Fjord Betong AS", "NOK")
    assert (found.day, found.original, found.total) == (date(2026, 1, 12), Decimal(125000), Decimal(130000))
    assert found.lines == (
        CommitmentLine(key="7001", cost_code="03-200", cost_type="M", text="B500NC 12 mm", amount=Decimal(125000)),
    )
    first, second = found.change_orders
    assert (first.number, first.approved, first.lines[0].amount) == ("001", True, Decimal(5000))
    assert first.lines[0].change_order == "001"
    assert (second.number, second.approved, second.lines) == ("2", False, ())


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("Draft", "draft"),
        ("Out For Bid", "draft"),
        ("Out For Signature", "draft"),
        ("Processing", "draft"),
        ("Submitted", "draft"),
        (None, "draft"),
        ("Something New", "draft"),
        ("Approved", "approved"),
        ("Partially Received", "approved"),
        ("Complete", "complete"),
        ("Received", "complete"),
        ("Closed", "complete"),
        ("Terminated", "void"),
        ("Void", "void"),
    ],
)
def test_statuses(client: Client, site: Site, theirs: str | None, ours: str) -> None:
    site.subcontracts = [contract(status=theirs)]
    assert only(commitments.read(client, QUAY, None, None)).status == ours


def test_without_a_told_total_lines_and_approved_change_orders_are_added(client: Client, site: Site) -> None:
    site.subcontracts = [contract(revised_contract="")]
    site.orders = [order(line_items=[]), order(6, status="draft"), order(7, 99)]
    assert only(commitments.read(client, QUAY, None, None)).total == Decimal(130000)
    assert site.shown() == 0


def test_a_contract_whose_lines_the_list_leaves_out_is_shown(client: Client, site: Site) -> None:
    site.subcontracts = [contract(line_items=None), contract(88002, line_items=None, deleted_at="2026-01-15T09:31:02Z")]
    site.shows(SUBCONTRACTS, contract())
    found = [row.document for row in commitments.read(client, QUAY, None, None).rows]
    assert [(each.status, len(each.lines)) for each in found] == [("approved", 1), ("void", 0)]
    assert site.shown() == 1


def test_one_bad_record_is_named_and_stops_no_other(client: Client, site: Site) -> None:
    site.subcontracts = [contract(1, line_items=[line(amount="1e3")]), contract(2, contract_date="soon"), contract(3)]
    site.orders = [order(4, 9, grand_total="x")]
    page = commitments.read(client, QUAY, None, None)
    assert [row.key for row in page.rows] == ["3"]
    assert {bad.key: bad.message.split(": ", 1)[1].split(",")[0] for bad in page.unreadable} == {
        "1": "line 7001 amount is '1e3'",
        "2": "contract_date is 'soon'",
    }


def test_a_changed_change_order_brings_its_contract_of_either_kind(client: Client, site: Site, server: Any) -> None:
    site.purchases, site.changed = [contract(), contract(88002)], {5, 7}
    site.orders = [order(line_items=[]), order(6, 88002), order(7, 12345, line_items=[])]  # one is of a prime contract
    found = only(commitments.read(client, QUAY, JANUARY, None))
    assert (found.key, [one.key for one in found.change_orders]) == ("88001", ["5"])
    assert [query.get("filters[id][]") for query in server.asked(PURCHASES)] == [None, ["12345", "88001"]]
    assert server.asked(ORDERS)[1]["contract_id"] == ["88001"]


def test_a_page_shows_no_more_than_fits_and_loses_nothing(client: Client, site: Site, server: Any) -> None:
    site.subcontracts = [contract(key) for key in range(1, 12)]
    site.orders = [order(key * 100 + n, key) for key in range(1, 12) for n in range(4)]
    for each in site.orders:
        site.shows(ORDERS, {**each, "line_items": [line(each["id"])]})
    found, position, most = [], None, 0
    for _ in range(9):
        before = len(server.requests)
        page = commitments.read(client, QUAY, None, position)
        most = max(most, len(server.requests) - before)
        found += [row.document for row in page.rows]
        position = page.position
        if position is None:
            break
    assert position is None
    assert sorted(int(each.key) for each in found) == list(range(1, 12))
    assert all(len(one.lines) == 1 for each in found for one in each.change_orders)
    assert most <= 20
    assert site.shown() == 44


def test_very_many_change_orders_are_read_without_their_lines(client: Client, site: Site) -> None:
    site.subcontracts = [contract(revised_contract=None)]
    site.orders = [order(key, grand_total="1.00") for key in range(1, 41)]
    found = only(commitments.read(client, QUAY, None, None))
    assert (found.total, len(found.change_orders)) == (Decimal(125040), 40)
    assert only(commitments.by_keys(client, QUAY, ["88001"])) == found
    assert site.shown() == 0


def test_deleted_contracts_are_asked_for_too(client: Client, site: Site, server: Any) -> None:
    site.subcontracts = [contract(deleted_at="2026-01-15T09:31:02Z")]
    assert only(commitments.read(client, QUAY, None, None)).status == "void"
    for path in (SUBCONTRACTS, PURCHASES):
        (query,) = server.asked(path)
        assert (query["view"], query["filters[include_deleted]"]) == (["extended"], ["with"])
