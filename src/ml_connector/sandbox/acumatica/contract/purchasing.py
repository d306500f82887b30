"""Purchase orders and subcontracts in the contract (vendors/acumatica.md §8.4, §8.5)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.contract.kinds import kind

KINDS = (
    kind(
        "PurchaseOrder",
        text=(
            "BaseCurrencyID Branch CurrencyID CurrencyRateTypeID Description Location OrderNbr Owner Project "
            "Status Terms Type VendorID VendorRef VendorTaxZone"
        ),
        amount="ControlTotal CurrencyRate CurrencyReciprocalRate LineTotal OrderTotal TaxTotal",
        flag="Hold IsTaxValid",
        time="CurrencyEffectiveDate Date LastModifiedDateTime PromisedOn",
        linked={"ShippingInstructions": "ShippingInstructions"},
        details={
            "Details": "PurchaseOrderDetail",
            "TaxDetails": "PurchaseOrderTaxDetail",
        },
    ),
    kind(
        "PurchaseOrderDetail",
        text=(
            "Account AlternateID BranchID CostCode Description InventoryID LineDescription LineType OrderNbr "
            "OrderType OrigPONbr OrigPOType Project ProjectTask ReceiptAction Subaccount Subitem TaxCategory "
            "UOM WarehouseID"
        ),
        amount=(
            "CompleteOn ExtendedCost MaxReceiptPercent MinReceiptPercent OrderQty OrderedQty QtyOnReceipts "
            "ReceivedAmount UnitCost"
        ),
        flag="CalculateDiscountsOnImport Cancelled Completed",
        time="Promised Requested",
        whole="LineNbr",
    ),
    kind(
        "ShippingInstructions",
        text="ShippingDestinationType ShippingLocation ShipTo Warehouse",
        flag="ShipToAddressOverride ShipToAddressValidated ShipToContactOverride",
        linked={"ShipToAddress": "Address", "ShipToContact": "DocContact"},
    ),
    kind(
        "DocContact",
        text="Attention BusinessName Email Phone1",
    ),
    kind(
        "PurchaseOrderTaxDetail",
        text="TaxID",
        amount="RetainedTaxableAmount RetainedTaxAmount TaxableAmount TaxAmount TaxRate",
    ),
    kind(
        "Subcontract",
        text=(
            "SubcontractNbr Status Description VendorID Location Owner CurrencyID BaseCurrencyID "
            "CurrencyRateTypeID VendorRef Branch Terms VendorTaxZone"
        ),
        amount=(
            "CurrencyRate CurrencyReciprocalRate LineTotal DiscountTotal RetainageTotal SubcontractTotal "
            "TaxTotal ControlTotal RetainagePct"
        ),
        flag="ApplyRetainage DoNotEmail DoNotPrint Emailed Printed",
        time="Date StartDate CurrencyEffectiveDate LastModifiedDateTime",
        linked={
            "VendorAddressInfo": "SubcontractVendorAddressInfo",
            "VendorContactInfo": "SubcontractVendorContactInfo",
        },
        details={"Details": "SubcontractDetail", "TaxDetails": "SubcontractTaxDetail"},
        actions="ReleaseFromHold PutOnHold",
        usable_from=23,
        always="SubcontractNbr Status",
    ),
    kind(
        "SubcontractDetail",
        text=(
            "Account AlternateID BranchID CostCode Description DiscountCode DiscountSequence InventoryID "
            "LineDescription OrderNbr OrderType Project Task Subaccount TaxCategory UOM"
        ),
        amount=(
            "Amount DiscountAmount DiscountPct ExtendedCost OrderQty PrepaidAmount PrepaidQty RetainageAmount "
            "RetainagePct UnitCost"
        ),
        flag="Canceled Closed Completed ManualCost ManualDiscount",
        time="Requested StartDate",
        whole="LineNbr",
    ),
    kind(
        "SubcontractTaxDetail",
        text="TaxID TaxType",
        amount="RetainedTax RetainedTaxable TaxableAmount TaxAmount TaxRate",
    ),
    kind(
        "SubcontractVendorAddressInfo",
        text="AddressLine1 AddressLine2 City Country PostalCode State",
        flag="VendorAddressOverride",
    ),
    kind(
        "SubcontractVendorContactInfo",
        text="AccountName Email JobTitle Phone",
        flag="VendorContactOverride",
    ),
)
