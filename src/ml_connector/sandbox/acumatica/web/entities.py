"""The entity calls of the endpoint: lists, records, PUT, PATCH, DELETE, files (vendors/acumatica.md §5-§7)."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from msgspec import Struct

from ml_connector.sandbox.acumatica import contention, envelope, periods, saving
from ml_connector.sandbox.acumatica.contract import FORMS, Kind, kinds
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.entities.registry import RULES
from ml_connector.sandbox.acumatica.errors import Fault, FieldErrors, not_found
from ml_connector.sandbox.acumatica.odata import filters, selection
from ml_connector.sandbox.acumatica.odata.lexer import BadFilter
from ml_connector.sandbox.acumatica.odata.selection import Selection
from ml_connector.sandbox.acumatica.payables import applications
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.rules import Rules
from ml_connector.sandbox.kit.http import Answer, Call, json_answer

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Place(Struct, frozen=True):
    """Where a call goes: the entity as the endpoint's version has it, and the endpoint's host-relative base."""

    kind: Kind
    version: int
    root: str

    @property
    def kinds(self) -> dict[str, Kind]:
        """All entities of the version."""
        return kinds(self.version)

    @property
    def rules(self) -> Rules:
        """The entity's rules."""
        return RULES[self.kind.name]


def read_list(desk: Desk, place: Place, query: Mapping[str, str]) -> Answer:
    """GET /{Entity}: a bare array, in key order."""
    chosen = selection.read(query, place.kind, place.kinds)
    skip, top = selection.window(query)
    _check_optimized(desk, place, chosen)
    test = condition(desk, place, query)
    rows = [row for row in desk.store[place.kind.name] if _seen(desk, row) and (test is None or test(row))]
    rows = rows[skip:] if top is None else rows[skip : skip + top]
    governor = desk.switches.number("row_limit")
    if governor and len(rows) > governor:
        text = "The request exceeds the limit of rows that the SQL governor allows."
        raise Fault(500, text, "PX.Data.PXSqlLimitException")
    blank = _members(desk, place, "empty_in_lists")
    return json_answer([_blanked(_show(desk, place, row, chosen, at), blank) for at, row in enumerate(rows, start=1)])


def read_one(desk: Desk, place: Place, keys: str, query: Mapping[str, str]) -> Answer:
    """GET /{Entity}/{keys or guid}."""
    chosen = selection.read(query, place.kind, place.kinds)
    return json_answer(_show(desk, place, by_keys(desk, place, keys), chosen, 1))


def put(
    desk: Desk, place: Place, body: object, query: Mapping[str, str], headers: Mapping[str, str], *, patch: bool
) -> Answer:
    """PUT (insert or update) and PATCH. Raises Fault, FieldErrors."""
    change = envelope.read_change(body, place.kind, place.kinds)
    chosen = selection.read(query, place.kind, place.kinds)
    try:
        row = saving.save(
            desk,
            place.rules,
            change,
            match=condition(desk, place, query),
            insert_only=headers.get("if-none-match", "").strip() == "*",
            update_only=headers.get("if-match", "").strip() == "*",
            patch=patch,
        )
    except FieldErrors as refused:
        echoed = envelope.echo(refused.draft, change, place.kinds, place.root)
        if not desk.switches.on("echo_names_exception"):
            echoed = {name: value for name, value in echoed.items() if not name.startswith("exception")}
        return json_answer(echoed, status=422)
    if desk.switches.on("sparse_put_answers"):
        shown = set(change.values) | set(FORMS[place.kind.name].keys) | (chosen.fields or set())
        chosen = Selection(frozenset(shown), chosen.below, chosen.beyond, chosen.files)
    return json_answer(_show(desk, place, row, chosen, 1))


def delete(desk: Desk, place: Place, keys: str) -> Answer:
    """DELETE /{Entity}/{keys or guid}."""
    row = by_keys(desk, place, keys)
    contention.claim(desk, row)
    if place.rules.erase is not None:
        place.rules.erase(desk, row)
    desk.store.drop(row)
    return Answer(status=204)


def put_file(desk: Desk, place: Place, keys: str, name: str, call: Call) -> Answer:
    """Attach a file: 204 with where it can be read."""
    row = by_keys(desk, place, keys)
    return attach(desk, row, name, call, place.root)


def attach(desk: Desk, row: Row, name: str, call: Call, root: str) -> Answer:
    """Keep the raw bytes and the comment of the header."""
    row.files[name] = call.body
    row.comments[name] = call.headers.get("px-cbfilecomment", "")
    desk.store.touch(row)
    return Answer(status=204, headers={"Location": f"{root}/files/{row.id}/{name}"})


def ad_hoc_schema(place: Place) -> Answer:
    """GET /{Entity}/$adHocSchema: the form fields that can be set beyond the contract, as a template."""
    custom: dict[str, dict[str, Any]] = {}
    for view, field in sorted(place.rules.writable_beyond):
        word = "CustomDecimalField" if "Amt" in field or "Pct" in field else "CustomStringField"
        custom.setdefault(view, {})[field] = {"type": word}
    return json_answer({"custom": custom})


def by_keys(desk: Desk, place: Place, keys: str) -> Row:
    """The record of a path: note id, or key values parted by slashes or bars. Raises Fault (500) when missing."""
    table = desk.store[place.kind.name]
    row = table.by_id(keys) if _GUID.fullmatch(keys) else table.find(*re.split(r"[/|]", keys))
    if row is None or not _seen(desk, row):
        raise not_found()
    return row


def _seen(desk: Desk, row: Row) -> bool:
    """Archived records are shown only to those who ask (§4)."""
    return desk.archived or not row.archived


def condition(desk: Desk, place: Place, query: Mapping[str, str]) -> Callable[[Row], bool] | None:
    """The test of $filter. Raises Fault for one that cannot be read."""
    text = query.get("$filter", "").strip()
    if not text:
        return None
    leniency = filters.Leniency(
        bare_decimals=desk.switches.on("bare_decimals"),
        exact_case=desk.switches.on("exact_case"),
        cross_view_and_is_empty=desk.switches.on("cross_view_and_is_empty"),
    )
    try:
        return filters.compile_filter(text, place.kind, place.kinds, leniency)
    except filters.UnknownField as unknown:
        raise Fault(int(str(desk.switches["unknown_filter_status"])), str(unknown), _ODATA) from None
    except BadFilter as bad:
        raise Fault(500, str(bad), _ODATA) from None


_ODATA = "Microsoft.Data.OData.ODataException"


def _show(desk: Desk, place: Place, row: Row, chosen: Selection, number: int) -> dict[str, Any]:
    if row.kind == "Bill" and chosen.below:
        applications.refresh(desk, row)
    shown = envelope.show(row, place.kind, place.kinds, chosen, place.root, number)
    if desk.switches.on("post_period_dash") and shown.get("PostPeriod"):
        shown["PostPeriod"] = {"value": periods.shown(shown["PostPeriod"]["value"], dash=True)}
    if desk.switches.on("extra_keys"):
        shown["_workflowActions"] = []
    return shown


def _check_optimized(desk: Desk, place: Place, chosen: Selection) -> None:
    for member in _members(desk, place, "unoptimized"):
        if member in chosen.below:
            text = "Optimization cannot be performed.The following fields cause the error:\r\n"
            raise Fault(500, f"{text}{member}: View {member} has BQL delegate")


def _members(desk: Desk, place: Place, switch: str) -> list[str]:
    """The members of this entity that a switch names as Entity.Member."""
    pairs = [part.strip().partition(".") for part in str(desk.switches[switch]).split(",")]
    return [member for entity, _, member in pairs if entity == place.kind.name]


def _blanked(shown: dict[str, Any], members: list[str]) -> dict[str, Any]:
    for member in members:
        if member in shown:
            shown[member] = [] if isinstance(shown[member], list) else {}
    return shown
