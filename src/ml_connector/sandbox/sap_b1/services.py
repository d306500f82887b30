"""The service calls: what the company tells of itself, lists of keys, drafts (vendors/sap_b1.md §5.2, §5.9)."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from ml_connector.sandbox.sap_b1.declared import company as types
from ml_connector.sandbox.sap_b1.declared import ledger
from ml_connector.sandbox.sap_b1.declared.documents import DOCUMENT
from ml_connector.sandbox.sap_b1.declared.properties import blank, text, whole
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import drafts, kinds, posting
from ml_connector.sandbox.sap_b1.edm import EntityType, Property, Row
from ml_connector.sandbox.sap_b1.entity import Service
from ml_connector.sandbox.sap_b1.errors import bad_request, no_matching_records, validation
from ml_connector.sandbox.sap_b1.rules import currencies

# The document of a call: its entry may be sent although it is read-only elsewhere.
_ENTRY = EntityType("Document", (*whole("DocEntry"), *(one for one in DOCUMENT.properties if one.name == "DocDate")))
_DOCUMENT = Property("Document", "complex", type=_ENTRY)
_ONE_PERIOD_CATEGORY = 1


class Services:
    """All of them; the methods are the calls."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def table(self) -> dict[str, Service]:
        """By name."""
        year = Property("PeriodCategoryParams", "complex", type=types.PERIOD_CATEGORY)
        return {
            "CompanyService_GetAdminInfo": Service(self.admin_info, True, gives=types.ADMIN_INFO),
            "CompanyService_GetCompanyInfo": Service(self.company_info, True, gives=types.COMPANY_INFO),
            "CompanyService_GetPeriods": Service(self.period_categories, True, gives=types.PERIOD_CATEGORY, many=True),
            "CompanyService_GetFinancePeriods": Service(
                self.finance_periods, True, (year,), types.FINANCE_PERIOD, many=True
            ),
            "CompanyService_GetCurrentServerTime": Service(self.server_time, True, gives=types.SERVER_TIME),
            "SBOBobService_GetLocalCurrency": Service(self.local_currency, True, gives="string"),
            "SBOBobService_GetSystemCurrency": Service(self.system_currency, True, gives="string"),
            "SBOBobService_GetCurrencyRate": Service(
                self.currency_rate, True, (text("Currency"), Property("Date", "date")), "number"
            ),
            "ProfitCentersService_GetProfitCenterList": Service(
                self.centers, True, gives=ledger.CENTER_PARAMS, many=True
            ),
            "ProjectsService_GetProjectList": Service(self.projects, True, gives=ledger.PROJECT_PARAMS, many=True),
            "DraftsService_SaveDraftToDocument": Service(self.save_draft, takes=(_DOCUMENT,)),
            "PurchaseInvoicesService_InitData": Service(self.new_document, gives=DOCUMENT),
            "PurchaseInvoicesService_Cancel2": Service(self.cancel_invoice, takes=(_DOCUMENT,)),
        }

    def admin_info(self, body: Row) -> Row:
        """With what the switches say."""
        shown = {"EnableBranches": "branches", "AllowFuturePostingDate": "future_posting_dates"}
        flags = {name: "tYES" if self._desk.switches.on(switch) else "tNO" for name, switch in shown.items()}
        return blank(types.ADMIN_INFO) | self._desk.store.settings["admin"] | flags

    def company_info(self, body: Row) -> Row:
        """With what the switches say."""
        switches = self._desk.switches
        values = {"EnableAccountSegmentation": "tYES" if switches.on("account_segmentation") else "tNO"}
        values["EnableTransactionNotification"] = "tYES" if switches.number("notification_code") else "tNO"
        return blank(types.COMPANY_INFO) | self._desk.store.settings["company"] | values

    def period_categories(self, body: Row) -> list[Row]:
        """The company has one calendar."""
        return [{"AbsoluteEntry": _ONE_PERIOD_CATEGORY}]

    def finance_periods(self, body: Row) -> list[Row]:
        """Those of the calendar; all without one."""
        wanted = (body.get("PeriodCategoryParams") or {}).get("AbsoluteEntry") or _ONE_PERIOD_CATEGORY
        if wanted != _ONE_PERIOD_CATEGORY:
            raise no_matching_records()
        return self._desk.store["OFPR"].rows()

    def server_time(self, body: Row) -> Row:
        """The server's local time."""
        return {"CurrentDate": self._desk.today, "CurrentTime": f"{self._desk.now:%H:%M:%S}"}

    def local_currency(self, body: Row) -> str:
        """Its code."""
        return self._desk.local

    def system_currency(self, body: Row) -> str:
        """Its code."""
        return str(self._desk.store.settings["admin"]["SystemCurrency"])

    def currency_rate(self, body: Row) -> Decimal:
        """How much of the local currency one unit is worth on a day."""
        currency, day = body.get("Currency"), body.get("Date") or self._desk.today
        if not currency or not isinstance(day, date):
            raise bad_request("Property 'Currency' is required")
        currencies.check(self._desk, currency, "ORTT", "Currency")
        rate = currencies.rate_of(self._desk, currency, day)
        if rate is None:
            raise validation("Update the exchange rate  [ORTT.Rate]")
        return rate

    def centers(self, body: Row) -> list[Row]:
        """Codes and names."""
        return [{name: row[name] for name in ("CenterCode", "CenterName")} for row in self._desk.store["OPRC"].rows()]

    def projects(self, body: Row) -> list[Row]:
        """Codes and names."""
        return [{name: row[name] for name in ("Code", "Name")} for row in self._desk.store["OPRJ"].rows()]

    def save_draft(self, body: Row) -> None:
        """Post a draft."""
        drafts.add(self._desk, self._stored(body, drafts.TABLE))

    def new_document(self, body: Row) -> Row:
        """An empty document with today's dates."""
        return blank(DOCUMENT) | {"DocDate": self._desk.today, "DocObjectCode": kinds.INVOICE.object}

    def cancel_invoice(self, body: Row) -> None:
        """Cancel with another posting date than the original's."""
        row = self._stored(body, kinds.INVOICE.table)
        posting.cancel(self._desk, kinds.INVOICE, row, body["Document"].get("DocDate"))

    def _stored(self, body: Row, table: str) -> Row:
        document: dict[str, Any] = body.get("Document") or {}
        row = self._desk.store[table].find(document.get("DocEntry"))
        if row is None:
            raise no_matching_records()
        return row
