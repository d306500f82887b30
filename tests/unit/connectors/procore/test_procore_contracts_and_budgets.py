"""Contracts, change orders and budgets as records of their own, and ids that are checked before a call leaves."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from msgspec import structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.declaration import PingStatus
from ml_connector.connectors.kit.source import Scope, Window
from ml_connector.connectors.procore import connector
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.connector import budgets, change_orders, contracts
from ml_connector.connectors.procore.ping import ping
from ml_connector.records.budgets import Allocation, Budget
from ml_connector.records.commitments import Commitment, CommitmentChange

SUBCONTRACTS = "/rest/v1.0/work_order_contracts"
PURCHASES = "/rest/v1.0/purchase_order_contracts"
ORDERS = "/rest/v1.0/change_order_packages"
VIEWS = "/rest/v1.0/budget_views"
CODES = "/rest/v1.0/projects/4711/work_breakdown_structure/wbs_codes"
PROJECTS = "/rest/v1.1/projects"
QUAY = Scope(key="4711", name="North Quay")
JANUARY = Window(start=datetime(2026, 1, 1, tzinfo=UTC))
LINE = {"id": 7001, "amount": "125000.00", "wbs_code": {"id": 3301, "flat_code": "03-200.M"}}


def contract(key: int = 88001, **changes: Any) -> dict[str, Any]:
    given = {
        "id": key, "number": "PO-1", "status": "Approved", "vendor": {"id": 7, "company": "Fjord Betong"},
        "contract_date": "2026-01-12", "revised_contract": "130000.00", "line_items": [LINE],
        "updated_at": "2026-01-15T09:31:02Z",
    }  # fmt: skip
    return {**given, **changes}


def order(key: int = 5, **changes: Any) -> dict[str, Any]:
    given = {
        "id": key, "contract_id": 88001, "number": "001", "title": "More rebar", "status": "approved",
        "grand_total": "5000.00", "reviewed_at": "2026-01-20T08:00:00Z", "created_at": "2026-01-02T08:00:00Z",
        "updated_at": "2026-01-21T00:00:00Z",
    }  # fmt: skip
    return {**given, **changes}


def shown(server: Any, row: dict[str, Any], **more: Any) -> None:
    kind = {"type": "CommitmentContractChangeOrder", "line_items": [{**LINE, "id": 80, "amount": "5000.00"}]}
    server.replies[f"GET {ORDERS}/{row['id']}"] = httpx2.Response(200, json={**row, **kind, **more})


@pytest.fixture(autouse=True)
def project(server: Any) -> None:
    server.rows[PROJECTS] = [{"id": 4711, "name": "North Quay", "time_zone": "US/Central"}]


def paths(server: Any) -> list[str]:
    return [request.url.path for request in server.requests if request.url.path != "/oauth/token"]


def test_a_contract_is_its_own_lines_without_change_orders(client: Client, server: Any) -> None:
    server.rows |= {SUBCONTRACTS: [], PURCHASES: [contract()]}
    (row,) = contracts.read(client, QUAY, None, None).rows
    found = row.document
    assert isinstance(found, Commitment)
    assert (found.original, found.total, found.change_orders) == (Decimal(125000), Decimal(125000), ())
    assert (found.key, found.status, found.day) == ("88001", "approved", date(2026, 1, 12))
    assert paths(server) == [SUBCONTRACTS, PURCHASES]


def test_an_approved_change_order_is_no_new_version_of_a_contract(client: Client, server: Any) -> None:
    server.rows |= {SUBCONTRACTS: [], PURCHASES: [contract(revised_contract="125000.00")]}
    (before,) = contracts.read(client, QUAY, None, None).rows
    server.rows[PURCHASES] = [contract(updated_at="2026-02-01T00:00:00Z")]
    (after,) = contracts.read(client, QUAY, None, None).rows
    assert before.document.for_the_books() == after.document.for_the_books()


def test_a_quiet_project_costs_two_calls_for_contracts_and_one_for_change_orders(client: Client, server: Any) -> None:
    server.rows |= {SUBCONTRACTS: [], PURCHASES: [], ORDERS: []}
    assert contracts.read(client, QUAY, JANUARY, None).position is None
    assert change_orders.read(client, QUAY, JANUARY, None).position is None
    assert paths(server) == [SUBCONTRACTS, PURCHASES, ORDERS]
    assert all("filters[updated_at]" in request.url.params for request in server.requests[1:])


def test_contracts_without_lines_are_shown_a_page_at_a_time(client: Client, server: Any) -> None:
    rows = [contract(88000 + n, line_items=None) for n in range(20)]
    server.rows |= {SUBCONTRACTS: rows, PURCHASES: []}
    for row in rows:
        server.replies[f"GET {SUBCONTRACTS}/{row['id']}"] = httpx2.Response(200, json=contract(row["id"]))
    first = contracts.read(client, QUAY, None, None)
    second = contracts.read(client, QUAY, None, first.position)
    assert (len(first.rows), len(second.rows), second.position) == (15, 5, None)
    assert {row.key for row in (*first.rows, *second.rows)} == {str(row["id"]) for row in rows}


def test_a_deleted_contract_is_void_and_one_by_key_is_found_in_either_list(client: Client, server: Any) -> None:
    deleted = contract(9, line_items=None, deleted_at="2026-01-30T00:00:00Z")
    server.rows |= {SUBCONTRACTS: [deleted], PURCHASES: [contract()]}
    found = {row.key: row.document for row in contracts.by_keys(client, QUAY, ["9", "88001", "12"]).rows}
    assert {key: document.status for key, document in found.items()} == {"9": "void", "88001": "approved"}


def test_an_unreadable_contract_does_not_stop_the_others(client: Client, server: Any) -> None:
    server.rows |= {SUBCONTRACTS: [contract(9, line_items=[{**LINE, "amount": "a lot"}])], PURCHASES: [contract()]}
    page = contracts.read(client, QUAY, None, None)
    assert [row.key for row in page.rows] == ["88001"]
    assert [wrong.key for wrong in page.unreadable] == ["9"]


def test_a_change_order_is_a_record_with_its_lines(client: Client, server: Any) -> None:
    server.rows[ORDERS] = [order()]
    shown(server, order())
    (row,) = change_orders.read(client, QUAY, None, None).rows
    found = row.document
    assert isinstance(found, CommitmentChange)
    assert (found.commitment, found.number, found.status, found.day) == ("88001", "001", "approved", date(2026, 1, 20))
    assert (found.amount, [line.amount for line in found.lines]) == (Decimal(5000), [Decimal(5000)])
    assert (found.lines[0].cost_code, found.lines[0].change_order) == ("03-200", "001")
    assert found.for_the_books() == structs.replace(found, title="Other words").for_the_books()


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("draft", "draft"), ("pending", "draft"), ("no_charge", "draft"), ("brand_new", "draft"), (None, "draft"),
        ("approved", "approved"), ("void", "void"), ("rejected", "void"),
    ],
)  # fmt: skip
def test_change_order_statuses(client: Client, server: Any, theirs: str | None, ours: str) -> None:
    server.rows[ORDERS] = [order(status=theirs)]
    shown(server, order(status=theirs))
    (row,) = change_orders.read(client, QUAY, None, None).rows
    assert row.document.status == ours


def test_a_deleted_change_order_is_void_and_not_shown(client: Client, server: Any) -> None:
    server.rows[ORDERS] = [order(deleted_at="2026-01-30T00:00:00Z")]
    (row,) = change_orders.read(client, QUAY, None, None).rows
    assert row.document.status == "void"
    assert paths(server) == [ORDERS]


def test_the_owners_change_orders_are_left_out(client: Client, server: Any) -> None:
    server.rows[ORDERS] = [order(), order(6)]
    shown(server, order())
    shown(server, order(6), type="PrimeContractChangeOrder")
    assert [row.key for row in change_orders.read(client, QUAY, None, None).rows] == ["5"]


@pytest.mark.parametrize(
    ("dates", "day"),
    [
        ({"signed_change_order_received_date": "2026-01-25"}, date(2026, 1, 20)),
        ({"reviewed_at": None, "signed_change_order_received_date": "2026-01-25"}, date(2026, 1, 25)),
        ({"reviewed_at": None}, date(2026, 1, 2)),
        ({"reviewed_at": "2026-02-01T00:30:00Z"}, date(2026, 1, 31)),
    ],
)
def test_the_day_of_a_change_order(client: Client, server: Any, dates: dict[str, Any], day: date) -> None:
    server.rows[ORDERS] = [order(**dates)]
    shown(server, order(**dates))
    (row,) = change_orders.read(client, QUAY, None, None).rows
    assert row.document.day == day


def test_many_change_orders_are_shown_a_page_at_a_time(client: Client, server: Any) -> None:
    server.rows[ORDERS] = [order(n) for n in range(1, 19)]
    for row in server.rows[ORDERS]:
        shown(server, row)
    first = change_orders.read(client, QUAY, None, None)
    second = change_orders.read(client, QUAY, None, first.position)
    assert (len(first.rows), len(second.rows), second.position) == (15, 3, None)
    assert [row.key for row in change_orders.by_keys(client, QUAY, ["3", "99"]).rows] == ["3"]


def budget_of(server: Any, *rows: dict[str, Any]) -> None:
    server.rows |= {
        VIEWS: [{"id": 31}, {"id": 32}],
        f"{VIEWS}/31/detail_rows": list(rows),
        CODES: [{"id": 3301, "flat_code": "03-200.M"}, {"id": 3302, "flat_code": "05-100.S"}],
    }


def test_a_budget_is_one_record_per_project_with_its_modifications(client: Client, server: Any) -> None:
    budget_of(
        server,
        {"wbs_code_id": 3301, "original_budget_amount": 1000.10, "budget_modifications": "-50.05"},
        {"wbs_code_id": 3302, "original_budget_amount": 0, "budget_modifications": None},
        {"wbs_code_id": 3301, "original_budget_amount": "10.00"},
        {"wbs_code_id": None, "original_budget_amount": "7.00"},
    )
    (row,) = budgets.read(client, QUAY, JANUARY, None).rows
    assert row.key == "4711"
    assert row.document == Budget(
        project="4711",
        project_name="North Quay",
        lines=(
            Allocation(cost_code="03-200", cost_type="M", amount=Decimal("960.05")),
            Allocation(cost_code="05-100", cost_type="S", amount=Decimal(0)),
        ),
    )
    assert paths(server) == [VIEWS, f"{VIEWS}/31/detail_rows", CODES]
    assert row.document.allots("03-200", "M")
    assert not row.document.allots("05-100", "S")
    assert not row.document.allots("03-200", "L")


def test_a_project_without_budget_has_a_record_without_lines(client: Client, server: Any) -> None:
    server.rows[VIEWS] = []
    (row,) = budgets.by_keys(client, QUAY, ["4711"]).rows
    assert row.document.lines == ()
    assert budgets.by_keys(client, QUAY, ["4712"]).rows == ()


def test_an_unreadable_budget_is_told_of(client: Client, server: Any) -> None:
    budget_of(server, {"wbs_code_id": 3301, "original_budget_amount": "plenty"})
    page = budgets.read(client, QUAY, None, None)
    assert (page.rows, [wrong.key for wrong in page.unreadable]) == ((), ["4711"])


Calls = Callable[[Client], object]
WRONG_IDS: list[Calls] = [
    lambda client: client.requisitions("", since=None, page=1),
    lambda client: client.requisitions("4 711", since=None, page=1),
    lambda client: client.wbs_codes(""),
    lambda client: contracts.read(client, Scope(key="", name="nowhere"), None, None),
    lambda client: client.show("direct_costs.show", "/rest/v1.1/projects//direct_costs/9"),
    lambda client: client.write("payments.create", "POST", "/rest/v1.0/contract_payments", {"project_id": ""}),
    lambda client: client.rows("cost_code_lists.list", "/x", [("company_id", "9002")], dict),
    lambda client: client.rows("vendors.inactive", "/rest/v1.0/companies/9002/vendors/inactive", [], dict),
]


@pytest.mark.parametrize("call", WRONG_IDS)
def test_a_call_without_a_right_id_is_never_sent(client: Client, server: Any, call: Calls) -> None:
    with pytest.raises(errors.NotPermitted, match="nothing was sent"):
        call(client)
    assert server.requests == []


@pytest.fixture
def narrow(server: Any, context: Context, client: Client) -> Client:
    """A connection to projects 4711 and 4713 alone."""
    context.settings = {**context.settings, "projects": "4711, 4713"}
    return Client(context, server.transport)


def test_a_project_that_is_not_configured_is_refused_before_it_is_asked_for(narrow: Client, server: Any) -> None:
    server.rows |= {SUBCONTRACTS: [], PURCHASES: []}
    with pytest.raises(errors.NotPermitted, match="project 4712 is not in the connection's list"):
        contracts.read(narrow, Scope(key="4712", name="Other"), None, None)
    with pytest.raises(errors.NotPermitted):
        narrow.write("payments.create", "POST", "/rest/v1.0/contract_payments", {"project_id": 4712})
    assert server.requests == []
    assert contracts.read(narrow, QUAY, None, None).rows == ()


def test_only_configured_projects_are_walked_and_the_ping_names_those_it_cannot_see(
    narrow: Client, server: Any
) -> None:
    server.rows |= {
        "/rest/v1.1/projects": [{"id": 4711, "name": "North Quay"}, {"id": 4712, "name": "Other"}],
        "/rest/v1.0/companies": [{"id": 9001, "name": "Fjord"}],
        "/rest/v1.0/webhooks/hooks": [],
        "/rest/v1.1/requisitions": [],
    }
    server.replies["GET /rest/v1.0/me"] = httpx2.Response(200, json={"id": 1})
    assert [scope.key for scope in contracts.scopes(narrow)] == ["4711"]
    step = next(step for step in ping(narrow) if step.name == "permissions")
    assert step.status is PingStatus.FAILED
    assert "4713" in step.found


@pytest.mark.parametrize("company", ["", " ", "Acme"])
def test_a_connection_without_company_cannot_be_opened(context: Context, company: str) -> None:
    context.settings = {"company_id": company}
    with pytest.raises(errors.BadConfiguration, match="company_id"):
        Client(context)


def test_the_form_says_which_project_is_no_id() -> None:
    form = {"client_id": "a", "client_secret": "b", "company_id": "9001", "projects": "4711, North Quay"}
    form |= {"base_url": "https://api.procore.com", "login_url": "https://login.procore.com"}
    assert connector.check(form) == ["projects: 'North Quay' is no project id: write numbers with commas"]
    assert connector.check({**form, "projects": ""}) == []
