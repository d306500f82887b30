"""What the hub hands to a connector: settings, clock, tokens, budget and a place to report calls to."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Protocol

from msgspec import Struct, field

from ml_connector.clock import Clock, SystemClock


class Token(Struct, frozen=True, kw_only=True):
    """What authenticates calls: an access token or a session cookie, with what renews it. Never printed.

    `issued` lets short-lived tokens be renewed in time; None where it is not known.
    """

    access: str
    expires: datetime
    refresh: str = ""
    issued: datetime | None = None

    def __repr__(self) -> str:
        return f"Token(expires={self.expires:%Y-%m-%dT%H:%M:%SZ})"


class TokenStore(Protocol):
    """One connection's token, shared by all processes."""

    def read(self) -> Token | None:
        """The stored token, expired or not."""

    @contextmanager
    def exclusive(self) -> Iterator[Token | None]:
        """Hold the only right to renew; yields the token as it is now (another process may have renewed it)."""

    def save(self, token: Token) -> None:
        """Store a renewed token, inside `exclusive`; it is durable when this returns."""

    def drop(self) -> None:
        """Forget the token (refused by the vendor, or logged out)."""


class Budget(Protocol):
    """How many calls the vendor's windows still allow, counted over all workers."""

    def take(self, scope: str) -> None:
        """Count one call. Raises errors.RateLimited with the time to wait when a window is used up."""

    def observed(self, scope: str, *, remaining: int, resets: datetime) -> None:
        """The vendor's own word on a window, from its headers."""

    def limited(self, scope: str, *, wait: timedelta) -> None:
        """The vendor answered 429: nobody calls in this scope until `wait` has passed."""


class Call(Struct, frozen=True, kw_only=True):
    """One vendor call, as reported for the audit trail and call counts. Bodies are already masked."""

    operation: str
    method: str
    path: str
    status: int | None
    seconds: float
    request_id: str = ""


class MemoryTokens:
    """A TokenStore for one process: pings before a connection is stored, and tests."""

    def __init__(self) -> None:
        self._token: Token | None = None

    def read(self) -> Token | None:
        return self._token

    @contextmanager
    def exclusive(self) -> Iterator[Token | None]:
        yield self._token

    def save(self, token: Token) -> None:
        self._token = token

    def drop(self) -> None:
        self._token = None


class NoBudget:
    """A Budget without limits, for tests."""

    def take(self, scope: str) -> None:
        pass

    def observed(self, scope: str, *, remaining: int, resets: datetime) -> None:
        pass

    def limited(self, scope: str, *, wait: timedelta) -> None:
        pass


class Context(Struct, kw_only=True):
    """Everything a connector's client needs. `settings` holds the form's fields, secrets in clear: never printed."""

    connection: str
    settings: Mapping[str, str]
    clock: Clock = field(default_factory=SystemClock)
    tokens: TokenStore = field(default_factory=MemoryTokens)
    budget: Budget = field(default_factory=NoBudget)
    report: Callable[[Call], None] = lambda call: None
    send_by: datetime | None = None
    """The last moment at which the write at hand may be sent; set by the hub with each intent."""
    unstored: list[str] = field(default_factory=list)
    """Points after calls whose token or session is not stored yet.

    A session that nobody stored can never be logged out, so such a call is over only with the token's commit.
    """

    def __repr__(self) -> str:
        return f"Context(connection={self.connection!r})"
