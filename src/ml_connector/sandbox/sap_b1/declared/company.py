"""What the company tells of itself (vendors/sap_b1.md §5.9)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.sap_b1.declared import enums
from ml_connector.sandbox.sap_b1.declared.properties import choice, days, flags, text, texts, whole
from ml_connector.sandbox.sap_b1.edm import EntityType, Property

ADMIN_INFO: Final = EntityType(
    "AdminInfo",
    (
        *whole("Code"),
        *texts("CompanyName Address Country State FederalTaxID"),
        *whole("TotalsAccuracy PriceAccuracy AccuracyofQuantities RateAccuracy PercentageAccuracy"),
        *whole("MeasuringAccuracy QueryAccuracy MaxDaysForCancel StartingInFiscalYear"),
        *texts("LocalCurrency SystemCurrency"),
        *flags("RoundTaxAmounts RoundingMethod AllowFuturePostingDate EnableBranches DirectIndirectRate"),
        *flags("EnableApprovalProcedureInDI CalculateRowDiscount BlockTaxDate EnableWebhook"),
        *flags("CreateAutoVATLineinJDT DisplayCancelDocInReport UseNegativeAmounts"),
        choice("DateTemplate", enums.DATE_TEMPLATE),
        *texts("DateSeparator DecimalSeparator ThousandsSeparator AccountSegmentsSeparator DefaultTaxCode"),
    ),
)
COMPANY_INFO: Final = EntityType(
    "CompanyInfo",
    (
        text("CompanyName"),
        *whole("Version MaxRecordsInChooseFromList MaxNumberOfDocumentsInPmt"),
        text("Localization"),
        *flags("EnableAccountSegmentation EnableTransactionNotification EnableSharingSeries EnableBillOfExchange"),
    ),
)
PERIOD_CATEGORY: Final = EntityType("PeriodCategoryParams", whole("AbsoluteEntry"), keys=("AbsoluteEntry",))
FINANCE_PERIOD: Final = EntityType(
    "FinancePeriod",
    (
        *whole("AbsoluteEntry SubNum"),
        *texts("PeriodCode PeriodName PeriodIndicator"),
        *days("PostingDateFrom PostingDateTo ValueDateFrom ValueDateTo TaxDateFrom TaxDateTo"),
        *flags("ActiveforFeed Locked AdditionalSubPeriods"),
        choice("PeriodStatus", enums.PERIOD_STATUS),
    ),
    keys=("AbsoluteEntry",),
)
SERVER_TIME: Final = EntityType("CurrentServerTime", (*days("CurrentDate"), Property("CurrentTime", "time")))
