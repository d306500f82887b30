"""The Procore sandbox as the kit serves it."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, ClassVar

from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.clock import SandboxClock
from ml_connector.sandbox.kit.deliveries import Retries
from ml_connector.sandbox.kit.http import Answer, Call
from ml_connector.sandbox.kit.routes import NoSuchMethod, NoSuchPath, Routes
from ml_connector.sandbox.kit.switches import Switch
from ml_connector.sandbox.kit.vendor import Act, Entities, Options, Vendor
from ml_connector.sandbox.month.facts import Month
from ml_connector.sandbox.procore import (
    acts,
    auth,
    books,
    budget,
    change_orders,
    change_requests,
    codes,
    commitments,
    direct_costs,
    payments,
    potential_orders,
    projects,
    refusals,
    requisitions,
    seed,
    snapshot,
    tools,
    v2,
    vendors,
    webhooks,
)
from ml_connector.sandbox.procore.fields import whole
from ml_connector.sandbox.procore.limits import Limits, too_many
from ml_connector.sandbox.procore.refusals import Refusal
from ml_connector.sandbox.procore.request import Request
from ml_connector.sandbox.procore.routing import Handler
from ml_connector.sandbox.procore.switchboard import SWITCHES
from ml_connector.sandbox.procore.world import Change, World

_NO_COMPANY = (
    "Missing Procore-Company-Id header! Each request has to name the company that it is for. "
    "Give the company's id in the Procore-Company-Id header."
)
_OPEN_PATHS = ("/rest/v1.0/companies", "/rest/v1.0/me")
_TABLES = (
    vendors,
    projects,
    codes,
    budget,
    commitments,
    change_orders,
    change_requests,
    potential_orders,
    requisitions,
    direct_costs,
    payments,
    v2,
)


class Procore(Vendor):
    """One connected company, one that refuses the app."""

    name = "procore"
    known_switches: ClassVar[tuple[Switch, ...]] = SWITCHES

    def __init__(self, clock: SandboxClock, options: Options) -> None:
        super().__init__(clock, options)
        self._routes: Routes[Handler] = Routes()
        for module in _TABLES:
            for method, pattern, handler in module.ROUTES:
                self._routes.add(method, pattern, handler)
        for method, pattern, handler in webhooks.routes(self.deliveries):
            self._routes.add(method, pattern, handler)

    def retries(self) -> Retries:
        return webhooks.retries(self.switches)

    def load(self, month: Month) -> None:
        if self.options.token_seconds is not None:
            self.switches.set({"token_seconds": self.options.token_seconds})
        self._tokens = auth.Tokens(self.clock, self.switches)
        self._limits = Limits(self.clock, self.switches, enforced=self.options.rate_limits)
        self._events = webhooks.Events(self.deliveries)
        self._answered = 0
        self._world = World(self.clock, self.switches, self._tell)
        seed.fill(self._world, month)

    def note(self, call: Call) -> None:
        with suppress(NoSuchPath, NoSuchMethod):
            self._routes.find(call)
        if call.bearer is not None:
            call.session = f"…{call.bearer[-8:]}"

    def answer(self, call: Call) -> Answer:
        answer = self._tokens.answer(call) or self._api(call)
        self._answered += 1
        answer.headers = {"X-Request-Id": f"sandbox-{self._answered:08}", **answer.headers}
        return answer

    def ready(self, urls: dict[str, str]) -> dict[str, Any]:
        seen = (row["id"] for row in self._world.projects if row["active"] and row["visible"])
        return {
            "base_url": urls[""],
            "token_url": f"{urls['']}/oauth/token",
            "login_url": urls[""],
            "client_id": auth.CLIENT_ID,
            "client_secret": auth.CLIENT_SECRET,
            "company_id": self._world.company["id"],
            "project_id": next(seen, None),
            "webhook_header": "Authorization",
        }

    def expire_token(self, call: Call) -> None:
        self._tokens.expire(call.bearer)

    def rate_limited(self, call: Call, retry_after: int | None) -> Answer:
        headers = self._limits.headers(remaining=0)
        return too_many(headers if retry_after is None else {**headers, "Retry-After": str(retry_after)})

    def state(self) -> Entities:
        return snapshot.state(self._world)

    def books(self) -> list[Book]:
        return books.all_books(self._world)

    def sessions(self) -> list[dict[str, Any]]:
        return self._tokens.rows()

    def acts(self) -> dict[str, Act]:
        return acts.acts(self._world)

    def _tell(self, change: Change) -> None:
        self._events.tell(self._world, change)

    def _api(self, call: Call) -> Answer:
        try:
            self._tokens.valid(call.bearer)
            if not self._limits.take():
                return self._limits.refusal()
            answer = self._handled(call)
        except Refusal as refusal:
            answer = refusal.answer()
        answer.headers = {**self._limits.headers(), **answer.headers}
        return answer

    def _handled(self, call: Call) -> Answer:
        try:
            handler, variables = self._routes.find(call)
        except NoSuchPath as error:
            raise refusals.not_found("Path") from error
        except NoSuchMethod as error:
            raise refusals.generic(405, "Method not allowed", "method_not_allowed") from error
        accepted = call.headers.get("accept", "*/*")
        if "json" not in accepted and "*/*" not in accepted:
            raise refusals.generic(406, "Only application/json is supported", "not_acceptable")
        request = Request(self._world, call, variables)
        self._check_company_header(request)
        try:
            tools.check(self._world, call.path)
            return handler(request)
        except Refusal as refusal:
            if call.path.startswith("/rest/v2.0/"):
                raise v2.reshaped(refusal) from refusal
            raise

    def _check_company_header(self, request: Request) -> None:
        given = request.call.headers.get("procore-company-id")
        if given is None:
            if self.switches.on("strict_company_header"):
                raise Refusal(400, {"errors": _NO_COMPANY})
            return
        if request.call.path.rstrip("/") in _OPEN_PATHS:
            return
        if not self.switches.on("app_connected"):
            raise refusals.not_connected()
        request.check_company(whole(given) or 0)
