"""What the web layer knows of a kind of record: where it is, how it is read, filtered and written."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.errors import not_found
from ml_connector.sandbox.visma_net.records import Record, Values
from ml_connector.sandbox.visma_net.web.fields import Fields
from ml_connector.sandbox.visma_net.web.query import Query

Keep = Callable[[Record], bool]


def _everything(desk: Desk, query: Query) -> Keep:
    return query.changed


class Entity(Struct, frozen=True, kw_only=True):
    """`show` gets the query of a list, None for a single record. `create` stores a new record.

    `apply` fills a draft from what was sent and checks it; `settled` sees the record once the draft is taken.
    """

    path: str
    kind: str
    noun: str
    show: Callable[[Desk, Record, Query | None], Values]
    keep: Callable[[Desk, Query], Keep] = _everything
    fields: Fields = {}
    create: Callable[[Desk, Values], Record] | None = None
    apply: Callable[[Desk, Record, Values], None] | None = None
    settled: Callable[[Desk, Record], None] | None = None
    paged: bool = True

    def get(self, desk: Desk, key: str) -> Record:
        """Raises Refused with 404."""
        record = desk.find(self.kind, key)
        if record is None:
            raise not_found(f"{self.noun.capitalize()} '{key}'")
        return record

    def change(self, desk: Desk, record: Record, sent: Values) -> None:
        """All or nothing. Raises Refused."""
        assert self.apply is not None
        draft = record.draft()
        self.apply(desk, draft, sent)
        record.take(draft)
        desk.company.touch(record)
        if self.settled is not None:
            self.settled(desk, record)


def same(query: Query, **wanted: str) -> Callable[[Record], bool]:
    """Whether the record's values (keyword) equal the query's parameters (its value), without regard to case."""
    asked = {name: text.lower() for name, param in wanted.items() if (text := query.text(param)) is not None}
    return lambda record: all(str(record[name] or "").lower() == text for name, text in asked.items())
