"""Procore's login: client credentials of a developer managed service account (vendors/procore.md §2)."""

from __future__ import annotations

from typing import Final
from urllib.parse import urlsplit

import httpx2

from ml_connector.connectors.kit import address
from ml_connector.connectors.kit.auth import Login, OAuth2, TokenEndpoint
from ml_connector.connectors.kit.context import Context
from ml_connector.connectors.kit.session import Session

CONNECTOR: Final = "procore"
BASE_URL: Final = "https://api.procore.com"
LOGIN_URL: Final = "https://login.procore.com"


def scope(context: Context) -> str:
    """What Procore counts calls by: the app, over all its companies and tokens (vendors/procore.md §11)."""
    return f"{CONNECTOR}:{context.settings['client_id']}"


def login(context: Context, transport: httpx2.BaseTransport | None = None) -> OAuth2:
    """Puts a token on each call. A service account gets no refresh token: a new token is simply asked for."""
    base, path = token_address(context)
    endpoint = TokenEndpoint(
        context,
        base,
        path,
        connector=CONNECTOR,
        scope=scope(context),
        repeatable=True,
        transport=transport,
    )
    form = {"grant_type": "client_credentials", **_client(context)}
    return OAuth2(context, Login(endpoint, form))


def base_url(context: Context) -> str:
    """The address of the API, production's where the form names none."""
    return context.settings.get("base_url", "").strip() or BASE_URL


def token_address(context: Context) -> tuple[str, str]:
    """Host and path of the token address: `token_url` where the form has one, else below `login_url`."""
    url = context.settings.get("token_url", "").strip()
    if not url:
        return context.settings.get("login_url", "").strip() or LOGIN_URL, "/oauth/token"
    parts = urlsplit(address.clean(url, "token_url"))
    return f"{parts.scheme}://{parts.netloc}", parts.path or "/"


def revoke(context: Context, transport: httpx2.BaseTransport | None = None) -> None:
    """End the stored token at Procore and forget it. Without a token nothing is called."""
    token = context.tokens.read()
    if token is None:
        return
    base, path = token_address(context)
    session = Session(context, base, None, connector=CONNECTOR, scope=scope(context), transport=transport)
    with session:
        form = {"token": token.access, **_client(context)}
        session.call("token.revoke", "POST", path.removesuffix("/token") + "/revoke", form=form, write=False)
    context.tokens.drop()


def _client(context: Context) -> dict[str, str]:
    return {"client_id": context.settings["client_id"], "client_secret": context.settings["client_secret"]}
