"""Projects, budgets, cost codes and change orders in the contract (vendors/acumatica.md §8.6, §8.7)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.contract.kinds import kind

KINDS = (
    kind(
        "Project",
        text="Customer Description ExternalRefNbr ProjectID ProjectTemplateID Status",
        amount="Assets Expenses Income Liabilities",
        flag="Hold",
        time="LastModifiedDateTime",
        linked={
            "BillingAndAllocationSettings": "ProjectBillingAndAllocationSettings",
            "BillToSettings": "BillToSettings",
            "GLAccounts": "ProjectGLAccount",
            "ProjectProperties": "ProjectProperties",
            "VisibilitySettings": "VisibilitySettings",
            "Retainage": "ProjectRetainage",
            "ProjectAddress": "ProjectAddress",
        },
        details={
            "ActivityHistory": "ProjectActivity",
            "ApprovalDetails": "Approval",
            "Attributes": "AttributeValue",
            "Balances": "ProjectBalance",
            "Employees": "ProjectEmployee",
            "Equipments": "ProjectEquipment",
            "Invoices": "ProjectProFormaDetails",
            "UnionLocals": "ProjectUnionLocal",
        },
        actions=(
            "RunProjectAllocation ValidateProjectBalance RunProjectBilling ApproveProject RejectProject "
            "LockProjectBudget UnlockProjectBudget LockProjectCommitments UnlockProjectCommitments "
            "ChangeProjectID ActivateProject HoldProject CompleteProject SuspendProject CancelProject"
        ),
        since={"Retainage": 23, "ProjectAddress": 23},
    ),
    kind(
        "ProjectActivity",
        text="BillableOvertime BillableTime Category Overtime Owner Status Summary TimeSpent Type Workgroup",
        flag="Billable",
        time="StartDate",
    ),
    kind(
        "Approval",
        text="ApprovedBy ApprovedByName Approver ApproverName Status Workgroup",
        time="Date",
    ),
    kind(
        "ProjectBalance",
        text="AccountGroup Description",
        amount=(
            "ActualAmount ActualOpenCommittedAmount BudgetedCOAmount CommittedCOAmount "
            "CommittedInvoicedAmount CommittedOpenAmount OriginalBudgetedAmount OriginalCommittedAmount "
            "Performance RevisedBudgetedAmount RevisedCommittedAmount VarianceAmount"
        ),
    ),
    kind(
        "ProjectBillingAndAllocationSettings",
        text="AllocationRule BillingPeriod BillingRule Branch RateTable Terms BillingCurrency",
        flag=(
            "AutomaticallyReleaseARDocuments CreateProFormaOnBilling "
            "RunAllocationOnReleaseOfProjectTransactions UseTMRevenueBudgetLimits"
        ),
        time="LastBillingDate NextBillingDate",
    ),
    kind(
        "BillToSettings",
        text="CustomerLocation",
        flag="BillToAddressOverride BillToContactOverride",
        linked={"BillToAddress": "Address", "BillToContact": "DocContact"},
    ),
    kind(
        "ProjectEmployee",
        text="Department EmployeeID EmployeeName",
    ),
    kind(
        "ProjectEquipment",
        text="Description EquipmentID RunRateItem SetupRateItem SuspendRateItem",
        amount="RunRate SetupRate SuspendRate",
        flag="Active",
    ),
    kind(
        "ProjectGLAccount",
        text=(
            "AccrualAccount AccrualSubaccount DefaultAccount DefaultSubaccount DefaultCostAccount DefaultCostSubaccount"
        ),
        details={"DefaultTaskForGLAccounts": "DefaultTaskForGLAccount"},
    ),
    kind(
        "DefaultTaskForGLAccount",
        text="Account DefaultTask",
    ),
    kind(
        "ProjectProFormaDetails",
        text=(
            "ARDocDescription ARDocStatus ARDocType ARReferenceNbr Description OriginalRefNbr "
            "ProFormaReferenceNbr Status"
        ),
        amount=(
            "ARDocOriginalAmount InvoiceTotal OpenARBalance OriginalRetainage PaidRetainage TotalAmount "
            "UnpaidRetainage UnreleasedRetainage"
        ),
        flag="RetainageInvoice",
        time="ARDocDate ProFormaDate",
        whole="BillingNbr",
    ),
    kind(
        "ProjectProperties",
        text=(
            "LastRevenueChangeNbr ProjectManager RevenueBudgetLevel CostBudgetLevel TimeActivityApprover "
            "ProjectCurrency RateType InventoryTrackingMode CostTaxZone RevenueTaxZone"
        ),
        flag="CertifiedJob ChangeOrderWorkflow RestrictEmployees RestrictEquipment TrackProductionData",
        time="EndDate StartDate",
    ),
    kind(
        "ProjectUnionLocal",
        text="Description UnionLocalID",
    ),
    kind(
        "VisibilitySettings",
        flag="AP AR CA CRM Expenses GL IN PO SO TimeEntries",
    ),
    kind(
        "ProjectRetainage",
        text="RetainageMode",
        amount="CapPct CapAmount RetainagePct RetainTotal ContractTotal CompletedPct",
        flag="IncludeCO UseSteps",
    ),
    kind(
        "ProjectAddress",
        text="AddressLine1 City Country State PostalCode",
        amount="Latitude Longitude",
    ),
    kind(
        "ProjectTask",
        text="Description ExternalRefNbr ProjectID ProjectTaskID Status",
        flag="Default",
        time="LastModifiedDateTime",
        linked={
            "BillingAndAllocationSettings": "ProjectTaskBillingAndAllocationSettings",
            "CRMLink": "ProjectTaskToCRMLink",
            "DefaultValues": "ProjectTaskDefaultValues",
            "Properties": "ProjectTaskProperties",
            "VisibilitySettings": "VisibilitySettings",
        },
        details={"ActivityHistory": "ProjectActivity", "Attributes": "AttributeValue"},
        actions="ActivateProjectTask CompleteProjectTask CancelProjectTask HoldProjectTask",
    ),
    kind(
        "ProjectTaskBillingAndAllocationSettings",
        text="AllocationRule BillingOption BillingRule Branch Customer Location RateTable WIPAccountGroup",
        flag="BillSeparately",
    ),
    kind(
        "ProjectTaskToCRMLink",
        text="AccountedCampaign",
    ),
    kind(
        "ProjectTaskDefaultValues",
        text=(
            "AccrualAccount AccrualSubaccount DefaultAccount DefaultSubaccount DefaultCostAccount "
            "DefaultCostSubaccount TaxCategory"
        ),
    ),
    kind(
        "ProjectTaskProperties",
        text="Approver CompletionMethod",
        amount="Completed",
        time="EndDate PlannedEndDate PlannedStartDate StartDate",
    ),
    kind(
        "ProjectBudget",
        text="AccountGroup CostCode Description InventoryID ProjectID ProjectTaskID TaxCategory Type UOM",
        amount=(
            "ActualAmount ActualPlusOpenCommittedAmount ActualQty BudgetedCOAmount BudgetedCOQty "
            "CommittedCOAmount CommittedCOQty CommittedInvoicedAmount CommittedInvoicedQty "
            "CommittedOpenAmount CommittedOpenQty CommittedReceivedQty Completed CostAtCompletion "
            "CostToComplete DraftInvoicesAmount LastCostAtCompletion LastCostToComplete "
            "LastPercentageOfCompletion OriginalBudgetedAmount OriginalBudgetedQty OriginalCommittedAmount "
            "OriginalCommittedQty PendingInvoiceAmount PercentageOfCompletion Performance Retainage "
            "RevisedBudgetedAmount RevisedBudgetedQty RevisedCommittedAmount RevisedCommittedQty UnitRate "
            "VarianceAmount"
        ),
        flag="AutoCompleted",
        time="LastModifiedDateTime",
        whole="RevenueTask",
    ),
    kind(
        "CostCode",
        text="CostCodeID Description",
        time="LastModifiedDateTime",
        actions="ChangeCostCodeID",
    ),
    kind(
        "AccountGroup",
        text="AccountGroupID DefaultAccountID Description Type",
        flag="Active Expense",
        time="LastModifiedDateTime",
        short="SortOrder",
        details={"Attributes": "AttributeValue"},
    ),
    kind(
        "ChangeOrder",
        text=(
            "Class Customer Description DetailedDescription ExternalRefNbr OriginalCORefNbr ProjectID RefNbr "
            "RevenueChangeNbr ReverseStatus Status"
        ),
        amount=("CommitmentsChangeTotal CostBudgetChangeTotal GrossMargin GrossMarginAmount RevenueBudgetChangeTotal"),
        flag="Hold",
        time="ChangeDate CompletionDate LastModifiedDateTime",
        whole="ContractTimeChangeDays",
        details={
            "ApprovalDetails": "Approval",
            "Attributes": "AttributeValue",
            "Commitments": "ChangeOrderCommitment",
            "CostBudget": "ChangeOrderCostBudget",
            "RevenueBudget": "ChangeOrderRevenueBudget",
        },
        actions=(
            "ReleaseChangeOrder ApproveChangeOrder RejectChangeOrder EmailChangeOrder ReverseChangeOrder "
            "HoldChangeOrder RemoveChangeOrderFromHold"
        ),
    ),
    kind(
        "ChangeOrderCommitment",
        text=(
            "Account CostCode CurrencyID Description InventoryID LineDescription PONbr ProjectTaskID Status "
            "UOM Vendor POType"
        ),
        amount=(
            "Amount AmountinBaseCurrency LineAmount OpenQty OrderQty PotentiallyRevisedAmount "
            "PotentiallyRevisedQty Qty UnitCost"
        ),
        time="OrderDate",
        whole="POLineNbr",
    ),
    kind(
        "ChangeOrderCostBudget",
        text="AccountGroup CostCode Description InventoryID ProjectTaskID UOM",
        amount=(
            "ActualAmount ActualQty Amount CommittedCOAmount CommittedCOQty CommittedInvoicedAmount "
            "CommittedInvoicedQty CommittedOpenAmount CommittedOpenQty CommittedReceivedQty "
            "CurrentCommittedCOAmount CurrentCommittedCOQty OriginalBudgetedAmount OriginalBudgetedQty "
            "OtherDraftCOAmount PreviouslyApprovedCOAmount PreviouslyApprovedCOQty Qty RevisedBudgetedAmount "
            "RevisedBudgetedQty RevisedCommittedAmount RevisedCommittedQty TotalPotentiallyRevisedAmount "
            "UnitRate"
        ),
    ),
    kind(
        "ChangeOrderRevenueBudget",
        text="AccountGroup CostCode Description InventoryID ProjectTaskID UOM",
        amount=(
            "Amount OtherDraftCOAmount PreviouslyApprovedCOAmount PreviouslyApprovedCOQty Qty "
            "RevisedBudgetedAmount RevisedBudgetedQty TotalPotentiallyRevisedAmount UnitRate"
        ),
    ),
    kind(
        "ExternalCommitment",
        text=("AccountGroup CostCode ExternalRefNbr InventoryID ProjectID ProjectTaskID RelatedDocument Type UOM"),
        amount=(
            "CommittedCOAmount CommittedCOQty CommittedInvoicedAmount CommittedInvoicedQty "
            "CommittedOpenAmount CommittedOpenQty CommittedReceivedQty OriginalCommittedAmount "
            "OriginalCommittedQty RevisedCommittedAmount RevisedCommittedQty"
        ),
        time="LastModifiedDateTime",
    ),
)
