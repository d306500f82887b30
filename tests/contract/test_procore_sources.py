"""What the Procore connector reads from the sandbox, and what it costs (vendors/procore.md §4, §5, §7, §10, §14)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal

import pytest
from procore_month import ACME, ANNEX, BOLT, DRAFT_ORDER, FRAME, ORDER, ROOF, SUBCONTRACT, TOWER
from procore_over_http import World, documents, walked, world

from ml_connector.connectors.kit.source import Scope, Window
from ml_connector.connectors.procore import connector, webhooks
from ml_connector.records.costs import DirectCostLine

QUIET = Scope(key=str(ANNEX), name="Job 4712")
SITE = Scope(key=str(TOWER), name="Job 4711")
HEADERS = "GET /projects/direct_costs"
LINES = "GET /projects/direct_costs/line_items"
CONTRACTS = ["GET /work_order_contracts", "GET /purchase_order_contracts"]
ORDERS = "GET /change_order_packages"


@pytest.fixture(scope="module")
def served_world() -> Iterator[World]:
    with world() as made:
        yield made


@pytest.fixture
def site(served_world: World) -> World:
    served_world.fresh()
    return served_world


def later(site: World) -> Window:
    """A window that begins after everything that the month holds."""
    site.advance(60)
    now = datetime.fromisoformat(site.api.control.get("/clock").json()["now"])
    return Window(start=now - timedelta(seconds=30))


def test_direct_costs_are_read_whole_in_two_calls_a_project(site: World) -> None:
    assert [scope.key for scope in connector.direct_costs.scopes(site.client)] == ["4711", "4712", "4713"]
    site.forget_calls()
    found = documents(walked(connector.direct_costs, site.client, SITE))
    assert site.calls() == [HEADERS, LINES]
    assert [cost.kind for cost in found.values()] == ["invoice", "expense", "payroll"]
    bill = found["9100"]
    assert (bill.project, bill.project_name, bill.vendor, bill.vendor_name) == (
        "4711",
        SITE.name,
        str(BOLT),
        "Bolt Supply",
    )
    assert (bill.invoice_number, bill.date, bill.status) == ("INV-77", date(2026, 1, 14), "approved")
    assert (bill.total, found["9101"].employee) == (Decimal("300.50"), "77")
    line = DirectCostLine(key="91000", cost_code="03-200", cost_type="M", text="Crane", amount=Decimal("300.50"))
    assert bill.lines == (line,)


def test_a_quiet_project_costs_two_calls_and_gives_nothing(site: World) -> None:
    window = later(site)
    for scope in (SITE, QUIET):
        assert documents(walked(connector.direct_costs, site.client, scope, window)) == {}
        assert site.calls() == [HEADERS, LINES]


def test_a_changed_line_brings_its_direct_cost_also_when_the_header_rests(site: World) -> None:
    window = later(site)
    fields = {"amount": "11.00"}
    site.api.act("edit_line", kind="direct_cost", id=9101, line=91010, fields=fields)
    site.forget_calls()
    found = documents(walked(connector.direct_costs, site.client, SITE, window))
    assert {key: cost.lines[0].amount for key, cost in found.items()} == {"9101": Decimal("11.00")}
    assert set(site.calls()) == {HEADERS, LINES}


def test_our_write_back_makes_no_new_version_of_a_direct_cost(site: World) -> None:
    before = documents(walked(connector.direct_costs, site.client, SITE))["9100"]
    window = later(site)
    path = f"/rest/v1.1/projects/{TOWER}/direct_costs/9100"
    site.api.patch(path, {"direct_cost": {"payment_date": "2026-02-01", "origin_id": "ML-X-1", "origin_data": "{}"}})
    found = documents(walked(connector.direct_costs, site.client, SITE, window))
    assert found == {"9100": before}


def test_direct_costs_that_are_gone_are_missing_by_key(site: World) -> None:
    site.api.act("delete", kind="direct_cost", id=9101)
    site.forget_calls()
    page = connector.direct_costs.by_keys(site.client, SITE, ["9100", "9101", "9102"])
    assert [row.key for row in page.rows] == ["9100", "9102"]
    assert site.calls() == [HEADERS, LINES]


def test_direct_costs_page_by_page(site: World) -> None:
    site.api.switch(page_most=2)
    pages = walked(connector.direct_costs, site.client, SITE)
    assert [len(page.rows) for page in pages] == [2, 1]
    assert {key: len(cost.lines) for key, cost in documents(pages).items()} == {"9100": 1, "9101": 1, "9102": 1}
    window = Window(start=datetime.fromisoformat("2026-01-01T00:00:00Z"))
    assert set(documents(walked(connector.direct_costs, site.client, SITE, window))) == {"9100", "9101", "9102"}


def test_commitments_are_read_whole_with_lines_and_change_orders(site: World) -> None:
    found = documents(walked(connector.commitments, site.client, SITE))
    approved = [one for one in found[str(SUBCONTRACT)].change_orders if one.approved]
    assert site.calls() == [*CONTRACTS, ORDERS, *[ORDERS for _ in approved]]
    assert {key: (each.kind, each.status) for key, each in found.items()} == {
        str(SUBCONTRACT): ("subcontract", "approved"),
        str(ORDER): ("purchase_order", "approved"),
        str(DRAFT_ORDER): ("purchase_order", "draft"),
    }
    contract = found[str(SUBCONTRACT)]
    assert (contract.project, contract.number, contract.vendor, contract.vendor_name) == (
        "4711", f"C-{SUBCONTRACT}", str(ACME), "Acme Concrete",
    )  # fmt: skip
    assert (contract.original, contract.total, contract.day) == (Decimal(120000), Decimal(125000), date(2025, 7, 1))
    assert [(line.key, line.cost_code, line.cost_type) for line in contract.lines] == [
        (str(FRAME), "03-200", "M"),
        (str(ROOF), "03-200", "S"),
    ]
    assert [(one.number, one.status, one.amount) for one in contract.change_orders] == [
        ("001", "approved", Decimal(5000)),
        ("002", "pending", Decimal(700)),
        ("003", "draft", Decimal(30)),
        ("004", "void", Decimal(2)),
    ]
    (order,) = approved
    assert sum(line.amount for line in order.lines) in (0, order.amount)
    assert {line.change_order for line in order.lines} <= {"001"}


def test_requisitions_name_commitments_and_lines_by_the_same_keys(site: World) -> None:
    found = documents(walked(connector.commitments, site.client, SITE))
    for requisition in documents(walked(connector.requisitions, site.client, SITE)).values():
        contract = found[requisition.commitment]
        assert {line.commitment_line for line in requisition.lines} <= {line.key for line in contract.lines}


def test_a_quiet_project_costs_three_calls_for_commitments(site: World) -> None:
    window = later(site)
    for scope in (SITE, QUIET):
        assert documents(walked(connector.commitments, site.client, scope, window)) == {}
        assert site.calls() == [*CONTRACTS, ORDERS]


def test_an_approved_change_order_brings_its_contract(site: World) -> None:
    window = later(site)
    site.api.act("approve", kind="change_order", id=95002)
    site.forget_calls()
    found = documents(walked(connector.commitments, site.client, SITE, window))
    assert {key: contract.total for key, contract in found.items()} == {str(SUBCONTRACT): Decimal("125700.00")}
    assert found[str(SUBCONTRACT)].original == Decimal("120000.00")
    assert len(site.calls()) <= 3 + 1 + 1 + 2  # lists, the contract by its id, its change orders, two of them shown


def test_a_changed_contract_costs_two_calls_more(site: World) -> None:
    window = later(site)
    site.api.act("edit", kind="commitment", id=ORDER, fields={"title": "Steel"})
    site.forget_calls()
    found = documents(walked(connector.commitments, site.client, SITE, window))
    assert {key: len(contract.lines) for key, contract in found.items()} == {str(ORDER): 1}
    assert site.calls() == [*CONTRACTS, ORDERS, ORDERS]


def test_deleted_and_voided_commitments_are_void(site: World) -> None:
    window = later(site)
    site.api.delete(f"/rest/v1.0/purchase_order_contracts/{DRAFT_ORDER}?project_id={TOWER}")
    site.api.act("void", kind="commitment", id=SUBCONTRACT)
    found = documents(walked(connector.commitments, site.client, SITE, window))
    assert {key: contract.status for key, contract in found.items()} == {
        str(SUBCONTRACT): "void",
        str(DRAFT_ORDER): "void",
    }
    keys = [str(SUBCONTRACT), str(DRAFT_ORDER), str(ORDER), "5"]
    page = connector.commitments.by_keys(site.client, SITE, keys)
    assert {row.key: row.document.status for row in page.rows} == {
        str(SUBCONTRACT): "void",
        str(DRAFT_ORDER): "void",
        str(ORDER): "approved",
    }


def test_commitments_page_by_page(site: World) -> None:
    site.api.switch(page_most=1)
    assert len(documents(walked(connector.commitments, site.client, SITE))) == 3


def test_contracts_are_the_commitments_without_change_orders(site: World) -> None:
    found = documents(walked(connector.contracts, site.client, SITE))
    assert site.calls() == CONTRACTS
    assert set(found) == {str(SUBCONTRACT), str(ORDER), str(DRAFT_ORDER)}
    contract = found[str(SUBCONTRACT)]
    assert (contract.original, contract.total, contract.change_orders) == (Decimal(120000), Decimal(120000), ())
    window = later(site)
    site.api.act("approve", kind="change_order", id=95002)
    site.forget_calls()
    for again in documents(walked(connector.contracts, site.client, SITE, window)).values():
        assert again.for_the_books() == contract.for_the_books()
    assert site.calls() == CONTRACTS


def test_change_orders_of_commitments_are_records_with_their_lines(site: World) -> None:
    found = documents(walked(connector.change_orders, site.client, SITE))
    assert {key: (one.commitment, one.number, one.status, one.amount) for key, one in found.items()} == {
        "95001": (str(SUBCONTRACT), "001", "approved", Decimal(5000)),
        "95002": (str(SUBCONTRACT), "002", "draft", Decimal(700)),
        "95003": (str(SUBCONTRACT), "003", "draft", Decimal(30)),
        "95004": (str(SUBCONTRACT), "004", "void", Decimal(2)),
    }
    approved = found["95001"]
    assert [line.amount for line in approved.lines] == [Decimal(3000), Decimal(2000)]
    assert approved.day is not None


def test_a_change_order_that_moves_is_found_in_a_window_and_a_quiet_project_costs_one_call(site: World) -> None:
    window = later(site)
    assert documents(walked(connector.change_orders, site.client, QUIET, window)) == {}
    assert site.calls() == [ORDERS]
    site.api.act("void", kind="change_order", id=95001)
    site.forget_calls()
    found = documents(walked(connector.change_orders, site.client, SITE, window))
    assert {key: one.status for key, one in found.items()} == {"95001": "void"}
    assert site.calls() == [ORDERS, ORDERS]
    page = connector.change_orders.by_keys(site.client, SITE, ["95002", "5"])
    assert [row.key for row in page.rows] == ["95002"]


def test_a_budget_is_read_in_three_calls_with_its_amounts_by_code(site: World) -> None:
    found = documents(walked(connector.budgets, site.client, SITE))
    assert len(site.calls()) == 3
    (budget,) = found.values()
    amounts = {(line.cost_code, line.cost_type): line.amount for line in budget.lines if line.amount}
    assert amounts == {("03-200", "M"): Decimal(100000), ("07-110", "M"): Decimal(5000)}
    assert budget.allots("03-200", "M")
    assert not budget.allots("03-200", "S")


def test_hooks_for_all_that_is_read_are_granted_and_left_alone_afterwards(site: World) -> None:
    for told in ("made", "is in place"):
        words = webhooks.register(site.client, "https://hub.example/hooks/x", "hook-secret")
        assert len(words) == 4
        assert all(word.endswith(told) for word in words)
    site.forget_calls()
    webhooks.register(site.client, "https://hub.example/hooks/x", "hook-secret")
    assert {call.split()[0] for call in site.calls()} == {"GET"}
