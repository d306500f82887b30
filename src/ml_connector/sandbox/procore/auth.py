"""OAuth: tokens by client credentials, their info and revocation (vendors/procore.md §2)."""

from __future__ import annotations

import base64
import hmac
from datetime import datetime, timedelta
from typing import Any

from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.clock import SandboxClock, iso
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switches
from ml_connector.sandbox.procore.refusals import Refusal

CLIENT_ID = "ml-connector-sandbox-client"
CLIENT_SECRET = "ml-connector-sandbox-secret"  # noqa: S105  the sandbox's own, printed in the ready-file
_GRANTS = ("client_credentials", "authorization_code", "refresh_token")
_INVALID = "The access token is invalid"


class Token:
    """An access token. Its times are the sandbox clock's."""

    def __init__(self, text: str, created: datetime, life: timedelta) -> None:
        self.text = text
        self.created = created
        self.expires = created + life
        self.revoked = False


class Tokens:
    """All tokens handed out."""

    def __init__(self, clock: SandboxClock, switches: Switches) -> None:
        self._clock = clock
        self._switches = switches
        self._tokens: dict[str, Token] = {}

    def valid(self, text: str | None) -> Token:
        """Raises Refusal 401 for a missing, unknown, expired or revoked token."""
        token = self._tokens.get(text or "")
        if token is None or token.revoked or token.expires <= self._clock.now():
            raise _invalid_token()
        return token

    def expire(self, text: str | None) -> None:
        token = self._tokens.get(text or "")
        if token is not None:
            token.expires = self._clock.now()

    def rows(self) -> list[dict[str, Any]]:
        """Those that are still good."""
        now = self._clock.now()
        good = (token for token in self._tokens.values() if not token.revoked and token.expires > now)
        return [{"token": f"…{t.text[-8:]}", "created_at": iso(t.created), "expires_at": iso(t.expires)} for t in good]

    def answer(self, call: Call) -> Answer | None:
        """The answer of an OAuth path; None for any other path."""
        path = call.path.rstrip("/")
        try:
            match call.method, path:
                case "POST", "/oauth/token":
                    return self._grant(call)
                case "GET", "/oauth/token/info":
                    return self._info(call)
                case "POST", "/oauth/revoke":
                    return self._revoke(call)
        except Refusal as refusal:
            return refusal.answer()
        return None

    def _grant(self, call: Call) -> Answer:
        given = _fields(call)
        grant = given.get("grant_type")
        if not grant:
            raise _oauth(400, "invalid_request", "Missing required parameter: grant_type.")
        if grant not in _GRANTS:
            raise _oauth(400, "unsupported_grant_type", "The authorization grant type is not supported.")
        self._check_client(call, given)
        if grant != "client_credentials":
            raise _oauth(400, "invalid_grant", "The provided authorization grant is invalid, expired or revoked.")
        token = self._new()
        life = int((token.expires - token.created).total_seconds())
        created = int(token.created.timestamp())
        body = {"access_token": token.text, "token_type": "bearer", "expires_in": life, "created_at": created}
        return json_answer(body, headers={"Cache-Control": "no-store"})

    def _new(self) -> Token:
        now = self._clock.now()
        parts = (
            {"alg": "ES512", "typ": "JWT"},
            {"sub": CLIENT_ID, "iat": int(now.timestamp()), "n": len(self._tokens) + 1},
        )
        packed = [base64.urlsafe_b64encode(wire.encode(part)).rstrip(b"=").decode() for part in parts]
        signature = hmac.digest(CLIENT_SECRET.encode(), ".".join(packed).encode(), "sha256")
        text = ".".join([*packed, base64.urlsafe_b64encode(signature).rstrip(b"=").decode()])
        token = Token(text, now, timedelta(seconds=self._switches.number("token_seconds")))
        self._tokens[text] = token
        return token

    def _info(self, call: Call) -> Answer:
        token = self.valid(call.bearer)
        left = int((token.expires - self._clock.now()).total_seconds())
        return json_answer(
            {
                "resource_owner_id": None,
                "scopes": [],
                "expires_in_seconds": left,
                "application": {"uid": CLIENT_ID},
                "created_at": int(token.created.timestamp()),
            }
        )

    def _revoke(self, call: Call) -> Answer:
        given = _fields(call)
        self._check_client(call, given)
        token = self._tokens.get(str(given.get("token")))
        if token is not None:
            token.revoked = True
        return json_answer({})

    def _check_client(self, call: Call, given: dict[str, Any]) -> None:
        user, secret = call.basic or (given.get("client_id"), given.get("client_secret"))
        if (user, secret) != (CLIENT_ID, CLIENT_SECRET):
            words = "Client authentication failed due to unknown client, no client authentication included, or "
            raise _oauth(401, "invalid_client", words + "unsupported authentication method.")


def _fields(call: Call) -> dict[str, Any]:
    """Form, multipart or JSON, and what stands in the query."""
    given: dict[str, Any] = dict(call.query)
    if call.content_type.lower().startswith("application/json"):
        try:
            decoded = call.json() if call.body.strip() else {}
        except wire.MalformedJson as error:
            raise _oauth(400, "invalid_request", "The request body is no JSON.") from error
        return given | (decoded if isinstance(decoded, dict) else {})
    return given | dict(wire.form_fields(call.content_type, call.body))


def _oauth(status: int, error: str, description: str) -> Refusal:
    return Refusal(status, {"error": error, "error_description": description})


def _invalid_token() -> Refusal:
    challenge = {"WWW-Authenticate": 'Bearer realm="Procore", error="invalid_token"'}
    return Refusal(401, {"code": 401, "message": _INVALID, "error": "invalid_token"}, challenge)
