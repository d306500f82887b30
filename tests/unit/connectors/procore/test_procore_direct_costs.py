"""Direct costs as they are read from Procore."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.source import Row, Scope, Window
from ml_connector.connectors.procore.client import Client
from ml_connector.connectors.procore.connector import direct_costs
from ml_connector.records.costs import DirectCostLine

HEADERS = "/rest/v1.1/projects/4711/direct_costs"
LINES = "/rest/v1.0/projects/4711/direct_costs/line_items"
QUAY = Scope(key="4711", name="North Quay")
JANUARY = Window(start=datetime(2026, 1, 1, 8, 30, 15, 999, tzinfo=UTC))


def header(key: int = 9100, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "direct_cost_type": "invoice",
        "invoice_number": "INV-77",
        "vendor_id": 562949953000101,
        "vendor": "Fjord Betong AS",
        "direct_cost_date": "2026-01-14",
        "status": "approved",
        "amount": "300.50",
        "grand_total": "300.50",
        "description": "Crane",
        "employee": None,
        "currency_configuration": {"currency_iso_code": "NOK"},
        "updated_at": "2026-01-15T12:00:05Z",
        **changes,
    }


def line(key: int = 91001, holder: int = 9100, **changes: Any) -> dict[str, Any]:
    return {
        "id": key,
        "holder": {"id": holder, "holder_type": "DirectCost"},
        "amount": "300.50",
        "description": "Crane hire",
        "wbs_code": {"id": 3301, "flat_code": "03-200.M"},
        "tax_code_id": None,
        "updated_at": "2026-01-15T12:00:05Z",
        **changes,
    }


def read_one(client: Client, server: Any, cost: dict[str, Any], *lines: dict[str, Any]) -> Row:
    server.rows |= {HEADERS: [cost], LINES: list(lines)}
    (row,) = direct_costs.read(client, QUAY, None, None).rows
    return row


def test_the_sheets_sample_becomes_a_direct_cost(client: Client, server: Any) -> None:
    row = read_one(client, server, header(), line())
    assert (row.key, row.modified) == ("9100", datetime(2026, 1, 15, 12, 0, 5, tzinfo=UTC))
    cost = row.document
    assert (cost.project, cost.project_name, cost.kind, cost.status) == ("4711", "North Quay", "invoice", "approved")
    assert (cost.vendor, cost.vendor_name, cost.employee) == ("562949953000101", "Fjord Betong AS", "")
    assert (cost.invoice_number, cost.date, cost.currency) == ("INV-77", date(2026, 1, 14), "NOK")
    assert (cost.total, cost.text) == (Decimal("300.50"), "Crane")
    assert cost.lines == (
        DirectCostLine(key="91001", cost_code="03-200", cost_type="M", text="Crane hire", amount=Decimal("300.50")),
    )


@pytest.mark.parametrize(
    ("theirs", "ours"),
    [
        ("draft", "draft"),
        ("revise_and_resubmit", "draft"),
        (None, "draft"),
        ("pending", "in_review"),
        ("something_new", "in_review"),
        ("approved", "approved"),
    ],
)
def test_only_approved_counts_as_approved(client: Client, server: Any, theirs: str | None, ours: str) -> None:
    assert read_one(client, server, header(status=theirs), line()).document.status == ours


def test_an_expense_has_an_employee_and_no_vendor(client: Client, server: Any) -> None:
    expense = header(
        direct_cost_type="expense", vendor=None, vendor_id=None, invoice_number=None, employee={"id": 77, "name": "Kim"}
    )
    cost = read_one(client, server, expense, line()).document
    assert (cost.kind, cost.vendor, cost.vendor_name, cost.invoice_number) == ("expense", "", "", "")
    assert (cost.employee, cost.employee_name) == ("77", "Kim")


def test_codes_of_the_older_pair_stand_in_for_a_missing_budget_code(client: Client, server: Any) -> None:
    pair = {"cost_code": {"id": 5, "full_code": "03-200"}, "line_item_type": {"id": 6, "code": "M"}}
    cost = read_one(client, server, header(), line(wbs_code=None, **pair), line(91002, wbs_code=None)).document
    assert [(each.cost_code, each.cost_type) for each in cost.lines] == [("03-200", "M"), ("", "")]


def test_tax_and_lines_are_told_as_they_are(client: Client, server: Any) -> None:
    cost = read_one(client, server, header(grand_total="325.29"), line(tax_code_id=12, amount=300.5)).document
    assert (cost.total, cost.lines[0].tax_code, cost.lines[0].amount) == (Decimal("325.29"), "12", Decimal("300.5"))


def test_write_backs_make_no_new_version_but_a_new_time(client: Client, server: Any) -> None:
    before = read_one(client, server, header(), line())
    written = {"payment_date": "2026-02-01", "origin_id": "ML-X-1", "updated_at": "2026-02-01T00:00:00Z"}
    after = read_one(client, server, header(**written), line())
    assert after.document == before.document
    assert after.modified > before.modified


def test_the_newest_time_of_header_and_lines_counts(client: Client, server: Any) -> None:
    row = read_one(client, server, header(), line(updated_at="2026-01-16T00:00:00Z"))
    assert row.modified == datetime(2026, 1, 16, tzinfo=UTC)


@pytest.mark.parametrize(
    ("cost", "its_line", "named"),
    [
        ({"grand_total": "12%"}, {}, "grand_total is '12%'"),
        ({"direct_cost_date": "soon"}, {}, "direct_cost_date is 'soon'"),
        ({"updated_at": None}, {}, "updated_at is 'None'"),
        ({}, {"amount": "NaN"}, "line 91001 amount is 'NaN'"),
    ],
)
def test_one_bad_record_is_named_and_stops_no_other(
    client: Client, server: Any, cost: dict[str, Any], its_line: dict[str, Any], named: str
) -> None:
    server.rows |= {HEADERS: [header(**cost), header(9200)], LINES: [line(**its_line), line(92001, 9200)]}
    page = direct_costs.read(client, QUAY, None, None)
    assert [row.key for row in page.rows] == ["9200"]
    (bad,) = page.unreadable
    assert bad.key == "9100"
    assert named in bad.message


def test_a_deleted_one_is_left_out(client: Client, server: Any) -> None:
    server.rows |= {HEADERS: [header(deleted_at="2026-01-15T12:00:05Z")], LINES: []}
    assert direct_costs.read(client, QUAY, None, None).rows == ()


class Changed:
    """Lists that give what changed, and what is asked for by id or by range."""

    def __init__(self, server: Any, headers: list[dict[str, Any]], lines: list[dict[str, Any]]) -> None:
        self.headers, self.lines = headers, lines
        self.all_headers = [header(key) for key in (1, 5, 9)]
        self.all_lines = [line(key * 10, key) for key in (1, 5, 9)]
        server.replies[f"GET {HEADERS}"] = lambda request: server.page(request, self._headers(request))
        server.replies[f"GET {LINES}"] = lambda request: server.page(request, self._lines(request))

    def _headers(self, request: httpx2.Request) -> list[dict[str, Any]]:
        return self.headers if "filters[updated_at]" in request.url.params else self.all_headers

    def _lines(self, request: httpx2.Request) -> list[dict[str, Any]]:
        return self.lines if "filters[updated_at]" in request.url.params else self.all_lines


def test_a_window_asks_for_headers_and_lines_and_for_nothing_more_when_quiet(client: Client, server: Any) -> None:
    Changed(server, [], [])
    assert direct_costs.read(client, QUAY, JANUARY, None).rows == ()
    since = ["2026-01-01T08:30:15Z...2099-12-31T23:59:59Z"]
    assert [query["filters[updated_at]"] for query in server.asked(HEADERS) + server.asked(LINES)] == [since, since]


def test_headers_of_changed_lines_are_fetched_by_id_and_all_lines_in_one_call(client: Client, server: Any) -> None:
    Changed(server, [header(9)], [line(10, 1), line(90, 9)])
    page = direct_costs.read(client, QUAY, JANUARY, None)
    assert {row.key: [each.key for each in row.document.lines] for row in page.rows} == {"9": ["90"], "1": ["10"]}
    assert [query.get("filters[id][]") for query in server.asked(HEADERS)] == [None, ["1"]]
    assert [query.get("filters[direct_cost_id]") for query in server.asked(LINES)] == [None, ["1...9"]]


def test_the_lines_of_one_changed_header_are_asked_for_alone(client: Client, server: Any) -> None:
    Changed(server, [header(5)], [])
    direct_costs.read(client, QUAY, JANUARY, None)
    assert server.asked(LINES)[1]["filters[direct_cost_id]"] == ["5"]


def test_lists_of_different_length_are_walked_to_their_ends(client: Client, server: Any) -> None:
    Changed(server, [header(9)], [line(10, 1), line(50, 5), line(90, 9)])
    server.clamp = 1
    keys, position = set(), None
    for pages in range(1, 4):
        page = direct_costs.read(client, QUAY, JANUARY, position)
        keys |= {row.key for row in page.rows}
        position = page.position
        assert (position is None) == (pages == 3)
    assert keys == {"1", "5", "9"}
    assert sum("filters[updated_at]" in query for query in server.asked(HEADERS)) == 1


def test_no_keys_cost_no_call(client: Client, server: Any) -> None:
    assert direct_costs.by_keys(client, QUAY, []).rows == ()
    assert server.requests == []


def test_a_forbidden_project_stops_only_itself(client: Client, server: Any) -> None:
    server.replies[f"GET {HEADERS}"] = httpx2.Response(403, json={"errors": ["You do not have permission"]})
    with pytest.raises(errors.NotPermitted, match="You do not have permission"):
        direct_costs.read(client, QUAY, None, None)
