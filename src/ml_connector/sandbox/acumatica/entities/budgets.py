"""Project budgets and external commitments as entities (vendors/acumatica.md §8.6, §8.7)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica import budget
from ml_connector.sandbox.acumatica.budget import Movement
from ml_connector.sandbox.acumatica.coding import Coding
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Rules, Save

_SET_BY_CALLERS = frozenset({"OriginalBudgetedAmount", "OriginalBudgetedQty", "RevisedBudgetedQty", "UnitRate"})
_PLACE = (
    ("ProjectID", "Project", "Project"),
    ("CostCode", "CostCode", "Cost Code"),
    ("AccountGroup", "AccountGroup", "Account Group"),
)


def _check_place(desk: Desk, draft: Row) -> None:
    for field, kind, label in _PLACE:
        if not draft.text(field):
            draft.errors[field] = cannot_be_empty(label)
        elif (row := desk.find(kind, draft.text(field))) is None:
            draft.errors[field] = cannot_find(label)
        else:
            draft[field] = row[f"{field.removesuffix('ID')}ID"]
    if desk.find("ProjectTask", draft.text("ProjectID"), draft.text("ProjectTaskID")) is None:
        draft.errors["ProjectTaskID"] = cannot_find("Project Task")
    draft["InventoryID"] = draft.text("InventoryID") or budget.ANY_ITEM


def _cell(save: Save) -> None:
    draft = save.draft
    if not save.is_new:
        _allow_change(save)
    _check_place(save.desk, draft)
    group = save.desk.find("AccountGroup", draft.text("AccountGroup"))
    if not draft.text("Type"):
        draft["Type"] = "Income" if group is not None and group.text("Type") == "Income" else "Expense"
    for name in (*budget.AMOUNTS, *budget.QUANTITIES):
        draft.values.setdefault(name, budget.ZERO)
    budget.derive(draft)


def _allow_change(save: Save) -> None:
    project = save.desk.find("Project", save.draft.text("ProjectID"))
    locked = project is not None and project.beyond_flag("Project", "BudgetFinalized")
    if locked and _SET_BY_CALLERS & save.change.values.keys():
        raise business("The budget of the project is locked.")


def _in_use(_desk: Desk, cell: Row) -> None:
    if any(cell.amount(name) for name in ("ActualAmount", "RevisedCommittedAmount", "BudgetedCOAmount")):
        raise business("The budget line cannot be deleted because it has amounts.")


def _external(save: Save) -> None:
    draft = save.draft
    _check_place(save.desk, draft)
    if save.is_new and not draft.text("ExternalRefNbr"):
        draft.errors["ExternalRefNbr"] = cannot_be_empty("External Ref. Nbr.")
    for column in ("Amount", "Qty"):
        original, change = draft.amount(f"OriginalCommitted{column}"), draft.amount(f"CommittedCO{column}")
        revised = f"RevisedCommitted{column}"
        if save.sent(revised) and not save.sent(f"CommittedCO{column}"):
            change = draft.amount(revised) - original
        draft[f"OriginalCommitted{column}"], draft[f"CommittedCO{column}"] = original, change
        draft[revised] = original + change
        invoiced = draft.amount(f"CommittedInvoiced{column}")
        draft[f"CommittedInvoiced{column}"], draft[f"CommittedOpen{column}"] = (
            invoiced,
            draft.amount(revised) - invoiced,
        )


def _movement(row: Row) -> Movement:
    return Movement(
        original=row.amount("OriginalCommittedAmount"),
        change_orders=row.amount("CommittedCOAmount"),
        invoiced=row.amount("CommittedInvoicedAmount"),
    )


def _book(desk: Desk, row: Row, movement: Movement) -> None:
    place = Coding("", "", row.text("ProjectID"), row.text("ProjectTaskID"), row.text("CostCode"))
    budget.move_in_group(desk, place, row.text("AccountGroup"), movement)


def _external_stored(save: Save, row: Row) -> None:
    if save.before is not None:
        _book(save.desk, save.before, budget.opposite(_movement(save.before)))
    _book(save.desk, row, _movement(row))


def _external_erased(desk: Desk, row: Row) -> None:
    _book(desk, row, budget.opposite(_movement(row)))


PROJECT_BUDGET = Rules(
    read_only=frozenset({*budget.AMOUNTS, *budget.QUANTITIES}) - _SET_BY_CALLERS,
    key_defaults={"InventoryID": budget.ANY_ITEM},
    prepare=_cell,
    erase=_in_use,
)
EXTERNAL_COMMITMENT = Rules(
    read_only=frozenset({"CommittedOpenAmount", "CommittedOpenQty"}),
    prepare=_external,
    stored=_external_stored,
    erase=_external_erased,
)
