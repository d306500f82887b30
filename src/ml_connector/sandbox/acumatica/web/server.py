"""The instance as the kit serves it: routes a call, applies limits, turns errors into answers."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, ClassVar

from ml_connector.sandbox.acumatica import books, push, seed
from ml_connector.sandbox.acumatica.access.limits import Declined, Figures, Limits
from ml_connector.sandbox.acumatica.access.oauth import Account, Client, Rules
from ml_connector.sandbox.acumatica.access.sessions import Session
from ml_connector.sandbox.acumatica.contract import FORMS, NEWEST, kinds
from ml_connector.sandbox.acumatica.desk import Desk
from ml_connector.sandbox.acumatica.envelope import show
from ml_connector.sandbox.acumatica.errors import Fault, FieldErrors, business, malformed, no_such_resource
from ml_connector.sandbox.acumatica.odata.selection import Selection, everything
from ml_connector.sandbox.acumatica.operations import Operations
from ml_connector.sandbox.acumatica.people.acts import acts
from ml_connector.sandbox.acumatica.rows import Row
from ml_connector.sandbox.acumatica.seed_documents import Documents
from ml_connector.sandbox.acumatica.store import Store
from ml_connector.sandbox.acumatica.switches import SWITCHES
from ml_connector.sandbox.acumatica.web import actions, entities, swagger
from ml_connector.sandbox.acumatica.web.entities import Place
from ml_connector.sandbox.acumatica.web.gate import Gate
from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.deliveries import Retries
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switch
from ml_connector.sandbox.kit.vendor import Act, Entities, Vendor
from ml_connector.sandbox.month.facts import Month

DIRECTORY = "/inst"
BUILD = "25.093.0036"
TENANT = "U100"
CLIENT = Client("8e0761d9-53c4-4f2b-9d0a-6a1f6c0b7e21", TENANT, "sandbox-acumatica-secret")
USERNAME, PASSWORD = "connector", "sandbox-password"
PERSON = "admin"
WEBHOOK_HEADER = "X-Webhook-Secret"
TOKEN_SECONDS = 3600
_GRANTS = ["authorization_code", "password", "refresh_token"]


class Acumatica(Vendor):
    """One instance with one tenant that is used."""

    name: ClassVar[str] = "acumatica"
    known_switches: ClassVar[tuple[Switch, ...]] = SWITCHES

    def load(self, month: Month) -> None:
        """Forget everything and hold the month."""
        self.store = Store(self.clock.now)
        self.set_up = seed.set_up(month)
        self.gate = Gate(CLIENT, {USERNAME: Account(PASSWORD), PERSON: Account(PASSWORD)}, self.switches)
        self.limits = Limits()
        self.operations = Operations()
        self._line_ids_of = ""
        self.push = push.Push(self.store, self.deliveries, self.switches, TENANT)
        seed.lists(self.store, month, self.set_up)
        Documents(self.desk(), month).write()
        self.store.changes()

    def desk(self, branch: str = "", today: date | None = None, user: str = PERSON) -> Desk:
        """A place to work at, today and in the main branch unless said otherwise."""
        day = today or self.clock.now().date()
        return Desk(self.store, self.set_up, self.switches, day, branch or self.set_up.branch, user)

    # calls

    def answer(self, call: Call) -> Answer:
        """Serve one call; its changes are one transaction for the notifications."""
        now = self.clock.now()
        self.operations.settle(now)
        self.gate.sessions.sweep(now, self.switches.number("session_idle_seconds"))
        try:
            answer = self._route(call)
        except FieldErrors as refused:
            answer = json_answer(business(str(refused)).body(), status=422)
        except Fault as fault:
            answer = self._fault(fault)
        except Declined as declined:
            answer = json_answer({"message": str(declined)}, status=429)
        self.push.publish(self.store.changes(), now)
        return answer

    def _fault(self, fault: Fault) -> Answer:
        if fault.status == 401 and self.switches.on("empty_401_body"):
            return Answer(status=401, headers=fault.headers)
        body = fault.body(nested=self.switches.on("inner_exceptions"))
        return json_answer(body, status=fault.status, headers=fault.headers)

    def _route(self, call: Call) -> Answer:
        if call.method in ("POST", "PUT", "PATCH"):
            _require_length(call)
        if not call.path.lower().startswith(f"{DIRECTORY}/"):
            return Answer(status=404, body=b"Not found", headers={"Content-Type": "text/html"})
        path = call.path[len(DIRECTORY) :]
        known = self._fixed().get((call.method, path.rstrip("/").lower()))
        if known is not None:
            call.pattern = f"{DIRECTORY}{path.lower()}"
            return known(call)
        found = re.fullmatch(r"/entity/([^/]+)/([^/]+)/(.+)", path, re.IGNORECASE)
        if found is None:
            raise no_such_resource(f"No HTTP resource was found that matches the request URI '{call.path}'.")
        return self._endpoint(call, found[1], found[2], found[3])

    def _fixed(self) -> dict[tuple[str, str], Callable[[Call], Answer]]:
        return {
            ("POST", "/identity/connect/token"): lambda call: self.gate.token(call, self._rules()),
            ("GET", "/identity/connect/authorize"): lambda call: self.gate.authorize(call, self._rules()),
            ("GET", "/identity/.well-known/openid-configuration"): self._discovery,
            ("GET", "/entity"): lambda _call: self._versions(),
            ("POST", "/entity/auth/login"): self._login,
            ("POST", "/entity/auth/logout"): lambda call: self.gate.logout(call, self._rules()),
        }

    def _login(self, call: Call) -> Answer:
        wait = self._wait()
        answer = self.gate.login(call, self._rules())
        answer.wait_s = wait
        return answer

    def _endpoint(self, call: Call, name: str, version: str, rest: str) -> Answer:
        rules = self._rules()
        session, cookies = self.gate.session(call, rules)
        call.session = session.id
        root = f"{DIRECTORY}/entity/{name}/{version}"
        call.pattern = f"{root}/{rest.split('/')[0]}" + ("/{key}" if "/" in rest else "")
        if name != "Default" or version not in self._served():
            raise no_such_resource(f"The endpoint '{name}' of the version '{version}' does not exist.")
        wait = self._wait()
        desk = self._desk_of(call, session)
        answer = self._entity(call, desk, version, root, rest, session.id)
        answer.wait_s += wait
        answer.headers = {**answer.headers, **cookies}
        return answer

    def _entity(self, call: Call, desk: Desk, version: str, root: str, rest: str, session: str) -> Answer:
        number = min(max(int(version.split(".")[0]), 22), NEWEST)
        if rest == "swagger.json":
            return json_answer(swagger.document("Default", version, number, root))
        entity, _, tail = rest.partition("/")
        if entity == "files":
            return self._file(call, desk, root, tail)
        if entity not in FORMS:
            raise no_such_resource(f"The entity '{entity}' does not exist in the endpoint.")
        place = Place(kinds(number)[entity], number, root)
        self._check_access(entity)
        polled = re.fullmatch(r"(\w+)/status/([0-9a-fA-F-]{36})", tail)
        if polled and call.method == "GET":
            call.pattern = f"{root}/{entity}/{polled[1]}/status/{{id}}"
            return actions.status(desk, place, polled[2], self.operations)
        if self.operations.busy(session, entity):
            raise business(f"The form {FORMS[entity].screen} is busy: a long-running operation of this session runs.")
        return self._on_entity(call, desk, place, tail, session)

    def _on_entity(self, call: Call, desk: Desk, place: Place, tail: str, session: str) -> Answer:
        query = dict(call.query)
        if not tail:
            return self._on_collection(call, desk, place, query)
        if tail == "$adHocSchema" and call.method == "GET":
            return entities.ad_hoc_schema(place)
        file = re.fullmatch(r"(.+)/files/([^/]+)", tail)
        if file and call.method == "PUT":
            return entities.put_file(desk, place, file[1], file[2], call)
        if call.method == "GET":
            return entities.read_one(desk, place, tail, query)
        if call.method == "DELETE":
            return entities.delete(desk, place, tail)
        if call.method == "POST":
            call.pattern = f"{place.root}/{place.kind.name}/{tail}"
            return actions.invoke(desk, place, tail, _json(call), call.headers, self.operations, session)
        raise _wrong_verb(405, "GET, DELETE, POST")

    def _on_collection(self, call: Call, desk: Desk, place: Place, query: dict[str, str]) -> Answer:
        if call.method == "GET":
            return entities.read_list(desk, place, query)
        if call.method == "PUT" or (call.method == "PATCH" and place.version >= 25):
            return entities.put(desk, place, _json(call), query, call.headers, patch=call.method == "PATCH")
        raise _wrong_verb(406 if call.method == "POST" else 405, "GET, PUT")

    def _file(self, call: Call, desk: Desk, root: str, tail: str) -> Answer:
        parts = tail.split("/")
        owner = parts[-2] if len(parts) > 1 else ""
        row = next((found for kind in FORMS if (found := desk.store[kind].by_id(owner))), None)
        if row is None:
            raise no_such_resource("The file does not exist.")
        if call.method == "PUT":
            return entities.attach(desk, row, parts[-1], call, root)
        if call.method != "GET" or parts[-1] not in row.files:
            raise no_such_resource("The file does not exist.")
        return Answer(body=row.files[parts[-1]], headers={"Content-Type": "application/octet-stream"})

    def _check_access(self, entity: str) -> None:
        form = FORMS[entity]
        if entity in _listed(self.switches["forbidden"]):
            text = f"You have insufficient rights to access the object ({form.screen})."
            raise Fault(403, text, "PX.Data.PXAccessViolationException")
        if entity in _listed(self.switches["set_up_missing"]):
            text = f"The required configuration data is not entered on the {form.record} Preferences form."
            raise business(text, "PX.Data.PXSetupNotEnteredException")

    # pieces of a call

    def _rules(self) -> Rules:
        return Rules(
            now=self.clock.now(),
            token_seconds=self.options.token_seconds or TOKEN_SECONDS,
            limit=self.switches.number("api_users") if self.options.rate_limits else None,
            user_limit=self.switches.number("sessions_per_user") if self.options.rate_limits else 0,
            sliding=self.switches.on("refresh_sliding"),
            branch=self.set_up.branch,
        )

    def _wait(self) -> float:
        if not self.options.rate_limits:
            return 0.0
        figures = Figures(
            concurrent_requests=self.switches.number("concurrent_requests"),
            requests_per_minute=self.switches.number("requests_per_minute"),
            request_ms=self.switches.number("request_ms"),
            queue_length=self.switches.number("queue_length"),
            queue_seconds=self.switches.number("queue_seconds"),
            hard_limit=self.switches.on("hard_limit"),
        )
        return self.limits.wait(self.clock.now(), figures)

    def _desk_of(self, call: Call, session: Session) -> Desk:
        wanted = call.headers.get("px-cbapibranch", "").strip()
        if wanted and wanted.upper() != self.set_up.branch:
            raise business(f"The branch '{wanted}' cannot be found in the system.")
        day = call.headers.get("px-cbapibusinessdate", "").strip()
        desk = self.desk(wanted or session.branch, _business_date(day) if day else None, session.user)
        desk.session = session.id
        desk.archived = call.headers.get("px-apiarchive", "").strip().upper() == "SHOW"
        if self.switches.on("new_line_ids") and session.id != self._line_ids_of:
            self._line_ids_of = session.id
            self.store.renew_line_ids()
        return desk

    def _served(self) -> list[str]:
        strict = str(self.switches["strict_version"]).strip()
        return [strict] if strict else _listed(self.switches["versions"])

    def _versions(self) -> Answer:
        listed = [
            {"name": "Default", "version": version, "href": f"{DIRECTORY}/entity/Default/{version}/"}
            for version in self._served()
        ]
        if self.switches.on("bare_version_list"):
            return json_answer(listed)
        return json_answer({"version": {"acumaticaBuildVersion": BUILD, "databaseVersion": BUILD}, "endpoints": listed})

    def _discovery(self, call: Call) -> Answer:
        issuer = f"{call.base_url}{DIRECTORY}/identity"
        return json_answer(
            {
                "issuer": issuer,
                "authorization_endpoint": f"{issuer}/connect/authorize",
                "token_endpoint": f"{issuer}/connect/token",
                "scopes_supported": ["openid", "profile", "email", "api", "api:concurrent_access", "offline_access"],
                "response_types_supported": ["code"],
                "grant_types_supported": _GRANTS,
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            }
        )

    # what the kit asks for

    def ready(self, urls: dict[str, str]) -> dict[str, Any]:
        """The ready-file entry."""
        base = f"{urls['']}{DIRECTORY}"
        return {
            "base_url": base,
            "token_url": f"{base}/identity/connect/token",
            "login_url": f"{base}/entity/auth/login",
            "client_id": f"{CLIENT.guid}@{CLIENT.tenant}",
            "client_secret": CLIENT.secret,
            "tenant_id": TENANT,
            "username": USERNAME,
            "password": PASSWORD,
            "endpoint_version": "24.200.001",
            "webhook_header": WEBHOOK_HEADER,
        }

    def expire_token(self, call: Call) -> None:
        """The caller's token is over."""
        self.gate.expire(call, self._rules())

    def rate_limited(self, call: Call, retry_after: int | None) -> Answer:
        """429 as the queue declines; the real one sends no Retry-After."""
        headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
        return json_answer({"message": "The request was declined: the license limit is reached."}, 429, headers)

    def state(self) -> Entities:
        """Every record, wholly expanded."""
        self.operations.settle(self.clock.now())
        found = kinds()
        root = f"{DIRECTORY}/entity/Default/{self._served()[-1]}"

        def shown(row: Row, number: int) -> dict[str, Any]:
            return show(row, found[row.kind], found, _whole(row.kind, row), root, number)

        def all_of(kind: str) -> list[Any]:
            return [shown(row, at) for at, row in enumerate(self.store[kind], start=1)]

        return Entities({kind: partial(all_of, kind) for kind in FORMS})

    def books(self) -> list[Book]:
        """Bills, payments, journals."""
        self.operations.settle(self.clock.now())
        return books.books(self.desk())

    def sessions(self) -> list[dict[str, Any]]:
        """Open sessions, then tokens."""
        now = self.clock.now()
        self.gate.sessions.sweep(now, self.switches.number("session_idle_seconds"))
        return [*self.gate.sessions.rows(), *self.gate.oauth.rows(now)]

    def acts(self) -> dict[str, Act]:
        """What people do in the screens."""
        return acts(self)

    def retries(self) -> Retries:
        """Five attempts."""
        return push.retries(self.switches)


def _whole(kind: str, row: Row) -> Selection:
    return everything(kinds()[kind], kinds(), tuple(row.beyond))


def _listed(value: object) -> list[str]:
    return [part.strip() for part in str(value).split(",") if part.strip()]


def _require_length(call: Call) -> None:
    """The web server in front of the instance wants to know how long a body is."""
    if "content-length" not in call.headers and "transfer-encoding" not in call.headers:
        raise Fault(411, "Length Required", "System.Web.HttpException")


def _json(call: Call) -> object:
    if "json" not in call.content_type.lower():
        raise Fault(415, f"The media type '{call.content_type}' is not supported.", "System.Web.HttpException")
    try:
        return call.json()
    except wire.MalformedJson as error:
        raise malformed("entity", f"The body is not JSON: {error}") from None


def _wrong_verb(status: int, allowed: str) -> Fault:
    return Fault(status, "The requested resource does not support this method.", headers={"Allow": allowed})


def _business_date(text: str) -> date:
    try:
        return date.fromisoformat(text.replace("/", "-")[:10])
    except ValueError:
        raise Fault(400, f"The business date '{text}' is not a date.") from None
