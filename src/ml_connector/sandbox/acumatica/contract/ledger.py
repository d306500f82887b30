"""Accounts, journals, periods, currencies and tax categories in the contract (vendors/acumatica.md §8.7)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.contract.kinds import kind

KINDS = (
    kind(
        "Account",
        text=(
            "AccountCD AccountClass AccountGroup ConsolidationAccount CurrencyID Description PostOption "
            "RevaluationRateType TaxCategory Type"
        ),
        flag="Active CashAccount RequireUnits Secured UseDefaultSubaccount",
        time="CreatedDateTime LastModifiedDateTime",
        whole="AccountID ChartOfAccountsOrder",
    ),
    kind(
        "Subaccount",
        text="Description SubaccountCD",
        flag="Active Secured",
        whole="SubaccountID",
    ),
    kind(
        "Ledger",
        text="Currency Description LedgerID Type",
        flag="ConsolidationSource",
        time="LastModifiedDateTime",
        details={"Branches": "LedgerBranches", "Companies": "LedgerCompanies"},
    ),
    kind(
        "LedgerBranches",
        text="BranchID BranchName CompanyName",
        flag="Active",
    ),
    kind(
        "LedgerCompanies",
        text="Company CompanyName CompanyType",
        flag="Active",
    ),
    kind(
        "JournalTransaction",
        text="BatchNbr BranchID CurrencyID Description LedgerID Module PostPeriod Status",
        flag="Hold",
        time="CreatedDateTime LastModifiedDateTime TransactionDate",
        details={"Details": "JournalTransactionDetail"},
        actions="ReleaseJournalTransaction",
    ),
    kind(
        "JournalTransactionDetail",
        text=(
            "Account BranchID CostCode Description Project ProjectTask ReferenceNbr Subaccount "
            "TransactionDescription UOM VendorOrCustomer"
        ),
        amount="CreditAmount DebitAmount Qty",
        flag="IsNonPM NonBillable",
        whole="LineNbr",
        long="ProjectTransactionID",
    ),
    kind(
        "FinancialPeriod",
        text="FinancialYear",
        flag="UserDefinedPeriods",
        time="CreatedDateTime LastModifiedDateTime StartDate",
        short="NbrOfPeriods",
        details={"Details": "FinancialPeriodDetail"},
    ),
    kind(
        "FinancialPeriodDetail",
        text="Description FinancialPeriodID PeriodNbr Status",
        flag="AdjustmentPeriod ClosedInAP ClosedInAR ClosedInCA ClosedInFA ClosedInIN",
        time="EndDate StartDate",
        whole="LengthInDays",
    ),
    kind(
        "Currency",
        text="CurrencyID CurrencySymbol Description",
        flag="Active UseForAccounting",
        time="CreatedDateTime LastModifiedDateTime",
        short="DecimalPrecision",
    ),
    kind(
        "TaxCategory",
        text="Description TaxCategoryID",
        flag="Active ExcludeListedTaxes",
        time="CreatedDateTime LastModifiedDateTime",
        details={"Details": "TaxCategoryTaxDetail"},
    ),
    kind(
        "TaxCategoryTaxDetail",
        text="CalculateOn CashDiscount Description TaxCategory TaxID TaxType",
    ),
)
