"""Signing in: client credentials for one company's tenant, and whom a token speaks for (vendors/visma_net.md §3)."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Any, Final

import httpx2
import msgspec

from ml_connector.connectors.kit import auth as kit
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.auth import Login, OAuth2, TokenEndpoint
from ml_connector.connectors.kit.context import Context, Token
from ml_connector.connectors.visma_net import failures
from ml_connector.connectors.visma_net.form import Settings

CONNECTOR: Final = "visma_net"
SIGN_IN: Final = "token.fetch"
_TENANT: Final = ("tenant_id", "tenantid", "tid")
_COMPANY: Final = ("company_id", "companyid", "ipp-company-id", "ipp_company_id")


class TenantLogin:
    """Gets tokens for one tenant, and lets no token be used that speaks for another.

    A token that was stored before somebody changed the connection's settings is dropped unused.
    """

    def __init__(self, context: Context, settings: Settings, transport: httpx2.BaseTransport | None) -> None:
        self._context = context
        self._settings = settings
        self._login = _login(context, settings, transport)
        self.placed = ""
        """The token that was put on a call last."""

    def auth(self) -> OAuth2:
        """What puts a valid token of our tenant on every call."""
        stored = self._context.tokens.read()
        if stored is not None and complaint(stored.access, self._settings):
            self._context.tokens.drop()
        return OAuth2(self._context, self, place=self.place)

    def fetch(self, old: Token | None) -> Token:
        """A new token. Raises BadConfiguration when the vendor gives one for another tenant or company."""
        token = self._login.fetch(old)
        self._check(token)
        return token

    def place(self, request: httpx2.Request, token: Token) -> None:
        """Put the token on a call, if it is ours. Raises BadConfiguration, and nothing is sent."""
        if token.access != self.placed:
            self._check(token)
        self.placed = token.access
        kit.bearer(request, token)

    def _check(self, token: Token) -> None:
        if wrong := complaint(token.access, self._settings):
            raise errors.BadConfiguration(f"nothing was sent: {wrong}", operation=SIGN_IN)


def complaint(access: str, settings: Settings) -> str:
    """Why a token is not this connection's, as far as it tells; empty for one that tells nothing."""
    told = claims(access)
    tenant, company = _claim(told, _TENANT), _claim(told, _COMPANY)
    if tenant and tenant.casefold() != settings.tenant.casefold():
        return f"the token speaks for tenant {tenant}, the connection for {settings.tenant}: check tenant_id"
    if company and company != settings.company:
        return f"the token speaks for company {company}, the connection for {settings.company}: check company_id"
    return ""


def names_tenant(access: str) -> bool:
    """Whether a token itself says whom it speaks for."""
    return bool(_claim(claims(access), _TENANT))


def claims(access: str) -> Mapping[str, Any]:
    """What a JWT says, its names in lower case; nothing for any other token.

    The signature is not checked: the token came from the token address itself, and its word is used against us only.
    """
    parts = access.split(".")
    if len(parts) != 3:
        return {}
    try:
        content = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        told = msgspec.json.decode(content)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return {}
    return {str(name).lower(): value for name, value in told.items()} if isinstance(told, dict) else {}


def _claim(told: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(told[name]).strip() for name in names if told.get(name)), "")


def _login(context: Context, settings: Settings, transport: httpx2.BaseTransport | None) -> Login:
    endpoint = TokenEndpoint(
        context,
        settings.token_base,
        settings.token_path,
        connector=CONNECTOR,
        scope=f"{settings.scope} token",
        repeatable=True,
        classify=failures.login,
        operation=SIGN_IN,
        transport=transport,
    )
    return Login(
        endpoint,
        {
            "grant_type": "client_credentials",
            "client_id": settings.client_id,
            "client_secret": context.settings["client_secret"],
            "tenant_id": settings.tenant,
            "scope": settings.scopes,
        },
    )
