"""Purchase orders of Visma.net as the commitments that Procore should hold."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from desks import MemoryDesk
from msgspec import structs

from ml_connector.integrations.declaration import Hold, Sibling, Skip, Standing
from ml_connector.integrations.visma_procore import orders
from ml_connector.records.documents import Order, OrderPosition

D = Decimal
REFERENCE = "ML-7K2QX9M4T0AB-1"
RULES = {
    "cut_over": "2026-01-01", "currency": "NOK", "order_kind": "purchase_order", "changed_orders": "reopen",
}  # fmt: skip
TABLES = {
    ("projects", "4711"): "P-204|2=204",
    ("projects", "4712"): "P-205|2=205",
    ("coding", "03-200.M"): "4300|3=03-200|02",
    ("coding", "03-300.S"): "4500||",
    ("coding", "4711:03-400.S"): "4600||",
    ("coding", "03-500.S"): "4600||",
    ("coding", "4711:03-900.S"): "4900||",
    ("coding", "03-900.S"): "4700||",
}


def desk(**changes: str) -> MemoryDesk:
    return MemoryDesk({**RULES, **changes}, dict(TABLES), {"50112": "77"})


def line(number: int, amount: str, **changes: Any) -> OrderPosition:
    made = OrderPosition(
        line=number, text=f"Part {number}", account="4300", subaccount="00204-03-200", project="P-204", task="02",
        cost_code="", amount=D(amount), segments=("00", "204", "03-200"),
    )  # fmt: skip
    return structs.replace(made, **changes)


def order(*lines: OrderPosition, **changes: Any) -> Order:
    rows = lines or (line(1, "250000.0000"),)
    made = Order(
        kind="RegularOrder", number="700093", vendor="50112", vendor_number="", text="Ground  works", currency="NOK",
        status="Open", total=D(0), lines=rows, day=date(2026, 3, 2),
    )  # fmt: skip
    return structs.replace(made, **changes)


def cause(given: Order, at: MemoryDesk | None = None) -> str:
    with pytest.raises((Hold, Skip)) as raised:
        orders.contract_of(given, REFERENCE, at or desk())
    assert isinstance(raised.value, Hold | Skip)
    return raised.value.cause


def posted(at: MemoryDesk, given: Order) -> MemoryDesk:
    standing = (Standing(number="700093", document=None),)
    at.records[orders.FLOW, given.key] = Sibling(key=given.key, document=given, settled=True, standing=standing)
    return at


def test_an_order_becomes_a_commitment_of_its_project() -> None:
    made = orders.contract_of(order(line(1, "250000"), line(2, "12.50", account="4500")), REFERENCE, desk())
    assert (made.project, made.number, made.title, made.vendor, made.kind, made.status) == (
        "4711", "700093", "Ground works", "77", "purchase_order", "approved",
    )  # fmt: skip
    assert [(one.key, one.code, one.amount) for one in made.lines] == [
        ("1", "03-200.M", D(250000)), ("2", "03-300.S", D("12.50")),
    ]  # fmt: skip
    assert (made.total, made.currency, made.day, made.reopens) == (D("250012.50"), "NOK", date(2026, 3, 2), True)


@pytest.mark.parametrize(
    ("account", "code"), [("4600", "03-400.S"), ("4900", "03-900.S")], ids=["before general", "alone"]
)
def test_a_row_of_the_project_comes_first(account: str, code: str) -> None:
    made = orders.contract_of(order(line(1, "5", account=account)), REFERENCE, desk())
    assert made.lines[0].code == code


def test_a_general_row_does_not_hold_where_the_project_has_its_own() -> None:
    at = desk()
    orders.contract_of(order(line(1, "5", account="4700")), REFERENCE, at)
    assert at.gaps == [("coding", "? for 4700|3=03-200|02", D(5))]
    other = line(1, "5", account="4700", project="P-205", segments=("00", "205", "03-200"))
    assert orders.contract_of(order(other), REFERENCE, desk()).lines[0].code == "03-900.S"


def test_a_code_that_two_rows_name_is_a_hold() -> None:
    at = desk()
    at.tables["coding", "03-210.M"] = "4300|3=03-200|02"
    assert cause(order(), at) == "ambiguous_code"


def test_a_project_without_its_cost_centre_is_a_gap_with_its_money() -> None:
    at = desk()
    assert cause(order(line(1, "250", segments=("00", "999", "03-200"))), at) == "unmapped"
    assert at.gaps == [("projects", "? for P-204|2=999,3=03-200", D(250))]


@pytest.mark.parametrize(
    ("given", "why"),
    [
        (order(kind="Blanket"), "blanket_order"),
        (order(kind="StandardBlanket"), "blanket_order"),
        (order(status="Hold"), "not_open"),
        (order(status="Balanced"), "not_open"),
        (order(status="Rejected"), "unknown_status"),
        (order(status="Cancelled"), "cancelled"),
        (order(day=date(2025, 12, 31)), "before_cut_over"),
        (order(day=None), "no_date"),
        (order(currency="SEK"), "other_currency"),
        (order(currency="XXQ"), "unknown_currency"),
        (order(vendor="50999"), "no_match"),
        (order(line(1, "1.005")), "bad_amount"),
        (order(line(1, "1", project="")), "no_project"),
        (order(line(1, "1"), line(2, "1", project="P-205", segments=("00", "205", "03-200"))), "several_projects"),
        (order(line(1, "1"), line(2, "1", project="P-999")), "several_projects"),
        (order(line(1, "0")), "nothing_due"),
    ],
    ids=lambda one: one if isinstance(one, str) else "",
)
def test_what_cannot_become_a_commitment_says_why(given: Order, why: str) -> None:
    assert cause(given) == why


@pytest.mark.parametrize(
    ("status", "said"),
    [
        ("Printed", "approved"),
        ("PendingEmail", "approved"),
        ("Closed", "closed"),
        ("Cancelled", "void"),
        ("Voided", "void"),
    ],
)
def test_the_status_follows(status: str, said: str) -> None:
    given = order(status=status)
    assert orders.contract_of(given, REFERENCE, posted(desk(), given)).status == said


def test_a_cancelled_line_comes_to_nothing_and_needs_no_code() -> None:
    ended = line(2, "99", ended="cancelled", account="9999", project="")
    made = orders.contract_of(order(line(1, "250"), ended), REFERENCE, desk())
    assert [(one.key, one.amount) for one in made.lines] == [("1", D(250)), ("2", D(0))]
    assert made.total == D(250)
    whole = order(line(1, "250", ended="cancelled"))
    assert orders.contract_of(whole, REFERENCE, posted(desk(), whole)).total == D(0)


def test_a_completed_line_keeps_its_amount() -> None:
    made = orders.contract_of(order(line(1, "250", ended="completed", active=False)), REFERENCE, desk())
    assert made.total == D(250)


def test_the_rules_say_what_orders_become_and_whether_they_are_reopened() -> None:
    made = orders.contract_of(order(), REFERENCE, desk(order_kind="subcontract", changed_orders="hold"))
    assert (made.kind, made.reopens) == ("subcontract", False)
