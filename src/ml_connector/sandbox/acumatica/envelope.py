"""The value envelope: what a body says (strictly read), and how a record is shown (vendors/acumatica.md §5)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from msgspec import Struct, field

from ml_connector.sandbox.acumatica.contract import FORMS, Kind, is_date
from ml_connector.sandbox.acumatica.errors import OUTCOME_TYPE, malformed
from ml_connector.sandbox.acumatica.odata.lexer import instant
from ml_connector.sandbox.acumatica.odata.selection import Selection
from ml_connector.sandbox.acumatica.rows import Row, Value

_LARGEST = Decimal(10) ** 15
_TENTH = Decimal("0.1")
_BARE = frozenset({"rowNumber", "error", "files", "_links"})


class Change(Struct):
    """A body, read: what is to be set on a record and below it. `note` None is not sent."""

    kind: str
    id: str = ""
    delete: bool = False
    values: dict[str, Value] = field(default_factory=dict)
    linked: dict[str, Change] = field(default_factory=dict)
    details: dict[str, list[Change]] = field(default_factory=dict)
    beyond: dict[tuple[str, str], Value] = field(default_factory=dict)
    note: str | None = None


def read_change(body: object, kind: Kind, kinds: dict[str, Kind], path: str = "entity") -> Change:
    """The change that a JSON object asks for; unknown members are ignored. Raises Fault 400."""
    if not isinstance(body, dict):
        raise malformed(path, f"Cannot convert the value at '{path}' to type '{kind.name}'.")
    change = Change(kind.name)
    for name, value in body.items():
        at = f"{path}.{name}"
        if name == "id":
            change.id = _bare_text(value, at).lower()
        elif name == "delete":
            change.delete = value is True
        elif name == "note":
            change.note = str(_unwrap(value, at) or "")
        elif name == "custom":
            change.beyond = _read_beyond(value, at)
        elif name in _BARE:
            continue
        elif name in kind.fields:
            _read_field(change, name, kind.fields[name], value, at)
        elif name in kind.linked:
            change.linked[name] = read_change(value or {}, kinds[kind.linked[name]], kinds, at)
        elif name in kind.details:
            change.details[name] = _read_lines(value, kinds[kind.details[name]], kinds, at)
    return change


def _read_field(change: Change, name: str, word: str, value: object, at: str) -> None:
    if value is None or value == {}:
        return
    if isinstance(value, dict) and "value" not in value:
        return
    change.values[name] = read_value(value, word, name, at)


def read_value(value: object, word: str, name: str, at: str) -> Value:
    """The value in a value object; `word` is the field's type. Raises Fault 400 for a bare scalar."""
    if not isinstance(value, dict):
        raise malformed(at, f"Error converting value {value!r} to the value object of '{name}'.")
    return _typed(value.get("value"), word, name, at)


def _read_lines(value: object, kind: Kind, kinds: dict[str, Kind], at: str) -> list[Change]:
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(at, f"An array is expected at '{at}'.")
    return [read_change(item, kind, kinds, f"{at}[{index}]") for index, item in enumerate(value)]


def _read_beyond(value: object, at: str) -> dict[tuple[str, str], Value]:
    if not isinstance(value, dict):
        raise malformed(at, f"An object of views is expected at '{at}'.")
    found: dict[tuple[str, str], Value] = {}
    for view, fields in value.items():
        if not isinstance(fields, dict):
            raise malformed(f"{at}.{view}", "An object of fields is expected.")
        for name, item in fields.items():
            found[canonical(view), name] = _custom_value(item, name, f"{at}.{view}.{name}")
    return found


def canonical(view: str) -> str:
    """The view under which a form field is kept: two views of a document's form show the same record."""
    return "Document" if view == "CurrentDocument" else view


def _custom_value(item: object, name: str, at: str) -> Value:
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise malformed(at, "A custom field is an object with type and value.")
    words = {"Decimal": "amount", "Double": "amount", "Int": "whole", "Short": "whole", "Long": "whole"}
    words |= {"Boolean": "flag", "DateTime": "time"}
    stem = item["type"].removeprefix("Custom").removesuffix("Field")
    return _typed(item.get("value"), words.get(stem, "text"), name, at)


def _unwrap(value: object, at: str) -> object:
    if value is None or value == {}:
        return None
    if not isinstance(value, dict):
        raise malformed(at, f"Error converting value {value!r} to a value object.")
    return value.get("value")


def _bare_text(value: object, at: str) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise malformed(at, "A bare text is expected.")
    return value


def _typed(value: object, word: str, name: str, at: str) -> Value:
    """`value` as the field's type; texts of numbers are taken, as a lenient .NET reader does."""
    if value is None:
        return None
    try:
        return _READERS[word](value, name)
    except (ValueError, InvalidOperation, TypeError):
        raise malformed(at, f"Could not convert {value!r} to the type of '{name}'.") from None


def _read_text(value: object, _name: str) -> Value:
    if isinstance(value, str):
        return value.rstrip()
    if isinstance(value, bool):
        return str(value)
    if isinstance(value, (int, Decimal)):
        return str(value)
    raise TypeError(value)


def _read_amount(value: object, _name: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, Decimal, str)):
        raise TypeError(value)
    number = Decimal(value)
    if not number.is_finite() or abs(number) >= _LARGEST:
        raise ValueError(value)
    return number


def _read_flag(value: object, _name: str) -> Value:
    if isinstance(value, bool):
        return value
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    raise TypeError(value)


def _read_whole(value: object, _name: str) -> Value:
    if isinstance(value, bool) or not isinstance(value, (int, str)):
        raise TypeError(value)
    number = int(value)
    if abs(number) >= 2**63:
        raise ValueError(value)
    return number


def _read_time(value: object, name: str) -> Value:
    if not isinstance(value, str):
        raise TypeError(value)
    if is_date(name):
        return _day(value.strip())
    return instant(value.strip())


def _day(text: str) -> date:
    """The date part of an ISO or US text, without converting between zones."""
    head = text.replace("T", " ").split(" ")[0]
    if "/" not in head:
        return date.fromisoformat(head)
    first, second, third = (int(part) for part in head.split("/"))
    return date(first, second, third) if first > 31 else date(third, first, second)


_READERS: dict[str, Callable[[object, str], Value]] = {
    "text": _read_text,
    "guid": _read_text,
    "amount": _read_amount,
    "flag": _read_flag,
    "whole": _read_whole,
    "short": _read_whole,
    "long": _read_whole,
    "time": _read_time,
}


def show_value(value: Value) -> Any:
    """A value as JSON: dates as midnight with offset, time stamps with a fraction, decimals with a point."""
    if isinstance(value, datetime):
        stamp = value.astimezone(UTC)
        fraction = f".{stamp.microsecond:06d}".rstrip("0").rstrip(".")
        return f"{stamp:%Y-%m-%dT%H:%M:%S}{fraction}+00:00"
    if isinstance(value, date):
        return f"{value.isoformat()}T00:00:00+00:00"
    if isinstance(value, Decimal) and value == value.to_integral_value():
        return value.quantize(_TENTH)
    return value


def show(
    row: Row, kind: Kind, kinds: dict[str, Kind], selection: Selection, root: str = "", number: int = 1
) -> dict[str, Any]:
    """The record as an answer holds it; `root` (endpoint base, host-relative) only for top-level records."""
    shown: dict[str, Any] = {"id": row.id, "rowNumber": number, "note": {"value": row.note}}
    fields = selection.fields
    values = row.values
    for name in kind.fields:
        if fields is None or name in fields:
            value = values.get(name)
            shown[name] = {} if value is None else {"value": show_value(value)}
    for name, inner in selection.below.items():
        if name in kind.linked:
            target = kinds[kind.linked[name]]
            linked = row.linked.get(name) or Row(target.name)
            shown[name] = show(linked, target, kinds, inner)
        else:
            target = kinds[kind.details[name]]
            lines = row.details.get(name, [])
            shown[name] = [show(line, target, kinds, inner, number=at) for at, line in enumerate(lines, start=1)]
    shown["custom"] = _show_beyond(row, selection)
    if root:
        if selection.files:
            shown["files"] = [_show_file(row, name, root) for name in row.files]
        shown["_links"] = links(row, root)
    return shown


def links(row: Row, root: str) -> dict[str, str]:
    """Host-relative links, with the instance's directory."""
    form = FORMS[row.kind]
    return {
        "self": f"{root}/{row.kind}/{row.id}",
        "files:put": f"{root}/files/{form.graph}/{form.view}/{row.id}/{{filename}}",
    }


def _show_file(row: Row, name: str, root: str) -> dict[str, Any]:
    return {
        "id": row.id,
        "filename": name,
        "href": f"{root}/files/{row.id}/{name}",
        "comment": row.comments.get(name) or None,
    }


def _show_beyond(row: Row, selection: Selection) -> dict[str, Any]:
    shown: dict[str, dict[str, Any]] = {}
    for view, name in selection.beyond:
        value = row.beyond.get((canonical(view), name))
        if value is not None:
            shown.setdefault(view, {})[name] = {"type": custom_type(value), "value": show_value(value)}
    return shown


def custom_type(value: Value) -> str:
    """The type word of a custom field that holds `value`."""
    if isinstance(value, bool):
        return "CustomBooleanField"
    if isinstance(value, int):
        return "CustomIntField"
    if isinstance(value, Decimal):
        return "CustomDecimalField"
    if isinstance(value, date):
        return "CustomDateTimeField"
    return "CustomStringField"


def echo(draft: Row, change: Change, kinds: dict[str, Kind], root: str) -> dict[str, Any]:
    """The 422 body: the sent entity with errors at each level, and the record's words at the top."""
    shown = _echo(draft, change, kinds, 1)
    shown.setdefault("error", draft.error)
    shown["exceptionMessage"] = shown["error"]
    shown["exceptionType"] = OUTCOME_TYPE
    shown["_links"] = {"self": f"{root}/{draft.kind}/{draft.id}"}
    return shown


def _echo(draft: Row, change: Change | None, kinds: dict[str, Kind], number: int) -> dict[str, Any]:
    kind = kinds[draft.kind]
    sent = change.values if change else {}
    shown: dict[str, Any] = {"id": draft.id, "rowNumber": number}
    if draft.error:
        shown["error"] = draft.error
    keys = FORMS[draft.kind].keys if draft.kind in FORMS else ()
    for name in kind.fields:
        if name not in sent and name not in draft.errors and name not in keys:
            continue
        value = sent.get(name, draft.values.get(name))
        shown[name] = {} if value is None else {"value": show_value(value)}
        if name in draft.errors:
            shown[name]["error"] = draft.errors[name]
    for name, row in draft.linked.items():
        inner = change.linked.get(name) if change else None
        if inner or row.has_errors():
            shown[name] = _echo(row, inner, kinds, 1)
    for name, rows in draft.details.items():
        changes = _changes_of(rows, change.details.get(name, []) if change else [])
        if changes or any(row.has_errors() for row in rows):
            shown[name] = [_echo(row, changes.get(row.id), kinds, at) for at, row in enumerate(rows, start=1)]
    return shown


def _changes_of(rows: list[Row], changes: list[Change]) -> dict[str, Change]:
    """The sent line of each record; upsert has written the record's id into it."""
    ids = {row.id for row in rows}
    return {change.id: change for change in changes if change.id in ids}
