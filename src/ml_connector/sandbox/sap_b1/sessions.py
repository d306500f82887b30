"""Login sessions: idle ones end, locked users stay out (vendors/sap_b1.md §2)."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta

from msgspec import Struct

from ml_connector.sandbox.kit.clock import iso
from ml_connector.sandbox.sap_b1.entity import Company, User
from ml_connector.sandbox.sap_b1.request import Request

SESSION_COOKIE, ROUTE_COOKIE = "B1SESSION", "ROUTEID"


class LoginRefused(Exception):
    """Company, user or password is wrong, or the user is locked; the server does not say which."""


class Session(Struct, kw_only=True):
    """One login; it serves both protocol versions."""

    id: str
    user: str
    database: str
    last_used: datetime


class Sessions:
    """The open sessions of the server."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}

    def login(self, company: Company, request: Request, now: datetime, wrong_passwords: int) -> Session:
        """Raises LoginRefused; so many wrong passwords in a row (if any number) lock the user."""
        wanted = request.json()
        user = company.users.get(str(wanted.get("UserName")))
        database = str(wanted.get("CompanyDB"))
        if database not in company.databases or user is None:
            raise LoginRefused
        if not _admitted(user, wanted.get("Password"), wrong_passwords):
            raise LoginRefused
        session = Session(id=str(uuid.uuid4()), user=user.name, database=database, last_used=now)
        self._open[session.id] = session
        return session

    def use(self, session_id: str, now: datetime, idle: timedelta) -> Session | None:
        """The session, whose idle time begins anew; None for one that is unknown or over."""
        self.sweep(now, idle)
        session = self._open.get(session_id)
        if session is not None:
            session.last_used = now
        return session

    def close(self, session_id: str) -> None:
        """At once; closing twice is harmless."""
        self._open.pop(session_id, None)

    def close_all(self) -> int:
        """How many there were."""
        count = len(self._open)
        self._open.clear()
        return count

    def sweep(self, now: datetime, idle: timedelta) -> None:
        """Forget those that were idle too long."""
        self._open = {known: one for known, one in self._open.items() if now - one.last_used < idle}

    def rows(self, now: datetime, idle: timedelta) -> list[dict[str, object]]:
        """For the control API."""
        self.sweep(now, idle)
        return [
            {
                "session": one.id,
                "user": one.user,
                "company_db": one.database,
                "last_used": iso(one.last_used),
                "ends": iso(one.last_used + idle),
            }
            for one in self._open.values()
        ]


def _admitted(user: User, password: object, wrong_passwords: int) -> bool:
    if user.locked:
        return False
    if password == user.password:
        user.wrong_passwords = 0
        return True
    user.wrong_passwords += 1
    user.locked = 0 < wrong_passwords <= user.wrong_passwords
    return False


def session_id(headers: dict[str, str]) -> str:
    """From the Cookie header, however it was put together; cookies other than B1SESSION do not matter."""
    for part in headers.get("cookie", "").split(";"):
        name, _, value = part.strip().partition("=")
        if name == SESSION_COOKIE:
            return value.strip().strip('"')
    return ""


def cookies(session: Session, *, route: bool) -> dict[str, str]:
    """Set-Cookie twice (names of headers differ in case, so both are sent); no Path and a dangling semicolon."""
    found = {"Set-Cookie": f"{SESSION_COOKIE}={session.id};HttpOnly;"}
    return found | ({"set-cookie": f"{ROUTE_COOKIE}=.node1; path=/b1s"} if route else {})
