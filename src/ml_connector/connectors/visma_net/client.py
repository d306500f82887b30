"""Calls to one company of Visma.net ERP."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import httpx2
from msgspec import Struct

from ml_connector.connectors.kit import classify, errors, paging
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.session import Session, Timeouts
from ml_connector.connectors.kit.transport import Rate
from ml_connector.connectors.visma_net import company_check, failures, form, wire
from ml_connector.connectors.visma_net.addresses import address_of, number_of
from ml_connector.connectors.visma_net.auth import CONNECTOR, SIGN_IN, TenantLogin, names_tenant
from ml_connector.connectors.visma_net.etags import Etags, Stored, etag_of, etags_of
from ml_connector.connectors.visma_net.wire import BadRecord, Record

SUPPLIERS: Final = "/v1/supplier"
INVOICES: Final = "/v1/supplierInvoice"
ORDERS: Final = "/v1/purchaseorder"
JOURNALS: Final = "/v2/journaltransaction"
ACCOUNTS: Final = "/v1/account"
SUBACCOUNTS: Final = "/v1/subaccount"
DIMENSIONS: Final = "/v1/dimension"
PROJECTS: Final = "/v1/project"
TASKS: Final = "/v1/projecttask"
BUDGETS: Final = "/v1/projectbudget"
PERIODS: Final = "/v1/financialPeriod"
BRANCHES: Final = "/v1/branch"
CURRENCIES: Final = "/v1/currency"
VAT: Final = "/v1/vat"
ORGANISATIONS: Final = company_check.ORGANISATIONS
SUBSCRIPTIONS: Final = "/v1/subscription"
EVENTS: Final = "/v1/event"
_WORDS: Final = {
    SUPPLIERS: "suppliers",
    INVOICES: "supplier_invoices",
    ORDERS: "purchase_orders",
    JOURNALS: "journals",
    ACCOUNTS: "accounts",
    SUBACCOUNTS: "subaccounts",
    DIMENSIONS: "dimensions",
    PROJECTS: "projects",
    TASKS: "tasks",
    BUDGETS: "budgets",
    PERIODS: "periods",
    BRANCHES: "branches",
    CURRENCIES: "currencies",
    VAT: "vat_codes",
    SUBSCRIPTIONS: "subscriptions",
    EVENTS: "events",
}
LISTS: Final = {path: f"{words}.list" for path, words in _WORDS.items() if path != DIMENSIONS}
"""The name of the call that lists an entity."""
READS: Final = {path: f"{_WORDS[path]}.read" for path in (SUPPLIERS, INVOICES, ORDERS, JOURNALS, DIMENSIONS)}
CREATES: Final = {path: f"{_WORDS[path]}.create" for path in (SUPPLIERS, JOURNALS, SUBSCRIPTIONS)}
CHANGES: Final = {path: f"{_WORDS[path]}.change" for path in (SUPPLIERS, DIMENSIONS, SUBSCRIPTIONS)}
RELEASE_JOURNAL: Final = "journals.release"
REVERSE_JOURNAL: Final = "journals.reverse"
RELEASE_REVERSAL: Final = "journals.release_reversal"
BACKGROUND: Final = "background.state"
BACKGROUND_CONTENT: Final = "background.content"
OPERATIONS: Final = (
    SIGN_IN,
    company_check.OPERATION,
    *LISTS.values(),
    *READS.values(),
    *CREATES.values(),
    *CHANGES.values(),
    RELEASE_JOURNAL,
    REVERSE_JOURNAL,
    RELEASE_REVERSAL,
    BACKGROUND,
    BACKGROUND_CONTENT,
)
_PAUSES: Final = (0.2, 0.4, 0.8, 1.6)
"""Seconds between looks at an answer that is made in the background; a write that takes longer is looked up."""
_LINES: Final = "journalTransactionLines"


class Listed(Struct, frozen=True, kw_only=True):
    """One page of a list: its rows, how much of it was seen so far, and whether there is more.

    Journals are counted by their lines, everything else by rows.
    """

    records: list[Record]
    seen: int
    more: bool


class VismaClient:
    """One connection, open for calls. Raises BadConfiguration when it is not certain which company it would reach."""

    def __init__(self, context: Context, *, transport: httpx2.BaseTransport | None = None) -> None:
        if wrong := form.isolation_complaint(context.settings):
            raise errors.BadConfiguration(wrong)
        self.settings = form.settings(context.settings)
        self.context = context
        self.rate: Rate | None = None
        """What the last answer told of the hour's window."""
        self.answered: datetime | None = None
        """When the vendor answered last, by its own clock (`Date`)."""
        self._login = TenantLogin(context, self.settings, transport)
        self._auth = self._login.auth()
        self._session = Session(
            context,
            self.settings.base_url,
            self._auth,
            connector=CONNECTOR,
            scope=self.settings.scope,
            timeouts=Timeouts(read=90, write=form.LONGEST_WRITE),
            classify=failures.classify,
            rates=self._rate,
            headers={"ipp-company-id": self.settings.company, "ipp-application-type": "Visma.net Financials"},
            decimals="number",
            transport=transport,
        )

    def __repr__(self) -> str:
        return f"VismaClient({self.settings.base_url!r}, company {self.settings.company})"

    def close(self) -> None:
        """Close sockets."""
        self._session.close()

    def log_out(self) -> None:
        """Forget the token; there are no sessions at the vendor (vendors/visma_net.md §3)."""
        self.context.tokens.drop()

    @property
    def etags(self) -> Etags:
        """The row versions of this company that this process has seen."""
        return etags_of((self.settings.base_url, self.settings.tenant, self.settings.company))

    def page(self, path: str, params: Mapping[str, str], *, number: int = 1, seen: int = 0) -> Listed:
        """Page `number` of a list; `seen` is what the pages before it held.

        The vendor cuts pages down as it likes and tells in each row how many there are (vendors/visma_net.md §7).
        """
        asked = {**params, "pageNumber": str(number), "pageSize": str(self.settings.page_size)}
        records = self.find(path, asked)
        total, largest = wire.metadata(records)
        counted = sum(_size(path, record) for record in records)
        size = min(self.settings.page_size, largest or self.settings.page_size)
        after = seen + counted
        more = bool(records) and (after < total if total is not None else largest is not None and counted >= size)
        return Listed(records=records, seen=after, more=more)

    def everything(self, path: str, params: Mapping[str, str] | None = None) -> list[Record]:
        """All rows of a paged list, each once; journals are put together from their parts."""
        found: list[Record] = []
        number, seen = 1, 0
        while True:
            listed = self.page(path, params or {}, number=number, seen=seen)
            found += listed.records
            if not listed.more:
                return merged(found) if path == JOURNALS else found
            number, seen = number + 1, listed.seen

    def find(self, path: str, params: Mapping[str, str] | None = None) -> list[Record]:
        """The rows of one list call; row versions are noted."""
        answer = self._call(LISTS[path], "GET", path, params=params)
        found = answer.decode(object)
        try:
            records = wire.objects(found, "the list")
        except BadRecord as problem:
            raise answer.unreadable(problem.message) from None
        if path == SUPPLIERS:
            for record in records:
                self.etags.note(
                    path + address_of(wire.text(record, "number")), Stored(record=record, etag=etag_of(record))
                )
        return records

    def read(self, path: str, key: str, *more: str) -> Stored:
        """One record as it is now. Raises NotFound."""
        place = path + address_of(key, *more)
        answer = self._call(READS[path], "GET", place)
        record = answer.decode(Record)
        stored = Stored(record=record, etag=answer.headers.get("etag") or etag_of(record))
        if path in CHANGES:
            self.etags.note(place, stored)
        return stored

    def known(self, path: str, key: str, *more: str) -> Stored | None:
        """A record with its row version as this process saw it last, perhaps outdated: only good with If-Match."""
        return self.etags.known(path + address_of(key, *more))

    def create(self, operation: str, path: str, body: Record) -> tuple[str, Answer]:
        """Make a record; its number is the last part of the answer's `Location`, whatever host that names (§12).

        Raises AnswerLost when the answer does not tell it.
        """
        answer = self._call(operation, "POST", path, json=body)
        number = number_of(answer.headers.get("location", ""))
        if not number:
            raise answer.unreadable("it does not tell the number of what was made")
        return number, answer

    def change(self, operation: str, place: str, body: Record, etag: str) -> Answer:
        """Change a record if nobody else has since `etag`. Raises failures.Changed."""
        try:
            answer = self._call(operation, "PUT", place, json=body, headers={"If-Match": etag} if etag else {})
        except errors.VendorError:
            self.etags.forget(place)
            raise
        self.etags.forget(place)  # what was stored is read before it is relied on
        return answer

    def act(self, operation: str, place: str, action: str) -> Answer:
        """Run an action on a record."""
        return self._call(operation, "POST", f"{place}/action/{action}", json={})

    def send(self, operation: str, method: str, path: str, body: Record | None = None) -> Answer:
        """Any other call."""
        return self._call(operation, method, path, json=body)

    def sign_in(self) -> str:
        """Have a token that is good for a while, and say whom it speaks for."""
        named = names_tenant(self._auth.token().access)
        told = "as the token says" if named else "which the token does not say itself"
        return f"a token for tenant {self.settings.tenant}, {told}"

    def check_company(self) -> str:
        """Make sure that the company which answers is the connection's, and say what it is called."""
        return company_check.check(self._session, self.settings)

    def _call(
        self,
        operation: str,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        json: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        company_check.ensure(self._session, self.settings, self._login.placed or self._auth.token().access)
        write = method != "GET"
        answer = self._session.call(operation, method, path, params=params, json=json, headers=headers, write=write)
        self.answered = answer.date or self.answered
        return self._awaited(answer) if answer.status == 202 else answer

    def _awaited(self, accepted: Answer) -> Answer:
        """The answer that the vendor makes in the background (vendors/visma_net.md §8)."""
        told = accepted.decode(Record)
        request = wire.text(told, "id") or number_of(wire.text(told, "stateLocation"))
        if not request:
            raise accepted.unreadable("it is worked on in the background, but nothing tells where to ask")
        for pause in _PAUSES:
            self.context.clock.sleep(pause)
            state = self._asked(accepted, BACKGROUND, f"/v1/background{address_of(request)}").decode(Record)
            if wire.text(state, "status") in ("Finished", "Failed"):
                return self._finished(accepted, request, state)
        if accepted.write:
            raise accepted.unreadable("it is still worked on in the background")
        text = f"{accepted.operation}: the answer is still made in the background"
        raise errors.TryLater(text, after=timedelta(seconds=30), operation=accepted.operation)

    def _asked(self, accepted: Answer, operation: str, path: str) -> Answer:
        """What the background tells. A write that was accepted may be done, whatever becomes of asking after it."""
        try:
            return self._session.call(operation, "GET", path, write=False)
        except errors.VendorError as problem:
            if accepted.write:
                raise accepted.unreadable(f"it is worked on in the background, but {problem.message}") from problem
            raise

    def _finished(self, accepted: Answer, request: str, state: Record) -> Answer:
        body = b""
        if wire.flag(state, "hasResponseContent"):
            body = self._asked(accepted, BACKGROUND_CONTENT, f"/v1/background{address_of(request)}/content").body
        told = state.get("responseHeaders")
        headers = {str(name).lower(): _one(value) for name, value in told.items()} if isinstance(told, dict) else {}
        answer = Answer(
            operation=accepted.operation,
            write=accepted.write,
            status=wire.whole(state, "statusCode") or 500,
            headers=headers,
            body=body,
        )
        if answer.status < 300:
            return answer
        raise failures.classify(answer) or classify.default(answer, self.context.clock.now())

    def _rate(self, headers: Mapping[str, str]) -> Rate | None:
        """The hour's window as every answer tells it (vendors/visma_net.md §10)."""
        remaining = paging.number(headers, "x-ratelimit-remaining")
        reset = paging.number(headers, "x-ratelimit-reset")
        if remaining is None or reset is None:
            return None
        self.rate = Rate(remaining=remaining, resets=self.context.clock.now() + timedelta(seconds=reset))
        return self.rate


def merged(parts: Sequence[Record]) -> list[Record]:
    """Batches put together from the parts that came on several pages, by module and number (§6.4)."""
    found: dict[tuple[str, str], Record] = {}
    lines: dict[tuple[str, str], dict[str, Record]] = {}
    for part in parts:
        key = wire.text(part, "module"), wire.text(part, "batchNumber")
        found[key] = part
        numbered = {wire.text(line, "lineNumber"): line for line in wire.rows(part, _LINES)}
        lines[key] = lines.get(key, {}) | numbered
    return [{**record, _LINES: list(lines[key].values())} for key, record in found.items()]


def _size(path: str, record: Record) -> int:
    return len(wire.rows(record, _LINES)) if path == JOURNALS else 1


def _one(value: Any) -> str:
    return str(value[0] if isinstance(value, list) and value else value)
