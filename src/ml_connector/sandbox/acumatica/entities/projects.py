"""Projects and their tasks: status, visibility, actions (vendors/acumatica.md §8.7)."""

from __future__ import annotations

from ml_connector.sandbox.acumatica.desk import NO_PROJECT, Desk
from ml_connector.sandbox.acumatica.errors import business, cannot_be_empty, cannot_find
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Action, Parameters, Perform, Rules, Save

_MODULES = ("AP", "AR", "CA", "CRM", "Expenses", "GL", "IN", "PO", "SO", "TimeEntries")


def visibility() -> Row:
    """Visible in every module."""
    return Row("VisibilitySettings", dict.fromkeys(_MODULES, True))


def _project(save: Save) -> None:
    draft = save.draft
    draft["ProjectID"] = draft.text("ProjectID").strip().upper() or None
    if not save.is_new:
        return
    draft["Status"] = "In Planning"
    draft.values.setdefault("Hold", True)
    draft.linked.setdefault("VisibilitySettings", visibility())
    properties = draft.linked.setdefault("ProjectProperties", Row("ProjectProperties"))
    properties.values.setdefault("ProjectCurrency", save.desk.set_up.currency)
    properties.values.setdefault("CostBudgetLevel", "Task and Cost Code")


def _task(save: Save) -> None:
    draft = save.draft
    project = save.desk.find("Project", draft.text("ProjectID")) if draft.text("ProjectID") else None
    if project is None:
        draft.errors["ProjectID"] = cannot_find("Project")
    if not draft.text("ProjectTaskID"):
        draft.errors["ProjectTaskID"] = cannot_be_empty("Project Task")
    if save.is_new:
        draft["Status"] = "In Planning"
        draft.values.setdefault("Default", False)
        draft.linked.setdefault("VisibilitySettings", visibility())


def _to(status: str, *, allowed: tuple[str, ...]) -> Perform:
    """The action that gives the record a status, from one of `allowed`."""

    def perform(desk: Desk, row: Row, _parameters: Parameters) -> None:
        if row.text("Status") not in allowed:
            raise business(f"The action is not available for a record with the status '{row.text('Status')}'.")
        row["Status"] = status
        if row.kind == "Project":
            row["Hold"] = status == "In Planning"
        desk.store.touch(row)

    return perform


def _no_change(desk: Desk, row: Row, _parameters: Parameters) -> None:
    """A long action of project accounting that changes nothing that this instance keeps."""
    desk.store.touch(row)


def _lock(field: str, *, locked: bool) -> Perform:
    def perform(desk: Desk, row: Row, _parameters: Parameters) -> None:
        row.beyond["Project", field] = locked
        desk.store.touch(row)

    return perform


def _change_id(desk: Desk, row: Row, parameters: Parameters) -> None:
    new = str(parameters.get("ProjectID") or "").strip().upper()
    old = row.text("ProjectID")
    if not new:
        raise business(cannot_be_empty("Project ID"))
    if desk.find("Project", new) is not None:
        raise business(f"Project '{new}' exists already.")
    desk.store.rename(row, "ProjectID", new)
    desk.store.recode({"ProjectID", "Project"}, old, new)


def usable(desk: Desk, code: str, module: str) -> str:
    """Why documents of the module (AP, PO) cannot use the project; "" when they can."""
    if code.strip().upper() == NO_PROJECT:
        return ""
    project = desk.find("Project", code)
    if project is None:
        return f"Project '{code:<6}' cannot be found in the system."
    if project.text("Status") != "Active":
        return f"The project '{code}' is not active."
    return _hidden(project, module, f"The project '{code}'")


def usable_task(desk: Desk, project: str, code: str, module: str) -> str:
    """Why documents of the module cannot use the task; "" when they can."""
    task = desk.find("ProjectTask", project, code)
    if task is None:
        return cannot_find("Project Task")
    if task.text("Status") != "Active":
        return f"The project task '{code}' is not active."
    return _hidden(task, module, f"The project task '{code}'")


def _hidden(row: Row, module: str, what: str) -> str:
    settings = row.linked.get("VisibilitySettings")
    return "" if settings is None or settings.flag(module) else f"{what} is not visible in {module}."


_ANY_LIVE = ("In Planning", "Active", "Suspended", "Pending Approval")

PROJECT = Rules(
    read_only=frozenset({"Status", "Income", "Expenses", "Assets", "Liabilities"}),
    read_only_details=frozenset({"Balances", "Invoices", "ActivityHistory", "ApprovalDetails"}),
    line_keys={"Attributes": "AttributeID"},
    prepare=_project,
    actions={
        "ActivateProject": Action(_to("Active", allowed=("In Planning", "Suspended", "Completed", "Canceled"))),
        "HoldProject": Action(_to("In Planning", allowed=("Active", "Suspended", "Pending Approval", "Rejected"))),
        "CompleteProject": Action(_to("Completed", allowed=("Active",))),
        "SuspendProject": Action(_to("Suspended", allowed=("Active",))),
        "CancelProject": Action(_to("Canceled", allowed=_ANY_LIVE)),
        "ApproveProject": Action(_to("Active", allowed=("Pending Approval",))),
        "RejectProject": Action(_to("Rejected", allowed=("Pending Approval",))),
        "LockProjectBudget": Action(_lock("BudgetFinalized", locked=True)),
        "UnlockProjectBudget": Action(_lock("BudgetFinalized", locked=False)),
        "LockProjectCommitments": Action(_lock("LockCommitments", locked=True)),
        "UnlockProjectCommitments": Action(_lock("LockCommitments", locked=False)),
        "ChangeProjectID": Action(_change_id, {"ProjectID": "text"}),
        "RunProjectAllocation": Action(_no_change, long=True),
        "RunProjectBilling": Action(_no_change, long=True),
        "ValidateProjectBalance": Action(_no_change, long=True),
    },
)

PROJECT_TASK = Rules(
    read_only=frozenset({"Status"}),
    line_keys={"Attributes": "AttributeID"},
    prepare=_task,
    actions={
        "ActivateProjectTask": Action(_to("Active", allowed=("In Planning", "Completed", "Canceled"))),
        "HoldProjectTask": Action(_to("In Planning", allowed=("Active",))),
        "CompleteProjectTask": Action(_to("Completed", allowed=("Active",))),
        "CancelProjectTask": Action(_to("Canceled", allowed=("In Planning", "Active"))),
    },
)
