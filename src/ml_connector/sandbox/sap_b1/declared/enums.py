"""The enumerations of the business objects: member name to value in the database."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.sap_b1.edm import Enum

DOCUMENT_TYPE: Final = Enum("BoDocumentTypes", {"dDocument_Items": "I", "dDocument_Service": "S"})
STATUS: Final = Enum("BoStatus", {"bost_Open": "O", "bost_Close": "C", "bost_Paid": "P", "bost_Delivered": "D"})
CANCEL_STATUS: Final = Enum("CancelStatusEnum", {"csYes": "Y", "csNo": "N", "csCancellation": "C"})
AUTHORIZATION: Final = Enum(
    "DocumentAuthorizationStatusEnum",
    {
        "dasWithout": "-",
        "dasPending": "W",
        "dasApproved": "Y",
        "dasRejected": "N",
        "dasGenerated": "P",
        "dasGeneratedbyAuthorizer": "A",
        "dasCancelled": "C",
    },
)
PRINTED: Final = Enum("PrintStatusEnum", {"psNo": "N", "psYes": "Y", "psAmended": "A"})
OBJECT: Final = Enum(
    "BoObjectTypes",
    {
        "oPurchaseInvoices": "18",
        "oPurchaseCreditNotes": "19",
        "oPurchaseDeliveryNotes": "20",
        "oPurchaseOrders": "22",
        "oJournalEntries": "30",
        "oVendorPayments": "46",
        "oDrafts": "112",
    },
)
TAX_TYPE: Final = Enum("BoTaxTypes", {"tt_Yes": "Y", "tt_No": "N", "tt_UseTax": "U", "tt_OffsetTax": "O"})
LINE_TYPE: Final = Enum("BoDocLineType", {"dlt_Regular": "R", "dlt_Alternative": "A", "dlt_Resource": "C"})
SUMMARY: Final = Enum("BoDocSummaryTypes", {"dNoSummary": "N", "dByItems": "I", "dByDocuments": "D"})
TRANSACTION: Final = Enum(
    "TransTypesEnum",
    {
        "ttAllTransactions": "-1",
        "ttOpeningBalance": "-2",
        "ttClosingBalance": "-3",
        "ttARInvoice": "13",
        "ttARCredItnote": "14",
        "ttAPInvoice": "18",
        "ttAPCreditNote": "19",
        "ttPurchaseDeliveryNote": "20",
        "ttPurchaseReturn": "21",
        "ttReceipt": "24",
        "ttDeposit": "25",
        "ttJournalEntry": "30",
        "ttVendorPayment": "46",
    },
)
CARD_TYPE: Final = Enum("BoCardTypes", {"cCustomer": "C", "cSupplier": "S", "cLid": "L"})
VAT_STATUS: Final = Enum("BoVatStatus", {"vExempted": "N", "vLiable": "Y", "vEC": "E"})
ADDRESS_TYPE: Final = Enum("BoAddressType", {"bo_ShipTo": "S", "bo_BillTo": "B"})
COMPANY_TYPE: Final = Enum(
    "BoCardCompanyTypes", {"cCompany": "C", "cPrivate": "I", "cGovernment": "G", "cEmployee": "E"}
)
ACCOUNT_TYPE: Final = Enum("BoAccountTypes", {"at_Revenues": "I", "at_Expenses": "E", "at_Other": "N"})
DECIMALS: Final = Enum(
    "CurrenciesDecimalsEnum",
    {
        "cdDefault": "-1",
        "cdWithoutDecimals": "0",
        "cd1Digit": "1",
        "cd2Digits": "2",
        "cd3Digits": "3",
        "cd4Digits": "4",
        "cd5Digits": "5",
        "cd6Digits": "6",
    },
)
ROUNDING: Final = Enum(
    "RoundingSysEnum",
    {
        "rsNoRounding": "0",
        "rsRoundToTenHundredth": "1",
        "rsRoundToOne": "2",
        "rsRoundToTen": "3",
        "rsRoundToFiveHundredth": "4",
    },
)
PERIOD_STATUS: Final = Enum(
    "PeriodStatusEnum",
    {"ltUnlocked": "N", "ltUnlockedExceptSales": "S", "ltPeriodClosing": "C", "ltLocked": "Y"},
)
VAT_CATEGORY: Final = Enum("BoVatCategoryEnum", {"bovcInputTax": "I", "bovcOutputTax": "O"})
DATE_TEMPLATE: Final = Enum(
    "BoDateTemplate",
    {
        "dt_DDMMYY": "0",
        "dt_DDMMCCYY": "1",
        "dt_MMDDYY": "2",
        "dt_MMDDCCYY": "3",
        "dt_CCYYMMDD": "4",
        "dt_DDMonthYYYY": "5",
        "dt_YYMMDD": "6",
    },
)
PAID_OBJECT: Final = Enum(
    "BoRcptInvTypes",
    {"it_PurchaseInvoice": "18", "it_PurchaseCreditNote": "19", "it_JournalEntry": "30"},
)
PAYMENT_TYPE: Final = Enum("BoRcptTypes", {"rCustomer": "C", "rAccount": "A", "rSupplier": "S"})
