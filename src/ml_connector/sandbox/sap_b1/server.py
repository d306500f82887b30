"""The Service Layer as the kit serves it: sessions, the two protocol versions, health checks, the control API."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, ClassVar

from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switch
from ml_connector.sandbox.kit.vendor import Act, ActRefused, Vendor
from ml_connector.sandbox.kit.windows import Window
from ml_connector.sandbox.month.facts import Month
from ml_connector.sandbox.sap_b1 import batch
from ml_connector.sandbox.sap_b1.company import SapCompany
from ml_connector.sandbox.sap_b1.company_switches import COMPANY
from ml_connector.sandbox.sap_b1.dialect import DIALECTS, V2, Dialect, page
from ml_connector.sandbox.sap_b1.entity import Company, User
from ml_connector.sandbox.sap_b1.errors import (
    B1Error,
    invalid_session,
    login_failed,
    no_credentials,
    switch_company,
    too_large,
)
from ml_connector.sandbox.sap_b1.request import Request
from ml_connector.sandbox.sap_b1.resources import Resources, entity_sets
from ml_connector.sandbox.sap_b1.schema import Schema
from ml_connector.sandbox.sap_b1.sessions import LoginRefused, Sessions, cookies, session_id
from ml_connector.sandbox.sap_b1.switches import PROTOCOL
from ml_connector.sandbox.sap_b1.values import encoded

VERSION = "1000280"
BODY_LIMIT = 50 * 1024 * 1024
_WEB_SERVER = {"Server": "Apache/2.4.34 (Unix)", "Vary": "Accept-Encoding"}
_ROOT = re.compile(r"/b1s/(v\d+)(?:/(.*))?", re.DOTALL)
_KEY = re.compile(r"\((?:'[^']*'|[^')])*\)")
_NOBODY = User("", "")


class SapB1(Vendor):
    """One server with one company."""

    name: ClassVar[str] = "sap_b1"
    known_switches: ClassVar[tuple[Switch, ...]] = PROTOCOL + COMPANY

    def load(self, month: Month) -> None:
        """Forget everything and hold the month."""
        self.sessions_open = Sessions()
        self.window = Window(60)
        self.company = self.make_company(month)

    def make_company(self, month: Month) -> Company:
        """The business half; tests of the protocol have a smaller one."""
        return SapCompany(self.clock, month, self.switches)

    # calls

    def note(self, call: Call) -> None:
        """The session by its cookie, the path without keys."""
        call.session = session_id(call.headers) or None
        call.pattern = _KEY.sub("({key})", _single_slashes(call.path))

    def answer(self, call: Call) -> Answer:
        """Serve one call."""
        answer = self._answer(call, _single_slashes(call.path))
        answer.headers = {**_WEB_SERVER, **answer.headers}
        return answer

    def _answer(self, call: Call, path: str) -> Answer:
        if path == "/ping" or path.startswith("/ping/"):
            return self._ping(path.removeprefix("/ping").strip("/"))
        if len(f"{call.path}?{call.query_string}") > self.switches.number("longest_address"):
            return page(414)
        found = _ROOT.fullmatch(path)
        dialect = DIALECTS.get(found[1]) if found else None
        if found is None or dialect is None:
            return page(404)
        try:
            self._admit(call)
            return self._routed(call, dialect, found[2] or "")
        except B1Error as error:
            return self._refusal(error, dialect)

    def _ping(self, place: str) -> Answer:
        sender = {"": "load balancer", "load-balancer": "load balancer", "node/1": "node 1"}.get(place)
        if sender is None:
            return page(503)
        stamp = f"{self.clock.now().timestamp():.3f}"
        return json_answer({"message": "pong", "sender": sender, "timestamp": stamp})

    def _admit(self, call: Call) -> None:
        """What stands in the way of any request. Raises B1Error."""
        if len(call.body) > BODY_LIMIT:
            raise too_large()
        limit = self.switches.number("requests_per_minute")
        if limit and self.options.rate_limits:
            if self.window.used(self.clock.now()) >= limit:
                raise B1Error(429, 429, "Too Many Requests", html=True)
            self.window.take(self.clock.now())
        failures = self.switches.number("switch_company_failures")
        if failures:
            self.switches.set({"switch_company_failures": failures - 1})
            raise switch_company()

    def _routed(self, call: Call, dialect: Dialect, path: str) -> Answer:
        request = Request(
            method=call.method,
            path=path,
            query_string=call.query_string,
            headers=call.headers,
            body=call.body,
            dialect=dialect,
            root=f"{call.base_url}/b1s/{dialect.version}",
            user=_NOBODY,
        )
        if (request.method, path) == ("POST", "Login"):
            return self._login(call, request)
        session = self.sessions_open.use(session_id(call.headers), self.clock.now(), self._idle)
        if session is None:
            raise invalid_session(int(str(self.switches["expired_code"])))
        request.user = self.company.users[session.user]
        if (request.method, path) == ("POST", "Logout"):
            self.sessions_open.close(session.id)
            return dialect.nothing()
        if (request.method, path) == ("POST", "$batch"):
            if "odata.continue-on-error" in request.preferences:
                return page(502)  # it crashes a server
            return batch.served(request, self._within_batch, batch.Books(self._snapshot, self._restore))
        return Resources(self.company, self.switches, request).serve()

    def _within_batch(self, request: Request) -> Answer:
        try:
            return Resources(self.company, self.switches, request).serve()
        except B1Error as error:
            return self._refusal(error, request.dialect)

    def _refusal(self, error: B1Error, dialect: Dialect) -> Answer:
        return dialect.refusal(error, details=self.switches.on("error_details"))

    def _snapshot(self) -> object:
        return self.company.snapshot(), self.company.user_fields.snapshot()

    def _restore(self, snapshot: Any) -> None:
        self.company.restore(snapshot[0])
        self.company.user_fields.restore(snapshot[1])

    # sessions

    @property
    def _idle(self) -> timedelta:
        if self.options.token_seconds is not None:
            return timedelta(seconds=self.options.token_seconds)
        return timedelta(minutes=self.switches.number("session_minutes"))

    def _login(self, call: Call, request: Request) -> Answer:
        try:
            session = self.sessions_open.login(
                self.company, request, self.clock.now(), self.switches.number("wrong_passwords")
            )
        except LoginRefused:
            raise no_credentials() if self.switches["bad_login_code"] == "-304" else login_failed() from None
        call.session = session.id
        dialect = request.dialect
        body = {
            **dialect.context(request.root, f"B1Sessions/{dialect.one}"),
            "SessionId": session.id,
            "Version": VERSION,
            "SessionTimeout": -(-int(self._idle.total_seconds()) // 60),
        }
        return dialect.json(body, headers=cookies(session, route=self.switches.on("routeid")))

    # what the kit asks for

    def ready(self, urls: dict[str, str]) -> dict[str, Any]:
        """The ready-file entry."""
        base = f"{urls['']}/b1s/{V2.version}"
        user = next(iter(self.company.users.values()))
        return {
            "base_url": base,
            "login_url": f"{base}/Login",
            "username": user.name,
            "password": user.password,
            "company_db": self.company.databases[0],
            "endpoint_version": V2.version,
        }

    def expire_token(self, call: Call) -> None:
        """The caller's session is over."""
        self.sessions_open.close(session_id(call.headers))

    def rate_limited(self, call: Call, retry_after: int | None) -> Answer:
        """A proxy's refusal; the Service Layer itself has none."""
        answer = page(429)
        if retry_after is not None:
            answer.headers["Retry-After"] = str(retry_after)
        return answer

    def state(self) -> dict[str, list[Any]]:
        """Every record in the form of v2."""
        schema = Schema(self.company.user_fields)
        return {
            name: [encoded(schema, found.type, row, V2) for row in found.rows()]
            for name, found in entity_sets(self.company).items()
        }

    def books(self) -> list[Book]:
        """The documents."""
        return self.company.books()

    def sessions(self) -> list[dict[str, Any]]:
        """Open sessions."""
        return self.sessions_open.rows(self.clock.now(), self._idle)

    def acts(self) -> dict[str, Act]:
        """What administrators do to the server, and what people do in the company."""
        who = {"user": "the user's name"}
        return {
            "expire_sessions": Act("ends every session", {}, self._expire_sessions),
            "restart_service": Act("restarts the service: new user fields are known", {}, self._restart),
            "lock_user": Act("the user can no longer log in; open sessions go on", who, self._lock),
            "unlock_user": Act("the user can log in again", who, self._unlock),
            "set_permission": Act(
                "what a user may do with an entity set or service",
                {**who, "object": "its name", "right": "none, read or full"},
                self._set_permission,
            ),
            **self.company.acts(),
        }

    def _expire_sessions(self, wanted: dict[str, Any]) -> object:
        return {"ended": self.sessions_open.close_all()}

    def _restart(self, wanted: dict[str, Any]) -> object:
        self.company.user_fields.restart()
        return {}

    def _lock(self, wanted: dict[str, Any]) -> object:
        self._user(wanted).locked = True
        return {}

    def _unlock(self, wanted: dict[str, Any]) -> object:
        user = self._user(wanted)
        user.locked, user.wrong_passwords = False, 0
        return {}

    def _set_permission(self, wanted: dict[str, Any]) -> object:
        if wanted["right"] not in ("none", "read", "full"):
            raise ActRefused("right is one of: none, read, full")
        self._user(wanted).permissions[str(wanted["object"])] = str(wanted["right"])
        return {}

    def _user(self, wanted: dict[str, Any]) -> User:
        user = self.company.users.get(str(wanted["user"]))
        if user is None:
            raise ActRefused(f"no user {wanted['user']!r}; there are: {', '.join(self.company.users)}")
        return user


def _single_slashes(path: str) -> str:
    """Doubled slashes count as one, outside quoted keys."""
    head, quote, tail = path.partition("'")
    return re.sub(r"/{2,}", "/", head) + quote + tail
