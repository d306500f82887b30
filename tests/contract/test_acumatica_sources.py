"""What the Acumatica connector reads, over HTTP, from an instance of the sandbox."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from acumatica_connected import count, later, opened, value
from acumatica_over_http import Instance, instance, wrapped

from ml_connector.connectors.acumatica import connector
from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.kit.source import Page, Row, Scope, Source, Window
from ml_connector.records.documents import CostCode, Order, Supplier
from ml_connector.records.payments import Payment

OPENED = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance() as found:
        yield found


@pytest.fixture
def erp(running: Instance) -> Instance:
    running.reset()
    running.switch(action_answer="204")
    running.sign_in()
    return running


@pytest.fixture
def client(erp: Instance) -> Iterator[AcumaticaClient]:
    found = opened(erp)
    yield found
    found.close()


def walked(source: Source, client: AcumaticaClient, scope: Scope, since: datetime | None = None) -> list[Row]:
    """All rows of a scope."""
    rows: list[Row] = []
    position: str | None = None
    while True:
        page = source.read(client, scope, Window(start=since) if since else None, position)
        assert page.unreadable == ()
        assert page.vendor_time is not None
        rows += page.rows
        if page.position is None:
            return rows
        position = page.position


def reads(erp: Instance) -> int:
    return count(erp, "GET")


def only_scope(source: Source, client: AcumaticaClient) -> Scope:
    (scope,) = source.scopes(client)
    return scope


class TestVendors:
    def test_all_of_them_in_one_call_with_their_addresses(self, erp: Instance, client: AcumaticaClient) -> None:
        rows = walked(connector.vendors, client, only_scope(connector.vendors, client))
        assert reads(erp) == 1
        assert {row.key for row in rows} == {row["VendorID"]["value"] for row in erp.rows("Vendor")}
        first = next(row for row in rows if row.key == "V00001")
        assert isinstance(first.document, Supplier)
        there = erp.record("Vendor/V00001", expand="MainContact,MainContact/Address")
        place = there["MainContact"]["Address"]
        assert (first.document.name, first.document.tax_id) == (
            there["VendorName"]["value"],
            there["TaxRegistrationID"]["value"],
        )
        assert (first.document.address, first.document.city, first.document.state) == (
            place["AddressLine1"]["value"],
            place["City"]["value"],
            place["State"]["value"],
        )
        assert first.document.active

    def test_pages_together_are_the_whole(self, erp: Instance) -> None:
        whole = opened(erp)
        scope = only_scope(connector.vendors, whole)
        expected = walked(connector.vendors, whole, scope)
        paged = opened(erp, page_size="5")
        assert walked(connector.vendors, paged, scope) == expected
        assert reads(erp) == len(expected) // 5 + 1

    def test_a_delta_is_what_changed(self, erp: Instance, client: AcumaticaClient) -> None:
        since = later(erp)
        scope = only_scope(connector.vendors, client)
        assert walked(connector.vendors, client, scope, since) == []
        erp.saved("Vendor", wrapped(VendorID="V00002", VendorName="Renamed", AccountRef="77"))
        (row,) = walked(connector.vendors, client, scope, since)
        assert isinstance(row.document, Supplier)
        assert (row.key, row.document.name, row.document.origin) == ("V00002", "Renamed", "77")
        assert row.modified >= since

    def test_only_inactive_ones_are_not_active(self, erp: Instance, client: AcumaticaClient) -> None:
        for number, status in (("V00001", "Inactive"), ("V00002", "On Hold"), ("V00003", "Hold Payments")):
            erp.saved("Vendor", wrapped(VendorID=number, Status=status))
        page = connector.vendors.by_keys(client, Scope(key="company", name=""), ["V00001", "V00002", "V00003", "GONE"])
        assert [(row.key, row.document.active) for row in page.rows if isinstance(row.document, Supplier)] == [
            ("V00001", False),
            ("V00002", True),
            ("V00003", True),
        ]
        assert reads(erp) == 1
        matching = {supplier.key: supplier.active for supplier in connector.suppliers(client)}
        assert (matching["V00002"], matching["V00003"]) == (False, True)

    @pytest.mark.parametrize("switch", ["unoptimized", "empty_in_lists"])
    def test_addresses_that_lists_do_not_give_are_read_one_by_one(
        self, erp: Instance, client: AcumaticaClient, switch: str
    ) -> None:
        scope = only_scope(connector.vendors, client)
        expected = walked(connector.vendors, client, scope)
        erp.switch(**{switch: "Vendor.MainContact"})
        assert walked(connector.vendors, client, scope) == expected


class TestCostCodes:
    def test_in_full_by_delta_and_by_key(self, erp: Instance, client: AcumaticaClient) -> None:
        scope = only_scope(connector.cost_code_list, client)
        rows = walked(connector.cost_code_list, client, scope)
        assert reads(erp) == 1
        assert len(rows) == len(erp.rows("CostCode"))
        since = later(erp)
        erp.saved("CostCode", wrapped(CostCodeID="03-310", Description="Slabs"))
        (row,) = walked(connector.cost_code_list, client, scope, since)
        assert row.document == CostCode(
            key="03-310", project="", cost_code="03-310", cost_type="", code="03-310", name="Slabs"
        )
        page = connector.cost_code_list.by_keys(client, scope, ["03-310", "99-999"])
        assert [each.key for each in page.rows] == ["03-310"]


class TestOrders:
    def test_two_scopes_with_their_lines(self, erp: Instance, client: AcumaticaClient) -> None:
        scopes = connector.orders.scopes(client)
        found = {scope.key: walked(connector.orders, client, scope) for scope in scopes}
        assert reads(erp) == 2
        assert {row.key for row in found["PurchaseOrder"]} == {
            f"Normal|{row['OrderNbr']['value']}" for row in erp.rows("PurchaseOrder")
        }
        first = next(row for row in found["Subcontract"] if row.key == "Subcontract|SC000001")
        assert isinstance(first.document, Order)
        there = erp.record("Subcontract/SC000001", expand="Details")
        assert first.document.total == Decimal(str(there["SubcontractTotal"]["value"]))
        assert [line.line for line in first.document.lines] == [row["LineNbr"]["value"] for row in there["Details"]]
        assert first.document.lines[0].task == there["Details"][0]["Task"]["value"]

    def test_delta_ended_lines_and_keys(self, erp: Instance, client: AcumaticaClient) -> None:
        purchase_orders, subcontracts = connector.orders.scopes(client)
        since = later(erp)
        order: dict[str, Any] = wrapped(Type="Normal", OrderNbr="PO000003")
        erp.saved("PurchaseOrder", order | wrapped(Hold=True))
        code = wrapped(Account="54000", Project="TOWER1", ProjectTask="03", CostCode="03-300", ExtendedCost=5)
        erp.saved("PurchaseOrder", order | {"Details": [code]})
        erp.saved("PurchaseOrder", order | {"Details": [wrapped(LineNbr=4, Cancelled=True)]})
        (row,) = walked(connector.orders, client, purchase_orders, since)
        assert isinstance(row.document, Order)
        assert (row.key, row.document.status, row.document.active) == ("Normal|PO000003", "On Hold", False)
        assert [line.ended for line in row.document.lines] == ["", "", "", "cancelled"]
        assert walked(connector.orders, client, subcontracts, since) == []
        there = connector.orders.by_keys(client, purchase_orders, ["Normal|PO000003", "Normal|999999", "Blanket|PO1"])
        assert [each.key for each in there.rows] == ["Normal|PO000003"]

    def test_lines_that_lists_do_not_give_are_read_one_by_one(self, erp: Instance, client: AcumaticaClient) -> None:
        scope = connector.orders.scopes(client)[1]
        expected = walked(connector.orders, client, scope)
        erp.switch(unoptimized="Subcontract.Details")
        assert walked(connector.orders, client, scope) == expected


class TestPayments:
    scope = Scope(key="company", name="payments")

    def of(self, client: AcumaticaClient, since: datetime | None = None) -> list[Payment]:
        rows = walked(connector.payments, client, self.scope, since)
        return [row.document for row in rows if isinstance(row.document, Payment)]

    def paid(self, erp: Instance, number: str, **how: Any) -> str:
        """The number of a payment of a bill."""
        erp.act("pay", number=number, **how)
        found: str = erp.record(f"Bill/Bill/{number}", expand="Applications")["Applications"][-1]["ReferenceNbr"][
            "value"
        ]
        return found

    def test_one_row_per_bill_that_is_paid(self, erp: Instance, client: AcumaticaClient) -> None:
        found = self.of(client)
        assert reads(erp) == 1
        history = [
            (check["ReferenceNbr"]["value"], row["ReferenceNbr"]["value"], Decimal(str(row["AmountPaid"]["value"])))
            for check in erp.rows("Check", expand="History")
            for row in check["History"]
        ]
        assert sorted((each.number, each.bill, each.amount) for each in found) == sorted(history)
        assert {each.status for each in found} == {"applied"}

    def test_partial_payments_then_the_rest(self, erp: Instance, client: AcumaticaClient) -> None:
        number = erp.released()
        since = later(erp)
        first = self.paid(erp, number, amount=1000, payment_ref="5501", date="2026-01-31")
        (payment,) = self.of(client, since)
        assert payment == Payment(
            key=f"Payment/{first}/{number}",
            number=first,
            reference="5501",
            method="CHECK",
            vendor="V00001",
            bill=number,
            vendor_number="REQ-7-0003",
            date=date(2026, 1, 31),
            amount=Decimal(1000),
            currency="USD",
            status="applied",
            balance=Decimal("250.5"),
        )
        second = self.paid(erp, number)
        assert {each.number: each.amount for each in self.of(client, since)}[second] == Decimal("250.5")

    def test_a_voided_payment_is_told(self, erp: Instance, client: AcumaticaClient) -> None:
        number = erp.released()
        check = self.paid(erp, number)
        since = later(erp)
        erp.act("void_payment", number=check)
        (payment,) = self.of(client, since)
        assert (payment.key, payment.status, payment.amount) == (
            f"Payment/{check}/{number}",
            "voided",
            Decimal("1250.5"),
        )
        page: Page = connector.payments.by_keys(client, self.scope, [payment.key, "Payment/999999/1"])
        assert [row.document for row in page.rows] == [payment]

    def test_a_voided_payment_that_lists_nothing_any_more_is_absent(
        self, erp: Instance, client: AcumaticaClient
    ) -> None:
        erp.switch(void_keeps_rows=False)
        number = erp.released()
        check = self.paid(erp, number)
        key = f"Payment/{check}/{number}"
        assert [row.key for row in connector.payments.by_keys(client, self.scope, [key]).rows] == [key]
        erp.act("void_payment", number=check)
        assert connector.payments.by_keys(client, self.scope, [key]).rows == ()

    def test_a_void_counts_when_it_is_released(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.switch(void_check_released=False)
        number = erp.released()
        check = self.paid(erp, number)
        since = later(erp)
        assert erp.run("Check", "VoidCheck", check, "Payment").status_code == 204
        assert {each.status for each in self.of(client, since)} <= {"applied"}
        assert erp.run("Check", "ReleaseCheck", check, "Voided Payment").status_code == 204
        assert [(each.bill, each.status) for each in self.of(client, since)] == [(number, "voided")]

    def test_a_payment_in_advance_counts_for_the_bill_that_it_pays(
        self, erp: Instance, client: AcumaticaClient
    ) -> None:
        since = later(erp)
        erp.act("pay_in_advance", vendor="V00001", amount=2000)
        (advance,) = erp.rows("Check", filter="Type eq 'Prepayment'")
        assert self.of(client, since) == []
        number = erp.released()
        erp.act("pay", number=number, payment=value(advance, "ReferenceNbr"))
        (payment,) = self.of(client, since)
        assert (payment.key, payment.amount) == (
            f"Prepayment/{value(advance, 'ReferenceNbr')}/{number}",
            Decimal("1250.5"),
        )

    def test_payments_that_are_not_released_are_not_told(self, erp: Instance, client: AcumaticaClient) -> None:
        number = erp.released()
        since = later(erp)
        body = wrapped(Type="Payment", Vendor="V00001", ApplicationDate="2026-01-31", Hold=False)
        erp.saved("Check", {**body, "Details": [wrapped(DocType="Bill", ReferenceNbr=number)]})
        assert self.of(client, since) == []

    @pytest.mark.parametrize("switch", ["unoptimized", "empty_in_lists"])
    def test_history_that_lists_do_not_give_is_read_by_key(
        self, erp: Instance, client: AcumaticaClient, switch: str
    ) -> None:
        expected = self.of(client)
        erp.switch(**{switch: "Check.History"})
        assert self.of(client) == expected


class TestKeyedBills:
    def test_living_bills_of_a_date_without_our_mark(self, erp: Instance, client: AcumaticaClient) -> None:
        erp.bill()
        erp.bill(Type="Debit Adj.", Description="by hand")
        erp.bill(Description="by hand", Date="2026-01-30")
        number = erp.bill(Description="Note: by hand", VendorRef="K-1")["ReferenceNbr"]["value"]
        found = dict(connector.keyed_bills(client, date(2026, 1, 31)))
        assert reads(erp) == 1
        expected = [
            row["ReferenceNbr"]["value"]
            for row in erp.rows("Bill", filter="Type eq 'Bill'")
            if row["Date"]["value"] >= "2026-01-31" and not row["Description"].get("value", "").startswith("ML-")
        ]
        assert sorted(found) == sorted(expected)
        bill = found[number]
        assert (bill.vendor, bill.number, bill.date, bill.total) == (
            "V00001",
            "K-1",
            date(2026, 1, 31),
            Decimal("1250.5"),
        )
        assert bill.lines == ()
