"""Drafts: documents that are not posted, by choice or because someone must approve them first (§5.2, §7)."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ml_connector.sandbox.sap_b1.declared.documents import DOCUMENT
from ml_connector.sandbox.sap_b1.desk import Desk, stamped
from ml_connector.sandbox.sap_b1.documents import changing, entry, kinds, posting
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Key, Row
from ml_connector.sandbox.sap_b1.errors import (
    enter_valid_code,
    no_matching_records,
    not_supported_action,
    not_updatable,
    validation,
)
from ml_connector.sandbox.sap_b1.merging import merged

TABLE = "ODRF"


def needs_approval(desk: Desk, kind: Kind, row: Row) -> bool:
    """Whether an approval template of the company matches."""
    if desk.opening is not None or kind.name not in str(desk.switches["approval_documents"]).split(","):
        return False
    over = desk.switches["approval_over"]
    return bool(desk.store.settings["approval"].get(row["CardCode"])) or (
        isinstance(over, int) and row["DocTotal"] > over
    )


def keep(desk: Desk, kind: Kind, row: Row, status: str) -> Row:
    """Store a checked document as a draft."""
    number = desk.store.next_number(TABLE)
    lines = [line | {"DocEntry": number} for line in row["DocumentLines"]]
    values: Row = {"DocEntry": number, "DocNum": number, "AuthorizationStatus": status, "DocumentLines": lines}
    return desk.store[TABLE].put(stamped(desk, row | values | {"DataVersion": None, "DocObjectCode": kind.object}))


def decide(desk: Desk, row: Row, status: str) -> Row:
    """What the authorizer says of a draft that waits."""
    if row["AuthorizationStatus"] != "dasPending":
        raise validation("Draft does not wait for approval  [ODRF.WddStatus]")
    return desk.store[TABLE].put(stamped(desk, row | {"AuthorizationStatus": status}))


def add(desk: Desk, row: Row, *, by_authorizer: bool = False) -> Row:
    """Turn a draft into its document. Raises -2028 when it must be approved first, which it then waits for."""
    kind = kinds.BY_OBJECT[row["DocObjectCode"]]
    if row["DocumentStatus"] != "bost_Open":
        raise validation("Draft is closed  [ODRF.DocStatus]")
    if row["AuthorizationStatus"] in ("dasPending", "dasRejected"):
        raise validation("Draft has not been approved  [ODRF.WddStatus]")
    made = entry.prepared(desk, kind, entry.as_sent(row, {}))
    if row["AuthorizationStatus"] == "dasWithout" and needs_approval(desk, kind, made):
        desk.store[TABLE].put(stamped(desk, row | {"AuthorizationStatus": "dasPending"}))
        raise no_matching_records(400)
    is_approved = row["AuthorizationStatus"] == "dasApproved"
    made |= {"DraftKey": row["DocEntry"], "AuthorizationStatus": "dasGenerated" if is_approved else "dasWithout"}
    posted = posting.post(desk, kind, made)
    status = "dasGeneratedbyAuthorizer" if by_authorizer else "dasGenerated"
    values: Row = {"DocumentStatus": "bost_Close", "AuthorizationStatus": status if is_approved else "dasWithout"}
    desk.store[TABLE].put(stamped(desk, row | values))
    return posted


class Drafts:
    """The entity set."""

    name = "Drafts"
    type = DOCUMENT
    table = TABLE

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.actions: Mapping[str, Callable[[Key, Row], Row | None]] = {"Close": self.close}

    def rows(self) -> list[Row]:
        """By DocEntry."""
        return self._desk.store[TABLE].rows()

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""
        row = self._desk.store[TABLE].find(key)
        if row is None:
            raise no_matching_records()
        return row

    def create(self, body: Row) -> Row:
        """Kept as it is; what is missing is asked for when it is posted."""
        kind = kinds.BY_OBJECT.get(body.get("DocObjectCode", ""))
        if kind is None:
            raise enter_valid_code(TABLE, "ObjType")
        return keep(
            self._desk, kind, entry.prepared(self._desk, kind, changing.unnumbered(body), lenient=True), "dasWithout"
        )

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """Everything, as long as nobody has to decide on it."""
        stored = self.get(key)
        row = merged(self.type, stored, body, whole=whole, replace_collections=replace_collections)
        if stored["AuthorizationStatus"] != "dasWithout" or stored["DocumentStatus"] != "bost_Open":
            changing.check_posted(stored, row)
        elif row["DocObjectCode"] != stored["DocObjectCode"]:
            raise not_updatable()
        else:
            kind = kinds.BY_OBJECT[stored["DocObjectCode"]]
            made = entry.prepared(self._desk, kind, entry.as_sent(row, body), lenient=True)
            row = made | {name: stored[name] for name in changing.IDENTITY}
        self._desk.store[TABLE].put(stamped(self._desk, row))

    def delete(self, key: Key) -> None:
        """Drafts can be deleted, unlike documents."""
        self.get(key)
        self._desk.store[TABLE].drop(key)

    def close(self, key: Key, body: Row) -> None:
        """Close an open draft."""
        row = self.get(key)
        if row["DocumentStatus"] != "bost_Open":
            raise not_supported_action()
        self._desk.store[TABLE].put(stamped(self._desk, row | {"DocumentStatus": "bost_Close"}))
