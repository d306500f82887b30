"""Open sessions, each an API user of the licence, and the tokens that lead to them."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta

from msgspec import Struct

from ml_connector.sandbox.kit.clock import iso


class LoginLimit(Exception):
    """The licence allows no further session."""


class Session(Struct, kw_only=True):
    """One signed-in client. `idle` sessions (cookies) close after a pause, others at `ends`."""

    id: str
    user: str
    tenant: str
    branch: str
    ends: datetime | None
    last_used: datetime
    secret: str = ""
    locale: str = "en-US"


class Grant(Struct, kw_only=True):
    """A login by OAuth: its scopes and the session behind it; `chain_ends` is when refreshing stops."""

    id: str
    client: str
    user: str
    tenant: str
    scope: tuple[str, ...]
    chain_ends: datetime
    session: str = ""

    @property
    def concurrent(self) -> bool:
        """Whether the client keeps many sessions, told apart by cookies."""
        return "api:concurrent_access" in self.scope


class Token(Struct, kw_only=True):
    """An access token."""

    value: str
    grant: Grant
    ends: datetime


class Sessions:
    """All sessions of the instance. `limit` None: as many as one likes."""

    def __init__(self) -> None:
        self._open: dict[str, Session] = {}

    def open(
        self,
        *,
        user: str,
        tenant: str,
        branch: str,
        now: datetime,
        ends: datetime | None,
        limit: int | None,
        user_limit: int = 0,
    ) -> Session:
        """A new session. Raises LoginLimit."""
        if limit is not None and len(self._open) >= limit:
            raise LoginLimit
        if user_limit and sum(one.user == user for one in self._open.values()) >= user_limit:
            raise LoginLimit
        session = Session(
            id=secrets.token_hex(12),
            user=user,
            tenant=tenant,
            branch=branch,
            ends=ends,
            last_used=now,
            secret=secrets.token_hex(24),
        )
        self._open[session.id] = session
        return session

    def get(self, session_id: str) -> Session | None:
        """The open session."""
        return self._open.get(session_id)

    def close(self, session_id: str) -> None:
        """Free the place; closing twice is harmless."""
        self._open.pop(session_id, None)

    def close_of_user(self, user: str) -> None:
        """Throw a user out."""
        for session in [one for one in self._open.values() if one.user == user]:
            self.close(session.id)

    def sweep(self, now: datetime, idle_seconds: int) -> None:
        """Close what has ended or was idle too long."""
        idle_since = now - timedelta(seconds=idle_seconds)
        for session in list(self._open.values()):
            if session.last_used < idle_since if session.ends is None else session.ends <= now:
                self.close(session.id)

    def rows(self) -> list[dict[str, object]]:
        """For the control API."""
        return [
            {
                "session": one.id,
                "user": one.user,
                "tenant": one.tenant,
                "kind": "cookie" if one.ends is None else "token",
                "last_used": iso(one.last_used),
                "ends": iso(one.ends) if one.ends else None,
            }
            for one in self._open.values()
        ]
