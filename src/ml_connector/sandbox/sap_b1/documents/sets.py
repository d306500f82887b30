"""The entity sets of marketing documents."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from ml_connector.sandbox.sap_b1 import company_rules
from ml_connector.sandbox.sap_b1.declared.documents import DOCUMENT
from ml_connector.sandbox.sap_b1.desk import Desk, stamped
from ml_connector.sandbox.sap_b1.documents import changing, drafts, entry, kinds, posting
from ml_connector.sandbox.sap_b1.documents.kinds import Kind
from ml_connector.sandbox.sap_b1.edm import Key, Row
from ml_connector.sandbox.sap_b1.errors import no_matching_records, not_supported_action
from ml_connector.sandbox.sap_b1.merging import merged


class Documents:
    """One kind of marketing document."""

    type = DOCUMENT

    def __init__(self, desk: Desk, kind: Kind) -> None:
        self._desk = desk
        self._kind = kind
        self.name = kind.name
        self.table = kind.table
        self.actions: Mapping[str, Callable[[Key, Row], Row | None]] = {
            "Cancel": self.cancel,
            "Close": self.close,
            "Reopen": self.reopen,
            "CreateCancellationDocument": self.create_cancellation,
        }

    def rows(self) -> list[Row]:
        """By DocEntry."""
        return self._desk.store[self.table].rows()

    def get(self, key: Key) -> Row:
        """Raises 404 -2028."""
        row = self._desk.store[self.table].find(key)
        if row is None:
            raise no_matching_records()
        return row

    def create(self, body: Row) -> Row:
        """Post at once, or keep a draft for approval and raise -2028, which is all that the caller learns of it."""
        row = entry.prepared(self._desk, self._kind, changing.unnumbered(body))
        company_rules.ask(self._desk, str(self._kind.object_type), row)
        if drafts.needs_approval(self._desk, self._kind, row):
            drafts.keep(self._desk, self._kind, row, "dasPending")
            raise no_matching_records(400)
        return posting.post(self._desk, self._kind, row)

    def update(self, key: Key, body: Row, *, whole: bool, replace_collections: bool) -> None:
        """Everything on an open order; texts, due date and user fields on what is posted or closed."""
        stored = self.get(key)
        if self._kind is kinds.ORDER and stored["DocumentStatus"] == "bost_Open":
            row = merged(self.type, stored, body, whole=whole, replace_collections=replace_collections)
            row = changing.reentered(self._desk, self._kind, stored, row, body)
        else:
            row = merged(self.type, stored, body, whole=False, replace_collections=False)
            changing.check_posted(stored, row)
        company_rules.ask(self._desk, str(self._kind.object_type), row)
        self._desk.store[self.table].put(stamped(self._desk, row))

    def delete(self, key: Key) -> None:
        """Raises -5006."""
        self.get(key)
        raise not_supported_action()

    def cancel(self, key: Key, body: Row) -> None:
        """By a cancellation document, or for an order by a mark."""
        posting.cancel(self._desk, self._kind, self.get(key))

    def create_cancellation(self, key: Key, body: Row) -> Row:
        """The same, and the cancellation document is the answer; orders have none."""
        row = self.get(key)
        if self._kind is kinds.ORDER:
            raise not_supported_action()
        return posting.cancel(self._desk, self._kind, row)

    def close(self, key: Key, body: Row) -> None:
        """By hand: orders and receipts only; invoices close when they are paid."""
        row = self.get(key)
        if self._kind.sign:
            raise not_supported_action()
        posting.close(self._desk, self._kind, row)

    def reopen(self, key: Key, body: Row) -> None:
        """The opposite of close."""
        row = self.get(key)
        if self._kind.sign:
            raise not_supported_action()
        posting.reopen(self._desk, self._kind, row)
