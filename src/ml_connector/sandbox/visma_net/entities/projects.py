"""Projects and their tasks (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from typing import Final

from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.desk import Desk, amount, day
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.errors import not_found, rule, stop_at
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import DAY, FLAG, TEXT, WHOLE, Fields, choice, lines, texts
from ml_connector.sandbox.visma_net.web.query import Query

STATUSES: Final = ("Planned", "Active", "Completed", "Cancelled", "OnHold", "PendingApproval")
_TASK_STATUSES: Final = ("Planned", "Active", "Cancelled", "Canceled", "Completed")
_DAYS = dict.fromkeys(("plannedStart", "plannedEnd", "startDate", "endDate"), DAY)
TASK_FIELDS: Final[Fields] = {**texts("taskId description rateTable"), **_DAYS, "status": choice(*_TASK_STATUSES)}
FIELDS: Final[Fields] = {
    **texts("projectID customer description template branch note projectManger"),
    "internalID": WHOLE,
    "hold": FLAG,
    "status": choice(*STATUSES),
    "startDate": DAY,
    "endDate": DAY,
    "tasks": lines(TASK_FIELDS),
    "publicId": TEXT,
}
_VISIBLE = tuple(f"visibleIn{module}" for module in ("Gl", "Ap", "Ar", "So", "Po", "Ea", "Ta", "In", "Ca", "Cr"))


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    code = sent.get("projectID")
    if not code:
        raise rule("Error inserting the project. Error: 'Project ID' cannot be empty.")
    if desk.find("Project", code) is not None:
        raise rule(f"Error inserting the project. Error: '{code}' already exists.")
    draft = Record(kind="Project", key="", values={"status": "Planned", "startDate": desk.company.today()})
    apply(desk, draft, sent)
    row = desk.company.add("Project", code, draft.values | {"projectCode": code})
    _settled(desk, row)
    return row


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """Raises Refused; tasks are checked before anything is written."""
    problems: list[str] = []
    for one in sent.get("tasks", []):
        _check_task(desk, draft.key, one, problems)
    if sent.get("branch") and desk.find("Branch", sent["branch"]) is None:
        problems.append(f"Branch '{sent['branch']}' cannot be found in the system.")
    stop_at(problems, "updating the project" if draft.key else "inserting the project")
    draft.values |= {name: value for name, value in sent.items() if name not in ("projectID", "internalID", "tasks")}
    if sent.get("hold") is not None:
        draft["status"] = "OnHold" if sent["hold"] else "Active"
    draft["sent_tasks"] = sent.get("tasks", [])


def _settled(desk: Desk, row: Record) -> None:
    write_tasks(desk, row, row.values.pop("sent_tasks", []))


def _check_task(desk: Desk, project: str, one: Values, problems: list[str]) -> None:
    known = desk.find("Task", f"{project} {one.get('taskId') or ''}") if project else None
    if not one.get("taskId"):
        problems.append("'Task ID' cannot be empty.")
    elif one["operation"] == "Insert" and known is not None:
        problems.append(f"'{one['taskId']}' already exists.")
    elif one["operation"] != "Insert" and known is None:
        problems.append(f"Project task '{one['taskId']}' cannot be found in the system.")


def write_tasks(desk: Desk, project: Record, sent: list[Values]) -> None:
    """Insert, update or delete tasks that were checked."""
    for one in sent:
        values = {name: value for name, value in one.items() if name not in ("operation", "taskId")}
        if one["operation"] == "Insert":
            add_task(desk, project, one["taskId"], values)
            continue
        known = desk.find("Task", f"{project.key} {one['taskId']}")
        if known is not None and one["operation"] == "Delete":
            desk.company["Task"].drop(known)
        elif known is not None:
            known.values |= values
            desk.company.touch(known)


def add_task(desk: Desk, project: Record, code: str, values: Values) -> Record:
    """A task is Active unless it is said otherwise."""
    held = {"status": "Active", "projectCode": project.key, "taskCode": code, "project": project.key, **values}
    return desk.company.add("Task", f"{project.key} {code}", held)


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    fits = same(query, status="status", publicId="publicId", branch="branch", projectCode="projectId")
    words = (query.text("description") or "").lower()
    started, hold = query.when("startDate"), query.flag("onHold")
    return lambda row: (
        fits(row)
        and words in str(row["description"] or "").lower()
        and (started is None or started(row["startDate"]))
        and (hold is None or hold == (row["status"] == "OnHold"))
        and query.changed(row)
    )


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    """A project with its tasks."""
    v = row.values
    sums = {name: amount(v.get(name)) for name in ("assets", "liability", "income", "expenses")}
    tasks = [one for one in desk.company["Task"] if one["project"] == row.key]
    return {
        **basic(desk, row, None),
        **sums,
        "branch": coding.branch_ref(desk, v.get("branch")),
        "restrictEmployees": False,
        "restrictEquipment": False,
        "tasks": [_short_task(desk, one) for one in tasks],
        "employees": [],
        "attributes": [],
        "systemTemplate": False,
        "note": v.get("note") or "",
    }


def basic(desk: Desk, row: Record, query: Query | None) -> Values:
    """The form of /v1/projectbasic."""
    v = row.values
    return {
        "internalID": row.id,
        "projectID": row.key,
        "customer": None,
        "hold": v["status"] == "OnHold",
        "status": v["status"],
        "description": v.get("description") or "",
        "startDate": day(v.get("startDate")),
        "endDate": day(v.get("endDate")),
        "autoAllocate": False,
        "automaticReleaseAr": False,
        "lastModifiedDateTime": desk.stamp(row.modified),
        "publicId": v.get("publicId"),
        "visibility": dict.fromkeys(_VISIBLE, True),
        "timeStamp": row.stamp,
        "errorInfo": "",
    }


def _short_task(desk: Desk, row: Record) -> Values:
    v = row.values
    return {
        "taskId": v["taskCode"],
        "description": v.get("description") or "",
        **{name: day(v.get(name)) for name in _DAYS},
        "status": v["status"],
        "restrictEmployees": False,
        "visibility": dict.fromkeys(_VISIBLE, True),
        "timeStamp": row.stamp,
        "employees": [],
        "attributes": [],
    }


# tasks


def show_task(desk: Desk, row: Record, query: Query | None) -> Values:
    project = desk.find("Project", row["project"])
    own = {"internalId": row.id, "projectInternalId": project.id if project else None}
    stamps = {"lastModifiedDateTime": desk.stamp(row.modified), "createdDateTime": desk.stamp(row.created)}
    return own | _short_task(desk, row) | stamps


def keep_tasks(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    fits = same(query, project="projectId", taskCode="taskCd", status="status")
    words, internal = (query.text("description") or "").lower(), query.whole("projectInternalId")
    project = desk.company["Project"].by_id(internal) if internal is not None else None
    return lambda row: (
        fits(row)
        and words in str(row["description"] or "").lower()
        and (internal is None or (project is not None and row["project"] == project.key))
        and query.changed(row)
    )


def create_task(desk: Desk, project: int, sent: Values) -> Record:
    """A task of the project with the internal id. Raises Refused."""
    row = desk.company["Project"].by_id(project)
    if row is None:
        raise not_found(f"Project '{project}'")
    problems: list[str] = []
    _check_task(desk, row.key, {"operation": "Insert", **sent}, problems)
    stop_at(problems, "inserting the project task")
    made = add_task(desk, row, sent["taskId"], {name: value for name, value in sent.items() if name != "taskId"})
    desk.company.touch(row)
    return made


def _apply_task(desk: Desk, draft: Record, sent: Values) -> None:
    draft.values |= {name: value for name, value in sent.items() if name != "taskId"}


class _ById(Entity, frozen=True, kw_only=True):
    """Keyed by the internal id."""

    def get(self, desk: Desk, key: str) -> Record:
        record = desk.company[self.kind].by_id(int(key)) if key.isdigit() else None
        if record is None:
            raise not_found(f"{self.noun.capitalize()} '{key}'")
        return record


PROJECTS = Entity(
    path="/v1/project",
    kind="Project",
    noun="project",
    show=show,
    keep=keep,
    fields=FIELDS,
    create=create,
    apply=apply,
    settled=_settled,
)
PROJECTS_BY_ID = _ById(
    path="/v1/project/internal", kind="Project", noun="project", show=show, fields=FIELDS, apply=apply, settled=_settled
)
BASIC_PROJECTS = Entity(path="/v1/projectbasic", kind="Project", noun="project", show=basic, keep=keep)
TASKS = _ById(
    path="/v1/projecttask",
    kind="Task",
    noun="project task",
    show=show_task,
    keep=keep_tasks,
    fields=TASK_FIELDS,
    apply=_apply_task,
)
