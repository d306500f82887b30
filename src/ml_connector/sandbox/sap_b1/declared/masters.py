"""Business partners and the company's smaller lists (vendors/sap_b1.md §5.6, §5.9)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.sap_b1.declared import enums
from ml_connector.sandbox.sap_b1.declared.properties import (
    choice,
    days,
    flags,
    numbers,
    several,
    text,
    texts,
    times,
    whole,
)
from ml_connector.sandbox.sap_b1.edm import EntityType

ADDRESS: Final = EntityType(
    "BPAddress",
    (
        text("AddressName", 50),
        *texts("AddressName2 AddressName3", 50),
        text("TypeOfAddress", 100),
        *texts("Street Block City County StreetNo BuildingFloorRoom", 100),
        text("ZipCode", 20),
        *texts("Country State", 3),
        text("FederalTaxID", 32),
        text("TaxCode", 8),
        choice("AddressType", enums.ADDRESS_TYPE),
        text("BPCode", 15),
        *whole("RowNum"),
    ),
    keys=("RowNum",),
)
CONTACT: Final = EntityType(
    "ContactEmployee",
    (
        text("CardCode", 15),
        text("Name", 50),
        *texts("FirstName MiddleName LastName", 50),
        *texts("Title Position Profession", 90),
        text("Address", 100),
        *texts("Phone1 Phone2 Fax", 20),
        *texts("MobilePhone", 50),
        text("E_Mail", 100),
        *texts("Remarks1 Remarks2", 100),
        *whole("InternalCode"),
        *flags("Active"),
    ),
    keys=("InternalCode",),
)
PARTNER: Final = EntityType(
    "BusinessPartner",
    (
        text("CardCode", 15),
        text("CardName", 100),
        text("CardForeignName", 100),
        choice("CardType", enums.CARD_TYPE),
        *whole("GroupCode"),
        *texts("Address MailAddress Street Block City County MailCity", 100),
        *texts("ZipCode MailZipCode", 20),
        *texts("Country MailCountry BillToState ShipToState", 3),
        *texts("Phone1 Phone2 Fax", 20),
        text("Cellular", 50),
        text("EmailAddress", 100),
        text("Website", 100),
        text("ContactPerson", 90),
        text("Notes", 100),
        text("FreeText"),
        text("AliasName"),
        text("Currency", 3),
        text("FederalTaxID", 32),
        *texts("AdditionalID UnifiedFederalTaxID VatIDNum", 64),
        *whole("PayTermsGrpCode PriceListNum SalesPersonCode LanguageCode Industry Territory ShippingType Series"),
        *numbers("CreditLimit MaxCommitment DiscountPercent"),
        *numbers("CurrentAccountBalance OpenDeliveryNotesBalance OpenOrdersBalance", read_only=True),
        text("VatGroup", 8),
        choice("VatLiable", enums.VAT_STATUS),
        text("DebitorAccount", 15),
        text("ProjectCode", 20),
        choice("CompanyPrivate", enums.COMPANY_TYPE),
        *flags("Valid Frozen PaymentBlock SinglePayment BlockDunning BackOrder PartialDelivery DeferredTax"),
        *whole("PaymentBlockDescription"),
        *days("ValidFrom ValidTo FrozenFrom FrozenTo"),
        *texts("ValidRemarks FrozenRemarks", 30),
        *texts("BilltoDefault ShipToDefault", 50),
        *whole("AttachmentEntry"),
        *days("CreateDate UpdateDate", read_only=True),
        *times("CreateTime UpdateTime"),
        *whole("DataVersion", read_only=True),
        several("BPAddresses", ADDRESS),
        several("ContactEmployees", CONTACT),
    ),
    keys=("CardCode",),
    etag=True,
    user_table="OCRD",
)
ITEM: Final = EntityType(
    "Item",
    (
        text("ItemCode", 50),
        text("ItemName", 200),
        *flags("PurchaseItem SalesItem InventoryItem Valid Frozen"),
        text("ExpenseAccount", 15),
        *whole("ItemsGroupCode"),
        *days("CreateDate UpdateDate", read_only=True),
        *times("CreateTime UpdateTime"),
        *whole("DataVersion", read_only=True),
    ),
    keys=("ItemCode",),
    etag=True,
)
CURRENCY: Final = EntityType(
    "Currency",
    (
        text("Code", 3),
        text("Name", 20),
        text("DocumentsCode", 3),
        *texts("InternationalDescription HundredthName EnglishName EnglishHundredthName", 20),
        choice("Decimals", enums.DECIMALS),
        choice("Rounding", enums.ROUNDING),
        *flags("RoundingInPayment"),
        *numbers("MaxIncomingAmtDiff MaxOutgoingAmtDiff MaxIncomingAmtDiffPercent MaxOutgoingAmtDiffPercent"),
    ),
    keys=("Code",),
)
VAT_GROUP_LINE: Final = EntityType(
    "VatGroups_Line", (*days("Effectivefrom"), *numbers("Rate EqualizationTax"), *whole("DatevCode"))
)
VAT_GROUP: Final = EntityType(
    "VatGroup",
    (
        text("Code", 8),
        text("Name", 50),
        choice("Category", enums.VAT_CATEGORY),
        text("TaxAccount", 15),
        *flags("EU Inactive"),
        several("VatGroups_Lines", VAT_GROUP_LINE),
    ),
    keys=("Code",),
)
TAX_CODE_LINE: Final = EntityType(
    "SalesTaxCodes_Line", (text("STCCode"), *whole("STAType RowNumber"), text("STACode"), *numbers("EffectiveRate"))
)
TAX_CODE: Final = EntityType(
    "SalesTaxCode",
    (
        text("Code", 8),
        text("Name", 100),
        *numbers("Rate"),
        *flags("ValidForAR ValidForAP Freight IsItemLevel Inactive FADebit"),
        *whole("UserSignature"),
        several("SalesTaxCodes_Lines", TAX_CODE_LINE),
    ),
    keys=("Code",),
)
BUSINESS_PLACE: Final = EntityType(
    "BusinessPlace",
    (
        *whole("BPLID", read_only=True),
        *texts("BPLName BPLNameForeign", 100),
        *texts("VATRegNum FederalTaxID", 32),
        *flags("MainBPL Disabled"),
        *texts("Address Addressforeign", 254),
        text("DefaultTaxCode", 8),
        *texts("DefaultVendorID DefaultCustomerID", 15),
        *texts("Street City", 100),
        *texts("State Country", 3),
        text("ZipCode", 20),
    ),
    keys=("BPLID",),
)
ATTACHMENT_LINE: Final = EntityType(
    "Attachments2_Line",
    (
        *whole("AbsoluteEntry", read_only=True),
        *whole("LineNum"),
        *texts("SourcePath FileName FileExtension FreeText TargetPath"),
        *days("AttachmentDate", read_only=True),
        *whole("UserID", read_only=True),
        *flags("Override"),
    ),
    keys=("LineNum",),
)
ATTACHMENT: Final = EntityType(
    "Attachments2",
    (*whole("AbsoluteEntry", read_only=True), several("Attachments2_Lines", ATTACHMENT_LINE)),
    keys=("AbsoluteEntry",),
)
