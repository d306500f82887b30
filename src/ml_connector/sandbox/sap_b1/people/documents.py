"""What people do with documents, journal entries and drafts."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.sandbox.kit.vendor import Act, ActRefused
from ml_connector.sandbox.sap_b1 import journals
from ml_connector.sandbox.sap_b1.desk import Desk
from ml_connector.sandbox.sap_b1.documents import drafts, posting
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Row
from ml_connector.sandbox.sap_b1.people.work import (
    DOCUMENT,
    Office,
    Order,
    Work,
    act,
    amount,
    day,
    document,
    kind_of,
    lines,
    texts,
    told,
    user_values,
    whole,
)

_DRAFT = {"draft": "DocEntry of the draft"}
_TEXTS = {"comments": "Comments", "num_at_card": "NumAtCard", "memo": "JournalMemo"}
_JOURNAL_TEXTS = {"memo": "Memo", "reference": "Reference", "reference2": "Reference2", "project": "ProjectCode"}
_LINE = {
    "account": "AccountCode",
    "profit_center": "CostingCode",
    "project": "ProjectCode",
    "text": "ItemDescription",
    "tax_code": "TaxCode",
}
_JOURNAL_LINE = {
    "account": "AccountCode",
    "partner": "ShortName",
    "profit_center": "CostingCode",
    "project": "ProjectCode",
    "text": "LineMemo",
}
_EDITS = {
    "comments?": "new Comments",
    "num_at_card?": "new NumAtCard",
    "memo?": "new memo of the journal entry",
    "reference?": "journal entries: new Reference",
    "reference2?": "journal entries: new Reference2",
    "due_date?": "new due date, YYYY-MM-DD",
    "project?": "new project of a journal entry, or of the line",
    "user_fields?": "{U_name: value or null}",
    "line?": "open orders: number of the line to change, from 0",
    "amount?": "its new LineTotal (line 0 if no line is given)",
    "account?": "its new account",
    "profit_center?": "its new profit centre",
}
_KEYED = {
    "kind?": "invoice (unless said otherwise), credit_note, receipt, order or journal",
    "vendor?": "CardCode; needed but for journals",
    "num_at_card?": "the vendor's number; Reference of a journal",
    "date?": "YYYY-MM-DD, today unless given",
    "due_date?": "YYYY-MM-DD; orders need one",
    "currency?": "the vendor's unless given",
    "comments?": "Comments; Memo of a journal",
    "lines": "[{account, amount, profit_center?, project?, text?, tax_code?}]; of a journal "
    "[{account or partner, debit or credit, profit_center?, project?, text?}]; copied from another document "
    "[{base_kind, base_number, base_line?, amount?}]",
}


def acts(office: Office) -> dict[str, Act]:
    """The acts by name."""
    edit = act(office, "change an order, or the texts of what is posted", DOCUMENT | _EDITS, _edit)
    return {
        "approve": act(
            office,
            "approve a draft that waits, and add its document unless told otherwise",
            _DRAFT | {"add?": "false leaves the adding to its author"},
            _approve,
        ),
        "reject": act(office, "reject a draft that waits", _DRAFT, _reject),
        "add_draft": act(office, "turn a draft into its document", _DRAFT, _add),
        "delete": act(office, "delete a draft", _DRAFT, _delete),
        "edit": edit,
        "revise": edit,
        "void": act(
            office,
            "cancel a document, or reverse a journal entry",
            DOCUMENT | {"date?": "posting date of the reversal"},
            _void,
        ),
        "close": act(office, "close an order or receipt by hand", DOCUMENT, _on_document(posting.close)),
        "reopen": act(office, "reopen a closed order or receipt", DOCUMENT, _on_document(posting.reopen)),
        "key_document": act(office, "type in a document or journal entry by hand", _KEYED, _key),
    }


def _draft(office: Office, order: Order) -> Row:
    row = office.desk.store[drafts.TABLE].find(whole(order["draft"]))
    if row is None:
        raise ActRefused(f"there is no draft {order['draft']}")
    return row


def _approve(office: Office, order: Order) -> object:
    row = drafts.decide(office.desk, _draft(office, order), "dasApproved")
    if order.get("add", True):
        return told(drafts.add(office.desk, row, by_authorizer=True))
    return {"draft": row["DocEntry"], "status": row["AuthorizationStatus"]}


def _reject(office: Office, order: Order) -> object:
    row = drafts.decide(office.desk, _draft(office, order), "dasRejected")
    return {"draft": row["DocEntry"], "status": row["AuthorizationStatus"]}


def _add(office: Office, order: Order) -> object:
    return told(drafts.add(office.desk, _draft(office, order)))


def _delete(office: Office, order: Order) -> object:
    row = _draft(office, order)
    office.sets["Drafts"].delete(row["DocEntry"])
    return {"deleted": row["DocEntry"]}


def _edit(office: Office, order: Order) -> object:
    if order.get("kind") == "journal":
        return _edit_journal(office, order)
    row = document(office, order)
    body = texts(order, _TEXTS) | user_values(order)
    if "due_date" in order:
        body["DocDueDate"] = day(order["due_date"])
    line = texts(order, _LINE)
    if "amount" in order:
        line["LineTotal"] = amount(order["amount"])
    if line:
        body["DocumentLines"] = [line | {"LineNum": whole(order.get("line", 0))}]
    kind = kind_of(order)
    office.sets[kind.name].update(row["DocEntry"], body, whole=False, replace_collections=False)
    return told(office.sets[kind.name].get(row["DocEntry"]))


def _edit_journal(office: Office, order: Order) -> object:
    body = texts(order, _JOURNAL_TEXTS) | user_values(order)
    if "due_date" in order:
        body["DueDate"] = day(order["due_date"])
    row = _journal(office, order)
    office.sets["JournalEntries"].update(row["JdtNum"], body, whole=False, replace_collections=False)
    return _told_journal(row)


def _journal(office: Office, order: Order) -> Row:
    found = office.desk.store["OJDT"].where(("Number",), whole(order["number"]))
    if not found:
        raise ActRefused(f"there is no journal entry {order['number']}")
    return found[0]


def _told_journal(row: Row) -> dict[str, object]:
    return {"entry": row["JdtNum"], "number": row["Number"]}


def _void(office: Office, order: Order) -> object:
    on = day(order["date"]) if "date" in order else None
    if order.get("kind") == "journal":
        row = _journal(office, order)
        return _told_journal(row) | {"reversed_by": journals.reverse(office.desk, row, on)["Number"]}
    row = document(office, order)
    made = posting.cancel(office.desk, kind_of(order), row, on)
    stored = office.sets[kind_of(order).name].get(row["DocEntry"])
    return told(stored) | {"reversed_by": made["DocNum"] if made["DocEntry"] != row["DocEntry"] else None}


def _on_document(perform: Callable[[Desk, Kind, Row], Row]) -> Work:
    """An act that is one action on an order or receipt."""

    def work(office: Office, order: Order) -> object:
        kind = kind_of(order)
        if kind.sign:
            raise ActRefused("invoices and credit notes close when they are paid")
        return told(perform(office.desk, kind, document(office, order)))

    return work


def _key(office: Office, order: Order) -> object:
    if order.get("kind") == "journal":
        return _key_journal(office, order)
    if "vendor" not in order:
        raise ActRefused("a document needs a vendor")
    body: Row = {"CardCode": str(order["vendor"]), "DocType": "dDocument_Service"}
    body |= texts(order, {"num_at_card": "NumAtCard", "currency": "DocCurrency", "comments": "Comments"})
    for name, field in (("date", "DocDate"), ("due_date", "DocDueDate")):
        if name in order:
            body[field] = day(order[name])
    body["DocumentLines"] = [_keyed_line(office, line) for line in lines(order["lines"])]
    return told(office.sets[kind_of(order).name].create(body))


def _keyed_line(office: Office, line: Order) -> Row:
    values = texts(line, _LINE)
    if line.get("amount") is not None:
        values["LineTotal"] = amount(line["amount"])
    if "base_number" in line:
        wanted = {"kind": line.get("base_kind", "order"), "number": line["base_number"]}
        base, kind = document(office, wanted), kind_of(wanted)
        values |= {"BaseType": kind.object_type, "BaseEntry": base["DocEntry"]}
        values["BaseLine"] = whole(line.get("base_line", 0))
    elif "LineTotal" not in values:
        raise ActRefused("a line needs an amount")
    return values


def _key_journal(office: Office, order: Order) -> object:
    body = texts(order, {"num_at_card": "Reference", "comments": "Memo"})
    if "date" in order:
        body["ReferenceDate"] = day(order["date"])
    body["JournalEntryLines"] = [
        texts(line, _JOURNAL_LINE)
        | {name: amount(line[field]) for field, name in (("debit", "Debit"), ("credit", "Credit")) if field in line}
        for line in lines(order["lines"])
    ]
    return _told_journal(office.sets["JournalEntries"].create(body))
