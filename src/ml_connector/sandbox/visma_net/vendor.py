"""The ERP as the kit serves it: checks a call, finds its company, queues or serves it, tells the subscribers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, ClassVar

from ml_connector.sandbox.kit.books import Book
from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.kit.deliveries import Retries
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switch
from ml_connector.sandbox.kit.vendor import Act, ActRefused, Vendor
from ml_connector.sandbox.month.facts import Month
from ml_connector.sandbox.visma_net import books, seed, webhooks
from ml_connector.sandbox.visma_net.access.background import Background, Job, state
from ml_connector.sandbox.visma_net.access.tokens import SECONDS, Token, Tokens
from ml_connector.sandbox.visma_net.company import Company
from ml_connector.sandbox.visma_net.desk import Desk
from ml_connector.sandbox.visma_net.entities import dimensions
from ml_connector.sandbox.visma_net.errors import Refused
from ml_connector.sandbox.visma_net.people.acts import acts
from ml_connector.sandbox.visma_net.switches import SWITCHES
from ml_connector.sandbox.visma_net.web import actions, hooks, routes
from ml_connector.sandbox.visma_net.web.gate import Gate
from ml_connector.sandbox.visma_net.web.query import Query
from ml_connector.sandbox.visma_net.web.request import Request, is_queued
from ml_connector.sandbox.visma_net.web.router import Router

CLIENT, SECRET = "isv_ml_connector_sandbox", "sandbox-visma-secret"
COMPANY, OTHER_COMPANY = 2_031_188, 2_031_190
TENANT = "3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e1188"
OTHER_TENANT = "3f0b6c1e-6f0a-4d9d-9f3e-2a0c5a7e1190"
CUSTOMER_TENANT = "c0ffee00-6f0a-4d9d-9f3e-2a0c5a7e0001"
"""A tenant on customer level: it gets tokens that no call takes."""
_TENANTS = {TENANT: COMPANY, OTHER_TENANT: OTHER_COMPANY, CUSTOMER_TENANT: None}
_ROUTER: Router = routes.build()
hooks.add(_ROUTER)


class VismaNet(Vendor):
    """Two companies: the one that is used, and one without documents whose tenant is another."""

    name: ClassVar[str] = "visma_net"
    known_switches: ClassVar[tuple[Switch, ...]] = SWITCHES

    def load(self, month: Month) -> None:
        """Forget everything and hold the month."""
        self.gate = Gate(Tokens({CLIENT: SECRET}, _TENANTS), self.switches, limited=self.options.rate_limits)
        self.background = Background()
        self.webhooks = webhooks.Webhooks(self.deliveries, self.switches)
        self.companies = {
            COMPANY: Company(self.clock, seed.set_up(month, COMPANY)),
            OTHER_COMPANY: Company(self.clock, seed.set_up(month, OTHER_COMPANY)),
        }
        seed.lists(self.desk(OTHER_COMPANY), seed.without_documents(month))
        seed.everything(self.desk(), month)
        for company in self.companies.values():
            company.changes()

    def desk(self, company: int = COMPANY) -> Desk:
        """A place to work at."""
        return Desk(self.companies[company], self.switches)

    def note(self, call: Call) -> None:
        """Name the pattern and the token of a call."""
        call.pattern = self._pattern(call)
        token = self.gate.tokens.find(call.bearer, self.clock.now())
        call.session = token.value[-8:] if token else None

    def _pattern(self, call: Call) -> str:
        try:
            return _ROUTER.find(call.method, call.path)[0].pattern
        except Refused:
            return call.path

    # calls

    def answer(self, call: Call) -> Answer:
        """Serve one call."""
        self.settle()
        path = call.path.lower().rstrip("/")
        if path == "/connect/token" and call.method == "POST":
            return self.gate.grant(call, self.clock.now(), self.options.token_seconds or SECONDS)
        if path == "/.well-known/openid-configuration" and call.method == "GET":
            return _discovery(call)
        headers: dict[str, str] = {}
        try:
            token = self.gate.token(call, self.clock.now())
            company = token.company or 0
            try:
                company = self.gate.company(call, token)
                self.gate.count(company, token.client, self.clock.now())
                answer = self._serve_or_queue(call, token, company)
            finally:
                headers = self.gate.headers(company, token.client, self.clock.now())
        except Refused as refused:
            answer = self._refusal(refused)
        answer.headers = {**headers, **answer.headers}
        self._publish()
        return answer

    def _serve_or_queue(self, call: Call, token: Token, company: int) -> Answer:
        self.gate.check_scope(call, token.scopes)
        if not is_queued(call):
            return self._serve(call, token.client, company)
        job = self.background.queue(call, token.client, company, token.scopes, self.clock.now())
        return json_answer({"id": job.id, "stateLocation": f"{call.base_url}/v1/background/{job.id}"}, status=202)

    def _serve(self, call: Call, client: str, company: int) -> Answer:
        """Raises Refused."""
        route, variables = _ROUTER.find(call.method, call.path)
        call.pattern = route.pattern
        query = Query(call.query, timedelta(minutes=self.switches.number("stamp_offset_minutes")))
        if route.pattern.startswith(hooks.BACKGROUND):
            return self._background(call, route.pattern, variables["id"], company)
        request = Request(call, self.desk(company), query, client, self.webhooks)
        return route.handler(request, **variables)

    def _refusal(self, refused: Refused) -> Answer:
        status = int(str(self.switches["business_error_status"])) if refused.business else refused.status
        body = refused.body()
        if self.switches["error_key"] == "Message" and "message" in body:
            body["Message"] = body.pop("message")
        return json_answer(body, status=status, headers=refused.headers)

    def _background(self, call: Call, pattern: str, number: str, company: int) -> Answer:
        job = self.background.get(number, company, self.clock.now())
        content = pattern.endswith("/content")
        job.polls += not content
        if job.answer is None and job.polls > self.switches.number("background_polls"):
            self._finish(job)
        if not content:
            return json_answer(state(job, call.base_url))
        if job.answer is None or not job.answer.body:
            raise Refused(404, "The background request has no content.")
        return Answer(body=job.answer.body, headers=job.answer.headers)

    def settle(self) -> None:
        """Do what is due: queued calls and queued releases."""
        for job in self.background.due(self.clock.now(), self.switches.number("background_ms")):
            self._finish(job)
        for company in self.companies:
            actions.settle(self.desk(company))

    def _finish(self, job: Job) -> None:
        try:
            job.answer = self._serve(job.call, job.client, job.company)
        except Refused as refused:
            job.answer = self._refusal(refused)
        job.finished = self.clock.now()

    def _publish(self) -> None:
        for number, company in self.companies.items():
            if company.changed:
                self.webhooks.publish(number, company.changes(), self._base_url, self.clock.now())

    # people

    def acts(self) -> dict[str, Act]:
        """What accountants can do."""
        return acts(self)

    def done(self) -> None:
        """After an act: tell the subscribers."""
        self._publish()

    def access(self, tenant: str, *, given: bool) -> dict[str, object]:
        """A tenant approves the application, or withdraws its approval."""
        wanted = tenant or TENANT
        if _TENANTS.get(wanted) is None:
            raise ActRefused(f"there is no company tenant {wanted}")
        if given:
            self.gate.tokens.approve(wanted, _TENANTS[wanted] or 0)
        else:
            self.gate.tokens.withdraw(wanted)
        return {"tenant_id": wanted, "approved": given}

    # what the kit asks for

    def ready(self, urls: dict[str, str]) -> dict[str, Any]:
        """The ready-file entry."""
        self._base_url = urls[""]
        return {
            "base_url": urls[""],
            "token_url": f"{urls['']}/connect/token",
            "client_id": CLIENT,
            "client_secret": SECRET,
            "tenant_id": TENANT,
            "company_id": COMPANY,
            "webhook_header": webhooks.HEADER,
        }

    def expire_token(self, call: Call) -> None:
        """The caller's token is over."""
        self.gate.tokens.expire(call.bearer)

    def rate_limited(self, call: Call, retry_after: int | None) -> Answer:
        """429 as the gateway answers it."""
        answer = self._refusal(self.gate.over(retry_after))
        token = self.gate.tokens.find(call.bearer, self.clock.now())
        if token is not None and token.company is not None:
            held = self.gate.headers(token.company, token.client, self.clock.now())
            answer.headers = {**held, **answer.headers}
        return answer

    def state(self) -> dict[str, list[Any]]:
        """Every record of the company in its read form, by entity."""
        self.settle()
        desk = self.desk()
        names = {entity.path: entity for entity in routes.RECORDS if entity.path not in _TWICE}
        found = {
            path.removeprefix("/v1/").removeprefix("/v2/").replace("/", "_"): [
                entity.show(desk, row, None) for row in desk.company[entity.kind]
            ]
            for path, entity in names.items()
        }
        query = Query([])
        return found | {"dimension": [dimensions.dimension(desk, name, query) for name in dimensions.NAMES]}

    def books(self) -> list[Book]:
        """The documents of the company."""
        self.settle()
        return books.books(self.desk())

    def sessions(self) -> list[dict[str, Any]]:
        """Tokens in time; a company null is a tenant on customer level."""
        return [
            {
                "kind": "token",
                "id": token.value[-8:],
                "client": token.client,
                "tenant_id": token.tenant,
                "company": token.company,
                "scope": " ".join(token.scopes),
                "made": iso(token.made),
                "ends": iso(token.ends),
            }
            for token in self.gate.tokens.open(self.clock.now())
        ]

    def retries(self) -> Retries:
        """One attempt, five seconds, signed when a secret is set (vendors/visma_net.md §9)."""
        return Retries(timeout_s=5.0, sign=self._sign)

    def _sign(self, body: bytes, now: object) -> dict[str, str]:
        secret = str(self.switches["webhook_secret"])
        return {webhooks.HEADER: webhooks.signature(secret, body)} if secret else {}


_TWICE = (
    "/v1/purchaseorderbasic",
    "/v2/PurchaseReceipt",
    "/v1/project/internal",
    "/v1/projectbasic",
    "/v1/supplierdocument",
)


def _discovery(call: Call) -> Answer:
    return json_answer(
        {
            "issuer": call.base_url,
            "token_endpoint": f"{call.base_url}/connect/token",
            "grant_types_supported": ["client_credentials"],
            "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
        }
    )
