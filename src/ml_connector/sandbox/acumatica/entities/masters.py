"""Accounts, subaccounts, cost codes and the other lists that documents are coded with (vendors/acumatica.md §8.7)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find, not_allowed
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Rules, Save

_ACCOUNT_TYPES = ("Asset", "Liability", "Income", "Expense")


def _account(save: Save) -> None:
    draft = save.draft
    if draft.text("Type") not in _ACCOUNT_TYPES:
        draft.errors["Type"] = not_allowed(draft["Type"]) if draft["Type"] else cannot_be_empty("Type")
    group = draft.text("AccountGroup")
    if group and save.desk.find("AccountGroup", group) is None:
        draft.errors["AccountGroup"] = cannot_find("Account Group")
    if save.is_new:
        draft["AccountID"] = int(save.desk.store.next_number("AccountID"))
        draft.values.setdefault("Active", True)
        draft.values.setdefault("PostOption", "Detail")
        draft.values.setdefault("CashAccount", False)
        draft.values.setdefault("Secured", False)
        draft.values.setdefault("RequireUnits", False)
        draft.values.setdefault("UseDefaultSubaccount", False)


def _account_used(desk: Desk, row: Row) -> None:
    code = row.text("AccountCD")
    for batch in desk.store["JournalTransaction"]:
        if any(line.text("Account") == code for line in batch.lines()):
            raise business("The account cannot be deleted because transactions are posted to it.")


def _subaccount(save: Save) -> None:
    if save.is_new:
        save.draft["SubaccountID"] = int(save.desk.store.next_number("SubaccountID"))
        save.draft.values.setdefault("Active", True)
        save.draft.values.setdefault("Secured", False)


def _cost_code_used(desk: Desk, row: Row) -> None:
    code = row.text("CostCodeID")
    if any(line.text("CostCode") == code for line in desk.store["ProjectBudget"]):
        raise business("The cost code cannot be deleted because it is used in a project budget.")


def change_cost_code(desk: Desk, row: Row, parameters: Parameters) -> None:
    """ChangeCostCodeID: a new code; what is coded with the old one follows."""
    code = str(parameters.get("CostCodeID") or "").strip()
    if not code:
        raise business(cannot_be_empty("Cost Code"))
    if desk.find("CostCode", code) is not None:
        raise business(f"Cost code '{code}' exists already.")
    old = row.text("CostCodeID")
    desk.store.rename(row, "CostCodeID", code)
    desk.store.recode({"CostCode"}, old, code)


def _active(save: Save) -> None:
    if save.is_new:
        save.draft.values.setdefault("Active", True)


def _account_group(save: Save) -> None:
    _active(save)
    account = save.draft.text("DefaultAccountID")
    if account and save.desk.find("Account", account) is None:
        save.draft.errors["DefaultAccountID"] = cannot_find("Account")


ACCOUNT = Rules(read_only=frozenset({"AccountID"}), prepare=_account, erase=_account_used)
SUBACCOUNT = Rules(read_only=frozenset({"SubaccountID"}), prepare=_subaccount)
COST_CODE = Rules(erase=_cost_code_used, actions={"ChangeCostCodeID": Action(change_cost_code, {"CostCodeID": "text"})})
ACCOUNT_GROUP = Rules(line_keys={"Attributes": "AttributeID"}, prepare=_account_group)
ACTIVE_LIST = Rules(prepare=_active)
PLAIN = Rules()
