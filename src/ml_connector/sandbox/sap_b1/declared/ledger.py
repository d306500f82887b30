"""Journal entries, accounts, and the codes that costs are coded with (vendors/sap_b1.md §5.3 to §5.5, §5.7)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.sap_b1.declared import enums
from ml_connector.sandbox.sap_b1.declared.properties import choice, days, flags, numbers, several, text, texts, whole
from ml_connector.sandbox.sap_b1.edm import EntityType

JOURNAL_LINE: Final = EntityType(
    "JournalEntryLine",
    (
        *whole("Line_ID"),
        *texts("AccountCode ShortName ContraAccount ControlAccount", 15),
        *numbers("Debit Credit FCDebit FCCredit DebitSys CreditSys BaseSum VatAmount GrossValue"),
        text("FCCurrency", 3),
        *days("DueDate TaxDate VatDate ReferenceDate1 ReferenceDate2"),
        text("LineMemo", 50),
        *texts("Reference1 Reference2", 100),
        text("AdditionalReference", 27),
        *texts("CostingCode CostingCode2 CostingCode3 CostingCode4 CostingCode5", 8),
        text("ProjectCode", 20),
        *texts("TaxCode TaxGroup", 8),
        *flags("VatLine WTLiable PaymentBlock"),
        *whole("BPLID LocationCode BlockReason"),
        *texts("BPLName", 100),
        *texts("FederalTaxID", 32),
    ),
    keys=("Line_ID",),
    user_table="JDT1",
)
JOURNAL: Final = EntityType(
    "JournalEntry",
    (
        *whole("JdtNum Number", read_only=True),
        *days("ReferenceDate DueDate TaxDate VatDate StornoDate"),
        text("Memo", 50),
        *texts("Reference Reference2", 100),
        text("Reference3", 27),
        text("TransactionCode", 4),
        text("ProjectCode", 20),
        text("Indicator", 2),
        *flags("UseAutoStorno AutoVAT StampTax ReportEU Report347 BlockDunningLetter AutomaticWT Corisptivi"),
        *flags("DeferredTax AdjustTransaction IsCostCenterTransfer"),
        *whole("Series LocationCode AttachmentEntry"),
        choice("Printed", enums.PRINTED, read_only=True),
        choice("OriginalJournal", enums.TRANSACTION, read_only=True),
        *whole("Original", read_only=True),
        text("BaseReference", read_only=True),
        text("DocumentType", 2),
        several("JournalEntryLines", JOURNAL_LINE),
    ),
    keys=("JdtNum",),
    user_table="OJDT",
)
ACCOUNT: Final = EntityType(
    "ChartOfAccount",
    (
        text("Code", 15),
        text("Name", 100),
        *numbers("Balance Balance_syscurr Balance_FrgnCurr", read_only=True),
        *flags("CashAccount BudgetAccount ActiveAccount"),
        *flags("PrimaryAccount", read_only=True),
        *whole("AccountLevel", read_only=True),
        text("FatherAccountKey", 15),
        choice("AccountType", enums.ACCOUNT_TYPE),
        text("AcctCurrency", 3),
        *texts("FormatCode", 210),
        *texts("ExternalCode DataExportCode", 12),
        text("ForeignName", 100),
        text("Details", 254),
        text("ProjectCode", 20),
        text("DefaultVatGroup", 8),
        text("TransactionCode", 4),
        *flags("LockManualTransaction BlockManualPosting Protected ReconciledAccount RevaluationCoordinated"),
        *flags("RateConversion TaxLiableAccount TaxExemptAccount LiableForAdvances AllowChangeVatGroup"),
        *flags("CashFlowRelevant CostAccountingOnly CostElementRelevant AllowMultipleLinking"),
        *flags("ProjectRelevant DistributionRuleRelevant DistributionRule2Relevant DistributionRule3Relevant"),
        *flags("DistributionRule4Relevant DistributionRule5Relevant ValidFor FrozenFor"),
        *days("ValidFrom ValidTo FrozenFrom FrozenTo"),
        *texts("ValidRemarks FrozenRemarks", 30),
        *whole("Category BPLID"),
    ),
    keys=("Code",),
    user_table="OACT",
)
PROFIT_CENTER: Final = EntityType(
    "ProfitCenter",
    (
        text("CenterCode", 8),
        text("CenterName", 30),
        text("GroupCode", 8),
        *whole("InWhichDimension"),
        text("CostCenterType", 8),
        *days("EffectiveFrom EffectiveTo"),
        *flags("Active"),
        *whole("CenterOwner"),
    ),
    keys=("CenterCode",),
    user_table="OPRC",
)
RULE_LINE: Final = EntityType(
    "DistributionRuleLine",
    (text("CenterCode", 8), *numbers("TotalInCenter"), *days("EffectiveFrom EffectiveTo")),
    keys=("CenterCode",),
)
RULE: Final = EntityType(
    "DistributionRule",
    (
        text("FactorCode", 8),
        text("FactorDescription", 30),
        *numbers("TotalFactor"),
        text("Direct", 1),
        *whole("InWhichDimension"),
        *flags("Active IsFixedAmount"),
        several("DistributionRuleLines", RULE_LINE),
    ),
    keys=("FactorCode",),
    user_table="OOCR",
)
DIMENSION: Final = EntityType(
    "Dimension",
    (
        *whole("DimensionCode", read_only=True),
        text("DimensionName", read_only=True),
        *flags("IsActive"),
        text("DimensionDescription", 15),
    ),
    keys=("DimensionCode",),
)
CENTER_TYPE: Final = EntityType(
    "CostCenterType",
    (text("CostCenterTypeCode", 8), text("CostCenterTypeName", 100)),
    keys=("CostCenterTypeCode",),
)
PROJECT: Final = EntityType(
    "Project",
    (text("Code", 20), text("Name", 100), *days("ValidFrom ValidTo"), *flags("Active")),
    keys=("Code",),
    user_table="OPRJ",
)
CENTER_PARAMS: Final = EntityType("ProfitCenterParams", (text("CenterCode"), text("CenterName")), keys=("CenterCode",))
PROJECT_PARAMS: Final = EntityType("ProjectParams", (text("Code"), text("Name")), keys=("Code",))
