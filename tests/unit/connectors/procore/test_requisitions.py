"""Subcontractor invoices as they are read from Procore."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Row, Scope, Window
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.connector import requisitions
from ml_connector.records import money
from ml_connector.records.documents import RequisitionLine

PATH = "/rest/v1.1/requisitions"
QUAY = Scope(key="4711", name="North Quay")


def wire(key: int = 1280646, **changes: Any) -> dict[str, Any]:
    """The sheet's sample requisition (§6), with what a test changes in it."""
    return {
        "id": key,
        "number": 3,
        "invoice_number": "FB-2026-003",
        "project_id": 4711,
        "commitment_id": 88001,
        "commitment_type": "PurchaseOrderContract",
        "vendor_id": 562949953000101,
        "vendor_name": "Fjord Betong AS",
        "billing_date": "2026-01-31",
        "status": "approved",
        "origin_id": None,
        "previous_requisition_id": None,
        "currency_configuration": {"currency_iso_code": "NOK"},
        "summary": {"current_payment_due": "45000.00", "tax_applicable_to_this_payment": "0.00"},
        "items": [item()],
        "updated_at": "2026-01-15T12:00:05Z",
        **changes,
    }


def item(key: int = 51, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "item_type": "contract_item",
        "line_item_id": 7001,
        "wbs_code": {"id": 3301, "flat_code": "03-200.M", "description": "Rebar.Materials"},
        "description_of_work": "Rebar",
        "scheduled_value": "125000.00",
        "work_completed_this_period": "50000.00",
        "materials_presently_stored": "0.00",
        "work_completed_retainage_retained_this_period": "5000.00",
        "work_completed_retainage_released_this_period": "0.00",
        **changes,
    }


def read_one(client: Client, server: Any, *rows: dict[str, Any]) -> Row:
    server.rows[PATH] = list(rows)
    return requisitions.read(client, QUAY, None, None).rows[0]


def line_of(client: Client, server: Any, **changes: Any) -> RequisitionLine:
    (line,) = read_one(client, server, wire(items=[item(**changes)])).document.lines
    return line


def test_the_sheets_sample_becomes_a_requisition(client: Client, server: Any) -> None:
    row = read_one(client, server, wire())
    assert (row.key, row.modified) == ("1280646", datetime(2026, 1, 15, 12, 0, 5, tzinfo=UTC))
    document = row.document
    assert (document.project, document.project_name, document.commitment) == ("4711", "North Quay", "88001")
    assert (document.vendor, document.sequence, document.invoice_number) == ("562949953000101", 3, "FB-2026-003")
    assert (document.billing_date, document.status, document.currency) == (date(2026, 1, 31), "approved", "NOK")
    assert (document.due, document.tax) == (Decimal("45000.00"), Decimal("0.00"))
    assert document.lines == (
        RequisitionLine(
            key="51",
            commitment_line="7001",
            cost_code="03-200",
            cost_type="M",
            text="Rebar",
            work=Decimal("50000.00"),
            materials=Decimal(0),
            retainage_held=Decimal("5000.00"),
            retainage_released=Decimal(0),
        ),
    )
    assert sum(line.net for line in document.lines) == document.due


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("draft", "draft"),
        ("revise_and_resubmit", "draft"),
        ("under_review", "in_review"),
        ("pending_owner_approval", "in_review"),
        ("approved", "approved"),
        ("approved_as_noted", "approved"),
        ("something_new", "in_review"),
        (None, "draft"),
    ],
)
def test_only_the_two_approved_states_count_as_approved(client: Client, server: Any, theirs: str, ours: str) -> None:
    assert read_one(client, server, wire(status=theirs)).document.status == ours


def test_nulls_and_empty_texts_are_taken_as_nothing(client: Client, server: Any) -> None:
    bare = wire(
        invoice_number=None,
        billing_date="",
        currency_configuration=None,
        vendor_id="",
        summary={"current_payment_due": None, "tax_applicable_to_this_payment": ""},
        items=[item(work_completed_this_period="", wbs_code=None, line_item_id=None)],
    )
    document = read_one(client, server, bare).document
    assert (document.invoice_number, document.billing_date, document.currency, document.vendor) == ("", None, "", "")
    assert (document.due, document.tax, document.lines[0].work) == (money.ZERO,) * 3
    assert (document.lines[0].cost_code, document.lines[0].commitment_line) == ("", "")


def test_our_own_write_backs_make_no_new_version(client: Client, server: Any) -> None:
    before = read_one(client, server, wire())
    written = {"origin_id": "AP-77", "origin_data": "{}", "erp_status": "synced", "updated_at": "2026-02-01T00:00:00Z"}
    after = read_one(client, server, {**wire(), **written})
    assert after.document == before.document
    assert after.modified > before.modified


def test_a_line_without_movement_is_left_out(client: Client, server: Any) -> None:
    resting = item(52, line_item_id=7002, work_completed_this_period="0.00")
    resting["work_completed_retainage_retained_this_period"] = None
    document = read_one(client, server, wire(items=[item(), resting])).document
    assert [line.key for line in document.lines] == ["51"]


def stored(key: int, amount: str, **changes: Any) -> dict[str, Any]:
    return item(key, work_completed_this_period="0.00", materials_presently_stored=amount, **changes)


def test_stored_materials_are_the_movement_since_the_requisition_before(client: Client, server: Any) -> None:
    earlier = wire(100, number=2, items=[stored(41, "800.00")])
    later = wire(101, previous_requisition_id=100, items=[stored(51, "300.00")])
    row = read_one(client, server, later, earlier)
    assert row.document.lines[0].materials == Decimal("-500.00")
    assert len(server.asked(PATH)) == 1


def test_the_requisitions_before_are_fetched_in_one_call_when_the_page_lacks_them(client: Client, server: Any) -> None:
    server.rows[PATH] = [wire(100, items=[stored(41, "800.00")]), wire(200, items=[stored(42, "1.00")])]
    delta = [
        wire(101, previous_requisition_id=100, items=[stored(51, "0.00")]),
        wire(201, previous_requisition_id=200, items=[stored(52, "5.50")]),
    ]
    everything = server.rows[PATH] + delta

    def reply(request: httpx2.Request) -> httpx2.Response:
        rows = everything if "filters%5Bid%5D" in str(request.url) else delta
        answer: httpx2.Response = server.page(request, rows)
        return answer

    server.replies[f"GET {PATH}"] = reply
    page = requisitions.read(client, QUAY, Window(start=datetime(2026, 1, 1, tzinfo=UTC)), None)
    assert [row.document.lines[0].materials for row in page.rows] == [Decimal("-800.00"), Decimal("4.50")]
    assert [query.get("filters[id][]") for query in server.asked(PATH)] == [None, ["100", "200"]]


def test_without_the_requisition_before_all_stored_materials_are_new(client: Client, server: Any) -> None:
    row = read_one(client, server, wire(101, previous_requisition_id=100, items=[stored(51, "300.00")]))
    assert row.document.lines[0].materials == Decimal("300.00")


def test_a_change_order_line_is_not_taken_for_the_contract_line_of_the_same_number(client: Client, server: Any) -> None:
    earlier = wire(100, items=[stored(41, "800.00")])
    later = wire(101, previous_requisition_id=100, items=[stored(51, "300.00", item_type="change_order_item")])
    assert read_one(client, server, later, earlier).document.lines[0].materials == Decimal("300.00")


def test_materials_moved_to_earlier_completed_work_are_no_movement(client: Client, server: Any) -> None:
    earlier = wire(100, items=[stored(41, "800.00")])
    moved = stored(51, "0.00", materials_moved="800.00", work_completed_retainage_retained_this_period="0.00")
    row = read_one(client, server, wire(101, previous_requisition_id=100, items=[moved]), earlier)
    assert row.document.lines == ()


@pytest.mark.parametrize(
    ("fields", "held", "released"),
    [
        ({"materials_stored_retainage_retained_this_period": "30.00"}, "5030.00", "0"),
        ({"materials_stored_retainage_new_materials": "30.00"}, "5030.00", "0"),
        ({"materials_stored_retainage_currently_retained": "30.00"}, "5030.00", "0"),
        (
            {
                "materials_stored_retainage_currently_retained": "30.00",
                "materials_stored_retainage_released_this_period": "20.00",
            },
            "5050.00",
            "20.00",
        ),
        ({"work_completed_retainage_released_this_period": "700.00"}, "5000.00", "700.00"),
        ({"materials_stored_retainage_released_this_period": "20.00"}, "5000.00", "20.00"),
        ({"work_completed_retainage_retained_this_period": "-40.00"}, "0", "40.00"),
    ],
)
def test_retainage_on_work_and_materials(
    client: Client, server: Any, fields: dict[str, str], held: str, released: str
) -> None:
    line = line_of(client, server, **fields)
    assert (line.retainage_held, line.retainage_released) == (Decimal(held), Decimal(released))


def test_the_balance_of_retainage_on_materials_counts_by_its_change(client: Client, server: Any) -> None:
    none = {"work_completed_retainage_retained_this_period": "0.00"}
    earlier = wire(100, items=[stored(41, "800.00", materials_stored_retainage_currently_retained="80.00", **none)])
    fewer = stored(51, "300.00", materials_stored_retainage_currently_retained="30.00", **none)
    (line,) = read_one(client, server, wire(101, previous_requisition_id=100, items=[fewer]), earlier).document.lines
    assert (line.materials, line.retainage_held, line.retainage_released) == (Decimal(-500), Decimal(0), Decimal(50))
    assert line.net == Decimal("-450.00")


def test_a_code_with_several_dots_ends_in_its_cost_type(client: Client, server: Any) -> None:
    line = line_of(client, server, wbs_code={"id": 1, "flat_code": "01.03-200.L"})
    assert (line.cost_code, line.cost_type) == ("01.03-200", "L")


@pytest.mark.parametrize("amount", ["NaN", "Infinity", "1_000", "96.36%", "1,50", "1e3"])
def test_an_amount_that_is_none_names_the_requisition_and_the_field(client: Client, server: Any, amount: str) -> None:
    server.rows[PATH] = [wire(items=[item(work_completed_this_period=amount)]), wire(id=7)]
    page = requisitions.read(client, QUAY, None, None)
    assert [row.key for row in page.rows] == ["7"]
    assert [bad.key for bad in page.unreadable] == ["1280646"]
    assert re.search(r"requisition 1280646 .* item 51 work_completed_this_period", page.unreadable[0].message)


def test_numbers_are_read_without_passing_through_floats(client: Client, server: Any) -> None:
    text = '[{"id": 1, "items": [{"id": 2, "work_completed_this_period": 0.10}], "updated_at": "2026-01-15T12:00:05Z"}]'
    server.replies[f"GET {PATH}"] = httpx2.Response(200, content=text.encode())
    (row,) = requisitions.read(client, QUAY, None, None).rows
    assert str(row.document.lines[0].work) == "0.10"


def test_a_list_without_items_is_not_taken_for_empty_invoices(client: Client, server: Any) -> None:
    server.rows[PATH] = [wire(items=None)]
    with pytest.raises(errors.Unreadable, match="items"):
        requisitions.read(client, QUAY, None, None)


def test_the_window_is_open_towards_the_future(client: Client, server: Any) -> None:
    server.rows[PATH] = []
    requisitions.read(client, QUAY, Window(start=datetime(2026, 1, 1, 8, 30, 15, 999, tzinfo=UTC)), None)
    (query,) = server.asked(PATH)
    assert query["filters[updated_at]"] == ["2026-01-01T08:30:15Z...2099-12-31T23:59:59Z"]
    assert (query["project_id"], query["view"], query["per_page"]) == (["4711"], ["items"], ["2000"])


def test_every_page_is_read_also_when_the_vendor_uses_smaller_ones(client: Client, server: Any) -> None:
    server.rows[PATH] = [wire(key) for key in range(1, 8)]
    server.clamp = 3
    keys, position = [], "1"
    while position is not None:
        page = requisitions.read(client, QUAY, None, position)
        keys += [row.key for row in page.rows]
        position = page.position  # type: ignore[assignment]
    assert keys == ["1", "2", "3", "4", "5", "6", "7"]
    assert len(server.asked(PATH)) == 3


def test_a_page_tells_the_vendors_time(client: Client, server: Any) -> None:
    server.rows[PATH] = []
    page = requisitions.read(client, QUAY, None, None)
    assert page.vendor_time == datetime(2026, 1, 31, 12, 0, 9, tzinfo=UTC)


def test_keys_that_are_gone_are_missing_from_the_answer(client: Client, server: Any) -> None:
    server.rows[PATH] = [wire(1), wire(3)]
    assert [row.key for row in requisitions.by_keys(client, QUAY, ["1", "2", "3"]).rows] == ["1", "3"]
    (query,) = server.asked(PATH)
    assert (query["project_id"], query["view"]) == (["4711"], ["items"])


def test_many_keys_are_asked_for_in_several_calls(client: Client, server: Any) -> None:
    server.rows[PATH] = [wire(key) for key in range(1, 402)]
    rows = requisitions.by_keys(client, QUAY, [str(key) for key in range(1, 402)]).rows
    assert len(rows) == 401
    assert [len(query["filters[id][]"]) for query in server.asked(PATH)] == [150, 150, 101]


def test_scopes_are_the_active_projects_in_a_stable_order(client: Client, server: Any) -> None:
    server.rows["/rest/v1.1/projects"] = [{"id": key, "name": f"P{key}", "active": True} for key in (900, 4, 71)]
    server.clamp = 2
    assert requisitions.scopes(client) == [Scope(key=str(key), name=f"P{key}") for key in (4, 71, 900)]
    assert server.asked("/rest/v1.1/projects")[0]["per_page"] == ["300"]


def test_a_forbidden_project_stops_only_itself(client: Client, server: Any) -> None:
    server.replies[f"GET {PATH}"] = httpx2.Response(403, json={"errors": ["You do not have permission"]})
    with pytest.raises(errors.NotPermitted, match="You do not have permission"):
        requisitions.read(client, QUAY, None, None)


def test_an_invisible_project_is_not_found(client: Client) -> None:
    with pytest.raises(errors.NotFound):
        requisitions.read(client, QUAY, None, None)
