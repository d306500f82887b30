"""Calls to one company through one Service Layer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import parse_qs, urlsplit

import httpx2
from msgspec import Struct, structs

from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.session import Session, Timeouts
from ml_connector.connectors.sap_b1 import batch, failures, form
from ml_connector.connectors.sap_b1.auth import CONNECTOR, LOG_IN, LOG_OUT, SessionDoor
from ml_connector.connectors.sap_b1.wire import BadRecord, Record

INVOICES: Final = "PurchaseInvoices"
CREDITS: Final = "PurchaseCreditNotes"
ORDERS: Final = "PurchaseOrders"
JOURNALS: Final = "JournalEntries"
_WORDS: Final = {
    INVOICES: "purchase_invoices",
    CREDITS: "credit_notes",
    ORDERS: "purchase_orders",
    JOURNALS: "journals",
}
LISTS: Final = {
    entity: f"{words}.list"
    for entity, words in {
        **_WORDS,
        "Drafts": "drafts",
        "BusinessPartners": "business_partners",
        "ChartOfAccounts": "accounts",
        "ProfitCenters": "profit_centers",
        "Projects": "projects",
        "Currencies": "currencies",
        "UserFieldsMD": "user_fields",
    }.items()
}
"""The name of the call that lists an entity."""
CREATES: Final = {entity: f"{words}.create" for entity, words in _WORDS.items()} | {
    "UserFieldsMD": "user_fields.create"
}
CANCELS: Final = {entity: f"{words}.cancel" for entity, words in _WORDS.items() if entity != JOURNALS}
REVERSE_JOURNAL: Final = "journals.reverse"
CREATE_SEVERAL: Final = "documents.create"
SERVICES: Final = {
    "CompanyService_GetCompanyInfo": "company.read",
    "CompanyService_GetAdminInfo": "company.settings",
    "CompanyService_GetPeriods": "periods.list",
    "CompanyService_GetFinancePeriods": "periods.read",
}
SERVER: Final = "server.ping"
OPERATIONS: Final = (
    LOG_IN,
    LOG_OUT,
    SERVER,
    CREATE_SEVERAL,
    REVERSE_JOURNAL,
    *SERVICES.values(),
    *LISTS.values(),
    *CREATES.values(),
    *CANCELS.values(),
)
READ_SECONDS: Final = 60
_PAUSES: Final = (0.5, 2.0)
"""Seconds before a call is repeated that SAP did not begin (vendors/sap_b1.md §2)."""


class Query(Struct, frozen=True, kw_only=True):
    """What is asked of a list. `page` is the size of its pages, 0 for everything in one answer."""

    filter: str = ""
    select: tuple[str, ...] = ()
    order: str = ""
    top: int | None = None
    page: int = 0

    def params(self) -> dict[str, str]:
        """The query string's parameters."""
        named = {
            "$filter": self.filter,
            "$select": ",".join(self.select),
            "$orderby": self.order,
            "$top": "" if self.top is None else str(self.top),
        }
        return {name: value for name, value in named.items() if value}


class SapClient:
    """One connection, open for calls."""

    def __init__(self, context: Context, *, transport: httpx2.BaseTransport | None = None) -> None:
        self.settings = form.settings(context.settings)
        self.context = context
        self._door = SessionDoor(context, self.settings, transport)
        self._known = self._session(self._door.auth(), transport)
        self._anonymous = self._session(None, transport)

    def __repr__(self) -> str:
        return f"SapClient({self.settings.base_url!r}, {self.settings.company!r})"

    def close(self) -> None:
        """Close sockets. The session stays, for other processes."""
        self._known.close()
        self._anonymous.close()

    def log_out(self) -> None:
        """End the session at the vendor."""
        self._door.log_out()

    @property
    def session_id(self) -> str:
        """What names the present session, "" before the first call. A secret."""
        token = self.context.tokens.read()
        return token.access if token else ""

    def knock(self) -> None:
        """Ask whether anybody is there; raises kit.errors, of which those with a status are an answer too."""
        self._anonymous.call(SERVER, "GET", "/ping/", write=False)

    def service(self, name: str, body: Record | None = None) -> Record:
        """What a service call that only reads answers."""
        return self._call(SERVICES[name], "POST", f"/{name}", body=body, write=False).decode(Record)

    def find(self, entity: str, query: Query) -> list[Record]:
        """All records of a list, page by page; `$skip` and the page size are stated on every page (§6)."""
        return list(self.walk(entity, query))

    def walk(self, entity: str, query: Query) -> Iterator[Record]:
        """The same one by one. Raises Unreadable when pages lead nowhere."""
        params, seen = query.params(), set[str]()
        headers = {"Prefer": f"odata.maxpagesize={query.page}"}
        while True:
            body = self._call(LISTS[entity], "GET", f"/{entity}", params=params, headers=headers).decode(Record)
            rows = body.get("value")
            if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows):
                raise BadRecord(f"{entity}: the answer holds no list of records")
            yield from rows
            following = _following(body)
            if not following or query.top is not None:
                return
            if str(following) in seen:
                raise errors.Unreadable(f"{LISTS[entity]}: the same page comes again and again, {following}")
            seen.add(str(following))
            params = {**query.params(), **following}

    def everything(self, entity: str, query: Query) -> list[Record]:
        """A list with the connection's page size, in the order of `query.order`."""
        return self.find(entity, structs.replace(query, page=self.settings.page_size))

    def create(self, operation: str, entity: str, body: Record) -> Answer:
        """Create one record."""
        return self._call(operation, "POST", f"/{entity}", body=body, write=True)

    def create_several(self, bodies: Sequence[tuple[str, Record]]) -> list[Answer]:
        """Create records of these entities, in order, each undone alone when it fails.

        Returns an answer per record that was tried: nothing behind the first that failed was.
        """
        parts = [batch.Part(path=f"{self.settings.root}/{entity}", body=body) for entity, body in bodies]
        request = batch.written(parts)
        answer = self._guarded(
            lambda: self._known.call(
                CREATE_SEVERAL,
                "POST",
                f"{self.settings.root}/$batch",
                content=request.content,
                headers=request.headers,
                write=True,
            )
        )
        return batch.answers(answer)

    def cancel(self, entity: str, key: int) -> None:
        """Cancel a document, which makes its counter-document (vendors/sap_b1.md §5.1)."""
        self._call(CANCELS[entity], "POST", f"/{entity}({key})/Cancel", write=True)

    def judged(self, answer: Answer) -> errors.VendorError | None:
        """What follows from one part's answer, None when it was done."""
        if 200 <= answer.status < 300:
            return None
        return failures.classify(answer, self.context.connection) or failures.in_batch(answer)

    def _call(
        self,
        operation: str,
        method: str,
        place: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
        write: bool = False,
    ) -> Answer:
        path = self.settings.root + place
        return self._guarded(
            lambda: self._known.call(
                operation, method, path, params=params or None, json=body, headers=headers, write=write
            )
        )

    def _guarded(self, call: Callable[[], Answer]) -> Answer:
        """The call's answer; one that the server did not begin is repeated after a pause."""
        for pause in _PAUSES:
            try:
                return call()
            except failures.NotBegun:
                self.context.clock.sleep(pause)
        return call()

    def _session(self, auth: httpx2.Auth | None, transport: httpx2.BaseTransport | None) -> Session:
        return Session(
            self.context,
            self.settings.base_url,
            auth,
            connector=CONNECTOR,
            scope=self.settings.scope,
            timeouts=Timeouts(read=READ_SECONDS, write=form.LONGEST_WRITE),
            classify=failures.reader(self.context.connection),
            decimals="number",
            trust=self.settings.trust,
            transport=transport,
        )


def _following(body: Record) -> dict[str, str]:
    """Where the next page begins: only that is taken from a link, which may lack the rest of the question (§6)."""
    link = body.get("@odata.nextLink") or body.get("odata.nextLink")
    if not isinstance(link, str):
        return {}
    asked = parse_qs(urlsplit(link).query)
    return {name: asked[name][0] for name in ("$skip", "$skiptoken") if name in asked}
