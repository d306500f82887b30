"""Sign-in and sign-out over HTTP, and the session behind each call (vendors/acumatica.md §3)."""

from __future__ import annotations

from http.cookies import CookieError, SimpleCookie
from typing import Any

from ml_connector.sandbox.acumatica.access.oauth import Account, Client, OAuth, Refused, Rules
from ml_connector.sandbox.acumatica.access.sessions import LoginLimit, Session, Sessions
from ml_connector.sandbox.acumatica.errors import Fault
from ml_connector.sandbox.kit import wire
from ml_connector.sandbox.kit.http import Answer, Call, json_answer
from ml_connector.sandbox.kit.switches import Switches

SESSION_COOKIE = "ASP.NET_SessionId"
AUTH_COOKIE = ".ASPXAUTH"
LIMIT_TEXT = "API Login Limit: the number of API users that the license allows is reached."


class Gate:
    """The door of one instance."""

    def __init__(self, client: Client, users: dict[str, Account], switches: Switches) -> None:
        self.sessions = Sessions()
        self.users = users
        self._client = client
        self._switches = switches
        self.oauth = OAuth(client, users, self.sessions)

    def token(self, call: Call, rules: Rules) -> Answer:
        """POST /identity/connect/token."""
        form = dict(wire.form_fields(call.content_type, call.body))
        try:
            return json_answer(self.oauth.token(form, rules), headers={"Cache-Control": "no-store"})
        except Refused as refusal:
            body = {"error": refusal.error, "error_description": str(refusal)}
            return json_answer(body, status=refusal.status)
        except LoginLimit:
            body = {"error": "invalid_grant", "error_description": LIMIT_TEXT, "message": LIMIT_TEXT}
            return json_answer(body, status=self._limit_status())

    def authorize(self, call: Call, rules: Rules) -> Answer:
        """GET /identity/connect/authorize: the sandbox's user consents at once."""
        query = dict(call.query)
        try:
            code = self.oauth.authorize(query, rules.now)
        except Refused as refusal:
            return json_answer({"error": refusal.error, "error_description": str(refusal)}, status=400)
        target = query.get("redirect_uri", "")
        mark = "&" if "?" in target else "?"
        state = f"&state={query['state']}" if "state" in query else ""
        return Answer(status=302, headers={"Location": f"{target}{mark}code={code}{state}"})

    def login(self, call: Call, rules: Rules) -> Answer:
        """POST /entity/auth/login. Raises Fault."""
        data = self._login_data(call)
        name, password = data.get("name", ""), data.get("password", "")
        if not name:
            raise Fault(400, "The name is missing.")
        user = self.users.get(name)
        if user is None or user.locked or user.password != password:
            raise Fault(int(str(self._switches["bad_login_status"])), "Invalid credentials. Please try again.")
        tenant = data.get("tenant") or data.get("company") or self._client.tenant
        if tenant.lower() != self._client.tenant.lower() and not self._switches.on("single_tenant"):
            text = "A proper company ID cannot be determined for the request."
            raise Fault(500, text, "PX.Data.PXUndefinedCompanyException")
        branch = data.get("branch") or rules.branch
        try:
            session = self.sessions.open(
                user=name,
                tenant=tenant,
                branch=branch,
                now=rules.now,
                ends=None,
                limit=rules.limit,
                user_limit=rules.user_limit,
            )
        except LoginLimit:
            raise self._limit() from None
        return Answer(status=204, headers=_cookies(session))

    def session(self, call: Call, rules: Rules) -> tuple[Session, dict[str, str]]:
        """The caller's session, and a cookie to set when a new one was opened for it. Raises Fault."""
        cookie, secret = _read_cookies(call)
        if call.bearer is not None:
            token = self.oauth.find(call.bearer, rules.now)
            if token is None:
                raise self.unauthorized("The access token is unknown or has expired.")
            try:
                session = self.oauth.session(token, cookie, rules)
            except LoginLimit:
                raise self._limit() from None
            is_new = token.grant.concurrent and session.id != cookie
            return self._used(session, rules), _cookies(session) if is_new else {}
        found = self.sessions.get(cookie) if cookie else None
        if found is None or found.secret != secret or self.users[found.user].locked:
            raise self.unauthorized("You are not logged in.")
        return self._used(found, rules), {}

    def logout(self, call: Call, rules: Rules) -> Answer:
        """POST /entity/auth/logout: frees the place at once. Raises Fault."""
        cookie, _ = _read_cookies(call)
        if call.bearer is not None:
            token = self.oauth.find(call.bearer, rules.now)
            if token is None:
                raise self.unauthorized("The access token is unknown or has expired.")
            self.sessions.close(cookie if token.grant.concurrent else token.grant.session)
        elif cookie:
            self.sessions.close(cookie)
        gone = f"{SESSION_COOKIE}=; path=/; expires=Thu, 01 Jan 1970 00:00:00 GMT"
        return Answer(status=204, headers={"Set-Cookie": gone})

    def expire(self, call: Call, rules: Rules) -> None:
        """Let the caller's token or cookie session be over."""
        if call.bearer is not None:
            self.oauth.expire(call.bearer, rules.now)
        else:
            self.sessions.close(_read_cookies(call)[0])

    def unauthorized(self, text: str) -> Fault:
        """401, with the challenge."""
        return Fault(401, text, "PX.Data.PXNotLoggedInException", headers={"WWW-Authenticate": "Bearer"})

    def _used(self, session: Session, rules: Rules) -> Session:
        session.last_used = rules.now
        return session

    def _limit(self) -> Fault:
        return Fault(self._limit_status(), LIMIT_TEXT, "PX.Data.PXLicenseException")

    def _limit_status(self) -> int:
        return int(str(self._switches["login_limit_status"]))

    def _login_data(self, call: Call) -> dict[str, str]:
        if "json" not in call.content_type.lower():
            return dict(wire.form_fields(call.content_type, call.body))
        try:
            data: Any = call.json()
        except wire.MalformedJson:
            raise Fault(400, "The body is not JSON.") from None
        if not isinstance(data, dict):
            raise Fault(400, "The body is not an object.")
        return {str(name): value for name, value in data.items() if isinstance(value, str)}


def _cookies(session: Session) -> dict[str, str]:
    """Two cookies; a mapping holds two headers of one name only when they are spelt differently."""
    return {
        "Set-Cookie": f"{SESSION_COOKIE}={session.id}; path=/; HttpOnly; SameSite=Lax",
        "set-cookie": f"{AUTH_COOKIE}={session.secret}; path=/; HttpOnly; SameSite=Lax",
    }


def _read_cookies(call: Call) -> tuple[str, str]:
    """The session's id and secret."""
    jar: SimpleCookie = SimpleCookie()
    try:
        jar.load(call.headers.get("cookie", ""))
    except CookieError:
        return "", ""
    session, secret = jar.get(SESSION_COOKIE), jar.get(AUTH_COOKIE)
    return session.value if session is not None else "", secret.value if secret is not None else ""
