"""Logging in and out: one session for all processes of a connection (vendors/sap_b1.md §2)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final

import httpx2
from msgspec import Struct

from ml_connector.connectors.kit import classify, errors
from ml_connector.connectors.kit.answer import Answer
from ml_connector.connectors.kit.auth import OAuth2
from ml_connector.connectors.kit.context import Context, Token
from ml_connector.connectors.kit.session import Session, Timeouts
from ml_connector.connectors.sap_b1 import failures
from ml_connector.connectors.sap_b1.form import Settings

CONNECTOR: Final = "sap_b1"
LOG_IN: Final = "session.log_in"
LOG_OUT: Final = "session.log_out"
_NO_END: Final = datetime(9999, 1, 1, tzinfo=UTC)
"""A session ends when nobody has used it for a while; when that will be is never known beforehand."""
_PATIENT: Final = Timeouts(read=60, write=60)
"""A log-in with a wrong password can take many seconds (vendors/sap_b1.md §10)."""
_LOG_OUT_SECONDS: Final = 15
"""Nobody waits long for a server that hangs: others wait for the right to log in meanwhile."""
_ROUTE: Final = re.compile(r"\bROUTEID=([^;,\s]+)")
_COMPANY: Final = re.compile(r"\bcompany\b|\bdatabase\b|\bSLD\b|\bDB\b", re.IGNORECASE)
_SLD: Final = -304


class _Opened(Struct, frozen=True, kw_only=True):
    SessionId: str

    def __repr__(self) -> str:
        return "_Opened()"


class SessionDoor:
    """Opens and closes our session, which all processes share through the token store."""

    def __init__(self, context: Context, settings: Settings, transport: httpx2.BaseTransport | None) -> None:
        self._context = context
        self._settings = settings
        self._transport = transport

    def auth(self) -> OAuth2:
        """What puts the session's cookies on every call, and renews a session that is over."""
        return OAuth2(
            self._context, self, place=_cookies, refused=failures.refuses_session, given_up=self._close_quietly
        )

    def fetch(self, old: Token | None) -> Token:
        """A new session. The one that it replaces is closed first: what was refused may still be open there."""
        if old is not None:
            self._close_quietly(old)
        return self._log_in()

    def log_out(self) -> None:
        """End our session and forget it; nothing happens when there is none, or when it is over already."""
        if (token := self._context.tokens.read()) is not None:
            self._close(token)
            self._context.tokens.drop()

    def _log_in(self) -> Token:
        form = self._context.settings
        body = {"CompanyDB": self._settings.company, "UserName": self._settings.username, "Password": form["password"]}
        path = f"{self._settings.root}/Login"
        try:
            with self._session() as session:
                answer = session.call(LOG_IN, "POST", path, json=body, write=True, grants=True)
        except errors.AnswerLost as lost:
            why = f"HTTP {lost.status}" if lost.status else "the connection broke off, or it took too long"
            text = f"the log-in to SAP had no whole answer ({why}); if a session was opened, it ends there by itself"
            raise errors.TryLater(text, operation=LOG_IN, status=lost.status) from lost
        route = _ROUTE.search(answer.headers.get("set-cookie", ""))
        return Token(access=answer.decode(_Opened).SessionId, refresh=route.group(1) if route else "", expires=_NO_END)

    def _close(self, token: Token) -> None:
        """Log out; a session that is refused is over. Repeating does no harm, so it is no write."""
        with self._session() as session:
            try:
                headers = {"Cookie": _cookie(token)}
                path = f"{self._settings.root}/Logout"
                session.call(LOG_OUT, "POST", path, headers=headers, write=False, timeout=_LOG_OUT_SECONDS)
            except _Over:
                return

    def _close_quietly(self, token: Token) -> None:
        """Log out on the way to a new log-in, which shows by itself what is wrong with the connection."""
        try:
            self._close(token)
        except errors.VendorError:
            return

    def _session(self) -> Session:
        return Session(
            self._context,
            self._settings.base_url,
            None,
            connector=CONNECTOR,
            scope=self._settings.scope,
            timeouts=_PATIENT,
            classify=self._read,
            trust=self._settings.trust,
            transport=self._transport,
        )

    def _read(self, answer: Answer) -> errors.VendorError | None:
        fault = failures.read(answer.body)
        if fault is not None and fault.code == failures.SWITCH_FAILED:
            text = f"SAP could not open company {self._settings.company} just now ({fault.said})"
            return failures.NotBegun(text, operation=answer.operation, status=answer.status)
        if answer.operation == LOG_OUT:
            over = answer.status == 401 or (fault is not None and fault.ends_session)
            return _Over("the session is over", operation=LOG_OUT, status=answer.status) if over else None
        return self._refused(answer, fault)

    def _refused(self, answer: Answer, fault: failures.Fault | None) -> errors.VendorError | None:
        status, where = answer.status, f"{self._settings.base_url}{self._settings.root}"
        if status in (408, 429):  # a proxy's page, which says nothing of the address
            return None
        if 300 <= status < 400 or status in (404, 405) or (status < 500 and answer.is_html):
            text = f"{where} is no Service Layer (HTTP {status}, {classify.words(answer)}): check base_url and its port"
            return errors.BadConfiguration(text, operation=LOG_IN, status=status)
        if 400 <= status < 500:
            text = f"SAP refused the log-in: {self._why(answer, fault)}"
            return errors.BadCredentials(text, operation=LOG_IN, status=status)
        return None

    def _why(self, answer: Answer, fault: failures.Fault | None) -> str:
        """What is to be checked; SAP often says the same of a wrong company, user and password (§2)."""
        company, user = self._settings.company, self._settings.username
        said = fault.said if fault else classify.words(answer)
        if "lock" in said.lower():
            return f"{said}: have user {user!r} unlocked in company {company!r}, it is not tried again before"
        if fault is not None and (fault.code == _SLD or _COMPANY.search(said)):
            return f"{said}: company database {company!r} is not known there, or not to user {user!r}: check company_db"
        return (
            f"{said or 'no explanation'}: check user {user!r} (is it locked there?), its password, and that company "
            f"database {company!r} is spelt as there; it is not tried again before, since SAP locks users"
        )


class _Over(errors.VendorError):
    """There is no such session any more."""


def _cookie(token: Token) -> str:
    return f"B1SESSION={token.access}" + (f"; ROUTEID={token.refresh}" if token.refresh else "")


def _cookies(request: httpx2.Request, token: Token) -> None:
    """Built by hand: the server's own cookie breaks strict parsers and is bound to one version's path (§2)."""
    request.headers["Cookie"] = _cookie(token)
