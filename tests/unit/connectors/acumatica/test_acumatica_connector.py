"""The form, ping, posting periods, lists and push notifications of the connector."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import httpx2
import msgspec
import pytest
from acumatica_instance import FORM, Instance, failure, reply, wire

from ml_connector.connectors.acumatica import connector
from ml_connector.connectors.acumatica.client import AcumaticaClient
from ml_connector.connectors.acumatica.connector import acumatica, bills
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.declaration import PING_STEPS, PingStatus, PingStep
from ml_connector.records.documents import BudgetLine, Project, Supplier

ENDPOINTS = {
    "version": {"acumaticaBuildVersion": "25.093.0036"},
    "endpoints": [{"name": "Default", "version": "24.200.001"}, {"name": "Default", "version": "25.200.001"}],
}
assert acumatica.webhooks is not None
HOOKS = acumatica.webhooks


class TestForm:
    def test_what_a_rehearsal_gives_is_enough(self) -> None:
        assert acumatica.check(FORM) == []
        assert {field.name for field in acumatica.fields} >= set(FORM)
        assert acumatica.windows(FORM) == ()
        assert acumatica.lanes(FORM) == ("1",)

    def test_secrets_are_declared_secret(self) -> None:
        assert {field.name for field in acumatica.fields if field.secret} == {"client_secret", "password"}

    @pytest.mark.parametrize(
        ("name", "text"),
        [
            ("base_url", "http://erp.example.com/inst"),
            ("base_url", "https://169.254.169.254/inst"),
            ("base_url", "https://erp.example.com/inst/entity/Default/24.200.001"),
            ("base_url", ""),
            ("token_url", "ftp://erp.example.com"),
            ("endpoint_version", "latest"),
            ("client_id", "8E0761D9"),
            ("client_id", "8E0761D9@"),
            ("tenant_id", "U200"),
            ("requests_per_minute", "many"),
            ("requests_per_minute", "0"),
            ("sessions", "0"),
            ("page_size", "-1"),
            ("retainage_line_field", "CuryRetainageAmt"),
            ("retainage_unreleased_field", "CuryRetainageUnreleasedAmt"),
        ],
    )
    def test_each_complaint_names_its_field(self, name: str, text: str) -> None:
        complaints = acumatica.check(FORM | {name: text})
        assert [complaint.partition(":")[0] for complaint in complaints] == [name]

    def test_blank_optional_fields_take_their_defaults(self) -> None:
        blank = {field.name: "" for field in acumatica.fields if not field.required}
        assert acumatica.check(FORM | blank) == []
        assert acumatica.lanes(FORM | blank) == ("1",)

    def test_a_stated_limit_is_a_window_of_the_instance(self) -> None:
        (window,) = acumatica.windows(FORM | {"requests_per_minute": "100"})
        assert (window.scope, window.seconds, window.limit) == (FORM["base_url"], 60, 100)

    def test_deliveries_at_the_same_time_have_a_lane_each(self) -> None:
        assert acumatica.lanes(FORM | {"sessions": "3"}) == ("1", "2", "3")


class TestPing:
    @pytest.fixture
    def steps(self, client: AcumaticaClient) -> Callable[[], dict[str, PingStep]]:
        def ping() -> dict[str, PingStep]:
            found = list(acumatica.ping(client))
            assert tuple(step.name for step in found) == PING_STEPS
            assert all(step.found for step in found)
            assert all(step.todo for step in found if step.status is PingStatus.FAILED)
            return {step.name: step for step in found}

        return ping

    def test_all_is_well(self, steps: Callable[[], dict[str, PingStep]], instance: Instance) -> None:
        instance.answers("GET", "/entity", reply(ENDPOINTS))
        for entity in ("Bill", "Vendor", "FinancialPeriod"):
            instance.answers("GET", entity, reply([]))
        found = steps()
        assert [step.name for step in found.values() if step.status is PingStatus.OK] == [
            "reachable",
            "authenticated",
            "company",
            "version",
            "permissions",
        ]
        assert "25.093.0036" in found["reachable"].found
        assert "U100" in found["company"].found
        assert "X-Acumatica-Secret" in found["webhooks"].todo
        assert "authorization" not in instance.requests[0].headers

    def test_an_unreachable_instance(self, steps: Callable[[], dict[str, PingStep]], instance: Instance) -> None:
        instance.answers("GET", "/entity", httpx2.ConnectError("refused"))
        found = steps()
        failed = [name for name, step in found.items() if step.status is PingStatus.FAILED]
        assert failed == ["reachable", "authenticated", "company", "version", "permissions"]

    def test_a_wrong_password_still_tells_the_version(
        self, steps: Callable[[], dict[str, PingStep]], instance: Instance
    ) -> None:
        instance.answers("GET", "/entity", reply(ENDPOINTS))
        instance.answers("POST", "/identity/connect/token", reply({"error": "invalid_grant"}, 400))
        found = steps()
        assert found["authenticated"].status is PingStatus.FAILED
        assert found["version"].status is PingStatus.OK

    def test_a_screen_without_rights_is_named(
        self, steps: Callable[[], dict[str, PingStep]], instance: Instance
    ) -> None:
        instance.answers("GET", "/entity", reply(ENDPOINTS))
        instance.answers("GET", "Bill", failure("No rights.", status=403))
        instance.answers("GET", "Vendor", reply([]))
        instance.answers("GET", "FinancialPeriod", failure("No rights.", status=403))
        found = steps()["permissions"]
        assert found.status is PingStatus.FAILED
        assert "AP301000" in found.found
        assert "AP303000" not in found.found

    def test_an_unserved_version(self, form: Context, instance: Instance) -> None:
        form.settings = FORM | {"endpoint_version": "26.100.001"}
        client = AcumaticaClient(form, transport=instance.transport)
        instance.answers("GET", "/entity", reply(ENDPOINTS))
        for entity in ("Bill", "Vendor", "FinancialPeriod"):
            instance.answers("GET", f"/entity/Default/26.100.001/{entity}", httpx2.Response(404))
        found = {step.name: step for step in acumatica.ping(client)}
        assert found["version"].status is PingStatus.FAILED
        assert "24.200.001, 25.200.001" in found["version"].found


def month(number: int, end: str, **changes: Any) -> dict[str, Any]:
    row = wire(
        FinancialPeriodID=f"{number:02d}2026",
        StartDate=f"2026-{number:02d}-01T00:00:00+00:00",
        EndDate=f"{end}T00:00:00+00:00",
        Status="Open",
        ClosedInAP=False,
        AdjustmentPeriod=False,
    )
    return {"rowNumber": number} | row | wire(**changes)


class TestPeriods:
    def test_open_means_open_there_and_not_closed_in_payables(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        rows = [
            month(1, "2026-01-31", Status="Closed"),
            month(2, "2026-02-28", ClosedInAP=True),
            month(3, "2026-03-31"),
            month(4, "2026-04-30", Status="Inactive"),
            month(13, "2026-12-31", StartDate="2026-12-31", AdjustmentPeriod=True),
        ]
        instance.answers("GET", "FinancialPeriod", reply([wire(FinancialYear="2026") | {"Details": rows}]))
        found = bills.periods(client)
        assert found is not None
        assert [(state.period, state.open) for state in found] == [
            ("2026-01", False),
            ("2026-02", False),
            ("2026-03", True),
            ("2026-04", False),
        ]
        assert (found[2].first, found[2].last) == (date(2026, 3, 1), date(2026, 3, 31))
        assert len(instance.asked("GET")) == 1

    def test_end_dates_may_be_the_day_after(self, client: AcumaticaClient, instance: Instance) -> None:
        rows = [month(1, "2026-02-01"), month(2, "2026-03-01")]
        instance.answers("GET", "FinancialPeriod", reply([{"Details": rows}]))
        found = bills.periods(client)
        assert found is not None
        assert [state.last for state in found] == [date(2026, 1, 31), date(2026, 2, 28)]

    @pytest.mark.parametrize("answer", [httpx2.Response(404), failure("No.", status=403), failure("No such screen.")])
    def test_not_offered_is_none(self, client: AcumaticaClient, instance: Instance, answer: httpx2.Response) -> None:
        instance.answers("GET", "FinancialPeriod", answer)
        instance.answers("GET", "/entity", reply(ENDPOINTS))
        assert bills.periods(client) is None

    def test_a_vendor_that_is_down_is_not_the_same_as_not_offered(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("GET", "FinancialPeriod", httpx2.Response(503))
        with pytest.raises(errors.TryLater):
            bills.periods(client)

    def test_years_are_read_one_by_one_where_the_list_cannot(self, client: AcumaticaClient, instance: Instance) -> None:
        refusal = failure("Optimization cannot be performed.")
        instance.answers("GET", "FinancialPeriod", refusal, reply([wire(FinancialYear="2026")]))
        instance.answers("GET", "FinancialPeriod/2026", reply({"Details": [month(1, "2026-01-31")]}))
        found = bills.periods(client)
        assert found is not None
        assert [state.period for state in found] == ["2026-01"]


class TestLists:
    def test_suppliers_with_their_addresses(self, client: AcumaticaClient, instance: Instance) -> None:
        contact = wire(Email="ap@north.test", Phone1=None) | {
            "Address": wire(AddressLine1="1 Quay", AddressLine2=None, City="Erie", PostalCode="16501", Country="US")
        }
        fields = wire(VendorID="NORTHCONC ", VendorName="North Concrete", Status="Active", TaxRegistrationID="12-3")
        gone = {"id": "2"} | wire(VendorID="OLD", VendorName="Old", Status="Inactive")
        instance.answers("GET", "Vendor", reply([{"id": "1", "MainContact": contact} | fields, gone]))
        north, old = connector.suppliers(client)
        assert north == Supplier(
            key="NORTHCONC",
            name="North Concrete",
            tax_id="12-3",
            address="1 Quay",
            city="Erie",
            postal_code="16501",
            country="US",
            email="ap@north.test",
        )
        assert not old.active
        assert instance.asked("GET")[0].url.params["$expand"] == "MainContact,MainContact/Address"

    def test_suppliers_are_listed_without_addresses_where_both_cannot(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        rows = [{"id": "1"} | wire(VendorID="NORTHCONC", VendorName="North", Status="Active")]
        instance.answers("GET", "Vendor", failure("Optimization cannot be performed."), reply(rows))
        assert [supplier.key for supplier in connector.suppliers(client)] == ["NORTHCONC"]

    def test_projects_name_their_counterpart(self, client: AcumaticaClient, instance: Instance) -> None:
        row = {"id": "1"} | wire(ProjectID="TOWER1", Description="Tower", Status="Active", ExternalRefNbr="5501")
        instance.answers("GET", "Project", reply([row]))
        assert connector.projects(client) == [Project(key="TOWER1", number="TOWER1", name="Tower", other_key="5501")]

    def test_budget_lines_carry_the_default_account_of_their_group(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        group = {"id": "g"} | wire(AccountGroupID="SUBCON", DefaultAccountID="54000")
        line = {"id": "b"} | wire(
            ProjectID="TOWER1",
            ProjectTaskID="03",
            CostCode="03-300",
            AccountGroup="SUBCON",
            Type="Expense",
            Description="Concrete",
            RevisedBudgetedAmount=Decimal("90000.0"),
            ActualAmount=Decimal("1250.5"),
        )
        instance.answers("GET", "AccountGroup", reply([group]))
        instance.answers("GET", "ProjectBudget", reply([line]))
        assert connector.project_budgets(client, "TOWER1") == [
            BudgetLine(
                project="TOWER1",
                task="03",
                cost_code="03-300",
                group="SUBCON",
                account="54000",
                name="Concrete",
                budgeted=Decimal(90000),
                actual=Decimal("1250.5"),
            )
        ]
        assert instance.filters("ProjectBudget") == ["Type eq 'Expense' and ProjectID eq 'TOWER1'"]

    def test_orders_name_what_a_bill_line_links_to(self, client: AcumaticaClient, instance: Instance) -> None:
        coding = wire(LineNbr=1, ExtendedCost=Decimal("8000.0"), Project="TOWER1", CostCode="03-300", Account="54000")
        common = wire(Status="Open", VendorID="NORTHCONC", VendorRef="SC-1", CurrencyID="USD")
        order = common | wire(Type="Normal", OrderNbr="000045", OrderTotal=Decimal(8000))
        subcontract = common | wire(SubcontractNbr="SC0001", SubcontractTotal=Decimal(8000), Status="Closed")
        order |= {"id": "o", "Details": [coding | wire(LineDescription="Ready mix", ProjectTask="03")]}
        subcontract |= {"id": "s", "Details": [coding | wire(LineDescription="Frame", Task="05", Closed=True)]}
        instance.answers("GET", "PurchaseOrder", reply([order]))
        instance.answers("GET", "Subcontract", reply([subcontract]))
        first, second = connector.order_list(client)
        assert (first.kind, first.number, first.active) == ("Normal", "000045", True)
        assert (second.kind, second.number, second.active) == ("Subcontract", "SC0001", False)
        assert [line.task for line in first.lines + second.lines] == ["03", "05"]
        assert [line.active for line in first.lines + second.lines] == [True, False]

    def test_an_edition_without_subcontracts_has_purchase_orders(
        self, client: AcumaticaClient, instance: Instance
    ) -> None:
        instance.answers("GET", "PurchaseOrder", reply([]))
        instance.answers("GET", "Subcontract", failure("Access denied: the feature is off.", status=403))
        assert connector.order_list(client) == []

    def test_accounts_subaccounts_tasks_and_cost_codes(self, client: AcumaticaClient, instance: Instance) -> None:
        account = wire(AccountCD="54000", Description="Subcontract", Type="Expense", AccountGroup="SUBCON", Active=True)
        instance.answers("GET", "Account", reply([account]))
        instance.answers("GET", "Subaccount", reply([wire(SubaccountCD="000000", Description="Main", Active=False)]))
        task = wire(ProjectID="TOWER1", ProjectTaskID="03", Description="Concrete", Status="In Planning")
        instance.answers("GET", "ProjectTask", reply([task]))
        instance.answers("GET", "CostCode", reply([wire(CostCodeID="03-300", Description="Cast in place")]))
        assert [(found.key, found.kind, found.group) for found in connector.accounts(client)] == [
            ("54000", "expense", "SUBCON")
        ]
        assert [(found.key, found.active) for found in connector.subaccounts(client)] == [("000000", False)]
        assert [(found.key, found.active) for found in connector.tasks(client, "TOWER1")] == [("03", False)]
        assert [found.code for found in connector.cost_codes(client)] == ["03-300"]


NOTIFICATION: dict[str, Any] = {
    "Inserted": [{"ReferenceNbr": "000412", "Status": "Closed"}],
    "Deleted": [{"ReferenceNbr": "000412", "Status": None}],
    "Query": "Bills: payment status",
    "CompanyId": "MyTenant",
    "Id": "1af4d140-5321-41f2-a2ec-50b67f577c6c",
    "TimeStamp": 639122661829493672,
    "AdditionalInfo": {},
}


class TestPushNotifications:
    @pytest.mark.parametrize(
        ("headers", "secret", "good"),
        [
            ({"x-acumatica-secret": "s3cret"}, "s3cret", True),
            ({"content-type": "application/json", "x-our-own-name": "s3cret"}, "s3cret", True),
            ({"x-acumatica-secret": "S3cret"}, "s3cret", False),
            ({"x-acumatica-secret": "s3cret "}, "s3cret", False),
            ({"x-acumatica-secret": ""}, "", False),
            ({"x-acumatica-secret": "sécret"}, "sécret", True),
            ({}, "s3cret", False),
        ],
    )
    def test_only_the_whole_secret_counts(self, headers: dict[str, str], secret: str, good: bool) -> None:
        assert HOOKS.verify(headers, b"{}", secret) is good

    def test_a_notification_is_one_notice(self) -> None:
        (notice,) = HOOKS.parse(msgspec.json.encode(NOTIFICATION))
        assert notice.event == "1af4d140-5321-41f2-a2ec-50b67f577c6c:Bills: payment status"
        assert notice.resource == "Bills: payment status"
        assert notice.at == datetime(2026, 4, 20, 7, 16, 22, 949367, tzinfo=UTC)

    def test_two_queries_of_one_transaction_are_two_events(self) -> None:
        other = HOOKS.parse(msgspec.json.encode(NOTIFICATION | {"Query": "Vendors"}))
        assert other[0].event != HOOKS.parse(msgspec.json.encode(NOTIFICATION))[0].event

    @pytest.mark.parametrize(
        "body",
        [b"", b"[]", b"{}", b"\xff\xfe", b'{"Id": 1, "Query": "x"}', b'{"Id": "", "Query": "x"}', b'{"Id": "x"'],
    )
    def test_anything_else_is_refused(self, body: bytes) -> None:
        with pytest.raises(ValueError, match="push notification"):
            HOOKS.parse(body)

    @pytest.mark.parametrize("ticks", [None, -1, 10**19])
    def test_a_time_that_is_none_does_not_lose_the_event(self, ticks: int | None) -> None:
        assert HOOKS.parse(msgspec.json.encode(NOTIFICATION | {"TimeStamp": ticks}))[0].at is None
