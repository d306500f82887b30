"""Which rules an entity has."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.acumatica import ledger
from ml_connector.sandbox.acumatica.contract import FORMS
from ml_connector.sandbox.acumatica.entities import budgets, change_orders, masters, order_entry, projects, vendors
from ml_connector.sandbox.acumatica.payables import checks
from ml_connector.sandbox.acumatica.payables import rules as payables
from ml_connector.sandbox.acumatica.rules import Rules

_OWN: Final = {
    "Vendor": vendors.VENDOR,
    "Bill": payables.BILL,
    "Check": checks.CHECK,
    "PurchaseOrder": order_entry.PURCHASE_ORDER,
    "Subcontract": order_entry.SUBCONTRACT,
    "ChangeOrder": change_orders.CHANGE_ORDER,
    "Account": masters.ACCOUNT,
    "Subaccount": masters.SUBACCOUNT,
    "AccountGroup": masters.ACCOUNT_GROUP,
    "CostCode": masters.COST_CODE,
    "TaxCategory": masters.ACTIVE_LIST,
    "Currency": masters.ACTIVE_LIST,
    "Project": projects.PROJECT,
    "ProjectTask": projects.PROJECT_TASK,
    "ProjectBudget": budgets.PROJECT_BUDGET,
    "ExternalCommitment": budgets.EXTERNAL_COMMITMENT,
    "VendorClass": vendors.VENDOR_CLASS,
    "JournalTransaction": ledger.JOURNAL,
}
RULES: Final[dict[str, Rules]] = {kind: _OWN.get(kind, masters.PLAIN) for kind in FORMS}
