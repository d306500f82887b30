"""What the pair of Procore and SAP Business One asks of people: choices, tables, suggestions, first-day matching."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from sap_b1_month import change, commitment, cost_line, direct_cost, order_line

from ml_connector.connectors.kit.source import Page, Row, Scope
from ml_connector.connectors.kit.target import NOWHERE
from ml_connector.connectors.procore import connector as procore
from ml_connector.connectors.sap_b1 import connector as sap_b1
from ml_connector.integrations import procore_budgets, procore_documents
from ml_connector.integrations.declaration import Skip
from ml_connector.integrations.procore_sap_b1 import budgets, matching, suggest, tables
from ml_connector.integrations.procore_sap_b1.integration import INTEGRATION
from ml_connector.records.budgets import Allocation, Budget
from ml_connector.records.documents import Account, Bill, CostCode, ProfitCenter, Project
from ml_connector.records.journals import Journal


def test_what_must_be_chosen_and_for_which_treatment_each_account() -> None:
    mandatory = {choice.name: choice.when for choice in INTEGRATION.choices if choice.default is None}
    assert mandatory == {
        "cut_over": (),
        "currency": (),
        "treatment": (),
        "clearing_account": ("treatment", "invoice_clearing", "journal_clearing"),
        "commitments_account": ("treatment", "journal_clearing"),
        "accrual_account": (),
        "retainage": (),
        "retainage_account": ("retainage", "ledger"),
    }


def test_flows_read_procore_and_write_sap_alone() -> None:
    assert [flow.name for flow in INTEGRATION.flows] == [
        "budgets", "commitments", "change-orders", "requisitions", "direct-costs"
    ]  # fmt: skip
    for flow in INTEGRATION.flows:
        assert flow.source_side == "left"
        assert flow.target is (NOWHERE if flow.name == "budgets" else sap_b1.documents)
        for waiting in flow.wakes:
            assert INTEGRATION.flow(waiting.flow)
    assert {matching.adopts for matching in INTEGRATION.matchings} - {""} <= {flow.name for flow in INTEGRATION.flows}


def test_a_budget_is_kept_and_not_posted() -> None:
    lines = (Allocation(cost_code="03-300", cost_type="S", amount=Decimal(9)),)
    record = Budget(project="4711", project_name="North Quay", lines=lines)
    with pytest.raises(Skip) as skipped:
        budgets.kept(record, "ML-1-1", None)  # type: ignore[arg-type]
    assert skipped.value.cause == "kept"
    assert procore_budgets.facts(record).amount == 9


@pytest.mark.parametrize(
    ("target", "fine"),
    [("P-100", True), ("P-100|", True), ("P-100|PC-1", True), ("", False), ("|PC-1", False), ("a|b|c", False)],
)
def test_targets_are_a_code_and_perhaps_a_profit_centre(target: str, fine: bool) -> None:
    assert (tables.check_place(target) == "") is fine


class Systems:
    """What both systems list."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self._patch = monkeypatch

    def lists(self, system: Any, **names: list[Any]) -> None:
        for name, rows in names.items():
            self._patch.setattr(system, name, lambda *asked, rows=rows: rows)


@pytest.fixture
def systems(monkeypatch: pytest.MonkeyPatch) -> Systems:
    return Systems(monkeypatch)


def center(key: str, name: str, **changes: Any) -> ProfitCenter:
    return ProfitCenter(key=key, name=name, **changes)


def project(key: str, number: str, name: str, **changes: Any) -> Project:
    return Project(key=key, number=number, name=name, **changes)


def test_projects_are_proposed_by_number_or_name_with_the_profit_centre_of_that_name(systems: Systems) -> None:
    systems.lists(
        procore,
        projects=[
            project("4711", "P-100", "North Quay"), project("4712", "", "South Basin Wall"),
            project("4713", "x", "Mole"),
        ],
    )  # fmt: skip
    systems.lists(
        sap_b1,
        projects=[
            project("p-100", "", "Something else"), project("P-200", "", "South Basin"),
            project("P-300", "", "Mole", active=False),
        ],
        profit_centers=[center("PC-1", "North Quay"), center("PC-2", "South Basin Wall", active=False)],
    )  # fmt: skip
    found = {one.source: one.target for one in suggest.projects(None, None)}
    assert found == {"4711": "p-100|PC-1", "4712": "P-200|", "4713": ""}


def account(key: str, name: str, **changes: Any) -> Account:
    return Account(key=key, name=name, **{"kind": "expense", **changes})


def test_codes_are_proposed_by_what_names_have_in_common_and_not_when_two_fit(systems: Systems) -> None:
    codes = [("03-200", "M", "Rebar.Materials"), ("05-100", "S", "Steel.Subcontract"), ("09-900", "O", "Paint.Other")]
    systems.lists(
        procore,
        projects=[project("4711", "", "North Quay")],
        cost_codes=[
            CostCode(key=code, project="4711", cost_code=code, cost_type=kind, code=f"{code}.{kind}", name=name)
            for code, kind, name in codes
        ],
    )
    systems.lists(
        sap_b1,
        accounts=[
            account("5120", "Materials rebar"), account("5210", "Steel"), account("5220", "Subcontract"),
            account("1200", "Paint", kind="asset"),
        ],
        profit_centers=[center("PC-STEEL", "Steel"), center("PC-0300", "Concrete"), center("PC-0310", "Formwork")],
    )  # fmt: skip
    found = {one.source: one.target for one in suggest.coding(None, None)}
    assert found == {"03-200.M": "5120|PC-0300", "05-100.S": "", "09-900.O": ""}
    proposed = {table.name: table.suggest for table in tables.TABLES}
    assert proposed["employees"](None, None) == []
    assert [one.source for one in proposed["tax"](None, None)] == ["requisition"]


class OneProject:
    """A source of a single project with these records."""

    def __init__(self, *documents: Any) -> None:
        self._documents = documents

    def scopes(self, client: Any) -> list[Scope]:
        return [Scope(key="4711", name="North Quay")]

    def read(self, client: Any, scope: Scope, window: Any, position: str | None) -> Page:
        rows = tuple(Row(key=one.key, modified=None, document=one) for one in self._documents)  # type: ignore[arg-type]
        return Page(rows=rows, position=None, vendor_time=None)


def test_keyed_documents_of_every_kind_are_matched_by_number_vendor_and_amount(
    systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: dict[str, Any] = {"reference": "", "period": "", "currency": "USD", "text": "by hand", "lines": ()}
    invoice = Bill(vendor="V7", number="sc 1", date=date(2026, 1, 9), total=Decimal(1500), tax=Decimal(0), **given)
    systems.lists(
        sap_b1,
        keyed_documents=[
            ("1007", invoice),
            ("402", Journal(number="INV-77", date=date(2026, 1, 14), **given)),
        ],
    )  # fmt: skip
    monkeypatch.setattr(
        procore,
        "contracts",
        OneProject(commitment(), commitment(key="89", status="draft"), commitment(key="90", day=date(2025, 1, 1))),
    )
    monkeypatch.setattr(procore, "direct_costs", OneProject(direct_cost(cost_line("1", "03-300.S", "80.00"))))
    since = date(2026, 1, 1)
    (left,) = procore_documents.contracts(None, since)
    bill, journal = matching.COMMITMENTS.right(None, since)
    counterparts = {("vendors", "V7"): "7"}
    score, reason = matching.COMMITMENTS.score(left.subject, bill.subject, lambda *key: counterparts.get(key, ""))
    assert (left.key, bill.key, score, reason) == ("88", "1007", 100, "same vendor, number and amount")
    assert left.tokens & bill.tokens
    (direct,) = procore_documents.direct_costs(None, since)
    assert direct.tokens & journal.tokens == {"number INV77"}
    score, reason = matching.DIRECT_COSTS.score(direct.subject, journal.subject, lambda *key: "")
    assert (score, reason) == (60, "same number, but 80.00 on one side and 0 on the other, and no vendor is named")


def test_change_orders_are_matched_under_the_number_of_their_commitment_with_invoices_and_credit_notes(
    systems: Systems, monkeypatch: pytest.MonkeyPatch
) -> None:
    less = order_line("911", "05-100.S", "-250.00")
    monkeypatch.setattr(procore, "contracts", OneProject(commitment()))
    monkeypatch.setattr(
        procore,
        "change_orders",
        OneProject(
            change(less),
            change(less, key="6", status="draft"),
            change(less, key="7", day=date(2025, 12, 31)),
            change(less, key="8", commitment="99"),
        ),
    )
    given: dict[str, Any] = {"reference": "", "period": "", "currency": "USD", "text": "by hand", "lines": ()}
    credit = Bill(
        vendor="V7", number="SC-1-001", date=date(2026, 1, 22), total=Decimal(250), tax=Decimal(0), credit=True, **given
    )
    systems.lists(sap_b1, keyed_documents=[("credit note 3", credit)])
    since = date(2026, 1, 1)
    (left,) = matching.CHANGE_ORDERS.left(None, since)
    (right,) = matching.CHANGE_ORDERS.right(None, since)
    assert left.name == "Acme SC-1/001 over -250.00 of 2026-01-20"
    assert right.name == "credit note 3: V7 SC-1-001 over -250 of 2026-01-22"
    score, reason = matching.CHANGE_ORDERS.score(left.subject, right.subject, lambda *key: "7")
    assert (left.key, score, reason) == ("5", 100, "same vendor, number and amount")
    assert left.tokens & right.tokens
    assert "change orders" in INTEGRATION.flow("change-orders").after
