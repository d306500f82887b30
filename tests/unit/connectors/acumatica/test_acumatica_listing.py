"""Sources: pages, times, what lists do not give, and payments in every shape."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import pytest
from acumatica_instance import FORM, Instance, failure, reply, wire

from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import cost_code_list, orders, payments, vendors
from ml_connector.connectors.acumatica.failures import NotListable
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.source import Page, Scope, Window
from ml_connector.records.documents import Order
from ml_connector.records.payments import Payment

STAMP = "2026-03-04T08:00:00.25+02:00"
AT = datetime(2026, 3, 4, 6, 0, 0, 250000, tzinfo=UTC)
COMPANY = Scope(key="company", name="")
GONE = failure("No entity.", kind="PX.Api.ContractBased.NoEntitySatisfiesTheConditionException")
NOT_LISTABLE = failure("Optimization cannot be performed.")


def code(number: int, **changes: Any) -> dict[str, Any]:
    fields = {"CostCodeID": f"03-{number}", "Description": "Slabs", "LastModifiedDateTime": STAMP} | changes
    return {"id": f"id-{number}"} | wire(**fields)


def vendor(number: int) -> dict[str, Any]:
    contact = wire(Email="a@b.c") | {"Address": wire(City="Erie")}
    fields = wire(VendorID=f"V{number:03d}", VendorName="North", Status="Active", LastModifiedDateTime=STAMP)
    return {"id": f"id-{number}", "MainContact": contact} | fields


class TestPages:
    def test_a_window_starts_with_its_first_moment(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "CostCode", reply([code(310)], date="Wed, 04 Mar 2026 06:00:05 GMT"))
        page = cost_code_list.read(client, COMPANY, Window(start=AT), None)
        assert instance.filters("CostCode") == ["LastModifiedDateTime ge datetimeoffset'2026-03-04T06:00:00.250+00:00'"]
        assert (page.position, page.vendor_time) == (None, datetime(2026, 3, 4, 6, 0, 5, tzinfo=UTC))
        assert [(row.key, row.modified) for row in page.rows] == [("03-310", AT)]

    @pytest.fixture
    def paged(self, form: Context, instance: Instance) -> AcumaticaClient:
        form.settings = FORM | {"page_size": "2"}
        return AcumaticaClient(form, transport=instance.transport)

    def test_a_full_page_may_have_another_one(self, paged: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "CostCode", reply([code(1), code(2)]), reply([code(3)]))
        first = cost_code_list.read(paged, COMPANY, None, None)
        second = cost_code_list.read(paged, COMPANY, None, first.position)
        assert [row.key for row in first.rows + second.rows] == ["03-1", "03-2", "03-3"]
        assert second.position is None
        asked = [(call.url.params["$top"], call.url.params.get("$skip")) for call in instance.asked("GET")]
        assert asked == [("2", None), ("2", "2")]

    def test_the_same_page_again_is_an_error(self, paged: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "CostCode", reply([code(1), code(2)]))
        first = cost_code_list.read(paged, COMPANY, None, None)
        with pytest.raises(errors.Unreadable, match="the same"):
            cost_code_list.read(paged, COMPANY, None, first.position)

    def test_more_than_was_asked_for_is_everything(self, paged: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "CostCode", reply([code(1), code(2), code(3)]))
        assert cost_code_list.read(paged, COMPANY, None, None).position is None

    @pytest.mark.parametrize(
        "broken", [{"LastModifiedDateTime": None}, {"LastModifiedDateTime": "soon"}, {"CostCodeID": None}]
    )
    def test_one_broken_record_does_not_stop_the_others(
        self, client: AcumaticaClient, instance: Instance, broken: dict[str, Any]
    ) -> None:
        instance.answers("GET", "CostCode", reply([code(1, **broken), code(2)]))
        page = cost_code_list.read(client, COMPANY, None, None)
        assert [row.key for row in page.rows] == ["03-2"]
        (told,) = page.unreadable
        assert told.key == ("" if "CostCodeID" in broken else "03-1")
        assert told.message

    def test_what_cannot_be_listed_is_read_one_by_one_some_at_a_time(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        listed = [{name: entry for name, entry in vendor(n).items() if name != "MainContact"} for n in range(60)]
        instance.answers("GET", "Vendor", NOT_LISTABLE, reply(listed), NOT_LISTABLE, reply(listed[50:]))
        for number in range(60):
            instance.answers("GET", f"Vendor/V{number:03d}", reply(vendor(number)))
        instance.answers("GET", "Vendor/V007", GONE)
        first = vendors.read(client, COMPANY, None, None)
        assert (len(first.rows), first.position) == (49, "50|id-0")
        second = vendors.read(client, COMPANY, None, first.position)
        assert (len(second.rows), second.position) == (10, None)

    def test_no_page_is_made_up_when_nothing_can_be_listed(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Vendor", NOT_LISTABLE)
        with pytest.raises(NotListable):
            vendors.read(client, COMPANY, None, None)

    def test_keys_are_asked_for_together(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "CostCode", reply([code(1), code(2)]))
        page = cost_code_list.by_keys(client, COMPANY, ["03-1", "03-9"])
        assert [row.key for row in page.rows] == ["03-1"]
        assert instance.filters("CostCode") == ["(CostCodeID eq '03-1' or CostCodeID eq '03-9')"]


class TestOrders:
    def test_ended_lines_and_the_label_of_the_type(self, client: AcumaticaClient, instance: Instance) -> None:
        flags: list[dict[str, bool]] = [{}, {"Completed": True}, {"Closed": True}, {"Canceled": True, "Closed": True}]
        lines = [wire(LineNbr=number, ExtendedCost=Decimal(1), **each) for number, each in enumerate(flags, 1)]
        order = wire(Type="Project Drop-Ship", OrderNbr="PO1", Status="Open", LastModifiedDateTime=STAMP)
        instance.answers("GET", "PurchaseOrder", reply([{"id": "o", "Details": lines} | order]))
        (row,) = orders.read(client, Scope(key="PurchaseOrder", name=""), None, None).rows
        assert isinstance(row.document, Order)
        assert row.key == "Project Drop-Ship|PO1"
        assert [line.ended for line in row.document.lines] == ["", "completed", "completed", "cancelled"]
        assert [line.active for line in row.document.lines] == [True, False, False, False]

    def test_types_are_asked_for_apart(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "PurchaseOrder", reply([]))
        orders.by_keys(client, Scope(key="PurchaseOrder", name=""), ["Normal|1", "Blanket|1", "Normal|2"])
        assert instance.filters("PurchaseOrder") == [
            "Type eq 'Normal' and (OrderNbr eq '1' or OrderNbr eq '2')",
            "Type eq 'Blanket' and OrderNbr eq '1'",
        ]

    def test_an_edition_without_subcontracts_says_so(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Subcontract", failure("Access denied.", status=403))
        with pytest.raises(errors.NotPermitted):
            orders.read(client, Scope(key="Subcontract", name=""), None, None)


def check(status: str = "Closed", kind: str = "Payment", **details: Any) -> dict[str, Any]:
    fields = wire(
        Type=kind,
        ReferenceNbr="000077",
        Status=status,
        Vendor="NORTHCONC",
        ApplicationDate="2026-04-20T00:00:00+00:00",
        PaymentMethod="CHECK",
        PaymentRef="5501",
        CurrencyID="USD",
        LastModifiedDateTime=STAMP,
    )
    return {"id": f"{kind}-77"} | fields | details


def applied(amount: str = "1250.50", bill: str = "000412", **changes: Any) -> dict[str, Any]:
    fields = {"DocType": "Bill", "ReferenceNbr": bill, "VendorRef": "REQ-7-0003", "Balance": Decimal(0)} | changes
    return wire(AmountPaid=Decimal(amount), **fields)


class TestPayments:
    def read(self, client: AcumaticaClient, instance: Instance, *records: dict[str, Any]) -> Page:
        instance.answers("GET", "Check", reply(list(records)))
        return payments.read(client, COMPANY, None, None)

    def test_an_application(self, client: AcumaticaClient, instance: Instance) -> None:
        page = self.read(client, instance, check(History=[applied()]))
        assert [row.document for row in page.rows] == [
            Payment(
                key="Payment/000077/000412",
                number="000077",
                reference="5501",
                method="CHECK",
                vendor="NORTHCONC",
                bill="000412",
                vendor_number="REQ-7-0003",
                date=date(2026, 4, 20),
                amount=Decimal("1250.50"),
                currency="USD",
                status="applied",
                balance=Decimal(0),
            )
        ]
        (asked,) = instance.asked("GET", "/Check")
        assert asked.url.params["$filter"] == (
            "(Type eq 'Payment' or Type eq 'Prepayment' or Type eq 'Voided Payment')"
        )
        assert asked.url.params["$expand"] == "History"

    def test_one_row_per_bill_and_nothing_of_other_documents(self, client: AcumaticaClient, instance: Instance) -> None:
        history = [applied(), applied("10", "000413"), applied("5", "000009", DocType="Debit Adj.")]
        page = self.read(client, instance, check("Open", "Prepayment", History=history))
        assert [row.key for row in page.rows] == ["Prepayment/000077/000412", "Prepayment/000077/000413"]

    @pytest.mark.parametrize(
        ("amounts", "expected"), [(("100", "50"), ["150"]), (("100", "-40"), ["60"]), (("100", "-100"), [])]
    )
    def test_applications_of_one_bill_add_up(
        self, client: AcumaticaClient, instance: Instance, amounts: tuple[str, ...], expected: list[str]
    ) -> None:
        page = self.read(client, instance, check(History=[applied(amount) for amount in amounts]))
        assert [str(row.document.amount) for row in page.rows if isinstance(row.document, Payment)] == expected

    @pytest.mark.parametrize(
        "details",
        [
            {"History": [applied("100")]},
            {"History": [applied("100"), applied("-100")]},
            {"Details": [applied("100")], "History": []},
        ],
    )
    def test_a_voided_payment_tells_what_it_paid(
        self, client: AcumaticaClient, instance: Instance, details: dict[str, Any]
    ) -> None:
        page = self.read(client, instance, check("Voided", **details))
        assert [
            (row.key, row.document.status, row.document.amount)
            for row in page.rows
            if isinstance(row.document, Payment)
        ] == [("Payment/000077/000412", "voided", Decimal(100))]

    def test_one_that_lists_nothing_any_more_is_absent(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Check", reply([check("Voided", History=[])]))
        instance.answers("GET", "Check/Payment/000077", reply(check("Voided", History=[], Details=[])))
        assert payments.by_keys(client, COMPANY, ["Payment/000077/000412"]) == Page(
            rows=(), position=None, vendor_time=None
        )
        assert instance.filters("/Check") == ["Type eq 'Payment' and ReferenceNbr eq '000077'"]
        assert instance.asked("GET", "000077")[0].url.params["$expand"] == "Details,History"

    @pytest.mark.parametrize("status", ["On Hold", "Balanced", "Pending Approval", "Printed"])
    def test_payments_that_are_not_released_are_not_told(
        self, client: AcumaticaClient, instance: Instance, status: str
    ) -> None:
        assert self.read(client, instance, check(status, Details=[applied()])).rows == ()

    def test_a_document_that_voids_leads_to_the_payment(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Check/Payment/000077", GONE)
        instance.answers("GET", "Check/Prepayment/000077", reply(check("Voided", "Prepayment", History=[applied()])))
        page = self.read(client, instance, check("Closed", "Voided Payment", History=[applied("-1250.50")]))
        assert [row.key for row in page.rows] == ["Prepayment/000077/000412"]

    def test_a_payment_without_a_date_stops_no_other(self, client: AcumaticaClient, instance: Instance) -> None:
        broken = check(History=[applied()]) | wire(ApplicationDate=None, ReferenceNbr="000078")
        page = self.read(client, instance, broken, check(History=[applied()]))
        assert [row.key for row in page.rows] == ["Payment/000077/000412"]
        assert page.unreadable[0].key == "Payment|000078"

    def test_a_vendor_that_is_down_raises(self, client: AcumaticaClient, instance: Instance) -> None:
        instance.answers("GET", "Check", httpx2.Response(503))
        with pytest.raises(errors.TryLater):
            payments.read(client, COMPANY, None, None)
