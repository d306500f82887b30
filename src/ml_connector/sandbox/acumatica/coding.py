"""How a document line is coded: account, subaccount, project, task, cost code; what is checked and what defaults."""

from __future__ import annotations

from msgspec import Struct

from ml_connector.sandbox.acumatica.desk import NO_PROJECT, Desk
from ml_connector.sandbox.acumatica.entities import projects
from ml_connector.sandbox.acumatica.errors import cannot_be_empty, cannot_find
from ml_connector.sandbox.acumatica.rows import Row


class Coding(Struct, frozen=True):
    """Where an amount goes."""

    account: str
    subaccount: str = ""
    project: str = NO_PROJECT
    task: str = ""
    cost_code: str = ""

    @property
    def on_project(self) -> bool:
        """Whether it counts in a project's budget."""
        return self.project not in ("", NO_PROJECT)


def of(line: Row, task_field: str = "ProjectTask") -> Coding:
    """The coding of a line."""
    return Coding(
        account=line.text("Account"),
        subaccount=line.text("Subaccount"),
        project=line.text("Project") or NO_PROJECT,
        task=line.text(task_field),
        cost_code=line.text("CostCode"),
    )


def check(desk: Desk, line: Row, *, module: str, task_field: str = "ProjectTask") -> None:
    """Fill defaults and put errors on the line's fields; codes take the spelling of the master record."""
    _account(desk, line)
    line.values.setdefault("Project", NO_PROJECT)
    if not line.text("Project"):
        line["Project"] = NO_PROJECT
    if line.text("Project").upper() == NO_PROJECT:
        line["Project"] = NO_PROJECT
        line[task_field] = None
        line["CostCode"] = None
        return
    _project(desk, line, module, task_field)


def _account(desk: Desk, line: Row) -> None:
    if not line.text("Account"):
        line.errors["Account"] = cannot_be_empty("Account")
        return
    account = desk.find("Account", line.text("Account"))
    if account is None:
        line.errors["Account"] = cannot_find("Account")
        return
    line["Account"] = account["AccountCD"]
    line["Description"] = account["Description"]
    if not account.flag("Active"):
        line.errors["Account"] = "Error: The account is inactive."
    line["Subaccount"] = line.text("Subaccount") or desk.set_up.subaccount
    subaccount = desk.find("Subaccount", line.text("Subaccount"))
    if subaccount is None:
        line.errors["Subaccount"] = cannot_find("Subaccount")
    else:
        line["Subaccount"] = subaccount["SubaccountCD"]


def _project(desk: Desk, line: Row, module: str, task_field: str) -> None:
    if refusal := projects.usable(desk, line.text("Project"), module):
        line.errors["Project"] = refusal
        return
    line["Project"] = line.text("Project").strip().upper()
    if not line.text(task_field):
        line.errors[task_field] = cannot_be_empty("Project Task")
    elif refusal := projects.usable_task(desk, line.text("Project"), line.text(task_field), module):
        line.errors[task_field] = refusal
    if not line.text("CostCode"):
        line.errors["CostCode"] = cannot_be_empty("Cost Code")
    elif desk.find("CostCode", line.text("CostCode")) is None:
        line.errors["CostCode"] = cannot_find("Cost Code")
    account = desk.find("Account", line.text("Account"))
    if account is not None and not account.text("AccountGroup"):
        line.errors["Account"] = (
            f"The line is for the project '{line.text('Project')}', but the account "
            f"'{line.text('Account')}' is not in any account group."
        )
