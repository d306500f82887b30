"""Master records of the SAP Business One sandbox: partners, accounts, profit centres, projects, company data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sap_b1_books import ACCRUAL, COSTS, DAY, VENDOR, balance, credit, debit, document, journal, line, sides
from sap_b1_over_http import Instance, error, instance

TAKEN = (400, "-2035", "This entry already exists in the following tables (ODBC -2035)")


@pytest.fixture(scope="module")
def running() -> Iterator[Instance]:
    with instance("small") as found:
        yield found


@pytest.fixture
def b1(running: Instance) -> Instance:
    running.reset()
    return running


# business partners


def test_a_new_partner_has_the_companys_defaults(b1: Instance) -> None:
    row = b1.saved("BusinessPartners", {"CardCode": "S1", "CardName": "Supplier", "CardType": "S"})
    assert (row["CardType"], row["GroupCode"], row["DebitorAccount"]) == ("cSupplier", 101, "20000")
    assert (row["Currency"], row["CurrentAccountBalance"], row["DataVersion"]) == ("USD", 0, 1)
    assert row["CreateDate"] == row["UpdateDate"]
    customer = b1.saved("BusinessPartners", {"CardCode": "C1", "CardName": "Customer"})
    assert (customer["CardType"], customer["DebitorAccount"]) == ("cCustomer", "11000")
    numbered = b1.saved("BusinessPartners", {"CardName": "Numbered", "CardType": "cSupplier", "Series": 1})
    assert numbered["CardCode"].startswith("V3")


def test_partner_codes_accounts_and_currencies_are_checked(b1: Instance) -> None:
    new = {"CardCode": VENDOR, "CardName": "Twice", "CardType": "cSupplier"}
    status, code, text = error(b1.post("BusinessPartners", new))
    assert (status, code) == (400, "-10")
    assert text.startswith(f"1320000140 - Business partner code '{VENDOR}' already assigned")
    assert error(b1.post("BusinessPartners", {"CardName": "No code"}))[:2] == (400, "-1000")
    other = {"CardCode": "S1", "CardName": "S"}
    assert "[OCRD.DebPayAcct]" in error(b1.post("BusinessPartners", other | {"DebitorAccount": COSTS}))[2]
    assert "[OCRD.Currency]" in error(b1.post("BusinessPartners", other | {"Currency": "XXX"}))[2]


def test_addresses_without_their_number_are_added_again(b1: Instance) -> None:
    path = f"BusinessPartners('{VENDOR}')"
    known = b1.get(path).json()["BPAddresses"][0]
    assert known["RowNum"] == 0
    b1.patch(path, {"BPAddresses": [{"RowNum": 0, "AddressName": known["AddressName"], "Street": "New 1"}]})
    assert [one["Street"] for one in b1.get(path).json()["BPAddresses"]] == ["New 1"]
    b1.patch(path, {"BPAddresses": [{"AddressName": known["AddressName"], "Street": "New 2"}]})
    assert [one["Street"] for one in b1.get(path).json()["BPAddresses"]] == ["New 1", "New 2"]


def test_a_partner_with_transactions_stays(b1: Instance) -> None:
    b1.saved("BusinessPartners", {"CardCode": "S1", "CardName": "Supplier", "CardType": "cSupplier"})
    b1.saved("BusinessPartners", {"CardCode": "S2", "CardName": "Supplier", "CardType": "cSupplier"})
    b1.saved("PurchaseInvoices", document(line(1), CardCode="S1"))
    assert error(b1.call("DELETE", "BusinessPartners('S1')"))[1] == "-5002"
    assert error(b1.patch("BusinessPartners('S1')", {"CardType": "cCustomer"}))[1] == "-5002"
    assert b1.call("DELETE", "BusinessPartners('S2')").status_code == 204


def test_a_partner_of_one_currency_is_billed_in_it_or_in_local_money(b1: Instance) -> None:
    body = {"CardCode": "S1", "CardName": "Supplier", "CardType": "cSupplier", "Currency": "EUR"}
    b1.saved("BusinessPartners", body)
    assert b1.saved("PurchaseInvoices", document(line(1), CardCode="S1"))["DocCurrency"] == "EUR"
    b1.saved("PurchaseInvoices", document(line(1), CardCode="S1", DocCurrency="USD"))
    other = b1.post("PurchaseInvoices", document(line(1), CardCode="S1", DocCurrency="JPY"))
    assert error(other)[2] == "Enter valid code  [OPCH.DocCur]"


def test_a_frozen_span_counts_on_its_days_only(b1: Instance) -> None:
    b1.patch(f"BusinessPartners('{VENDOR}')", {"Frozen": "tYES", "FrozenFrom": "2026-02-01"})
    b1.saved("PurchaseInvoices", document(line(1)))
    b1.patch(f"BusinessPartners('{VENDOR}')", {"FrozenFrom": "2026-01-01"})
    assert error(b1.post("PurchaseInvoices", document(line(1))))[1] == "-10"


# accounts


def test_the_chart_has_titles_locked_control_and_inactive_accounts(b1: Instance) -> None:
    rows = {row["Code"]: row for row in b1.rows("ChartOfAccounts")}
    assert len([row for row in rows.values() if row["ActiveAccount"] == "tYES"]) > 10
    assert (rows["5"]["ActiveAccount"], rows["5"]["AccountLevel"]) == ("tNO", 1)
    assert (rows["20000"]["LockManualTransaction"], rows["65000"]["LockManualTransaction"]) == ("tYES", "tYES")
    assert (rows["54900"]["FrozenFor"], rows[COSTS]["FatherAccountKey"]) == ("tYES", "5")
    assert rows[COSTS]["AccountType"] == "at_Expenses"
    assert {"20100", "20500", "20510", "20600", "90100", "90200"} <= set(rows)


def test_accounts_are_entered_changed_and_removed(b1: Instance) -> None:
    row = b1.saved("ChartOfAccounts", {"Code": "57000", "Name": "Permits", "FatherAccountKey": "5"})
    assert (row["AccountLevel"], row["ActiveAccount"], row["Balance"]) == (2, "tYES", 0)
    assert error(b1.post("ChartOfAccounts", {"Code": "57000", "Name": "Again"})) == TAKEN
    child = {"Code": "57001", "Name": "Child", "FatherAccountKey": "57000"}
    assert "[OACT.FatherNum]" in error(b1.post("ChartOfAccounts", child))[2]
    b1.saved("JournalEntries", journal(debit("57000", 1), credit(ACCRUAL, 1)))
    assert error(b1.call("DELETE", "ChartOfAccounts('57000')"))[1] == "-5002"
    b1.saved("JournalEntries", journal(debit(ACCRUAL, 1), credit("57000", 1)))
    assert b1.call("DELETE", "ChartOfAccounts('57000')").status_code == 204


def test_segmentation_gives_accounts_system_codes_everywhere(b1: Instance) -> None:
    first = b1.saved("PurchaseInvoices", document(line(10)))
    costs = balance(b1, COSTS)
    b1.switch(account_segmentation=True)
    assert b1.post("CompanyService_GetCompanyInfo", {}).json()["EnableAccountSegmentation"] == "tYES"
    rows = {row["FormatCode"]: row for row in b1.rows("ChartOfAccounts")}
    code = rows[COSTS]["Code"]
    assert code.startswith("_SYS")
    assert len(code) == 15
    assert (rows[COSTS]["FatherAccountKey"], rows[COSTS]["Balance"]) == (rows["5"]["Code"], float(costs))
    assert b1.get(f"PurchaseInvoices({first['DocEntry']})").json()["DocumentLines"][0]["AccountCode"] == code
    assert error(b1.post("PurchaseInvoices", document(line(1))))[2] == "Enter valid code  [PCH1.AcctCode][line: 1]"
    second = b1.saved("PurchaseInvoices", document(line(1, AccountCode=code)))
    posted = b1.get(f"JournalEntries({second['TransNum']})").json()
    assert sides(posted) == [(code, code, 1.0, 0), (rows["20000"]["Code"], VENDOR, 0, 1.0)]
    added = b1.saved("ChartOfAccounts", {"Code": "57000", "Name": "Permits", "FatherAccountKey": rows["5"]["Code"]})
    assert (added["FormatCode"], added["Code"][:4]) == ("57000", "_SYS")
    b1.switch(account_segmentation=False)
    assert balance(b1, COSTS) == costs + 1


# profit centres and projects


def test_profit_centers_bring_their_direct_rule(b1: Instance) -> None:
    centers = b1.rows("ProfitCenters")
    assert len([row for row in centers if row["InWhichDimension"] == 1]) >= 30
    assert {row["InWhichDimension"] for row in centers} == {1, 2}
    body = {"CenterCode": "PC-0310", "CenterName": "Concrete", "EffectiveFrom": "2026-01-10"}
    row = b1.saved("ProfitCenters", body)
    assert (row["InWhichDimension"], row["Active"]) == (1, "tYES")
    rule = b1.get("DistributionRules('PC-0310')").json()
    assert (rule["Direct"], rule["DistributionRuleLines"][0]["CenterCode"]) == ("Y", "PC-0310")
    early = document(line(1, CostingCode="PC-0310"), DocDate="2026-01-09")
    assert error(b1.post("PurchaseInvoices", early))[2] == "Enter valid code  [PCH1.OcrCode][line: 1]"
    b1.saved("PurchaseInvoices", document(line(1, CostingCode="PC-0310")))
    assert b1.patch("ProfitCenters('PC-0310')", {"EffectiveTo": "2026-01-30"}).status_code == 204
    assert error(b1.post("PurchaseInvoices", document(line(1, CostingCode="PC-0310"))))[1] == "-5002"
    assert error(b1.post("ProfitCenters", body)) == TAKEN
    assert error(b1.patch("ProfitCenters('PC-0310')", {"InWhichDimension": 2}))[1] == "-1029"
    assert error(b1.post("ProfitCenters", {"CenterCode": "X", "CenterName": "No date"}))[1] == "-5002"
    assert b1.call("DELETE", "ProfitCenters('PC-0310')").status_code == 204
    assert b1.get("DistributionRules('PC-0310')").status_code == 404


def test_distribution_rules_add_up(b1: Instance) -> None:
    lines = [{"CenterCode": "ADMIN", "TotalInCenter": 70}, {"CenterCode": "YARD", "TotalInCenter": 30}]
    body = {"FactorCode": "MIX", "FactorDescription": "Mix", "TotalFactor": 100, "DistributionRuleLines": lines}
    b1.saved("DistributionRules", body)
    b1.saved("PurchaseInvoices", document(line(1, CostingCode="MIX")))
    wrong = body | {"FactorCode": "MIX2", "TotalFactor": 90}
    assert error(b1.post("DistributionRules", wrong))[1] == "-5002"
    assert error(b1.call("DELETE", "ProfitCenters('YARD')"))[1] == "-5002"
    assert error(b1.call("DELETE", "DistributionRules('YARD')"))[1] == "-5002"
    b1.act("deactivate", kind="profit_center", id="YARD")
    assert error(b1.post("PurchaseInvoices", document(line(1, CostingCode="MIX"))))[1] == "-5002"


def test_dimensions_are_fixed_but_can_be_switched_off(b1: Instance) -> None:
    assert [row["DimensionCode"] for row in b1.rows("Dimensions")] == [1, 2, 3, 4, 5]
    assert b1.patch("Dimensions(2)", {"IsActive": "tNO"}).status_code == 204
    assert error(b1.post("PurchaseInvoices", document(line(1, CostingCode2="NORTH"))))[1] == "-5002"
    assert error(b1.post("Dimensions", {"DimensionDescription": "Sixth"}))[1] == "-5006"


def test_projects_are_valid_between_their_days(b1: Instance) -> None:
    body = {"Code": "P-1", "Name": "Pier", "ValidFrom": "2026-01-10", "ValidTo": "2026-01-20"}
    b1.saved("Projects", body)
    assert error(b1.post("Projects", body)) == TAKEN
    b1.saved("PurchaseInvoices", document(line(1, ProjectCode="P-1"), DocDate="2026-01-20"))
    late = document(line(1, ProjectCode="P-1"), DocDate=DAY)
    assert error(b1.post("PurchaseInvoices", late))[2] == "Enter valid code  [PCH1.Project][line: 1]"
    headed = b1.saved("PurchaseInvoices", document(line(1), Project="P-1", DocDate="2026-01-15"))
    assert headed["DocumentLines"][0]["ProjectCode"] == "P-1"
    assert (
        error(b1.post("PurchaseInvoices", document(line(1), Project="NONE")))[2] == "Enter valid code  [OPCH.Project]"
    )


# company data


def test_the_company_tells_its_settings(b1: Instance) -> None:
    admin = b1.get("CompanyService_GetAdminInfo").json()
    assert (admin["TotalsAccuracy"], admin["PriceAccuracy"], admin["LocalCurrency"]) == (2, 2, "USD")
    assert b1.post("CompanyService_GetCompanyInfo", {}).json()["Version"] == 1000280
    periods = b1.post("CompanyService_GetPeriods", {}).json()["value"]
    wanted = {"PeriodCategoryParams": {"AbsoluteEntry": periods[0]["AbsoluteEntry"]}}
    found = b1.post("CompanyService_GetFinancePeriods", wanted).json()["value"]
    status = {row["PeriodCode"]: (row["PeriodStatus"], row["Locked"]) for row in found}
    assert status["2026-01"] == ("ltUnlocked", "tNO")
    assert status["2026-02"] == status["2025-12"] == ("ltLocked", "tYES")
    now = b1.order("/clock", {"advance_s": 0})["now"]
    assert b1.post("CompanyService_GetCurrentServerTime", {}).json()["CurrentDate"][:10] == now[:10]
    keys = b1.post("ProjectsService_GetProjectList", {}).json()["value"]
    assert {row["Code"] for row in keys} == {row["Code"] for row in b1.rows("Projects")}
    centers = b1.post("ProfitCentersService_GetProfitCenterList", {}).json()["value"]
    assert len(centers) == len(b1.rows("ProfitCenters"))


def test_currencies_and_rates(b1: Instance) -> None:
    decimals = {row["Code"]: row["Decimals"] for row in b1.rows("Currencies")}
    assert (decimals["USD"], decimals["JPY"]) == ("cdDefault", "cdWithoutDecimals")
    assert b1.post("SBOBobService_GetLocalCurrency", {}).json()["value"] == "USD"
    assert b1.get("SBOBobService_GetSystemCurrency").json()["value"] == "USD"
    asked = {"Currency": "EUR", "Date": "20260131"}
    assert b1.post("SBOBobService_GetCurrencyRate", asked).json()["value"] == 1.085
    b1.act("set_rate", currency="EUR", rate="1.1", date=DAY)
    assert b1.post("SBOBobService_GetCurrencyRate", asked).json()["value"] == 1.1
    assert error(b1.post("SBOBobService_GetCurrencyRate", asked | {"Currency": "CAD"}))[0] == 400
    assert error(b1.call("DELETE", "Currencies('USD')"))[1] == "-5002"


def test_the_small_lists_are_served(b1: Instance) -> None:
    assert {row["Code"] for row in b1.rows("SalesTaxCodes")} >= {"EX", "LOCAL"}
    assert {row["Category"] for row in b1.rows("VatGroups")} == {"bovcInputTax", "bovcOutputTax"}
    assert b1.rows("BusinessPlaces")[0]["BPLID"] == 1
    made: dict[str, Any] = b1.saved("Attachments2", {"Attachments2_Lines": [{"FileName": "a", "FileExtension": "pdf"}]})
    assert error(b1.call("DELETE", f"Attachments2({made['AbsoluteEntry']})"))[:2] == (400, "220")
    row = b1.saved("PurchaseInvoices", document(line(1), AttachmentEntry=made["AbsoluteEntry"]))
    assert row["AttachmentEntry"] == made["AbsoluteEntry"]
