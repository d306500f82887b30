"""What lines are coded with: account, subaccount by segments, project, task, branch."""

from __future__ import annotations

from collections.abc import Mapping

from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.records import Record, Values

DIMENSION = "SUBACCOUNT"


def check(desk: Desk, line: Values, problems: list[str], *, manual: bool = False) -> None:
    """Check a line's coding and put the names of the records into it. `manual`: an entry in the general ledger."""
    _account(desk, line, problems, manual=manual)
    _subaccount(desk, line, problems)
    _project(desk, line, problems)
    branch = line.get("branch") or desk.company.set_up.branch
    if desk.find("Branch", branch) is None:
        problems.append(f"Branch '{branch}' cannot be found in the system.")
    line["branch"] = str(branch).upper()


def _account(desk: Desk, line: Values, problems: list[str], *, manual: bool) -> None:
    code = line.get("account")
    account = desk.find("Account", code)
    if not code:
        problems.append("'Account' cannot be empty.")
    elif account is None:
        problems.append(f"Account '{code}' cannot be found in the system.")
    elif not account["active"]:
        problems.append(f"Account '{code}' is inactive.")
    else:
        line["account"] = account.key
    if account is not None and manual and account["controlAccountModule"] and not account["allowManualEntry"]:
        problems.append(f"Account '{code}' is a control account for {account['controlAccountModule']}.")


def _subaccount(desk: Desk, line: Values, problems: list[str]) -> None:
    """A segment that is not given becomes its zero value (vendors/visma_net.md §12)."""
    given = line.pop("segments", None)
    if given is None and line.get("subaccount"):
        return
    number, parts = "", []
    for segment in segments(desk):
        value = (given or {}).get(int(segment["segmentId"]), "") or zero(segment)
        known = segment["segmentValues"].get(value)
        if value != zero(segment) and (known is None or not known["active"]):
            problems.append(f"'{value}' is not a valid value of the segment '{segment['description']}' of Subaccount.")
        parts.append(value)
        number += value
    for wrong in sorted(set(given or {}) - {int(segment["segmentId"]) for segment in segments(desk)}):
        problems.append(f"Segment {wrong} of Subaccount cannot be found in the system.")
    line["subaccount"], line["_parts"] = number, parts
    known_one = desk.find("Subaccount", number)
    if known_one is None and not problems and not desk.switches.on("subaccounts_on_the_fly"):
        problems.append(f"Subaccount '{number}' cannot be found in the system.")
    elif known_one is not None and not known_one["active"]:
        problems.append(f"Subaccount '{number}' is inactive.")


def _project(desk: Desk, line: Values, problems: list[str]) -> None:
    for name, kind in (("project", "Project"), ("task", "Task")):
        if (number := line.pop(f"{name}InternalId", None)) is not None:
            row = desk.company[kind].by_id(number)
            line[name] = (row[f"{name}Code"] if row else None) or str(number)
    code, task = line.get("project"), line.get("task")
    project = desk.find("Project", code)
    if project is not None:
        line["project"] = project.key
    if code and project is None:
        problems.append(f"Project '{code}' cannot be found in the system.")
    elif project is not None and project["status"] != "Active":
        problems.append(f"Project '{code}' is not active.")
    elif task:
        row = desk.find("Task", f"{code} {task}")
        if row is None:
            problems.append(f"Project task '{task}' cannot be found in the system.")
        elif row["status"] != "Active":
            problems.append(f"Project task '{task}' is not active.")
        else:
            line["task"] = row["taskCode"]


def settle(desk: Desk, line: Values) -> None:
    """After the checks: a combination that is new becomes a subaccount."""
    parts = line.pop("_parts", None)
    if parts is not None and desk.find("Subaccount", line["subaccount"]) is None:
        values = {"parts": parts, "description": describe(desk, parts), "active": True}
        desk.company.add("Subaccount", line["subaccount"], values)


def segments(desk: Desk) -> list[Record]:
    """The segments of SUBACCOUNT in order."""
    return [row for row in desk.company["Segment"] if row["dimension"] == DIMENSION]


def zero(segment: Record) -> str:
    """The value of a segment that is not used."""
    return "0" * int(segment["length"])


def describe(desk: Desk, parts: list[str]) -> str:
    """The descriptions of the segment values that are used."""
    known = [row["segmentValues"].get(part) for row, part in zip(segments(desk), parts, strict=True)]
    return ", ".join(str(value["description"]) for value in known if value) or "None"


# read forms


def supplier_ref(desk: Desk, number: object) -> Values | None:
    row = desk.find("Supplier", number)
    return None if row is None else {"internalId": row.id, "number": row.key, "name": row["name"]}


def account_ref(desk: Desk, code: object) -> Values | None:
    account = desk.find("Account", code)
    return (
        None
        if account is None
        else {"type": account["type"], "number": account.key, "description": account["description"]}
    )


def subaccount_form(desk: Desk, number: object) -> Values | None:
    row = desk.find("Subaccount", number)
    if row is None:
        return None
    shown = [
        {
            "segmentId": segment["segmentId"],
            "segmentDescription": segment["description"],
            "segmentValue": part,
            "segmentValueDescription": (segment["segmentValues"].get(part) or {}).get("description", ""),
        }
        for segment, part in zip(segments(desk), row["parts"], strict=True)
    ]
    return {
        "subaccountNumber": row.key,
        "subaccountId": row.id,
        "description": row["description"],
        "lastModifiedDateTime": desk.stamp(row.modified),
        "active": row["active"],
        "segments": shown,
        "timeStamp": row.stamp,
        "errorInfo": "",
    }


def project_ref(desk: Desk, line: Mapping[str, object]) -> Values | None:
    row = desk.find("Project", line.get("project"))
    return None if row is None else {"internalId": row.id, "id": row.key, "description": row["description"]}


def task_ref(desk: Desk, line: Mapping[str, object]) -> Values | None:
    row = desk.find("Task", f"{line.get('project')} {line.get('task')}")
    return None if row is None else {"internalId": row.id, "id": row["taskCode"], "description": row["description"]}


def branch_ref(desk: Desk, code: object) -> Values | None:
    row = desk.find("Branch", code)
    return None if row is None else {"number": row.key, "name": row["name"]}
