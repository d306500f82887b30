"""PUT and PATCH: find the record, lay the change over a draft, check, store (vendors/acumatica.md §5, §7.1)."""

from __future__ import annotations

from collections.abc import Callable

from ml_connector.sandbox.acumatica import contention
from ml_connector.sandbox.acumatica.contract import FORMS, kinds
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.envelope import Change
from ml_connector.sandbox.acumatica.errors import (
    NOT_FOUND_TEXT,
    NOT_FOUND_TYPE,
    Fault,
    FieldErrors,
    business,
    cannot_be_empty,
    not_found,
)
from ml_connector.sandbox.acumatica.rows import Row, Value
from ml_connector.sandbox.acumatica.rules import Rules, Save

_LINE_RECORDS = {"Bill": "AP Transactions", "JournalTransaction": "GL Transaction", "Check": "Applications"}


def locate(desk: Desk, kind: str, rules: Rules, change: Change, match: Callable[[Row], bool] | None) -> Row | None:
    """The stored record that a body means, by id, by $filter, or by its key fields. Raises Fault."""
    row = _located(desk, kind, rules, change, match)
    if row is not None and row.archived and not desk.archived:
        raise business("The record is archived and cannot be changed.")
    return row


def _located(desk: Desk, kind: str, rules: Rules, change: Change, match: Callable[[Row], bool] | None) -> Row | None:
    table = desk.store[kind]
    if change.id:
        return table.by_id(change.id)
    if match is not None:
        found = [row for row in table if match(row)]
        if len(found) > 1:
            raise business("More than one entity satisfies the condition.")
        return found[0] if found else None
    key = [change.values.get(name) or rules.key_defaults.get(name) for name in FORMS[kind].keys]
    return table.find(*key) if all(key) else None


def save(
    desk: Desk,
    rules: Rules,
    change: Change,
    *,
    match: Callable[[Row], bool] | None = None,
    insert_only: bool = False,
    update_only: bool = False,
    patch: bool = False,
) -> Row:
    """Insert or update one record, all of it or nothing. Raises Fault, FieldErrors."""
    kind = change.kind
    stored = locate(desk, kind, rules, change, match)
    if stored is not None and insert_only:
        raise Fault(412, "The record already exists.", "PX.Api.ContractBased.PreconditionFailedException")
    if stored is None and update_only:
        raise Fault(412, "The record does not exist.", "PX.Api.ContractBased.PreconditionFailedException")
    if stored is None and patch:
        raise Fault(404, NOT_FOUND_TEXT, NOT_FOUND_TYPE)
    if stored is None and change.id:
        raise not_found()
    draft = stored.copy() if stored is not None else Row(kind)
    touched = lay(draft, change, rules, keep_keys=stored is not None)
    task = Save(desk, draft, stored.copy() if stored is not None else None, change, touched, patch)
    rules.prepare(task)
    refuse_errors(draft, new=stored is None)
    return _keep(task, rules, stored)


def _keep(task: Save, rules: Rules, stored: Row | None) -> Row:
    store = task.desk.store
    if stored is None:
        rules.number(task)
        _check_keys(task)
        contention.claim(task.desk, task.draft)
        stored = store.add(task.draft)
    else:
        contention.claim(task.desk, stored)
        stored.take(task.draft)
        store.touch(stored)
    if rules.stored is not None:
        rules.stored(task, stored)
    return stored


def _check_keys(task: Save) -> None:
    draft = task.draft
    for name in FORMS[draft.kind].keys:
        if not draft.text(name):
            draft.errors[name] = cannot_be_empty(name)
    refuse_errors(draft, new=True)


def refuse_errors(draft: Row, *, new: bool) -> None:
    """Raise FieldErrors when the draft carries any, with the vendor's sentence at the top."""
    if not draft.has_errors():
        return
    record = FORMS[draft.kind].record
    if not draft.errors and not any(row.has_errors() for row in draft.linked.values()):
        record = _LINE_RECORDS.get(draft.kind, record)
    verb = "Inserting" if new else "Updating"
    draft.error = draft.error or f"{verb}  '{record}' record raised at least one error. Please review the errors."
    raise FieldErrors(draft)


def lay(draft: Row, change: Change, rules: Rules, *, keep_keys: bool) -> set[str]:
    """Write the sent values on the draft; returns the ids of the lines that were sent."""
    kept = frozenset(FORMS[draft.kind].keys) if keep_keys else frozenset()
    _lay_values(draft, change, rules.read_only | kept)
    for place, value in change.beyond.items():
        if _may_set(place, rules):
            draft.beyond[place] = value
    touched: set[str] = set()
    for name, inner in change.linked.items():
        target = kinds()[draft.kind].linked[name]
        _lay_nested(draft.linked.setdefault(name, Row(target)), inner, rules)
    for name, changes in change.details.items():
        if name not in rules.read_only_details:
            target = kinds()[draft.kind].details[name]
            touched |= _lay_lines(draft.lines(name), target, changes, rules, name)
    return touched


def _may_set(place: tuple[str, str], rules: Rules) -> bool:
    return place in rules.writable_beyond or place[1].startswith(("Usr", "Attribute"))


def _lay_values(draft: Row, change: Change, barred: frozenset[str]) -> None:
    if change.note is not None:
        draft.note = change.note
    for name, value in change.values.items():
        if name not in barred and not name.endswith("ModifiedDateTime") and name != "CreatedDateTime":
            draft[name] = None if value == "" else value


def _lay_nested(draft: Row, change: Change, rules: Rules, barred: frozenset[str] = frozenset()) -> None:
    _lay_values(draft, change, barred)
    for place, value in change.beyond.items():
        if _may_set(place, rules):
            draft.beyond[place] = value
    kind = kinds()[draft.kind]
    for name, inner in change.linked.items():
        _lay_nested(draft.linked.setdefault(name, Row(kind.linked[name])), inner, rules)
    for name, changes in change.details.items():
        _lay_lines(draft.lines(name), kind.details[name], changes, rules, "")


def _lay_lines(rows: list[Row], kind: str, changes: list[Change], rules: Rules, member: str) -> set[str]:
    """Update, append and remove lines; returns the ids of those sent."""
    touched: set[str] = set()
    for change in changes:
        row = _line(rows, change, rules.line_keys.get(member, ""))
        if change.delete:
            if row is not None:
                rows.remove(row)
            continue
        if row is None:
            row = Row(kind)
            rows.append(row)
        change.id = row.id
        touched.add(row.id)
        _lay_nested(row, change, rules, rules.read_only_lines.get(member, frozenset()))
    return touched


def _line(rows: list[Row], change: Change, line_key: str) -> Row | None:
    """The line that is meant by id, or by the line's own key; None is a new line."""
    if change.id:
        return next((row for row in rows if row.id == change.id), None)
    value: Value = change.values.get(line_key) if line_key else None
    if value is None:
        return None
    return next((row for row in rows if row[line_key] == value), None)
