"""Calls to one endpoint of one Acumatica instance."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote

import httpx2
from msgspec import Struct, structs

from ml_connector.connectors.acumatica import failures, form
from ml_connector.connectors.acumatica.auth import CONNECTOR, LOG_OUT, SIGN_IN, SessionDoor
from ml_connector.connectors.acumatica.wire import Record
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.session import Session, Timeouts

READ_INSTANCE: Final = "instance.read"
CREATE_BILL: Final = "bills.create"
CHANGE_BILL: Final = "bills.change"
RELEASE_BILL: Final = "bills.release"
BILL_RELEASE_STATUS: Final = "bills.release_status"
REVERSE_BILL: Final = "bills.reverse"
BILL_REVERSE_STATUS: Final = "bills.reverse_status"
RELEASE_RETAINAGE: Final = "bills.release_retainage"
RETAINAGE_STATUS: Final = "bills.release_retainage_status"
HOLD_SUBCONTRACT: Final = "subcontracts.hold"
FREE_SUBCONTRACT: Final = "subcontracts.release_from_hold"
SUBCONTRACT_HOLD_STATUS: Final = "subcontracts.hold_status"
LIST_PERIODS: Final = "periods.list"
READ_PERIODS: Final = "periods.read"
_WORDS: Final = {
    "Bill": "bills",
    "Check": "checks",
    "Vendor": "vendors",
    "CostCode": "cost_codes",
    "PurchaseOrder": "purchase_orders",
    "Subcontract": "subcontracts",
}
LISTS: Final = {
    entity: f"{words}.list"
    for entity, words in {
        **_WORDS,
        "Account": "accounts",
        "Subaccount": "subaccounts",
        "AccountGroup": "account_groups",
        "Project": "projects",
        "ProjectTask": "tasks",
        "ProjectBudget": "budgets",
    }.items()
}
"""The name of the call that lists an entity."""
READS: Final = {entity: f"{words}.read" for entity, words in _WORDS.items()}
"""The name of the call that reads one record of an entity."""
_WRITTEN: Final = ("Vendor", "CostCode", "PurchaseOrder", "Subcontract")
CREATES: Final = {entity: f"{_WORDS[entity]}.create" for entity in _WRITTEN}
CHANGES: Final = {entity: f"{_WORDS[entity]}.change" for entity in _WRITTEN}
MUST_EXIST: Final = {"If-Match": "*"}
"""With these a PUT only changes; a record that is not there is a refusal with 412 (vendors/acumatica.md §4)."""
MUST_BE_NEW: Final = {"If-None-Match": "*"}
"""With these a PUT only creates; a record that is there is a refusal with 412."""
PRECONDITION: Final = 412
OPERATIONS: Final = (
    SIGN_IN,
    LOG_OUT,
    READ_INSTANCE,
    CREATE_BILL,
    CHANGE_BILL,
    RELEASE_BILL,
    BILL_RELEASE_STATUS,
    REVERSE_BILL,
    BILL_REVERSE_STATUS,
    RELEASE_RETAINAGE,
    RETAINAGE_STATUS,
    HOLD_SUBCONTRACT,
    FREE_SUBCONTRACT,
    SUBCONTRACT_HOLD_STATUS,
    LIST_PERIODS,
    READ_PERIODS,
    *LISTS.values(),
    *READS.values(),
    *CREATES.values(),
    *CHANGES.values(),
)
READ_SECONDS: Final = 60


class Query(Struct, frozen=True, kw_only=True):
    """What is asked of a list or a record; nothing is expanded by default."""

    filter: str = ""
    select: tuple[str, ...] = ()
    expand: tuple[str, ...] = ()
    custom: tuple[str, ...] = ()
    top: int | None = None
    skip: int = 0

    def params(self) -> dict[str, str]:
        """The query string's parameters."""
        named = {
            "$filter": self.filter,
            "$select": ",".join(self.select),
            "$expand": ",".join(self.expand),
            "$custom": ",".join(self.custom),
            "$top": "" if self.top is None else str(self.top),
            "$skip": str(self.skip or ""),
        }
        return {name: value for name, value in named.items() if value}


class Endpoint(Struct, frozen=True, kw_only=True):
    """One endpoint that an instance serves."""

    name: str
    version: str


class Instance(Struct, frozen=True, kw_only=True):
    """What `GET /entity` tells; `build` is empty on old builds."""

    build: str
    endpoints: tuple[Endpoint, ...]


class AcumaticaClient:
    """One connection, open for calls. Raises BadConfiguration when it is not certain which tenant it would reach."""

    def __init__(self, context: Context, *, transport: httpx2.BaseTransport | None = None) -> None:
        if wrong := form.tenant_complaint(context.settings):
            raise errors.BadConfiguration(wrong)
        self.settings = form.settings(context.settings)
        self._context = context
        self._door = SessionDoor(context, self.settings, transport)
        auth = self._door.auth()
        self._known = self._session(auth, transport)
        self._anonymous = self._session(None, transport)

    def __repr__(self) -> str:
        return f"AcumaticaClient({self.settings.base_url!r})"

    def close(self) -> None:
        """Close sockets. The API session stays, for other processes."""
        self._known.close()
        self._anonymous.close()

    def log_out(self) -> None:
        """Free the API session at the vendor."""
        self._door.log_out()

    def instance(self, *, signed_in: bool) -> Instance:
        """The instance's build and the endpoints that it serves; custom ones only for signed-in users."""
        session = self._known if signed_in else self._anonymous
        answer = session.call(READ_INSTANCE, "GET", "/entity", write=False)
        body = answer.decode(object)
        listed = body.get("endpoints") if isinstance(body, dict) else body
        if not isinstance(listed, list):
            raise answer.unreadable("there is no list of endpoints")
        version = body.get("version") if isinstance(body, dict) else None
        return Instance(
            build=str(version.get("acumaticaBuildVersion", "")) if isinstance(version, dict) else "",
            endpoints=tuple(
                Endpoint(name=str(entry.get("name", "")), version=str(entry.get("version", "")))
                for entry in listed
                if isinstance(entry, dict)
            ),
        )

    def find(self, operation: str, entity: str, query: Query) -> list[Record]:
        """The records of one list call, in the vendor's order. Raises kit.errors and failures.NotListable."""
        return self.page(operation, entity, query).decode(list[Record])

    def page(self, operation: str, entity: str, query: Query) -> Answer:
        """The same as an answer, which tells the vendor's time."""
        return self._call(operation, "GET", f"/{entity}", query)

    def walk(self, entity: str, query: Query) -> Iterator[Record]:
        """All records of an entity, page by page, each once.

        A page that is longer than asked for is everything there is (some releases ignore paging); one that holds
        nothing new means that `$skip` is ignored, which raises Unreadable.
        """
        operation, size, seen, skip = (LISTS[entity], self.settings.page_size, set[str](), 0)
        while True:
            page = self.find(operation, entity, structs.replace(query, top=size, skip=skip))
            new = [record for record in page if record.get("id") is None or record["id"] not in seen]
            seen.update(str(record["id"]) for record in new if record.get("id") is not None)
            yield from new
            if len(page) != size:
                return
            if not new:
                raise errors.Unreadable(f"{operation}: page after page is the same, {len(seen)} rows so far")
            skip += size

    def read(self, operation: str, entity: str, keys: Sequence[str], query: Query) -> Record:
        """One record by its key fields or its id. Raises NotFound."""
        place = "/".join(quote(key, safe="") for key in keys)
        return self._call(operation, "GET", f"/{entity}/{place}", query).decode(Record)

    def put(
        self, operation: str, entity: str, body: Record, query: Query, *, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Create a record (or change one, when the body holds its key), or only one of both, as `headers` say."""
        return self._call(operation, "PUT", f"/{entity}", query, body, headers)

    def act(self, operation: str, entity: str, action: str, body: Record, parameters: Record | None = None) -> Answer:
        """Run an action: 204 when it is done, 202 with a `Location` while it runs."""
        sent = {"entity": body} | ({"parameters": parameters} if parameters else {})
        return self._call(operation, "POST", f"/{entity}/{action}", Query(), sent)

    def action_status(self, operation: str, location: str) -> Answer:
        """The state of a running action: 202 or 204. Raises NotFound when the vendor no longer knows it."""
        path = self._known.path_of(location)
        return self._guarded(lambda: self._known.call(operation, "GET", path, write=False))

    def _call(
        self,
        operation: str,
        method: str,
        place: str,
        query: Query,
        body: Any = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        path, write, params = self.settings.entities + place, method != "GET", query.params() or None
        try:
            return self._guarded(
                lambda: self._known.call(
                    operation, method, path, params=params, json=body, headers=headers, write=write
                )
            )
        except errors.NotFound as missing:
            if missing.status == 404:
                self._check_endpoint(missing)
            raise

    def _guarded(self, call: Callable[[], Answer]) -> Answer:
        try:
            return call()
        except failures.LoginLimit as limit:
            raise self._door.limited(limit) from limit

    def _check_endpoint(self, missing: errors.NotFound) -> None:
        """A 404 may mean that the whole endpoint is not there. Raises BadConfiguration then."""
        served = self.instance(signed_in=True).endpoints
        wanted = Endpoint(name=self.settings.endpoint, version=self.settings.version)
        if is_served(wanted, served):
            return
        raise errors.BadConfiguration(
            not_served(wanted, served), operation=missing.operation, status=missing.status
        ) from missing

    def _session(self, auth: httpx2.Auth | None, transport: httpx2.BaseTransport | None) -> Session:
        branch = self.settings.branch
        return Session(
            self._context,
            self.settings.base_url,
            auth,
            connector=CONNECTOR,
            scope=self.settings.scope,
            timeouts=Timeouts(read=READ_SECONDS, write=self.settings.write_seconds),
            classify=failures.classify,
            headers={"PX-CbApiBranch": branch} if branch else None,
            decimals="number",
            transport=transport,
        )


def is_served(wanted: Endpoint, served: Sequence[Endpoint]) -> bool:
    """Whether the instance answers for this endpoint; addresses overlook capitals."""
    return any(entry.name.lower() == wanted.name.lower() and entry.version == wanted.version for entry in served)


def not_served(wanted: Endpoint, served: Sequence[Endpoint]) -> str:
    """Which versions there are instead of the wanted endpoint, and what to set."""
    same = sorted(entry.version for entry in served if entry.name.lower() == wanted.name.lower())
    if same:
        return (
            f"the instance does not serve endpoint {wanted.name} {wanted.version}: "
            f"set endpoint_version to one of {', '.join(same)}"
        )
    names = sorted({f"{entry.name} {entry.version}" for entry in served})
    return f"the instance has no endpoint named {wanted.name}: set endpoint and endpoint_version to one of {names}"
