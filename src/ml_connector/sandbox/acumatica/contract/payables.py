"""Vendors, bills and payments in the contract (field names: vendors/acumatica.md §8.1-8.3)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.contract.kinds import kind

KINDS = (
    kind(
        "Vendor",
        text=(
            "AccountRef APAccount APSubaccount CashAccount CurrencyID CurrencyRateType F1099Box FOBPoint "
            "LegalName LocationName ParentAccount PaymentBy PaymentMethod ReceiptAction ReceivingBranch "
            "ShippingTerms ShipVia Status TaxCalculationMode TaxRegistrationID TaxZone Terms VendorClass "
            "VendorID VendorName Warehouse"
        ),
        amount="MaxReceipt MinReceipt ThresholdReceipt",
        flag=(
            "EnableCurrencyOverride EnableRateOverride F1099Vendor FATCA ForeignEntity LandedCostVendor "
            "PaySeparately PrintOrders RemittanceAddressOverride RemittanceContactOverride SendOrdersbyEmail "
            "ShippingContactOverride ShippingAddressOverride VendorIsLaborUnion VendorIsTaxAgency"
        ),
        time="CreatedDateTime LastModifiedDateTime",
        short="LeadTimedays PaymentLeadTimedays",
        linked={
            "MainContact": "Contact",
            "PrimaryContact": "Contact",
            "RemittanceContact": "Contact",
            "ShippingContact": "Contact",
        },
        details={
            "Attributes": "AttributeValue",
            "Contacts": "CustomerContact",
            "PaymentInstructions": "BusinessAccountPaymentInstructionDetail",
        },
        actions="CreateContactFromVendor",
        since={"CreateContactFromVendor": 23},
    ),
    kind(
        "AttributeValue",
        text="AttributeID AttributeDescription Value ValueDescription",
        flag="IsActive Required",
        guid="RefNoteID",
    ),
    kind(
        "CustomerContact",
        time="LastModifiedDateTime",
        whole="ContactID",
        linked={"Contact": "Contact"},
    ),
    kind(
        "Contact",
        text=(
            "Attention BusinessAccount CompanyName ContactClass ContactMethod ConvertedBy DisplayName "
            "Duplicate Email Fax FaxType FirstName Gender Image JobTitle LanguageOrLocale LastName "
            "MaritalStatus MiddleName Owner OwnerEmployeeName ParentAccount Phone1 Phone1Type Phone2 "
            "Phone2Type Phone3 Phone3Type Reason Source SourceCampaign SpouseOrPartnerName Status Title Type "
            "WebSite Workgroup WorkgroupDescription FullName ExtRefNbr"
        ),
        flag=(
            "Active OverrideAccountAddress AddressValidated DoNotCall DoNotEmail DoNotFax DoNotMail "
            "DuplicateFound NoMarketing NoMassMail Synchronize"
        ),
        time="DateOfBirth LastIncomingActivity LastModifiedDateTime LastOutgoingActivity QualificationDate",
        whole="ContactID",
        guid="NoteID",
        linked={"Address": "Address", "UserInfo": "ContactUserInfo"},
        details={
            "Activities": "ActivityDetail",
            "Attributes": "AttributeValue",
            "Campaigns": "CampaignDetail",
            "Cases": "CaseDetail",
            "Duplicates": "ContactDuplicateDetail",
            "MarketingLists": "MarketingListDetail",
            "Notifications": "ContactNotification",
            "Opportunities": "OpportunityDetail",
            "Relations": "RelationDetail",
            "RoleAssignments": "BCRoleAssignment",
        },
        since={"ExtRefNbr": 24},
    ),
    kind(
        "ActivityDetail",
        text=(
            "Overtime BillableOvertime BillableTime Category CostCode CreatedByID Owner Project ProjectTask "
            "Status Summary TimeSpent Type WorkgroupID"
        ),
        flag="Billable Released",
        time="CreatedDateTime LastModifiedDateTime StartDate",
        guid="NoteID RefNoteID",
    ),
    kind(
        "Address",
        text="AddressLine1 AddressLine2 BuildingName BuildingNumber City Country PostalCode State StreetName",
        flag="Validated",
        since={"BuildingName": 25, "BuildingNumber": 25, "StreetName": 25},
    ),
    kind(
        "CampaignDetail",
        text="CampaignID CampaignName Stage",
        whole="ContactID",
    ),
    kind(
        "CaseDetail",
        text="CaseID ClassID Estimation InitialResponse Owner Reason Severity Status Subject Workgroup",
        time="ClosingDate DateReported",
    ),
    kind(
        "ContactDuplicateDetail",
        text="BusinessAccount BusinessAccountName BusinessAccountType DisplayName Duplicate Email Type",
        time="LastModifiedDate",
    ),
    kind(
        "MarketingListDetail",
        text="Format ListName",
        flag="DynamicList Subscribed",
        whole="ContactID MarketingListID",
    ),
    kind(
        "ContactNotification",
        text="ClassID Description Format MailingID Module Report Source",
        flag="Active Bcc",
        whole="NotificationID",
    ),
    kind(
        "OpportunityDetail",
        text="Currency DisplayName Owner Stage Status Subject Workgroup",
        amount="Total",
        time="Estimation",
        whole="Probability",
    ),
    kind(
        "RelationDetail",
        text="Account ContactDisplayName DocumentTargetNoteIDDescription Email Name Role Type",
        flag="AddToCc Primary",
        time="DocumentDate",
        whole="ContactID RelationID",
        guid="Document",
    ),
    kind(
        "BCRoleAssignment",
        text="LocationCD Role",
        time="CreatedDateTime LastModifiedDateTime",
        whole="RoleAssignmentID BAccountID ContactID",
    ),
    kind(
        "ContactUserInfo",
        text="Login Password Status UserType",
        flag="GeneratePassword",
        details={"Roles": "ContactRoles"},
    ),
    kind(
        "ContactRoles",
        text="RoleDescription RoleName",
        flag="Selected",
        whole="UserType",
    ),
    kind(
        "BusinessAccountPaymentInstructionDetail",
        text="Description PaymentInstructionsID PaymentMethod Value",
        whole="LocationID",
    ),
    kind(
        "VendorClass",
        text="ClassID Description",
        time="CreatedDateTime LastModifiedDateTime",
        details={"Attributes": "BusinessAccountClassAttributeDetail"},
    ),
    kind(
        "BusinessAccountClassAttributeDetail",
        text="AttributeID DefaultValue Description",
        flag="Active Required",
        short="SortOrder",
    ),
    kind(
        "Bill",
        text=(
            "BranchID CashAccount CurrencyID Description LocationID PostPeriod Project ReferenceNbr Status "
            "Terms Type Vendor VendorRef"
        ),
        amount="Amount Balance TaxTotal",
        flag="ApprovedForPayment Hold IsTaxValid",
        time="Date DueDate LastModifiedDateTime",
        details={
            "Applications": "BillApplicationDetail",
            "Details": "BillDetail",
            "RetainageDocuments": "BillRetainageDocument",
            "TaxDetails": "BillTaxDetail",
        },
        actions="ReleaseBill ReleaseRetainage ReverseBill",
        since={"IsTaxValid": 23, "ReleaseRetainage": 23, "RetainageDocuments": 25},
    ),
    kind(
        "BillRetainageDocument",
        text="DocType ReferenceNbr Status",
        amount="Amount Balance",
        time="Date",
    ),
    kind(
        "BillApplicationDetail",
        text="DocType ReferenceNbr Status",
        amount="AmountPaid Balance",
    ),
    kind(
        "BillDetail",
        text=(
            "Account Branch CostCode Description InventoryID LCNbr LCType POOrderNbr POOrderType "
            "POReceiptType POReceiptNbr Project ProjectTask Subaccount TaxCategory TransactionDescription UOM"
        ),
        amount="Amount ExtendedCost Qty UnitCost",
        flag="CalculateDiscountsOnImport NonBillable",
        whole="LCLineNbr POLine POReceiptLine",
        since={"LCType": 24, "LCNbr": 24, "LCLineNbr": 24},
    ),
    kind(
        "BillTaxDetail",
        text="TaxID",
        amount="TaxableAmount TaxAmount TaxRate",
    ),
    kind(
        "Check",
        text="CashAccount CurrencyID Description PaymentMethod PaymentRef ReferenceNbr Status Type Vendor",
        amount="PaymentAmount UnappliedBalance",
        flag="Hold",
        time="ApplicationDate LastModifiedDateTime",
        details={"Details": "CheckDetail", "History": "CheckHistoryDetail"},
        actions="ReleaseCheck VoidCheck",
    ),
    kind(
        "CheckDetail",
        text="DocType ReferenceNbr",
        amount="AmountPaid Balance CashDiscountBalance",
        whole="DocLineNbr",
    ),
    kind(
        "CheckHistoryDetail",
        text="DocType ReferenceNbr VendorRef",
        amount="AmountPaid Balance CashDiscountBalance CashDiscountTaken",
    ),
)
