"""The token endpoint: client credentials for a tenant (vendors/visma_net.md §3)."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

import msgspec
from msgspec import Struct

SCOPE: Final = "vismanet_erp_service_api:"
SCOPES: Final = tuple(f"{SCOPE}{right}" for right in ("create", "read", "update", "delete"))
SECONDS: Final = 3600


class TokenError(Exception):
    """An error of the token endpoint, answered with 400; the text is its code."""


class Token(Struct):
    """An access token. `company` None: the tenant is no company's, the token is good for nothing."""

    value: str
    client: str
    tenant: str
    company: int | None
    scopes: tuple[str, ...]
    made: datetime
    ends: datetime


class Tokens:
    """`tenants` approved the application; the value is the company, None for a tenant on customer level."""

    def __init__(self, clients: Mapping[str, str], tenants: Mapping[str, int | None]) -> None:
        self._clients = dict(clients)
        self._tenants = dict(tenants)
        self._tokens: dict[str, Token] = {}

    def grant(self, form: Mapping[str, str], basic: tuple[str, str] | None, now: datetime, seconds: int) -> Token:
        """Raises TokenError."""
        if not form.get("grant_type"):
            raise TokenError("invalid_request")
        client, secret = basic or (form.get("client_id", ""), form.get("client_secret", ""))
        if not client or self._clients.get(client) != secret:
            raise TokenError("invalid_client")
        if form["grant_type"] != "client_credentials":
            raise TokenError("unsupported_grant_type")
        scopes = tuple(form.get("scope", "").split())
        if not scopes or set(scopes) - set(SCOPES):
            raise TokenError("invalid_scope")
        if not (tenant := form.get("tenant_id", "").lower()):
            raise TokenError("invalid_request")
        if tenant not in self._tenants:
            raise TokenError("unauthorized_client")
        ends = now + timedelta(seconds=seconds)
        token = Token(_jwt(client, tenant, scopes, ends), client, tenant, self._tenants[tenant], scopes, now, ends)
        self._tokens[token.value] = token
        return token

    def find(self, value: str | None, now: datetime) -> Token | None:
        """The token if it is known and in time."""
        token = self._tokens.get(value or "")
        return token if token is not None and token.ends > now else None

    def expire(self, value: str | None) -> None:
        """Let a token be over."""
        self._tokens.pop(value or "", None)

    def withdraw(self, tenant: str) -> None:
        """The tenant no longer approves the application; its tokens are over."""
        self._tenants.pop(tenant, None)
        self._tokens = {value: token for value, token in self._tokens.items() if token.tenant != tenant}

    def approve(self, tenant: str, company: int) -> None:
        self._tenants[tenant] = company

    def open(self, now: datetime) -> list[Token]:
        """Those that are in time."""
        return [token for token in self._tokens.values() if token.ends > now]


def _jwt(client: str, tenant: str, scopes: tuple[str, ...], ends: datetime) -> str:
    """In the form of a signed token; the signature is random, the sandbox knows its tokens by heart."""
    head = {"alg": "RS256", "typ": "at+jwt", "kid": "sandbox"}
    claims = {
        "iss": "https://connect.visma.com",
        "client_id": client,
        "tenant_id": tenant,
        "scope": list(scopes),
        "exp": int(ends.timestamp()),
        "jti": secrets.token_hex(8),
    }
    parts = (msgspec.json.encode(head), msgspec.json.encode(claims), secrets.token_bytes(48))
    return ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
