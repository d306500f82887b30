"""The top-level entities: their screens, key fields in path order, and what links and messages call them."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.contract.kinds import Form


def _form(screen: str, keys: str, graph: str, view: str, record: str) -> Form:
    return Form(screen=screen, keys=tuple(keys.split()), graph=graph, view=view, record=record)


FORMS = {
    "Vendor": _form("AP303000", "VendorID", "PX.Objects.AP.VendorMaint", "BAccount", "Vendor"),
    "VendorClass": _form("AP201000", "ClassID", "PX.Objects.AP.VendorClassMaint", "VendorClassRecord", "Vendor Class"),
    "Bill": _form("AP301000", "Type ReferenceNbr", "PX.Objects.AP.APInvoiceEntry", "Document", "AP Document"),
    "Check": _form("AP302000", "Type ReferenceNbr", "PX.Objects.AP.APPaymentEntry", "Document", "AP Payment"),
    "PurchaseOrder": _form("PO301000", "Type OrderNbr", "PX.Objects.PO.POOrderEntry", "Document", "Purchase Order"),
    "Subcontract": _form("SC301000", "SubcontractNbr", "PX.Objects.CN.SubcontractEntry", "Document", "Subcontract"),
    "Account": _form("GL202500", "AccountCD", "PX.Objects.GL.AccountMaint", "AccountRecords", "Account"),
    "Subaccount": _form("GL203000", "SubaccountCD", "PX.Objects.GL.SubAccountMaint", "SubRecords", "Subaccount"),
    "Ledger": _form("GL201500", "LedgerID", "PX.Objects.GL.GeneralLedgerMaint", "LedgerRecords", "Ledger"),
    "JournalTransaction": _form("GL301000", "Module BatchNbr", "PX.Objects.GL.JournalEntry", "BatchModule", "Batch"),
    "FinancialPeriod": _form(
        "GL201000", "FinancialYear", "PX.Objects.GL.FiscalPeriodMaint", "FiscalYear", "Financial Year"
    ),
    "Currency": _form("CM202000", "CurrencyID", "PX.Objects.CM.CurrencyMaint", "CuryListRecords", "Currency"),
    "TaxCategory": _form("TX205500", "TaxCategoryID", "PX.Objects.TX.TaxCategoryMaint", "TxCategory", "Tax Category"),
    "Project": _form("PM301000", "ProjectID", "PX.Objects.PM.ProjectEntry", "Project", "Project"),
    "ProjectTask": _form(
        "PM302000", "ProjectID ProjectTaskID", "PX.Objects.PM.ProjectTaskEntry", "Task", "Project Task"
    ),
    "ProjectBudget": _form(
        "PM309000",
        "ProjectID ProjectTaskID CostCode AccountGroup InventoryID",
        "PX.Objects.PM.ProjectBalanceMaint",
        "Items",
        "Project Budget",
    ),
    "CostCode": _form("PM209500", "CostCodeID", "PX.Objects.PM.CostCodeMaint", "Items", "Cost Code"),
    "AccountGroup": _form(
        "PM201000", "AccountGroupID", "PX.Objects.PM.AccountGroupMaint", "AccountGroup", "Account Group"
    ),
    "ChangeOrder": _form("PM308000", "RefNbr", "PX.Objects.PM.ChangeOrderEntry", "Document", "Change Order"),
    "ExternalCommitment": _form(
        "PM209000", "ExternalRefNbr", "PX.Objects.PM.ExternalCommitmentEntry", "Commitments", "Commitment"
    ),
}
