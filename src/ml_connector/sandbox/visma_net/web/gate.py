"""Who may call: token, tenant, company header, hourly limit, scope (vendors/visma_net.md §3, §4, §10)."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.visma_net.access.limits import Limits
from ml_connector.sandbox.visma_net.access.tokens import SCOPE, Token, TokenError, Tokens
from ml_connector.sandbox.visma_net.errors import AtGateway, Refused, WrongCompany, unauthorized

_RIGHTS: Final = {"GET": "read", "HEAD": "read", "POST": "create", "PUT": "update", "DELETE": "delete"}


class Gate:
    """Tokens and call windows."""

    def __init__(self, tokens: Tokens, switches: Switches, *, limited: bool) -> None:
        self.tokens = tokens
        self._switches = switches
        self._limits = Limits()
        self._limited = limited

    def grant(self, call: Call, now: datetime, seconds: int) -> Answer:
        """The token endpoint."""
        form = dict(wire.form_fields(call.content_type, call.body))
        try:
            token = self.tokens.grant(form, call.basic, now, seconds)
        except TokenError as error:
            return json_answer({"error": str(error)}, status=400, headers={"Cache-Control": "no-store"})
        call.session = token.value[-8:]
        body = {
            "access_token": token.value,
            "expires_in": seconds,
            "token_type": "Bearer",
            "scope": " ".join(token.scopes),
        }
        return json_answer(body, headers={"Cache-Control": "no-store"})

    def token(self, call: Call, now: datetime) -> Token:
        """The caller's token. Raises Refused with 401."""
        token = self.tokens.find(call.bearer, now)
        if token is None:
            raise unauthorized()
        call.session = token.value[-8:]
        if token.company is None:
            raise unauthorized()
        return token

    def company(self, call: Call, token: Token) -> int:
        """The company that the call is about. Raises Refused with 400."""
        sent = call.headers.get("ipp-company-id")
        if sent is None and not self._switches.on("require_company_header"):
            return token.company or 0
        if (sent or "").strip() != str(token.company):
            raise WrongCompany
        return int((sent or "").strip())

    def count(self, company: int, client: str, now: datetime) -> None:
        """Raises Refused with 429 when the hour's calls are used up."""
        if self._limited and not self._limits.take(company, client, now, self._switches.number("rate_limit")):
            raise self.over(self._limits.rest(company, client, now))

    def over(self, seconds: int | None) -> Refused:
        """429; None: without Retry-After."""
        headers = {} if seconds is None else {"Retry-After": str(seconds)}
        return AtGateway(429, f"Rate limit is exceeded. Try again in {seconds or 0} seconds.", headers=headers)

    def headers(self, company: int, client: str, now: datetime) -> dict[str, str]:
        """The four headers of every answer."""
        return self._limits.headers(company, client, now, self._switches.number("rate_limit"))

    def check_scope(self, call: Call, scopes: tuple[str, ...]) -> None:
        """Each verb needs its right, actions that to update. Raises Refused with 403."""
        right = "update" if "/action/" in call.path.lower() else _RIGHTS.get(call.method, "update")
        if f"{SCOPE}{right}" not in scopes:
            raise AtGateway(403, f"Forbidden. The token lacks the scope {SCOPE}{right}.")
