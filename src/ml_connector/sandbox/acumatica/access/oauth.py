"""The token endpoint: password, refresh with rotation, authorization code (vendors/acumatica.md §3.1)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta

from msgspec import Struct

from ml_connector.sandbox.acumatica.access.sessions import Grant, LoginLimit, Session, Sessions, Token

SCOPES = frozenset({"api", "offline_access", "api:concurrent_access", "openid", "profile", "email"})
CHAIN = timedelta(days=30)
CODE_LIFE = timedelta(seconds=60)


class Refused(Exception):
    """A token error of RFC 6749; `error` is its code."""

    def __init__(self, error: str, description: str, status: int = 400) -> None:
        super().__init__(description)
        self.error = error
        self.status = status


class Client(Struct, frozen=True):
    """A connected application: the GUID, the tenant it is registered in, the secret."""

    guid: str
    tenant: str
    secret: str


class Account(Struct):
    """A user of the instance."""

    password: str
    locked: bool = False


class _Refresh(Struct):
    grant: Grant
    ends: datetime


class _Code(Struct):
    client: str
    redirect_uri: str
    scope: tuple[str, ...]
    ends: datetime


class Rules(Struct, frozen=True):
    """What the sign-in depends on at the moment of the call."""

    now: datetime
    token_seconds: int
    limit: int | None
    sliding: bool
    branch: str
    user_limit: int = 0
    """Sessions that one user may have open; 0: any number."""


class OAuth:
    """Tokens of one instance."""

    def __init__(self, client: Client, users: dict[str, Account], sessions: Sessions) -> None:
        self._client = client
        self._users = users
        self._sessions = sessions
        self._tokens: dict[str, Token] = {}
        self._refresh: dict[str, _Refresh] = {}
        self._codes: dict[str, _Code] = {}

    def token(self, form: Mapping[str, str], rules: Rules) -> dict[str, object]:
        """The token answer. Raises Refused, LoginLimit."""
        grant_type = form.get("grant_type", "")
        if not grant_type:
            raise Refused("invalid_request", "grant_type is missing")
        self._check_client(form)
        if grant_type == "password":
            return self._password(form, rules)
        if grant_type == "refresh_token":
            return self._rotate(form, rules)
        if grant_type == "authorization_code":
            return self._exchange(form, rules)
        raise Refused("unsupported_grant_type", f"the grant type '{grant_type}' is not supported")

    def authorize(self, query: Mapping[str, str], now: datetime) -> str:
        """A code for the redirect; the sandbox's user consents at once. Raises Refused."""
        client_id = query.get("client_id", "")
        if client_id.lower() != f"{self._client.guid}@{self._client.tenant}".lower():
            raise Refused("invalid_client", "unknown client")
        if query.get("response_type") != "code":
            raise Refused("unsupported_response_type", "only the code flow is served")
        code = secrets.token_hex(16)
        scope = _scopes(query.get("scope", "api"))
        self._codes[code] = _Code(client_id, query.get("redirect_uri", ""), scope, now + CODE_LIFE)
        return code

    def find(self, value: str, now: datetime) -> Token | None:
        """The token if it is known, in time, and its user not locked."""
        token = self._tokens.get(value)
        if token is None or token.ends <= now or self._users[token.grant.user].locked:
            return None
        return token

    def session(self, token: Token, cookie: str, rules: Rules) -> Session:
        """The session behind a call: the grant's own, or with concurrent access the cookie's. Raises LoginLimit."""
        grant = token.grant
        if grant.concurrent:
            session = self._sessions.get(cookie) if cookie else None
            return session or self._open(grant, rules, None)
        session = self._sessions.get(grant.session)
        if session is None:
            session = self._open(grant, rules, token.ends)
            grant.session = session.id
        return session

    def expire(self, value: str, now: datetime) -> None:
        """Let a token be over, and the session behind it."""
        token = self._tokens.get(value)
        if token is not None:
            token.ends = now
            self._sessions.close(token.grant.session)

    def rows(self, now: datetime) -> list[dict[str, object]]:
        """Tokens in time, for the control API; their values are not shown whole."""
        return [
            {"token": f"{value[:8]}…", "user": one.grant.user, "tenant": one.grant.tenant, "session": one.grant.session}
            for value, one in self._tokens.items()
            if one.ends > now
        ]

    def _check_client(self, form: Mapping[str, str]) -> None:
        guid, at, tenant = form.get("client_id", "").partition("@")
        known = guid.lower() == self._client.guid.lower() and at and tenant.lower() == self._client.tenant.lower()
        if not known:
            raise Refused("invalid_client", "unknown client ID, or the tenant after @ is missing")
        if not _same(form.get("client_secret", ""), self._client.secret):
            raise Refused("invalid_client", "wrong client secret")

    def _password(self, form: Mapping[str, str], rules: Rules) -> dict[str, object]:
        scope = _scopes(form.get("scope") or "api")
        user = self._users.get(form.get("username", ""))
        if user is None or user.locked or not _same(form.get("password", ""), user.password):
            raise Refused("invalid_grant", "invalid username or password")
        return self._new(form["username"], scope, rules)

    def _exchange(self, form: Mapping[str, str], rules: Rules) -> dict[str, object]:
        code = self._codes.pop(form.get("code", ""), None)
        if code is None or code.ends <= rules.now or code.redirect_uri != form.get("redirect_uri", ""):
            raise Refused("invalid_grant", "the code is unknown, used, over, or for another redirect_uri")
        return self._new(next(iter(self._users)), code.scope, rules)

    def _new(self, user: str, scope: tuple[str, ...], rules: Rules) -> dict[str, object]:
        grant = Grant(
            id=secrets.token_hex(8),
            client=self._client.guid,
            user=user,
            tenant=self._client.tenant,
            scope=scope,
            chain_ends=rules.now + CHAIN,
        )
        ends = rules.now + timedelta(seconds=rules.token_seconds)
        if not grant.concurrent:
            grant.session = self._open(grant, rules, ends).id
        return self._issue(grant, rules)

    def _rotate(self, form: Mapping[str, str], rules: Rules) -> dict[str, object]:
        kept = self._refresh.pop(form.get("refresh_token", ""), None)
        if kept is None or kept.ends <= rules.now or self._users[kept.grant.user].locked:
            raise Refused("invalid_grant", "the refresh token is unknown, used or over")
        grant = kept.grant
        if rules.sliding:
            grant.chain_ends = rules.now + CHAIN
        session = self._sessions.get(grant.session)
        if session is not None:
            session.ends = rules.now + timedelta(seconds=rules.token_seconds)
        return self._issue(grant, rules)

    def _issue(self, grant: Grant, rules: Rules) -> dict[str, object]:
        ends = rules.now + timedelta(seconds=rules.token_seconds)
        token = Token(value=secrets.token_hex(32), grant=grant, ends=ends)
        self._tokens[token.value] = token
        answer: dict[str, object] = {
            "access_token": token.value,
            "expires_in": rules.token_seconds,
            "token_type": "Bearer",
        }
        if "offline_access" in grant.scope:
            value = secrets.token_hex(32)
            self._refresh[value] = _Refresh(grant, grant.chain_ends)
            answer["refresh_token"] = value
        answer["scope"] = " ".join(grant.scope)
        return answer

    def _open(self, grant: Grant, rules: Rules, ends: datetime | None) -> Session:
        return self._sessions.open(
            user=grant.user,
            tenant=grant.tenant,
            branch=rules.branch,
            now=rules.now,
            ends=ends,
            limit=rules.limit,
            user_limit=rules.user_limit,
        )


def _same(given: str, wanted: str) -> bool:
    return secrets.compare_digest(given.encode(), wanted.encode())


def _scopes(text: str) -> tuple[str, ...]:
    found = tuple(text.split())
    unknown = set(found) - SCOPES
    if unknown or not found:
        raise Refused("invalid_scope", f"unknown scope: {' '.join(sorted(unknown))}")
    return found


__all__ = ["Account", "Client", "LoginLimit", "OAuth", "Refused", "Rules"]
