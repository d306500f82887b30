"""Signing in: password grant with refresh, one API session per grant (vendors/acumatica.md §3)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import httpx2

from ml_connector.connectors.acumatica import failures
from ml_connector.connectors.acumatica.form import Settings
from ml_connector.connectors.kit import errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.auth import OAuth2, RenewableLogin, TokenEndpoint
from ml_connector.connectors.kit.context import Context, Token
from ml_connector.connectors.kit.session import Session, Timeouts

CONNECTOR: Final = "acumatica"
SIGN_IN: Final = "token.fetch"
LOG_OUT: Final = "session.log_out"
SCOPE: Final = "api offline_access"
_PATIENT: Final = Timeouts(read=90, write=90)
"""The first call after the site has slept can take over a minute (vendors/acumatica.md §12)."""


class SessionDoor:
    """Opens and closes our API session, one of the few that the licence allows."""

    def __init__(self, context: Context, settings: Settings, transport: httpx2.BaseTransport | None) -> None:
        self._context = context
        self._settings = settings
        self._transport = transport
        self._login = _login(context, settings, transport)

    def auth(self) -> OAuth2:
        """What puts a valid token on every call."""
        return OAuth2(self._context, self)

    def fetch(self, old: Token | None) -> Token:
        """A new token; when the licence has no session left, our own old one is given back for the next try."""
        try:
            return self._login.fetch(old)
        except failures.LoginLimit as limit:
            raise self._after_log_out(limit, old) from limit

    def log_out(self) -> None:
        """Free our API session and forget its token; nothing happens when there is none."""
        if (token := self._context.tokens.read()) is not None:
            self._close(token)
            self._context.tokens.drop()

    def limited(self, limit: failures.LoginLimit) -> errors.TryLater:
        """The error for a call that found no free session, after our own was closed."""
        token = self._context.tokens.read()
        self._context.tokens.drop()
        return self._after_log_out(limit, token)

    def _after_log_out(self, limit: failures.LoginLimit, token: Token | None) -> errors.TryLater:
        message = limit.message
        try:
            if token is not None:
                self._close(token)
                message += "; our own session was logged out"
        except errors.VendorError as problem:
            message += f"; logging out our own session failed too ({problem.message})"
        return errors.TryLater(message, after=limit.after, operation=limit.operation, status=limit.status)

    def _close(self, token: Token) -> None:
        """Log out; a token that is refused has no session any more. Repeating does no harm, so it is no write."""
        headers = {"Authorization": f"Bearer {token.access}", "Content-Length": "0"}
        with Session(
            self._context,
            self._settings.base_url,
            None,
            connector=CONNECTOR,
            scope=self._settings.scope,
            transport=self._transport,
        ) as session:
            try:
                session.call(LOG_OUT, "POST", "/entity/auth/logout", headers=headers, write=False)
            except errors.BadCredentials:
                return


def _login(context: Context, settings: Settings, transport: httpx2.BaseTransport | None) -> RenewableLogin:
    form: Mapping[str, str] = context.settings
    endpoint = TokenEndpoint(
        context,
        settings.token_base,
        settings.token_path,
        connector=CONNECTOR,
        scope=settings.scope,
        repeatable=False,
        classify=_login_limit,
        operation=SIGN_IN,
        timeouts=_PATIENT,
        transport=transport,
    )
    password = {"grant_type": "password", "username": form["username"], "password": form["password"], "scope": SCOPE}
    return RenewableLogin(
        endpoint, password, {"client_id": form["client_id"].strip(), "client_secret": form["client_secret"]}
    )


def _login_limit(answer: Answer) -> errors.VendorError | None:
    """Told by status 429 or by the text, with any status (vendors/acumatica.md §9)."""
    if answer.status == 429:
        return failures.login_limit(answer)
    error = failures.classify(answer)
    return error if isinstance(error, failures.LoginLimit) else None
