"""Accounts and subaccounts (vendors/visma_net.md §6.5)."""

from __future__ import annotations

from ml_connector.sandbox.visma_net import coding
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities.entity import Entity, Keep, same
from ml_connector.sandbox.visma_net.errors import rule, stop_at
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import FLAG, Fields, choice, texts
from ml_connector.sandbox.visma_net.web.query import Query

TYPES = ("Asset", "Liability", "Income", "Expense")
FIELDS: Fields = {
    **texts("accountCD accountClass analysisCode currency description extenalCode1 externalCode2 accountGroupCD"),
    **texts("postOption publicCode1 taxCategory"),
    "active": FLAG,
    "useDefaultSub": FLAG,
    "type": choice(*TYPES),
}


def create(desk: Desk, sent: Values) -> Record:
    """Raises Refused."""
    draft = Record(kind="Account", key="", values={"active": True, "postOption": "Detail", "allowManualEntry": True})
    apply(desk, draft, sent)
    return desk.company.add("Account", sent["accountCD"], draft.values)


def apply(desk: Desk, draft: Record, sent: Values) -> None:
    """The code of an account stays. Raises Refused."""
    problems = []
    if not draft.key:
        code = sent.get("accountCD")
        if not code:
            problems.append("'Account' cannot be empty.")
        elif desk.find("Account", code) is not None:
            problems.append(f"'{code}' already exists.")
    draft.values |= {name: value for name, value in sent.items() if name != "accountCD"}
    if not draft["type"]:
        problems.append("'Type' cannot be empty.")
    for name, kind in (("accountGroupCD", "AccountGroup"), ("currency", "Currency"), ("taxCategory", "VatCategory")):
        if draft[name] and desk.find(kind, draft[name]) is None:
            problems.append(f"{kind} '{draft[name]}' cannot be found in the system.")
    stop_at(problems, "updating the account" if draft.key else "inserting the account")


def keep(desk: Desk, query: Query) -> Keep:
    """The list's filters."""
    fits = same(
        query,
        publicCode1="publicCode",
        extenalCode1="externalCode1",
        externalCode2="externalCode2",
        analysisCode="analysisCode",
    )
    active = query.flag("active")
    return lambda row: fits(row) and (active is None or row["active"] == active) and query.changed(row)


def show(desk: Desk, row: Record, query: Query | None) -> Values:
    v = row.values
    shown = {
        "accountID": row.id,
        "accountCD": row.key,
        "type": v["type"],
        "active": bool(v["active"]),
        "description": v.get("description") or "",
        "useDefaultSub": bool(v.get("useDefaultSub")),
        "cashAccount": bool(v.get("cashAccount")),
        "externalCode1Info": _code(v.get("extenalCode1")),
        "externalCode2Info": _code(v.get("externalCode2")),
        "analisysCodeInfo": _code(v.get("analysisCode")),
        "controlAccountModule": v.get("controlAccountModule") or "",
        "allowManualEntry": bool(v.get("allowManualEntry")),
        "lastModifiedDateTime": desk.stamp(row.modified),
        "timeStamp": row.stamp,
        "errorInfo": "",
    }
    names = ("accountGroupCD", "accountClass", "postOption", "currency", "taxCategory", "publicCode1")
    shown |= {name: v.get(name) for name in names}
    if query is not None and query.flag("includeAccountClassDescription"):
        shown["accountClassDescription"] = v.get("accountClass")
    return shown


def _code(number: object) -> Values | None:
    return {"number": number, "description": number} if number else None


ACCOUNTS = Entity(
    path="/v1/account",
    kind="Account",
    noun="account",
    show=show,
    keep=keep,
    fields=FIELDS,
    create=create,
    apply=apply,
    paged=False,
)


# subaccounts

_SUB_FIELDS: Fields = {**texts("subaccountNumber description"), "active": FLAG}


def _create_sub(desk: Desk, sent: Values) -> Record:
    number, parts, at = sent.get("subaccountNumber") or "", [], 0
    for segment in coding.segments(desk):
        parts.append(number[at : at + segment["length"]])
        at += segment["length"]
        if parts[-1] != coding.zero(segment) and parts[-1] not in segment["segmentValues"]:
            raise rule(
                f"Error inserting the subaccount. Error: '{parts[-1]}' is not a value of {segment['description']}."
            )
    if at != len(number):
        raise rule("Error inserting the subaccount. Error: the number does not have the length of all segments.")
    if desk.find("Subaccount", number) is not None:
        raise rule(f"Error inserting the subaccount. Error: '{number}' already exists.")
    values = {"parts": parts, "description": coding.describe(desk, parts), "active": True}
    draft = Record(kind="Subaccount", key="", values=values)
    _apply_sub(desk, draft, sent)
    return desk.company.add("Subaccount", number, draft.values)


def _apply_sub(desk: Desk, draft: Record, sent: Values) -> None:
    draft.values |= {name: value for name, value in sent.items() if name != "subaccountNumber"}


def _keep_sub(desk: Desk, query: Query) -> Keep:
    active = query.flag("active")
    return lambda row: (active is None or row["active"] == active) and query.changed(row)


def _show_sub(desk: Desk, row: Record, query: Query | None) -> Values:
    return coding.subaccount_form(desk, row.key) or {}


SUBACCOUNTS = Entity(
    path="/v1/subaccount",
    kind="Subaccount",
    noun="subaccount",
    show=_show_sub,
    keep=_keep_sub,
    fields=_SUB_FIELDS,
    create=_create_sub,
    apply=_apply_sub,
)
